import itertools
from fractions import Fraction

import numpy as np
import pytest

from foliohub.orders.lots import Choice, LotProblem, closest_lots, cover


def problem(values, held, wanted, cash, rate="0"):
    return LotProblem(
        tuple(Fraction(value) for value in values),
        np.array(held),
        np.array(wanted, float),
        Fraction(cash),
        Fraction(rate),
    )


def test_nearest_lots_are_taken_where_the_cash_suffices():
    solution = closest_lots(problem(["10", "3"], [0, 0], [2.6, 3.2], "1000"))
    assert solution.lots.tolist() == [3, 3]
    assert solution.gap == 0.0


def test_halves_are_rounded_towards_what_is_held():
    assert problem(["10"] * 3, [0, 5, 2], [2.5, 2.5, 2.5], "1000").nearest.tolist() == [2, 3, 2]


def test_giving_up_a_small_lot_for_a_large_one_is_found():
    # Rounding up B gains 80 of distance; it is affordable only with one A less than its floor, which costs 10.
    knapsack = problem(["10", "100"], [0, 0], [3.0, 0.9], "125")
    assert closest_lots(knapsack).lots.tolist() == [2, 1]
    assert knapsack.cash_after(np.array([2, 1])) == 5


def test_more_of_a_position_is_sold_where_that_pays_for_something_closer():
    knapsack = problem(["1", "100"], [50, 0], [45.0, 0.9], "90", "0.001")
    lots = closest_lots(knapsack).lots
    assert lots.tolist() == [39, 1]  # 5 too many are sold anyway, 6 more pay for the rest and its cost
    assert knapsack.cash_after(lots) >= 0
    assert knapsack.cash_after(np.array([40, 1])) < 0


def slow_cover(needed, choices):
    """Least loss over every combination."""
    least = None
    for counts in itertools.product(*(range(choice.most + 1) for choice in choices)):
        freed = sum(count * choice.freed for count, choice in zip(counts, choices, strict=True))
        loss = sum(count * choice.loss for count, choice in zip(counts, choices, strict=True))
        if freed >= needed and (least is None or loss < least):
            least = loss
    return least


@pytest.mark.parametrize("seed", range(100))
def test_branch_and_bound_equals_trying_everything(seed):
    rng = np.random.default_rng(seed)
    choices = [
        Choice(ticker, Fraction(int(freed), 100), float(loss), int(most))
        for ticker, (freed, loss, most) in enumerate(
            zip(rng.integers(1, 5000, 5), rng.uniform(0, 50, 5), rng.integers(1, 5, 5), strict=True)
        )
    ]
    choices.sort(key=lambda choice: choice.price)
    everything = sum(choice.freed * choice.most for choice in choices)
    needed = everything * int(rng.integers(1, 101)) / 100
    counts, gap = cover(needed, choices, tolerance=0.0, most_steps=10**6)
    assert gap == 0.0
    assert sum(count * choice.freed for count, choice in zip(counts, choices, strict=True)) >= needed
    assert all(0 <= count <= choice.most for count, choice in zip(counts, choices, strict=True))
    loss = sum(count * choice.loss for count, choice in zip(counts, choices, strict=True))
    assert loss == pytest.approx(slow_cover(needed, choices), rel=1e-12)


def random_problem(seed, shortage):
    """A portfolio wanted that costs a little more than there is."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 40))
    values = [str(round(value, 2)) for value in rng.lognormal(3, 1, size)]
    wanted = rng.uniform(0, 20, size)
    held = rng.integers(0, 20, size) * rng.integers(0, 2, size)
    worth = float(np.array(values, float) @ (wanted - held))
    cash = round(max(worth, 0.0) * (1 - shortage * rng.random()), 2)
    return problem(values, held, wanted, str(cash), "0.001")


@pytest.mark.parametrize("shortage", [0.0, 0.01, 0.1])
@pytest.mark.parametrize("seed", range(15))
def test_the_closest_lots_are_found_and_can_be_paid_for(seed, shortage):
    knapsack = random_problem(seed, shortage)
    best = closest_lots(knapsack)
    assert best.gap < 0.01
    assert (best.lots >= 0).all()
    assert knapsack.cash_after(best.lots) >= 0
    hasty = closest_lots(knapsack, most_steps=0)
    assert (hasty.lots >= 0).all()
    assert knapsack.cash_after(hasty.lots) >= 0
    difference = knapsack.distance(hasty.lots) - knapsack.distance(best.lots)
    assert -best.gap - 1e-9 <= difference <= hasty.gap + 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_an_integer_programme_finds_nothing_closer(seed):
    # scipy's HiGHS on the same problem, written down differently.
    optimize = pytest.importorskip("scipy.optimize")
    knapsack = random_problem(seed, 0.001)
    values, size = np.array([float(value) for value in knapsack.lot_values]), len(knapsack.held)
    eye = np.eye(size)
    rows = np.block([[values * eye, -values * eye, -eye], [-values * eye, values * eye, -eye]])
    offset = values * (knapsack.wanted - knapsack.held)
    spending = np.concatenate([1.001 * values, -0.999 * values, np.zeros(size)])
    result = optimize.milp(
        np.concatenate([np.zeros(2 * size), np.ones(size)]),
        integrality=np.concatenate([np.ones(2 * size), np.zeros(size)]),
        bounds=optimize.Bounds(0, np.concatenate([np.full(size, np.inf), knapsack.held, np.full(size, np.inf)])),
        constraints=[
            optimize.LinearConstraint(rows, -np.inf, np.concatenate([offset, -offset])),
            optimize.LinearConstraint(spending[None, :], -np.inf, float(knapsack.cash)),
        ],
        options={"time_limit": 3},
    )
    assert knapsack.distance(closest_lots(knapsack).lots) <= result.fun + 0.01
