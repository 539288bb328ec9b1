"""A small store with what four runs published, the API before it on a port of its own, and tokens for each role."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest
import uvicorn

from foliohub import calendars
from foliohub.config import Settings
from foliohub.data.store import Store
from foliohub.data.universe import load_universe
from foliohub.data.versions import StoredVersion
from foliohub.frames import FIELDS
from foliohub.ledger import Draft, Order, Verdict
from foliohub.runs.opening import open_records
from foliohub.runs.records import RunRecord, Status
from hub.api.app import create_app
from hub.api.identity import Identity, TokenTable
from hub.api.settings import ApiSettings
from hub.config import roles

ROOT = Path(__file__).parents[3]
AS_OF = "2022-12-28"
PREFIX = "/services/api/v1"
ROLES = {"researcher": roles.RESEARCHER, "manager": roles.MANAGER, "operator": roles.OPERATOR, "guest": ()}


class Runs:
    """Writes tables and records as runs do."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.store = store
        self.records = open_records(settings, store)
        before = [record.started_at for record in self.records.list()]
        self.started = max(before, default=datetime(2022, 12, 29, 0, 0, tzinfo=UTC))

    def publish(
        self, job: str, tables: dict[str, pd.DataFrame], as_of: str = AS_OF, status: Status = Status.SUCCEEDED
    ) -> RunRecord:
        written = []
        for kind, frame in tables.items():
            version = self.store.write_table(f"{kind}/sample/{as_of}", frame)
            written.append(StoredVersion(name=version.name, number=version.number, content=version.content))
        attempt = len(self.records.list(job, as_of)) + 1
        self.started += timedelta(minutes=1)
        return self.records.save(
            RunRecord(
                id=f"{job}.{as_of}.{attempt}",
                job=job,
                as_of=as_of,
                status=status,
                attempt=attempt,
                started_at=self.started,
                ended_at=self.started + timedelta(seconds=20),
                notebook=f"{job}.ipynb",
                notebook_hash="0" * 64,
                parameters={"universe": "sample"},
                image="local",
                python="3.11",
                written=tuple(written),
                outputs={name: f"runs/{job}.{as_of}.{attempt}/{name}" for name in ("notebook.ipynb",)},
            )
        )


def raw_panel(dates: int = 40) -> dict[str, pd.DataFrame]:
    """Prices of the sample's tickers and its benchmark; the benchmark has a close alone."""
    universe = load_universe("sample")
    index = pd.DatetimeIndex(calendars.sessions("2022-10-01", AS_OF)[-dates:], name="date")
    tickers = pd.Index([*universe.tickers, universe.benchmark], name="ticker")
    random = np.random.default_rng(3)
    close = pd.DataFrame(100 * np.exp(np.cumsum(random.normal(0, 0.01, (dates, len(tickers))), axis=0)), index, tickers)
    panel = {field: close.copy() for field in FIELDS}
    for field in set(FIELDS) - {"close"}:
        panel[field][universe.benchmark] = np.nan
    return panel


def forecasts(as_of: str = AS_OF, shift: float = 0.0) -> pd.DataFrame:
    """Two models, two horizons, every ticker."""
    rows = [
        (pd.Timestamp(as_of), pd.Timestamp(as_of) + pd.offsets.BDay(horizon), ticker, model, horizon, shift + 0.1 / 3)
        for horizon in (1, 5)
        for model in ("zero", "arima")
        for ticker in load_universe("sample").tickers
    ]
    frame = pd.DataFrame(rows, columns=["cutoff", "date", "ticker", "model", "horizon", "mean"])
    for level, width in (("80", 0.1), ("95", 0.2)):
        frame[f"lo_{level}"], frame[f"hi_{level}"] = frame["mean"] - width, frame["mean"] + width
    return frame


