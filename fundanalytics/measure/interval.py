"""What every interval is made of: the result, the quantiles, and the reading of arguments.

Place in the flow: below ``intervals`` and ``ratios``, which other modules import from. It estimates nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError
from .results import Result

Floats = NDArray[np.float64]
FEW = 5_000  # arrays below this are not worth the search for repeated elements
PART = 50_000  # elements that one core takes at a time


@dataclass(frozen=True, slots=True, eq=False)
class Interval(Result):
    """Estimates with their limits, one element each; numbers where numbers were given.

    What cannot be said is blank (NaN) and ``note`` says why: ``no_data`` (nothing was counted), ``zero_denominator``,
    ``missing_values`` (a unit lacks its figure), ``one_unit`` (or one in a stratum), ``no_variation`` (all units alike),
    ``too_few_units`` (without one of them the ratio has no denominator).
    """

    value: Floats
    lower: Floats
    upper: Floats
    method: str
    note: NDArray[np.str_] = field(default_factory=lambda: np.array(""))


def interval(value: Any, lower: Any, upper: Any, method: str, **reasons: Any) -> Interval:
    """An ``Interval``; ``reasons`` are masks by note code, of which the first that holds is told."""
    note = np.zeros(np.shape(value), dtype="U1")
    for code, mask in reversed(reasons.items()):
        if np.any(mask):
            note = np.where(mask, code, note)
    # a 0-d array cannot be rounded; indexed by () it is a number
    return Interval(np.asarray(value)[()], np.asarray(lower)[()], np.asarray(upper)[()], method, note[()])


def check_confidence(confidence: float) -> float:
    """``confidence`` as a share between 0 and 1 (0.95, never 95); ``ArgumentError`` otherwise."""
    if not isinstance(confidence, Real) or not 0 < confidence < 1 or 1 - confidence == 1:
        raise ArgumentError("bad_confidence", found=confidence)
    return float(confidence)


def check_positive(name: str, value: float) -> float:
    """``value`` as a number above 0; ``ArgumentError`` otherwise."""
    if not isinstance(value, Real) or not 0 < value < np.inf:
        raise ArgumentError("not_positive", name=name, found=value)
    return float(value)


def quantile_z(confidence: float) -> float:
    """The two-sided normal quantile, 1.96 at 0.95."""
    from scipy.special import ndtri  # importing scipy.stats costs most of a second

    return -float(ndtri((1 - check_confidence(confidence)) / 2))


def quantile_t(confidence: float, df: ArrayLike) -> Floats:
    """The two-sided t quantile; blank where ``df`` is below 1."""
    from scipy.special import stdtrit

    tail = (1 - check_confidence(confidence)) / 2
    df = np.asarray(df, dtype=float)
    return np.where(df >= 1, -once(lambda d: stdtrit(np.maximum(d, 1), tail), df), np.nan)


def once(function: Callable[..., Floats], *arrays: Floats) -> Floats:
    """``function`` of one or two arrays, called once for elements that repeat (counts do, and quantiles are dear), on all cores.

    ``function`` may put axes before those of its arguments.
    """
    if arrays[0].size < FEW:
        return function(*arrays)
    key = arrays[0] if len(arrays) == 1 else arrays[0] + 1j * arrays[1]
    codes, kept = pd.factorize(key.ravel(), use_na_sentinel=False)
    parts = [kept[start : start + PART] for start in range(0, len(kept), PART)]
    split = [(part,) if len(arrays) == 1 else (part.real, part.imag) for part in parts]
    if len(split) == 1:
        found = [function(*split[0])]
    else:
        with ThreadPoolExecutor() as threads:  # scipy's loops run side by side
            found = [*threads.map(lambda part: function(*part), split)]
    told = np.concatenate(found, axis=-1)[..., codes]
    return told.reshape(*told.shape[:-1], *key.shape)


def numbers(values: ArrayLike) -> Floats:
    """``values`` as floats, what is missing as NaN; ``ArgumentError`` for words and for infinity."""
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(float), np.nan)
    try:
        found = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        found = _with_blanks(values)
    if np.isinf(found).any():
        raise ArgumentError("not_finite", found="∞")
    return found


def _with_blanks(values: ArrayLike) -> Floats:
    try:
        objects = np.asarray(values, dtype=object)
        return np.asarray(np.where(pd.isna(objects), np.nan, objects), dtype=float)
    except (TypeError, ValueError):
        raise ArgumentError("not_finite", found=str(values)[:40]) from None


def together(*arrays: ArrayLike) -> list[Floats]:
    """Arrays of numbers in one shape, by numpy's rules; ``ArgumentError`` where they have none."""
    found = [numbers(a) for a in arrays]
    try:
        return list(np.broadcast_arrays(*found))
    except ValueError:
        raise ArgumentError("shapes_differ", found=" · ".join(str(f.shape) for f in found)) from None
