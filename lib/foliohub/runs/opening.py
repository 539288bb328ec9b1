"""Opening what the settings name: a universe, a portfolio and its ledger, the store and its records, a source.

Whoever opens a ledger, records or requests here gets them with the installation's seal: what is not signed does not
count. Nothing else in the library and the services opens them (a test looks).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from foliohub.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from foliohub.config import Settings
    from foliohub.data.store import Store
    from foliohub.data.universe import Universe
    from foliohub.ledger import Ledger
    from foliohub.ledger.portfolio import Portfolio
    from foliohub.runs.records import RunRecords
    from foliohub.signatures import Seal
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


def open_ledger(settings: Settings, name: str, store: Store | None = None) -> Ledger:
    """The ledger of the portfolio of that name, in the settings' store, which may be open already."""
    from foliohub.ledger import Ledger

    return Ledger(store or open_store(settings), open_portfolio(settings, name), open_seal(settings))


def open_records(settings: Settings, store: Store | None = None) -> RunRecords:
    """The run records of the settings' store, which may be open already."""
    from foliohub.runs.records import RunRecords

    return RunRecords(store or open_store(settings), open_seal(settings))


def open_seal(settings: Settings) -> Seal:
    """What signs for this installation, where this process may, and tells what it has signed."""
    return _seal(settings.signing_key, settings.accepted_keys)


@lru_cache(maxsize=16)
def _seal(private: Path, accepted: Path) -> Seal:
    # One for the process: what was found good once is not checked again.
    from foliohub.signatures import KeyFiles, Seal

    return Seal(KeyFiles(private, accepted))


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
