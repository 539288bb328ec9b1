"""Writing panels: fields first, the manifest last; wherever the writer is killed, a version is whole or absent."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from foliohub.data.connection import Connection, checked
from foliohub.data.contents import chain_rows, panel_content
from foliohub.data.locks import Locks
from foliohub.data.manifests import Manifest, Part
from foliohub.data.names import check_name, symbol
from foliohub.data.panels import STORED_INDEX, Panels
from foliohub.data.versions import Version
from foliohub.errors import ContractError, InputError
from foliohub.frames import FIELDS, check_panel
from foliohub.types import PricePanel

MOST_APPENDS = 32
"""Appends to a field before its pieces are joined: at 64 reading takes twice as long as in one piece."""


@dataclass(slots=True)
class _Plan:
    """What a new version needs: fields to write whole, rows to append, and fields that stay as they are."""

    heads: dict[str, str]
    whole: dict[str, pd.DataFrame] = dataclasses.field(default_factory=dict)
    later: dict[str, pd.DataFrame] = dataclasses.field(default_factory=dict)
    kept: dict[str, Part] = dataclasses.field(default_factory=dict)


class PanelWriter:
    """The panels of a store, for writing.

    Parameters
    ----------
    connection : Connection
    panels : Panels
    locks : Locks
    """

    def __init__(self, connection: Connection, panels: Panels, locks: Locks) -> None:
        self._connection = connection
        self._library = connection.library("prices")
        self._panels = panels
        self._locks = locks

    def write(self, name: str, panel: PricePanel, as_of: pd.Timestamp, metadata: Mapping[str, Any]) -> Version:
        """See :meth:`foliohub.data.store.Store.write_panel`."""
        frames = _plain(check_name(name), panel)
        close = frames["close"]
        if close.empty:
            raise ContractError(f"The panel {name} has {len(close)} dates and {close.shape[1]} tickers.")
        chains = {field: chain_rows(frame) for field, frame in frames.items()}
        heads = {field: chain[-1] for field, chain in chains.items()}
        tickers = tuple(map(str, close.columns))
        content = panel_content(tickers, heads)
        with self._locks.name(name):
            number, stored = self._panels.manifest(name) or (-1, None)
            if stored is not None and stored.content == content:
                return stored.version(name, number)
            return self._commit(
                name,
                stored,
                _plan(frames, chains, heads, stored),
                Manifest(
                    as_of=as_of,
                    written_at=datetime.now(UTC),
                    content=content,
                    tickers=tickers,
                    fields={},
                    rows=len(close),
                    first=close.index[0],
                    last=close.index[-1],
                    metadata=dict(metadata),
                ),
            )

    def extend(self, name: str, rows: PricePanel, as_of: pd.Timestamp, metadata: Mapping[str, Any]) -> Version:
        """See :meth:`foliohub.data.store.Store.extend_panel`."""
        frames = _plain(check_name(name), rows)
        close = frames["close"]
        with self._locks.name(name):
            found = self._panels.manifest(name)
            if found is None:
                raise self._panels.not_stored(name)
            number, stored = found
            if close.empty:
                return stored.version(name, number)
            _check_fit(name, frames, stored)
            later = {field: frames[field][list(stored.tickers)] for field in stored.fields}
            heads = {field: chain_rows(frame, stored.fields[field].head)[-1] for field, frame in later.items()}
            return self._commit(
                name,
                stored,
                _Plan(heads, later=later),
                replace(
                    stored,
                    as_of=as_of,
                    written_at=datetime.now(UTC),
                    content=panel_content(stored.tickers, heads),
                    rows=stored.rows + len(close),
                    last=close.index[-1],
                    metadata=dict(metadata),
                ),
            )

    def compact(self, name: str) -> Version:
        """See :meth:`foliohub.data.store.Store.compact`."""
        with self._locks.name(name):
            found = self._panels.manifest(name)
            if found is None:
                raise self._panels.not_stored(name)
            number, stored = found
            scattered = [field for field, part in stored.fields.items() if part.appends]
            if not scattered:
                return stored.version(name, number)
            with self._locks.database():
                self._clear_orphans(name, stored, scattered)
                parts = dict(stored.fields) | self._join(name, {field: stored.fields[field] for field in scattered})
                return self._write_manifest(name, replace(stored, fields=parts, written_at=datetime.now(UTC)))

    def remove(self, name: str, numbers: list[int]) -> None:
        """Remove versions, then every version of a field that no manifest names any more."""
        with self._locks.name(name), self._locks.database():
            if numbers:
                with self._connection.guard(f"cannot prune {name}"):
                    self._library.delete(symbol(name), versions=numbers)
            manifests = self._panels.manifests(name).values()
            for field in FIELDS:
                used = {manifest.fields[field].version for manifest in manifests if field in manifest.fields}
                place = symbol(name, field)
                with self._connection.guard(f"cannot prune {name}"):
                    unused = [key.version for key in self._library.list_versions(place) if key.version not in used]
                    if unused:
                        self._library.delete(place, versions=unused)

    def _commit(self, name: str, stored: Manifest | None, plan: _Plan, draft: Manifest) -> Version:
        from arcticdb import WritePayload

        whole = [WritePayload(symbol(name, field), frame) for field, frame in plan.whole.items()]
        later = [WritePayload(symbol(name, field), frame) for field, frame in plan.later.items()]
        size = sum(payload.data.size for payload in (*whole, *later)) * 8
        with self._locks.database():
            self._connection.require_space(size)
            parts = dict(plan.kept)
            if stored is not None and later:
                self._clear_orphans(name, stored, list(plan.later))
            with self._connection.guard(f"cannot write {name}"):
                items = self._connection.write_all("prices", "write", whole)
                for field, item in zip(plan.whole, items, strict=True):
                    parts[field] = Part(item.version, plan.heads[field])
                items = self._connection.write_all("prices", "append", later)
                for field, item in zip(plan.later, items, strict=True):
                    appends = stored.fields[field].appends + 1 if stored is not None else 0
                    parts[field] = Part(item.version, plan.heads[field], appends)
            crowded = {field: part for field, part in parts.items() if part.appends >= MOST_APPENDS}
            if crowded:
                parts |= self._join(name, crowded)
            fields = {field: parts[field] for field in FIELDS if field in parts}
            return self._write_manifest(name, replace(draft, fields=fields))

    def _write_manifest(self, name: str, manifest: Manifest) -> Version:
        text = manifest.to_text()
        with self._connection.guard(f"cannot write {name}"):
            item = self._library.write_metadata(symbol(name), {"manifest": text})
        return manifest.version(name, item.version)

    def _join(self, name: str, parts: Mapping[str, Part]) -> dict[str, Part]:
        """Fields rewritten in one piece each."""
        with self._connection.guard(f"cannot compact {name}"):
            items = checked(self._library.compact_data_batch([symbol(name, field) for field in parts]))
        return {field: Part(item.version, part.head) for (field, part), item in zip(parts.items(), items, strict=True)}

    def _clear_orphans(self, name: str, stored: Manifest, fields: list[str]) -> None:
        """Remove what a writer left that was killed before its manifest: appending would build upon it."""
        places = {symbol(name, field): stored.fields[field].version for field in fields}
        with self._connection.guard(f"cannot write {name}"):
            for item in checked(self._library.read_metadata_batch(list(places))):
                if item.version != places[item.symbol]:
                    newer = [key.version for key in self._library.list_versions(item.symbol)]
                    self._library.delete(item.symbol, versions=[n for n in newer if n > places[item.symbol]])


def _plan(
    frames: dict[str, pd.DataFrame], chains: dict[str, list[str]], heads: dict[str, str], stored: Manifest | None
) -> _Plan:
    plan = _Plan(heads)
    same_tickers = stored is not None and stored.tickers == tuple(frames["close"].columns)
    for field, frame in frames.items():
        part = stored.fields.get(field) if stored is not None and same_tickers else None
        if stored is None or part is None:
            plan.whole[field] = frame
        elif part.head == heads[field]:
            plan.kept[field] = part
        elif stored.rows < len(frame) and part.head == chains[field][stored.rows - 1]:
            plan.later[field] = frame.iloc[stored.rows :]
        else:
            plan.whole[field] = frame
    return plan


def _plain(name: str, panel: PricePanel) -> dict[str, pd.DataFrame]:
    """Checked frames in the order of :data:`FIELDS`, as they are stored."""
    check_panel(panel, f"the panel {name}")
    close = panel["close"]
    for ticker in close.columns:
        if not isinstance(ticker, str) or not ticker:
            raise InputError(f"The panel {name} has {ticker!r} for a ticker.", remedy="Name tickers by text.")
    index = pd.DatetimeIndex(close.index.rename(STORED_INDEX)).as_unit("ns")
    columns = pd.Index(list(close.columns), dtype=object, name="ticker")
    frames = {}
    for field in FIELDS:
        if field in panel:
            frames[field] = panel[field].copy(deep=False).set_axis(index, axis=0).set_axis(columns, axis=1)
    return frames


def _check_fit(name: str, frames: dict[str, pd.DataFrame], stored: Manifest) -> None:
    close = frames["close"]
    if set(frames) != set(stored.fields) or set(close.columns) != set(stored.tickers):
        unlike = set(frames).symmetric_difference(stored.fields) | set(close.columns).symmetric_difference(
            stored.tickers
        )
        raise ContractError(
            f"Rows for {name} have other fields or tickers than are stored: {', '.join(sorted(unlike)[:8])}.",
            remedy="Write the whole panel instead.",
        )
    if close.index[0] <= stored.last:
        raise ContractError(
            f"Rows for {name} start on {close.index[0]:%Y-%m-%d}; stored are dates up to {stored.last:%Y-%m-%d}.",
            remedy="Write the whole panel instead.",
        )
