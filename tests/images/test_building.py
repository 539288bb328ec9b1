"""Images are built from a commit alone, by whichever builder is there, and keep no secret."""

from __future__ import annotations

import hashlib
import itertools
import subprocess
from pathlib import Path

import pytest

from images import __main__ as program
from images.builders import BUILDERS, Build, certificates, choose, command, package_index, wheel_folder
from images.context import Source, commit_hash, exported, is_changed


@pytest.fixture
def clone(tmp_path):
    """A project with one commit, and a file of somebody's in no commit."""
    project = tmp_path / "clone"
    project.mkdir()
    files = {
        "pyproject.toml": '[project]\nversion = "1.2.3"\n',
        "requirements.lock": "a==1\n",
        "lib/program.py": "x = 1\n",
        "run": "#!/bin/sh\n",
    }
    for name, text in files.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    (project / "run").chmod(0o755)
    identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "-c", "core.hooksPath=/dev/null"]
    for words in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "begin"]):
        subprocess.run(["git", *words], cwd=project, check=True)
    (project / "secret.env").write_text("KEY=1", encoding="utf-8")
    return project


def test_a_build_sees_the_commit_and_nothing_else(clone):
    with exported(clone, "HEAD") as source:
        found = {str(path.relative_to(source.folder)) for path in source.folder.rglob("*") if path.is_file()}
        assert found == {"pyproject.toml", "requirements.lock", "lib/program.py", "run"}
        assert (source.folder / "run").stat().st_mode & 0o111
        assert source.commit == commit_hash(clone, "HEAD")
        assert source.version == "1.2.3"
        assert source.lock == hashlib.sha256(b"a==1\n").hexdigest()
    assert not source.folder.exists()
    assert is_changed(clone)


def test_the_same_commit_gives_the_same_files_at_any_time(clone):
    def times() -> dict[str, float]:
        with exported(clone, "HEAD") as source:
            return {path.name: path.stat().st_mtime for path in source.folder.rglob("*") if path.is_file()}

    assert times() == times()
    assert len(set(times().values())) == 1


def test_an_unknown_revision_builds_nothing(clone):
    with pytest.raises(subprocess.CalledProcessError), exported(clone, "nowhere"):
        pass


@pytest.mark.parametrize("builder", BUILDERS)
def test_every_builder_is_told_the_same(builder, tmp_path):
    build = Build(
        "r.example/foliohub/hub:1", tmp_path / "Dockerfile", tmp_path, {"COMMIT": "abc"}, {"ca": Path("/ca")}, tmp_path
    )
    words = command(builder, build)
    assert words[0] == builder
    assert words[-1] == str(tmp_path)
    pairs = set(itertools.pairwise(words))
    assert {
        ("--file", str(tmp_path / "Dockerfile")),
        ("--tag", "r.example/foliohub/hub:1"),
        ("--build-arg", "COMMIT=abc"),
        ("--secret", "id=ca,src=/ca"),
        ("--build-context", f"wheels={tmp_path}"),
    } <= pairs


def test_the_first_builder_that_works_is_taken():
    assert choose(works=lambda builder: builder != "docker") == "podman"
    assert choose("buildah", works=lambda builder: True) == "buildah"
    assert choose("docker", works=lambda builder: builder != "docker") is None
    assert choose(works=lambda builder: False) is None


def test_without_a_builder_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr(program, "choose", lambda asked: None)
    assert program.main(["hub"]) == 2
    assert "none of docker, podman, buildah works" in capsys.readouterr().err


def test_an_unknown_image_is_refused_with_the_names_there_are(capsys):
    with pytest.raises(SystemExit):
        program.main(["hbu"])
    assert "no image 'hbu'; there are hub, research, s3" in capsys.readouterr().err


def test_what_reaches_packages_goes_in_as_secrets(monkeypatch, tmp_path):
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("certificates", encoding="utf-8")
    monkeypatch.setattr(program, "certificates", lambda: bundle)
    monkeypatch.setattr(program, "package_index", lambda: "https://user:password@index.example/simple")
    with program.secret_files() as secrets:
        assert secrets["ca"] == bundle
        assert secrets["index"].read_text(encoding="utf-8") == "https://user:password@index.example/simple"
        assert secrets["index"].parent.stat().st_mode & 0o077 == 0
        source = Source(tmp_path, "abc", "1", "def")
        words = command("docker", program.plan("hub", "foliohub/hub:1", source, secrets))
        assert "password" not in " ".join(words)
    assert not secrets["index"].exists()


def test_settings_of_the_machine_are_found(tmp_path):
    bundle = tmp_path / "bundle.pem"
    bundle.touch()
    assert certificates({"SSL_CERT_FILE": str(tmp_path / "gone"), "PIP_CERT": str(bundle)}) == bundle
    assert certificates({}) is None
    assert package_index({"PIP_INDEX_URL": "https://one", "UV_DEFAULT_INDEX": "https://two"}) == "https://two"
    assert package_index({}) == ""
    assert wheel_folder({"PIP_FIND_LINKS": f"https://wheels.example {tmp_path}"}) == tmp_path
    assert wheel_folder({}) is None


def test_images_are_loaded_where_they_are_wanted(monkeypatch, clone):
    ran: list[list[str]] = []
    monkeypatch.setattr(program, "PROJECT", clone)
    monkeypatch.setattr(program, "choose", lambda asked: "buildah")
    monkeypatch.setattr(program, "run", ran.append)
    assert program.main(["hub", "--tag", "7", "--push", "--load", "kind load docker-image --name trial"]) == 0
    assert [words[0] for words in ran] == ["buildah", "buildah", "kind"]
    assert ran[1] == ["buildah", "push", "foliohub/hub:7"]
    assert ran[2] == ["kind", "load", "docker-image", "--name", "trial", "foliohub/hub:7"]
