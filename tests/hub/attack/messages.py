"""Messages to kernels, in both protocols that Jupyter's websockets speak, and what a socket answers."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

V1 = "v1.kernel.websocket.jupyter.org"
PROTOCOLS = ("json", "v1")


def message(kind: str, content: dict[str, Any], session: str = "") -> dict[str, Any]:
    """A message as Jupyter's protocol describes it."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": kind,
        "username": "mallory",
        "session": session or uuid.uuid4().hex,
        "date": datetime.now(UTC).isoformat(),
        "version": "5.3",
    }
    return {"header": header, "parent_header": {}, "metadata": {}, "content": content, "buffers": []}


def packed(content: dict[str, Any], channel: str, protocol: str) -> str | bytes:
    """A message as it goes over the wire."""
    if protocol == "json":
        return json.dumps({**content, "channel": channel})
    parts = [channel.encode()]
    parts += [json.dumps(content[name]).encode() for name in ("header", "parent_header", "metadata", "content")]
    starts = [8 * (2 + len(parts))]
    for part in parts:
        starts.append(starts[-1] + len(part))
    numbers = [len(starts), *starts]
    return b"".join([*(number.to_bytes(8, "little") for number in numbers), *parts])


def unpacked(received: str | bytes) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Header, parent header and content of what came."""
    if isinstance(received, str):
        found = json.loads(received)
        return found["header"], found["parent_header"], found["content"]
    count = int.from_bytes(received[:8], "little")
    starts = [int.from_bytes(received[8 * place : 8 * place + 8], "little") for place in range(1, count + 1)]
    parts = [received[start:end] for start, end in pairwise(starts)]
    header, parent, _, content = (json.loads(part) for part in parts[1:5])
    return header, parent, content


@contextmanager
def socket(url: str, path: str, protocol: str = "json", **headers: str) -> Iterator[ClientConnection]:
    """A websocket with a browser's headers."""
    address = url.replace("http", "ws", 1) + path
    origin = headers.pop("origin", url)
    known = {name.capitalize(): value for name, value in headers.items() if value}
    subprotocols = [V1] if protocol == "v1" else None
    with connect(
        address, additional_headers=known, origin=origin or None, subprotocols=subprotocols, open_timeout=30
    ) as found:
        yield found


def answers(connection: ClientConnection, sent: dict[str, Any], seconds: float) -> list[tuple[str, dict[str, Any]]]:
    """(type, content) of whatever answers a message within some seconds, up to the kernel being idle again."""
    found = []
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        try:
            header, parent, content = unpacked(connection.recv(timeout=left))
        except (TimeoutError, ConnectionClosed):
            break
        if parent.get("msg_id") == sent["header"]["msg_id"]:
            found.append((header["msg_type"], content))
            if header["msg_type"] == "status" and content.get("execution_state") == "idle":
                break
    return found


def execution(code: str) -> dict[str, Any]:
    """A request to execute code."""
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    return message("execute_request", content)


def run(connection: ClientConnection, code: str, protocol: str = "json", seconds: float = 60) -> str:
    """Execute code in a kernel of one's own; what it printed."""
    sent = execution(code)
    connection.send(packed(sent, "shell", protocol))
    found = answers(connection, sent, seconds)
    errors = [content for kind, content in found if kind == "error"]
    assert not errors, errors
    assert found, "The kernel does not answer"
    return "".join(content["text"] for kind, content in found if kind == "stream")
