"""What a researcher's own server lets through to others' pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

FILE = Path(__file__).parents[3] / "hub" / "researcher" / "lab" / "jupyter_server_config.py"


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], bool]:
    """Whether a host may be reached, where clusters' pods live in the namespace `desk-dask`."""
    monkeypatch.setenv("FOLIOHUB_CLUSTER_NAMESPACE", "desk-dask")
    config = Config()
    exec(compile(FILE.read_text(), str(FILE), "exec"), {"get_config": lambda: config, "__name__": "config"})
    decide: Any = config.ServerProxy.host_allowlist
    return lambda host: decide(None, host)


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "foliohub-0a1b2c3d-scheduler.desk-dask", "foliohub-0a1b2c3d-scheduler.desk-dask.svc"],
)
def test_its_own_pages_and_those_of_dask_schedulers_are_shown(allowed: Callable[[str], bool], host: str) -> None:
    assert allowed(host)


@pytest.mark.parametrize(
    "host",
    [
        "foliohub-api",
        "proxy-api",
        "169.254.169.254",
        "foliohub-0a1b2c3d-scheduler.other-dask",
        "foliohub-0a1b2c3d-scheduler.desk-dask.evil.example",
        "evil.example/foliohub-0a1b2c3d-scheduler.desk-dask",
        "",
    ],
)
def test_nothing_else_is(allowed: Callable[[str], bool], host: str) -> None:
    assert not allowed(host)
