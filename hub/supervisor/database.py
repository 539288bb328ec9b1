"""The hub's database: which revision it has, and whether this JupyterHub knows it."""

from __future__ import annotations

from pathlib import Path


def revision_of(url: str) -> tuple[str | None, str, bool]:
    """Compare a database with what this JupyterHub writes; changes nothing.

    Parameters
    ----------
    url : str
        SQLAlchemy's address of it.

    Returns
    -------
    tuple
        Its revision (None where there is no database yet), ours, and whether we know a way from one to the other.
    """
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from jupyterhub import dbutil
    from sqlalchemy import create_engine

    configuration = Config()
    configuration.set_main_option("script_location", str(dbutil.ALEMBIC_DIR))
    scripts = ScriptDirectory.from_config(configuration)
    ours = scripts.get_heads()[0]
    known = {script.revision for script in scripts.walk_revisions()}
    file = url.removeprefix("sqlite:///")
    if file != url and not Path(file).exists():
        return None, ours, True
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            there = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    return there, ours, there is None or there in known
