"""What Yahoo's chart answers hold, and how they become bars as traded.

Yahoo restates the past at each split: open, high, low, close, volume *and* dividends of an answer are per share of
today. Only the dates and ratios of the splits say what a share was on the day. `adjclose` is restated for dividends as
well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from foliohub.errors import MalformedAnswerError, UnknownTickerError
from foliohub.frames import FIELDS, check_bars
from foliohub.types import FloatArray

_PRICES = ("open", "high", "low", "close")
_REMEDY = "See whether yfinance has a newer release; Yahoo's format is not documented."


@dataclass(frozen=True, slots=True)
class Actions:
    """Splits and dividends of an answer, in the order of their days.

    Attributes
    ----------
    splits : Series (n_splits,)
        New shares per old one; index: the first day at the new count.
    dividends : Series (n_dividends,)
        Currency per share of today; index: the first day without the dividend.
    """

    splits: pd.Series
    dividends: pd.Series


def check_chart(answer: Any, ticker: str) -> Mapping[str, Any]:
    """Return the one result of a chart answer that has bars.

    Raises
    ------
    UnknownTickerError
        Where Yahoo knows no such ticker, or has no bar in the range asked for.
    MalformedAnswerError
        Where a part is missing, has another name, or another length than the dates.
    """
    chart = answer.get("chart", answer.get("finance")) if isinstance(answer, Mapping) else None
    if not isinstance(chart, Mapping):
        raise _malformed(ticker, "has no 'chart'")
    error = chart.get("error")
    if error:
        raise _refusal(error, ticker)
    results = chart.get("result")
    if not isinstance(results, Sequence) or not results or not isinstance(results[0], Mapping):
        raise UnknownTickerError(f"yahoo has nothing for {ticker}.", remedy="Check the ticker.")
    result = results[0]
    meta = _part(result, "meta", Mapping, ticker)
    for name in ("currency", "exchangeTimezoneName", "instrumentType"):
        if name not in meta:
            raise _malformed(ticker, f"has no {name!r} in 'meta'")
    if not result.get("timestamp"):
        raise UnknownTickerError(
            f"yahoo has no bars of {ticker} in the range asked for.", remedy="Check the ticker and the dates."
        )
    count = len(_part(result, "timestamp", list, ticker))
    indicators = _part(result, "indicators", Mapping, ticker)
    for group, columns in (("quote", (*_PRICES, "volume")), ("adjclose", ("adjclose",))):
        frames = _part(indicators, group, list, ticker)
        frame = frames[0] if frames else {}
        for column in columns:
            values = _part(frame, column, list, ticker)
            if len(values) != count:
                raise _malformed(ticker, f"has {len(values)} values of {column!r} for {count} dates")
    return result


def read_actions(result: Mapping[str, Any], ticker: str) -> Actions:
    """The splits and dividends of a checked result, by the exchange's days.

    Raises
    ------
    MalformedAnswerError
        For a ratio or an amount that is no positive number, or a dividend in another currency than the prices.
    """
    meta = result["meta"]
    events = result.get("events") or {}
    splits: dict[pd.Timestamp, float] = {}
    dividends: dict[pd.Timestamp, float] = {}
    try:
        for event in (events.get("splits") or {}).values():
            day = _day(event["date"], meta["exchangeTimezoneName"])
            ratio = _positive(float(event["numerator"]) / float(event["denominator"]))
            splits[day] = splits.get(day, 1.0) * ratio
        for event in (events.get("dividends") or {}).values():
            day = _day(event["date"], meta["exchangeTimezoneName"])
            if (event.get("currency") or meta["currency"]) != meta["currency"]:
                raise _malformed(ticker, f"pays in {event['currency']} what is quoted in {meta['currency']}")
            dividends[day] = dividends.get(day, 0.0) + _positive(float(event["amount"]))
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise _malformed(ticker, f"has a split or dividend that cannot be read ({error!r})") from error
    return Actions(_by_day(splits), _by_day(dividends))


def as_traded(bars: pd.DataFrame, actions: Actions) -> pd.DataFrame:
    """Undo later splits.

    Parameters
    ----------
    bars : DataFrame (n_sessions, 6)
        `open`, `high`, `low`, `close`, `volume` per share of today and the vendor's `adjusted_close`, sorted by date.
    actions : Actions
        Those from the first bar up to now, also those after the last bar.

    Returns
    -------
    DataFrame (n_sessions, 8)
        A frame of bars. With F(t) the product of the ratios of all splits after t: prices and dividends times F(t),
        volume divided by F(t); `adjusted_close` untouched. A split or dividend on a day without a bar goes to the next
        bar, the first whose price knows of it.

    Notes
    -----
    Looks ahead by design, and so must every reader of Yahoo: the answer itself is restated by every later split.
    Undoing them makes a bar the same whenever it is asked for, up to Yahoo's single precision (about 1e-7).

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2020-08-28", "2020-08-31"])
    >>> prices = dict.fromkeys(("open", "high", "low", "close", "adjusted_close"), [124.8, 129.0])
    >>> today = pd.DataFrame(prices | {"volume": [4e8, 2e8]}, index=days)
    >>> four_for_one = Actions(pd.Series([4.0], index=days[1:]), pd.Series(dtype=float, index=days[:0]))
    >>> as_traded(today, four_for_one)[["close", "volume", "split"]]
                close       volume  split
    2020-08-28  499.2  100000000.0    1.0
    2020-08-31  129.0  200000000.0    4.0
    """
    split = np.ones(len(bars) + 1)
    dividend = np.zeros(len(bars) + 1)
    for values, events, combine in (
        (split, actions.splits, np.multiply),
        (dividend, actions.dividends, np.add),
    ):
        known = events[events.index >= bars.index[0]] if len(bars) else events[:0]
        # The place after the last bar collects what has happened since.
        combine.at(values, bars.index.searchsorted(known.index), known.to_numpy())
    factor = _product_of_later(split)
    traded = pd.DataFrame(index=bars.index)
    for field in _PRICES:
        traded[field] = bars[field] * factor
    traded["adjusted_close"] = bars["adjusted_close"]
    traded["volume"] = bars["volume"] / factor
    traded["dividend"] = dividend[:-1] * factor
    traded["split"] = split[:-1]
    return check_bars(traded[list(FIELDS)].astype(float))


def _product_of_later(split: FloatArray) -> FloatArray:
    return np.asarray(np.cumprod(split[::-1])[::-1][1:], dtype=np.float64)


def _day(stamp: float, zone: str) -> pd.Timestamp:
    return pd.Timestamp(stamp, unit="s", tz="UTC").tz_convert(zone).tz_localize(None).normalize()


def _by_day(values: Mapping[pd.Timestamp, float]) -> pd.Series:
    index = pd.DatetimeIndex(list(values)).as_unit("ns")
    return pd.Series(list(values.values()), index=index, dtype=float).sort_index()


def _positive(value: float) -> float:
    if not 0 < value < math.inf:
        raise ValueError(f"{value} is not positive")
    return value


def _part(whole: Any, name: str, kind: type, ticker: str) -> Any:
    if not isinstance(whole, Mapping):
        raise _malformed(ticker, f"has no place for {name!r}")
    if not isinstance(whole.get(name), kind):
        raise _malformed(ticker, f"has no {name!r}; it has {sorted(map(str, whole))}")
    return whole[name]


def _refusal(error: Any, ticker: str) -> UnknownTickerError | MalformedAnswerError:
    code, text = (error.get("code"), error.get("description")) if isinstance(error, Mapping) else (None, error)
    says = f'yahoo says of {ticker}: "{text}".'
    if code == "Not Found" or str(text).startswith(("No data found", "Data doesn't exist")):
        return UnknownTickerError(says, remedy="Check the ticker and the dates, or leave it out of the universe.")
    return MalformedAnswerError(says, remedy=_REMEDY)


def _malformed(ticker: str, what: str) -> MalformedAnswerError:
    return MalformedAnswerError(f"yahoo's answer for {ticker} {what}.", remedy=_REMEDY)
