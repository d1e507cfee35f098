"""Actions that swarms made, as people type them."""

import pytest

from pgswarm.cli.exits import BadInputError
from pgswarm.cli.library.created import Named, parse


@pytest.mark.parametrize("typed", ["created/shout@2", "shout@2", " shout@2 "])
def test_folder_may_be_left_out(typed: str) -> None:
    assert parse(typed, needs_version=True) == Named("created/shout", 2)


def test_without_a_version_it_is_the_newest_where_that_will_do() -> None:
    assert parse("shout") == Named("created/shout", None)
    with pytest.raises(BadInputError, match="names no version"):
        parse("shout", needs_version=True)


@pytest.mark.parametrize("typed", ["", "@1", "shout@", "shout@0", "shout@two", "shout@-1", "shout@1@2"])
def test_what_is_no_version_of_an_action_is_refused(typed: str) -> None:
    with pytest.raises(BadInputError):
        parse(typed)
