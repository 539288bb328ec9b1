"""One method for each thing the API has."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, Self

from foliohub.client.models import Job, Portfolio, Proposal, Quote, Quotes, Run, RunRequest, Universe
from foliohub.client.transport import Query, Transport
from foliohub.errors import ServiceError

if TYPE_CHECKING:
    import pandas as pd

Day = date | str
_ARROW = "application/vnd.apache.arrow.stream"
_PAGE = 500
_NOTHING: Mapping[str, Any] = {}


class Client:
    """A client of the REST API.

    Parameters
    ----------
    url : str
        Of the platform, as "https://hub.example.org".
    token : str
        From the hub's page Token; it can do what its owner may, or less.
    timeout : float
        Seconds to wait for an answer.
    retries : int
        Further tries where the service is away, or asks to wait.

    Notes
    -----
    Tables come as frames; ``frame.attrs`` holds "run", "version" and "rows": where the numbers come from. Dates may be
    texts (YYYY-MM-DD) or dates; without `as_of` the last session is taken that there is.
    """

    def __init__(self, url: str, token: str, *, timeout: float = 30, retries: int = 3) -> None:
        self._transport = Transport(url, token, timeout, retries)

    def __repr__(self) -> str:
        return f"Client({self._transport.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    # -- data ----------------------------------------------------------------------------------------------------------

    def universes(self) -> list[Universe]:
        """Every universe there is."""
        return [Universe.model_validate(item) for item in self._items("/universes")]

    def universe(self, name: str) -> Universe:
        """One universe, and what was published for it."""
        return Universe.model_validate(self._json("GET", f"/universes/{name}"))

    def prices(
        self,
        universe: str = "sample",
        *,
        tickers: Sequence[str] = (),
        fields: Sequence[str] = ("close",),
        start: Day | None = None,
        end: Day | None = None,
        as_of: Day | None = None,
    ) -> pd.DataFrame:
        """Prices as traded (n_rows, 2 + n_fields): columns date, ticker and the fields; as known at `as_of`."""
        query = {"ticker": tickers, "field": fields, "start": start, "end": end}
        return self._table("/prices", query | {"universe": universe, "as_of": as_of})

    def quality(
        self, universe: str = "sample", *, tickers: Sequence[str] = (), as_of: Day | None = None
    ) -> pd.DataFrame:
        """Every value that a cleaning rule touched: ticker, date, rule, field, received, action, remark."""
        return self._table("/quality", {"universe": universe, "ticker": tickers, "as_of": as_of})

    def quality_summary(self, universe: str = "sample", *, as_of: Day | None = None) -> pd.DataFrame:
        """How each ticker stands: status, dates, and how often each rule spoke."""
        return self._table("/quality/summary", {"universe": universe, "as_of": as_of})

    def quotes(self, tickers: Sequence[str] = ()) -> Quotes:
        """The last quotes; no service and no market are states of the feed, not errors."""
        return _quotes(self._json("GET", "/quotes", {"ticker": tickers}))

    def stream_quotes(self, tickers: Sequence[str] = ()) -> Iterator[Quotes]:
        """Quotes as they come: first all there are, then what changes. Goes on until it is closed.

        A service that is being renewed takes its leave: then the stream goes on from another one, with all there are.
        """
        renewed = True
        while renewed:
            renewed = False
            for name, data in self._transport.events("/quotes/stream", {"ticker": tickers}):
                if name == "end":
                    raise ServiceError(data["detail"], remedy="Use a token that is still good.", status=401)
                if name == "renew":
                    renewed = True
                    break
                yield _quotes(data)

    # -- results -------------------------------------------------------------------------------------------------------

    def forecasts(
        self,
        universe: str = "sample",
        *,
        as_of: Day | None = None,
        models: Sequence[str] = (),
        tickers: Sequence[str] = (),
        horizons: Sequence[int] = (),
    ) -> pd.DataFrame:
        """Forecasts of a session (n_forecasts, 10), columns :data:`foliohub.frames.FORECAST_COLUMNS`."""
        query = {"model": models, "ticker": tickers, "horizon": horizons}
        return self._table("/forecasts", query | {"universe": universe, "as_of": as_of})

    def forecast_scores(self, universe: str = "sample", *, as_of: Day | None = None) -> pd.DataFrame:
        """How each model did at each horizon, before the session."""
        return self._table("/forecasts/scores", {"universe": universe, "as_of": as_of})

    def backtests(self, universe: str = "sample", *, as_of: Day | None = None) -> pd.DataFrame:
        """Performance of every allocator, net of costs."""
        return self._table("/backtests", {"universe": universe, "as_of": as_of})

    def backtest_returns(
        self,
        universe: str = "sample",
        *,
        portfolios: Sequence[str] = (),
        start: Day | None = None,
        end: Day | None = None,
        as_of: Day | None = None,
    ) -> pd.DataFrame:
        """Daily returns of the backtests (n_rows, 3): date, portfolio, net_return."""
        query = {"portfolio": portfolios, "start": start, "end": end}
        return self._table("/backtests/returns", query | {"universe": universe, "as_of": as_of})

    def weights(self, universe: str = "sample", *, as_of: Day | None = None) -> pd.DataFrame:
        """Target weights of a session, as fractions of wealth."""
        return self._table("/portfolio/weights", {"universe": universe, "as_of": as_of})

    # -- portfolios and proposals --------------------------------------------------------------------------------------

    def portfolio(self, name: str = "sample", *, at: Day | None = None) -> Portfolio:
        """What a portfolio holds and is worth; by the fills up to a day where given."""
        return Portfolio.model_validate(self._json("GET", "/portfolio", {"name": name, "at": at}))

    def fills(self, name: str = "sample") -> pd.DataFrame:
        """The fills imported so far."""
        return self._table("/portfolio/fills", {"name": name})

    def proposals(self, *, portfolios: Sequence[str] = (), status: Sequence[str] = ()) -> pd.DataFrame:
        """Proposals in a line each (n_proposals, 17), the newest first."""
        import pandas as pd

        return pd.DataFrame(self._items("/proposals", {"portfolio": portfolios, "status": status}))

    def proposal(self, identifier: str) -> Proposal:
        """One proposal with its orders and the verdict of every limit."""
        return Proposal.model_validate(self._json("GET", f"/proposals/{identifier}"))

    def approve(self, identifier: str, reason: str) -> Proposal:
        """Approve a proposal, for good.

        Raises
        ------
        DecisionRefusedError
            You are its author, a limit blocks, or it is decided already; `code` says which.
        """
        answer = self._json("POST", f"/proposals/{identifier}/approve", body={"reason": reason})
        return Proposal.model_validate(answer)

    def reject(self, identifier: str, reason: str) -> Proposal:
        """Reject a proposal, for good."""
        return Proposal.model_validate(self._json("POST", f"/proposals/{identifier}/reject", body={"reason": reason}))

    def trades(self, identifier: str) -> pd.DataFrame:
        """The frozen trade list of an approved proposal."""
        return self._table(f"/proposals/{identifier}/trades")

    def slippage(self, identifier: str) -> pd.DataFrame:
        """Every order of a proposal against its fills."""
        return self._table(f"/proposals/{identifier}/slippage")

    # -- runs ----------------------------------------------------------------------------------------------------------

    def runs(
        self, *, jobs: Sequence[str] = (), as_of: Day | None = None, status: Sequence[str] = (), limit: int = 50
    ) -> list[Run]:
        """Run records, the newest first."""
        found = self._items("/runs", {"job": jobs, "as_of": as_of, "status": status}, limit)
        return [Run.model_validate(item) for item in found]

    def run(self, identifier: str) -> Run:
        """One run's record."""
        return Run.model_validate(self._json("GET", f"/runs/{identifier}"))

    def output(self, identifier: str, name: Literal["notebook", "report"]) -> bytes:
        """The executed notebook of a run, or its report."""
        return self._transport.request("GET", f"/runs/{identifier}/outputs/{name}").content

    def start(
        self,
        job: str,
        as_of: Day | None = None,
        *,
        parameters: Mapping[str, Any] = _NOTHING,
        key: str | None = None,
        force: bool = False,
    ) -> RunRequest:
        """Ask for a run. Asking again with the same key, or while the same is open, gives the same request."""
        body = {"job": job, "as_of": str(as_of) if as_of else None, "parameters": dict(parameters), "force": force}
        headers = {"Idempotency-Key": key} if key else {}
        return RunRequest.model_validate(self._transport.request("POST", "/runs", body=body, headers=headers).json())

    def request(self, identifier: str) -> RunRequest:
        """A run that was asked for, as it stands."""
        return RunRequest.model_validate(self._json("GET", f"/runs/requests/{identifier}"))

    def wait(self, identifier: str, timeout: float = 3600, every: float = 2) -> RunRequest:
        """Wait until nothing more will come of a request.

        Raises
        ------
        ServiceError
            It has not ended in time.
        """
        end = time.monotonic() + timeout
        while not (found := self.request(identifier)).ended:
            if time.monotonic() > end:
                raise ServiceError(f"{identifier} is still {found.state}.", remedy="Wait longer, or see the scheduler.")
            time.sleep(every)
        return found

    def cancel(self, identifier: str) -> RunRequest:
        """Take a request back."""
        return RunRequest.model_validate(self._json("DELETE", f"/runs/requests/{identifier}"))

    def schedule(self) -> list[Job]:
        """Every job with its next times."""
        return [Job.model_validate(item) for item in self._json("GET", "/schedule")["items"]]

    # -- within --------------------------------------------------------------------------------------------------------

    def _json(self, method: str, path: str, query: Query | None = None, *, body: Any = None) -> Any:
        return self._transport.request(method, path, query, body=body).json()

    def _items(self, path: str, query: Query = _NOTHING, limit: int | None = None) -> list[Any]:
        found: list[Any] = []
        while limit is None or len(found) < limit:
            size = _PAGE if limit is None else min(_PAGE, limit - len(found))
            page = self._json("GET", path, {**query, "limit": size, "offset": len(found)})
            found += page["items"]
            if not page["items"] or len(found) >= page["total"]:
                break
        return found

    def _table(self, path: str, query: Query = _NOTHING) -> pd.DataFrame:
        import pyarrow as pa

        pages: list[Any] = []
        cursor = ""
        while True:
            answer = self._transport.request("GET", path, {**query, "cursor": cursor}, headers={"Accept": _ARROW})
            with pa.ipc.open_stream(io.BytesIO(answer.content)) as reader:
                pages.append(reader.read_all())
            following = answer.links.get("next")
            if following is None:
                break
            cursor = following["url"].rpartition("cursor=")[2]
        frame: pd.DataFrame = pa.concat_tables(pages, promote_options="permissive").to_pandas()
        told = {"run": "Foliohub-Run", "version": "Foliohub-Version", "rows": "Foliohub-Rows"}
        frame.attrs = {name: answer.headers.get(header, "") for name, header in told.items()}
        return frame


def _quotes(data: Any) -> Quotes:
    return Quotes(
        state=data["feed"]["state"],
        detail=data["feed"]["detail"],
        quotes=[Quote.model_validate(quote) for quote in data["quotes"]],
        gone=data.get("gone", []),
    )
