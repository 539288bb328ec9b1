"""Set-up of the hub's proxy, with a script in the part of npm: whole or not at all, and no reason to fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.test_bootstrap import ROOT, clone

__all__ = ["clone"]

NPM = f"""#!{sys.executable}
import os, pathlib, sys
home = pathlib.Path(sys.argv[sys.argv.index("--prefix") + 1])
(home / "node_modules").mkdir()
with open("npm-calls", "a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
sys.exit(int(os.environ.get("NPM_FAILS", "0")))
"""


@pytest.fixture
def with_proxy(clone: Path) -> Path:
    source = ROOT / "hub" / "proxy"
    target = clone / "hub" / "proxy"
    target.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        (target / name).write_bytes((source / name).read_bytes())
    npm = clone / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(NPM)
    npm.chmod(0o755)
    return clone


def set_up(clone: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PATH": f"{clone / 'bin'}{os.pathsep}{os.environ['PATH']}"} | variables
    command = [sys.executable, "bootstrap.py"]
    return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False, timeout=60)


def calls(clone: Path) -> list[str]:
    file = clone / "npm-calls"
    return file.read_text().splitlines() if file.exists() else []


def test_it_is_installed_once_from_its_lock_without_scripts(with_proxy: Path) -> None:
    assert set_up(with_proxy).returncode == 0
    assert set_up(with_proxy).returncode == 0
    home = with_proxy / ".venv" / "share" / "foliohub" / "proxy"
    assert (home / "node_modules").is_dir()
    assert len(calls(with_proxy)) == 1
    assert calls(with_proxy)[0].startswith("ci ")
    assert "--ignore-scripts" in calls(with_proxy)[0]


def test_another_lock_installs_it_again(with_proxy: Path) -> None:
    set_up(with_proxy)
    with (with_proxy / "hub" / "proxy" / "package-lock.json").open("a") as lock:
        lock.write("\n")
    set_up(with_proxy)
    assert len(calls(with_proxy)) == 2


def test_a_registry_out_of_reach_leaves_nothing_half_and_is_tried_again(with_proxy: Path) -> None:
    done = set_up(with_proxy, NPM_FAILS="1")
    assert done.returncode == 0
    assert "`foliohub up` needs the hub's proxy" in done.stderr
    assert not (with_proxy / ".venv" / "share" / "foliohub" / "proxy").exists()
    set_up(with_proxy)
    assert (with_proxy / ".venv" / "share" / "foliohub" / "proxy" / "node_modules").is_dir()


def test_the_lock_has_a_hash_of_every_package_and_names_no_registry() -> None:
    import json

    lock = json.loads((ROOT / "hub" / "proxy" / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages["node_modules/configurable-http-proxy"]["version"].startswith("5.")
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not [name for name, entry in packages.items() if "resolved" in entry or "hasInstallScript" in entry]
