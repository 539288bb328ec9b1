"""Stores to test with: in a folder, in memory, and on a real S3 server on this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foliohub.data.store import Store
from foliohub.frames import FIELDS

ACCESS, SECRET = "foliohub-test-access", "foliohub-test-secret"


class S3Server:
    """rclone's S3 server over a temporary folder."""

    def __init__(self, folder: Path, program: str) -> None:
        (folder / "bucket").mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [program, "serve", "s3", str(folder), "--addr", f"127.0.0.1:{self.port}"]
        command += ["--auth-key", f"{ACCESS},{SECRET}", "--config", os.devnull, "--vfs-cache-mode", "off"]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def wait(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        pytest.fail("the S3 server did not start")

    def uri(self, bucket: str = "bucket", access: str = ACCESS, secret: str = SECRET) -> str:
        """A URI of a store of its own."""
        place = f"port={self.port}&region=us-east-1&path_prefix={uuid.uuid4().hex}"
        return f"s3://127.0.0.1:{bucket}?{place}&access={access}&secret={secret}"

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    program = shutil.which("rclone", path=str(Path(sys.executable).parent)) or shutil.which("rclone")
    if program is None:
        pytest.skip("rclone is not installed")
    server = S3Server(tmp_path_factory.mktemp("s3"), program)
    server.wait()
    yield server
    server.stop()


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
