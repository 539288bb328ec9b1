"""How much each model counts in an ensemble: weights from the losses known at the cutoff, and from nothing later.

Models of one horizon share out a weight of one at every cutoff. What a model lost is its squared error, the mean over
tickers, at every earlier cutoff whose session forecast has closed by then; that this is some sessions ago for long
horizons is a delay of the evidence, not a gap in it.

============== ========================================================================================
method         weight of a model
============== ========================================================================================
equal          the same as every other's; hard to beat [1]_
inverse_loss   in proportion to one over its mean past loss [2]_, the newer losses counting more [3]_
online         exponentially weighted by minus its summed past loss (Hedge), at a falling learning rate [4]_
============== ========================================================================================

A model that forecast nothing at some past cutoff is charged what the ensemble lost there, as "sleeping experts" are
[5]_: being away neither helps nor harms it.

References
----------
.. [1] Timmermann, A. (2006). Forecast combinations. Handbook of Economic Forecasting 1, ch. 4.
.. [2] Bates, J. M. and Granger, C. W. J. (1969). The combination of forecasts. Operational Research Quarterly 20(4),
   451-468.
.. [3] Stock, J. H. and Watson, M. W. (2004). Combination forecasts of output growth in a seven-country data set.
   Journal of Forecasting 23(6), 405-430 (discounted mean squared error).
.. [4] Cesa-Bianchi, N. and Lugosi, G. (2006). Prediction, Learning, and Games. Cambridge, th. 2.3: with losses from 0
   to 1 and the rate sqrt(8 ln(M) / t), the sum of losses exceeds the best model's by no more than
   2 sqrt(T ln(M) / 2) + sqrt(ln(M) / 8) after T rounds.
.. [5] Freund, Y., Schapire, R. E., Singer, Y. and Warmuth, M. K. (1997). Using and combining predictors that
   specialize. Proceedings of STOC 1997, 334-343.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.forecast.known_outcomes import check_history
from foliohub.types import FloatArray

Method: TypeAlias = Literal["equal", "inverse_loss", "online"]

WEIGHT_COLUMNS = ("cutoff", "horizon", "model", "weight", "evidence")
"""`weight`: share of the model at the cutoff, from 0 to 1; `evidence`: past cutoffs whose outcome is known at it."""

_FLOOR = 1e-12  # of the mean loss: a model that was always right does not get a weight of infinity


def ensemble_weights(
    history: pd.DataFrame,
    method: Method = "equal",
    *,
    half_life: float | None = None,
    learning_rate: float = 1.0,
) -> pd.DataFrame:
    """Weights of the models at every cutoff, from outcomes known there.

    Parameters
    ----------
    history : DataFrame
        :data:`~foliohub.frames.FORECAST_COLUMNS` and `outcome`, NaN where it is not known; in any order.
    method : {"equal", "inverse_loss", "online"}
        See the module.
    half_life : float, optional
        Of `inverse_loss`: cutoffs after which a loss counts half. By default all count alike.
    learning_rate : float
        Of `online`: multiplies the rate of the bound, ``sqrt(8 ln(M) / t)``. More follows recent winners faster.

    Returns
    -------
    DataFrame (n_cutoffs * n_horizons * n_models, 5)
        Columns :data:`WEIGHT_COLUMNS`, sorted by the first three; one row per model that forecast at the cutoff. The
        weights of a cutoff and horizon sum to 1.

    Raises
    ------
    InputError
        Where a column is missing, or a parameter is wrong.

    Notes
    -----
    At a cutoff nothing counts but outcomes of sessions up to it, and models that forecast at it or before: neither what
    came later nor which models joined later changes a weight. The bound of `online` holds for losses scaled to 0..1;
    they are divided by the widest gap between two models seen so far, which is known at the cutoff, and losses of
    squared error pass from weights to the weighted forecast because they are convex. With outcomes that arrive `d`
    cutoffs late the bound grows by a factor of about ``sqrt(1 + d)`` (Joulani, György and Szepesvári, 2013).

    Examples
    --------
    >>> day = pd.Timestamp("2024-01-02")
    >>> row = {"ticker": "A", "horizon": 1, "lo_80": -1.0, "hi_80": 1.0, "lo_95": -1.0, "hi_95": 1.0}
    >>> history = pd.DataFrame(
    ...     [
    ...         {"cutoff": day + pd.Timedelta(days=t), "date": day + pd.Timedelta(days=t + 1), **row}
    ...         | {"model": name, "mean": mean, "outcome": 0.01}
    ...         for t in range(2)
    ...         for name, mean in [("near", 0.02), ("far", 0.04)]
    ...     ]
    ... )
    >>> ensemble_weights(history, "inverse_loss")[["cutoff", "model", "weight"]]
          cutoff model  weight
    0 2024-01-02   far     0.5
    1 2024-01-02  near     0.5
    2 2024-01-03   far     0.1
    3 2024-01-03  near     0.9
    """
    check_history(history)
    if method not in get_args(Method):
        raise InputError(f"There is no method {method!r}.", remedy=f"Take one of {', '.join(get_args(Method))}.")
    if half_life is not None and not half_life > 0:
        raise InputError(f"half_life is {half_life}.", remedy="Give cutoffs above 0, or None.")
    if not learning_rate > 0:
        raise InputError(f"learning_rate is {learning_rate}.", remedy="Give a number above 0, as 1.0.")
    decay = 1.0 if half_life is None else 0.5 ** (1 / half_life)
    shares = [
        _over_one_horizon(rows, method, decay, learning_rate).assign(horizon=horizon)
        for horizon, rows in history.groupby("horizon", sort=True)
    ]
    if not shares:
        return pd.DataFrame({name: pd.Series(dtype="float64") for name in WEIGHT_COLUMNS})
    frame = pd.concat(shares, ignore_index=True)[list(WEIGHT_COLUMNS)]
    return frame.sort_values(["cutoff", "horizon", "model"], ignore_index=True)


def _over_one_horizon(rows: pd.DataFrame, method: Method, decay: float, learning_rate: float) -> pd.DataFrame:
    present = rows.pivot_table(index="cutoff", columns="model", values="mean", aggfunc="size").notna()
    ends = rows.groupby("cutoff")["date"].max().to_numpy()
    losses = _losses(rows).reindex(index=present.index, columns=present.columns).to_numpy()
    cutoffs, models = present.index, present.columns
    awake = present.to_numpy()
    tally = _Tally(len(models))
    lines = []
    for number, cutoff in enumerate(cutoffs):
        for past in tally.waiting.copy():
            if ends[past] <= cutoff:
                tally.learn(losses[past], tally.used[past], decay)
                tally.waiting.remove(past)
        joined = np.asarray(awake[: number + 1].any(axis=0))
        shares = _shares(tally, method, learning_rate, joined) * awake[number]
        shares = shares / shares[awake[number]].sum()
        tally.used[number] = shares
        tally.waiting.append(number)
        lines.append((shares[awake[number]], tally.rounds))
    return pd.DataFrame(
        {
            "cutoff": np.repeat(cutoffs, awake.sum(axis=1)),
            "model": np.tile(models, len(cutoffs))[awake.ravel()],
            "weight": np.concatenate([shares for shares, _ in lines]),
            "evidence": np.repeat([rounds for _, rounds in lines], awake.sum(axis=1)),
        }
    )


@dataclass
class _Tally:
    """What is known of each model so far: its summed loss, and which rounds have not come out yet."""

    models: int
    rounds: int = 0
    widest: float = 0.0  # gap between two models' losses in one round
    waiting: list[int] = field(default_factory=list)
    used: dict[int, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.summed: FloatArray = np.zeros(self.models)  # losses above those of the ensemble
        self.discounted: FloatArray = np.zeros(self.models)
        self.discount = 0.0

    def learn(self, losses: FloatArray, used: FloatArray, decay: float) -> None:
        """Take in one round: the models' losses (NaN where asleep or not known) and the weights they had in it."""
        known = ~np.isnan(losses)
        if not known.any():
            return
        weight = used[known] if used[known].sum() > 0 else np.ones(int(known.sum()))
        charged = np.where(known, losses, float(np.sum(weight * losses[known]) / np.sum(weight)))
        self.rounds += 1
        self.widest = max(self.widest, float(np.ptp(charged)))
        self.summed += charged
        self.discounted = decay * self.discounted + charged
        self.discount = decay * self.discount + 1.0


