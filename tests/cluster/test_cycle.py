"""A night's jobs as Jobs of the cluster, on S3: from prices to a proposal, each exactly once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foliohub.client import Client
from foliohub.errors import NotStoredError
from tests.cluster.jobs import NIGHT, every_minute, fire, night
from tests.cluster.trial import Trial

LAST = "2022-12-28"


def test_every_job_file_is_a_cronjob(platform: Trial) -> None:
    found = {item["metadata"]["name"] for item in platform.cluster.get("cronjobs")["items"]}
    assert {f"foliohub-job-{job}" for job in NIGHT} <= found


def test_a_night_runs_from_prices_to_a_proposal(platform: Trial, api: Client) -> None:
    fired = []
    for job in NIGHT:  # half an hour lies between them in life: each finds that the one before was asked for
        fired.append(fire(platform.cluster, job, night(28)))
        fired[-1].asked()
    for job in fired:
        job.wait(400)
    records = {run.job: run for run in api.runs(jobs=NIGHT, status=["succeeded"])}
    assert set(records) == set(NIGHT)
    assert {run.as_of for run in records.values()} == {LAST}
    assert len(api.proposals()) == 1
    assert b"<html" in api.output(records["daily-rebalance"].id, "report")[:2000].lower()


def test_a_time_fires_once_however_often_it_is_asked_for(platform: Trial, api: Client) -> None:
    before = api.runs(jobs=["daily-ingest"])
    fire(platform.cluster, "daily-ingest", night(28), prefix="again-").wait()
    assert [run.id for run in api.runs(jobs=["daily-ingest"])] == [run.id for run in before]


def test_two_pods_of_one_time_leave_one_result(platform: Trial, api: Client) -> None:
    both = [fire(platform.cluster, "daily-ingest", night(27), prefix=prefix) for prefix in ("one-", "two-")]
    for job in both:
        job.wait()
    assert len(api.runs(jobs=["daily-ingest"], as_of="2022-12-27")) == 1


def test_the_clusters_own_clock_starts_a_pod_that_knows_its_minute(platform: Trial, api: Client) -> None:
    """Of a minute at which nothing is due by the job's file, so that the pod says so, and asks for nothing."""
    with every_minute(platform.cluster, "weekly-report") as job:
        minutes = int(job.name.rpartition("-")[2])
        scheduled_at = datetime.fromtimestamp(60 * minutes, UTC)
        made_at = datetime.fromisoformat(platform.cluster.get("job", job.name)["metadata"]["creationTimestamp"])
        assert timedelta(0) <= made_at - scheduled_at < timedelta(minutes=2)
    job.wait(120)
    assert f"weekly-report is not due at {scheduled_at}" in job.log()
    with pytest.raises(NotStoredError):
        api.request(f"weekly-report-{minutes}")
    assert api.runs(jobs=["weekly-report"]) == []
