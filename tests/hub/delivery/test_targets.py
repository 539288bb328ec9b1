"""What make's targets refuse, and what they tell the programs they call."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def make(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Call make as from a shell of its own: under `make test` it would be given that one's variables."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--silent", *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment | variables, capture_output=True, text=True, check=False, timeout=60
    )


def programs(folder: Path, **recipes: str) -> str:
    """PATH with programs that do what the recipes say."""
    for name, recipe in recipes.items():
        (folder / name).write_text(f"#!/bin/sh\n{recipe}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.parametrize("named", ["", "/no/such/file"])
def test_without_a_cluster_nothing_is_tried_and_that_is_an_error(tmp_path: Path, named: str) -> None:
    path = programs(tmp_path, helm="exit 0", kubectl="exit 0")
    done = make("cluster-test", PATH=path, KUBECONFIG=named)
    assert done.returncode != 0
    assert f"KUBECONFIG names no file: '{named}'." in done.stderr
    assert "export KUBECONFIG=" in done.stderr


def test_a_cluster_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    path = programs(tmp_path, helm="exit 0", kubectl="echo connection refused >&2; exit 1")
    (tmp_path / "config").touch()
    done = make("cluster-test", PATH=path, KUBECONFIG=str(tmp_path / "config"))
    assert done.returncode != 0
    assert "connection refused" in done.stderr
    assert f"No cluster answers by {tmp_path / 'config'}." in done.stderr


def test_a_cluster_that_answers_is_taken(tmp_path: Path) -> None:
    path = programs(tmp_path, helm="exit 0", kubectl='test "$*" = "get --raw /readyz --request-timeout=20s"')
    (tmp_path / "config").touch()
    done = make("cluster-reachable", PATH=path, KUBECONFIG=str(tmp_path / "config"))
    assert (done.returncode, done.stderr) == (0, "")
