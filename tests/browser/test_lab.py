"""A researcher in JupyterLab: our cards on the launcher, the welcome notebook from its first cell to its last."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from foliohub.config import Settings
from foliohub.runs.opening import open_store
from foliohub.runs.records import RunRecords
from tests.hub.live import ROOT, LiveHub

Visiting = Callable[..., AbstractContextManager[Any]]


def in_lab(visitor: Any) -> Any:
    """Go to a lab as it is at first, whatever was open before."""
    page = visitor.page
    page.wait_for_url("**/user/rita/lab**")
    page.goto(f"{visitor.url}/user/rita/lab?reset")
    page.locator(".jp-LauncherCard").first.wait_for()
    return page


def test_the_launcher_offers_our_kernel_and_templates(visit: Visiting) -> None:
    with visit("rita") as visitor:
        page = in_lab(visitor)
        cards = page.locator(".jp-LauncherCard").all_inner_texts()
        shown = [" ".join(card.split()) for card in cards]
        for expected in (
            "Foliohub",
            "Welcome to Foliohub",
            "Prices and their quality",
            "Dashboards",
            "API",
            "Terminal",
        ):
            assert expected in shown
        assert not [card for card in shown if "Python 3" in card]
        visitor.picture("lab-launcher")
        assert visitor.errors == []


def test_the_welcome_notebook_runs_and_shows_what_is_stored(visit: Visiting, hub: LiveHub) -> None:
    with visit("rita", height=7000) as visitor:
        page = in_lab(visitor)
        page.locator(".jp-LauncherCard", has_text="Welcome to Foliohub").click()
        indicator = page.locator(".jp-NotebookPanel .jp-Notebook-ExecutionIndicator")
        page.locator(".jp-NotebookPanel .jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()
        page.locator(".jp-NotebookPanel .jp-KernelName", has_text="Foliohub").wait_for()
        page.locator(".lm-MenuBar-item", has_text="Run").click()
        page.locator(".lm-Menu-itemLabel").get_by_text("Run All Cells", exact=True).click()
        page.locator("[data-status='busy']").first.wait_for()
        page.get_by_text("Versions read").wait_for(timeout=120_000)  # the last table
        page.locator(".jp-NotebookPanel .jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()
        page.wait_for_timeout(1500)  # figures are drawn after their cells have ended
        visitor.picture("lab-welcome", whole=False)
        assert indicator.count() == 1
        assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        assert page.locator(".js-plotly-plot").count() >= 4
        figures = page.locator(".fh-card").all_inner_texts()
        settings = Settings(project=ROOT, home=hub.home)
        store = open_store(settings)
        succeeded = [run for run in RunRecords(store).list() if run.status == "succeeded"]
        assert f"Stored tables\n{len(store.tables())}\neach with all its versions" in [text.strip() for text in figures]
        assert [text for text in figures if f"Recorded runs\n{len(succeeded)}\n" in text]
        ids = page.locator(".jp-OutputArea th").all_inner_texts()
        assert {run.id for run in succeeded[-6:]} <= set(ids)
        assert visitor.errors == []
