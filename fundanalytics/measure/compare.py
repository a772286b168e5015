"""Period against period: how much, how sure, and whether the rate or the mix changed.

Place in the flow: takes the same units and answers as ``indicators`` and sets two periods side by side, by the boundaries of
the current one. It says what changed, never why: a difference between two periods is not an effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ..data.areas import period_end, years
from ..data.dataset import Dataset
from ..errors import ArgumentError, check_option
from . import ledger, opinions, survey
from .boundaries import lifted
from .indicators import CONFIDENCE, INDICATORS, REGISTERS
from .intervals import Floats, paired_ratio_change
from .request import FULL_COUNT, Request, Subset, begun, cut_off, joined, request
from .results import result_table

COLUMNS = (
    "indicator", "basis", "subset", "level", "area_code", "area_name", "baseline", "current", "baseline_value", "current_value", "change", "lower",
    "upper", "confidence", "relative_change", "within", "between", "n", "method", "origin", "note",
)  # fmt: skip
FEWEST_UNITS = 10  # below this the linearised variance is not to be trusted (STATISTICS 1.3)
PAIRED = "paired ratio change (linearised, process interval)"
INDEPENDENT, SHARED = "survey difference, t (independent samples)", "survey difference, t (shared clusters)"
PARTS = ["no_denominator", "not_reported"]  # states of units that are left out on both sides
ABOVE = "known_only_above"
SIDES = ["numerator_0", "denominator_0", "numerator_1", "denominator_1"]
NUMBERS = ["baseline_value", "current_value", "change", "lower", "upper", "within", "between", "n"]


def compare_periods(
    dataset: Dataset, indicator: str = "usage_rate", *, baseline: str, current: str, by: str | Sequence[str] = "district", subset: Subset | None = None,
    as_of: object = None, basis: str | None = None, common_areas: bool = False, confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """One period against another, by area.

    Use: is it better than before, and by how much more than communities differ among themselves? It misleads when the two
    periods differ in fund, definition or season, and it is not an effect: there is no comparison group.

    Parameters
    ----------
    dataset : Dataset
    indicator : str
        An id of ``INDICATORS``.
    baseline, current : str
        Fund years, ``2012-2017``; they may not overlap.
    by : str or sequence of str
        ``district``, ``street``, ``community``, as drawn at the end of ``current``.
    subset : dict, optional
        As for the indicator.
    as_of : date or pair of dates, optional
        Cut-off of ``current``; ``baseline`` is cut at the same distance from its end, so that money of equal age is compared.
        A pair gives both (baseline, current). Default 31 December of each one's last year.
    basis : str, optional
        As for the indicator; default its first.
    common_areas : bool
        Take only communities with figures in both periods.
    confidence : float
        0-1.

    Returns
    -------
    DataFrame
        One row per area: values, ``change`` (current less baseline, in shares or points) with limits, ``relative_change``
        (change / baseline), ``within`` and ``between`` (usage rate; they sum to ``change``), ``n`` (pairs of communities, or
        answers in both samples). ``note`` holds codes joined by ";": ``no_baseline``, ``no_current``, ``not_common``, ``known_only_above``
        (some of its money in either period is known for its street or the district only, so both are compared there) (all blank);
        ``too_few_units`` (limits blank); ``different_age``, ``entered_or_left``, ``part_not_reported``, ``part_no_denominator``,
        ``part_no_data`` (of either period), and those of the survey.

    Raises
    ------
    ArgumentError
        Unknown indicator, level, basis, subset, period or date; periods that overlap; a cut-off before its period's first day.

    Notes
    -----
    Usage: V(R₁−R₀) = V(Σ(z₁−z₀)) over communities, which carries the covariance; a process interval, since both ledgers are
    complete. within = Σ(r₁−r₀)(w₀+w₁)/2, between = Σ(w₁−w₀)(r₀+r₁)/2 (Kitagawa), communities that entered or left being part of
    ``between``. Surveys: variances of both samples add, with the covariance of clusters asked twice.

    References
    ----------
    Kitagawa (1955), JASA 50:1168-1194; Das Gupta (1993), table 5.1: 1.2269 + 1.7403 = 2.9672; Särndal, Swensson & Wretman (1992).

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> row = compare_periods(load_sample(), baseline="2012-2017", current="2018-2020").iloc[0]
    >>> print(f"{100 * row['change']:+.1f} points, {100 * row['relative_change']:+.1f} %")
    +17.0 points, +21.0 %
    """
    check_option("indicator", indicator, INDICATORS)
    made = INDICATORS[indicator]
    basis = basis or next(iter(made.bases))
    check_option("basis", basis, made.bases)
    if set(years(baseline)) & set(years(current)):
        raise ArgumentError("overlapping_periods", found=f"{baseline}, {current}")
    days = _days(dataset, baseline, current, as_of)
    subsets = tuple(s for s in made.subsets if s != "wave" or basis in made.surveyed)
    asked = request(dataset, by=by, period=current, subset=subset, as_of=days[1], confidence=confidence, subsets=subsets, covers=(baseline,))
    if basis in made.surveyed:
        found = _surveyed(asked, baseline, indicator, basis, common_areas)
    elif indicator == "usage_rate":
        found = _paired(asked, asked.within(baseline, days[0]), basis, common_areas)
    else:
        found = _counted(asked, asked.within(baseline, days[0]), basis, common_areas)
    aged = days[0] - period_end(baseline) != days[1] - period_end(current)
    aged |= indicator == "usage_rate" and any(_stated_earlier(dataset, period, day) for period, day in ((baseline, days[0]), (current, days[1])))
    return _finished(asked, found, {"indicator": indicator, "basis": basis, "baseline": baseline}, aged=aged, common_areas=common_areas)


def _days(dataset: Dataset, baseline: str, current: str, as_of: object) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Cut-off of either period."""
    if isinstance(as_of, (tuple, list)):
        first, second = as_of
        return cut_off(dataset, baseline, first), cut_off(dataset, current, second)
    last = cut_off(dataset, current, as_of)
    return (begun(baseline, period_end(baseline) + (last - period_end(current))) if as_of else cut_off(dataset, baseline)), last


