"""Compile the engine ahead of its first use: set-up runs this file as a program.

Compiled code lies on disk (see `engine.compiled`), so where it is there already this takes two seconds. Without it the
first forecast of a machine would wait for the compiler, and so would each of several processes that begin together.
"""

from __future__ import annotations

import numpy as np

from foliohub.forecast.arima.batch import fit_arima


def compile_engine() -> None:
    """Fit short series in every way that has compiled code of its own: complete, and with a gap."""
    series = np.random.default_rng(0).normal(size=(60, 2))
    series[30, 1] = np.nan
    fit_arima(series, orders=[(0, 0), (1, 1)]).forecast(1)


if __name__ == "__main__":
    compile_engine()
