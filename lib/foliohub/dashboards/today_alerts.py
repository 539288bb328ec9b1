"""What a manager should know before anything else, each thing with where it leads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from foliohub.dashboards import today_data as data
from foliohub.dashboards import today_proposal
from foliohub.dashboards.kit.grid import ago
from foliohub.dashboards.today_data import Alert
from foliohub.errors import FoliohubError
from foliohub.reporting.formats import counted, percent

if TYPE_CHECKING:
    from foliohub.dashboards.operations_health import Freshness
    from foliohub.dashboards.reading import Reader
    from foliohub.ledger import Ledger
    from foliohub.runs.records import RunRecord

_RANK = {"bad": 0, "busy": 1, "": 2, "good": 3}
_NAMED = 6
"""Tickers that a sentence names."""


def ranked(alerts: Iterable[Alert]) -> list[Alert]:
    """The gravest first."""
    return sorted(alerts, key=lambda alert: _RANK[alert.tone])


def of_runs(runs: Iterable[RunRecord], universe: str) -> list[Alert]:
    """Jobs whose last run did not succeed.

    Parameters
    ----------
    runs : iterable of RunRecord
        By start.
    universe : str
        Runs of others are left out.
    """
    latest = {run.job: run for run in runs if run.parameters.get("universe", universe) == universe}
    return [
        Alert(
            run.status.value,
            "bad",
            f"{run.job} for {run.as_of}: {run.error.message if run.error else 'it was stopped before its end.'}",
            "Record",
            f"operations?run={run.id}",
        )
        for run in latest.values()
        if run.status in ("failed", "interrupted", "unsigned")
    ]


def of_prices(fresh: Freshness | None, title: str) -> list[Alert]:
    """Prices that are missing, or old."""
    if fresh is None:
        return [Alert("no data", "bad", f"No prices of {title} are stored.")]
    if fresh.closed:
        sentence = f"The sample's prices end on {fresh.session:%Y-%m-%d}; nothing later is to be had."
        return [Alert("sample", "", sentence)]
    if fresh.behind:
        sentence = f"Prices reach to {fresh.session:%Y-%m-%d}; {counted(fresh.behind, 'session')} closed since."
        return [Alert("old prices", "busy", sentence, "Operations", "operations")]
    return []


def of_tables(reader: Reader) -> list[Alert]:
    """Forecasts older than the prices, tickers in quarantine, rows of the last session that cleaning touched."""
    found, prices = [], reader.find("adjusted")
    forecasts, summary, quality = (reader.find(kind) for kind in ("forecasts", "quality_summary", "quality"))
    if prices is not None and forecasts is not None and forecasts.as_of < prices.as_of:
        sentence = f"The latest forecasts are of {forecasts.run.as_of}, the prices of {prices.run.as_of}."
        found.append(Alert("old forecasts", "busy", sentence))
    if summary is not None and (barred := data.quarantined(summary.frame)):
        sentence = f"In quarantine, and neither forecast nor traded: {', '.join(barred)}."
        found.append(Alert("quarantine", "bad", sentence, "Why", "#data-quality"))
    if quality is not None:
        events = data.recent_events(quality.frame, pd.DatetimeIndex([quality.as_of]))
        if len(events):
            names = ", ".join(sorted(events["ticker"].unique()))
            sentence = f"{counted(len(events), 'row')} of the last session touched by cleaning: {names}."
            found.append(Alert("quality", "busy", sentence, "What", "#data-quality"))
    return found


def of_proposals(ledger: Ledger, now: datetime) -> list[Alert]:
    """An open proposal, and whether it can be approved."""
    try:
        proposals = ledger.proposals(now)
    except FoliohubError as error:
        return [Alert("ledger", "bad", error.message)]
    if not proposals or proposals[0].status != "proposed":
        return []
    proposal = proposals[0]
    said, address = today_proposal.limits_line(proposal), today_proposal.decision_page(proposal)
    if proposal.blocking:
        return [Alert("blocked", "bad", f"Proposal {proposal.id} cannot be approved: {said}.", "Open", address)]
    sentence = f"Proposal {proposal.id} expires {ago(proposal.expires_at, now)}; {said}."
    return [Alert("decide", "busy", sentence, "Decide", address)]


def of_moves(moves: pd.DataFrame) -> list[Alert]:
    """Tickers that moved further than was expected."""
    out = data.beyond(moves)
    if not out:
        return []
    told = ", ".join(f"{name} {percent(float(moves['change'][name]), signed=True)}" for name in out[:_NAMED])
    more = f" and {len(out) - _NAMED} more" if len(out) > _NAMED else ""
    sentence = f"Beyond the 95% interval of the session before: {told}{more}."
    return [Alert("surprise", "", sentence, "Moves", "#what-changed")]
