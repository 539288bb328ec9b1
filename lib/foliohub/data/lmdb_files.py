"""Whether the files of an LMDB database are whole.

LMDB maps its file into memory and trusts it: a truncated file kills the process with a bus error, a missing one is
silently replaced by an empty one. Both are found here first.
"""

from __future__ import annotations

import struct
from pathlib import Path

from foliohub.errors import StoreError

LIBRARIES = ("prices", "results", "records")
"""Libraries of a store; in LMDB each is a folder with a file of its own."""

_CATALOGUE = "_arctic_cfg"
_MAGIC = 0xBEEFC0DE
_HEADER = 16
_META = struct.Struct("<II16xI92xQQ")  # magic, version; address, map size; page size; two roots; last page, transaction
_TRANSACTIONS_WHEN_MADE = 1
_PAGES_NEVER_WRITTEN = 64
"""A transaction may take pages at the end and give them back unwritten: the file is then a little short and healthy. In
a small file at most an eighth of it."""


def check_database(folder: Path) -> None:
    """Look at the files of a store's database without opening it.

    Parameters
    ----------
    folder : Path
        Of the whole store; need not exist yet.

    Raises
    ------
    StoreError
        Naming the file that is missing, empty, truncated or not LMDB's.
    """
    files = [folder / name / "data.mdb" for name in (_CATALOGUE, *LIBRARIES)]
    # A first start that was killed leaves files missing or empty, and nothing written: then they are made, not missed.
    complete = any(_has_content(file) for file in files[1:])
    for file in files:
        problem = _problem(file)
        if problem and (complete or _size(file)):
            raise StoreError(
                f"The store's database file {file} {problem}.",
                remedy="Restore the store's folder from a backup; or move it away and ingest again.",
            )


def last_transactions(folder: Path) -> tuple[int, ...]:
    """The number of the last finished transaction of each library of a store: every write raises one of them.

    Parameters
    ----------
    folder : Path
        Of the whole store, which exists.
    """
    return tuple(_read_meta(folder / name / "data.mdb")[1] for name in LIBRARIES)


def mark(folder: Path, library: str) -> tuple[int, int, int]:
    """What every finished write of a library changes, and putting another file in its place too.

    Parameters
    ----------
    folder : Path
        Of the whole store, which exists.
    library : str
    """
    file = folder / library / "data.mdb"
    status = file.stat()
    return status.st_dev, status.st_ino, _read_meta(file)[1]


def _has_content(file: Path) -> bool:
    return not _problem(file) and _read_meta(file)[1] > _TRANSACTIONS_WHEN_MADE


def _problem(file: Path) -> str:
    if file.is_dir():
        return "is a folder"
    if not _size(file):
        return "is empty" if file.exists() else "is missing"
    try:
        needed, _ = _read_meta(file)
    except (ValueError, struct.error):
        return "is not an LMDB file, or damaged"
    size = _size(file)
    return f"is truncated: {size:,} bytes of {needed:,}" if size < needed else ""


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _read_meta(file: Path) -> tuple[int, int]:
    """Bytes the file must have at the least, and the number of the last transaction."""
    with file.open("rb") as opened:
        first = _META.unpack(opened.read(_HEADER + _META.size)[_HEADER:])
        page_size = first[2]
        opened.seek(page_size + _HEADER)
        second = _META.unpack(opened.read(_META.size))
    if not first[0] == second[0] == _MAGIC:
        raise ValueError("no LMDB file")
    newest = max(first, second, key=lambda meta: meta[4])
    pages = newest[3] + 1
    return (pages - min(_PAGES_NEVER_WRITTEN, pages // 8)) * page_size, newest[4]
