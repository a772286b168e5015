"""Arrays in, an estimate and its limits out. Pure: no tables, no files, no words for readers.

Place in the flow: ``indicators`` and ``compare`` bring sums, this module says how sure they are. It knows nothing of areas
or funds, and it never decides whether an interval is wanted: a complete ledger has no sampling error (see ``compare``).
Arrays are matched by position, never by an index. Ratios of totals stand in ``ratios`` and are found here too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..errors import ArgumentError
from .interval import Floats, Interval, check_confidence, check_positive, interval, numbers, once, quantile_t, quantile_z, together
from .ratios import paired_ratio_change, ratio_of_totals, total_variance

__all__ = [
    "Floats", "Interval", "byar", "check_confidence", "clopper_pearson", "mean_t", "miettinen_nurminen_difference", "newcombe_difference",
    "paired_ratio_change", "quantile_t", "quantile_z", "ratio_of_totals", "total_variance", "wilson",
]  # fmt: skip
EXACT_BELOW = 10  # counts; Byar's approximation is for ten or more (Public Health England, Technical Guide: Confidence Intervals, 2018)
BLOCK = 8_192  # score limits searched at a time: what the processor's cache holds
STEPS = 100
CLOSE = 1e-9  # a step in the logarithm: the error left is its square


def _counts(count: ArrayLike, total: ArrayLike) -> tuple[Floats, Floats]:
    x, n = together(count, total)
    wrong = (x < 0) | (n < 0) | (x > n)
    if wrong.any():
        at = int(np.argmax(wrong.ravel()))
        raise ArgumentError("not_a_share", found=f"{x.ravel()[at]:g} / {n.ravel()[at]:g}")
    # nobody asked, or not known how many
    return np.where((n == 0) | np.isnan(n), np.nan, x), np.where((n == 0) | np.isnan(x), np.nan, n)


def wilson(count: ArrayLike, total: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Share of a simple count with Wilson's score limits.

    Use: a share of people counted one by one. It misleads where answers come in clusters or carry weights (``survey``), and
    on money, where its width would depend on the currency unit.

    Parameters
    ----------
    count, total : array_like
        Number with the property, and number asked. They need not be whole (an effective sample).
    confidence : float
        0-1.

    Returns
    -------
    Interval
        Blank with ``no_data`` where ``total`` is 0 or either is missing.

    Raises
    ------
    ArgumentError
        A count below 0 or above its total; what is not a number; shapes that do not fit.

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
    z = quantile_z(confidence)
    x, n = _counts(count, total)
    centre = x + z**2 / 2 + z * np.sqrt(x * (n - x) / n + z**2 / 4)
    # the lower one written without a difference of near numbers: small shares keep their digits
    lower, upper = x**2 / n / np.where(x == 0, 1.0, centre), np.where(x == n, 1.0, centre / (n + z**2))
    return interval(x / n, lower, upper, "wilson", no_data=np.isnan(n))


def clopper_pearson(count: ArrayLike, total: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Share of a simple count with exact binomial limits.

    Use: where the limits must never cover less than promised, at the price of width; otherwise ``wilson``. It misleads where
    ``wilson`` does.

    Parameters
    ----------
    count, total, confidence
        As for ``wilson``. Counts that are not whole are taken as those of an effective sample (Korn & Graubard 1998).

    Returns
    -------
    Interval
        Blank with ``no_data`` where ``total`` is 0 or either is missing.

    Raises
    ------
    ArgumentError
        As for ``wilson``.

    Notes
    -----
    With α = 1 − confidence: the α/2 quantile of Beta(x, n−x+1) and the 1−α/2 quantile of Beta(x+1, n−x). 0 of n starts at 0,
    n of n ends at 1.

    References
    ----------
    Clopper & Pearson (1934), Biometrika 26:404-413; R ``binom.test``.

    Examples
    --------
    >>> found = clopper_pearson(81, 263)
    >>> round(float(found.lower), 4), round(float(found.upper), 4)
    (0.2527, 0.3676)
    """
    tail = (1 - check_confidence(confidence)) / 2
    x, n = _counts(count, total)
    lower, upper = once(lambda count, rest: _binomial(count, rest, tail), x, n - x)
    return interval(x / n, lower, upper, "clopper-pearson", no_data=np.isnan(n))


