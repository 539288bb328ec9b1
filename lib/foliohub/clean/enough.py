"""Whether enough of a universe is left to go on with."""

from __future__ import annotations

from foliohub.clean.prices import CleanPrices
from foliohub.errors import InputError, QualityError


def require_enough(clean: CleanPrices, minimum_fraction: float) -> CleanPrices:
    """Return what it was given, or refuse to go on with too little of it.

    Parameters
    ----------
    clean : CleanPrices
        Of the whole universe.
    minimum_fraction : float
        Share, from 0 to 1, of the members that must not be quarantined on the last session. Members not yet listed, or
        gone, count neither way; the benchmark is no member.

    Raises
    ------
    QualityError
        Naming the quarantined tickers and their reasons.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from foliohub.clean import clean_prices
    >>> days = pd.bdate_range("2020-01-02", periods=10)
    >>> close = pd.DataFrame({"AAA": 50.0, "BBB": [70.0] + [np.nan] * 9}, index=days)
    >>> require_enough(clean_prices({"close": close}, sessions=days), 0.9)
    Traceback (most recent call last):
    foliohub.errors.QualityError: 1 of 2 tickers is left, less than the 90% asked for; quarantined: BBB (no believable
    price for 6 sessions, since 2020-01-02). ...
    """
    if not 0 <= minimum_fraction <= 1:
        raise InputError(f"The minimum fraction is {minimum_fraction!r}.", remedy="Give a number from 0 to 1.")
    quality = clean.quality
    name = None if clean.benchmark is None else clean.benchmark.name
    lost = {ticker: reason for ticker, reason in quality.quarantined.items() if ticker != name}
    left = [ticker for ticker in clean.tickers if ticker not in lost]
    wanted = len(left) + len(lost)
    if wanted == 0 or len(left) < minimum_fraction * wanted:
        reasons = ", ".join(f"{ticker} ({reason})" for ticker, reason in lost.items()) or "none"
        raise QualityError(
            f"{len(left)} of {wanted} tickers {'is' if len(left) == 1 else 'are'} left, less than the "
            f"{minimum_fraction:.0%} asked for; quarantined: {reasons}.",
            remedy="Correct the data or the tickers' entry and exit dates, or lower the limit.",
        )
    return clean
