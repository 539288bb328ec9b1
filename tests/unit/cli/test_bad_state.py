"""A state folder that is full, foreign, damaged or cannot be written: said clearly, and nothing in it is lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from foliohub.config import load_settings
from foliohub.data.manifests import LAYOUT
from foliohub.runs.opening import open_store


@pytest.fixture
def home(command, tmp_path) -> Path:
    """A state folder in which the sample's first year is stored."""
    code, said = command("ingest", "--as-of", "1991-01-02")
    assert code == 0, said
    open_store(load_settings()).close()
    return tmp_path / "state"


def damage(file: Path, start: int, content: bytes) -> None:
    with file.open("r+b") as opened:
        opened.seek(start)
        opened.write(content)


def make_folder(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    path.mkdir()


def make_file(path: Path) -> None:
    shutil.rmtree(path)
    path.write_text("")


PRICES, LOCKS = Path("store", "prices", "data.mdb"), Path("locks")

BROKEN = {
    "a truncated database": (lambda h: os.truncate(h / PRICES, 20_000), ["prices/data.mdb", "truncated", "backup"]),
    "an empty database": (lambda h: os.truncate(h / PRICES, 0), ["prices/data.mdb", "empty", "backup"]),
    "a missing database": (lambda h: (h / PRICES).unlink(), ["prices/data.mdb", "missing", "backup"]),
    "a database that is a folder": (lambda h: make_folder(h / PRICES), ["prices/data.mdb", "folder", "backup"]),
    "another file in its place": (lambda h: damage(h / PRICES, 0, b"x" * 10_000), ["prices/data.mdb", "LMDB"]),
    "a store that is a file": (lambda h: make_file(h / "store"), ["store", "is a file"]),
    "locks that are a file": (lambda h: make_file(h / LOCKS), ["locks", "FOLIOHUB_HOME"]),
    "a lock that is a folder": (lambda h: make_folder(h / LOCKS / "database.lock"), ["locks", "FOLIOHUB_HOME"]),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_broken_is_named_and_what_to_do_about_it(command, home, kind):
    spoil, words = BROKEN[kind]
    spoil(home)
    code, said = command("ingest", "--as-of", "1991-01-03")
    assert code == 1, said
    assert "Traceback" not in said
    for word in words:
        assert word in said


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ({"layout": 99, "arcticdb": "6.0.0"}, ["layout 99", f"layout {LAYOUT}", "Install the release"]),
        ({"layout": 1, "arcticdb": "6.0.0"}, ["layout 1;", f"layout {LAYOUT}", "move the store away"]),
        ({"layout": LAYOUT, "arcticdb": "99.1.0"}, ["ArcticDB 99.1.0", "Install arcticdb 99.1.0 or later"]),
    ],
)
def test_a_store_of_another_release_is_left_alone(command, home, layout, words):
    store = open_store(load_settings())
    records = store._connection.library("records")
    records.write_metadata(".layout", {"json": json.dumps({**layout, "made": "2030-01-01T00:00:00+00:00"})})
    store.close()
    before = (home / PRICES).read_bytes()
    code, said = command("ingest", "--as-of", "1991-01-03")
    assert code == 1, said
    for word in words:
        assert word in said
    assert (home / PRICES).read_bytes() == before


def test_a_full_disk_costs_nothing_that_is_stored(command, home, monkeypatch):
    full = shutil._ntuple_diskusage(total=1 << 30, used=1 << 30, free=1 << 20)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: full)
        code, said = command("ingest", "--as-of", "1991-01-03")
        assert code == 1, said
        assert "is full: 1 MB are free" in said
        assert command("store", "versions", "raw/sample")[0] == 0, "what is stored can be read"
    code, said = command("ingest", "--as-of", "1991-01-03")
    assert code == 0, said
    assert len(open_store(load_settings()).versions("raw/sample")) == 2


def test_a_folder_that_may_not_be_written_is_named(command, home, monkeypatch):
    store, allowed = home / "store", os.access

    def access(path: Path, mode: int) -> bool:
        return allowed(path, mode) and not (Path(path) == store and mode & os.W_OK)

    monkeypatch.setattr(os, "access", access)  # not chmod, which does not bind an administrator
    code, said = command("ingest", "--as-of", "1991-01-03")
    assert code == 1, said
    assert str(store) in said
    assert "Make it writable" in said


def test_a_log_that_cannot_be_written_costs_only_the_log(command, home):
    shutil.rmtree(home / "logs", ignore_errors=True)
    (home / "logs").write_text("")
    assert command("store", "versions", "raw/sample")[0] == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which only Linux has")
def test_output_that_cannot_be_written_is_told(home):
    with Path("/dev/full").open("wb", buffering=0) as full:
        ended = subprocess.run(
            [sys.executable, "-c", "import foliohub.cli; foliohub.cli.main()", "store", "versions", "raw/sample"],
            env=os.environ | {"FOLIOHUB_HOME": str(home)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert "No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("secret", ["plain", "with+plus/and=", "percent%2Fencoded"])
def test_no_message_repeats_the_secrets_of_a_stores_address(command, monkeypatch, secret):
    monkeypatch.setenv("ALPHAVANTAGE_API_KEY", "key-of-mine")
    for address in ("s3://127.0.0.1:bucket?port=1&", "s4://127.0.0.1:bucket?", "lmdb:///nowhere/store?", "s3://?"):
        monkeypatch.setenv("FOLIOHUB_STORE", f"{address}access=me{secret}&secret={secret}")
        assert secret in load_settings().secrets or address.startswith(("s4", "s3://?"))
        for arguments in (["runs", "list"], ["cycle"], ["ingest"]):
            code, said = command(*arguments)
            assert code == 1, said
            assert secret not in said
            assert "key-of-mine" not in said
            assert "Traceback" not in said
