"""The routes, one module for each thing there is to ask for."""

from __future__ import annotations

from fastapi import APIRouter

from hub.api.routes import backtests, forecasts, health, portfolio, prices, quality, runs, universes

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    universes.router,
    prices.router,
    forecasts.router,
    backtests.router,
    quality.router,
    portfolio.router,
    runs.router,
)

__all__ = ["ROUTERS"]
