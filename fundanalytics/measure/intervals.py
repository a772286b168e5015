"""Arrays in, an estimate and its limits out. Pure: no tables, no files, no words for readers.

Place in the flow: ``indicators`` and ``compare`` bring sums, this module says how sure they are. It knows nothing of areas
or funds, and it never decides whether an interval is wanted: a complete ledger has no sampling error (see ``compare``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError
from .results import Result

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Interval(Result):
    """Estimates with their limits, one element each; blank (NaN) where nothing can be said."""

    value: Floats
    lower: Floats
    upper: Floats
    method: str


def check_confidence(confidence: float) -> float:
    """``confidence`` as a share between 0 and 1 (0.95, never 95); ``ArgumentError`` otherwise."""
    if not 0 < confidence < 1:
        raise ArgumentError("bad_confidence", found=confidence)
    return confidence


def quantile_z(confidence: float) -> float:
    """The two-sided normal quantile, 1.96 at 0.95."""
    from scipy.special import ndtri  # importing scipy.stats costs most of a second

    return float(ndtri(0.5 + check_confidence(confidence) / 2))


def quantile_t(confidence: float, df: ArrayLike) -> Floats:
    """The two-sided t quantile; blank where ``df`` is below 1."""
    from scipy.special import stdtrit

    df = np.asarray(df, dtype=float)
    return np.where(df >= 1, stdtrit(np.maximum(df, 1), 0.5 + check_confidence(confidence) / 2), np.nan)


def _counts(count: ArrayLike, total: ArrayLike) -> tuple[Floats, Floats]:
    x, n = np.broadcast_arrays(np.asarray(count, dtype=float), np.asarray(total, dtype=float))
    wrong = (x < 0) | (n < 0) | (x > n)
    if wrong.any():
        at = int(np.argmax(wrong.ravel()))
        raise ArgumentError("not_a_share", found=f"{x.ravel()[at]:g} / {n.ravel()[at]:g}")
    return x, np.where(n == 0, np.nan, n)


def wilson(count: ArrayLike, total: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Share of a simple count with Wilson's score limits.

    Use: a share of people counted one by one. It misleads where answers come in clusters or carry weights (``survey``), and
    on money, where its width would depend on the currency unit.

    Parameters
    ----------
    count, total : array_like
        Number with the property, and number asked.
    confidence : float
        0-1.

    Returns
    -------
    Interval
        Blank where ``total`` is 0.

    Raises
    ------
    ArgumentError
        A count below 0 or above its total.

    Notes
    -----
    (x + z²/2 ± z √(x(n−x)/n + z²/4)) / (n + z²). 0 of n starts at 0, n of n ends at 1.

    References
    ----------
    Wilson (1927); Newcombe (1998), Statistics in Medicine 17:857-872, table I: 81/263 gives .2553, .3662.

    Examples
    --------
    >>> found = wilson(81, 263)
    >>> round(float(found.lower), 4), round(float(found.upper), 4)
    (0.2553, 0.3662)
    """
    x, n = _counts(count, total)
    z = quantile_z(confidence)
    centre, spread = x + z**2 / 2, z * np.sqrt(x * (n - x) / n + z**2 / 4)
    lower, upper = (centre - spread) / (n + z**2), (centre + spread) / (n + z**2)
    # the closed form misses 0 and 1 by a rounding error only
    return Interval(x / n, np.where(x == 0, 0 * n, lower), np.where(x == n, 1 + 0 * n, upper), "Wilson")


