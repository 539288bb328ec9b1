"""Families of metrics, as short as what they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

Samples = Mapping[Any, float]
"""Values of the labels, a tuple -> the figure."""


def gauge(name: str, meaning: str, labels: Iterable[str], samples: Samples) -> Metric:
    """A family of figures that go up and down.

    Parameters
    ----------
    name, meaning : str
        ``foliohub_<part>_<what>_<unit>``, and one sentence.
    labels : iterable of str
    samples : mapping of tuple of str to float
    """
    family = GaugeMetricFamily(name, meaning, labels=list(labels))
    for values, number in sorted(samples.items()):
        family.add_metric(values, number)
    return family


def counter(name: str, meaning: str, labels: Iterable[str], samples: Samples) -> Metric:
    """A family of totals; `name` without its ending ``_total``."""
    family = CounterMetricFamily(name, meaning, labels=list(labels))
    for values, number in sorted(samples.items()):
        family.add_metric(values, number)
    return family


def single(name: str, meaning: str, number: float) -> Metric:
    """One figure without labels."""
    return GaugeMetricFamily(name, meaning, value=number)


__all__ = ["Samples", "counter", "gauge", "single"]
