"""What the server's own words mean, and what to do about it.

Rule: the message says what is wrong in our words and quotes the server's last lines; nothing is guessed beyond them.
"""

import re
from pathlib import Path

from pgswarm.cli.exits import UnreachableError

LINES = 4
KNOWN = (
    (r"No space left on device|Disk quota exceeded", "the disk is full", "Free some space on the disk of {folder}."),
    (
        r"Read-only file system",
        "the disk is read-only",
        "Set PGSWARM_HOME to a directory on a disk that can be written to.",
    ),
    (
        r"pre-existing shared memory block|is another postmaster|lock file .* already exists",
        "another PostgreSQL runs on the same data",
        "End it (see the process id in {folder}/data/postmaster.pid), then try again.",
    ),
    (
        r"could not map anonymous shared memory|Cannot allocate memory|could not create semaphores|fork.* failed",
        "the machine has too little free memory or too few semaphores",
        "Free some memory, or lower shared_buffers and max_connections in {folder}/data/postgresql.conf.",
    ),
    (
        r"could not (create|bind|listen).*(socket|lock file)|Unix-domain socket",
        "the socket cannot be made",
        "See that its folder exists and belongs to the account of the database.",
    ),
    (
        r"unrecognized configuration parameter|invalid value for parameter|contains errors",
        "its configuration has an error",
        "Correct {folder}/data/postgresql.conf (or postgresql.auto.conf).",
    ),
    (
        r"Operation not permitted|Permission denied",
        "permission was refused",
        "See that {folder} and what is in it belong to the account of the database, or set PGSWARM_HOME elsewhere.",
    ),
    (
        r"PANIC|could not locate a valid checkpoint|invalid .*page|checksum",
        "its data are damaged",
        "Restore a backup into a new home (PGSWARM_HOME); keep {folder} for whoever looks into it.",
    ),
)


def explain(what: str, said: str, folder: Path) -> UnreachableError:
    """Return the error for a program that said `said` before it failed; `folder` is the server's."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    quote = "\n".join(f"  {line}" for line in lines[-LINES:]) or "  (it said nothing)"
    for pattern, meaning, remedy in KNOWN:
        if re.search(pattern, said):
            return UnreachableError(f"{what}: {meaning}\n{quote}", remedy.format(folder=folder))
    return UnreachableError(f"{what}\n{quote}", f"See {folder / 'server.log'}, or set PGSWARM_DATABASE_URL.")
