"""How a walk-forward scales from one worker of a cluster to two, and that both say the same."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

import foliohub
from benchmarks.measure import Measure
from foliohub import backtest, clusters, forecast
from foliohub.types import Forecaster

SESSIONS, TICKERS, CUTOFFS = 1200, 20, 12
WALKED, WINDOW = 504, 1000


def two_workers() -> Measure:
    """Gradient boosting at past cutoffs, on one worker and on two; the workers are started before."""
    returns = _returns(SESSIONS)
    index = pd.MultiIndex.from_product([returns.index, returns.columns], names=["date", "ticker"])
    values = np.random.default_rng(1).normal(size=(len(index), 10))
    features = pd.DataFrame(values, index, [f"f{n}" for n in range(10)])
    model = forecast.get("gradient_boosting", calendar="24/5", seed=1)
    cutoffs = pd.DatetimeIndex(returns.index[-20 - 10 * np.arange(CUTOFFS)[::-1]])
    return _measure(f"walk-forward at {CUTOFFS} cutoffs", returns, features, model, cutoffs, 900, _warm)


def two_workers_arima() -> Measure:
    """ARIMA walked through two years of daily cutoffs, in four tasks, each on one thread; compiled code is loaded."""
    returns = _returns(WINDOW + WALKED + 21)
    cutoffs = pd.DatetimeIndex(returns.index[-21 - WALKED : -21])
    name = f"ARIMA walk-forward, {TICKERS} series × {WALKED} cutoffs,"
    return _measure(name, returns, None, forecast.get("arima", calendar="24/5"), cutoffs, WINDOW, _warm_arima)


def _measure(
    name: str,
    returns: pd.DataFrame,
    features: pd.DataFrame | None,
    model: Forecaster,
    cutoffs: pd.DatetimeIndex,
    window: int,
    warm: Callable[[int], int],
) -> Measure:
    seconds, started, frames = {}, {}, {}
    for workers in (1, 2):
        begun = time.perf_counter()
        with foliohub.cluster(workers=workers, memory="1GiB") as client:
            client.wait_for_workers(workers)
            run = clusters.mapper(client)
            list(run(warm, range(workers * 2)))
            started[workers] = time.perf_counter() - begun
            begun = time.perf_counter()
            found = backtest.evaluate_forecasters(
                returns, features, [model], cutoffs, [1, 21], window=window, mapper=run
            )
            seconds[workers] = time.perf_counter() - begun
        frames[workers] = found.forecasts
    same = "the same bits" if frames[1].equals(frames[2]) else "OTHER NUMBERS"
    return Measure(
        name=f"{name} on 2 Dask workers",
        seconds=seconds[2],
        promised=1.7,
        peer="1 worker",
        peer_seconds=seconds[1],
        remark=f"{same} from both; workers were up, all imported, after {started[1]:.1f} s and {started[2]:.1f} s",
    )


def _returns(sessions: int) -> pd.DataFrame:
    days = pd.bdate_range("2015-01-01", periods=sessions)
    values = np.random.default_rng(0).normal(0, 0.01, (sessions, TICKERS))
    return pd.DataFrame(values, days, [f"A{n:02d}" for n in range(TICKERS)])


def _warm(number: int) -> int:
    """Make a worker import what it will need."""
    import sklearn.ensemble  # noqa: F401 - the import is the point

    import foliohub.backtest  # noqa: F401

    time.sleep(0.2)
    return number


def _warm_arima(number: int) -> int:
    """Make a worker load the compiled code it will need."""
    from foliohub.forecast.arima.compiling import compile_engine

    compile_engine()
    return _warm(number)