def _stated_earlier(dataset: Dataset, period: str, day: pd.Timestamp) -> bool:
    """Whether sums of a period were stated before its cut-off, as year-end accounts are: later payments are not in them."""
    rows = dataset.totals
    return bool((rows["period"].isin(years(period)) & rows["measure"].eq("paid") & (rows["as_of"] < day)).any())


def _finished(asked: Request, found: pd.DataFrame, names: dict[str, str], *, aged: bool, common_areas: bool) -> pd.DataFrame:
    """A row for every area asked, with the reason where it is blank."""
    table = asked.limits.rows(asked.levels).merge(found, on=["level", "area_code"], how="left")
    table = table.astype(dict.fromkeys(NUMBERS, "float64"))
    before, after = table["baseline_value"].isna(), table["current_value"].isna()
    missing = pd.Series("", index=table.index).mask(after, "no_current").mask(before, "no_baseline")
    missing = missing.mask(before & after, "not_common") if common_areas else missing
    note = table["note"].fillna("").astype("str")
    note = note.where((~before & ~after) | note.eq(ABOVE), missing)
    note = note.where(before | after, note.map(lambda text: joined(text, "different_age"))) if aged else note
    constants = names | {"subset": asked.subset_text, "current": asked.period, "origin": asked.dataset.origin}
    table = table.assign(note=note.astype("str"), **{name: pd.Series(text, index=table.index, dtype="str") for name, text in constants.items()})
    table["method"] = table["method"].fillna(FULL_COUNT).astype("str")
    table["confidence"] = np.where(table["lower"].notna(), asked.confidence, np.nan)
    table["relative_change"] = table["change"] / table["baseline_value"].where(table["baseline_value"] != 0)
    table["n"] = table["n"].round().astype("Int64")
    return result_table(table[list(COLUMNS)].sort_values(["level", "area_code"]).reset_index(drop=True), asked.dataset)


