"""Portfolios: a YAML file each, with what it began with, who may change it until when, and its limits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from foliohub.data.strict_yaml import find_named, first_complaint, names_in, read_yaml
from foliohub.data.universe import Ticker, Universe
from foliohub.errors import ConfigurationError
from foliohub.ledger.limits import RiskLimit, ValueAtRiskLimit
from foliohub.ledger.verdicts import Least, Most, Strict

_SHIPPED = Path(__file__).parent / "portfolios"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"


class Opening(Strict):
    """What a portfolio began with; everything after that comes from fills.

    Attributes
    ----------
    cash : float
        In the portfolio's currency.
    holdings : dict
        Ticker -> whole shares.
    """

    cash: Annotated[float, Field(ge=0)]
    holdings: dict[Ticker, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.cash == 0 and not self.holdings:
            raise ValueError("there is neither cash nor a holding to begin with")
        return self


class Decision(Strict):
    """How long a proposal may be decided on.

    Attributes
    ----------
    expires_after_hours : float
        Since it was made.
    newer_sessions : int
        For how many later sessions prices may be stored when it is approved.
    """

    expires_after_hours: Annotated[float, Field(gt=0, le=24 * 90)] = 20
    newer_sessions: Annotated[int, Field(ge=0, le=20)] = 0


class Group(Strict):
    """Tickers whose weights are limited together.

    Attributes
    ----------
    name : str
        As in the sentence "weight of NAME".
    tickers : tuple of str
    most, least : Most, Least or None
        One of them at least.
    """

    name: Annotated[str, Field(min_length=1, max_length=60)]
    tickers: Annotated[tuple[Ticker, ...], Field(min_length=1)]
    most: Most | None = None
    least: Least | None = None

    @field_validator("tickers", mode="before")
    @classmethod
    def _from_list(cls, tickers: object) -> object:
        return tuple(tickers) if isinstance(tickers, list) else tickers

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.most is None and self.least is None:
            raise ValueError(f"give the group {self.name!r} `most`, `least` or both")
        twice = sorted({ticker for ticker in self.tickers if self.tickers.count(ticker) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands in the group {self.name!r} more than once")
        return self


class Limits(Strict):
    """What a rebalance may not do. A limit that is left out is not held against anything.

    Attributes
    ----------
    largest_weight, turnover : Most or None
        Fractions of wealth.
    groups : tuple of Group
    cost : Most or None
        Basis points of wealth.
    tracking_error, value_at_risk : RiskLimit, ValueAtRiskLimit or None
        Fractions of wealth: a year against the index, a day's loss.
    least_cash : Least or None
        Fraction of wealth.
    orders : Most or None
        How many.
    data_age : Most or None
        Sessions.
    quarantined : {"block", "warn"}
        What trading a ticker does whose prices are in quarantine.
    """

    largest_weight: Most | None = None
    groups: tuple[Group, ...] = ()
    turnover: Most | None = None
    cost: Most | None = None
    tracking_error: RiskLimit | None = None
    value_at_risk: ValueAtRiskLimit | None = None
    least_cash: Least | None = None
    orders: Most | None = None
    data_age: Most | None = None
    quarantined: Literal["block", "warn"] = "block"

    @field_validator("groups", mode="before")
    @classmethod
    def _from_list(cls, groups: object) -> object:
        return tuple(groups) if isinstance(groups, list) else groups

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [group.name for group in self.groups]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two groups are called {twice[0]!r}")
        return self


class Portfolio(Strict):
    """A portfolio and its rules.

    Attributes
    ----------
    name : str
        As its file is called; part of its proposals' ids.
    title : str
        For people.
    universe : str
        What it may hold.
    currency : str
        ISO code, for people.
    opening : Opening
    decision : Decision
    limits : Limits

    Examples
    --------
    >>> load_portfolio("sample").limits.orders.block
    60.0
    """

    name: Annotated[str, Field(pattern=_NAME, max_length=40)]
    title: Annotated[str, Field(min_length=1, max_length=120)]
    universe: Annotated[str, Field(min_length=1)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    opening: Opening
    decision: Decision = Decision()
    limits: Limits = Limits()


def portfolio_names(folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """The names :func:`load_portfolio` knows, sorted.

    Parameters
    ----------
    folders : sequence of Path
        Folders of your own besides the one that ships with the package.

    Examples
    --------
    >>> portfolio_names()
    ('av30', 'sample')
    """
    return names_in((*folders, _SHIPPED))


def load_portfolio(name: str, folders: Sequence[Path] = ()) -> Portfolio:
    """Read a portfolio by name.

    Parameters
    ----------
    name : str
        Name of a file without ``.yaml``.
    folders : sequence of Path
        Folders to look in first, before the one that ships with the package.

    Raises
    ------
    ConfigurationError
        There is no such portfolio, or its file is wrong; says where and why.
    """
    file = find_named(name, (*folders, _SHIPPED))
    if file is None:
        known = ", ".join(portfolio_names(folders))
        raise ConfigurationError(
            f"There is no portfolio {name!r}.",
            remedy=f"There are {known}; put your own into the folder FOLIOHUB_PORTFOLIOS.",
        )
    return _read(file)


def check_universe(portfolio: Portfolio, universe: Universe) -> Portfolio:
    """Refuse a portfolio whose groups or opening name what its universe does not have.

    Raises
    ------
    ConfigurationError
        Names the ticker, and where it stands.
    """
    named = [(f"the group {group.name!r}", group.tickers) for group in portfolio.limits.groups]
    for where, tickers in [("the opening", tuple(portfolio.opening.holdings)), *named]:
        unknown = [ticker for ticker in tickers if ticker not in universe.tickers]
        if unknown:
            raise ConfigurationError(
                f"{portfolio.name}.yaml: {where} names {unknown[0]}, which is not in the universe {universe.name}.",
                remedy=f"`foliohub universe show {universe.name}` lists its tickers.",
            )
    return portfolio


def _read(file: Path) -> Portfolio:
    content = read_yaml(file)
    try:
        portfolio = Portfolio.model_validate(content)
    except ValidationError as error:
        where, what, received = first_complaint(error)
        remedy = ""
        if error.errors()[0]["type"] == "extra_forbidden":
            what, received = "there is no such key", ""
            remedy = "portfolios/sample.yaml, which is shipped, shows every key there is."
        raise ConfigurationError(f"{file}: {f'{where}: ' if where else ''}{what}{received}.", remedy=remedy) from None
    if portfolio.name != file.stem:
        raise ConfigurationError(
            f"{file} names its portfolio {portfolio.name!r}.", remedy="The file and the portfolio bear one name."
        )
    return portfolio


__all__ = ["Decision", "Group", "Limits", "Opening", "Portfolio", "check_universe", "load_portfolio", "portfolio_names"]
