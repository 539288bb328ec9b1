"""Kernels forked from the nursery, as Jupyter's kernel managers want them."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

_log = logging.getLogger(__name__)
NAME = "foliohub-fork"
_LONGEST_MESSAGE = 1 << 16
_START_SECONDS = 600
"""A start goes on, however slowly, on a machine that is busy; a second one beside it would make it slower still."""


def can_fork() -> bool:
    """Whether this system has what the nursery needs."""
    return sys.platform == "linux"


class Forked:
    """A kernel's process, with the part of `subprocess.Popen` that provisioners use."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit status; None while it runs."""
        return self.returncode

    def wait(self) -> int | None:
        """The same: the nursery has told already."""
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal while it runs."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The service's end of the nursery.

    Parameters
    ----------
    environment : dict
        Of the program, and the base of its kernels'.
    reports : Path
        Folder of the notebooks.
    rehearsed : callable
        Called whenever kernels started from now on know more than those that wait.
    """

    def __init__(self, environment: dict[str, str], reports: Path, rehearsed: Callable[[], None]) -> None:
        self._environment = environment
        self._reports = reports
        self._rehearsed = rehearsed
        self._program: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._channel: socket.socket | None = None
        self._asked: deque[asyncio.Future[int]] = deque()
        self._children: dict[int, Forked] = {}
        self._opening: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start the program, unless it runs; whoever gives up waiting for it leaves it to those who come next."""
        if self._channel is not None:
            return
        if self._closed:
            raise ConnectionError("The nursery is closed.")
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(self._start())
        await asyncio.shield(self._opening)

    async def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                command = [sys.executable, "-m", "hub.dashboards.nursery", str(theirs.fileno()), str(self._reports)]
                # Not asyncio's: its watcher's thread outlives a task that was cancelled in between.
                self._program = subprocess.Popen(  # noqa: ASYNC220, S603
                    command, env=self._environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
                )
            ours.setblocking(False)
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(_START_SECONDS):
                text = await loop.sock_recv(ours, _LONGEST_MESSAGE)
            if not text:
                raise ConnectionError("The nursery ended before it was ready.")
        except BaseException:
            ours.close()
            self._kill()
            raise
        greeting = json.loads(text)
        if greeting["ready"] != 1:
            _log.warning("The nursery runs %d threads before it forks; only one is safe.", greeting["ready"])
        self._channel = ours
        loop.add_reader(ours, self._hear, ours)

    def _kill(self) -> None:
        if self._program is not None:
            self._program.kill()
            self._program.wait()

    async def fork(self, arguments: list[str], environment: dict[str, str], folder: Path) -> Forked:
        """Start a kernel."""
        await self.open()
        asked = {"arguments": arguments, "environment": environment, "folder": str(folder)}
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        if self._channel is None:
            raise ConnectionError("The nursery is gone.")
        self._channel.send(json.dumps(asked).encode())
        pid = await answer
        return self._children[pid]

    def _hear(self, channel: socket.socket) -> None:
        try:
            text = channel.recv(_LONGEST_MESSAGE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            text = b""
        if not text:
            self._lost(channel)
            return
        message = json.loads(text)
        if "rehearsed" in message:
            self._rehearsed()
        elif "pid" in message:
            pid = message["pid"]
            self._children[pid] = Forked(pid)
            answer = self._asked.popleft()
            if not answer.done():
                answer.set_result(pid)
            else:  # whoever asked has given up
                os.kill(pid, signal.SIGKILL)
        elif (child := self._children.pop(message["ended"], None)) is not None:
            child.returncode = message["status"]

    def _lost(self, channel: socket.socket) -> None:
        asyncio.get_running_loop().remove_reader(channel)
        channel.close()
        self._channel = None
        self._kill()
        for child in self._children.values():
            child.returncode = -signal.SIGKILL
        self._children.clear()
        while self._asked:
            answer = self._asked.popleft()
            if not answer.done():
                answer.set_exception(ConnectionError("The nursery is gone."))

    def close(self) -> None:
        """End the program, and with it every kernel."""
        self._closed = True
        if self._opening is not None:
            self._opening.cancel()
        self._kill()


class ForkProvisioner(LocalProvisioner):
    """Starts a kernel by asking the nursery for one."""

    nursery: Nursery

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork instead of executing; `cmd` is ``python -m hub.dashboards.kernel`` and its arguments."""
        child = await self.nursery.fork(cmd[3:], kwargs["env"], Path(kwargs.get("cwd") or Path.cwd()))
        self.process = child  # type: ignore[assignment]
        self.pid = self.pgid = child.pid
        return self.connection_info


def register(nursery: Nursery) -> None:
    """Make kernel specifications that name :data:`NAME` use this nursery."""
    ForkProvisioner.nursery = nursery
    entry = EntryPoint(NAME, f"{ForkProvisioner.__module__}:{ForkProvisioner.__qualname__}", "")
    KernelProvisionerFactory.provisioners[NAME] = entry
