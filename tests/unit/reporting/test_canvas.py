"""Labels that do not overlap, ticks that are round."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, minimize

from foliohub.reporting.labels import spread
from foliohub.reporting.ticks import date_ticks, log_ticks, padded, percent_texts, round_ticks

places = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def spread_by_optimisation(positions, gap, low, high):
    """Slow twin: least squares with the order and the gaps as constraints."""
    order = np.argsort(positions, kind="stable")
    wanted = np.asarray(positions)[order]
    differences = LinearConstraint(np.diff(np.eye(len(wanted)), axis=0), gap, np.inf)
    start = np.linspace(low, high, len(wanted))
    best = minimize(
        lambda x: ((x - wanted) ** 2).sum(),
        start,
        jac=lambda x: 2 * (x - wanted),
        bounds=[(low, high)] * len(wanted),
        constraints=differences,
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-14},
    )
    placed = np.empty(len(wanted))
    placed[order] = best.x
    return placed


@given(places, st.floats(0.01, 0.5))
def test_labels_keep_their_distance_their_order_and_inside(positions, gap):
    placed = spread(positions, gap)
    room = min(gap, 1 / max(len(positions) - 1, 1))
    ordered = placed[np.argsort(positions, kind="stable")]
    assert (np.diff(ordered) >= room - 1e-9).all()
    if len(positions) > 1:
        assert placed.min() >= -1e-9
        assert placed.max() <= 1 + 1e-9


@pytest.mark.parametrize("seed", range(12))
def test_labels_move_as_little_as_possible(seed):
    rng = np.random.default_rng(seed)
    positions = rng.uniform(0, 1, 6)
    assert spread(positions, 0.12) == pytest.approx(spread_by_optimisation(positions, 0.12, 0, 1), abs=1e-5)


def test_labels_that_are_apart_stay_where_they_are():
    assert spread([0.1, 0.9, 0.5], 0.2).tolist() == pytest.approx([0.1, 0.9, 0.5])


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 12))
def test_ticks_are_few_and_inside(low, width, count):
    ticks = round_ticks(low, low + width, count)
    assert len(ticks) <= count
    assert all(low <= tick <= low + width for tick in ticks)


@pytest.mark.parametrize(("low", "high"), [(0.9, 1.2), (0.5, 20), (0.03, 4e5), (95, 170_000)])
@pytest.mark.parametrize("few", [False, True])
def test_a_logarithmic_axis_has_two_to_twenty_ticks(low, high, few):
    ticks = log_ticks(low, high, few=few)
    assert 2 <= len(ticks) <= 22
    assert ticks == sorted(set(ticks))


def test_percentages_have_a_true_minus():
    assert percent_texts([-5.0, 0.0]) == ["−5%", "0%"]


@pytest.mark.parametrize("days", [1, 5, 40, 90, 400, 3000])
def test_date_ticks_never_crowd(days):
    options = date_ticks(pd.bdate_range("2021-03-05", periods=days), 3)
    assert len(options["tickvals"]) <= 3


def test_a_flat_line_still_has_a_range():
    low, high = padded(2.0, 2.0)
    assert low < 2 < high
    assert padded(0.0, 0.0)[0] < padded(0.0, 0.0)[1]
