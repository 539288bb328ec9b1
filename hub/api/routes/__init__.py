"""The routes, one module for each thing there is to ask for."""

from __future__ import annotations

from fastapi import APIRouter

from hub.api.routes import (
    backtests,
    forecasts,
    health,
    holdings,
    metrics,
    portfolio,
    prices,
    proposals,
    quality,
    quotes,
    requests,
    runs,
    schedule,
    universes,
)

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    universes.router,
    prices.router,
    forecasts.router,
    backtests.router,
    quality.router,
    quotes.router,
    portfolio.router,
    holdings.router,
    proposals.router,
    requests.router,  # before runs: "requests" would be taken for a run's id
    runs.router,
    schedule.router,
    metrics.router,
)

__all__ = ["ROUTERS"]
