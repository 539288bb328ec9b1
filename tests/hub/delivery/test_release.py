"""A release says the same version everywhere, and what changed."""

from __future__ import annotations

import pytest

from foliohub.errors import InputError
from hub.delivery.release import PROJECT, main, notes, versions

LOG = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-11-20\n\n### Added\n\n- It runs.\n\n## [1.1.0]\n\n- Old.\n"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "hub" / "chart").mkdir(parents=True)
    (tmp_path / "hub" / "chart" / "Chart.yaml").write_text('version: 1.2.0\nappVersion: "1.2.0"\n', encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n', encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text(LOG, encoding="utf-8")
    return tmp_path


def test_notes_are_the_change_logs_section_and_no_more(project):
    assert notes(project, "1.2.0") == "### Added\n\n- It runs.\n"


@pytest.mark.parametrize("file", ["pyproject.toml", "hub/chart/Chart.yaml"])
def test_a_version_that_is_not_the_same_everywhere_is_refused(project, file):
    path = project / file
    path.write_text(path.read_text(encoding="utf-8").replace("1.2.0", "1.3.0"), encoding="utf-8")
    with pytest.raises(InputError, match=r"says 1\.3\.0, not 1\.2\.0"):
        notes(project, "1.2.0")


def test_a_version_without_notes_is_refused(project):
    (project / "CHANGELOG.md").write_text("## [Unreleased]\n\n- Much.\n", encoding="utf-8")
    with pytest.raises(InputError, match="says nothing of 1"):
        notes(project, "1.2.0")


def test_this_project_says_one_version():
    assert len(set(versions(PROJECT).values())) == 1


def test_a_wrong_tag_ends_with_a_message(capsys):
    assert main("v99.0.0") == 1
    assert "not 99.0.0" in capsys.readouterr().err
