"""The images that were built, running as the platform runs them.

``FOLIOHUB_IMAGES_TAG`` names their tag (`make cluster-test` sets it), ``FOLIOHUB_IMAGES_PREFIX`` what stands before
their names. Without a tag nothing is built for these tests: they are skipped.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest

from images.builders import certificates, package_index
from tests.images.containers import can_run, container, described

ROOT = Path(__file__).parents[2]
TAG = os.environ.get("FOLIOHUB_IMAGES_TAG", "")
PREFIX = os.environ.get("FOLIOHUB_IMAGES_PREFIX", "foliohub")
IMAGES = ("hub", "research", "s3")
LARGEST = {"hub": 450e6, "research": 3.8e9, "s3": 300e6}
"""Bytes, unpacked: one that grows beyond wants a look at what came in."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not TAG, reason="NO IMAGES: FOLIOHUB_IMAGES_TAG names none, so none was tried (make cluster-test)"
    ),
    pytest.mark.skipif(not can_run(), reason="NO CONTAINERS: neither docker, podman nor a cluster is here"),
]


def name_of(image: str) -> str:
    return f"{PREFIX}/{image}:{TAG}"


@pytest.fixture(scope="module")
def research():
    with container(name_of("research")) as running:
        yield running


@pytest.fixture(scope="module")
def hub():
    with container(name_of("hub")) as running:
        yield running


@pytest.fixture(scope="module")
def s3():
    with container(name_of("s3")) as running:
        yield running


@pytest.fixture
def running(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(params=IMAGES)
def said(request):
    found = described(name_of(request.param))
    if not found:
        pytest.skip(f"{name_of(request.param)} was not built on this machine")
    return found | {"name": request.param}


each = pytest.mark.parametrize("running", IMAGES, indirect=True)


@each
def test_it_is_nobody_special_and_can_change_nothing(running):
    assert running.run("id", "-u").strip() == "1000"
    for folder in ("/", "/usr/local/bin", "/etc"):
        assert running.fails("touch", f"{folder}/changed")
    running.run("touch", "/tmp/changed")


@each
def test_no_compiler_and_no_tool_of_the_build_is_left(running):
    for tool in ("gcc", "cc", "c++", "ld", "strip", "make", "pip", "uv", "git"):
        assert running.fails("sh", "-c", f"command -v {tool}"), tool


@each
def test_no_secret_is_left(running):
    # Kubernetes itself mounts the pod's account there.
    assert (
        running.run("sh", "-c", "find /run/secrets -type f ! -path '*kubernetes.io*' -size +0 2>/dev/null || true")
        == ""
    )
    files = running.run(
        "sh", "-c", "find / -xdev -type f \\( -name '*.pem' -o -name '*.key' -o -name .netrc \\) 2>/dev/null || true"
    )
    kept = [file for file in files.split() if not file.startswith(("/etc/ssl/certs/", "/usr/share/ca-certificates/"))]
    assert [file for file in kept if "cacert" not in file and "/site-packages/" not in file] == []


def test_labels_name_the_commit_and_its_lock(said):
    labels = said["Labels"]
    commit = labels["org.opencontainers.image.revision"]
    assert re.fullmatch(r"[0-9a-f]{40}", commit)
    lock = subprocess.run(
        ["git", "show", f"{commit}:requirements.lock"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    assert labels["foliohub.lock"] == hashlib.sha256(lock).hexdigest()
    assert said["User"] == "1000:1000"


def test_its_history_tells_nothing_of_the_machine_it_was_built_on(said):
    told = str(said["History"]) + str(said.get("Env"))
    assert package_index() == "" or package_index() not in told
    assert certificates() is None or str(certificates()) not in told


def test_it_is_as_small_as_it_was(said, record_property):
    size = int(said["Size"])
    print(f"\n{said['name']}: {size / 1e6:.0f} MB")
    assert size < LARGEST[said["name"]]


def test_everything_research_needs_is_there(research):
    heavy = "arcticdb, boto3, dask_kubernetes.operator, distributed, jupyterlab, kopf, papermill, skfolio, torch, voila"
    more = "arch, cvxpy, keras, numba, sklearn, stable_baselines3, statsmodels, yfinance"
    assert "2.21" in research.run(
        "python", "-c", f"import {heavy}, {more}; import tensorflow; print(tensorflow.__version__)"
    )
    assert "--help" in research.run("foliohub", "--help")
    research.run("python", "-c", "from foliohub.allocate.reinforcement import finrl_agent; finrl_agent.agent_class()")
    research.run("jupyterhub-singleuser", "--version")
    for program in (["dask", "--version"], ["kopf", "--version"]):
        research.run(*program)


def test_our_own_modules_are_compiled(research):
    program = """
import pathlib, foliohub, hub
folders = [pathlib.Path(package.__file__).parent for package in (foliohub, hub)]
compiled = lambda file: (file.parent / "__pycache__" / f"{file.stem}.cpython-311.pyc").exists()
print([str(file) for folder in folders for file in folder.rglob("*.py") if not compiled(file)])
"""
    assert research.run("python", "-c", program).strip() == "[]"


def test_compiled_routines_are_loaded_not_compiled_again(research):
    program = """
import importlib, pkgutil
from foliohub.forecast.arima import compiling, engine
compiling.compile_engine()
modules = [importlib.import_module(m.name) for m in pkgutil.iter_modules(engine.__path__, engine.__name__ + ".")]
entries = {id(d): d for m in modules for d in vars(m).values() if hasattr(d, "stats") and hasattr(d, "py_func")}
hits = sum(sum(d.stats.cache_hits.values()) for d in entries.values())
misses = sum(sum(d.stats.cache_misses.values()) for d in entries.values())
print(hits > 0, misses)
"""
    assert research.run("python", "-c", program).split() == ["True", "0"]


def test_a_job_runs_on_a_file_system_that_cannot_be_written(research):
    research.run("foliohub", "run", "daily-ingest", "--as-of", "2022-12-28")


def test_the_hub_has_what_the_chart_asks_for(hub):
    assert hub.run("jupyterhub", "--version").startswith("6.")
    hub.run(
        "python", "-c", "import kubespawner, oauthenticator, jupyterhub_idle_culler, pycurl, psycopg2, hub.config.hub"
    )
    assert hub.run("sh", "-c", "ls /usr/local/etc/jupyterhub/jupyterhub_config.d/*.py").strip()


def test_the_trial_s3_server_starts(s3):
    assert "version" in s3.run("weed", "version")
