"""What a page reads is what counts as published, listed once and read at the request."""

from __future__ import annotations

import pandas as pd
import pytest

from foliohub.dashboards import kit
from foliohub.dashboards.reading import Reader, universe_names
from foliohub.errors import NotStoredError

FIRST, LAST = pd.Timestamp("2022-12-27"), pd.Timestamp("2022-12-28")


def table(value: float) -> pd.DataFrame:
    return pd.DataFrame({"value": [value]})


@pytest.fixture
def several(installation):
    installation.run("daily-forecast", {"forecasts": table(1.0)}, FIRST)
    installation.run("daily-forecast", {"forecasts": table(2.0)}, LAST)
    installation.run("daily-forecast", {"forecasts": table(3.0)}, LAST, attempt=2)
    installation.run("daily-forecast", {"forecasts": table(4.0)}, LAST, attempt=3, error="It broke.")
    return installation


def test_what_counts_is_what_published_says(several):
    reader, published = several.reader, several.sources.published
    for kind in ("forecasts", "weights"):
        assert reader.publications(kind) == published.list(kind, "sample")


def test_the_last_attempt_that_succeeded_is_read(several):
    reader = several.reader
    assert reader.latest("forecasts").frame["value"].tolist() == [3.0]
    assert reader.before("forecasts").frame["value"].tolist() == [1.0]
    assert reader.at("forecasts", "2022-12-27").as_of == FIRST
    assert reader.at("forecasts", "2022-12-23") is None


def test_a_reading_bears_the_passport_of_its_run(several):
    origin = several.reader.latest("forecasts").provenance
    assert origin.run_id == "daily-forecast.2022-12-28.2"
    assert origin.as_of_text == "2022-12-28"
    assert origin.source == several.reader.universe.title


def test_what_was_never_published_names_the_job_that_does(several):
    reader = several.reader
    assert reader.find("weights") is None
    assert reader.before("weights") is None
    with pytest.raises(NotStoredError) as caught:
        reader.latest("weights")
    assert "foliohub run daily-rebalance" in caught.value.remedy


def test_runs_are_listed_once_for_a_page(several, monkeypatch):
    sources, listed = several.sources, []
    original = type(sources.records).list
    monkeypatch.setattr(type(sources.records), "list", lambda *a, **k: listed.append(1) or original(*a, **k))
    reader = Reader.asked(sources, kit.Request({}))
    for kind in ("forecasts", "weights", "adjusted"):
        reader.find(kind)
    assert len(listed) == 1


def test_only_universes_that_runs_were_made_for_can_be_asked_for(several):
    assert universe_names(several.reader.runs) == ["sample"]
    assert universe_names([]) == ["sample"]
    for asked in ("../../etc", "nobody", ""):
        assert Reader.asked(several.sources, kit.Request({"universe": asked})).name == "sample"
