"""Somebody to tell: a webhook and a mail server on the loopback interface that behave as a test wants."""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Hook:
    """A webhook that keeps what it was sent.

    Attributes
    ----------
    answers : list of int
        Status codes to give, one after the other; then 200. 0 hangs up without an answer, -1 says nothing for long.
    """

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.received: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        self.silence = threading.Event()

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve; gives the address, with a token in it."""
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.received.append((self.path, content, dict(self.headers)))
                status = hook.answers.pop(0) if hook.answers else 200
                if status <= 0:
                    hook.silence.wait(20 if status else 0)
                    self.close_connection = True
                    return
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/services/T0/B0/hush"
        finally:
            self.silence.set()
            server.shutdown()
            server.server_close()


class MailServer:
    """A mail server that speaks just enough SMTP, encrypted where it is given a certificate.

    Attributes
    ----------
    answers : list of str
        What it says to DATA's end, one after the other; then "250 ok". "" hangs up without a word.
    refuses : str
        What it says to RCPT.
    """

    def __init__(
        self, *answers: str, refuses: str = "", login: bool = False, tls: ssl.SSLContext | None = None
    ) -> None:
        self.answers = list(answers)
        self.refuses = refuses
        self.login = login
        self.tls = tls
        self.received: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.said: list[str] = []

    @contextmanager
    def serving(self) -> Iterator[int]:
        """Serve; gives the port."""
        mail = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

            def handle(self) -> None:
                self.say("220 ready")
                while line := self.rfile.readline():
                    text = line.decode().strip()
                    mail.said.append(text)
                    verb = text.split(" ")[0].upper()
                    if verb == "EHLO":
                        self.say("250-here")
                        if mail.tls and not isinstance(self.connection, ssl.SSLSocket):
                            self.say("250-STARTTLS")
                        self.say("250 AUTH PLAIN" if mail.login else "250 8BITMIME")
                    elif verb == "STARTTLS" and mail.tls:
                        self.say("220 go on")
                        mail.said.append("(encrypted)")
                        if not self.encrypt(mail.tls):
                            return
                    elif verb == "AUTH":
                        self.say("235 welcome")
                    elif verb == "RCPT":
                        mail.recipients.append(text)
                        self.say(mail.refuses or "250 ok")
                    elif verb == "DATA":
                        self.say("354 go on")
                        if not self.take():
                            return
                    elif verb == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 ok")

            def encrypt(self, tls: ssl.SSLContext) -> bool:
                try:
                    self.connection = tls.wrap_socket(self.connection, server_side=True)
                except OSError:  # the other side does not trust us
                    return False
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
                return True

            def take(self) -> bool:
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line)
                message = message_from_bytes(b"".join(lines), policy=policy.default)
                assert isinstance(message, EmailMessage)
                mail.received.append(message)
                answer = mail.answers.pop(0) if mail.answers else "250 ok"
                if answer:
                    self.say(answer)
                return bool(answer)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        with Server(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            try:
                yield server.server_address[1]
            finally:
                server.shutdown()


def wait_until(what: Any, seconds: float = 30) -> None:
    """Wait until something holds."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.05)
