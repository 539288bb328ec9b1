"""Real S3 servers on this machine: SeaweedFS, which keeps conditions on writes, and rclone, which takes no notice."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

ACCESS, SECRET = "foliohub-test-access", "foliohub-test-secret"


def _free_ports(count: int) -> list[int]:
    # All at once: a port that was given back may be given out again. Below the range from which clients take theirs.
    sockets = []
    while len(sockets) < count:
        opened = socket.socket()
        try:
            opened.bind(("127.0.0.1", 20000 + int.from_bytes(os.urandom(2), "big") % 12000))
            sockets.append(opened)
        except OSError:
            opened.close()
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def program(name: str) -> str:
    """Path of a server's program, from this environment or the machine; skips the test where there is none."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


class S3Server:
    """A server over a folder; its command is what kinds differ in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def uri(self, bucket: str = "bucket", access: str = ACCESS, secret: str = SECRET, prefix: str = "") -> str:
        """A URI of a store, by default one of its own."""
        place = f"port={self.port}&region=us-east-1&path_prefix={prefix or uuid.uuid4().hex}"
        return f"s3://127.0.0.1:{bucket}?{place}&access={access}&secret={secret}"

    def start(self) -> None:
        """Start it, or start it again over what it holds, and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not self.answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                pytest.fail(f"the S3 server did not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """End it as a crash would; what it holds stays, and nothing waits for an orderly end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=20)

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError


class Seaweed(S3Server):
    """SeaweedFS: master, volume server, filer and S3 gateway in one process."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "data").mkdir()
        person = {"name": "tests", "credentials": [{"accessKey": ACCESS, "secretKey": SECRET}]}
        person["actions"] = ["Admin", "Read", "Write", "List", "Tagging"]
        (folder / "people.json").write_text(json.dumps({"identities": [person]}))
        self._ports = _free_ports(8)
        self.port = self._ports[0]

    def command(self) -> list[str]:
        s3, s3_grpc, master, master_grpc, volume, volume_grpc, filer, filer_grpc = self._ports
        options = {
            "dir": self.folder / "data",
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "master.port": master,
            "master.port.grpc": master_grpc,
            "master.volumeSizeLimitMB": 64,
            "volume.port": volume,
            "volume.port.grpc": volume_grpc,
            "volume.max": 100,
            "filer.port": filer,
            "filer.port.grpc": filer_grpc,
            "s3.port": s3,
            "s3.port.grpc": s3_grpc,
            "s3.port.iceberg": 0,  # not started, as the next one
            "s3.port.lance": 0,
            "s3.config": self.folder / "people.json",
        }
        given = [f"-{name}={value}" for name, value in options.items()]
        return [program("weed"), f"-logdir={self.folder}", "server", "-filer", "-s3", *given]

    def answers(self) -> bool:
        """Whether it writes; makes the bucket besides."""
        client = self._asking
        try:
            if "bucket" not in [each["Name"] for each in client.list_buckets()["Buckets"]]:
                client.create_bucket(Bucket="bucket")
            client.put_object(Bucket="bucket", Key="ready", Body=b"yes")
        except Exception:
            return False
        return True

    @cached_property
    def _asking(self) -> Any:
        """Who asks whether it is there: to make one takes as long as a start should."""
        return self.client()

    def client(self) -> Any:
        """A client of its own, for looking behind the store's back."""
        import boto3
        from botocore.config import Config

        return boto3.session.Session().client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="us-east-1",
            aws_access_key_id=ACCESS,
            aws_secret_access_key=SECRET,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )


class Rclone(S3Server):
    """rclone's S3 server over a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "all" / "bucket").mkdir(parents=True)
        (self.port,) = _free_ports(1)

    def command(self) -> list[str]:
        address = ["--addr", f"127.0.0.1:{self.port}", "--auth-key", f"{ACCESS},{SECRET}", "--config", os.devnull]
        return [program("rclone"), "serve", "s3", str(self.folder / "all"), *address, "--vfs-cache-mode", "off"]

    def answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """A server that stays up; whoever ends one makes its own."""
    server = Seaweed(tmp_path_factory.mktemp("s3"))
    server.start()
    yield server
    server.kill()
