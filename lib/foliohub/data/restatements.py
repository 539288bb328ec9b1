"""Joining what a vendor answers to what is stored, and writing down where the vendor has changed the past.

Everything here is pure: the same panel and the same answers give the same panel, in whatever order the tickers come.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub.frames import FIELDS
from foliohub.types import FloatArray, PricePanel

FETCHED_COLUMNS = ("date", "ticker", *FIELDS)
"""Answers of a vendor, one row per bar, in the order they came."""

RESTATEMENT_COLUMNS = (
    "ticker",
    "field",
    "kind",
    "factor",
    "first_date",
    "last_date",
    "values_changed",
    "largest_relative_change",
)
"""`kind`: "rescaled" where the history up to a date was multiplied by `factor`; "filled" where there was nothing;
"removed" where there is nothing any more; else "changed". `factor` is NaN but for "rescaled"."""

DUPLICATE_COLUMNS = ("ticker", "date", "rule", "field", "received", "action", "remark")
"""The columns of the quality report's events."""

SAME_VALUE = 1e-6
"""Relative difference up to which a value counts as unchanged: vendors compute in single precision and round. The value
stored first stays. The smallest dividend worth a restatement moves an adjusted close by 1e-4."""

_SAME_FACTOR = 1e-4
"""Relative spread of the ratios within which a history counts as rescaled by one factor: prices are rounded."""

BoolArray = npt.NDArray[np.bool_]


class Restatement(NamedTuple):
    """One row of :data:`RESTATEMENT_COLUMNS`."""

    ticker: str
    field: str
    kind: str
    factor: float
    first_date: pd.Timestamp
    last_date: pd.Timestamp
    values_changed: int
    largest_relative_change: float


def merge(previous: PricePanel | None, fetched: pd.DataFrame) -> tuple[PricePanel, pd.DataFrame]:
    """Join a vendor's answers to the stored panel.

    An answer speaks for its ticker from its first date to its last: there its values stand, and dates it does not have
    are missing. Before and after, and for tickers it is silent about, what was stored stays.

    Parameters
    ----------
    previous : mapping of field to DataFrame (n_dates, n_tickers), or None
        The stored panel, all of :data:`foliohub.frames.FIELDS`.
    fetched : DataFrame
        Long, with :data:`FETCHED_COLUMNS`. Of a date that comes twice the last row counts (:func:`duplicates`).

    Returns
    -------
    panel : dict of field to DataFrame
        Dates and tickers sorted.
    restatements : DataFrame
        :data:`RESTATEMENT_COLUMNS`, one row per ticker and field whose stored history the answers contradict.

    Examples
    --------
    >>> def bars(prices):
    ...     frame = pd.DataFrame({field: np.nan for field in FETCHED_COLUMNS}, index=range(len(prices)))
    ...     return frame.assign(date=pd.date_range("2020-01-06", periods=len(prices)), ticker="A", close=prices)
    >>> panel, restated = merge(None, bars([10.0, 11.0]))
    >>> panel, restated = merge(panel, bars([5.0, 5.5, 6.0]))
    >>> panel["close"]["A"].tolist()
    [5.0, 5.5, 6.0]
    >>> restated[["ticker", "field", "kind", "factor", "values_changed"]].values.tolist()
    [['A', 'close', 'rescaled', 0.5, 2]]
    """
    last_rows = fetched.drop_duplicates(["ticker", "date"], keep="last")
    if previous is not None and last_rows.empty:
        return dict(previous), _frame([])
    spans = last_rows.groupby("ticker")["date"].agg(["min", "max"])
    if previous is None:
        nothing = pd.DataFrame(index=pd.DatetimeIndex([], name="date"), dtype=np.float64)
        previous = dict.fromkeys(FIELDS, nothing)
    stored = previous["close"]
    dates = pd.DatetimeIndex(np.union1d(stored.index.to_numpy(), last_rows["date"].to_numpy()), name="date")
    tickers = pd.Index(sorted({*stored.columns, *spans.index}), dtype=object, name="ticker")
    row, column = dates.get_indexer(pd.Index(last_rows["date"])), tickers.get_indexer(pd.Index(last_rows["ticker"]))
    # Rows before the first answer stay as they are.
    untouched = int(row.min())
    window = dates[untouched:]
    before = {field: previous[field].reindex(index=dates, columns=tickers).to_numpy() for field in FIELDS}
    history = known_cells(before)
    stamps = window.to_numpy()[:, np.newaxis]
    speaks = (stamps >= _per_ticker(spans["min"], tickers)) & (stamps <= _per_ticker(spans["max"], tickers))
    # A ticker's past: up to its last stored date. What comes later is new, not restated.
    past = (np.cumsum(history[::-1], axis=0)[::-1] > 0)[untouched:]
    restated: list[Restatement] = []
    merged = {}
    for field in FIELDS:
        old = before[field][untouched:]
        new = np.full(old.shape, np.nan)
        new[row - untouched, column] = last_rows[field].to_numpy(np.float64)
        differs = speaks & ~_same(old, new)
        restated += _describe(field, tickers, window, old=old, new=new, changed=differs & past, speaks=speaks)
        values = np.concatenate([before[field][:untouched], np.where(differs, new, old)])
        merged[field] = pd.DataFrame(values, index=dates, columns=tickers)
    return merged, _frame(restated)


