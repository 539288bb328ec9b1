"""Trained policies: bytes and cards, and the sessions they refuse to decide for."""

from __future__ import annotations

import copy
import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from foliohub import allocate
from foliohub.allocate.reinforcement.policy import TrainedPolicy
from foliohub.errors import InputError, ModelError
from tests.allocators import untrained_policy


def returns(first: str = "1990-01-01") -> pd.DataFrame:
    values = np.random.default_rng(2).normal(0, 0.01, (60, 4))
    return pd.DataFrame(values, pd.bdate_range(first, periods=60), list("ABCD"))


def test_bytes_bring_back_the_same_policy() -> None:
    policy = untrained_policy()
    content = policy.to_bytes()
    back = TrainedPolicy.from_bytes(content)
    assert back.to_bytes() == content
    assert back.card == json.loads(json.dumps(policy.card))
    sample = returns().to_numpy()
    assert np.array_equal(back.weights(sample), policy.weights(sample))
    assert back.last_session == pd.Timestamp("1990-01-31")


@pytest.mark.parametrize("fault", ["no zip", "no card", "other features", "wrong shape", "a member missing"])
def test_bytes_of_anything_else_are_refused(fault: str) -> None:
    with zipfile.ZipFile(io.BytesIO(untrained_policy().to_bytes())) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    card = json.loads(members["card.json"])
    if fault == "no card":
        del members["card.json"]
    if fault == "other features":
        members["card.json"] = json.dumps({**card, "features": ["return_short"]}).encode()
    if fault == "wrong shape":
        members["actor_1/mix.bias.npy"] = members["actor_1/score.bias.npy"]
    if fault == "a member missing":
        members = {name: content for name, content in members.items() if not name.startswith("actor_1")}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(ModelError, match=r"Train (it|the agent) again"):
        TrainedPolicy.from_bytes(b"{}" if fault == "no zip" else content.getvalue())


def test_it_decides_for_its_last_session_and_no_earlier_one() -> None:
    allocator = allocate.get("reinforcement", policy=untrained_policy(last="1990-02-15"))
    assert allocator.fit(returns().loc[:"1990-02-15"]).weights_.shape == (4,)
    with pytest.raises(ModelError, match=r"trained on sessions to 1990-02-15 and may not decide at 1990-02-14"):
        allocator.fit(returns().loc[:"1990-02-14"])


def test_without_a_policy_it_says_where_one_comes_from() -> None:
    with pytest.raises(InputError, match=r"needs a trained policy.*31_train_agent.*TrainedPolicy\.train"):
        allocate.get("reinforcement").fit(returns())


def test_a_window_shorter_than_its_lookback_is_refused() -> None:
    with pytest.raises(ModelError, match=r"has 19 rows for 4 tickers; the agent looks back further.*at least 20"):
        allocate.get("reinforcement", policy=untrained_policy()).fit(returns("1991-01-01").iloc[:19])


def test_what_is_held_matters_and_only_the_lookback_does() -> None:
    policy, sample = untrained_policy(scale=0.5), returns("1991-01-01")
    allocator = allocate.get("reinforcement", policy=policy)
    from_equal = allocator.fit(sample, previous_weights=np.full(4, 0.25)).weights_
    from_one = allocator.fit(sample, previous_weights=np.array([1.0, 0, 0, 0])).weights_
    assert from_one[0] > from_equal[0]
    earlier = sample.copy()
    earlier.iloc[:-20] *= -3
    assert np.array_equal(allocator.fit(earlier, previous_weights=np.full(4, 0.25)).weights_, from_equal)


def test_members_decide_alone_and_their_mean_is_the_policy_s() -> None:
    policy, sample = untrained_policy(1, 2, 3), returns().to_numpy()
    members = policy.members()
    assert [member.card["seeds"] for member in members] == [[1], [2], [3]]
    mean = np.mean([member.weights(sample) for member in members], axis=0)
    np.testing.assert_allclose(policy.weights(sample), mean, rtol=0, atol=1e-15)


def test_a_ticker_that_leaves_needs_no_new_training() -> None:
    weights = untrained_policy().weights(returns().to_numpy()[:, :3])
    assert weights.shape == (3,)
    assert weights.sum() <= 1 + 1e-12


def test_copies_of_a_policy_are_itself() -> None:
    policy = untrained_policy()
    assert copy.deepcopy(policy) is policy
    assert policy.with_card(scores={"sharpe": 1.0}).card["scores"] == {"sharpe": 1.0}
