"""Alerts arrive, once, at real receivers; nothing secret goes with them, and nobody waits for them."""

from __future__ import annotations

import logging
import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest

from foliohub.config import Settings
from foliohub.errors import ConfigurationError
from foliohub.schedule import Alert, Alerts
from foliohub.schedule.alerts import Delivery, Kind, Stage
from hub.scheduler import channels
from hub.scheduler.channels import Mail, NotDeliveredError, Webhook, open_channels
from hub.scheduler.courier import Courier
from tests.hub.scheduler.receivers import Hook, MailServer, wait_until

NOW = datetime(2026, 6, 1, 18, 20, tzinfo=UTC)
ALERT = Alert(
    id="failed-daily-ingest-29672280",
    kind=Kind.FAILED,
    job="daily-ingest",
    sentence="daily-ingest for 2026-06-01, due 2026-06-01 18:00 UTC, failed: Börse zu.",
    raised_at=NOW,
    request="daily-ingest-29672280",
    as_of="2026-06-01",
    scheduled_at=NOW - timedelta(minutes=20),
    run_id="daily-ingest.2026-06-01.1",
)


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def alerts(project) -> Alerts:
    return Alerts(project.store())


@pytest.fixture
def deliver(alerts):
    """Raise the alert for a channel, and let a courier look for it again and again: gives how it ended."""

    def run(channel, looks: int = 12) -> Delivery:
        clock = Clock()
        alerts.raise_once(ALERT.model_copy(update={"deliveries": {"here": Delivery()}}))
        courier = Courier(alerts, {"here": channel}, clock)
        for _ in range(looks):
            courier.deliver()
            clock.now += timedelta(minutes=11)
        return alerts.all()[0].deliveries["here"]

    return run


def test_a_webhook_gets_the_alert_as_json_once(deliver):
    hook = Hook()
    with hook.serving() as address:
        assert deliver(Webhook(address)) == Delivery(stage=Stage.DELIVERED, tries=1)
    ((path, content, headers),) = hook.received
    assert path == "/services/T0/B0/hush"
    assert headers["Idempotency-Key"] == content["id"] == ALERT.id
    assert content["kind"] == "failed"
    assert content["text"] == f"Foliohub: daily-ingest failed (2026-06-01)\n{ALERT.sentence}"
    assert "deliveries" not in content


def test_a_mail_says_what_happened_and_carries_its_id(deliver):
    server = MailServer(login=True)
    with server.serving() as port:
        mail = Mail(f"smtp://me:h%2Fush@localhost:{port}", "hub@example.org", ("a@example.org", "b@example.org"))
        assert deliver(mail) == Delivery(stage=Stage.DELIVERED, tries=1)
    (message,) = server.received
    assert message["Subject"] == "Foliohub: daily-ingest failed (2026-06-01)"
    assert message["Message-ID"] == f"<{ALERT.id}@foliohub>"
    assert len(server.recipients) == 2
    text = message.get_content()
    assert ALERT.sentence in text
    assert "Run:     daily-ingest.2026-06-01.1" in text


def test_a_receiver_that_is_busy_gets_it_later_and_once(deliver):
    hook = Hook(503, 429, 500)
    with hook.serving() as address:
        assert deliver(Webhook(address)) == Delivery(
            stage=Stage.DELIVERED, tries=4, not_before=NOW + timedelta(minutes=22, seconds=20)
        )
    assert len(hook.received) == 4


@pytest.mark.parametrize("status", [400, 403, 404, 302])
def test_a_receiver_that_refuses_for_good_is_not_asked_again(deliver, status):
    hook = Hook(*[status] * 5)
    with hook.serving() as address:
        delivery = deliver(Webhook(address))
    assert (delivery.stage, delivery.tries, delivery.error) == (
        Stage.ABANDONED,
        1,
        f"The webhook answered {status}.",
    )
    assert [path for path, *_ in hook.received] == ["/services/T0/B0/hush"]


def test_who_hangs_up_without_an_answer_may_have_it_and_gets_no_second(deliver):
    hook = Hook(0)
    with hook.serving() as address:
        assert deliver(Webhook(address)).stage is Stage.UNCERTAIN
    assert len(hook.received) == 1


def test_nobody_there_is_tried_again_and_given_up_in_the_end(deliver):
    delivery = deliver(Webhook("http://127.0.0.1:9/hush-hush"))
    assert (delivery.stage, delivery.tries) == (Stage.ABANDONED, 8)
    assert "hush" not in delivery.error
    assert delivery.error == "The webhook cannot be reached (ConnectError)."


@pytest.mark.parametrize(
    ("server", "stage", "tries"),
    [
        (MailServer("451 later"), Stage.DELIVERED, 2),
        (MailServer("554 no"), Stage.ABANDONED, 1),
        (MailServer(""), Stage.UNCERTAIN, 1),
        (MailServer(refuses="550 nobody"), Stage.ABANDONED, 1),
        (MailServer(refuses="450 later"), Stage.ABANDONED, 8),
    ],
)
def test_a_mail_server_is_believed_what_it_says(deliver, server, stage, tries):
    with server.serving() as port:
        delivery = deliver(Mail(f"smtp://localhost:{port}", "hub@example.org", ("a@example.org",)))
    assert (delivery.stage, delivery.tries) == (stage, tries)


