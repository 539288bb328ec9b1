"""What if starts from the rebalance as it was proposed: the same expected returns, the same weights."""

from __future__ import annotations

import pandas as pd
import pytest

from foliohub import allocate
from foliohub.dashboards import kit, what_if
from tests.unit.dashboards.conftest import LAST, MODELS

HORIZON, UPPER, RESERVE = 5, 0.15, 0.005
SETTINGS = {"allocator": "max_sharpe", "horizon": HORIZON, "upper": UPPER, "reserve": RESERVE}


def rebalance(installation, expects: str, model: str, *, tells: bool = True) -> pd.Series:
    """Publish what the notebook does, with one model's forecasts; gives the target weights."""
    reading = installation.reader.latest("forecasts").frame
    chosen = reading[(reading["model"] == expects) & (reading["horizon"] == HORIZON)].set_index("ticker")
    expected = (1 + chosen["mean"]) ** (1 / HORIZON) - 1
    returns = installation.prices[expected.index].pct_change().tail(500)
    fitted = allocate.get("max_sharpe", covariance="ledoit_wolf", upper=UPPER).fit(returns, expected_returns=expected)
    target = pd.Series(fitted.weights_, index=returns.columns, name="target")
    covariance = pd.DataFrame(allocate.COVARIANCES["ledoit_wolf"](returns.to_numpy()), target.index, target.index)
    tables = {
        "weights": target.rename_axis("ticker").reset_index().assign(current=0.0),
        "covariance": covariance.rename_axis("ticker").reset_index(),
    }
    if tells:
        taken = chosen[["model", "horizon"]].assign(expected=expected)
        tables["expected_returns"] = taken.rename_axis("ticker").reset_index()
    installation.run("daily-rebalance", tables, LAST, attempt=7, model=model, **SETTINGS)
    return target


@pytest.fixture
def start(cycled, monkeypatch):
    """Draw the page as it is opened; gives its markup, whose means it uses, and the weights it starts with."""

    def draw(**query: str) -> tuple[str, str, pd.Series]:
        solved = []
        monkeypatch.setattr(what_if, "solve", lambda *given: solved.append(solve(*given)) or solved[-1])
        board = what_if.Board(cycled.sources, kit.Request(query))
        html = kit.part("", board.controls).html
        [model] = board._situations
        return html, model, solved[0].weights

    solve = what_if.solve
    return draw


@pytest.mark.parametrize("expects", MODELS[1:])
def test_the_champions_means_and_the_weights_proposed_are_the_start(cycled, start, failures, expects):
    target = rebalance(cycled, expects, "")
    html, model, weights = start()
    assert not failures(html)
    assert model == expects
    assert f"<option value='{expects}' selected>" in html
    pd.testing.assert_series_equal(weights, target * (1 - RESERVE), check_names=False, atol=1e-4)
    assert html.count("as proposed") == 2, "return and volatility are those of the proposal"


def test_the_model_published_counts_and_not_the_one_asked_for(cycled, start):
    rebalance(cycled, "mean", "lstm")
    assert start()[1] == "mean"


def test_a_rebalance_that_does_not_tell_starts_with_the_model_it_was_given(cycled, start):
    rebalance(cycled, "mean", "mean", tells=False)
    assert start()[1] == "mean"


def test_an_address_that_names_a_model_is_heeded(cycled, start):
    rebalance(cycled, "mean", "")
    assert start(model="gradient_boosting")[1] == "gradient_boosting"
