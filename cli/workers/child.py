"""The child process: a processor that is told by its standard input what to do, and ends when that is closed.

Rule: everything is imported before the settings come, in the time in which the command brings up the database.
"""

import json
import os
import signal
import sys
from threading import Thread

from pgswarm.actions.discovery import discover
from pgswarm.processor.logs import set_up
from pgswarm.processor.main import work
from pgswarm.processor.settings import Settings


def main() -> int:
    """Wait for the settings, one line of JSON, and work; return the exit code."""
    set_up("warning")
    discover()
    line = sys.stdin.buffer.readline()
    if not line:
        return 0
    settings = Settings(**json.loads(line))
    Thread(target=end_with_the_command, name="lifeline", daemon=True).start()
    return work(settings)


def end_with_the_command() -> None:
    """Tell this process to end once its standard input is closed."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
