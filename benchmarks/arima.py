"""How fast ARIMA processes are chosen, fitted and walked forward, against statsforecast and the machine's limits."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measure import Measure, best_seconds

SERIES, LENGTH, CUTOFFS = 20, 1000, 2520


def choose_and_fit() -> Measure:
    """20 series of 1,000 daily log returns, all (p, q) with p + q <= 5, with and without a mean.

    The peer is statsforecast's AutoARIMA with the same limits and its own stepwise search, on two processes that are
    warm. What we compile is timed apart, in new processes: once with nothing compiled, and once more.
    """
    from foliohub.forecast.arima import fit_arima

    logs = _log_returns().iloc[-LENGTH:]
    fit_arima(logs, mean="choose", threads=2)
    seconds = best_seconds(lambda: fit_arima(logs, mean="choose", threads=2))
    with tempfile.TemporaryDirectory(prefix="foliohub-bench-") as folder:
        compiled, loaded = _first_call(folder), _first_call(folder)
    return Measure(
        f"ARIMA chosen and fitted, {SERIES} series × {LENGTH} days",
        seconds,
        promised=100,
        peer=f"statsforecast {version('statsforecast')}",
        peer_seconds=_peer()[1],
        remark=(
            f"the first call of a process takes {compiled:.1f} s more where all must be compiled, once on a machine, "
            f"and {loaded:.2f} s where that is loaded"
        ),
    )


def criterion() -> Measure:
    """How often the order we choose has a worse AICc than the peer's, of series where it kept to the same orders.

    Its stepwise search may go beyond p + q = 5, whatever limit it is given; there it chose from more than we.
    """
    from foliohub.forecast.arima import fit_arima

    theirs, _ = _peer()
    ours = fit_arima(_log_returns().iloc[-LENGTH:], mean="choose").processes
    gaps = np.array([process.aicc - aicc for process, (aicc, _, _) in zip(ours, theirs, strict=True)])
    within = np.array([p + q <= 5 for _, p, q in theirs])
    worse = gaps > 1e-3
    return Measure(
        f"ARIMA: share of {within.sum()} series with a worse AICc than the peer's",
        float(worse[within].mean()),
        promised=0.05,
        unit="",
        remark=(
            f"statsforecast {version('statsforecast')}; worse is by more than 0.001. No worse in "
            f"{(~worse[within]).sum()} of the {within.sum()} series in which the peer kept to p + q ≤ 5, and in "
            f"{(~worse).sum()} of all {SERIES}; lower by {-np.median(gaps):.1f} in the median"
        ),
    )


def walk_forward() -> Measure:
    """20 stocks, 2,520 daily cutoffs, 1,000 sessions each: estimated every day, orders chosen anew every month."""
    from foliohub import forecast

    returns = np.expm1(_log_returns())
    cutoffs = returns.index[-CUTOFFS:]
    model = forecast.get("arima")
    model.walk(returns, None, cutoffs[:2], [1])
    start = time.perf_counter()
    frame = model.walk(returns, None, cutoffs, [1, 5, 21])
    seconds = time.perf_counter() - start
    fits = CUTOFFS * returns.shape[1]
    return Measure(
        f"ARIMA walk-forward, {returns.shape[1]} stocks × {CUTOFFS} daily cutoffs",
        seconds,
        promised=60,
        remark=f"{len(frame)} forecasts with intervals; {1e3 * seconds / fits:.2f} ms for a fit, all told",
    )


def likelihood_and_arithmetic() -> Measure:
    """One exact likelihood of an ARMA(2, 2) with its gradient, against the machine's peak of fused multiply-adds.

    Counted are the products of the recursions and cross products that the algorithm needs. A recursion waits for the
    value before, and so uses neither all lanes nor both units: that, not waste, is most of the distance.
    """
    from foliohub.forecast.arima.engine.search import search

    y = np.ascontiguousarray(_log_returns().iloc[-LENGTH:, 0])
    shapes, means = np.array([[2, 2, 0, 0, 1]]), np.array([1])
    start = np.array([[0.3, -0.2, 0.2, 0.1]])
    z, found, status = start.copy(), np.zeros((1, 4)), np.zeros(1, np.int64)
    repeats = 200

    def run(steps: int) -> float:
        def many() -> None:
            for _ in range(repeats):
                search(y, shapes, means, start, True, False, 1.0, steps, z, found, status)

        return best_seconds(many) / repeats

    seconds = run(1) - run(0)  # one evaluation with all derivatives more
    # phi (2), theta (2), mean (1); sums of squares (1); derivatives: 4 in recursions, 4 with innovations, 10 crossed.
    products = LENGTH * (2 + 2 + 1 + 1 + 4 + 4 + 10)
    peak = _peak()
    return Measure(
        f"exact likelihood with gradient and curvature, ARMA(2, 2), {LENGTH} values",
        seconds,
        promised=1e-4,
        remark=(
            f"{1e6 * seconds:.0f} µs for {products} fused multiply-adds: {products / seconds / 1e9:.1f} of the "
            f"{peak / 1e9:.1f} billion a second one core was measured to do, {100 * products / seconds / peak:.0f} %"
        ),
    )


def memory() -> Measure:
    """Peak memory while 80 series are fitted over that for 20: it grows no faster than the series."""
    import tracemalloc

    from foliohub.forecast.arima import fit_arima

    logs = _log_returns().iloc[-LENGTH:]
    peaks = []
    for copies in (1, 4):
        series = pd.concat([logs] * copies, axis=1)
        fit_arima(series.iloc[:, :1], orders=[(0, 1)])
        tracemalloc.start()
        fit_arima(series, orders=[(0, 0), (1, 0), (0, 1)])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    growth = peaks[1] / peaks[0]
    return Measure(
        "memory of 80 series over that of 20",
        growth,
        promised=4.4,
        unit="×",
        remark=f"{peaks[0] / 1e6:.1f} MB and {peaks[1] / 1e6:.1f} MB",
    )


@lru_cache(maxsize=1)
def _peer() -> tuple[list[tuple[float, int, int]], float]:
    """AICc, p and q of each series by the peer, and how long it took on two processes."""
    logs = _log_returns().iloc[-LENGTH:]
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_auto_arima, [logs.iloc[-150:, 0].to_numpy()] * 4))
        start = time.perf_counter()
        theirs = list(pool.map(_auto_arima, [logs[name].to_numpy() for name in logs]))
        return theirs, time.perf_counter() - start


def _first_call(folder: str) -> float:
    """Seconds that a new process needs to have all compiled code, which numba keeps in a folder of its own."""
    code = (
        "import time; from foliohub.forecast.arima.compiling import compile_engine as run\n"
        "start = time.perf_counter(); run(); first = time.perf_counter() - start\n"
        "start = time.perf_counter(); run(); print(first - (time.perf_counter() - start))"
    )
    environment = os.environ | {"NUMBA_CACHE_DIR": folder}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    return float(ended.stdout)


def _auto_arima(y: np.ndarray) -> tuple[float, int, int]:
    from statsforecast.models import AutoARIMA

    model: Any = AutoARIMA(max_p=5, max_q=5, max_order=5, d=0, seasonal=False).fit(y).model_
    return float(model["aicc"]), int(model["arma"][0]), int(model["arma"][1])


@lru_cache(maxsize=1)
def _log_returns() -> pd.DataFrame:
    """Of skfolio's 20 stocks of the S&P 500, 1990-2022."""
    from skfolio.datasets import load_sp500_dataset

    return np.log(load_sp500_dataset()).diff().iloc[1:].rename_axis("date")


def _peak() -> float:
    """Fused multiply-adds a second of one core, in registers."""
    import numba

    @numba.njit(fastmath=True)
    def burn(x: np.ndarray, rounds: int) -> float:
        a = x.copy()
        for _ in range(rounds):
            for i in range(64):
                a[i] = a[i] * 0.999999 + 1e-9
        return a.sum()

    x, rounds = np.ones(64), 200_000
    burn(x, 1)
    return 64 * rounds / best_seconds(lambda: burn(x, rounds))
