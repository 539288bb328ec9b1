"""A page's socket to its kernel, spoken as a browser, or an attacker, speaks it."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from websockets.sync.client import ClientConnection, connect

V1 = "v1.kernel.websocket.jupyter.org"


def kernel_of(html: str) -> str:
    """The kernel of a page."""
    found = re.search(r'data-kernel="([0-9a-f-]{36})"', html)
    assert found, html
    return found.group(1)


def message(kind: str, content: dict[str, Any], channel: str = "shell") -> dict[str, Any]:
    """A message of Jupyter's protocol."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": kind,
        "username": "",
        "session": "test",
        "date": datetime.now(UTC).isoformat(),
        "version": "5.3",
    }
    empty: dict[str, Any] = {"parent_header": {}, "metadata": {}, "buffers": []}
    return {"header": header, "content": content, "channel": channel, **empty}


def packed(said: dict[str, Any]) -> bytes:
    """The same in the binary v1 protocol."""
    parts = [said["channel"].encode()]
    parts += [json.dumps(said[name]).encode() for name in ("header", "parent_header", "metadata", "content")]
    offsets = [8 * (1 + len(parts) + 1)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return b"".join(number.to_bytes(8, "little") for number in (len(offsets), *offsets)) + b"".join(parts)


@contextmanager
def socket(
    url: str, kernel: str, *, v1: bool = False, headers: dict[str, str] | None = None
) -> Iterator[ClientConnection]:
    """Open the channels of a kernel."""
    address = f"{url.replace('http', 'ws', 1)}api/kernels/{kernel}/channels?session_id=test"
    protocols: Any = [V1] if v1 else None
    with connect(address, subprotocols=protocols, additional_headers=headers, open_timeout=20, proxy=None) as opened:
        yield opened


def ask(connection: ClientConnection, values: dict[str, str], *, panel: str = "panel-1") -> dict[str, Any]:
    """Move controls, wait for the answer."""
    comm = uuid.uuid4().hex
    connection.send(json.dumps(message("comm_open", {"comm_id": comm, "target_name": "foliohub.live", "data": {}})))
    asked = {"comm_id": comm, "data": {"panel": panel, "sequence": 1, "values": values}}
    connection.send(json.dumps(message("comm_msg", asked)))
    while True:
        received = json.loads(connection.recv(timeout=20))
        if received.get("msg_type") == "comm_msg":
            return dict(received["content"]["data"])
