"""Real closes that need no network: 20 companies of the S&P 500 and the index, 1990 to 2022, out of skfolio's wheel.

The numbers are closes adjusted for splits and dividends; nothing else comes with them. They are handed out as `close`
and as `adjusted_close` alike: returns are total returns, but a price is not what the share cost on the day.
"""

from __future__ import annotations

import zlib
from datetime import date
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from foliohub.data.request import Request
from foliohub.errors import ConfigurationError, UnknownTickerError
from foliohub.frames import FIELDS, check_bars

BENCHMARK = "SP500"
"""The index among the tickers of the sample."""


class SampleSource:
    """Daily closes of the sample.

    Examples
    --------
    >>> from datetime import date
    >>> SampleSource().fetch("AAPL", date(2022, 12, 27), date(2022, 12, 31))["close"]
    date
    2022-12-27    129.652
    2022-12-28    125.674
    Name: close, dtype: float64
    """

    name = "sample"

    def fetch(self, ticker: str, start: date | None, end: date) -> pd.DataFrame:
        """Closes of one ticker, both ends included; see :class:`foliohub.types.PriceSource`.

        Returns
        -------
        DataFrame (n_sessions, 8)
            Bars with `close` and `adjusted_close` equal and every other field NaN.

        Raises
        ------
        UnknownTickerError
            For a ticker that is not in the sample, or dates outside it.
        """
        request = Request.of(self.name, ticker, start, end)
        closes = _closes()
        if ticker not in closes:
            raise UnknownTickerError(
                f"The sample has no {ticker}.", remedy=f"It has {', '.join(map(str, closes.columns))}."
            )
        bars = pd.DataFrame(np.nan, index=closes.index, columns=list(FIELDS))
        bars["close"] = bars["adjusted_close"] = closes[ticker]
        return check_bars(request.cut(bars))

    def last_session(self) -> date:
        """2022-12-28, the last session of the sample."""
        last: date = _closes().index[-1].date()
        return last

    @staticmethod
    def tickers() -> tuple[str, ...]:
        """What the sample holds: 20 companies and :data:`BENCHMARK`."""
        return tuple(map(str, _closes().columns))


@lru_cache(maxsize=1)
def _closes() -> pd.DataFrame:
    # The files are found without importing skfolio, which takes three seconds.
    spec = find_spec("skfolio")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError("The sample ships inside skfolio, which is not installed.", remedy="Run make setup.")
    folder = Path(spec.submodule_search_locations[0], "datasets", "data")
    try:
        parts = [
            pd.read_csv(folder / name, index_col="Date", parse_dates=["Date"], dtype=float)
            for name in ("sp500_dataset.csv.gz", "sp500_index.csv.gz")
        ]
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise ConfigurationError(
            f"The sample cannot be read from {folder}: {error}.", remedy="Install the skfolio of the lock file."
        ) from error
    closes = pd.concat(parts, axis=1).rename_axis(index="date")
    closes.index = pd.DatetimeIndex(closes.index).as_unit("ns")
    return closes
