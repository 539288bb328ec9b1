"""A researcher's home: templates that are read-only and new, an environment without secrets, a launcher that fits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from traitlets.config import Config

from foliohub.config import Settings
from hub.researcher import FOLDER, configure, environment, places, templates

ROOT = Path(__file__).parents[3]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(project=ROOT, home=tmp_path / "platform")


def test_templates_are_the_projects_notebooks_and_name_our_kernel(tmp_path: Path) -> None:
    count = templates.renew(tmp_path, ROOT)
    originals = [path for name in templates.FOLDERS for path in (ROOT / name).glob("*.ipynb")]
    assert count == len(originals) > 0
    for original in originals:
        copy = tmp_path / "templates" / original.relative_to(ROOT)
        assert copy.stat().st_mode & 0o777 == 0o444
        notebook = json.loads(copy.read_text(encoding="utf-8"))
        assert notebook["metadata"].pop("kernelspec")["name"] == "foliohub"
        expected = json.loads(original.read_text(encoding="utf-8"))
        expected["metadata"].pop("kernelspec")
        assert notebook == expected


def test_templates_are_made_anew_whatever_lies_there(tmp_path: Path) -> None:
    templates.renew(tmp_path, ROOT)
    stale = tmp_path / "templates" / "notebooks"
    stale.chmod(0o755)
    (stale / "99_old.ipynb").write_text("{}")
    templates.renew(tmp_path, ROOT)
    assert not (stale / "99_old.ipynb").exists()


@pytest.mark.parametrize("place", ["templates", "templates/notebooks"])
def test_a_link_in_their_place_is_removed_and_not_followed(tmp_path: Path, place: str) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("text")
    home = tmp_path / "home"
    (home / place).parent.mkdir(parents=True)
    (home / place).symlink_to(precious)
    templates.renew(home, ROOT)
    assert (precious / "file").read_text() == "text"
    assert precious.stat().st_mode & 0o777 != 0o555
    assert list((home / "templates" / "notebooks").glob("*.ipynb"))


def test_the_environment_holds_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHAVANTAGE_API_KEY", "a-vendor-key")
    secret = Settings(
        project=ROOT, home=tmp_path, store="s3://host:bucket?access=name&secret=hush", alert_smtp="smtp://u:pass@host"
    )
    assert "FOLIOHUB_STORE" not in environment(secret)
    assert not [
        value for value in environment(secret).values() if "hush" in value or "pass@" in value or "vendor" in value
    ]
    assert environment(Settings(project=ROOT, home=tmp_path))["FOLIOHUB_STORE"].startswith("lmdb://")


def test_keys_people_logs_and_homes_are_no_place_to_go(settings: Settings) -> None:
    allowed = [Path(path) for paths in places(settings).values() for path in paths]
    for name in ("hub", "hub/keys.json", "people", "people/somebody", "logs"):
        forbidden = settings.home / name
        assert not [path for path in allowed if forbidden.is_relative_to(path) or path.is_relative_to(forbidden)]
    assert not [path for path in allowed if Path.home() == path or Path.home().is_relative_to(path)]


def test_a_home_within_the_project_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / ".foliohub" / "hub").mkdir(parents=True)
    found = places(Settings(project=tmp_path, home=tmp_path / ".foliohub"))
    allowed = [Path(path) for paths in found.values() for path in paths]
    assert tmp_path / "notebooks" in allowed
    assert not [path for path in allowed if (tmp_path / ".foliohub" / "hub").is_relative_to(path)]


def test_nothing_in_the_home_runs_before_it_is_confined(settings: Settings, tmp_path: Path) -> None:
    c = Config()
    c.Spawner.environment, c.Spawner.args = {}, []
    configure(c, settings)
    home = tmp_path / "home"
    home.mkdir()
    for trap in ("sitecustomize.py", "usercustomize.py", "json.py", "hub/__init__.py", "foliohub.py"):
        (home / trap).parent.mkdir(exist_ok=True)
        (home / trap).write_text(f"open({str(tmp_path / 'trapped')!r}, 'w')")
    command = [
        *c.Spawner.cmd[:3],
        sys.executable,
        "-I",
        "-c",
        "import os; print(os.environ['TMPDIR'], oct(os.umask(0)))",
    ]
    variables = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(home), "FOLIOHUB_PROJECT": str(ROOT)}
    done = subprocess.run(
        command, cwd=home, env=variables | environment(settings), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(home / ".cache" / "tmp"), "0o77"]
    assert not (tmp_path / "trapped").exists()
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "templates" / "notebooks").is_dir()


def test_the_launcher_is_where_jupyterlab_looks_for_it() -> None:
    extension = FOLDER / "share" / "labextensions" / "foliohub-launcher"
    package = json.loads((extension / "package.json").read_text())
    assert (extension / package["jupyterlab"]["_build"]["load"]).is_file()
