"""Two surveys set against each other: which interval their difference can carry.

Place in the flow: the survey half of ``compare``. Values, counts and reasons are those of ``opinions`` for either period; only
the limits of the difference are made here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ..data.areas import years
from . import counts, opinions, survey
from .intervals import newcombe_difference, quantile_t
from .pairs import Pair, numbers, sides_note
from .request import Request, joined

NEWCOMBE, WELCH, ADDED = "newcombe 10", "welch t", "square-and-add"
INDEPENDENT, SHARED = "survey difference, t (independent samples)", "survey difference, t (shared clusters)"
EXACT = "survey, Korn-Graubard"
SIMPLE = (survey.WILSON, survey.SIMPLE_T)
OF_LIMITS = {"no_variation", "one_cluster", "one_cluster_centred"}  # notes that say why one sample has no limits of its own
REACH = {"share": 1.0, "score 0-100": 80.0}  # from the worst level to the best


def sampled(pair: Pair) -> pd.DataFrame:
    """The difference of two survey estimates per level and area.

    Parameters
    ----------
    pair : Pair
        Of a surveyed basis.

    Returns
    -------
    DataFrame
        One row per level and area: both values with their numbers of answers, ``change``, ``lower``, ``upper``, ``n`` (answers in
        both), ``method``, ``note``. Limits blank where either sample can have none, with its reason.

    Notes
    -----
    Shares of two simple samples: Newcombe's method 10. Scores of two simple samples: Welch's t. Two samples with a design: the
    contrast of both in one design, which carries the covariance of clusters asked twice; where all or none of one sample agree,
    its error is not 0, and the two samples' own limits are joined by square-and-add. So are those of a simple sample and one
    with a design.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17:873-890, method 10; Welch (1947), Biometrika 34:28-35; Zou & Donner (2008), Statistics
    in Medicine 27:1693-1702; R ``survey::svycontrast``.
    """
    table = numbers(pair)
    shares = pair.made.unit == "share"
    parts = [_limits(pair, rows.reset_index(drop=True), str(level), shares) for level, rows in table.groupby("level")]
    if not parts:
        return table.assign(note="")
    found = pd.concat(parts, ignore_index=True)
    reach = REACH[pair.made.unit]
    blank = found["value_0"].isna() | found["value_1"].isna()
    limits = {side: found[side].clip(-reach, reach).mask(blank) for side in ("lower", "upper")}
    note = [sides_note(row, str(row["extra"])) for _, row in found.iterrows()]
    return found.assign(
        baseline_value=found["value_0"], current_value=found["value_1"], change=found["value_1"] - found["value_0"], **limits, note=note,
        baseline_n=found["n_0"], current_n=found["n_1"], n=found["n_0"].fillna(0.0) + found["n_1"].fillna(0.0),
    )  # fmt: skip


def _limits(pair: Pair, rows: pd.DataFrame, level: str, shares: bool) -> pd.DataFrame:
    """Rows of one level with ``lower``, ``upper``, ``method`` and ``extra`` (a note on the limits)."""
    kinds = [rows["method_0"], rows["method_1"]]
    simple = kinds[0].isin(SIMPLE) & kinds[1].isin(SIMPLE)
    designed = ~kinds[0].isin(SIMPLE) & ~kinds[1].isin(SIMPLE) & ~kinds[0].eq(EXACT) & ~kinds[1].eq(EXACT)
    rows = _square_and_add(rows)
    if simple.any() and shares:
        rows = _newcombe(rows, simple, pair.asked.confidence)
    elif simple.any():
        rows = _welch(pair, rows, simple, level)
    return _contrast(pair, rows, designed, level) if designed.any() else rows


def _square_and_add(rows: pd.DataFrame) -> pd.DataFrame:
    """Limits from the distances of either sample's own limits; blank where one has none."""
    change = rows["value_1"] - rows["value_0"]
    lower = change - np.hypot(rows["value_1"] - rows["lower_1"], rows["upper_0"] - rows["value_0"])
    upper = change + np.hypot(rows["upper_1"] - rows["value_1"], rows["value_0"] - rows["lower_0"])
    return rows.assign(lower=lower, upper=upper, method=ADDED, extra="")


