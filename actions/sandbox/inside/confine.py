"""Confines this very process, then becomes the command: rlimits, Landlock, seccomp. Standard library only.

Rule: whatever cannot be applied ends the process with `REFUSED` and a reason; the command never starts half confined.
Sources: linux/landlock.h (ABI 1 to 7), linux/seccomp.h, linux/filter.h, the kernel's syscall tables.
"""

import ctypes
import errno
import json
import os
import platform
import resource
import stat
import struct
import sys
from typing import Any, NoReturn

REFUSED = 125
"""Exit code of a process that could not be confined; 126 and 127 are the shell's for a command that cannot start."""

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 38, 22
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446  # the same on every architecture

READ_FILE, WRITE_FILE, EXECUTE, READ_DIR = 1 << 2, 1 << 1, 1 << 0, 1 << 3
FS_BITS = {1: 13, 2: 14, 3: 15, 4: 15}  # ABI → how many kinds of access it knows; 16 from ABI 5
TCP_ABI, SCOPED_ABI = 4, 6
ON_FILES = READ_FILE | WRITE_FILE | EXECUTE | 1 << 14  # a rule on a file may name no others

ALLOW, FAIL, KILL = 0x7FFF0000, 0x00050000, 0x80000000
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Numbers of the syscalls that are looked at: (x86_64, aarch64); None: it does not exist there.
CALLS: dict[str, tuple[int | None, int | None]] = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97), "setns": (308, 268), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "move_mount": (429, 429),
    "open_tree": (428, 428), "mount_setattr": (442, 442), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264),
    "swapon": (167, 224), "swapoff": (168, 225), "reboot": (169, 142), "quotactl": (179, 60), "acct": (163, 89),
    "syslog": (103, 116), "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266),
    "adjtimex": (159, 171), "iopl": (172, None), "ioperm": (173, None), "move_pages": (279, 239),
    "migrate_pages": (256, 238), "fanotify_init": (300, 262), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180), "personality": (135, 92),
    "clone": (56, 220), "clone3": (435, 435), "socket": (41, 198), "socketpair": (53, 199), "kill": (62, 129),
    "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424), "prlimit64": (302, 261), "setpriority": (141, 140), "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118),
    "sched_setattr": (314, 274), "chmod": (90, None), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "setxattrat": (463, 463), "removexattrat": (466, 466),
}  # fmt: skip

NEVER = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "process_madvise", "mount", "umount2"),
    *("pivot_root", "chroot", "unshare", "setns", "fsopen", "fsconfig", "fsmount", "fspick", "move_mount", "open_tree"),
    *("mount_setattr", "keyctl", "add_key", "request_key", "bpf", "perf_event_open", "userfaultfd", "init_module"),
    *("finit_module", "delete_module", "kexec_load", "kexec_file_load", "io_uring_setup", "io_uring_enter"),
    *("io_uring_register", "open_by_handle_at", "name_to_handle_at", "swapon", "swapoff", "reboot", "quotactl", "acct"),
    *("syslog", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "iopl", "ioperm", "move_pages"),
    *("migrate_pages", "fanotify_init", "memfd_secret", "shmget", "msgget", "semget", "mq_open", "personality"),
)
"""Refused at every level: ways to other processes, mounts and the kernel, and memory that no process is charged for."""

OTHERS_BY_PID = ("prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr")
"""Only on oneself (pid 0): Landlock does not keep them from the user's other processes."""
PATH_METADATA = ("chmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchownat", "utime", "utimes", "futimesat")
"""Landlock does not look at these: they would reach every file of the user. They do nothing, and say that they did."""
PATH_ATTRIBUTES = ("setxattr", "lsetxattr", "removexattr", "lremovexattr", "setxattrat", "removexattrat")
SIGNALS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal")

NAMESPACES = 0x7E020000
"""The CLONE_NEW… flags of clone()."""
AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
SOCK_STREAM, SOCK_TYPE = 1, 0xF


class CannotConfineError(Exception):
    """The kernel lacks, or refuses, what is needed."""


def landlock_abi() -> int:
    """Return the version of Landlock that the kernel has; 0: none."""
    return max(0, int(libc.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))))


