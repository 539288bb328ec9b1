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
    "shared_cutoffs",
    "lacked",
)
"""What is recorded of every model: `skill` against forecasting zero; `dm_*`: Diebold and Mariano's test of squared
errors against the champion, a negative statistic saying better; `set_p_value`, `in_set`: the model confidence set over
the field; `eligible`: whether it met all conditions; `cutoffs`: the champion's; `needed_*`, `set_size`: the conditions;
`shared_cutoffs`: those at which the model forecast all that the champion did, over which all of this is; `lacked`: the
first condition it did not meet, in words, empty where there is none."""

_PRESENT = 0.9
"""Share of a challenger's cutoffs that the models of its field must have in common."""


@dataclass(frozen=True, slots=True, eq=False)
class Challenge:
    """What became of a challenge.

    Attributes
    ----------
    before, after : str
        The champion before and after it; the same where nobody won.
    table : DataFrame (n_models, 17)
        Columns :data:`CHALLENGE_COLUMNS`, the best skill first; every model of the forecasts, NaN where there was too
        little to test.
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
        cutoffs, needed = (int(rows[column].iloc[0]) for column in ("cutoffs", "needed_cutoffs"))
        if cutoffs < needed:
            return f"{self.before} stays: {cutoffs} cutoffs are too few to replace it."
        short = [f"{model} ({n})" for model, n in rows["shared_cutoffs"].items() if n < needed]
        late = f" With too few cutoffs to be judged yet: {', '.join(short)}." if short else ""
        if self.changed:
            won = rows.loc[self.after]
            return (
                f"{self.after} replaces {self.before}: it saves {won['skill']:.1%} of the squared error of no change, "
                f"is better than the champion with p = {won['dm_p_value']:.3f}, and is in the confidence set.{late}"
            )
        return f"{self.before} stays: no challenger is better by more than chance explains.{late}"


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
        live record.
    horizon : int
        Sessions ahead; the horizon that portfolios are built on.
    p_value : float
        A challenger must be better than the champion with a two-sided p-value below this.
    skill : float
        It must save more than this share of the squared error of forecasting zero.
    cutoffs : int
        A model with fewer replaces nobody: the test's distribution is one of large samples.
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

    Notes
    -----
    A model that joined late, or missed a night, is held against the champion at the cutoffs where it forecast every
    ticker that the champion did, and nowhere else: what others did before costs it nothing, and leaving out a ticker
    that is hard to forecast costs it the cutoff. Its confidence set is of the models that were there with it; one that
    would leave fewer than nine tenths of its cutoffs in common is not asked.

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
    losses = _losses(known, champion, sorted(map(str, forecasts["model"].unique())))
    zero = (own["outcome"] ** 2).groupby(own["cutoff"]).mean()
    rows = []
    for model in losses.columns:
        cutoffs_had = losses.index[losses[model].notna()]
        n, no_change = len(cutoffs_had), zero[cutoffs_had].mean()
        span = overlap(own[own["cutoff"].isin(cutoffs_had)])
        fewest = max(10, 2 * span)
        test, place, both = None, None, losses.loc[cutoffs_had]
        if n >= fewest:
            field = _field(both, champion, model, fewest)
            place = model_confidence_set(field, block_length=span, seed=seed, size=set_size).loc[model]
            if model != champion:
                test = diebold_mariano_test(both[model], both[champion], horizon=span)
        rows.append(
            {
                "model": model,
                "was_champion": model == champion,
                "skill": 1 - losses[model].mean() / no_change if no_change > 0 else np.nan,
                "dm_statistic": test.statistic if test else np.nan,
                "dm_p_value": test.p_value if test else np.nan,
                "set_p_value": place["p_value"] if place is not None else np.nan,
                "in_set": bool(place["included"]) if place is not None else False,
                "shared_cutoffs": n,
            }
        )
    conditions = {
        "cutoffs": len(losses),
        "horizon": horizon,
        "needed_dm_p_value": p_value,
        "needed_skill": skill,
        "needed_cutoffs": cutoffs,
        "set_size": set_size,
    }
    table = pd.DataFrame(rows).assign(**conditions)
    table["lacked"] = [_lacked(row) for _, row in table.iterrows()]
    table["eligible"] = ~table["was_champion"] & (table["lacked"] == "")
    table = table.sort_values("skill", ascending=False, kind="stable", ignore_index=True)
    after = str(table.loc[table["eligible"], "model"].iloc[0]) if table["eligible"].any() else champion
    table["is_champion"] = table["model"] == after
    return Challenge(champion, after, table[list(CHALLENGE_COLUMNS)])


def _losses(known: pd.DataFrame, champion: str, models: list[str]) -> pd.DataFrame:
    """Mean squared error across tickers, (n_cutoffs, n_models), at the champion's cutoffs.

    NaN where a model did not forecast every ticker that the champion did.
    """
    errors = (known["mean"] - known["outcome"]) ** 2
    wide = known.assign(loss=errors).pivot(index=["cutoff", "ticker"], columns="model", values="loss")
    wide = wide[wide[champion].notna()].reindex(columns=models)
    by_cutoff = wide.groupby("cutoff")
    whole = by_cutoff.count().eq(by_cutoff.size(), axis=0)
    return by_cutoff.mean().where(whole).sort_index()


def _field(losses: pd.DataFrame, champion: str, model: str, fewest: int) -> pd.DataFrame:
    """Losses (n_common, n_field), none missing, of a model, the champion, and those that were there with them.

    Those with most of the model's cutoffs are taken first, as long as enough remain that all have.
    """
    there = losses.notna()
    kept, common = {champion, model}, pd.Series(True, index=losses.index)
    for other in there.sum().sort_values(ascending=False, kind="stable").index:
        both = common & there[other]
        if both.sum() >= max(fewest, _PRESENT * len(losses)):
            kept, common = kept | {other}, both
    return losses.loc[common, [name for name in losses.columns if name in kept]]


def _lacked(row: pd.Series) -> str:
    """The first condition that a model did not meet; of the champion, and of who met all, nothing."""
    shared, needed = row["shared_cutoffs"], row["needed_cutoffs"]
    conditions = {
        "never forecast all that the champion did, with an outcome known": shared > 0,
        f"{shared} cutoffs beside the champion, of {needed} needed": shared >= needed,
        f"{shared} cutoffs are too few to test forecasts that overlap": not np.isnan(row["set_p_value"]),
        "saves too little against no change": row["skill"] > row["needed_skill"],
        "no better than the champion": row["dm_statistic"] < 0,
        "its lead could be chance": row["dm_p_value"] < row["needed_dm_p_value"],
        "not in the confidence set": row["in_set"],
    }
    missed = [words for words, met in conditions.items() if not met]
    return "" if row["was_champion"] or not missed else missed[0]


__all__ = ["CHALLENGE_COLUMNS", "FIRST_CHAMPION", "Challenge", "challenge"]
