"""The program kernels are forked from: it has imported what dashboards import, and shares that memory.

A kernel of its own takes seconds of processor time and 250 MB; a forked one milliseconds, and only what it changes.
Linux only: elsewhere, kernels are started one by one.

Messages go over a socket inherited from the service, one JSON object each: it asks ``{"arguments", "environment",
"folder"}`` and is answered ``{"pid"}``; later it hears ``{"ended", "status"}``, and ``{"rehearsed"}`` whenever kernels
forked from now on know more. Where the service goes away, so does this program, and with it every kernel.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from hub.dashboards.rehearsing import PAUSE, Rehearsing

PRELOADED = ("IPython.core.interactiveshell", "ipykernel.kernelapp", "ipykernel.comm", "hub.dashboards.kernel")
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG
_LONGEST_MESSAGE = 1 << 20


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that started it is gone, however it went."""
    ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)


def preload() -> None:
    """Import what kernels and dashboards need; then leave it to the garbage collector's permanent generation."""
    from foliohub.dashboards.warming import warm

    for name in PRELOADED:
        importlib.import_module(name)
    warm()
    gc.collect()
    gc.freeze()


def _leave_nursery() -> None:
    os.setsid()
    die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)


def _become_kernel(asked: dict[str, Any]) -> None:
    _leave_nursery()
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    from hub.dashboards.kernel import main

    main(asked["arguments"])


def serve(channel: socket.socket, reports: Path) -> None:
    """Fork a kernel whenever asked to, and tell when one has ended; return once the service is gone.

    Parameters
    ----------
    channel : socket
        To the service.
    reports : Path
        Folder of the notebooks, to rehearse them.
    """
    woken, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    rehearsing = Rehearsing(reports, _leave_nursery)
    while True:
        rehearsing.look()
        pipes = [] if rehearsing.pipe is None else [rehearsing.pipe]
        readable, _, _ = select.select([channel.fileno(), woken, *pipes], [], [], PAUSE)
        if rehearsing.pipe in readable and rehearsing.hear():
            channel.send(json.dumps({"rehearsed": True}).encode())
        if woken in readable:
            os.read(woken, 4096)
            _bury(channel)
        if channel.fileno() in readable:
            message = channel.recv(_LONGEST_MESSAGE)
            if not message:
                return
            pid = os.fork()
            if pid == 0:
                channel.close()
                os.close(woken)
                _run(json.loads(message))
            channel.send(json.dumps({"pid": pid}).encode())


def _run(asked: dict[str, Any]) -> None:
    status = 1
    try:
        _become_kernel(asked)
        status = 0
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
    finally:
        os._exit(status)  # a forked process must never run what its parent registered for its own end


def _bury(channel: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        channel.send(json.dumps({"ended": pid, "status": os.waitstatus_to_exitcode(status)}).encode())


def main() -> None:
    """Serve on the socket whose number is the first argument; the second is the folder of the notebooks."""
    die_with_parent()
    preload()
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        channel.send(json.dumps({"ready": len(list(Path("/proc/self/task").iterdir()))}).encode())
        serve(channel, Path(sys.argv[2]))


if __name__ == "__main__":
    main()
