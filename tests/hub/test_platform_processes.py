"""What happens to processes: one start, crashes, kills, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from hub.supervisor import leftovers
from hub.supervisor.database import is_current
from hub.supervisor.ports import free_ports
from hub.supervisor.state import Process, State, StateFile
from tests.hub.live import add_people, foliohub, log_in, logs, xsrf

pytestmark = pytest.mark.slow


class Platform:
    """A platform of one test module, which it may hurt."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port, self.url = home, port, f"http://127.0.0.1:{port}"
        self.passwords = add_people(home)

    def up(self, *more: str) -> subprocess.CompletedProcess[str]:
        return foliohub(self.home, "up", "--port", str(self.port), "--no-browser", "--detach", *more)

    def down(self) -> subprocess.CompletedProcess[str]:
        return foliohub(self.home, "down")

    @property
    def state(self) -> State:
        state = StateFile(self.home / "hub").last()
        assert state is not None
        return state

    def pid(self, part: str) -> int:
        process = self.state.parts[part].process
        assert process is not None
        return process.pid

    def healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/hub/health", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def healthy_part(self, name: str) -> bool:
        return self.state.phase == "running" and self.state.parts[name].state == "healthy"

    def left(self) -> list[psutil.Process]:
        return leftovers.marked(self.home)


