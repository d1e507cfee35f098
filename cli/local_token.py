"""The token by which who runs `pgswarm up` on their own machine uses its API without signing up.

Rule: only on loopback, and in a file that nobody else may read: it is not shown on the screen.
"""

import os
from pathlib import Path

from pgswarm.cli.embedded.home import CLOSED, ENTER_ONLY, find_home, make_directory, open_owned

NAME = "api-token"


def keep_local_token(database_url: str, host: str) -> Path | None:
    """Return the file that holds a new token of the local account; None where the API is open to others than this host.

    None too where the account was disabled, or its name is somebody else's. Raises `OSError` where the file cannot be
    written.
    """
    from pgswarm.api.accounts.local import ensure_local_account, is_loopback

    if not is_loopback(host):
        return None
    token = ensure_local_account(database_url)
    if token is None:
        return None
    home = find_home().root
    home.parent.mkdir(parents=True, exist_ok=True)
    make_directory(home, CLOSED if os.geteuid() else ENTER_ONLY)
    path = home / NAME
    path.unlink(missing_ok=True)  # whoever made it may have left it open to others
    with os.fdopen(open_owned(path, os.O_WRONLY | os.O_TRUNC), "w") as file:
        file.write(token)
    return path
