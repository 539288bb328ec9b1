"""The doctor: says what is broken and what to do, and changes nothing."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from foliohub.config import Settings, load_settings
from hub.config.settings import HubSettings, load_hub_settings
from hub.supervisor import node
from hub.supervisor.doctor import Finding, examine
from hub.supervisor.ports import free_ports


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("FOLIOHUB_HOME", str(tmp_path / "home"))
    return load_settings()


@pytest.fixture
def hub() -> HubSettings:
    return load_hub_settings(port=free_ports(1)[0])


def findings(settings: Settings, hub: HubSettings) -> dict[str, Finding]:
    return {finding.subject: finding for finding in examine(settings, hub)}


def test_a_machine_set_up_but_never_used_is_not_broken(settings: Settings, hub: HubSettings) -> None:
    found = findings(settings, hub)
    found.pop("packages")  # whoever develops may have others
    assert [finding for finding in found.values() if finding.verdict == "broken"] == []
    assert found["store"].remedy == "Fill it: foliohub cycle --include weekly"
    assert not settings.home.exists()


def test_whatever_is_not_well_has_a_remedy(settings: Settings, hub: HubSettings) -> None:
    assert all(finding.remedy for finding in examine(settings, hub) if finding.verdict != "good")


@pytest.mark.parametrize(
    ("needs", "said"), [("update", "set up for another lock"), ("build", "set-up did not finish, or parts were lost")]
)
def test_packages_that_do_not_fit_are_named(
    settings: Settings, hub: HubSettings, monkeypatch: pytest.MonkeyPatch, needs: str, said: str
) -> None:
    monkeypatch.setattr("bootstrap.Clone.needs", lambda _: needs)
    monkeypatch.setattr("sys.prefix", str(settings.project / ".venv"))
    found = findings(settings, hub)["packages"]
    assert (found.verdict, found.seen) == ("broken", said)
    assert "make setup" in found.remedy


def test_packages_of_another_environment_are_its_owners_affair(
    settings: Settings, hub: HubSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.prefix", "/somewhere/else")
    assert findings(settings, hub)["packages"].verdict == "doubtful"


def test_a_machine_without_node_is_told(settings: Settings, hub: HubSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "_candidates", list)
    found = findings(settings, hub)["node"]
    assert found.verdict == "broken"
    assert "make setup" in found.remedy


def test_files_others_can_read_are_named(settings: Settings, hub: HubSettings) -> None:
    keys = settings.home / "hub" / "keys.json"
    keys.parent.mkdir(parents=True, mode=0o700)
    keys.touch(0o644)
    keys.chmod(0o644)
    found = findings(settings, hub)["secrets"]
    assert found.verdict == "broken"
    assert str(keys) in found.seen


def test_a_taken_port_is_named(settings: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        found = findings(settings, load_hub_settings(port=port))["port"]
    assert found.verdict == "broken"
    assert str(port) in found.seen


def test_a_broken_file_of_people_is_named(settings: Settings, hub: HubSettings) -> None:
    people = settings.home / "hub" / "people.json"
    people.parent.mkdir(parents=True, mode=0o700)
    people.write_text("{")
    assert "people.json" in findings(settings, hub)["people"].seen


@pytest.mark.parametrize(("revision", "verdict"), [("833da8570507", "good"), ("ffffffffffff", "broken")])
def test_an_older_database_will_be_upgraded_and_a_newer_one_is_refused(
    settings: Settings, hub: HubSettings, revision: str, verdict: str
) -> None:
    import sqlite3

    file = settings.home / "hub" / "jupyterhub.sqlite"
    file.parent.mkdir(parents=True, mode=0o700)
    with sqlite3.connect(file) as database:
        database.execute("create table alembic_version (version_num varchar(32) not null)")
        database.execute("insert into alembic_version values (?)", (revision,))
    found = findings(settings, hub)["database"]
    assert found.verdict == verdict
    assert ("upgraded at the next start" in found.seen) == (verdict == "good")