def newcombe_difference(count_1: ArrayLike, total_1: ArrayLike, count_2: ArrayLike, total_2: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Difference of two independent shares (first less second), by squaring and adding Wilson limits.

    Use: two different groups of people, each counted one by one. Not for the same areas in two periods: those are paired.

    Parameters
    ----------
    count_1, total_1, count_2, total_2 : array_like
        Number with the property and number asked, in either group.
    confidence : float
        0-1.

    Returns
    -------
    Interval
        Blank where either total is 0.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17:873-890, method 10, table II: 56/70 − 48/80 gives .0524, .3339.

    Examples
    --------
    >>> found = newcombe_difference(56, 70, 48, 80)
    >>> round(float(found.lower), 4), round(float(found.upper), 4)
    (0.0524, 0.3339)
    """
    first, second = wilson(count_1, total_1, confidence=confidence), wilson(count_2, total_2, confidence=confidence)
    value = first.value - second.value
    below = np.hypot(first.value - first.lower, second.upper - second.value)
    above = np.hypot(first.upper - first.value, second.value - second.lower)
    return Interval(value, value - below, value + above, "Newcombe 10")


def mean_t(values: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Mean along the last axis with Student's t limits; blanks (NaN) are left out.

    Use: a simple sample of a score. With weights or clusters use ``survey.mean``.

    Parameters
    ----------
    values : array_like
        Observations along the last axis.
    confidence : float
        0-1.

    Returns
    -------
    Interval
        Limits blank with fewer than two observations; all blank with none.

    Examples
    --------
    >>> found = mean_t([1, 2, 3, 4, 5])
    >>> round(float(found.lower), 4), round(float(found.upper), 4)
    (1.0368, 4.9632)
    """
    x = np.asarray(values, dtype=float)
    known = ~np.isnan(x)
    n = known.sum(axis=-1).astype(float)
    some = np.where(n > 0, n, np.nan)
    mean = np.where(known, x, 0).sum(axis=-1) / some
    squares = np.where(known, x - mean[..., None], 0) ** 2
    df = np.where(n > 1, n - 1, np.nan)
    half = quantile_t(confidence, df) * np.sqrt(squares.sum(axis=-1) / df / some)
    return Interval(mean, mean - half, mean + half, "t")


def total_variance(z: Floats, strata: ArrayLike | None = None) -> tuple[Floats, Floats]:
    """Variance of Σz along the last axis, units drawn with replacement inside ``strata``; and its degrees of freedom.

    Blank where a stratum has one unit: its variance cannot be seen.
    """
    n = z.shape[-1]
    codes = np.zeros(n, dtype=int) if strata is None else np.unique(np.asarray(strata), return_inverse=True)[1]
    sizes = np.bincount(codes) if n else np.zeros(0)
    variance = np.zeros(z.shape[:-1]) if n else np.full(z.shape[:-1], np.nan)
    for code, size in enumerate(sizes):
        part = z[..., codes == code]
        scale = size / (size - 1) if size > 1 else np.nan
        variance = variance + scale * ((part - part.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    return variance, np.full(z.shape[:-1], float(n - len(sizes)))


def _around(value: Floats, z: Floats, strata: ArrayLike | None, confidence: float, method: str) -> Interval:
    variance, df = total_variance(z, strata)
    half = quantile_t(confidence, df) * np.sqrt(variance)
    return Interval(value, value - half, value + half, method)


def _ratio(numerators: ArrayLike, denominators: ArrayLike) -> tuple[Floats, Floats]:
    """Ratio of totals along the last axis, and each unit's influence on it."""
    y, x = np.broadcast_arrays(np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float))
    total = x.sum(axis=-1, keepdims=True)
    total = np.where(total == 0, np.nan, total)
    ratio = y.sum(axis=-1, keepdims=True) / total
    return ratio[..., 0], (y - ratio * x) / total


def ratio_of_totals(numerators: ArrayLike, denominators: ArrayLike, *, strata: ArrayLike | None = None, confidence: float = 0.95) -> Interval:
    """Σ numerators / Σ denominators over units, with linearised t limits.

    Use: how far a usage rate would move if communities behaved like this again (a process interval). The rate itself, from
    a complete ledger, is exact. Misleads with fewer than about ten units.

    Parameters
    ----------
    numerators, denominators : array_like
        One element per unit along the last axis.
    strata : array_like, optional
        Group of each unit; variances add over groups.
    confidence : float
        0-1.

    Returns
    -------
    Interval
        Blank where the denominators sum to 0; limits blank with one unit, or one in any stratum.

    Notes
    -----
    z = (y − R x) / Σx, V = Σ n/(n−1) Σ (z − z̄)², df = units less strata.

    References
    ----------
    Särndal, Swensson & Wretman (1992), section 5.6.

    Examples
    --------
    >>> found = ratio_of_totals([9, 18, 27, 30], [10, 20, 30, 40])
    >>> float(found.value), round(float(found.lower), 4)
    (0.84, 0.6841)
    """
    ratio, z = _ratio(numerators, denominators)
    return _around(ratio, z, strata, confidence, "ratio of totals (linearised)")


def paired_ratio_change(
    numerators_0: ArrayLike, denominators_0: ArrayLike, numerators_1: ArrayLike, denominators_1: ArrayLike,
    *, strata: ArrayLike | None = None, confidence: float = 0.95,
) -> Interval:  # fmt: skip
    """Change of a ratio of totals, the same units seen twice.

    Use: did the usage rate of these communities change by more than they differ among themselves? The covariance of the two
    periods is carried; treating them as independent would not.

    Parameters
    ----------
    numerators_0, denominators_0, numerators_1, denominators_1 : array_like
        Before and after, in the same order of units along the last axis; 0 and 0 where a unit did not exist.
    strata, confidence
        As for ``ratio_of_totals``.

    Returns
    -------
    Interval
        ``value`` is after less before, in shares.

    Notes
    -----
    V(R₁−R₀) = V(Σ(z₁−z₀)), df = units less strata.

    Examples
    --------
    >>> found = paired_ratio_change([8, 16, 21], [10, 20, 30], [9, 19, 30], [10, 20, 30])
    >>> round(float(found.value), 4)
    0.2167
    """
    before, z_0 = _ratio(numerators_0, denominators_0)
    after, z_1 = _ratio(numerators_1, denominators_1)
    return _around(after - before, z_1 - z_0, strata, confidence, "paired ratio change (linearised)")
