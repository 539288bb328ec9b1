"""Dashboards as managers see them: whole, quick to react, and with the numbers that are in the store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from foliohub.config import Settings
from foliohub.reporting.formats import percent
from foliohub.runs.opening import open_ledger, open_store
from foliohub.runs.published import Published
from foliohub.runs.records import RunRecords
from tests.hub.live import ROOT, LiveHub, logs

Visiting = Callable[..., AbstractContextManager[Any]]
PAGES = {
    "": "Overview",
    "today": "Today",
    "portfolio": "Portfolio",
    "forecasts": "Forecasts",
    "what_if": "What if",
    "operations": "Operations",
}
WINDOWS = {"light-1280": {"width": 1280}, "dark-1280": {"width": 1280, "dark": True}, "tablet-820": {"width": 820}}
STARS = re.compile(r"[\s\u202f\u00a0,]")


@pytest.fixture(autouse=True)
def _nobody_decides_meanwhile(hub: LiveHub) -> Iterator[None]:
    with hub.own_ledger():
        yield


@pytest.fixture(scope="module")
def published(hub: LiveHub) -> Published:
    store = open_store(Settings(project=ROOT, home=hub.home))
    return Published(store, RunRecords(store))


def look(visitor: Any, path: str) -> Any:
    """Open a dashboard and wait until all its figures are drawn."""
    page = visitor.page
    page.wait_for_url("**/services/dashboards/**")
    page.goto(f"{visitor.url}/services/dashboards/{path}")
    page.get_by_role("heading", level=1).wait_for()
    page.locator("html[data-whole]").wait_for(state="attached")
    assert page.evaluate("[...document.querySelectorAll('.fd-plot')].every(plot => plot.querySelector('.main-svg'))")
    return page


def number(text: str) -> float:
    """What a card says in figures, without its currency."""
    return float(STARS.sub("", text).removesuffix("USD"))


@pytest.mark.parametrize("window", WINDOWS)
def test_every_page_is_whole_in_every_window(visit: Visiting, hub: LiveHub, window: str) -> None:
    with visit("max", **WINDOWS[window]) as visitor:
        for path, title in PAGES.items():
            page = look(visitor, path)
            visitor.picture(f"dashboard-{path or 'index'}-{window}")
            assert page.get_by_role("heading", level=1).inner_text() == title
            assert page.locator(".fd-failed").all_inner_texts() == [], path
            assert "Traceback" not in page.inner_text("body")
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider <= 0, f"{path} is {wider} px wider than the window"
        assert visitor.errors == [], logs(hub.home)


def test_the_leaderboard_is_that_of_the_store(visit: Visiting, published: Published) -> None:
    scores = published.read(published.find("forecast_scores", "sample"))
    scores = scores[scores["horizon"] == 21].set_index("model")
    with visit("max") as visitor:
        page = look(visitor, "forecasts?horizon=21")
        table = page.locator("table", has=page.locator("th", has_text="RMSE")).first
        columns = [name.strip() for name in table.locator("thead th").all_inner_texts()]
        rows = [row.split("\t") for row in table.locator("tbody tr").all_inner_texts()]
        shown = {row[0].lstrip("● ").split("(")[0].strip(): dict(zip(columns, row, strict=True)) for row in rows}
        names = {"arima": "ARIMA", "ewma": "EWMA", "gradient_boosting": "Gradient boosting", "mean": "Historical mean"}
        for model, name in names.items():
            assert shown[name]["Skill"] == percent(scores.loc[model, "skill"], 2, signed=True)
            assert shown[name]["RMSE"] == percent(scores.loc[model, "rmse"], 2)


def test_the_portfolio_shows_the_returns_of_the_store(visit: Visiting, published: Published) -> None:
    publication = published.find("net_returns", "sample")
    net = published.read(publication).set_index("date")
    with visit("max") as visitor:
        page = look(visitor, "portfolio?period=all&strategy=max_sharpe")
        text = page.inner_text("body")
        assert publication.run.id in text
        total = (1 + net["max_sharpe"]).prod() - 1
        assert percent(total, 1, signed=True) in STARS.sub("", text) or percent(total, 1, signed=True) in text


def test_today_shows_the_value_and_the_proposal_of_the_ledger(visit: Visiting, hub: LiveHub) -> None:
    settings = Settings(project=ROOT, home=hub.home)
    store = open_store(settings)
    ledger = open_ledger(settings, "sample", store)
    closes = store.read_panel("raw/sample", fields=["close"])["close"].iloc[-1]
    held, proposal = ledger.holdings(), ledger.proposals()[0]
    value = held.cash + sum(count * closes[ticker] for ticker, count in held.shares.items())
    with visit("max") as visitor:
        cards = look(visitor, "today").locator(".fh-card").all_inner_texts()
        shown = {lines[0]: lines[1] for card in cards if (lines := card.strip().splitlines())}
    assert number(shown["Portfolio value"]) == round(value)
    assert number(shown["Expected cost"]) == round(proposal.expected_cost)
    assert number(shown["Cash after"]) == round(proposal.cash_after)
    assert shown["Turnover"] == percent(proposal.turnover)
    assert shown["Orders"] == str(len(proposal.orders))


def test_the_period_picker_draws_another_period(visit: Visiting) -> None:
    with visit("max") as visitor:
        page = look(visitor, "portfolio")
        page.locator("body[data-connected='true']").wait_for()
        before = page.locator(".fh-card").first.inner_text()
        page.get_by_label("3 years", exact=True).check()
        page.wait_for_function("before => document.querySelector('.fh-card').innerText !== before", arg=before)
        assert "period=3y" in page.url
        assert visitor.errors == []


def test_sliders_of_what_if_move_the_weights_and_store_nothing(visit: Visiting, hub: LiveHub) -> None:
    store = open_store(Settings(project=ROOT, home=hub.home))
    stored = {name: store.latest(name).number for name in store.tables()}
    with visit("max") as visitor:
        page = look(visitor, "what_if")
        page.locator("body[data-connected='true']").wait_for()
        drawn = page.locator(".fd-drawn").first
        before = drawn.locator(".fh-cards").first.inner_text()
        slider = page.locator("input[type=range][data-name='upper']")
        slider.evaluate("slider => { slider.value = 7; slider.dispatchEvent(new Event('input', {bubbles: true})) }")
        page.wait_for_function(
            "before => document.querySelector('.fd-drawn .fh-cards').innerText !== before", arg=before
        )
        page.wait_for_function("document.querySelector('.fd-drawn').getAttribute('aria-busy') === 'false'")
        assert float(page.locator("[data-live]").first.get_attribute("data-milliseconds")) < 5000
        rows = [row.split("\t") for row in drawn.locator("tbody tr").all_inner_texts()]
        weights = [float(row[-2].rstrip("%")) for row in rows if len(row) == 9]
        assert len(weights) >= 14
        assert max(weights) <= 7.0, "a weight is above the slider's bound"
        visitor.picture("what-if-moved")
        assert visitor.errors == []
    assert {name: store.latest(name).number for name in store.tables()} == stored


def test_the_theme_is_kept_and_the_keyboard_reaches_everything(visit: Visiting) -> None:
    with visit("max") as visitor:
        page = look(visitor, "operations")
        page.get_by_role("button", name="Dark").click()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        page.reload()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.innerText") == "Skip to the content"
        reached = set()
        for _ in range(12):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.innerText"))
        assert {"Today", "Portfolio", "Forecasts", "What if", "Operations", "Sign out"} <= reached


def test_a_run_id_leads_to_its_record(visit: Visiting, published: Published) -> None:
    run = published.find("forecasts", "sample").run
    with visit("max") as visitor:
        page = look(visitor, "forecasts")
        page.get_by_role("link", name=run.id).first.click()
        page.wait_for_url(f"**/operations?run={run.id}")
        assert run.notebook_hash[:8] in page.inner_text("body")
        visitor.picture("run-record")
