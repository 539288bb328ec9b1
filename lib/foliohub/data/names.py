"""Names of what is stored: paths of plain words, as ``raw/sample`` or ``weights/av30/2019-06-28``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from foliohub.errors import InputError
from foliohub.frames import FIELDS

_NAME = re.compile(r"[A-Za-z0-9][\w.:=+@-]*(/[A-Za-z0-9][\w.:=+@-]*)*", re.ASCII)
_LONGEST = 180

RECENT = "recent"
"""Last part of the symbol that holds the rows added to a panel since its fields were last written."""


def check_name(name: str) -> str:
    """Return a name, or say what is wrong with it.

    Raises
    ------
    InputError
        For an empty part, a character that some storage cannot keep, or an end that a panel's parts bear.

    Examples
    --------
    >>> check_name("raw/sample")
    'raw/sample'
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise InputError(
            f"{name!r} cannot name anything in the store.",
            remedy=f"Use letters, digits and . _ : = + @ - between single slashes, {_LONGEST} characters at most.",
        )
    if is_part(name):
        raise InputError(
            f"{name!r} ends in the name of a part of a panel.", remedy="That place belongs to the panel above it."
        )
    return name


def is_part(name: str) -> bool:
    """Whether a name is that of a part of a panel: one of its fields, or its recent rows."""
    return name.rpartition("/")[2] in (*FIELDS, RECENT)


def symbol(name: str, part: str = "") -> str:
    """The symbol of ArcticDB that holds a name, or a part of a panel.

    Without slashes: an S3 server that keeps its objects in files (rclone, MinIO) cannot hold ``raw/sample`` and
    ``raw/sample/close`` both.

    Examples
    --------
    >>> symbol("raw/sample", "close")
    'raw~sample~close'
    """
    return f"{name}/{part}".rstrip("/").replace("/", "~")


def from_symbol(symbol: str) -> str:
    """The name that a symbol holds."""
    return symbol.replace("~", "/")


def to_json(content: Mapping[str, Any], what: str) -> str:
    """A mapping as JSON text.

    Raises
    ------
    InputError
        It holds something that JSON has no form for.
    """
    try:
        return json.dumps(dict(content), ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{what} cannot be stored: {error}.", remedy="Use texts, numbers, booleans, None, lists and dicts only."
        ) from error
