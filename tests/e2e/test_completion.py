"""Completion in a shell: installed by one command, and it knows the commands and their options."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.running import environment

SHIM = """#!/bin/sh
exec {python} -P -m pgswarm.cli.main "$@"
"""


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment with an empty home and a command `pgswarm`."""
    command = tmp_path / "bin" / "pgswarm"
    command.parent.mkdir()
    command.write_text(SHIM.format(python=sys.executable))
    command.chmod(0o755)
    (tmp_path / "home").mkdir()
    return environment(HOME=str(tmp_path / "home"), PATH=f"{command.parent}{os.pathsep}{os.environ['PATH']}")


def run(shell: dict[str, str], script: str) -> str:
    done = subprocess.run(["bash", "-c", script], env=shell, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def completed(shell: dict[str, str], *words: str) -> set[str]:
    """Return what bash offers for the last of these words, after reading the person's .bashrc."""
    listed = " ".join(f"'{word}'" for word in words)
    script = (
        f'PS1=x; . ~/.bashrc; COMP_WORDS=({listed}); COMP_CWORD={len(words) - 1}; COMP_LINE="${{COMP_WORDS[*]}}"; '
        'COMP_POINT=${#COMP_LINE}; $(complete -p pgswarm | sed "s/.*-F \\([^ ]*\\).*/\\1/") pgswarm; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    return set(run(shell, script).split())


def test_completion_is_installed_for_bash_and_offers_commands_and_options(shell: dict[str, str]) -> None:
    said = run(shell, "pgswarm --install-completion; true")
    assert "bash completion installed" in said
    assert completed(shell, "pgswarm", "w") == {"watch"}
    assert {"backup", "restore", "upgrade"} <= completed(shell, "pgswarm", "db", "")
    assert {"--swarm", "--folder"} <= completed(shell, "pgswarm", "memory", "add", "--")


def test_installing_it_twice_changes_nothing(shell: dict[str, str]) -> None:
    run(shell, "pgswarm --install-completion; true")
    before = Path(shell["HOME"], ".bashrc").read_text().split()
    run(shell, "pgswarm --install-completion; true")
    assert Path(shell["HOME"], ".bashrc").read_text().split() == before


@pytest.mark.parametrize("name", ["zsh", "fish"])
def test_other_shells_get_a_script_that_they_can_read(shell: dict[str, str], name: str, tmp_path: Path) -> None:
    variable = {**shell, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    script = run(variable, f"pgswarm --show-completion {name}")
    assert "_PGSWARM_COMPLETE" in script
    if shutil.which(name):
        (tmp_path / "script").write_text(script)
        subprocess.run([name, "-n", tmp_path / "script"], check=True, timeout=60)
