"""Tries to break out of the sandbox that it runs in; prints, as JSON, what got out. Standard library only.

Rule: each attempt is one that would work for a process of the same user outside. An attempt that is refused, in
whatever way, has failed; whatever succeeds is named.
"""

import ctypes
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CLONE_NEWUSER = 0x10000000
PR_GET_NO_NEW_PRIVS = 39
MB = 1_000_000

libc = ctypes.CDLL(None, use_errno=True)


def network(told: dict[str, Any]) -> str:
    """Reach a server on the loopback address of the host; use families that no namespace keeps apart."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as opened:
            opened.settimeout(0.5)
            opened.connect(("127.0.0.1", told["port"]))
            if kind == socket.SOCK_STREAM:
                return f"connected to port {told['port']} of the host"
    return ""


def other_families(told: dict[str, Any]) -> str:
    """Make sockets that reach the machine below (vsock) or the wire (packet)."""
    del told
    for family in (40, 17, 38):
        try:
            socket.socket(family, socket.SOCK_STREAM if family == 40 else socket.SOCK_RAW).close()  # noqa: PLR2004
        except OSError:
            continue
        return f"a socket of family {family} was made"
    return ""


def files_read(told: dict[str, Any]) -> str:
    """Read a file that everybody may read."""
    return f"read {told['secret']}" if Path(told["secret"]).read_text(encoding="utf-8") else ""


def files_written(told: dict[str, Any]) -> str:
    """Make a file where everybody may."""
    Path(told["folder"], "made").write_text("x", encoding="utf-8")
    return f"wrote into {told['folder']}"


def files_beside(told: dict[str, Any]) -> str:
    """Make a file beside the folders that the run may write: what lies there is in nobody's bounds."""
    del told
    for folder in ("/", "/dev", "/etc", "/home", "/run", "/run/bin", "/usr", "/var"):
        try:
            Path(folder, "pgswarm-probe").write_text("x", encoding="utf-8")
        except OSError:
            continue
        Path(folder, "pgswarm-probe").unlink()
        return f"wrote into {folder}"
    return ""


def files_truncated(told: dict[str, Any]) -> str:
    """Empty a file that everybody may write."""
    os.truncate(told["open"], 0)
    return f"truncated {told['open']}"


def rights(told: dict[str, Any]) -> str:
    """Change the rights of a file outside; a refusal may look like success, so the prober looks as well."""
    os.chmod(told["open"], 0o600)  # noqa: PTH101
    return ""


def environment(told: dict[str, Any]) -> str:
    """Find the engine's environment: its own, and that of every process that can be seen."""
    mark = told["mark"].encode()
    if any(mark in key.encode() or mark in value.encode() for key, value in os.environ.items()):
        return "the engine's environment is handed on"
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and mark in Path("/proc", name, "environ").read_bytes():
                return f"read the environment of process {name}"
        except OSError:
            continue
    return ""


def unix_path(told: dict[str, Any]) -> str:
    """Connect to a socket that has a path."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as opened:
        opened.connect(told["socket"])
    return f"connected to {told['socket']}"


def unix_pair(told: dict[str, Any]) -> str:
    """Send a datagram to a socket that has a path, from one end of a pair."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        one.sendto(b"x", told["datagram"])
    return f"sent a datagram to {told['datagram']}"


def unix_abstract(told: dict[str, Any]) -> str:
    """Connect to a socket that has a name, but no path."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as opened:
        opened.connect("\0" + told["abstract"])
    return "connected to an abstract socket"


def become_root(told: dict[str, Any]) -> str:
    """Become root, or be able to by a program with the setuid bit."""
    del told
    if libc.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1:
        return "programs with the setuid bit work"
    os.setuid(0)
    return "became root"


def namespaces(told: dict[str, Any]) -> str:
    """Make a user namespace, in which one is root again."""
    del told
    return "made a user namespace" if libc.unshare(CLONE_NEWUSER) == 0 else ""


def signals(told: dict[str, Any]) -> str:
    """Send a signal to the engine (0: none is sent)."""
    os.kill(told["engine"], 0)
    return f"could signal process {told['engine']}"


def bounds_of_others(told: dict[str, Any]) -> str:
    """Set a limit of the engine's."""
    import resource  # noqa: PLC0415 - no attempt needs what another brings

    limit = resource.prlimit(told["engine"], resource.RLIMIT_NOFILE)
    resource.prlimit(told["engine"], resource.RLIMIT_NOFILE, limit)
    return f"set a limit of process {told['engine']}"


def links(told: dict[str, Any]) -> str:
    """Leave links to the outside; the prober sees whether they are followed."""
    for name, target in (("link", "/etc/passwd"), ("folder", "/etc"), ("secret", told["secret"])):
        Path(name).symlink_to(target)
    os.link(told["secret"], "hard")
    return "made a hard link to a file outside"


def fork_bomb(told: dict[str, Any]) -> str:
    """Multiply for ever."""
    del told
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.001)


def memory(told: dict[str, Any]) -> str:
    """Take more memory than is allowed, in several processes."""
    for _ in range(4):
        if not os.fork():
            break
    held = [bytearray(b"x" * MB) for _ in range(told["mb"])]
    time.sleep(0.5)
    return f"took {len(held)} MB in each of several processes"


def disk(told: dict[str, Any]) -> str:
    """Write more than is allowed, in files that are each within the bounds."""
    for number in range(10):
        for folder in (".", os.environ.get("TMPDIR", "/tmp"), "/dev/shm"):  # noqa: S108
            try:
                Path(folder, f"full-{number}").write_bytes(b"x" * (told["mb"] * MB // 4))
            except OSError:
                if folder == ".":
                    raise
    time.sleep(0.5)
    return "wrote more than its bounds"


def survivor(told: dict[str, Any]) -> str:
    """Leave a process that has cut every tie. Its name on the process list is the mark that it was started with."""
    del told
    for _ in range(2):
        if os.fork():
            time.sleep(0.1)
            os._exit(0)
        os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for handle in range(3):
        os.close(handle)
    time.sleep(60)
    return ""


ATTEMPTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "network": network,
    "other families": other_families,
    "files read": files_read,
    "files written": files_written,
    "files beside": files_beside,
    "files truncated": files_truncated,
    "rights": rights,
    "environment": environment,
    "unix socket": unix_path,
    "unix datagram": unix_pair,
    "abstract socket": unix_abstract,
    "setuid": become_root,
    "namespaces": namespaces,
    "signals": signals,
    "limits of others": bounds_of_others,
    "links": links,
}
ALONE: dict[str, Callable[[dict[str, Any]], str]] = {
    "fork bomb": fork_bomb,
    "memory": memory,
    "disk": disk,
    "survivors": survivor,
}
"""Attempts that end the run, or last beyond it: each has a run to itself."""


def attempt(try_it: Callable[[dict[str, Any]], str], told: dict[str, Any]) -> str:
    """Return what got out; "" where nothing did."""
    try:
        return try_it(told)
    except (OSError, ValueError):
        return ""


def main(told: dict[str, Any]) -> None:
    """Make the attempts that `told` names."""
    every = {**ATTEMPTS, **ALONE}
    print(json.dumps({name: attempt(every[name], told) for name in told["attempts"]}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
