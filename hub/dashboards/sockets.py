"""The two sockets: a kernel waits for its request on one, a page talks to its kernel on the other."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import time
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import ensure_async
from tornado import web, websocket
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from foliohub.dashboards.kit.live import TARGET
from hub.dashboards.kernels import ALLOWED

if TYPE_CHECKING:
    from hub.dashboards.app import Dashboards
    from hub.dashboards.seats import Seat

RENEWED = 1012
"""Close code that says: this service ends, and the page's kernel with it; there will be another one."""

_PARTS = {"header", "parent_header", "metadata", "content", "buffers", "channel"}


class Doorbell:
    """Tells waiting kernels that somebody has come.

    The address a kernel waits at holds a secret of this process: nobody but its own kernels can listen there.
    """

    def __init__(self) -> None:
        self.secret = secrets.token_urlsafe(24)
        self._waiting: dict[str, asyncio.Future[str]] = {}

    def _place(self, kernel_id: str) -> asyncio.Future[str]:
        if kernel_id not in self._waiting:
            self._waiting[kernel_id] = asyncio.get_running_loop().create_future()
        return self._waiting[kernel_id]

    def ring(self, kernel_id: str, query: str, user: str) -> None:
        """Hand a kernel the request it waits for, now or as soon as it listens."""
        place = self._place(kernel_id)
        if not place.done():
            place.set_result(json.dumps({"query": query, "user": user}))

    async def listen(self, kernel_id: str) -> str:
        """Wait for :meth:`ring`."""
        return await self._place(kernel_id)

    def forget(self, kernel_id: str) -> None:
        """Nobody will ring for this kernel any more."""
        place = self._waiting.pop(kernel_id, None)
        if place is not None and not place.done():
            place.cancel()


class WaitingSocket(websocket.WebSocketHandler):
    """Where kernels wait; only they know the secret in its address."""

    def initialize(self, dashboards: Dashboards) -> None:
        """Remember the application."""
        self.dashboards = dashboards

    def prepare(self) -> None:
        """Refuse, as if there were nothing, whoever does not know the secret."""
        given = self.path_kwargs["secret"].encode()
        kernel_id = self.path_kwargs["kernel_id"]
        known = hmac.compare_digest(given, self.dashboards.doorbell.secret.encode())
        if not known or kernel_id not in self.dashboards.kernels:
            raise web.HTTPError(404)

    def check_origin(self, origin: str) -> bool:
        """Kernels are no browsers: a request that names an origin is none of theirs."""
        del origin
        return False

    async def open(self, secret: str, kernel_id: str) -> None:
        """Wait, then pass the request on."""
        del secret
        try:
            await self.write_message(await self.dashboards.doorbell.listen(kernel_id))
        except (asyncio.CancelledError, websocket.WebSocketClosedError):
            self.close()


def acceptable(message: Any) -> bool:
    """Whether a message is one that the controls of a page send: text, whole, and of a kind that is allowed.

    The kernel manager has the same list of kinds; this keeps what is not even a message away from its readers.
    """
    if not isinstance(message, str):
        return False
    try:
        said = json.loads(message)
    except (ValueError, RecursionError):
        return False
    if not isinstance(said, dict) or set(said) - _PARTS or said.get("channel") != "shell" or said.get("buffers"):
        return False
    header, content = said.get("header"), said.get("content")
    if not isinstance(header, dict) or not isinstance(content, dict):
        return False
    if not all(isinstance(said.get(part, {}), dict) for part in ("parent_header", "metadata")):
        return False
    kind = header.get("msg_type")
    return kind in ALLOWED and (kind != "comm_open" or content.get("target_name") == TARGET)


class OpenSocket(WebSocketMixin, websocket.WebSocketHandler, JupyterHandler):
    """A page's connection, known to the application for as long as it is there."""

    @property
    def dashboards(self) -> Dashboards:
        """The application."""
        app: Dashboards = self.settings["dashboards"]
        return app

    def set_default_headers(self) -> None:
        """None: there is no body they would be about."""

    def write_error(self, status_code: int, **_: Any) -> None:
        """The status says it all: no browser shows what a socket was refused with."""
        del status_code
        self.finish()

    def open(self, *arguments: Any, **named: Any) -> Any:
        """Enter it."""
        self.dashboards.sockets.add(self)
        return super().open(*arguments, **named)

    def on_close(self) -> None:
        """Strike it out."""
        self.dashboards.sockets.discard(self)
        super().on_close()

    def leave(self) -> None:
        """Tell the page that this service ends."""
        raise NotImplementedError


class PageSocket(OpenSocket, VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """A page and its kernel; for nobody but the page's own viewer, and for no message but those of controls."""

    seat: Seat

    async def pre_get(self) -> None:
        """Refuse, as if there were nothing, whoever did not open the page."""
        if not await ensure_async(self.authorizer.is_authorized(self, self.current_user, "execute", "kernels")):
            raise web.HTTPError(403)
        seat = self.dashboards.seats.of(self.kernel_id, self.current_user.username)
        if seat is None or self.kernel_id not in self.dashboards.kernels:
            raise web.HTTPError(404)
        self.seat = seat
        await super().pre_get()

    async def open(self, kernel_id: str) -> None:
        """Count the connection."""
        self.seat.sockets += 1
        self.seat.met = True
        await super().open(kernel_id)

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """Text only, whatever is offered: see `on_message`."""
        del subprotocols
        return None

    def on_message(self, message: Any) -> None:
        """Pass on what the controls of a page send; anything else closes the connection.

        Jupyter's binary messages begin with the number of their parts, and whoever reads them believes it: one with
        2**64 parts would hold the service, and its memory, for ever. Our pages send text.
        """
        if not acceptable(message):
            self.close(1008, "not a message of a page's controls")
            return
        self.seat.touched = time.monotonic()
        super().on_message(message)

    def on_close(self) -> None:
        """Begin to count the time without a page."""
        self.seat.sockets -= 1
        self.seat.touched = time.monotonic()
        super().on_close()

    def leave(self) -> None:
        """Tell the page that its kernel ends."""
        self.close(RENEWED, "renewed")
