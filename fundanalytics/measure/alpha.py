"""Krippendorff's α: agreement where not everybody rated everything, or on categories. Arrays in, a result out.

Place in the flow: beside ``agreement``; ``raters`` brings the assessments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError, check_option
from .agreement import rating_table
from .interval import Floats, check_confidence
from .results import Result

ALPHA = {level: f"Krippendorff's alpha, {level}" for level in ("nominal", "ordinal", "interval", "ratio")}
SEED = 20200101
ROUNDING = 1e-13  # what is left of a difference of equal sums


@dataclass(frozen=True, slots=True, eq=False)
class Alpha(Result):
    """α, the disagreement seen and that expected by chance, and what they rest on: ``units`` with two ratings or more, ``ratings`` in them."""

    value: float
    lower: float
    upper: float
    observed: float
    expected: float
    units: int
    ratings: int
    note: str
    method: str


def krippendorff_alpha(ratings: ArrayLike, *, level: str = "nominal", draws: int = 0, confidence: float = 0.95, seed: int = SEED) -> Alpha:
    """Agreement of any number of raters, any of whom may have missed any unit: 1 perfect, 0 what chance would give.

    Use: agreement where not all rated all, or on categories. Raters are interchangeable. Customary reading (Krippendorff): below
    .667 draw no conclusion, from .800 rely on it.

    Parameters
    ----------
    ratings : array_like
        A row per unit, a column per rater; blank where there is none. Numbers, or with ``nominal`` any labels.
    level : str
        ``nominal`` (same or not), ``ordinal`` (order), ``interval`` (differences), ``ratio`` (differences over sums; none below 0).
    draws : int
        Samples of units for a percentile interval; 0: no limits.
    confidence : float
        0-1.
    seed : int
        For the draws.

    Returns
    -------
    Alpha
        Units with one rating or none say nothing of agreement and are left out. Blank with ``no_pairs`` (no unit has two),
        ``no_variation`` (all ratings the same: nothing was there to disagree about); limits blank with ``no_variation`` where that
        holds in more than a twentieth of the draws, with ``too_few_units`` where they would rest on one unit.

    Raises
    ------
    ArgumentError
        Not a two-dimensional table; words or infinity unless ``nominal``; an unknown level; a negative rating with ``ratio``; draws that
        are no whole number from 0.

    Notes
    -----
    α = 1 − Dₒ/Dₑ, Dₒ = Σ_u Σ_{i≠j} δ²/(m_u − 1)/N within units, Dₑ = Σ_{i≠j} δ²/(N(N−1)) over all. The ordinal δ is the difference of
    mid-ranks. The interval resamples units; Krippendorff's own bootstrap resamples pairs.

    References
    ----------
    Krippendorff (2019), Content Analysis, 4th ed., chapter 12; Krippendorff (2011), Computing Krippendorff's alpha-reliability,
    example C: nominal .743, ordinal .815, interval .849, ratio .797.

    Examples
    --------
    >>> round(krippendorff_alpha([["a", "a"], ["b", "b"], ["c", "c"], ["a", "b"]]).value, 4)
    0.6667
    """
    check_option("level", level, ALPHA)
    check_confidence(confidence)
    if isinstance(draws, bool) or not isinstance(draws, (int, np.integer)) or draws < 0:
        raise ArgumentError("bad_draws", found=draws)
    x = _rated(ratings, level)
    x = x[np.isfinite(x).sum(axis=1) > 1]
    units, m = len(x), np.isfinite(x).sum(axis=1)
    if not units:
        return Alpha(np.nan, np.nan, np.nan, np.nan, np.nan, 0, 0, "no_pairs", ALPHA[level])
    observed, expected = (float(d[0]) for d in _disagreement(x, level, np.ones((1, units))))
    if not expected > 0:
        return Alpha(np.nan, np.nan, np.nan, observed, expected, units, int(m.sum()), "no_variation", ALPHA[level])
    lower, upper, note = np.nan, np.nan, ""
    if draws and units == 1:
        note = "too_few_units"
    elif draws:
        chosen = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), draws).astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            resampled = 1 - np.divide(*_disagreement(x, level, chosen))
        known = resampled[np.isfinite(resampled)]
        if len(known) < 0.95 * draws:
            note = "no_variation"
        else:
            lower, upper = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Alpha(1 - observed / expected, float(lower), float(upper), observed, expected, units, int(m.sum()), note, ALPHA[level])


def _rated(ratings: ArrayLike, level: str) -> Floats:
    """Ratings as numbers; labels of a nominal scale as their number in order of appearance."""
    if level != "nominal":
        x = rating_table(ratings)
        if level == "ratio" and (x < 0).any():
            raise ArgumentError("negative_rating", found=f"{x[x < 0][0]:g}")
        return x
    labels = np.array(ratings, dtype=object)
    if labels.ndim != 2:
        raise ArgumentError("not_ratings", found=labels.ndim)
    codes = pd.factorize(labels.ravel())[0].reshape(labels.shape)
    return np.where(codes < 0, np.nan, codes)


def _disagreement(x: Floats, level: str, times: Floats) -> tuple[Floats, Floats]:
    """Observed and expected disagreement, for each row of ``times`` (how often each unit counts)."""
    m = np.isfinite(x).sum(axis=1)
    total = times @ m
    if level == "interval":
        x = x - np.nanmin(x)
        s_1, s_2 = np.nansum(x, axis=1), np.nansum(x**2, axis=1)
        within = np.broadcast_to(2 * (m * s_2 - s_1**2), times.shape)
        squares, square = total * (times @ s_2), (times @ s_1) ** 2
        over_all = 2 * np.where(squares - square > ROUNDING * squares, squares - square, 0.0)
    else:
        within, over_all = _by_value(x, level, times, m, total)
    return (times * within / (m - 1)).sum(axis=1) / total, over_all / (total * (total - 1))


def _by_value(x: Floats, level: str, times: Floats, m: NDArray, total: Floats) -> tuple[Floats, Floats]:
    """Σδ² over ordered pairs, within each unit and over all, from how often each unit got each value."""
    values, at = np.unique(x, return_inverse=True)
    values = values[np.isfinite(values)]
    unit = np.repeat(np.arange(len(x)), x.shape[1])
    known = np.isfinite(x.ravel())
    counts = np.bincount(unit[known] * len(values) + at.ravel()[known], minlength=len(x) * len(values)).reshape(len(x), -1).astype(float)
    pooled = times @ counts
    if level == "ordinal":
        ranks = pooled.cumsum(axis=1) - pooled / 2
        ranks = ranks - (pooled * ranks).sum(axis=1, keepdims=True) / total[:, None]
        within = 2 * (m * (ranks**2 @ counts.T) - (ranks @ counts.T) ** 2)
        return within, 2 * total * (pooled * ranks**2).sum(axis=1)
    differ = _distance(values, level)
    within = np.broadcast_to(((counts @ differ) * counts).sum(axis=1), times.shape)
    return within, ((pooled @ differ) * pooled).sum(axis=1)


def _distance(values: Floats, level: str) -> Floats:
    """δ² between any two values: of a ratio scale, or 1 where they differ."""
    if level == "nominal":
        return 1.0 - np.eye(len(values))
    sums = values[:, None] + values
    return ((values[:, None] - values) / np.where(sums > 0, sums, 1.0)) ** 2
