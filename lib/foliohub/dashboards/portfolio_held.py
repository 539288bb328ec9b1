"""What a portfolio holds by its ledger, at the closes there are: frames in, frames out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from foliohub.errors import NotStoredError

if TYPE_CHECKING:
    from foliohub.dashboards.kit import Sources
    from foliohub.ledger import Holdings, Ledger


@dataclass(frozen=True)
class Held:
    """Positions at their last closes.

    Attributes
    ----------
    positions : DataFrame (n_held, 4)
        Index ticker; columns shares, price, value and weight (of wealth). NaN where there is no close.
    cash : float
        In the portfolio's currency.
    wealth : float
        Cash and all positions that have a close.
    """

    positions: pd.DataFrame
    cash: float
    wealth: float

    @property
    def unpriced(self) -> list[str]:
        """Tickers held that have no close."""
        return [str(ticker) for ticker in self.positions.index[self.positions["price"].isna()]]


def held_at(holdings: Holdings, closes: pd.Series) -> Held:
    """Value holdings at closes.

    Parameters
    ----------
    holdings : Holdings
    closes : Series (n_tickers,)
        By ticker, as traded.
    """
    shares = holdings.shares.astype("float64")
    price = closes.reindex(shares.index).astype("float64")
    value = shares * price
    wealth = holdings.cash + float(value.sum())
    weight = value / wealth if wealth else value * float("nan")
    positions = pd.DataFrame({"shares": shares, "price": price, "value": value, "weight": weight})
    return Held(positions.sort_values("value", ascending=False, kind="stable"), holdings.cash, wealth)


def ledger_of(sources: Sources, universe: str) -> Ledger:
    """The ledger of the portfolio that may hold a universe: the one of its name, else the first.

    Raises
    ------
    NotStoredError
        No portfolio holds that universe.
    """
    from foliohub.ledger import Ledger, load_portfolio, portfolio_names
    from foliohub.runs.opening import open_seal

    folders = (sources.settings.portfolios,) if sources.settings.portfolios else ()
    names = sorted(portfolio_names(folders), key=lambda name: (name != universe, name))
    for name in names:
        portfolio = load_portfolio(name, folders)
        if portfolio.universe == universe:
            return Ledger(sources.store, portfolio, open_seal(sources.settings))
    raise NotStoredError(
        f"No portfolio holds the universe {universe}.", remedy="Put a portfolio's file into the folder of portfolios."
    )
