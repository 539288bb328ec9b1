"""What scores say in words: whether a model beats the forecast of no change, and what its card says of it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

SIGNIFICANT = 0.05
"""p-value below which a difference is called one."""

MODEL_CARD_COLUMNS = ("model", "better", "horizons", "statement", "card")
"""`better`: horizons over which the model beats no change, out of `horizons` scored; `card`: all of it, as JSON."""

_WORTH = (
    "skill",
    "dm_p_value",
    "mase",
    "hit_rate",
    "rank_ic",
    "coverage_80",
    "coverage_95",
    "crps_skill",
    "mcs_p_value",
)


def verdict(model: str, scores: pd.Series) -> str:
    """One sentence on one model over one horizon.

    Parameters
    ----------
    model : str
        Its name.
    scores : Series
        With skill, dm_p_value, crps_skill, crps_p_value and cutoffs, as in a scorecard.

    Examples
    --------
    >>> scores = {"skill": -0.003, "dm_p_value": 0.61, "crps_skill": np.nan, "crps_p_value": np.nan, "cutoffs": 40}
    >>> verdict("arima", pd.Series(scores))
    'not better than no change: skill −0.3 %, p = 0.61'
    """
    if model == "zero":
        return "the forecast of no change, which the others are held against"
    skill, chance = float(scores["skill"]), float(scores["dm_p_value"])
    if np.isnan(chance) and skill != 0:
        return f"too few dates to say ({int(scores['cutoffs'])}): skill {_percent(skill)}"
    said = "not better than no change"
    if chance < SIGNIFICANT:
        said = "better than no change" if skill > 0 else "worse than no change"
    # No difference at all has no p-value: a model of the spread alone, whose mean is no change.
    sentence = (
        f"{said}: skill {_percent(skill)}, {_chance(chance)}" if skill else "not better than no change: the same mean"
    )
    sharper, luck = float(scores["crps_skill"]), float(scores["crps_p_value"])
    if luck < SIGNIFICANT:
        side = "better" if sharper > 0 else "worse"
        sentence += f"; its distributions are {side} than those around no change: CRPS skill {_percent(sharper)}"
    return sentence


def model_card(scores: pd.DataFrame, model: str) -> dict[str, Any]:
    """What the card of a model says of its forecasts, over all horizons.

    Parameters
    ----------
    scores : DataFrame
        Of :func:`foliohub.backtest.scorecard`, index (horizon, model).
    model : str
        One of its models.

    Returns
    -------
    dict
        Of JSON's types: `model`, `statement`, `better` (horizons), `worse`, `better_distributions` and per horizon its
        verdict and scores.
    """
    own = scores.xs(model, level="model")
    told = (own["dm_p_value"] < SIGNIFICANT).to_numpy(dtype=bool)
    gains = (own["skill"] > 0).to_numpy(dtype=bool)
    horizons = [int(horizon) for horizon in own.index]
    better = [ahead for ahead, one in zip(horizons, told & gains, strict=True) if one]
    worse = [ahead for ahead, one in zip(horizons, told & ~gains, strict=True) if one]
    sharper = (own["crps_p_value"] < SIGNIFICANT) & (own["crps_skill"] > 0)
    sharp = [ahead for ahead, one in zip(horizons, sharper, strict=True) if one]
    lines = {
        str(ahead): {name: _plain(row[name]) for name in (*_WORTH, "observations", "cutoffs", "verdict")}
        for ahead, (_, row) in zip(horizons, own.iterrows(), strict=True)
    }
    rivals = int(scores.index.get_level_values("model").nunique())
    card: dict[str, Any] = {"model": model, "statement": _statement(model, horizons, better, worse, rivals)}
    if sharp and model != "zero":
        card["statement"] += f" Over {_sessions(sharp)} its distributions are better than those around no change."
    return card | {
        "better": better,
        "worse": worse,
        "better_distributions": sharp,
        "compared": rivals,
        "horizons": lines,
    }


def model_cards(scores: pd.DataFrame) -> pd.DataFrame:
    """The cards of all models of a scorecard.

    Returns
    -------
    DataFrame (n_models, 5)
        Columns :data:`MODEL_CARD_COLUMNS`, by name.
    """
    rows = []
    for model in sorted(map(str, scores.index.unique(level="model"))):
        card = model_card(scores, model)
        rows.append((model, len(card["better"]), len(card["horizons"]), card["statement"], json.dumps(card)))
    return pd.DataFrame(rows, columns=list(MODEL_CARD_COLUMNS))


def _statement(model: str, horizons: list[int], better: list[int], worse: list[int], rivals: int) -> str:
    if model == "zero":
        return "This is the forecast of no change. A model that cannot beat it has no forecast of the mean to offer."
    said = f"Over {_sessions(worse)} it is worse than the forecast of no change. " if worse else ""
    if not better:
        return said + f"Over none of {_counted(len(horizons))} is it better than the forecast of no change."
    return said + (
        f"Over {_sessions(better)} it is better than the forecast of no change, by a test at "
        f"{SIGNIFICANT:.0%} that does not count that {rivals} models were tried."
    )


def _sessions(horizons: list[int]) -> str:
    words = ", ".join(str(ahead) for ahead in horizons)
    return f"{words} session{'' if horizons == [1] else 's'} ahead"


def _counted(count: int) -> str:
    return f"{count} horizon{'' if count == 1 else 's'}"


def _chance(p_value: float) -> str:
    return "p < 0.01" if p_value < 0.01 else f"p = {p_value:.2f}"


def _percent(value: float) -> str:
    sign = "−" if round(value, 3) < 0 else "+" if round(value, 3) > 0 else ""
    return f"{sign}{abs(value) * 100:.1f} %"


def _plain(value: object) -> object:
    """A number or text as JSON has it; None for NaN."""
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    return None if np.isnan(number) else int(number) if number.is_integer() and abs(number) >= 1 else round(number, 6)
