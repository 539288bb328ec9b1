"""Probes: alive is not ready, and what is about to end sends people elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

ANY_HOST = {"Host": "10.1.2.3:8080"}


def _ready(server: Any) -> httpx.Response:
    return server.http.get(f"{server.origin}/services/api/ready", headers=ANY_HOST)


def test_a_replica_is_ready_once_it_has_read_the_store(start: Callable[..., Any]) -> None:
    server = start()
    answer = _ready(server)
    assert (answer.status_code, answer.json()) == (503, {"status": "the store is not reached"})
    assert server.http.get(f"{server.origin}/services/api/health", headers=ANY_HOST).json() == {"status": "ok"}

    async def live() -> None:
        async with server.app.router.lifespan_context(server.app):
            for _ in range(200):
                if _ready(server).status_code == 200:
                    return
                await asyncio.sleep(0.05)

    asyncio.run(live())
    assert _ready(server).json() == {"status": "ready"}


def test_what_is_about_to_end_answers_and_asks_for_no_more(start: Callable[..., Any]) -> None:
    server = start()
    context = server.app.state.context
    context.readiness.store_reached = True
    with server.client("researcher") as client:
        assert "connection" not in client.get("/universes").headers
        context.readiness.draining = True
        answer = client.get("/universes")
        assert answer.status_code == 200
        assert answer.headers["connection"] == "close"
    assert (_ready(server).status_code, _ready(server).json()) == (503, {"status": "draining"})
