"""The actions of the test's outside package, imported in the test's own process."""

import sys
from functools import cache

from pgswarm.actions.base import registry
from pgswarm.actions.discovery import discover
from pgswarm.processor.catalogue import Catalogue
from support.processors import OUTSIDE


@cache
def specs() -> str:
    """Return the actions that are built in and outside, as `register_actions` takes them."""
    sys.path.insert(0, str(OUTSIDE))
    discover()
    return Catalogue(registry).specs()
