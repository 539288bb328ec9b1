"""Which session a notebook works for where none is named."""

from __future__ import annotations

import pytest

from foliohub.config import Settings
from foliohub.errors import NotStoredError
from foliohub.runs.workspace import Workspace


def test_the_source_says_where_nothing_is_stored(tmp_path):
    work = Workspace(Settings(project=tmp_path, home=tmp_path / "home"), "sample")
    assert f"{work.as_of:%Y-%m-%d}" == "2022-12-28"


def test_a_source_that_cannot_say_is_told_from_a_mistake(tmp_path):
    settings = Settings(project=tmp_path, home=tmp_path / "home")
    with pytest.raises(NotStoredError, match="Nothing is stored of av30 yet") as refused:
        Workspace(settings, "av30")
    assert "Ingest it first" in refused.value.remedy
    assert f"{Workspace(settings, 'av30', '2021-04-20').as_of:%Y-%m-%d}" == "2021-04-20"
