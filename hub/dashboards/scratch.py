"""A folder for connection files and sockets: private, short enough for a socket's address, and never left to grow."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from foliohub.errors import ConfigurationError


def scratch_folder(port: int) -> Path:
    """A fresh folder for the service at this port; what one that was killed left there is removed.

    Raises
    ------
    ConfigurationError
        Somebody else has put something of that name there.
    """
    folder = Path(tempfile.gettempdir()) / f"foliohub-dashboards-{os.getuid()}-{port}"
    if folder.is_symlink() or (folder.exists() and folder.stat().st_uid != os.getuid()):
        raise ConfigurationError(f"{folder} belongs to somebody else.", remedy="Remove it, or set TMPDIR.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder
