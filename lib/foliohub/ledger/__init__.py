"""The ledger: portfolios and their limits, proposals and who decided on them, fills and what is held.

    a run ─▶ draft ─▶ proposal ─▶ approved ─▶ trade list ─▶ fills ─▶ holdings ─▶ the next run
                              └─▶ rejected | expired | superseded

Each event is a link in a chain of hashes; nothing is ever changed or taken back.
"""

from foliohub.ledger.chain import Link
from foliohub.ledger.drafting import draft_proposal
from foliohub.ledger.fills import FILL_COLUMNS, Fill, FillReport, read_fills
from foliohub.ledger.holdings import Holdings
from foliohub.ledger.ledger import Ledger
from foliohub.ledger.portfolio import Limits, Portfolio, load_portfolio, portfolio_names
from foliohub.ledger.proposal import Draft, Order, Proposal
from foliohub.ledger.verdicts import Verdict

__all__ = [
    "FILL_COLUMNS",
    "Draft",
    "Fill",
    "FillReport",
    "Holdings",
    "Ledger",
    "Limits",
    "Link",
    "Order",
    "Portfolio",
    "Proposal",
    "Verdict",
    "draft_proposal",
    "load_portfolio",
    "portfolio_names",
    "read_fills",
]
