"""GARCH(1, 1) by maximum likelihood, one process per ticker, through `arch`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from foliohub.errors import InputError, ModelError
from foliohub.forecast.history import History
from foliohub.forecast.volatility import ModelledSpread, VolatilityForecaster
from foliohub.types import FloatArray


@dataclass(frozen=True, slots=True)
class Garch:
    """A fitted process: tomorrow's variance is ``omega + (alpha + gamma * [x < 0]) * x**2 + beta * variance``.

    Parameters
    ----------
    omega, alpha, gamma, beta : float
        In units of the innovations squared, and none.
    degrees_of_freedom : float
        Of Student's distribution; infinite for the normal one.
    next_variance : ndarray (n,)
        Variance of the session after each, known at its close.
    log_likelihood : float
    converged : bool
    """

    omega: float
    alpha: float
    gamma: float
    beta: float
    degrees_of_freedom: float
    next_variance: FloatArray
    log_likelihood: float
    converged: bool

    @property
    def persistence(self) -> float:
        """What is left a session later of the distance to the long-run variance; at most 1."""
        return self.alpha + self.gamma / 2 + self.beta

    def ahead(self, horizon: int) -> FloatArray:
        """Variance of the sum of the next `horizon` innovations, known at the close of each session (n,).

        Examples
        --------
        >>> process = Garch(0.1, 0.1, 0.0, 0.8, np.inf, np.array([1.0, 2.0]), 0.0, True)
        >>> process.ahead(3).round(2)  # 2 + (0.1 + 0.9 * 2) + (0.1 + 0.9 * 1.9)
        array([3.  , 5.71])
        """
        path, total = self.next_variance, np.zeros_like(self.next_variance)
        for _ in range(horizon):
            total = total + path
            path = self.omega + self.persistence * path
        return total

    def follow(self, innovations: FloatArray) -> FloatArray:
        """Variance of the session after each of the innovations (m,) that came after the last one of the fit (m,).

        The parameters stay as they are; what is said after each innovation depends on none later.

        Examples
        --------
        >>> process = Garch(0.1, 0.1, 0.1, 0.8, np.inf, np.array([1.0, 2.0]), 0.0, True)
        >>> process.follow(np.array([1.0, -1.0])).round(2)  # 0.1 + 0.1 + 0.8 * 2, then 0.1 + 0.2 + 0.8 * 1.8
        array([1.8 , 1.74])
        """
        from scipy.signal import lfilter

        news = self.omega + (self.alpha + self.gamma * (innovations < 0)) * innovations**2
        path, _ = lfilter([1.0], [1.0, -self.beta], news, zi=[self.beta * self.next_variance[-1]])
        return np.asarray(path, dtype=np.float64)


def fit_garch(innovations: FloatArray, *, asymmetric: bool = False, tails: str = "student") -> Garch:
    """Fit a GARCH(1, 1) or, where asymmetric, a GJR-GARCH(1, 1, 1) to innovations (n,) of mean zero.

    Raises
    ------
    ModelError
        Where no parameters of a finite likelihood are found.
    """
    from arch.univariate import GARCH, Normal, StudentsT, ZeroMean

    unit = float(np.std(innovations))  # arch wants numbers near one
    model = ZeroMean(innovations / unit, rescale=False)
    model.volatility = GARCH(p=1, o=int(asymmetric), q=1)
    model.distribution = StudentsT() if tails == "student" else Normal()
    result = model.fit(disp="off", show_warning=False)
    found = result.params
    if not np.isfinite(found).all() or not np.isfinite(result.loglikelihood):
        raise ModelError("No GARCH process fits.", remedy="Leave the ticker out, or give a longer history.")
    omega, alpha, beta = (float(found[name]) for name in ("omega", "alpha[1]", "beta[1]"))
    gamma = float(found.get("gamma[1]", 0.0))
    variance = np.asarray(result.conditional_volatility, dtype=np.float64) ** 2
    squares = (innovations / unit) ** 2
    following = omega + (alpha + gamma * (innovations < 0)) * squares + beta * variance
    return Garch(
        omega * unit**2,
        alpha,
        gamma,
        beta,
        float(found.get("nu", np.inf)),
        following * unit**2,
        float(result.loglikelihood) - len(innovations) * float(np.log(unit)),
        result.convergence_flag == 0,
    )


@dataclass(eq=False, kw_only=True)
class GarchForecaster(VolatilityForecaster):
    """GJR-GARCH(1, 1) with Student's innovations: no direction, intervals that widen and narrow with the market.

    Parameters
    ----------
    asymmetric : bool
        Whether a fall may raise the variance more than a rise does, as falls of stocks do; False for the plain GARCH.
    tails : {"student", "normal"}
        Distribution the likelihood is of.

    Attributes
    ----------
    parameters_ : DataFrame (n_tickers, 7)
        After `fit`: omega, alpha, gamma, beta, degrees_of_freedom, log_likelihood, converged.

    Notes
    -----
    Variances ahead are the process's own, exactly. Over several sessions its distribution has no closed form; quantiles
    are those of past returns in units of it (filtered historical simulation).

    References
    ----------
    .. [1] Bollerslev, T. (1987). A conditionally heteroskedastic time series model for speculative prices and rates of
       return. Review of Economics and Statistics 69(3), 542-547.
    .. [2] Glosten, L. R., Jagannathan, R. and Runkle, D. E. (1993). On the relation between the expected value and the
       volatility of the nominal excess return on stocks. Journal of Finance 48(5), 1779-1801.
    """

    name: str = "garch"
    asymmetric: bool = True
    tails: Literal["student", "normal"] = "student"

    def __post_init__(self) -> None:
        if self.tails not in ("student", "normal"):
            raise InputError(f"tails is {self.tails!r}.", remedy="Take 'student' or 'normal'.")

    def _model(self, innovations: FloatArray, history: History) -> ModelledSpread:
        fits = []
        for column, ticker in enumerate(history.tickers):
            values = innovations[:, column]
            try:
                fits.append(fit_garch(values[~np.isnan(values)], asymmetric=self.asymmetric, tails=self.tails))
            except ModelError as error:
                raise ModelError(
                    f"No GARCH process fits {ticker} up to {history.cutoff:%Y-%m-%d}.", remedy=error.remedy
                ) from error
        estimated = ("omega", "alpha", "gamma", "beta", "degrees_of_freedom", "log_likelihood", "converged")
        self.parameters_ = pd.DataFrame(
            [[getattr(one, name) for name in estimated] for one in fits], index=history.tickers, columns=list(estimated)
        )

        def ahead(horizon: int) -> FloatArray:
            variances = np.full_like(innovations, np.nan)
            for column, one in enumerate(fits):
                variances[-len(one.next_variance) :, column] = one.ahead(horizon)
            return variances

        current = ahead(1)
        spread = self.intervals.learn(innovations)
        return ModelledSpread(innovations, current, spread.long_run, spread.trusted, self.intervals, ahead)
