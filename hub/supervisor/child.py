"""One child: started on a leash, watched, started again when it crashes, later each time."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hub.supervisor import leftovers
from hub.supervisor.health import answers
from hub.supervisor.logs import ChildLog
from hub.supervisor.state import Part, Process

_LEASH = Path(__file__).with_name("leash.py")
_CALM = 60.0  # seconds of health after which a crash counts as the first again
_LONGEST_PAUSE = 30.0
_POLL = 0.1
_SILENCES = 6


@dataclass(frozen=True)
class Program:
    """What to run.

    Parameters
    ----------
    name : str
        Name of the child, of its log, and of its mark.
    command : tuple of str
        Absolute path of a program, and its arguments; no secrets, which belong into `environment`.
    environment : mapping
        All of its variables.
    health : str
        Address that answers 200 once it works; empty if there is none.
    file : Path or None
        File it writes every ten seconds or more often once it works; without one and without address, living is enough.
    patience : float
        Seconds it gets to end after SIGTERM.
    keeps : bool
        Whether what it started outlives a crash: people's servers do, and the next hub finds them.
    background : bool
        Whether nobody waits for it: then it starts last, and stands back for what somebody waits for.
    vital : bool
        Whether nothing works without it.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    health: str = ""
    file: Path | None = None
    patience: float = 5.0
    keeps: bool = False
    background: bool = False
    vital: bool = False


class Child:
    """A program kept running.

    Parameters
    ----------
    program : Program
        What to run.
    folder : Path
        Where.
    home : Path
        ``FOLIOHUB_HOME``.
    log : ChildLog
        Where its output goes.
    changed : callable
        Called whenever `part` has changed.
    healthy_again : callable
        Called, and awaited, whenever it has become healthy after a crash.
    pulse : float
        Seconds between two looks at its health, and how long each may take.
    """

    def __init__(
        self,
        program: Program,
        folder: Path,
        home: Path,
        log: ChildLog,
        changed: Callable[[], None],
        healthy_again: Callable[[str], Awaitable[None]],
        pulse: float = 10.0,
    ) -> None:
        self.program = program
        self.part = Part(name=program.name)
        self._folder, self._home, self._log = folder, home, log
        self._changed, self._healthy_again = changed, healthy_again
        self._popen: subprocess.Popen[bytes] | None = None
        self._pulse = pulse
        self._ending = False
        self._crashes = 0

    async def keep_running(self) -> None:
        """Run it, again and again, until `stop`."""
        while not self._is_ending():
            self._start()
            began = time.monotonic()
            watching = asyncio.create_task(self._watch())
            code = await self._ended()
            watching.cancel()
            if self._is_ending():
                return
            if time.monotonic() - began > _CALM:
                self._crashes = 0
            self._crashes += 1
            await self._after_crash(code)

    async def stop(self) -> None:
        """End it: asked first, then killed, with all it started."""
        self._ending = True
        popen = self._popen
        if popen is not None and popen.poll() is None:
            popen.terminate()
            deadline = time.monotonic() + self.program.patience
            while popen.poll() is None and time.monotonic() < deadline:
                await asyncio.sleep(_POLL / 2)
            if popen.poll() is None:
                self._log.write(f"[supervisor] not ended after {self.program.patience:g} s: killed")
                popen.kill()
                await asyncio.to_thread(popen.wait)
        self._set(state="stopped", process=None, detail="")

    def _is_ending(self) -> bool:
        return self._ending

    def _start(self) -> None:
        marks = {leftovers.MARK: str(self._home), leftovers.PART: self.program.name}
        niceness = "10" if self.program.background else "0"
        writing = self._log.pipe()
        try:
            self._popen = subprocess.Popen(
                [sys.executable, "-ISs", str(_LEASH), str(os.getpid()), niceness, *self.program.command],
                cwd=self._folder,
                env={**self.program.environment, **marks},
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                start_new_session=True,  # Ctrl-C in the terminal is for the supervisor, which ends them in order
            )
        finally:
            os.close(writing)
        self._log.write(f"[supervisor] started {self.program.name} as process {self._popen.pid}")
        self._set(state="starting", process=Process.of(self._popen.pid), detail="")

    async def _watch(self) -> None:
        started = time.time()
        while not await self._well(started):
            await asyncio.sleep(_POLL)
        self._set(state="healthy")
        if self.part.restarts:
            await self._healthy_again(self.program.name)
        await self._notice_silence()

    async def _well(self, since: float) -> bool:
        """Whether it answers, or has written its file of health since a time; living is enough where it has neither."""
        if self.program.health:
            return await answers(self.program.health, min(5.0, self._pulse))
        if self.program.file is None:
            return True
        try:
            return self.program.file.stat().st_mtime >= since
        except OSError:
            return False

    async def _notice_silence(self) -> None:
        """Kill it when it lives and does not answer any more: then it is started again like any other crash."""
        silent = 0
        while silent < _SILENCES:
            await asyncio.sleep(self._pulse)
            silent = 0 if await self._well(time.time() - 3 * self._pulse) else silent + 1
        if self._popen is not None:
            self._log.write(f"[supervisor] {self.program.name} did not answer {_SILENCES} times: killed")
            self._popen.kill()

    async def _ended(self) -> int:
        popen = self._popen
        while popen is not None and popen.poll() is None:
            await asyncio.sleep(_POLL)
        return popen.returncode if popen is not None else 0

    async def _after_crash(self, code: int) -> None:
        ended = f"killed by signal {-code}" if code < 0 else f"ended with code {code}"
        pause = min(_LONGEST_PAUSE, 0.25 * 2 ** (self._crashes - 1))
        said = f"{ended}; next start in {pause:g} s"
        self._log.write(f"[supervisor] {self.program.name} {said}")
        self._set(state="crashed", process=None, restarts=self.part.restarts + 1, detail=said)
        if not self.program.keeps:
            await asyncio.to_thread(self._end_its_own)
        await asyncio.sleep(pause)

    def _end_its_own(self) -> None:
        leftovers.end_all(self._home, self.program.name)

    def _set(self, **changes: object) -> None:
        self.part = self.part.model_copy(update=changes)
        self._changed()
