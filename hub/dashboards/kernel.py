"""The program of a page's kernel: IPython's, without history, without anything of a user's profile."""

from __future__ import annotations

import logging
import os
import sys

from ipykernel.kernelapp import IPKernelApp

_OPTIONS = (
    "--HistoryManager.enabled=False",
    "--InteractiveShell.xmode=Minimal",
    "--IPKernelApp.capture_fd_output=False",
)


class PageKernel(IPKernelApp):
    """A kernel that tells nobody how to connect to it."""

    def log_connection_info(self) -> None:
        """Say nothing: who may connect is the service's business."""


def main(arguments: list[str]) -> None:
    """Run a kernel until it is ended; `arguments` name its connection file."""
    # IPython takes the standard streams for itself; what we log is the service's.
    stream = os.fdopen(os.dup(2), "w", buffering=1)
    logging.basicConfig(stream=stream, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    PageKernel.launch_instance(argv=[*arguments, *_OPTIONS])


if __name__ == "__main__":
    main(sys.argv[1:])
