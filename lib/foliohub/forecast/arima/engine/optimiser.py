"""Maximum likelihood by scoring: damped steps along the Gauss-Newton direction of the exact gradient.

The cross products of the innovations' derivatives stand for the second derivatives of minus the log-likelihood, from
which they differ by what does not grow with the series. Damping (Levenberg and Marquardt) bends a step that fails
towards the gradient and shortens it.

References
----------
.. [1] Marquardt, D. W. (1963). An algorithm for least-squares estimation of nonlinear parameters. Journal of the
   Society for Industrial and Applied Mathematics 11(2), 431-441.
.. [2] Harvey, A. C. (1989). Forecasting, Structural Time Series Models and the Kalman Filter. Cambridge, sec. 3.4.2
   (scoring).
"""

from __future__ import annotations

import numpy as np

from foliohub.forecast.arima.engine.compiled import routine
from foliohub.forecast.arima.engine.likelihood import NORMAL, VALUE, evaluate
from foliohub.forecast.arima.engine.matrices import solved
from foliohub.forecast.arima.engine.parameters import LARGEST, IntArray
from foliohub.types import FloatArray


@routine
def ascend(
    z: FloatArray,
    shape: IntArray,
    y: FloatArray,
    with_mean: bool,
    exact: bool,
    steps: int,
    tolerance: float,
    work: FloatArray,
    result: FloatArray,
) -> tuple[float, bool]:
    """Move z (k,) to the nearest maximum of the likelihood, in at most `steps` evaluations more than one.

    Returns
    -------
    value : float
        Minus the log-likelihood at z, of :func:`~foliohub.forecast.arima.engine.likelihood.evaluate`; fills `result`.
    rests : bool
        Whether no step was expected to gain more than `tolerance`.
    """
    k = z.shape[0]
    at, gradient, normal = np.empty(k), np.empty(k), np.empty((k, k))
    trial, trial_gradient, trial_normal = z.copy(), np.zeros(k), np.zeros((k, k))
    trial_result = np.zeros(3)
    value, expected, damping, failures = np.inf, np.inf, 1e-3, 0
    wish = NORMAL if steps > 0 else VALUE
    for attempt in range(steps + 1):
        found = evaluate(
            trial, shape, y, with_mean, exact, wish, value, work, trial_gradient, trial_normal, trial_result
        )
        if found < value:
            if attempt > 0:
                damping = max(damping * 0.1, 1e-10)
                # Scoring that gains much less or more than it expects is on a bent path: stay careful.
                if value - found < 0.25 * expected:
                    damping = min(damping * 20.0, 1.0)
            value, failures = found, 0
            for i in range(k):
                z[i], gradient[i] = trial[i], trial_gradient[i]
                for j in range(k):
                    normal[i, j] = trial_normal[i, j]
            for i in range(3):
                result[i] = trial_result[i]
            if k == 0:
                return value, True
        else:
            damping, failures = max(damping, 1e-4) * 10.0, failures + 1
            if failures > 12:
                break
        if steps == 0 or not np.isfinite(value):
            break
        for i in range(k):
            trial_gradient[i] = -gradient[i]
            normal[i, i] += 1e-12
        while not solved(normal, trial_gradient, damping, at):
            damping = max(damping, 1e-8) * 10.0
            if damping > 1e12:
                return value, False
        expected = 0.0
        longest = 0.0
        for i in range(k):
            expected -= 0.5 * gradient[i] * at[i]
            longest = max(longest, abs(at[i]) / (1.0 + abs(z[i])))
        if expected < tolerance and damping < 2.0:
            return value, True
        shortened = min(1.0, 2.0 / longest)
        for i in range(k):
            trial[i] = min(max(z[i] + shortened * at[i], -LARGEST), LARGEST)
    return value, expected < 1e2 * tolerance
