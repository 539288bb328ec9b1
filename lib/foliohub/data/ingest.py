"""Fetching what is missing of a universe and storing it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from foliohub import calendars
from foliohub.data.fetching import Asked, Progress, ask
from foliohub.data.ingest_report import IngestReport, TickerReport, report_tickers
from foliohub.data.request import last_settled_session
from foliohub.data.restatements import duplicates, merge, to_long
from foliohub.errors import InputError, NotStoredError, UnknownTickerError, VendorError
from foliohub.types import DateLike, PricePanel, PriceSource

if TYPE_CHECKING:
    from foliohub.data.store import Store
    from foliohub.data.universe import Universe
    from foliohub.data.versions import Version


def ingest(
    store: Store,
    source: PriceSource,
    universe: Universe,
    *,
    as_of: DateLike,
    overlap: int = 5,
    now: datetime | None = None,
    progress: Progress = lambda *_: None,
) -> IngestReport:
    """Ask a source for what is missing of a universe up to a session, and store it.

    Each member, and the benchmark, is asked for on its own, from a few sessions before its last stored date. Where the
    vendor contradicts what is stored there, the ticker's whole history is fetched again and the difference recorded.
    Doing it twice changes nothing.

    Parameters
    ----------
    store : Store
        Gets ``raw/<universe>`` (the panel), ``fetched/<universe>/<as of>`` (the answers as they came, from which
        :func:`~foliohub.data.restatements.merge` gives the panel again), and, where there is something to tell,
        ``restatements/<universe>`` and ``duplicates/<universe>``; the panel's metadata names their versions.
    source : PriceSource
    universe : Universe
    as_of : date
        Last session wanted. Where a later one is stored already, nothing is done.
    overlap : int
        Stored sessions of each ticker to ask for again.
    now : datetime, optional
        The present moment, aware of its time zone.
    progress : callable
        Told before each ticker: its name, how many are done, how many there are.

    Returns
    -------
    IngestReport

    Raises
    ------
    InputError
        `as_of` is no session, has not closed, lies after all that the source has or before all that is stored.
    VendorError
        Nothing is stored, and nothing came for any ticker.

    Notes
    -----
    A ticker that fails keeps what is stored of it and is asked for again next time. A member is not asked for before
    its entry nor beyond its exit; rows from before its entry are stored where the vendor gives them.
    """
    if overlap < 1:
        raise InputError(f"overlap is {overlap}.", remedy="Ask for one stored session again at the least.")
    day = _check_day(as_of, source, universe, now or datetime.now(UTC))
    name = f"raw/{universe.name}"
    with store.lock(name):
        before, panel = _stored(store, name)
        if before is not None and before.as_of is not None and panel is not None and day < before.as_of:
            _check_covered(day, name, panel)
            tickers = report_tickers(universe, day, before=panel, after=panel)
            return IngestReport(universe.name, source.name, day, tickers, before, before)
        asked = ask(source, universe, day, panel=panel, overlap=overlap, progress=progress)
        if asked.answers:
            return _join(store, source, universe, day, before=before, panel=panel, asked=asked)
        if panel is None:
            raise _nothing_came(source, universe, day, asked)
        tickers = report_tickers(universe, day, before=panel, after=panel, failed=asked.failed)
        return IngestReport(universe.name, source.name, day, tickers, before, before, asked.failed)


def _join(
    store: Store,
    source: PriceSource,
    universe: Universe,
    day: pd.Timestamp,
    *,
    before: Version | None,
    panel: PricePanel | None,
    asked: Asked,
) -> IngestReport:
    """Store the answers, what they restate, and last the panel that they give."""
    fetched = to_long(asked.answers)
    merged, restated = merge(panel, fetched)
    twice = duplicates(fetched)
    metadata: dict[str, Any] = {"source": source.name}
    metadata["failed"] = {ticker: str(error) for ticker, error in asked.failed.items()}
    answers = store.write_table(f"fetched/{universe.name}/{day:%Y-%m-%d}", fetched, metadata=metadata)
    metadata["fetched"] = _reference(answers)
    for kind, events in (("restatements", restated), ("duplicates", twice)):
        kept = _collect(store, f"{kind}/{universe.name}", events.assign(as_of=day))
        if kept is not None:
            metadata[kind] = _reference(kept)
    name = f"raw/{universe.name}"
    if panel is not None and restated.empty and _only_later(panel, merged, asked):
        later = {field: frame.iloc[len(panel[field]) :] for field, frame in merged.items()}
        after = store.extend_panel(name, later, as_of=day, metadata=metadata)
    else:
        after = store.write_panel(name, merged, as_of=day, metadata=metadata)
    tickers = report_tickers(
        universe, day, before=panel, after=merged, failed=asked.failed, restated=frozenset(restated["ticker"])
    )
    return IngestReport(
        universe.name, source.name, day, tickers, before, after, asked.failed, restated=restated, duplicates=twice
    )


def _only_later(panel: PricePanel, merged: PricePanel, asked: Asked) -> bool:
    """Whether the answers add rows at the end and nothing else: no ticker, and no row of one that lagged behind."""
    stored = panel["close"]
    if not merged["close"].columns.equals(stored.columns) or len(merged["close"]) == len(stored):
        return False
    end = stored.index[-1]
    return not any(
        ((bars.index > asked.last[ticker]) & (bars.index <= end)).any() for ticker, bars in asked.answers.items()
    )


def _collect(store: Store, name: str, events: pd.DataFrame) -> Version | None:
    """Add events to those collected so far; None where there are none at all."""
    try:
        collected = store.read_table(name)
    except NotStoredError:
        if events.empty:
            return None
        collected = events.iloc[:0]
    if events.empty:
        return store.latest(name)
    everything = events if collected.empty else pd.concat([collected, events], ignore_index=True)
    # An ingest killed after this and started again finds the same events.
    return store.write_table(name, everything.drop_duplicates(ignore_index=True))


def _stored(store: Store, name: str) -> tuple[Version | None, PricePanel | None]:
    try:
        version = store.latest(name)
    except NotStoredError:
        return None, None
    return version, store.read_panel(name, version=version.number)


def _check_day(as_of: DateLike, source: PriceSource, universe: Universe, now: datetime) -> pd.Timestamp:
    day = calendars.require_session(as_of, universe.calendar)
    settled = last_settled_session(now, universe.calendar)
    if day > settled:
        raise InputError(
            f"The prices of {day:%Y-%m-%d} are not settled yet: the last session that is, is {settled:%Y-%m-%d}.",
            remedy="Take that one, or wait for the close.",
        )
    last = source.last_session()
    if last is not None and day > pd.Timestamp(last):
        raise InputError(
            f"{day:%Y-%m-%d} lies after all that the source {source.name} has: it ends on {last:%Y-%m-%d}.",
            remedy=f"Take {last:%Y-%m-%d} or an earlier session.",
        )
    return day


def _check_covered(day: pd.Timestamp, name: str, panel: PricePanel) -> None:
    first = panel["close"].index[0]
    if day < first:
        raise InputError(
            f"{day:%Y-%m-%d} lies before all that is stored as {name}: it starts on {first:%Y-%m-%d}.",
            remedy="Take a later session.",
        )


def _nothing_came(source: PriceSource, universe: Universe, day: pd.Timestamp, asked: Asked) -> Exception:
    errors = list(asked.failed.values())
    message = f"{source.name} has nothing for any ticker of {universe.name} up to {day:%Y-%m-%d}."
    if not errors or all(isinstance(error, UnknownTickerError) for error in errors):
        first = f" The first one says: {errors[0].message}" if errors else " None was listed by then."
        return InputError(message + first, remedy="Take a later session, or check the universe's tickers.")
    # The first that is not about one ticker, with its own class: whether another try could help depends on it.
    telling = next(error for error in errors if not isinstance(error, UnknownTickerError))
    kind: type[VendorError] = type(telling)
    return kind(f"{message} The first one says: {telling.message}", remedy=telling.remedy)


def _reference(version: Version) -> dict[str, Any]:
    return {"name": version.name, "number": version.number, "content": version.content}


__all__ = ["IngestReport", "Progress", "TickerReport", "ingest"]
