"""Two runs at a time have two users, whichever processors they belong to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pgswarm.actions.sandbox import users

OTHER = """
import sys
from pathlib import Path
from pgswarm.actions.sandbox import users
users._mapped = lambda: [users.FIRST, users.FIRST + 1]
users.is_root = lambda: True
with users.run_user(lambda: Path(sys.argv[1])) as user:
    print(user, flush=True)
    sys.stdin.read()
"""


def test_two_processes_have_two_users_and_a_third_run_is_told_that_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users, "_mapped", lambda: [users.FIRST, users.FIRST + 1])
    monkeypatch.setattr(users, "is_root", lambda: True)
    command = [sys.executable, "-c", OTHER, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env={**os.environ}) as other:
        assert other.stdout is not None
        theirs = int(other.stdout.readline())
        with users.run_user(lambda: tmp_path) as ours:
            assert {ours, theirs} == {users.FIRST, users.FIRST + 1}
            with pytest.raises(users.SandboxError, match="is taken"), users.run_user(lambda: tmp_path):
                pass
        other.communicate("")
    with users.run_user(lambda: tmp_path) as one, users.run_user(lambda: tmp_path) as two:
        assert {one, two} == {users.FIRST, users.FIRST + 1}  # what ended gave back its own
