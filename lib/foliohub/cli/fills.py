"""Commands about fills: what was really traded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Import what was traded: the only thing that changes holdings.", no_args_is_help=True)


@app.callback()
def _fills() -> None:
    """Keep `import` a command of its own, though there is only one."""


@app.command("import")
def import_fills(
    file: Annotated[Path, typer.Argument(help="CSV: fill_id, proposal, traded_on, ticker, side, shares, price, cost.")],
    portfolio: Annotated[str, typer.Option(help="Name of a portfolio.")] = "sample",
) -> None:
    """Import fills from a CSV file, each once however often it is imported; all of them or none."""
    import getpass

    from rich.markup import escape

    from foliohub.cli.console import console, settings
    from foliohub.errors import InputError
    from foliohub.ledger import read_fills
    from foliohub.runs.opening import open_ledger

    configured = settings()
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{file} is no text in UTF-8.", remedy="Save it as CSV in UTF-8.") from None
    ledger = open_ledger(configured, portfolio)
    report = ledger.import_fills(read_fills(text, file.name), by=configured.started_by or getpass.getuser())
    known = f", {report.known} had been imported before" if report.known else ""
    count = f"{len(report.imported)} fill{'' if len(report.imported) == 1 else 's'}"
    console.print(f"[green]✓[/] {count} imported{known}.")
    for remark in report.remarks:
        console.print(f"  [yellow]{escape(remark)}[/]", soft_wrap=True)
    held = ledger.holdings()
    worth = f"{report.cash:,.2f} {ledger.portfolio.currency} in cash"
    console.print(f"  {portfolio} holds {len(held.shares)} tickers, and {worth}.")
    for identifier in sorted({fill.proposal for fill in report.imported if fill.proposal}):
        table = ledger.slippage(identifier)
        filled = table[table["filled"] > 0]
        reference = float((filled["filled"] * filled["reference_price"]).sum())
        worse = float(filled["slippage"].sum())
        share = f" ({worse / reference * 1e4:+.1f} bp)" if reference else ""
        unfilled = int((table["filled"] < table["ordered"]).sum())
        still = "order is" if unfilled == 1 else "orders are"
        open_orders = f"; {unfilled} {still} not filled in full" if unfilled else ""
        console.print(f"  {identifier}: slippage {worse:+,.2f}{share}{open_orders}.", soft_wrap=True)
