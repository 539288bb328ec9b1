"""Zip files without a clock: the same content gives the same bytes."""

from __future__ import annotations

import zipfile


def put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a member that bears no date but the earliest there is."""
    archive.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), content)
