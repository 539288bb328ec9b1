"""One run as a process of its own: fed, read, and ended whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from foliohub.logs import forward, scrub
from foliohub.schedule.child import Ending, Order
from foliohub.schedule.logs import log_file
from hub.scheduler.leftovers import end_leftovers

_LONGEST_LINE = 64 * 1024
_LONGEST_LOG = 5_000_000
_KEEP_LOGS = 90 * 86_400.0
"""Seconds."""
_GRACE = 2.5
"""Seconds between asking a run to end and ending it by force."""
_GRACE_OF_OTHERS = 0.5
"""The same for what the run has started: once its notebook's process is gone, it need not wait for it."""


class RunProcess:
    """A run under way.

    Parameters
    ----------
    identifier : str
        Of the request.
    order : Order
    home, project : Path
    environment : mapping
        The process's whole environment but for its marks.
    secrets : tuple of str
        Struck out of its log.
    grace : float
        Seconds it has to end in order once asked to.
    aloud : bool
        Whether what it says is said by this process too, where a pod's log is its standard output.

    Attributes
    ----------
    log : Path
        What it says: ``FOLIOHUB_HOME/logs/schedule/<request>.log``, 5 MB at most.
    """

    def __init__(
        self,
        identifier: str,
        order: Order,
        *,
        home: Path,
        project: Path,
        environment: Mapping[str, str],
        secrets: tuple[str, ...] = (),
        grace: float = _GRACE,
        aloud: bool = False,
    ) -> None:
        self.identifier = identifier
        self.log = log_file(home, identifier)
        _make_room(self.log.parent)
        self._home = home
        self._secrets = secrets
        self._forwards = environment.get("FOLIOHUB_LOG") == "stdout"
        self._grace = grace
        self._aloud = aloud
        self._kill_at: float | None = None
        self._kill_others_at = 0.0
        self._said = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "foliohub.schedule.child"],
            cwd=project,
            env={**environment, "FOLIOHUB_HOME": str(home), "FOLIOHUB_REQUEST": identifier},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._threads = [
            threading.Thread(target=self._hear, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._keep_log, args=(self._process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        if self._process.stdin:  # stays open: that it closes tells the process that the scheduler is gone
            with suppress(BrokenPipeError):  # it has ended already, and `poll` says so
                self._process.stdin.write(order.model_dump_json().encode() + b"\n")
                self._process.stdin.flush()

    @property
    def pid(self) -> int:
        """Number of the process, and of its group."""
        return self._process.pid

    def stop(self) -> None:
        """Ask it to end; `poll` ends it by force where it does not. Asking again changes nothing."""
        if self._kill_at is None:
            self._signal(signal.SIGTERM)
            self._kill_others_at = time.monotonic() + min(_GRACE_OF_OTHERS, self._grace)
            self._kill_at = time.monotonic() + self._grace

    def poll(self) -> Ending | None:
        """How it ended; None while it runs. Nothing that it started is left then."""
        if self._process.poll() is None:
            if self._kill_at is None or time.monotonic() < self._kill_others_at:
                return None
            if time.monotonic() < self._kill_at:
                end_leftovers(self._home, self.identifier, but=self.pid)
                self._kill_others_at = self._kill_at
                return None
            self._signal(signal.SIGKILL)
            self._process.wait()
        end_leftovers(self._home, self.identifier)
        for thread in self._threads:
            thread.join(timeout=2.0)
        if self._process.stdin:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        return self._ending()

    def wait(self) -> Ending:
        """Wait for its end."""
        while (ending := self.poll()) is None:
            time.sleep(0.05)
        return ending

    def _ending(self) -> Ending:
        code = self._process.returncode
        try:
            return Ending.model_validate_json(self._said)
        except ValidationError:
            how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            return Ending(verdict="passing", reason=f"The process of the run {how} before it was done.")

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return

    def _hear(self, stream: IO[bytes]) -> None:
        self._said = stream.read()

    def _keep_log(self, stream: IO[bytes]) -> None:
        """Write what it says line by line, without secrets; what is too long is cut, and never stops the run."""
        written = 0
        with self.log.open("a", encoding="utf-8", buffering=1) as file:
            file.write(f"-- {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n")
            while line := stream.readline(_LONGEST_LINE):
                if written > _LONGEST_LOG:
                    continue
                text = scrub(line.decode("utf-8", "replace"), self._secrets)
                if self._aloud:
                    sys.stdout.write(text)
                    sys.stdout.flush()
                if self._forwards:
                    forward(text, sys.stdout)
                written += len(text)
                file.write(text if written <= _LONGEST_LOG else "-- the rest was too long to keep\n")


def _make_room(folder: Path) -> None:
    """Make the folder of logs, and remove from it what is too old to matter."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.log"):
        with suppress(FileNotFoundError):
            if time.time() - file.stat().st_mtime > _KEEP_LOGS:
                file.unlink()


__all__ = ["RunProcess"]
