"""``python -m hub.supervisor``: what ``foliohub up`` starts."""

from __future__ import annotations

import asyncio
import sys

from foliohub.config import load_settings
from foliohub.errors import FoliohubError
from hub.config.settings import load_hub_settings
from hub.supervisor.supervise import Supervisor


def main() -> int:
    """Supervise until told to end; the exit code."""
    try:
        return asyncio.run(Supervisor(load_settings(), load_hub_settings()).run())
    except FoliohubError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
