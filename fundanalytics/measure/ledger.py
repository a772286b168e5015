"""Full counts: numerators and denominators from complete records, set against each other and added up.

Place in the flow: between ``tally`` (sums by the code of their time) and ``indicators``. A ledger has no sampling error, so
no interval is made here; and nothing that was not reported is taken for zero: a unit (area, year, fund) counts only where
both its sides are known, and what was left out is named.

Nothing paid, or nothing reported? Streets report together. Where a street has at least one payment (or a total) for a fund
year and fund, a community of it with projects and no payment paid nothing: 0. Where the whole street has neither, it has not
reported. An area without a street answers for itself; a figure for the whole district covers all of it. The same holds for notices,
finish dates and whatever else a street records for some of its projects (``Boundaries.told``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..data.areas import LEVELS
from . import money as sides
from . import tally
from .boundaries import Boundaries, below_wholes, expected_units, lifted
from .money import ABOVE, CALENDAR, IDLE
from .request import Request, joined, rule

STATES = ("both", "no_denominator", "not_reported", "totals_only", "unknown")
MARKS = ("only_above", "no_year")
AREA = ["level", "area_code"]
COUNTS = [*STATES, "both_sources", "stopped"]
AMOUNTS = ["numerator", "denominator", "n"]


def pair(above: pd.DataFrame, below: pd.DataFrame, limits: Boundaries, keys: list[str], columns: dict[str, str]) -> pd.DataFrame:
    """Units with numerator and denominator, and which of the two is missing.

    Parameters
    ----------
    above, below : DataFrame
        ``area_code``, ``keys`` and amounts; the side that knows only a street as a whole decides for both.
    limits : Boundaries
    keys : list of str
        What a unit is beside the area.
    columns : dict
        ``{"numerator": column of above, "denominator": column of below}``.

    Returns
    -------
    DataFrame
        One row per unit: the other columns of both, ``numerator`` and ``denominator`` (0 unless both are known), ``state``.
    """
    return set_against(both_sides(above, below, limits, keys), columns["numerator"], columns["denominator"])


def both_sides(above: pd.DataFrame, below: pd.DataFrame, limits: Boundaries, keys: list[str]) -> pd.DataFrame:
    """All columns of either side per unit, at the level that both know."""
    unit = ["area_code", *keys]
    if above.empty and below.empty:
        return pd.concat([above, below.drop(columns=unit)])
    sides_of = [f.groupby(unit, as_index=False).sum(skipna=False) if len(f) else f for f in lifted([above, below], limits, keys)]
    return sides_of[0].merge(sides_of[1], on=unit, how="outer")


def set_against(found: pd.DataFrame, numerator: str, denominator: str) -> pd.DataFrame:
    """Units of ``both_sides`` with one column as ``numerator`` and one as ``denominator``, 0 unless both are known, and the ``state``."""
    top, bottom = (found[column].astype("float64") for column in (numerator, denominator))
    state = pd.Series("both", index=found.index, dtype="str").mask(top.isna(), "not_reported")
    state = state.mask(state.eq("not_reported") & _flag(found, "from_total"), "totals_only").mask(bottom.isna(), "no_denominator")
    known = state.eq("both")
    empty = top.isna() & bottom.isna()
    if "projects" in found:  # neither paid nor received, but something was sent
        empty &= found["projects"].isna()
    return found.assign(numerator=top.where(known, 0.0), denominator=bottom.where(known, 0.0), state=state)[~empty].reset_index(drop=True)


def money_units(asked: Request, denominators: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What was used against what was there to be used, per community (or whole street) of the asked edition; and ``marks``.

    ``denominators``: basis → its denominator in ``INDICATORS``. One row per basis, unit and part of it, in 分 (projects, where they stand
    below, in hundredths, so that the quotient is yuan). Marks: ``basis``, ``level``, ``area_code`` and ``mark`` (of ``MARKS``) of areas
    whose figures lack something that no unit of theirs shows.
    """
    limits, funds = asked.limits, sides.funds_of(asked)
    above = sides.paid_nothing(tally.spent(asked.dataset, asked.period, as_of=asked.as_of, funds=funds), asked)
    below = tally.received(asked.dataset, asked.period, as_of=asked.as_of, funds=funds)
    if any(ABOVE[basis] in ("contracted", "used") for basis in denominators):
        above = sides.with_contracts(above, asked, funds)
    if "uncleared/arrived" in denominators:
        below = sides.with_cleared(below, asked)
    found = both_sides(above, below, limits, ["period", "fund"])
    pairs = [_on_basis(found, basis, column) for basis, column in denominators.items() if basis != CALENDAR]
    parts = [limits.spread(_counted_projects(pairs), AMOUNTS)] if pairs else []
    if CALENDAR in denominators:  # already by the codes of the edition
        used, available = sides.calendar(above, below, asked, funds)
        both = pair(used, available, limits, ["period", "fund"], {"numerator": "paid", "denominator": "available"})
        parts.append(_counted_projects([both.assign(basis=CALENDAR)]))
    units = pd.concat(parts, ignore_index=True)
    hidden = below_wholes([above, below], limits).assign(mark="only_above")
    marks = [hidden.assign(basis=basis) for basis in denominators]
    marks.append(_missing_years(asked, units).assign(mark="no_year"))
    return units[~asked.outside(units["area_code"])], pd.concat(marks, ignore_index=True)