def _shares(tally: _Tally, method: Method, learning_rate: float, joined: np.ndarray) -> FloatArray:
    """Weights (n_models,) that the tally gives, before those are left out that do not forecast now."""
    if method == "equal" or not tally.rounds:
        return np.ones(tally.models)
    if method == "inverse_loss":
        mean = tally.discounted / tally.discount
        if not mean.max() > 0:
            return np.ones(tally.models)
        return np.asarray(1 / np.maximum(mean, _FLOOR * mean.max()))
    if not tally.widest > 0:
        return np.ones(tally.models)
    rate = learning_rate * np.sqrt(8 * np.log(max(int(joined.sum()), 2)) / (tally.rounds + 1))
    regret = (tally.summed - tally.summed[joined].min()) / tally.widest
    return np.asarray(np.exp(-rate * np.maximum(regret, 0.0)))


def _losses(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean squared error over tickers (n_cutoffs, n_models); NaN where nothing is known.

    A ticker that not all models of a cutoff forecast would make the round harder for some than for others: it is left
    out, as long as any other ticker is there.
    """
    known = rows[rows["outcome"].notna()].sort_values(["cutoff", "ticker", "model"])
    rivals = known.groupby("cutoff")["model"].transform("nunique")
    shared = known.groupby(["cutoff", "ticker"])["model"].transform("size") == rivals
    usable = shared | ~shared.groupby(known["cutoff"]).transform("any")
    squared = known[usable].assign(loss=lambda row: (row["mean"] - row["outcome"]) ** 2)
    return squared.pivot_table(index="cutoff", columns="model", values="loss", aggfunc="mean")
