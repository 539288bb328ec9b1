"""Whose kernel is whose, how many there may be, and when one ends."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.dashboards.kernels import FullError

if TYPE_CHECKING:
    from hub.dashboards.kernels import Kernels

_LOOK_SECONDS = 1.0
_FIRST_TIMES = 3
"""So many times as long may a page take to connect that never has: a slow browser is still at work on it."""


@dataclass
class Seat:
    """One viewer's page.

    Parameters
    ----------
    user : str
    sockets : int
        Connections of the page to its kernel.
    touched : float
        When it was opened, moved a control or lost its connection; monotonic seconds.
    drawing : bool
        Whether it is still being drawn.
    met : bool
        Whether it has ever connected.
    """

    user: str
    sockets: int = 0
    touched: float = field(default_factory=time.monotonic)
    drawing: bool = True
    met: bool = False

    def settle(self) -> None:
        """It is drawn: from now on its time counts."""
        self.drawing = False
        self.touched = time.monotonic()


class Seats:
    """The pages that hold a kernel.

    Parameters
    ----------
    kernels : Kernels
    limit : int
        How many there may be.
    idle_seconds, leave_seconds : float
        After how long a kernel ends: without a control moved, and without its page.
    """

    def __init__(self, kernels: Kernels, limit: int, idle_seconds: float, leave_seconds: float) -> None:
        self._kernels = kernels
        self._limit = limit
        self._idle = idle_seconds
        self._leave = leave_seconds
        self._seats: dict[str, Seat] = {}
        self._looking: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to look after them."""
        self._looking = asyncio.create_task(self._look())

    def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()

    def __len__(self) -> int:
        return len(self._seats)

    async def take(self, kernel_id: str, user: str) -> Seat:
        """Give a viewer a seat; the one longest without a movement, and whose page is drawn, makes room.

        Raises
        ------
        FullError
            Every seat has a page that is being drawn.
        """
        while len(self._seats) >= self._limit:
            settled = {name: seat for name, seat in self._seats.items() if not seat.drawing}
            if not settled:
                raise FullError("All seats are taken.", remedy="Try again in a minute.")
            await self.leave(min(settled, key=lambda name: (settled[name].sockets > 0, settled[name].touched)))
        seat = self._seats[kernel_id] = Seat(user)
        return seat

    def of(self, kernel_id: str, user: str) -> Seat | None:
        """The seat behind a kernel, for its own viewer only."""
        seat = self._seats.get(kernel_id)
        return seat if seat is not None and seat.user == user else None

    async def leave(self, kernel_id: str) -> None:
        """Free a seat and end its kernel."""
        self._seats.pop(kernel_id, None)
        await self._kernels.end(kernel_id)

    def overdue(self, now: float) -> list[str]:
        """Kernels whose time is up."""
        return [
            kernel_id
            for kernel_id, seat in self._seats.items()
            if not seat.drawing and now - seat.touched > self._patience(seat)
        ]

    def _patience(self, seat: Seat) -> float:
        if seat.sockets:
            return self._idle
        return self._leave if seat.met else _FIRST_TIMES * self._leave

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for kernel_id in self.overdue(time.monotonic()):
                await self.leave(kernel_id)
