"""Opening what the settings name: a universe, a portfolio and its ledger, the store, a source of prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foliohub.errors import InputError

if TYPE_CHECKING:
    from foliohub.config import Settings
    from foliohub.data.store import Store
    from foliohub.data.universe import Universe
    from foliohub.ledger import Ledger
    from foliohub.ledger.portfolio import Portfolio
    from foliohub.types import PriceSource


def open_universe(settings: Settings, name: str) -> Universe:
    """The universe of that name, from the installation's own folder or the package."""
    from foliohub.data.universe import load_universe

    return load_universe(name, folders=(settings.universes,) if settings.universes else ())


def open_portfolio(settings: Settings, name: str) -> Portfolio:
    """The portfolio of that name, from the installation's own folder or the package, checked against its universe."""
    from foliohub.ledger.portfolio import check_universe, load_portfolio

    portfolio = load_portfolio(name, folders=(settings.portfolios,) if settings.portfolios else ())
    return check_universe(portfolio, open_universe(settings, portfolio.universe))


def open_ledger(settings: Settings, name: str) -> Ledger:
    """The ledger of the portfolio of that name, in the settings' store."""
    from foliohub.ledger import Ledger

    return Ledger(open_store(settings), open_portfolio(settings, name))


def open_store(settings: Settings) -> Store:
    """The store the settings name."""
    from foliohub.data.store import Store

    return Store.open(settings.store, locks=settings.locks)


def open_source(settings: Settings, name: str, **parameters: Any) -> PriceSource:
    """The source of that name, with what the settings know of it.

    Parameters
    ----------
    settings : Settings
    name : str
    **parameters
        Empty ones are left out, so that a notebook can declare a parameter that most sources do not take.
    """
    from foliohub.data import sources

    parameters = {key: value for key, value in parameters.items() if value not in ("", None)}
    if name == "yahoo" and settings.yahoo_url:
        parameters["base_url"] = settings.yahoo_url
    if name == "alpha_vantage":
        if settings.alpha_vantage_key is None:
            raise InputError(
                "Alpha Vantage wants a key and there is none.",
                remedy="Set ALPHAVANTAGE_API_KEY in the environment, and name it under `secrets` in the job's file.",
            )
        parameters["api_key"] = settings.alpha_vantage_key
        if settings.alpha_vantage_url:
            parameters["base_url"] = settings.alpha_vantage_url
    return sources.get(name, **parameters)
