"""What the last cycle published, on one screen."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foliohub.errors import NotStoredError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from foliohub.config import Settings
    from foliohub.runs.records import RunRecord
    from foliohub.runs.workspace import Workspace


def summary(
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="Session of the cycle; by default the last stored.")
    ] = None,
    universe: Annotated[str, typer.Option(help="Name of a universe.")] = "sample",
    rows: Annotated[int, typer.Option(min=1, max=100, help="Rows per table.")] = 8,
) -> None:
    """Show what a cycle published: data quality, forecasts, weights, orders, performance, and where the report lies."""
    from rich.markup import escape

    from foliohub.cli.console import console, settings
    from foliohub.cli.data import require_stored
    from foliohub.runs.opening import open_records
    from foliohub.runs.records import Status
    from foliohub.runs.workspace import Workspace

    configured = settings()
    if as_of is None:
        require_stored(configured, universe)
    workspace = Workspace(configured, universe, as_of)
    day = f"{workspace.as_of:%Y-%m-%d}"
    records = open_records(configured)
    runs = {
        record.job: record
        for record in records.list(as_of=day)
        if record.status is Status.SUCCEEDED and record.parameters.get("universe") == universe
    }
    if not runs:
        raise NotStoredError(f"No run has succeeded for {day}.", remedy=f"Run `foliohub cycle --as-of {day}` first.")
    console.rule(f"[bold]{workspace.universe.title}[/] · as of {workspace.as_of:%A, %Y-%m-%d}")
    sections: list[tuple[str, str, str, Callable[[Workspace, int], Table]]] = [
        ("daily-ingest", "Prices and their quality", "", _quality),
        ("daily-forecast", "Forecasts", "the highest expected returns of each model", _forecasts),
        ("daily-forecast", "How far to trust them", "same horizon, out of sample; skill: against no change", _scores),
        ("daily-rebalance", "Target weights", "{allocator}, expected returns by {model}", _weights),
        ("daily-rebalance", "Orders", "the largest, in USD", _orders),
        ("weekly-report", "Performance", "out of sample, a year, net of costs; p: Sharpe equal to 1/N's", _performance),
    ]
    for job, title, note, section in sections:
        if job in runs:
            names = _names(workspace, runs[job]) if "{" in note else {}
            console.print()
            console.print(f"[bold]{title}[/]" + (f"  [dim]{note.format(**names)}[/]" if note else ""))
            console.print(section(workspace, rows))
    if "weekly-report" in runs and workspace.universe.caveat:
        console.print(f"[yellow]Read with care:[/] {escape(workspace.universe.caveat)}")
    console.print()
    _reports(configured, runs)


def _names(workspace: Workspace, rebalance: RunRecord) -> dict[str, str]:
    """What weights rest on, for people: the allocator, and the model whose forecasts were its expected returns."""
    model = workspace.read("expected_returns")["model"].iloc[0]
    return {"allocator": display_name(rebalance.parameters.get("allocator", "")), "model": display_name(model)}


def _table(*columns: tuple[str, Any]) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, justify in columns:
        table.add_column(name, justify=justify, no_wrap=True)
    return table


def _quality(workspace: Workspace, _: int) -> Table:
    # Not from what the ingest stored: for a past session, the store may hold what came later.
    quality = workspace.read("quality_summary")
    quality = quality[quality["ticker"].isin(workspace.universe.tickers)]
    table = _table(("tickers", "right"), ("sessions", "right"), ("from", "left"), ("to", "left"), ("touched", "right"))
    table.add_column("quarantined")
    out = quality[quality["status"] == "quarantined"]["ticker"].tolist()
    table.add_row(
        str(len(quality) - len(out)),
        f"{int(quality['sessions'].max()):,}",
        f"{quality['first'].min():%Y-%m-%d}",
        f"{quality['last'].max():%Y-%m-%d}",
        f"{int(quality['events'].sum()):,} rows",
        ", ".join(out) or "none",
    )
    return table


def _forecasts(workspace: Workspace, rows: int) -> Table:
    forecasts = workspace.read("forecasts")
    horizon = int(forecasts["horizon"].max())
    chosen = forecasts[(forecasts["horizon"] == horizon) & (forecasts["model"] != "zero")]
    best = chosen.sort_values("mean", ascending=False).groupby("model").head(max(rows // 4, 2))
    table = _table(("model", "left"), ("ticker", "left"), (f"expected by {chosen['date'].max():%Y-%m-%d}", "right"))
    for name in ("80% interval", "95% interval"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in best.sort_values(["model", "mean"], ascending=[True, False]).to_dict("records"):
        table.add_row(
            display_name(row["model"]),
            str(row["ticker"]),
            f"{row['mean']:+.1%}",
            f"{row['lo_80']:+.0%} to {row['hi_80']:+.0%}",
            f"{row['lo_95']:+.0%} to {row['hi_95']:+.0%}",
        )
    return table


def _scores(workspace: Workspace, _: int) -> Table:
    scores = workspace.read("forecast_scores")
    chosen = scores[scores["horizon"] == scores["horizon"].max()].sort_values("rmse")
    table = _table(("model", "left"), ("RMSE", "right"), ("skill", "right"), ("p-value", "right"))
    for name in ("hit rate", "rank IC", "in 80%", "in 95%"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in chosen.to_dict("records"):
        table.add_row(
            display_name(row["model"]),
            f"{row['rmse']:.2%}",
            f"{row['skill']:+.1%}",
            _number(row["dm_p_value"], ".2f"),
            _number(row["hit_rate"], ".0%"),
            _number(row["rank_ic"], "+.2f"),
            f"{row['coverage_80']:.0%}",
            f"{row['coverage_95']:.0%}",
        )
    return table


def _weights(workspace: Workspace, rows: int) -> Table:
    weights = workspace.read("weights").sort_values("target", ascending=False)
    table = _table(("ticker", "left"), ("now", "right"), ("target", "right"), ("1/N", "right"), ("over 1/N", "right"))
    for row in weights.head(rows).to_dict("records"):
        table.add_row(
            str(row["ticker"]),
            f"{row['current']:.1%}",
            f"[bold]{row['target']:.1%}[/]",
            f"{row['equal_weight']:.1%}",
            f"{row['target'] - row['equal_weight']:+.1%}",
        )
    return table


def _orders(workspace: Workspace, rows: int) -> Table:
    orders = workspace.read("orders")
    table = _table(("side", "left"), ("ticker", "left"), ("shares", "right"), ("price", "right"), ("value", "right"))
    table.add_column("estimated cost", justify="right")
    largest = orders.reindex(orders["value"].abs().sort_values(ascending=False).index)
    for row in largest.head(rows).to_dict("records"):
        table.add_row(
            str(row["side"]),
            str(row["ticker"]),
            f"{abs(row['shares']):,.0f}",
            f"{row['price']:,.2f}",
            f"{abs(row['value']):,.0f}",
            f"{row['estimated_cost']:,.0f}",
        )
    table.add_row(
        "[bold]all", f"{len(orders)} orders", "", "", f"{orders['value'].abs().sum():,.0f}",
        f"{orders['estimated_cost'].sum():,.0f}",
    )  # fmt: skip
    return table


def _performance(workspace: Workspace, _: int) -> Table:
    performance = workspace.read("performance").sort_values("sharpe_ratio", ascending=False)
    table = _table(("portfolio", "left"), ("return", "right"), ("volatility", "right"), ("Sharpe", "right"))
    for name in ("p", "drawdown", "turnover", "cost"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in performance.to_dict("records"):
        table.add_row(
            display_name(row["portfolio"]),
            f"{row['annual_return']:+.1%}",
            f"{row['annual_volatility']:.1%}",
            f"[bold]{row['sharpe_ratio']:.2f}[/]",
            _number(row["p_value"], ".2f"),
            f"{row['max_drawdown']:.0%}",
            _number(row["annual_turnover"], ".0%"),
            _number(row["annual_cost"] * 1e4, ".1f") + " bp",
        )
    return table


def _reports(configured: Settings, runs: dict[str, RunRecord]) -> None:
    from foliohub.cli.console import console
    from foliohub.runs.outputs import Outputs

    outputs = Outputs(configured)
    console.print("[bold]Reports[/] (open in a browser)")
    for record in runs.values():
        if "report" in record.outputs:
            console.print(f"  {record.id:<30} {outputs.place(record, 'report')}", soft_wrap=True)
    console.print("[dim]`foliohub runs show ID` shows a run's passport, `foliohub runs reproduce ID` recomputes it.[/]")


def display_name(name: object) -> str:
    """What reports call a model or a portfolio."""
    from foliohub.reporting.palette import display_name

    return display_name(str(name))


def _number(value: float | None, layout: str) -> str:
    return "–" if value is None or isnan(value) else format(value, layout)
