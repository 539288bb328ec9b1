"""Grafana's pages: generated, complete, and asking only for what there is."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import httpx
import pytest
import yaml

from hub.monitoring.grafana.__main__ import FOLDER, text
from hub.monitoring.grafana.pages import PAGES
from hub.monitoring.grafana.panels import Page
from hub.monitoring.scraping import RULES
from tests.hub.live import LiveHub

_NAME = re.compile(r"\b(?:foliohub|jupyterhub|process)[a-z0-9_:]+\b")
_BROUGHT_BY_KUBERNETES = ("kubelet_volume_stats_",)


def _panels(page: Page) -> list[dict[str, Any]]:
    return [panel for panel in page.content()["panels"] if panel["type"] != "row"]


def _names(query: str) -> set[str]:
    return set(_NAME.findall(re.sub(r"\"[^\"]*\"", "", query)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_file_is_what_is_generated(page: Page) -> None:
    said = (FOLDER / f"{page.name}.json").read_text(encoding="utf-8")
    assert said == text(page), "write it anew: make grafana"
    assert {file.stem for file in FOLDER.glob("*.json")} == {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_panel_says_what_it_shows_and_stands_alone(page: Page) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in _panels(page):
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] is None
        assert all(target["expr"] and target["legendFormat"] for target in panel["targets"])
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
    numbers = [panel["id"] for panel in page.content()["panels"]]
    assert len(numbers) == len(set(numbers))


def test_units_and_constants_are_those_grafana_knows() -> None:
    known = {"s", "bytes", "percentunit", "short", "reqps", "dateTimeFromNow", "dateTimeAsIso", "currencyUSD"}
    for page in PAGES:
        assert {panel["fieldConfig"]["defaults"]["unit"] for panel in _panels(page)} <= known
        asked = set(re.findall(r"\$(\w+)", " ".join(t["expr"] for p in _panels(page) for t in p["targets"])))
        assert asked == {name for name, _, _ in page.constants}


def _read(url: str, token: str) -> httpx.Response:
    """What a part tells, as soon as it listens: some start after people are let in."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return httpx.get(url, timeout=20, headers={"Authorization": f"Bearer {token}"})
        except httpx.ConnectError:
            assert time.monotonic() < deadline
            time.sleep(0.5)


@pytest.mark.slow
def test_every_figure_that_pages_and_rules_ask_for_is_told_by_the_live_platform(hub: LiveHub) -> None:
    token = (hub.home / "monitoring" / "token").read_text()
    told: set[str] = set()
    for target in json.loads((hub.home / "monitoring" / "targets.json").read_text()):
        url = f"http://{target['targets'][0]}{target['labels']['__metrics_path__']}"
        answer = _read(url, token)
        assert answer.status_code == 200, (url, answer.text)
        for name, kind in re.findall(r"^# TYPE (\S+) (\w+)", answer.text, re.MULTILINE):
            endings = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}.get(kind, ("",))
            told |= {name + ending for ending in endings}
    rules = [
        rule
        for file in RULES.glob("*.yaml")
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    ]
    told |= {rule["record"] for rule in rules if "record" in rule}
    asked = {name for page in PAGES for panel in _panels(page) for t in panel["targets"] for name in _names(t["expr"])}
    asked |= {name for rule in rules for name in _names(rule["expr"])}
    assert {name for name in asked - told if not name.startswith(_BROUGHT_BY_KUBERNETES)} == set()
