"""Which of many models may be the best: the model confidence set."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from foliohub.errors import InputError

_DECIMALS = 12  # relative to the largest loss: models whose losses agree so far are one


def model_confidence_set(
    losses: pd.DataFrame,
    *,
    block_length: int,
    seed: int,
    size: float = 0.1,
    draws: int = 1000,
    statistic: Literal["range", "maximum"] = "range",
) -> pd.DataFrame:
    """The models that hold the best one with probability ``1 - size``.

    Parameters
    ----------
    losses : DataFrame (n_periods, n_models)
        One loss per period, in time order. Of a panel take each date's mean over tickers.
    block_length : int
        Mean length of the blocks resampled (stationary bootstrap), at least the periods that a forecast spans.
    seed : int
        The same seed gives the same set.
    size : float
        Probability that the best model is left out.
    draws : int
        Series resampled.
    statistic : {"range", "maximum"}
        Largest difference of two models, or of one from the average.

    Returns
    -------
    DataFrame (n_models, 2)
        Index model, in the order given; `p_value`: the least size at which the model leaves the set; `included`: bool.
        Models with the same losses share both.

    Raises
    ------
    InputError
        Where losses are missing or too few.

    Notes
    -----
    Hansen's set by way of `arch`. A wide set says that the data cannot tell the models apart; so does a set that holds
    the forecast of no change.

    References
    ----------
    .. [1] Hansen, P. R., Lunde, A. and Nason, J. M. (2011). The model confidence set. Econometrica 79(2), 453-497.

    Examples
    --------
    >>> chance = np.random.default_rng(0)
    >>> noise = chance.chisquare(1, (200, 1))
    >>> losses = pd.DataFrame(noise + [0.0, 0.0, 0.5] + chance.normal(0, 0.3, (200, 3)), columns=["a", "b", "worse"])
    >>> model_confidence_set(losses, block_length=2, seed=1)["included"].to_dict()
    {'a': True, 'b': True, 'worse': False}
    """
    values = losses.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all() or losses.empty or not losses.columns.is_unique:
        raise InputError("Some losses are missing, or a model is there twice.", remedy="Give one loss each.")
    if not 0 < size < 1 or block_length < 1 or draws < 1:
        raise InputError(
            f"size is {size}, block_length {block_length}, draws {draws}.", remedy="Give a probability, and 1 or more."
        )
    if len(losses) < max(10, 2 * block_length):
        raise InputError(
            f"{len(losses)} periods are too few for blocks of {block_length}.",
            remedy=f"Give {max(10, 2 * block_length)} or more.",
        )
    scale = float(np.abs(values).max()) or 1.0
    rounded = np.round(values / scale, _DECIMALS)
    _, first, same = np.unique(rounded, axis=1, return_index=True, return_inverse=True)
    p_values = np.ones(len(first))
    if len(first) > 1:
        from arch.bootstrap import MCS

        # In the order given: what is resampled must not depend on how unlike models happen to sort.
        kept = np.sort(first)
        test = MCS(
            values[:, kept] / scale,
            size,
            reps=draws,
            block_size=block_length,
            method="R" if statistic == "range" else "max",
            bootstrap="stationary",
            seed=seed,
        )
        test.compute()
        found = test.pvalues["Pvalue"].reindex(range(len(kept))).to_numpy()
        p_values = found[np.searchsorted(kept, first)]
    p_value = p_values[same.ravel()]
    return pd.DataFrame({"p_value": p_value, "included": p_value > size}, index=pd.Index(losses.columns, name="model"))
