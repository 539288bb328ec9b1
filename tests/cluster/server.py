"""A researcher's own server, as JupyterLab in a browser uses it: started through the hub, its kernels over sockets."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.cluster.cluster import eventually


@dataclass
class Server:
    """The server of one researcher.

    Parameters
    ----------
    url : str
        Of the platform, without a slash at the end.
    name : str
        Its owner.
    token : str
        A token of theirs that may enter it.
    """

    url: str
    name: str
    token: str = field(repr=False)

    @property
    def client(self) -> httpx.Client:
        """Sends requests with the token."""
        return httpx.Client(base_url=self.url, headers=self._headers, timeout=60, follow_redirects=True)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"token {self.token}"}

    def start(self, seconds: float = 300) -> None:
        """Start it if it is not, and wait until it answers."""
        with self.client as client:
            answer = client.post(f"/hub/api/users/{self.name}/server", json={})
            assert answer.status_code in (201, 202, 400), answer.text  # 400: it runs
            eventually(
                lambda: client.get(f"/user/{self.name}/api/status").status_code == 200,
                seconds=seconds,
                saying=f"{self.name}'s server",
            )

    def stop(self) -> None:
        """End it, and wait until it has."""
        with self.client as client:
            client.delete(f"/hub/api/users/{self.name}/server")
            eventually(
                lambda: not client.get(f"/hub/api/users/{self.name}").json()["servers"], saying="the server's end"
            )

    def notebook(self, path: str) -> list[str]:
        """Source of each code cell of a notebook in the home."""
        with self.client as client:
            answer = client.get(f"/user/{self.name}/api/contents/{path}")
            answer.raise_for_status()
            cells = answer.json()["content"]["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]

    @contextmanager
    def kernel(self) -> Iterator[Kernel]:
        """A kernel of its own, ended with the block."""
        with self.client as client:
            made = client.post(f"/user/{self.name}/api/kernels", json={"name": "foliohub"})
            made.raise_for_status()
            place = f"/user/{self.name}/api/kernels/{made.json()['id']}"
            socket = f"{self.url.replace('http', 'ws', 1)}{place}/channels"
            try:
                with connect(socket, additional_headers=self._headers, max_size=None, proxy=None) as connection:
                    yield Kernel(connection)
            finally:
                client.delete(place)


@dataclass
class Kernel:
    """A kernel over its socket."""

    connection: ClientConnection

    def run(self, code: str, seconds: float = 180) -> str:
        """Run code; what it printed.

        Raises
        ------
        AssertionError
            With the traceback, where the code raised.
        """
        asked = uuid.uuid4().hex
        self.connection.send(json.dumps(_request(asked, code)))
        printed, idle, replied = "", False, False
        while not (idle and replied):
            message = json.loads(self.connection.recv(timeout=seconds))
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                printed += content["text"]
            elif kind == "error":
                raise AssertionError(f"{code[:200]}\n{chr(10).join(content['traceback'])[-4000:]}")
            idle = idle or (kind == "status" and content["execution_state"] == "idle")
            replied = replied or kind == "execute_reply"
        return printed


def _request(identity: str, code: str) -> dict[str, Any]:
    header = {"msg_id": identity, "username": "", "session": identity, "msg_type": "execute_request", "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    return {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
