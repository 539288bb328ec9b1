"""Settings of alerts: checked when they are read, never shown."""

from __future__ import annotations

import pytest

from foliohub.config import load_settings
from foliohub.errors import ConfigurationError
from foliohub.runs.environment import kernel_environment


@pytest.fixture
def setting(monkeypatch, tmp_path):
    monkeypatch.setenv("FOLIOHUB_HOME", str(tmp_path))

    def set_one(name: str, value: str):
        monkeypatch.setenv(f"FOLIOHUB_{name}", value)
        return load_settings()

    return set_one


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALERT_WEBHOOK", "hush.example.org/token"),
        ("ALERT_WEBHOOK", "ftp://hush.example.org"),
        ("ALERT_WEBHOOK", "https://"),
        ("ALERT_SMTP", "https://hush.example.org"),
        ("ALERT_SMTP", "smtp://me:hush@host:port"),
        ("ALERT_SMTP", "smtp://me:hush@host:99999"),
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(setting, name, value):
    with pytest.raises(ConfigurationError, match=f"FOLIOHUB_{name} is wrong") as refused:
        setting(name, value)
    assert "hush" not in str(refused.value)


def test_addresses_and_what_is_secret_in_them_are_kept_out_of_everything(setting):
    setting("ALERT_WEBHOOK", "https://hooks.example.org/services/T0/B0/hush")
    settings = setting("ALERT_SMTP", "smtp://me:pass%2Fword@mail.example.org:587")
    assert {"/services/T0/B0/hush", "pass%2Fword", "pass/word"} <= set(settings.secrets)
    assert settings.alert_webhook.get_secret_value() in settings.secrets
    assert "hush" not in repr(settings)
    assert "word@" not in repr(settings)


def test_an_empty_address_is_none(setting):
    assert setting("ALERT_WEBHOOK", "").alert_webhook is None
    assert setting("ALERT_SMTP", "").alert_smtp is None


def test_a_notebook_sees_no_address_of_alerts(setting):
    from pathlib import Path

    from foliohub.runs.spec import load_jobs

    root = Path(__file__).parents[3]
    setting("ALERT_WEBHOOK", "https://hooks.example.org/services/T0/B0/hush")
    settings = setting("ALERT_SMTP", "smtp://me:hush@mail.example.org")
    for job in load_jobs(root / "jobs", root / "notebooks").values():
        assert "hush" not in str(kernel_environment(settings, job))
