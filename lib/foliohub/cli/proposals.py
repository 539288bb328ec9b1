"""Commands that look at proposals. Deciding takes a person in a role; the decision page and the API know who it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foliohub.config import Settings
    from foliohub.ledger import Ledger, Proposal

app = typer.Typer(help="Look at proposals, and check that nobody has tampered with them.", no_args_is_help=True)

PortfolioName = Annotated[str | None, typer.Option("--portfolio", help="Of one portfolio only; by default of all.")]

_COLOURS = {"proposed": "yellow", "approved": "green", "rejected": "red", "expired": "dim", "superseded": "dim"}
_OUTCOMES = {"pass": "[green]pass  [/]", "warn": "[yellow]warns [/]", "block": "[red]blocks[/]"}


@app.command("list")
def list_proposals(
    portfolio: PortfolioName = None,
    last: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
) -> None:
    """List proposals, the latest last."""
    from rich.markup import escape
    from rich.table import Table

    from foliohub.cli.console import console, settings

    found = [proposal for ledger in _ledgers(settings(), portfolio) for proposal in ledger.proposals()]
    found.sort(key=lambda proposal: (proposal.created_at, proposal.id))
    if not found:
        console.print("No proposals yet. `foliohub run daily-rebalance` makes one.", markup=False)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("proposal", "status", "limits", "orders", "author", "decided by"):
        table.add_column(column, no_wrap=column in {"proposal", "status", "author"})
    for proposal in found[-last:]:
        limits = [f"[red]{len(proposal.blocking)} block[/]"] * bool(proposal.blocking)
        limits += [f"[yellow]{len(proposal.warnings)} warn[/]"] * bool(proposal.warnings)
        table.add_row(
            proposal.id,
            f"[{_COLOURS[proposal.status]}]{proposal.status}[/]",
            ", ".join(limits) or "[green]pass[/]",
            str(len(proposal.orders)),
            escape(proposal.author),
            escape(proposal.decided_by or ""),
        )
    console.print(table)


@app.command("show")
def show_proposal(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="Id of a proposal.")],
    json: Annotated[bool, typer.Option("--json", help="All of it as JSON.")] = False,
) -> None:
    """Show a proposal: verdicts, orders, who decided and why, and what trading it really cost."""
    from foliohub.cli.console import console, settings
    from foliohub.runs.opening import open_ledger

    ledger = open_ledger(settings(), identifier.partition(".")[0])
    proposal = ledger.proposal(identifier)
    if json:
        typer.echo(proposal.model_dump_json(indent=2))
        return
    _show_facts(proposal, ledger.portfolio.currency)
    console.print("\n[bold]Limits[/]")
    for verdict in proposal.verdicts:
        console.print(f"  {_OUTCOMES[verdict.outcome]}  {verdict.sentence}", soft_wrap=True)
    console.print(f"\n[bold]Orders[/] [dim]at the closes of {proposal.as_of}[/]")
    _show_orders(proposal)
    if ledger.fills(identifier):
        console.print("\n[bold]Fills[/] [dim]slippage above zero is worse than those closes[/]")
        _show_slippage(ledger, identifier)


@app.command()
def verify(
    portfolio: PortfolioName = None,
    head: Annotated[
        str | None, typer.Option(metavar="HASH", help="Of a link, noted earlier: it must still be in the chain.")
    ] = None,
) -> None:
    """Read every link of the chain again, and say whether anything was changed, removed or moved."""
    from foliohub.cli.console import console, settings
    from foliohub.errors import InputError

    if head is not None and portfolio is None:
        raise InputError("A hash belongs to one portfolio.", remedy="Name it with --portfolio.")
    for ledger in _ledgers(settings(), portfolio):
        ledger.verify(head)
        links = ledger.events()
        name = ledger.portfolio.name
        if not links:
            console.print(f"[green]✓[/] {name}: nothing written yet")
            continue
        console.print(f"[green]✓[/] {name}: {len(links)} links, unbroken; the last is {links[-1].hash}", soft_wrap=True)


def _ledgers(configured: Settings, portfolio: str | None) -> list[Ledger]:
    from foliohub.ledger import portfolio_names
    from foliohub.runs.opening import open_ledger

    folders = (configured.portfolios,) if configured.portfolios else ()
    names = portfolio_names(folders) if portfolio is None else (portfolio,)
    return [open_ledger(configured, name) for name in names]


def _show_facts(proposal: Proposal, currency: str) -> None:
    from rich.markup import escape
    from rich.table import Table

    from foliohub.cli.console import console

    table = Table(show_header=False, box=None)
    table.add_row("[bold]proposal", proposal.id)
    table.add_row("[bold]status", f"[{_COLOURS[proposal.status]}]{proposal.status}[/]")
    if proposal.decided_by:
        table.add_row("[bold]decided", f"by {escape(proposal.decided_by)} on {proposal.decided_at:%Y-%m-%d %H:%M} UTC")
        table.add_row("[bold]reason", escape(proposal.reason or ""))
    elif proposal.status == "proposed":
        table.add_row("[bold]expires", f"{proposal.expires_at:%Y-%m-%d %H:%M} UTC")
    elif proposal.superseded_by:
        table.add_row("[bold]superseded by", proposal.superseded_by)
    table.add_row("[bold]author", escape(proposal.author))
    table.add_row("[bold]run", proposal.run_id)
    table.add_row("[bold]portfolio", f"{proposal.wealth:,.2f} {currency}, of it {proposal.cash_before:,.2f} in cash")
    traded = sum(order.value for order in proposal.orders)
    table.add_row("[bold]to trade", f"{traded:,.2f} {currency}, turnover {proposal.turnover:.1%}")
    table.add_row("[bold]expected cost", f"{proposal.expected_cost:,.2f} {currency}")
    table.add_row("[bold]cash left", f"{proposal.cash_after:,.2f} {currency}")
    for version in proposal.data:
        table.add_row("[bold]read", f"{version.name}  version {version.number}  {version.content[:12]}")
    console.print(table)
    console.print(f" [bold]hash[/]           {proposal.hash}", soft_wrap=True)


def _show_orders(proposal: Proposal) -> None:
    rows = [
        (
            order.side,
            order.ticker,
            f"{order.shares:,}",
            f"{order.price:,.2f}",
            f"{order.value:,.0f}",
            f"{order.weight_before:.1%}",
            f"{order.weight_after:.1%}",
        )
        for order in proposal.orders
    ]
    _show_rows(("side", "ticker", "shares", "price", "value", "before", "after"), rows)


def _show_slippage(ledger: Ledger, identifier: str) -> None:
    table = ledger.slippage(identifier)
    rows = [
        (side, ticker, f"{ordered:,}", f"{filled:,}", *(_number(value) for value in numbers))
        for ticker, side, ordered, filled, *numbers in table.iloc[:, :8].itertuples(index=False)
    ]
    _show_rows(("side", "ticker", "ordered", "filled", "close", "average", "slippage bp", "slippage"), rows)


def _show_rows(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.table import Table

    from foliohub.cli.console import console

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="left" if column in {"side", "ticker"} else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _number(value: float) -> str:
    return "–" if value != value else f"{value:,.2f}"  # noqa: PLR0124 - NaN is what differs from itself
