"""Period against period: how much, how sure, and whether the rate or the mix changed.

Place in the flow: takes the same units and answers as ``indicators`` and sets two periods side by side, by the boundaries of
the current one. It says what changed, never why: a difference between two periods is not an effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..data.dataset import Dataset
from ..kept import kept
from .decomposition import kitagawa
from .definitions import CONFIDENCE
from .intervals import Floats, paired_ratio_change
from .pairs import FEWEST_UNITS, PARTS, SIDES, Pair, among, broken, narrowed, numbers, pair_of, paired_units, sides_note
from .request import FULL_COUNT, Subset, joined
from .results import ResultTable, result_table
from .samples import sampled

__all__ = ["COLUMNS", "FEWEST_UNITS", "compare_periods", "compared", "kitagawa"]

COLUMNS = (
    "indicator", "basis", "subset", "level", "area_code", "area_name", "baseline", "current", "baseline_value", "current_value", "change", "lower",
    "upper", "confidence", "relative_change", "within", "between", "entered_left", "n", "baseline_n", "current_n", "method", "origin", "note",
)  # fmt: skip
PAIRED = "paired ratio change (linearised, process interval)"
ABOVE = "known_only_above"
NUMBERS = ["baseline_value", "current_value", "change", "lower", "upper", "within", "between", "entered_left", "n", "baseline_n", "current_n"]
FOUND = ["level", "area_code", *NUMBERS, "method", "note"]


@kept
def compare_periods(
    dataset: Dataset, indicator: str = "usage_rate", *, baseline: str, current: str, by: str | Sequence[str] = "district", subset: Subset | None = None,
    as_of: object = None, basis: str | None = None, common_areas: bool = False, confidence: float = CONFIDENCE,
) -> ResultTable:  # fmt: skip
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
        One row per area: values as the indicator has them, ``change`` (current less baseline, in the indicator's unit) with limits,
        ``relative_change`` (change / baseline), ``within``, ``between`` and ``entered_left`` (they sum to ``change``; the third is 0
        unless communities came or went), ``n`` (pairs of communities, or answers in both samples), ``baseline_n`` and ``current_n`` (what
        the indicator counts: projects, persons, answers).

        ``note`` holds codes joined by ";". All blank: ``no_baseline``, ``no_current``, ``not_common``, each with the indicator's own reason
        where it has one (``not_reported``, ``scale_not_5``); ``known_only_above`` (some of its figures in either period are known for its
        street or the district only, so both are compared there). Limits blank: ``too_few_units``, ``no_variation`` and those of the
        survey. Beside the value: ``different_age``, ``entered_or_left``, ``break_…`` (each break of the rule book between the two), ``part_…``
        (of either period).

    Raises
    ------
    ArgumentError
        Unknown indicator, level, basis, subset, period or date; periods that overlap; a cut-off before its period's first day.

    Notes
    -----
    Ratios whose numbers are the sums of communities': V(R₁−R₀) = V(Σ(z₁−z₀)) over communities, which carries the covariance; a
    process interval, since both records are complete; parts by ``kitagawa``. Distinct people and medians are no such sums: a plain
    difference without limits. Surveys: see ``samples.sampled``.

    References
    ----------
    Kitagawa (1955), JASA 50:1168-1194; Särndal, Swensson & Wretman (1992), section 5.6; Newcombe (1998), method 10.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> row = compare_periods(load_sample(), baseline="2012-2017", current="2018-2020").iloc[0]
    >>> print(f"{100 * row['change']:+.1f} points, {100 * row['relative_change']:+.1f} %")
    +17.0 points, +21.0 %
    """
    pair = pair_of(dataset, indicator, baseline=baseline, current=current, by=by, subset=subset, as_of=as_of, basis=basis, confidence=confidence)
    return compared(pair, areas="common_areas" if common_areas else "all_areas")


def compared(pair: Pair, *, areas: str = "all_areas", known: tuple[pd.DataFrame, pd.DataFrame] | None = None) -> ResultTable:
    """The comparison that a pair asks for, among ``areas`` (of ``pairs.AREAS``); ``known``: its ``paired_units``, where they are there already."""
    if pair.additive:
        units, marks = known or paired_units(pair)
        found = _added(pair, among(pair, units, areas), marks)
    else:
        pair = narrowed(pair, areas)
        found = sampled(pair) if pair.surveyed else _counted(pair)
    return _finished(pair, found.reindex(columns=FOUND).astype(dict.fromkeys(["level", "area_code", "method", "note"], "str")), areas)


