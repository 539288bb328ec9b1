"""The recurrent network: what Keras is asked for, and how it is kept to the same bits."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foliohub.errors import InputError, ModelError

if TYPE_CHECKING:
    import keras  # type: ignore[import-untyped]

DEGREES_OF_FREEDOM = 5.0
"""Of the Student distribution a network is taught with: daily returns have tails about as heavy."""

UNKNOWN_TICKER = 0
"""Number of a ticker the network was not taught with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LstmParameters:
    """Size of the network and how it is trained.

    Parameters
    ----------
    length : int
        Sessions of a sequence.
    warm_up : int
        Sessions at its start whose forecasts are not scored.
    units : int
        Of the recurrent layer.
    embedding : int
        Numbers that describe a ticker.
    dropout : float
        Share of the units, and of the sequences' tickers, silenced in training.
    learning_rate : float
        Of Adam.
    batch : int
        Sequences per step.
    epochs : int
        At most.
    patience : int
        Epochs to go on without an improvement on the validation window.
    validation : float
        Share of the sessions, the last ones, that ends the training.
    """

    length: int = 40
    warm_up: int = 20
    units: int = 16
    embedding: int = 2
    dropout: float = 0.2
    learning_rate: float = 0.003
    batch: int = 64
    epochs: int = 20
    patience: int = 4
    validation: float = 0.25

    def __post_init__(self) -> None:
        for name, least in (("length", 2), ("units", 1), ("embedding", 1), ("batch", 1), ("epochs", 1)):
            if getattr(self, name) < least:
                raise InputError(f"{name} is {getattr(self, name)}.", remedy=f"Give at least {least}.")
        if not 0 <= self.warm_up < self.length:
            raise InputError(f"warm_up is {self.warm_up} of {self.length}.", remedy="Leave sessions to be scored.")
        if self.patience < 1:
            raise InputError(f"patience is {self.patience}.", remedy="Give at least 1.")
        for name, low in (("learning_rate", False), ("validation", False), ("dropout", True)):
            value = getattr(self, name)
            if not (0 < value < 1 or (low and value == 0)):
                raise InputError(f"{name} is {value}.", remedy="Give a number between 0 and 1.")


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """Numbers of inputs and outputs: with the parameters, all that a network's graph depends on."""

    n_features: int
    n_tickers: int
    n_horizons: int


@lru_cache(maxsize=1)
def start_keras() -> None:
    """Import Keras on TensorFlow, quiet and deterministic.

    Sums depend on how many threads share them: where this process has not used TensorFlow before, it will with one
    thread, as everything here that is parallel is so in processes. Of a graphics card it takes what it needs.
    """
    for name, value in (("KERAS_BACKEND", "tensorflow"), ("TF_CPP_MIN_LOG_LEVEL", "3"), ("TF_ENABLE_ONEDNN_OPTS", "0")):
        os.environ.setdefault(name, value)
    with _muted():
        import tensorflow as tf  # type: ignore[import-untyped]

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        for card in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(card, True)
    except RuntimeError:  # in use already: as whoever started it has set it
        pass
    tf.config.experimental.enable_op_determinism()


