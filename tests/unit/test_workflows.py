"""Workflows call make's targets with the least rights there are, and nothing anybody could have changed meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = {target: said.split() for target, said in re.findall(r"^([a-z-]+):([^#\n]*)", MAKEFILE, re.MULTILINE)}
"""What there is to make, and what each needs first."""
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WORKFLOWS = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in FILES}
READ = {"contents": "read"}
MORE = {
    ("images", "image"): {"packages": "write", "id-token": "write"},
    ("release", "images"): {"packages": "write", "id-token": "write"},
    ("release", "publish"): {"contents": "write"},
}
"""The only jobs that may more than read, and what."""
ACTIONS = {"actions", "anchore", "docker", "helm", "sigstore"}
"""Whose actions are used at all."""


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, workflow in WORKFLOWS.items():
        for job, said in workflow["jobs"].items():
            yield name, job, said


JOBS = [pytest.param(*each, id="/".join(each[:2])) for each in jobs()]
STEPS = [
    pytest.param(name, step, id=f"{name}/{job}/{number}")
    for name, job, said in jobs()
    for number, step in enumerate(said.get("steps", ()))
]


def test_there_is_a_workflow_for_every_stage() -> None:
    assert set(WORKFLOWS) == {"test", "images", "cluster", "release", "deploy", "nightly"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_read_and_does_not_overtake_itself(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] == READ
    ordered = [WORKFLOWS[name]] if "concurrency" in WORKFLOWS[name] else WORKFLOWS[name]["jobs"].values()
    assert all("group" in said["concurrency"] for said in ordered)


@pytest.mark.parametrize(("name", "job", "said"), JOBS)
def test_a_job_ends_in_time_and_has_no_right_it_does_not_need(name: str, job: str, said: dict[str, Any]) -> None:
    assert said.get("permissions", READ) == READ | MORE.get((name, job), {})
    if "uses" in said:
        assert (ROOT / said["uses"]).is_file()  # another of these workflows, whose jobs end in time
    else:
        assert said["timeout-minutes"] <= 60


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_a_step_is_a_pinned_action_or_one_target_of_make(name: str, step: dict[str, Any]) -> None:
    if "uses" in step:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])
        assert step["uses"].partition("/")[0] in ACTIONS
    else:
        assert re.fullmatch(r"make [a-z-]+", step["run"])
        assert step["run"].split()[1] in TARGETS
    if "checkout" in step.get("uses", ""):
        assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_pin_says_which_version_it_is(file: Path) -> None:
    pins = re.findall(r"uses: \S+@[0-9a-f]{40}(.*)", file.read_text(encoding="utf-8"))
    assert [pin for pin in pins if not re.fullmatch(r" # v\d+\.\d+\.\d+", pin)] == []


def test_one_action_has_one_pin() -> None:
    pins = {tuple(step["uses"].split("@")) for parameters in STEPS for step in [parameters.values[1]] if "uses" in step}
    assert len(pins) == len({action for action, _ in pins})


def test_secrets_come_to_deployments_alone() -> None:
    texts = {file.stem: file.read_text(encoding="utf-8") for file in FILES}
    assert {name for name, text in texts.items() if "secrets." in text} == {"deploy"}


def test_an_image_is_scanned_before_it_is_pushed_and_signed_after() -> None:
    steps = WORKFLOWS["images"]["jobs"]["image"]["steps"]
    order = [step.get("uses", step.get("run", "")).partition("@")[0] for step in steps]
    pushes = next(number for number, step in enumerate(steps) if step.get("env", {}).get("PUSH"))
    assert order.index("make images") < order.index("anchore/scan-action") < pushes < order.index("make sign")
    assert all("pull_request" in step["if"] for step in steps[pushes:])


def test_images_are_scanned_released_and_deployed_by_the_names_they_are_pushed_by() -> None:
    prefixes = {WORKFLOWS[name]["env"]["PREFIX"] for name in ("images", "release", "deploy")}
    assert prefixes == {"ghcr.io/${{ github.repository }}"}  # in its owner's letters: make writes it in small ones
    steps = WORKFLOWS["images"]["jobs"]["image"]["steps"]
    named = [number for number, step in enumerate(steps) if step.get("run") == "make image-name"]
    asked = {number: step["with"]["image"] for number, step in enumerate(steps) if "image" in step.get("with", {})}
    assert len(asked) == 2
    assert set(asked.values()) == {"${{ env.IMAGE }}"}
    assert named[0] < min(asked)


def test_nothing_is_released_untested() -> None:
    released = WORKFLOWS["release"]["jobs"]
    assert released["publish"]["needs"] == "images"
    assert set(released["images"]["needs"]) == {"test", "cluster"}
    assert {released[job]["needs"] for job in ("test", "cluster")} == {"version"}


def test_the_cluster_of_the_tests_is_there_named_and_measured() -> None:
    workflow = WORKFLOWS["cluster"]
    assert workflow["env"]["KUBECONFIG"] == "/home/runner/.kube/config"  # kind's action names it to nobody
    order = [step.get("uses", step.get("run", "")).partition("@")[0] for step in workflow["jobs"]["kind"]["steps"]]
    assert order[-3:] == ["helm/kind-action", "make metrics-server", "make cluster-test"]
    assert TARGETS["cluster-test"][0] == "cluster-reachable"


def test_production_follows_staging_and_waits_for_approval() -> None:
    deployed = WORKFLOWS["deploy"]["jobs"]
    assert deployed["production"]["needs"] == "staging"
    assert {job: said["environment"] for job, said in deployed.items()} == {
        "staging": "staging",
        "production": "production",  # whose rule names those who approve
    }


def test_what_waits_for_approval_keeps_nothing_from_staging() -> None:
    assert "concurrency" not in WORKFLOWS["deploy"]
    ordered = [said["concurrency"] for said in WORKFLOWS["deploy"]["jobs"].values()]
    assert len({order["group"] for order in ordered}) == len(ordered)
    assert not any(order["cancel-in-progress"] for order in ordered)  # half a deployment is none


def needs(target: str) -> set[str]:
    """Everything that is made before a target."""
    return set(TARGETS[target]).union(*(needs(one) for one in TARGETS[target]))


def test_an_environment_is_set_up_without_gigabytes_for_graphics_processors() -> None:
    steps = [(name, step) for name, _, said in jobs() for step in said.get("steps", ())]
    setting_up = {name for name, step in steps if "run" in step and "setup" in needs(step["run"].split()[1])}
    assert {"test", "images", "release", "deploy"} <= setting_up
    assert {name: WORKFLOWS[name].get("env", {}).get("UV_TORCH_BACKEND") for name in setting_up} == dict.fromkeys(
        setting_up, "cpu"
    )


def test_between_them_the_tests_are_run_once_each() -> None:
    arguments = {job: said.get("env", {}).get("ARGS", "") for job, said in WORKFLOWS["test"]["jobs"].items()}
    assert arguments["unit"] == f"--ignore={arguments['browser']}"
    called = {step["run"] for said in WORKFLOWS["test"]["jobs"].values() for step in said["steps"] if "run" in step}
    targets = ("style", "lint", "types", "contracts", "chart-lint", "prometheus", "test", "notebooks")
    assert called == {f"make {target}" for target in targets}


def test_what_tests_would_be_skipped_without_is_installed_before_them() -> None:
    steps = [step.get("run") for step in WORKFLOWS["test"]["jobs"]["unit"]["steps"]]
    assert steps.index("make prometheus") < steps.index("make test")
