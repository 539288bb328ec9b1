"""What a viewer can reach: pages, and the controls of a page of one's own. Nothing else."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.hub.dashboards.conftest import NOTEBOOKS, Service, wait_until
from tests.hub.dashboards.talking import ask, kernel_of, message, packed, socket


@pytest.fixture
def kernel(service: Service) -> str:
    """The kernel of a page with controls, just opened."""
    return kernel_of(service.get("controls").text)


def test_controls_are_answered(service: Service, kernel: str):
    with socket(service.url, kernel) as connection:
        assert "size 7 " in ask(connection, {"size": "7"})["html"]


def test_a_value_out_of_bounds_becomes_the_nearest_and_nonsense_the_start(service: Service, kernel: str):
    with socket(service.url, kernel) as connection:
        assert "size 10 " in ask(connection, {"size": "1e9"})["html"]
        assert "size 3 " in ask(connection, {"size": "nan"})["html"]
        assert "size 3 " in ask(connection, {"size": "__import__('os')"})["html"]
        assert ask(connection, {}, panel="nobody's")["gone"]


@pytest.mark.parametrize("v1", [False, True], ids=["json", "v1"])
@pytest.mark.parametrize("channel", ["shell", "control"])
@pytest.mark.parametrize("kind", ["execute_request", "inspect_request", "complete_request", "shutdown_request"])
def test_nothing_is_executed(service: Service, kernel: str, tmp_path: Path, kind: str, channel: str, v1: bool):
    mark = tmp_path / "executed"
    code = f"open({str(mark)!r}, 'w').write('x')"
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {"a": code}, "cursor_pos": 3}
    said = message(kind, content | {"allow_stdin": False, "stop_on_error": True, "restart": False}, channel)
    with socket(service.url, kernel, v1=v1) as connection:
        connection.send(packed(said) if v1 else json.dumps(said))
        kinds = _answers(connection, seconds=1.5)
    assert not mark.exists()
    assert not any(name.endswith("_reply") or name in {"execute_result", "stream"} for name in kinds), kinds
    with socket(service.url, kernel) as connection:
        assert "size 5 " in ask(connection, {"size": "5"})["html"]


@pytest.mark.parametrize("target", ["jupyter.widget", "jupyter.widget.control", "anywidget", "import os"])
def test_no_other_comm_can_be_opened(service: Service, kernel: str, target: str):
    with socket(service.url, kernel) as connection:
        state = {"state": {"_model_module": "os", "_model_name": "system"}}
        opened = {"comm_id": "a", "target_name": target, "target_module": "os", "data": state}
        connection.send(json.dumps(message("comm_open", opened)))
        assert "comm_msg" not in _answers(connection, seconds=1)


@pytest.mark.parametrize(
    "garbage", ["{}", "[]", "null", "\x00", '{"header": {}}', '{"channel": "nowhere"}', b"\xff" * 64]
)
def test_garbage_harms_nobody(service: Service, kernel: str, garbage: str | bytes):
    with socket(service.url, kernel, v1=isinstance(garbage, bytes)) as connection:
        connection.send(garbage)
        _answers(connection, seconds=0.5)
    with socket(service.url, kernel) as connection:
        assert "size 5 " in ask(connection, {"size": "5"})["html"]
    assert service.get("health").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "api",
        "api/contents",
        "api/contents/index.ipynb",
        "api/kernels",
        "api/kernelspecs",
        "api/sessions",
        "api/terminals",
        "api/status",
        "files/index.ipynb",
        "index.ipynb",
        "notebooks/index.ipynb",
        "static/x",
        "tree",
        "voila/api/contents/",
        "voila/files/index.ipynb",
        "voila/files/..%2f..%2fetc/passwd",
        "voila/query/00000000-0000-0000-0000-000000000000",
        "voila/render/index.ipynb",
        "voila/templates/foliohub/static/index.html.j2",
        "voila/tree",
        "..%2f..%2fetc%2fpasswd",
        "assets/..%2f..%2fapp.py",
    ],
)
def test_nothing_else_is_there(service: Service, path: str):
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        answer = httpx.request(method, service.url + path, timeout=20)
        assert answer.status_code in {403, 404, 405}, f"{method} {path}: {answer.status_code}"
        assert "root:" not in answer.text
        assert "kit.wait" not in answer.text


def test_a_kernel_can_be_neither_seen_nor_ended_by_address(service: Service, kernel: str):
    for method in ("GET", "DELETE", "POST"):
        assert httpx.request(method, f"{service.url}api/kernels/{kernel}", timeout=20).status_code in {403, 404, 405}
        assert httpx.request(method, f"{service.url}voila/api/shutdown/{kernel}", timeout=20).status_code in {
            403,
            404,
            405,
        }
    with socket(service.url, kernel) as connection:
        assert "size 5 " in ask(connection, {"size": "5"})["html"]


def test_a_kernel_kept_ready_has_no_door(service: Service):
    """Nobody was given it, so nobody may talk to it, even who learns its id."""
    wait_until(lambda: len(service.kernels()) == len(NOTEBOOKS), 60, "the end of pages that were left")
    port = service.url.split(":")[2].split("/")[0]
    files = Path(tempfile.gettempdir()).glob(f"foliohub-dashboards-{os.getuid()}-{port}/kernel-*.json")
    waiting = [file.stem.removeprefix("kernel-") for file in files]
    assert len(waiting) >= len(NOTEBOOKS)
    for kernel_id in waiting:
        with pytest.raises(InvalidStatus) as refused, socket(service.url, kernel_id):
            pass
        assert refused.value.response.status_code == 404


def test_where_kernels_wait_nobody_else_can(service: Service, kernel: str):
    address = f"{service.url}waiting/guessed-secret/{kernel}".replace("http", "ws", 1)
    from websockets.sync.client import connect

    with pytest.raises(InvalidStatus) as refused, connect(address, proxy=None):
        pass
    assert refused.value.response.status_code == 404
    assert "/waiting/" not in service.log.read_text()


def test_a_page_elsewhere_cannot_use_the_socket(service: Service, kernel: str):
    foreign = {"Origin": "https://evil.example"}
    with pytest.raises(InvalidStatus) as refused, socket(service.url, kernel, headers=foreign):
        pass
    assert refused.value.response.status_code == 403


def test_a_kernel_knows_no_secret(service: Service):
    names = service.get("environment").text
    assert "FOLIOHUB_HOME" in names
    for name in ("JUPYTERHUB_API_TOKEN", "ALPHAVANTAGE_API_KEY", "JUPYTERHUB"):
        assert name not in names
    for child in service.kernels():
        environment = Path(f"/proc/{child.pid}/environ").read_bytes()
        assert b"token-of-the-service" not in environment
        assert b"key-of-a-vendor" not in environment


def _answers(connection: object, seconds: float) -> list[str]:
    kinds = []
    try:
        while True:
            received = connection.recv(timeout=seconds)  # type: ignore[attr-defined]
            text = received if isinstance(received, str) else received.decode("latin-1")
            kinds += [kind for kind in _KINDS if f'"msg_type": "{kind}"' in text or f'"msg_type":"{kind}"' in text]
    except (TimeoutError, ConnectionClosed):
        return kinds


_KINDS = (
    "comm_msg",
    "complete_reply",
    "execute_input",
    "execute_reply",
    "execute_result",
    "inspect_reply",
    "shutdown_reply",
    "stream",
)
