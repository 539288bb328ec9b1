"""Learning curves show what a card holds."""

from __future__ import annotations

import numpy as np

from foliohub.reporting import Provenance, learning_curves

PROVENANCE = Provenance(as_of="2020-01-03", source="made up", run_id="test")


def test_the_epoch_kept_is_the_one_of_the_least_validation_loss():
    figure = learning_curves({"7": [[1.4, 1.5], [1.3, 1.4], [1.2, 1.6]]}, provenance=PROVENANCE)
    training, validation, kept = figure.data
    assert np.allclose(training.y, [1.4, 1.3, 1.2])
    assert np.allclose(validation.y, [1.5, 1.4, 1.6])
    assert kept.x[0] == 2


def test_each_network_has_its_curves():
    curve = [[1.0, 1.0], [0.9, 1.1]]
    assert len(learning_curves({"1": curve, "2": curve}, provenance=PROVENANCE).data) == 6


def test_nothing_trained_is_said_so():
    figure = learning_curves({}, provenance=PROVENANCE)
    assert "Nothing was trained" in figure.layout.annotations[0].text