def test_a_password_does_not_leave_the_machine_unencrypted(monkeypatch):
    server = MailServer(login=True)
    with server.serving() as port:
        monkeypatch.setattr(channels, "_LOOPBACK", ())
        with pytest.raises(NotDeliveredError, match="only unencrypted") as refused:
            Mail(f"smtp://me:hush@localhost:{port}", "hub@example.org", ("a@example.org",)).send(ALERT)
    assert refused.value.for_good
    assert not [line for line in server.said if line.startswith("AUTH")]


@pytest.fixture
def certificate(tmp_path):
    """A file with a key and a certificate of localhost, which nobody trusts who is not told to."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file = tmp_path / "localhost.pem"
    file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem))
    return file


@pytest.fixture
def encrypting(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return MailServer(login=True, tls=context)


def test_a_server_that_can_encrypt_gets_everything_encrypted(encrypting, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setattr(channels, "_LOOPBACK", ())
    with encrypting.serving() as port:
        Mail(f"smtp://me:hush@localhost:{port}", "hub@example.org", ("a@example.org",)).send(ALERT)
    verbs = [line.split(" ")[0].split(":")[0] for line in encrypting.said]
    assert verbs == ["ehlo", "STARTTLS", "(encrypted)", "ehlo", "AUTH", "mail", "rcpt", "data", "quit"]
    assert len(encrypting.received) == 1


def test_a_server_with_a_certificate_nobody_trusts_gets_nothing(encrypting):
    with encrypting.serving() as port, pytest.raises(NotDeliveredError, match="SSLCertVerificationError"):
        Mail(f"smtp://me:hush@localhost:{port}", "hub@example.org", ("a@example.org",)).send(ALERT)
    assert encrypting.said[-1] == "(encrypted)"
    assert encrypting.received == []


def test_what_was_being_sent_when_the_scheduler_died_is_not_sent_again(alerts):
    alerts.raise_once(ALERT.model_copy(update={"deliveries": {"here": Delivery()}}))
    alerts.begin(ALERT, "here")
    hook = Hook()
    with hook.serving() as address:
        courier = Courier(alerts, {"here": Webhook(address)}, Clock())
        courier.start()
        wait_until(lambda: alerts.all()[0].deliveries["here"].stage is Stage.UNCERTAIN)
        courier.stop()
    assert hook.received == []


def test_the_same_event_is_one_alert(alerts):
    assert alerts.raise_once(ALERT)
    assert not alerts.raise_once(ALERT.model_copy(update={"sentence": "again"}))
    assert [alert.sentence for alert in alerts.all()] == [ALERT.sentence]


def test_a_channel_that_is_not_set_up_any_more_is_not_waited_for(alerts):
    alerts.raise_once(ALERT.model_copy(update={"deliveries": {"gone": Delivery()}}))
    Courier(alerts, {}, Clock()).deliver()
    assert alerts.all()[0].deliveries["gone"].stage is Stage.UNCERTAIN


@pytest.mark.slow
def test_no_job_waits_for_a_receiver_that_says_nothing(project, stage, monkeypatch):
    monkeypatch.setattr(channels, "_SECONDS", 3.0)
    project.job("a", "0 18 * * 1-5")
    project.job("b", "30 18 * * 1-5")
    stage = stage()
    hook = Hook(-1)
    with hook.serving() as address:
        courier = Courier(stage.alerts, {"webhook": Webhook(address)}, Clock())
        courier.start()
        stage.tick()
        stage.at("2026-06-01 18:00")
        stage.end("failed", "no prices")
        wait_until(lambda: hook.received)
        began = time.monotonic()
        stage.at("2026-06-01 18:30")
        assert stage.started == ["a 2026-06-01", "b 2026-06-01"]
        assert time.monotonic() - began < 2.5
        wait_until(lambda: stage.alerts.all()[0].deliveries["webhook"].stage is Stage.UNCERTAIN)
        courier.stop()
    assert len(hook.received) == 1


def test_no_log_and_no_record_names_an_address(deliver, alerts, caplog):
    caplog.set_level(logging.DEBUG, logger="foliohub")
    hook = Hook(500, 404)
    with hook.serving() as address:
        deliver(Webhook(address))
    deliver(Mail("smtp://me:hush@127.0.0.1:9", "hub@example.org", ("a@example.org",)))
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("foliohub")]
    assert ours
    assert "hush" not in "".join(ours)
    assert "hush" not in alerts.all()[0].model_dump_json()


def test_settings_name_the_channels(tmp_path):
    def settings(**values: str) -> Settings:
        return Settings(home=tmp_path, **values)

    assert open_channels(settings()) == {}
    both = settings(alert_webhook="https://hooks.example.org/x", alert_smtp="smtp://mail", alert_to="a@b.org, c@d.org,")
    assert list(open_channels(both)) == ["webhook", "mail"]
    with pytest.raises(ConfigurationError, match="nobody to mail to"):
        open_channels(settings(alert_smtp="smtp://mail", alert_to=" , "))
