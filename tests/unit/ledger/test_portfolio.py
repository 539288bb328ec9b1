"""Portfolio files: read strictly, each mistake named."""

from __future__ import annotations

import pytest
import yaml

from foliohub.data.universe import load_universe
from foliohub.errors import ConfigurationError
from foliohub.ledger import load_portfolio, portfolio_names
from foliohub.ledger.portfolio import check_universe

GOOD = {
    "name": "mine",
    "title": "My portfolio",
    "universe": "sample",
    "opening": {"cash": 5000, "holdings": {"KO": 10}},
    "limits": {
        "largest_weight": {"block": 0.2},
        "groups": [{"name": "drinks", "tickers": ["KO", "PEP"], "most": {"warn": 0.3}}],
        "quarantined": "warn",
    },
}


@pytest.fixture
def write(tmp_path):
    def write_file(**changes: object):
        (tmp_path / "mine.yaml").write_text(yaml.safe_dump(GOOD | changes))
        return tmp_path

    return write_file


@pytest.mark.parametrize("name", portfolio_names())
def test_what_is_shipped_is_right_and_fits_its_universe(name):
    portfolio = load_portfolio(name)
    assert check_universe(portfolio, load_universe(portfolio.universe)) is portfolio


def test_the_sample_shows_every_key_there_is():
    content = load_portfolio("sample")
    risks = (content.limits.tracking_error, content.limits.value_at_risk)
    for model in (content, content.opening, content.decision, content.limits, *risks):
        assert model.model_fields_set == set(type(model).model_fields)


def test_a_folder_of_ones_own_comes_first(write):
    folder = write()
    assert "mine" in portfolio_names([folder])
    assert load_portfolio("mine", [folder]).opening.holdings == {"KO": 10}
    (folder / "sample.yaml").write_text(yaml.safe_dump(GOOD | {"name": "sample"}))
    assert load_portfolio("sample", [folder]).title == "My portfolio"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"limit": {}}, "limit: there is no such key"),
        ({"limits": {"largest": {"block": 1}}}, "limits.largest: there is no such key"),
        ({"limits": {"largest_weight": {"blocks": 1}}}, "limits.largest_weight.blocks: there is no such key"),
        ({"limits": {"largest_weight": 0.2}}, "limits.largest_weight"),
        ({"limits": {"largest_weight": {}}}, "give `warn`, `block` or both"),
        ({"limits": {"largest_weight": {"block": "0.2"}}}, "limits.largest_weight.block"),
        ({"limits": {"largest_weight": {"block": -0.2}}}, "limits.largest_weight.block"),
        ({"limits": {"largest_weight": {"block": float("nan")}}}, "limits.largest_weight.block"),
        ({"limits": {"value_at_risk": {"block": 0.1, "level": 99}}}, "limits.value_at_risk.level"),
        ({"limits": {"value_at_risk": {"block": 0.1, "estimator": "garch"}}}, "limits.value_at_risk.estimator"),
        ({"limits": {"tracking_error": {"block": 0.1, "window": 5}}}, "limits.tracking_error.window"),
        ({"limits": {"quarantined": "ignore"}}, "limits.quarantined"),
        ({"limits": {"groups": [{"name": "a", "tickers": ["KO"]}]}}, "give the group 'a'"),
        ({"limits": {"groups": [{"name": "a", "tickers": [], "most": {"warn": 1}}]}}, "limits.groups.0.tickers"),
        ({"limits": {"groups": [{"name": "a", "tickers": ["KO", "KO"], "most": {"warn": 1}}]}}, "more than once"),
        ({"limits": {"groups": [{"name": "a", "tickers": ["KO"], "most": {"warn": 1}}] * 2}}, "two groups"),
        ({"opening": {"cash": -1}}, "opening.cash"),
        ({"opening": {"cash": 0}}, "neither cash nor a holding"),
        ({"opening": {"cash": 0, "holdings": {"KO": 1.5}}}, "opening.holdings.KO"),
        ({"opening": {"cash": 0, "holdings": {"KO": 0}}}, "opening.holdings.KO"),
        ({"opening": {"cash": True}}, "opening.cash"),
        ({"decision": {"expires_after_hours": 0}}, "decision.expires_after_hours"),
        ({"decision": {"newer_sessions": -1}}, "decision.newer_sessions"),
        ({"currency": "dollars"}, "currency"),
        ({"title": None}, "title"),
        ({"name": "other"}, "names its portfolio 'other'"),
    ],
)
def test_each_mistake_is_named_where_it_stands(write, changes, said):
    with pytest.raises(ConfigurationError) as caught:
        load_portfolio("mine", [write(**changes)])
    assert said in str(caught.value)
    assert "mine.yaml" in str(caught.value)


@pytest.mark.parametrize("name", ["other", "../sample", "", "sample.yaml"])
def test_an_unknown_portfolio_is_told_what_there_is(name):
    with pytest.raises(ConfigurationError, match="av30, sample"):
        load_portfolio(name)


@pytest.mark.parametrize(
    "changes",
    [
        {"opening": {"cash": 1, "holdings": {"TSLA": 1}}},
        {"limits": {"groups": [{"name": "a", "tickers": ["TSLA"], "most": {"warn": 1}}]}},
    ],
)
def test_a_ticker_its_universe_does_not_have_is_named(write, changes):
    portfolio = load_portfolio("mine", [write(**changes)])
    with pytest.raises(ConfigurationError, match="TSLA"):
        check_universe(portfolio, load_universe("sample"))
