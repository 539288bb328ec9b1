"""Whether the service is there; for whoever starts and watches it."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

router = APIRouter(tags=["service"])


class Health(BaseModel):
    """The service is there; of what it holds this says nothing."""

    status: Literal["ok"] = "ok"


@router.get("/health", operation_id="health")
async def health() -> Health:
    """Whether the service is there. Takes no token."""
    return Health()
