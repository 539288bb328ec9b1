import numpy as np
import pandas as pd

from foliohub.calendars import sessions
from foliohub.clean import clean_prices
from foliohub.frames import FIELDS, check_panel
from foliohub.proofs import trial_panel


def test_the_trial_panel_keeps_the_contract_and_needs_no_cleaning():
    panel = trial_panel(300, 30, seed=1)
    assert tuple(panel) == FIELDS
    check_panel(panel)
    days = panel["close"].index
    assert days.equals(pd.DatetimeIndex(sessions(days[0], days[-1])))
    assert panel["close"].columns.is_unique
    result = clean_prices(panel, sessions=days)
    assert set(result.quality.summary["status"]) == {"clean"}


def test_it_holds_what_vendors_give():
    panel = trial_panel(300, 3, seed=2)
    assert (panel["split"] != 1).to_numpy().sum() == 1
    assert (panel["dividend"] > 0).any(axis=1).sum() == 5
    volume, spread = panel["volume"], np.log(panel["high"] / panel["low"])
    assert volume.iloc[:150].corrwith(spread.iloc[:150]).min() > 0.3


def test_the_same_seed_gives_the_same_panel():
    pd.testing.assert_frame_equal(trial_panel(50, 2, seed=7)["close"], trial_panel(50, 2, seed=7)["close"])
