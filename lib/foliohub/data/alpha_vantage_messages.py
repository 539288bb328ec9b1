"""What Alpha Vantage says instead of prices, always with HTTP status 200.

A refusal is a JSON object with one of three keys: ``Error Message`` (an unknown ticker, or an invalid key), ``Note``
and ``Information`` (an allowance used up, or an endpoint the key's plan does not cover). The texts have changed over
the years; what is recognised are the words that stayed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from foliohub.errors import CredentialsError, MalformedAnswerError, RateLimitError, UnknownTickerError, VendorError

_KEYS = ("Error Message", "Note", "Information")

# Words of an allowance used up, and the seconds after which it has come back. The first that fits counts: the text
# on requests in quick succession also names the allowance of a day.
_ALLOWANCES = (
    ("per second", 1.0),
    ("spreading out", 1.0),
    ("per minute", 60.0),
    ("per day", 86_400.0),
    ("rate limit", None),
    ("call frequency", None),
)


def message_of(answer: object) -> tuple[str, str] | None:
    """The key and text of the vendor's message, None where `answer` holds none.

    Examples
    --------
    >>> message_of({"Note": "Thank you for using Alpha Vantage!"})
    ('Note', 'Thank you for using Alpha Vantage!')
    """
    if isinstance(answer, Mapping):
        for key in _KEYS:
            if key in answer:
                return key, " ".join(str(answer[key]).split())
    return None


def message_in_file(text: str) -> tuple[str, str] | None:
    r"""The same out of a file that should hold CSV; also where a careless writer left the key alone between braces.

    Examples
    --------
    >>> message_in_file("{\nError Message\n}\n")
    ('Error Message', 'Error Message')
    """
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = message_of(json.loads(text))
    except (ValueError, RecursionError):
        found = None
    if found is None:
        words = " ".join(text.strip(" \t\r\n{}").split())
        found = next((key for key in _KEYS if key in words), "Information"), words
    return found


def error_of(key: str, text: str, *, vendor: str, ticker: str) -> VendorError:
    """The error a message stands for.

    Parameters
    ----------
    key, text : str
        As :func:`message_of` gave them, the API key already taken out of the text.
    vendor, ticker : str
        For the message.

    Returns
    -------
    CredentialsError
        The key is missing, invalid, the demonstration key, or its plan does not cover daily adjusted prices.
    RateLimitError
        An allowance is used up; `retry_after` says when it has come back: a second, a minute or a day.
    UnknownTickerError
        Any other ``Error Message``.
    MalformedAnswerError
        Any other text.
    """
    words = text.lower()
    says = f'{vendor} says of {ticker}: "{text}".'
    if "apikey" in words or ("demo" in words and "api key" in words):
        return CredentialsError(says, remedy="Set a valid Alpha Vantage key.")
    if key != "Error Message":
        for phrase, seconds in _ALLOWANCES:
            if phrase in words:
                return RateLimitError(says, remedy="Run it again later, with fewer tickers.", retry_after=seconds)
        if "premium" in words:
            return CredentialsError(
                says, remedy="Daily adjusted prices need a key with a premium plan; or take another source."
            )
        return MalformedAnswerError(says)
    return UnknownTickerError(says, remedy="Look the ticker up at the vendor, or leave it out of the universe.")
