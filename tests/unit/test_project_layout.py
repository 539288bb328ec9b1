"""The project's own files: make's targets, CI, and the shape of the package."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
PACKAGE = ROOT / "lib" / "foliohub"
MODULES = sorted(PACKAGE.rglob("*.py"))


def test_make_alone_lists_the_targets_and_what_they_do() -> None:
    listed = subprocess.run(["make", "--silent"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    described = dict(re.findall(r"^make ([a-z-]+) +(\S.+)$", listed, re.MULTILINE))
    assert set(described) == TARGETS
    assert len(described) == len(listed.splitlines())


def test_every_target_is_phony() -> None:
    assert set(re.findall(r"^\.PHONY: ([a-z-]+)$", MAKEFILE, re.MULTILINE)) == TARGETS


def test_every_target_that_needs_the_environment_sets_it_up() -> None:
    for target, prerequisites, recipe in re.findall(
        r"^([a-z-]+):([^#\n]*)[^\n]*\n((?:\t.*\n)*)", MAKEFILE, re.MULTILINE
    ):
        assert ("$(BIN)" in recipe) == ("setup" in prerequisites.split()), target


def test_a_machine_without_the_right_python_is_told_what_to_do() -> None:
    command = ["make", "setup", "PYTHON=no-such-python"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "needs Python 3.11" in done.stderr
    assert "make setup PYTHON=" in done.stderr


def test_cleaning_up_keeps_what_is_stored() -> None:
    recipe = MAKEFILE.partition("\nclean:")[2]
    assert ".foliohub" not in re.sub(r"^.*##.*$", "", recipe, count=1, flags=re.MULTILINE)


def test_ci_calls_make_and_nothing_cleverer() -> None:
    script = ROOT / ".ci" / "run"
    lines = [line for line in script.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert lines[0] == "set -euo pipefail"
    assert [line.split()[:2] for line in lines if line.startswith("make ")] == [
        ["make", "test"],
        ["make", "cluster-test"],
    ]
    assert os.access(script, os.X_OK)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"])
def test_documents_name_only_targets_and_files_there_are(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    commands = re.findall(r"`make ([a-z -]+)", text)
    assert {target for command in commands for target in command.split()} <= TARGETS
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_pre_commit_runs_the_tools_of_the_environment() -> None:
    configuration = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in configuration["repos"]] == ["local"]
    for hook in configuration["repos"][0]["hooks"]:
        assert hook["entry"].startswith(".venv/bin/")


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
    assert [path for path in MODULES if path.stem.strip("_") in drawers] == []


def test_files_hold_one_idea_each() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    facade = Path("lib/foliohub/data/store.py")  # one class, a line of code per method: the rest is what each promises
    assert {path: lines for path, lines in lengths.items() if lines > 350 and path != facade} == {}


def test_only_settings_runs_and_the_command_line_read_the_environment() -> None:
    readers = [path for path in MODULES if re.search(r"\bos\.(environ|getenv)\b", path.read_text(encoding="utf-8"))]
    found = {path.relative_to(PACKAGE).as_posix() for path in readers}
    found -= {"data/addresses.py"}  # asks whether a proxy stands between it and an S3 server
    found -= {"forecast/lstm_network.py"}  # TensorFlow takes its settings from there, and from nowhere else
    found -= {"dashboards/kit/request.py"}  # the server of pages tells a kernel there which request it is for
    assert {path.partition("/")[0] for path in found} <= {"config.py", "runs", "cli"}


def test_every_layer_of_the_package_is_under_contract() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    flow = project["tool"]["importlinter"]["contracts"][0]
    layers = {name.strip(" ()") for line in flow["layers"] for name in re.split(r"[|:]", line)}
    parts = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES}
    assert parts - {"__init__"} <= layers
