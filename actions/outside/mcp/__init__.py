"""Tools of servers that speak the Model Context Protocol, as actions. Needs the package `mcp`.

One rule: a call has a session of its own, opened for it and closed after it. Nothing of one swarm's call is there in
another's, a waiting question holds no process and no connection, and what is killed leaves nothing behind.
"""

import logging

# Its log lines quote what servers send, and may hold what must not be logged. What goes wrong comes as an exception.
logging.getLogger("mcp").setLevel(logging.CRITICAL + 1)
logging.getLogger("client").setLevel(logging.CRITICAL + 1)
