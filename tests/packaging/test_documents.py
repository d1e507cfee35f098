"""What the documents say can be typed and followed: commands exist with their options, links lead somewhere."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from pgswarm.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "examples/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
FENCE = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+?)(?:#[^)]*)?\)")
ASSIGNMENT = re.compile(r"^\w+=")


def commands(page: Path) -> list[list[str]]:
    """Return the commands of a page: each line of its `sh` blocks, of its `console` blocks what follows a `$`."""
    found = []
    for block in FENCE.finditer(page.read_text()):
        lines = block[1].replace("\\\n", " ").splitlines()
        if block[0].startswith("```console"):
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        for line in lines:
            words = shlex.split(line, comments=True)
            words = words[: words.index("|")] if "|" in words else words
            while words and ASSIGNMENT.match(words[0]):
                words.pop(0)
            if words:
                found.append(words)
    return found


def parse(words: list[str]) -> None:
    """Parse `pgswarm …` as the command itself does, without running it."""
    command = typer.main.get_command(app)
    if words[0].startswith("-"):  # these act while they are parsed: completion would be installed
        assert words[0] in {name for option in command.params for name in option.opts}, words[0]
        return
    path = "pgswarm"
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        if words[0] not in command.commands and hasattr(command, "default"):
            break  # an argument of the group's default command
        name, *words = words
        assert name in command.commands, f"there is no command `{path} {name}`"
        command, path = command.commands[name], f"{path} {name}"
    command.make_context(path, list(words))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_the_page_exist_with_their_options(page: Path) -> None:
    for words in commands(page):
        if words[0] == "pgswarm":
            parse(words[1:])
        elif words[0].startswith("./"):
            assert (ROOT / words[0]).stat().st_mode & 0o100, f"{words[0]} cannot be run"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_the_page_lead_to_files(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_a_command_that_does_not_exist_is_found_out() -> None:
    with pytest.raises(AssertionError, match="no command `pgswarm frobnicate`"):
        parse(["frobnicate"])
    with pytest.raises(Exception, match="No such option: --no-such-option"):
        parse(["processor", "--no-such-option"])
    parse(["processor", "--concurrency", "4"])


def examples(group: typer.Typer) -> list[str]:
    """Return the lines of every command's help that show how it is typed."""
    texts = [command.help or "" for command in group.registered_commands]
    texts.append(group.info.help if isinstance(group.info.help, str) else "")
    found = [line.strip() for text in texts for line in text.splitlines() if re.match(r"\s+(\w+=\S+ )?pgswarm ", line)]
    for inner in group.registered_groups:
        found += examples(inner.typer_instance) if inner.typer_instance is not None else []
    return found


@pytest.mark.parametrize("line", examples(app))
def test_the_examples_of_the_help_are_commands_with_their_options(line: str) -> None:
    words = shlex.split(line)
    while ASSIGNMENT.match(words[0]):
        words.pop(0)
    parse(words[1:])


def test_the_examples_are_found() -> None:
    assert len(examples(app)) > 30


RUN_BY = {  # what is neither code nor a command needs none
    "tests/e2e/test_documented_commands.py": {
        "README.md": "sh sql",
        "examples/README.md": "sh",
        "docs/api.md": "console",
        "docs/commands.md": "console",
        "docs/memory.md": "sh",
        "docs/models.md": "console sh",
        "docs/sql.md": "console",
        "docs/testing.md": "sh",
        "docs/time.md": "sh sql",
    },
    "tests/e2e/test_api_page.py": {
        f"docs/{name}.md": "bash" for name in ("api", "accounts", "people", "events", "time", "memory")
    },
    "tests/api/client/test_waits.py": {"README.md": "python", "docs/client.md": "python"},
    "tests/api/events/test_raw_listening.py": {"docs/events.md": "python sh sql"},
    "tests/db/roles/test_page.py": {"docs/accounts.md": "sql"},
    "tests/e2e/sandbox/test_page.py": {"docs/sandbox.md": "console python sh sql"},
    "tests/db/spaces/test_page.py": {"docs/spaces.md": "sql"},
    "tests/db/spaces/test_memory_page.py": {"docs/memory.md": "python sql"},
    "tests/db/test_sql_page.py": {"docs/sql.md": "python sql"},
    "tests/e2e/test_outside_page.py": {"docs/outside.md": "sh python"},
    "tests/e2e/test_created_command.py": {"docs/creation.md": "console"},
    "tests/db/processor/test_created_actions.py": {"docs/creation.md": "python"},
    "tests/e2e/test_tutorial.py": {"docs/tutorial.md": "console python sh"},
}
LANGUAGE = re.compile(r"^```(sh|bash|console|sql|python)$", re.MULTILINE)


def test_every_block_of_code_of_the_documents_is_run_by_a_test_that_names_its_page() -> None:
    found = {
        (str(page.relative_to(ROOT)), language) for page in PAGES for language in LANGUAGE.findall(page.read_text())
    }
    run = [(page, language) for pages in RUN_BY.values() for page, said in pages.items() for language in said.split()]
    assert sorted(found) == sorted(run)
    for test, pages in RUN_BY.items():
        text = (ROOT / test).read_text()
        assert [page for page in pages if not re.search(rf"\b{Path(page).stem}\b", text)] == [], test
