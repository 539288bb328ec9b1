"""One line below a notebook's cell that says how far its work is; gone once that is done."""

from __future__ import annotations

import time
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SILENT_FOR = 2.0
"""Seconds: what takes less shows nothing, so that quick runs leave no trace in their notebooks."""
_EVERY = 0.25
"""Seconds between two changes of the line."""


class Tell(Protocol):
    """What is told how far work is."""

    def __call__(self, done: int, total: int, what: str = "") -> None:
        """So much is done, of so much in all; `what` is done next, where that has a name."""


@contextmanager
def progress_line(doing: str, clock: Callable[[], float] = time.monotonic) -> Iterator[Tell]:
    """Yield what is to be told how much is done.

    Outside notebooks nothing is shown.

    Parameters
    ----------
    doing : str
        As "Asking yahoo for", before the name of what is done next, or "steps of training".
    clock : callable
        Gives seconds; for tests.
    """
    began = shown = clock()
    handle: Any = None

    def tell(done: int, total: int, what: str = "") -> None:
        nonlocal shown, handle
        now = clock()
        if not _in_notebook() or now - began < _SILENT_FOR or (handle and now - shown < _EVERY):
            return
        from IPython.display import HTML, display

        shown = now
        bar = f"<progress max='{total}' value='{done}' aria-hidden='true'></progress>"
        said = escape(f"{done:,} of {total:,}: {doing} {what}".rstrip())
        line = HTML(f"<div>{bar} {said}</div>")  # type: ignore[no-untyped-call]
        if handle is None:
            handle = display(line, display_id=True)  # type: ignore[no-untyped-call]
        else:
            handle.update(line)

    try:
        yield tell
    finally:
        if handle is not None:
            from IPython.display import HTML

            handle.update(HTML(""))  # type: ignore[no-untyped-call]


def _in_notebook() -> bool:
    import sys

    # Looked up, not imported: where nobody has imported IPython there is no notebook.
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module else None
    return shell is not None and hasattr(shell, "kernel")


__all__ = ["Tell", "progress_line"]
