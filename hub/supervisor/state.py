"""What is running: a lock held as long as the supervisor lives, and a file that says what it started."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from foliohub.errors import RunInProgressError
from hub.config.private import private_folder, write_private

Phase = Literal["starting", "running", "stopping", "failed"]


class Process(BaseModel):
    """One process, known by more than its number, because numbers are given again.

    Attributes
    ----------
    pid : int
        Its number.
    created : float
        When it began, in seconds since 1970 as the system counts.
    """

    model_config = ConfigDict(frozen=True)

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The process with a number; None if there is none."""
        try:
            return cls(pid=pid, created=psutil.Process(pid).create_time())
        except psutil.Error:
            return None

    def find(self) -> psutil.Process | None:
        """The process itself, unless it ended, or its number is somebody else's now."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.created) < 0.05 and found.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return None
        return found if same else None


class Part(BaseModel):
    """One of the supervisor's children.

    Attributes
    ----------
    name, state : str
        What it is; how it is ("starting", "healthy", "crashed", "stopped").
    process : Process or None
        None between a crash and the next start.
    restarts : int
        How often it was started again.
    detail : str
        For people: why it crashed, when it will be tried again.
    """

    name: str
    state: Literal["starting", "healthy", "crashed", "stopped"] = "stopped"
    process: Process | None = None
    restarts: int = 0
    detail: str = ""


class State(BaseModel):
    """The platform as the supervisor sees it.

    Attributes
    ----------
    phase : str
        Of the whole.
    detail : str
        Why it failed.
    url, api_url : str
        Where people go; the hub's API, as this machine reaches it.
    started : str
        ISO 8601, UTC.
    supervisor : Process
        The supervisor itself.
    parts : dict of str to Part
        Its children.
    """

    phase: Phase
    detail: str = ""
    url: str
    api_url: str
    started: str
    supervisor: Process
    parts: dict[str, Part]


class StateFile:
    """Where the state lies.

    Parameters
    ----------
    folder : Path
        ``FOLIOHUB_HOME/hub``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / "state.json"

    def write(self, state: State) -> None:
        """Replace it."""
        write_private(self.path, state.model_dump_json(indent=1))

    def last(self) -> State | None:
        """What was written last, whether or not it is still true."""
        try:
            return State.model_validate_json(self.path.read_text(encoding="utf-8"))
        except (OSError, ValidationError):
            return None

    def running(self) -> State | None:
        """The state, if there is a supervisor to go with it."""
        return self.last() if self.held() else None

    def held(self) -> bool:
        """Whether a supervisor lives."""
        try:
            with self._lock():
                return False
        except RunInProgressError:
            return True
        except FileNotFoundError:
            return False

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Be the one supervisor of this folder; the system lets go when the process ends, however it ends.

        Raises
        ------
        RunInProgressError
            If there is another.
        """
        private_folder(self._folder)
        with self._lock():
            yield

    @contextmanager
    def _lock(self) -> Iterator[None]:
        if not self._folder.is_dir():
            raise FileNotFoundError(self._folder)
        descriptor = os.open(self._folder / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise RunInProgressError("The platform is running already.", remedy="See: foliohub status") from None
        try:
            yield
        finally:
            os.close(descriptor)
