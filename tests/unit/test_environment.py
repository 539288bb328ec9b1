"""One truth for every version: pyproject.toml, the lock made from it, and the files that repeat parts of them."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import foliohub

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENTRIES = [Requirement(line) for line in re.findall(r"^([a-z].*?) \\$", LOCK, re.MULTILINE)]
LOCKED = {
    entry.name: str(entry.specifier).removeprefix("==")
    for entry in ENTRIES
    if entry.marker is None or entry.marker.evaluate({"python_version": "3.11", "python_full_version": "3.11.9"})
}
DIRECT = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
EXTRAS = {
    extra: [Requirement(line) for line in lines] for extra, lines in PROJECT["project"]["optional-dependencies"].items()
}
EVERY = [*DIRECT, *(requirement for extra in EXTRAS.values() for requirement in extra)]

# Stands in pyproject.toml, and nowhere in the lock: which build fits is the machine's choice.
UNLOCKED = {"torch"}
# Used by notebooks, or by what other packages do for us, without an import of our own.
NEVER_IMPORTED = {
    "ipykernel",  # the kernel notebooks run in
    "statsmodels",  # what researchers diagnose series with, and arch computes with; tests hold our ARIMA to it
}


@pytest.mark.parametrize("requirement", EVERY, ids=lambda requirement: requirement.name)
def test_the_lock_satisfies_every_requirement(requirement: Requirement) -> None:
    name = canonicalize_name(requirement.name)
    if name in UNLOCKED:
        assert name not in LOCKED
        assert [specifier.operator for specifier in requirement.specifier] == ["=="]
    else:
        assert name in LOCKED, f"{name} is not locked. Run `make lock`."
        assert requirement.specifier.contains(LOCKED[name]), f"{name} is locked at {LOCKED[name]}. Run `make lock`."


def test_every_locked_package_has_hashes_and_none_names_a_host() -> None:
    entries = re.split(r"\n(?=[a-z])", LOCK.strip())
    assert len(entries) == len(ENTRIES)
    assert [entry.split("==")[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert re.findall(r"\S*://\S*|^-.*", LOCK, re.MULTILINE) == []


def test_no_gpu_package_is_locked() -> None:
    assert [name for name in LOCKED if name.startswith(("nvidia-", "cuda-")) or name in {"torch", "triton"}] == []


def test_the_conda_environment_repeats_python_the_lock_and_the_packages_outside_it() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    from_pip = environment["dependencies"].pop()
    torch = next(requirement for requirement in EVERY if requirement.name == "torch")
    assert PROJECT["project"]["requires-python"] == ">=3.11,<3.12"
    assert environment["dependencies"] == ["python=3.11", "nodejs", f"pytorch={str(torch.specifier)[2:]}", "pip"]
    assert from_pip == {"pip": ["-r requirements.lock"]}


def test_the_version_is_the_same_everywhere() -> None:
    assert foliohub.__version__ == PROJECT["project"]["version"]


def test_every_tool_checks_the_python_the_project_asks_for() -> None:
    tool = PROJECT["tool"]
    assert tool["ruff"]["target-version"] == "py311"
    assert tool["mypy"]["python_version"] == tool["uv"]["pip"]["python-version"] == "3.11"


@cache
def _imported() -> set[str]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "lib").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return (
        {name.partition(".")[0] for name in whole | parts}
        - set(sys.stdlib_module_names)
        - {"foliohub", "hub", "_typeshed"}
    )


def test_everything_the_package_imports_is_declared() -> None:
    distributions = packages_distributions()
    declared = {canonicalize_name(requirement.name) for requirement in EVERY}
    declared |= {extra for requirement in EVERY for extra in requirement.extras}  # as in dask[distributed]
    undeclared = {
        module
        for module in _imported()
        if not declared & {canonicalize_name(name) for name in distributions.get(module, [module])}
    }
    assert undeclared == set()


def test_everything_declared_for_every_installation_is_used() -> None:
    distributions = packages_distributions()
    imported = {canonicalize_name(name) for module in _imported() for name in distributions.get(module, [])}
    declared = {canonicalize_name(requirement.name) for requirement in DIRECT}
    assert declared - imported == NEVER_IMPORTED


def test_the_architecture_says_why_each_dependency_is_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = text.partition("## Why each dependency")[2]
    explained = {
        name for cell in re.findall(r"^\| (.*?) \|", section, re.MULTILINE) for name in re.findall(r"[\w-]+", cell)
    }
    assert {canonicalize_name(requirement.name) for requirement in EVERY} - explained == set()
