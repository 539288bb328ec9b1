"""The platform's notebooks and reports in a researcher's home: read-only copies, made anew at every start."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

FOLDERS = ("notebooks", "reports")
"""Folders of the project that hold templates."""

_KERNEL = {"name": "foliohub", "display_name": "Foliohub", "language": "python"}


def renew(home: Path, project: Path) -> int:
    """Replace ``templates/`` in a home by the project's notebooks; tells how many there are.

    Parameters
    ----------
    home : Path
        The researcher's home.
    project : Path
        Folder with ``notebooks/`` and ``reports/``.

    Notes
    -----
    Runs as the confined researcher: whatever they put in the place of a folder leads to nothing they cannot write
    anyway. Each copy names our kernel, so that JupyterLab asks nothing when it is opened.
    """
    target = home / "templates"
    _remove(target)
    count = 0
    for name in FOLDERS:
        folder = target / name
        folder.mkdir(parents=True)
        for notebook in sorted((project / name).glob("*.ipynb")):
            content = json.loads(notebook.read_text(encoding="utf-8"))
            content["metadata"]["kernelspec"] = _KERNEL
            copy = folder / notebook.name
            copy.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            copy.chmod(0o444)
            count += 1
        folder.chmod(0o555)
    target.chmod(0o555)
    return count


def _remove(target: Path) -> None:
    if target.is_symlink() or target.is_file():
        target.unlink()
        return
    if target.is_dir():
        for folder in (target, *(path for path in target.rglob("*") if path.is_dir() and not path.is_symlink())):
            folder.chmod(0o755)
        shutil.rmtree(target)
