"""Kernels' websockets: their owners get answers, nobody else a connection, and a page's kernel runs no code at all."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.hub.attack.messages import PROTOCOLS, answers, execution, message, packed, run, socket
from tests.hub.attack.visitors import Visitor
from tests.hub.live import LiveHub

PAGE = "/services/dashboards/portfolio"
NEVER = uuid.UUID(int=0)
SHUT = {200, 403, 404}
"""Statuses of an address that opens no socket; 200 is the page for logging in, to which somebody was sent."""

FORBIDDEN = {
    "complete_request": {"code": "foliohub.", "cursor_pos": 9},
    "inspect_request": {"code": "open", "cursor_pos": 4, "detail_level": 1},
    "history_request": {"output": True, "raw": True, "hist_access_type": "tail", "n": 10},
    "is_complete_request": {"code": "1"},
    "comm_info_request": {},
    "usage_request": {},
    "create_subshell_request": {},
    "debug_request": {"type": "request", "seq": 1, "command": "debugInfo", "arguments": {}},
    "input_reply": {"value": "1", "status": "ok"},
    "interrupt_request": {},
    "shutdown_request": {"restart": False},
}
"""Besides executing code: what would read or end a kernel."""


@pytest.fixture(scope="module")
def own_kernel(visitors: dict[str, Visitor]) -> Iterator[str]:
    """The socket of a kernel in rita's own server."""
    rita = visitors["rita"]
    started = rita.browse("POST", "/user/rita/api/kernels", json={"name": "foliohub"})
    assert started.status_code == 201, started.text
    identifier = started.json()["id"]
    yield f"/user/rita/api/kernels/{identifier}/channels"
    rita.browse("DELETE", f"/user/rita/api/kernels/{identifier}")


@pytest.fixture(scope="module")
def page_kernel(visitors: dict[str, Visitor]) -> str:
    """The socket of the kernel behind a page that max has open."""
    page = visitors["max"].client.get(PAGE)
    assert page.status_code == 200, page.text
    found = re.search(r'data-kernel="?([0-9a-f-]{36})', page.text)
    assert found, page.text[-2000:]
    return f"/services/dashboards/api/kernels/{found[1]}/channels"


def enter(hub: LiveHub, visitor: Visitor, path: str, protocol: str = "json", **headers: str) -> Any:
    query = f"?session_id={uuid.uuid4().hex}&_xsrf={visitor.xsrf(path)}"
    return socket(hub.url, path + query, protocol, **({"cookie": visitor.cookies(path)} | headers))


def refused(hub: LiveHub, visitor: Visitor, path: str, protocol: str = "json", **headers: str) -> int:
    """Status with which a socket is refused; 0 where it opens."""
    try:
        with enter(hub, visitor, path, protocol, **headers):
            return 0
    except InvalidStatus as refusal:
        return refusal.response.status_code


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("channel", ["shell", "control"])
def test_her_own_kernel_executes_what_she_sends(
    hub: LiveHub, visitors: dict[str, Visitor], own_kernel: str, protocol: str, channel: str
) -> None:
    """The attacks below send the same bytes: where nothing comes of them, it is not for their form."""
    witness = f"witness-{protocol}-{channel}"
    sent = execution(f"open({witness!r}, 'w').close()")
    with enter(hub, visitors["rita"], own_kernel, protocol) as connection:
        connection.send(packed(sent, channel, protocol))
        assert answers(connection, sent, 60)
    assert (hub.home / "people" / "rita" / witness).exists()


