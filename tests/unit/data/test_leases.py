"""Leases on S3: one holder at a time, whatever happens to processes, to the server and to answers on their way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from foliohub.data import leases as module
from foliohub.data.addresses import Address
from foliohub.data.bucket import Bucket, Found
from foliohub.data.lease import key_of
from foliohub.data.leases import Leases
from foliohub.data.store import Store
from foliohub.errors import LockedError, StoreError, StoreUnavailableError
from tests.s3_servers import Seaweed

LIFE = 0.6


class Memory:
    """A bucket in memory; the next answers may be lost on their way, or the server gone."""

    def __init__(self) -> None:
        self.address = Address.parse("s3://memory:bucket")
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.gone = False
        self.lose = 0
        self._tags = count()
        self._mutex = threading.Lock()

    def _do(self, change: Callable[[], object]) -> object:
        if self.gone:
            raise StoreUnavailableError("gone")
        with self._mutex:
            answer = change()
        if self.lose and answer:
            self.lose -= 1
            raise StoreUnavailableError("the answer was lost")
        return answer

    def _put(self, key: str, body: bytes) -> str:
        self.objects[key] = (body, f"tag {next(self._tags)}")
        return self.objects[key][1]

    def get(self, key: str) -> Found | None:
        if self.gone:
            raise StoreUnavailableError("gone")
        found = self.objects.get(key)
        return found and Found(*found, age=0.0)

    def put_new(self, key: str, body: bytes) -> object:
        return self._do(lambda: None if key in self.objects else self._put(key, body))

    def replace(self, key: str, body: bytes, tag: str) -> object:
        return self._do(lambda: self._put(key, body) if self.objects.get(key, ("", ""))[1] == tag else None)

    def delete_if(self, key: str, tag: str) -> object:
        same = lambda: self.objects.get(key, ("", ""))[1] == tag  # noqa: E731
        return self._do(lambda: same() and bool(self.objects.pop(key)))

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)


@pytest.fixture
def memory() -> Memory:
    return Memory()


def leases(bucket: object, life: float = LIFE) -> Leases:
    return Leases(bucket, life)  # type: ignore[arg-type]


def test_a_name_has_one_holder_and_comes_back(memory: Memory) -> None:
    here, there = leases(memory), leases(memory)
    with here.hold("raw/x", 0) as held:
        assert json.loads(memory.objects[key_of("raw/x")][0])["process"] == os.getpid()
        assert there.is_held("raw/x")
        with here.hold("raw/x", 0) as again:
            assert again is held
        with pytest.raises(LockedError, match=rf"process {os.getpid()} on "), there.hold("raw/x", 0.1):
            pass
        with there.hold("raw/y", 0):
            pass
    assert not memory.objects
    with there.hold("raw/x", 0):
        pass


def test_another_thread_waits_its_turn(memory: Memory) -> None:
    here, order = leases(memory), []

    def other() -> None:
        with here.hold("x", 5):
            order.append("other")

    with here.hold("x", 0):
        thread = threading.Thread(target=other)
        thread.start()
        time.sleep(0.1)
        order.append("first")
    thread.join()
    assert order == ["first", "other"]


def test_a_holder_that_lives_keeps_its_name_for_many_lives(memory: Memory) -> None:
    with leases(memory).hold("x", 0) as held:
        began = time.monotonic()
        with pytest.raises(LockedError), leases(memory).hold("x", 60, until_alive=True):
            pass
        assert time.monotonic() - began < 2 * LIFE  # seen to live long before
        with pytest.raises(LockedError), leases(memory).hold("x", 3 * LIFE):
            pass
        held.check()


def test_a_dead_holder_loses_its_name_after_a_life_and_not_before(memory: Memory) -> None:
    memory.put_new(key_of("x"), json.dumps({"token": "dead", "life": LIFE}).encode())
    began = time.monotonic()
    with leases(memory).hold("x", 60, until_alive=True) as held:
        assert LIFE < time.monotonic() - began < 4 * LIFE
        held.check()


def test_what_was_given_back_is_free_at_once_where_removing_knows_no_condition(memory: Memory) -> None:
    memory.delete_if = lambda key, tag: memory.objects.pop(key, None) is not None or True  # type: ignore[method-assign]
    here = leases(memory)
    for _ in range(2):
        with here.hold("x", 0):
            pass
        assert json.loads(memory.objects[key_of("x")][0])["released"]
        assert not here.is_held("x")


def test_an_answer_lost_on_its_way_loses_no_name(memory: Memory) -> None:
    here = leases(memory)
    with here.hold("warm", 0):  # the probe is done
        pass
    memory.lose = 1
    with here.hold("x", 5) as held:
        memory.lose = 1
        with pytest.raises(StoreUnavailableError):
            held.renew()
        held.renew()
        assert not held.lost
        memory.lose = 1
    assert not [key for key in memory.objects if key == key_of("x")] or not here.is_held("x")


def test_a_server_gone_for_many_lives_takes_no_name_from_who_holds_it(memory: Memory) -> None:
    found: list[str] = []

    def wait() -> None:
        try:
            with leases(memory).hold("x", 4 * LIFE):
                found.append("taken")
        except LockedError:
            found.append("locked")

    with leases(memory).hold("x", 0) as held:
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(LIFE / 3)
        memory.gone = True
        time.sleep(2 * LIFE)
        with pytest.raises(StoreUnavailableError):
            held.check()
        memory.gone = False
        held.check()
        thread.join()
    assert found == ["locked"]


def test_who_waits_for_a_server_too_long_is_told(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_OUTAGE_SECONDS", 0.3)
    memory.gone = True
    with pytest.raises(StoreUnavailableError), leases(memory).hold("x", 600):
        pass


def test_who_lost_a_name_writes_no_more_and_is_told(memory: Memory) -> None:
    here = leases(memory)
    with pytest.raises(StoreError, match="The lock on x was lost"), here.hold("x", 0) as held:  # noqa: PT012
        memory._put(key_of("x"), b'{"token": "another"}')
        held.renewed -= LIFE  # as if stopped for so long
        with pytest.raises(StoreError, match="was lost"):
            here.check()
    assert json.loads(memory.objects[key_of("x")][0])["token"] == "another"


# -- on a real server ------------------------------------------------------------------------------------------------

COUNTER = """
import sys
from foliohub.data.addresses import Address
from foliohub.data.bucket import Bucket
from foliohub.data.leases import Leases

