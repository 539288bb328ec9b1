"""Commands that look after the store."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Look after the store.", no_args_is_help=True)


@app.command()
def versions(name: Annotated[str, typer.Argument(help="As raw/sample or forecasts/sample/2022-12-28.")]) -> None:
    """List the versions of one thing in the store."""
    from rich.table import Table

    from foliohub.cli.console import console, settings
    from foliohub.runs.opening import open_store

    table = Table("version", "as of", "written (UTC)", "content", box=None, header_style="bold")
    store = open_store(settings())
    for version in store.versions(name) or (store.latest(name),):  # which says that there is none
        as_of = "" if version.as_of is None else f"{version.as_of:%Y-%m-%d}"
        table.add_row(str(version.number), as_of, f"{version.written_at:%Y-%m-%d %H:%M:%S}", version.content[:12])
    console.print(table)


@app.command()
def compact(name: Annotated[str, typer.Argument(help="As raw/sample.")]) -> None:
    """Join the fragments that many small updates leave behind, so that reading is fast again."""
    from foliohub.cli.console import console, settings
    from foliohub.runs.opening import open_store

    with console.status(f"Compacting {name}"):
        open_store(settings()).compact(name)
    console.print(f"[green]✓[/] {name} is compact.")


@app.command()
def prune() -> None:
    """Remove versions that no run record names and that are not the latest."""
    from foliohub import audit
    from foliohub.cli.console import console, settings
    from foliohub.runs.claims import prune as prune_store

    configured = settings()
    with console.status("Pruning"):
        removed = prune_store(configured)
    audit.record("data-pruned", count=len(removed))
    console.print(f"[green]✓[/] {len(removed)} versions removed.")
