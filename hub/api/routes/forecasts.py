"""Forecasts, registered before their outcome, and how forecasts did."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from hub.api import published, tables
from hub.api.access import At, Reader
from hub.api.parameters import Day, Names, Tickers
from hub.api.published import PublishedQuery, keep
from hub.api.tables import Passport

router = APIRouter(prefix="/forecasts", tags=["forecasts"])

Horizons = Annotated[list[Annotated[int, Field(ge=1, le=1000)]], Field(default_factory=list, max_length=100)]


class ScoresQuery(PublishedQuery):
    """Which scores."""

    model: Names
    horizon: Horizons


class ForecastsQuery(ScoresQuery):
    """Which forecasts."""

    ticker: Tickers


class Forecast(BaseModel):
    """A forecast of one ticker's cumulative simple return from the close of `cutoff` to that of `date`."""

    cutoff: Day
    """Last session whose close the model has seen."""
    date: Day
    ticker: str
    model: str
    horizon: int
    """Sessions ahead."""
    mean: float
    lo_80: float
    hi_80: float
    lo_95: float
    hi_95: float


class Forecasts(BaseModel):
    """A page of forecasts."""

    passport: Passport
    total: int
    next: str | None
    rows: list[Forecast]


class Score(BaseModel):
    """How a model did at one horizon, over the cutoffs tried; errors in decimal returns."""

    horizon: int
    model: str
    observations: int
    cutoffs: int
    mae: float | None
    rmse: float | None
    bias: float | None
    skill: float | None
    """Share of the naive baseline's squared error that is gone; below 0 it does worse."""
    skill_error: float | None
    hit_rate: float | None
    rank_ic: float | None
    coverage_80: float | None
    coverage_95: float | None
    width_80: float | None
    width_95: float | None
    interval_score_80: float | None
    interval_score_95: float | None
    dm_statistic: float | None
    dm_p_value: float | None
    mase: float | None = None
    pinball: float | None = None
    crps: float | None = None
    crps_skill: float | None = None
    """Share of the naive baseline's CRPS that is gone: whole distributions, not means alone."""
    log_score: float | None = None
    pit_p_value: float | None = None
    crps_p_value: float | None = None
    mcs_p_value: float | None = None
    """Above 0.1 the model is in the 90% confidence set of the best."""
    crps_mcs_p_value: float | None = None
    verdict: str | None = None
    """A sentence on whether the model beats no change."""


class Scores(BaseModel):
    """A page of scores."""

    passport: Passport
    total: int
    next: str | None
    rows: list[Score]


@router.get("", operation_id="forecasts", responses=tables.responses(Forecasts))
async def forecasts(request: Request, at: At, _: Reader, query: Annotated[ForecastsQuery, Query()]) -> Response:
    """Forecasts of a session, by model, ticker and horizon."""
    return await published.answer(
        request,
        at,
        "forecasts",
        query,
        chosen=(tuple(query.ticker), tuple(query.model), tuple(query.horizon)),
        shape=lambda frame: keep(frame, ticker=query.ticker, model=query.model, horizon=query.horizon),
    )


@router.get("/scores", operation_id="forecast_scores", responses=tables.responses(Scores))
async def scores(request: Request, at: At, _: Reader, query: Annotated[ScoresQuery, Query()]) -> Response:
    """How each model did against the naive baseline, on cutoffs before the session."""
    return await published.answer(
        request,
        at,
        "forecast_scores",
        query,
        chosen=(tuple(query.model), tuple(query.horizon)),
        shape=lambda frame: keep(frame, model=query.model, horizon=query.horizon),
    )