bucket = Bucket(Address.parse(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    with Leases(bucket).hold("counter", 120):
        found = bucket.get("count")
        bucket.put("count", str(int(found.body) + 1 if found else 1).encode())
"""

HOLDER = """
import sys, time
from pathlib import Path
import pandas as pd
from foliohub.data.leases import Leases
from foliohub.data import leases
from foliohub.data.store import Store

life = float(sys.argv[2])
leases.Leases.__init__.__defaults__ = (life,)
store = Store.open(sys.argv[1], locks=Path("/nowhere"))
with store.lock("raw/x"):
    print("held", flush=True)
    sys.stdin.readline()
    store.write_document("raw/x", {"by": "holder"})
"""


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Seaweed]:
    server = Seaweed(tmp_path)
    server.start()
    yield server
    server.kill()


def hold_elsewhere(uri: str, life: float) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", HOLDER, uri, str(life)]
    holder = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


@pytest.mark.s3
@pytest.mark.slow
def test_processes_that_count_together_lose_no_count(s3_server: Seaweed) -> None:
    uri = s3_server.uri()
    counters = [subprocess.Popen([sys.executable, "-c", COUNTER, uri, "8"]) for _ in range(3)]
    assert [counter.wait(timeout=200) for counter in counters] == [0, 0, 0]
    found = Bucket(Address.parse(uri)).get("count")
    assert found is not None
    assert found.body == b"24"


@pytest.mark.s3
@pytest.mark.slow
def test_a_killed_holder_frees_its_name_and_a_stopped_one_may_not_write(s3_server: Seaweed) -> None:
    uri = s3_server.uri()
    bucket = Bucket(Address.parse(uri))
    killed = hold_elsewhere(uri, life=3)
    killed.kill()
    killed.communicate()
    with Leases(bucket, 3).hold("raw/x", 60, until_alive=True):
        pass
    stopped = hold_elsewhere(uri, life=3)
    stopped.send_signal(signal.SIGSTOP)
    with Leases(bucket, 3).hold("raw/x", 60, until_alive=True):
        stopped.send_signal(signal.SIGCONT)
        said = stopped.communicate("\n", timeout=60)[1]
    assert stopped.returncode == 1
    assert "The lock on raw/x was lost" in said
    assert Store.open(uri, locks=Path("/nowhere")).document_names("raw/x") == []


@pytest.mark.s3
@pytest.mark.slow
def test_a_holder_outlives_its_server(own_server: Seaweed) -> None:
    uri = own_server.uri()
    holder = hold_elsewhere(uri, life=4)
    own_server.kill()
    time.sleep(6)
    own_server.start()
    with pytest.raises(LockedError), Leases(Bucket(Address.parse(uri)), 4).hold("raw/x", 60, until_alive=True):
        pass
    said = holder.communicate("\n", timeout=60)[1]
    assert holder.returncode == 0, said
    assert Store.open(uri, locks=Path("/nowhere")).read_document("raw/x") == {"by": "holder"}
