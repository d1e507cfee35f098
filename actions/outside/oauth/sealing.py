"""How tokens are sealed before they are kept.

One rule: what is kept can be read only with the operator's key (`PGSWARM_TOKENS_KEY`), and only for the connection and
the address that it was kept for. The key is in no database: a backup of it gives nothing away.
"""

import os
import secrets
from base64 import b64encode
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pgswarm.actions.outside.settings import ConnectionsError

KEY: Final = "PGSWARM_TOKENS_KEY"
"""The environment variable with the key; several, separated by commas: the first seals, all of them open."""
_SHORTEST: Final = 32
_FORM: Final = b"\x01"
_NONCE: Final = 12


def new_key() -> str:
    """Return a key: 32 random bytes, as base64."""
    return b64encode(secrets.token_bytes(32)).decode()


def seal(plain: bytes, about: str, environment: Mapping[str, str] = os.environ) -> bytes:
    """Return it encrypted and bound to `about`; raise `ConnectionsError` where there is no key."""
    nonce = secrets.token_bytes(_NONCE)
    return _FORM + nonce + _ciphers(environment)[0].encrypt(nonce, plain, about.encode())


def unseal(sealed: bytes, about: str, environment: Mapping[str, str] = os.environ) -> bytes | None:
    """Return what was sealed; None where no key here opens it, or it was kept for something else."""
    if sealed[:1] != _FORM:
        return None
    nonce, rest = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    for cipher in _ciphers(environment):
        try:
            return cipher.decrypt(nonce, rest, about.encode())
        except InvalidTag:
            continue
    return None


def _ciphers(environment: Mapping[str, str]) -> list[AESGCM]:
    keys = [key.strip() for key in environment.get(KEY, "").split(",") if key.strip()]
    if not keys:
        raise ConnectionsError(f"{KEY} is not set, and tokens are kept sealed: `pgswarm outside key` makes one")
    if any(len(key) < _SHORTEST for key in keys):
        raise ConnectionsError(f"{KEY} has fewer than {_SHORTEST} characters: `pgswarm outside key` makes a good one")
    return [AESGCM(HKDF(SHA256(), 32, None, b"pgswarm outside tokens").derive(key.encode())) for key in keys]
