"""Full counts: numerators and denominators from complete records, set against each other and added up.

Place in the flow: between ``tally`` (sums by the code of their time) and ``indicators``. A ledger has no sampling error, so
no interval is made here; and nothing that was not reported is taken for zero: a unit (area, year, fund) counts only where
both its sides are known, and what was left out is named.

Nothing paid, or nothing reported? Streets report together. Where a street has at least one payment (or a total) for a fund
year and fund, a community of it with projects and no payment paid nothing: 0. Where the whole street has neither, it has not
reported. An area without a street answers for itself; a figure for the whole district covers all of it.
"""

from __future__ import annotations

import pandas as pd

from ..data.areas import LEVELS
from . import tally
from .boundaries import Boundaries, below_wholes, expected_units, lifted
from .request import Request, joined, rule

STATES = ("both", "no_denominator", "not_reported")
MARKS = ("only_above", "no_year")


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
        One row per unit: the other columns of ``above``, ``numerator`` and ``denominator`` (0 unless both are known), ``state``.
    """
    unit = ["area_code", *keys]
    if above.empty and below.empty:
        return above.rename(columns={columns["numerator"]: "numerator"}).assign(denominator=0.0, state="both")
    above, below = (f.groupby(unit, as_index=False).sum(skipna=False) for f in lifted([above, below], limits, keys))
    below = below[[*unit, columns["denominator"]]].rename(columns={columns["denominator"]: "denominator"})
    found = above.rename(columns={columns["numerator"]: "numerator"}).merge(below, on=unit, how="outer")
    state = pd.Series("both", index=found.index).mask(found["numerator"].isna(), "not_reported").mask(found["denominator"].isna(), "no_denominator")
    amounts = found[["numerator", "denominator"]].astype("float64").where(state.eq("both"), 0.0, axis=0)
    empty = found["numerator"].isna() & found["denominator"].isna()
    if "projects" in found:  # neither paid nor received, but something was sent
        empty &= found["projects"].isna()
    return found.assign(numerator=amounts["numerator"], denominator=amounts["denominator"], state=state)[~empty].reset_index(drop=True)


def paid_nothing(above: pd.DataFrame, limits: Boundaries) -> pd.DataFrame:
    """``above`` with 0 where nothing was paid, and still blank where nothing was reported (see the module)."""
    district, street = (limits.at(above["area_code"], level) for level in ("district", "street"))
    known = above["paid"].notna()
    year = [above["period"], above["fund"]]
    told = known.groupby([street.fillna(above["area_code"]), *year]).transform("any")
    told |= (known & above["area_code"].eq(district)).groupby([district.fillna(above["area_code"]), *year]).transform("any")
    return above.assign(paid=above["paid"].mask(~known & told & above["projects"].notna(), 0.0))


def money_units(asked: Request, denominators: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Paid against what was there to be used, per community (or whole street) of the asked edition, in 分; and ``marks``.

    ``denominators``: basis → ``arrived`` or ``quota``. One row per basis, unit and part of it. Marks: ``basis``, ``level``,
    ``area_code`` and ``mark`` (of ``MARKS``) of areas whose figures lack something that no unit of theirs shows.
    """
    funds = asked.subset.get("fund") or tuple(rule(asked.dataset, "funds", tally.FUNDS))
    above = tally.spent(asked.dataset, asked.period, as_of=asked.as_of, funds=funds)
    above = paid_nothing(above, asked.limits)
    below = tally.received(asked.dataset, asked.period, as_of=asked.as_of, funds=funds)
    pairs = [
        pair(above, below, asked.limits, ["period", "fund"], {"numerator": "paid", "denominator": column}).assign(basis=basis)
        for basis, column in denominators.items()
    ]
    units = pd.concat(pairs, ignore_index=True)
    units["n"] = units["projects"].where(units["state"].eq("both")).astype("float64")
    units = asked.limits.spread(units, ["numerator", "denominator", "n"])
    hidden = below_wholes([above, below], asked.limits).assign(mark="only_above")
    marks = [hidden.assign(basis=basis) for basis in denominators]
    marks.append(_missing_years(asked, units).assign(mark="no_year"))
    return units[~asked.outside(units["area_code"])], pd.concat(marks, ignore_index=True)


def _missing_years(asked: Request, units: pd.DataFrame) -> pd.DataFrame:
    """``basis``, ``level`` and ``area_code`` of areas that hold one with figures for some years and neither side in another.

    Only years in which the district has figures, and in which the area existed. An area without any figure is not missing a
    year, it is without data. Incentive money is competitive: not to have it is no gap.
    """
    units = units.loc[units["fund"].ne("incentive"), ["basis", "area_code", "period"]].drop_duplicates()
    held = sorted(units["period"].unique())
    if len(held) < 2:
        return pd.DataFrame(columns=["basis", *AREA], dtype="str")
    due = expected_units(asked.dataset, asked.limits, held)
    due = due[~asked.outside(due["area_code"])]
    parts = [_gaps(asked.limits, has[["area_code", "period"]], due).assign(basis=basis) for basis, has in units.groupby("basis")]
    return asked.limits.climb(pd.concat(parts, ignore_index=True), LEVELS)[["basis", *AREA]].drop_duplicates()


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


