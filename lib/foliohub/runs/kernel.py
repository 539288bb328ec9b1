"""Executing one notebook with papermill, in this process, its kernel under control.

papermill's own engine knows a timeout per cell and none for the whole, passes its whole environment to the kernel, and
shows its progress its own way. This engine differs in just these three things.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import papermill
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from foliohub.errors import RunError
from foliohub.logs import scrub
from foliohub.runs.records import Failure
from foliohub.runs.scrubbed_log import scrubbed_log

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import nbformat

_ENGINE = "foliohub"


@dataclass(frozen=True, slots=True)
class Step:
    """Progress of a run: a cell is about to be executed.

    Attributes
    ----------
    done, total : int
        Cells of code.
    heading : str
        The last heading above the cell.
    """

    done: int
    total: int
    heading: str


class NotebookFailedError(RunError):
    """A notebook stopped with an error.

    Parameters
    ----------
    failure : Failure
        What the run record keeps.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def execute_notebook(
    notebook: Path,
    executed: Path,
    *,
    parameters: Mapping[str, Any],
    environment: Mapping[str, str],
    timeout_seconds: float,
    on_step: Callable[[Step], None],
    secrets: tuple[str, ...] = (),
) -> nbformat.NotebookNode:
    """Execute a notebook in a kernel of its own and write it, outputs included, after every cell.

    Parameters
    ----------
    notebook, executed : Path
        What to run and where to write it; beside it, in ``kernel.log``, what the kernel's process complains of.
    parameters : mapping
        Injected below the `parameters` cell.
    environment : mapping
        The kernel's whole environment; nothing is inherited.
    timeout_seconds : float
        For all cells together; the kernel is killed then.
    on_step : callable
        Told before each cell.
    secrets : tuple of str
        Struck out of what cells show, each time the notebook is written, and of what the process complains of.

    Raises
    ------
    NotebookFailedError
        A cell raised, the kernel died or the time was up; `executed` holds what there was until then.
    """
    try:
        result: nbformat.NotebookNode = papermill.execute_notebook(
            notebook,
            executed,
            parameters=dict(parameters),
            engine_name=_ENGINE,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            cwd=notebook.parent,
            environment=dict(environment),
            timeout_seconds=timeout_seconds,
            on_step=on_step,
            secrets=secrets,
            log=executed.with_name("kernel.log"),
        )
    except PapermillExecutionError as error:
        raise NotebookFailedError(Failure(kind=error.ename, message=error.evalue, cell=error.cell_index)) from None
    except DeadKernelError:
        raise NotebookFailedError(
            Failure(kind="DeadKernelError", message="The notebook's process died: killed, or out of memory.")
        ) from None
    return result


class _Engine(Engine):  # type: ignore[misc]
    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        environment: dict[str, str],
        timeout_seconds: float,
        on_step: Callable[[Step], None],
        secrets: tuple[str, ...],
        log: Path,
        start_timeout: int = 60,
        **_: Any,
    ) -> None:
        _report_steps(nb_man, on_step)
        if secrets:
            _keep_secret(nb_man, secrets)
        client = PapermillNotebookClient(
            nb_man, kernel_name=kernel_name, timeout=None, startup_timeout=start_timeout, record_timing=False
        )
        manager = client.create_kernel_manager()
        # Sockets in the file system, which only this user can reach, instead of ports, which every user can.
        manager.transport = "ipc"
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            _kill(client)

        timer = threading.Timer(timeout_seconds, expire)
        timer.daemon = True
        timer.start()
        try:
            # In a folder of their own: that of the notebook may be read-only, and a socket's path may not be long.
            with TemporaryDirectory(prefix="foliohub-") as sockets, scrubbed_log(log, secrets) as output:
                manager.ip = str(Path(sockets) / "kernel")
                client.execute(env=environment, stdout=output, stderr=output)
        except RuntimeError:  # a dead kernel, or one that died before it was ready
            if not expired.is_set():
                raise
        except (KeyboardInterrupt, SystemExit):
            # This process ends; asyncio would complain of the cell that nobody waits for any more.
            logging.getLogger("asyncio").setLevel(logging.CRITICAL)
            raise
        finally:
            timer.cancel()
        if expired.is_set():
            raise NotebookFailedError(
                Failure(kind="TimeoutError", message=f"The run took longer than its {timeout_seconds:g} seconds.")
            )


papermill_engines.register(_ENGINE, _Engine)


def _report_steps(manager: Any, on_step: Callable[[Step], None]) -> None:
    """Tell of every cell of code before it starts; papermill's manager is made anew for each notebook."""
    start = manager.cell_start
    total = sum(cell.cell_type == "code" for cell in manager.nb.cells)
    done = 0
    heading = ""

    def cell_start(cell: nbformat.NotebookNode, cell_index: int | None = None, **rest: Any) -> None:
        nonlocal done, heading
        if cell.cell_type == "code":
            on_step(Step(done, total, heading))
            done += 1
        elif cell.source.startswith("#"):
            heading = cell.source.splitlines()[0].lstrip("# ")
        start(cell, cell_index, **rest)

    manager.cell_start = cell_start


def _keep_secret(manager: Any, secrets: tuple[str, ...]) -> None:
    """Strike secrets out of the outputs before they reach the disk: a run that is killed cleans up nothing."""
    save = manager.save

    def save_scrubbed(**rest: Any) -> None:
        for cell in manager.nb.cells:
            if cell.get("outputs"):
                cell.outputs = _scrubbed(cell.outputs, secrets)
        save(**rest)

    manager.save = save_scrubbed


def _scrubbed(node: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(node, str):
        return scrub(node, secrets)
    if isinstance(node, list):
        return [_scrubbed(part, secrets) for part in node]
    if isinstance(node, dict):
        return type(node)({key: _scrubbed(part, secrets) for key, part in node.items()})
    return node


def _kill(client: PapermillNotebookClient) -> None:
    provisioner = getattr(client.km, "provisioner", None)
    if isinstance(provisioner, LocalProvisioner) and provisioner.pid:
        try:
            os.killpg(os.getpgid(provisioner.pid), signal.SIGKILL)
        except ProcessLookupError:
            return
