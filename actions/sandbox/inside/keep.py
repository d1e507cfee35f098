"""Keeps one run: starts it, bounds what it says, takes and lives, and ends with the last of its processes.

Rule: no process that the run started outlives this one. It adopts orphans (PR_SET_CHILD_SUBREAPER), and when the run
ends, a bound is reached or its own standard input closes (whoever asked has died), it kills until the kernel says that
there is no child left, however long that takes; what has become of the run is told after `KILL_S` at the latest.
Standard library only; told by a line of JSON on standard input, answers with one on its output.

Processes that fork, leave their group and end, over and over, are gone before who looks for them has their number.
Where Landlock keeps signals in (ABI 6), a run has a hunter: a process in a domain around the run's own, whose
`kill(-1)` meets all of the run at one moment and nobody else, and whom the run cannot signal. It acts when told, and
when the keeper dies.
"""

import base64
import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import stat
import struct
import sys
import time
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38
LANDLOCK_CREATE, LANDLOCK_RESTRICT = 444, 446  # the same on every architecture
ONLY_SIGNALS = struct.pack("QQQ", 0, 0, 2)
"""struct landlock_ruleset_attr: no rule on files or ports, signals stay inside."""
LOOK_S = 0.05
"""Between two looks at memory and processes."""
WALK_EVERY = 3
"""Looks between two walks through the files."""
KILL_S = 10.0
STUBBORN_S = 1.0
"""After so long whoever the run's user has is killed: two engines may have given two runs one user, if seldom."""
MAX_DEPTH = 40
"""Folders in folders: a tree that is deeper is an attack on whoever walks it."""
DRAIN = 256
"""A run that says so many times what is kept is ended."""

Spec = dict[str, Any]


class Output:
    """The first bytes of one stream; the rest is read and dropped, so that the run does not hang on a full pipe."""

    def __init__(self, handle: int, kept: int) -> None:
        """Take the reading end of the pipe and how many bytes are kept."""
        self.handle = handle
        self.data = bytearray()
        self.said = 0
        self._kept = kept

    def read(self) -> bool:
        """Read what is there; return whether more may come."""
        try:
            chunk = os.read(self.handle, 65_536)
        except BlockingIOError:
            return True
        self.said += len(chunk)
        self.data += chunk[: self._kept - len(self.data)]
        return bool(chunk)


class Run:
    """The run, and what became of it."""

    def __init__(self, spec: Spec) -> None:
        """Start it."""
        self.spec = spec
        self.started = time.monotonic()
        self.status: int | None = None
        self.survivors = 0
        self._hunter, self._post = socket.socketpair()
        out, self._out = os.pipe()
        err, self._err = os.pipe()
        self.outputs = [Output(out, spec["output_bytes"]), Output(err, spec["output_bytes"])]
        self.pid = os.fork()
        if not self.pid:
            self._become()
        for handle in (self._out, self._err):
            os.close(handle)
        self._post.close()
        for output in self.outputs:
            os.set_blocking(output.handle, False)

    def _become(self) -> None:
        """Be the child: drop the user, take the pipes, and become the command."""
        try:
            os.setsid()
            spec = self.spec
            given = os.open(spec["stdin"] or "/dev/null", os.O_RDONLY)
            for handle, number in ((given, 0), (self._out, 1), (self._err, 2)):
                os.dup2(handle, number)
            if spec["uid"] is not None:
                os.setgroups([])
                os.setresgid(spec["gid"], spec["gid"], spec["gid"])
                os.setresuid(spec["uid"], spec["uid"], spec["uid"])
            if spec["hunted"] and keeps_signals_in(spec["argv"][0]) and not os.fork():
                hunt(self._post)
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            os.chdir("/")
            os.umask(0o077)
            os.execve(spec["argv"][0], spec["argv"], spec["env"])
        except OSError as error:
            os.write(2, f"cannot be started: {error}\n".encode())
        finally:
            os._exit(125)

    def reap(self) -> bool:
        """Take what has ended; return whether a child is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if not pid:
                return True
            if pid == self.pid:
                self.status = status

    def kill(self, within_s: float) -> bool:
        """Kill until no child is left (orphans become children of this process); return whether the time sufficed."""
        began = time.monotonic()
        self._let_hunt()
        while self.reap():
            lasted = time.monotonic() - began
            if lasted > within_s:
                break
            kill_groups(descendants())
            if lasted > STUBBORN_S and self.spec["uid"] is not None:
                kill_user(self.spec["uid"], self.spec["gid"])
            time.sleep(0.001)
        self.survivors = len(descendants())
        return not self.survivors

    def _let_hunt(self) -> None:
        """Tell the hunter, and wait until it has struck: it is below this process and would be killed with the rest."""
        with contextlib.suppress(OSError), self._hunter:  # one that is late, or gone, is not waited for
            self._hunter.shutdown(socket.SHUT_WR)
            self._hunter.settimeout(STUBBORN_S)
            self._hunter.recv(1)

    def exceeded(self, look: int) -> str | None:
        """Return the bound that is passed, if any."""
        spec = self.spec
        if time.monotonic() - self.started > spec["wall_s"]:
            return "timeout"
        if any(output.said > DRAIN * spec["output_bytes"] for output in self.outputs):
            return "output"
        found = descendants()
        if len(found) > spec["processes"] + 5:  # what starts, confines and hunts the run is not its own
            return "processes"
        if sum(map(memory_of, found)) > spec["memory_bytes"]:
            return "memory"
        if look % WALK_EVERY == 0 and not fits(spec["watched"], spec["disk_bytes"], spec["files"]):
            return "disk"
        return None

    def until_end(self, lifeline: int) -> str:
        """Wait for the end; return why it came: `exited`, a bound, or `abandoned`."""
        reading = {output.handle: output for output in self.outputs}
        look = 0
        next_look = time.monotonic()
        while True:
            self.reap()
            if self.status is not None:
                return "exited"
            readable, _, _ = select.select([lifeline, *reading], [], [], LOOK_S / 5)
            if lifeline in readable and not os.read(lifeline, 4096):
                return "abandoned"
            for handle in readable:
                if handle in reading and not reading[handle].read():
                    del reading[handle]
            if time.monotonic() >= next_look:
                look += 1
                reason = self.exceeded(look)
                if reason:
                    return reason
                next_look = time.monotonic() + LOOK_S

    def result(self, reason: str) -> Spec:
        """Return what is told: call after `kill`."""
        for output in self.outputs:
            while output.said < DRAIN * self.spec["output_bytes"] and readable_now(output.handle) and output.read():
                pass
        code = None if self.status is None else os.waitstatus_to_exitcode(self.status)
        if reason == "exited" and not fits(self.spec["watched"], self.spec["disk_bytes"], self.spec["files"]):
            reason = "disk"
        return {
            "exit_code": code,
            "reason": reason,
            "stdout": base64.b64encode(self.outputs[0].data).decode(),
            "stderr": base64.b64encode(self.outputs[1].data).decode(),
            "said": [output.said for output in self.outputs],
            "wall_ms": round(1000 * (time.monotonic() - self.started)),
            "survivors": self.survivors,
        }


def keeps_signals_in(program: str) -> bool:
    """Put this process into a Landlock domain of its own; return whether that can be, and the program still starts."""
    libc = ctypes.CDLL(None)
    if Path(program).stat().st_mode & stat.S_ISUID or libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    rules = libc.syscall(LANDLOCK_CREATE, ONLY_SIGNALS, ctypes.c_size_t(len(ONLY_SIGNALS)), ctypes.c_uint32(0))
    if rules < 0:
        return False
    try:
        return not libc.syscall(LANDLOCK_RESTRICT, ctypes.c_int(rules), ctypes.c_uint32(0))
    finally:
        os.close(rules)


def hunt(post: socket.socket) -> None:
    """Wait until the keeper's end of the post is closed, then end the run as a whole; never returns."""
    try:
        os.setsid()
        os.dup2(post.fileno(), 0)
        os.closerange(1, 1024)
        os.read(0, 1)
        os.kill(-1, signal.SIGKILL)
    finally:
        os._exit(0)


