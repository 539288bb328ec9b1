"""How vendors spell tickers."""

from __future__ import annotations

import re

from foliohub.errors import InputError

TICKER = r"[A-Za-z0-9^][A-Za-z0-9._^=-]{0,19}"
"""What a ticker may look like, as a regular expression: share classes (``BF.B``, ``BRK-B``), indexes (``^GSPC``), rates
and futures (``EURUSD=X``), and names of your own (``MSCI_WORLD``); nothing that a URL or a file name cannot hold."""

TICKER_RULE = "Write up to 20 letters, digits and . _ ^ = - as in BF.B; begin with a letter, a digit or ^."
_US_CALENDARS = frozenset({"XNYS", "XNAS", "XASE", "NYSE", "NASDAQ", "BATS"})


def check_ticker(ticker: str) -> str:
    """Return `ticker` where it can stand in a URL and a file name.

    Raises
    ------
    InputError
        It does not match :data:`TICKER`.

    Examples
    --------
    >>> check_ticker("BF.B")
    'BF.B'
    """
    if not isinstance(ticker, str) or not re.fullmatch(TICKER, ticker, re.ASCII):
        raise InputError(f"{ticker!r} is not a ticker.", remedy=TICKER_RULE)
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
