"""Voilà's renderer, reading notebooks straight from their folder."""

from __future__ import annotations

from pathlib import Path

import nbformat
from voila.notebook_renderer import NotebookRenderer


class Renderer(NotebookRenderer):  # type: ignore[misc]
    """Renders one of our notebooks, in the one kernel there is."""

    async def load_notebook(self, path: str) -> nbformat.NotebookNode:
        """The notebook, without outputs anybody may have left in it."""
        notebook: nbformat.NotebookNode = nbformat.read(Path(self.root_dir) / path, as_version=4)  # type: ignore[no-untyped-call]
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python", "language": "python"}
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = []
        return notebook
