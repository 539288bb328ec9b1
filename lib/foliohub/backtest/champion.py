"""The champion among forecasters, and what it takes to replace it.

The champion's forecasts are the ones portfolios are built on. Looks and luck replace nobody: a challenger must have
been better out of sample by a margin that chance does not explain, against the champion itself and within the field.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.forecast.known_outcomes import overlap
from foliohub.metrics.confidence_set import model_confidence_set
from foliohub.metrics.significance import diebold_mariano_test

FIRST_CHAMPION = "mean"
"""Whose forecasts count until a challenger has won: the mean of the past, hard to beat and easy to explain."""

CHALLENGE_COLUMNS = (
    "model",
    "was_champion",
    "is_champion",
    "eligible",
    "skill",
    "dm_statistic",
    "dm_p_value",
    "set_p_value",
    "in_set",
    "cutoffs",
    "horizon",
    "needed_dm_p_value",
    "needed_skill",
    "needed_cutoffs",
    "set_size",
)
"""What is recorded of every model: `skill` against forecasting zero; `dm_*`: Diebold and Mariano's test of squared
errors against the champion, a negative statistic saying better; `set_p_value`, `in_set`: the model confidence set over
the field; `eligible`: whether it met all conditions; `needed_*`, `set_size`: the conditions."""


@dataclass(frozen=True, slots=True, eq=False)
class Challenge:
    """What became of a challenge.

    Attributes
    ----------
    before, after : str
        The champion before and after it; the same where nobody won.
    table : DataFrame (n_models, 15)
        Columns :data:`CHALLENGE_COLUMNS`, the best skill first.
    """

    before: str
    after: str
    table: pd.DataFrame

    @property
    def changed(self) -> bool:
        """Whether there is a new champion."""
        return self.before != self.after

    @property
    def sentence(self) -> str:
        """What became of it, for people."""
        rows = self.table.set_index("model")
        if self.changed:
            won = rows.loc[self.after]
            return (
                f"{self.after} replaces {self.before}: it saves {won['skill']:.1%} of the squared error of no change, "
                f"is better than the champion with p = {won['dm_p_value']:.3f}, and is in the confidence set."
            )
        cutoffs = int(rows["cutoffs"].max())
        if cutoffs < rows["needed_cutoffs"].iloc[0]:
            return f"{self.before} stays: {cutoffs} cutoffs are too few to replace it."
        return f"{self.before} stays: no challenger is better by more than chance explains."


def challenge(
    champion: str,
    forecasts: pd.DataFrame,
    *,
    horizon: int,
    p_value: float = 0.05,
    skill: float = 0.0,
    cutoffs: int = 30,
    set_size: float = 0.1,
    seed: int = 7,
) -> Challenge:
    """Hold every model against the champion, and name who is champion now.

    Parameters
    ----------
    champion : str
        The model that is champion.
    forecasts : DataFrame
        :data:`~foliohub.frames.FORECAST_COLUMNS` and `outcome`, NaN where it is not known: of a walk-forward, or the
        live record. Models that did not forecast wherever the champion did take no part.
    horizon : int
        Sessions ahead; the horizon that portfolios are built on.
    p_value : float
        A challenger must be better than the champion with a two-sided p-value below this.
    skill : float
        It must save more than this share of the squared error of forecasting zero.
    cutoffs : int
        On fewer cutoffs nobody is replaced: the test's distribution is one of large samples.
    set_size : float
        It must be in the model confidence set of this size.
    seed : int
        Of the set's bootstrap.

    Returns
    -------
    Challenge
        Of several that meet all conditions the one with the highest skill wins.

    Raises
    ------
    InputError
        The champion has no forecast with a known outcome over that horizon.

    References
    ----------
    .. [1] Diebold, F. X. and Mariano, R. S. (1995). Comparing predictive accuracy. Journal of Business & Economic
       Statistics 13(3), 253-263.
    .. [2] Hansen, P. R., Lunde, A. and Nason, J. M. (2011). The model confidence set. Econometrica 79(2), 453-497.

    Examples
    --------
    >>> days = pd.bdate_range("2020-01-01", periods=61)
    >>> came = np.random.default_rng(0).normal(0.01, 0.02, 60)
    >>> made = pd.DataFrame({"cutoff": days[:-1], "date": days[1:], "ticker": "A", "horizon": 1, "outcome": came})
    >>> both = pd.concat([made.assign(model="zero", mean=0.0), made.assign(model="good", mean=0.8 * came)])
    >>> found = challenge("zero", both, horizon=1)
    >>> found.changed, found.after
    (True, 'good')
    """
    known = forecasts[(forecasts["horizon"] == horizon) & forecasts["outcome"].notna()]
    own = known[known["model"] == champion]
    if own.empty:
        raise InputError(
            f"The champion {champion} has no forecast over {horizon} sessions whose outcome is known.",
            remedy="Evaluate it beside its challengers.",
        )
    losses = _losses(known, champion)
    span, n = overlap(own), len(losses)
    zero = (own["outcome"] ** 2).groupby(own["cutoff"]).mean().mean()
    tested = n >= max(10, 2 * span)
    field = model_confidence_set(losses, block_length=span, seed=seed, size=set_size) if tested else None
    rows = []
    for model in map(str, losses.columns):
        test = None
        if tested and model != champion:
            test = diebold_mariano_test(losses[model], losses[champion], horizon=span)
        rows.append(
            {
                "model": model,
                "was_champion": model == champion,
                "skill": 1 - losses[model].mean() / zero if zero > 0 else np.nan,
                "dm_statistic": test.statistic if test else np.nan,
                "dm_p_value": test.p_value if test else np.nan,
                "set_p_value": field.loc[model, "p_value"] if field is not None else np.nan,
                "in_set": bool(field.loc[model, "included"]) if field is not None else False,
            }
        )
    conditions = {
        "cutoffs": n,
        "horizon": horizon,
        "needed_dm_p_value": p_value,
        "needed_skill": skill,
        "needed_cutoffs": cutoffs,
        "set_size": set_size,
    }
    table = pd.DataFrame(rows).assign(**conditions)
    better = (table["dm_p_value"] < p_value) & (table["dm_statistic"] < 0)
    table["eligible"] = better & table["in_set"] & (table["skill"] > skill) & (n >= cutoffs)
    table = table.sort_values("skill", ascending=False, kind="stable", ignore_index=True)
    after = str(table.loc[table["eligible"], "model"].iloc[0]) if table["eligible"].any() else champion
    table["is_champion"] = table["model"] == after
    return Challenge(champion, after, table[list(CHALLENGE_COLUMNS)])


def _losses(known: pd.DataFrame, champion: str) -> pd.DataFrame:
    """Mean squared error across tickers, (n_cutoffs, n_models), of the models that forecast all the champion did."""
    errors = (known["mean"] - known["outcome"]) ** 2
    wide = known.assign(loss=errors).pivot(index=["cutoff", "ticker"], columns="model", values="loss")
    wide = wide[wide[champion].notna()].dropna(axis=1)
    return wide.groupby("cutoff").mean().sort_index()


__all__ = ["CHALLENGE_COLUMNS", "FIRST_CHAMPION", "Challenge", "challenge"]
