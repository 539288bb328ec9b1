"""GARCH against the estimates that `arch` documents for the S&P 500.

Sheppard, K. (2024). arch documentation, "ARCH Modeling": daily returns in percent, 1999-2018, constant mean, normal
distribution. The documented mean is taken out first.
"""

from __future__ import annotations

import pytest

from foliohub.forecast.garch import fit_garch


@pytest.fixture(scope="module")
def percent():
    import arch.data.sp500

    market = arch.data.sp500.load()["Adj Close"]
    return 100 * market.pct_change().dropna().to_numpy()


def test_garch_of_the_sp_500(percent):
    fit = fit_garch(percent - 0.0564, tails="normal")
    assert (fit.omega, fit.alpha, fit.beta) == pytest.approx((0.0175, 0.1022, 0.8852), abs=1e-4)
    assert fit.log_likelihood == pytest.approx(-6936.7, abs=0.1)


def test_gjr_garch_of_the_sp_500(percent):
    fit = fit_garch(percent - 0.0175, asymmetric=True, tails="normal")
    assert (fit.omega, fit.alpha, fit.gamma, fit.beta) == pytest.approx((0.0196, 0.0, 0.1831, 0.8923), abs=1e-3)
    assert fit.log_likelihood == pytest.approx(-6822.9, abs=0.1)
