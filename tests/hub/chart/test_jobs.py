"""Every file of jobs/ is a CronJob that says the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from foliohub.runs.spec import JobSpec, load_jobs
from tests.hub.chart.conftest import RELEASE, ROOT, Manifest, Render, assembled, of_kind, run, variables

JOBS = load_jobs(ROOT / "jobs", ROOT / "notebooks")


def container_of(cron_job: Manifest) -> Manifest:
    [container] = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    return container


def test_every_job_is_a_cron_job_and_nothing_else_is(manifests: list[Manifest]) -> None:
    assert set(of_kind(manifests, "CronJob")) == {f"{RELEASE}-job-{name}" for name in JOBS}


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_times_and_limits_are_those_of_the_file(render: Render, job: JobSpec) -> None:
    spec = of_kind(render("production"), "CronJob")[f"{RELEASE}-job-{job.name}"]["spec"]
    assert spec["schedule"] == job.schedule.cron
    assert spec["timeZone"] == job.schedule.time_zone
    assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] == job.deadline_seconds
    amounts = {"cpu": job.resources.cpu, "memory": job.resources.memory}
    container = container_of({"spec": spec})
    assert container["resources"] == {"requests": amounts, "limits": amounts}
    assert container["args"] == ["python", "-m", "hub.scheduler.cron", job.name]


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_a_job_is_given_those_secrets_alone_that_its_file_names(render: Render, job: JobSpec) -> None:
    given = variables(container_of(of_kind(render("production"), "CronJob")[f"{RELEASE}-job-{job.name}"]))
    secret = {name for name, value in given.items() if isinstance(value, dict) and "secretKeyRef" in value}
    assert secret == {"FOLIOHUB_STORE", *job.secrets}


def test_evictions_are_tried_again_and_failures_are_not(manifests: list[Manifest]) -> None:
    for cron_job in of_kind(manifests, "CronJob").values():
        spec = cron_job["spec"]["jobTemplate"]["spec"]
        assert spec["backoffLimit"] > 0
        assert spec["template"]["spec"]["restartPolicy"] == "Never"
        disrupted, failed = spec["podFailurePolicy"]["rules"]
        assert (disrupted["action"], failed["action"]) == ("Ignore", "FailJob")
        assert failed["onExitCodes"]["values"] == [1]
        assert cron_job["spec"]["concurrencyPolicy"] == "Allow"
        name = variables(container_of(cron_job))["FOLIOHUB_KUBERNETES_JOB"]
        assert name["fieldRef"]["fieldPath"] == "metadata.labels['batch.kubernetes.io/job-name']"


def test_what_a_file_leaves_out_has_the_defaults_of_job_files(helm: str, tmp_path: Path) -> None:
    bare = {"name": "bare", "title": "Bare", "notebook": "10_ingest.ipynb", "cycle": "nightly"}
    bare |= {"schedule": {"cron": "0 1 * * *"}, "retries": {"attempts": 2, "wait_seconds": 0.5}}
    job = JobSpec.model_validate(bare)
    chart = assembled(tmp_path / "foliohub", "off")
    (chart / "files" / "jobs" / "bare.yaml").write_text(yaml.safe_dump(bare), encoding="utf-8")
    manifests = list(yaml.safe_load_all(run(helm, "template", RELEASE, chart)))
    spec = of_kind([one for one in manifests if one], "CronJob")[f"{RELEASE}-job-bare"]["spec"]
    assert spec["timeZone"] == job.schedule.time_zone
    assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] == job.deadline_seconds
    limits = container_of({"spec": spec})["resources"]["limits"]
    assert limits == {"cpu": job.resources.cpu, "memory": job.resources.memory}


def test_a_name_too_long_for_a_cron_job_is_refused(helm: str, chart: Path) -> None:
    complaint = run(helm, "template", "a-release-with-a-long-name-indeed", chart, fails=True)
    assert "may have 52" in complaint


def test_small_nodes_promise_less_and_limit_the_same(render: Render) -> None:
    for name, cron_job in of_kind(render("laptop"), "CronJob").items():
        job = JOBS[name.removeprefix(f"{RELEASE}-job-")]
        resources = container_of(cron_job)["resources"]
        assert resources["requests"] == {"cpu": "100m", "memory": "512Mi"}
        assert resources["limits"] == {"cpu": job.resources.cpu, "memory": job.resources.memory}


def test_without_cron_jobs_the_scheduler_has_its_own_clock(render: Render) -> None:
    for enabled, clock in ((True, "cluster"), (False, "own")):
        manifests = render("laptop", f"jobs.enabled={str(enabled).lower()}")
        [container] = of_kind(manifests, "Deployment")[f"{RELEASE}-scheduler"]["spec"]["template"]["spec"]["containers"]
        assert variables(container)["FOLIOHUB_SCHEDULER_CLOCK"] == clock
        assert bool(of_kind(manifests, "CronJob")) == enabled