def readable_now(handle: int) -> bool:
    """Say whether a read would not wait."""
    return bool(select.select([handle], [], [], 0)[0])


def descendants() -> list[int]:
    """Return the processes below this one."""
    parents: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = Path("/proc", name, "stat").read_bytes()
        except OSError:
            continue  # it has just ended
        parents.setdefault(int(line[line.rindex(b")") + 4 :].split(None, 1)[0]), []).append(int(name))
    found: list[int] = []
    waiting = list(parents.get(os.getpid(), ()))
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += parents.get(pid, ())
    return found


def kill_groups(pids: list[int]) -> None:
    """Kill processes with all of their groups.

    A fork that is under way when a group is signalled begins anew and meets the signal (Linux, `copy_process`), so that
    a bomb is caught as a whole; who kills one process after the other never catches up with it.
    """
    own = os.getpgrp()
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            group = os.getpgid(pid)
            if group not in {0, own}:
                os.killpg(group, signal.SIGKILL)
            os.kill(pid, signal.SIGKILL)


def kill_user(uid: int, gid: int) -> None:
    """Kill every process of a run's user at once, those too that have each begun a group of their own."""
    if not os.fork():
        try:
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)


def memory_of(pid: int) -> int:
    """Return the bytes of a process that no file stands behind."""
    try:
        lines = Path(f"/proc/{pid}/status").read_bytes().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith((b"RssAnon:", b"RssShmem:")))


def fits(folders: list[str], max_bytes: int, max_files: int) -> bool:
    """Say whether what lies in the folders keeps to the bounds; no link is followed, no deeper than `MAX_DEPTH`."""
    size = count = 0
    waiting = [(folder, 0) for folder in folders]
    while waiting:
        folder, depth = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    count += 1
                    if count > max_files:
                        return False
                    if entry.is_dir(follow_symlinks=False):
                        if depth >= MAX_DEPTH:
                            return False
                        waiting.append((entry.path, depth + 1))
                    else:
                        size += 512 * entry.stat(follow_symlinks=False).st_blocks
        except FileNotFoundError:
            continue  # removed while it was looked at
        except OSError:
            return False  # what cannot be looked at (a folder without rights, a path too long) cannot be bounded
        if size > max_bytes:
            return False
    return True


def main() -> None:
    """Keep one run."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError("orphans cannot be adopted")
    line = b""
    while not line.endswith(b"\n"):
        chunk = os.read(0, 65_536)
        if not chunk:
            return
        line += chunk
    run = Run(json.loads(line))
    reason = "abandoned"
    try:
        reason = run.until_end(0)
    finally:
        gone = run.kill(KILL_S)
        try:
            if reason != "abandoned":
                sys.stdout.write(json.dumps(run.result(reason)))
                sys.stdout.flush()
        finally:
            while not gone:
                gone = run.kill(KILL_S)


if __name__ == "__main__":
    main()
