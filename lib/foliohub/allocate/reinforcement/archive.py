"""Trained agents as zip files: the same content gives the same bytes, and nothing read from one is executed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from foliohub.errors import InputError, ModelError

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the date every member bears: no clock in the bytes


def packed(members: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip of these members, by name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members:
            archive.writestr(zipfile.ZipInfo(name, date_time=_EARLIEST), member)
    return content.getvalue()


@contextmanager
def unpacking(content: bytes, otherwise: str, remedy: str) -> Iterator[zipfile.ZipFile]:
    """Open what :func:`packed` gave, for reading.

    Raises
    ------
    ModelError
        With the sentence `otherwise`, the reason and the remedy, where it is no such zip or what is read from it makes
        no sense.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield archive
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, InputError) as error:
        raise ModelError(f"{otherwise}: {error}.", remedy=remedy) from error
