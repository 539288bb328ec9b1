"""A real Prometheus that scrapes a running platform, and fires when something is wrong with it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
import yaml

from foliohub.config import Settings
from foliohub.data.store import Store
from foliohub.runs.opening import open_seal, open_store
from foliohub.schedule import Requests
from hub.monitoring.endpoint import token_digest
from hub.monitoring.prometheus import command
from hub.monitoring.scraping import RULES
from hub.supervisor.ports import free_ports
from tests.hub.api.conftest import ROOT, Runs, raw_panel
from tests.hub.live import LiveHub

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="no prometheus (Debian: apt install prometheus)"),
]
PARTS = {"foliohub-hub", "foliohub-api", "foliohub-dashboards", "foliohub-scheduler", "foliohub-quotes"}


@dataclass
class Prometheus:
    """One that runs.

    Attributes
    ----------
    url : str
    settings : Settings
        Of an installation with a scheduler alone, which tests may hurt.
    """

    url: str
    settings: Settings
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=10))

    def ask(self, query: str) -> dict[tuple[str, str], float]:
        """(job, instance) -> value."""
        answer = self.http.get(f"{self.url}/api/v1/query", params={"query": query}).json()
        return {
            (one["metric"].get("job", ""), one["metric"].get("instance", "")): float(one["value"][1])
            for one in answer["data"]["result"]
        }

    def firing(self) -> dict[str, list[dict[str, str]]]:
        """Alert -> the labels it fires with."""
        found: dict[str, list[dict[str, str]]] = {}
        for alert in self.http.get(f"{self.url}/api/v1/alerts").json()["data"]["alerts"]:
            if alert["state"] == "firing":
                found.setdefault(alert["labels"]["alertname"], []).append(alert["labels"])
        return found


def eventually(true: Callable[[], Any], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


@contextlib.contextmanager
def running(arguments: list[str], log: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        child = subprocess.Popen(arguments, cwd=ROOT, env=os.environ | more, stdout=out, stderr=out)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(20)


@pytest.fixture(scope="module")
def prometheus(hub: LiveHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Scrapes the platform all tests share, and a scheduler of its own; rules wait for nothing, as tests do not."""
    folder = tmp_path_factory.mktemp("prometheus")
    settings = Settings(project=ROOT, home=folder / "home")
    store = open_store(settings)
    store.write_panel("raw/av30", raw_panel(), as_of=pd.Timestamp("2022-12-28"))  # a vendor that has more to give
    Runs(settings, store).publish("daily-ingest", {"ingest": pd.DataFrame({"ticker": ["A"], "rows_added": [1]})})
    port, metrics = free_ports(2)
    arguments = command(hub.home, f"127.0.0.1:{port}", interval="1s")
    configuration = yaml.safe_load((hub.home / "monitoring" / "prometheus.yml").read_text())
    configuration["rule_files"] = [str(_impatient(path, folder)) for path in RULES.glob("*.yaml")]
    trial = [{"targets": [f"127.0.0.1:{metrics}"], "labels": {"job": "foliohub-scheduler", "instance": "trial"}}]
    (folder / "trial.json").write_text(json.dumps(trial))
    configuration["scrape_configs"][0]["file_sd_configs"][0]["files"].append(str(folder / "trial.json"))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    told = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'figures'}"]
    token = (hub.home / "monitoring" / "token").read_text()
    environment = {
        "FOLIOHUB_HOME": str(settings.home),
        "FOLIOHUB_METRICS_ADDRESS": f"127.0.0.1:{metrics}",
        "FOLIOHUB_METRICS_DIGEST": token_digest(token),
        "PYTHONPATH": str(ROOT),
    }
    with (
        running([sys.executable, "-m", "hub.scheduler"], folder / "scheduler.log", **environment),
        running([arguments[0], *told, *arguments[3:]], folder / "prometheus.log"),
    ):
        found = Prometheus(f"http://127.0.0.1:{port}", settings)
        with contextlib.suppress(AssertionError):
            eventually(lambda: _answers(found.url), 20)
        assert _answers(found.url), (folder / "prometheus.log").read_text()
        yield found


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def _impatient(path: Path, folder: Path) -> Path:
    rules = yaml.safe_load(path.read_text())
    for group in rules["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            rule.pop("for", None)
    copy = folder / path.name
    copy.write_text(yaml.safe_dump(rules))
    return copy


def test_every_part_of_the_platform_is_scraped_and_cheap_to_scrape(prometheus: Prometheus) -> None:
    live = [(part, part.removeprefix("foliohub-")) for part in sorted(PARTS)]
    eventually(lambda: all(prometheus.ask("up").get(one) == 1 for one in live))
    took = prometheus.ask("scrape_duration_seconds")
    assert all(took[one] < 0.9 for one in live), took
    # It stands back for what people wait for: on a busy machine it takes its time to read the store.
    told = ("foliohub-scheduler", "scheduler")
    eventually(lambda: told in prometheus.ask("foliohub_job_last_success_seconds > 0"), 120)


def test_whoever_has_no_token_reads_nothing(prometheus: Prometheus, hub: LiveHub) -> None:
    for target in json.loads((hub.home / "monitoring" / "targets.json").read_text()):
        url = f"http://{target['targets'][0]}{target['labels']['__metrics_path__']}"
        assert httpx.get(url, timeout=10).status_code in (401, 403), url
    assert (hub.home / "monitoring" / "token").stat().st_mode & 0o777 == 0o600


def test_no_figure_tells_a_secret(prometheus: Prometheus, hub: LiveHub) -> None:
    token = (hub.home / "monitoring" / "token").read_text()
    keys = json.loads((hub.home / "hub" / "keys.json").read_text())
    secrets = [keys["cookie_secret"], keys["crypt_key"], keys["proxy"], *keys["services"].values()]
    for target in json.loads((hub.home / "monitoring" / "targets.json").read_text()):
        url = f"http://{target['targets'][0]}{target['labels']['__metrics_path__']}"
        text = httpx.get(url, timeout=10, headers={"Authorization": f"Bearer {token}"}).text
        assert "# TYPE" in text, url
        assert not [secret for secret in secrets if secret in text]


def test_prices_that_are_old_fire_an_alert(prometheus: Prometheus) -> None:
    eventually(lambda: "FoliohubDataStale" in prometheus.firing())
    assert [labels["universe"] for labels in prometheus.firing()["FoliohubDataStale"]] == ["av30"]


def test_a_job_that_failed_fires_an_alert_until_it_has_succeeded(prometheus: Prometheus) -> None:
    eventually(lambda: prometheus.ask("foliohub_job_failed").get(("foliohub-scheduler", "trial")) == 0)
    store: Store = open_store(prometheus.settings)
    requests = Requests(store, open_seal(prometheus.settings))
    failed = requests.submit("weekly-report", by="olga", parameters={"universe": "nowhere"})
    eventually(lambda: "FoliohubJobFailed" in prometheus.firing())
    assert [labels["job_name"] for labels in prometheus.firing()["FoliohubJobFailed"]] == ["weekly-report"]
    store.remove_document(f"schedule/requests/{failed.id}")
    eventually(lambda: "FoliohubJobFailed" not in prometheus.firing())


def test_a_hub_that_answers_no_more_fires_an_alert_until_it_does(prometheus: Prometheus, hub: LiveHub) -> None:
    eventually(lambda: prometheus.ask("up").get(("foliohub-hub", "hub")) == 1)
    parts: Any = hub.state()["parts"]
    pid = parts["hub"]["process"]["pid"]
    os.kill(pid, signal.SIGSTOP)  # for seconds: others use this hub, and it must not be taken for dead
    try:
        eventually(lambda: "FoliohubHubDown" in prometheus.firing(), 10)
    finally:
        os.kill(pid, signal.SIGCONT)
    eventually(lambda: "FoliohubHubDown" not in prometheus.firing())
