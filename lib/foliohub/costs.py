"""What trading costs: one model for the optimisers, the backtest engine and the orders."""

from __future__ import annotations

from dataclasses import dataclass

from foliohub.errors import InputError

BASIS_POINT = 1e-4


@dataclass(frozen=True, slots=True)
class CostModel:
    """Proportional costs of a trade, in basis points of the value traded.

    Parameters
    ----------
    commission_bps : float
        Broker's commission and fees.
    half_spread_bps : float
        Half the quoted bid-ask spread: what crossing it costs against the mid price.

    Examples
    --------
    >>> CostModel(commission_bps=2, half_spread_bps=3).rate
    0.0005
    """

    commission_bps: float = 0.0
    half_spread_bps: float = 0.0

    def __post_init__(self) -> None:
        for name in ("commission_bps", "half_spread_bps"):
            value = getattr(self, name)
            if not 0 <= value < 1e4:
                raise InputError(f"{name} is {value}.", remedy="Give basis points from 0 to below 10,000.")
        if self.rate >= 1:
            raise InputError(
                f"commission_bps and half_spread_bps are {self.commission_bps + self.half_spread_bps} together.",
                remedy="A trade costs less than it is worth: give less than 10,000 in all.",
            )

    @property
    def rate(self) -> float:
        """Cost as a fraction of the value traded, both directions alike."""
        return (self.commission_bps + self.half_spread_bps) * BASIS_POINT
