"""Two periods asked the same question by the same boundaries, and the units that both know.

Place in the flow: under ``compare``, ``decomposition`` and ``robustness``. It checks the arguments of a comparison once, brings
both periods to one edition of the areas, and sets their units side by side. It draws no conclusion and makes no interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..data.areas import LEVELS, period_end, years
from ..data.dataset import Dataset
from ..errors import ArgumentError, check_option
from . import figures, ledger
from .boundaries import lifted
from .definitions import INDICATORS, Indicator
from .request import Request, Subset, begun, cut_off, joined, request

FEWEST_UNITS = 10  # below this the linearised variance is not to be trusted (STATISTICS 1.3)
PARTS = list(ledger.STATES[1:])  # states of units that are left out above and below
ONCE = ("participation_rate", "process_days")  # people counted once and medians: no sums over areas
SIDES = ["numerator_0", "denominator_0", "numerator_1", "denominator_1"]
COUNTS = ["n_0", "n_1"]
OF_MONEY = ("sediment_cleared",)  # breaks of the rule book that say nothing about people or works
AREAS = ("all_areas", "common_areas", "unchanged_areas")


@dataclass(frozen=True)
class Pair:
    """One question about two periods: ``before`` and ``asked`` share boundaries and subset."""

    asked: Request
    before: Request
    indicator: str
    basis: str

    @property
    def made(self) -> Indicator:
        return INDICATORS[self.indicator]

    @property
    def surveyed(self) -> bool:
        return self.basis in self.made.surveyed

    @property
    def additive(self) -> bool:
        """Whether the numbers of an area are the sums of its units'."""
        return not self.surveyed and self.indicator not in ONCE

    @property
    def sides(self) -> tuple[Request, Request]:
        return self.before, self.asked

    def at(self, levels: tuple[str, ...]) -> Pair:
        """The same question at other levels."""
        return replace(self, asked=replace(self.asked, levels=levels), before=replace(self.before, levels=levels))

    @property
    def aged(self) -> bool:
        """Whether the money of one period had longer to be paid: cut off at another distance, or stated before the cut-off."""
        ages = {side.as_of - period_end(side.period) for side in self.sides}
        return len(ages) > 1 or (self.indicator in figures.MONEY and any(_stated_earlier(side) for side in self.sides))


@dataclass(frozen=True)
class Common(Request):
    """A request about some areas only: what lies in others is outside it, as with a subset."""

    only: frozenset[str] = frozenset()

    def outside(self, codes: pd.Series) -> pd.Series:
        return super().outside(codes) | ~codes.isin(self.only)


def pair_of(
    dataset: Dataset, indicator: str, *, baseline: str, current: str, by: str | Sequence[str], subset: Subset | None, as_of: object, basis: str | None,
    confidence: float,
) -> Pair:  # fmt: skip
    """The arguments of a comparison, checked."""
    check_option("indicator", indicator, INDICATORS)
    made = INDICATORS[indicator]
    basis = basis or next(iter(made.bases))
    check_option("basis", basis, made.bases)
    if set(years(baseline)) & set(years(current)):
        raise ArgumentError("overlapping_periods", found=f"{baseline}, {current}")
    days = _days(dataset, baseline, current, as_of)
    subsets = tuple(s for s in made.subsets if s != "wave" or basis in made.surveyed)
    asked = request(dataset, by=by, period=current, subset=subset, as_of=days[1], confidence=confidence, subsets=subsets, covers=(baseline,))
    return Pair(asked, asked.within(baseline, days[0]), indicator, basis)


