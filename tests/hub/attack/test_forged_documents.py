"""A researcher's programs write into the store: what decides something is signed, and a forgery is seen and ignored.

What is forged here is taken back at the end; the platform goes on for the other tests.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from websockets.sync.client import ClientConnection

from foliohub.config import Settings
from foliohub.data.store import Store
from foliohub.runs.opening import open_ledger, open_records
from hub.researcher import confinement
from tests.hub.attack.messages import run
from tests.hub.attack.test_confined import kernel
from tests.hub.attack.visitors import Visitor
from tests.hub.live import LiveHub

__all__ = ["kernel"]
pytestmark = pytest.mark.skipif(not confinement.version(), reason="without Landlock she can read the key")
API = "/services/api/v1"
PRELUDE = """
import copy, hashlib, json, os
from datetime import datetime, timezone
from foliohub.config import load_settings
from foliohub.runs.opening import open_store
from foliohub.signatures import Seal, digest
settings = load_settings()
store = open_store(settings)
own = Seal.generate()
now = datetime.now(timezone.utc).isoformat()
"""


@pytest.fixture
def kept(hub: LiveHub) -> Iterator[Store]:
    """The store, in which every document that was there before is so again afterwards, and no other is."""
    with hub.own_ledger():
        yield from _kept(Store.open(f"lmdb://{hub.home / 'store'}", locks=hub.home / "locks"))


def _kept(store: Store) -> Iterator[Store]:
    places = ("ledger/", "ledger-head/", "runs/", "schedule/requests/", "schedule/paused/")
    names = [name for place in places for name in store.document_names(place)]
    before = {name: store.read_document(name) for name in names}
    yield store
    for name in [name for place in places for name in store.document_names(place)]:
        if name not in before:
            store.remove_document(name)
        elif store.read_document(name) != before[name] and not name.startswith("schedule/"):
            store.write_document(name, before[name])
    store.close()


def test_she_reads_what_is_signed_and_can_sign_nothing(hub: LiveHub, kernel: ClientConnection) -> None:
    said = run(
        kernel,
        PRELUDE
        + """
from foliohub.errors import SignatureError
from foliohub.runs.opening import open_ledger, open_records
from foliohub.schedule import open_requests
records, ledger = open_records(settings), open_ledger(settings, "sample")
ledger.verify()
found = [sorted({run.status.value for run in records.list()}), len(ledger.proposals())]
def sign():
    open_requests(settings).submit("daily-ingest", by="olga")
attempts = [
    sign,
    lambda: records.save(records.list()[0]),
    lambda: ledger.reject(ledger.proposals()[0].id, by="max", reason="mine"),
    settings.signing_key.read_bytes,
    lambda: settings.signing_key.write_text(""),
    settings.signing_key.unlink,
    lambda: (settings.accepted_keys / "mine.pem").write_text(""),
    lambda: next(settings.accepted_keys.iterdir()).unlink(),
    lambda: (settings.runs / records.list()[0].id / "lineage.jsonl").open("a"),
]
for attempt in attempts:
    try:
        attempt()
        found.append("done")
    except Exception as error:
        found.append(type(error).__name__)
print(json.dumps(found))
""",
    )
    statuses, proposals, *outcomes = json.loads(said)
    assert statuses == ["succeeded"]
    assert proposals >= 1
    assert outcomes == ["SignatureError"] * 3 + ["PermissionError"] * 6


@pytest.mark.parametrize("signature", ["own", "copied", "none"])
def test_an_approval_she_forges_is_refused_wherever_it_is_read(
    hub: LiveHub, visitors: dict[str, Visitor], kernel: ClientConnection, kept: Store, signature: str
) -> None:
    run(
        kernel,
        PRELUDE
        + f"""
names = store.document_names("ledger/sample/")
links = [store.read_document(name) for name in names]
proposal = [link for link in links if link["kind"] == "proposal"][-1]
last = links[-1]
body = {{"proposal": proposal["body"]["id"], "decision": "approved", "reason": "Fine.", "hash": proposal["hash"]}}
link = {{"portfolio": "sample", "number": len(links) + 1, "kind": "decision", "at": now, "by": "max", "body": body,
        "previous": last["hash"]}}
link["hash"] = digest(link)
signature = {{"own": own.sign("ledger link", link["hash"]), "copied": last["signature"], "none": None}}[{signature!r}]
if signature:
    link["signature"] = signature
