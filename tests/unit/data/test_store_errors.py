"""Whatever is wrong with a store, its user reads one clear sentence, and nothing that was stored is lost."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
import textwrap
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foliohub.data import connection
from foliohub.data.addresses import Address
from foliohub.data.lmdb_files import LIBRARIES
from foliohub.data.manifests import LAYOUT
from foliohub.data.store import Store
from foliohub.errors import StoreError
from tests.s3_servers import Rclone

Make = Callable[..., dict[str, pd.DataFrame]]
Open = Callable[[str], Store]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a store with something in it, closed."""
    folder = tmp_path_factory.mktemp("original")
    index = pd.bdate_range("2020-01-02", periods=200)
    values = np.random.default_rng(0).uniform(1, 100, (200, 3))
    store = Store.open(f"lmdb://{folder / 'store'}", locks=folder / "locks")
    store.write_panel("raw/x", {"close": pd.DataFrame(values, index, ["A", "B", "C"])}, as_of="2020-01-15")
    store.write_document("runs/r1", {"n": 1})
    store.close()
    return folder / "store"


@pytest.fixture
def filled(original: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return Path(shutil.copytree(original, tmp_path / "filled"))


# -- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "complaint"),
    [
        ("", "starts with one of lmdb://"),
        ("/srv/store", "starts with one of lmdb://"),
        ("http://x", "not with 'http'"),
        ("lmdb://", "names no place"),
        ("s3://bucket", "no endpoint and bucket"),
        ("s3://host:?secret=hush", "no endpoint and bucket"),
        ("mem://", "names no place"),
    ],
)
def test_what_is_no_uri_of_a_store_is_refused(open_store: Open, uri: str, complaint: str) -> None:
    with pytest.raises(StoreError, match=complaint) as caught:
        open_store(uri)
    assert caught.value.remedy
    assert "hush" not in str(caught.value)


def test_an_unknown_option_is_refused_without_its_value(open_store: Open, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="map_sise=") as caught:
        open_store(f"lmdb://{tmp_path / 'store'}?map_sise=hush")
    assert "hush" not in f"{caught.value} {caught.value.__cause__}"
    with pytest.raises(StoreError, match="map_size"):
        open_store(f"lmdb://{tmp_path / 'store'}?map_size=plenty")


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("s3://h:b?port=9&access=AKIA&secret=S/+=c", "s3://h:b?port=9&access=***&secret=***"),
        ("s3://h:b?secrte=AKIA;region=eu", "s3://h:b?secrte=***&region=eu"),
        ("azure://AccountName=x;AccountKey=AKIA", "azure://***"),
        ("lmdb:///srv/x?map_size=1GB", "lmdb:///srv/x?map_size=1GB"),
    ],
)
def test_secrets_of_a_uri_are_never_shown(uri: str, shown: str) -> None:
    address = Address.parse(uri)
    assert address.shown == shown
    assert repr(address) == f"Address('{shown}')"
    assert "AKIA" not in address.scrub(f"cannot open {uri}")
    assert "S/+=c" not in address.scrub(f"cannot open {uri}")


@pytest.mark.s3
def test_refused_credentials_say_so_and_stay_secret(s3_server: object, open_store: Open) -> None:
    for wrong in ({"secret": "wrong-secret-value"}, {"access": "wrong-access-value"}):
        uri = s3_server.uri(**wrong)  # type: ignore[attr-defined]
        with pytest.raises(StoreError, match="refuses the credentials") as caught:
            open_store(uri)
        told = "".join(traceback.format_exception(caught.value))
        assert not [secret for secret in Address.parse(uri).secrets if secret in told]


@pytest.mark.s3
def test_a_missing_bucket_says_so(rclone_server: Rclone, open_store: Open) -> None:
    with pytest.raises(StoreError, match="no such bucket"):  # SeaweedFS would make it
        open_store(rclone_server.uri(bucket="missing"))


@pytest.mark.s3
def test_a_server_that_takes_no_notice_of_conditions_is_refused(rclone_server: Rclone, open_store: Open) -> None:
    with pytest.raises(StoreError, match="takes no notice of conditions") as caught:
        open_store(rclone_server.uri())
    assert "SeaweedFS" in caught.value.remedy


def test_a_server_that_does_not_answer_is_found_out_at_once(open_store: Open) -> None:
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:9 of the store does not answer"):
        open_store("s3://127.0.0.1:bucket?port=9&access=a-key&secret=a-secret")