def eventually(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform with people and an empty store."""
    platform = Platform(tmp_path_factory.mktemp("platform") / "home", free_ports(1)[0])
    yield platform
    platform.down()
    assert platform.left() == []


@pytest.fixture
def platform(stopped: Platform) -> Platform:
    """The same, running."""
    done = stopped.up()
    assert done.returncode == 0, done.stdout + done.stderr + logs(stopped.home)
    return stopped


def test_a_second_up_says_so_and_is_fine(platform: Platform) -> None:
    before = platform.state.supervisor
    done = platform.up()
    assert done.returncode == 0
    assert "running already" in done.stdout
    assert platform.state.supervisor == before


def test_elsewhere_at_the_same_time_is_refused(platform: Platform) -> None:
    done = foliohub(platform.home, "up", "--port", str(free_ports(1)[0]), "--no-browser")
    assert done.returncode == 1
    assert "running already" in done.stderr
    assert "foliohub down" in done.stderr


@pytest.mark.parametrize("part", ["proxy", "hub", "culler", "api", "dashboards", "scheduler", "quotes"])
def test_a_killed_part_comes_back(platform: Platform, part: str) -> None:
    if part not in platform.state.parts:
        pytest.skip(f"hub.{part} is not installed")
    eventually(lambda: platform.healthy_part(part))
    before, restarts = platform.pid(part), platform.state.parts[part].restarts
    os.kill(before, signal.SIGKILL)
    eventually(lambda: platform.state.parts[part].restarts > restarts)
    eventually(lambda: platform.healthy_part(part))
    assert platform.pid(part) != before
    assert not psutil.pid_exists(before)
    eventually(platform.healthy)


def test_routes_come_back_with_the_proxy(platform: Platform) -> None:
    if "api" not in platform.state.parts:
        pytest.skip("hub.api is not installed")
    address = f"{platform.url}/services/api/health"
    eventually(lambda: httpx.get(address).status_code == 200)
    os.kill(platform.pid("proxy"), signal.SIGKILL)

    def answers() -> bool:
        try:
            return httpx.get(address).status_code == 200
        except httpx.HTTPError:
            return False

    eventually(lambda: not answers(), 10)
    eventually(answers, 20)


def test_no_key_stands_in_a_log_or_in_a_command_line(platform: Platform) -> None:
    keys = json.loads((platform.home / "hub" / "keys.json").read_text())
    secrets = [keys["cookie_secret"], keys["crypt_key"], keys["proxy"], *keys["services"].values()]
    said = logs(platform.home) + "".join(" ".join(process.cmdline()) for process in platform.left())
    assert not [secret for secret in secrets if secret in said]
    assert not [password for password in platform.passwords.values() if password in said]


def test_the_hubs_own_files_are_its_owners_alone(platform: Platform) -> None:
    folder = platform.home / "hub"
    assert folder.stat().st_mode & 0o077 == 0
    for name in ("people.json", "keys.json", "state.json", "jupyterhub.sqlite"):
        assert (folder / name).stat().st_mode & 0o077 == 0, name


def test_everything_listens_on_the_loopback_interface(platform: Platform) -> None:
    addresses = {
        connection.laddr.ip
        for process in platform.left()
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses <= {"127.0.0.1", "::1"}


def test_a_persons_server_survives_a_killed_hub_and_ends_with_the_platform(platform: Platform) -> None:
    with httpx.Client(base_url=platform.url, follow_redirects=True, timeout=60) as client:
        assert log_in(client, "rita", platform.passwords["rita"]).status_code == 302
        headers = {"X-XSRFToken": xsrf(client), "Referer": f"{platform.url}/hub/home"}
        assert client.post("/hub/api/users/rita/server", headers=headers).status_code in {201, 202}

        def server() -> dict[str, object]:
            return dict(client.get("/hub/api/users/rita").json()["servers"].get("", {}))

        eventually(lambda: server().get("ready"))
        before = server()["started"]
        os.kill(platform.pid("hub"), signal.SIGKILL)
        eventually(lambda: platform.state.parts["hub"].state != "healthy")
        eventually(platform.healthy)
        eventually(lambda: server().get("ready"))
        assert server()["started"] == before
        assert client.get("/user/rita/api/status").status_code in {200, 403}
    assert platform.down().returncode == 0
    assert platform.left() == []


def test_a_killed_supervisor_takes_everything_with_it_and_the_next_start_works(platform: Platform) -> None:
    os.kill(platform.state.supervisor.pid, signal.SIGKILL)
    eventually(lambda: platform.left() == [], 30)
    assert foliohub(platform.home, "status").returncode == 3
    assert platform.up().returncode == 0
    eventually(platform.healthy)


def test_whatever_escaped_is_ended_by_the_next_start_and_no_stranger_is(platform: Platform) -> None:
    platform.down()
    marks = {leftovers.MARK: str(platform.home), leftovers.PART: "hub"}
    escaped = subprocess.Popen(["sleep", "600"], env=os.environ | marks, start_new_session=True)
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        # A state of yesterday, whose number is another's today.
        yesterday = State(
            phase="running",
            url=platform.url,
            api_url="",
            started="",
            supervisor=Process(pid=stranger.pid, created=1.0),
            parts={},
        )
        StateFile(platform.home / "hub").write(yesterday)
        assert foliohub(platform.home, "status").returncode == 3
        assert platform.up().returncode == 0
        assert escaped.wait(5) == -signal.SIGTERM
        assert stranger.poll() is None
    finally:
        for process in (escaped, stranger):
            process.kill()
            process.wait()


def test_an_older_database_is_upgraded_and_a_copy_kept(stopped: Platform) -> None:
    stopped.up()
    stopped.down()
    file = stopped.home / "hub" / "jupyterhub.sqlite"
    from alembic import command
    from alembic.config import Config
    from jupyterhub import dbutil

    with dbutil._temp_alembic_ini(f"sqlite:///{file}") as ini:
        command.downgrade(Config(ini), "ff1860e38070")
    assert not is_current(file)
    assert stopped.up().returncode == 0
    assert is_current(file)
    assert list(file.parent.glob("jupyterhub.sqlite.*"))


def test_a_newer_database_is_refused_before_anything_starts(stopped: Platform) -> None:
    stopped.down()
    file = stopped.home / "hub" / "jupyterhub.sqlite"
    with sqlite3.connect(file) as database:
        (before,) = database.execute("select version_num from alembic_version").fetchone()
        database.execute("update alembic_version set version_num = 'ffffffffffff'")
    done = stopped.up()
    assert done.returncode == 1
    assert "of a newer JupyterHub" in done.stderr
    with sqlite3.connect(file) as database:
        database.execute("update alembic_version set version_num = ?", (before,))


def test_a_taken_port_is_named_with_who_has_it(stopped: Platform) -> None:
    stopped.down()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = foliohub(stopped.home, "up", "--port", str(port), "--no-browser", "--detach")
    assert done.returncode == 1
    assert f"Port {port} is taken by process {os.getpid()}" in done.stderr
    assert f"--port {port + 1}" in done.stderr
    assert stopped.left() == []


def test_an_open_address_without_tls_is_refused(stopped: Platform) -> None:
    stopped.down()
    done = foliohub(stopped.home, "up", "--address", "0.0.0.0", "--no-browser", "--detach")
    assert done.returncode == 1
    assert "unencrypted" in done.stderr


def test_in_the_foreground_ctrl_c_ends_everything(stopped: Platform) -> None:
    stopped.down()
    import sys

    command = [str(Path(sys.executable).with_name("foliohub")), "up", "--port", str(stopped.port), "--no-browser"]
    environment = os.environ | {"FOLIOHUB_HOME": str(stopped.home)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    eventually(stopped.healthy)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(40) == 130
    assert stopped.left() == []


def test_a_killed_foreground_ends_everything_too(stopped: Platform) -> None:
    import sys

    command = [str(Path(sys.executable).with_name("foliohub")), "up", "--port", str(stopped.port), "--no-browser"]
    environment = os.environ | {"FOLIOHUB_HOME": str(stopped.home)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    eventually(stopped.healthy)
    process.kill()
    process.wait()
    eventually(lambda: stopped.left() == [], 40)
