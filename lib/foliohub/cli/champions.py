"""Commands that show whose forecasts portfolios are built on, and why."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from foliohub.runs.published import Publication, Published

app = typer.Typer(
    help="See which model is champion, since when, and what its challengers lacked.", no_args_is_help=True
)

Universe = Annotated[str, typer.Argument(metavar="UNIVERSE", help="Name of a universe.")]


@app.command("list")
def list_champions(universe: Universe = "sample") -> None:
    """Show every decision on the champion, newest first, with the run that took it."""
    from rich.table import Table

    from foliohub.cli.console import console

    published, found = _decisions(universe)
    table = Table("session", "champion", "before", "best challenger", "run", box=None, header_style="bold")
    for one in reversed(found):
        rows = published.read(one)
        after, before = (str(rows.loc[rows[column], "model"].iloc[0]) for column in ("is_champion", "was_champion"))
        others = rows[~rows["was_champion"]]
        best = f"{others['model'].iloc[0]}, skill {others['skill'].iloc[0]:+.1%}" if len(others) else ""
        changed = after != before
        table.add_row(one.as_of, f"[bold green]{after}[/]" if changed else after, before, best, one.run.id)
    console.print(table)


@app.command("show")
def show_champion(
    universe: Universe = "sample",
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="Session of the decision; the last without.")
    ] = None,
) -> None:
    """Show one decision: every model's numbers against the champion, and what it took to win."""
    from rich.table import Table

    from foliohub.cli.console import console

    published, found = _decisions(universe)
    one = published.find("champion", universe, as_of) if as_of else found[-1]
    rows = published.read(one)
    table = Table("model", "skill", "p against champion", "in the set", "what it lacked", box=None, header_style="bold")
    for row in rows.to_dict("records"):
        marks = " (champion)" if row["is_champion"] else " (champion before)" if row["was_champion"] else ""
        skill, p_value = (
            "–" if math.isnan(row[key]) else format(row[key], form)
            for key, form in (("skill", "+.2%"), ("dm_p_value", ".3f"))
        )
        inside = "yes" if row["in_set"] else "no"
        table.add_row(f"{row['model']}{marks}", skill, p_value, inside, row["lacked"] or "–")
    first = rows.iloc[0]
    console.print(table)
    console.print(
        f"To win: p below {first['needed_dm_p_value']:g} and better, skill above {first['needed_skill']:.1%}, in the "
        f"confidence set of size {first['set_size']:g}, on {int(first['needed_cutoffs'])} cutoffs or more; here "
        f"{int(first['cutoffs'])}, {int(first['horizon'])} sessions ahead. Decided by run {one.run.id} for {one.as_of}."
    )


def _decisions(universe: str) -> tuple[Published, list[Publication]]:
    """The publications on the champion, oldest first; ends in a message where there is none."""
    from foliohub.backtest import FIRST_CHAMPION
    from foliohub.cli.console import console, settings
    from foliohub.runs.opening import open_records, open_store
    from foliohub.runs.published import Published

    configured = settings()
    published = Published(open_store(configured), open_records(configured))
    found = published.list("champion", universe)
    if not found:
        console.print(f"Nobody has challenged {FIRST_CHAMPION} on {universe} yet: its forecasts count.", markup=False)
        raise typer.Exit
    return published, found