def apply_landlock(readable: list[str], writable: list[str], devices: list[str], *, network: bool) -> None:
    """Leave this process (and its children) these paths only; no signals or abstract sockets to the outside, no TCP."""
    abi = landlock_abi()
    if not abi:
        raise CannotConfineError("the kernel has no Landlock")
    everything = (1 << FS_BITS.get(abi, 16)) - 1
    sizes = 8 if abi < TCP_ABI else 16 if abi < SCOPED_ABI else 24
    attributes = struct.pack("QQQ", everything, 0 if network else 3, 3)[:sizes]
    ruleset = _call(LANDLOCK_CREATE, attributes, ctypes.c_size_t(sizes), ctypes.c_uint32(0))
    for paths, access in (
        (readable, READ_FILE | READ_DIR | EXECUTE),
        (writable, everything),
        (devices, READ_FILE | WRITE_FILE),
    ):
        for path in paths:
            _allow(ruleset, path, access & everything)
    _call(LANDLOCK_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        raise CannotConfineError(f"{path}: {error.strerror}") from None
    if not stat.S_ISDIR(os.fstat(handle).st_mode):
        access &= ON_FILES
    rule = struct.pack("=Qi", access, handle)
    _call(LANDLOCK_ADD, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint32(0))
    os.close(handle)


def _call(number: int, *arguments: Any) -> int:
    result = int(libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise CannotConfineError(f"syscall {number}: {os.strerror(ctypes.get_errno())}")
    return result


class Filter:
    """A BPF program, put together syscall by syscall. Every test ends in a verdict or goes on to the next."""

    def __init__(self) -> None:
        """Begin with the architecture: the numbers of another one mean something else."""
        machine = platform.machine()
        if machine not in ARCH:
            raise CannotConfineError(f"no table of syscalls for {machine}")
        self._column = 0 if machine == "x86_64" else 1
        self._code: list[tuple[int, int, int, int]] = [
            (0x20, 0, 0, 4),
            (0x15, 1, 0, ARCH[machine]),
            (0x06, 0, 0, KILL),
            (0x20, 0, 0, 0),
        ]
        if machine == "x86_64":  # x32 has the same architecture and numbers of its own
            self._code += [(0x35, 0, 1, 0x40000000), (0x06, 0, 0, FAIL | errno.ENOSYS)]

    def refuse(self, name: str, code: int = errno.EPERM) -> None:
        """Refuse a call always."""
        self._unless(name, [], code)

    def unless_equal(self, name: str, argument: int, *allowed: int, mask: int = 0xFFFFFFFF, code: int) -> None:
        """Refuse a call but where the low half of an argument, under a mask, is one of `allowed`."""
        tests = [(0x20, 0, 0, 16 + 8 * argument), (0x54, 0, 0, mask)]
        for number, value in enumerate(allowed):
            tests.append((0x15, len(allowed) - number, 0, value))  # to behind the refusal
        self._unless(name, tests, code)

    def unless_null(self, name: str, argument: int, code: int) -> None:
        """Refuse a call whose argument (a pointer) is not null."""
        low, high = 16 + 8 * argument, 20 + 8 * argument
        self._unless(name, [(0x20, 0, 0, low), (0x15, 0, 2, 0), (0x20, 0, 0, high), (0x15, 1, 0, 0)], code)

    def _unless(self, name: str, tests: list[tuple[int, int, int, int]], code: int) -> None:
        number = CALLS[name][self._column]
        if number is None:
            return
        verdict = (0x06, 0, 0, FAIL | code)
        # The number is loaded again, for the tests have put an argument in its place.
        self._code += [(0x15, 0, len(tests) + 1, number), *tests, verdict, (0x20, 0, 0, 0)]

    def install(self) -> None:
        """Put it in place, for this process and its children, for good."""
        code = [*self._code, (0x06, 0, 0, ALLOW)]
        packed = b"".join(struct.pack("HBBI", *line) for line in code)
        kept = ctypes.create_string_buffer(packed, len(packed))
        program = struct.pack("@HP", len(code), ctypes.addressof(kept))
        if libc.prctl(PR_SET_SECCOMP, 2, ctypes.create_string_buffer(program, len(program)), 0, 0):
            raise CannotConfineError(f"seccomp: {os.strerror(ctypes.get_errno())}")


def apply_seccomp(*, families: list[int], namespaces: bool, own_user: bool) -> None:
    """Refuse what no program of a swarm needs, and sockets but of these families.

    Without `namespaces` of the run's own also what Landlock does not see. `own_user`: the run has a user of its own,
    who owns nothing outside.
    """
    found = Filter()
    for name in NEVER:
        found.refuse(name)
    found.refuse("clone3", errno.ENOSYS)  # its flags are behind a pointer: libraries go on with clone
    found.refuse("memfd_create", errno.ENOSYS)  # memory that no process is charged for
    found.unless_equal("clone", 0, 0, mask=NAMESPACES, code=errno.EPERM)
    # Not all families live in the network's namespace: vsock reaches the host of a virtual machine.
    found.unless_equal("socket", 0, *families, code=errno.EACCES)
    if AF_UNIX not in families:  # a pair of datagram sockets may be sent to any path
        found.unless_equal("socketpair", 1, SOCK_STREAM, mask=SOCK_TYPE, code=errno.EACCES)
    if not namespaces:
        _refuse_reaching_out(found, own_user=own_user)
    found.install()


def _refuse_reaching_out(found: Filter, *, own_user: bool) -> None:
    for name in OTHERS_BY_PID:
        found.unless_equal(name, 0, 0, code=errno.EPERM)
    for argument in (0, 1):
        found.unless_equal("setpriority", argument, 0, code=errno.EPERM)
    found.refuse("ioprio_set")
    if not own_user:
        for name in PATH_METADATA:
            found.refuse(name, 0)
        for name in PATH_ATTRIBUTES:
            found.refuse(name)
        found.unless_null("utimensat", 1, 0)
    if landlock_abi() < SCOPED_ABI:
        for name in SIGNALS:
            found.refuse(name)


def apply_no_new_privileges() -> None:
    """Make the setuid bit mean nothing, for good."""
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise CannotConfineError("no_new_privs is refused")


def apply_limits(limits: dict[str, int]) -> None:
    """Set the rlimits, soft and hard; one that is already lower stays."""
    for name, wanted in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(kind)
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (value, value))


def main(spec: dict[str, Any]) -> NoReturn:
    """Confine this process and become `spec["argv"]`."""
    try:
        apply_no_new_privileges()
        if spec["landlock"] is not None:
            apply_landlock(**spec["landlock"])
        if spec["seccomp"] is not None:
            apply_seccomp(**spec["seccomp"])
        apply_limits(spec["limits"])
    except (CannotConfineError, OSError, ValueError) as error:
        print(f"cannot be confined: {error}", file=sys.stderr, flush=True)
        os._exit(REFUSED)
    try:
        os.chdir(spec["cwd"])
        os.execvpe(spec["argv"][0], spec["argv"], spec["env"])
    except OSError as error:
        print(f"{spec['argv'][0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(127 if error.errno == errno.ENOENT else 126)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
