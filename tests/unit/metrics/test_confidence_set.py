"""The model confidence set: arch's numbers, and what must hold of any."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub.errors import InputError
from foliohub.metrics import model_confidence_set


@pytest.fixture(scope="module")
def losses() -> pd.DataFrame:
    """As in the example of arch's documentation: chi-squared losses whose means differ."""
    rng = np.random.default_rng(23456)
    return pd.DataFrame(
        rng.chisquare(1, (300, 1)) + rng.normal(0, 0.5, (300, 5)) + np.array([0.0, 0.02, 0.1, 0.2, 0.4]),
        columns=list("abcde"),
    )


def test_it_is_that_of_arch(losses):
    from arch.bootstrap import MCS

    scale = losses.to_numpy().max()
    theirs = MCS(losses.to_numpy() / scale, 0.1, reps=500, block_size=3, method="R", bootstrap="stationary", seed=7)
    theirs.compute()
    ours = model_confidence_set(losses, block_length=3, seed=7, draws=500)
    assert [losses.columns.get_loc(name) for name in ours.index[ours["included"]]] == theirs.included
    assert ours["p_value"].to_numpy() == pytest.approx(theirs.pvalues["Pvalue"].sort_index().to_numpy())


@pytest.mark.parametrize("statistic", ["range", "maximum"])
def test_the_best_stays_and_the_worst_goes(losses, statistic):
    found = model_confidence_set(losses, block_length=2, seed=1, statistic=statistic)
    assert found.loc["a", "included"]
    assert not found.loc["e", "included"]
    assert found["p_value"].max() == 1


def test_models_with_the_same_losses_share_a_p_value(losses):
    twice = losses.assign(copy=losses["c"])
    found = model_confidence_set(twice, block_length=2, seed=1)
    alone = model_confidence_set(losses, block_length=2, seed=1)
    assert found.loc["copy", "p_value"] == found.loc["c", "p_value"]
    assert found.drop("copy")["p_value"].tolist() == alone["p_value"].tolist()


def test_the_unit_of_the_losses_changes_nothing(losses):
    tiny = model_confidence_set(losses * 1e-7, block_length=2, seed=1)
    assert tiny["p_value"].tolist() == model_confidence_set(losses, block_length=2, seed=1)["p_value"].tolist()


def test_one_model_is_the_best(losses):
    assert model_confidence_set(losses[["d"]], block_length=1, seed=1)["included"].tolist() == [True]


def test_too_little_evidence_is_refused(losses):
    with pytest.raises(InputError, match="too few"):
        model_confidence_set(losses.head(20), block_length=21, seed=1)
    with pytest.raises(InputError, match="missing"):
        model_confidence_set(losses.assign(a=np.nan), block_length=1, seed=1)
