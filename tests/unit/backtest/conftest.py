import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def returns() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    dates = pd.bdate_range("2018-01-02", periods=120)
    return pd.DataFrame(rng.normal(0.0005, 0.02, (120, 5)), index=dates, columns=list("ABCDE"))
