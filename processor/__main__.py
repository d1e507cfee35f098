"""`python -m pgswarm.processor`: a processor without the rest of the command line."""

import argparse
import os
import sys

from pgswarm.processor.logs import set_up
from pgswarm.processor.main import work
from pgswarm.processor.settings import Settings


def main() -> int:
    """Read the arguments and work; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m pgswarm.processor", description=__doc__)
    parser.add_argument("--concurrency", type=int, default=64, help="activations at the same time (64)")
    parser.add_argument("--actions", action="append", default=[], metavar="PATTERN", help="only these, as in 'code/*'")
    parser.add_argument("--lease", type=float, default=15.0, help="seconds of silence until others take over (15)")
    parser.add_argument("--grace", type=float, default=10.0, help="seconds for actions to end after SIGTERM (10)")
    parser.add_argument("--once", action="store_true", help="end when nothing is claimable")
    parser.add_argument("--log", default="warning", choices=["debug", "info", "warning", "error"])
    options = parser.parse_args()
    set_up(options.log)
    url = os.environ.get("PGSWARM_DATABASE_URL")
    if not url:
        parser.error("PGSWARM_DATABASE_URL is not set: give the database's URL, as in postgresql://user@host/name")
    try:
        settings = Settings(
            database_url=url,
            concurrency=options.concurrency,
            actions=options.actions,
            lease_s=options.lease,
            grace_s=options.grace,
            once=options.once,
            notify=os.environ.get("PGSWARM_NOTIFY_PAYLOAD") != "none",
        )
    except ValueError as error:
        parser.error(str(error))
    return work(settings)


if __name__ == "__main__":
    sys.exit(main())
