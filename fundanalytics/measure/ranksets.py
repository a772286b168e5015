"""Ranks, and which ranks the data support. Arrays in, results out.

Place in the flow: below ``ranking``. It knows nothing of totals or areas, and models no error: standard errors come from elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError
from .interval import Floats, check_confidence, numbers, quantile_z, together
from .results import Result
from .scoring import round_half_up

MARGINAL, SIMULTANEOUS = "rank sets, marginal (step-down)", "rank sets, simultaneous (step-down)"
SEED, DRAWS = 20200107, 2000
ENDS = 10  # how many count as the top and the bottom
BLOCK = 1 << 15  # numbers worked on at a time: what a core's cache holds
FIRST = 4  # the highest draws of a family, this many times those beyond the critical value, mostly hold the highest of what is left of it
KNOWN = 1e-12  # one over the degrees of freedom of a standard error that is known

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class RankSets(Result):
    """``rank`` (1, 2, 2, 4) and the ranks ``lower`` … ``upper`` that the data support, an element per unit; blank where there is no value.

    Where a value's standard error is not known, ``lower`` and ``upper`` are blank.
    """

    rank: Floats
    lower: Floats
    upper: Floats
    method: str


@dataclass(frozen=True, slots=True, eq=False)
class Chances(Result):
    """Shares of the draws: ``grades`` (units × cuts) in each band, ``top`` and ``bottom`` among the first and last; blank for a unit without draws."""

    grades: Floats
    top: Floats
    bottom: Floats


def competition_rank(values: ArrayLike, *, higher_is_better: bool = True) -> Floats:
    """1 + how many are better: 1, 2, 2, 4. Blank for a blank.

    Examples
    --------
    >>> competition_rank([90.0, 85.5, np.nan, 85.5, 70.0]).tolist()
    [1.0, 2.0, nan, 2.0, 4.0]
    """
    x = numbers(values) if higher_is_better else -numbers(values)
    known = np.sort(x[~np.isnan(x)], axis=None)
    return np.where(np.isnan(x), np.nan, 1.0 + len(known) - np.searchsorted(known, x, side="right"))


def rank_sets(
    values: ArrayLike, se: ArrayLike, *, df: ArrayLike | None = None, confidence: float = 0.95, draws: int = DRAWS, seed: int = SEED,
    simultaneous: bool = False,
) -> RankSets:  # fmt: skip
    """Which ranks the data support, highest value first.

    Use: a place in a league table without this is read as if it were certain. The marginal set holds for one unit looked at by itself ("where
    do we stand?"); for statements about several ("these three are the best") take the simultaneous sets. Sets that overlap do not prove
    equality.

    Parameters
    ----------
    values : array_like
        A value per unit; blank units are left out.
    se : array_like
        Standard errors, independent between units. 0: known exactly. Blank: unknown; then nothing is concluded from that unit.
    df : array_like, optional
        Degrees of freedom of each standard error; blank, infinite or not given: the standard error is known.
    confidence : float
        0-1.
    draws : int
        Simulated statistics behind a critical value. With fewer than confidence / (1 − confidence) nothing can be rejected.
    seed : int
        For the draws.
    simultaneous : bool
        All sets hold at once, instead of each by itself.

    Returns
    -------
    RankSets
        ``lower`` = 1 + how many are surely better, ``upper`` = how many there are − how many are surely worse. Among units known exactly:
        ``rank`` … ``rank`` + ties − 1.

    Raises
    ------
    ArgumentError
        A negative standard error, degrees of freedom that are not above 0, fewer than one draw, arrays that do not match.

    Notes
    -----
    Of each pair Δ = difference / √(se₁² + se₂²); its family are the pairs of one unit (marginal) or all (simultaneous). c = quantile of the
    largest |Δ*| of the family over draws with equal means; pairs with |Δ| > c are told apart and leave the family; again, until none does.
    With few degrees of freedom se* is drawn too (χ²), and in data and draws alike |Δ| is brought from the t of the pair's fewer degrees of
    freedom to the normal scale (Wallace's formula), so that a unit with a vague standard error does not widen the sets of all others; c is no
    less than for one comparison. Units in any order give the same sets; units alike in value, error and degrees of freedom have the same set.
    90 units take 0.1 s; 3,000 units 2 minutes (4 with few degrees of freedom; simultaneous half) and 0.5 GB.

    References
    ----------
    Mogstad, Romano, Shaikh & Wilhelm (2024), Review of Economic Studies 91(1):476-518, section 3; PISA 2018, mathematics: the
    United Kingdom is 13th, marginal set 8-23. Romano & Wolf (2005), JASA 100:94-108. Wallace (1959), Annals of Mathematical Statistics
    30:1121-1130.

    Examples
    --------
    >>> found = rank_sets([90.0, 86.0, 85.0, 70.0], [1.0, 1.0, 1.0, 1.0])
    >>> found.lower.tolist(), found.upper.tolist()
    ([1.0, 2.0, 2.0, 4.0], [1.0, 3.0, 3.0, 4.0])
    """
    x, error, freedom = _checked(values, se, df, draws)
    check_confidence(confidence)
    rank, lower, upper = competition_rank(x), np.full(x.shape, np.nan), np.full(x.shape, np.nan)
    there = np.flatnonzero(~np.isnan(x))
    there = there[np.lexsort((freedom[there], error[there], x[there]))]  # by value, so that the order given does not matter
    units = _Units(x[there], error[there], freedom[there], draws, seed)
    apart = units.told_apart(confidence, simultaneous)
    below = np.tri(len(there), k=-1, dtype=bool)  # sorted: earlier is lower
    worse, better = (apart & below).sum(axis=1), (apart & below.T).sum(axis=1)
    known = ~np.isnan(error[there])
    lower[there[known]], upper[there[known]] = 1.0 + better[known], len(there) - worse[known].astype(float)
    return RankSets(rank, *_alike(lower, upper, x, error, freedom), SIMULTANEOUS if simultaneous else MARGINAL)


def _checked(values: ArrayLike, se: ArrayLike, df: ArrayLike | None, draws: int) -> tuple[Floats, Floats, Floats]:
    """Values, standard errors and one over degrees of freedom (``KNOWN``: none are lost), in one row each."""
    x, error = (a.ravel() for a in together(values, se))
    given = np.full(x.shape, np.inf) if df is None else np.broadcast_to(np.asarray(df, dtype=float), x.shape)
    if (error < 0).any():
        raise ArgumentError("not_positive", name="se", found=f"{np.nanmin(error):g}")
    given = np.where(np.isnan(given) | (error == 0), np.inf, given)
    if (given <= 0).any():
        raise ArgumentError("not_positive", name="df", found=f"{given.min():g}")
    if not isinstance(draws, int) or draws < 1:
        raise ArgumentError("not_positive", name="draws", found=draws)
    return x, error, np.maximum(1 / given, KNOWN)


def _alike(lower: Floats, upper: Floats, *columns: Floats) -> tuple[Floats, Floats]:
    """One set for units that nothing tells apart, whichever draws fell to them: the wider limits."""
    kinds, of = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
    of = of.ravel()
    least, most = np.full(len(kinds), np.inf), np.full(len(kinds), -np.inf)
    np.fmin.at(least, of, lower)
    np.fmax.at(most, of, upper)
    blank = np.isnan(lower)
    return np.where(blank, np.nan, least[of]), np.where(blank, np.nan, most[of])


class _Units:
    """The units with draws of their values and variances under equal means, a row per unit."""

    def __init__(self, x: Floats, se: Floats, unsure: Floats, draws: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.x, self.variance, self.unsure, self.draws = x[:, None], se[:, None] ** 2, unsure[:, None], draws
        self.drawn = rng.standard_normal((len(x), draws)) * np.nan_to_num(se)[:, None]
        self.drawn_variance, vague = self.variance, np.flatnonzero(unsure > KNOWN)
        self.vague = len(vague) > 0
        if self.vague:
            self.drawn_variance = np.repeat(self.variance, draws, axis=1)
            self.drawn_variance[vague] *= rng.chisquare(1 / self.unsure[vague], (len(vague), draws)) * self.unsure[vague]

    def told_apart(self, confidence: float, simultaneous: bool) -> NDArray[np.bool_]:
        """Which pairs differ, units by units."""
        known, exact, every = ~np.isnan(self.variance), self.variance == 0, np.arange(len(self.x))
        apart = exact & exact.T & (self.x != self.x.T)
        family = known & known.T & ~(exact & exact.T) & ~np.eye(len(self.x), dtype=bool)
        if simultaneous:
            family &= np.tri(len(self.x), k=-1, dtype=bool)  # each pair once
        place = self.draws + 1 - int(np.ceil((self.draws + 1) * confidence))  # the critical value is so many from the top
        if place and len(every):
            for rows in [every] if simultaneous else every[:, None]:
                apart[rows] |= self._step_down(rows, family[rows], place, quantile_z(confidence) ** 2)
        return apart | apart.T if simultaneous else apart

    def _step_down(self, rows: Places, family: NDArray[np.bool_], place: int, least: float) -> NDArray[np.bool_]:
        """Which pairs of a family (the units ``rows`` with all) differ: those beyond the critical value leave it, until none does."""
        with np.errstate(invalid="ignore", divide="ignore"):  # of pairs that belong to no family
            seen = np.stack([self._squares(self.x, self.variance, j, slice(None))[:, 0] for j in rows])
        apart, bound = np.zeros_like(family), np.full(self.draws, np.inf)
        while family.any():
            limit = max(self._limit(rows, family, place, bound), least)
            found = family & (seen > limit)
            if not found.any():
                break
            apart, family = apart | found, family & ~found
        return apart

    def _limit(self, rows: Places, family: NDArray[np.bool_], place: int, bound: Floats) -> float:
        """The critical value of Δ². ``bound``: what no draw exceeds; brought down to the largest Δ² of the draws that were worked out."""
        highest = np.argsort(-bound, kind="stable")[: FIRST * place]
        tried: list[Places | slice] = [slice(None)] if np.isinf(bound).any() else [highest, slice(None)]
        for some in tried:
            bound[some] = self._largest(rows, family, some)
            limit = -np.partition(-bound[some], place - 1)[place - 1]
            if isinstance(some, slice) or limit >= np.delete(bound, some).max(initial=0):
                break
        return float(limit)

    def _largest(self, rows: Places, family: NDArray[np.bool_], draws: Places | slice) -> Floats:
        """Of each draw the largest Δ² in the family, worked out in blocks."""
        value, variance = self.drawn[:, draws], self.drawn_variance[:, draws] if self.vague else self.variance
        largest, step = np.zeros(value.shape[1]), max(1, BLOCK // value.shape[1])
        for j, of in zip(rows, family, strict=True):
            others = np.flatnonzero(of)
            for start in range(0, len(others), step):
                np.maximum(largest, self._squares(value, variance, j, others[start : start + step]).max(axis=0), out=largest)
        return largest

    def _squares(self, value: Floats, variance: Floats, j: int, k: Places | slice) -> Floats:
        """Δ² of unit j and units k, from the t of the fewer degrees of freedom to the normal scale by Wallace's formula."""
        square = (value[j] - value[k]) ** 2 / (variance[j] + variance[k])
        if not self.vague:
            return square
        unsure = np.maximum(self.unsure[j], self.unsure[k])
        return np.log1p(square * unsure) * (((8 + unsure) / (8 + 3 * unsure)) ** 2 / unsure)


def chances(draws: ArrayLike, cuts: ArrayLike, *, decimals: int = 2, ends: int = ENDS) -> Chances:
    """How often each unit lies in each band, and among the first and the last.

    Use: how sure is a grade or a place in the top ten? Shares of simulated totals about those shown: what a repetition of the evaluation would
    give, not the chance that the true total lies there.

    Parameters
    ----------
    draws : array_like
        Simulated values, draws by units; a unit that is blank in any draw is left out.
    cuts : array_like
        Lower limits of the bands, in any order; a band reaches up to the next, not including it.
    decimals : int
        Values are rounded as published before they are compared.
    ends : int
        How many count as top and bottom; whoever ties with the last of them is in.

    Returns
    -------
    Chances

    Examples
    --------
    >>> found = chances([[90.0, 79.996], [88.0, 79.99]], [80.0, 90.0, 0.0], ends=1)
    >>> found.grades.tolist(), found.top.tolist()
    ([[0.5, 0.5, 0.0], [0.5, 0.0, 0.5]], [1.0, 0.0])
    """
    given = numbers(draws)
    there = ~np.isnan(given).any(axis=0)
    x, limits = round_half_up(given[:, there], decimals), np.asarray(cuts, dtype=float)
    order = np.argsort(limits, kind="stable")
    band = np.searchsorted(limits[order], x, side="right") - 1
    grades = np.full((given.shape[1], len(limits)), np.nan)
    for place, cut in enumerate(order):
        grades[there, cut] = (band == place).mean(axis=0)
    top, bottom = (np.full(given.shape[1], np.nan) for _ in range(2))
    top[there], bottom[there] = _first(x, ends), _first(-x, ends)
    return Chances(grades, top, bottom)


def _first(x: Floats, ends: int) -> Floats:
    """Of each column the share of rows in which it is among the ``ends`` highest, or ties with the last of them."""
    place = max(x.shape[1] - ends, 0)
    least = np.partition(x, place, axis=1)[:, place : place + 1] if x.size else x
    return np.asarray((x >= least).mean(axis=0)) if len(x) else np.full(x.shape[1], np.nan)
