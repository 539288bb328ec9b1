"""The kernels behind pages: one kind, a clean environment, no way to run what a viewer sends, and a quick end."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from foliohub.dashboards.kit.request import ADDRESS
from foliohub.errors import FoliohubError
from hub.dashboards.forking import NAME, can_fork

ALLOWED = ("comm_open", "comm_msg", "comm_close")
"""Messages a page may send to its kernel. What would execute, complete, inspect or shut down is not among them."""

_INHERITED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")
_NAME = "python3"


class FullError(FoliohubError):
    """Every seat is taken."""


def kernel_environment(scratch: Path) -> dict[str, str]:
    """What a kernel may know: Foliohub's settings and where programs lie; no token of the hub, no vendor's key.

    Parameters
    ----------
    scratch : Path
        A folder of this service's, for what IPython insists on keeping.
    """
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    ours = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("FOLIOHUB_", "AWS_")) and not name.endswith(("_KEY", "_TOKEN", "_PASSWORD"))
    }
    # One thread each: many kernels share few processors, and a process with threads must not be forked.
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    threads["JE_ARROW_MALLOC_CONF"] = "background_thread:false"
    return kept | ours | threads | {"IPYTHONDIR": str(scratch), "PYTHONDONTWRITEBYTECODE": "1"}


class OneKernelSpec(KernelSpecManager):
    """The only kernel there is, whatever a notebook or a user's folder names."""

    def find_kernel_specs(self) -> dict[str, str]:
        """One name; without a folder, since it is installed nowhere."""
        return {_NAME: ""}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """How the kernel starts."""
        command = [sys.executable, "-m", "hub.dashboards.kernel", "-f", "{connection_file}"]
        how = {"kernel_provisioner": {"provisioner_name": NAME}} if can_fork() else {}
        return KernelSpec(argv=command, display_name=kernel_name, language="python", metadata=how)

    def get_all_specs(self) -> dict[str, Any]:
        """The same, as Voilà asks for it."""
        return {_NAME: {"resource_dir": "", "spec": self.get_kernel_spec(_NAME).to_dict()}}


class Kernels(AsyncMappingKernelManager):
    """The kernels of the service; :meth:`prepare` before the first one starts."""

    waiting_address = ""
    scratch = Path()

    def prepare(self, waiting_address: str, scratch: Path) -> None:
        """Tell where a kernel waits for its request, and which folder it may litter."""
        self.waiting_address = waiting_address
        self.scratch = scratch
        self.allowed_message_types = list(ALLOWED)

    async def start(self, kernel_id: str) -> None:
        """Start a kernel under an id of our choosing."""
        environment = kernel_environment(self.scratch)
        environment[ADDRESS] = f"{self.waiting_address}{kernel_id}"
        await self.start_kernel(kernel_id=kernel_id, kernel_name=_NAME, env=environment)

    async def end(self, kernel_id: str) -> None:
        """End a kernel at once: it holds nothing worth a farewell."""
        if kernel_id in self:
            await self.shutdown_kernel(kernel_id, now=True)  # type: ignore[no-untyped-call]

    async def kill_all(self) -> None:
        """Kill every kernel at once; nobody stays to tidy up behind them."""
        for kernel_id in self.list_kernel_ids():
            provisioner = self.get_kernel(kernel_id).provisioner
            if provisioner is not None:
                with contextlib.suppress(OSError):
                    await provisioner.send_signal(signal.SIGKILL)
