"""The supervisor: everything up, everything watched, everything down."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
import urllib.request
from datetime import UTC, datetime

from foliohub.config import Settings
from foliohub.errors import FoliohubError
from hub.config.settings import HubSettings
from hub.monitoring.scraping import write_targets
from hub.supervisor import leftovers, reaper
from hub.supervisor.child import Child
from hub.supervisor.health import answers
from hub.supervisor.logs import ChildLog
from hub.supervisor.plan import plan
from hub.supervisor.ports import check_free
from hub.supervisor.state import Phase, Process, State, StateFile

_GIVE_UP = 120.0  # seconds for proxy and hub; a machine this slow has another problem
_CRASHES = 4  # after which what never worked is not expected to
_GRACE = 45.0  # seconds more for services before people are let in without them


class Supervisor:
    """Parent of all processes of one home.

    Parameters
    ----------
    settings, hub : Settings, HubSettings
        Of this installation.
    """

    def __init__(self, settings: Settings, hub: HubSettings) -> None:
        self._settings, self._hub = settings, hub
        self._file = StateFile(settings.home / "hub")
        self._children: list[Child] = []
        self._running: list[asyncio.Task[None]] = []
        self._phase: Phase = "starting"
        self._detail = ""
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._end = asyncio.Event()
        self._token = ""
        self._own = Process.of(os.getpid())
        self._reaper: subprocess.Popen[bytes] | None = None

    async def run(self) -> int:
        """Run until told to end; gives the exit code."""
        with self._file.hold():
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                loop.add_signal_handler(number, self._end.set)
            try:
                self._prepare()
                return await self._supervise()
            except FoliohubError as error:
                self._phase, self._detail = "failed", str(error)
                self._write()
                return 1

    def _prepare(self) -> None:
        self._write()
        leftovers.end_all(self._settings.home)
        check_free(self._hub.address, self._hub.port)
        self._hub, keys, programs = plan(self._settings, self._hub, os.environ)
        self._token = keys.services["supervisor"]
        addresses = {program.name: program.environment.get("FOLIOHUB_METRICS_ADDRESS", "") for program in programs}
        told = {name: address for name, address in addresses.items() if address}
        write_targets(self._settings.home, self._hub, told, keys.services["monitoring"])
        secrets = (*keys.all, *self._settings.secrets)
        for program in programs:
            log = ChildLog(self._settings.home / "logs" / f"{program.name}.log", secrets)
            child = Child(program, self._settings.project, self._settings.home, log, self._write, self._after_restart)
            self._children.append(child)

    async def _supervise(self) -> int:
        self._run(background=False)
        ready = asyncio.create_task(self._become_ready())
        ended = asyncio.create_task(self._end.wait())
        await asyncio.wait([ended, ready], return_when=asyncio.FIRST_COMPLETED)
        failed = ready.done() and self._phase == "failed"
        if not failed:
            await ended
            self._phase = "stopping"
        self._write()
        ready.cancel()
        # The hub ends people's servers, for which it needs nobody else.
        await asyncio.gather(*(child.stop() for child in self._children))
        for task in self._running:
            task.cancel()
        await asyncio.to_thread(leftovers.end_all, self._settings.home)
        if not failed:
            self._file.path.unlink(missing_ok=True)
        return int(failed)

    def _run(self, *, background: bool) -> None:
        chosen = [child for child in self._children if child.program.background == background]
        self._running += [asyncio.create_task(child.keep_running()) for child in chosen]

    async def _become_ready(self) -> None:
        deadline = time.monotonic() + _GIVE_UP
        # First the hub itself: a proxy without one makes, and logs, two errors each time it is asked.
        while not (self._hub_answers() and await answers(f"{self._hub.public_url}hub/health")):
            crashed = [
                child.part for child in self._children if child.part.restarts >= _CRASHES and child.program.vital
            ]
            if crashed or time.monotonic() > deadline:
                name = crashed[0].name if crashed else "hub"
                said = crashed[0].detail.partition(";")[0] if crashed else f"no answer within {_GIVE_UP:g} s"
                self._phase = "failed"
                self._detail = f"{name}: {said}. Its log: {self._settings.home / 'logs' / name}.log"
                return
            await asyncio.sleep(0.1)
        self._reaper = reaper.start(self._settings.project, self._settings.home)  # from now on people have servers
        self._run(background=True)  # what asks the hub, and what nobody waits for
        grace = time.monotonic() + _GRACE
        while time.monotonic() < grace and not all(self._settled(child) for child in self._children):
            await asyncio.sleep(0.1)
        self._phase = "running"
        self._write()

    def _hub_answers(self) -> bool:
        return any(child.part.state == "healthy" for child in self._children if child.part.name == "hub")

    @staticmethod
    def _settled(child: Child) -> bool:
        return child.program.background or child.part.state == "healthy" or child.part.restarts >= _CRASHES

    async def _after_restart(self, name: str) -> None:
        if name == "proxy":  # a new proxy knows no routes until the hub tells it
            await asyncio.to_thread(self._tell_routes)

    def _tell_routes(self) -> None:
        url = f"{self._hub.api_url}/proxy"
        request = urllib.request.Request(url, method="POST", headers={"Authorization": f"token {self._token}"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30):  # noqa: S310 (our own hub)
                return
        except OSError:  # the hub is down too; it tells the routes when it is back
            return

    def _write(self) -> None:
        if self._own is None:
            return
        self._file.write(
            State(
                phase=self._phase,
                detail=self._detail,
                url=self._hub.public_url,
                api_url=self._hub.api_url,
                started=self._started,
                supervisor=self._own,
                parts={child.part.name: child.part for child in self._children},
            )
        )
