"""The stamp of a store: any finished write changes it, reading does not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from foliohub.data.store import Store


def test_every_kind_of_write_changes_the_stamp_and_reading_does_not(
    store: Store, make_panel: Callable[..., dict]
) -> None:
    stamps = [store.stamp()]
    store.write_document("runs/r1", {"n": 1})
    stamps.append(store.stamp())
    store.write_table("weights/x/2020-01-02", pd.DataFrame({"ticker": ["A"]}))
    stamps.append(store.stamp())
    store.write_panel("raw/x", make_panel(), as_of="2020-01-15")
    stamps.append(store.stamp())
    assert None not in stamps
    assert len(set(stamps)) == len(stamps)

    store.documents()
    store.read_panel("raw/x")
    store.versions("weights/x/2020-01-02")
    assert store.stamp() == stamps[-1]


def test_the_same_content_again_changes_nothing(store: Store) -> None:
    frame = pd.DataFrame({"ticker": ["A"], "target": [1.0]})
    store.write_table("weights/x/2020-01-02", frame)
    before = store.stamp()
    store.write_table("weights/x/2020-01-02", frame)
    assert store.stamp() == before


def test_another_process_changes_it_too(store: Store, tmp_path: Path) -> None:
    before = store.stamp()
    program = (
        "import sys; from pathlib import Path; from foliohub.data.store import Store;"
        "Store.open(sys.argv[1], locks=Path(sys.argv[2])).write_document('runs/r1', {})"
    )
    arguments = [store.uri, str(tmp_path / "locks")]
    subprocess.run([sys.executable, "-c", program, *arguments], check=True)
    assert store.stamp() != before


def test_storage_without_such_a_mark_has_no_stamp(open_store: Callable[[str], Store]) -> None:
    assert open_store("mem://stampless").stamp() is None


@pytest.mark.parametrize("writes", [200])
def test_a_reader_of_the_stamp_beside_a_writer_only_ever_sees_it_rise(store: Store, writes: int) -> None:
    import threading

    finished = threading.Event()

    def write() -> None:
        for n in range(writes):
            store.write_document("runs/r1", {"n": n})
        finished.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = []
    while not finished.is_set():
        seen.append(store.stamp())
    writer.join()
    assert seen == sorted(seen)
    assert store.stamp() > seen[0]
