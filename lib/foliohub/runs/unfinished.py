"""Folders for work that is not finished: who is killed finds there how far it was, and nobody takes another's for it.

A folder's name is a hash of everything the work depends on, so that what is left of other data, parameters or sessions
is never gone on with. It lies on this machine: where the home is a pod's scratch volume, as on Kubernetes, it outlives
a killed kernel, and the job's next attempt in that pod goes on from it; the next pod starts anew.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_log = logging.getLogger(__name__)

_LOCK = "in-use.lock"
_KEPT_SECONDS = 14 * 86_400.0
"""What nobody went on with for so long is removed when the next work of its kind begins."""


@contextmanager
def unfinished_work(kind: Path, made_of: Mapping[str, Any]) -> Iterator[Path]:
    """A folder of one piece of work: kept while it is not finished, gone once the block ends without an error.

    Parameters
    ----------
    kind : Path
        Folder for work of this kind; made where it does not exist.
    made_of : mapping
        Everything the work depends on: texts, numbers, lists and mappings of these.

    Yields
    ------
    Path
        With what was left by whoever was interrupted at the very same work. Where another process does that work just
        now, or nothing can be written to `kind`, an empty folder that is gone in the end whatever happens.
    """
    key = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:32]
    with ExitStack() as held:
        folder = _taken(kind / key, held)
        if folder is None:
            yield Path(held.enter_context(tempfile.TemporaryDirectory(prefix="foliohub-unfinished-")))
            return
        _remove_old(kind)
        yield folder
        shutil.rmtree(folder, ignore_errors=True)


def _taken(folder: Path, held: ExitStack) -> Path | None:
    """The folder, held by this process until `held` ends or the process does; None where it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held.enter_context(filelock.FileLock(folder / _LOCK, blocking=False))
        folder.touch()
    except filelock.Timeout:
        _log.info("another process works in %s: nothing is kept of this one", folder)
        return None
    except OSError as error:
        _log.warning("%s cannot be written (%s): what is interrupted will start anew", folder, error.strerror)
        return None
    return folder


def _remove_old(kind: Path) -> None:
    for folder in kind.iterdir():
        try:
            if time.time() - folder.stat().st_mtime < _KEPT_SECONDS:
                continue
            with filelock.FileLock(folder / _LOCK, blocking=False):
                shutil.rmtree(folder)
        except OSError:  # somebody works in it or has just removed it, or it is not ours to remove
            continue


__all__ = ["unfinished_work"]
