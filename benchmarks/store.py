"""The store against ArcticDB used plainly, in one process, on the same disk, with the same settings."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measure import Measure, best_seconds
from foliohub.data.store import Store
from foliohub.frames import FIELDS


def read_close_panel(n_tickers: int = 500, n_dates: int = 5000) -> Measure:
    """Every close of a stored panel, against the same frame read by one ArcticDB call.

    Ours reads the manifest first, a fraction of a millisecond that the peer does not need; a ratio that rounds to one
    counts as no slower.
    """
    import arcticdb

    with _store() as (store, arctic):
        panel = _prices(n_tickers, n_dates)
        store.write_panel("raw/large", panel, as_of=panel["close"].index[-1])
        library = arctic.create_library("plain")
        library.write("close", panel["close"])
        ours, peers = [], []
        for _ in range(40):  # in turns, so that what else the machine does disturbs both alike
            ours.append(best_seconds(lambda: store.read_panel("raw/large", fields=["close"]), repeats=1))
            peers.append(best_seconds(lambda: library.read("close").data, repeats=1))
        pd.testing.assert_frame_equal(
            store.read_panel("raw/large", fields=["close"])["close"],
            library.read("close").data,
            check_freq=False,
            check_names=False,
        )
    return Measure(
        f"read a {n_tickers} × {n_dates} close panel",
        min(ours),
        promised=0.95,
        peer=f"arcticdb {arcticdb.__version__}, one wide read",
        peer_seconds=min(peers),
        remark="equal frames; ours reads the manifest of the version besides",
    )


def daily_update(n_tickers: int = 500, n_dates: int = 5000) -> Measure:
    """One day of every ticker and field appended, against one append per ticker."""
    import arcticdb

    days = 5
    with _store() as (store, arctic):
        panel = _prices(n_tickers, n_dates + days)
        dates = panel["close"].index
        store.write_panel("raw/large", _rows(panel, 0, n_dates), as_of=dates[n_dates - 1])
        library = arctic.create_library("plain")
        stacked = {ticker: pd.DataFrame({f: panel[f][ticker] for f in FIELDS}) for ticker in panel["close"].columns}
        library.write_batch([arcticdb.WritePayload(t, bars.iloc[:n_dates]) for t, bars in stacked.items()])
        ours, peers = [], []
        for day in range(n_dates, n_dates + days):
            rows = _rows(panel, day, day + 1)
            bars_of_day = {ticker: bars.iloc[day : day + 1] for ticker, bars in stacked.items()}
            ours.append(_seconds_to_extend(store, rows))
            peers.append(_seconds_to_append(library, bars_of_day))
        content = store.write_panel("raw/whole", panel, as_of=dates[-1]).content
        agreed = store.latest("raw/large").content == content
    return Measure(
        f"daily update of {n_tickers} symbols",
        min(ours),
        promised=10,
        peer=f"arcticdb {arcticdb.__version__}, an append per symbol",
        peer_seconds=min(peers),
        remark=f"{len(FIELDS)} fields of each symbol in both; ours with locks, content hash and one atomic version"
        + ("" if agreed else "; THE CONTENT DIFFERS from that of the panel written whole"),
    )


def _seconds_to_extend(store: Store, rows: dict[str, pd.DataFrame]) -> float:
    return best_seconds(lambda: store.extend_panel("raw/large", rows, as_of=rows["close"].index[-1]), repeats=1)


def _seconds_to_append(library: Any, bars: dict[str, pd.DataFrame]) -> float:
    return best_seconds(lambda: [library.append(ticker, frame) for ticker, frame in bars.items()], repeats=1)


def _prices(n_tickers: int, n_dates: int) -> dict[str, pd.DataFrame]:
    index = pd.bdate_range("2000-01-03", periods=n_dates, name="date")
    columns = pd.Index([f"T{number:04d}" for number in range(n_tickers)], name="ticker")
    random = np.random.default_rng(0)
    walks = 100 * np.exp(np.cumsum(random.normal(0, 0.01, (len(FIELDS), n_dates, n_tickers)), axis=1))
    return {field: pd.DataFrame(walk.round(2), index, columns) for field, walk in zip(FIELDS, walks, strict=True)}


def _rows(panel: dict[str, pd.DataFrame], start: int, stop: int) -> dict[str, pd.DataFrame]:
    return {field: frame.iloc[start:stop] for field, frame in panel.items()}


@contextmanager
def _store() -> Iterator[tuple[Store, Any]]:
    """A store and a plain ArcticDB, each in a folder of its own."""
    import arcticdb

    with tempfile.TemporaryDirectory(prefix="foliohub-benchmark-") as folder:
        store = Store.open(f"lmdb://{folder}/store", locks=Path(folder, "locks"))
        yield store, arcticdb.Arctic(f"lmdb://{folder}/plain?map_size=128GB")
        store.close()
