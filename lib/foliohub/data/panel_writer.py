"""Writing panels: parts first, the manifest last; wherever the writer is killed, a version is whole or absent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from foliohub.data.connection import Connection, checked
from foliohub.data.contents import chain_rows, panel_content
from foliohub.data.locks import Locks
from foliohub.data.manifests import Manifest, Part, Recent
from foliohub.data.names import RECENT, check_name, symbol
from foliohub.data.panels import Panels
from foliohub.data.recent_rows import STORED_INDEX, to_recent
from foliohub.data.versions import Version
from foliohub.errors import ContractError, InputError
from foliohub.frames import FIELDS, check_panel
from foliohub.types import PricePanel

MOST_RECENT = 32
"""Recent rows before they are appended to the wide frames, which costs as much as thirty nightly updates."""


@dataclass(slots=True)
class _Plan:
    """What a new version needs, by field: wide frames to write, rows to append to them; and recent rows."""

    write: dict[str, pd.DataFrame] = field(default_factory=dict)
    append: dict[str, pd.DataFrame] = field(default_factory=dict)
    recent: dict[str, pd.DataFrame] = field(default_factory=dict)
    recent_appended: bool = False


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
        frames = _as_stored(check_name(name), panel)
        close = frames["close"]
        if close.empty:
            raise ContractError(f"The panel {name} has {len(close)} dates and {close.shape[1]} tickers.")
        chains = {field: chain_rows(frame) for field, frame in frames.items()}
        tickers = tuple(map(str, close.columns))
        content = panel_content(tickers, {field: chain[-1] for field, chain in chains.items()})
        with self._locks.name(name):
            number, stored = self._panels.manifest(name) or (-1, None)
            if stored is not None and stored.content == content:
                return stored.version(name, number)
            plan, wide_rows = _plan(frames, chains, stored)
            draft = Manifest(
                as_of=as_of,
                written_at=datetime.now(UTC),
                content=content,
                tickers=tickers,
                # Version numbers are filled in when the frames are written.
                fields={field: Part(-1, chain[wide_rows - 1], chain[-1]) for field, chain in chains.items()},
                rows=len(close),
                wide_rows=wide_rows,
                first=close.index[0],
                last=close.index[-1],
                metadata=dict(metadata),
            )
            return self._commit(name, stored, plan, draft)

    def extend(self, name: str, rows: PricePanel, as_of: pd.Timestamp, metadata: Mapping[str, Any]) -> Version:
        """See :meth:`foliohub.data.store.Store.extend_panel`."""
        frames = _as_stored(check_name(name), rows)
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
            parts = {}
            for field, part in stored.fields.items():
                parts[field] = replace(part, head=chain_rows(later[field], part.head)[-1])
            draft = replace(
                stored,
                as_of=as_of,
                written_at=datetime.now(UTC),
                content=panel_content(stored.tickers, {field: part.head for field, part in parts.items()}),
                fields=parts,
                rows=stored.rows + len(close),
                last=close.index[-1],
                metadata=dict(metadata),
            )
            if draft.rows - draft.wide_rows > MOST_RECENT:
                return self._fold(name, stored, draft, later)
            return self._commit(name, stored, _Plan(recent=later, recent_appended=stored.recent is not None), draft)

    def compact(self, name: str) -> Version:
        """See :meth:`foliohub.data.store.Store.compact`."""
        with self._locks.name(name):
            found = self._panels.manifest(name)
            if found is None:
                raise self._panels.not_stored(name)
            number, stored = found
            draft = replace(stored, written_at=datetime.now(UTC))
            if stored.recent is not None:
                return self._fold(name, stored, draft, {}, join=True)
            with self._locks.database():
                self._clear_orphans(name, stored, [symbol(name, field) for field in stored.fields])
                joined = self._join(name, stored.fields)
                if joined == stored.fields:
                    return stored.version(name, number)
                return self._write_manifest(name, replace(draft, fields=joined))

    def remove(self, name: str, numbers: list[int]) -> None:
        """Remove versions, then every version of a part that no manifest names any more."""
        with self._locks.name(name), self._locks.database():
            if numbers:
                with self._connection.guard(f"cannot prune {name}"):
                    self._library.delete(symbol(name), versions=numbers)
            manifests = self._panels.manifests(name).values()
            used: dict[str, set[int]] = {part: set() for part in (*FIELDS, RECENT)}
            for manifest in manifests:
                for field, part in manifest.fields.items():
                    used[field].add(part.version)
                if manifest.recent is not None:
                    used[RECENT].add(manifest.recent.version)
            for what, versions in used.items():
                place = symbol(name, what)
                with self._connection.guard(f"cannot prune {name}"):
                    unused = [key.version for key in self._library.list_versions(place) if key.version not in versions]
                    if unused:
                        self._library.delete(place, versions=unused)

    def _fold(
        self, name: str, stored: Manifest, draft: Manifest, later: dict[str, pd.DataFrame], *, join: bool = False
    ) -> Version:
        """Append the recent rows, and later ones, to the wide frames."""
        append = dict(later)
        if stored.recent is not None:
            recent = self._panels.read(name, start=stored.recent.first)
            for field in stored.fields:
                append[field] = pd.concat([recent[field], *([later[field]] if later else [])]).rename_axis(STORED_INDEX)
        parts = {field: replace(part, wide_head=part.head) for field, part in draft.fields.items()}
        folded = replace(draft, fields=parts, wide_rows=draft.rows, recent=None)
        return self._commit(name, stored, _Plan(append=append), folded, join=join)

    def _commit(
        self, name: str, stored: Manifest | None, plan: _Plan, draft: Manifest, *, join: bool = False
    ) -> Version:
        """Write what is planned, and the manifest that names it; `draft` lacks the numbers of what is written."""
        from arcticdb import WritePayload

        draft.to_text()  # refuses metadata that JSON has no form for, before anything is written
        write = [WritePayload(symbol(name, field), frame) for field, frame in plan.write.items()]
        append = [WritePayload(symbol(name, field), frame) for field, frame in plan.append.items()]
        recent = [WritePayload(symbol(name, RECENT), to_recent(plan.recent))] if plan.recent else []
        (append if plan.recent_appended else write).extend(recent)
        with self._locks.database():
            self._connection.require_space(8 * sum(payload.data.size for payload in (*write, *append)))
            if stored is not None:
                self._clear_orphans(name, stored, [payload.symbol for payload in append])
            with self._connection.guard(f"cannot write {name}"):
                items = self._connection.write_all("prices", "write", write)
                items += self._connection.write_all("prices", "append", append)
            written = {item.symbol: item.version for item in items}
            parts = {}
            for field, part in draft.fields.items():
                known = stored.fields[field].version if stored is not None and field in stored.fields else -1
                parts[field] = replace(part, version=written.get(symbol(name, field), known))
            if recent:
                was = stored.recent if stored is not None and plan.recent_appended else None
                first = was.first if was is not None else next(iter(plan.recent.values())).index[0]
                draft = replace(draft, recent=Recent(written[symbol(name, RECENT)], first))
            return self._write_manifest(name, replace(draft, fields=self._join(name, parts) if join else parts))

    def _join(self, name: str, parts: Mapping[str, Part]) -> dict[str, Part]:
        """The wide frames, each in as few pieces as there need be."""
        with self._connection.guard(f"cannot compact {name}"):
            items = checked(self._library.compact_data_batch([symbol(name, field) for field in parts]))
        return {
            field: replace(part, version=item.version) for (field, part), item in zip(parts.items(), items, strict=True)
        }

    def _write_manifest(self, name: str, manifest: Manifest) -> Version:
        text = manifest.to_text()
        with self._connection.guard(f"cannot write {name}"):
            item = self._library.write_metadata(symbol(name), {"manifest": text})
        return manifest.version(name, item.version)

    def _clear_orphans(self, name: str, stored: Manifest, places: list[str]) -> None:
        """Remove what a writer left that was killed before its manifest: appending would build upon it."""
        expected = {symbol(name, field): part.version for field, part in stored.fields.items()}
        if stored.recent is not None:
            expected[symbol(name, RECENT)] = stored.recent.version
        with self._connection.guard(f"cannot write {name}"):
            items = checked(self._library.read_metadata_batch(places)) if places else []
            for item in items:
                if item.version != expected[item.symbol]:
                    numbers = [key.version for key in self._library.list_versions(item.symbol)]
                    self._library.delete(item.symbol, versions=[n for n in numbers if n > expected[item.symbol]])


def _plan(frames: dict[str, pd.DataFrame], chains: dict[str, list[str]], stored: Manifest | None) -> tuple[_Plan, int]:
    """What to write of a whole panel, given what is stored; and how many rows the wide frames then have."""
    rows = len(frames["close"])
    same_shape = (
        stored is not None
        and stored.tickers == tuple(frames["close"].columns)
        and set(stored.fields) == set(frames)
        and stored.wide_rows <= rows
    )
    if stored is None or not same_shape:
        return _Plan(write=frames), rows
    wide = stored.wide_rows
    changed = [field for field, part in stored.fields.items() if chains[field][wide - 1] != part.wide_head]
    if rows - wide > MOST_RECENT:
        append = {field: frame.iloc[wide:] for field, frame in frames.items() if field not in changed}
        return _Plan(write={field: frames[field] for field in changed}, append=append), rows
    plan = _Plan(write={field: frames[field].iloc[:wide] for field in changed})
    continued = (
        stored.recent is not None
        and stored.rows < rows
        and all(chains[field][stored.rows - 1] == part.head for field, part in stored.fields.items())
    )
    if rows > wide:
        plan.recent = {field: frame.iloc[stored.rows if continued else wide :] for field, frame in frames.items()}
        plan.recent_appended = continued
    return plan, wide


def _as_stored(name: str, panel: PricePanel) -> dict[str, pd.DataFrame]:
    """Checked frames in the order of :data:`FIELDS`, their index called as it is stored."""
    check_panel(panel, f"the panel {name}")
    close = panel["close"]
    for ticker in close.columns:
        if not isinstance(ticker, str) or not ticker:
            raise InputError(f"The panel {name} has {ticker!r} for a ticker.", remedy="Name tickers by text.")
    index = pd.DatetimeIndex(close.index.rename(STORED_INDEX)).as_unit("ns")
    columns = pd.Index(list(close.columns), dtype=object, name="ticker")
    return {
        field: panel[field].copy(deep=False).set_axis(index, axis=0).set_axis(columns, axis=1)
        for field in FIELDS
        if field in panel
    }


def _check_fit(name: str, frames: dict[str, pd.DataFrame], stored: Manifest) -> None:
    close = frames["close"]
    unlike = {*frames} ^ {*stored.fields} | {*close.columns} ^ {*stored.tickers}
    if unlike:
        raise ContractError(
            f"Rows for {name} have other fields or tickers than are stored: {', '.join(sorted(unlike)[:8])}.",
            remedy="Write the whole panel instead.",
        )
    if close.index[0] <= stored.last:
        raise ContractError(
            f"Rows for {name} start on {close.index[0]:%Y-%m-%d}; stored are dates up to {stored.last:%Y-%m-%d}.",
            remedy="Write the whole panel instead.",
        )