def test_nothing_secret_stands_in_a_store_or_an_error_that_travels(monkeypatch: pytest.MonkeyPatch) -> None:
    address = Address.parse("s3://h:b?access=AKIA&secret=hush")
    made = connection.Connection.__new__(connection.Connection)
    made.address, made._broken = address, False

    def fail() -> None:
        raise RuntimeError(f"Network error for {address.uri}")

    with pytest.raises(StoreError) as caught, made.guard("cannot read x"):
        fail()
    for shown in (str(caught.value), repr(caught.value), "".join(traceback.format_exception(caught.value))):
        assert "hush" not in shown
        assert "AKIA" not in shown
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


# -- folders and files -----------------------------------------------------------------------------------------------


def test_a_file_in_the_place_of_the_folder_is_named(open_store: Open, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match="taken is a file"):
        open_store(f"lmdb://{tmp_path / 'taken' / 'store'}")


def test_a_folder_of_locks_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match=r"folder of locks .*taken"):
        Store.open("mem://locks", locks=tmp_path / "taken" / "locks")


def test_a_folder_that_cannot_be_written_is_named(
    filled: Path, open_store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Permissions do not bind root, who may run these tests; what the system answers is simulated.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != filled)
    with pytest.raises(StoreError, match=f"{filled} cannot be written.*even to read.*open the copy"):
        open_store(f"lmdb://{filled}")


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_read_only_folder_is_named(filled: Path, open_store: Open) -> None:
    filled.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="cannot be written"):
            open_store(f"lmdb://{filled}")
    finally:
        filled.chmod(0o700)


def _overwrite(file: Path, start: int, stop: int | None = None) -> None:
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.seek(start)
        opened.write(b"\xa5" * ((stop or size) - start))


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "truncated": (lambda file: os.truncate(file, file.stat().st_size // 2), "is truncated"),
    "cut to its head": (lambda file: os.truncate(file, 8192), "is truncated"),
    "cut within its head": (lambda file: os.truncate(file, 100), "is not an LMDB file, or damaged"),
    "empty": (lambda file: os.truncate(file, 0), "is empty"),
    "missing": (lambda file: file.unlink(), "is missing"),
    "its folder missing": (lambda file: shutil.rmtree(file.parent), "is missing"),
    "text": (lambda file: file.write_text("hello " * 9999), "is not an LMDB file, or damaged"),
    "overwritten": (lambda file: _overwrite(file, 0), "is not an LMDB file, or damaged"),
}


@pytest.mark.parametrize("library", [*LIBRARIES, "_arctic_cfg"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_database_is_named(filled: Path, open_store: Open, damage: str, library: str) -> None:
    spoil, complaint = DAMAGE[damage]
    file = filled / library / "data.mdb"
    if library == "results" and damage in ("truncated", "cut to its head"):
        pytest.skip("a library in which nothing is stored is no longer than its head")
    spoil(file)
    with pytest.raises(StoreError, match=f"{file} {complaint}") as caught:
        open_store(f"lmdb://{filled}")
    assert "backup" in caught.value.remedy


def test_damage_within_a_file_is_told_as_damage(filled: Path, open_store: Open) -> None:
    _overwrite(filled / "prices" / "data.mdb", 8192)
    with pytest.raises(StoreError, match="damaged"):
        open_store(f"lmdb://{filled}")


def test_a_first_start_that_was_killed_is_no_damage(open_store: Open, tmp_path: Path, make_panel: Make) -> None:
    folder = tmp_path / "half"
    started = connection.Connection(Address.parse(f"lmdb://{folder}"))
    started._arctic.create_library(LIBRARIES[0])
    started.close()
    (folder / LIBRARIES[1]).mkdir()
    (folder / LIBRARIES[1] / "data.mdb").touch()
    store = open_store(f"lmdb://{folder}")
    store.write_panel("raw/x", make_panel(), as_of="2020-01-15")
    assert store.panels() == ["raw/x"]


# -- layouts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"layout": 99}, "has layout 99; this release of Foliohub reads and writes layout 2"),
        ({"arcticdb": "99.1.0"}, r"99\.1\.0"),
    ],
)
def test_a_store_of_a_later_release_is_refused(
    filled: Path, open_store: Open, change: dict[str, object], complaint: str
) -> None:
    store = open_store(f"lmdb://{filled}")
    records = store._connection.library("records")
    layout = json.loads(records.read_metadata(connection._LAYOUT_DOCUMENT).metadata["json"])
    records.write_metadata(connection._LAYOUT_DOCUMENT, {"json": json.dumps(layout | change)})
    store.close()
    with pytest.raises(StoreError, match=complaint) as caught:
        open_store(f"lmdb://{filled}")
    assert caught.value.remedy.startswith("Install")


def test_a_manifest_of_another_form_needs_another_layout(filled: Path, tmp_path: Path) -> None:
    """Who changes the form counts LAYOUT up, and writes the new form down here."""
    store = Store.open(f"lmdb://{filled}", locks=tmp_path / "locks")
    manifest = json.loads(store._panels.manifest("raw/x")[1].to_text())
    store.close()
    form = ["as_of", "written_at", "content", "tickers", "fields", "rows", "wide_rows", "first", "last", "recent"]
    assert (LAYOUT, [*manifest]) == (2, [*form, "metadata"])
    assert [*manifest["fields"]["close"]] == ["version", "wide_head", "head"]


def test_a_manifest_of_somebody_else_is_refused(store: Store) -> None:
    store._connection.library("prices").write_metadata("raw~x", {"manifest": '{"fields": 3}'})
    with pytest.raises(StoreError, match="manifest of raw/x cannot be read"):
        store.read_panel("raw/x")


# -- full disks ------------------------------------------------------------------------------------------------------


def test_a_full_map_says_how_to_enlarge_it(open_store: Open, tmp_path: Path, make_panel: Make) -> None:
    store = open_store(f"lmdb://{tmp_path / 'small'}?map_size=1MB")
    store.write_panel("raw/x", make_panel(), as_of="2020-01-15")
    for write in (
        lambda: store.write_panel("raw/y", make_panel(dates=9000), as_of="2020-01-15"),
        lambda: store.write_table("t", pd.DataFrame({"x": range(500_000)}).sample(frac=1, ignore_index=True)),
    ):
        with pytest.raises(StoreError, match="map size") as caught:
            write()
        assert "map_size=" in caught.value.remedy
    assert len(store.read_panel("raw/x")["close"]) == 10
    assert "raw/y" not in (*store.panels(), *store.tables())


def test_a_disk_without_room_is_found_out_before_writing(
    store: Store, make_panel: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = store.write_panel("raw/x", make_panel(), as_of="2020-01-15")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10**6))  # type: ignore[attr-defined]
    for write in (
        lambda: store.write_panel("raw/x", make_panel(dates=11), as_of="2020-01-16"),
        lambda: store.write_table("t", pd.DataFrame({"x": [1]})),
        lambda: store.write_document("d", {}),
    ):
        with pytest.raises(StoreError, match=r"is full: 1 MB are free, 17 MB are needed"):
            write()
    assert store.latest("raw/x") == version


