"""The hub's database: which revision it has, and whether this JupyterHub knows it."""

from __future__ import annotations

import sqlite3
from importlib.util import find_spec
from pathlib import Path

from foliohub.errors import ConfigurationError


def check_database(file: Path) -> None:
    """Refuse a database that a newer JupyterHub has written; an older one is upgraded by the hub, which keeps a copy.

    Raises
    ------
    ConfigurationError
        Names the copies there are.
    """
    there = _revision(file)
    if there is not None and not any(_scripts().glob(f"{there}_*.py")):
        copies = sorted(copy.name for copy in file.parent.glob(f"{file.name}.*"))
        back = f" or put back a copy: {', '.join(copies)}" if copies else ""
        raise ConfigurationError(
            f"{file} is of a newer JupyterHub than this one (revision {there}).", remedy=f"Update Foliohub{back}."
        )


def is_current(file: Path) -> bool:
    """Whether the hub will leave a database as it is, rather than upgrade it."""
    there = _revision(file)
    followed = {line for script in _scripts().glob("*.py") for line in script.read_text("utf-8").splitlines()}
    return there is None or f"down_revision = '{there}'" not in followed


def _revision(file: Path) -> str | None:
    if not file.exists():
        return None
    try:
        database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            row = database.execute("select version_num from alembic_version").fetchone()
        finally:
            database.close()
    except sqlite3.DatabaseError as error:
        if "no such table" in str(error):
            return None
        raise ConfigurationError(
            f"{file} cannot be read: {error}.",
            remedy="Put back a copy of it, or move it away to start with an empty one.",
        ) from None
    return str(row[0]) if row else None


def _scripts() -> Path:
    spec = find_spec("jupyterhub")
    assert spec is not None  # noqa: S101 (it is locked)
    assert spec.origin is not None  # noqa: S101
    return Path(spec.origin).parent / "alembic" / "versions"
