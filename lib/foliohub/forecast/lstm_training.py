"""Training one network: what it may see, when it stops, and what the validation window makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from foliohub.errors import ModelError
from foliohub.forecast.lstm_network import UNKNOWN_TICKER, LstmParameters, NetworkShape, fresh, start_keras, to_bytes
from foliohub.forecast.lstm_sequences import Sequences, last_sequences
from foliohub.forecast.student import fit_tails
from foliohub.types import FloatArray

if TYPE_CHECKING:
    import keras  # type: ignore[import-untyped]

_PER_CALL = 4096  # sequences handed to a network at once, for the memory they take
_SAMPLED = 4  # sessions of the training window from one whose forecasts are looked at to the next: they overlap


@dataclass(frozen=True, slots=True)
class Lesson:
    """What networks are taught: inputs, targets, and where the validation window begins.

    Parameters
    ----------
    inputs : ndarray of float32 (n_dates, n_tickers, n_features)
        Scaled.
    targets : ndarray (n_dates, n_tickers, n_horizons)
        In units of their spread, less the training window's mean and over its scale; NaN where unknown.
    horizons : tuple of int (n_horizons,)
    first_validation : int
        Row of the first session that validates.
    """

    inputs: np.ndarray
    targets: FloatArray
    horizons: tuple[int, ...]
    first_validation: int

    def taught(self) -> FloatArray:
        """The targets to train on: those whose returns are over by the first session that validates; the rest NaN."""
        rows = np.arange(len(self.targets))
        over = rows[:, None] + np.array(self.horizons) <= self.first_validation
        return np.where(over[:, None, :], self.targets, np.nan)

    def validated(self) -> FloatArray:
        """The targets of the validation window; the rest NaN."""
        late = np.arange(len(self.targets)) >= self.first_validation
        return np.where(late[:, None, None], self.targets, np.nan)


def first_validation(targets: FloatArray, horizons: tuple[int, ...], share: float) -> int:
    """Row of the first session of the last `share` of those with a target.

    Raises
    ------
    ModelError
        Where nothing would be left to train on, or nothing to validate with, over a horizon.
    """
    dates = np.flatnonzero((~np.isnan(targets)).any(axis=(1, 2)))
    first = int(dates[int(len(dates) * (1 - share))]) if len(dates) else 0
    known = ~np.isnan(targets)
    for number, horizon in enumerate(horizons):
        if not known[: max(first - horizon + 1, 0), :, number].any() or not known[first:, :, number].any():
            raise ModelError(
                f"{len(dates)} sessions are too few to train and validate a forecast over {horizon}.",
                remedy="Give a longer history, or shorter horizons.",
            )
    return first


@dataclass(frozen=True, slots=True)
class TrainedNetwork:
    """One seed's network and what makes forecasts of its outputs.

    Parameters
    ----------
    seed : int
    content : bytes
        In Keras' format.
    curve : tuple of (float, float)
        By epoch: loss in training and on the validation window.
    kept : int
        Epoch whose weights were kept, from 1.
    trust : tuple of float (n_horizons,)
        Share of its locations that the validation window bears out, from 0 to 1.
    scale, degrees_of_freedom : tuple of float (n_horizons,)
        Of what is left over by location and scale.
    outputs : ndarray (n_dates, n_tickers, 2 * n_horizons)
        What it says of the validation window, and here and there of what is before it; NaN elsewhere.
    """

    seed: int
    content: bytes
    curve: tuple[tuple[float, float], ...]
    kept: int
    trust: tuple[float, ...]
    scale: tuple[float, ...]
    degrees_of_freedom: tuple[float, ...]
    outputs: np.ndarray


def train_network(
    seed: int, lesson: Lesson, parameters: LstmParameters, progress: Callable[[int], None] | None = None
) -> TrainedNetwork:
    """Train a network until the validation window gains nothing more, and keep its best weights.

    Parameters
    ----------
    seed : int
        Of initial weights, dropout and the order of sequences: one seed gives the same bits on the same machine.
    lesson : Lesson
    parameters : LstmParameters
    progress : callable, optional
        Called with the epochs done.

    Notes
    -----
    The likelihood is that of the whole distribution, of which the location is the smallest part: a network may be worth
    keeping for its scales and have learned noise for its locations. So each horizon's locations are multiplied by their
    regression coefficient on the validation window, held between 0 and 1: the network's say in the mean is what it has
    earned there, and none where it has earned none. Scale and tails are then fitted to what is left over.
    """
    start_keras()
    import keras

    order = np.random.default_rng(seed)
    cut = {"length": parameters.length, "warm_up": parameters.warm_up}
    early = Sequences.cut(lesson.inputs, lesson.taught(), last=lesson.first_validation, **cut)
    late = Sequences.cut(lesson.inputs, lesson.validated(), last=len(lesson.inputs) - 1, **cut)
    shuffled = order.permutation(len(early.inputs))
    tickers = early.tickers[shuffled]
    tickers[order.random(len(tickers)) < parameters.dropout] = UNKNOWN_TICKER

    shape = NetworkShape(lesson.inputs.shape[2], lesson.inputs.shape[1], len(lesson.horizons))
    network = fresh(shape, parameters, seed)
    stopping = keras.callbacks.EarlyStopping("val_loss", patience=parameters.patience, restore_best_weights=True)
    watching = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _logs: progress and progress(epoch + 1))
    history = network.fit(
        [early.inputs[shuffled], tickers],
        early.targets[shuffled],
        validation_data=([late.inputs, late.tickers], late.targets),
        batch_size=parameters.batch,
        epochs=parameters.epochs,
        shuffle=False,
        verbose=0,
        callbacks=[stopping, watching],
    ).history
    curve = tuple(zip(map(float, history["loss"]), map(float, history["val_loss"]), strict=True))
    outputs = _outputs(network, lesson, parameters.length)
    trust, scale, tails = _calibrate(lesson, outputs)
    return TrainedNetwork(
        seed, to_bytes(network), curve, int(np.argmin([loss for _, loss in curve])) + 1, trust, scale, tails, outputs
    )


def _outputs(network: keras.Model, lesson: Lesson, length: int) -> FloatArray:
    """What the network says of the window: of all that validates, and of some of what was taught."""
    dates, tickers = lesson.inputs.shape[:2]
    rows = np.arange(dates)
    ends = rows[(rows >= lesson.first_validation) | (rows % _SAMPLED == 0)]
    numbers = np.tile(np.arange(1, tickers + 1, dtype=np.int32), len(ends))
    said = run_network(network, last_sequences(lesson.inputs, ends, length), numbers)
    outputs = np.full((dates, tickers, said.shape[1]), np.nan)
    outputs[ends] = said.reshape(len(ends), tickers, -1)
    return outputs


def run_network(network: keras.Model, sequences: np.ndarray, tickers: np.ndarray) -> FloatArray:
    """What a network says at the end of sequences (n, length, n_features) of the tickers so numbered.

    Returns
    -------
    ndarray (n, 2 * n_horizons)
    """
    said = [
        network([sequences[some], tickers[some]], training=False).numpy()[:, -1]
        for some in (slice(start, start + _PER_CALL) for start in range(0, len(sequences), _PER_CALL))
    ]
    return np.concatenate(said).astype(np.float64)


def _calibrate(lesson: Lesson, outputs: FloatArray) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """Trust, scale and degrees of freedom by horizon."""
    trust, scales, tails = [], [], []
    validated = lesson.validated()
    for number in range(len(lesson.horizons)):
        location, log_scale = outputs[..., number], outputs[..., len(lesson.horizons) + number]
        target = validated[..., number]
        known = ~np.isnan(target)
        moved = float(np.sum(location[known] ** 2))
        earned = float(np.sum(location[known] * target[known])) / moved if moved > 0 else 0.0
        trust.append(min(max(earned, 0.0), 1.0))
        target = lesson.targets[..., number]
        known = ~np.isnan(target) & ~np.isnan(location)
        rest = (target - trust[-1] * location) / np.exp(log_scale)
        fitted = fit_tails(rest[known])
        scales.append(fitted.scale)
        tails.append(fitted.degrees_of_freedom)
    return tuple(trust), tuple(scales), tuple(tails)
