"""What an agent's action means: the portfolio it asks for, and how far to go there now.

An action has one number in [-1, 1] per ticker, one for cash and one for the rate of trading::

    asked = (action + 1) / 2                      the weights asked for, each from 0 to 1
    aim   = the portfolio nearest to `asked`      long-only, cash included, adding up to one
    rate  = (last number + 1) / 2
    target = held + rate * (aim - held)           rate 0 places no order at all

Where nothing is held yet, an order goes all the way: there is no position to spare the costs of leaving.

The aim is the Euclidean projection on the simplex: weights that add up to one already are taken as they are, so that
every long-only portfolio, 1/N as any, can be asked for exactly, with zeros that are zero. (A softmax reaches none of
these.) Trading a fraction of the way is what proportional signals and costs call for [2]_.

References
----------
.. [1] Duchi, J., Shalev-Shwartz, S., Singer, Y. and Chandra, T. (2008). Efficient projections onto the l1-ball for
   learning in high dimensions. ICML, 272-279.
.. [2] Gârleanu, N. and Pedersen, L. H. (2013). Dynamic trading with predictable returns and transaction costs. Journal
   of Finance 68(6), 2309-2340. (The aim portfolio and the trading rate.)
"""

from __future__ import annotations

import numpy as np

from foliohub.types import FloatArray


def action_size(n_tickers: int) -> int:
    """Numbers in an action: one per ticker, cash, and the rate."""
    return n_tickers + 2


def aim_and_rate(actions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Read actions.

    Parameters
    ----------
    actions : ndarray (..., n_tickers + 2)
        Cut off at -1 and 1.

    Returns
    -------
    aim : ndarray (..., n_tickers)
        Long-only weights; what is missing to one is cash.
    rate : ndarray (...,)
        Fraction of the way from what is held to the aim, from 0 to 1.

    Examples
    --------
    >>> aim, rate = aim_and_rate(np.array([0.5, 0.5, -1.0, 1.0]))
    >>> aim.tolist(), float(rate)
    ([0.5, 0.5], 1.0)
    """
    asked = (np.clip(actions, -1.0, 1.0) + 1.0) / 2.0
    aim = project_on_simplex(asked[..., :-1])[..., :-1]
    return aim, asked[..., -1]


def target_weights(aim: FloatArray, rate: FloatArray, held: FloatArray) -> FloatArray:
    """Weights to trade to (..., n_tickers): `rate` of the way from what is held to the aim, all of it from cash.

    Examples
    --------
    >>> target_weights(np.array([1.0, 0.0]), np.array(0.5), np.array([0.5, 0.5])).tolist()
    [0.75, 0.25]
    >>> target_weights(np.array([1.0, 0.0]), np.array(0.5), np.zeros(2)).tolist()
    [1.0, 0.0]
    """
    share = np.where((rate > 0) & ~held.any(axis=-1), 1.0, rate)[..., None]
    targets: FloatArray = held + share * (aim - held)
    return targets


def action_for(weights: FloatArray, rate: float = 1.0) -> FloatArray:
    """The action that asks for given weights.

    Parameters
    ----------
    weights : ndarray (..., n_tickers)
        Long-only, adding up to one at most.
    rate : float
        Fraction of the way there.

    Examples
    --------
    >>> action_for(np.array([0.25, 0.75])).tolist()
    [-0.5, 0.5, -1.0, 1.0]
    """
    cash = 1.0 - weights.sum(axis=-1, keepdims=True)
    asked = np.concatenate([weights, cash, np.full_like(cash, rate)], axis=-1)
    action: FloatArray = 2.0 * asked - 1.0
    return action


def project_on_simplex(points: FloatArray) -> FloatArray:
    """The nearest point with entries of zero or more that add up to one, for each row.

    Examples
    --------
    >>> project_on_simplex(np.array([[0.2, 0.8], [1.0, 0.6], [3.0, 0.0]])).round(3).tolist()
    [[0.2, 0.8], [0.7, 0.3], [1.0, 0.0]]
    """
    falling = -np.sort(-points, axis=-1)
    surplus = np.cumsum(falling, axis=-1) - 1.0
    count = np.arange(1, points.shape[-1] + 1)
    kept = (falling * count > surplus).sum(axis=-1, keepdims=True)
    threshold = np.take_along_axis(surplus, kept - 1, axis=-1) / kept
    projected: FloatArray = np.maximum(points - threshold, 0.0)
    return projected