def _finished(pair: Pair, found: pd.DataFrame, areas: str) -> ResultTable:
    """A row for every area asked, with the reason where it is blank."""
    asked = pair.asked
    table = asked.limits.rows(asked.levels).merge(found, on=["level", "area_code"], how="left")
    table = table.astype(dict.fromkeys(NUMBERS, "float64"))
    before, after = table["baseline_value"].isna(), table["current_value"].isna()
    missing = pd.Series("", index=table.index).mask(after, "no_current").mask(before, "no_baseline")
    missing = missing.mask(before & after, "not_common") if areas == "common_areas" else missing
    note = table["note"].fillna("").astype("str")
    note = pd.Series([why if why == ABOVE else joined(why, gap) for why, gap in zip(note, missing, strict=True)], index=table.index, dtype="str")
    always = joined("different_age" if pair.aged else "", broken(asked.dataset, pair.before.period, asked.period, pair.indicator))
    note = note.where(before | after, note.map(lambda text: joined(text, always)))
    constants = {"indicator": pair.indicator, "basis": pair.basis, "subset": asked.subset_text, "baseline": pair.before.period, "current": asked.period,
                 "origin": asked.dataset.origin}  # fmt: skip
    table = table.assign(note=note.astype("str"), **{name: pd.Series(text, index=table.index, dtype="str") for name, text in constants.items()})
    table["method"] = table["method"].fillna(FULL_COUNT).astype("str")
    table["confidence"] = np.where(table["lower"].notna(), asked.confidence, np.nan)
    table["relative_change"] = table["change"] / table["baseline_value"].where(table["baseline_value"] != 0)
    for count in ("n", "baseline_n", "current_n"):
        table[count] = table[count].round().astype("Int64")
    return result_table(table[list(COLUMNS)].sort_values(["level", "area_code"]).reset_index(drop=True), asked.dataset)


# --- full counts -------------------------------------------------------------------------------------------------------
def _added(pair: Pair, units: pd.DataFrame, marks: pd.DataFrame) -> pd.DataFrame:
    """Ratios of sums over units: communities, or whole streets where one of the periods knows them only so."""
    lacking = set(marks.loc[marks["mark"] == "no_year", "area_code"])
    groups = pair.asked.limits.climb(units, pair.asked.levels).reset_index(drop=True).groupby(["level", "area_code"])
    sides = groups.obj[SIDES].to_numpy(dtype="float64")
    sums = groups[[c for c in units if c != "area_code"]].sum(min_count=1)
    rows = [
        {"level": level, "area_code": code} | _change(sides[at].T, sums.loc[(level, code)], pair.asked.confidence, "part_no_data" if code in lacking else "")
        for (level, code), at in groups.indices.items()
    ]
    told = {row["area_code"] for row in rows}
    above = marks.loc[marks["mark"].eq("only_above") & ~marks["area_code"].isin(told), ["level", "area_code"]].drop_duplicates()
    rows += above.assign(note=ABOVE).to_dict("records")
    return pd.DataFrame(rows, columns=FOUND)


def _change(sides: Floats, sums: pd.Series, confidence: float, lacking: str) -> dict[str, Any]:
    """One area: change of the ratio over its units, limits, decomposition, and what must be known about it."""
    told = sums.to_dict()
    rates = [told[f"numerator_{i}"] / told[f"denominator_{i}"] if told[f"denominator_{i}"] else np.nan for i in (0, 1)]
    found = _inference(sides, confidence)
    if np.isfinite(rates).all():
        note = joined(found["note"], lacking, *(f"part_{part}" for part in PARTS if told[f"{part}_0"] + told[f"{part}_1"] > 0))
    else:
        note = joined(*(_reason(told, i) for i in (0, 1) if np.isnan(rates[i])))
    counts = {name: told[f"n_{i}"] if rates[i] == rates[i] else np.nan for i, name in enumerate(("baseline_n", "current_n"))}
    return found | counts | {"baseline_value": rates[0], "current_value": rates[1], "change": rates[1] - rates[0], "note": note}


def _reason(sums: dict[str, float], side: int) -> str:
    """Why the ratio of one period is blank; nothing where there are no data of it at all."""
    if sums[f"both_{side}"] > 0:
        return "zero_denominator"
    return next((part for part in PARTS if sums[f"{part}_{side}"] > 0), "")


def _inference(sides: Floats, confidence: float) -> dict[str, Any]:
    """Limits and parts of the change of a ratio over units, and how many of them are pairs."""
    there = sides[1] > 0, sides[3] > 0
    pairs = int((there[0] & there[1]).sum())
    parts, limits, why = kitagawa(*sides), (np.nan, np.nan), "too_few_units"
    if pairs >= FEWEST_UNITS:
        interval = paired_ratio_change(*sides, confidence=confidence)
        limits, why = (float(interval.lower), float(interval.upper)), str(interval.note)
    enough = bool(np.isfinite(limits).all())
    note = joined("" if enough else why, "entered_or_left" if (there[0] != there[1]).any() else "")
    return {"lower": limits[0], "upper": limits[1], "within": float(parts.within), "between": float(parts.between), "entered_left": float(parts.entered_left),
            "n": pairs, "method": PAIRED if enough else FULL_COUNT, "note": note}  # fmt: skip


def _counted(pair: Pair) -> pd.DataFrame:
    """People counted once, and medians: exact figures, which are no sums over communities; ``n`` counts those with a value in both."""
    table = numbers(pair)
    communities = numbers(pair.at(("community",)))
    both = communities.loc[communities["value_0"].notna() & communities["value_1"].notna(), ["area_code"]]
    pairs = pair.asked.limits.climb(both, pair.asked.levels).groupby(["level", "area_code"]).size().rename("n").reset_index()
    note = [sides_note(row) for _, row in table.iterrows()]
    found = table[["level", "area_code"]].merge(pairs, on=["level", "area_code"], how="left").fillna({"n": 0})
    named = {f"{name}_{i}": f"{side}_{name}" for name in ("value", "n") for i, side in enumerate(("baseline", "current"))}
    found = found.assign(method=FULL_COUNT, note=note, **{new: table[old].to_numpy() for old, new in named.items()})
    return found.assign(change=found["current_value"] - found["baseline_value"])
