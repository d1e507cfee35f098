"""Tokens are opened by their key, for what they were sealed for, and by nothing else."""

import pytest

from pgswarm.actions.outside.oauth.sealing import KEY, new_key, seal, unseal
from pgswarm.actions.outside.settings import ConnectionsError


def test_what_is_sealed_opens_with_its_key_for_the_same_connection_alone() -> None:
    old, new = new_key(), new_key()
    sealed = seal(b"token", "mcp.a https://a", {KEY: old})
    assert unseal(sealed, "mcp.a https://a", {KEY: f"{new}, {old}"}) == b"token"
    assert unseal(sealed, "mcp.a https://b", {KEY: old}) is None
    assert unseal(sealed, "mcp.a https://a", {KEY: new}) is None
    assert unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), "mcp.a https://a", {KEY: old}) is None
    assert unseal(b"token", "mcp.a https://a", {KEY: old}) is None
    assert seal(b"token", "a", {KEY: old}) != seal(b"token", "a", {KEY: old})


@pytest.mark.parametrize("given", ["", " , ", "too short"])
def test_a_key_that_is_none_is_named_with_the_command_that_makes_one(given: str) -> None:
    with pytest.raises(ConnectionsError, match=r"PGSWARM_TOKENS_KEY .*pgswarm outside key"):
        seal(b"token", "a", {KEY: given})
