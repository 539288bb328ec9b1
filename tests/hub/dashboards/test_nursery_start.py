"""The nursery's start on a machine so busy that those who wait for it give up."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hub.dashboards.forking import Nursery


class Slow:
    """A program that starts, and says nothing yet."""

    started: int = 0

    def __init__(self, *_: Any, pass_fds: list[int], **__: Any) -> None:
        type(self).started += 1
        self.end = os.dup(pass_fds[0])

    def kill(self) -> None:
        os.close(self.end)

    def wait(self) -> None:
        """It ends at once."""


def test_whoever_gives_up_leaves_one_start_to_those_who_come_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "Popen", Slow)

    async def viewers() -> None:
        nursery = Nursery({}, tmp_path, lambda: None)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(nursery.open(), 0.05)
        assert Slow.started == 1, "a second start beside the first would make both slower"
        nursery._opening.cancel()
        await asyncio.sleep(0.05)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(nursery.open(), 0.05)
        assert Slow.started == 2
        nursery._opening.cancel()
        await asyncio.sleep(0.05)

    asyncio.run(viewers())
