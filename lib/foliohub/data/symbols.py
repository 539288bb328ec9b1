"""How vendors spell tickers."""

from __future__ import annotations

import re

from foliohub.errors import InputError

_TICKER = re.compile(r"[A-Za-z0-9^][A-Za-z0-9.^=-]{0,19}")
_US_CALENDARS = frozenset({"XNYS", "XNAS", "XASE", "NYSE", "NASDAQ", "BATS"})


def check_ticker(ticker: str) -> str:
    """Return `ticker` where it can stand in a URL and a file name.

    Raises
    ------
    InputError
        For anything but letters, digits and ``. ^ = -``, or more than 20 characters.

    Examples
    --------
    >>> check_ticker("BF.B")
    'BF.B'
    """
    if not isinstance(ticker, str) or not _TICKER.fullmatch(ticker):
        raise InputError(
            f"{ticker!r} is not a ticker.",
            remedy="Write up to 20 letters, digits and . ^ = - as in BF.B.",
        )
    return ticker


def hyphenated(ticker: str, calendar: str) -> str:
    """A US share class spelt with a hyphen, as Yahoo and Alpha Vantage want it.

    On other exchanges a dot starts the vendor's suffix for the exchange (``VOD.L`` in London) and stays.

    Examples
    --------
    >>> hyphenated("BF.B", "XNYS"), hyphenated("VOD.L", "XLON")
    ('BF-B', 'VOD.L')
    """
    return ticker.replace(".", "-") if calendar in _US_CALENDARS else ticker
