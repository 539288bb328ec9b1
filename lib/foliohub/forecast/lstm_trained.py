"""A trained LSTM: its networks, what turns their outputs into forecasts, and its card, in one file."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from foliohub.errors import InputError, ModelError
from foliohub.forecast.intervals import TAILS
from foliohub.forecast.lstm_network import UNKNOWN_TICKER, LstmParameters, from_bytes, zipped
from foliohub.forecast.lstm_sequences import Scaling
from foliohub.forecast.lstm_training import run_network
from foliohub.forecast.student import mixture_quantiles
from foliohub.types import FloatArray


@dataclass(frozen=True, slots=True)
class Member:
    """One network of several, with what its validation window said of it.

    Parameters
    ----------
    content : bytes
        The network in Keras' format.
    trust : tuple of float (n_horizons,)
        What its locations are multiplied by, from 0 to 1.
    scale, degrees_of_freedom : tuple of float (n_horizons,)
        Of what its locations and scales leave over.
    """

    content: bytes
    trust: tuple[float, ...]
    scale: tuple[float, ...]
    degrees_of_freedom: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Mixture:
    """Distributions of log returns in units of their spread: equal parts of Student distributions.

    Parameters
    ----------
    locations, scales : ndarray (n_members, n, n_horizons)
    degrees_of_freedom : ndarray (n_members, 1, n_horizons)
    """

    locations: FloatArray
    scales: FloatArray
    degrees_of_freedom: FloatArray

    def outlook(self) -> Outlook:
        """What a forecast takes of it."""
        bounds = mixture_quantiles(TAILS, self.locations, self.scales, self.degrees_of_freedom)
        return Outlook(self.locations.mean(axis=0), bounds)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Mean and quantiles of log returns in units of their spread.

    Parameters
    ----------
    location : ndarray (n, n_horizons)
    bounds : ndarray (4, n, n_horizons)
        At :data:`~foliohub.forecast.intervals.TAILS`.
    """

    location: FloatArray
    bounds: FloatArray

    def rows(self, some: slice) -> Outlook:
        """Of some of the n."""
        return Outlook(self.location[some], self.bounds[:, some])


@dataclass(frozen=True, slots=True)
class Unit:
    """Constants of standardised returns over one horizon in the training window.

    Parameters
    ----------
    mean, scale : float
        What a network's location and scale are counted from.
    moment : float
        Mean square: 1 where the spread is neither too wide nor too narrow.
    """

    mean: float
    scale: float
    moment: float


@dataclass(frozen=True, slots=True, eq=False)
class TrainedLstm:
    """See :meth:`foliohub.forecast.LstmForecaster.train`.

    Parameters
    ----------
    members : tuple of Member
        One per seed.
    parameters : LstmParameters
    horizons : tuple of int (n_horizons,)
    units : tuple of Unit (n_horizons,)
    tickers : tuple of str
        In the order of their numbers, the first being 1.
    scaling : Scaling
        Of the features, in the training window.
    card : dict
        Plain JSON: what it was trained on, with which parameters and seeds, and what it is worth.

    Notes
    -----
    A file is a zip archive: ``card.json``, ``state.json`` and the networks as ``0.keras``, ``1.keras`` and so on in
    Keras' own format.
    """

    members: tuple[Member, ...]
    parameters: LstmParameters
    horizons: tuple[int, ...]
    units: tuple[Unit, ...]
    tickers: tuple[str, ...]
    scaling: Scaling
    card: Mapping[str, Any]

    @property
    def last_session(self) -> pd.Timestamp:
        """The last session whose close was seen in training."""
        return pd.Timestamp(self.card["trained_on"]["last"])

    def noting(self, **entries: Any) -> TrainedLstm:
        """The same model with more on its card."""
        return replace(self, card={**self.card, **entries})

    def number(self, horizon: int) -> int:
        """Which of the horizons this is.

        Raises
        ------
        InputError
            Where it was not trained for it.
        """
        if horizon not in self.horizons:
            raise InputError(
                f"The network was not trained for a horizon of {horizon}.",
                remedy=f"Take one of {', '.join(map(str, self.horizons))}, or train for it.",
            )
        return self.horizons.index(horizon)

    def refuse_before(self, cutoff: pd.Timestamp) -> None:
        """Refuse a cutoff whose future was seen in training.

        Raises
        ------
        ModelError
            Naming both sessions.
        """
        if cutoff < self.last_session:
            raise ModelError(
                f"The network was trained on sessions up to {self.last_session:%Y-%m-%d} and cannot forecast "
                f"from {cutoff:%Y-%m-%d}: it has seen what came.",
                remedy="Take a later cutoff, or a model trained by then.",
            )

    def speak(self, sequences: np.ndarray, tickers: Sequence[str]) -> Outlook:
        """What the networks together expect at the end of sequences.

        Parameters
        ----------
        sequences : ndarray of float32 (n, length, n_features)
            Scaled.
        tickers : sequence of str (n,)
        """
        known = {ticker: number for number, ticker in enumerate(self.tickers, start=1)}
        numbers = np.array([known.get(ticker, UNKNOWN_TICKER) for ticker in tickers], dtype=np.int32)
        outputs = [run_network(from_bytes(member.content), sequences, numbers) for member in self.members]
        return mixture(self.members, self.units, outputs).outlook()

    def to_bytes(self) -> bytes:
        """The model as a file; the same model is the same bytes."""
        state = {
            "parameters": asdict(self.parameters),
            "horizons": self.horizons,
            "units": [asdict(unit) for unit in self.units],
            "tickers": self.tickers,
            "scaling": self.scaling.to_json(),
            "members": [
                {"trust": one.trust, "scale": one.scale, "degrees_of_freedom": one.degrees_of_freedom}
                for one in self.members
            ],
        }
        documents = {"card.json": self.card, "state.json": state}
        files = {name: json.dumps(document, indent=1).encode() for name, document in documents.items()}
        return zipped(files | {f"{number}.keras": one.content for number, one in enumerate(self.members)})

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read a model back.

        Raises
        ------
        ModelError
            Where it is none.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                card, state = (json.loads(archive.read(name)) for name in ("card.json", "state.json"))
                networks = [archive.read(f"{number}.keras") for number in range(len(state["members"]))]
                members = tuple(
                    Member(network, *(tuple(one[name]) for name in ("trust", "scale", "degrees_of_freedom")))
                    for network, one in zip(networks, state["members"], strict=True)
                )
                return cls(
                    members,
                    LstmParameters(**state["parameters"]),
                    tuple(state["horizons"]),
                    tuple(Unit(**unit) for unit in state["units"]),
                    tuple(state["tickers"]),
                    Scaling.from_json(state["scaling"]),
                    card,
                )
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
            raise ModelError(f"This is no trained LSTM: {error}", remedy="Train it anew.") from error


def mixture(members: Sequence[Member], units: Sequence[Unit], outputs: Sequence[FloatArray]) -> Mixture:
    """Networks' outputs (n, 2 * n_horizons) each, as distributions in units of the spread."""
    mean = np.array([unit.mean for unit in units])
    unit = np.array([unit.scale for unit in units])
    said = np.stack(outputs)
    trust, scale, tails = (
        np.array([getattr(one, name) for one in members])[:, None] for name in ("trust", "scale", "degrees_of_freedom")
    )
    count = len(units)
    return Mixture(mean + unit * trust * said[..., :count], unit * scale * np.exp(said[..., count:]), tails)
