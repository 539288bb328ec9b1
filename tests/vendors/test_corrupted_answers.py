"""Whatever a vendor sends, a source gives bars or one of our errors, and nothing else."""

from __future__ import annotations

import copy
import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foliohub.data.sources import get
from foliohub.errors import VendorError
from foliohub.frames import check_bars

junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
    st.sampled_from(["nan", "1e999", "2020-13-01", -1, 1e300, [[]], [None]]),
).map(copy.deepcopy)  # what is drawn is changed later on, and must not change what the next one draws


@st.composite
def corrupted(draw, answer):
    """`answer` with one to three of its parts dropped, replaced or renamed, somewhere at any depth."""
    answer = copy.deepcopy(answer)
    for _ in range(draw(st.integers(1, 3))):
        place = answer
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], dict | list) and draw(st.integers(0, 3)):
                place = place[key]
                continue
            action = draw(st.sampled_from(["drop", "replace", "rename"]))
            value = place.pop(key)
            if action == "replace":
                place.insert(key, draw(junk)) if isinstance(place, list) else place.update({key: draw(junk)})
            elif action == "rename" and isinstance(place, dict):
                place[draw(st.text(max_size=5))] = value
            break
    return answer


quick = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def bars_or_our_error(source):
    try:
        bars = source.fetch("AAPL", None, date(2020, 9, 30))
    except VendorError:
        return
    assert len(check_bars(bars))


@pytest.mark.slow
@quick
@given(data=st.data())
def test_any_corrupted_chart_of_yahoo(yahoo, answer, history, yahoo_chart, time, now, data):
    chart = data.draw(corrupted(yahoo_chart(history.iloc[-8:])))
    yahoo.on("/v8/finance/chart/AAPL", answer(json.dumps(chart)))
    bars_or_our_error(get("yahoo", base_url=yahoo.url, retry=time.policy(attempts=1), now=lambda: now))


@pytest.mark.slow
@quick
@given(data=st.data())
def test_any_corrupted_series_of_alpha_vantage(vendor, answer, history, alpha_vantage_series, time, now, data):
    series = data.draw(corrupted(alpha_vantage_series(history.iloc[-4:])))
    vendor.on("/query", answer(json.dumps(series)))
    bars_or_our_error(
        get("alpha_vantage", api_key="K", base_url=vendor.url, retry=time.policy(attempts=1), now=lambda: now)
    )
