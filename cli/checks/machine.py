"""Checks of what a swarm needs around the database: the model's server."""

from collections.abc import Iterator
from pathlib import Path

from pgswarm.actions.models.settings import OFFLINE, RECORDED, ModelSettings
from pgswarm.cli.checks.finding import Finding
from pgswarm.cli.run.model import check_model


def model() -> Iterator[Finding]:
    """Say which model answers, and see that its server can be reached."""
    settings = ModelSettings.from_env()
    told = settings.describe()
    if settings.configured == {OFFLINE}:
        remedy = "It plans by rules and invents nothing. Set OPENAI_API_KEY or OPENAI_BASE_URL for a model."
        yield Finding("model", "note", told, remedy)
        return
    faults = list(_missing_recordings(settings))
    yield from faults or [Finding("model", "ok", check_model(None))]


def _missing_recordings(settings: ModelSettings) -> Iterator[Finding]:
    for name in sorted(settings.configured):
        path = name.removeprefix(RECORDED)
        if path != name and not Path(path).is_file():
            yield Finding("model", "fault", f"there is no recording {path}", "Correct PGSWARM_MODEL.")
