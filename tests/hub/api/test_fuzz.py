"""Requests nobody thought of: no error of the server, and no answer that the documentation does not describe."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from foliohub.config import Settings
from foliohub.data.store import Store
from hub.api.app import create_app
from hub.api.identity import Identity, TokenTable
from hub.api.settings import ApiSettings
from hub.config.roles import CUSTOM_SCOPES
from tests.hub.api.conftest import PREFIX, ROOT, fill

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "8"))
"""Valid requests to each operation, and as many invalid ones."""


def _app(home: Path, tokens: TokenTable) -> Any:
    service = ApiSettings(requests_per_second=1e6, burst=1e6, allowed_hosts=("testserver",))
    return create_app(Settings(project=ROOT, home=home), tokens, service)


# Which jobs there are, and what fills must hold, is more than a schema can say.
UNDESCRIBED = ("start_run", "import_fills")
OPERATIONS = {
    operation["operationId"]: (path, method.upper(), "parameters" in operation or "requestBody" in operation)
    for path, methods in _app(Path("nowhere"), TokenTable()).openapi()["paths"].items()
    for method, operation in methods.items()
    if not path.endswith("/quotes/stream")  # it never ends; test_quotes has it
}
VALID, INVALID = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
TRIED = [(name, VALID) for name in OPERATIONS] + [(name, INVALID) for name, (*_, takes) in OPERATIONS.items() if takes]


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    home = tmp_path_factory.mktemp("home")
    own = Settings(project=ROOT, home=home)
    store = Store.open(own.store, locks=own.locks)
    fill(store, home)
    tokens = TokenTable()
    token = tokens.issue(Identity("ada", "user", frozenset(CUSTOM_SCOPES)))
    headers = {"Authorization": f"Bearer {token}"}
    loaded = schemathesis.openapi.from_asgi(f"{PREFIX}/openapi.json", _app(home, tokens), headers=headers)
    loaded.config.update(headers=headers)
    yield loaded
    store.close()


@pytest.mark.parametrize(("name", "mode"), TRIED, ids=[f"{name}-{mode.value}" for name, mode in TRIED])
def test_no_request_breaks_the_service_or_its_promises(
    schema: Any, name: str, mode: schemathesis.GenerationMode
) -> None:
    path, method, _ = OPERATIONS[name]

    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def fuzz(case: Any) -> None:
        case.call_and_validate(excluded_checks=[positive_data_acceptance] if name in UNDESCRIBED else [])

    fuzz()