def _days(dataset: Dataset, baseline: str, current: str, as_of: object) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Cut-off of either period."""
    if isinstance(as_of, (tuple, list)):
        if len(as_of) != 2:
            raise ArgumentError("bad_date", name="as_of", found=as_of)
        return cut_off(dataset, baseline, as_of[0]), cut_off(dataset, current, as_of[1])
    last = cut_off(dataset, current, as_of)
    return (begun(baseline, period_end(baseline) + (last - period_end(current))) if as_of else cut_off(dataset, baseline)), last


def _stated_earlier(side: Request) -> bool:
    """Whether sums of a period were stated before its cut-off, as year-end accounts are: later payments are not in them."""
    rows = side.dataset.totals
    return bool((rows["period"].isin(years(side.period)) & rows["measure"].eq("paid") & (rows["as_of"] < side.as_of)).any())


def broken(dataset: Dataset, baseline: str, current: str, indicator: str) -> str:
    """Notes of the rule book's breaks that lie between the two and concern the indicator: after the start of the earlier, not after the end of the later.

    Idle money that was cleared is a break of money alone; a reform of the fund or of the communities is one of everything.
    """
    held = sorted({*years(baseline), *years(current)})
    found = [b for b in dataset.rules.get("breaks") or () if indicator in figures.MONEY or b["what"] not in OF_MONEY]
    return joined(*(f"break_{b['what']}" for b in found if held[0] < str(b.get("period", "")) <= held[-1]))


# --- numbers at the levels asked -----------------------------------------------------------------------------------------
def numbers(pair: Pair) -> pd.DataFrame:
    """Both periods at the levels asked, as the indicator itself has them: one row per level and area, columns ``…_0`` and ``…_1``."""
    columns = ["level", "area_code", "value", "lower", "upper", "numerator", "denominator", "n", "method", "note"]
    text = dict.fromkeys(["level", "area_code", "method", "note"], "str")
    tables = [figures.numbers(side, {pair.indicator: [pair.basis]})[columns].dropna(subset=["area_code"]).astype(text) for side in pair.sides]
    found = tables[0].merge(tables[1], on=["level", "area_code"], how="outer", suffixes=("_0", "_1"))
    amounts = [f"{name}_{i}" for name in ("value", "lower", "upper", "numerator", "denominator", "n") for i in (0, 1)]
    words = {f"{name}_{i}": "" for name in ("method", "note") for i in (0, 1)}
    return found.astype(dict.fromkeys(amounts, "float64")).fillna(words)


def sides_note(row: pd.Series, *more: str) -> str:
    """The notes of both periods and ``more``; where a period is blank, only why, and nothing where that is just that there are no data."""
    blank = [str(row[f"note_{i}"]) for i in (0, 1) if np.isnan(row[f"value_{i}"])]
    return joined(*(note for note in blank if note != "no_data")) if blank else joined(str(row["note_0"]), str(row["note_1"]), *more)


def narrowed(pair: Pair, areas: str) -> Pair:
    """The same question about the areas with a value in both periods alone, or about those that were not redrawn between them."""
    if areas == "common_areas":
        found = numbers(pair.at(LEVELS))
        only = frozenset(found.loc[found["value_0"].notna() & found["value_1"].notna(), "area_code"])
    elif areas == "unchanged_areas":
        only = frozenset(pair.asked.limits.tree["area_code"]) - redrawn(pair)
    else:
        return pair
    return replace(pair, asked=_only(pair.asked, only), before=_only(pair.before, only))


def _only(side: Request, only: frozenset[str]) -> Common:
    return Common(side.dataset, side.levels, side.period, side.as_of, side.subset, side.confidence, side.limits, only)


def redrawn(pair: Pair) -> set[str]:
    """Codes that the crosswalk leads from or to, by a step between the start of the earlier period and the end of the later."""
    steps = pair.asked.dataset.crosswalk
    held = sorted({*years(pair.before.period), *years(pair.asked.period)})
    steps = steps[(steps["effective_from"] > pd.Timestamp(int(held[0]), 1, 1)) & (steps["effective_from"] <= pd.Timestamp(int(held[-1]), 12, 31))]
    return {*steps["old_code"], *steps["new_code"]}


# --- units ---------------------------------------------------------------------------------------------------------------
def paired_units(pair: Pair) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both periods of a ratio of sums side by side, one row per unit that either knows, and the marks of both (``figures.units``).

    ``area_code``, numerators and denominators of either period (0 where a unit has no figures), counts ``n`` (blank where it has none),
    and its parts in each state of ``ledger.STATES``. A unit is a community, or a whole street where one of the periods knows it only so.
    """
    return units_by_basis(pair, [pair.basis])[pair.basis]


def units_by_basis(pair: Pair, bases: Sequence[str]) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """``paired_units`` on several bases of the pair's indicator, from the same sums where they are the money's."""
    sides = [_units(side, pair.indicator, bases) for side in pair.sides]
    return {basis: _side_by_side(pair, [side[basis] for side in sides]) for basis in bases}


def _units(side: Request, indicator: str, bases: Sequence[str]) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    if indicator not in figures.MONEY:
        return {basis: figures.units(side, indicator, basis) for basis in bases}
    units, marks = ledger.money_units(side, {basis: INDICATORS[indicator].bases[basis][1] for basis in bases})
    units = ledger.marked(units)
    return {basis: (units[units["basis"] == basis], marks[marks["basis"] == basis]) for basis in bases}


def _side_by_side(pair: Pair, found: list[tuple[pd.DataFrame, pd.DataFrame]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    sides = [units[["area_code", "numerator", "denominator", "n", *ledger.STATES]] for units, _ in found]
    sides = [f.groupby("area_code", as_index=False).sum(min_count=1) for f in lifted(sides, pair.asked.limits, [])]
    both = sides[0].merge(sides[1], on="area_code", how="outer", suffixes=("_0", "_1"))
    amounts = both.columns.drop("area_code")
    both[amounts] = both[amounts].astype("float64")
    both[amounts.drop(COUNTS)] = both[amounts.drop(COUNTS)].fillna(0.0)
    return both, pd.concat([marks[["level", "area_code", "mark"]] for _, marks in found], ignore_index=True).drop_duplicates()


def among(pair: Pair, units: pd.DataFrame, areas: str) -> pd.DataFrame:
    """The units with figures in both periods, or those not redrawn between them."""
    if areas == "common_areas":
        return units[(units["denominator_0"] > 0) & (units["denominator_1"] > 0)]
    return units[~units["area_code"].isin(redrawn(pair))] if areas == "unchanged_areas" else units
