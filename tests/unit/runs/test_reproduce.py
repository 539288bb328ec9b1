"""A run comes out again from its id; where it does not, the input that changed is named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub.errors import NotStoredError, RunError
from foliohub.runs.execute import run_job
from foliohub.runs.opening import open_records, open_store
from foliohub.runs.reproduce import compare_tables, reproduce_run
from foliohub.runs.spec import load_jobs
from tests.unit.runs.conftest import Project

DAY = pd.Timestamp("2022-12-28")
INGEST = """
import foliohub
work = foliohub.workspace(universe, as_of)
report = work.ingest()
work.publish("ingest", report.to_frame())
"""
USE = """
import foliohub
work = foliohub.workspace(universe, as_of)
means = work.raw_prices()["close"].mean() * scale
work.publish("means", means.rename("mean").rename_axis("ticker").reset_index())
"""


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Two runs, the second with what the first has written."""
    project = Project(tmp_path_factory.mktemp("original") / "project")
    project.notebook(INGEST, name="ingest.ipynb")
    project.job("ingest", notebook="ingest.ipynb")
    project.notebook(USE)
    project.job(after=["ingest"])
    jobs = load_jobs(project.settings.jobs, project.settings.notebooks)
    for job in jobs.values():
        run_job(project.settings, job, DAY)
    return project


@pytest.fixture
def recorded(original, tmp_path):
    """The same, for a test to change."""
    return original.copy(tmp_path / "project")


def reproduce(project, identifier="small.2022-12-28.1"):
    jobs = load_jobs(project.settings.jobs, project.settings.notebooks)
    return reproduce_run(project.settings, identifier, jobs)


@pytest.mark.slow
def test_every_number_comes_out_again(recorded):
    for identifier in ("ingest.2022-12-28.1", "small.2022-12-28.1"):
        result = reproduce(recorded, identifier)
        assert result.equal
        assert result.changed == ()
        assert sum(table.numbers for table in result.tables) >= 20
    store = open_store(recorded.settings)
    assert len(open_records(recorded.settings).list()) == 2, "reproducing leaves nothing behind"
    assert len(store.versions("means/sample/2022-12-28")) == 1


@pytest.mark.slow
def test_a_changed_notebook_is_named(recorded):
    recorded.notebook(USE.replace("* scale", "* scale * 1.000001"))
    result = reproduce(recorded)
    assert not result.equal
    assert result.tables[0].different == 21
    assert any("notebook small.ipynb" in change for change in result.changed)


@pytest.mark.slow
def test_what_there_was_none_of_is_called_none(recorded):
    records = open_records(recorded.settings)
    records.save(records.get("small.2022-12-28.1").model_copy(update={"changes": "5f" * 32, "lock_hash": "ab" * 32}))
    changed = reproduce(recorded).changed
    assert "uncommitted changes: was 5f5f5f5f5f5f, is none" in changed
    assert "packages (lock file): was abababababab, is none" in changed


@pytest.mark.slow
def test_a_changed_price_is_named(recorded):
    record = open_records(recorded.settings).get("small.2022-12-28.1")
    forged = record.model_copy(update={"read": (record.read[0].model_copy(update={"content": "0" * 64}),)})
    open_records(recorded.settings).save(forged)
    result = reproduce(recorded)
    assert any("data raw/sample: version" in change for change in result.changed)


@pytest.mark.slow
def test_a_published_table_that_was_changed_is_named(recorded):
    record = open_records(recorded.settings).get("small.2022-12-28.1")
    forged = record.model_copy(update={"written": (record.written[0].model_copy(update={"content": "0" * 64}),)})
    open_records(recorded.settings).save(forged)
    assert any("holds other values than were published" in change for change in reproduce(recorded).changed)


def test_an_unknown_run_names_the_last_ones(recorded):
    with pytest.raises(NotStoredError, match=r"small\.2022-12-28\.1"):
        reproduce(recorded, "small.2022-12-28.9")


def test_a_failed_run_has_nothing_to_reproduce(small):
    project = small("1 / 0")
    jobs = load_jobs(project.settings.jobs, project.settings.notebooks)
    with pytest.raises(RunError):
        run_job(project.settings, jobs["small"], DAY)
    with pytest.raises(RunError, match="failed"):
        reproduce(project)


@pytest.mark.parametrize(
    ("now", "different"),
    [
        ({"a": [1.0, np.nan], "t": ["x", "y"]}, 0),
        ({"a": [1.0, 2.0], "t": ["x", "y"]}, 1),
        ({"a": [1.1, np.nan], "t": ["x", "y"]}, 1),
    ],
)
def test_tables_are_compared_number_by_number(now, different):
    then = pd.DataFrame({"a": [1.0, np.nan], "t": ["x", "y"]})
    compared = compare_tables("t", then, pd.DataFrame(now), 0.0)
    assert (compared.numbers, compared.different, compared.equal) == (2, different, different == 0)


@pytest.mark.parametrize(
    "now", [{"a": [1.0]}, {"b": [1.0, 2.0], "t": ["x", "y"]}, {"a": [1.0, np.nan], "t": ["x", "z"]}]
)
def test_another_shape_name_or_text_is_a_difference(now):
    then = pd.DataFrame({"a": [1.0, np.nan], "t": ["x", "y"]})
    assert not compare_tables("t", then, pd.DataFrame(now), 0.0).equal
