"""Files that a run leaves behind: its executed notebook and its report.

They lie in the state folder; of an installation whose store is on S3, in the bucket beside the store, where every pod
finds them. Each is written whole or not at all, and before its run is recorded as ended: the record is the commit. It
names each by its path and its hash, so that a file that somebody changed is shown to nobody.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foliohub.errors import NotStoredError, StoreError
from foliohub.runs.opening import open_store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from foliohub.config import Settings
    from foliohub.data.store import Store
    from foliohub.runs.records import RunRecord

logger = logging.getLogger(__name__)

MEDIA_TYPES = {".ipynb": "application/x-ipynb+json", ".html": "text/html; charset=utf-8"}
_FOLDER = "runs/"


@dataclass(frozen=True, slots=True)
class Output:
    """A file that is there.

    Attributes
    ----------
    name : str
        "notebook" or "report".
    file : str
        Name of the file.
    size : int
        Bytes.
    """

    name: str
    file: str
    size: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What a record says of the files of its run.

    Attributes
    ----------
    paths, hashes : dict of str to str
        By "notebook" and "report": where it lies, and its SHA-256.
    """

    paths: dict[str, str]
    hashes: dict[str, str]


class Outputs:
    """The files of an installation's runs.

    Parameters
    ----------
    settings : Settings
    store : Store, optional
        The settings' store, which may be open already.
    """

    def __init__(self, settings: Settings, store: Store | None = None) -> None:
        self._settings = settings
        self._bucket = (store or open_store(settings)).bucket

    def keep(self, files: Mapping[str, Path]) -> Kept:
        """Put files where all of the installation finds them; they lie below the state folder now.

        Raises
        ------
        StoreError
            The bucket cannot be written.
        """
        kept = Kept({}, {})
        for name, file in files.items():
            body = file.read_bytes()
            path = file.relative_to(self._settings.home).as_posix()
            if self._bucket is not None:
                self._bucket.put(path, body, kind=_media_type(path))
            kept.paths[name], kept.hashes[name] = path, hashlib.sha256(body).hexdigest()
        return kept

    def keep_of_failed(self, notebook: Path) -> Kept:
        """Put the notebook of a run that failed beside a store on S3, as its own folder goes with its pod.

        Elsewhere it stays where it is; and where it cannot be kept, the run has failed all the same.
        """
        if self._bucket is None or not notebook.exists():
            return Kept({}, {})
        try:
            return self.keep({"notebook": notebook})
        except (StoreError, OSError) as error:
            logger.warning("the notebook %s is not kept: %s", notebook.name, error)
            return Kept({}, {})

    def clear(self, folder: Path) -> None:
        """Remove a run's own folder, once its record is written, where what is worth keeping lies in the bucket."""
        if self._bucket is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def list(self, record: RunRecord) -> list[Output]:
        """The files of a run that are there."""
        sizes = {name: self._size(path) for name, path in record.outputs.items()}
        return [
            Output(name, record.outputs[name].rpartition("/")[2], size)
            for name, size in sizes.items()
            if size is not None
        ]

    def read(self, record: RunRecord, name: str) -> bytes:
        """The content of one of them.

        Raises
        ------
        NotStoredError
            The run has left no such file, or it is gone.
        StoreError
            It is not what the run left.
        """
        body = self._read(record.outputs[name]) if name in record.outputs else None
        if body is None:
            raise NotStoredError(f"Run {record.id} has no {name} any more, or never had.")
        if name in record.hashes and hashlib.sha256(body).hexdigest() != record.hashes[name]:
            raise StoreError(
                f"The {name} of run {record.id} is not the one that was recorded.",
                remedy="Somebody has changed it since: run the job again, and find out who can write there.",
            )
        return body

    def place(self, record: RunRecord, name: str) -> str:
        """Where one of them lies, for people."""
        path = record.outputs[name]
        return str(self._settings.home / path) if self._bucket is None else self._bucket.place(path)

    def _size(self, path: str) -> int | None:
        if self._bucket is not None:
            return self._bucket.size(path) if _is_inside(path) else None
        file = self._file(path)
        return None if file is None else file.stat().st_size

    def _read(self, path: str) -> bytes | None:
        if self._bucket is not None:
            found = self._bucket.get(path) if _is_inside(path) else None
            return None if found is None else found.body
        file = self._file(path)
        return None if file is None else file.read_bytes()

    def _file(self, path: str) -> Path | None:
        """A file, if it is one and lies where runs leave theirs."""
        file = (self._settings.home / path).resolve()
        return file if file.is_relative_to(self._settings.runs.resolve()) and file.is_file() else None


def _is_inside(path: str) -> bool:
    return path.startswith(_FOLDER) and ".." not in path.split("/")


def _media_type(path: str) -> str:
    return next((kind for end, kind in MEDIA_TYPES.items() if path.endswith(end)), "application/octet-stream")
