"""The quality report: what each rule touched, and who is quarantined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub.clean.events import BoolArray, Recorder, events_frame
from foliohub.clean.rules import RULES, Rule
from foliohub.errors import InputError
from foliohub.frames import FIELDS
from foliohub.types import DateLike, FloatArray


@dataclass(frozen=True)
class QualityReport:
    """What cleaning did, as of the last session it was given.

    Parameters
    ----------
    events : DataFrame
        One row per ticker, date and rule, columns :data:`~foliohub.clean.EVENT_COLUMNS`: `received` is the vendor's
        value of `field` (NaN for none), `action` one of :data:`~foliohub.clean.Action`, `remark` the reason in words.
    summary : DataFrame (n_tickers, 4 + n_rules)
        Index ticker; `status` ("clean", "touched", "quarantined", "not listed", "left"), `first` and `last` (dates of
        the first and last believed close), `sessions` (how many there are), and one column per rule: how often it
        spoke, missing where the vendor does not give the fields it needs.
    quarantined : mapping
        Ticker -> reason.
    not_given : mapping
        Ticker -> fields the vendor has not given so far.
    sessions : DatetimeIndex
        The sessions cleaned.
    """

    events: pd.DataFrame
    summary: pd.DataFrame
    quarantined: Mapping[str, str]
    not_given: Mapping[str, tuple[str, ...]]
    sessions: pd.DatetimeIndex

    def explain(self, ticker: str | None = None) -> list[str]:
        """Every touched row in words, one sentence per unbroken run of sessions with one story.

        Parameters
        ----------
        ticker : str, optional
            Only this one.

        Returns
        -------
        list of str
            In the order of ticker and date; first of each ticker what it was not given and why it is quarantined. What
            no ticker was given is said once, before all else.

        Raises
        ------
        InputError
            The report does not know the ticker.
        """
        if ticker is not None and ticker not in self.summary.index:
            raise InputError(
                f"The quality report has no ticker {ticker!r}.", remedy=f"It has {list(self.summary.index)}."
            )
        sentences = []
        told_once = ticker is None and self._all_lack_the_same()
        if told_once:
            sentences.append(_lacking("all tickers", next(iter(self.not_given.values()))))
        for name in self.summary.index if ticker is None else [ticker]:
            if self.not_given.get(name) and not told_once:
                sentences.append(_lacking(name, self.not_given[name]))
            if name in self.quarantined:
                sentences.append(f"{name}: quarantined: {self.quarantined[name]}.")
            sentences += self._stories(name)
        return sentences

    def _all_lack_the_same(self) -> bool:
        priced = self.summary.index[self.summary["sessions"] > 0]
        lacking = {self.not_given.get(ticker, ()) for ticker in priced}
        return len(priced) > 1 and len(lacking) == 1 and lacking != {()}

    def _stories(self, ticker: str) -> list[str]:
        told = ["rule", "field", "remark", "action"]
        own = self.events[self.events["ticker"] == ticker].sort_values([*told, "date"], kind="stable")
        if own.empty:
            return []
        position = self.sessions.searchsorted(pd.DatetimeIndex(own["date"]))
        same = own[told].eq(own[told].shift()).all(axis=1).to_numpy()
        story = (~(same & (np.diff(position, prepend=-2) == 1))).cumsum()
        runs = [run for _, run in own.groupby(story, sort=False)]
        return [_sentence(run) for run in sorted(runs, key=lambda run: (run["date"].iloc[0], run["rule"].iloc[0]))]


def _lacking(who: str, fields: tuple[str, ...]) -> str:
    return f"{who}: {', '.join(fields)} not given; the rules that need them were skipped."


def _sentence(run: pd.DataFrame) -> str:
    event = run.iloc[0]
    when = f"{event['date']:%Y-%m-%d}"
    received = "nothing" if np.isnan(event["received"]) else f"{event['received']:g}"
    if len(run) > 1:
        when += f" to {run['date'].iloc[-1]:%Y-%m-%d} ({len(run)} sessions)"
    what = str(event["rule"]).replace("_", " ")
    return f"{event['ticker']} {when}: {what}: {event['field']} {received} {event['action']}; {event['remark']}."


def make_report(
    recorder: Recorder,
    believed: pd.DataFrame,
    *,
    received: Mapping[str, FloatArray],
    expected: BoolArray,
    quarantined_from: npt.NDArray[np.int64],
    entry: Mapping[str, DateLike | None],
    refused: Mapping[str, str],
    patience: int,
) -> QualityReport:
    """Put the report together.

    Parameters
    ----------
    recorder : Recorder
        With all events; those of a ticker after its quarantine are left out, as there is nothing left to judge.
    believed : DataFrame of bool (n_dates, n_tickers)
        Where there is a believed close.
    received : mapping
        Field -> array (n_dates, n_tickers) as the vendor gave it.
    expected : ndarray of bool (n_dates, n_tickers)
        True from a ticker's entry to its exit.
    quarantined_from : ndarray of int (n_tickers,)
        Row of the quarantine; n_dates for none.
    entry : mapping
        Ticker -> date of its entry, where there is one.
    refused : mapping
        Ticker -> reason, for tickers without a column.
    patience : int
        Sessions after its entry on which a ticker without any price is still awaited.
    """
    dates, tickers = recorder.dates, list(recorder.tickers)
    end = {ticker: dates[row] for ticker, row in zip(tickers, quarantined_from, strict=True) if row < len(dates)}
    events = events_frame(event for event in recorder.events if event.date <= end.get(event.ticker, dates[-1]))
    reasons = events[events["rule"] == "quarantine"].set_index("ticker")["remark"]
    quarantined = {ticker: reasons[ticker] for ticker in tickers if ticker in end}
    waited = expected.sum(axis=0)
    for column, ticker in enumerate(tickers):
        if entry.get(ticker) is not None and waited[column] > patience and not believed[ticker].any():
            quarantined.setdefault(ticker, f"no price since its entry on {entry[ticker]}")
    quarantined |= {ticker: reason for ticker, reason in refused.items() if ticker not in tickers}
    given = {name: (~np.isnan(values)).sum(axis=0) for name, values in received.items()}
    not_given = {
        ticker: fields
        for column, ticker in enumerate(tickers)
        if (fields := tuple(name for name in FIELDS if given[name][column] == 0)) and believed[ticker].any()
    }
    gone = expected.any(axis=0) & ~expected[-1, :]
    left = dict(zip(tickers, np.asarray(gone).tolist(), strict=True))
    summary = _summarise(events, believed, quarantined=quarantined, not_given=not_given, left=left)
    return QualityReport(events, summary, quarantined, not_given, dates)


def _summarise(
    events: pd.DataFrame,
    believed: pd.DataFrame,
    *,
    quarantined: Mapping[str, str],
    not_given: Mapping[str, tuple[str, ...]],
    left: Mapping[str, bool],
) -> pd.DataFrame:
    refused = [ticker for ticker in quarantined if ticker not in believed.columns]
    tickers = pd.Index([*believed.columns, *refused], name="ticker")
    counts = events.groupby(["ticker", "rule"]).size().to_dict() if len(events) else {}
    touched = set(events["ticker"])
    dates = dict.fromkeys(refused, believed.index[:0])
    dates |= {ticker: believed.index[believed[ticker].to_numpy()] for ticker in believed.columns}

    def status(ticker: str) -> str:
        if ticker in quarantined:
            return "quarantined"
        if len(dates[ticker]) == 0:
            return "not listed"
        if left[ticker]:
            return "left"
        return "touched" if ticker in touched else "clean"

    def count(rule: Rule, ticker: str) -> Any:
        skipped = any(field in not_given.get(ticker, ()) for field in rule.needs)
        return pd.NA if skipped else counts.get((ticker, rule.name), 0)

    columns: dict[str, object] = {
        "status": [status(ticker) for ticker in tickers],
        "first": pd.DatetimeIndex([own[0] if len(own) else pd.NaT for own in map(dates.__getitem__, tickers)]),
        "last": pd.DatetimeIndex([own[-1] if len(own) else pd.NaT for own in map(dates.__getitem__, tickers)]),
        "sessions": np.array([len(dates[ticker]) for ticker in tickers], dtype=np.int64),
    }
    columns |= {rule.name: pd.array([count(rule, ticker) for ticker in tickers], dtype="Int64") for rule in RULES}
    return pd.DataFrame(columns, index=tickers)
