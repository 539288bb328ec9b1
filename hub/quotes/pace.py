"""How patient the quotes service is."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Durations, in seconds.

    Attributes
    ----------
    first_retry, longest_retry : float
        Wait before the second attempt to connect, doubled with each that follows, up to the longest.
    healthy : float
        A connection that lasted so long was a good one: the next attempt is a first one again.
    silence : float
        Trading without a quote after which a connection is given up.
    beat : float
        Between two looks at everything, and two writings of changed quotes.
    report : float
        Between two signs of life where nothing changes.
    look : float
        Between two looks at which universes there are to follow.
    store : float
        Between two writings of minute bars.
    """

    first_retry: float = 1.0
    longest_retry: float = 300.0
    healthy: float = 60.0
    silence: float = 60.0
    beat: float = 1.0
    report: float = 5.0
    look: float = 60.0
    store: float = 300.0

    def wait(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row, at random between half of the turn's wait and all of it.

        The chance keeps all the clients that a vendor's outage disconnected from coming back in one moment.
        """
        longest = min(self.longest_retry, self.first_retry * 2.0 ** min(failures - 1, 30))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret hangs on it
