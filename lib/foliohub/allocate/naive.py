"""The allocators that estimate nothing, or only volatilities: hard to beat and never wrong by much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foliohub.allocate.allocator import PortfolioAllocator
from foliohub.allocate.window import Window
from foliohub.types import FloatArray


@dataclass(eq=False, kw_only=True)
class EqualWeight(PortfolioAllocator):
    """The same weight for every ticker: 1/N, the benchmark every other allocator has to beat.

    References
    ----------
    DeMiguel, V., Garlappi, L. and Uppal, R. (2009). Optimal versus naive diversification: how inefficient is the 1/N
    portfolio strategy? Review of Financial Studies 22(5), 1915-1953.

    Examples
    --------
    >>> import numpy as np
    >>> EqualWeight().fit(np.zeros((1, 4))).weights_
    array([0.25, 0.25, 0.25, 0.25])
    """

    name: ClassVar[str] = "equal_weight"

    def _allocate(self, window: Window) -> FloatArray:
        return np.full(window.n_tickers, 1.0 / window.n_tickers)


@dataclass(eq=False, kw_only=True)
class InverseVolatility(PortfolioAllocator):
    """Weights in proportion to 1/volatility, the sample standard deviation of the window.

    Notes
    -----
    Risk parity for equal correlations: each position has the same volatility, whatever it shares with the others.

    References
    ----------
    Maillard, S., Roncalli, T. and Teiletche, J. (2010). The properties of equally weighted risk contribution
    portfolios. Journal of Portfolio Management 36(4), 60-70.

    Examples
    --------
    >>> import numpy as np
    >>> InverseVolatility().fit(np.array([[0.01, 0.03], [-0.01, -0.03]])).weights_
    array([0.75, 0.25])
    """

    name: ClassVar[str] = "inverse_volatility"

    def _allocate(self, window: Window) -> FloatArray:
        window.require_movement()
        inverse = 1.0 / window.returns.std(axis=0, ddof=1)
        weights: FloatArray = inverse / inverse.sum()
        return weights
