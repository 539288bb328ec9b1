"""The Forecasts dashboard shows what was published, and scores what was registered once it is known."""

from __future__ import annotations

import re
from datetime import timedelta

import pandas as pd
import pytest

from foliohub.dashboards import forecasts, kit
from foliohub.dashboards.forecasts_record import standings
from foliohub.reporting.formats import percent
from foliohub.runs.registered import RECORD_COLUMNS, score

PARTS = ("head", "ticker", "trust", "registered")


def drawn(installation, *parts: str, **query: str) -> str:
    board = forecasts.Board(installation.sources, kit.Request(query))
    return "".join(kit.part("", getattr(board, name)).html for name in parts or PARTS)


def test_an_installation_that_has_not_run_says_what_to_do(installation, failures):
    html = drawn(installation)
    assert not failures(html)
    assert "foliohub run daily-forecast" in html


def test_every_part_is_drawn_with_its_run_and_date(cycled, failures):
    html = drawn(cycled)
    assert not failures(html)
    figures = re.findall(r"<figure.*?</figure>", html, flags=re.DOTALL)
    assert len(figures) >= 3
    for figure in figures:
        assert "operations?run=daily-forecast.2022-12-2" in figure


@pytest.mark.parametrize("ticker", ["KO", "XOM"])
def test_the_table_of_a_ticker_holds_what_was_published(cycled, ticker):
    html = drawn(cycled, "ticker", ticker=ticker, model="mean")
    frame = cycled.reader.latest("forecasts").frame
    rows = frame[(frame["ticker"] == ticker) & (frame["model"] == "mean")]
    assert len(rows) == 2
    for value in [*rows["mean"], *rows["lo_80"], *rows["hi_95"]]:
        assert percent(value, signed=True) in html


def test_the_forecast_of_an_earlier_date_shows_what_came(cycled):
    before = f"{cycled.prices.index[-2]:%Y-%m-%d}"
    html = drawn(cycled, "ticker", ticker="KO", cutoff=before)
    came = cycled.prices["KO"].iloc[-1] / cycled.prices["KO"].iloc[-2] - 1
    assert percent(came, signed=True) in html
    assert "not known yet" in html
    assert "What came" not in drawn(cycled, "ticker", ticker="KO")


def scored(installation) -> None:
    """The job that scores the record: the night before last was registered, and replayed by another run."""
    made = installation.reader.at("forecasts", f"{installation.prices.index[-2]:%Y-%m-%d}")
    known = pd.DataFrame() if made is None else made.frame[made.frame["horizon"] == 1]
    if made is None:
        nothing = pd.DataFrame(columns=[*RECORD_COLUMNS, "outcome"])
        installation.run("daily-score", {"registered_scores": score(nothing)})
        return
    moves = installation.prices.iloc[-1] / installation.prices.iloc[-2] - 1
    known = known.assign(outcome=known["ticker"].map(moves).to_numpy(), run="", published_at=pd.NaT)
    both = pd.concat([known.assign(standing=name) for name in ("registered", "replayed")], ignore_index=True)
    installation.run("daily-score", {"registered_scores": score(both)})


def test_what_cannot_be_scored_yet_says_when_it_will(installation, failures):
    installation.ingest()
    installation.forecast()
    scored(installation)
    html = drawn(installation, "registered")
    assert not failures(html)
    assert "None of them can be scored yet" in html
    assert "2022-12-29" in html


def test_a_record_nobody_has_scored_names_the_job(cycled, failures):
    html = drawn(cycled, "registered")
    assert not failures(html)
    assert "foliohub run daily-score" in html


def test_what_was_registered_is_scored_apart_from_what_was_replayed(cycled, failures):
    scored(cycled)
    html = drawn(cycled, "registered")
    assert not failures(html)
    assert "Registered: published before the first outcome" in html
    assert "Replayed: published after it" in html
    assert "None of them" not in html


def test_a_run_after_the_first_outcome_is_a_replay(cycled):
    assert set(standings(cycled.reader)) == {"registered"}
    record = cycled.records.list("daily-forecast")[-1]
    cycled.records.save(record.model_copy(update={"ended_at": record.started_at + timedelta(days=9)}))
    assert standings(cycled.reader).tolist() == ["registered", "replayed"]


def test_the_verdict_does_not_call_chance_skill(cycled):
    html = drawn(cycled, "head")
    board = cycled.reader.latest("forecast_scores").frame
    rows = board[(board["horizon"] == 5) & (board["model"] != "zero")]
    best = rows.loc[rows["skill"].idxmax()]
    assert percent(best["skill"], signed=True) in html
    better = best["skill"] > 0 and best["dm_p_value"] < 0.05
    assert ("cannot be told from no change" in html) is not better


def test_an_address_with_nonsense_in_it_is_answered_with_the_first_choice(cycled, failures):
    html = drawn(cycled, ticker="<b>", model="?", cutoff="1066-10-14", horizon="-1", highlight="x")
    assert not failures(html)
    assert "1066" not in html


def test_each_models_card_says_whether_it_beats_no_change(cycled):
    html = drawn(cycled, "trust")
    assert "What each model" in html
    assert "This is the forecast of no change." in html
    assert "Verdict" in html
