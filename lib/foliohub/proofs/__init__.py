"""Proofs that nothing looks ahead, for our own functions and for anybody's."""

from __future__ import annotations

from foliohub.proofs.adapters import of_allocator, of_forecaster
from foliohub.proofs.comparison import Difference
from foliohub.proofs.look_ahead import assert_no_look_ahead, find_look_ahead
from foliohub.proofs.report import Leak, LookAheadReport
from foliohub.proofs.timeline import PERTURBATIONS, Perturbation
from foliohub.proofs.trial import trial_panel

__all__ = [
    "PERTURBATIONS",
    "Difference",
    "Leak",
    "LookAheadReport",
    "Perturbation",
    "assert_no_look_ahead",
    "find_look_ahead",
    "of_allocator",
    "of_forecaster",
    "trial_panel",
]
