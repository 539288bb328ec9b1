"""Panels of prices as they lie in the store, and reading them: one symbol per field, one manifest per version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from foliohub.data.connection import Connection, checked, stored_names
from foliohub.data.manifests import Manifest
from foliohub.data.names import RECENT, is_part, symbol
from foliohub.data.recent_rows import below, from_recent
from foliohub.errors import InputError, NotStoredError, StoreError
from foliohub.types import PricePanel

_ATTEMPTS = 5


class Panels:
    """The panels of a store, for reading.

    Parameters
    ----------
    connection : Connection
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._library = connection.library("prices")

    def names(self, prefix: str = "") -> list[str]:
        """Names of all panels, sorted."""
        return [name for name in self._stored(prefix) if not is_part(name)]

    def orphans(self) -> list[str]:
        """Names of which parts were written and, because the writer was killed, never a manifest."""
        found = self._stored("")
        parents = {name.rpartition("/")[0] for name in found if is_part(name)}
        return sorted(parents.difference(found))

    def manifest(self, name: str, number: int | None = None) -> tuple[int, Manifest] | None:
        """Number and manifest of one version, the latest by default; None where there is none."""
        from arcticdb.exceptions import NoDataFoundException

        with self._connection.guard(f"cannot read {name}"):
            try:
                item = self._library.read_metadata(symbol(name), as_of=number)
            except NoDataFoundException:
                return None
        return item.version, Manifest.from_text(item.metadata["manifest"], name)

    def manifests(self, name: str) -> dict[int, Manifest]:
        """All versions by number, oldest first."""
        from arcticdb import ReadInfoRequest
        from arcticdb_ext.version_store import DataError

        with self._connection.guard(f"cannot read {name}"):
            numbers = sorted(key.version for key in self._library.list_versions(symbol(name)))
            requests = [ReadInfoRequest(symbol(name), as_of=number) for number in numbers]
            items = self._library.read_metadata_batch(requests) if requests else []
        # A version pruned between the two questions is not there, and that is all right.
        good = [item for item in items if not isinstance(item, DataError)]
        return {item.version: Manifest.from_text(item.metadata["manifest"], name) for item in good}

    def read(
        self,
        name: str,
        *,
        fields: Sequence[str] | None = None,
        tickers: Sequence[str] | None = None,
        start: pd.Timestamp | None = None,
        end: pd.Timestamp | None = None,
        version: int | None = None,
    ) -> PricePanel:
        """See :meth:`foliohub.data.store.Store.read_panel`."""
        for _ in range(_ATTEMPTS):
            found = self.manifest(name, version)
            if found is None:
                raise self.not_stored(name, version)
            number, manifest = found
            wanted = list(manifest.fields) if fields is None else list(fields)
            _check_known(wanted, manifest.fields, f"field in {name}")
            if tickers is not None:
                _check_known(tickers, manifest.tickers, f"ticker in {name}")
            try:
                frames = self._frames(name, manifest, wanted, tickers, (start, end))
            except StoreError:
                now = self.manifest(name, version)
                if now is not None and now[0] == number:
                    raise
                continue  # written anew and pruned while we read: take the version that is there now
            return dict(zip(wanted, frames, strict=True))
        raise StoreError(f"{name} is rewritten faster than it can be read.", remedy="Try again later.")

    def not_stored(self, name: str, version: int | None = None) -> NotStoredError:
        """The error for a panel or a version of it that is not there."""
        if version is None or self.manifest(name) is None:
            known = ", ".join(self.names()[:8]) or "none so far"
            return NotStoredError(f"There is no panel {name} in the store.", remedy=f"Stored are: {known}.")
        numbers = ", ".join(str(number) for number in list(self.manifests(name))[-8:])
        return NotStoredError(f"There is no version {version} of {name}.", remedy=f"The last versions are: {numbers}.")

    def _stored(self, prefix: str) -> list[str]:
        with self._connection.guard("cannot be listed"):
            return stored_names(self._library, prefix)

    def _frames(
        self,
        name: str,
        manifest: Manifest,
        fields: list[str],
        tickers: Sequence[str] | None,
        dates: tuple[pd.Timestamp | None, pd.Timestamp | None],
    ) -> list[pd.DataFrame]:
        from arcticdb import ReadRequest

        span = None if dates == (None, None) else dates
        columns = None if tickers is None else list(dict.fromkeys(tickers))
        requests = [
            ReadRequest(symbol(name, field), as_of=manifest.fields[field].version, date_range=span, columns=columns)
            for field in fields
        ]
        recent = manifest.recent
        if recent is not None and (dates[1] is None or dates[1] >= recent.first):
            place = symbol(name, RECENT)
            requests.append(ReadRequest(place, as_of=recent.version, date_range=span, columns=fields))
        with self._connection.guard(f"cannot read {name}"):
            if len(requests) == 1:  # a batch of one takes longer
                place, number = requests[0].symbol, requests[0].as_of
                items = [self._library.read(place, as_of=number, date_range=span, columns=columns)]
            else:
                items = checked(self._library.read_batch(requests))
        frames: list[pd.DataFrame] = [item.data for item in items[: len(fields)]]
        for frame in frames:
            frame.index.name = "date"
        if len(items) > len(fields):
            rows = items[-1].data
            later = [from_recent(rows, field, manifest.tickers) for field in fields]
            frames = [below(wide, new[wide.columns]) for wide, new in zip(frames, later, strict=True)]
        return frames if tickers is None else [frame[list(tickers)] for frame in frames]


def _check_known(asked: Sequence[str], known: Sequence[str] | Any, what: str) -> None:
    for name in asked:
        if name not in known:
            raise InputError(f"There is no {what} called {name!r}.", remedy=f"There are {', '.join(known)}.")
