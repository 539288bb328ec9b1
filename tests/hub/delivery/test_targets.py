"""What make's targets refuse, and what they tell the programs they call."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]

RELEASE = {"PREFIX": "registry.example/Owner/Foliohub", "TAG": "v1.2.0"}
"""As a workflow has them: in its owner's letters, with the tag's v."""


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


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("images", "-m images hub --tag 1.2.0 --prefix registry.example/owner/foliohub "),
        ("sign", '-m images.signing "registry.example/owner/foliohub" "1.2.0" hub'),
        ("deploy", '-m hub.delivery.deploy "staging" "1.2.0" '),
        ("deploy", "--prefix registry.example/owner/foliohub"),
        ("release", '-m hub.delivery.release "v1.2.0"'),
        ("release", 'gh release create "v1.2.0"'),
    ],
)
def test_images_are_named_in_small_letters_by_the_version_and_releases_by_the_tag(target: str, words: str) -> None:
    done = make("--dry-run", target, IMAGES="hub", ENVIRONMENT="staging", JUPYTERHUB_CHART="off", **RELEASE)
    assert words in done.stdout.replace(" \\\n", " ")


@pytest.mark.parametrize("tag", ["1.2.0", "0fe45d87c1a3", "vendor", "dev"])
def test_a_tag_that_is_no_releases_stays(tag: str) -> None:
    assert make("image-name", IMAGES="hub", TAG=tag, PREFIX="", GITHUB_ENV="").stdout == f"IMAGE=foliohub/hub:{tag}\n"


def test_later_steps_are_told_the_images_name(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("A=b\n", encoding="utf-8")
    make("image-name", IMAGES="hub", GITHUB_ENV=str(tmp_path / "env"), **RELEASE)
    assert (tmp_path / "env").read_text() == "A=b\nIMAGE=registry.example/owner/foliohub/hub:1.2.0\n"


def test_a_packaged_chart_names_the_images_that_were_pushed(tmp_path: Path) -> None:
    path = programs(tmp_path, helm="exit 0")
    chart = tmp_path / "foliohub"
    done = make("chart-package", f"CHART={chart}", PATH=path, JUPYTERHUB_CHART="off", **RELEASE)
    assert (done.returncode, done.stderr) == (0, "")
    text, own = ((folder / "values.yaml").read_text(encoding="utf-8") for folder in (chart, ROOT / "hub" / "chart"))
    values = yaml.safe_load(text)
    hub = values["jupyterhub"]
    named = {one["image"]["name"] for one in (values, values["s3"], hub["hub"], hub["singleuser"])}
    assert named == {f"registry.example/owner/foliohub/{name}" for name in ("research", "s3", "hub")}
    assert text.replace("registry.example/owner/", "") == own  # and nothing else is changed, nor left
    assert text.count("registry.example/owner/foliohub/") == len([*_images(yaml.safe_load(own))])


def _images(values: Any) -> Iterator[str]:
    """Every name of an image of ours, wherever it stands."""
    if isinstance(values, dict):
        for one in values.values():
            yield from _images(one)
    elif isinstance(values, str) and values.startswith("foliohub/"):
        yield values
