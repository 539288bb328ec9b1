"""Prices in, everything out again: sources, universes, ingest and the store.

Imported when asked for: ArcticDB and pydantic take longer than most commands need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foliohub.data.ingest_report import IngestReport
    from foliohub.data.restatements import merge
    from foliohub.data.store import Store
    from foliohub.data.universe import Member, Universe, load_universe, universe_names
    from foliohub.data.versions import Version

_HOMES = {
    "IngestReport": "foliohub.data.ingest_report",
    "Member": "foliohub.data.universe",
    "Store": "foliohub.data.store",
    "Universe": "foliohub.data.universe",
    "Version": "foliohub.data.versions",
    "load_universe": "foliohub.data.universe",
    "merge": "foliohub.data.restatements",
    "universe_names": "foliohub.data.universe",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


__all__ = [
    "IngestReport",
    "Member",
    "Store",
    "Universe",
    "Version",
    "load_universe",
    "merge",
    "universe_names",
]