def overlap_disagrees(dates: pd.DatetimeIndex, values: FloatArray, bars: pd.DataFrame) -> bool:
    """Whether an answer contradicts what is stored of its ticker, or lacks one of the dates.

    Parameters
    ----------
    dates : DatetimeIndex (n_dates,)
        The last dates stored of the ticker.
    values : ndarray (n_dates, 8)
        What is stored there, by :data:`foliohub.frames.FIELDS`.
    bars : DataFrame (n_sessions, 8)
        The vendor's answer.
    """
    if not (bars.index.is_monotonic_increasing and bars.index.is_unique):
        bars = bars[~bars.index.duplicated(keep="last")].sort_index()
    past = int(bars.index.searchsorted(dates[-1], side="right"))
    spoken_of = slice(int(dates.searchsorted(bars.index[0])), int(dates.searchsorted(bars.index[-1], side="right")))
    if not bars.index[:past].equals(dates[spoken_of]):
        return True
    return not bool(_same(values[spoken_of], bars.to_numpy()[:past]).all())


def duplicates(fetched: pd.DataFrame) -> pd.DataFrame:
    """What of an answer a panel of one row per date cannot hold.

    Parameters
    ----------
    fetched : DataFrame
        Long, with :data:`FETCHED_COLUMNS`, in the order the rows came.

    Returns
    -------
    DataFrame
        :data:`DUPLICATE_COLUMNS`. Rule "duplicate_date": a row left out because a later one of the answer has the same
        date. Rule "unordered_dates": the first date that comes after a later one; the rows were sorted.
    """
    events: list[tuple[object, ...]] = []
    dropped = fetched[fetched.duplicated(["ticker", "date"], keep="last")]
    remark = "the vendor gave the date more than once; the last row stands"
    for ticker, day, close in zip(dropped["ticker"], dropped["date"], dropped["close"], strict=True):
        events.append((ticker, day, "duplicate_date", "close", close, "left out", remark))
    for ticker, days in fetched.groupby("ticker", sort=True)["date"]:
        backward = days[days.diff() < pd.Timedelta(0)]
        if len(backward):
            remark = "the vendor's rows were not in order of date; they were sorted"
            events.append((ticker, backward.iloc[0], "unordered_dates", "date", np.nan, "repaired", remark))
    frame = pd.DataFrame(events, columns=list(DUPLICATE_COLUMNS))
    frame = frame.astype({"date": "datetime64[ns]", "received": np.float64})
    return frame.sort_values(["date", "ticker", "rule"], kind="stable", ignore_index=True)


def to_long(answers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Bars by ticker as one long frame with :data:`FETCHED_COLUMNS`."""
    lengths = [len(bars) for bars in answers.values()]
    days = [bars.index.to_numpy(dtype="datetime64[ns]") for bars in answers.values()]
    values = [bars[list(FIELDS)].to_numpy(dtype=np.float64) for bars in answers.values()]
    frame = pd.DataFrame(np.concatenate(values) if values else np.empty((0, len(FIELDS))), columns=list(FIELDS))
    frame.insert(0, "date", np.concatenate(days) if days else np.empty(0, dtype="datetime64[ns]"))
    frame.insert(1, "ticker", np.repeat(np.array(list(answers), dtype=object), lengths))
    return frame


def known_cells(panel: Mapping[str, pd.DataFrame] | Mapping[str, FloatArray]) -> BoolArray:
    """Where a panel has any value at all, (n_dates, n_tickers)."""
    arrays = [np.asarray(frame) for frame in panel.values()]
    known: BoolArray = ~np.isnan(arrays[0])
    for values in arrays[1:]:
        known |= ~np.isnan(values)
    return known


def _per_ticker(days: pd.Series, tickers: pd.Index) -> npt.NDArray[np.datetime64]:
    # A ticker without an answer has NaT here: every comparison with it is False.
    return days.reindex(tickers).to_numpy(dtype="datetime64[ns]")


def _same(old: FloatArray, new: FloatArray) -> BoolArray:
    with np.errstate(invalid="ignore"):
        same: BoolArray = (old == new) | (np.abs(new - old) <= SAME_VALUE * np.abs(old))
    return same | (np.isnan(old) & np.isnan(new))


def _describe(
    field: str,
    tickers: pd.Index,
    window: pd.DatetimeIndex,
    *,
    old: FloatArray,
    new: FloatArray,
    changed: BoolArray,
    speaks: BoolArray,
) -> list[Restatement]:
    found = []
    for column in np.flatnonzero(changed.any(axis=0)).tolist():
        rows = np.flatnonzero(changed[:, column])
        was, now = old[rows, column], new[rows, column]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = now / was
        comparable = np.isfinite(ratio)
        kind, factor = "changed", np.nan
        if np.isnan(was).all():
            kind = "filled"
        elif np.isnan(now).all():
            kind = "removed"
        elif comparable.all():
            compared = speaks[: rows[-1] + 1, column] & ~np.isnan(old[: rows[-1] + 1, column])
            middle = float(np.median(ratio))
            if compared.sum() == len(rows) and np.abs(ratio / middle - 1).max() <= _SAME_FACTOR and len(rows) > 1:
                kind, factor = "rescaled", middle
        largest = float(np.abs(ratio[comparable] - 1).max()) if comparable.any() else np.nan
        days = window[rows[0]], window[rows[-1]]
        found.append(Restatement(str(tickers[column]), field, kind, factor, *days, len(rows), largest))
    return found


def _frame(restated: list[Restatement]) -> pd.DataFrame:
    frame = pd.DataFrame(sorted(restated), columns=list(RESTATEMENT_COLUMNS))
    frame = frame.astype({"first_date": "datetime64[ns]", "last_date": "datetime64[ns]", "values_changed": np.int64})
    return frame.astype({"factor": np.float64, "largest_relative_change": np.float64})
