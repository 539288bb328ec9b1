"""The number of trials is what was recorded, each recipe and seed once."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from foliohub.allocate.reinforcement.recipe import Recipe
from foliohub.backtest import count_trials, tried_agents
from foliohub.errors import InputError


def card(steps=512, seeds=(1, 2)):
    return {"recipe": Recipe("ppo", steps=steps).as_mapping(), "seeds": list(seeds)}


def test_training_the_same_again_is_no_new_trial_and_another_recipe_or_seed_is():
    first = tried_agents([card()])
    assert len(tried_agents([card()], first)) == 2
    assert len(tried_agents([card(seeds=[2, 3])], first)) == 3
    assert len(tried_agents([card(steps=1024)], first)) == 4


def test_a_card_that_was_stored_is_the_same_trial():
    stored = json.loads(json.dumps(card(), sort_keys=True))
    assert len(tried_agents([stored], tried_agents([card()]))) == 2


def test_of_retrained_agents_every_algorithm_and_another_way_of_retraining_is_a_trial():
    def retrained(every):
        recipes = [Recipe(name).as_mapping() for name in ("ppo", "a2c")]
        return {"recipes": recipes, "seeds": [1, 2], "retraining": {"every": every, "validation": 63, "window": None}}

    first = tried_agents([retrained(63), {**card(), "recipe": Recipe("ppo").as_mapping()}])
    assert len(first) == 6
    assert len(tried_agents([json.loads(json.dumps(retrained(63)))], first)) == 6
    assert len(tried_agents([retrained(126)], first)) == 10


def test_nothing_tried_is_an_empty_record_that_can_be_gone_on_from():
    none = tried_agents([])
    assert none.empty
    pd.testing.assert_frame_equal(tried_agents([card()], none), tried_agents([card()]))
    assert count_trials(["equal_weight"], none)["trials"].sum() == 1


def test_what_was_never_recorded_is_an_addition_of_its_own():
    counted = count_trials(["equal_weight", "risk_parity"], tried_agents([card()]), before_records=30)
    assert counted["trials"].tolist() == [2, 2, 30]
    assert "of 1 recipe" in counted.index[1]
    with pytest.raises(InputError, match="-1 trials"):
        count_trials([], tried_agents([]), before_records=-1)
