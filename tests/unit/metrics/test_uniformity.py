"""The test of uniformity keeps its size under dependence, and sees what it should see."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from foliohub.errors import InputError
from foliohub.metrics import pit_histogram, uniformity_test


def overlapping(rng, *, n: int, horizon: int, width: float = 1.0, shift: float = 0.0) -> np.ndarray:
    """Transforms of forecasts over `horizon` periods made every period."""
    steps = rng.normal(size=n + horizon - 1)
    sums = np.convolve(steps, np.ones(horizon), mode="valid") / np.sqrt(horizon)
    return norm.cdf((sums - shift) / width)


@pytest.mark.parametrize("horizon", [1, 4])
def test_calibrated_forecasts_are_rejected_about_as_often_as_the_level_says(horizon):
    rng = np.random.default_rng(5)
    rejected = [
        uniformity_test(overlapping(rng, n=300, horizon=horizon), horizon=horizon).p_value < 0.1 for _ in range(300)
    ]
    assert np.mean(rejected) == pytest.approx(0.1, abs=0.06)


def test_ignoring_the_overlap_rejects_far_too_often():
    rng = np.random.default_rng(5)
    rejected = [uniformity_test(overlapping(rng, n=300, horizon=4)).p_value < 0.1 for _ in range(200)]
    assert np.mean(rejected) > 0.25


def test_moments_say_what_is_wrong():
    rng = np.random.default_rng(2)
    narrow = uniformity_test(overlapping(rng, n=500, horizon=1, width=0.6))
    low = uniformity_test(overlapping(rng, n=500, horizon=1, shift=-0.5))
    assert narrow.p_value < 0.001
    assert narrow.moments[1] > 0.2
    assert low.p_value < 0.001
    assert low.moments[0] > 0.3


def test_tickers_of_one_cutoff_are_one_piece_of_evidence():
    pit = overlapping(np.random.default_rng(3), n=60, horizon=1)
    alone = uniformity_test(pit)
    copies = uniformity_test(np.repeat(pit, 20), np.repeat(np.arange(60), 20))
    assert copies.p_value == pytest.approx(alone.p_value)


def test_too_little_says_nothing():
    assert np.isnan(uniformity_test([0.2, 0.8]).p_value)
    assert np.isnan(uniformity_test(np.full(50, 0.3)).p_value)
    with pytest.raises(InputError):
        uniformity_test([0.2, 1.2])


def test_a_histogram_shares_out_everything():
    pit = np.random.default_rng(0).uniform(size=999)
    assert pit_histogram(pit, 7).sum() == pytest.approx(1)
    assert pit_histogram([0.0, 1.0], 2).tolist() == [0.5, 0.5]