WRITER = """
import resource, sys
from pathlib import Path
import numpy as np, pandas as pd
from foliohub.data.store import Store
from foliohub.errors import StoreError

folder = Path(sys.argv[1])
store = Store.open(f"lmdb://{folder}/filled", locks=folder / "locks")
limit = (folder / "filled" / "prices" / "data.mdb").stat().st_size + 100_000
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
index = pd.bdate_range("2000-01-03", periods=4000)
panel = {"close": pd.DataFrame(np.random.default_rng(0).normal(size=(4000, 50)), index, [f"T{n}" for n in range(50)])}
for attempt in range(2):
    try:
        store.write_panel("raw/large", panel, as_of="2020-01-15")
    except StoreError as error:
        print(error)
print(len(store.read_panel("raw/x")["close"]) if not store._connection._broken else "reads refused")
"""


def test_a_disk_that_fills_while_writing_loses_nothing(filled: Path, tmp_path: Path, open_store: Open) -> None:
    # LMDB is left in a state in which the next write, or closing it, crashes the process: hence another process.
    script = tmp_path / "writer.py"
    script.write_text(textwrap.dedent(WRITER))
    done = subprocess.run([sys.executable, script, tmp_path], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    first, second, third = done.stdout.splitlines()
    assert "cannot write raw/large: nothing could be written: the disk is full" in first
    assert "an earlier write failed in this process" in second
    assert third == "reads refused"
    store = open_store(f"lmdb://{filled}")
    assert len(store.read_panel("raw/x")["close"]) == 200
    assert "raw/large" not in (*store.panels(), *store.tables())
    store.write_document("runs/r2", {"n": 2})
    assert [document["n"] for document in store.documents("runs/")] == [1, 2]


# -- locks -----------------------------------------------------------------------------------------------------------


def test_a_lock_held_elsewhere_is_told_after_the_wait(store: Store, tmp_path: Path) -> None:
    script = "import sys, filelock; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); print('held', flush=True); "
    script += "input()"
    lock = tmp_path / "locks" / "names" / "raw~x.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", script, lock], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(StoreError, match=r"holds the lock on raw/x for more than 0\.1 s"), store.lock("raw/x", 0.1):
        pass
    holder.communicate("\n", timeout=20)
    with store.lock("raw/x", timeout=0), store.lock("raw/x", timeout=0):
        pass
