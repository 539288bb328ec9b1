"""Walk-forward splits: what each decision sees and earns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foliohub.backtest.splits import Split, splits_at, walk_forward_splits
from foliohub.errors import InputError

sizes = st.integers(1, 12)


@given(n=st.integers(0, 60), window=sizes, step=sizes, purge=st.integers(0, 3), expanding=st.booleans())
def test_each_return_is_earned_once_by_the_last_decision_old_enough(n, window, step, purge, expanding):
    if n < window + purge + 1:
        with pytest.raises(InputError, match="no split"):
            walk_forward_splits(n, window, step, purge, expanding)
        return
    splits = walk_forward_splits(n, window, step, purge, expanding)
    earner = {row: split.decision for split in splits for row in range(n)[split.test]}
    decisions = range(window - 1, n, step)
    slow = {row: max(d for d in decisions if d + 1 + purge <= row) for row in range(window + purge, n)}
    assert earner == slow
    assert sum(split.last_return - split.first_return + 1 for split in splits) == len(slow)


@given(n=st.integers(20, 60), window=sizes, step=sizes, purge=st.integers(0, 3), expanding=st.booleans())
def test_training_rows_end_at_the_decision_and_before_the_purge(n, window, step, purge, expanding):
    for split in walk_forward_splits(n, window, step, purge, expanding):
        rows = range(n)[split.train]
        assert rows[-1] == split.decision == split.first_return - 1 - purge
        assert rows[0] == 0 if expanding else len(rows) == window


def test_purge_0_earns_the_very_next_return():
    assert walk_forward_splits(5, window=3, step=1, purge=0) == (
        Split(slice(0, 3), 2, 3, 3),
        Split(slice(1, 4), 3, 4, 4),
    )


def test_given_decisions_without_history_or_without_a_return_give_no_split():
    assert [split.decision for split in splits_at([0, 2, 5, 8, 9], 10, window=3, purge=1)] == [2, 5]
    assert splits_at([], 10, window=3) == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"window": 0}, "window is 0"),
        ({"step": 0}, "step is 0"),
        ({"purge": -1}, "purge is -1"),
        ({"n": 5}, "no split of window 5 and purge 1.*at least 7"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        walk_forward_splits(**{"n": 10, "window": 5, "step": 1, "purge": 1, **arguments})


@pytest.mark.parametrize("decisions", [[3, 3], [4, 2], [-1, 3], [3, 10]])
def test_unordered_or_foreign_decisions_are_refused(decisions):
    with pytest.raises(InputError, match="decisions"):
        splits_at(decisions, 10, window=1)
