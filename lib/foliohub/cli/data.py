"""Commands about data: ingest prices, explain their quality, look at universes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from foliohub.config import Settings
    from foliohub.data.ingest_report import IngestReport

app = typer.Typer(help="Look at universes.", no_args_is_help=True)

UniverseName = Annotated[str, typer.Option(help="Name of a universe; `foliohub universe list` shows them.")]


_OUTCOMES = {
    "added": "new",
    "updated": "with new rows",
    "restated": "with restated history",
    "unchanged": "as before",
    "not listed": "not listed yet",
    "not stored": "not asked for: later sessions are stored",
    "failed": "failed",
}
"""What the outcomes of an ingest are called; see :data:`foliohub.data.ingest_report.Status`."""


def ingest(
    universe: UniverseName = "sample",
    source: Annotated[
        str | None, typer.Option(help="sample, csv, yahoo or alpha_vantage; by default the universe's own.")
    ] = None,
    path: Annotated[Path | None, typer.Option(help="Folder of the files, for the source csv.")] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="Last session wanted; by default the last there is.")
    ] = None,
) -> None:
    """Ask a source for the prices that are missing, and store them."""
    from foliohub import calendars
    from foliohub.cli.console import settings, ticker_progress
    from foliohub.data.ingest import ingest as ingest_prices
    from foliohub.runs.opening import open_source, open_store, open_universe
    from foliohub.runs.sessions import check_as_of, last_session

    configured = settings()
    chosen = open_universe(configured, universe)
    prices = open_source(configured, source or chosen.source, path=str(path) if path else None)
    if as_of is None:
        session = last_session(prices, chosen.calendar)
    else:
        session = check_as_of(calendars.to_session(as_of), chosen.calendar)
    with ticker_progress(f"Asking {prices.name} for") as progress:
        report = ingest_prices(open_store(configured), prices, chosen, as_of=session, progress=progress)
    show_ingest(report, universe)
    if report.failed and not report.rows:
        raise typer.Exit(1)


def show_ingest(report: IngestReport, universe: str) -> None:
    """Say what came, what did not, and what history was restated."""
    from rich.markup import escape

    from foliohub.cli.console import console

    counts = report.to_frame()["status"].value_counts()
    stored = sum(int(counts.get(status, 0)) for status in ("added", "updated", "restated", "unchanged"))
    mark = "[yellow]![/]" if report.failed else "[green]✓[/]"
    console.print(
        f"{mark} {stored} of {len(report.tickers)} tickers of [bold]{universe}[/] stored up to "
        f"{report.as_of:%Y-%m-%d}: {report.rows:,} new rows, version {report.after.number if report.after else 'none'}"
        + ("" if report.changed else " (nothing new)"),
        soft_wrap=True,
    )
    if len(counts) > 1:
        told = (f"{counts[status]} {word}" for status, word in _OUTCOMES.items() if status in counts)
        console.print(f"  {', '.join(told)}", soft_wrap=True)
    reasons: dict[str, list[str]] = {}
    for ticker, error in report.failed.items():
        reasons.setdefault(str(error), []).append(ticker)
    for reason, tickers in reasons.items():
        console.print(f"[red]✗[/] {', '.join(tickers)}: {escape(reason)}", soft_wrap=True)
    if len(report.restated):
        console.print(f"[yellow]![/] {report.restated['ticker'].nunique()} tickers with restated history")


def require_stored(configured: Settings, universe: str) -> None:
    """Refuse to go on where no prices are stored for a universe, and name the command that stores some.

    Raises
    ------
    NotStoredError
        None are.
    """
    from foliohub.data import sources
    from foliohub.errors import NotStoredError
    from foliohub.runs.opening import open_store, open_universe

    source = open_universe(configured, universe).source
    name = f"raw/{universe}"
    if name not in open_store(configured).panels(name):
        path = " --path FOLDER" if "path" in sources.parameters(source) else ""
        raise NotStoredError(
            f"No prices are stored for the universe {universe} yet.",
            remedy=f"Run `foliohub ingest --universe {universe} --source {source}{path}` first.",
        )


def quality(
    universe: UniverseName = "sample",
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="As it was known then.")] = None,
    ticker: Annotated[str | None, typer.Option(help="Of one ticker only.")] = None,
) -> None:
    """Explain every row that cleaning touched, and why."""
    import pandas as pd
    from rich.markup import escape
    from rich.table import Table

    from foliohub.cli.console import console, settings
    from foliohub.errors import InputError
    from foliohub.runs.workspace import Workspace

    configured = settings()
    require_stored(configured, universe)
    workspace = Workspace(configured, universe, as_of)
    if ticker is not None and ticker not in workspace.universe.tickers:
        raise InputError(
            f"{ticker!r} is not in the universe {universe}.", remedy=f"It has {', '.join(workspace.universe.tickers)}."
        )
    with console.status("Cleaning"):
        report = workspace.clean_prices(enough=False).quality
    console.print(f"[bold]{workspace.universe.title}[/], as of {workspace.as_of:%Y-%m-%d}")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("ticker", "status", "from", "to", "sessions"):
        table.add_column(name, justify="right" if name == "sessions" else "left", no_wrap=True)
    table.add_column("rows touched, by rule")
    summary = report.summary if ticker is None else report.summary.loc[[ticker]]
    for symbol, row in summary.iterrows():
        counts = row.iloc[4:].dropna()
        touched = ", ".join(f"{rule} {count}" for rule, count in counts[counts > 0].items()).replace("_", " ")
        first, last = ("–" if pd.isna(row[end]) else f"{row[end]:%Y-%m-%d}" for end in ("first", "last"))
        table.add_row(escape(str(symbol)), row["status"], first, last, f"{row['sessions']:,}", touched)
    console.print(table)
    for sentence in report.explain(ticker):
        console.print(f"  {escape(sentence)}", soft_wrap=True)


@app.command("list")
def list_universes() -> None:
    """List the universes there are; a file that is wrong is told below, and the exit code is 1."""
    from rich.markup import escape
    from rich.table import Table

    from foliohub.cli.console import console, settings, show_error
    from foliohub.data.universe import universe_names
    from foliohub.errors import ConfigurationError
    from foliohub.runs.opening import open_universe

    configured = settings()
    table = Table("universe", "title", "tickers", "source", "benchmark", box=None, header_style="bold")
    wrong: list[ConfigurationError] = []
    for name in universe_names(folders=(configured.universes,) if configured.universes else ()):
        try:
            universe = open_universe(configured, name)
        except ConfigurationError as error:
            wrong.append(error)
        else:
            tickers = str(len(universe.tickers))
            table.add_row(name, escape(universe.title), tickers, universe.source, universe.benchmark or "none")
    console.print(table)
    for told in wrong:
        show_error(told)
    if wrong:
        raise typer.Exit(1)


@app.command("show")
def show_universe(name: Annotated[str, typer.Argument(help="Name of a universe.")]) -> None:
    """Show a universe's members with their entry and exit dates."""
    from rich.table import Table

    from foliohub.cli.console import console, settings
    from foliohub.runs.opening import open_universe

    universe = open_universe(settings(), name)
    console.print(f"[bold]{universe.title}[/], from {universe.source}, calendar {universe.calendar}")
    table = Table("ticker", "entry", "exit", box=None, header_style="bold")
    for member in universe.members:
        table.add_row(member.ticker, str(member.entry or "always"), str(member.exit or ""))
    console.print(table)