def _newcombe(rows: pd.DataFrame, of: pd.Series, confidence: float) -> pd.DataFrame:
    figures = [rows[name].where(of, 0.0).fillna(0.0) for name in ("numerator_1", "denominator_1", "numerator_0", "denominator_0")]
    found = newcombe_difference(*figures, confidence=confidence)
    return rows.assign(lower=rows["lower"].mask(of, found.lower), upper=rows["upper"].mask(of, found.upper), method=rows["method"].mask(of, NEWCOMBE))


def _welch(pair: Pair, rows: pd.DataFrame, of: pd.Series, level: str) -> pd.DataFrame:
    """Student's t with Satterthwaite's degrees of freedom; blank where a sample has one answer, or all of it are the same."""
    errors = [_simple_error(side, pair, level).reindex(rows["area_code"]).to_numpy() for side in pair.sides]
    n = [rows[f"n_{i}"].to_numpy(dtype="float64") for i in (0, 1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where((error > 0) & (m > 1), error**2, np.nan) for error, m in zip(errors, n, strict=True)]
        df = (parts[0] + parts[1]) ** 2 / (parts[0] ** 2 / (n[0] - 1) + parts[1] ** 2 / (n[1] - 1))
        half = quantile_t(pair.asked.confidence, np.nan_to_num(df)) * np.sqrt(parts[0] + parts[1])
    change = (rows["value_1"] - rows["value_0"]).to_numpy()
    return rows.assign(lower=rows["lower"].mask(of, change - half), upper=rows["upper"].mask(of, change + half), method=rows["method"].mask(of, WELCH))


def _simple_error(side: Request, pair: Pair, level: str) -> pd.Series:
    """Standard error of a simple sample's mean per area: of its answers, or of its counts where it has none."""
    found = opinions.answers(side)
    y, _ = opinions.question(found, pair.indicator, pair.basis)
    at, areas = opinions.codes_at(side, found, level)
    own = survey.simple(y, domain=at, domains=len(areas), share=False)
    tallies = counts.counted(side)
    mine = counts.at_level(side, tallies[tallies["right"]], level)
    levels = np.repeat(counts.coded(mine["level"].to_numpy(dtype="float64"), pair.indicator, pair.basis), mine["count"].to_numpy(dtype="int64"))
    where = np.repeat(areas.get_indexer(pd.Index(mine["at"])), mine["count"].to_numpy(dtype="int64"))
    theirs = survey.simple(levels, domain=where, domains=len(areas), share=False)
    return pd.Series(np.where(own.n > 0, own.se, theirs.se), index=areas)


def _contrast(pair: Pair, rows: pd.DataFrame, of: pd.Series, level: str) -> pd.DataFrame:
    """Both samples in one design, so that clusters asked twice carry their covariance."""
    found = _together(pair)
    later = found.frame["period"].isin(years(pair.asked.period)).to_numpy()
    y, _ = opinions.question(found, pair.indicator, pair.basis)
    at, areas = opinions.codes_at(pair.asked, found, level)
    result = survey.change(found.design, y, later, domain=at, domains=len(areas), confidence=pair.asked.confidence)
    psu = found.design.psu
    method = SHARED if len(np.intersect1d(psu[later], psu[~later])) else INDEPENDENT
    place = areas.get_indexer(pd.Index(rows["area_code"]))
    told = {"lower": result.lower, "upper": result.upper, "extra": result.note, "method": np.where(result.method == survey.CENSUS, survey.CENSUS, method)}
    rows = rows.assign(**{name: rows[name].mask(of, pd.Series(values[place], index=rows.index)) for name, values in told.items()})
    own = {f"note_{i}": rows[f"note_{i}"].mask(of, rows[f"note_{i}"].map(_without_limits)) for i in (0, 1)}
    return rows.assign(**own)


def _without_limits(note: str) -> str:
    return joined(*(code for code in note.split(";") if code not in OF_LIMITS))


def _together(pair: Pair) -> opinions.Answers:
    """The answers of both periods. A sample that states no weight at all is one of equal weights, whatever the other states."""
    found = opinions.answers(pair.asked, also=pair.before.period)
    earlier = found.frame["period"].isin(years(pair.before.period))
    silent = [of & found.frame.loc[of, "weight"].isna().all() for of in (earlier, ~earlier)]
    equal = silent[0] | silent[1]
    if not equal.any() or equal.all():
        return found
    frame = found.frame.assign(weight=found.frame["weight"].mask(equal, 1.0))
    return replace(found, frame=frame, design=survey.design_of(frame, centre_lonely=found.design.centre_lonely))
