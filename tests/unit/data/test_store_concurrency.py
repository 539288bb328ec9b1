"""Several processes at once, and processes that are killed: nothing that was stored is lost."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foliohub.data.store import Store

Open = Callable[[str], Store]

PRELUDE = """
import os, random, signal, sys, time
from pathlib import Path
import numpy as np, pandas as pd
from foliohub.data.store import Store

def row(day, value):
    index = pd.DatetimeIndex([day])
    return {field: pd.DataFrame({"A": [value], "B": [-value]}, index, dtype=float) for field in ("close", "volume")}
"""

WRITER = """
uri, locks, writer, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
store = Store.open(uri, locks=locks)
print("ready", flush=True)
sys.stdin.readline()
for n in range(count):
    with store.lock("raw/shared"):
        last = store.read_panel("raw/shared", fields=["close"])["close"].index[-1]
        store.extend_panel("raw/shared", row(last + pd.Timedelta(days=1), 1000.0 * writer + n), as_of=last)
    store.write_document(f"runs/{writer}.{n:03d}", {"writer": writer, "n": n})
    store.write_table(f"results/{writer}", pd.DataFrame({"n": [n]}))
"""


def first_row() -> dict[str, pd.DataFrame]:
    index = pd.DatetimeIndex(["2000-01-03"])
    return {field: pd.DataFrame({"A": [0.5], "B": [-0.5]}, index) for field in ("close", "volume")}


def check_writers(store: Store, uri: str, locks: Path, count: int) -> None:
    store.write_panel("raw/shared", first_row(), as_of="2000-01-03")
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", PRELUDE + WRITER, uri, str(locks), str(number), str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in (1, 2, 3)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    lengths = []
    while any(writer.poll() is None for writer in writers):
        seen = store.read_panel("raw/shared")  # a reader never fails, and never sees half a version
        np.testing.assert_array_equal(seen["close"], seen["volume"])
        lengths.append(len(seen["close"]))
        time.sleep(0.01)
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    for writer in writers:
        writer.communicate()
    assert lengths == sorted(lengths)
    close = store.read_panel("raw/shared")["close"]
    expected = {1000.0 * writer + n for writer in (1, 2, 3) for n in range(count)}
    assert len(close) == 3 * count + 1
    assert set(close["A"]) == expected | {0.5}
    latest = store.latest("raw/shared")
    assert store.content("raw/shared", latest.number) == latest.content
    assert len(store.versions("raw/shared")) == 3 * count + 1
    assert len(store.documents("runs/")) == 3 * count
    for writer in (1, 2, 3):
        assert [store.read_table(f"results/{writer}")["n"].item()] == [count - 1]


def test_three_writers_of_one_panel_lose_nothing_on_lmdb(open_store: Open, tmp_path: Path) -> None:
    uri = f"lmdb://{tmp_path / 'store'}"
    check_writers(open_store(uri), uri, tmp_path / "locks", count=10)


@pytest.mark.s3
def test_three_writers_of_one_panel_lose_nothing_on_s3(s3_server: object, open_store: Open, tmp_path: Path) -> None:
    uri = s3_server.uri()  # type: ignore[attr-defined]
    check_writers(open_store(uri), uri, tmp_path / "locks", count=6)


KILLED = """
uri, locks, kills, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
chance = random.Random(seed)

def write(done):
    store = Store.open(uri, locks=locks)
    length = len(store.read_panel("raw/x", fields=["close"])["close"])
    while True:
        day = pd.Timestamp("2000-01-03") + pd.Timedelta(days=length)
        store.extend_panel("raw/x", row(day, length), as_of="2000-01-03")
        length += 1
        store.write_document(f"runs/{length:05d}", {"length": length})
        os.write(done, f"{length}\\n".encode())

committed = 0
for _ in range(kills):
    heard, done = os.pipe()
    child = os.fork()  # before ArcticDB is imported: its threads do not survive a fork
    if child == 0:
        os.close(heard)
        write(done)
    os.close(done)
    answers = os.fdopen(heard)
    if first := answers.readline():
        committed = int(first)
    time.sleep(chance.uniform(0, 0.12))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    for line in answers:
        committed = int(line) if line.endswith("\\n") else committed
    print(committed, flush=True)
"""


def check_kills(tmp_path: Path, uri: str, kills: int) -> None:
    locks = tmp_path / "locks"
    store = Store.open(uri, locks=locks)
    store.write_panel("raw/x", first_row(), as_of="2000-01-03")
    store.close()
    seed = random.Random().randrange(10**6)
    killing = subprocess.run(
        [sys.executable, "-c", PRELUDE + KILLED, uri, str(locks), str(kills), str(seed)],
        capture_output=True,
        text=True,
        timeout=540,
        check=True,
    )
    acknowledged = [int(line) for line in killing.stdout.split()]
    assert len(acknowledged) == kills
    store = Store.open(uri, locks=locks)
    panel = store.read_panel("raw/x")
    assert len(panel["close"]) in (acknowledged[-1], acknowledged[-1] + 1), f"seed {seed}"
    np.testing.assert_array_equal(panel["close"], panel["volume"])
    np.testing.assert_array_equal(panel["close"]["A"], [0.5, *range(1, len(panel["close"]))])
    for version in store.versions("raw/x"):
        assert store.content("raw/x", version.number) == version.content
    # Every document is listed; the newest may be missing where its writer was killed before it.
    listed = [document["length"] for document in store.documents("runs/")]
    assert set(range(2, len(panel["close"]) + 1)) - set(listed) <= {n + 1 for n in acknowledged}
    assert set(acknowledged) <= set(listed)
    store.prune()
    np.testing.assert_array_equal(store.read_panel("raw/x")["close"], panel["close"])
    store.close()


def test_a_writer_killed_at_any_moment_loses_nothing_it_had_committed(tmp_path: Path) -> None:
    check_kills(tmp_path, f"lmdb://{tmp_path / 'store'}", kills=5)


@pytest.mark.slow
def test_a_writer_killed_many_times_loses_nothing_it_had_committed(tmp_path: Path) -> None:
    check_kills(tmp_path, f"lmdb://{tmp_path / 'store'}", kills=40)


@pytest.mark.slow
@pytest.mark.s3
def test_a_writer_to_s3_killed_at_any_moment_loses_nothing_it_had_committed(s3_server: object, tmp_path: Path) -> None:
    check_kills(tmp_path, s3_server.uri(), kills=10)  # type: ignore[attr-defined]
