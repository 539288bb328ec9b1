"""Agents retrained as time goes on: chosen on what they were not trained on, and never by what came later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub import allocate, backtest
from foliohub.allocate.reinforcement import checkpoints
from foliohub.allocate.reinforcement.recipe import Recipe
from foliohub.allocate.reinforcement.retraining import net_returns, train_ensemble
from foliohub.allocate.reinforcement.sequence import PolicySequence
from foliohub.costs import CostModel
from foliohub.errors import InputError, ModelError

pytestmark = pytest.mark.slow  # torch takes seconds to import

VALIDATION = 40


def recipe(algorithm: str, **options: object) -> Recipe:
    parameters = {"ppo": {"n_steps": 16, "batch_size": 32, "n_epochs": 1}, "a2c": {"n_steps": 8}}[algorithm]
    return Recipe(algorithm, steps=64, lookback=20, episode=10, portfolios=4, parameters=parameters, **options)


RECIPES = [recipe("a2c"), recipe("ppo")]


def history(rows: int = 330) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    values = rng.normal(0.0005, 0.01, (rows, 1)) + rng.normal(0, 0.02, (rows, 3))
    return pd.DataFrame(values, pd.bdate_range("2015-01-01", periods=rows), ["A", "B", "C"])


def retrained(returns: pd.DataFrame, **options: object) -> PolicySequence:
    start = history().index[250]
    return train_ensemble(returns, RECIPES, start=start, every=30, validation=VALIDATION, window=150, **options)


@pytest.fixture(scope="module")
def sequence() -> PolicySequence:
    return retrained(history())


def test_each_is_chosen_on_what_it_was_not_trained_on_and_decides_after_both(sequence):
    returns, told = history(), []
    assert sequence.since == tuple(returns.index[[250, 280, 310]])
    choices = sequence.choices
    assert choices["algorithm"].tolist() == ["a2c", "ppo"] * 3
    for date, policy in zip(sequence.since, sequence.policies, strict=True):
        tried = choices[choices["since"] == date].set_index("algorithm")
        (trained_to,) = tried["trained_to"].unique()
        assert returns.index.get_loc(date) - returns.index.get_loc(trained_to) == VALIDATION
        assert policy.last_session == trained_to
        assert policy.card["trained_on"]["n_sessions"] == 150
        assert [policy.card["recipe"]["algorithm"]] == tried.index[tried["chosen"]].tolist()
        assert tried["sharpe_ratio"].idxmax() == policy.card["recipe"]["algorithm"]
        # The Sharpe ratio is that of the validation window, and of nothing else.
        market = RECIPES[0].market(returns.loc[:date])
        net = net_returns(policy, market, trained_to)
        assert tried["sharpe_ratio"].max() == pytest.approx(net.mean() / net.std(ddof=1) * np.sqrt(252 / 5))
        assert len(net) == VALIDATION // 5
    retrained(returns, progress=lambda done, total: told.append((done, total)))
    assert told == [(number, 6) for number in range(1, 7)]


def test_weights_depend_on_nothing_that_comes_after_them(sequence):
    returns, costs = history(), CostModel(2, 3)
    until = returns.index[300]  # between two retrainings
    other = returns.copy()
    other.loc[until + pd.Timedelta(days=1) :] *= -2
    lived = []
    for known in (returns, other):
        allocator = allocate.get("reinforcement", policy=retrained(known))
        lived.append(backtest.walk_forward(known.iloc[250 - 19 :], allocator, 20, 5, costs=costs).target_weights)
    one, two = lived
    assert one.index[0] == sequence.since[0]
    assert len(one.loc[:until]) == 11
    pd.testing.assert_frame_equal(one.loc[:until], two.loc[:until], check_exact=True)
    assert not one.loc[until:].iloc[1:].equals(two.loc[until:].iloc[1:])
    # Nor on whether anything came after them at all.
    cut = retrained(returns.loc[: until + pd.Timedelta(days=7)])
    assert cut.since == sequence.since[:2]
    assert [a.to_bytes() for a in cut.policies] == [b.to_bytes() for b in sequence.policies[:2]]


def test_bytes_bring_back_the_same_agents(sequence):
    described = sequence.with_card(scores={"sharpe_ratio": 0.5})
    back = PolicySequence.from_bytes(described.to_bytes())
    assert back.to_bytes() == described.to_bytes()
    assert back.card["scores"] == {"sharpe_ratio": 0.5}
    assert back.card["seeds"] == [1]
    assert [card["algorithm"] for card in back.card["recipes"]] == ["a2c", "ppo"]
    assert back.card["retraining"] == {"every": 30, "validation": VALIDATION, "window": 150}
    pd.testing.assert_frame_equal(back.choices, sequence.choices)
    assert (back.lookback, back.every, back.since) == (20, 5, sequence.since)
    before, after = (allocate.get("reinforcement", policy=policy) for policy in (sequence, back))
    for date in history().index[250::7]:
        window = history().loc[:date]
        assert np.array_equal(before.fit(window).weights_, after.fit(window).weights_)


@pytest.mark.parametrize("content", [b"{}", b""])
def test_bytes_of_anything_else_are_refused(content, sequence):
    with pytest.raises(ModelError, match="no agents by date"):
        PolicySequence.from_bytes(content or sequence.policies[0].to_bytes())


def test_none_decides_before_the_first(sequence):
    allocator = allocate.get("reinforcement", policy=sequence)
    allocator.fit(history().loc[: sequence.since[0]])
    with pytest.raises(ModelError, match=r"first policy decides from 2015-12-17; none may at 2015-12-16"):
        allocator.fit(history().loc[:"2015-12-16"])


def test_policies_must_come_in_the_order_of_their_dates_and_share_a_clock(sequence):
    policy = sequence.policies[0]
    with pytest.raises(InputError, match="do not rise"):
        PolicySequence((policy.last_session, policy.last_session), (policy, policy))
    other = policy.with_card(recipe={**policy.card["recipe"], "every": 10})
    with pytest.raises(InputError, match="differ in lookback or clock"):
        PolicySequence(sequence.since[:2], (policy, other))


@pytest.mark.parametrize(
    ("recipes", "options", "said"),
    [
        ([recipe("a2c"), recipe("ppo", every=10)], {}, "differ in lookback, clock or costs"),
        ([recipe("a2c"), recipe("a2c")], {}, "Give each once"),
        (RECIPES, {"every": 0}, "every is 0"),
        (RECIPES, {"start": pd.Timestamp("2030-01-01")}, "Start earlier"),
    ],
)
def test_what_does_not_belong_together_is_refused(recipes, options, said):
    with pytest.raises(InputError, match=said):
        train_ensemble(history(), recipes, **{"start": history().index[250], **options})


def test_retraining_that_was_interrupted_goes_on_to_the_same_end(sequence, tmp_path, monkeypatch):
    saved, save = [], checkpoints.save

    def save_and_stop(*arguments, **options):
        save(*arguments, **options)
        saved.append(1)
        if len(saved) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "save", save_and_stop)
    with pytest.raises(KeyboardInterrupt):
        retrained(history(), folder=tmp_path)
    assert len(list(tmp_path.rglob("*.checkpoint"))) == 4
    assert retrained(history(), folder=tmp_path).to_bytes() == sequence.to_bytes()
    assert len(saved) == 6  # what had ended was not trained again
    assert list(tmp_path.iterdir()) == []
