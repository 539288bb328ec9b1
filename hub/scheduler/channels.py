"""Where alerts go: a webhook, a mail server. A channel says whether an alert has certainly not arrived."""

from __future__ import annotations

import logging
import smtplib
import ssl
from contextlib import closing, suppress
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formataddr, formatdate
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

import httpx

from foliohub.config import Settings
from foliohub.errors import ConfigurationError, FoliohubError
from foliohub.schedule.alerts import Alert

logger = logging.getLogger("foliohub.scheduler.channels")

_SECONDS = 10.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_WORTH_ANOTHER_TRY = (408, 425, 429)


class NotDeliveredError(FoliohubError):
    """An alert has certainly not arrived.

    Parameters
    ----------
    message : str
    for_good : bool
        Another try would be refused as well.
    """

    def __init__(self, message: str, *, for_good: bool = False) -> None:
        super().__init__(message)
        self.for_good = for_good


class UncertainDeliveryError(FoliohubError):
    """An alert was handed over, and whether it arrived was never said."""


class Channel(Protocol):
    """A way to tell people."""

    def send(self, alert: Alert) -> None:
        """Deliver an alert.

        Raises
        ------
        NotDeliveredError
        UncertainDeliveryError
        """


class Webhook:
    """Posts an alert as JSON; its id stands in the header ``Idempotency-Key`` as well.

    Parameters
    ----------
    address : str
        Often a secret: it appears in no message.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def send(self, alert: Alert) -> None:
        """Deliver an alert; see :class:`Channel`. A redirection is not followed: it would give the alert to others."""
        content = alert.model_dump(mode="json", exclude={"deliveries"}) | {
            "title": alert.title,
            "text": f"{alert.title}\n{alert.sentence}",  # what chat programs show
        }
        try:
            answer = httpx.post(self._address, json=content, headers={"Idempotency-Key": alert.id}, timeout=_SECONDS)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise NotDeliveredError(f"The webhook cannot be reached ({type(error).__name__}).") from None
        except (httpx.UnsupportedProtocol, httpx.InvalidURL):
            raise NotDeliveredError("The webhook's address is none.", for_good=True) from None
        except httpx.HTTPError as error:
            raise UncertainDeliveryError(f"The webhook gave no answer ({type(error).__name__}).") from None
        if not answer.is_success:
            later = answer.is_server_error or answer.status_code in _WORTH_ANOTHER_TRY
            raise NotDeliveredError(f"The webhook answered {answer.status_code}.", for_good=not later)


class Mail:
    """Mails an alert.

    Parameters
    ----------
    address : str
        ``smtp://user:password@host:port`` or ``smtps://…``; appears in no message.
    sender : str
    recipients : tuple of str

    Notes
    -----
    Encrypted wherever the server can be; a password never goes to another machine unencrypted.
    """

    def __init__(self, address: str, sender: str, recipients: tuple[str, ...]) -> None:
        self._parts: SplitResult = urlsplit(address)
        self._sender = sender
        self._recipients = recipients

    def send(self, alert: Alert) -> None:
        """Deliver an alert; see :class:`Channel`."""
        content = self._message(alert).as_bytes(policy=SMTP_POLICY)
        handed_over = False
        try:
            with closing(self._connected()) as server:
                _accepted(server.mail(self._sender))
                refused = [code for name in self._recipients if (code := server.rcpt(name)[0]) not in (250, 251)]
                if len(refused) == len(self._recipients):
                    raise NotDeliveredError("The mail server refused every recipient.", for_good=min(refused) >= 500)
                handed_over = True
                _accepted(server.data(content))
                with suppress(OSError, smtplib.SMTPException):  # it has taken it, however it says good-bye
                    server.quit()
        except smtplib.SMTPResponseException as error:
            raise NotDeliveredError(
                f"The mail server answered {error.smtp_code}.", for_good=error.smtp_code >= 500
            ) from None
        except smtplib.SMTPNotSupportedError:
            raise NotDeliveredError("The mail server takes no log-in.", for_good=True) from None
        except (OSError, smtplib.SMTPException) as error:
            if handed_over:
                raise UncertainDeliveryError(f"The mail server went silent ({type(error).__name__}).") from None
            raise NotDeliveredError(f"The mail server cannot be used ({type(error).__name__}).") from None
        if refused:
            logger.warning("alert %s: %d of %d recipients refused", alert.id, len(refused), len(self._recipients))

    def _connected(self) -> smtplib.SMTP:
        host, port = self._parts.hostname or "", self._parts.port or 0
        context = ssl.create_default_context()
        if self._parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port or 465, timeout=_SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, port or 25, timeout=_SECONDS)
        try:
            self._introduce(server, host, context)
        except BaseException:
            server.close()
            raise
        return server

    def _introduce(self, server: smtplib.SMTP, host: str, context: ssl.SSLContext) -> None:
        server.ehlo()
        encrypted = self._parts.scheme == "smtps"
        if not encrypted and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
            encrypted = True
        if self._parts.username:
            if not encrypted and host not in _LOOPBACK:
                raise NotDeliveredError("The mail server takes a password only unencrypted.", for_good=True)
            server.login(unquote(self._parts.username), unquote(self._parts.password or ""))

    def _message(self, alert: Alert) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = alert.title
        message["From"] = formataddr(("Foliohub", self._sender))
        message["To"] = ", ".join(self._recipients)
        message["Date"] = formatdate(alert.raised_at.timestamp())
        message["Message-ID"] = f"<{alert.id}@foliohub>"
        rows = {
            "Job": alert.job,
            "Session": alert.as_of,
            "Due": f"{alert.scheduled_at:%Y-%m-%d %H:%M} UTC" if alert.scheduled_at else None,
            "Run": alert.run_id,
            "Request": alert.request,
        }
        lines = [f"{name + ':':<9}{value}" for name, value in rows.items() if value]
        message.set_content("\n".join([alert.sentence, "", *lines, ""]), cte="quoted-printable")
        return message


def _accepted(answer: tuple[int, bytes]) -> None:
    if not 200 <= answer[0] < 300:
        raise smtplib.SMTPResponseException(*answer)


def open_channels(settings: Settings) -> dict[str, Channel]:
    """The channels that the settings name.

    Raises
    ------
    ConfigurationError
        Mails have no recipient.
    """
    channels: dict[str, Channel] = {}
    if settings.alert_webhook:
        channels["webhook"] = Webhook(settings.alert_webhook.get_secret_value())
    if settings.alert_smtp:
        recipients = tuple(part.strip() for part in settings.alert_to.split(",") if part.strip())
        if not recipients:
            raise ConfigurationError(
                "FOLIOHUB_ALERT_SMTP is set, and nobody to mail to.", remedy="Name them in FOLIOHUB_ALERT_TO."
            )
        channels["mail"] = Mail(settings.alert_smtp.get_secret_value(), settings.alert_from, recipients)
    return channels


__all__ = ["Channel", "Mail", "NotDeliveredError", "UncertainDeliveryError", "Webhook", "open_channels"]
