"""What Dask's operator leaves lying goes too: clusters without a scheduler, and all of them before the operator."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace

import kopf
import kr8s
import pytest

from hub.dask import clear, forgotten, prompt_ends


class Clusters:
    """Some clusters, and the pods of their schedulers."""

    def __init__(self, *, ready: tuple[bool, ...], stubborn: bool = False) -> None:
        self.ready = ready
        self.stubborn = stubborn
        self.raw: dict[str, dict[str, str]] = {"metadata": {}}
        self.deleted = 0

    async def list(self, **_: object):
        for ready in self.ready:

            async def is_ready(ready: bool = ready) -> bool:
                return ready

            yield SimpleNamespace(ready=is_ready)

    async def get(self, *_: object, **__: object) -> SimpleNamespace:
        async def delete() -> None:
            self.deleted += 1

        return SimpleNamespace(delete=delete)

    def delete(self) -> None:
        self.deleted += 1
        self.raw["metadata"]["deletionTimestamp"] = "now"

    def all(self, *_: object, **__: object) -> list[Clusters]:
        return [self] if self.stubborn or not self.deleted else []


@pytest.mark.parametrize(("ready", "deleted"), [((), 1), ((False,), 1), ((True,), 0), ((False, True), 0)])
def test_a_cluster_that_has_long_had_no_scheduler_is_taken_away(monkeypatch, ready, deleted):
    clusters = Clusters(ready=ready)
    monkeypatch.setattr(forgotten, "Pod", clusters)
    monkeypatch.setattr(forgotten, "DaskCluster", clusters)
    clock = [1000.0]
    monkeypatch.setattr(forgotten.time, "monotonic", lambda: clock[0])
    memo = kopf.Memo()

    def look() -> int:
        given = {"spec": {"idleTimeout": 60}, "memo": memo, "logger": logging.getLogger()}
        asyncio.run(forgotten.remove_forgotten(name="c", namespace="dask", **given))
        return clusters.deleted

    assert look() == 0
    clock[0] += 60 + forgotten.GRACE - 1
    assert look() == 0, "it may still be coming up"
    clock[0] += 2
    assert look() == deleted


def test_all_clusters_are_taken_away_and_waited_for(monkeypatch, capsys):
    clusters = Clusters(ready=())
    monkeypatch.setattr(kr8s, "get", clusters.all)
    assert clear.main(["dask"]) == 0
    assert clusters.deleted == 1
    assert "0 of Dask's clusters are left" in capsys.readouterr().err


def test_what_cannot_be_taken_away_keeps_nobody(monkeypatch):
    clusters = Clusters(ready=(), stubborn=True)
    monkeypatch.setattr(kr8s, "get", clusters.all)
    assert clear.clear("dask", patience=0.05, poll=0.01) == 1
    assert clusters.deleted == 1, "asked once"


def test_the_end_of_a_cluster_waits_for_no_minute_to_pass():
    settings = kopf.OperatorSettings()
    asyncio.run(prompt_ends.look_often(settings=settings))
    assert settings.background.cancellation_polling == prompt_ends.LOOK_SECONDS
