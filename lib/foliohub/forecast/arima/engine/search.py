"""All candidate orders on one series: conditional maxima first, exact ones for those that can still be the best."""

from __future__ import annotations

import numpy as np

from foliohub.forecast.arima.engine.compiled import entry, routine
from foliohub.forecast.arima.engine.likelihood import INNOVATIONS, ROWS
from foliohub.forecast.arima.engine.optimiser import ascend
from foliohub.forecast.arima.engine.parameters import IntArray, all_coefficients, all_free
from foliohub.forecast.arima.engine.starts import cancelling, moments, regressed, with_factor
from foliohub.types import FloatArray

SCREENED, AT_REST, RESTLESS = 0, 1, 2
"""What became of a candidate: exact likelihood at its conditional maximum; exact maximum found; none found."""

_FURTHER = 5  # starts beyond the first three: one by regression, one by a real root, three by pairs
_SHORT = 20  # evaluations a conditional maximum may take: it is a start, and what counts is how likely it is
_HOPELESS = 4.0  # of AICc: a further start as far above the least at hand is not gone on from
_CLOSE, _FEW = 0.75, 4  # of AICc: what gets further starts; unless there are so few candidates that all do
_ROUGH, _FINE = 1e-2, 1e-8  # of log-likelihood: for a start, and for a maximum