@pytest.mark.parametrize("name", ["nobody", "ravi", "max", "olga"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nobody_else_reaches_her_kernel(
    hub: LiveHub, visitors: dict[str, Visitor], own_kernel: str, name: str, protocol: str
) -> None:
    assert refused(hub, visitors[name], own_kernel, protocol) in SHUT
    with_token = {"authorization": f"Bearer {visitors[name].token}", "cookie": ""}
    assert refused(hub, visitors[name], own_kernel, protocol, **with_token) in SHUT


def test_a_page_elsewhere_cannot_use_her_browser_to_reach_it(
    hub: LiveHub, visitors: dict[str, Visitor], own_kernel: str
) -> None:
    rita = visitors["rita"]
    assert refused(hub, rita, own_kernel) == 0
    for origin in ("https://evil.example", "null", f"{hub.url}.evil.example"):
        assert refused(hub, rita, own_kernel, origin=origin) == 403


def test_terminals_sockets_are_hers_alone(hub: LiveHub, visitors: dict[str, Visitor]) -> None:
    rita = visitors["rita"]
    name = rita.browse("POST", "/user/rita/api/terminals", json={}).json()["name"]
    path = f"/user/rita/terminals/websocket/{name}"
    try:
        with enter(hub, rita, path) as connection:
            connection.send(json.dumps(["stdin", "echo $((6 * 7))\r"]))
            seen = ""
            deadline = time.monotonic() + 20
            while "42" not in seen and time.monotonic() < deadline:
                kind, *rest = json.loads(connection.recv(timeout=20))
                seen += rest[0] if kind == "stdout" else ""
            assert "42" in seen
        for other in ("nobody", "ravi", "max", "olga"):
            assert refused(hub, visitors[other], path) in SHUT
    finally:
        rita.browse("DELETE", f"/user/rita/api/terminals/{name}")


def test_the_page_of_one_viewer_is_closed_to_all_others(
    hub: LiveHub, visitors: dict[str, Visitor], page_kernel: str
) -> None:
    assert refused(hub, visitors["max"], page_kernel) == 0
    for name in ("nobody", "rita", "ravi", "olga"):
        assert refused(hub, visitors[name], page_kernel) in SHUT
    for origin in ("https://evil.example", "null"):
        assert refused(hub, visitors["max"], page_kernel, origin=origin) == 403
    unknown = re.sub(r"[0-9a-f-]{36}", str(NEVER), page_kernel)
    assert refused(hub, visitors["max"], unknown) == 404


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("channel", ["shell", "control", "stdin", "iopub"])
def test_a_page_kernel_executes_nothing_its_viewer_sends(
    hub: LiveHub, visitors: dict[str, Visitor], page_kernel: str, protocol: str, channel: str, tmp_path: Path
) -> None:
    witness = tmp_path / "witness"
    for sent in disguised(f"open({str(witness)!r}, 'w').close()"):
        with enter(hub, visitors["max"], page_kernel, protocol) as connection:
            connection.send(packed(sent, channel, protocol))
            assert [kind for kind, _ in answers(connection, sent, 0.2) if kind not in {"status", "comm_close"}] == []
    with enter(hub, visitors["max"], page_kernel) as connection:
        assert redrawn(connection), "the page's kernel lives, and answers what it should"
    assert not witness.exists()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_page_kernel_tells_nothing_and_does_not_end(
    hub: LiveHub, visitors: dict[str, Visitor], page_kernel: str, protocol: str
) -> None:
    for kind, content in FORBIDDEN.items():
        for channel in ("shell", "control", "stdin"):
            with enter(hub, visitors["max"], page_kernel, protocol) as connection:
                sent = message(kind, content)
                connection.send(packed(sent, channel, protocol))
                assert answers(connection, sent, 0.1) == []
    with enter(hub, visitors["max"], page_kernel) as connection:
        assert redrawn(connection)


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "{",
        "[]",
        "null",
        '{"header": null, "channel": "shell"}',
        b"\x00",
        b"\xff" * 64,
        (9).to_bytes(8, "little") * 9,
    ],
)
def test_garbage_ends_at_most_the_connection(
    hub: LiveHub, visitors: dict[str, Visitor], page_kernel: str, garbage: str | bytes
) -> None:
    protocol = "json" if isinstance(garbage, str) else "v1"
    with enter(hub, visitors["max"], page_kernel, protocol) as connection:
        connection.send(garbage)
    with enter(hub, visitors["max"], page_kernel) as connection:
        assert redrawn(connection)


