"""What a night takes as the universe grows: time, memory and disk of each step, for the capacity note.

``python -m benchmarks.capacity 500 2000`` prints a table with a row per step and number of symbols. Each step runs in a
process of its own, so that its memory is its own; prices are made up, ten years of all fields.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from foliohub.frames import FIELDS
from foliohub.types import PricePanel

SESSIONS, LEARNED = 2520, 1000


def main() -> int:
    """Measure each step, or those named, at each number of symbols."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("symbols", nargs="*", type=int, default=[500, 2000])
    parser.add_argument("--step", action="append", choices=STEPS, help="only these; by default all")
    parser.add_argument("--here", action="store_true", help="in this process, result as JSON")
    asked = parser.parse_args()
    if asked.here:
        print(json.dumps(STEPS[asked.step[0]](asked.symbols[0])))
        return 0
    print(f"| step, {SESSIONS} sessions | symbols | seconds | memory at most, MB | remark |\n|---|---:|---:|---:|---|")
    for symbols in asked.symbols:
        for step in asked.step or STEPS:
            command = [sys.executable, "-m", "benchmarks.capacity", "--here", "--step", step, str(symbols)]
            done = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            most = 0
            watched = psutil.Process(done.pid)
            while done.poll() is None:
                with suppress(psutil.NoSuchProcess):  # it has just ended
                    most = max(most, watched.memory_info().rss)
                time.sleep(0.02)
            if done.returncode or done.stdout is None:
                print(f"| {step} | {symbols:,} | failed | {most / 1e6:,.0f} | exit {done.returncode} |", flush=True)
                continue
            found = json.loads(done.stdout.read().splitlines()[-1])
            print(
                f"| {step} | {symbols:,} | {found['seconds']:.2f} | {most / 1e6:,.0f} | {found['remark']} |", flush=True
            )
    return 0


def store(symbols: int) -> dict[str, object]:
    """Write ten years, append a day, read all closes."""
    from foliohub.data.store import Store

    panel = _prices(symbols, SESSIONS + 1)
    dates = panel["close"].index
    with tempfile.TemporaryDirectory(prefix="foliohub-capacity-") as folder:
        opened = Store.open(f"lmdb://{folder}/store", locks=Path(folder, "locks"))
        begun = time.perf_counter()
        opened.write_panel("raw/many", {name: rows.iloc[:-1] for name, rows in panel.items()}, as_of=dates[-2])
        written = time.perf_counter()
        opened.extend_panel("raw/many", {name: rows.iloc[-1:] for name, rows in panel.items()}, as_of=dates[-1])
        extended = time.perf_counter()
        opened.read_panel("raw/many", fields=["close"])
        read = time.perf_counter()
        size = sum(library.size for library in opened.sizes().values())
        opened.close()
    remark = f"a day more {extended - written:.2f} s, all closes read in {read - extended:.2f} s, {size / 1e6:,.0f} MB"
    return {"seconds": written - begun, "remark": f"write; {remark} in the store"}


def clean(symbols: int) -> dict[str, object]:
    """Every rule over every row."""
    from foliohub.clean import clean_prices

    panel = _prices(symbols, SESSIONS)
    begun = time.perf_counter()
    cleaned = clean_prices(panel, sessions=panel["close"].index)
    return {"seconds": time.perf_counter() - begun, "remark": f"{len(cleaned.quality.events):,} rows touched"}


def features(symbols: int) -> dict[str, object]:
    """All features of all rows."""
    from foliohub.features import build_features

    panel = _prices(symbols, SESSIONS)
    begun = time.perf_counter()
    built = build_features(panel)
    return {"seconds": time.perf_counter() - begun, "remark": f"{built.shape[1]} features of {len(built):,} rows"}


def arima(symbols: int) -> dict[str, object]:
    """All orders tried on each series, the best one estimated exactly."""
    return _forecast("arima", symbols)


def gradient_boosting(symbols: int) -> dict[str, object]:
    """One horizon learned from all symbols together."""
    return _forecast("gradient_boosting", symbols)


def _forecast(name: str, symbols: int) -> dict[str, object]:
    from foliohub import forecast

    rng = np.random.default_rng(0)
    days = pd.bdate_range("2015-01-01", periods=LEARNED, name="date")
    tickers = pd.Index([f"T{number:05d}" for number in range(symbols)], name="ticker")
    returns = pd.DataFrame(rng.normal(0, 0.01, (LEARNED, symbols)), days, tickers)
    given = None
    if name == "gradient_boosting":
        index = pd.MultiIndex.from_product([days, tickers])
        given = pd.DataFrame(rng.normal(size=(len(index), 25)), index, [f"f{number}" for number in range(25)])
    begun = time.perf_counter()
    model = forecast.get(name, **({"calendar": "24/5"} if name == "gradient_boosting" else {}))
    made = model.fit(returns, given).predict([21])
    return {
        "seconds": time.perf_counter() - begun,
        "remark": f"{len(made):,} forecasts, {LEARNED} sessions, {os.cpu_count()} cores",
    }


def _prices(symbols: int, sessions: int) -> PricePanel:
    """A market that is made up, in cents; its fields agree, so that cleaning has no more to do than in life."""
    rng = np.random.default_rng(0)
    days = pd.bdate_range("2013-01-01", periods=sessions, name="date")
    tickers = pd.Index([f"T{number:05d}" for number in range(symbols)], name="ticker")
    shape = (sessions, symbols)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, shape), axis=0))
    spread = np.abs(rng.normal(0, 0.005, (2, *shape)))
    fields = {
        "open": close,
        "high": close * (1 + spread[0]),
        "low": close * (1 - spread[1]),
        "close": close,
        "adjusted_close": close,
        "volume": rng.lognormal(14, 0.5, shape).round(),
        "dividend": np.zeros(shape),
        "split": np.ones(shape),
    }
    return {name: pd.DataFrame(fields[name].round(2), days, tickers) for name in FIELDS}


STEPS: dict[str, Callable[[int], dict[str, object]]] = {
    step.__name__: step for step in (store, clean, features, arima, gradient_boosting)
}

if __name__ == "__main__":
    sys.exit(main())
