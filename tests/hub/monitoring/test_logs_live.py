"""What a running platform logs: lines of JSON from every part, and who logged in."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.hub.live import LiveHub, log_in

pytestmark = pytest.mark.slow


def _audited(hub: LiveHub, **wanted: str) -> list[dict[str, Any]]:
    path = hub.home / "logs" / "audit.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [
        line
        for line in lines
        if all({"action": line["event"]["action"], "outcome": line["event"]["outcome"],
                "user": line.get("user", {}).get("name")}[key] == value for key, value in wanted.items())
    ]  # fmt: skip


def test_log_ins_that_succeed_and_that_fail_are_audited(hub: LiveHub) -> None:
    good = len(_audited(hub, action="log-in", outcome="success", user="max"))
    bad = len(_audited(hub, action="log-in", outcome="failure", user="nobody-of-this-name"))
    with hub.client("max"):
        pass
    with hub.client() as client:
        assert log_in(client, "nobody-of-this-name", "a-password-never-told").status_code == 403
    deadline = time.monotonic() + 20
    while len(_audited(hub, action="log-in", outcome="success", user="max")) == good:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert len(_audited(hub, action="log-in", outcome="failure", user="nobody-of-this-name")) == bad + 1
    assert (hub.home / "logs" / "audit.jsonl").stat().st_mode & 0o777 == 0o600


def test_every_part_logs_lines_of_json_without_secrets(hub: LiveHub) -> None:
    with hub.client("max") as client:
        client.get("/hub/home")
    keys = json.loads((hub.home / "hub" / "keys.json").read_text())
    secrets = [keys["cookie_secret"], keys["crypt_key"], keys["proxy"], *keys["services"].values(), "a-password-never"]
    parts = [path for path in (hub.home / "logs").glob("*.log") if path.stem != "supervisor"]
    assert {"hub", "scheduler"} <= {path.stem for path in parts}
    for path in [*parts, hub.home / "logs" / "audit.jsonl"]:
        text = path.read_text()
        assert not [secret for secret in secrets if secret in text], path
        for line in text.splitlines():
            told = json.loads(line)
            assert told["@timestamp"]
            assert told["event"]["dataset"].startswith("foliohub.")
            assert told["log"]["level"]


def test_lines_of_services_are_not_wrapped_a_second_time(hub: LiveHub) -> None:
    for path in (hub.home / "logs" / "hub.log", hub.home / "logs" / "scheduler.log"):
        assert '"message": "{\\"' not in path.read_text(), path
