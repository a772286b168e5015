"""Does the finding stand when the choices behind it are made otherwise?

Place in the flow: after ``compare``. ``robustness`` repeats one comparison under every combination of definition, cut-off, boundaries
and years, in one table; ``sensitivity`` moves the baseline and the denominator. Neither chooses: the first row is the comparison
as reported, the others stand beside it, those that cannot be computed with their reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from ..data.areas import period_end, years
from ..data.dataset import Dataset
from ..errors import ArgumentError, check_option
from . import figures
from .compare import compared
from .definitions import CONFIDENCE, INDICATORS
from .intervals import ratio_of_totals
from .pairs import AREAS, FEWEST_UNITS, Pair, broken, pair_of, units_by_basis
from .request import FULL_COUNT, Subset, joined
from .results import ResultTable, result_table

CUT_OFFS = ("12-31", "05-31")  # the year's end, and the end of the next May, when the books of a fund year are closed
UNUSUAL_YEAR = "2020"  # the epidemic, the clearing of idle money and the redrawing of communities fell into it
ONE_POINT = {"share": 0.01, "ratio": 0.01, "score 0-100": 1.0}
SCALES = {"share": (0.0, 1.0), "ratio": (0.0, np.inf), "score 0-100": (20.0, 100.0)}
PER_CENT = 5.0  # a published ratio above this was written in per cent
CONSTANT = "less a constant (process interval)"
VALUES = ["baseline_value", "current_value", "change", "lower", "upper", "confidence", "relative_change"]
WHO = ["indicator", "basis", "subset", "level", "area_code", "area_name", "baseline", "current"]
SENSITIVITY_COLUMNS = (*WHO, "assumption", *VALUES, "n", "method", "origin", "note")
ROBUSTNESS_COLUMNS = (*WHO, "cut_off", "boundaries", "left_out", *VALUES, "n", "method", "origin", "note")


def robustness(
    dataset: Dataset, indicator: str = "usage_rate", *, baseline: str, current: str, by: str | Sequence[str] = "district", subset: Subset | None = None,
    bases: Sequence[str] | None = None, confidence: float = CONFIDENCE, leave_out: str | None = None,
) -> ResultTable:  # fmt: skip
    """One comparison under every combination of definition, cut-off, areas and years.

    Use: show what the headline owes to choices. It misleads as a vote: variants share their data, so many that agree are not so
    many confirmations.

    Parameters
    ----------
    dataset : Dataset
    indicator, baseline, current, by, subset, confidence
        As for ``compare_periods``.
    bases : sequence of str, optional
        Definitions; default all of the indicator.
    leave_out : str, optional
        A year to leave out of ``current``; default 2020, where ``current`` has it.

    Returns
    -------
    DataFrame
        One row per area and variant: ``basis``; ``cut_off`` (the last day that counts for ``current``: 31 December, and 31 May of the
        next year; surveys have one); ``boundaries`` (``all_areas``, ``common_areas``: with figures in both periods, ``unchanged_areas``: not redrawn
        between them); ``left_out`` (the year, or blank); then the columns of ``compare_periods``. The first variant is the comparison as it is made by
        default. A variant that cannot be computed is blank: ``data_end_before`` (no payment is as late as the cut-off),
        ``year_alone``, ``year_inside`` (periods are whole runs of years), or the comparison's reason.

    Raises
    ------
    ArgumentError
        As for ``compare_periods``; ``leave_out`` that is no year, or none of ``current``.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> found = robustness(load_sample(), baseline="2012-2017", current="2018-2020", bases=["paid/arrived"])
    >>> len(found), bool((found["change"].dropna() > 0.1).all())
    (12, True)
    """
    check_option("indicator", indicator, INDICATORS)
    made = INDICATORS[indicator]
    for basis in bases or ():
        check_option("bases", basis, made.bases)
    bases = list(bases or made.bases)
    asked = {"baseline": baseline, "by": by, "subset": subset, "confidence": confidence}
    left_out = _left_out(current, leave_out)
    parts = [_variants(dataset, indicator, bases, current, day, year, asked) for day, year in product(CUT_OFFS, left_out)]
    table = pd.concat(parts, ignore_index=True)
    table["order"] = table["basis"].map({basis: i for i, basis in enumerate(bases)})
    table = table.sort_values(["level", "area_code", "order", "late", "boundaries", "left_out"], kind="stable").reset_index(drop=True)
    return result_table(table[list(ROBUSTNESS_COLUMNS)], dataset)


def _left_out(current: str, leave_out: str | None) -> tuple[str, ...]:
    """Nothing, and the year."""
    held = years(current)
    if leave_out is None:
        return ("", UNUSUAL_YEAR) if UNUSUAL_YEAR in held else ("",)
    year = str(leave_out).strip()
    if len(years(year)) > 1 or "-" in year:
        raise ArgumentError("bad_period", found=leave_out)
    check_option("leave_out", year, held)
    return "", year


def _variants(dataset: Dataset, indicator: str, bases: list[str], current: str, day: str, year: str, asked: dict[str, Any]) -> pd.DataFrame:
    """One cut-off with or without a year: every basis among every choice of areas. A survey has one cut-off."""
    period, gap = _without(current, year)
    late = day != CUT_OFFS[0]
    as_of = f"{period_end(period).year + 1}-{day}" if late else None
    of = [basis for basis in bases if not (late and basis in INDICATORS[indicator].surveyed)]
    pairs = [pair_of(dataset, indicator, current=period, as_of=as_of, basis=basis, **asked) for basis in of]
    gap = gap or ("data_end_before" if late and pairs and not _reached(dataset, pairs[0].asked.as_of) else "")
    additive = [] if gap else [pair.basis for pair in pairs if pair.additive]
    units = units_by_basis(pairs[0], additive) if additive else {}
    parts = []
    for pair, areas in product(pairs, AREAS):
        found = _empty(pair, gap) if gap else compared(pair, areas=areas, known=units.get(pair.basis)).to_frame()
        parts.append(found.assign(cut_off=f"{pair.asked.as_of:%Y-%m-%d}", boundaries=areas, left_out=year, late=late))
    columns = [*ROBUSTNESS_COLUMNS, "late"]
    return pd.concat(parts, ignore_index=True).reindex(columns=columns) if parts else pd.DataFrame(columns=columns)


def _without(current: str, year: str) -> tuple[str, str]:
    """``current`` without a year, and why there is none."""
    held = years(current)
    if not year:
        return current, ""
    if len(held) == 1:
        return current, "year_alone"
    if year not in (held[0], held[-1]):
        return current, "year_inside"
    rest = [y for y in held if y != year]
    return rest[0] if len(rest) == 1 else f"{rest[0]}-{rest[-1]}", ""


def _reached(dataset: Dataset, day: pd.Timestamp) -> bool:
    """Whether any payment is as late as ``day``."""
    last = nw.from_native(dataset.payments).select(nw.col("paid_on").max())
    last = last.collect() if isinstance(last, nw.LazyFrame) else last
    found = last["paid_on"].to_list()[0]
    return found is not None and pd.notna(found) and pd.Timestamp(found) >= day


def _empty(pair: Pair, note: str) -> pd.DataFrame:
    """The rows of a comparison that cannot be made."""
    rows = pair.asked.limits.rows(pair.asked.levels)
    blank = dict.fromkeys(VALUES, np.nan)
    return rows.assign(indicator=pair.indicator, basis=pair.basis, subset=pair.asked.subset_text, baseline=pair.before.period, current=pair.asked.period,
                       **blank, n=pd.array([pd.NA] * len(rows), dtype="Int64"), method=FULL_COUNT, origin=pair.asked.dataset.origin, note=note)  # fmt: skip


def sensitivity(
    dataset: Dataset, indicator: str = "usage_rate", *, baseline: str, current: str, by: str | Sequence[str] = "district", subset: Subset | None = None,
    as_of: object = None, basis: str | None = None, confidence: float = CONFIDENCE, published: float | None = None,
) -> ResultTable:  # fmt: skip
    """What a change owes to the baseline and to the denominator.

    Use: a baseline that is a single published figure is a constant whose error nobody knows; this says how much the change would
    be if it were a point off, and under another denominator. It misleads if read as a range of likely values.

    Parameters
    ----------
    dataset : Dataset
    indicator, baseline, current, by, subset, as_of, basis, confidence
        As for ``compare_periods``.
    published : float, optional
        A published value of the baseline (0.808), to stand for what the data say; its limits are then those of ``current`` alone.

    Returns
    -------
    DataFrame
        One row per area and ``assumption``: ``as_measured`` or ``as_published``, ``baseline_1_lower``, ``baseline_1_higher`` (a point of
        the indicator's scale; not for days and yuan), ``other_denominator`` (each other ``basis`` of the same numerator). Blank with
        ``outside_scale`` where the baseline would leave its scale, or with the comparison's reason.

    Raises
    ------
    ArgumentError
        As for ``compare_periods``; a published value that is not on the indicator's scale.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> found = sensitivity(load_sample(), baseline="2012-2017", current="2018-2020", published=0.808)
    >>> [f"{100 * change:+.1f}" for change in found["change"].iloc[:3]]
    ['+17.0', '+18.0', '+16.0']
    """
    asked = {"baseline": baseline, "current": current, "by": by, "subset": subset, "as_of": as_of, "confidence": confidence}
    pair = pair_of(dataset, indicator, basis=basis, **asked)  # type: ignore[arg-type]
    scale = SCALES.get(pair.made.unit, (0.0, np.inf))
    most = PER_CENT if pair.made.unit == "ratio" else scale[1]
    if published is not None and not scale[0] <= published <= most:
        raise ArgumentError("not_on_scale", found=published, expected=f"{scale[0]:g} – {most:g}")
    main = _against(pair, published)
    parts = [main.assign(assumption="as_measured" if published is None else "as_published")]
    point = ONE_POINT.get(pair.made.unit)
    if point is not None:
        parts += [_shifted(main, side * point, scale).assign(assumption=name) for name, side in (("baseline_1_lower", -1), ("baseline_1_higher", 1))]
    for other in _same_numerator(indicator, pair.basis):
        again = pair_of(dataset, indicator, basis=other, **asked)  # type: ignore[arg-type]
        parts.append(_against(again, published).assign(assumption="other_denominator"))
    order = {name: i for i, name in enumerate(("as_measured", "as_published", "baseline_1_lower", "baseline_1_higher", "other_denominator"))}
    table = pd.concat(parts, ignore_index=True).assign(order=lambda frame: frame["assumption"].map(order))
    table = table.sort_values(["level", "area_code", "order"], kind="stable").reset_index(drop=True)
    return result_table(table[list(SENSITIVITY_COLUMNS)], dataset)


def _same_numerator(indicator: str, basis: str) -> list[str]:
    """Other bases with the same word above the line."""
    above, line, _ = basis.partition("/")
    return [other for other in INDICATORS[indicator].bases if line and other != basis and other.partition("/")[0] == above]


def _against(pair: Pair, published: float | None) -> pd.DataFrame:
    """The comparison, or ``current`` less a published figure with the limits of ``current`` alone."""
    if published is None:
        return compared(pair).to_frame()
    asked = pair.asked
    own = figures.numbers(asked, {pair.indicator: [pair.basis]})[["level", "area_code", "value", "lower", "upper", "n", "note"]].assign(few="")
    own = own.drop(columns=["lower", "upper", "n", "few"]).merge(_process_limits(pair), on=["level", "area_code"], how="left") if pair.additive else own
    table = asked.limits.rows(asked.levels).merge(own, on=["level", "area_code"], how="left")
    value = table["value"].astype("float64")
    limits = {side: table[side].astype("float64") - published for side in ("lower", "upper")}
    always = joined("constant_baseline", broken(asked.dataset, pair.before.period, asked.period, pair.indicator))
    note = [joined(always, text, few) if known else joined("no_current", "" if text == "no_data" else text)
            for known, text, few in zip(value.notna(), table["note"].fillna(""), table["few"].fillna(""), strict=True)]  # fmt: skip
    names = {"indicator": pair.indicator, "basis": pair.basis, "subset": asked.subset_text, "baseline": pair.before.period, "current": asked.period}
    return table.assign(
        **names, **limits, baseline_value=published, current_value=value, change=value - published, note=note, origin=asked.dataset.origin,
        relative_change=(value - published) / published if published else np.nan, n=table["n"].astype("float64").round().astype("Int64"),
        confidence=np.where(limits["lower"].notna(), asked.confidence, np.nan), method=np.where(limits["lower"].notna(), CONSTANT, FULL_COUNT),
    )  # fmt: skip


def _process_limits(pair: Pair) -> pd.DataFrame:
    """Limits of ``current`` alone over its units, per level and area."""
    units, _ = figures.units(pair.asked, pair.indicator, pair.basis)
    units = units.groupby("area_code", as_index=False)[["numerator", "denominator"]].sum()
    rows = []
    for (level, code), group in pair.asked.limits.climb(units[units["denominator"] > 0], pair.asked.levels).groupby(["level", "area_code"]):
        found = ratio_of_totals(group["numerator"].to_numpy(), group["denominator"].to_numpy(), confidence=pair.asked.confidence)
        enough = len(group) >= FEWEST_UNITS
        limits = (float(found.lower), float(found.upper)) if enough else (np.nan, np.nan)
        rows.append((level, code, *limits, len(group), "" if enough else "too_few_units"))
    return pd.DataFrame(rows, columns=["level", "area_code", "lower", "upper", "n", "few"]).astype({"level": "str", "area_code": "str"})


def _shifted(table: pd.DataFrame, by: float, scale: tuple[float, float]) -> pd.DataFrame:
    """The comparison had the baseline been ``by`` higher; blank where it cannot have been."""
    value = table["baseline_value"] + by
    outside = value.notna() & ((value < scale[0]) | (value > scale[1]))
    moved = table.assign(baseline_value=value, **{name: table[name] - by for name in ("change", "lower", "upper")})
    moved["relative_change"] = moved["change"] / value.where(value != 0)
    moved[VALUES] = moved[VALUES].mask(outside, axis=0)
    return moved.assign(note=table["note"].mask(outside, "outside_scale"))
