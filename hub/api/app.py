"""The application: routes behind the gate, errors as problems, and a documentation that works offline."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import chain, repeat
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

import foliohub
from foliohub.config import Settings
from foliohub.errors import FoliohubError
from hub.api import decisions, docs, jobs, login, problems
from hub.api.access import LogInError
from hub.api.context import Context
from hub.api.gate import Gate
from hub.api.identity import Authenticator
from hub.api.problems import Problem
from hub.api.readiness import PROBES
from hub.api.routes import ROUTERS, health
from hub.api.settings import ApiSettings

_LOGGER = logging.getLogger(__name__)
_PAUSES = (1, 2, 4)
_LONGEST_PAUSE = 8
"""Seconds between two tries to open the store."""
_DESCRIPTION = """What recorded runs have published: prices, forecasts, weights, proposals, and the runs themselves.

Send `Authorization: Bearer TOKEN`; the hub's page *Token* makes one. Tables come as JSON, CSV or Arrow, by the `Accept`
header or `format=`. Every answer has an entity tag that changes with what is stored: ask with `If-None-Match`. Errors
are problem documents (RFC 9457)."""


def create_app(settings: Settings, auth: Authenticator, service: ApiSettings | None = None) -> FastAPI:
    """Put the application together.

    Parameters
    ----------
    settings : Settings
        Which store, and where runs leave their files.
    auth : Authenticator
        Who is behind a token.
    service : ApiSettings, optional
        How it is served; by default as the environment says.
    """
    service = service or ApiSettings()
    # Slashes are not made right by redirects: their Location would carry whatever Host was sent.
    app = Api(
        title="Foliohub",
        version=foliohub.__version__,
        openapi_url=None,
        docs_url=None,
        redirect_slashes=False,
        lifespan=_warm_up,
    )
    app.state.context = Context(settings, auth, service)
    problems.install(app)

    @app.exception_handler(LogInError)
    async def _log_in(request: Request, _: LogInError) -> Response:
        return login.start(request, app.state.context)

    prefix = service.prefix.rstrip("/")
    app.include_router(health.router, prefix=prefix, include_in_schema=False)
    app.include_router(health.probes, prefix=prefix)
    app.include_router(login.router, prefix=prefix)
    app.include_router(docs.router, prefix=f"{prefix}/v1")
    for router in ROUTERS:
        app.include_router(router, prefix=f"{prefix}/v1")
    app.include_router(decisions.router, prefix=f"{prefix}/proposals", include_in_schema=False)
    app.include_router(jobs.router, prefix=f"{prefix}/jobs", include_in_schema=False)
    return app


@asynccontextmanager
async def _warm_up(app: FastAPI) -> AsyncIterator[None]:
    """Open the store beside the first requests, so that none of them waits for ArcticDB to be imported."""

    async def open_store() -> None:
        at: Context = app.state.context
        for pause in chain(_PAUSES, repeat(_LONGEST_PAUSE)):
            try:
                await at.open()
                await at.catalogue.refresh()
            except Exception as error:  # every request will say so; a store may yet come
                if not isinstance(error, FoliohubError):
                    _LOGGER.exception("The store cannot be read")
                _LOGGER.error("The store cannot be opened yet: %s", error)
                await asyncio.sleep(pause)
            else:
                at.readiness.store_reached = True
                return

    opening = asyncio.create_task(open_store())
    yield
    opening.cancel()


class Api(FastAPI):
    """FastAPI behind our gate, with our documentation."""

    _gate: Gate | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if self._gate is None:
            at = self.state.context
            probes = frozenset(f"{at.service.prefix}{name}" for name in PROBES)
            self._gate = Gate(super().__call__, at.service.hosts, probes, at.readiness, at.telemetry.observe)
        await self._gate(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The documentation, as data."""
        if self.openapi_schema is None:
            schema = get_openapi(
                title="Foliohub", version=self.version, description=_DESCRIPTION, routes=self.routes, tags=[]
            )
            components = schema.setdefault("components", {})
            components.setdefault("schemas", {}).update(_schema(Problem))
            components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            for path, operations in schema["paths"].items():
                for operation in operations.values():
                    operation["security"] = [] if path.endswith("/v1/health") else [{"token": []}]
            self.openapi_schema = schema
        return self.openapi_schema


def _schema(model: type[Problem]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs", {}), "Problem": schema}
