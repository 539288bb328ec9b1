"""Whether the service is there, and whether requests should come to it; for whoever starts and watches it."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

router = APIRouter(tags=["service"])
probes = APIRouter(include_in_schema=False)


class Health(BaseModel):
    """The service is there; of what it holds this says nothing."""

    status: Literal["ok"] = "ok"


@router.get("/health", operation_id="health")
async def health() -> Health:
    """Whether the service is there. Takes no token."""
    return Health()


@probes.get("/ready")
async def ready(request: Request) -> Response:
    """Whether this replica has reached the store and is not about to end. Takes no token."""
    missing = request.app.state.context.readiness.missing
    return JSONResponse({"status": missing or "ready"}, 503 if missing else 200, {"Cache-Control": "no-store"})
