"""What the commands share of the terminal: one console, errors, progress, the settings."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from foliohub.errors import FoliohubError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from foliohub.config import Settings
    from foliohub.runs.kernel import Step

console = Console(highlight=False)
error_console = Console(stderr=True, highlight=False)


def show_error(error: FoliohubError) -> None:
    """Say what happened in red and what to do about it below, without any secret of the settings."""
    message, remedy = (_shown(text) for text in (error.message, error.remedy))
    error_console.print(f"[bold red]Error:[/] {escape(message)}", soft_wrap=True)
    if remedy:
        error_console.print(f"  [dim]→[/] {escape(remedy)}", soft_wrap=True)


def _shown(text: str) -> str:
    from foliohub.config import load_settings
    from foliohub.logs import scrub

    text = text.encode("utf-8", "backslashreplace").decode()  # an argument may hold bytes that are no text
    try:
        return scrub(text, load_settings().secrets)
    except FoliohubError:  # it is the settings that are wrong, and their message repeats none of them
        return text


def settings() -> Settings:
    """Read the settings and start the log."""
    from foliohub import logs
    from foliohub.config import load_settings
    from foliohub.tracing import new_trace

    loaded = load_settings()
    if loaded.trace is None:
        loaded = loaded.model_copy(update={"trace": new_trace()})
    logs.configure(loaded, "cli")
    return loaded


@contextmanager
def cell_progress() -> Iterator[tuple[Callable[[str], None], Callable[[Step], None]]]:
    """A progress bar over the cells of notebooks: yields `start(job)` and `step(step)`."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("[bold]{task.fields[job]:<26}"),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_interactive) as progress:
        task = progress.add_task("", total=None, job="")

        def start(job: str) -> None:
            progress.reset(task, total=None, description="starting", job=job)

        def step(step: Step) -> None:
            progress.update(task, completed=step.done, total=step.total, description=step.heading)

        yield start, step


@contextmanager
def ticker_progress(doing: str) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar over tickers: yields what is to be told each one's name, how many are done, how many there are."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_interactive) as progress:
        task = progress.add_task(doing, total=None)

        def tell(ticker: str, done: int, total: int) -> None:
            progress.update(task, completed=done, total=total, description=f"{doing} {ticker}")

        yield tell
