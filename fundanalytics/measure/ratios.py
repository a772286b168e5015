"""Ratios of totals over units, such as money spent by communities over money they had, and how far they would move.

Place in the flow: below ``intervals``, through which other modules use it. Units are communities, or whatever could have
behaved otherwise; a complete ledger is exact, and a limit is a *process* limit: if communities behaved like this again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError, check_option
from .interval import Floats, Interval, check_confidence, interval, numbers, quantile_t

VARIANCES = ("linear", "jackknife", "bootstrap")
REPLICATES = 1_000
SEED = 1999  # Rao & Shao, on the bootstrap of surveys; any other would do
NOTHING = 1e-13  # a standard error below this share of the ratio is what rounding left of none
BLOCK = 400_000  # numbers at a time
PAIRED = "paired ratio change (linearised, process interval)"


@dataclass(frozen=True, eq=False)
class Units:
    """Who moves together: the psu (cluster, or the unit itself) of each unit, the stratum of each psu, psus per stratum."""

    psu: NDArray[np.int64]
    stratum: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @property
    def df(self) -> int:
        """Psus less strata."""
        return len(self.stratum) - len(self.sizes)

    @property
    def scale(self) -> Floats:
        """n/(n−1) of each psu's stratum; blank in a stratum of one."""
        n = self.sizes[self.stratum].astype(float)
        return n / np.where(n > 1, n - 1, np.nan)

    def totals(self, values: Floats) -> Floats:
        """Sums per psu along the last axis."""
        return values if len(self.stratum) == len(self.psu) else _sums(values, self.psu)

    def stratum_totals(self, values: Floats) -> Floats:
        """Of each psu, the sum of its stratum along the last axis."""
        return values.sum(axis=-1, keepdims=True) if len(self.sizes) == 1 else _sums(values, self.stratum)[..., self.stratum]


def _sums(values: Floats, codes: NDArray[np.int64]) -> Floats:
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(codes.max() + 1))
    return np.add.reduceat(values[..., order], starts, axis=-1)


def _codes(name: str, labels: ArrayLike | None, n: int) -> NDArray[np.int64] | None:
    if labels is None:
        return None
    found = np.asarray(labels, dtype=object)
    if found.shape != (n,):
        raise ArgumentError("shapes_differ", found=f"{name} {found.shape} · ({n},)")
    codes = pd.factorize(found)[0]
    if (codes < 0).any():
        raise ArgumentError("unlabelled_unit", name=name, found=int(np.argmax(codes < 0)))
    return codes.astype(np.int64)


def units_of(n: int, strata: ArrayLike | None = None, clusters: ArrayLike | None = None) -> Units:
    """``n`` units by stratum and cluster; ``ArgumentError`` where a label is missing or a cluster lies in two strata."""
    stratum, psu = _codes("strata", strata, n), _codes("clusters", clusters, n)
    if psu is None:
        psu = np.arange(n)
    if stratum is None:
        stratum = np.zeros(n, dtype=np.int64)
    of_psu = np.zeros(int(psu.max()) + 1 if n else 0, dtype=np.int64)
    of_psu[psu] = stratum
    split = of_psu[psu] != stratum
    if split.any():
        raise ArgumentError("cluster_in_two_strata", found=str(np.asarray(clusters, dtype=object)[np.argmax(split)]))
    # psus in the order of their numbers without gaps: factorize gives them so
    return Units(psu, of_psu, np.bincount(of_psu))


def total_variance(z: Floats, strata: ArrayLike | None = None, clusters: ArrayLike | None = None) -> tuple[Floats, Floats]:
    """Variance of Σz along the last axis, clusters (or units) drawn with replacement inside ``strata``; its degrees of freedom.

    Blank where a stratum has one cluster: its variance cannot be seen. Σ n/(n−1) Σ (u − ū)², u the clusters' sums of z.
    """
    units = units_of(z.shape[-1], strata, clusters)
    return _linear_variance(z, units), np.full(z.shape[:-1], float(units.df))


def _linear_variance(z: Floats, units: Units) -> Floats:
    if not z.shape[-1]:
        return np.full(z.shape[:-1], np.nan)
    u = units.totals(z)
    u = u - units.stratum_totals(u) / units.sizes[units.stratum]
    return np.einsum("...i,...i,i->...", u, u, units.scale)