@contextmanager
def _muted() -> Iterator[None]:
    """Keep what libraries in C++ say while they are loaded out of a notebook: no setting of theirs does."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def build(shape: NetworkShape, parameters: LstmParameters, seed: int) -> keras.Model:
    """A network that says after every session of a sequence how the returns ahead will be distributed.

    Inputs are ``features`` (length, n_features) and ``ticker`` (its number, 0 for one not known). The output is
    (length, 2 * n_horizons): by horizon the location and the log of the scale, both 0 before any training, and the
    scale within a factor of e either way. One seed gives one network.
    """
    start_keras()
    import keras
    from keras import initializers, layers

    keras.utils.clear_session(free_memory=False)  # names count up from here, whatever this process has built before
    features = keras.Input((parameters.length, shape.n_features), name="features")
    ticker = keras.Input((), dtype="int32", name="ticker")
    known = layers.Embedding(
        shape.n_tickers + 1,
        parameters.embedding,
        embeddings_initializer=initializers.RandomUniform(-0.05, 0.05, seed=10 * seed),
        name="embedding",
    )(ticker)
    repeated = layers.RepeatVector(parameters.length, name="repeat")(known)
    state = layers.LSTM(
        parameters.units,
        return_sequences=True,
        kernel_initializer=initializers.GlorotUniform(seed=10 * seed + 1),
        recurrent_initializer=initializers.Orthogonal(seed=10 * seed + 2),
        name="lstm",
    )(layers.Concatenate(name="join")([features, repeated]))
    state = layers.Dropout(parameters.dropout, seed=10 * seed + 3, name="dropout")(state)
    location = layers.Dense(shape.n_horizons, kernel_initializer="zeros", name="location")(state)
    log_scale = layers.Dense(shape.n_horizons, "tanh", kernel_initializer="zeros", name="log_scale")(state)
    outputs = layers.Concatenate(name="distribution")([location, log_scale])
    return keras.Model([features, ticker], outputs, name="lstm_forecaster")


def negative_log_likelihood(targets: Any, outputs: Any) -> Any:
    """Of Student's t, up to a constant, summed over the horizons whose target is known; (n, length)."""
    from keras import ops

    location, log_scale = ops.split(outputs, 2, axis=-1)
    known = ops.logical_not(ops.isnan(targets))
    distance = (ops.where(known, targets, 0.0) - location) * ops.exp(-log_scale)
    losses = log_scale + (DEGREES_OF_FREEDOM + 1) / 2 * ops.log1p(distance**2 / DEGREES_OF_FREEDOM)
    return ops.sum(ops.where(known, losses, 0.0), axis=-1)


@lru_cache(maxsize=4)
def compiled(shape: NetworkShape, parameters: LstmParameters) -> tuple[keras.Model, list[np.ndarray]]:
    """A compiled network, and its optimiser's variables before the first step.

    Tracing the graph takes longer than a training of moderate size, so that each graph is traced once per process.
    """
    network = build(shape, parameters, seed=0)
    import keras

    optimizer = keras.optimizers.Adam(parameters.learning_rate, clipnorm=1.0)
    network.compile(optimizer, negative_log_likelihood)
    optimizer.build(network.trainable_variables)
    return network, [variable.numpy() for variable in optimizer.variables]


def fresh(shape: NetworkShape, parameters: LstmParameters, seed: int) -> keras.Model:
    """The compiled network with everything in it as `seed` makes it: weights, optimiser, states of its generators."""
    started = _started(shape, parameters, seed)
    network, unmoved = compiled(shape, parameters)
    for variable, value in zip(network.optimizer.variables, unmoved, strict=True):
        variable.assign(value)
    for variable, value in zip(_own(network), started, strict=True):
        variable.assign(value)
    return network


@lru_cache(maxsize=32)
def _started(shape: NetworkShape, parameters: LstmParameters, seed: int) -> list[np.ndarray]:
    """What `seed` makes of a network's variables.

    Building one empties TensorFlow's cache of kernels, and filling that again takes longer than a small training: who
    fits at one cutoff after another builds once.
    """
    return [variable.numpy() for variable in _own(build(shape, parameters, seed))]


def _own(network: keras.Model) -> list[Any]:
    """The variables of the layers, without those of metrics."""
    return [variable for layer in network.layers for variable in layer.variables]


def to_bytes(network: keras.Model) -> bytes:
    """The network in Keras' own format, without the time of saving: the same network is the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        network.save(path)
        with zipfile.ZipFile(path) as archive:
            return zipped({name: _undated(name, archive.read(name)) for name in sorted(archive.namelist())})


def _undated(name: str, content: bytes) -> bytes:
    if name == "config.json":  # addresses in memory stand for objects met twice: count them instead
        met: dict[bytes, int] = {}
        return re.sub(
            rb'("shared_object_id": )(\d+)',
            lambda found: found[1] + b"%d" % met.setdefault(found[2], len(met)),
            content,
        )
    if name != "metadata.json":
        return content
    return json.dumps({**json.loads(content), "date_saved": "1980-01-01@00:00:00"}).encode()


def zipped(contents: Mapping[str, bytes]) -> bytes:
    """An archive of files by name, the same bytes whenever it is made."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return made.getvalue()


@lru_cache(maxsize=32)
def from_bytes(content: bytes) -> keras.Model:
    """Read a network in Keras' format back.

    Raises
    ------
    ModelError
        Where it is none.
    """
    start_keras()
    import keras

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        path.write_bytes(content)
        try:
            return keras.saving.load_model(path, compile=False, safe_mode=True)
        except (ValueError, OSError, KeyError) as error:
            raise ModelError(f"A network cannot be read: {error}", remedy="Train the model anew.") from error
