"""The kinds of entries, as data, and what a processor finds wrong with an action."""

from pgswarm.actions.created.library import Content
from pgswarm.actions.registration import specs
from pgswarm.actions.spaces.check import action_flaws, missing_keys
from pgswarm.actions.text.summarise import Summarise
from pgswarm.schema.json_schema import flaw
from pgswarm.schema.kinds import KINDS, SPACES, Search, kind_of, kinds_sql

SPEC_OF_MEMORY = {
    "folder", "text", "markdown", "json", "csv", "python_module", "python_class", "python_function", "code", "image",
    "binary", "repository", "url", "pointer", "conversation", "sql_table", "vector_index", "secret",
}  # fmt: skip
GOOD = {"action_id": "a/b", "input_schema": {"type": "object"}, "source": "created"}


def rules(fields: object, **more: object) -> list[str]:
    given = {"known": {"a/b"}, "keys": {}, **more}
    return [found.rule for found in action_flaws("a/b", fields, **given)]


def test_every_kind_stands_once_and_has_a_schema_of_its_fields() -> None:
    assert {kind.name for kind in KINDS if kind.space == "memory"} >= SPEC_OF_MEMORY
    assert len({(kind.space, kind.name) for kind in KINDS}) == len(KINDS)
    assert {kind.space for kind in KINDS} == set(SPACES)
    for kind in KINDS:
        assert flaw(kind.schema()) is None
        assert set(kind.required) <= set(kind.fields)
        assert not (kind.holds and kind.content == "must")
    assert kind_of("memory", "csv").search is Search.TEXT
    assert kind_of("util", "csv") is None


def test_what_the_database_checks_by_names_every_kind() -> None:
    made = kinds_sql()
    assert all(f"('{kind.space}', '{kind.name}', '{kind.content}'" in made for kind in KINDS)


def test_secret_has_the_name_of_a_key_and_no_place_for_its_value() -> None:
    secret = kind_of("memory", "secret")
    assert (secret.content, list(secret.fields)) == ("none", ["key"])


def test_action_with_a_broken_schema_code_or_key_is_named() -> None:
    assert rules(GOOD, code="async def main(): ...") == []
    assert rules({**GOOD, "input_schema": {"type": "thing"}}) == ["schema_is_valid"]
    assert rules({**GOOD, "output_schema": {"required": "all"}}) == ["schema_is_valid"]
    assert rules({**GOOD, "source": "custom", "action_id": "a/c"}) == ["action_can_be_imported"]
    assert rules(GOOD, code="def main(:") == ["action_can_be_imported"]
    assert rules(GOOD, code="\0") == ["action_can_be_imported"]
    assert rules({**GOOD, "language": "shell"}, code="def main(:") == []
    assert rules({**GOOD, "keys": ["A", "B"]}, keys={"A": "secret", "B": ""}) == ["key_is_there"]


def test_created_action_that_is_not_what_was_approved_is_named() -> None:
    content = Content("echo hello", "shell", GOOD["input_schema"], {}, ())
    made = {**GOOD, "language": "shell", "hash": content.hash, "approval": {"hash": content.hash}}
    assert rules(made, code="echo hello") == []
    assert rules(made, code="echo bye") == ["action_is_what_was_approved"]
    assert rules({**made, "approval": {}}, code="echo hello") == ["action_is_what_was_approved"]


def test_missing_key_is_named_and_no_value_is_shown() -> None:
    (found,) = missing_keys("careful", ["A", "B"], {"A": "secret"})
    assert "B" in found.detail
    assert "secret" not in found.detail


def test_folder_of_an_action_is_described_by_its_package() -> None:
    assert '"folder": "Actions on prose."' in specs([Summarise()])