def scores() -> pd.DataFrame:
    names = [
        "mae", "rmse", "bias", "skill", "skill_error", "hit_rate", "rank_ic", "coverage_80", "coverage_95", "width_80",
        "width_95", "interval_score_80", "interval_score_95", "dm_statistic", "dm_p_value",
    ]  # fmt: skip
    frame = pd.DataFrame({"horizon": [1, 1], "model": ["arima", "zero"], "observations": 240, "cutoffs": 12})
    for number, name in enumerate(names):
        frame[name] = [number / 10, np.nan]
    return frame


def performance() -> pd.DataFrame:
    names = [
        "n_observations", "periods_per_year", "total_return", "annual_return", "annual_volatility", "sharpe_ratio",
        "sortino_ratio", "max_drawdown", "calmar_ratio", "value_at_risk", "conditional_value_at_risk", "hit_rate",
        "annual_turnover", "annual_cost", "cost_drag", "p_value",
    ]  # fmt: skip
    frame = pd.DataFrame({"portfolio": ["equal_weight", "max_sharpe", "index"]})
    for number, name in enumerate(names):
        frame[name] = [number + 0.5, number + 0.25, np.nan if name == "p_value" else 1.0]
    return frame


def net_returns() -> pd.DataFrame:
    dates = pd.DatetimeIndex(calendars.sessions("2022-11-01", AS_OF))
    random = np.random.default_rng(4)
    return pd.DataFrame(
        {"date": dates} | {name: random.normal(0, 0.01, len(dates)) for name in ("max_sharpe", "index")}
    )


def weights() -> pd.DataFrame:
    tickers = load_universe("sample").tickers
    return pd.DataFrame({"ticker": tickers, "target": 0.05, "current": 0.0, "equal_weight": 0.05})


def orders() -> pd.DataFrame:
    row = {"ticker": "AAPL", "side": "buy", "shares": 10, "price": 125.5, "value": 1255.0, "estimated_cost": 0.6275}
    return pd.DataFrame([row | {"weight_before": 0.0, "target_weight": 0.05, "weight_after": 0.0502}])


def quality() -> dict[str, pd.DataFrame]:
    day = pd.Timestamp("2022-11-01")
    event = {"ticker": "RRC", "date": day, "rule": "stale_run", "field": "close", "received": np.nan, "action": "kept"}
    summary = {"ticker": ["AAPL", "RRC"], "status": ["clean", "touched"], "first": [day, pd.NaT], "last": [day, day]}
    return {
        "quality": pd.DataFrame([event | {"remark": "unchanged"}, event | {"received": 3.5, "remark": "=1+1"}]),
        "quality_summary": pd.DataFrame(summary | {"sessions": [40, 40], "stale_run": [0.0, np.nan], "events": [0, 2]}),
    }


def fill(store: Store, home: Path) -> Runs:
    """What an ingest, a forecast, a rebalance and a report leave behind."""
    store.write_panel("raw/sample", raw_panel(), as_of=AS_OF)
    runs = Runs(Settings(project=ROOT, home=home), store)
    ingest = runs.publish("daily-ingest", quality())
    runs.publish("daily-forecast", {"forecasts": forecasts(), "forecast_scores": scores()})
    runs.publish("weekly-report", {"performance": performance(), "net_returns": net_returns()})
    runs.publish("daily-rebalance", {"weights": weights(), "orders": orders()})
    folder = home / "runs" / ingest.id
    folder.mkdir(parents=True)
    (folder / "10_ingest.ipynb").write_text("{}", encoding="utf-8")
    (folder / "report.html").write_text("<script>1</script>", encoding="utf-8")
    files = {"notebook": f"runs/{ingest.id}/10_ingest.ipynb", "report": f"runs/{ingest.id}/report.html"}
    runs.records.save(ingest.model_copy(update={"outputs": files}))
    return runs