@pytest.mark.parametrize("target", ["jupyter.widget", "jupyter.widget.control", "os", "foliohub.live"])
def test_no_comm_runs_what_it_carries(
    hub: LiveHub, visitors: dict[str, Visitor], page_kernel: str, target: str, tmp_path: Path
) -> None:
    witness = tmp_path / "witness"
    code = f"open({str(witness)!r}, 'w').close()"
    state = {"_model_module": "os", "_model_name": "system", "_view_name": code, "value": code}
    with enter(hub, visitors["max"], page_kernel) as connection, suppress(ConnectionClosed):
        comm = uuid.uuid4().hex
        opened = {"comm_id": comm, "target_name": target, "target_module": "os", "data": {"state": state, "code": code}}
        connection.send(packed(message("comm_open", opened), "shell", "json"))
        for data in ({"method": "custom", "content": {"code": code}}, {"panel": "panel-1", "values": {"period": code}}):
            connection.send(packed(message("comm_msg", {"comm_id": comm, "data": data}), "shell", "json"))
    with enter(hub, visitors["max"], page_kernel) as connection:
        assert redrawn(connection)
    assert not witness.exists()


def test_what_a_control_is_told_comes_back_as_text(
    hub: LiveHub, visitors: dict[str, Visitor], page_kernel: str
) -> None:
    script = "<img src=x onerror=alert(1)>"
    with enter(hub, visitors["max"], page_kernel) as connection:
        html = redrawn(connection, dict.fromkeys(("period", "strategy"), script))
    assert script not in html


@pytest.mark.parametrize("secret", ["secret", "a" * 32, "..", "%2e%2e", ""])
def test_where_kernels_wait_nobody_listens(
    hub: LiveHub, visitors: dict[str, Visitor], page_kernel: str, secret: str
) -> None:
    kernel = re.search(r"[0-9a-f-]{36}", page_kernel)
    assert kernel is not None
    for path in (f"waiting/{secret}/{kernel[0]}", f"voila/query/{kernel[0]}"):
        for name in ("nobody", "max", "rita"):
            assert refused(hub, visitors[name], f"/services/dashboards/{path}", origin="") in SHUT


def disguised(code: str) -> list[dict[str, Any]]:
    """Requests to execute code: plain, and dressed as what a page may send."""
    plain = execution(code)
    twice = execution(code)
    twice["msg_type"] = "comm_msg"
    inside = message("comm_msg", {"comm_id": "x", "data": execution(code)})
    parent = message("comm_open", execution(code)["content"] | {"target_name": "x", "comm_id": "y"})
    parent["parent_header"] = plain["header"]
    spaced = execution(code)
    spaced["header"]["msg_type"] = "execute_request "
    reply = message("execute_reply", plain["content"])
    return [plain, twice, inside, parent, spaced, reply]


def redrawn(connection: Any, values: dict[str, str] | None = None) -> str:
    """Move a control as the page does; the markup the kernel answers with."""
    comm, sequence = uuid.uuid4().hex, int(time.time() * 1000)
    opened = message("comm_open", {"comm_id": comm, "target_name": "foliohub.live", "data": {}})
    connection.send(packed(opened, "shell", "json"))
    data = {"panel": "panel-1", "sequence": sequence, "values": values or {}}
    moved = message("comm_msg", {"comm_id": comm, "data": data})
    connection.send(packed(moved, "shell", "json"))
    for kind, content in answers(connection, moved, 30):
        if kind == "comm_msg" and content["comm_id"] == comm:
            assert content["data"]["sequence"] == sequence
            return str(content["data"]["html"])
    return ""


def test_a_kernel_of_her_own_knows_her_and_nobody_else(
    hub: LiveHub, visitors: dict[str, Visitor], own_kernel: str
) -> None:
    with enter(hub, visitors["rita"], own_kernel) as connection:
        said = run(connection, "import os, json; print(json.dumps(dict(os.environ)))")
    environment = json.loads(said)
    assert environment["JUPYTERHUB_USER"] == "rita"
    assert not [name for name in environment if "CRYPT" in name or "COOKIE_SECRET" in name or "CONFIGPROXY" in name]
    told = " ".join(environment.values())
    assert not [name for name, token in hub.service_tokens.items() if token in told]