def noted(table: pd.DataFrame) -> pd.DataFrame:
    """``value`` and ``note`` from numerator, denominator and the number of units in each state."""
    full = table["denominator"] != 0
    value = (table["numerator"] / table["denominator"].where(full)).where(table["both"] > 0)
    marks = {"above_one": value > 1, "both_sources": table["both_sources"] > 0, "part_not_reported": table["not_reported"] > 0,
             "part_no_denominator": table["no_denominator"] > 0, "part_only_above": table["only_above"], "part_no_data": table["no_year"]}  # fmt: skip
    note = pd.Series("", index=table.index, dtype="str")
    for code, holds in marks.items():
        note = note.where(~holds, note.map(lambda text, code=code: joined(text, code)))
    note = note.mask(value.isna(), "").mask(value.isna() & table["only_above"], "known_only_above")
    note = note.mask(value.isna() & (table["not_reported"] > 0), "not_reported").mask(value.isna() & (table["no_denominator"] > 0), "no_denominator")
    note = note.mask((table["both"] > 0) & ~full, "zero_denominator")
    sums = table[["numerator", "denominator"]].where(table["both"] > 0)
    return table.assign(value=value, note=note, numerator=sums["numerator"], denominator=sums["denominator"])


def marked(units: pd.DataFrame) -> pd.DataFrame:
    """The units with a count per state, to be added up."""
    marks = {s: units["state"].eq(s).astype("int64") for s in STATES}
    return units.assign(**marks, both_sources=_flag(units, "both_sources").astype("int64"))


def _flag(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name].astype("boolean").fillna(False).astype(bool) if name in frame else pd.Series(False, index=frame.index)


AREA = ["level", "area_code"]
COUNTS = [*STATES, "both_sources"]


def money(asked: Request, denominators: dict[str, str]) -> pd.DataFrame:
    """Usage per basis, level and area: ratio of sums over units, in yuan; ``n`` counts projects."""
    units, marks = money_units(asked, denominators)
    by = ["basis", *AREA]
    grouped = asked.limits.climb(marked(units), asked.levels).groupby(by)
    sums = grouped[["numerator", "denominator", *COUNTS]].sum().join(grouped["n"].sum(min_count=1))
    sums[["numerator", "denominator"]] /= 100
    return noted(_flagged(sums.reset_index(), marks[marks["level"].isin(asked.levels)], by))


def _flagged(table: pd.DataFrame, marks: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """``table`` with a column per mark, and a row for each area that has nothing but a mark."""
    for mark in MARKS:
        flags = marks.loc[marks["mark"] == mark, by].drop_duplicates()
        table = table.merge(flags.assign(**{mark: True}), on=by, how="outer") if len(flags) else table
        table[mark] = _flag(table, mark)
    amounts = ["numerator", "denominator", *COUNTS]
    return table.assign(**{c: table[c].astype("float64").fillna(0.0) for c in amounts})


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
    came, could = lifted([came, could], limits, ["period"])
    counted = came.groupby(["area_code", "period"], as_index=False).size()
    units = pair(counted, could[["area_code", "period", denominator]], limits, ["period"], {"numerator": "size", "denominator": denominator})
    kept = units.loc[units["state"].eq("both"), ["area_code", "period"]]
    came = came.merge(kept, on=["area_code", "period"])
    divided = limits.divided(units)
    units["area_code"], came["area_code"] = limits.move(units), limits.move(came)
    units, came = (f[~asked.outside(f["area_code"])] for f in (units, came))
    if only is not None:
        units, came = (f[f["area_code"].isin(only)] for f in (units, came))
    by = asked.limits.climb(marked(units), asked.levels).groupby(AREA)
    sums = by[["denominator", *COUNTS]].sum()
    once = asked.limits.climb(came, asked.levels).drop_duplicates([*AREA, "period", "key"])
    sums["numerator"] = once.groupby(AREA).size().reindex(sums.index).fillna(0).astype("float64")
    table = noted(_flagged(sums.reset_index(), hidden[hidden["level"].isin(asked.levels)], AREA))
    table = table.assign(n=table["numerator"])
    return _without(table, divided) if "community" in asked.levels else table


def _without(table: pd.DataFrame, codes: set[str]) -> pd.DataFrame:
    """The table with communities ``codes`` blank, as parts of a split area."""
    missing = pd.DataFrame({"area_code": sorted(codes - set(table["area_code"])), "level": "community"}, dtype="str")
    table = pd.concat([table, missing], ignore_index=True) if len(missing) else table
    split = table["area_code"].isin(codes)
    numbers = ["value", "numerator", "denominator", "n"]
    table[numbers] = table[numbers].astype("float64").mask(split, axis=0)
    return table.assign(note=table["note"].mask(split, "split_area"))