def _counted_projects(pairs: list[pd.DataFrame]) -> pd.DataFrame:
    units = pd.concat(pairs, ignore_index=True)
    return units.assign(n=units["projects"].where(units["state"].eq("both")).astype("float64"))


def _on_basis(found: pd.DataFrame, basis: str, denominator: str) -> pd.DataFrame:
    """The units of one basis. Idle money is what a unit did not use, never less than none: overspending elsewhere hides none of it."""
    if denominator == "projects":
        found, denominator = found.assign(hundredths=found["projects"].astype("float64") * 100), "hundredths"
    units = set_against(found, ABOVE[basis], denominator).assign(basis=basis)
    if basis not in IDLE:
        return units
    back = units["cleared"] if basis == "uncleared/arrived" else pd.Series(0.0, index=units.index)
    state = units["state"].mask(units["state"].eq("both") & back.isna(), "not_reported")
    left = (units["denominator"] - units["numerator"] - back).clip(lower=0.0)
    known = state.eq("both")
    return units.assign(state=state, numerator=left.where(known, 0.0), denominator=units["denominator"].where(known, 0.0))


def _missing_years(asked: Request, units: pd.DataFrame, by: str = "basis") -> pd.DataFrame:
    """``by``, ``level`` and ``area_code`` of areas that hold one with figures for some years and neither side in another.

    Only years in which the district has figures, and in which the area existed. An area without any figure is not missing a
    year, it is without data. Incentive money is competitive: not to have it is no gap.
    """
    units = units.loc[units["fund"].ne("incentive"), [by, "area_code", "period"]].drop_duplicates()
    held = sorted(units["period"].unique())
    if len(held) < 2:
        return pd.DataFrame(columns=[by, *AREA], dtype="str")
    due = expected_units(asked.dataset, asked.limits, held)
    due = due[~asked.outside(due["area_code"])]
    parts = [_gaps(asked.limits, has[["area_code", "period"]], due).assign(**{by: name}) for name, has in units.groupby(by)]
    return asked.limits.climb(pd.concat(parts, ignore_index=True), LEVELS)[[by, *AREA]].drop_duplicates()


