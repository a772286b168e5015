"""Quarter by quarter: was there a break in level or slope, beyond the trend that was there already?

Place in the flow: ``quarters`` turns payments into a series, ``segmented`` (arrays only) fits it, ``trend`` puts the two together
and refuses to test a short series. A break at a date is not an effect: whatever else happened then is in it too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ..data.dataset import Dataset
from ..errors import ArgumentError, check_option
from .definitions import CONFIDENCE
from .interval import Floats, numbers, quantile_t
from .quarters import quarters
from .request import Subset, joined
from .results import Result, ResultTable, bare, references_of, result_table

FEWEST_BEFORE = FEWEST_AFTER = 8  # points on either side (STATISTICS 1.6): with fewer, draw, do not test
SEASONS = 4
HAC = "segmented regression, HAC (Bartlett)"
TERMS = ("level", "slope", "level_change", "slope_change")
INDICATORS_BY_QUARTER = ("usage_rate",)
COLUMNS = ("indicator", "level", "area_code", "area_name", "term", "value", "lower", "upper", "confidence", "se", "t", "p", "df", "n", "lags", "method",
           "origin", "note")  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Segmented(Result):
    """Terms of a segmented regression, one element each.

    ``term``: ``level`` and ``slope`` before the break, ``level_change`` at it, ``slope_change`` after it, then ``season_2`` … against
    the first season. ``df`` = points less terms; ``n`` points; ``lags`` of the Bartlett kernel. ``note``: ``no_variation``
    (the fit leaves no error to judge by), ``too_few_points``, ``not_estimable`` (the terms cannot be told apart); limits, or all, blank.
    """

    term: np.ndarray
    value: Floats
    lower: Floats
    upper: Floats
    se: Floats
    t: Floats
    p: Floats
    df: int
    n: int
    lags: int
    note: str
    method: str = HAC


def bartlett_lags(points: int) -> int:
    """⌊4 (T/100)^(2/9)⌋: the usual truncation of the Bartlett kernel where nothing better is known (Newey & West 1994)."""
    return int(np.floor(4 * (points / 100) ** (2 / 9))) if points else 0


def segmented(y: ArrayLike, t_break: int, *, lags: int | None = None, season: ArrayLike | None = None, confidence: float = CONFIDENCE) -> Segmented:
    """A straight line before, another after, with errors that allow for autocorrelation.

    Use: one series, a known date, enough points on both sides. It misleads when something else happened at the date, when the
    date was chosen by looking, or when the line before was not one.

    Parameters
    ----------
    y : array_like
        The series at equal steps; blank where a step is missing (it is left out, never filled in, and the lags still count steps).
    t_break : int
        Position of the first point after the break, 1 to the last.
    lags : int, optional
        Of the Bartlett kernel, 0 to one less than the steps; default ``bartlett_lags``.
    season : array_like, optional
        Season of each step (any labels); adds a term for each but the first.
    confidence : float
        0-1.

    Returns
    -------
    Segmented
        All blank with ``too_few_points`` under 8 points on either side, or as few points as terms.

    Raises
    ------
    ArgumentError
        A break outside the series, lags that do not fit it, seasons of another length, words or infinity.

    Notes
    -----
    y_t = β₀ + β₁t + β₂·post + β₃(t − t*)·post with t = 1, 2, …; least squares. V = n/(n−k) (X'X)⁻¹ Ω (X'X)⁻¹,
    Ω = Γ₀ + Σ (1 − j/(L+1))(Γ_j + Γ_j'), Γ_j = Σ u_t u_{t−j} x_t x_{t−j}'; t on n − k degrees of freedom.

    References
    ----------
    Newey & West (1987), Econometrica 55:703-708; Bernal, Cummins & Gasparrini (2017), IJE 46:348-355; Turner et al. (2021), BMC
    Medical Research Methodology 21:181; statsmodels ``OLS.fit(cov_type="HAC", use_correction=True, use_t=True)``; R
    ``sandwich::NeweyWest(prewhite=FALSE, adjust=TRUE)``. California's cigarette sales 1970-2000, break 1989: β₂ −20.058, SE 4.7244 with one lag.

    Examples
    --------
    >>> step = [1.0, 1.2, 0.9, 1.1, 1.0, 1.1, 0.9, 1.0, 2.1, 1.9, 2.0, 2.2, 2.0, 1.9, 2.1, 2.0]
    >>> found = segmented(step, 8, lags=1)
    >>> found.term[2], round(float(found.value[2]), 3)
    ('level_change', 1.062)
    """
    series = numbers(y).ravel()
    steps, last = np.arange(1.0, len(series) + 1), len(series) - 1
    if not isinstance(t_break, Integral) or not 1 <= t_break <= last:
        raise ArgumentError("break_outside", found=t_break, expected=f"1 – {max(last, 1)}")
    lags = bartlett_lags(int(np.isfinite(series).sum())) if lags is None else lags
    if not isinstance(lags, Real) or not 0 <= lags <= last or lags != int(lags):
        raise ArgumentError("bad_lags", found=lags, expected=f"0 – {last}")
    design, terms = _design(steps, t_break, season)
    known = np.isfinite(series)
    n, before = int(known.sum()), int(known[:t_break].sum())
    blank = np.full(len(terms), np.nan)
    few = before < FEWEST_BEFORE or n - before < FEWEST_AFTER or n <= len(terms)
    if few or np.linalg.matrix_rank(design[known]) < len(terms):
        note = "too_few_points" if few else "not_estimable"
        return Segmented(terms, *(blank,) * 6, n - len(terms), n, int(lags), note)
    return _fitted(series, design, terms, known, int(lags), confidence)


def _design(steps: Floats, t_break: int, season: ArrayLike | None) -> tuple[Floats, np.ndarray]:
    """Columns and names of the terms."""
    post = (np.arange(len(steps)) >= t_break).astype(float)
    columns = [np.ones(len(steps)), steps, post, (steps - steps[t_break]) * post]
    if season is None:
        return np.column_stack(columns), np.array(TERMS, dtype=object)
    labels = np.asarray(season).ravel()
    if len(labels) != len(steps):
        raise ArgumentError("other_length", name="season", found=len(labels), expected=len(steps))
    others = np.unique(labels)[1:]
    columns += [(labels == label).astype(float) for label in others]
    return np.column_stack(columns), np.array([*TERMS, *(f"season_{label}" for label in others)], dtype=object)


def _fitted(series: Floats, design: Floats, terms: np.ndarray, known: np.ndarray, lags: int, confidence: float) -> Segmented:
    from scipy.special import stdtr

    n, k = int(known.sum()), len(terms)
    value, *_ = np.linalg.lstsq(design[known], series[known], rcond=None)
    error = np.where(known, np.nan_to_num(series) - design @ value, 0.0)
    spread = np.abs(series[known]).max()
    se = np.sqrt(np.maximum(np.diag(_hac(design, error, known, lags)), 0.0) * n / (n - k))
    flat = bool(np.sqrt(np.mean(error[known] ** 2)) <= 1e-12 * max(float(spread), 1e-300))
    se = np.full(k, np.nan) if flat else np.where(se > 0, se, np.nan)
    half = quantile_t(confidence, n - k) * se
    t = value / se
    return Segmented(terms, value, value - half, value + half, se, t, 2 * stdtr(n - k, -np.abs(t)), n - k, n, lags, "no_variation" if flat else "")


def _hac(design: Floats, error: Floats, known: np.ndarray, lags: int) -> Floats:
    """(X'X)⁻¹ Ω (X'X)⁻¹ with Bartlett weights; a missing step has score 0, so that a lag stays a number of steps."""
    score = design * error[:, None]
    omega = score.T @ score
    for lag in range(1, lags + 1):
        gamma = score[lag:].T @ score[:-lag]
        omega += (1 - lag / (lags + 1)) * (gamma + gamma.T)
    bread = np.linalg.inv(design[known].T @ design[known])
    return bread @ omega @ bread


@dataclass(frozen=True, eq=False)
class Trend:
    """A segmented regression per area, with the series that it was fitted to.

    ``terms``: one row per area and term; ``series``: one row per area and quarter; ``break_at``: the first quarter after the break;
    ``note``: why there is no test (``too_few_points``, …), each once.
    """

    terms: ResultTable
    series: ResultTable
    break_at: str
    note: str

    def to_frame(self) -> pd.DataFrame:
        """One row per area and term."""
        return self.terms.to_frame()

    @property
    def references(self) -> tuple[str, ...]:
        """Author, year and place of the method."""
        return references_of([HAC])

    def cite(self) -> str:
        """Package, version, data and references, one a line."""
        return self.terms.cite()

    def _repr_html_(self) -> str:
        return bare(self.terms) if self.terms["value"].notna().any() else bare(self.series)


def trend(
    dataset: Dataset, indicator: str = "usage_rate", *, by: str = "district", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    break_at: str | None = None, lags: int | None = None, season: bool = True, confidence: float = CONFIDENCE,
) -> Trend:  # fmt: skip
    """Did usage break at a date, beyond its trend and its season?

    Use: the question after "+17 points": was it rising anyway? It needs quarters on both sides; where the earlier funds are
    known by the year only, it draws and does not test.

    Parameters
    ----------
    dataset : Dataset
    indicator : str
        ``usage_rate`` (paid in the quarter / arrived in the year).
    by, period, subset, as_of
        As for ``quarters``.
    break_at : str, optional
        First quarter after the break, ``2018Q1``; a year stands for its first quarter. Default the rule book's fund reform.
    lags : int, optional
        Of the Bartlett kernel; default ⌊4 (T/100)^(2/9)⌋, and not below 4, a year of quarters.
    season : bool
        A term for each quarter of the year but the first: money is spent at the year's end.
    confidence : float
        0-1.

    Returns
    -------
    Trend
        ``level`` and ``slope`` in shares per quarter. Blank with ``too_few_points`` under 8 + 8 quarters.

    Raises
    ------
    ArgumentError
        Unknown indicator, level, subset or period; a break that is no quarter, or outside the series; lags that do not fit it.

    References
    ----------
    See ``segmented``.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> found = trend(load_sample())
    >>> found.note, found.break_at, len(found.series)
    ('too_few_points', '2018Q1', 36)
    """
    check_option("indicator", indicator, INDICATORS_BY_QUARTER)
    series = quarters(dataset, by=by, period=period, subset=subset, as_of=as_of)
    at = _first_quarter(dataset, break_at)
    steps = sorted(series["quarter"].unique())
    if at not in steps[1:]:
        raise ArgumentError("break_outside", found=at, expected=f"{steps[min(1, len(steps) - 1)]} – {steps[-1]}")
    parts = [_terms(rows, at, lags, season, confidence) for _, rows in series.groupby("area_code", sort=True)]
    table = pd.concat(parts, ignore_index=True).assign(indicator=indicator, origin=dataset.origin)
    table["confidence"] = np.where(table["lower"].notna(), confidence, np.nan)
    return Trend(result_table(table[list(COLUMNS)], dataset), series, at, joined(*table["note"]))


def _first_quarter(dataset: Dataset, break_at: str | None) -> str:
    if break_at is None:
        reform = [str(b["period"]) for b in dataset.rules.get("breaks") or () if b.get("what") == "fund_reform"]
        if not reform:
            raise ArgumentError("no_break")
        break_at = reform[0]
    found = re.fullmatch(r"(\d{4})(?:Q([1-4]))?", str(break_at).strip().upper())
    if found is None:
        raise ArgumentError("bad_quarter", found=break_at)
    return f"{found[1]}Q{found[2] or 1}"


def _terms(rows: pd.DataFrame, at: str, lags: int | None, season: bool, confidence: float) -> pd.DataFrame:
    rows = rows.sort_values("quarter")
    y = rows["value"].to_numpy(dtype="float64")
    points = int(np.isfinite(y).sum())
    most = len(y) - 1
    chosen = min(most, max(SEASONS, bartlett_lags(points))) if lags is None else lags
    of = rows["quarter"].str[-1].to_numpy() if season else None
    found = segmented(y, list(rows["quarter"]).index(at), lags=chosen, season=of, confidence=confidence)
    return found.to_frame().assign(**{c: rows[c].iloc[0] for c in ("level", "area_code", "area_name")})
