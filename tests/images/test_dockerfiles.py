"""What every Dockerfile must say, whether or not something here can build it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

IMAGES = Path(__file__).parents[2] / "images"
DOCKERFILES = sorted(IMAGES.glob("*/Dockerfile"))
PINNED = re.compile(r"^ARG BASE=docker\.io/library/debian:bookworm-slim@sha256:[0-9a-f]{64}$", re.MULTILINE)


def stages(text: str) -> dict[str, str]:
    """Stages of a Dockerfile by name, in order."""
    parts = re.split(r"^FROM (\S+) AS (\S+)$", text, flags=re.MULTILINE)
    return {
        name: f"FROM {base}\n{body}" for base, name, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    }


def last_stage(text: str) -> str:
    return list(stages(text).values())[-1]


@pytest.fixture(params=DOCKERFILES, ids=[file.parent.name for file in DOCKERFILES])
def text(request):
    return request.param.read_text(encoding="utf-8")


def test_there_are_the_images_the_platform_needs():
    assert {"hub", "research", "s3"} <= {file.parent.name for file in DOCKERFILES}


def test_the_base_is_pinned_by_digest_and_can_be_another(text):
    assert PINNED.search(text)
    bases = set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) - set(stages(text))
    assert bases <= {"${BASE}", "scratch"}


def test_all_images_stand_on_the_same_base():
    assert len({PINNED.search(file.read_text(encoding="utf-8"))[0] for file in DOCKERFILES}) == 1


@pytest.mark.parametrize("stage", ["python", "tools"])
def test_stages_of_one_name_are_the_same_so_that_they_are_built_once(stage):
    texts = [stages(file.read_text(encoding="utf-8")).get(stage) for file in DOCKERFILES]
    shared = [text.split("\n\n")[0] for text in texts if text is not None]
    assert len(shared) > 1
    assert len(set(shared)) == 1


def test_nothing_is_called_latest(text):
    assert "latest" not in text


def test_it_runs_as_nobody_special(text):
    last = last_stage(text)
    assert re.findall(r"^USER (\S+)$", last, re.MULTILINE) == ["1000:1000"]
    assert "USER" not in text.removesuffix(last.partition("\n")[2])


def test_no_entrypoint_swallows_arguments(text):
    assert re.findall(r"^ENTRYPOINT (.*)$", text, re.MULTILINE) in ([], ['["tini", "--"]'])


def test_the_last_stage_installs_no_compiler_and_fetches_nothing(text):
    last = last_stage(text)
    assert not re.search(r"apt-get|fetching|pip |secret|binutils|gcc|build-essential", last)


def test_packages_come_from_locks_with_hashes(text):
    for command in re.findall(r"fetching .*?(?=&&|\n[A-Z]|\Z)", text, re.DOTALL):
        if "install" in command:
            assert "--require-hashes" in command or "/build/torch.txt" in command


def test_labels_name_commit_version_and_lock(text):
    last = last_stage(text)
    for label, argument in {"image.revision": "COMMIT", "image.version": "VERSION", "foliohub.lock": "LOCK"}.items():
        assert re.search(rf"{label}=\${argument}\b", last)
        assert f"ARG {argument}=" in last


def test_what_changes_with_every_commit_comes_after_what_does_not(text):
    last = last_stage(text)
    assert last.rindex("COPY ") < last.index("ARG COMMIT") < last.index("LABEL")
    if "--from=code" in last:
        assert last.index("--from=packages") < last.index("--from=code")


def test_no_file_names_this_machine_or_a_package_index():
    for file in IMAGES.rglob("*"):
        if file.is_file() and file.suffix not in {".md", ".pyc"}:
            assert not re.search(r"https?://|/opt/wheels|/work/|pypi\.org/simple", file.read_text(encoding="utf-8")), (
                file
            )
