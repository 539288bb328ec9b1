"""The whole cycle on real prices, from one end to the other: what is promised of it holds for the real notebooks."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foliohub import cli
from foliohub.config import Settings
from foliohub.data.ingest import ingest
from foliohub.runs.cycle import run_cycle
from foliohub.runs.opening import open_ledger, open_source, open_store, open_universe
from foliohub.runs.records import RunRecords, Status
from foliohub.runs.reproduce import reproduce_run
from foliohub.runs.spec import load_jobs
from tests.small_cycle import small_project

PAST = pd.Timestamp("2019-06-28")
LAST = pd.Timestamp("2022-12-28")
CHANGES = {
    "daily-forecast": {"models": ["zero", "mean", "gradient_boosting", "quantile_boosting", "lstm"]},
    "weekly-train-lstm": {"workers": 0},
}

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cycle")]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """The repository's notebooks and jobs, with smaller parameters."""
    return small_project(tmp_path_factory.mktemp("project"), CHANGES)


def settings_for(project: Path, home: Path) -> Settings:
    return Settings(project=project, home=home)


def stored(settings: Settings, until: pd.Timestamp) -> Settings:
    universe = open_universe(settings, "sample")
    ingest(open_store(settings), open_source(settings, "sample"), universe, as_of=until)
    return settings


def cycle(settings: Settings, as_of: pd.Timestamp) -> dict[str, object]:
    jobs = load_jobs(settings.jobs, settings.notebooks)
    entries = run_cycle(settings, jobs, as_of, cycles=("nightly", "weekly"))
    assert all(entry.record for entry in entries), entries
    return {entry.job: entry.record for entry in entries}


@pytest.fixture(scope="module")
def full(project, tmp_path_factory) -> Settings:
    """A store with all of history, and a cycle for a past date."""
    settings = stored(settings_for(project, tmp_path_factory.mktemp("full")), LAST)
    cycle(settings, PAST)
    return settings


@pytest.fixture(scope="module")
def truncated(project, tmp_path_factory) -> Settings:
    """A store that ends at that date, and the same cycle."""
    settings = stored(settings_for(project, tmp_path_factory.mktemp("truncated")), PAST)
    cycle(settings, PAST)
    return settings


def published(settings: Settings) -> dict[str, pd.DataFrame]:
    store = open_store(settings)
    records = RunRecords(store).list(as_of=f"{PAST:%Y-%m-%d}")
    names = [version for record in records for version in record.written]
    return {
        v.name: store.read_table(v.name, version=v.number) for v in names if not v.name.startswith(("raw", "fetch"))
    }


def test_a_past_date_sees_nothing_of_the_future(full, truncated):
    one, other = published(full), published(truncated)
    # What was asked of the vendor differs, as one store had everything already; what was made of it may not.
    for tables in (one, other):
        tables.pop("ingest/sample/2019-06-28")
    assert set(one) == set(other)
    assert {name.partition("/")[0] for name in one} == {
        "adjusted", "agent_choices",
        "agent_seeds", "agents_tried", "allocator_scorecard", "champion", "covariance", "expected_returns",
        "forecasts", "forecast_history", "forecast_history_lstm", "forecast_scores", "holdings", "model_cards",
        "monthly_gains", "net_returns", "orders", "performance", "quality", "quality_summary",
        "quantile_boosting_trials", "registered_history",
        "registered_scores", "score_history", "scorecard", "trading", "trained_agent", "trained_lstm",
        "trained_quantile_boosting",
        "trained_walk_forward_agents", "value_at_risk",
        "weights", "weights_history",
    }  # fmt: skip
    for name, frame in one.items():
        pd.testing.assert_frame_equal(frame, other[name], check_exact=True, obj=name)


def test_what_is_published_keeps_its_promises(full):
    tables = {name.partition("/")[0]: frame for name, frame in published(full).items()}
    forecasts = tables["forecasts"]
    assert (forecasts["cutoff"] == PAST).all()
    assert set(forecasts["horizon"]) == {1, 5, 10, 21}
    weights = tables["weights"]
    assert weights["target"].sum() == pytest.approx(1)
    assert weights["target"].between(0, 0.15 + 1e-9).all()
    orders = tables["orders"]
    assert (orders["shares"] % 1 == 0).all()
    spent = (orders["value"] + orders["estimated_cost"]).sum()
    assert 0.99e6 < spent <= 1e6
    np.testing.assert_allclose(orders["shares"] * orders["price"], orders["value"])
    assert {"index", "equal_weight", "min_variance", "max_sharpe"} == set(tables["performance"]["portfolio"])


@pytest.mark.parametrize(
    "job",
    [
        "daily-ingest",
        "daily-forecast",
        "daily-rebalance",
        "daily-score",
        "weekly-champion",
        "weekly-report",
        "weekly-retrain-agents",
        "weekly-train-agent",
        "weekly-train-lstm",
        "weekly-tune-boosting",
    ],
)
def test_every_run_comes_out_again_from_its_id(truncated, job):
    jobs = load_jobs(truncated.jobs, truncated.notebooks)
    ledger = open_ledger(truncated, "sample")
    before = ledger.version
    result = reproduce_run(truncated, f"{job}.2019-06-28.1", jobs)
    assert result.equal, result.tables
    assert ledger.version == before, "reproducing proposes nothing"
    assert sum(table.numbers for table in result.tables) >= (0 if job == "daily-score" else 10)


def test_the_rebalance_ends_in_one_proposal(truncated):
    ledger = open_ledger(truncated, "sample")
    (proposal,) = ledger.proposals()
    record = RunRecords(open_store(truncated)).get("daily-rebalance.2019-06-28.1")
    assert (proposal.run_id, proposal.author) == (record.id, "job:daily-rebalance")
    assert [(v.name, v.number, v.content) for v in proposal.data] == [
        (v.name, v.number, v.content) for v in record.read
    ]
    orders = {v.name.partition("/")[0]: v for v in record.written}["orders"]
    stored = open_store(truncated).read_table(orders.name, version=orders.number)
    assert proposal.orders_frame()["shares"].tolist() == stored["shares"].tolist()
    assert {verdict.outcome for verdict in proposal.verdicts} == {"pass", "warn"}
    ledger.verify()


def test_each_run_left_a_report_one_can_open_anywhere(full):
    for record in RunRecords(open_store(full)).list():
        assert record.status is Status.SUCCEEDED
        html = (full.home / record.outputs["report"]).read_text()
        assert record.id in html
        page = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)  # plotly.js names addresses it never asks
        assert not re.search(r"""(?:src|href)=["']?https?:""", page)
        assert "Traceback" not in html
        assert "import foliohub" not in html


def test_the_summary_shows_every_stage(full, monkeypatch, capsys):
    monkeypatch.setenv("FOLIOHUB_HOME", str(full.home))
    monkeypatch.setenv("FOLIOHUB_PROJECT", str(full.project))
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(sys, "argv", ["foliohub", "summary", "--as-of", "2019-06-28"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert not stop.value.code
    said = capsys.readouterr().out
    for words in ("Prices and their quality", "Gradient boosting", "skill", "Target weights", "Orders", "report.html"):
        assert words in said
    assert "Maximum Sharpe, expected returns by Historical mean" in said
    assert "Read with care" in said
    assert "1990-01-02  2019-06-28" in said
    assert "2022-12-28" not in said