def _gaps(limits: Boundaries, has: pd.DataFrame, due: pd.DataFrame) -> pd.DataFrame:
    """Communities and streets of ``due`` (area, year) without figures, own or as part of a whole, that have some in another year."""
    if set(zip(due["area_code"], due["period"], strict=True)) <= set(zip(has["area_code"], has["period"], strict=True)):
        return due.iloc[:0]
    told = set(zip(limits.at(has["area_code"], "district"), has["period"], strict=True))
    given = set(zip(has["area_code"], has["period"], strict=True))
    parts = []
    for i, level in enumerate(LEVELS[1:], 1):
        inner, wanted = (f.assign(area_code=limits.at(f["area_code"], level)).dropna().drop_duplicates() for f in (has, due))
        wanted = wanted[wanted["area_code"].isin(inner["area_code"])]
        known = set(zip(inner["area_code"], inner["period"], strict=True))
        ups = [limits.at(wanted["area_code"], up) for up in LEVELS[:i]]
        rows = zip(wanted["area_code"], wanted["period"], *ups, strict=True)
        parts.append(wanted[[(ups_of[0], year) in told and (code, year) not in known and all((up, year) not in given for up in ups_of)
                             for code, year, *ups_of in rows]])  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def noted(table: pd.DataFrame, *, at_most_one: bool | pd.Series = True) -> pd.DataFrame:
    """``value`` and ``note`` from numerator, denominator and the number of units in each state.

    ``at_most_one``: whether (or in which rows) a value above 1 is a finding.
    """
    some = table["both"] > 0
    full = table["denominator"] != 0
    value = (table["numerator"] / table["denominator"].where(full)).where(some)
    marks = {"above_one": (value > 1) & at_most_one, "both_sources": table["both_sources"] > 0, "some_stopped": table["stopped"] > 0,
             "part_only_above": table["only_above"], "part_no_data": table["no_year"]} | {f"part_{s}": table[s] > 0 for s in STATES[1:]}  # fmt: skip
    note = pd.Series("", index=table.index, dtype="str")
    for code, holds in marks.items():
        note = note.where(~holds, note.map(lambda text, code=code: joined(text, code))) if holds.any() else note
    note = note.mask(value.isna(), "").mask(value.isna() & table["only_above"], "known_only_above")
    for state in ("unknown", "totals_only", "not_reported", "no_denominator"):
        note = note.mask(value.isna() & (table[state] > 0), state)
    note = note.mask(some & ~full & note.eq(""), "zero_denominator")
    sums = table[["numerator", "denominator"]].where(some)
    return table.assign(value=value, note=note, numerator=sums["numerator"], denominator=sums["denominator"])


def marked(units: pd.DataFrame) -> pd.DataFrame:
    """The units with a count per state, to be added up."""
    marks = {s: units["state"].eq(s).astype("int64") for s in STATES}
    return units.assign(**marks, **{flag: _flag(units, flag).astype("int64") for flag in ("both_sources", "stopped")})


def _flag(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name].astype("object").map(lambda v: pd.notna(v) and bool(v)).astype(bool) if name in frame else pd.Series(False, index=frame.index)


def money(asked: Request, denominators: dict[str, str]) -> pd.DataFrame:
    """Money's rates per basis, level and area: ratio of sums over units, in yuan; ``n`` counts projects."""
    units, marks = money_units(asked, denominators)
    sums = added(asked, marked(units), marks, ["basis"])
    sums[["numerator", "denominator"]] /= 100
    return noted(sums, at_most_one=sums["basis"].map(denominators).ne("projects"))


