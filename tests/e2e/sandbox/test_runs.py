"""What goes into a run, what comes out, and that its bounds hold; at both levels."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from pgswarm.actions.sandbox import homes
from pgswarm.actions.sandbox.choose import choose
from pgswarm.actions.sandbox.inside import keep
from pgswarm.actions.sandbox.local import LocalSandbox
from pgswarm.actions.sandbox.types import MB, File, Level, Limits, Ran, SandboxError
from support.command import ME
from support.wait import wait_until

SMALL = Limits(wall_s=10, memory_bytes=100 * MB, disk_bytes=MB, files=20, output_bytes=1000)


async def python(sandbox: LocalSandbox, code: str, **more: object) -> Ran:
    files = {"script.py": File(code.encode())}
    return await sandbox.run(["python", "script.py"], files=files, limits=SMALL, **more)


async def test_run_sees_its_files_and_gives_back_what_it_changed(sandbox: LocalSandbox) -> None:
    files = {"in/a.txt": File(b"a"), "in/b.txt": File(b"b"), "gone.txt": File(b"g"), "empty": None}
    script = "cat in/a.txt; cat; echo changed > in/b.txt; mkdir new; echo n > new/n.txt; rm gone.txt"
    ran = await sandbox.run(["sh", "-c", script], files=files, stdin=b" and input", limits=SMALL)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "a and input", "")
    assert ran.files == {"in/b.txt": File(b"changed\n"), "new": None, "new/n.txt": File(b"n\n")}
    assert list(ran.removed) == ["gone.txt"]


async def test_exit_code_and_signal_are_told(sandbox: LocalSandbox) -> None:
    assert (await python(sandbox, "import sys; sys.exit(7)")).exit_code == 7
    missing = await sandbox.run(["no-such-program"], files={}, limits=SMALL)
    assert (missing.exit_code, missing.stderr) == (127, "no-such-program: No such file or directory\n")


async def test_output_is_bounded_and_says_so(sandbox: LocalSandbox) -> None:
    ran = await python(sandbox, "print('x' * 5000)")
    assert (len(ran.stdout), ran.truncated, ran.ok) == (1000, True, True)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("while True: pass", "timeout"),
        ("while True: print('x' * 1000)", "output"),
        ("import time\nfor n in range(30): open(f'f{n}', 'w').write('x' * 100_000)\ntime.sleep(9)", "disk"),
        ("import os, time\nfor n in range(40): os.mkdir(f'{n}')\ntime.sleep(9)", "disk"),
        ("import os, time\nfor n in range(60): os.mkdir('d'); os.chdir('d')\ntime.sleep(9)", "disk"),
    ],
)
async def test_bound_ends_a_run(sandbox: LocalSandbox, code: str, reason: str) -> None:
    limits = Limits(wall_s=2 if reason != "timeout" else 0.5, disk_bytes=MB, files=30, output_bytes=1000)
    ran = await sandbox.run(["python", "-c", code], files={}, limits=limits)
    assert (ran.reason, ran.exit_code) == (reason, None)


async def test_link_and_pipe_are_left_out_and_named(sandbox: LocalSandbox) -> None:
    ran = await python(sandbox, "import os\nos.symlink('/etc/passwd', 'l')\nos.mkfifo('p')\nopen('bad\\nname', 'w')")
    assert ran.ok, ran.stderr
    assert ran.files == {}
    assert {left.path: left.why.split(",")[0] for left in ran.left_out if left.path in "lp"} == {
        "l": "it is a link",
        "p": "it is no plain file",
    }


async def test_environment_is_empty(sandbox: LocalSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("PGSWARM_DATABASE_URL", "postgresql://secret")
    ran = await python(sandbox, "import os; print(sorted(os.environ))")
    names = ["HOME", "LANG", "OMP_NUM_THREADS", "PATH", "PYTHONDONTWRITEBYTECODE", "TMPDIR"]
    assert ran.stdout == f"{names}\n"


async def test_cancelled_run_leaves_no_process_and_no_folder(sandbox: LocalSandbox) -> None:
    mark = f"cancelled-{sandbox.level}-{os.getpid()}"
    running = asyncio.create_task(sandbox.run(["sh", "-c", f"sleep 60; : {mark}"], files={}, limits=Limits()))

    def there() -> bool:
        return any(mark in line for line in command_lines())

    await asyncio.to_thread(wait_until, there, "the run is under way")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.to_thread(wait_until, lambda: not there(), "the run has gone")
    assert left_folders() == []


BOMBS = {
    "multiplies": "while True:\n  try: os.fork()\n  except OSError: pass",
    "moves on": "while True:\n  try:\n    if os.fork(): os._exit(0)\n  except OSError: pass",
    "leaves its group": "while True:\n  try:\n    if os.fork(): os._exit(0)\n  except OSError: continue\n  os.setsid()",
}


@pytest.mark.parametrize("bomb", BOMBS)
async def test_bomb_is_caught_as_a_whole(sandbox: LocalSandbox, bomb: str) -> None:
    mark = f"bomb-{sandbox.level}-{os.getpid()}"
    first = "import os\nr, w = os.pipe()\nif os.fork(): os.read(r, 1)\nelse: os.write(1, b'begun'), os.write(w, b'x')"
    for wall_s in (0.5, 2, 8):  # a busy machine may not get as far as to the first fork in half a second
        limits = replace(SMALL, wall_s=wall_s)
        ran = await sandbox.run(["python", "-c", f"{first}\n{BOMBS[bomb]}", mark], files={}, limits=limits)
        if ran.stdout == "begun":
            break
    assert ran.stdout == "begun", ran

    def gone() -> bool:
        return not any(mark in line for line in command_lines())

    await asyncio.to_thread(wait_until, gone, "the bomb has gone", within_s=15)


def test_run_of_a_processor_that_is_killed_goes_with_it(sandbox: LocalSandbox) -> None:
    mark = f"orphan-{sandbox.level}-{os.getpid()}"
    asked = (
        "import asyncio; from pgswarm.actions.sandbox.local import LocalSandbox; "
        f"asyncio.run(LocalSandbox('{sandbox.level}').run(['sh', '-c', 'setsid sleep 61; : {mark}'], files={{}}))"
    )

    def there() -> bool:
        return any(mark in line and "asyncio" not in line for line in command_lines())

    with ME.run_python("-c", asked) as engine:
        wait_until(there, "the run is under way")
        engine.kill()
    wait_until(lambda: not there(), "the run has gone", within_s=15)


async def test_run_of_a_keeper_that_is_killed_goes_with_it(sandbox: LocalSandbox) -> None:
    mark = f"unkept-{sandbox.level}-{os.getpid()}"
    asked = ["sh", "-c", f"setsid sh -c 'sleep 62; : own {mark}' & sleep 62; : {mark}"]
    running = asyncio.create_task(sandbox.run(asked, files={}, limits=Limits()))

    def there() -> bool:
        return any(f": own {mark}" in line and "setsid" not in line for line in command_lines())

    await asyncio.to_thread(wait_until, there, "the run is under way")
    for keeper in keepers():
        os.kill(keeper, signal.SIGKILL)
    with pytest.raises(SandboxError, match="The keeper of a run failed"):
        await running
    await asyncio.to_thread(wait_until, lambda: not there(), "the run has gone", within_s=15)


def keepers() -> list[int]:
    children = " ".join(found.read_text() for found in Path("/proc/self/task").glob("*/children")).split()
    return [int(child) for child in children if keep.__file__ in Path(f"/proc/{child}/cmdline").read_text()]


def left_folders() -> list[Path]:
    return list(Path(homes.place()).glob(f"{homes.PREFIX}{os.getpid()}-*"))


def command_lines() -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            try:
                found.append((entry / "cmdline").read_text(errors="replace"))
            except OSError:
                continue
    return found


async def test_path_that_climbs_out_is_never_laid_out(sandbox: LocalSandbox) -> None:
    with pytest.raises(SandboxError, match="climbs out") as caught:
        await sandbox.run(["true"], files={"../out": File(b"")}, limits=SMALL)
    assert caught.value.code == "bad_path"


async def test_unknown_setting_is_refused_and_names_the_choices() -> None:
    with pytest.raises(SandboxError, match="choose one of auto, bwrap, landlock, unsafe"):
        await choose("docker")


async def test_without_a_level_that_holds_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    chosen = await choose("bwrap")
    assert chosen.level is None
    with pytest.raises(
        SandboxError, match=r"bwrap: bubblewrap .bwrap. is not installed.*apt install bubblewrap"
    ) as caught:
        await chosen.sandbox.run(["true"], files={})
    assert caught.value.code == "no_sandbox"


async def test_unsafe_is_only_by_the_operators_word() -> None:
    chosen = await choose("unsafe")
    assert chosen.level is Level.UNSAFE
    assert (await choose("auto")).level in {Level.BWRAP, Level.LANDLOCK}
