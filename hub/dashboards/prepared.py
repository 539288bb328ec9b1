"""A page on its way: its kernel waits for a viewer with everything imported, and then draws cell after cell."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING

from jupyter_core.utils import ensure_async

from hub.dashboards.frame import share

if TYPE_CHECKING:
    from hub.dashboards.app import Dashboards
    from hub.dashboards.renderer import Renderer

LIVE = "data-live="
"""Mark of a part that needs its kernel after the page is drawn."""


class Prepared:
    """One page with its kernel.

    Parameters
    ----------
    app : Dashboards
    name : str
        Of the dashboard.
    edition : int
        Of what its kernel has at hand: the higher, the later.
    """

    def __init__(self, app: Dashboards, name: str, edition: int = 0) -> None:
        self.name = name
        self.edition = edition
        self.kernel_id = str(uuid.uuid4())
        self.live = False
        self._app = app
        self._chunks: asyncio.Queue[str | None] = asyncio.Queue()
        self._drawing: asyncio.Task[None] | None = None
        self._renderer: Renderer | None = None

    async def start(self) -> None:
        """Start the kernel and draw until the notebook waits for its request."""
        self._app.pages.add(self)
        self._renderer = renderer = self._app.renderer(self.name)
        await renderer.initialize()
        share(renderer.exporter.environment, self._app.frame)
        await self._app.kernels.start(self.kernel_id)
        self._drawing = asyncio.create_task(self._draw(renderer))

    async def _draw(self, renderer: Renderer) -> None:
        kernel = self._app.kernels.get_kernel(self.kernel_id)
        try:
            async with aclosing(renderer.generate_content_generator(self.kernel_id, kernel)) as pieces:
                async for html, _ in pieces:
                    self.live = self.live or LIVE in html
                    self._chunks.put_nowait(html)
        finally:
            self._chunks.put_nowait(None)

    async def usable(self) -> bool:
        """Whether it still waits: neither its drawing nor its kernel has ended."""
        if self._drawing is None or self._drawing.done() or self.kernel_id not in self._app.kernels:
            return False
        return bool(await ensure_async(self._app.kernels.get_kernel(self.kernel_id).is_alive()))

    async def body(self) -> AsyncIterator[str]:
        """What the cells show, as they are drawn.

        Raises
        ------
        Exception
            Whatever broke the drawing off.
        """
        ended = False
        while not ended:
            pieces = [await self._chunks.get()]
            while not self._chunks.empty():
                pieces.append(self._chunks.get_nowait())
            ended = None in pieces
            yield "".join(piece for piece in pieces if piece is not None)
        if self._drawing is not None:
            await self._drawing

    def stop(self) -> None:
        """Stop drawing."""
        self._app.pages.discard(self)
        if self._drawing is not None and not self._drawing.done():
            if self._renderer is not None:
                self._renderer.abandon()
            self._drawing.cancel()

    async def end(self) -> None:
        """Stop drawing and end the kernel."""
        self.stop()
        await self._app.kernels.end(self.kernel_id)
