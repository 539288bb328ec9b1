"""From returns and features to a trained LSTM: scaling, one network per seed, scores and the card."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.forecast.history import History
from foliohub.forecast.intervals import Spread
from foliohub.forecast.lstm_network import LstmParameters
from foliohub.forecast.lstm_scores import validation_scores, verdict
from foliohub.forecast.lstm_sequences import Scaling, standardised_returns
from foliohub.forecast.lstm_trained import Member, TrainedLstm, Unit, mixture
from foliohub.forecast.lstm_training import Lesson, TrainedNetwork, first_validation, train_network
from foliohub.forecast.student import fit_tails
from foliohub.forecast.supervised import feature_panel, standardised_targets
from foliohub.types import FloatArray, Mapper

OWN_RETURN = "standardised_return"
"""The one input besides the features: the session's return in units of its spread."""

Progress = Callable[[int, int], None]


def train(
    history: History,
    features: pd.DataFrame,
    spread: Spread,
    *,
    horizons: tuple[int, ...],
    seeds: tuple[int, ...],
    parameters: LstmParameters,
    mapper: Mapper | None,
    progress: Progress | None,
    described: Mapping[str, Any],
) -> TrainedLstm:
    """Train one network per seed on a checked history; see :meth:`foliohub.forecast.LstmForecaster.train`."""
    _check(horizons, seeds)
    names = tuple(str(name) for name in features.columns)
    values = with_own_return(feature_panel(features, history), spread)
    targets = np.stack([standardised_targets(history, spread, horizon) for horizon in horizons], axis=-1)
    first = first_validation(targets, horizons, parameters.validation)
    scaling = Scaling.learn(values[:first], (*names, OWN_RETURN))
    taught = Lesson(np.empty(0), targets, horizons, first).taught()[:first]
    units = tuple(_unit(taught[..., number]) for number in range(len(horizons)))
    mean, scale = (np.array([getattr(unit, name) for unit in units]) for name in ("mean", "scale"))
    lesson = Lesson(scaling.apply(values), (targets - mean) / scale, horizons, first)
    networks = list(_train_all(lesson, parameters, seeds, mapper, progress))
    members = tuple(Member(one.content, one.trust, one.scale, one.degrees_of_freedom) for one in networks)
    said = mixture(members, units, [one.outputs[first:].reshape(-1, 2 * len(horizons)) for one in networks])
    scores = validation_scores(said, targets[first:], taught, horizons, units)
    card = {
        "model": "lstm",
        "trained_on": {
            "first": f"{history.dates[0]:%Y-%m-%d}",
            "last": f"{history.cutoff:%Y-%m-%d}",
            "n_sessions": len(history.dates),
            "tickers": list(map(str, history.tickers)),
            **described,
        },
        "validation": {"first": f"{history.dates[first]:%Y-%m-%d}", "last": f"{history.cutoff:%Y-%m-%d}"},
        "parameters": asdict(parameters),
        "horizons": list(horizons),
        "seeds": list(seeds),
        "features": list(scaling.names),
        "curves": {str(one.seed): [list(epoch) for epoch in one.curve] for one in networks},
        "kept_epochs": {str(one.seed): one.kept for one in networks},
        "trust": {str(one.seed): [round(trust, 4) for trust in one.trust] for one in networks},
        "scores": scores,
        "verdict": verdict(scores, "its validation window"),
        "libraries": {name: version(name) for name in ("keras", "tensorflow", "numpy")},
    }
    return TrainedLstm(members, parameters, horizons, units, tuple(map(str, history.tickers)), scaling, card)


def with_own_return(panel: FloatArray, spread: Spread) -> FloatArray:
    """Features (n_dates, n_tickers, n_features) and, as the last one, the return in units of its spread.

    Of a panel with fewer dates than the spread these are the last ones.
    """
    own = standardised_returns(spread)[-len(panel) :, :, None]
    return np.concatenate([panel, own], axis=2)


def _unit(taught: FloatArray) -> Unit:
    values = taught[~np.isnan(taught)]
    mean = float(values.mean())
    return Unit(mean, fit_tails(values - mean).scale, float(np.mean(values**2)))


def _train_all(
    lesson: Lesson, parameters: LstmParameters, seeds: tuple[int, ...], mapper: Mapper | None, progress: Progress | None
) -> Iterable[TrainedNetwork]:
    """Train the seeds' networks here or where a mapper does, telling after every epoch or network how far it is."""
    total = len(seeds) * parameters.epochs

    def tell(done: int) -> None:
        if progress is not None:
            progress(done, total)

    if mapper is None:
        for number, seed in enumerate(seeds):
            before = number * parameters.epochs
            yield train_network(seed, lesson, parameters, lambda epoch, before=before: tell(before + epoch))  # type: ignore[misc]
            tell(before + parameters.epochs)
        return
    for number, one in enumerate(mapper(train_network, seeds, lesson, parameters), start=1):
        tell(number * parameters.epochs)
        yield one


def _check(horizons: Sequence[int], seeds: Sequence[int]) -> None:
    if not seeds or len(set(seeds)) < len(seeds):
        raise InputError(f"The seeds are {list(seeds)}.", remedy="Give at least one, each once.")
    if not horizons:
        raise InputError("There is no horizon to train for.", remedy="Give at least one, as [1, 5, 21].")
