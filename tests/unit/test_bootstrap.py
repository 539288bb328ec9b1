"""Set-up, with a script in the part of uv: what it decides, and that no interruption leaves half an environment."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SITE = "lib/python3.11/site-packages"
VERSION = "9.9.9"
PACKAGES = ("alpha-1.0.dist-info", "beta-2.0.dist-info", "foliohub-0.1.0.dist-info")

# Creates what uv would, slowly, one package after the other; notes each call.
UV = f"""#!{sys.executable}
import os, pathlib, sys, time
root = pathlib.Path.cwd()
with (root / "calls").open("a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
python = root / ".venv" / "bin" / "python"
site = root / ".venv" / "lib" / "python3.11" / "site-packages"
if sys.argv[1] == "venv":
    python.parent.mkdir(parents=True)
    if "SLOW_PYTHON" in os.environ:
        python.write_text(f"#!/bin/sh\\nsleep {{os.environ['SLOW_PYTHON']}}\\n")
        python.chmod(0o755)
    else:
        python.symlink_to(sys.executable)
    site.mkdir(parents=True)
else:
    for name in {PACKAGES[-1:]!r} if "--editable" in sys.argv else {PACKAGES[:-1]!r}:
        time.sleep(float(os.environ.get("SLOW", "0")))
        (site / name).mkdir(exist_ok=True)
        (site / name / "code.py").write_text("answer = 42")
        (site / name / "template.py").write_text("{{{{ no python }}}}")
"""


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bootstrap"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "bootstrap.py", tmp_path)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "foliohub"\n')
    (tmp_path / "requirements.lock").write_text(
        "alpha==1.0 \\\n    --hash=sha256:aa\n"
        f"uv=={VERSION} \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
        "uvicorn==1.0 \\\n    --hash=sha256:dd\n"
    )
    uv = tmp_path / ".setup" / f"uv-{VERSION}" / "bin" / "uv"
    uv.parent.mkdir(parents=True)
    uv.write_text(UV)
    uv.chmod(0o755)
    return tmp_path


def start(clone: Path, *, slow: float = 0.0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "bootstrap.py"],
        cwd=clone,
        env=os.environ | {"SLOW": str(slow)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def set_up(clone: Path) -> list[str]:
    """Run to the end; what uv was asked to do."""
    calls = clone / "calls"
    calls.unlink(missing_ok=True)
    process = start(clone)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert_whole(clone)
    return [line.split()[0] for line in calls.read_text().splitlines()] if calls.exists() else []


def assert_whole(clone: Path) -> None:
    site = clone / ".venv" / SITE
    assert sorted(folder.name for folder in site.iterdir()) == sorted(PACKAGES)
    assert json.loads((clone / ".venv" / "foliohub-setup.json").read_text())["packages"] == sorted(PACKAGES)


BUILD, UPDATE, NOTHING = ["venv", "pip", "pip"], ["pip", "pip"], []


def test_the_first_set_up_builds_and_the_second_has_nothing_to_do(clone: Path) -> None:
    assert set_up(clone) == BUILD
    assert set_up(clone) == NOTHING


def test_another_lock_or_other_dependencies_update(clone: Path) -> None:
    set_up(clone)
    with (clone / "requirements.lock").open("a") as lock:
        lock.write("gamma==3.0 \\\n    --hash=sha256:ee\n")
    assert set_up(clone) == UPDATE
    (clone / "pyproject.toml").write_text('[project]\nname = "foliohub"\ndependencies = ["gamma"]\n')
    assert set_up(clone) == UPDATE
    assert set_up(clone) == NOTHING


def test_settings_of_tools_install_nothing(clone: Path) -> None:
    set_up(clone)
    with (clone / "pyproject.toml").open("a") as project:
        project.write("[tool.ruff]\nline-length = 100\n")
    assert set_up(clone) == NOTHING


@pytest.mark.parametrize("lost", ["bin/python", "lib", f"{SITE}/alpha-1.0.dist-info", "foliohub-setup.json"])
def test_an_environment_that_lost_parts_is_built_again(clone: Path, lost: str) -> None:
    set_up(clone)
    path = clone / ".venv" / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert set_up(clone) == BUILD


def test_an_environment_that_was_made_by_hand_or_recorded_badly_is_built_again(clone: Path) -> None:
    (clone / ".venv" / "bin").mkdir(parents=True)
    assert set_up(clone) == BUILD
    (clone / ".venv" / "foliohub-setup.json").write_text('{"lock": ')
    assert set_up(clone) == BUILD


def test_a_clone_that_was_moved_is_built_again(clone: Path) -> None:
    set_up(clone)
    moved = clone.rename(clone.with_name("moved"))
    assert set_up(moved) == BUILD


def test_what_the_user_added_stays_while_the_lock_does(clone: Path) -> None:
    set_up(clone)
    added = clone / ".venv" / SITE / "theirs-1.0.dist-info"
    added.mkdir()
    process = start(clone)
    process.communicate(timeout=60)
    assert added.exists()


@pytest.mark.parametrize("after", [0.05, 0.2, 0.35])
@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda kill: kill.name)
def test_an_interrupted_set_up_is_whole_after_the_next(clone: Path, kill: signal.Signals, after: float) -> None:
    process = start(clone, slow=0.1)
    time.sleep(after)
    os.killpg(process.pid, kill)
    process.communicate(timeout=60)
    set_up(clone)
    assert set_up(clone) == NOTHING


def test_an_interrupted_update_is_built_again(clone: Path) -> None:
    set_up(clone)
    with (clone / "requirements.lock").open("a") as lock:
        lock.write("gamma==3.0 \\\n    --hash=sha256:ee\n")
    process = start(clone, slow=5)
    while (clone / ".venv" / "foliohub-setup.json").exists():
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert set_up(clone) == BUILD


def test_a_set_up_waits_for_what_a_killed_one_left_running(clone: Path) -> None:
    process = start(clone, slow=0.5)
    while not (clone / "calls").exists() or "pip" not in (clone / "calls").read_text():
        time.sleep(0.01)
    process.kill()  # but not the uv it started
    process.wait()
    second = start(clone)
    _, said = second.communicate(timeout=60)
    assert "waiting for another set-up" in said
    assert_whole(clone)


def test_without_a_terminal_set_up_says_a_few_plain_lines(clone: Path) -> None:
    process = start(clone)
    _, said = process.communicate(timeout=60)
    assert all(line.startswith("set-up: ") for line in said.splitlines())
    assert len(said.splitlines()) == 3
    assert "\r" not in said
    installs = [line for line in (clone / "calls").read_text().splitlines() if line.startswith("pip")]
    assert all("--quiet" in line for line in installs)


def test_in_a_terminal_the_seconds_of_compiling_are_counted(clone: Path) -> None:
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "bootstrap.py"], cwd=clone, env=os.environ | {"SLOW_PYTHON": "3.5"}, stderr=theirs
    )
    os.close(theirs)
    said = b""
    try:
        while chunk := os.read(ours, 1024):
            said += chunk
    except OSError:  # how Linux says that nobody has the terminal open any more
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0
    counted = [int(seconds) for seconds in re.findall(rb"set-up: compiling, (\d+) s\x1b\[K\r", said)]
    assert len(counted) >= 2
    assert counted == sorted(set(counted))
    assert b"\r\x1b[Kset-up: finished" in said, "the line it stood in is free again"
    install, link = (line for line in (clone / "calls").read_text().splitlines() if line.startswith("pip"))
    assert "--quiet" not in install, "uv shows its own progress"
    assert "--quiet" in link


@pytest.mark.parametrize(("wanted", "compiled"), [("1", True), ("0", False)])
def test_packages_are_compiled_unless_the_user_says_otherwise(
    clone: Path, monkeypatch: pytest.MonkeyPatch, wanted: str, compiled: bool
) -> None:
    monkeypatch.setenv("UV_COMPILE_BYTECODE", wanted)
    set_up(clone)
    site = clone / ".venv" / SITE
    for name in PACKAGES:
        assert bool(list((site / name).glob("__pycache__/code.*.pyc"))) == compiled


def test_two_set_ups_at_once_install_once(clone: Path) -> None:
    both = [start(clone, slow=0.1), start(clone, slow=0.1)]
    for process in both:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert_whole(clone)
    assert len((clone / "calls").read_text().splitlines()) == len(BUILD)


def test_a_failed_step_ends_set_up_and_says_so(clone: Path) -> None:
    (clone / ".setup" / f"uv-{VERSION}" / "bin" / "uv").write_text("#!/bin/sh\nexit 3\n")
    process = start(clone)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "ended with 3" in said
    assert "call make again" in said


def test_uv_is_the_lock_s_with_all_its_hashes(bootstrap: ModuleType, clone: Path) -> None:
    version, entry = bootstrap.Clone(clone).locked("uv")
    assert version == VERSION
    assert entry == f"uv=={VERSION} \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"


def test_the_project_s_own_lock_names_uv(bootstrap: ModuleType) -> None:
    assert bootstrap.Clone(ROOT).locked("uv")[1].count("--hash=") > 1


def test_pip_s_settings_count_for_uv_unless_its_own_are_set(bootstrap: ModuleType, tmp_path: Path) -> None:
    pips = {"PIP_FIND_LINKS": f"{tmp_path} https://wheels.example/torch /no/such/folder", "PIP_CERT": "ca.pem"}
    translated = bootstrap.uv_environment(pips)
    assert translated["UV_FIND_LINKS"] == f"{tmp_path},https://wheels.example/torch"
    assert translated["SSL_CERT_FILE"] == "ca.pem"
    assert bootstrap.uv_environment(pips | {"UV_FIND_LINKS": "theirs"})["UV_FIND_LINKS"] == "theirs"


def test_bytecode_is_compiled_unless_the_user_says_otherwise(bootstrap: ModuleType) -> None:
    assert bootstrap.uv_environment({})["UV_COMPILE_BYTECODE"] == "1"
    assert bootstrap.uv_environment({"UV_COMPILE_BYTECODE": "0"})["UV_COMPILE_BYTECODE"] == "0"


def test_our_own_package_is_compiled_too(clone: Path) -> None:
    package = clone / "lib" / "foliohub"
    package.mkdir(parents=True)
    (package / "costs.py").write_text("BASIS_POINT = 1e-4\n")
    set_up(clone)
    assert list(package.glob("__pycache__/costs.*.pyc"))


def test_the_engine_is_compiled_once_for_each_state_of_its_sources(bootstrap: ModuleType, clone: Path) -> None:
    source = clone / "lib" / "foliohub" / "forecast" / "arima" / "engine" / "search.py"
    source.parent.mkdir(parents=True)
    (clone / ".venv").mkdir()
    asked: list[list[str]] = []
    for text in ("one", "one", "two", "two"):
        source.write_text(text)
        bootstrap.compile_engine(bootstrap.Clone(clone), lambda command, _: asked.append(command))
    assert [command[1:] for command in asked] == [["-m", "foliohub.forecast.arima.compiling"]] * 2
