"""A researcher may run any code: from her server it reaches her home and the store, and nothing of the platform."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from websockets.sync.client import ClientConnection

from hub.researcher import confinement
from tests.hub.attack.messages import run
from tests.hub.attack.test_sockets import enter
from tests.hub.attack.visitors import Visitor
from tests.hub.live import LiveHub

confined = pytest.mark.skipif(not confinement.version(), reason="this system has no Landlock: nothing is confined")


@pytest.fixture(scope="module")
def kernel(hub: LiveHub, visitors: dict[str, Visitor]) -> Iterator[ClientConnection]:
    """A kernel of rita's."""
    rita = visitors["rita"]
    identifier = rita.browse("POST", "/user/rita/api/kernels", json={"name": "foliohub"}).json()["id"]
    with enter(hub, rita, f"/user/rita/api/kernels/{identifier}/channels") as connection:
        yield connection
    rita.browse("DELETE", f"/user/rita/api/kernels/{identifier}")


def tried(connection: ClientConnection, attempts: dict[str, str]) -> dict[str, str]:
    """What each expression came to: its value, or the name of the error it raised."""
    code = f"""
import json, os, signal, subprocess
from pathlib import Path
said = {{}}
for name, expression in {attempts!r}.items():
    try:
        said[name] = str(eval(expression))
    except Exception as error:
        said[name] = type(error).__name__
print(json.dumps(said))
"""
    return dict(json.loads(run(connection, code)))


def test_she_finds_the_package_the_store_and_her_home(hub: LiveHub, kernel: ClientConnection) -> None:
    said = tried(
        kernel,
        {
            "prices": "len(__import__('foliohub').workspace('sample').raw_prices()['close'])",
            "home": "Path.home()",
            "mode": "oct(Path.home().stat().st_mode & 0o777)",
            "writes": "Path('note.txt').write_text('mine')",
            "temporary": "__import__('tempfile').mkdtemp()",
            "terminal": "subprocess.check_output(['sh', '-c', 'echo $((6 * 7))'], text=True).strip()",
        },
    )
    home = str(hub.home / "people" / "rita")
    assert int(said["prices"]) > 8000
    assert (said["home"], said["mode"], said["writes"], said["terminal"]) == (home, "0o700", "4", "42")
    assert said["temporary"].startswith(home)


@confined
def test_she_finds_no_key_and_nobody_elses_files(hub: LiveHub, kernel: ClientConnection) -> None:
    ravi = hub.home / "people" / "ravi"
    ravi.mkdir(exist_ok=True)
    (ravi / "private.txt").write_text("ravi's own")
    folder = str(hub.home)
    said = tried(
        kernel,
        {
            "keys": f"Path({folder!r}, 'hub', 'keys.json').read_text()",
            "people": f"Path({folder!r}, 'hub', 'people.json').read_text()",
            "database": f"Path({folder!r}, 'hub', 'jupyterhub.sqlite').read_bytes()[:16]",
            "another password": f"Path({folder!r}, 'hub', 'people.json').write_text('')",
            "logs": f"Path({folder!r}, 'logs', 'hub.log').read_text()[:9]",
            "ravi": f"Path({str(ravi)!r}, 'private.txt').read_text()",
            "into ravi": f"Path({str(ravi)!r}, 'attack.txt').write_text('x')",
            "package": "Path(__import__('foliohub').__file__).write_text('')",
            "notebook": "Path(os.environ['FOLIOHUB_PROJECT'], 'notebooks', '10_ingest.ipynb').write_text('')",
            "job": "Path(os.environ['FOLIOHUB_PROJECT'], 'jobs', 'attack.yaml').write_text('')",
        },
    )
    assert set(said.values()) == {"PermissionError"}, said


@confined
def test_she_looks_into_no_process_of_the_platform(hub: LiveHub, kernel: ClientConnection) -> None:
    parts = hub.state()["parts"]
    assert isinstance(parts, dict)
    attempts = {}
    for name, part in parts.items():
        pid = part["process"]["pid"]
        attempts[f"{name} environment"] = f"Path('/proc/{pid}/environ').read_bytes()"
        attempts[f"{name} memory"] = f"open('/proc/{pid}/mem', 'rb')"
        attempts[f"{name} folder"] = f"os.listdir('/proc/{pid}/cwd/')"
        if confinement.version() >= 6:
            attempts[f"{name} ended"] = f"os.kill({pid}, signal.SIGKILL)"
    said = tried(kernel, attempts)
    assert set(said.values()) == {"PermissionError"}, said


def test_an_object_planted_in_the_store_runs_nowhere_else(hub: LiveHub, kernel: ClientConnection) -> None:
    """ArcticDB unpickles what it reads: whoever writes a pickled object would run code in the services that read it."""
    witness = hub.home / "people" / "rita" / "unpickled"
    run(
        kernel,
        f"""
import arcticdb, os
class Trap:
    def __reduce__(self):
        return (os.system, ("touch {witness}",))
store = arcticdb.Arctic(os.environ["FOLIOHUB_STORE"])
store["results"].write_pickle("attack~trap", Trap())
""",
    )
    try:
        from foliohub.data.store import Store
        from foliohub.errors import StoreError

        with pytest.raises(StoreError, match="pickled"):
            Store.open(f"lmdb://{hub.home / 'store'}", locks=hub.home / "locks").read_table("attack/trap")
        assert not witness.exists()
    finally:
        run(kernel, 'store["results"].delete("attack~trap")')
