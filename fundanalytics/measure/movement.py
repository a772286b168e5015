"""Who rose and who fell between two evaluations, and how much of it is noise. Two evaluations → a table.

Place in the flow: after ``ranking``. It compares totals that one rubric gave; what became of single gaps is the business of ``gaps``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..data.areas import period_end
from ..errors import ArgumentError, check_option
from .definitions import CONFIDENCE
from .interval import Floats, check_confidence, quantile_t, quantile_z
from .ranking import NO_ERROR, errors_at
from .ranksets import DRAWS, SEED, competition_rank
from .request import joined
from .results import ResultTable, result_table

if TYPE_CHECKING:
    from .scores import Evaluation

REDRAWN = "break_communities_redrawn"
METHOD = "change of totals, t (independent errors)"
ROUNDING = 1e-9  # what is left of a difference of equal numbers
COLUMNS = (
    "level", "area_code", "area_name", "earlier_period", "earlier_wave", "later_period", "later_wave", "earlier_total", "later_total", "change", "lower",
    "upper", "confidence", "chance_rise", "moved", "earlier_rank", "later_rank", "rank_change", "note", "method", "origin",
)  # fmt: skip


def movement(
    earlier: Evaluation, later: Evaluation, *, level: str = "community", confidence: float = CONFIDENCE, draws: int = DRAWS, seed: int = SEED,
) -> ResultTable:  # fmt: skip
    """How totals and ranks changed between two evaluations by the same rubric, and whether by more than their errors.

    Use: did we truly get better? Ranks of neighbours change places by error alone; ``attrs["movement"]`` says how much of the shuffling that
    explains. A change is no effect of anything, and a rubric whose items rest on other data than before changes totals too.

    Parameters
    ----------
    earlier, later : Evaluation
        Of one rubric.
    level : str
        ``community`` or ``street``.
    confidence : float
        0-1, of the limits and of ``moved``.
    draws : int
        Simulated rankings behind what error alone would do.
    seed : int
        For the draws.

    Returns
    -------
    DataFrame
        One row per area that either knows, by code. ``change`` in points with limits from both errors; ``chance_rise`` that the true change
        is above 0 (were all changes likely alike before); ``moved``: ``up``, ``down``, or ``same`` within the error; ranks among the areas
        with both totals, ``rank_change`` above 0 where the rank improved. ``note``: ``no_baseline``, ``no_current`` (no total there),
        ``no_error_source`` (limits blank), ``other_sources`` (not the same sources scored both), ``rubric_version_changed``,
        ``break_communities_redrawn`` (the code was another area then, so the change is none of the community's).
        ``attrs["movement"]``: ``areas`` with both, ``moved``, ``mean_rank_change`` (absolute), ``expected_by_error`` (the same had nobody
        truly moved), and its share ``noise``.

    Raises
    ------
    ArgumentError
        Two rubrics; the same period and wave; a level that they lack.

    Notes
    -----
    change ± t √(se₁² + se₂²), the t of the fewer degrees of freedom; the errors are taken as independent, so for two waves of a year, which
    share its survey, the limits are too wide. By error alone: totals = the mean of both, drawn in to the spread that is not error, plus
    errors of either evaluation drawn anew.

    Examples
    --------
    >>> from fundanalytics import evaluate, load_sample
    >>> first, second = (evaluate(load_sample(), period="2020", wave=wave) for wave in ("1", "2"))
    >>> found = movement(first, second)
    >>> len(found), found["moved"].eq("up").sum(), found.attrs["movement"]["areas"]
    (90, np.int64(13), 13)
    """
    check_confidence(confidence)
    _check(earlier, later)
    for evaluation in (earlier, later):
        check_option("level", level, list(dict.fromkeys(evaluation.totals["level"])))
    sides = {name: _side(evaluation, level, name) for name, evaluation in (("earlier", earlier), ("later", later))}
    table = sides["earlier"].merge(sides["later"], on="area_code", how="outer").sort_values("area_code").reset_index(drop=True)
    table["area_name"] = table["later_name"].fillna(table["earlier_name"])
    table = _changes(table, confidence)
    both = table["change"].notna()
    for name in sides:
        table[f"{name}_rank"] = pd.array(competition_rank(table[f"{name}_total"].where(both)), dtype="Int64")
    table["rank_change"] = table["earlier_rank"] - table["later_rank"]
    version = "" if earlier.rubric.version == later.rubric.version else "rubric_version_changed"
    flags = {"no_baseline": table["earlier_total"].isna(), "no_current": table["later_total"].isna(), NO_ERROR: both & table["lower"].isna(),
             "other_sources": both & table["earlier_without"].ne(table["later_without"]),
             REDRAWN: table["area_code"].isin(_redrawn(earlier, later))}  # fmt: skip
    table["note"] = [joined(version, *(code for code, flag in zip(flags, row, strict=True) if flag)) for row in np.column_stack([*flags.values()])]
    told = {f"{name}_{key}": getattr(e, key) for name, e in (("earlier", earlier), ("later", later)) for key in ("period", "wave")}
    table = table.assign(level=level, method=METHOD, origin=later.origin, **told)
    texts = [*told, "level", "area_code", "area_name", "moved", "note", "method", "origin"]
    found = result_table(table[list(COLUMNS)].astype(dict.fromkeys(texts, "str")), later.dataset)
    found.attrs["movement"] = _noise(table[both], draws, seed)
    return found


def _redrawn(earlier: Evaluation, later: Evaluation) -> set[str]:
    """Codes that do not mean the same area in both: joined, divided or given up between the two years."""
    links = later.dataset.crosswalk
    between = links[links["effective_from"].gt(period_end(earlier.period)) & links["effective_from"].le(period_end(later.period))]
    return {*between["old_code"], *between["new_code"]}


def _check(earlier: Evaluation, later: Evaluation) -> None:
    if earlier.rubric.id != later.rubric.id:
        raise ArgumentError("two_rubrics", expected=earlier.rubric.id, found=later.rubric.id)
    if (earlier.period, earlier.wave) == (later.period, later.wave):
        raise ArgumentError("same_evaluation", found=joined(later.period, later.wave))


def _side(evaluation: Evaluation, level: str, name: str) -> pd.DataFrame:
    """``area_code`` with name, total, se, df and missing sources of one evaluation."""
    told = errors_at(evaluation, level)
    without = [";".join(code for code in note.split(";") if code.startswith("without_")) for note in told.totals["note"]]
    columns = {"name": told.totals["area_name"], "total": told.totals["total"], "se": told.se, "df": told.df, "without": without}
    return pd.DataFrame({"area_code": told.totals["area_code"]} | {f"{name}_{key}": column for key, column in columns.items()})


def _changes(table: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """The table with the change, its limits, and what they say."""
    from scipy.special import ndtr, stdtr

    change = (table["later_total"] - table["earlier_total"]).to_numpy(dtype="float64").round(9)
    se = np.hypot(table["earlier_se"], table["later_se"]).to_numpy(dtype="float64")
    df = np.fmin(table["earlier_df"], table["later_df"]).to_numpy(dtype="float64")
    reach = np.where(np.isnan(df), quantile_z(confidence), quantile_t(confidence, df)) * se
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(se > 0, change / se, np.where(change == 0, 0.0, np.copysign(np.inf, change)))
    chance = np.where(np.isnan(change + se), np.nan, np.where(np.isnan(df), ndtr(z), stdtr(np.nan_to_num(df, nan=1.0), z)))
    known = ~np.isnan(change + se)
    moved = np.select([~known, change - reach > ROUNDING, change + reach < -ROUNDING], ["", "up", "down"], "same")
    return table.assign(change=change, lower=change - reach, upper=change + reach, confidence=np.where(known, confidence, np.nan), chance_rise=chance,
                        moved=moved)  # fmt: skip


def _noise(table: pd.DataFrame, draws: int, seed: int) -> dict[str, float]:
    """How much the ranks changed, and how much they would have had nobody truly moved."""
    seen = float(table["rank_change"].abs().mean()) if len(table) else np.nan
    found = {"areas": len(table), "moved": int(table["moved"].isin(["up", "down"]).sum()), "mean_rank_change": seen}
    if not len(table) or table["lower"].isna().any():
        return found | {"expected_by_error": np.nan, "noise": np.nan}
    errors = [table[f"{name}_se"].to_numpy(dtype="float64") for name in ("earlier", "later")]
    truth, rng = _drawn_in(table, errors), np.random.default_rng(seed)
    ranks = [[competition_rank(truth + rng.standard_normal(len(truth)) * se) for se in errors] for _ in range(draws)]
    expected = float(np.mean([np.abs(one - other).mean() for one, other in ranks]))
    return found | {"expected_by_error": expected, "noise": min(expected / seen, 1.0) if seen else np.nan}


def _drawn_in(table: pd.DataFrame, errors: list[Floats]) -> Floats:
    """The mean total of each area, about the mean of all with the spread that error does not explain."""
    middle = sum(table[f"{name}_total"] - table[f"{name}_total"].mean() for name in ("earlier", "later")) / 2
    seen, error = float((middle**2).sum()) / max(len(middle) - 1, 1), float(np.mean(errors[0] ** 2 + errors[1] ** 2)) / 4
    return middle.to_numpy(dtype="float64") * np.sqrt(max(0.0, 1 - error / seen) if seen else 0.0)
