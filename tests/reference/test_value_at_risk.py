"""Value at risk of 1/N on real returns: 20 stocks of the S&P 500, 1990-2022, every session held against the last close.

The data are skfolio's `sp500_dataset`; all sessions after the first window of 1,000 count.
"""

from __future__ import annotations

import pandas as pd
import pytest

from foliohub import metrics
from foliohub.backtest import VALUE_AT_RISK_ESTIMATORS, judge_value_at_risk, walk_value_at_risk
from foliohub.errors import InputError
from tests.sample_returns import sample_returns


@pytest.fixture(scope="module")
def equal_weight() -> pd.Series:
    return sample_returns().mean(axis=1)


@pytest.fixture(scope="module")
def told(equal_weight) -> pd.DataFrame:
    return walk_value_at_risk(equal_weight, 0.99, refit=1000)


def test_filtered_losses_come_as_often_as_told_and_alone_and_plain_ones_in_clusters(told):
    table = judge_value_at_risk(told, 0.99)
    assert (table["sessions"] == 7312).all()
    assert table.loc["filtered", "share"] == pytest.approx(0.01, abs=0.002)
    assert (table.loc["filtered", ["coverage_p_value", "independence_p_value"]] > 0.05).all()
    assert (table.loc["historical", ["coverage_p_value", "independence_p_value"]] < 0.001).all()
    assert table.loc["larger", "share"] < 0.01


def test_each_row_was_known_at_the_close_before(told, equal_weight):
    assert told["return"].equals(equal_weight.iloc[1000:].rename("return"))
    assert tuple(told.columns[1:]) == VALUE_AT_RISK_ESTIMATORS
    for day in (0, 3000, 7311):
        past = equal_weight.iloc[day : 1000 + day]
        assert told["historical"].iloc[day] == metrics.value_at_risk(past, 0.99)
    assert (told["larger"] == told[["historical", "filtered"]].max(axis=1)).all()


def test_a_history_without_a_session_to_judge_is_refused(equal_weight):
    with pytest.raises(InputError, match="1000 sessions leave none to judge"):
        walk_value_at_risk(equal_weight.iloc[:1000])
