"""Agents that speak A2A, each skill as an action. Needs the package `a2a-sdk`.

One rule: a task lives at the agent, and here only as its id in the node's state. Between two looks at it, and while a
person is asked, nothing is held.
"""

import logging

# Its log lines quote cards and answers, and may hold what must not be logged. What goes wrong comes as an exception.
for _library in ("a2a", "httpx"):
    logging.getLogger(_library).setLevel(logging.CRITICAL + 1)
