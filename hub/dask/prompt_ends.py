"""Part of Dask's operator: a cluster that is taken away is gone within seconds.

Its end waits for what is just being done about it, such as a look whether it idles, and by default looks only once a
minute whether that is over: its pods would hold their share of the quota for as long. Loaded like
:mod:`hub.dask.forgotten`.
"""

from __future__ import annotations

import kopf

LOOK_SECONDS = 1.0


@kopf.on.startup()
async def look_often(settings: kopf.OperatorSettings, **_: object) -> None:
    """Look every second whether what an end waits for is over.

    Parameters
    ----------
    settings : kopf.OperatorSettings
        Of the operator, before it begins.
    """
    settings.background.cancellation_polling = LOOK_SECONDS


__all__ = ["LOOK_SECONDS", "look_often"]
