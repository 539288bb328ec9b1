"""When a vendor fails ticker after ticker, the vendor is at fault: the rest is not asked for."""

from __future__ import annotations

from foliohub.errors import CredentialsError, RateLimitError, VendorError, VendorUnavailableError

PATIENCE = 3
"""Tickers in a row that a vendor may fail in passing, each after all its retries. Without a network, thirty tickers
would wait for four minutes to learn the same thing."""


class Outage:
    """Listens to what a vendor answers, and says when there is no use in going on.

    Parameters
    ----------
    vendor : str
        Name of the source, for the message.

    Examples
    --------
    >>> outage = Outage("yahoo")
    >>> for ticker in ("AAPL", "AIG", "AMD"):
    ...     outage.failed(ticker, VendorUnavailableError(f"yahoo cannot be reached for {ticker}."))
    >>> outage.verdict.message
    'yahoo was not asked any more after it had failed AAPL, AIG, AMD in a row: yahoo cannot be reached for AMD.'
    """

    def __init__(self, vendor: str) -> None:
        self._vendor = vendor
        self._in_a_row: list[str] = []
        self.verdict: VendorError | None = None
        """Why no further ticker is to be asked for; None while the vendor deserves another question."""

    def answered(self) -> None:
        """Note that the vendor gave bars."""
        self._in_a_row.clear()

    def failed(self, ticker: str, error: VendorError) -> None:
        """Note what came instead of bars."""
        if isinstance(error, CredentialsError):  # no key fits one ticker and not the next
            self.verdict = error
        elif isinstance(error, VendorUnavailableError):
            self._in_a_row.append(ticker)
            if len(self._in_a_row) >= PATIENCE:
                self.verdict = self._given_up(error)
        else:  # the vendor is there, and speaks of this ticker
            self._in_a_row.clear()

    def _given_up(self, last: VendorUnavailableError) -> VendorUnavailableError:
        message = (
            f"{self._vendor} was not asked any more after it had failed {', '.join(self._in_a_row)} in a row: "
            f"{last.message}"
        )
        if isinstance(last, RateLimitError):
            return RateLimitError(message, remedy=last.remedy, retry_after=last.retry_after)
        return VendorUnavailableError(message, remedy=last.remedy)
