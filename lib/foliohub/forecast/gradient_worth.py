"""What a search for gradient boosting's parameters was worth, in numbers and in words."""

from __future__ import annotations

import pandas as pd

from foliohub.forecast.gradient_search import best_candidate, chosen_trial


def search_summary(trials: pd.DataFrame) -> pd.DataFrame:
    """The best candidate of each horizon against what stood before.

    Parameters
    ----------
    trials : DataFrame (n_trials, 14)
        `trials_` of a :class:`~foliohub.forecast.GradientBoostingForecaster` that searched.

    Returns
    -------
    DataFrame (n_horizons, 10)
        Index horizon. `learning_rate`, `leaves` and `smallest_leaf` as chosen, and their `skill`; `standing_loss` of
        what stood before and `loss` of the best candidate, in units of the spread; the share `gain` of the former that
        is saved and its standard error `gain_error` over the folds; `replaced`, whether that was enough; and the number
        of `trials`.
    """
    rows = {}
    for horizon, tried in trials.groupby("horizon"):
        best, chosen = best_candidate(tried), chosen_trial(tried)
        stood = tried[(tried["round"] == best["round"]) & tried["standing"]].iloc[0]
        rows[horizon] = {
            **{name: chosen[name] for name in ("learning_rate", "leaves", "smallest_leaf", "skill")},
            "standing_loss": stood["loss"],
            **{name: best[name] for name in ("loss", "gain", "gain_error")},
            "replaced": not chosen["standing"],
            "trials": len(tried),
        }
    table = pd.DataFrame(rows).T.rename_axis("horizon")
    whole = dict.fromkeys(("leaves", "smallest_leaf", "trials"), "int64")
    broken = dict.fromkeys(("learning_rate", "skill", "standing_loss", "loss", "gain", "gain_error"), "float64")
    return table.astype(whole | broken | {"replaced": bool})


def search_verdict(summary: pd.DataFrame) -> str:
    """What the search is worth, said in a few sentences.

    Parameters
    ----------
    summary : DataFrame
        Of :func:`search_summary`.

    Examples
    --------
    >>> worth = {"gain": [0.021, 0.001], "gain_error": [0.004, 0.002], "replaced": [True, False], "trials": [12, 12]}
    >>> print(search_verdict(pd.DataFrame(worth, index=[1, 21])))
    Of 24 trials, the best save 2.10 % (1 ahead), 0.10 % (21 ahead) of the loss of the parameters as given. Over 21
    sessions ahead that is within two standard errors, and these stay. The gain flatters: the best was picked on the
    folds it is scored on.
    """
    gains = ", ".join(f"{_percent(gain)} ({horizon} ahead)" for horizon, gain in summary["gain"].items())
    stay = ", ".join(str(horizon) for horizon in summary.index[~summary["replaced"]])
    said = [
        f"Of {summary['trials'].sum():,} trials, the best save {gains} of the loss of the parameters as given.",
    ]
    if summary["replaced"].any():
        said += [f"Over {stay} sessions ahead that is within two standard errors, and these stay."] if stay else []
        said.append("The gain flatters: the best was picked on the folds it is scored on.")
    else:
        said.append("Nowhere is that more than two standard errors: the search gains nothing, and they stay.")
    return " ".join(said)


def _percent(value: float) -> str:
    return f"{'−' if round(value, 4) < 0 else ''}{abs(value) * 100:.2f} %"
