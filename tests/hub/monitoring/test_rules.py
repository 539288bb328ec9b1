"""The rules, as Prometheus itself understands them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
RULES = ROOT / "hub" / "monitoring" / "rules"
promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (Debian: apt install prometheus)"
)


def _promtool(*arguments: str) -> None:
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@promtool
def test_prometheus_takes_every_rule() -> None:
    _promtool("check", "rules", *map(str, sorted(RULES.glob("*.yaml"))))


@promtool
def test_each_alert_fires_on_its_fault_and_none_on_a_platform_that_is_well() -> None:
    _promtool("test", "rules", str(Path(__file__).with_name("rules") / "alerts_test.yaml"))
