"""Do raters agree? Intraclass correlations and paired differences. Arrays in, a result out.

Place in the flow: ``raters`` brings the assessments; Krippendorff's α is in ``alpha``. Ratings stand in a table with one row per
subject (what is rated) and one column per rater. Correlation is not agreement, so there is none here: two raters ten points apart
on everything correlate at 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError
from .clustered import groups_of
from .interval import Floats, check_confidence, numbers, quantile_t, quantile_z
from .results import Result

ONE_WAY, TWO_WAY = "icc, one-way (F limits)", "icc, two-way (F limits)"
GAP, CLUSTERED = "paired difference, t", "paired difference, t (clusters)"
ROUNDING = 1e-9  # of a coefficient
NOTHING = 1e-24  # of the squares: what rounding leaves of a sum of squares that is 0


@dataclass(frozen=True, slots=True, eq=False)
class Agreement(Result):
    """Intraclass correlations, one element per coefficient, and the variances behind them (0 where the estimate is negative).

    ``raters`` is the number per subject (its effective mean where subjects have unequal numbers).
    """

    coefficient: NDArray[np.str_]
    value: Floats
    lower: Floats
    upper: Floats
    subjects: int
    raters: float
    subject_variance: float
    rater_variance: float
    residual_variance: float
    note: NDArray[np.str_]
    method: NDArray[np.str_]


def rating_table(ratings: ArrayLike) -> Floats:
    """Ratings as numbers, a row per subject; ``ArgumentError`` for words, for infinity, and unless they stand in two dimensions."""
    found = numbers(ratings)
    if found.ndim != 2:
        raise ArgumentError("not_ratings", found=found.ndim)
    return found


Names = tuple[str, ...]


def _agreement(names: Names, found: Floats, size: tuple[int, float], variances: tuple[float, float, float], note: str, methods: Names) -> Agreement:
    """The result, with ``no_variation`` where a coefficient or a limit rests on 0, ``not_estimable`` where it cannot be one."""
    value, lower, upper = found.T
    empty = np.isnan(value) | np.isneginf(value)  # a mean rating's has no lower end, a single one's ends at -1
    least = np.where([name.endswith(",1)") for name in names], -1 - ROUNDING, -np.inf)
    none = ~empty & ~((value >= least) & (value <= 1 + ROUNDING) & (lower <= value + ROUNDING) & (upper >= value - ROUNDING))
    sure = ~empty & ~none & (lower == upper) & (value < 1 - ROUNDING)  # subjects do not differ at all: no certainty
    few = note if note.startswith("too_few") else "no_variation"
    reasons = np.where(empty, few, np.where(none, "not_estimable", np.where(sure, "no_variation", note)))
    value = np.where(empty | none, np.nan, value)
    lower, upper = (np.where(empty | none | sure, np.nan, side) for side in (lower, upper))
    return Agreement(np.array(names), value, lower, upper, *size, *variances, reasons, np.array(methods))


def _blank(names: Names, methods: Names, subjects: int, raters: float, note: str) -> Agreement:
    return _agreement(names, np.full((len(names), 3), np.nan), (subjects, float(raters)), (np.nan, np.nan, np.nan), note, methods)


def _f(confidence: float, df_1: float, df_2: float) -> float:
    """Upper quantile of F, two-sided."""
    from scipy.special import fdtri

    return float(fdtri(df_1, df_2, (1 + confidence) / 2))


def _consistency(between: float, within: float, k: float, df: tuple[float, float], confidence: float) -> Floats:
    """(value, lower, upper) of a single and of a mean rating, from two mean squares: rows ``single``, ``mean``."""
    low, high = _f(confidence, *df), 1 / _f(confidence, *df[::-1])
    errors = np.array([within, within * low, within * high])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.array([(between - errors) / (between + (k - 1) * errors), 1 - errors / between])


def icc_one_way(scores: ArrayLike, *, confidence: float = 0.95) -> Agreement:
    """Agreement of raters where each subject has its own: ICC(1,1) of one rating and ICC(1,k) of the mean of a subject's.

    Use: every community is scored by other assessors. Nothing tells a strict assessor from a weak community then, so all
    difference between raters is error, and this is the only legitimate coefficient.

    Parameters
    ----------
    scores : array_like
        A row per subject; columns are places, not persons. Blank (NaN) where there is no rating; subjects may have unequal numbers.
    confidence : float
        0-1.

    Returns
    -------
    Agreement
        ``residual_variance`` holds raters and chance together. Blank with ``too_few_subjects``, ``too_few_raters`` (no subject has
        two), ``no_variation`` (all scores equal). A mean of ratings has no ICC(1,k), and one rating no limits, where subjects
        do not differ at all.

    Raises
    ------
    ArgumentError
        Not a two-dimensional table; words or infinity.

    Notes
    -----
    n₀ = (N − Σkᵢ²/N)/(n−1), (MSB − MSW)/(MSB + (n₀−1)MSW), 1 − MSW/MSB; limits from F on n−1 and N−n, exact where all have k.

    References
    ----------
    Shrout & Fleiss (1979), Psychological Bulletin 86:420-428, table 4: .17, .44; Donner (1986), International Statistical Review
    54:67-82 (unequal numbers).

    Examples
    --------
    >>> found = icc_one_way([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> found.value.round(2).tolist()
    [0.17, 0.44]
    """
    check_confidence(confidence)
    x = rating_table(scores)
    names, methods = ("icc(1,1)", "icc(1,k)"), (ONE_WAY, ONE_WAY)
    x = x[np.isfinite(x).any(axis=1)]
    n, counts = len(x), np.isfinite(x).sum(axis=1)
    total = int(counts.sum())
    if n < 2 or total == n:
        return _blank(names, methods, n, total / n if n else np.nan, "too_few_subjects" if n < 2 else "too_few_raters")
    k = (total - (counts**2).sum() / total) / (n - 1)
    if np.nanmax(x) == np.nanmin(x):
        return _blank(names, methods, n, k, "no_variation")
    x = x - np.nanmean(x)
    means = np.nansum(x, axis=1) / counts
    squares = np.array([(counts * means**2).sum(), np.nansum((x - means[:, None]) ** 2)])
    msb, msw = np.where(squares > NOTHING * squares.sum(), squares, 0.0) / [n - 1, total - n]
    found = _consistency(msb, msw, k, (n - 1, total - n), confidence)
    note = "unequal_raters" if len(set(counts)) > 1 else ""
    return _agreement(names, found, (n, float(k)), (max(float(msb - msw) / k, 0.0), np.nan, float(msw)), note, methods)


def icc(scores: ArrayLike, *, confidence: float = 0.95) -> Agreement:
    """Agreement of raters who all rated the same subjects: the six coefficients of Shrout and Fleiss.

    Use: would other assessors like these have given the same scores? ICC(2,1) for the score of one, ICC(2,k) for the mean of
    these k. ICC(3,·) forgives a rater who is strict throughout: consistency, not agreement. ICC(1,·) as if nobody knew who rated.

    Parameters
    ----------
    scores : array_like
        A row per subject, a column per rater.
    confidence : float
        0-1.

    Returns
    -------
    Agreement
        Subjects without all ratings are left out, with ``incomplete_left_out``: they cannot be compared over raters. Blank with
        ``too_few_subjects``, ``too_few_raters``, ``no_variation``; a coefficient with ``not_estimable`` where subjects differ so little
        that it would lie above 1 (of one rating: below -1) or its limits would cross; limits with ``no_variation`` where subjects
        do not differ at all.

    Raises
    ------
    ArgumentError
        Not a two-dimensional table; words or infinity.

    Notes
    -----
    MSB, MSJ, MSE of the two-way analysis; (2,1) = (MSB − MSE)/(MSB + (k−1)MSE + k(MSJ − MSE)/n), (2,k) = (MSB − MSE)/(MSB + (MSJ − MSE)/n),
    limits with Satterthwaite's degrees of freedom; (3,1) = (MSB − MSE)/(MSB + (k−1)MSE), (3,k) = 1 − MSE/MSB.

    References
    ----------
    Shrout & Fleiss (1979), Psychological Bulletin 86:420-428, table 4: ICC(2,1) .29, ICC(3,1) .71; R ``psych::ICC``.

    Examples
    --------
    >>> found = icc([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> dict(zip(found.coefficient.tolist(), found.value.round(2).tolist()))
    {'icc(1,1)': 0.17, 'icc(1,k)': 0.44, 'icc(2,1)': 0.29, 'icc(2,k)': 0.62, 'icc(3,1)': 0.71, 'icc(3,k)': 0.91}
    """
    check_confidence(confidence)
    given = rating_table(scores)
    x = given[np.isfinite(given).all(axis=1)]
    note = "incomplete_left_out" if len(x) < len(given) else ""
    names = ("icc(1,1)", "icc(1,k)", "icc(2,1)", "icc(2,k)", "icc(3,1)", "icc(3,k)")
    methods = (ONE_WAY, ONE_WAY, TWO_WAY, TWO_WAY, TWO_WAY, TWO_WAY)
    n, k = x.shape
    if n < 2 or k < 2:
        return _blank(names, methods, n, k, "too_few_subjects" if n < 2 else "too_few_raters")
    if x.max() == x.min():
        return _blank(names, methods, n, k, "no_variation")
    x = x - x.mean()
    msb, msj, mse = _mean_squares(x)
    absolute = _absolute(msb, msj, mse, n, k, confidence)
    consistent = _consistency(msb, mse, k, (n - 1, (n - 1) * (k - 1)), confidence)
    one_way = _consistency(msb, (msj + (n - 1) * mse) / n, k, (n - 1, n * (k - 1)), confidence)
    found = np.vstack([one_way, absolute, consistent])
    variances = (max((msb - mse) / k, 0.0), max((msj - mse) / n, 0.0), mse)
    return _agreement(names, found, (n, float(k)), variances, note, methods)


def _mean_squares(x: Floats) -> tuple[float, float, float]:
    """Of subjects, raters and residual; ``x`` without its mean."""
    n, k = x.shape
    rows, columns = x.mean(axis=1), x.mean(axis=0)
    squares = np.array([k * (rows**2).sum(), n * (columns**2).sum(), ((x - rows[:, None] - columns) ** 2).sum()])
    squares = np.where(squares > NOTHING * (x**2).sum(), squares, 0.0) / [n - 1, k - 1, (n - 1) * (k - 1)]
    return float(squares[0]), float(squares[1]), float(squares[2])


def _absolute(msb: float, msj: float, mse: float, n: int, k: int, confidence: float) -> Floats:
    """ICC(2,1) and ICC(2,k) with their limits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.float64(msb - mse) / (msb + (k - 1) * mse + k * (msj - mse) / n)
        raters, rest = k * r * msj, (n * (1 + (k - 1) * r) - k * r) * mse
        df = (k - 1) * (n - 1) * (raters + rest) ** 2 / ((n - 1) * raters**2 + rest**2)
        df = df if np.isfinite(df) else np.float64((k - 1) * (n - 1))  # nothing but subjects varies
        low, high = _f(confidence, n - 1, df), _f(confidence, df, n - 1)
        common = k * msj + (k * n - k - n) * mse
        single = np.array([r, n * (msb - low * mse) / (low * common + n * msb), n * (high * msb - mse) / (common + n * high * msb)])
        whole = msb + (msj - mse) / n
        mean = np.float64(msb - mse) / whole if whole > 0 else np.float64(np.inf)
        limits = single[1:] * k / (1 + single[1:] * (k - 1))
        return np.array([single, [mean, *limits]])


@dataclass(frozen=True, slots=True, eq=False)
class Gap(Result):
    """Mean of own less other with its limits, the limits of agreement of single pairs, and the share of pairs above the tolerance."""

    value: float
    lower: float
    upper: float
    agreement_lower: float
    agreement_upper: float
    share_above: float
    n: int
    clusters: int
    note: str
    method: str


def self_gap(own: ArrayLike, other: ArrayLike, *, clusters: ArrayLike | None = None, tolerance: float = 0.0, confidence: float = 0.95) -> Gap:
    """How much higher those score who score themselves.

    Use: own score less the other's, on the same subjects. The mean says whether they flatter themselves, the limits of agreement
    how far a single subject's may lie off. It is no error of either side: it is a difference.

    Parameters
    ----------
    own, other : array_like
        One per subject; pairs with a blank are left out.
    clusters : array_like, optional
        Group of each subject: those of one street are not independent. Default: each its own.
    tolerance : float
        ``share_above`` counts differences above it.
    confidence : float
        0-1; for both kinds of limits.

    Returns
    -------
    Gap
        Blank with ``no_data``; limits blank with ``too_few_units`` (one pair), ``one_cluster``, ``no_variation`` (all differ by the same).

    Raises
    ------
    ArgumentError
        Arrays of unequal length, words or infinity, a subject without cluster, a tolerance that is no number.

    Notes
    -----
    d̄ ± t s/√n on n−1; with G clusters V = G/(G−1) Σ_g(Σ_{i∈g}(d−d̄))²/n², t on G−1. Limits of agreement d̄ ± z s.

    References
    ----------
    Bland & Altman (1986), Lancet 327:307-310: −2.1, s 38.8, limits of the mean −22.0 to 17.8; Bland & Altman (1999), Statistical
    Methods in Medical Research 8:135-160; R ``survey::svymean`` (clusters).

    Examples
    --------
    >>> found = self_gap([90, 85, 88, 92], [84, 83, 80, 86], tolerance=5)
    >>> found.value, found.share_above
    (5.5, 0.75)
    """
    check_confidence(confidence)
    if not isinstance(tolerance, Real) or not np.isfinite(tolerance):
        raise ArgumentError("not_finite", found=tolerance)
    a, b = (np.atleast_1d(numbers(v)) for v in (own, other))
    group = np.arange(len(a)) if clusters is None else np.asarray(clusters)
    if not a.shape == b.shape == group.shape:
        raise ArgumentError("lengths_differ", name="other / clusters", expected=len(a), found=f"{len(b)} / {len(group)}")
    group = group if clusters is None else groups_of("clusters", clusters)
    known = np.isfinite(a) & np.isfinite(b)
    d, at = (a - b)[known], np.unique(group[known], return_inverse=True)[1]
    n, groups = len(d), len(np.unique(at))
    method = GAP if clusters is None else CLUSTERED
    if not n:
        return Gap(np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, 0, 0, "no_data", method)
    mean, above = float(d.mean()), float((d > tolerance).mean())
    rest = d - mean
    flat = (rest**2).sum() <= NOTHING * max((a[known] ** 2 + b[known] ** 2).sum(), 1.0)
    if n < 2 or groups < 2 or flat:
        note = "too_few_units" if n < 2 else "no_variation" if flat else "one_cluster"
        spread = np.nan if n < 2 or flat else quantile_z(confidence) * float(d.std(ddof=1))
        return Gap(mean, np.nan, np.nan, mean - spread, mean + spread, above, n, groups, note, method)
    variance = groups / (groups - 1) * (np.bincount(at, rest) ** 2).sum() / n**2
    half, spread = float(quantile_t(confidence, groups - 1) * np.sqrt(variance)), quantile_z(confidence) * float(d.std(ddof=1))
    return Gap(mean, mean - half, mean + half, mean - spread, mean + spread, above, n, groups, "", method)
