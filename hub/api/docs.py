"""The documentation as a page that needs nothing from elsewhere, and as data."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import fastapi_offline
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response

from hub.api.access import At, Reader
from hub.api.problems import documented

router = APIRouter(include_in_schema=False)

_ASSETS = Path(fastapi_offline.__file__).parent / "static"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Foliohub API</title>
<meta name="viewport" content="width=device-width">
<link rel="icon" href="docs/favicon.png"><link rel="stylesheet" href="docs/swagger-ui.css"></head>
<body><div id="page"></div><script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script></body>
</html>
"""
_SCRIPT = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#page", deepLinking: true, validatorUrl: null, persistAuthorization: false,
  presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout"
});
"""


@router.get("/docs")
async def page(_: Reader) -> Response:
    """The documentation for people."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


@router.get("/docs/start.js")
async def script() -> Response:
    """Starts the page; a file of its own, so that the page can forbid scripts inside itself."""
    return Response(_SCRIPT, media_type="text/javascript")


@router.get("/docs/{name}")
async def asset(name: Literal["swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"]) -> Response:
    """The page's parts."""
    return FileResponse(_ASSETS / name, headers={"Cache-Control": "public, max-age=86400"})


@router.get("/openapi.json", responses=documented())
async def openapi(request: Request, _: Reader, __: At) -> Response:
    """The documentation for programs."""
    return JSONResponse(request.app.openapi())
