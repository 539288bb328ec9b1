import math

import numpy as np
import pandas as pd
import pytest

from foliohub.errors import InputError
from foliohub.metrics import performance, trading


def test_turnover_is_half_the_absolute_change():
    assert trading.turnover([0.5, 0.3, 0.2], [0.4, 0.3, 0.3]) == pytest.approx(0.1)
    assert trading.turnover([1.0, 0.0], [0.0, 1.0]) == 1.0
    assert trading.turnover([0.0, 0.0], [0.5, 0.5]) == 0.5
    assert trading.turnover([1.5, -0.5], [1.5, -0.5]) == 0.0


def test_turnover_of_differing_tickers_is_refused():
    with pytest.raises(InputError, match=r"\(2,\), after \(3,\)"):
        trading.turnover([0.5, 0.5], [0.3, 0.3, 0.4])


def test_cost_drag_is_the_difference_of_compounded_returns(returns):
    net = returns - 1e-5
    expected = performance.annual_return(returns) - performance.annual_return(net)
    assert trading.cost_drag(returns, net) == expected
    assert trading.cost_drag(returns, returns) == 0.0


def test_equal_weights_count_every_position():
    weights = pd.DataFrame([[0.25] * 4, [1.0, 0, 0, 0], [0, 0, 0, 0], [0.5, -0.5, 0, 0]])
    counted = trading.effective_positions(weights)
    assert counted.iloc[[0, 1, 3]].tolist() == [4.0, 1.0, 2.0]
    assert math.isnan(counted.iloc[2])


def test_exposures_add_up():
    weights = pd.DataFrame([[0.7, -0.2], [0.0, 0.0]])
    np.testing.assert_allclose(trading.gross_exposure(weights), [0.9, 0.0])
    np.testing.assert_allclose(trading.net_exposure(weights), [0.5, 0.0])
