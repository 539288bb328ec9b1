"""How much was tried before the best was picked: what the deflated Sharpe ratio has to know.

Retraining an agent on later sessions is no new trial; another recipe, or another seed, is one. Every training adds what
it tried to what the record before it holds, so that a setting that was replaced counts as one that was kept. Of agents
retrained as time goes on every algorithm counts, chosen or not, with the way of retraining.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from foliohub.errors import InputError

TRIED_COLUMNS = ("recipe", "seed")
"""Columns of the record: the recipe of a training as JSON with its keys in order, and the seed."""


def tried_agents(cards: Iterable[Mapping[str, Any]], before: pd.DataFrame | None = None) -> pd.DataFrame:
    """Agents tried so far, each recipe and seed once.

    Parameters
    ----------
    cards : iterable of mapping
        Of trained policies: `recipe`, plain JSON, and `seeds`. Of sequences of them: `recipes`, `retraining`, `seeds`.
    before : DataFrame, optional
        The record so far, columns :data:`TRIED_COLUMNS`.

    Returns
    -------
    DataFrame (n_tried, 2)
        Columns :data:`TRIED_COLUMNS`, those of the record first.

    Examples
    --------
    >>> first = tried_agents([{"recipe": {"algorithm": "ppo", "steps": 512}, "seeds": [1, 2]}])
    >>> tried_agents([{"recipe": {"steps": 512, "algorithm": "ppo"}, "seeds": [2, 3]}], first)["seed"].tolist()
    [1, 2, 3]
    """
    rows = [
        (json.dumps(recipe, sort_keys=True), int(seed))
        for card in cards
        for recipe in _recipes(card)
        for seed in card["seeds"]
    ]
    new = pd.DataFrame(rows, columns=list(TRIED_COLUMNS)).astype({"recipe": object, "seed": "int64"})
    known = new if before is None else pd.concat([before[list(TRIED_COLUMNS)], new])
    return known.drop_duplicates(ignore_index=True)


def _recipes(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "recipe" in card:
        return [card["recipe"]]
    return [{**recipe, "retraining": card["retraining"]} for recipe in card["recipes"]]


def count_trials(compared: Sequence[str], tried: pd.DataFrame, *, before_records: int = 0) -> pd.DataFrame:
    """How the number of trials comes together.

    Parameters
    ----------
    compared : sequence of str
        Names of the strategies compared; what nobody chose, as an index, is none.
    tried : DataFrame
        Of :func:`tried_agents`.
    before_records : int
        Trials that nothing recorded, made before there were records or outside of them.

    Returns
    -------
    DataFrame (3, 1)
        Index: what was tried; column `trials`, whose sum is the number to deflate by.

    Raises
    ------
    InputError
        `before_records` is negative.

    See Also
    --------
    foliohub.metrics.deflated_sharpe_ratio : what the number is for.

    Examples
    --------
    >>> tried = tried_agents([{"recipe": {"steps": 512}, "seeds": [1, 2]}])
    >>> count_trials(["equal_weight", "min_variance"], tried, before_records=30)["trials"].tolist()
    [2, 2, 30]
    """
    if before_records < 0:
        raise InputError(f"{before_records} trials before the records.", remedy="Give 0 or more.")
    recipes = tried["recipe"].nunique()
    counts = {
        "Strategies compared here": len(set(compared)),
        f"Agents on record, by seed, of {recipes} recipe{'' if recipes == 1 else 's'}": len(tried),
        "Looked at before there were records": before_records,
    }
    return pd.DataFrame({"trials": pd.Series(counts, dtype="int64")})


__all__ = ["TRIED_COLUMNS", "count_trials", "tried_agents"]
