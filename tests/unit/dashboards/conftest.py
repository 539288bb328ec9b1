"""An installation in a temporary folder, with runs that published small tables of a made-up market."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foliohub import backtest, calendars
from foliohub.config import Settings
from foliohub.costs import CostModel
from foliohub.dashboards import kit
from foliohub.dashboards.reading import Reader
from foliohub.data.universe import load_universe
from foliohub.data.versions import StoredVersion
from foliohub.frames import FORECAST_COLUMNS
from foliohub.ledger import Draft, Order, Verdict
from foliohub.runs.opening import open_ledger, open_records, open_store
from foliohub.runs.records import Failure, RunRecord, Status, run_id

LAST = pd.Timestamp("2022-12-28")
NOW = datetime(2022, 12, 29, 1, tzinfo=UTC)
TICKERS = load_universe("sample").tickers
MODELS = ("zero", "mean", "gradient_boosting")
PARAMETERS = {"universe": "sample", "shown": "gradient_boosting", "proposed": "max_sharpe"}


def market(sessions: int = 700) -> pd.DataFrame:
    """Prices of the sample's tickers and its index, ending on the last session."""
    days = calendars.sessions("2019-01-02", LAST)[-sessions:]
    rng = np.random.default_rng(2)
    names = [*TICKERS, "SP500"]
    common = rng.normal(0.0003, 0.008, (len(days), 1))
    returns = common + rng.normal(0, 0.012, (len(days), len(names)))
    return pd.DataFrame(100 * np.cumprod(1 + returns, axis=0), index=days.rename("date"), columns=names)


def forecasts(prices: pd.DataFrame, cutoff: pd.Timestamp, horizons: tuple[int, ...] = (1, 5)) -> pd.DataFrame:
    """Normal intervals around small means."""
    rng, rows = np.random.default_rng(cutoff.dayofyear), []
    for horizon in horizons:
        day = calendars.next_sessions(cutoff, horizon)[-1]
        for model in MODELS:
            for ticker in TICKERS:
                mean, width = (0.0 if model == "zero" else rng.normal(0, 0.005)), 0.015 * np.sqrt(horizon)
                bounds = (mean - 1.28 * width, mean + 1.28 * width, mean - 1.96 * width, mean + 1.96 * width)
                rows.append((cutoff, day, ticker, model, horizon, mean, *bounds))
    return pd.DataFrame(rows, columns=list(FORECAST_COLUMNS))


