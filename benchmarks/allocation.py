"""How fast an optimised strategy walks forward, against skfolio."""

from __future__ import annotations

import warnings
from importlib.metadata import version

import numpy as np

from benchmarks.measure import Measure, best_seconds

WINDOW, STEP, FOLDS = 504, 21, 371


def minimum_variance_walk_forward() -> Measure:
    """Long-only minimum variance of 20 stocks, monthly from 1992 to 2022: 371 decisions on two years each.

    Both do the same: fit each window, hold the weights for 21 sessions, give the out-of-sample returns. The peer is
    timed with its default settings, which leave weights exact to three digits; the weights are compared with those it
    finds when asked for twelve, every tenth fold.
    """
    from skfolio.datasets import load_sp500_dataset
    from skfolio.model_selection import WalkForward, cross_val_predict
    from skfolio.optimization import MeanRisk
    from skfolio.preprocessing import prices_to_returns

    from foliohub import allocate
    from foliohub.backtest import walk_forward

    returns = prices_to_returns(load_sp500_dataset()).iloc[: WINDOW + FOLDS * STEP]
    allocator, peer = allocate.get("min_variance"), MeanRisk()
    folds = WalkForward(test_size=STEP, train_size=WINDOW)

    ours = walk_forward(returns, allocator, window=WINDOW, step=STEP, purge=0).target_weights.to_numpy()
    tight = {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12, "tol_feas": 1e-12}
    exact = MeanRisk(solver_params=tight, scale_objective=1e4)
    compared = range(0, FOLDS, 10)
    with warnings.catch_warnings():  # its solver says so where twelve digits are more than it can reach
        warnings.filterwarnings("ignore", "Solution may be inaccurate")
        theirs = [exact.fit(returns.iloc[fold * STEP : fold * STEP + WINDOW]).weights_ for fold in compared]
    difference = np.abs(ours[compared] - theirs).max()
    return Measure(
        f"minimum-variance walk-forward, {FOLDS} folds × {returns.shape[1]} assets",
        best_seconds(lambda: walk_forward(returns, allocator, window=WINDOW, step=STEP, purge=0)),
        promised=10,
        peer=f"skfolio {version('skfolio')}",
        peer_seconds=best_seconds(lambda: cross_val_predict(peer, returns, cv=folds), repeats=2),
        remark=f"weights differ from the peer's, solved to 1e-12, by at most {difference:.0e}",
    )
