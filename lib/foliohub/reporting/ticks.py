"""Where axes end and where their ticks stand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from foliohub.reporting.formats import MINUS


def padded(low: float, high: float, share: float = 0.05) -> tuple[float, float]:
    """A range widened by a share of itself on both ends; never empty."""
    width = high - low
    margin = width * share if width > 0 else max(abs(high), 1e-9) * share
    return low - margin, high + margin


def round_ticks(low: float, high: float, count: int) -> list[float]:
    """At most `count` round numbers strictly inside a range, zero among them where the range holds it.

    Examples
    --------
    >>> round_ticks(-43, 44, 3)
    [-20.0, 0.0, 20.0]
    """
    exponent = int(np.floor(np.log10((high - low) / 100)))
    inner = 0.08 * (high - low)
    for step in (factor * 10.0**power for power in range(exponent, exponent + 4) for factor in (1, 2, 5)):
        first, last = int(np.ceil((low + inner) / step)), int(np.floor((high - inner) / step))
        if last - first + 1 <= count:
            return [round(k * step, 10) for k in range(first, last + 1)]
    return []


def percent_texts(ticks: Sequence[float]) -> list[str]:
    """Percentages as written at ticks: plotly adds no unit to ticks of our choice.

    Examples
    --------
    >>> percent_texts([-2.5, 0, 20])
    ['−2.5%', '0%', '20%']
    """
    return [f"{tick:g}%".replace("-", MINUS) for tick in ticks]


def date_ticks(index: pd.Index, count: int) -> dict[str, object]:
    """Ticks of a narrow date axis, as options for plotly: at most `count` years, or one fewer months, none near an end.

    Examples
    --------
    >>> date_ticks(pd.DatetimeIndex(["1990-01-02", "2022-12-28"]), 3)["tickvals"]
    ['2000-01-01', '2010-01-01', '2020-01-01']
    >>> date_ticks(pd.DatetimeIndex(["2022-09-28", "2023-01-26"]), 3)
    {'tickvals': ['2022-11-01', '2023-01-01'], 'tickformat': '%b %Y'}
    """
    first, last = index[0], index[-1]
    years = (first.year + first.dayofyear / 366, last.year + last.dayofyear / 366)
    if years[1] - years[0] >= 3:
        marks = [f"{year:.0f}-01-01" for year in round_ticks(*years, count) if year.is_integer()]
        return {"tickvals": marks, "tickformat": "%Y"}
    inner = (last - first) * 0.15
    months = pd.date_range(first + inner, last - inner, freq="MS", normalize=True)
    step = -(-len(months) // max(count - 1, 1)) or 1
    return {"tickvals": [f"{month:%Y-%m-%d}" for month in months[::-step][::-1]], "tickformat": "%b %Y"}


def log_ticks(low: float, high: float, *, few: bool = False) -> list[float]:
    """Round numbers within a range for a logarithmic axis; only powers of ten where `few` and the range is wide.

    Examples
    --------
    >>> log_ticks(0.8, 12)
    [1.0, 2.0, 5.0, 10.0]
    """
    decades = np.log10(high / low)
    factors: tuple[float, ...] = (1, 2, 5)
    if few and decades > 1.2:
        factors = (1,)
    elif decades < 0.5:
        factors = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)
    elif decades < 0.9:
        factors = (1, 1.5, 2, 3, 4, 6, 8)
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = [round(factor * 10.0**power, 10) for power in powers for factor in factors]
    return [tick for tick in ticks if low <= tick <= high]