class Server:
    """The API behind uvicorn, in a thread of this process.

    Attributes
    ----------
    url : str
        Up to and with the version.
    tokens : TokenTable
    """

    def __init__(self, settings: Settings, **service: object) -> None:
        self.tokens = TokenTable()
        self.settings = settings
        service = {"requests_per_second": 1e6, "burst": 1e6} | service
        self.app = create_app(settings, self.tokens, ApiSettings(**service))
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.url = self.origin + PREFIX
        config = uvicorn.Config(self.app, log_level="critical", timeout_graceful_shutdown=1, lifespan="off")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.http = httpx.Client(timeout=20, verify=False)  # making a context of TLS takes longer than all the rest

    def token(self, role: str, name: str = "", kind: str = "user", **more: object) -> str:
        scopes = frozenset(ROLES[role])
        return self.tokens.issue(Identity(name or role, kind, scopes, frozenset({f"{role}s"}), **more))

    def client(self, role: str = "", **more: object) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token(role)}"} if role else {}
        return httpx.Client(
            base_url=self.url, headers=headers | more.pop("headers", {}), timeout=20, verify=False, **more
        )

    @property
    def store(self) -> Store:
        return self.app.state.context.store

    def close(self) -> None:
        self.http.close()
        self.server.should_exit = True
        self.thread.join(10)
        self.socket.close()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home to copy."""
    home = tmp_path_factory.mktemp("filled")
    settings = Settings(project=ROOT, home=home)
    store = Store.open(settings.store, locks=settings.locks)
    fill(store, home)
    store.close()
    return home


@pytest.fixture
def start(tmp_path: Path, filled: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers of a home of the test's own, filled."""
    started: list[Server] = []
    shutil.copytree(filled, tmp_path / "home")
    settings = Settings(project=ROOT, home=tmp_path / "home")

    def start(**service: object) -> Server:
        started.append(Server(settings, **service))
        return started[-1]

    yield start
    for server in started:
        server.close()
        server.store.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, filled: Path) -> Iterator[Server]:
    """One server for the tests of a module, which only read."""
    home = tmp_path_factory.mktemp("read") / "home"
    shutil.copytree(filled, home)
    server = Server(Settings(project=ROOT, home=home))
    yield server
    server.close()
    server.store.close()


@pytest.fixture(scope="module")
def researcher(server: Server) -> Iterator[httpx.Client]:
    with server.client("researcher") as client:
        yield client


@pytest.fixture
def runs() -> Callable[[Server], Runs]:
    """Runs that publish into a server's store."""
    return lambda server: Runs(server.settings, server.store)


@pytest.fixture
def make_forecasts() -> Callable[..., pd.DataFrame]:
    return forecasts


@pytest.fixture
def propose() -> Callable[..., str]:
    """Enters a proposal into the sample portfolio's ledger; its id."""
    numbers = iter(range(1, 100))

    def propose(server: Server, author: str = "job:daily-rebalance", blocked: bool = False) -> str:
        verdict = {
            "limit": "turnover",
            "value": 0.5,
            "bound": 0.4,
            "unit": "fraction",
            "sentence": "Turnover is 50.0%.",
        }
        order = orders().iloc[0].to_dict()
        draft = Draft(
            portfolio="sample",
            universe="sample",
            as_of=AS_OF,
            created_at=datetime.now(UTC),
            expires_at=datetime.now(UTC) + timedelta(hours=1),
            author=author,
            run_id=f"daily-rebalance.{AS_OF}.{next(numbers)}",
            target={"AAPL": 0.05},
            orders=(Order.model_validate(order),),
            holdings_before={},
            holdings_after={"AAPL": 10},
            cash_before=1_000_000.0,
            cash_after=998_744.3725,
            wealth=1_000_000.0,
            expected_cost=0.6275,
            turnover=0.0006,
            prices_until=AS_OF,
            verdicts=(Verdict.model_validate(verdict | {"outcome": "block" if blocked else "pass"}),),
        )
        return server.app.state.context.ledger("sample").propose(draft).id

    return propose
