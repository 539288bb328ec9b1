"""Stores to test with: in a folder, in memory, and on a real S3 server on this machine."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foliohub.data.store import Store
from foliohub.frames import FIELDS
from tests.s3_servers import Rclone, s3_server

__all__ = ["s3_server"]


@pytest.fixture
def rclone_server(tmp_path: Path) -> Iterator[Rclone]:
    """A server that takes no notice of conditions."""
    server = Rclone(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    """Opens stores and closes them after the test."""
    opened: list[Store] = []

    def open_(uri: str) -> Store:
        opened.append(Store.open(uri, locks=tmp_path / "locks"))
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[str], Store], tmp_path: Path) -> Store:
    """An empty store in a folder."""
    return open_store(f"lmdb://{tmp_path / 'store'}")


@pytest.fixture(params=["lmdb", "mem", pytest.param("s3", marks=pytest.mark.s3)])
def any_store(request: pytest.FixtureRequest, open_store: Callable[[str], Store], tmp_path: Path) -> Store:
    """An empty store of each kind in turn."""
    uris = {"lmdb": lambda: f"lmdb://{tmp_path / 'store'}", "mem": lambda: f"mem://{uuid.uuid4().hex}"}
    uris["s3"] = lambda: request.getfixturevalue("s3_server").uri()
    return open_store(uris[request.param]())


@pytest.fixture
def make_panel() -> Callable[..., dict[str, pd.DataFrame]]:
    """A panel of random prices: the same seed gives the same rows, however many."""

    def make(
        dates: int = 10,
        tickers: tuple[str, ...] = ("AA", "B.B", "C-C"),
        fields: tuple[str, ...] = FIELDS,
        seed: int = 0,
    ) -> dict[str, pd.DataFrame]:
        index = pd.bdate_range("2020-01-02", periods=dates, name="date", freq="B")
        columns = pd.Index(list(tickers), dtype=object, name="ticker")
        frames = {}
        for number, field in enumerate(fields):
            values = np.random.default_rng([seed, number]).uniform(1, 100, (dates, len(tickers)))
            frames[field] = pd.DataFrame(values, index, columns)
        return frames

    return make


@pytest.fixture
def same_panel() -> Callable[..., None]:
    """Asserts that two panels are equal, names of axes included."""

    def check(found: dict[str, pd.DataFrame], expected: dict[str, pd.DataFrame]) -> None:
        assert list(found) == list(expected)
        for field, frame in expected.items():
            pd.testing.assert_frame_equal(found[field], frame, check_freq=False)

    return check