class Installation:
    """Settings, a store, and runs that published."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(project=home, home=home / "state")
        self.store = open_store(self.settings)
        self.records = open_records(self.settings, self.store)
        self.prices = market()
        self.ledger = open_ledger(self.settings, "sample")

    @property
    def sources(self) -> kit.Sources:
        """What a page opens; anew each time, as every page does."""
        return kit.Sources(self.settings)

    @property
    def reader(self) -> Reader:
        return Reader(self.sources, "sample")

    def run(
        self,
        job: str,
        tables: dict[str, pd.DataFrame],
        as_of: pd.Timestamp = LAST,
        *,
        error: str = "",
        attempt: int = 1,
        **parameters: object,
    ) -> RunRecord:
        """A run that published tables, or failed; with parameters beside those of every run."""
        day = f"{as_of:%Y-%m-%d}"
        written = []
        for kind, frame in tables.items():
            version = self.store.write_table(f"{kind}/sample/{day}", frame)
            written.append(StoredVersion(name=version.name, number=version.number, content=version.content))
        started = datetime(as_of.year, as_of.month, as_of.day, 23, attempt, tzinfo=UTC)
        return self.records.save(
            RunRecord(
                id=run_id(job, day, attempt),
                job=job,
                as_of=day,
                status=Status.FAILED if error else Status.SUCCEEDED,
                attempt=attempt,
                started_at=started,
                ended_at=started + timedelta(minutes=1),
                notebook=f"{job}.ipynb",
                notebook_hash="0",
                parameters=PARAMETERS | parameters,
                image="local",
                python="3.11",
                written=tuple(written),
                error=Failure(kind="ModelError", message=error) if error else None,
            )
        )

    def ingest(self, until: pd.Timestamp = LAST, events: pd.DataFrame | None = None, barred: str = "") -> RunRecord:
        prices = self.prices.loc[:until]
        panel = {"close": prices.rename_axis(columns="ticker")}
        self.store.write_panel("raw/sample", panel, as_of=until)
        summary = pd.DataFrame({"ticker": list(TICKERS), "status": "clean", "events": 0})
        summary.loc[summary["ticker"] == barred, "status"] = "quarantined"
        columns = ["ticker", "date", "rule", "field", "received", "action", "remark"]
        quality = pd.DataFrame(columns=columns).astype({"date": "datetime64[ns]", "received": "float64"})
        return self.run(
            "daily-ingest",
            {
                "adjusted": prices.tail(504).reset_index(),
                "quality": quality if events is None else events,
                "quality_summary": summary,
            },
            until,
        )

    def forecast(self, as_of: pd.Timestamp = LAST) -> RunRecord:
        cutoffs = self.prices.index[[-70, -50, -30, -10]]
        past = pd.concat([forecasts(self.prices, cutoff) for cutoff in cutoffs], ignore_index=True)
        wide = self.prices.to_numpy()
        first, last = (self.prices.index.get_indexer(past[name]) for name in ("cutoff", "date"))
        column = self.prices.columns.get_indexer(past["ticker"])
        past["outcome"] = wide[last, column] / wide[first, column] - 1
        tables = {
            "forecasts": forecasts(self.prices, as_of),
            "forecast_scores": backtest.scorecard(past).reset_index(),
            "model_cards": backtest.model_cards(backtest.scorecard(past)),
            "score_history": backtest.score_history(past),
        }
        return self.run("daily-forecast", tables, as_of)

    def rebalance(self, as_of: pd.Timestamp = LAST, **changes: object) -> RunRecord:
        rng = np.random.default_rng(as_of.dayofyear)
        target = pd.Series(rng.dirichlet(np.ones(len(TICKERS))), index=list(TICKERS))
        weights = pd.DataFrame({"ticker": target.index, "target": target.to_numpy(), "current": 0.0})
        record = self.run("daily-rebalance", {"weights": weights}, as_of)
        close = self.prices.loc[as_of]
        shares = {name: int(target[name] * 990_000 / close[name]) for name in TICKERS if target[name] > 0.05}
        orders = tuple(
            Order(
                ticker=name,
                side="buy",
                shares=count,
                price=float(close[name]),
                value=float(count * close[name]),
                estimated_cost=float(count * close[name] * 5e-4),
                weight_before=0.0,
                target_weight=float(target[name]),
                weight_after=float(count * close[name] / 1e6),
            )
            for name, count in shares.items()
        )
        spent, cost = sum(order.value for order in orders), sum(order.estimated_cost for order in orders)
        verdict = Verdict(
            limit="turnover", value=0.4, bound=0.3, unit="fraction", outcome="warn", sentence="Turnover is 40%."
        )
        content: dict[str, object] = {
            "portfolio": "sample",
            "universe": "sample",
            "as_of": as_of.date(),
            "created_at": NOW - timedelta(hours=1),
            "expires_at": NOW + timedelta(hours=19),
            "author": "job:daily-rebalance",
            "run_id": record.id,
            "target": {name: float(target[name]) for name in shares},
            "orders": orders,
            "holdings_before": {},
            "holdings_after": shares,
            "cash_before": 1e6,
            "cash_after": 1e6 - spent - cost,
            "wealth": 1e6,
            "expected_cost": cost,
            "turnover": spent / 2e6,
            "prices_until": date(2022, 12, 28),
            "verdicts": (verdict,),
        }
        self.ledger.propose(Draft.model_validate(content | changes))
        return record

    def report(self) -> RunRecord:
        returns = self.prices.pct_change().iloc[1:]
        mine, index = returns[list(TICKERS)], returns["SP500"]
        decided = mine.index[60:-2:60]
        rng = np.random.default_rng(9)
        targets = {
            "equal_weight": np.full((len(decided), len(TICKERS)), 1 / len(TICKERS)),
            "max_sharpe": rng.dirichlet(np.ones(len(TICKERS)), len(decided)),
        }
        results = {
            name: backtest.simulate(mine, pd.DataFrame(values, decided, mine.columns), CostModel(2, 3), name=name)
            for name, values in targets.items()
        }
        net = pd.DataFrame({name: result.net_returns for name, result in results.items()})
        net["index"] = backtest.buy_and_hold(index, start=results["equal_weight"].start, name="index").net_returns
        names = ["portfolio", "date"]
        weights = pd.concat({name: result.target_weights for name, result in results.items()}, names=names)
        trading = {name: pd.DataFrame({"turnover": r.turnover, "cost": r.costs}) for name, r in results.items()}
        gains = {name: backtest.gains(result).resample("ME").sum() for name, result in results.items()}
        tables = {
            "net_returns": net.rename_axis("date").reset_index(),
            "weights_history": weights.reset_index(),
            "trading": pd.concat(trading, names=names).reset_index(),
            "monthly_gains": pd.concat(gains, names=names).reset_index(),
        }
        return self.run("weekly-report", tables)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """Nothing has run yet."""
    return Installation(tmp_path)


@pytest.fixture(scope="session")
def home_after_two_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once, to be copied: it takes a second, and every test may change its own."""
    installation = Installation(tmp_path_factory.mktemp("cycled"))
    before = installation.prices.index[-2]
    for as_of in (before, LAST):
        installation.ingest(as_of)
        installation.forecast(as_of)
        installation.rebalance(as_of)
    installation.report()
    installation.store.close()
    return installation.settings.project


@pytest.fixture
def cycled(home_after_two_nights: Path, tmp_path: Path) -> Installation:
    """Two nights and a weekly report."""
    shutil.copytree(home_after_two_nights, tmp_path / "home")
    return Installation(tmp_path / "home")


@pytest.fixture
def failures() -> Callable[[str], list[str]]:
    """The cards in some markup that say that a part cannot be shown."""
    return lambda html: [part.split("</div>")[0] for part in html.split("fd-state fd-failed")[1:]]


@pytest.fixture
def now() -> datetime:
    """The evening after the last session."""
    return NOW