def _binomial(x: Floats, rest: Floats, tail: float) -> Floats:
    from scipy.special import betaincinv

    lower = np.where(x == 0, 0.0, betaincinv(np.where(x == 0, 1.0, x), rest + 1, tail))
    return np.stack([lower, np.where(rest == 0, 1.0, betaincinv(x + 1, np.where(rest == 0, 1.0, rest), 1 - tail))])


def byar(count: ArrayLike, exposure: ArrayLike = 1.0, *, multiplier: float = 1.0, confidence: float = 0.95) -> Interval:
    """Rate of events (count / exposure × multiplier) with Byar's limits, exact Poisson limits below ten events.

    Use: things that happen any number of times: complaints per 10 000 residents, repairs per project. A share of people is
    no rate (``wilson``); money is not a count.

    Parameters
    ----------
    count : array_like
        Number of events.
    exposure : array_like
        What they are counted against: residents, projects, years. Default: the count itself is wanted.
    multiplier : float
        10 000 for a rate per 10 000.
    confidence : float
        0-1.

    Returns
    -------
    Interval
        Blank with ``zero_denominator`` where ``exposure`` is 0, with ``no_data`` where either is missing.

    Raises
    ------
    ArgumentError
        A count or exposure below 0, a multiplier that is not above 0; as for ``wilson``.

    Notes
    -----
    x (1 − 1/(9x) − z/(3√x))³ and, with y = x + 1, y (1 − 1/(9y) + z/(3√y))³, over exposure. Below ten: the α/2 quantile of
    Gamma(x) and the 1−α/2 quantile of Gamma(x+1); no events start at 0.

    References
    ----------
    Breslow & Day (1987), Statistical Methods in Cancer Research II, p. 69; Garwood (1936), Biometrika 28:437-442; the rule of
    ten: Public Health England (2018), Technical Guide: Confidence Intervals.

    Examples
    --------
    >>> found = byar(100)
    >>> round(float(found.lower), 2), round(float(found.upper), 2)
    (81.36, 121.63)
    """
    z = quantile_z(confidence)
    scale = check_positive("multiplier", multiplier)
    x, base = together(count, exposure)
    wrong = (x < 0) | (base < 0)
    if wrong.any():
        at = int(np.argmax(wrong.ravel()))
        raise ArgumentError("not_a_rate", found=f"{x.ravel()[at]:g} / {base.ravel()[at]:g}")
    lost = np.isnan(x) | np.isnan(base)
    safe = np.maximum(np.where(lost, np.nan, x), EXACT_BELOW)
    lower, upper = (events * (1 - 1 / (9 * events) + side / (3 * np.sqrt(events))) ** 3 for events, side in ((safe, -z), (safe + 1, z)))
    few = x < EXACT_BELOW
    if few.any():
        lower, upper = np.asarray(lower), np.asarray(upper)
        lower[few], upper[few] = once(lambda events: _poisson(events, (1 - confidence) / 2), x[few])
    per = scale / np.where(base > 0, base, np.nan)
    return interval(x * per, lower * per, upper * per, "byar", no_data=lost, zero_denominator=base == 0)


