"""One way over HTTP for all vendors: hard time-outs, and the faults that look the same everywhere.

It is libcurl (curl_cffi), which yfinance needs anyway: its time-out bounds the whole exchange, where that of most
clients bounds a single read, so that a server that drips a byte a second holds up nobody. Nor does it log URLs, which
hold keys.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from curl_cffi.requests import Response
from curl_cffi.requests.exceptions import RequestException, Timeout

from foliohub.errors import InputError, RateLimitError, VendorUnavailableError


def unreachable(vendor: str, ticker: str, error: RequestException) -> VendorUnavailableError:
    """The error for a connection that failed or took too long."""
    what = "did not answer in time" if isinstance(error, Timeout) else "cannot be reached"
    return VendorUnavailableError(
        f"{vendor} {what} for {ticker}: {_reason(error)}.", remedy="Check the network, then run it again."
    )


def check_transport(response: Response, vendor: str, ticker: str) -> None:
    """Refuse what no vendor means as an answer: too many requests, a server's fault, a web page.

    Raises
    ------
    RateLimitError
        Status 429, with what the header ``Retry-After`` asks for.
    VendorUnavailableError
        A 5xx or 408 status, or a page of HTML (a gateway or a consent page stands in for the vendor).
    """
    status = response.status_code
    if status == 429:
        seconds = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
        when = "later" if seconds is None else f"in {seconds:.0f} s"
        raise RateLimitError(
            f"{vendor} refuses {ticker}: too many requests (HTTP 429).",
            remedy=f"Run it again {when}, with fewer tickers at a time.",
            retry_after=seconds,
        )
    if status >= 500 or status == 408:
        raise VendorUnavailableError(
            f"{vendor} fails on {ticker} with HTTP status {status}.", remedy="Run it again later."
        )
    if text_of(response).lstrip()[:1] == "<":
        raise VendorUnavailableError(
            f"{vendor} answered for {ticker} with a web page instead of data (HTTP status {status}).",
            remedy="Run it again later; if it stays so, look whether a proxy or a consent page stands in between.",
        )


def read_json(response: Response, vendor: str, ticker: str) -> Any:
    """Parse an answer's JSON; one that breaks off counts as a passing fault.

    Raises
    ------
    VendorUnavailableError
        Where it is no JSON.
    """
    text = text_of(response)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise VendorUnavailableError(
            f"{vendor}'s answer for {ticker} is cut short or no JSON ({len(text)} characters, HTTP status "
            f"{response.status_code}).",
            remedy="Run it again later.",
        ) from error


def text_of(response: Response) -> str:
    """The body as text; bytes that are no UTF-8 are replaced."""
    return response.content.decode("utf-8", "replace")


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds the header ``Retry-After`` asks for (a number, or a date), None where it says nothing usable.

    Examples
    --------
    >>> retry_after("120", datetime(2026, 1, 1, tzinfo=UTC))
    120.0
    >>> retry_after("Thu, 01 Jan 2026 00:00:30 GMT", datetime(2026, 1, 1, tzinfo=UTC))
    30.0
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds())


def check_base_url(base_url: str | None) -> str | None:
    """Return `base_url` without its last slash, where it is an http(s) address."""
    if base_url is not None and not base_url.startswith(("http://", "https://")):
        raise InputError(f"The base URL {base_url!r} is not one.", remedy="Write http:// or https:// and a host.")
    return None if base_url is None else base_url.rstrip("/")


def check_timeout(timeout: float) -> float:
    """Return `timeout` where it is a positive number of seconds."""
    if not 0 < timeout < float("inf"):
        raise InputError(f"The time-out is {timeout}.", remedy="Give a positive number of seconds.")
    return float(timeout)


def _reason(error: RequestException) -> str:
    # libcurl's own words without the wrapping: "... curl: (7) Failed to connect. See https://... for more details."
    return str(error).split("curl: ", 1)[-1].split(". See https", 1)[0].rstrip(".")
