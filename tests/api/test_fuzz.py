"""schemathesis over the whole OpenAPI document, against the API as a process: no 5xx, nothing undocumented.

More of it: PGSWARM_TEST_EXAMPLES=100, and a seed of one's own: PGSWARM_TEST_SEED=7.

Ids that are well formed are replaced by ones that exist in half of the requests, so that routes do more than look.
"""

import os
from collections.abc import Iterator
from typing import Any
from uuid import UUID
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from support.api import Api
from support.database import Database
from support.serving import serving
from support.walk import DOCUMENT, OPERATIONS, ids_of

EXAMPLES = int(os.environ.get("PGSWARM_TEST_EXAMPLES", "8"))
REFUSALS = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429"]
CONFIG = schemathesis.Config.from_dict(
    {
        "phases": {"coverage": {"unexpected-methods": []}},  # test_every_route has them
        "checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}},  # the default knows no 413
    }
)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)
STREAMS = {operation.path for operation in OPERATIONS if operation.streams}
SEED = os.environ.get("PGSWARM_TEST_SEED")
ANSWER_S = 20
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.missing_required_header,
]


class Target:
    """The API, an account, and ids of what is its."""

    def __init__(self, db: Database, url: str) -> None:
        self.api = Api(db)
        self.url = url
        self.ids = ids_of(self.api, self.api.anna)
        self.headers = self.api.anna.headers


@pytest.fixture(scope="module")
def target(module_db: Database) -> Iterator[Target]:
    with serving(module_db.url, PGSWARM_POOL_SIZE="4") as found:
        yield Target(module_db, found.url)


@SCHEMA.parametrize()
@seed(SEED)
@settings(
    max_examples=EXAMPLES,
    derandomize=SEED is None,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_nothing_that_is_sent_breaks_the_api(case: schemathesis.Case[Any], target: Target) -> None:
    positive = case.meta is None or case.meta.generation.mode.is_positive
    if case.operation.path in STREAMS and positive:
        return  # it would never end; tests/api/events have it
    chance = crc32(repr((case.path_parameters, case.query, case.body)).encode(errors="replace"))
    if chance % 2:
        case.path_parameters = {name: _known(target, name, value) for name, value in case.path_parameters.items()}
        case.query = {name: _known(target, name, value) for name, value in (case.query or {}).items()}
    if chance % 8 and case.headers:  # the same example of a key in every request: all but the first would be refused
        case.headers.pop("Idempotency-Key", None)
    case.call_and_validate(base_url=target.url, headers=target.headers, checks=CHECKS, timeout=ANSWER_S)


def _known(target: Target, name: str, value: Any) -> Any:
    try:
        UUID(value)
    except (ValueError, TypeError, AttributeError):
        return value
    return str(target.ids.get(name, value))