def _poisson(x: Floats, tail: float) -> Floats:
    from scipy.special import gammaincinv

    return np.stack([np.where(x == 0, 0.0, gammaincinv(np.where(x == 0, 1.0, x), tail)), gammaincinv(x + 1, 1 - tail)])


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
        Blank with ``no_data`` where either total is 0 or a figure is missing.

    Raises
    ------
    ArgumentError
        As for ``wilson``.

    Notes
    -----
    With Wilson's limits l, u of either share: d − √((p₁−l₁)² + (u₂−p₂)²) and d + √((u₁−p₁)² + (p₂−l₂)²).

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
    together(first.value, second.value)
    value = first.value - second.value
    below = np.hypot(first.value - first.lower, second.upper - second.value)
    above = np.hypot(first.upper - first.value, second.value - second.lower)
    return interval(value, value - below, value + above, "newcombe 10", no_data=np.isnan(value))


def miettinen_nurminen_difference(count_1: ArrayLike, total_1: ArrayLike, count_2: ArrayLike, total_2: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Difference of two independent shares (first less second), with the score limits of Miettinen and Nurminen.

    Use: as ``newcombe_difference``, where the limits should agree with a score test of the difference.

    Parameters
    ----------
    count_1, total_1, count_2, total_2, confidence
        As for ``newcombe_difference``.

    Returns
    -------
    Interval
        Blank with ``no_data`` where either total is 0 or a figure is missing.

    Raises
    ------
    ArgumentError
        As for ``wilson``.

    Notes
    -----
    The differences δ with (d − δ)² = z² V(δ), V(δ) = (p̃₁q̃₁/n₁ + p̃₂q̃₂/n₂) N/(N−1), p̃ the most likely shares that differ by δ.
    These satisfy p₁ − p̃₁ = λ p̃₁q̃₁/n₁ and p̃₂ − p₂ = λ p̃₂q̃₂/n₂ for one λ, so that for a λ both follow from a quadratic, and the
    limit is where λ² (p̃₁q̃₁/n₁ + p̃₂q̃₂/n₂) = z² N/(N−1): a search in λ that needs no cubic (Farrington & Manning's) at each step.

    References
    ----------
    Miettinen & Nurminen (1985), Statistics in Medicine 4:213-226; Farrington & Manning (1990), ibid. 9:1447-1454; Newcombe
    (1998), ibid. 17:873-890, method 6, table II: 56/70 − 48/80 gives .0528, .3382.

    Examples
    --------
    >>> found = miettinen_nurminen_difference(56, 70, 48, 80)
    >>> round(float(found.lower), 4), round(float(found.upper), 4)
    (0.0528, 0.3382)
    """
    z = quantile_z(confidence)
    (x_1, n_1), (x_2, n_2) = _counts(count_1, total_1), _counts(count_2, total_2)
    x_1, n_1, x_2, n_2 = together(x_1, n_1, x_2, n_2)
    value = x_1 / n_1 - x_2 / n_2
    lower, upper = np.empty(value.size), np.empty(value.size)
    for start in range(0, value.size, BLOCK):
        part = slice(start, start + BLOCK)
        a, n, b, m = (np.ravel(each)[part] for each in (x_1, n_1, x_2, n_2))
        lower[part], upper[part] = _lowest(a, n, m - b, m, z), -_lowest(b, m, n - a, n, z)
    lone = n_1 + n_2 <= 1  # less than one answer in each of two effective samples: N − 1 has no meaning
    lower, upper = (np.where(lone, np.nan, side.reshape(value.shape)) for side in (lower, upper))
    return interval(value, lower, upper, "miettinen-nurminen", no_data=np.isnan(value), one_unit=lone)


def _lowest(x_1: Floats, n_1: Floats, y_2: Floats, n_2: Floats, z: float) -> Floats:
    """Lower score limit of x₁/n₁ + y₂/n₂ − 1, where y₂ counts those of the second group who lack the property."""
    found = np.where(x_1 + y_2 == 0, -1.0, np.nan)  # as far apart as can be
    at = np.flatnonzero((x_1 + y_2 > 0) & (n_1 + n_2 > 1))
    x_1, n_1, y_2, n_2 = (each[at] for each in (x_1, n_1, y_2, n_2))
    p_1, q_1, p_2, q_2 = x_1 / n_1, (n_1 - x_1) / n_1, y_2 / n_2, (n_2 - y_2) / n_2
    aim = z**2 * (n_1 + n_2) / (n_1 + n_2 - 1)
    # λ times the way from p₁ + p₂ down to p̃₁ + p̃₂ is ``aim``; the way is at most p₁ + p₂, and at least that less N/λ
    low, high = aim / (p_1 + p_2), (aim + n_1 + n_2) / (p_1 + p_2)
    reach = np.hypot(p_1 - _wilson_lower(p_1, q_1, n_1, z), p_2 - _wilson_lower(p_2, q_2, n_2, z))
    state = [p_1, q_1, n_1, p_2, q_2, n_2, aim, low, high, np.clip(np.sqrt(aim) * z / reach, low, high)]
    for _ in range(STEPS):
        sums, gap, step = _score_step(*state[:6], aim=state[6], best=state[9])
        found[at] = sums - 1
        low, high, best = state[7:]
        low, high = np.where(gap > 0, best, low), np.where(gap < 0, best, high)
        new, near = best * np.exp(step), np.abs(step) <= CLOSE
        state[7:] = [low, high, np.where(near | ((new > low) & (new < high)), new, np.sqrt(low * high))]
        if near.any():
            done = [each[near] for each in state]
            found[at[near]] = _score_step(*done[:6], aim=done[6], best=done[9])[0] - 1
            at, state = at[~near], [each[~near] for each in state]
        if not len(at):
            break
    return found


def _score_step(*groups: Floats, aim: Floats, best: Floats) -> tuple[Floats, Floats, Floats]:
    """p̃₁ + p̃₂ at λ = ``best``, what ln λ² V lacks of ln ``aim``, and Newton's step of ln λ."""
    sums = variance = slope = np.zeros(len(best))
    with np.errstate(divide="ignore", invalid="ignore"):
        for p, q, n in (groups[:3], groups[3:]):
            pull = best / n
            root = np.sqrt((1 - pull) ** 2 + 4 * pull * q)
            likely = 2 * p / (1 + pull + root)
            part = likely * (1 - likely) / n
            sums, variance, slope = sums + likely, variance + part, slope + part / root
        gap = np.log(aim / (best**2 * variance))
        return sums, gap, gap / (1 + slope / variance)


def _wilson_lower(p: Floats, q: Floats, n: Floats, z: float) -> Floats:
    return p**2 / (p + z**2 / (2 * n) + z * np.sqrt(p * q / n + (z / n) ** 2 / 4))


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
        All blank with ``no_data`` without an observation; limits blank with ``one_unit`` for one, with ``no_variation`` where
        all are the same.

    Raises
    ------
    ArgumentError
        What is not a number.

    Notes
    -----
    x̄ ± t_{n−1} s/√n.

    References
    ----------
    Student (1908), Biometrika 6:1-25; R ``t.test``.

    Examples
    --------
    >>> found = mean_t([1, 2, 3, 4, 5])
    >>> round(float(found.lower), 4), round(float(found.upper), 4)
    (1.0368, 4.9632)
    """
    check_confidence(confidence)
    x = np.atleast_1d(numbers(values))
    known = ~np.isnan(x)
    n = known.sum(axis=-1).astype(float)
    some = np.where(n > 0, n, np.nan)
    mean = np.where(known, x, 0).sum(axis=-1) / some
    squares = (np.where(known, x - mean[..., None], 0) ** 2).sum(axis=-1)
    size = np.where(known, np.abs(x), 0).max(axis=-1, initial=0.0)
    flat = (n > 1) & (squares <= n * (1e-14 * size) ** 2)  # what rounding leaves is no spread
    df = np.where((n > 1) & ~flat, n - 1, np.nan)
    half = quantile_t(confidence, df) * np.sqrt(squares / df / some)
    return interval(mean, mean - half, mean + half, "mean, t", no_data=n == 0, one_unit=n == 1, no_variation=flat)