def added(asked: Request, units: pd.DataFrame, marks: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Sums of marked units per ``by``, level and area, and a flag per mark."""
    grouped = asked.limits.climb(units, asked.levels).groupby([*by, *AREA])
    sums = grouped[["numerator", "denominator", *COUNTS]].sum().join(grouped["n"].sum(min_count=1))
    return _flagged(sums.reset_index(), marks[marks["level"].isin(asked.levels)], [*by, *AREA])


def _flagged(table: pd.DataFrame, marks: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """``table`` with a column per mark, and a row for each area that has nothing but a mark."""
    for mark in MARKS:
        flags = marks.loc[marks["mark"] == mark, by].drop_duplicates()
        table = table.merge(flags.assign(**{mark: True}), on=by, how="outer") if len(flags) else table
    table = table.assign(**{mark: _flag(table, mark) for mark in MARKS})  # last: each merge may add rows
    amounts = ["numerator", "denominator", *COUNTS]
    return table.assign(**{c: table[c].astype("float64").fillna(0.0) for c in amounts})


def share_units(asked: Request, records: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records that fulfil something against those of which it is known, per community of the asked edition; and ``marks``.

    ``records``: ``indicator``, ``basis``, ``area_code``, ``period``, ``fund`` (blank text where there is none); ``yes`` and ``base`` (known to fulfil
    it, known at all), ``silent`` (a blank that says no where the street records the matter, and nothing where it does not), ``told`` (how
    many record it), ``unknown``, ``n`` and ``n_silent`` (how many records ``base`` and ``silent`` are), ``stopped``, and ``wide``: one office
    records the matter for the whole district.
    """
    if records.empty:
        return pd.DataFrame(columns=["indicator", "basis", "area_code", *AMOUNTS, *COUNTS]), pd.DataFrame(columns=["indicator", "basis", *AREA, "mark"])
    limits, told, of = asked.limits, records["told"] > 0, ["indicator", "basis", "period", "fund"]
    told = limits.told(records, told, of) | (told & records["wide"]).groupby([records[k] for k in of]).transform("any")
    base = records["base"] + records["silent"].where(told, 0)
    lost = {"not_reported": (records["n_silent"] > 0) & ~told, "unknown": records["unknown"] > 0}
    both = (base > 0) | ~(lost["not_reported"] | lost["unknown"])
    n = (records["n"] + records["n_silent"].where(told, 0)).astype("float64").where(both)
    flags = lost | {"both": both, "no_denominator": False, "totals_only": False, "both_sources": False, "stopped": records["stopped"] > 0}
    units = records[["indicator", "basis", "area_code", "period", "fund"]]
    units = units.assign(numerator=records["yes"].astype("float64"), denominator=base.astype("float64"), n=n, **flags)
    units = limits.spread(units.astype(dict.fromkeys(COUNTS, "int64")), AMOUNTS)
    names = records[["indicator", "basis", "fund"]].drop_duplicates(["indicator", "basis"])
    hidden = below_wholes([records], limits).assign(mark="only_above").merge(names, how="cross")
    gaps = _missing_years(asked, units[units["fund"].ne("")].assign(every=""), "every").assign(mark="no_year").merge(names[names["fund"].ne("")], how="cross")
    marks = pd.concat([hidden, gaps], ignore_index=True)[["indicator", "basis", *AREA, "mark"]]
    return units[~asked.outside(units["area_code"])], marks


def shares(asked: Request, records: pd.DataFrame, *, in_fen: tuple[str, ...] = ()) -> pd.DataFrame:
    """Shares of records per indicator, basis, level and area, from ``records`` as in ``share_units``; bases ``in_fen`` come out in yuan."""
    units, marks = share_units(asked, records)
    found = added(asked, units, marks, ["indicator", "basis"])
    scale = found["basis"].isin(in_fen).map({True: 100.0, False: 1.0})
    return noted(found.assign(numerator=found["numerator"] / scale, denominator=found["denominator"] / scale), at_most_one=False)


def attendance_units(asked: Request, denominators: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Person-times against inhabitants, per community of the asked edition; and ``marks``. ``n`` counts events."""
    limits = asked.limits
    above = tally.attended(asked.dataset, asked.period, as_of=asked.as_of)
    below = tally.inhabitants(asked.dataset, asked.period, basis=str(rule(asked.dataset, "population_basis", "resident")))
    above = above.assign(times=above["times"].where(above["events"] > 0))
    pairs, met = [], both_sides(above, below, limits, ["period"])
    for basis, column in denominators.items():
        found = set_against(met, "times", column)
        unknown = found["unknown"] > 0
        found = marked(found.assign(state=found["state"].mask(found["state"].eq("not_reported") & unknown, "unknown")))
        n = found["events"].where(found["both"] > 0).astype("float64")
        pairs.append(found.assign(basis=basis, unknown=found["unknown"] | unknown.astype("int64"), n=n))
    units = limits.spread(pd.concat(pairs, ignore_index=True), AMOUNTS)
    hidden = below_wholes([above, below], limits).assign(mark="only_above")
    marks = pd.concat([hidden.assign(basis=basis) for basis in denominators], ignore_index=True)
    return units[~asked.outside(units["area_code"])], marks


def attendance(asked: Request, denominators: dict[str, str]) -> pd.DataFrame:
    """Person-times per inhabitant, per basis, level and area; several years are added above and below."""
    return noted(added(asked, *attendance_units(asked, denominators), ["basis"]), at_most_one=False)


def registered(asked: Request, key: str, denominator: str, *, only: set[str] | None = None) -> pd.DataFrame:
    """Distinct persons or households at events against those who could come, per level.

    Each is counted once per area and fund year: someone who came in two communities of a street is one person of the street.
    Several years are added above and below. People cannot be divided: records of a community that was split count for the
    street that most of it went to, and leave its parts blank (``split_area``). ``only``: the communities that count.
    """
    limits = asked.limits
    came = tally.people(asked.dataset, asked.period, key, as_of=asked.as_of)
    could = tally.inhabitants(asked.dataset, asked.period, basis=str(rule(asked.dataset, "population_basis", "resident")))
    hidden = below_wholes([came, could], limits).assign(mark="only_above")
    place, person = came.groupby(["area_code", "period"]).ngroup().to_numpy(), pd.factorize(came["key"])[0]
    places = came.groupby(["area_code", "period"]).size().rename("size").reset_index().assign(place=lambda t: range(len(t)))
    places, could = lifted([places, could], limits, ["period"])
    counted = places.groupby(["area_code", "period"], as_index=False)["size"].sum()
    units = pair(counted, could[["area_code", "period", denominator]], limits, ["period"], {"numerator": "size", "denominator": denominator})
    places = places.merge(units.loc[units["state"].eq("both"), ["area_code", "period"]], on=["area_code", "period"])
    divided = limits.divided(units)
    units["area_code"], places["area_code"] = limits.move(units), limits.move(places)
    units, places = (f[~asked.outside(f["area_code"])] for f in (units, places))
    if only is not None:
        units, places = (f[f["area_code"].isin(only)] for f in (units, places))
    sums = limits.climb(marked(units), asked.levels).groupby(AREA)[["denominator", *COUNTS]].sum()
    once = _once(limits.climb(places, asked.levels), place, person)
    sums["numerator"] = once.reindex(sums.index).fillna(0).astype("float64")
    table = noted(_flagged(sums.reset_index(), hidden[hidden["level"].isin(asked.levels)], AREA))
    table = table.assign(n=table["numerator"])
    return _without(table, divided) if "community" in asked.levels else table


def _once(places: pd.DataFrame, place: np.ndarray, person: np.ndarray) -> pd.Series:
    """Different persons per level, area and year, the years added. ``places``: where (``level``, ``area_code``) each number of ``place`` counts."""
    found = []
    for level, rows in places.groupby("level"):
        of = rows.groupby(["area_code", "period"]).ngroup()
        at = np.full(place.max(initial=-1) + 1, -1)
        at[rows["place"]] = of
        pairs = np.unique(at[place].astype("int64") * (person.max(initial=0) + 1) + person)
        ids = pairs[pairs >= 0] // (person.max(initial=0) + 1)
        areas = rows["area_code"].groupby(of).first()
        found.append(pd.DataFrame({"level": level, "area_code": areas.reindex(ids).to_numpy()}))
    return pd.concat(found).groupby(AREA).size() if found else pd.Series(dtype="int64")


def _without(table: pd.DataFrame, codes: set[str]) -> pd.DataFrame:
    """The table with communities ``codes`` blank, as parts of a split area."""
    missing = pd.DataFrame({"area_code": sorted(codes - set(table["area_code"])), "level": "community"}, dtype="str")
    table = pd.concat([table, missing], ignore_index=True) if len(missing) else table
    split = table["area_code"].isin(codes)
    numbers = ["value", "numerator", "denominator", "n"]
    table[numbers] = table[numbers].astype("float64").mask(split, axis=0)
    return table.assign(note=table["note"].mask(split, "split_area"))
