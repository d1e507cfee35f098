"""The server's settings.

Rule: what makes data durable is never traded for speed (fsync and synchronous_commit stay on). What suits the machine
is written into `postgresql.conf` once, where it can be changed; what the supervisor relies on is given at every start.
"""

import os
import sys
from pathlib import Path

# one syncfs(2) in the place of a thousand fsyncs, after initdb and after a crash
SYNC_METHOD = "syncfs" if sys.platform == "linux" else "fsync"
MEGABYTE = 1024 * 1024
MOST_BUFFERS_MB = 256
LEAST_BUFFERS_MB = 16


def first_settings() -> dict[str, str]:
    """Return what initdb writes into `postgresql.conf`."""
    return {
        "max_connections": "200",
        "shared_buffers": f"{_buffers_mb()}MB",
        "recovery_init_sync_method": SYNC_METHOD,
        "jit": "off",  # short statements: compiling costs more than it saves
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_min_messages": "log",  # errors of statements go to whoever sent them; the log stays small
        "log_checkpoints": "off",
        "log_autovacuum_min_duration": "-1",
    }


def every_start(socket_folder: Path) -> dict[str, str]:
    """Return what is given to the server on its command line."""
    quoted = str(socket_folder).replace('"', '""')
    return {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": f'"{quoted}"',
        "unix_socket_permissions": "0700",
        "fsync": "on",
        "synchronous_commit": "on",
        "logging_collector": "off",
        "log_destination": "stderr",
    }


def _buffers_mb() -> int:
    """Return an eighth of the memory that this process may use, within bounds, in MB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")):
        if limit.is_file() and (text := limit.read_text().strip()).isdigit():
            memory = min(memory, int(text))
    return max(LEAST_BUFFERS_MB, min(MOST_BUFFERS_MB, memory // MEGABYTE // 8))
