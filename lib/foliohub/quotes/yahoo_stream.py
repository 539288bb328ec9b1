"""Yahoo's stream of quotes, through the client of `yfinance`.

yfinance knows the address, how to subscribe, that Yahoo wants to hear the subscription again every quarter of a minute,
and how a message is packed. Its loop over the messages is not used: after a connection that was closed in good order it
spins for ever, after one that broke it goes on reading the dead one, and it prints every message it cannot read.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException
from yfinance import AsyncWebSocket

from foliohub.errors import MalformedAnswerError, VendorUnavailableError

YAHOO = "wss://streamer.finance.yahoo.com/?version=2"
_LONGEST_FAREWELL = 0.5

_mute = logging.getLogger(f"{__name__}.yfinance")
_mute.setLevel(logging.CRITICAL + 1)  # not `disabled`, which any later configuration of logging undoes
"""What goes wrong is told once, by who calls; yfinance would tell it at every attempt, with a traceback."""


class YahooStream(AsyncWebSocket):  # type: ignore[misc]
    """One connection to Yahoo's stream: open it, read its messages, close it; then make another.

    Parameters
    ----------
    url : str
        Where to connect instead of Yahoo: a gateway, a test's server.
    """

    def __init__(self, url: str = YAHOO) -> None:
        super().__init__(url, verbose=False)
        self.logger = _mute
        self._ws: ClientConnection | None = None

    async def open(self, symbols: Iterable[str]) -> None:
        """Connect and subscribe.

        Raises
        ------
        VendorUnavailableError
            It cannot be reached, or refuses; the message says how.
        """
        try:
            await self.subscribe(sorted(symbols))
        except (OSError, WebSocketException, ValueError, ImportError) as error:
            await self.close()
            raise _unavailable(self.url, error) from error

    async def messages(self) -> AsyncIterator[dict[str, Any] | MalformedAnswerError]:
        """What comes, decoded; for a message that cannot be read, the error that says so.

        Raises
        ------
        VendorUnavailableError
            The connection was closed or broke; it does not just end.
        """
        if self._ws is None:
            raise VendorUnavailableError(f"{_host(self.url)} is not connected.", remedy="Open the stream first.")
        try:
            async for text in self._ws:
                yield self._read(text)
        except (OSError, WebSocketException) as error:
            raise _unavailable(self.url, error) from error
        raise VendorUnavailableError(f"{_host(self.url)} closed the connection.")

    async def close(self) -> None:
        """Close the connection, without waiting for an answer that does not come."""
        connection = self._ws
        with suppress(TimeoutError, ConnectionClosed, OSError):
            async with asyncio.timeout(_LONGEST_FAREWELL):
                await super().close()
        if connection is not None:
            connection.transport.abort()
        self._ws = None

    def _read(self, text: str | bytes) -> dict[str, Any] | MalformedAnswerError:
        try:
            decoded: dict[str, Any] = self._decode_message(json.loads(text)["message"])
        except Exception as error:  # whatever is sent, the connection stays
            return MalformedAnswerError(f"Yahoo's stream sent what is no message ({type(error).__name__}: {error}).")
        if "error" in decoded:
            return MalformedAnswerError(f"Yahoo's stream sent what cannot be decoded ({decoded['error']}).")
        return decoded


def _unavailable(url: str, error: Exception) -> VendorUnavailableError:
    if isinstance(error, InvalidStatus):
        reason = f"it answers with status {error.response.status_code}"
    elif isinstance(error, TimeoutError):
        reason = "it does not answer in time"
    elif isinstance(error, ConnectionClosed):
        reason = "the connection broke"
    elif isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
    elif isinstance(error, InvalidURI):
        reason = "its address does not start with ws:// or wss://"
    else:
        reason = type(error).__name__  # the message may repeat an address with a key in it
    return VendorUnavailableError(
        f"{_host(url)} cannot be used: {reason}.",
        remedy="Quotes come back by themselves when it can; a proxy or gateway is set by FOLIOHUB_YAHOO_STREAM_URL.",
    )


def _host(url: str) -> str:
    """The host of an address: the rest may hold a key."""
    try:
        return urlsplit(url).hostname or "The address of Yahoo's stream"
    except ValueError:
        return "The address of Yahoo's stream"


__all__ = ["YAHOO", "YahooStream"]
