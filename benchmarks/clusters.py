"""How a walk-forward scales from one worker of a cluster to two, and that both say the same."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

import foliohub
from benchmarks.measure import Measure
from foliohub import backtest, clusters, forecast

SESSIONS, TICKERS, CUTOFFS = 1200, 20, 12


def two_workers() -> Measure:
    """Gradient boosting at past cutoffs, on one worker and on two; the workers are started before."""
    rng = np.random.default_rng(0)
    days = pd.bdate_range("2015-01-01", periods=SESSIONS)
    returns = pd.DataFrame(rng.normal(0, 0.01, (SESSIONS, TICKERS)), days, [f"A{n:02d}" for n in range(TICKERS)])
    index = pd.MultiIndex.from_product([days, returns.columns], names=["date", "ticker"])
    features = pd.DataFrame(rng.normal(size=(len(index), 10)), index, [f"f{n}" for n in range(10)])
    models = [forecast.get("gradient_boosting", calendar="24/5", seed=1)]
    cutoffs = days[-20 - 10 * np.arange(CUTOFFS)[::-1]]
    seconds, started, frames = {}, {}, {}
    for workers in (1, 2):
        begun = time.perf_counter()
        with foliohub.cluster(workers=workers, memory="1GiB") as client:
            client.wait_for_workers(workers)
            run = clusters.mapper(client)
            list(run(_warm, range(workers * 2)))
            started[workers] = time.perf_counter() - begun
            begun = time.perf_counter()
            found = backtest.evaluate_forecasters(returns, features, models, cutoffs, [1, 21], window=900, mapper=run)
            seconds[workers] = time.perf_counter() - begun
        frames[workers] = found.forecasts
    same = "the same bits" if frames[1].equals(frames[2]) else "OTHER NUMBERS"
    return Measure(
        name=f"walk-forward at {CUTOFFS} cutoffs on 2 Dask workers",
        seconds=seconds[2],
        promised=1.7,
        peer="1 worker",
        peer_seconds=seconds[1],
        remark=f"{same} from both; workers were up, all imported, after {started[1]:.1f} s and {started[2]:.1f} s",
    )


def _warm(number: int) -> int:
    """Make a worker import what it will need."""
    import sklearn.ensemble  # noqa: F401 - the import is the point

    import foliohub.backtest  # noqa: F401

    time.sleep(0.2)
    return number
