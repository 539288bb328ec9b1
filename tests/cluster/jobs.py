"""Scheduled jobs on the cluster: Jobs made from CronJobs, named for a time at which they were due."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from foliohub.runs.spec import load_jobs
from foliohub.schedule import due_times
from tests.cluster.cluster import Cluster, eventually
from tests.cluster.trial import RELEASE, ROOT

NIGHT = ("daily-ingest", "daily-forecast", "daily-rebalance", "daily-score")


@dataclass(frozen=True)
class Fired:
    """A Job that was made from a CronJob, as the cluster's clock would have made it.

    Parameters
    ----------
    cluster : Cluster
    name : str
        Of the Job; ends in its scheduled time.
    """

    cluster: Cluster
    name: str

    def status(self) -> dict[str, Any]:
        """What Kubernetes says of it."""
        return dict(self.cluster.get("job", self.name)["status"])

    def pods(self) -> list[dict[str, Any]]:
        """Its pods that are not ending."""
        return self.cluster.pods(f"batch.kubernetes.io/job-name={self.name}")

    def wait(self, seconds: float = 300) -> None:
        """Wait until it is done.

        Raises
        ------
        AssertionError
            It failed; with what its pods said last.
        """

        def ended() -> bool:
            status = self.status()
            assert not status.get("failed") or status.get("succeeded") or not _failed(status), self.log()
            return bool(status.get("succeeded"))

        eventually(ended, seconds=seconds, every=1, saying=self.name, forgiving=False)

    def asked(self, seconds: float = 120) -> None:
        """Wait until a pod of it has asked for its run."""
        eventually(lambda: "request " in self.log(), seconds=seconds, saying=f"a request by {self.name}")

    def log(self) -> str:
        """The end of what its pods wrote."""
        return self.cluster.kubectl("logs", f"job/{self.name}", "--tail=40", check=False)


def fire(cluster: Cluster, job: str, night: datetime, prefix: str = "") -> Fired:
    """Make the Job that a CronJob's clock would have made in a night.

    Parameters
    ----------
    cluster : Cluster
    job : str
    night : datetime
        Some time in the afternoon before, in UTC.
    prefix : str
        Put before the name, for a second Job of one time.
    """
    (due,) = due_times(load_jobs(ROOT / "jobs", ROOT / "notebooks")[job].schedule, night, night + timedelta(hours=12))
    name = f"{prefix}{RELEASE}-job-{job}-{int(due.timestamp()) // 60}"
    cluster.kubectl("create", "job", name, f"--from=cronjob/{RELEASE}-job-{job}")
    return Fired(cluster, name)


@contextmanager
def every_minute(cluster: Cluster, job: str) -> Iterator[Fired]:
    """Let the cluster's own clock start a CronJob for the length of a block: the first Job that it makes."""
    name = f"{RELEASE}-job-{job}"
    told = cluster.get("cronjob", name)["spec"]
    before = _made(cluster, job)
    try:
        _patch(cluster, name, {"schedule": "* * * * *", "suspend": False})
        made = eventually(lambda: _made(cluster, job) - before, seconds=75, saying=f"a Job of {name}")
        yield Fired(cluster, min(made))
    finally:
        _patch(cluster, name, {"schedule": told["schedule"], "suspend": told["suspend"]})


def _made(cluster: Cluster, job: str) -> set[str]:
    return {item["metadata"]["name"] for item in cluster.get("jobs", f"--selector=foliohub/job={job}")["items"]}


def _patch(cluster: Cluster, name: str, spec: dict[str, Any]) -> None:
    cluster.kubectl("patch", "cronjob", name, "--type=merge", f"--patch={json.dumps({'spec': spec})}")


def night(day: int) -> datetime:
    """The afternoon before a night of December 2022, the last month of the sample."""
    return datetime(2022, 12, day, 18, tzinfo=UTC)


def _failed(status: dict[str, Any]) -> bool:
    return any(said["type"] == "Failed" and said["status"] == "True" for said in status.get("conditions", []))
