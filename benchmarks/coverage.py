"""How many outcomes calibrated intervals hold out of sample, for every model that is fitted within seconds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.measure import Measure

_MODELS = ("zero", "mean", "ewma", "har", "garch", "arima", "gradient_boosting")
_HORIZONS, _WINDOW, _SPACING = (1, 5, 21), 1000, 63
_JUDGED = pd.Timestamp("2000-01-01")


def calibrated_intervals() -> Measure:
    """The worst miss of what they promise, in points, over models, horizons and both intervals.

    The sample's 20 stocks, at every 63rd session from 1994 to 2022, each model fitted anew on 1,000 sessions. Cutoffs,
    horizons and the years that are judged, from 2000, were set before anything was measured.
    """
    import foliohub
    from foliohub import backtest, forecast

    prices = _prices()
    returns = prices.pct_change().iloc[1:]
    features = foliohub.build_features({"close": prices})
    models = [forecast.get(name) for name in _MODELS]
    cutoffs = pd.DatetimeIndex(returns.index[_WINDOW : -max(_HORIZONS) - 1 : _SPACING])
    made = backtest.evaluate_forecasters(returns, features, models, cutoffs, _HORIZONS, window=_WINDOW).forecasts
    calibrated = forecast.calibrate(made)
    judged = calibrated[calibrated["cutoff"] >= _JUDGED]
    board = backtest.scorecard(judged)[["coverage_80", "coverage_95"]] * 100
    said = [
        f"{name} "
        + ", ".join(f"{held['coverage_80']:.1f} and {held['coverage_95']:.1f}" for _, held in rows.iterrows())
        for name, rows in board.groupby("model", sort=False)
    ]
    return Measure(
        f"calibrated intervals: worst miss, {len(_MODELS)} models × {judged['cutoff'].nunique()} cutoffs × 20 stocks",
        float(np.abs(board.to_numpy() - [80, 95]).max()),
        promised=2,
        unit="points",
        remark=f"held of 80 % and 95 %, over {', '.join(map(str, _HORIZONS))} sessions: {'; '.join(said)}",
    )


def _prices() -> pd.DataFrame:
    from datetime import date

    from foliohub.data import universe
    from foliohub.data.sample import SampleSource

    source = SampleSource()
    tickers = universe.load_universe("sample").tickers
    closes = {ticker: source.fetch(ticker, None, date(2022, 12, 28))["close"] for ticker in tickers}
    return pd.DataFrame(closes)
