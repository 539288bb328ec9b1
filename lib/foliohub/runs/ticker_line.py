"""One line below a notebook's cell that says how far it is, ticker by ticker; gone once the work is done."""

from __future__ import annotations

import time
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SILENT_FOR = 2.0
"""Seconds: what takes less shows nothing, so that quick runs leave no trace in their notebooks."""
_EVERY = 0.25
"""Seconds between two changes of the line."""


@contextmanager
def ticker_line(doing: str, clock: Callable[[], float] = time.monotonic) -> Iterator[Callable[[str, int, int], None]]:
    """Yield what is to be told each ticker's name, how many are done, how many there are.

    Outside notebooks nothing is shown.

    Parameters
    ----------
    doing : str
        As "Asking yahoo for".
    clock : callable
        Gives seconds; for tests.
    """
    began = shown = clock()
    handle: Any = None

    def tell(ticker: str, done: int, total: int) -> None:
        nonlocal shown, handle
        now = clock()
        if not _in_notebook() or now - began < _SILENT_FOR or (handle and now - shown < _EVERY):
            return
        from IPython.display import HTML, display

        shown = now
        bar = f"<progress max='{total}' value='{done}' aria-hidden='true'></progress>"
        line = HTML(f"<div>{bar} {done} of {total}: {escape(doing)} {escape(ticker)}</div>")  # type: ignore[no-untyped-call]
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


__all__ = ["ticker_line"]
