"""Drawing every dashboard once before anybody asks, to have ready what the next page may take over."""

from __future__ import annotations

import json
import logging
import pickle
import struct
from pathlib import Path

from foliohub.config import load_settings
from foliohub.dashboards import kit
from foliohub.dashboards.kit.memory import Memory, take_over
from foliohub.dashboards.kit.request import rehearsing
from foliohub.data.addresses import Address
from foliohub.data.lmdb_files import mark
from foliohub.errors import FoliohubError
from foliohub.runs.known import KnownRuns

_log = logging.getLogger(__name__)


def storage() -> Path | None:
    """The folder the store lies in; None where it does not lie on this machine."""
    return Address.parse(load_settings().store).folder


def written(folder: Path | None) -> tuple[int, ...] | None:
    """What changes whenever a document is written: then there is something new to rehearse.

    Opens nothing: whoever forks processes must not have the store open.

    Parameters
    ----------
    folder : Path or None
        Of the store.

    Returns
    -------
    tuple of int, or None
        None where nothing is stored yet, or only reading tells.
    """
    try:
        return None if folder is None else mark(folder, "records")
    except (OSError, ValueError, struct.error):
        return None


def rehearse(reports: Path) -> Memory:
    """Draw every dashboard of a folder as it looks without a query.

    Opens the store: for a process that ends afterwards.

    Parameters
    ----------
    reports : Path
        Folder of the notebooks.

    Returns
    -------
    Memory
        What pages may take over; the tables and drawings of a page that failed are missing.
    """
    sources = kit.sources()
    learnt = Memory(sources.keys, learning=True)
    take_over(learnt)
    learnt.runs = KnownRuns.read(sources.store, sources.records)
    for notebook in sorted(reports.glob("*.ipynb")):
        names: dict[str, object] = {}
        try:
            with rehearsing():
                for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
                    if cell["cell_type"] == "code":
                        exec("".join(cell["source"]), names)  # noqa: S102 - our own notebook, as its kernel would
        except Exception:
            _log.warning("The page %s could not be rehearsed", notebook.stem, exc_info=True)
    learnt.learning = False
    return learnt


def rehearsed(reports: Path) -> bytes:
    """The same for another process; nothing where it cannot be done now."""
    try:
        return pickle.dumps(rehearse(reports), protocol=5)
    except FoliohubError as error:
        _log.info("Nothing to rehearse: %s", error)
        return b""
