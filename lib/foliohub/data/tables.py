"""Tables of results: forecasts, weights, orders, reports of quality."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from foliohub.data.connection import Connection, stored_names
from foliohub.data.contents import table_content
from foliohub.data.locks import Locks
from foliohub.data.names import check_name, symbol, to_json
from foliohub.data.versions import Version
from foliohub.errors import ContractError, NotStoredError, StoreError


class Tables:
    """The tables of a store.

    Parameters
    ----------
    connection : Connection
    locks : Locks
    """

    def __init__(self, connection: Connection, locks: Locks) -> None:
        self._connection = connection
        self._library = connection.library("results")
        self._locks = locks

    def names(self, prefix: str = "") -> list[str]:
        """Names of all tables, sorted."""
        with self._connection.guard("cannot be listed"):
            return stored_names(self._library, prefix)

    def write(self, name: str, frame: pd.DataFrame, metadata: Mapping[str, Any]) -> Version:
        """See :meth:`foliohub.data.store.Store.write_table`."""
        plain = normalise(frame, f"the table {check_name(name)}")
        content = table_content(plain)
        with self._locks.name(name):
            latest = self.latest(name)
            if latest is not None and latest.content == content:
                return latest
            now = datetime.now(UTC)
            described = to_json(
                {
                    "written_at": now.isoformat(),
                    "content": content,
                    "columns": [[column, str(kind)] for column, kind in plain.dtypes.items()],
                    "index": [plain.index.name, isinstance(plain.index, pd.DatetimeIndex)],
                    "metadata": dict(metadata),
                },
                f"The metadata of {name}",
            )
            with self._locks.database(), self._connection.guard(f"cannot write {name}"):
                self._connection.require_space(int(plain.memory_usage(deep=True).sum()))
                item = self._library.write(symbol(name), plain, metadata={"table": described}, validate_index=False)
            return Version(name, item.version, None, now, content, dict(metadata))

    def read(self, name: str, version: int | None = None) -> pd.DataFrame:
        """See :meth:`foliohub.data.store.Store.read_table`."""
        from arcticdb.exceptions import NoDataFoundException

        with self._connection.guard(f"cannot read {name}"):
            try:
                item = self._library.read(symbol(name), as_of=version)
            except NoDataFoundException:
                raise self.not_stored(name, version) from None
        described = json.loads(item.metadata["table"])
        frame: pd.DataFrame = item.data
        index_name, has_dates = described["index"]
        # ArcticDB gives an empty frame an index of dates, whatever it had.
        if not has_dates:
            frame.index = pd.RangeIndex(len(frame), name=index_name)
        return frame.astype({column: kind for column, kind in described["columns"] if frame[column].dtype != kind})

    def latest(self, name: str) -> Version | None:
        """The latest version; None where there is none."""
        from arcticdb.exceptions import NoDataFoundException

        with self._connection.guard(f"cannot read {name}"):
            try:
                item = self._library.read_metadata(symbol(name))
            except NoDataFoundException:
                return None
        return _version(name, item)

    def versions(self, name: str) -> list[Version]:
        """All versions, oldest first."""
        from arcticdb import ReadInfoRequest
        from arcticdb_ext.version_store import DataError

        with self._connection.guard(f"cannot read {name}"):
            numbers = sorted(key.version for key in self._library.list_versions(symbol(name)))
            requests = [ReadInfoRequest(symbol(name), as_of=number) for number in numbers]
            items = self._library.read_metadata_batch(requests) if requests else []
        return [_version(name, item) for item in items if not isinstance(item, DataError)]

    def rows(self, name: str, number: int) -> int | None:
        """How many rows a version has, told without reading them; None where there is no such version."""
        with self._connection.guard(f"cannot tell the rows of {name}"):
            if not self._library.has_symbol(symbol(name), as_of=number):
                return None
            return int(self._library.get_description(symbol(name), as_of=number).row_count)

    def remove(self, name: str, numbers: list[int]) -> None:
        """Remove versions."""
        with self._locks.name(name), self._locks.database(), self._connection.guard(f"cannot prune {name}"):
            self._library.delete(symbol(name), versions=numbers)

    def not_stored(self, name: str, version: int | None = None) -> NotStoredError:
        """The error for a table or a version of it that is not there."""
        numbers = [known.number for known in self.versions(name)]
        if version is None or not numbers:
            alike = self.names(name.partition("/")[0] + "/")[-8:]
            return NotStoredError(
                f"There is no table {name} in the store.", remedy=f"Stored there are: {', '.join(alike) or 'none'}."
            )
        return NotStoredError(
            f"There is no version {version} of {name}.",
            remedy=f"The last versions are: {', '.join(map(str, numbers[-8:]))}.",
        )


def normalise(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    """A table in the form it is stored and hashed in.

    Numbers, booleans and dates stay as they are; a missing text is None. The index is a RangeIndex, or dates.

    Parameters
    ----------
    frame : DataFrame
    what : str
        For messages.

    Raises
    ------
    ContractError
        An index, a column's name or a type that would not come back as it was.
    """
    if not frame.columns.is_unique or not all(isinstance(column, str) for column in frame.columns):
        raise ContractError(
            f"{what} has the columns {list(frame.columns)}.", remedy="Name columns by texts, each once."
        )
    plain = frame.copy(deep=False)
    plain.columns = pd.Index(list(frame.columns), dtype=object)
    if isinstance(frame.index, pd.DatetimeIndex) and frame.index.tz is None:
        plain.index = frame.index.as_unit("ns")
    elif not frame.index.equals(pd.RangeIndex(len(frame))):
        raise ContractError(
            f"{what} has the index {type(frame.index).__name__} {frame.index.names}.",
            remedy="Call reset_index() first: tables have a plain numbering, or dates without a time zone.",
        )
    for column in frame.columns:
        plain[column] = _normalise_column(frame[column], f"{what}, column {column!r}")
    return plain


def _normalise_column(values: pd.Series, what: str) -> pd.Series:
    kind = values.dtype
    if isinstance(kind, np.dtype) and kind.kind in "biuf" and kind.itemsize <= 8 and kind != np.float16:
        return values
    if isinstance(kind, np.dtype) and kind.kind == "M":
        return values.astype("datetime64[ns]")
    if pd.api.types.is_object_dtype(kind) or isinstance(kind, pd.StringDtype):
        texts = values.astype(object).where(values.notna(), None)
        wrong = [value for value in texts if not (value is None or isinstance(value, str))]
        if not wrong:
            return texts
        raise ContractError(
            f"{what} holds {wrong[0]!r} of type {type(wrong[0]).__name__}.", remedy="Store texts, numbers or dates."
        )
    raise ContractError(f"{what} is of type {kind}.", remedy="Convert it to float, int, bool, text or plain dates.")


def _version(name: str, item: Any) -> Version:
    try:
        described = json.loads(item.metadata["table"])
        written_at = datetime.fromisoformat(described["written_at"])
        return Version(name, item.version, None, written_at, described["content"], described["metadata"])
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"Version {item.version} of {name} cannot be read ({type(error).__name__}: {error}).",
            remedy="It was not written by Foliohub, or is damaged: restore the store from a backup.",
        ) from error
