"""The district-wide ranking (拉通排名): an evaluation, or rows of one indicator → ranks, and how sure each is.

Place in the flow: after ``scores`` and ``score_errors``; rewards, reports and the score workbook read it. It hides how errors of communities
become errors of streets. It ranks no model estimates, and it does not decide who is rewarded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ArgumentError, check_option
from ..kept import kept
from .definitions import CONFIDENCE, INDICATORS, SHARE
from .interval import Floats, check_confidence, quantile_t, quantile_z
from .outliers import direct_only, one_at_a_time
from .ranksets import DRAWS, MARGINAL, SEED, chances, rank_sets
from .request import WITHOUT_ERROR, joined
from .results import ResultTable, result_table

if TYPE_CHECKING:
    from .rubric import Rubric
    from .scores import Evaluation

BETTER = {"higher": 1.0, "lower": -1.0}
SETS = ("rank", "rank_lower", "rank_upper", "rank_lower_all", "rank_upper_all")
NO_ERROR = "no_error_source"
ROUNDING = 1e-9  # what is left of a difference of equal means


@kept
def rank(
    evaluation: Evaluation, *, level: str = "community", confidence: float = CONFIDENCE, draws: int = DRAWS, seed: int = SEED,
) -> ResultTable:  # fmt: skip
    """Ranks of the totals, highest first, each with the ranks that the data support.

    Use: who is where, and does it mean anything? Next ranks mostly do not differ by more than the error of measurement: read ``rank_lower`` to
    ``rank_upper`` and ``band`` before ``rank``. It misleads as an order of merit; the sets know only the errors that data show (surveys,
    several assessors), not that of a single assessor nor of the weights (``weight_robustness``).

    Parameters
    ----------
    evaluation : Evaluation
        What ``evaluate`` returns.
    level : str
        A level of its totals: ``community``, ``street``, ``project``.
    confidence : float
        0-1, of the sets and of ``band``.
    draws : int
        Simulated statistics behind the sets, and simulated totals behind the chances.
    seed : int
        For the draws.

    Returns
    -------
    DataFrame
        One row per area (or project) of the level, by rank; without a rank last. ``rank``: 1, 2, 2, 4, of the totals as shown.
        ``rank_lower``-``rank_upper``: what the data support for this one looked at by itself; ``rank_lower_all``-``rank_upper_all``: for
        all at once. ``band``: ``above``, ``same`` or ``below`` the mean of all ranked, where the interval of the difference leaves out 0.
        ``chance_<grade>``, ``chance_top``, ``chance_bottom`` (of the first and last ten): shares of simulated totals. A subject without a
        total, or with a note in the rubric's ``unranked``, has no rank. Where no error is known sets and chances are blank
        (``no_error_source``). ``attrs["ranking"]``: ``method``, ``confidence``, ``draws``, ``seed``.

    Raises
    ------
    ArgumentError
        A level that the evaluation lacks; confidence or draws that cannot be.

    Notes
    -----
    The error of a street is that of the mean of its communities, se² = Σ se²/m², df after Satterthwaite; that a strict street scores several
    communities alike is left out. The difference from the mean carries the covariance: V = (1 − 2/n) se² + Σ se²/n².

    References
    ----------
    Mogstad, Romano, Shaikh & Wilhelm (2024), Review of Economic Studies 91(1):476-518.

    Examples
    --------
    >>> from fundanalytics import evaluate, load_sample
    >>> found = rank(evaluate(load_sample(), period="2020"))
    >>> first = found.iloc[0]
    >>> int(first["rank"]), bool(first["rank_upper"] > 3), first["band"]
    (1, True, 'above')
    """
    check_confidence(confidence)
    check_option("level", level, list(dict.fromkeys(evaluation.totals["level"])))
    told = errors_at(evaluation, level, draws, seed)
    table, rubric = told.totals, evaluation.rubric
    left_out = table["note"].map(lambda note: bool(set(note.split(";")) & set(rubric.unranked))).to_numpy(dtype=bool)
    total = table["total"].to_numpy(dtype="float64").copy()
    total[left_out] = np.nan
    table = _with_sets(table, total, told.se, told.df, confidence, draws, seed)
    known = np.isfinite(told.se)
    table = table.assign(confidence=np.where(table["rank_lower"].notna(), confidence, np.nan), band=_bands(total, told.se, told.df, confidence),
                         se=told.se, df=told.df, **_chances(told, known, left_out, rubric))  # fmt: skip
    unsure = table["total"].notna() & ~known
    table["note"] = pd.Series([joined(note, NO_ERROR if no else "") for note, no in zip(table["note"], unsure, strict=True)], dtype="str")
    table = table.assign(method=MARGINAL, origin=evaluation.origin).astype({"band": "str", "method": "str", "origin": "str"})
    names = ["level", "area_code", "area_name", "project_id", "period", "total", "grade", *SETS, "confidence", "band", "se", "df",
             *(c for c in table if c.startswith("chance_")), "note", "method", "origin", "quality"]  # fmt: skip
    found = result_table(table[names].sort_values(["rank", "area_code", "project_id"], na_position="last").reset_index(drop=True), evaluation.dataset)
    found.attrs["ranking"] = {"method": MARGINAL, "confidence": confidence, "draws": draws, "seed": seed}
    return found


@dataclass(frozen=True)
class Errors:
    """``totals`` of a level with their standard errors (blank: unknown), degrees of freedom, and draws (draws × totals)."""

    totals: pd.DataFrame
    se: Floats
    df: Floats
    drawn: Floats


def errors_at(evaluation: Evaluation, level: str, draws: int = 1, seed: int = SEED) -> Errors:
    """The totals of a level of an evaluation and their errors; above communities those of the mean."""
    from .score_errors import score_errors

    found = score_errors(evaluation)
    shown = evaluation.totals.loc[evaluation.totals["level"].eq(evaluation.lowest), "total"].to_numpy(dtype="float64")
    at = {name: pd.DataFrame(evaluation.totals[evaluation.totals["level"].eq(name)]).reset_index(drop=True) for name in (evaluation.lowest, level)}
    se = found.frame["se"].where(found.frame["method"].ne("")).to_numpy(dtype="float64")
    df, drawn = found.frame["df"].to_numpy(dtype="float64"), found.draw(draws, seed)
    middle = drawn.sum(axis=0) / max(draws, 1)  # an item at its cap can only lose: draws are centred on what is shown
    drawn = np.clip(drawn + shown - middle, 0.0, evaluation.rubric.cap)
    if level == evaluation.lowest:
        return Errors(at[level], se, df, drawn)
    counted = at[evaluation.lowest]["total"].notna().to_numpy()
    above = evaluation.limits.at(at[evaluation.lowest]["area_code"], level).to_numpy()
    weight = (at[level]["area_code"].to_numpy()[:, None] == above) & counted
    share = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1)
    variance, freedom = _summed(share, np.where(counted, se, 0.0), df)
    variance[~weight.any(axis=1)] = np.nan
    return Errors(at[level], np.sqrt(variance), freedom, np.where(counted, drawn, 0.0) @ share.T)


def _chances(told: Errors, known: NDArray[np.bool_], left_out: NDArray[np.bool_], rubric: Rubric) -> dict[str, Floats]:
    """Columns of chances, blank where no error is known; of the first and last among those that are ranked."""
    grades = chances(told.drawn, [band.lower for band in rubric.bands], decimals=rubric.decimals).grades
    ends = chances(np.where(left_out, np.nan, told.drawn), [0.0], decimals=rubric.decimals)
    found = {f"chance_{band.code}": grades[:, at] for at, band in enumerate(rubric.bands)} | {"chance_top": ends.top, "chance_bottom": ends.bottom}
    return {name: np.where(known, column, np.nan) for name, column in found.items()}


def _summed(share: Floats, se: Floats, df: Floats) -> tuple[Floats, Floats]:
    """Variance of Σ share × value for each row of ``share``, and its degrees of freedom after Satterthwaite; blank where nothing is uncertain."""
    parts = np.where(share != 0, (share * se) ** 2, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        lost = np.where(parts > 0, parts**2 / np.where(np.isnan(df), np.inf, df), 0.0).sum(axis=1)
        return parts.sum(axis=1), np.where(lost > 0, parts.sum(axis=1) ** 2 / lost, np.nan)


def _with_sets(table: pd.DataFrame, value: Floats, se: Floats, df: Floats, confidence: float, draws: int, seed: int) -> pd.DataFrame:
    """The table with the columns of ``SETS``."""
    own, every = (rank_sets(value, se, df=df, confidence=confidence, draws=draws, seed=seed, simultaneous=all_) for all_ in (False, True))
    found = dict(zip(SETS, (own.rank, own.lower, own.upper, every.lower, every.upper), strict=True))
    return table.assign(**{name: pd.array(column, dtype="Int64") for name, column in found.items()})


def _bands(total: Floats, se: Floats, df: Floats, confidence: float) -> np.ndarray:
    """Each total against the mean of all: ``above``, ``same``, ``below``; blank where it or its error is unknown."""
    there = np.isfinite(total)
    share = np.eye(len(total)) - there / max(there.sum(), 1)
    variance, freedom = _summed(share, np.where(there, np.nan_to_num(se), 0.0), df)
    reach = np.nan_to_num(quantile_t(confidence, freedom), nan=quantile_z(confidence)) * np.sqrt(variance) + ROUNDING
    gap = total - (np.nanmean(total) if there.any() else np.nan)
    return np.select([~there | np.isnan(se), gap > reach, gap < -reach], ["", "above", "below"], "same")


def rank_indicator(table: pd.DataFrame, *, confidence: float = CONFIDENCE, draws: int = DRAWS, seed: int = SEED) -> ResultTable:
    """Rows of one indicator with their ranks, best first, and the ranks that the data support.

    Use: is the street with the highest satisfaction really first? For survey estimates; a full count has an exact rank. Which direction is
    better the definition of the indicator says.

    Parameters
    ----------
    table : DataFrame
        Indicator table of one indicator, basis, subset, level and period, not of a model.
    confidence, draws, seed
        As for ``rank``.

    Returns
    -------
    DataFrame
        The same rows by rank, with ``rank``, ``rank_lower``-``rank_upper`` (for the area by itself) and ``rank_lower_all``-``rank_upper_all``
        (for all at once). Sets are blank for an estimate without limits, and nothing is concluded from it for others. ``attrs["ranking"]``:
        ``method``, ``confidence`` (that of the limits stays in its column), ``draws``, ``seed``.

    Raises
    ------
    ArgumentError
        Rows of several indicators, levels or periods; model estimates; an indicator of which more is neither better nor worse.

    Notes
    -----
    Standard errors are the longer arm of each interval over the normal quantile, of shares on the scale asin √p; that the limits are wider
    with few clusters is carried by them.

    Examples
    --------
    >>> from fundanalytics import load_sample, satisfaction_rate
    >>> found = rank_indicator(satisfaction_rate(load_sample(), by="street", period="2020"))
    >>> found["rank"].iloc[0], bool((found["rank_lower"] <= found["rank"]).all())
    (np.int64(1), True)
    """
    for column in ("indicator", "basis", "subset", "level", "period"):
        one_at_a_time(table, column)
    direct_only(table)
    check_confidence(confidence)
    found = pd.DataFrame(table).reset_index(drop=True)
    unclear = [name for name in found["indicator"].unique() if INDICATORS[name].better not in BETTER]
    if unclear:
        raise ArgumentError("no_direction", found=unclear[0])
    sign = found["indicator"].map(lambda name: BETTER[INDICATORS[name].better]).to_numpy(dtype="float64")
    value, lower, upper = (_scaled(found, name) for name in ("value", "lower", "upper"))
    z = np.array([quantile_z(c) if c == c else np.nan for c in found["confidence"]])
    se = np.where(found["method"].isin(WITHOUT_ERROR), 0.0, np.fmax(value - lower, upper - value) / z)
    found = _with_sets(found, sign * value, se, np.full(len(found), np.inf), confidence, draws, seed)
    found = ResultTable(found.sort_values(["rank", "area_code"], na_position="last").reset_index(drop=True))
    found.attrs = dict(table.attrs) | {"ranking": {"method": MARGINAL, "confidence": confidence, "draws": draws, "seed": seed}}
    return found


def _scaled(table: pd.DataFrame, column: str) -> Floats:
    """A column on the scale on which its error hardly depends on its value."""
    x = table[column].to_numpy(dtype="float64")
    return np.where(table["unit"].eq(SHARE), np.arcsin(np.sqrt(np.clip(x, 0.0, 1.0))), x)
