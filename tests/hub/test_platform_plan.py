"""What every process of the platform is told, and what it is not."""

from __future__ import annotations

import pytest

from foliohub.config import SECRET_VARIABLES, Settings
from hub.config.settings import load_hub_settings
from hub.supervisor.plan import plan

SECRETS = {
    "ALPHAVANTAGE_API_KEY": "key-of-the-vendor",
    "FOLIOHUB_ALERT_SMTP": "smtp://anna:word-for-mail@127.0.0.1:25",
    "FOLIOHUB_ALERT_WEBHOOK": "http://127.0.0.1/secret-path",
}


@pytest.fixture
def programs(tmp_path):
    settings = Settings(home=tmp_path)
    variables = {"PATH": "/usr/bin", "FOLIOHUB_CATCH_UP": "2", "UNRELATED": "x", **SECRETS}
    return {program.name: program for program in plan(settings, load_hub_settings(), variables)[2]}


def test_every_secret_there_is_was_tried():
    assert set(SECRETS) == set(SECRET_VARIABLES)


def test_only_the_scheduler_gets_secrets(programs):
    assert programs["scheduler"].environment.items() >= SECRETS.items()
    for name, program in programs.items():
        if name != "scheduler":
            told = " ".join([*program.environment.values(), *program.command])
            assert [secret for secret in SECRETS.values() if secret in told] == [], name


def test_services_get_settings_and_nothing_unrelated(programs):
    for name in ("api", "dashboards", "quotes", "scheduler"):
        assert programs[name].environment["FOLIOHUB_CATCH_UP"] == "2"
        assert "UNRELATED" not in programs[name].environment


def test_no_program_sees_a_secret_in_its_arguments(programs):
    tokens = {program.environment.get("JUPYTERHUB_API_TOKEN") for program in programs.values()} - {None}
    assert tokens
    for program in programs.values():
        assert not tokens & set(" ".join(program.command).split())
