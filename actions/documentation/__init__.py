"""The swarm's documentation of itself: pages for the memory folder `swarm`, made from what is there.

Rule: nothing here is written twice. What an action takes comes from its class, what a handler may use from the action
API itself, so that a page cannot say what is no longer so.
"""

from pgswarm.actions.documentation.pages import Page, as_json, pages

__all__ = ["Page", "as_json", "pages"]
