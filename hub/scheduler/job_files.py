"""The job files as they are now: read again when one changes; a broken one leaves what was right before."""

from __future__ import annotations

from pathlib import Path

from foliohub.config import Settings
from foliohub.errors import FoliohubError
from foliohub.runs.spec import JobSpec, load_jobs


class JobFiles:
    """The jobs of a project.

    Parameters
    ----------
    settings : Settings

    Attributes
    ----------
    jobs : dict
        Job name -> spec, in an order that follows their dependencies.
    error : FoliohubError or None
        Why the files cannot be read as they are.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seen: dict[Path, tuple[int, int]] | None = None
        self.jobs: dict[str, JobSpec] = {}
        self.error: FoliohubError | None = None

    def refresh(self) -> None:
        """Read the files again, if one of them has changed."""
        seen = self._look()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self.jobs, self.error = load_jobs(self._settings.jobs, self._settings.notebooks), None
        except FoliohubError as error:
            self.error = error

    def _look(self) -> dict[Path, tuple[int, int]]:
        found = {}
        for folder, pattern in ((self._settings.jobs, "*.y*ml"), (self._settings.notebooks, "*.ipynb")):
            for path in folder.glob(pattern) if folder.is_dir() else ():
                try:
                    status = path.stat()
                except OSError:  # removed just now
                    continue
                found[path] = (status.st_mtime_ns, status.st_size)
        return found


__all__ = ["JobFiles"]
