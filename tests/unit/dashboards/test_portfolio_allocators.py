"""The allocators are compared by what was published, and the agents shown seed by seed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub import backtest
from foliohub.dashboards import kit, portfolio
from foliohub.dashboards.portfolio_allocators import verdict
from foliohub.reporting.formats import fixed

NAMES = (
    "equal_weight",
    "inverse_volatility",
    "min_variance",
    "max_sharpe",
    "reinforcement",
    "walk_forward_agents",
    "index",
)


def scorecard(names: tuple[str, ...], better: float = 0.0) -> pd.DataFrame:
    rng, days = np.random.default_rng(4), pd.bdate_range("2020-01-01", periods=400)
    common = rng.normal(0.0005, 0.01, 400)
    results = {}
    for name in names:
        extra = rng.normal(better * (name == "max_sharpe"), 0.002, 400)
        results[name] = backtest.buy_and_hold(pd.DataFrame({"A": common + extra}, days), name=name)
    index = "index" if "index" in names else None
    return backtest.allocator_scorecard(results, index=index, trials=40, draws=50)


def published(installation, *, agents: bool = True, allocators: bool = True) -> None:
    if agents:
        seeds = scorecard(("equal_weight", "seed 1", "seed 2", "seed 3")).drop(index="equal_weight")
        seeds = seeds.assign(seed=[1, 2, 3], algorithm="ppo", trained_to=pd.Timestamp("2019-12-31"))
        installation.run("weekly-train-agent", {"agent_seeds": seeds.rename_axis("agent").reset_index()})
    if allocators:
        installation.run("weekly-compare-allocators", {"allocator_scorecard": scorecard(NAMES).reset_index()})


def drawn(installation, part: str) -> str:
    board = portfolio.Board(installation.sources, kit.Request({}))
    return kit.part("", getattr(board, part)).html


@pytest.mark.parametrize(
    ("part", "job"), [("allocators", "weekly-compare-allocators"), ("agents", "weekly-train-agent")]
)
def test_what_has_not_run_is_named(installation, failures, part, job):
    html = drawn(installation, part)
    assert not failures(html)
    assert f"foliohub run {job}" in html


def test_every_allocator_is_shown_with_its_interval_and_run(installation, failures):
    published(installation)
    html = drawn(installation, "allocators")
    card = installation.reader.latest("allocator_scorecard").frame
    assert not failures(html)
    for value in [*card["sharpe_ratio"], *card["sharpe_lower"], *card["sharpe_upper"]]:
        assert fixed(value) in html
    assert "Nothing here beats Equal weight (1/N): of 5 compared" in html
    assert "Walk-forward agents" in html
    assert "operations?run=weekly-compare-allocators.2022-12-28.1" in html


def test_the_agents_are_a_distribution_over_seeds(installation, failures):
    published(installation)
    html = drawn(installation, "agents")
    seeds = installation.reader.latest("agent_seeds").frame
    assert not failures(html)
    assert "3 agents (PPO)" in html
    assert "2019-12-31" in html
    assert f"{(seeds['sharpe_difference'] > 0).sum()} of 3" in html
    for name in ("Agents alone, 3 seeds", "Inverse volatility", "Minimum variance", "Index"):
        assert name in html
    assert "Maximum Sharpe" not in html


def test_agents_trained_anew_say_which_algorithm_decided_when(installation, failures):
    published(installation)
    assert "Decides" not in drawn(installation, "agents")
    days = pd.to_datetime(["2015-12-24", "2015-12-24", "2016-12-23", "2016-12-23"])
    choices = pd.DataFrame(
        {
            "since": days,
            "trained_to": days - pd.Timedelta(days=90),
            "algorithm": ["ppo", "a2c"] * 2,
            "chosen": [True, False, False, True],
            "sharpe_ratio": [1.25, 0.5, np.nan, 2.75],
        }
    )
    installation.run("weekly-retrain-agents", {"agent_choices": choices})
    html = drawn(installation, "agents")
    assert not failures(html)
    assert "Walk-forward agents" in html
    assert html.index("2015-12-24") < html.index("2016-12-23")
    for text in ("Decides", "PPO", "A2C", "1.25", "2.75"):
        assert text in html


def test_agents_that_were_not_compared_yet_are_shown_alone(installation, failures):
    published(installation, allocators=False)
    html = drawn(installation, "agents")
    assert not failures(html)
    assert "foliohub run weekly-compare-allocators" in html
    assert "seed 2" in html


def test_the_verdict_names_what_beats_equal_weights():
    card = scorecard(("equal_weight", "max_sharpe"), better=0.01)
    assert "Maximum Sharpe: a higher Sharpe ratio" in verdict(card).html
    assert "nothing can be said" in verdict(card.drop(index="equal_weight")).html
