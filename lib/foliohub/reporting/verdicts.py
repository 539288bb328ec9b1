"""What the scores of models amount to: which may be the best, and what each one's card says."""

from __future__ import annotations

from math import isnan

import pandas as pd

from foliohub.reporting.formats import MISSING, fixed, percent
from foliohub.reporting.fragments import Fragment
from foliohub.reporting.palette import colour, display_name
from foliohub.reporting.tables import Cell, empty_table, mood, render

_NO_SCORES = "No forecast has been scored yet: scores appear once the sessions forecast have passed."
_INSIDE = 0.1  # least p-value of a model in the confidence set of 90 %


def verdict_table(scores: pd.DataFrame, *, caption: str = "") -> Fragment:
    """One line per model: skill, the tests, whether it may be the best, and the verdict in words.

    Parameters
    ----------
    scores : DataFrame (n_models, n_scores)
        One horizon of :func:`foliohub.backtest.scorecard`, index model; with `verdict`, `skill`, `dm_p_value`,
        `mcs_p_value`, `crps_skill` and `crps_mcs_p_value`.
    caption : str
        Above the table.
    """
    if scores.empty:
        return empty_table(_NO_SCORES)
    numbers = ("fh-number",)
    head = [Cell("Model"), *(Cell(text, numbers) for text in ("Skill", "DM p-value", "CRPS skill"))]
    head += [Cell("May be the best"), Cell("May be the best by CRPS"), Cell("Verdict")]
    body = []
    for name, row in scores.iterrows():
        skills = [percent(float(row[one]), 2, signed=True) for one in ("skill", "crps_skill")]
        body.append(
            [
                Cell(display_name(str(name)), (), colour(str(name))),
                Cell(skills[0], (*numbers, *mood(skills[0]))),
                Cell(fixed(float(row["dm_p_value"])), numbers),
                Cell(skills[1], (*numbers, *mood(skills[1]))),
                Cell(_membership(float(row["mcs_p_value"]))),
                Cell(_membership(float(row["crps_mcs_p_value"]))),
                Cell(str(row["verdict"]), ("fh-sentence",)),
            ]
        )
    return render(head, body, caption=caption)


def model_card_table(cards: pd.DataFrame, *, caption: str = "What each model's card says") -> Fragment:
    """The statements of the cards, one line each.

    Parameters
    ----------
    cards : DataFrame
        Columns as :data:`foliohub.backtest.MODEL_CARD_COLUMNS`.
    caption : str
        Above the table.
    """
    if cards.empty:
        return empty_table(_NO_SCORES)
    head = [Cell("Model"), Cell("Better than no change", ("fh-number",)), Cell("What its card says")]
    body = [
        [
            Cell(display_name(str(row["model"])), (), colour(str(row["model"]))),
            Cell(f"{int(row['better'])} of {int(row['horizons'])}", ("fh-number",)),
            Cell(str(row["statement"]), ("fh-sentence",)),
        ]
        for _, row in cards.iterrows()
    ]
    return render(head, body, caption=caption)


def _membership(p_value: float) -> str:
    if isnan(p_value):
        return MISSING
    return f"{'yes' if p_value > _INSIDE else 'no'} (p = {p_value:.2f})"
