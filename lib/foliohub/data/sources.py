"""Price sources by name."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

from foliohub.errors import InputError
from foliohub.types import PriceSource

# Imported when asked for: the vendors' clients take a while.
_SOURCES = {
    "sample": ("foliohub.data.sample", "SampleSource"),
    "csv": ("foliohub.data.csv_folder", "CsvFolderSource"),
    "yahoo": ("foliohub.data.yahoo", "YahooSource"),
    "alpha_vantage": ("foliohub.data.alpha_vantage", "AlphaVantageSource"),
}


def names() -> tuple[str, ...]:
    """The names :func:`get` knows."""
    return tuple(_SOURCES)


def parameters(name: str) -> tuple[str, ...]:
    """The parameters :func:`get` takes for a source.

    Examples
    --------
    >>> parameters("csv")
    ('path', 'calendar', 'now')
    """
    return tuple(inspect.signature(_source(name)).parameters)


def get(name: str, **parameters: Any) -> PriceSource:
    """A price source by name.

    Parameters
    ----------
    name : str
        One of :func:`names`.
    **parameters
        What the source's class takes: `path` for ``csv``, `api_key` for ``alpha_vantage``, and so on.

    Raises
    ------
    InputError
        For an unknown name, an unknown parameter, or one that is missing.

    Examples
    --------
    >>> get("sample").name
    'sample'
    """
    source = _source(name)
    try:
        inspect.signature(source).bind(**parameters)
    except TypeError as error:
        raise InputError(
            f"The source {name!r}: {error}.",
            remedy=f"It takes {', '.join(inspect.signature(source).parameters) or 'no parameters'}.",
        ) from error
    made: PriceSource = source(**parameters)
    return made


def _source(name: str) -> Any:
    if name not in _SOURCES:
        raise InputError(f"There is no source {name!r}.", remedy=f"Take one of {', '.join(_SOURCES)}.")
    module, kind = _SOURCES[name]
    return getattr(import_module(module), kind)
