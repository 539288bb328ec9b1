"""Made-up prices to try functions on, where no real ones are at hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foliohub.calendars import next_sessions


def trial_panel(n_dates: int = 600, n_tickers: int = 5, *, seed: int = 0) -> dict[str, pd.DataFrame]:
    """A panel of random walks with everything a vendor may give: bars, volume, a dividend a quarter, a split.

    Parameters
    ----------
    n_dates, n_tickers : int
        Its shape.
    seed : int
        Of the walks.

    Returns
    -------
    dict of DataFrame (n_dates, n_tickers)
        One frame per field of :data:`foliohub.frames.FIELDS`, from 2015 on. The market and a part of their own drive
        the tickers; volume surges with the day's range.

    Examples
    --------
    >>> panel = trial_panel(n_dates=10, n_tickers=2)
    >>> panel["close"].shape, panel["close"].columns.tolist()
    ((10, 2), ['AAA', 'BBB'])
    """
    rng = np.random.default_rng(seed)
    dates = pd.DatetimeIndex(next_sessions("2014-12-31", n_dates), name="date")
    tickers = pd.Index(
        [chr(65 + k % 26) * 3 + (str(k // 26) if k >= 26 else "") for k in range(n_tickers)], name="ticker"
    )
    shape = (n_dates, n_tickers)
    market = rng.standard_t(5, (n_dates, 1)) * 0.007
    overnight = 0.4 * market + rng.normal(0, 0.006, shape)
    trading = 0.6 * market + rng.standard_t(5, shape) * 0.009
    value = 50 * np.exp(np.cumsum(overnight + trading, axis=0) + 0.0003 * np.arange(n_dates)[:, None])

    split = np.ones(shape)
    split[n_dates // 2, 0] = 2.0
    close = value / np.cumprod(split, axis=0)
    dividend = np.zeros(shape)
    dividend[20::63] = (0.004 * close)[20::63]
    opened = close * np.exp(-trading)
    above, below = rng.exponential(0.004, (2, *shape))
    high, low = np.maximum(opened, close) * np.exp(above), np.minimum(opened, close) * np.exp(-below)
    volume = np.round(1e6 * np.cumprod(split, axis=0) * np.exp(20 * np.abs(trading) + rng.normal(0, 0.3, shape)))
    growth = np.ones(shape)
    growth[1:] = (close * split + dividend)[1:] / close[:-1]
    adjusted = np.cumprod(growth, axis=0)
    fields = {
        "open": opened,
        "high": high,
        "low": low,
        "close": close,
        "adjusted_close": adjusted * close[-1] / adjusted[-1],
        "volume": volume,
        "dividend": dividend,
        "split": split,
    }
    return {name: pd.DataFrame(values, index=dates, columns=tickers) for name, values in fields.items()}
