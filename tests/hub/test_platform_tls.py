"""A first start, with TLS: passwords shown once, others may reach it, cookies travel no other way."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
import ssl
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hub.supervisor.ports import free_ports
from tests.hub.live import foliohub, log_in, logs

pytestmark = pytest.mark.slow


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Key and certificate of this machine, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "foliohub")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (tmp_path / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    (tmp_path / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return tmp_path / "key.pem", tmp_path / "certificate.pem"


def test_first_passwords_are_shown_once_and_others_come_in_through_tls_alone(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    home, port = tmp_path / "home", free_ports(1)[0]
    key, public = certificate
    options = ["--address", "0.0.0.0", "--tls-key", str(key), "--tls-certificate", str(public)]
    done = foliohub(home, "up", "--port", str(port), "--no-browser", "--detach", *options)
    try:
        assert done.returncode == 0, done.stdout + done.stderr + logs(home)
        assert f"https://127.0.0.1:{port}/" in done.stdout
        passwords = dict(re.findall(r"^(researcher|manager|operator) +(\S+)", done.stdout, re.MULTILINE))
        assert len(passwords) == 3
        kept = "".join(file.read_text(errors="replace") for file in home.rglob("*") if file.is_file())
        assert not [name for name, password in passwords.items() if password in kept]
        trust = ssl.create_default_context(cafile=str(public))
        url = f"https://127.0.0.1:{port}"
        with httpx.Client(base_url=url, verify=trust, follow_redirects=True, timeout=60) as client:
            answer = log_in(client, "manager", passwords["manager"])
            assert answer.status_code == 302
            cookies = answer.headers.get_list("set-cookie")
            assert cookies
            assert all("secure" in cookie.lower() for cookie in cookies)
            assert "max-age" in answer.headers["strict-transport-security"]
            assert client.get("/services/dashboards/").url.path == "/services/dashboards/"
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{port}/hub/login")
    finally:
        assert foliohub(home, "down").returncode == 0
