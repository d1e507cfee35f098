"""What a processor knows of actions: `action/run` stands for all that swarms made."""

from pgswarm.actions.base import Registry
from pgswarm.actions.created.run import RunCreated
from pgswarm.processor.catalogue import Catalogue


def test_what_a_swarm_made_is_claimed_known_and_run_by_every_processor() -> None:
    registry = Registry()
    assert Catalogue(registry).find("created/shout") is None
    registry.add(RunCreated)
    catalogue = Catalogue(registry)
    found = catalogue.find("created/shout")
    assert found is not None
    assert isinstance(found.action, RunCreated)
    assert catalogue.find("other/shout") is None
    assert catalogue.known("created/shout")
    assert catalogue.own_patterns() == ["action/run", "created/%"]
