"""How surprising is a difference, if nothing but the choice of who was treated made it? Arrays in, a frozen result out.

Place in the flow: under ``pilots`` and ``dose``. Three answers that need no large sample: signs of matched differences, other
choices inside the sets, and the wild cluster bootstrap. Each is enumerated in full where that can be done, otherwise drawn with
a seed, and says which. No tables, no words for readers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import comb, isfinite, nan, prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError, check_option
from .clustered import groups_of, spanning
from .interval import numbers
from .intervals import Floats, check_confidence
from .results import Result

SEED = 20180501
DRAWS = 9_999  # with the observed one 10,000, so that p has four decimals
MOST_SIGNED = 16  # differences or clusters: 2^16 sign vectors take half a second
MOST_HALF = 1 << 20  # choices in each half of the sets; their pairs are counted, never written down
SIGN_FLIP, WITHIN, WILD = "sign-flip", "randomisation within sets", "wild cluster bootstrap"
SLACK = 1e-9  # of the size of a statistic: sums of the same numbers in another order are ties


@dataclass(frozen=True, slots=True, eq=False)
class Randomised(Result):
    """A value, the share ``p`` of equally likely arrangements that are at least as far from no difference, and limits from it.

    ``lower``, ``upper``: the values that the same test does not reject. ``assignments``: how many arrangements there are, or were
    drawn (``exact`` false). ``note``: why something is blank: ``too_few_sets``, ``no_contrast``, ``all_alike``, ``test_only`` (a test
    without limits).
    """

    value: float
    p: float
    lower: float
    upper: float
    assignments: int
    exact: bool
    method: str
    note: str = ""


def _flat(values: ArrayLike) -> Floats:
    return numbers(values).reshape(-1)


def _signs(count: int, *, most: int, draws: int, seed: int) -> tuple[Floats, bool]:
    """Rows of ±1: all of them, the observed one first, up to ``most`` columns; otherwise the observed one and ``draws`` more."""
    if count <= most:
        turned = (np.arange(1 << count)[:, None] >> np.arange(count)) & 1
    else:
        drawn = np.random.default_rng(seed).integers(0, 2, (draws, count))
        turned = np.vstack([np.zeros_like(drawn[:1]), drawn])
    return 1.0 - 2.0 * turned.astype(np.float64), count <= most


def sign_flip(differences: ArrayLike, *, confidence: float = 0.95, draws: int = DRAWS, seed: int = SEED) -> Randomised:
    """Mean of matched differences with the exact test that turns their signs, and the limits of that test.

    Use: one difference per matched set, few sets, no wish to assume a normal distribution. It asks that, without a difference, each
    would be as likely below zero as above; pairs drawn at random grant that, pairs that were chosen only suggest it.

    Parameters
    ----------
    differences : array_like
        One per set; blanks (NaN) are left out.
    confidence : float
        0-1.
    draws, seed : int
        Used with more than 16 differences only.

    Returns
    -------
    Randomised
        All blank without differences; limits blank with ``all_alike``, or with ``too_few_sets`` where even the farthest value is not rejected (fewer than
        six differences at 0.95).

    Notes
    -----
    p = share of the 2ⁿ sign vectors s with |Σ s d| ≥ |Σ d|. For a value t, a vector is as far as the observed one exactly when t lies
    between the mean of the differences that it turns and the mean of the others; so the limits need no search.

    References
    ----------
    Fisher (1935), The Design of Experiments, section 21; Hartigan (1969), JASA 64:1303-1317 (limits from subset means).

    Examples
    --------
    >>> found = sign_flip([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    >>> found.value, found.p, found.lower, found.upper
    (3.5, 0.03125, 1.0, 6.0)
    """
    check_confidence(confidence)
    d = _flat(differences)
    d = d[np.isfinite(d)]
    if not len(d):
        return Randomised(nan, nan, nan, nan, 0, True, SIGN_FLIP, "too_few_sets")
    signs, exact = _signs(len(d), most=MOST_SIGNED, draws=draws, seed=seed)
    total, value = d.sum(), float(d.mean())
    p = float(np.mean(np.abs(signs @ d) >= abs(total) - SLACK * np.abs(d).sum()))
    if np.ptp(d) <= SLACK * np.abs(d).max():
        return Randomised(value, p, nan, nan, len(signs), exact, SIGN_FLIP, "all_alike" if len(d) > 1 else "too_few_sets")
    lower, upper = _between_means(d, signs, 1 - confidence)
    note = "" if isfinite(lower) else "too_few_sets"
    return Randomised(value, p, min(lower, value), max(upper, value), len(signs), exact, SIGN_FLIP, note)


def _between_means(d: Floats, signs: Floats, level: float) -> tuple[float, float]:
    """The farthest values that at least more than ``level`` of the sign vectors find no nearer than the observed one."""
    turned = signs < 0
    number = turned.sum(axis=1)
    mixed = (number > 0) & (number < len(d))
    some = turned[mixed] @ d
    means = np.stack([some / number[mixed], (d.sum() - some) / (len(d) - number[mixed])])
    whole = len(signs) - int(mixed.sum())  # these are as far as the observed one whatever the value
    place = int(np.floor(level * len(signs) + SLACK)) - whole  # so many farther ones may be missed
    if place < 0 or place >= means.shape[1]:
        return nan, nan
    return float(np.sort(means.min(axis=0))[place]), float(-np.sort(-means.max(axis=0))[place])


# --- other choices inside the sets -----------------------------------------------------------------------------------------
def randomise(
    values: ArrayLike, treated: ArrayLike, sets: ArrayLike | None = None, *, statistic: str = "matched", draws: int = DRAWS, seed: int = SEED,
) -> Randomised:  # fmt: skip
    """Treated less others, against every other choice of as many treated inside each set.

    Use: pilots picked one per street. It answers exactly one question: had others of the same sets been picked, how often would the
    difference be as large? It misleads where pilots were picked for what they would become.

    Parameters
    ----------
    values : array_like
        One per unit, such as its change; no blanks.
    treated : array_like
        True (1) for the treated, False (0) for the others.
    sets : array_like, optional
        The set of each unit; default all in one.
    statistic : str
        ``matched``: mean over sets of (mean of treated − mean of others), sets without either left out. ``pooled``: mean of all treated −
        mean of all others.
    draws, seed : int
        Used where the choices are too many to count.

    Returns
    -------
    Randomised
        Limits are blank (``test_only``). All blank with ``too_few_sets`` where no unit is treated, or all are; ``p`` blank where there is no
        other choice.

    Raises
    ------
    ArgumentError
        Blank values, words or infinity, a unit without set, ``treated`` other than 0 and 1, lengths that differ, an unknown statistic.

    Notes
    -----
    Either statistic is a sum over sets, so the arrangements need not be listed: the sums of half of the sets are sorted and counted
    against those of the other half. Thirteen sets of eight (5 × 10¹¹ choices) take about a second and are exact.

    References
    ----------
    Gerber & Green (2012), Field Experiments, table 2.2: seven villages, two treated, difference 6.5, p = 8/21.

    Examples
    --------
    >>> found = randomise([15, 15, 20, 20, 10, 15, 30], [1, 0, 0, 0, 0, 0, 1])
    >>> found.value, round(found.p * 21), found.assignments
    (6.5, 8, 21)
    """
    check_option("statistic", statistic, ("matched", "pooled"))
    y, marks = _flat(values), _flat(treated)
    group = np.zeros(len(y), dtype=np.int64) if sets is None else groups_of("sets", sets)
    if not len(y) == len(marks) == len(group) or not np.isfinite([*y, *marks]).all():
        raise ArgumentError("unequal_arrays", found=f"{len(y)}, {len(marks)}, {len(group)}; {int((~np.isfinite([*y, *marks])).sum())} NaN")
    wrong = (marks != 0) & (marks != 1)
    if wrong.any():
        raise ArgumentError("bad_treated", found=f"{marks[wrong][0]:g}")
    t = marks == 1
    parts, value = _parts(y, t, group, statistic)
    if not isfinite(value):
        return Randomised(nan, nan, nan, nan, 0, True, WITHIN, "too_few_sets")
    number = prod(comb(len(part), int(chosen.sum())) for part, chosen, *_ in parts)
    if number == 1:
        return Randomised(value, nan, nan, nan, 1, True, WITHIN, "too_few_sets")
    halves = _halves([comb(len(part), int(chosen.sum())) for part, chosen, *_ in parts])
    size = SLACK * float(np.abs(y).sum())
    if halves is None:
        sums = _drawn(parts, draws, np.random.default_rng(seed))
        p = (1 + int((np.abs(sums) >= abs(value) - size).sum())) / (1 + draws)
        return Randomised(value, p, nan, nan, draws + 1, False, WITHIN, "test_only")
    first, second = (_sums([parts[i] for i in half]) for half in halves)
    p = _as_far(first, second, abs(value) - size) / number
    return Randomised(value, p, nan, nan, number, True, WITHIN, "test_only")


Part = tuple[Floats, NDArray[np.bool_], float, float]  # values of a set, its treated; what a treated unit counts, and the constant


def _parts(y: Floats, t: NDArray[np.bool_], group: NDArray[np.int64], statistic: str) -> tuple[list[Part], float]:
    """Each set's share of the statistic as slope × (sum of its treated) + constant, and the statistic observed."""
    members = [np.flatnonzero(group == g) for g in range(int(group.max()) + 1 if len(group) else 0)]
    if statistic == "matched":
        members = [m for m in members if t[m].any() and not t[m].all()]
    chosen, total = int(t.sum()), len(y)
    if not members or (statistic == "pooled" and chosen in (0, total)):
        return [], nan
    parts = []
    for m in members:
        some, others = (int(t[m].sum()), int((~t[m]).sum())) if statistic == "matched" else (chosen, total - chosen)
        weight = 1 / len(members) if statistic == "matched" else 1.0
        parts.append((y[m], t[m], weight * (1 / some + 1 / others), -weight * float(y[m].sum()) / others))
    if statistic == "pooled":
        return parts, float(y[t].mean() - y[~t].mean())
    return parts, float(np.mean([y[m][t[m]].mean() - y[m][~t[m]].mean() for m in members]))


def _halves(counts: list[int]) -> tuple[list[int], list[int]] | None:
    """The sets in two halves of about as many choices each; None where one of them has too many to hold."""
    halves: tuple[list[int], list[int]] = ([], [])
    size = [1, 1]
    for i in sorted(range(len(counts)), key=lambda i: -counts[i]):
        to = int(size[1] < size[0])
        halves[to].append(i)
        size[to] *= counts[i]
    return halves if max(size) <= MOST_HALF else None


def _sums(parts: list[Part]) -> Floats:
    """The statistic's share of these sets for every choice in them."""
    total = np.zeros(1)
    for part, treat, slope, constant in parts:
        chosen = int(treat.sum())
        each = part if chosen == 1 else np.array([part[list(c)].sum() for c in combinations(range(len(part)), chosen)])
        total = (total[:, None] + (slope * each + constant)[None, :]).reshape(-1)
    return total


def _as_far(first: Floats, second: Floats, limit: float) -> int:
    """Number of pairs, one of each, whose sum is at least ``limit`` or at most minus that."""
    if limit <= 0:
        return len(first) * len(second)
    first, ordered = np.sort(first), np.sort(second)  # a search for sorted values stays in the cache
    above = len(ordered) - np.searchsorted(ordered, limit - first, side="left")
    below = np.searchsorted(ordered, -limit - first, side="right")
    return int(above.sum() + below.sum())


def _drawn(parts: list[Part], draws: int, rng: np.random.Generator) -> Floats:
    total = np.zeros(draws)
    for part, treat, slope, constant in parts:
        chosen = rng.random((draws, len(part))).argsort(axis=1)[:, : int(treat.sum())]
        total += slope * part[chosen].sum(axis=1) + constant
    return total


# --- wild cluster restricted bootstrap ---------------------------------------------------------------------------------------
def wild_bootstrap(
    outcome: ArrayLike, regressor: ArrayLike, clusters: ArrayLike, *, controls: ArrayLike | None = None, confidence: float = 0.95,
    limits: bool = True, draws: int = DRAWS, seed: int = SEED,
) -> Randomised:  # fmt: skip
    """A coefficient of least squares with the wild cluster restricted bootstrap: its p, and the limits that the test gives.

    Use: few clusters, where t limits from clustered standard errors are too narrow. With few treated clusters it hardly ever rejects.

    Parameters
    ----------
    outcome, regressor : array_like
        One per unit; no blanks.
    clusters : array_like
        The cluster of each unit.
    controls : array_like, optional
        Other columns, one row per unit; default a constant. Given, they must hold the constant if there is to be one.
    confidence : float
        0-1.
    limits : bool
        False for the test alone (``test_only``): the search for limits takes a hundred times as long.
    draws, seed : int
        Used with more than 16 clusters only.

    Returns
    -------
    Randomised
        Limits blank with ``too_few_sets`` where no value is rejected (fewer than six clusters at 0.95); all blank with ``no_contrast`` where
        the regressor does not vary beside the controls, ``p`` and limits with ``all_alike`` where nothing is left to explain.

    Raises
    ------
    ArgumentError
        Blank values, words or infinity, a unit without cluster, lengths that differ.

    Notes
    -----
    Residuals under the hypothesis are multiplied by one ±1 (Rademacher) per cluster, all 2ᴳ of them; p = share of bootstrap t statistics
    at least as far from 0 as the observed one, which is one of them. The limits are found by bisection.

    References
    ----------
    Cameron, Gelbach & Miller (2008), Review of Economics and Statistics 90:414-427; MacKinnon, Nielsen & Webb (2023), Journal of
    Econometrics 232:272-299; Roodman et al. (2019), Stata Journal 19:4-60.

    Examples
    --------
    >>> change = [3, 0, 1, 5, 2, 1, 2, 0, 0, 4, 1, 2, 1, 0, 2, 6, 1, 1]
    >>> found = wild_bootstrap(change, [1, 0, 0] * 6, [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6])
    >>> round(found.value, 4), found.p, found.assignments
    (2.5833, 0.0625, 64)
    """
    check_confidence(confidence)
    y, x = _flat(outcome), _flat(regressor)
    group = groups_of("clusters", clusters)
    w = np.ones((len(y), 1)) if controls is None else numbers(controls).reshape(len(y), -1)
    if not len(y) == len(x) == len(group) or not (np.isfinite(y).all() and np.isfinite(x).all() and np.isfinite(w).all()):
        raise ArgumentError("unequal_arrays", found=f"{len(y)}, {len(x)}, {len(group)}; {int((~np.isfinite([*y, *x])).sum())} NaN")
    basis = spanning(w)
    x_left, y_left = (v - basis @ (basis.T @ v) for v in (x, y))
    size = float(x_left @ x_left)
    if len(y) == 0 or size <= SLACK**2 * max(float(x @ x), 1e-300):
        return Randomised(nan, nan, nan, nan, 0, True, WILD, "no_contrast")
    value, count = float(x_left @ y_left) / size, int(group.max()) + 1
    residual = y_left - value * x_left
    if float(np.abs(residual).max()) <= SLACK * max(float(np.abs(y).max()), 1e-300):
        return Randomised(value, nan, nan, nan, 0, True, WILD, "all_alike")
    signs, exact = _signs(count, most=MOST_SIGNED, draws=draws, seed=seed)
    p_at = _p_of(x_left, y_left, basis, group, signs)
    if not limits:
        return Randomised(value, p_at(0.0), nan, nan, len(signs), exact, WILD, "test_only")
    spread = _spread(x_left, residual, group, count) / size
    lower, upper = (_bisected(p_at, value, side * spread, 1 - confidence) for side in (-1, 1)) if spread > 0 else (nan, nan)
    note = "" if isfinite(lower) and isfinite(upper) else "too_few_sets"
    return Randomised(value, p_at(0.0), lower, upper, len(signs), exact, WILD, note)


def _per_cluster(v: Floats, group: NDArray[np.int64], count: int) -> Floats:
    """Sum of the rows of ``v`` per cluster."""
    sums = np.zeros((count, *v.shape[1:]))
    np.add.at(sums, group, v)
    return sums


def _spread(x: Floats, residual: Floats, group: NDArray[np.int64], count: int) -> float:
    return float(np.sqrt((_per_cluster(x * residual, group, count) ** 2).sum()))


def _p_of(x: Floats, y: Floats, basis: Floats, group: NDArray[np.int64], signs: Floats) -> Callable[[float], float]:
    """p as a function of the value that the hypothesis gives to the coefficient.

    With b the value, u = y − b x the restricted residuals (both without the controls), a bootstrap sample is signs × u: its coefficient,
    and each cluster's score, are linear in the signs, so G × G sums hold all that is needed.
    """
    count, size = signs.shape[1], float(x @ x)
    own = _per_cluster(x * x, group, count)
    onto = _per_cluster(basis * x[:, None], group, count)  # cluster × control

    def ingredients(u: Floats) -> tuple[Floats, Floats]:
        return _per_cluster(x * u, group, count), onto @ _per_cluster(basis * u[:, None], group, count).T

    (of_y, across_y), (of_x, across_x) = ingredients(y), ingredients(x)

    def p_at(value: float) -> float:
        direct, across = of_y - value * of_x, across_y - value * across_x
        slope = signs @ direct / size
        scores = signs * direct - signs @ across.T - slope[:, None] * own
        spread = np.sqrt((scores**2).sum(axis=1))
        far = np.abs(slope) * spread[0] >= np.abs(slope[0]) * spread * (1 - SLACK)
        return float(far.mean())

    return p_at


def _bisected(p_at: Callable[[float], float], value: float, step: float, level: float) -> float:
    """The farthest value on the side of ``step`` that is not rejected; blank where none is."""
    inner, outer = value, value + step
    for _ in range(60):
        if p_at(outer) <= level + SLACK:
            break
        inner, outer = outer, value + 1.5 * (outer - value)
    else:
        return nan
    for _ in range(50):
        middle = (inner + outer) / 2
        inner, outer = (middle, outer) if p_at(middle) > level + SLACK else (inner, middle)
    return inner
