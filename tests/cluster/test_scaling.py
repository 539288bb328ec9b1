"""The API gets replicas under load, and gives them back."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.cluster.cluster import eventually
from tests.cluster.trial import RELEASE, Trial
from tests.hub.live import LiveHub

CALLERS = 8


def test_the_api_scales_under_load_and_back_without_a_failed_request(platform: Trial, hub: LiveHub) -> None:
    stop, failed = threading.Event(), []
    headers = {"Authorization": f"Bearer {hub.token('olga')}"}

    def call() -> None:
        with httpx.Client(base_url=f"{hub.url}/services/api/v1", headers=headers, timeout=60) as client:
            while not stop.is_set():
                answer = client.get("/prices", params={"universe": "sample"})
                if answer.status_code not in (200, 429):
                    failed.append(answer.text)

    def replicas() -> int:
        return int(platform.cluster.get("deployment", f"{RELEASE}-api")["status"].get("readyReplicas", 0))

    before = replicas()
    with ThreadPoolExecutor(CALLERS) as pool:
        for _ in range(CALLERS):
            pool.submit(call)
        try:
            eventually(lambda: replicas() > before, seconds=240, every=2, saying="another replica")
        finally:
            stop.set()
    eventually(lambda: replicas() == before, seconds=300, every=2, saying="the replica's end")
    assert failed == []
