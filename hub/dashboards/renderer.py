"""Voilà's renderer, reading notebooks straight from their folder."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import nbformat
from voila.notebook_renderer import NotebookRenderer

_UNHEARD = logging.getLogger(f"{__name__}.abandoned")
_UNHEARD.addHandler(logging.NullHandler())
_UNHEARD.propagate = False


class Renderer(NotebookRenderer):  # type: ignore[misc]
    """Renders one of our notebooks, in the one kernel there is."""

    abandoned = False

    def abandon(self) -> None:
        """Nobody waits for this page: that its kernel ends is no error, and no further cell is tried."""
        self.abandoned = True
        self.log = _UNHEARD
        if getattr(self, "executor", None) is not None:
            self.executor.log = _UNHEARD

    async def _jinja_cell_generator(self, nb: Any, kernel_id: str) -> AsyncIterator[Any]:
        async with aclosing(super()._jinja_cell_generator(nb, kernel_id)) as cells:
            async for cell in cells:
                if self.abandoned:
                    return
                yield cell

    async def load_notebook(self, path: str) -> nbformat.NotebookNode:
        """The notebook, without outputs anybody may have left in it."""
        notebook: nbformat.NotebookNode = nbformat.read(Path(self.root_dir) / path, as_version=4)  # type: ignore[no-untyped-call]
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python", "language": "python"}
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = []
        return notebook
