"""Each kind of person does what they came for: a researcher computes, a manager reads, a program asks."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from foliohub.client import Client
from foliohub.errors import FoliohubError
from tests.browser.conftest import Visit, chromium, visit
from tests.cluster.cluster import eventually
from tests.cluster.server import Server
from tests.cluster.trial import Trial
from tests.hub.live import LiveHub

__all__ = ["chromium", "visit"]

Visiting = Callable[..., AbstractContextManager[Visit]]
PAGES = ("", "today", "portfolio", "forecasts", "operations", "what_if")


def test_a_researchers_server_starts_as_a_pod_with_a_home(rita: Server, platform: Trial) -> None:
    (pod,) = platform.cluster.pods("app.kubernetes.io/component=singleuser-server,hub.jupyter.org/username=rita")
    assert pod["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"]
    assert platform.cluster.get("pvc", "claim-rita")["status"]["phase"] == "Bound"


def test_the_welcome_notebook_runs_in_it(rita: Server) -> None:
    with rita.kernel() as kernel:
        for cell in rita.notebook("templates/notebooks/00_welcome.ipynb"):
            kernel.run(cell)
        assert "True" in kernel.run("print(bool(succeeded) and not forecasts.empty)")


def test_a_researcher_cannot_sign(rita: Server) -> None:
    code = """
from foliohub import config
from foliohub.runs.opening import open_seal
try:
    open_seal(config.load_settings()).sign("trial", "0" * 64)
except Exception as error:
    print(type(error).__name__, error.remedy)
"""
    with rita.kernel() as kernel:
        assert "ask the platform instead" in kernel.run(code)


def test_a_manager_sees_every_dashboard_drawn(visit: Visiting) -> None:
    with visit("max") as visitor:
        page = visitor.page
        page.wait_for_url("**/services/dashboards/**")
        for path in PAGES:
            page.goto(f"{visitor.url}/services/dashboards/{path}")
            page.get_by_role("heading", level=1).wait_for()
            page.locator("html[data-whole]").wait_for(state="attached")
            assert page.locator(".fd-failed").all_inner_texts() == [], path
            assert "Traceback" not in page.inner_text("body")
        assert visitor.errors == []


def test_a_program_reads_with_a_token_and_no_more_than_its_owner_may(hub: LiveHub) -> None:
    with Client(hub.url, hub.token("max")) as client:
        assert client.runs(status=["succeeded"])
        assert not client.prices("sample").empty
        with pytest.raises(FoliohubError, match="custom:runs:start"):
            client.start("daily-ingest")


def test_a_program_starts_a_run_that_the_scheduler_executes(api: Client) -> None:
    asked = api.start("daily-ingest", "2022-12-21")
    assert api.wait(asked.id, timeout=300).state in ("done", "already done")


def test_the_hubs_log_tells_who_logged_in(platform: Trial, hub: LiveHub) -> None:
    """On standard output, from where a cluster's logs are collected: a file in the pod would reach nobody."""
    before = len(_log_ins(platform, "ravi"))
    with hub.client("ravi"):
        (said,) = eventually(lambda: _log_ins(platform, "ravi")[before:], seconds=15, saying="a line of the audit log")
    assert said["event"]["outcome"] == "success"
    assert said["service"]["name"] == "foliohub-hub"


def _log_ins(platform: Trial, name: str) -> list[dict[str, Any]]:
    """Audited log-ins of somebody, a line of the hub's log each."""
    lines = platform.cluster.kubectl("logs", "deployment/hub").splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{") and '"foliohub.audit"' in line]
    found = [line for line in told if line["event"]["dataset"] == "foliohub.audit"]
    return [line for line in found if line["event"]["action"] == "log-in" and line["user"]["name"] == name]