store.write_document(f"ledger/sample/{{len(links) + 1:08d}}", link)
store.write_document("ledger-head/sample", {{"portfolio": "sample", "number": len(links) + 1, "hash": link["hash"]}})
print(link["number"])
""",
    )
    said = "not written by this installation"
    verified = hub.command("proposals", "verify")
    assert verified.returncode == 1
    assert said in " ".join(verified.stderr.split() + verified.stdout.split())
    manager = visitors["max"]
    listed = manager.call("GET", f"{API}/proposals")
    assert listed.status_code == 409, listed.text
    assert said in listed.json()["detail"]
    assert "restore" in listed.json()["remedy"]
    page = manager.client.get("/services/api/proposals", headers={"Accept": "text/html", "Sec-Fetch-Mode": "navigate"})
    assert said in page.text
    assert manager.call("GET", f"{API}/portfolio").status_code == 409
    today = manager.client.get("/services/dashboards/today", headers={"Accept": "text/html"})
    assert "approved by max" not in today.text.lower()


def test_what_she_asks_for_in_the_store_is_never_run(
    hub: LiveHub, visitors: dict[str, Visitor], kernel: ClientConnection, kept: Store
) -> None:
    run(
        kernel,
        PRELUDE
        + """
wanted = {"id": "daily-ingest-forged", "job": "daily-ingest", "by": "olga", "submitted_at": now, "force": True}
store.write_document("schedule/requests/daily-ingest-forged", wanted)
sealed = own.signed("request", wanted | {"id": "daily-ingest-sealed"})
store.write_document("schedule/requests/daily-ingest-sealed", sealed)
store.write_document("schedule/paused/daily-ingest", {"job": "daily-ingest", "by": "olga", "at": now})
""",
    )
    olga = visitors["olga"]
    deadline = time.monotonic() + 30
    log = hub.home / "logs" / "scheduler.log"
    while "daily-ingest-sealed does not count" not in log.read_text(errors="replace"):
        assert time.monotonic() < deadline, "The scheduler does not say that it ignores her request"
        time.sleep(0.5)
    items = olga.call("GET", f"{API}/runs/requests").json()["items"]
    assert not [item for item in items if item["id"].endswith(("forged", "sealed"))]
    one = olga.call("GET", f"{API}/runs/requests/daily-ingest-forged")
    assert (one.status_code, one.json()["type"]) == (409, "urn:foliohub:problem:signature")
    assert "carries no signature" in one.json()["detail"]
    (job,) = [job for job in olga.call("GET", f"{API}/schedule").json()["items"] if job["job"] == "daily-ingest"]
    assert job["paused"] is False
    time.sleep(3)  # three more looks of the scheduler
    asked = {record.request for record in open_records(Settings(home=hub.home), kept).list()}
    assert asked.isdisjoint({"daily-ingest-forged", "daily-ingest-sealed"})
    alerts = [kept.read_document(name) for name in kept.document_names("schedule/alerts/unsigned-")]
    assert any("only the platform may ask for" in alert["sentence"] for alert in alerts)


def test_a_run_she_makes_up_publishes_nothing(
    hub: LiveHub, visitors: dict[str, Visitor], kernel: ClientConnection, kept: Store
) -> None:
    manager = visitors["max"]
    before = manager.call("GET", f"{API}/forecasts").json()
    number = run(
        kernel,
        PRELUDE
        + """
from foliohub.runs.opening import open_records
good = [run for run in open_records(settings).list("daily-forecast") if run.status == "succeeded"][-1]
name = next(version.name for version in good.written if version.name.startswith("forecasts/"))
frame = store.read_table(name)
frame["mean"] = 9.0
made = store.write_table(name, frame)
record = store.read_document("runs/" + good.id)
written = [{"name": made.name, "number": made.number, "content": made.content}]
forged = record | {"id": good.id.rpartition(".")[0] + ".99", "attempt": 99, "written": written, "started_at": now}
store.write_document("runs/" + forged["id"], own.signed("run record", forged))
print(forged["id"])
""",
    ).strip()
    (shown,) = [item for item in manager.call("GET", f"{API}/runs").json()["items"] if item["id"] == number]
    assert shown["status"] == "unsigned"
    assert "does not count" in shown["error"]["message"]
    assert manager.call("GET", f"{API}/forecasts").json() == before
    said = hub.command("runs", "show", number)
    assert "unsigned" in said.stdout
    open_ledger(Settings(home=hub.home), "sample", kept).verify()
