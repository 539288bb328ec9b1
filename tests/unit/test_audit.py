"""What may be asked about later is recorded, whatever came of it."""

from __future__ import annotations

import logging

import pytest

from foliohub import audit
from foliohub.errors import InputError


def test_an_attempt_is_recorded_whatever_comes_of_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "foliohub.audit"):
        with audit.attempt("proposal-approved", user="max", proposal="sample.1"):
            pass
        with pytest.raises(InputError), audit.attempt("proposal-approved", user="rita", proposal="sample.1"):
            raise InputError("Not your own.")
    good, bad = (record.__dict__ for record in caplog.records)
    assert (good["event.outcome"], good["user.name"]) == ("success", "max")
    assert (bad["event.outcome"], bad["user.name"], bad["foliohub.audit.error"]) == ("failure", "rita", "InputError")
