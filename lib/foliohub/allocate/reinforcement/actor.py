"""The trained network in plain numpy: what runs every night, without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foliohub.allocate.reinforcement.observation import WIDTH
from foliohub.errors import ModelError
from foliohub.types import FloatArray

LAYERS = ("row", "mix", "score", "whole")
"""Layers of the evaluator, see :mod:`foliohub.allocate.reinforcement.networks`; each has a weight and a bias."""


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    """The evaluator's numbers, and how its output is kept between -1 and 1.

    Parameters
    ----------
    arrays : mapping
        "row.weight", "row.bias", … -> ndarray float32; outputs are rows, as in torch.
    squashed : bool
        True: a hyperbolic tangent (SAC, TD3, DDPG); False: cut off (PPO, A2C).
    """

    arrays: Mapping[str, npt.NDArray[np.float32]]
    squashed: bool

    def __post_init__(self) -> None:
        hidden = len(self.arrays["row.bias"]) if "row.bias" in self.arrays else 0
        shapes = {
            "row.weight": (hidden, WIDTH),
            "row.bias": (hidden,),
            "mix.weight": (hidden, 2 * hidden),
            "mix.bias": (hidden,),
            "score.weight": (1, hidden),
            "score.bias": (1,),
            "whole.weight": (2, hidden),
            "whole.bias": (2,),
        }
        for name, shape in shapes.items():
            array = self.arrays.get(name)
            if array is None or array.shape != shape or not np.isfinite(array).all():
                given = "missing" if array is None else f"of shape {array.shape}"
                raise ModelError(
                    f"The agent's {name} is {given}; finite numbers of shape {shape} are wanted.",
                    remedy="Train the agent again with this version of Foliohub.",
                )

    @classmethod
    def untrained(cls, seed: int, *, hidden: int = 8, scale: float = 1.0) -> Actor:
        """An actor of random numbers: it reacts to all it sees and means nothing by it. For trials of machinery."""
        rng = np.random.default_rng(seed)
        shapes = {
            "row.weight": (hidden, WIDTH),
            "mix.weight": (hidden, 2 * hidden),
            "score.weight": (1, hidden),
            "whole.weight": (2, hidden),
        }
        arrays = {name: rng.normal(0, scale / np.sqrt(shape[1]), shape) for name, shape in shapes.items()}
        arrays |= {name.replace("weight", "bias"): np.zeros(shape[0]) for name, shape in shapes.items()}
        return cls({name: array.astype(np.float32) for name, array in arrays.items()}, squashed=False)

    def act(self, observation: FloatArray) -> FloatArray:
        """The deterministic action.

        Parameters
        ----------
        observation : ndarray (..., n_tickers, WIDTH)
            See :mod:`foliohub.allocate.reinforcement.observation`.

        Returns
        -------
        ndarray (..., n_tickers + 2)
            See :mod:`foliohub.allocate.reinforcement.actions`.
        """
        hidden = np.tanh(self._linear("row", observation))
        mean = hidden.mean(axis=-2)
        beside = np.broadcast_to(mean[..., None, :], hidden.shape)
        mixed = np.tanh(self._linear("mix", np.concatenate([hidden, beside], axis=-1)))
        action = np.concatenate([self._linear("score", mixed)[..., 0], self._linear("whole", mean)], axis=-1)
        bounded: FloatArray = np.tanh(action) if self.squashed else np.clip(action, -1.0, 1.0)
        return bounded

    def _linear(self, layer: str, rows: FloatArray) -> FloatArray:
        weight = self.arrays[f"{layer}.weight"].astype(np.float64)
        product: FloatArray = rows @ weight.T + self.arrays[f"{layer}.bias"]
        return product
