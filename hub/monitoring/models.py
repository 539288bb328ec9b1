"""Figures of models: how their published forecasts fare, whether they get worse, and who is champion."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from hub.monitoring.families import Samples, gauge

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from hub.monitoring.facts import Facts

_KEY = ["standing", "model", "horizon"]
_LABELS = ["universe", *_KEY]
_RECENT = 21
"""Sessions whose forecasts are held against the whole record: a month."""
_FEWEST = 5
"""Cutoffs that a recent error needs to say anything."""


def model_metrics(facts: Facts) -> Iterator[Metric]:
    """Every figure of the live record: forecasts scored after their outcome, as ``daily-score`` published it last."""
    scores = {universe: frame for (kind, universe), frame in facts.tables.items() if kind == "registered_scores"}
    history = {universe: frame for (kind, universe), frame in facts.tables.items() if kind == "registered_history"}
    champions = {universe: frame for (kind, universe), frame in facts.tables.items() if kind == "champion"}
    coverage = {
        (*key, level): value for level in ("80", "95") for key, value in _column(scores, f"coverage_{level}").items()
    }
    yield gauge(
        "foliohub_model_live_coverage_ratio",
        "Share of outcomes inside the interval of that many percent.", [*_LABELS, "level"], coverage,
    )  # fmt: skip
    for measure, meaning in (
        ("mae", "Mean absolute error of the live record, as a simple return."),
        ("skill", "1 less the error's ratio to that of no change; above 0 is better."),
        ("observations", "Forecasts whose outcome is known."),
    ):
        unit = "" if measure == "observations" else "_ratio"
        yield gauge(f"foliohub_model_live_{measure}{unit}", meaning, _LABELS, _column(scores, measure))
    yield gauge(
        "foliohub_model_live_recent_mae_ratio",
        f"Mean absolute error of the last {_RECENT} sessions, as a simple return.", _LABELS, _recent(history),
    )  # fmt: skip
    yield gauge(
        "foliohub_model_live_error_drift_ratio",
        "That error over the one of all sessions before; above 1 the model has got worse.", _LABELS, _drift(history),
    )  # fmt: skip
    yield gauge(
        "foliohub_model_champion", "1 for the model that portfolios are built on.", ["universe", "model"],
        {
            (universe, str(row.model)): float(bool(row.is_champion))
            for universe, frame in champions.items()
            for row in frame.itertuples()
        },
    )  # fmt: skip


def _column(frames: dict[str, pd.DataFrame], measure: str) -> Samples:
    return {
        (universe, *map(str, key)): float(value)
        for universe, frame in frames.items()
        for *key, value in frame[[*_KEY, measure]].itertuples(index=False)
        if not math.isnan(value)
    }


def _split(frames: dict[str, pd.DataFrame]) -> Iterator[tuple[tuple[str, ...], pd.Series, pd.Series]]:
    """Of each model its errors by session: the recent ones, and those before."""
    for universe, frame in frames.items():
        for key, rows in frame.groupby(_KEY, sort=True):
            errors = rows.sort_values("cutoff")["mae"].dropna()
            yield (universe, *map(str, key)), errors.tail(_RECENT), errors.iloc[:-_RECENT]


def _recent(frames: dict[str, pd.DataFrame]) -> Samples:
    return {key: float(recent.mean()) for key, recent, _ in _split(frames) if len(recent) >= _FEWEST}


def _drift(frames: dict[str, pd.DataFrame]) -> Samples:
    return {
        key: float(recent.mean() / before.mean())
        for key, recent, before in _split(frames)
        if len(recent) >= _FEWEST and len(before) >= _FEWEST and before.mean() > 0
    }


__all__ = ["model_metrics"]
