"""Once a day what nobody asks about any more goes: old requests and alerts, and all minute bars but the latest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pandas as pd
import pytest

from foliohub.config import Settings
from foliohub.schedule import Alert, Alerts, Requests, State
from foliohub.schedule.alerts import Delivery, Kind, Stage
from foliohub.signatures import Seal
from hub.scheduler.housekeeping import Housekeeping

START = datetime(2026, 6, 1, 3, tzinfo=UTC)


@pytest.fixture
def house(project):
    """The housekeeping of a store, and its clock."""
    store, there = project.store(), SimpleNamespace(now=START)
    there.store, there.alerts = store, Alerts(store)
    there.requests = Requests(store, Seal.generate(), lambda: there.now)
    there.file = project.settings.home / "schedule" / "housekeeping"
    there.keeping = Housekeeping(
        there.requests,
        there.alerts,
        lambda: len(store.prune(prefix="minutes/")),
        timedelta(days=90),
        there.file,
        lambda: there.now,
    )
    yield there
    store.close()


def alert(name: str, days_ago: int, stage: Stage) -> Alert:
    raised = START - timedelta(days=days_ago)
    deliveries = {"webhook": Delivery(stage=stage)}
    return Alert(id=name, kind=Kind.FAILED, job="a", sentence="It failed.", raised_at=raised, deliveries=deliveries)


def test_it_is_done_once_a_day_and_a_day_after_the_first_start(house):
    assert not house.keeping.tidy()
    for hours, done in ((23, False), (2, True), (1, False), (24, True)):
        house.now += timedelta(hours=hours)
        assert house.keeping.tidy() is done, hours
    house.now -= timedelta(days=300)  # a clock that is put back makes nothing happen
    assert not house.keeping.tidy()


def test_old_requests_and_alerts_go_and_what_is_pending_stays(house):
    house.keeping.tidy()
    old = house.requests.submit("a", by="olga")
    house.requests.change(old.id, lambda _: {"state": State.DONE, "ended_at": START - timedelta(days=100)})
    waiting = house.requests.submit("a", by="olga")
    for name, days, stage in (("sent", 100, Stage.DELIVERED), ("due", 100, Stage.PENDING), ("new", 5, Stage.DELIVERED)):
        house.alerts.raise_once(alert(name, days, stage))
    house.now += timedelta(days=1, seconds=1)
    assert house.keeping.tidy()
    assert [request.id for request in house.requests.list()] == [waiting.id]
    assert {found.id for found in house.alerts.all()} == {"due", "new"}
    assert {found.id for found in Alerts(house.store).all()} == {"due", "new"}


def test_of_minute_bars_the_latest_stays_and_of_all_else_everything(house):
    house.keeping.tidy()
    for number in range(4):
        for name in ("minutes/sample/2026-05-29", "forecasts/sample/2026-05-29"):
            house.store.write_table(name, pd.DataFrame({"n": [number]}))
    house.now += timedelta(days=1, seconds=1)
    assert house.keeping.tidy()
    assert [len(house.store.versions(f"{kind}/sample/2026-05-29")) for kind in ("minutes", "forecasts")] == [1, 4]
    assert house.store.read_table("minutes/sample/2026-05-29")["n"].tolist() == [3]


def test_how_long_things_are_kept_is_a_setting_with_a_floor(tmp_path, monkeypatch):
    assert Settings(project=tmp_path).keep_days == 90
    monkeypatch.setenv("FOLIOHUB_KEEP_DAYS", "30")
    assert Settings(project=tmp_path).keep_days == 30
    monkeypatch.setenv("FOLIOHUB_KEEP_DAYS", "7")
    with pytest.raises(ValueError, match="14"):
        Settings(project=tmp_path)
