"""Removing versions that nobody names: neither a run record nor a snapshot, and not the latest of anything."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable

from foliohub.data.locks import Locks
from foliohub.data.panel_writer import PanelWriter
from foliohub.data.panels import Panels
from foliohub.data.tables import Tables

_log = logging.getLogger(__name__)


def prune(
    panels: Panels,
    writer: PanelWriter,
    tables: Tables,
    locks: Locks,
    keep: Collection[tuple[str, int]],
    prefix: str = "",
) -> tuple[tuple[str, int], ...]:
    """Remove what neither `keep` names nor is the latest, name by name, each under its lock; of names with a prefix.

    What a killed writer left behind goes as well: versions of fields that no manifest names.
    """
    removed: list[tuple[str, int]] = []
    for name in _chosen(panels.names(), prefix):
        with locks.name(name):
            gone = _superseded(name, list(panels.manifests(name)), keep)
            writer.remove(name, gone)
            removed += [(name, number) for number in gone]
    for name in _chosen(panels.orphans(), prefix):
        _log.info("sweeping what a killed writer left of %s", name)
        with locks.name(name):
            writer.remove(name, [])
    for name in _chosen(tables.names(), prefix):
        with locks.name(name):
            gone = _superseded(name, [version.number for version in tables.versions(name)], keep)
            if gone:
                tables.remove(name, gone)
            removed += [(name, number) for number in gone]
    return tuple(removed)


def _chosen(names: Iterable[str], prefix: str) -> list[str]:
    return [name for name in names if name.startswith(prefix)]


def _superseded(name: str, numbers: list[int], keep: Collection[tuple[str, int]]) -> list[int]:
    return [number for number in numbers[:-1] if (name, number) not in keep]
