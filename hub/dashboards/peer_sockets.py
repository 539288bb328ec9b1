"""The socket of a page that another replica has drawn: passed on to it, message by message.

Both replicas ask the hub who is there. What is passed on is what the browser sent, its cookies among it, so that the
other one checks it as if it had come straight to it: between replicas there is no trust that could be abused.
"""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.utils import ensure_async
from tornado import web, websocket
from tornado.httpclient import HTTPClientError, HTTPRequest

from hub.dashboards.sockets import OpenSocket, acceptable

_PASSED_ON = (
    "Authorization",
    "Cookie",
    "Host",
    "Origin",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Site",
    "User-Agent",
    "X-XSRFToken",
)
_HOP = "X-Foliohub-Replica"
_CONNECT_SECONDS = 10
_LONGEST_ANSWER = 64 * 2**20


class PeerSocket(OpenSocket):
    """A page here, its kernel there."""

    other: websocket.WebSocketClientConnection

    @ws_authenticated
    async def get(self, replica: str, kernel_id: str) -> None:
        """Connect to the replica first: what it refuses is refused here as well."""
        if not await ensure_async(self.authorizer.is_authorized(self, self.current_user, "execute", "kernels")):
            raise web.HTTPError(403)
        if not self.check_origin():
            raise web.HTTPError(403)
        if _HOP in self.request.headers:  # passed on once is enough
            raise web.HTTPError(404)
        place = await self.dashboards.replicas.find(replica)
        if place is None:
            raise web.HTTPError(404)
        try:
            self.other = await websocket.websocket_connect(
                self._request(place, replica, kernel_id), max_message_size=_LONGEST_ANSWER
            )
        except HTTPClientError as error:
            raise web.HTTPError(error.code if error.code in {403, 404} else 502) from error
        except (TimeoutError, OSError, websocket.WebSocketError) as error:
            raise web.HTTPError(502) from error
        await super().get(replica=replica, kernel_id=kernel_id)

    def _request(self, place: str, replica: str, kernel_id: str) -> HTTPRequest:
        headers = {name: self.request.headers[name] for name in _PASSED_ON if name in self.request.headers}
        headers |= {
            _HOP: "1",
            "X-Forwarded-For": self.request.remote_ip or "",
            "X-Forwarded-Proto": self.request.protocol,
        }
        path = f"{self.dashboards.options.prefix}replicas/{replica}/api/kernels/{kernel_id}/channels"
        return HTTPRequest(
            f"ws://{place}{path}?{self.request.query}", headers=headers, connect_timeout=_CONNECT_SECONDS
        )

    async def open(self, replica: str, kernel_id: str) -> None:
        """Pass on what the kernel says, until it says no more."""
        del replica, kernel_id
        super().open()
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        try:
            while (said := await self.other.read_message()) is not None:
                await self.write_message(said)
        except websocket.WebSocketClosedError:
            return
        self.close(self.other.close_code, self.other.close_reason)

    async def on_message(self, message: Any) -> None:
        """Pass on what the page's controls say, and nothing else."""
        if not acceptable(message):
            self.close(1008, "not a message of a page's controls")
            return
        try:
            await self.other.write_message(message)
        except websocket.WebSocketClosedError:
            self.close(1001, "the replica is gone")

    def on_close(self) -> None:
        """The page has gone."""
        super().on_close()
        self.other.close()

    def leave(self) -> None:
        """Ask the page to come back through another replica: its kernel lives on."""
        self.close(1001, "through another replica")