@entry
def search(
    y: FloatArray,
    shapes: IntArray,
    means: IntArray,
    given: FloatArray,
    warm: bool,
    thorough: bool,
    margin: float,
    steps: int,
    z: FloatArray,
    found: FloatArray,
    status: IntArray,
) -> None:
    """Fit candidate processes to one complete series.

    Parameters
    ----------
    y : ndarray (n,)
        The differenced series, none missing.
    shapes : ndarray (n_candidates, 5)
        p, q, P, Q and period of each, smaller orders first.
    means : ndarray (n_candidates,)
        1 where a mean is estimated.
    given : ndarray (n_candidates, k_max)
        Free numbers to start from, taken where `warm`.
    warm : bool
        Whether to go on from `given` and nowhere else.
    thorough : bool
        Whether exact maxima are also sought from roots that cancel.
    margin : float
        Candidates whose AICc lies within it of the best at the conditional maxima get exact ones.
    steps : int
        Evaluations a maximum may take.
    z : ndarray (n_candidates, k_max)
        Filled with the free numbers found.
    found : ndarray (n_candidates, 4)
        Filled with log-likelihood, AICc, mean and variance.
    status : ndarray (n_candidates,)
        Filled with SCREENED, AT_REST or RESTLESS.
    """
    n, candidates = y.shape[0], shapes.shape[0]
    work, result = np.empty((ROWS, n)), np.zeros(3)
    if warm:
        for i in range(candidates):
            here = given[i, : _size(shapes[i])].copy()
            value, rests = ascend(here, shapes[i], y, means[i] == 1, True, steps, _FINE, work, result)
            status[i] = AT_REST if rests else RESTLESS
            _note(i, value, n, here.shape[0] + means[i] + 1, here, result, z, found)
        return
    reach = 0
    for i in range(candidates):
        for part in range(4):
            reach = max(reach, shapes[i, part] * (shapes[i, 4] if part >= 2 else 1))
    known = np.zeros((3, 2 * reach + 1))
    if reach > 0:
        mean = 0.0
        for t in range(n):
            mean += y[t] / n
        long = max(1, min(n // 3, max(int(3.0 * np.log(n)), reach + 5)))
        moments(y, mean, long, reach, known)
    # Up to three places per candidate where a maximum may be near: by regression, and by roots that nearly cancel.
    places, near = np.zeros((candidates, 3, z.shape[1])), np.full((candidates, 3), np.inf)
    best = np.inf
    for i in range(candidates):
        k, with_mean = _size(shapes[i]), means[i] == 1
        parameters = k + means[i] + 1
        found[i, 1] = np.inf
        status[i] = SCREENED
        twin = _candidate(i, shapes, means, 0, 0, shapes[i, 2], shapes[i, 3], 1 - means[i])
        for place in range(3):
            here = np.zeros(k)
            if place == 0:
                _start(i, shapes, means, known, y, work, result, z, here)
            else:
                if not thorough or twin >= 0 or shapes[i, 0] < place or shapes[i, 1] < place:
                    continue
                _near_cancelling(i, place, 0, shapes, means, y, steps, work, result, z, here)
            ascend(here, shapes[i], y, with_mean, False, min(steps, _SHORT), _ROUGH, work, result)
            value, _ = ascend(here, shapes[i], y, with_mean, True, 0, _FINE, work, result)
            near[i, place] = _aicc(value, n, parameters)
            for j in range(k):
                places[i, place, j] = here[j]
            if near[i, place] < found[i, 1]:
                _note(i, value, n, parameters, here, result, z, found)
        best = min(best, found[i, 1])
    # First all that may win from where they are; then, where that pays, from further places.
    for further in range(2 if thorough else 1):
        done = np.zeros(candidates, np.int64)
        within = margin if further == 0 or candidates <= _FEW else min(margin, _CLOSE)
        for _ in range(candidates):
            i = -1  # the best first: others then need not come near the worst
            for other in range(candidates):
                if done[other] == 0 and (i < 0 or found[other, 1] < found[i, 1]):
                    i = other
            done[i] = 1
            k, with_mean = _size(shapes[i]), means[i] == 1
            parameters = k + means[i] + 1
            if not found[i, 1] <= best + within:
                continue
            for place in range(3 if further == 0 else _FURTHER):
                here = np.zeros(k)
                if further == 0:
                    if not near[i, place] <= best + margin:
                        continue
                    for j in range(k):
                        here[j] = places[i, place, j]
                else:
                    value = _further(i, place, shapes, means, known, y, steps, work, result, z, here)
                    if not _aicc(value, n, parameters) <= found[i, 1] + _HOPELESS:
                        continue
                value, rests = ascend(here, shapes[i], y, with_mean, True, steps, _FINE, work, result)
                if status[i] == SCREENED or _aicc(value, n, parameters) < found[i, 1]:
                    status[i] = AT_REST if rests else RESTLESS
                    _note(i, value, n, parameters, here, result, z, found)
            best = min(best, found[i, 1])


@entry
def settled_coefficients(z: FloatArray, shape: IntArray, coefficients: FloatArray) -> None:
    """Fill the coefficients (k,) of free numbers, of which there may be more."""
    k = coefficients.shape[0]
    all_coefficients(z[:k], shape, coefficients, np.empty((k, k)))


@entry
def free_numbers(coefficients: FloatArray, shape: IntArray, z: FloatArray) -> None:
    """Fill the free numbers of coefficients (k,), of which there may be more."""
    all_free(coefficients, shape, z[: coefficients.shape[0]])


@routine
def _size(shape: IntArray) -> int:
    return int(shape[0] + shape[1] + shape[2] + shape[3])


@routine
def _aicc(value: float, n: int, parameters: int) -> float:
    return float(2.0 * value + n * (np.log(2.0 * np.pi) + 1.0) + 2.0 * parameters * n / (n - parameters - 1.0))


@routine
def _note(
    i: int,
    value: float,
    n: int,
    parameters: int,
    here: FloatArray,
    result: FloatArray,
    z: FloatArray,
    found: FloatArray,
) -> None:
    found[i, 0] = -value - 0.5 * n * (np.log(2.0 * np.pi) + 1.0)
    found[i, 1] = _aicc(value, n, parameters)
    found[i, 2], found[i, 3] = result[0], result[1]
    for j in range(here.shape[0]):
        z[i, j] = here[j]


@routine
def _candidate(i: int, shapes: IntArray, means: IntArray, p_less: int, q_less: int, sp: int, sq: int, mean: int) -> int:
    """Which earlier candidate is candidate `i` with these orders less, or these seasonal orders or mean; -1 if none."""
    for other in range(i):
        if (
            shapes[other, 0] == shapes[i, 0] - p_less
            and shapes[other, 1] == shapes[i, 1] - q_less
            and shapes[other, 2] == sp
            and shapes[other, 3] == sq
            and means[other] == mean
        ):
            return other
    return -1


@routine
def _start(
    i: int,
    shapes: IntArray,
    means: IntArray,
    known: FloatArray,
    y: FloatArray,
    work: FloatArray,
    result: FloatArray,
    z: FloatArray,
    here: FloatArray,
) -> None:
    """The likeliest of: regressions' estimates, those of candidates with one coefficient less, the other mean's."""
    k = here.shape[0]
    if k == 0:
        return
    trial, coefficients = np.zeros(k), np.zeros(k)
    lowest = np.inf
    for source in range(-1, 5):
        if source == -1:
            regressed(shapes[i], known, coefficients)
            all_free(coefficients, shapes[i], trial)
        else:
            match = _candidate(
                i,
                shapes,
                means,
                1 if source == 0 else 0,
                1 if source == 1 else 0,
                shapes[i, 2] - (1 if source == 2 else 0),
                shapes[i, 3] - (1 if source == 3 else 0),
                means[i] if source < 4 else 1 - means[i],
            )
            if match < 0:
                continue
            taken = place = 0
            for part in range(4):
                for j in range(shapes[i, part]):
                    if source < 4 and part == source and j == shapes[i, part] - 1:
                        trial[place] = 0.0
                    else:
                        trial[place] = z[match, taken]
                        taken += 1
                    place += 1
        value, _ = ascend(trial, shapes[i], y, means[i] == 1, False, 0, _ROUGH, work, result)
        if value < lowest:
            lowest = value
            for j in range(k):
                here[j] = trial[j]


@routine
def _further(
    i: int,
    place: int,
    shapes: IntArray,
    means: IntArray,
    known: FloatArray,
    y: FloatArray,
    steps: int,
    work: FloatArray,
    result: FloatArray,
    z: FloatArray,
    here: FloatArray,
) -> float:
    """Further starts for candidates that may win: the regressions' own, and the next best roots that nearly cancel.

    Returns minus the exact log-likelihood there, without its constant.
    """
    less = 2 if place > 1 else 1
    if place == 0:
        coefficients = np.zeros(here.shape[0])
        regressed(shapes[i], known, coefficients)
        all_free(coefficients, shapes[i], here)
    elif shapes[i, 0] < less or shapes[i, 1] < less:
        return np.inf
    else:
        _near_cancelling(i, less, place if less == 1 else place - 1, shapes, means, y, steps, work, result, z, here)
    if here.shape[0] == 0:
        return np.inf
    ascend(here, shapes[i], y, means[i] == 1, False, min(steps, _SHORT), _ROUGH, work, result)
    value, _ = ascend(here, shapes[i], y, means[i] == 1, True, 0, _FINE, work, result)
    return value


@routine
def _near_cancelling(
    i: int,
    less: int,
    rank: int,
    shapes: IntArray,
    means: IntArray,
    y: FloatArray,
    steps: int,
    work: FloatArray,
    result: FloatArray,
    z: FloatArray,
    here: FloatArray,
) -> None:
    """Start candidate `i` from the process with one or two orders less on both sides and roots that nearly cancel."""
    base = _candidate(i, shapes, means, less, less, shapes[i, 2], shapes[i, 3], means[i])
    shape = shapes[i].copy()
    shape[0] -= less
    shape[1] -= less
    size = _size(shape)
    small = np.zeros(size)
    if base >= 0:
        for j in range(size):
            small[j] = z[base, j]
    ascend(small, shape, y, means[i] == 1, False, min(steps, _SHORT) if base < 0 else 0, _ROUGH, work, result)
    factor = np.zeros(4)
    cancelling(work[INNOVATIONS].copy(), y.shape[0], less == 2, rank, factor)
    short, jacobian = np.empty(size), np.empty((size, size))
    all_coefficients(small, shape, short, jacobian)
    p, q = shape[0], shape[1]
    long = np.zeros(here.shape[0])
    with_factor(short[:p], factor[0], factor[1], 1.0, long[: p + less])
    with_factor(short[p : p + q], factor[2], factor[3], -1.0, long[p + less : p + q + 2 * less])
    for j in range(p + q, size):
        long[j + 2 * less] = short[j]
    all_free(long, shapes[i], here)
