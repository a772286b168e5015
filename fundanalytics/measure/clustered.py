"""Least squares with few clusters: a coefficient, its bias-reduced standard error and the degrees of freedom it really has.

Place in the flow: under ``pilots`` and ``dose``. Arrays in, a frozen result out. It knows nothing of areas.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError
from .interval import numbers
from .intervals import Floats, check_confidence, quantile_t
from .results import Result

CR2 = "least squares, CR2"
TINY = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Coefficient(Result):
    """One coefficient. ``note``: why something is blank: ``no_contrast``, ``all_alike``, ``too_few_sets`` or ``one_treated``."""

    value: float
    lower: float
    upper: float
    se: float
    df: float
    p: float
    clusters: int
    method: str
    note: str = ""


def two_sided(value: float, df: float) -> float:
    """p of a t statistic; blank where ``df`` is below 1."""
    from scipy.special import stdtr

    return float(2 * stdtr(df, -abs(value))) if df >= 1 else nan


def cluster_robust(
    outcome: ArrayLike, regressor: ArrayLike, clusters: ArrayLike, *, controls: ArrayLike | None = None, confidence: float = 0.95
) -> Coefficient:
    """A coefficient of least squares with CR2 standard error and Satterthwaite degrees of freedom.

    Use: units in clusters, few of them or of unequal size. Ordinary clustered errors with as many degrees of freedom as there are
    clusters less one are too small then.

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

    Returns
    -------
    Coefficient
        All blank with ``no_contrast`` where the regressor does not vary beside the controls; all but the value blank with
        ``all_alike`` where nothing is left to explain, with ``too_few_sets`` where there are fewer than two clusters or the degrees of
        freedom are below 1. Limits and p blank with ``one_treated`` where the regressor is 1 in one cluster only and 0 elsewhere.

    Raises
    ------
    ArgumentError
        Blank values, words or infinity, a unit without cluster, lengths that differ.

    Notes
    -----
    V = Σ (g_i'e_i)², g_i = A_i x̃_i / Σx̃², A_i the symmetric root of the pseudo-inverse of I − H_i (working model: independent errors of
    one variance); df = (tr P)² / tr P², P_ij = g_i'(I − H)_ij g_j. Where each unit is a difference of two periods this equals the
    regression with a constant per unit and per period.

    References
    ----------
    Bell & McCaffrey (2002), Survey Methodology 28:169-181; Pustejovsky & Tipton (2018), JBES 36:672-683 (R ``clubSandwich``).

    Examples
    --------
    >>> found = cluster_robust([3, 0, 1, 5, 2, 1, 2, 0, 0], [1, 0, 0] * 3, [1, 1, 1, 2, 2, 2, 3, 3, 3])
    >>> round(found.value, 3), round(found.se, 3), round(found.df, 3)
    (2.667, 0.441, 2.0)
    """
    check_confidence(confidence)
    y, x = (numbers(v).reshape(-1) for v in (outcome, regressor))
    group = groups_of("clusters", clusters)
    w = np.ones((len(y), 1)) if controls is None else numbers(controls).reshape(len(y), -1)
    if not len(y) == len(x) == len(group) or not (np.isfinite(y).all() and np.isfinite(x).all() and np.isfinite(w).all()):
        raise ArgumentError("unequal_arrays", found=f"{len(y)}, {len(x)}, {len(group)}; {int((~np.isfinite([*y, *x])).sum())} NaN")
    count = int(group.max()) + 1 if len(group) else 0
    basis = spanning(w)
    left = x - basis @ (basis.T @ x)
    size = float(left @ left)
    if not len(y) or size <= TINY**2 * max(float(x @ x), 1e-300):
        return Coefficient(nan, nan, nan, nan, nan, nan, count, CR2, "no_contrast")
    value = float(left @ y) / size
    full = np.column_stack([basis, left / sqrt(size)])
    residual = y - full @ (full.T @ y)
    if float(np.abs(residual).max()) <= TINY * max(float(np.abs(y).max()), 1e-300):
        return Coefficient(value, nan, nan, nan, nan, nan, count, CR2, "all_alike")
    se, df = _bias_reduced(full, left / size, residual, group, count)
    half = float(quantile_t(confidence, df)) * se if count > 1 and df >= 1 else nan
    note = "" if half == half else "too_few_sets"
    if half == half and _one_treated(x, group):
        half, note = nan, "one_treated"
    p = two_sided(value / se, df) if half == half and se > 0 else nan
    return Coefficient(value, value - half, value + half, se if count > 1 else nan, df if count > 1 else nan, p, count, CR2, note)


def groups_of(name: str, labels: ArrayLike) -> NDArray[np.int64]:
    """The number of each unit's group, in the order of the labels as text; ``ArgumentError`` where a label is blank."""
    found = np.asarray(labels, dtype=object).reshape(-1)
    blank = np.asarray(pd.isna(found), dtype=bool)
    if blank.any():
        raise ArgumentError("unlabelled_unit", name=name, found=int(np.argmax(blank)))
    return np.unique(np.asarray(labels).reshape(-1).astype(str), return_inverse=True)[1].reshape(-1).astype(np.int64)


def _one_treated(x: Floats, group: NDArray[np.int64]) -> bool:
    """Whether ``x`` says treated or not, and only one group holds treated: its residuals say nothing of other groups."""
    return set(np.unique(x)) == {0.0, 1.0} and len(np.unique(group[x == 1])) == 1


def spanning(w: Floats) -> Floats:
    """Orthonormal columns that span those of ``w``."""
    u, s, _ = np.linalg.svd(w, full_matrices=False)
    return np.asarray(u[:, s > s.max(initial=0.0) * TINY])


def _bias_reduced(full: Floats, weight: Floats, residual: Floats, group: NDArray[np.int64], count: int) -> tuple[float, float]:
    """Standard error and degrees of freedom; ``full``: orthonormal columns of the whole design."""
    spread, own, onto = 0.0, np.zeros(count), np.zeros((count, full.shape[1]))
    for g in range(count):
        at = np.flatnonzero(group == g)
        rows = full[at]
        adjusted = _root_of_inverse(np.eye(len(at)) - rows @ rows.T) @ weight[at]
        spread += float(adjusted @ residual[at]) ** 2
        own[g], onto[g] = adjusted @ adjusted, rows.T @ adjusted
    p = np.diag(own) - onto @ onto.T
    squares = float((p**2).sum())
    return sqrt(spread), float(np.trace(p)) ** 2 / squares if squares > 0 else nan


def _root_of_inverse(matrix: Floats) -> Floats:
    """Symmetric root of the pseudo-inverse."""
    values, vectors = np.linalg.eigh(matrix)
    roots = np.where(values > TINY, 1 / np.sqrt(np.maximum(values, TINY)), 0.0)
    return np.asarray((vectors * roots) @ vectors.T)
