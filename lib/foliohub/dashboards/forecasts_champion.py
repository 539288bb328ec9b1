"""Whose forecasts portfolios are built on, since when, and what its challengers lacked."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from foliohub import reporting
from foliohub.dashboards import kit
from foliohub.dashboards.reading import Reader, Reading
from foliohub.reporting.formats import counted, fixed, percent

_DECISIONS = 104
"""That are looked at, the newest: two years of weeks."""


@dataclass(frozen=True)
class Reign:
    """The champion of now.

    Attributes
    ----------
    model : str
    since : str
        Session of the decision that made it champion; of the oldest decision looked at where none of them changed it.
    before : str
        Model whose place it took; empty where no decision looked at changed the champion.
    decisions : int
        That have left it in its place since.
    """

    model: str
    since: str
    before: str
    decisions: int


def reign(reader: Reader) -> Reign | None:
    """The champion and since when; None where no decision has been published.

    Parameters
    ----------
    reader : Reader
    """
    held, model, since = 0, "", ""
    for as_of in reversed(reader.dates("champion")[-_DECISIONS:]):
        reading = reader.at("champion", as_of)
        if reading is None:
            continue
        after, before = (_named(reading.frame, column) for column in ("is_champion", "was_champion"))
        model, since = model or after, as_of
        if after != before:
            return Reign(model, as_of, before, held)
        held += 1
    return Reign(model, since, "", held) if model else None


def reigning(reader: Reader) -> str:
    """The champion of now, by the last decision alone; empty where none has been published.

    Parameters
    ----------
    reader : Reader
    """
    last = reader.find("champion")
    return "" if last is None else _named(last.frame, "is_champion")


def champion(reader: Reader) -> kit.Piece:
    """The last decision: who is champion, and every model's numbers against it.

    Parameters
    ----------
    reader : Reader

    Raises
    ------
    NotStoredError
        No decision has been published.
    """
    reading = reader.latest("champion")
    found, table = reign(reader), reading.frame.set_index("model")
    model = _named(reading.frame, "is_champion") if found is None else found.model
    return kit.stack(
        kit.cards(_figures(reading, model, found)), kit.prose(_conditions(reading.frame.iloc[0])), _challengers(table)
    )


def _figures(reading: Reading, model: str, found: Reign | None) -> list[kit.KeyFigure]:
    """The champion, since when, and the nearest challenger."""
    table = reading.frame.set_index("model")
    others = table[~table["is_champion"]].sort_values("skill", ascending=False, kind="stable")
    figures = [kit.KeyFigure("Champion", reporting.display_name(model), note="portfolios are built on its forecasts")]
    if found is not None:
        changed = (
            f"in the place of {reporting.display_name(found.before)}"
            if found.before
            else "or before: nobody has replaced it"
        )
        figures.append(kit.KeyFigure("Since", found.since, note=changed))
        kept = counted(found.decisions, "decision")
        figures.append(kit.KeyFigure("Kept its place in", kept, note=f"the last for {reading.as_of:%Y-%m-%d}"))
    own = float(table["skill"].get(model, float("nan")))
    figures.append(kit.KeyFigure("Its skill", percent(own, signed=True), note="error saved against no change"))
    if len(others):
        row = others.iloc[0]
        note = f"skill {percent(row['skill'], signed=True)}, p-value {fixed(row['dm_p_value'])}"
        figures.append(kit.KeyFigure("Nearest challenger", reporting.display_name(str(others.index[0])), note=note))
    return figures


def _conditions(row: pd.Series) -> str:
    """What it takes to become champion, beside how much there was to judge by."""
    return (
        f"A model takes its place if it is better {counted(int(row['horizon']), 'session')} ahead with a p-value below "
        f"{row['needed_dm_p_value']:g} against the champion itself, has a skill above {percent(row['needed_skill'])}, "
        f"and is among those that may be the best, on {counted(int(row['needed_cutoffs']), 'cutoff')} or more. "
        f"This decision had {int(row['cutoffs'])}."
    )


def _challengers(table: pd.DataFrame) -> kit.Html:
    """Every model's numbers in the decision."""
    shown = table[["skill", "dm_p_value", "set_p_value"]].assign(
        in_set=["yes" if inside else "no" for inside in table["in_set"]],
        outcome=[_outcome(row) for _, row in table.iterrows()],
    )
    return kit.table(
        shown.sort_values("skill", ascending=False, kind="stable").rename(index=reporting.display_name),
        formats={
            "skill": "signed_percent2",
            "dm_p_value": "number2",
            "set_p_value": "number2",
            "in_set": "text",
            "outcome": "text",
        },
        labels={
            "skill": "Skill",
            "dm_p_value": "p-value against the champion",
            "set_p_value": "p-value of the set",
            "in_set": "May be the best",
            "outcome": "What came of it",
        },
        colours={reporting.display_name(str(name)): reporting.colour(str(name)) for name in table.index},
        caption="The last decision",
        index_name="Model",
    )


def _outcome(row: pd.Series) -> str:
    """What the decision made of a model, or the first thing it lacked."""
    if row["is_champion"]:
        return "champion" if row["was_champion"] else "takes the place"
    if row["was_champion"]:
        return "gives its place up"
    return "another was better still" if row["eligible"] else str(row["lacked"])


def _named(frame: pd.DataFrame, column: str) -> str:
    return str(frame.loc[frame[column], "model"].iloc[0])
