"""One live platform for all tests of a session: `hub` starts it with the first test that asks, in whichever worker.

Seeded with a finished cycle of the sample, that of `tests.small_cycle`. ``SEEDED_HOME=/some/folder`` copies one that is
there instead of running it; ``LIVE_HOME=/some/folder`` takes the platform that runs there, with the people of
`add_people`, and leaves it running.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import filelock
import httpx
import pytest

from hub.config.accounts import Accounts
from hub.supervisor.ports import free_ports
from tests.small_cycle import small_project

ROOT = Path(__file__).parents[2]
PEOPLE = {"rita": "researchers", "ravi": "researchers", "max": "managers", "olga": "operators"}


@dataclass(frozen=True)
class LiveHub:
    """A platform that runs.

    Attributes
    ----------
    url : str
        Its address, without a slash at the end.
    home : Path
        Its FOLIOHUB_HOME.
    passwords : dict of str to str
        By name: rita and ravi are researchers, max is a manager, olga an operator.
    service_tokens : dict of str to str
        Tokens of the services, by name.
    """

    url: str
    home: Path
    passwords: dict[str, str]
    service_tokens: dict[str, str] = field(repr=False)

    @contextmanager
    def own_ledger(self) -> Iterator[None]:
        """While a test writes proposals or forges them, no other test of any worker does."""
        with filelock.FileLock(self.home.parent / "ledger.lock"):
            yield

    @contextmanager
    def client(self, name: str | None = None) -> Iterator[httpx.Client]:
        """A browser without scripts: logged in as somebody, or as nobody. Follows redirects."""
        with httpx.Client(base_url=self.url, follow_redirects=True, timeout=60) as client:
            if name is not None:
                answer = log_in(client, name, self.passwords[name])
                assert answer.status_code == 302, answer.text
            yield client

    def token(self, name: str, scopes: tuple[str, ...] = ()) -> str:
        """A new API token of somebody, with all their scopes or fewer."""
        with self.client(name) as client:
            client.get("/hub/token")
            body = {"note": "test"} | ({"scopes": list(scopes)} if scopes else {})
            headers = {"X-XSRFToken": xsrf(client), "Referer": f"{self.url}/hub/token"}
            answer = client.post(f"/hub/api/users/{name}/tokens", json=body, headers=headers)
            assert answer.status_code == 201, answer.text
            return str(answer.json()["token"])

    def command(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Call the command line for this platform."""
        return foliohub(self.home, *arguments, stdin=stdin)

    def state(self) -> dict[str, object]:
        """What the supervisor says."""
        return dict(json.loads((self.home / "hub" / "state.json").read_text()))


def foliohub(home: Path, *arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Call the command line with a home of its own."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("foliohub")), *arguments],
        cwd=ROOT,
        env=os.environ | {"FOLIOHUB_HOME": str(home), "COLUMNS": "200"} | environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=540,
    )


def log_in(client: httpx.Client, name: str, password: str) -> httpx.Response:
    """Send the log-in form; the answer to it, not to where it leads."""
    client.get("/hub/login")
    form = {"username": name, "password": password, "_xsrf": xsrf(client)}
    return client.post("/hub/login", data=form, follow_redirects=False)


def xsrf(client: httpx.Client) -> str:
    """The XSRF cookie the hub's pages have set."""
    return next(
        cookie.value or "" for cookie in client.cookies.jar if cookie.name == "_xsrf" and "/hub/" in cookie.path
    )


def add_people(home: Path) -> dict[str, str]:
    """Write the file of people; their passwords."""
    accounts = Accounts(home / "hub" / "people.json")
    passwords = {name: f"{name}-has-a-password" for name in PEOPLE}
    for name, group in PEOPLE.items():
        accounts.add(name, [group], passwords[name])
    return passwords


def seed(home: Path) -> None:
    """Fill a home with a finished cycle of the sample."""
    ready = os.environ.get("SEEDED_HOME")
    if ready:
        shutil.copytree(ready, home, ignore=shutil.ignore_patterns("hub", "people", "logs"))
        return
    with tempfile.TemporaryDirectory(dir=home.parent) as folder:
        project = small_project(Path(folder))
        done = foliohub(home, "cycle", "--include", "weekly", FOLIOHUB_PROJECT=str(project))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[LiveHub]:
    """The platform, live; ended when the last worker that used it has."""
    if "LIVE_HOME" in os.environ:
        yield attach(Path(os.environ["LIVE_HOME"]))
        return
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base
    folder = shared / "live-hub"
    folder.mkdir(exist_ok=True)
    home, users = folder / "home", folder / "users"
    lock = filelock.FileLock(folder / "lock")
    with lock:
        if not users.exists():
            seed(home)
            add_people(home)
        count = int(users.read_text()) if users.exists() else 0
        if count == 0:
            port = free_ports(1)[0]
            started = foliohub(home, "up", "--port", str(port), "--no-browser", "--detach")
            assert started.returncode == 0, started.stdout + started.stderr + logs(home)
        users.write_text(str(count + 1))
    yield attach(home)
    with lock:
        count = int(users.read_text()) - 1
        users.write_text(str(count))
        if count == 0:
            ended = foliohub(home, "down")
            assert ended.returncode == 0, ended.stdout + ended.stderr


def attach(home: Path) -> LiveHub:
    """The platform that runs in a home."""
    state = json.loads((home / "hub" / "state.json").read_text())
    tokens = json.loads((home / "hub" / "keys.json").read_text())["services"]
    passwords = {name: f"{name}-has-a-password" for name in PEOPLE}
    return LiveHub(state["url"].rstrip("/"), home, passwords, tokens)


def logs(home: Path) -> str:
    """The ends of all logs, for a failure's message."""
    files = sorted((home / "logs").glob("*.log"))
    return "".join(f"\n== {file.name}\n{file.read_text(errors='replace')[-2000:]}" for file in files)


def title(page: str) -> str:
    """Title of an HTML page."""
    found = re.search(r"<title>\s*(.*?)\s*</title>", page, re.DOTALL)
    return found[1] if found else ""