def ratio_of_totals(
    numerators: ArrayLike, denominators: ArrayLike, *, strata: ArrayLike | None = None, clusters: ArrayLike | None = None,
    variance: str = "linear", confidence: float = 0.95, seed: int = SEED, replicates: int = REPLICATES,
) -> Interval:  # fmt: skip
    """Σ numerators / Σ denominators over units, with t limits.

    Use: how far a usage rate would move if communities behaved like this again (a process interval). The rate itself, from
    a complete ledger, is exact. Misleads with fewer than about ten units (a 95 % interval of six covers 90 %), and where most
    units spend nearly all and a few far less: of thirty such units it covers 86 %, of a hundred 91 %, whichever variance is
    chosen (``benchmarks/coverage_ratios.py``). The range of the units says more then.

    Parameters
    ----------
    numerators, denominators : array_like
        One element per unit along the last axis; a denominator may be one number for all.
    strata : array_like, optional
        Group of each unit; variances add over groups.
    clusters : array_like, optional
        What moves together (the street of a community): its units count as one. A cluster lies in one stratum.
    variance : {"linear", "jackknife", "bootstrap"}
        ``linear`` (Taylor) is the default. ``jackknife`` leaves out one cluster at a time, ``bootstrap`` draws clusters anew;
        they check it where a few units hold most of the money.
    confidence : float
        0-1.
    seed, replicates : int
        Of the bootstrap.

    Returns
    -------
    Interval
        All blank with ``no_data`` (no units), ``missing_values`` (a unit lacks a figure: a sum without it would be another
        sum) or ``zero_denominator``. Limits blank with ``one_unit`` (one cluster, in all or in a stratum), ``no_variation``
        (all units have the same ratio: no spread was seen, which is not certainty) or, for the jackknife and the bootstrap,
        ``too_few_units`` (without one cluster no denominator is left).

    Raises
    ------
    ArgumentError
        Units that do not match, a unit without stratum or cluster, a cluster in two strata, an unknown variance, fewer than
        two replicates.

    Notes
    -----
    R = Σy/Σx, t on clusters less strata in all three, since a variance from few clusters is no surer for having been repeated.
    Linear: z = (y − R x)/Σx, summed per cluster to u, V = Σ_h n/(n−1) Σ (u − ū)². Jackknife (JK1, in strata JKn): R₍ᵢ₎
    without cluster i, the others of its stratum times n/(n−1), V = Σ_h (n−1)/n Σ (R₍ᵢ₎ − mean of all R₍ᵢ₎)². Bootstrap (Rao &
    Wu): n − 1 of the n clusters of each stratum drawn with replacement, times n/(n−1), V = the variance of R; drawing n would
    give (n−1)/n of the linear variance, half of it in strata of two.

    References
    ----------
    Särndal, Swensson & Wretman (1992), section 5.6; Wolter (2007), chapter 4; Rao & Wu (1988), JASA 83:231-241. R ``survey``
    4.1: ``svyratio`` with ``svydesign``, ``as.svrepdesign`` (``JK1``, ``JKn``, ``subbootstrap``).

    Examples
    --------
    >>> found = ratio_of_totals([9, 18, 27, 30], [10, 20, 30, 40])
    >>> float(found.value), round(float(found.lower), 4)
    (0.84, 0.6841)
    """
    check_confidence(confidence)
    check_option("variance", variance, VARIANCES)
    if isinstance(replicates, bool) or not isinstance(replicates, (int, np.integer)) or replicates < 2:
        raise ArgumentError("too_few_replicates", found=replicates)
    y, x = _by_unit(numerators, denominators)
    units = units_of(y.shape[-1], strata, clusters)
    weights = _bootstrap_weights(units, seed, replicates) if variance == "bootstrap" and units.df else np.zeros((0, len(units.stratum)))
    rows = [_one_ratio(part[0], part[1], units, variance, weights) for part in _blocks(y, x, repeats=max(len(weights), 1))]
    value, spread, size = (np.concatenate(each).reshape(y.shape[:-1]) for each in zip(*rows, strict=True))
    method = "ratio of totals, " + {"linear": "linearised"}.get(variance, variance)
    return _around(value, spread, size, units, confidence, method, [(y, x)])


def paired_ratio_change(
    numerators_0: ArrayLike, denominators_0: ArrayLike, numerators_1: ArrayLike, denominators_1: ArrayLike,
    *, strata: ArrayLike | None = None, clusters: ArrayLike | None = None, confidence: float = 0.95,
) -> Interval:  # fmt: skip
    """Change of a ratio of totals, the same units seen twice.

    Use: did the usage rate of these communities change by more than they differ among themselves? The covariance of the two
    periods is carried; treating them as independent would not.

    Parameters
    ----------
    numerators_0, denominators_0, numerators_1, denominators_1 : array_like
        Before and after, in the same order of units along the last axis; 0 and 0 where a unit did not exist.
    strata, clusters, confidence
        As for ``ratio_of_totals``.

    Returns
    -------
    Interval
        ``value`` is after less before, in shares. Blank as in ``ratio_of_totals``; ``no_variation`` where the change is the
        same in all units.

    Raises
    ------
    ArgumentError
        As for ``ratio_of_totals``.

    Notes
    -----
    V(R₁−R₀) = V(Σ(z₁−z₀)), z₁−z₀ summed per cluster, df = clusters less strata.

    References
    ----------
    Särndal, Swensson & Wretman (1992), section 5.6; R ``survey::svycontrast`` of two ratios of the same design.

    Examples
    --------
    >>> found = paired_ratio_change([8, 16, 21], [10, 20, 30], [9, 19, 30], [10, 20, 30])
    >>> round(float(found.value), 4)
    0.2167
    """
    check_confidence(confidence)
    y_0, x_0, y_1, x_1 = _by_unit(numerators_0, denominators_0, numerators_1, denominators_1)
    units = units_of(y_0.shape[-1], strata, clusters)
    rows = []
    for part in _blocks(y_0, x_0, y_1, x_1):
        (before, z_0, size_0), (after, z_1, size_1) = _influence(*part[:2]), _influence(*part[2:])
        rows.append((after - before, _linear_variance(z_1 - z_0, units), size_0 + size_1))
    value, spread, size = (np.concatenate(each).reshape(y_0.shape[:-1]) for each in zip(*rows, strict=True))
    return _around(value, spread, size, units, confidence, PAIRED, [(y_0, x_0), (y_1, x_1)])


