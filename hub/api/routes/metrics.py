"""Metrics in Prometheus' text format."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from starlette.concurrency import run_in_threadpool

from hub.api.access import At, MetricsReader
from hub.api.problems import documented

router = APIRouter(prefix="/metrics", tags=["service"])


@router.get(
    "",
    operation_id="metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **documented()},
)
async def metrics(at: At, _: MetricsReader) -> Response:
    """What was asked of this service, how long it took and how it ended, for Prometheus."""
    body = await run_in_threadpool(generate_latest, at.telemetry.registry)
    return Response(body, headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE_PLAIN_0_0_4)
