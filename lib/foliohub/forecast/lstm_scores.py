"""What a trained network is worth on sessions it was not fitted to, against forecasts that know nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from foliohub.forecast.intervals import TAILS
from foliohub.forecast.lstm_trained import Mixture, Unit
from foliohub.forecast.student import fit_tails, log_density, mixture_quantiles
from foliohub.metrics.significance import diebold_mariano_test
from foliohub.types import FloatArray

_SIGNIFICANT = 0.05


def validation_scores(
    said: Mixture, targets: FloatArray, taught: FloatArray, horizons: tuple[int, ...], units: tuple[Unit, ...]
) -> dict[str, dict[str, Any]]:
    """Scores by horizon on a validation window.

    Parameters
    ----------
    said : Mixture
        Of the window's ``n_dates * n_tickers`` rows, by date.
    targets : ndarray (n_dates, n_tickers, n_horizons)
        Log returns in units of their spread; NaN where unknown.
    taught : ndarray (n_dates_taught, n_tickers, n_horizons)
        Those of the training window, from which the constant distribution is fitted that log scores are compared with.
    horizons : tuple of int
    units : tuple of Unit

    Returns
    -------
    dict
        By horizon, as text: `skill`, the share saved of the squared error of forecasting zero; `dm_p_value`, of Diebold
        and Mariano's test that there is no difference; `skill_mean`, against the training window's mean;
        `log_score_gain` per forecast over a constant distribution; `coverage_80`, `coverage_95`; `dates`.

    Notes
    -----
    The window has chosen the epoch and the trust in the locations: these scores flatter, and only forecasts of sessions
    after the training do not.
    """
    scores = {}
    bounds = mixture_quantiles(TAILS, said.locations, said.scales, said.degrees_of_freedom)
    for number, horizon in enumerate(horizons):
        target = targets[..., number].reshape(-1)
        known = ~np.isnan(target)
        location = said.locations[..., number].mean(axis=0)
        error, zero, mean = ((target - guess) ** 2 for guess in (location, 0.0, units[number].mean))
        by_date = [np.where(known, one, np.nan).reshape(targets.shape[:2]) for one in (error, zero)]
        dates = known.reshape(targets.shape[:2]).any(axis=1)
        model, naive = (np.nanmean(one[dates], axis=1) for one in by_date)
        past = taught[..., number]
        constant = fit_tails(past[~np.isnan(past)] - units[number].mean)
        plain = log_density(target - units[number].mean, constant.scale, constant.degrees_of_freedom)
        parts = log_density(
            np.nan_to_num(target) - said.locations[..., number],
            said.scales[..., number],
            said.degrees_of_freedom[..., number],
        )
        densities = np.logaddexp.reduce(parts, axis=0) - np.log(len(parts))
        lo_95, lo_80, hi_80, hi_95 = bounds[..., number]
        enough = len(model) > 2 * horizon
        test = diebold_mariano_test(model, naive, horizon) if enough else None
        scores[str(horizon)] = {
            "skill": _rounded(1 - error[known].sum() / zero[known].sum()),
            "dm_p_value": _rounded(test.p_value) if test else None,
            "skill_mean": _rounded(1 - error[known].sum() / mean[known].sum()),
            "log_score_gain": _rounded((densities - plain)[known].mean()),
            "coverage_80": _rounded(((lo_80 <= target) & (target <= hi_80))[known].mean()),
            "coverage_95": _rounded(((lo_95 <= target) & (target <= hi_95))[known].mean()),
            "dates": int(dates.sum()),
        }
    return scores


def verdict(scores: Mapping[str, Mapping[str, Any]], where: str) -> str:
    """Whether a model is better than naive, in one sentence.

    Parameters
    ----------
    scores : mapping
        By horizon: `skill` against no change, and `dm_p_value`.
    where : str
        What they were scored on, as "its validation window".

    Examples
    --------
    >>> verdict({"1": {"skill": 0.01, "dm_p_value": 0.01}, "5": {"skill": -0.01, "dm_p_value": 0.4}}, "2021")
    'On 2021 it was better than a forecast of no change over 1 of 1, 5 sessions (p < 0.05).'
    >>> verdict({"1": {"skill": 0.01, "dm_p_value": 0.6}}, "2021")
    'On 2021 it was no better than a forecast of no change over any of 1 sessions (p < 0.05).'
    """
    better = [
        horizon
        for horizon, one in scores.items()
        if one["skill"] > 0 and one["dm_p_value"] is not None and one["dm_p_value"] < _SIGNIFICANT
    ]
    every = ", ".join(scores)
    said = f"better than a forecast of no change over {', '.join(better)} of {every}" if better else ""
    said = said or f"no better than a forecast of no change over any of {every}"
    return f"On {where} it was {said} sessions (p < {_SIGNIFICANT})."


def _rounded(value: float) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 5)