# --- full counts -------------------------------------------------------------------------------------------------------
def _units(asked: Request, before: Request, basis: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both periods side by side, one row per unit that both know; 0 and 0 where a unit has no figures. And the marks of both."""
    below = {basis: INDICATORS["usage_rate"].bases[basis][1]}
    sides, missing = [], []
    for side in (before, asked):
        units, marks = ledger.money_units(side, below)
        missing.append(marks)
        sides.append(ledger.marked(units)[["area_code", "numerator", "denominator", *PARTS]])
    sides = [f.groupby("area_code", as_index=False).sum() for f in lifted(sides, asked.limits, [])]
    marks = pd.concat(missing, ignore_index=True)
    if all(side.empty for side in sides):
        return sides[0].reindex(columns=["area_code", *SIDES, *PARTS]), marks
    found = sides[0].merge(sides[1], on="area_code", how="outer", suffixes=("_0", "_1"))
    numbers = found.columns.drop("area_code")
    found[numbers] = found[numbers].astype("float64").fillna(0.0)
    return found.assign(**{part: found[f"{part}_0"] + found[f"{part}_1"] for part in PARTS}), marks


def _paired(asked: Request, before: Request, basis: str, common_areas: bool) -> pd.DataFrame:
    units, marks = _units(asked, before, basis)
    if common_areas:
        units = units[(units["denominator_0"] > 0) & (units["denominator_1"] > 0)]
    lacking = set(marks.loc[marks["mark"] == "no_year", "area_code"])
    rows = [_change(group, asked.confidence, "part_no_data" if code in lacking else "") | {"level": level, "area_code": code}
            for (level, code), group in asked.limits.climb(units, asked.levels).groupby(["level", "area_code"])]  # fmt: skip
    told = {row["area_code"] for row in rows}
    above = marks.loc[marks["mark"].eq("only_above") & ~marks["area_code"].isin(told), ["level", "area_code"]].drop_duplicates()
    rows += above.assign(note=ABOVE).to_dict("records")
    found = pd.DataFrame(rows, columns=["level", "area_code", *NUMBERS, "method", "note"])
    return found.astype({"level": "str", "area_code": "str", "note": "str", "method": "str"})


def _change(units: pd.DataFrame, confidence: float, lacking: str) -> dict[str, float | str]:
    """One area: change of the ratio over its units, limits, decomposition, and what must be known about it."""
    y_0, x_0, y_1, x_1 = (units[c].to_numpy(dtype="float64") for c in SIDES)
    pairs = int(((x_0 > 0) & (x_1 > 0)).sum())
    rates = [y.sum() / x.sum() if x.sum() else np.nan for y, x in ((y_0, x_0), (y_1, x_1))]
    interval = paired_ratio_change(y_0, x_0, y_1, x_1, confidence=confidence)
    enough = pairs >= FEWEST_UNITS and np.isfinite(interval.lower)
    within, between = kitagawa(y_0, x_0, y_1, x_1)
    turnover = bool(((x_0 > 0) != (x_1 > 0)).any())
    note = joined("" if enough else "too_few_units", "entered_or_left" if turnover else "", lacking, *(f"part_{p}" for p in PARTS if units[p].sum() > 0))
    return {
        "baseline_value": rates[0], "current_value": rates[1], "change": rates[1] - rates[0], "within": within, "between": between, "n": pairs,
        "lower": float(interval.lower) if enough else np.nan, "upper": float(interval.upper) if enough else np.nan,
        "method": PAIRED if enough else FULL_COUNT, "note": note,
    }  # fmt: skip


def kitagawa(numerators_0: Floats, denominators_0: Floats, numerators_1: Floats, denominators_1: Floats) -> tuple[float, float]:
    """A change of a ratio of totals as change of the units' rates and of their weights; the two sum to it.

    Parameters
    ----------
    numerators_0, denominators_0, numerators_1, denominators_1 : array
        Units before and after; denominator 0 where a unit did not exist.

    Returns
    -------
    tuple of float
        ``within`` (rates) and ``between`` (weights, with units that entered or left). Blank where either total is 0.

    References
    ----------
    Kitagawa (1955); Das Gupta (1993).
    """
    if not denominators_0.sum() or not denominators_1.sum():
        return np.nan, np.nan
    w_0, w_1 = denominators_0 / denominators_0.sum(), denominators_1 / denominators_1.sum()
    pair = (denominators_0 > 0) & (denominators_1 > 0)
    safe_0, safe_1 = np.where(denominators_0 > 0, denominators_0, 1.0), np.where(denominators_1 > 0, denominators_1, 1.0)
    r_0, r_1 = numerators_0 / safe_0, numerators_1 / safe_1
    within = np.where(pair, (r_1 - r_0) * (w_0 + w_1) / 2, 0.0).sum()
    between = np.where(pair, (w_1 - w_0) * (r_0 + r_1) / 2, w_1 * r_1 - w_0 * r_0).sum()
    return float(within), float(between)


def _counted(asked: Request, before: Request, basis: str, common_areas: bool) -> pd.DataFrame:
    """Registers of both periods: exact figures, no interval."""
    below = INDICATORS["participation_rate"].bases[basis][1]

    def registered(side: Request, only: set[str] | None = None) -> pd.DataFrame:
        return ledger.registered(side, REGISTERS[basis], below, only=only)[["level", "area_code", "value", "note"]]

    only = None
    if common_areas:
        known = [registered(replace(side, levels=("community",))).dropna(subset=["value"])["area_code"] for side in (before, asked)]
        only = set(known[0]) & set(known[1])
    sides = [registered(side, only) for side in (before, asked)]
    found = sides[0].merge(sides[1], on=["level", "area_code"], how="outer", suffixes=("_0", "_1")) if any(map(len, sides)) else sides[0]
    found = found.reindex(columns=["level", "area_code", "value_0", "note_0", "value_1", "note_1"])
    note = [joined(*(n for n in pair if isinstance(n, str))) for pair in zip(found["note_0"], found["note_1"], strict=True)]
    named = found.rename(columns={"value_0": "baseline_value", "value_1": "current_value"}).assign(note=note, method=FULL_COUNT)
    return named.assign(change=named["current_value"] - named["baseline_value"]).reindex(columns=["level", "area_code", *NUMBERS, "method", "note"])


# --- surveys -----------------------------------------------------------------------------------------------------------
def _surveyed(asked: Request, baseline: str, indicator: str, basis: str, common_areas: bool) -> pd.DataFrame:
    """Two samples in one design, so that clusters asked twice carry their covariance."""
    found = opinions.answers(asked, also=baseline)
    later = found.frame["period"].isin(years(asked.period)).to_numpy()
    y, share = opinions.question(found, indicator, basis)
    if common_areas:
        told = [set(found.area_code[of & found.wanted & np.isfinite(y)]) for of in (~later, later)]
        found = replace(found, wanted=found.wanted & found.area_code.isin(told[0] & told[1]).to_numpy())
    psu = found.design.psu
    shared = bool(len(np.intersect1d(psu[later], psu[~later])))
    reach = 1.0 if share else 80.0  # from the worst level to the best
    parts = []
    for level in asked.levels:
        at, areas = opinions.codes_at(asked, found, level)
        values = [survey.mean(found.design, y, domain=np.where(of, at, -1), domains=len(areas)).value for of in (~later, later)]
        result = survey.change(found.design, y, later, domain=at, domains=len(areas), confidence=asked.confidence)
        parts.append(pd.DataFrame({
            "level": level, "area_code": areas, "baseline_value": values[0], "current_value": values[1], "change": result.value,
            "lower": np.clip(result.lower, -reach, reach), "upper": np.clip(result.upper, -reach, reach), "within": np.nan, "between": np.nan,
            "n": result.n, "method": np.where(result.method == survey.CENSUS, survey.CENSUS, SHARED if shared else INDEPENDENT), "note": result.note,
        }))  # fmt: skip
    table = pd.concat(parts, ignore_index=True).astype({"area_code": "str", "level": "str", "note": "str"})
    split = table["level"].eq("community") & table["area_code"].isin(asked.limits.divided(found.frame))
    table.loc[split, [c for c in NUMBERS if c != "n"]] = np.nan
    return table