def _by_unit(*arrays: ArrayLike) -> list[Floats]:
    """Arrays in one shape: one number stands for all units, any other must have an element per unit."""
    found = [numbers(a) for a in arrays]
    found = [np.atleast_1d(a) for a in found] if all(a.ndim == 0 for a in found) else found
    try:
        if len({a.shape[-1] for a in found if a.ndim}) > 1:
            raise ValueError
        return list(np.broadcast_arrays(*found))
    except ValueError:
        raise ArgumentError("shapes_differ", found=" · ".join(str(a.shape) for a in found)) from None


def _blocks(*arrays: Floats, repeats: int = 1) -> list[list[Floats]]:
    """The rows (all axes but the last in one) of the arrays, some at a time."""
    n = arrays[0].shape[-1]
    rows = int(np.prod(arrays[0].shape[:-1]))
    flat = [a.reshape(rows, n) for a in arrays]
    step = max(BLOCK // max(n, repeats), 1)
    return [[a[start : start + step] for a in flat] for start in range(0, max(rows, 1), step)]


def _influence(y: Floats, x: Floats) -> tuple[Floats, Floats, Floats]:
    """Ratio of totals along the last axis, each unit's influence on it, and how large the ratio is without signs."""
    total, size = x.sum(axis=-1, keepdims=True), np.abs(x).sum(axis=-1, keepdims=True)
    total = np.where(np.abs(total) <= NOTHING * size, np.nan, total)
    ratio = y.sum(axis=-1, keepdims=True) / total
    return ratio[..., 0], (y - ratio * x) / total, np.abs(y).sum(axis=-1) / np.abs(total[..., 0])


def _one_ratio(y: Floats, x: Floats, units: Units, variance: str, weights: Floats) -> tuple[Floats, Floats, Floats]:
    value, z, size = _influence(y, x)
    if variance == "linear" or not units.df:
        return value, _linear_variance(z, units), size
    above, below = units.totals(y), units.totals(x)
    if variance == "bootstrap":
        return value, _quotient(above @ weights.T, below @ weights.T).var(axis=-1, ddof=1), size
    without = [_without_one(part, units) for part in (above, below)]
    each = _quotient(*without)
    gap = each - each.mean(axis=-1, keepdims=True)
    return value, np.einsum("...i,...i,i->...", gap, gap, 1 / units.scale), size


def _quotient(above: Floats, below: Floats) -> Floats:
    nothing = np.abs(below) <= NOTHING * np.abs(below).max(axis=-1, keepdims=True)
    return above / np.where(nothing, np.nan, below)


def _without_one(totals: Floats, units: Units) -> Floats:
    """Per psu, the total of all when it is left out and the rest of its stratum stands for it."""
    of_stratum = units.stratum_totals(totals)
    return totals.sum(axis=-1, keepdims=True) - of_stratum + (of_stratum - totals) * units.scale


def _bootstrap_weights(units: Units, seed: int, replicates: int) -> Floats:
    """One row per replicate, one column per psu: Rao & Wu's rescaled weights."""
    rng = np.random.default_rng(seed)
    weights = np.ones((replicates, len(units.stratum)))
    for stratum, n in enumerate(units.sizes):
        if n > 1:
            weights[:, units.stratum == stratum] = rng.multinomial(n - 1, np.full(n, 1 / n), size=replicates)
    return weights * np.nan_to_num(units.scale, nan=1.0)


def _around(value: Floats, variance: Floats, size: Floats, units: Units, confidence: float, method: str, sides: list[tuple[Floats, Floats]]) -> Interval:
    missing = np.isnan(sum(y.sum(axis=-1) + x.sum(axis=-1) for y, x in sides))
    lone = units.df < 1 or bool((units.sizes == 1).any())
    flat = ~missing & (variance <= (NOTHING * size) ** 2)
    half = np.where(flat | lone, np.nan, quantile_t(confidence, units.df) * np.sqrt(variance))
    reasons = {
        "no_data": np.full(value.shape, not len(units.psu)), "missing_values": missing, "zero_denominator": np.isnan(value),
        "one_unit": np.full(value.shape, lone), "no_variation": flat, "too_few_units": np.isnan(half),
    }  # fmt: skip
    return interval(value, value - half, value + half, method, **reasons)
