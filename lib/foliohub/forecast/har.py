"""Heterogeneous autoregression of the variance on its last day, week, month and quarter, over all tickers at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from foliohub.errors import ModelError
from foliohub.forecast.history import History
from foliohub.forecast.volatility import ModelledSpread, VolatilityForecaster
from foliohub.types import FloatArray

_AVERAGES = (1, 5, 22, 66)
_TERMS = ("constant", "day", "week", "month", "quarter")
_FEWEST = 5  # horizons of sessions there must be to fit one


@dataclass(eq=False, kw_only=True)
class HarForecaster(VolatilityForecaster):
    """The variance ahead as a weighted sum of those of the last day, week, month and quarter, and the long-run one.

    Daily data give squared returns for variances. They are noisy, so that one regression serves all tickers, each in
    units of its own long-run variance, and its coefficients may not be negative. There is one for each horizon: the
    variance over it is forecast directly.

    Attributes
    ----------
    parameters_ : DataFrame (n_horizons, 5)
        After `predict`, by horizon: weights of the long-run variance and of the last day's, week's, month's, quarter's.

    Notes
    -----
    Rows are weighted by the inverse square of the quarter's variance, as errors of a variance grow with it. With longer
    horizons rows overlap; that makes the coefficients less certain than their number suggests, and not biased.

    References
    ----------
    .. [1] Corsi, F. (2009). A simple approximate long-memory model of realized volatility. Journal of Financial
       Econometrics 7(2), 174-196.
    .. [2] Bollerslev, T., Hood, B., Huss, J. and Pedersen, L. H. (2018). Risk everywhere: modeling and managing
       volatility. Review of Financial Studies 31(7), 2729-2773 (one regression over all series).
    """

    name: str = "har"

    def _model(self, innovations: FloatArray, history: History) -> ModelledSpread:
        squares = pd.DataFrame(innovations**2)
        spread = self.intervals.learn(innovations)
        past = [squares.rolling(width).mean().to_numpy() for width in _AVERAGES]
        terms = np.stack([np.broadcast_to(spread.long_run[-1], squares.shape), *past], axis=-1)
        trusted = spread.trusted & ~np.isnan(terms).any(axis=-1)
        self.parameters_ = pd.DataFrame(columns=list(_TERMS), dtype=float)
        known: dict[int, FloatArray] = {}

        def ahead(horizon: int) -> FloatArray:
            if horizon not in known:
                known[horizon] = self._fit(terms, innovations**2, trusted, horizon, history)
            variances: FloatArray = horizon * (terms @ known[horizon])
            return variances

        return ModelledSpread(innovations, past[0], spread.long_run, trusted, self.intervals, ahead)

    def _fit(
        self, terms: FloatArray, squares: FloatArray, trusted: np.ndarray, horizon: int, history: History
    ) -> FloatArray:
        """Coefficients (5,) of the mean variance of a session within the horizon."""
        from scipy.optimize import nnls

        sums = np.nancumsum(squares, axis=0)
        target = np.full_like(sums, np.nan)
        target[:-horizon] = (sums[horizon:] - sums[:-horizon]) / horizon
        rows = trusted & ~np.isnan(target)
        if rows.any(axis=1).sum() < _FEWEST * horizon:
            raise ModelError(
                f"{len(history.dates)} sessions of history are too few for a forecast over {horizon}.",
                remedy="Give a longer history, or a shorter horizon.",
            )
        level = (terms[rows][:, [0]] + terms[rows][:, [-1]]) / 2  # never near zero
        weights, _ = nnls(terms[rows] / level, target[rows] / level[:, 0])
        self.parameters_.loc[horizon] = weights
        return np.asarray(weights, dtype=np.float64)
