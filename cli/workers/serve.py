"""The child process that serves the API: told by its standard input what to do, it ends when that is closed.

Rule: it serves on a socket that it inherits, so that one which takes the place of another has the same address, and
callers in between wait instead of being refused.
"""

import json
import socket
import sys
from threading import Thread

from pgswarm.api.server import serve
from pgswarm.api.settings import ApiSettings
from pgswarm.cli.workers.child import end_with_the_command
from pgswarm.processor.logs import set_up


def main() -> int:
    """Wait for the settings and the socket's number, one line of JSON, and serve; return the exit code."""
    set_up("warning")
    line = sys.stdin.buffer.readline()
    if not line:
        return 0
    told = json.loads(line)
    Thread(target=end_with_the_command, name="lifeline", daemon=True).start()
    serve(ApiSettings.model_validate(told["settings"]), socket.socket(fileno=told["socket"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
