"""Full counts: numerators and denominators from complete records, set against each other and added up.

Place in the flow: between ``tally`` (sums by the code of their time) and ``indicators``. A ledger has no sampling error, so
no interval is made here; and nothing that was not reported is taken for zero: a unit (area, year, fund) counts only where
both its sides are known, and what was left out is named.
"""

from __future__ import annotations

import pandas as pd

from . import tally
from .boundaries import Boundaries, lifted
from .request import Request, joined, rule

STATES = ("both", "no_denominator", "not_reported")


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
    state = pd.Series("both", index=found.index).mask(found["denominator"].isna(), "no_denominator").mask(found["numerator"].isna(), "not_reported")
    amounts = found[["numerator", "denominator"]].astype("float64").where(state.eq("both"), 0.0, axis=0)
    empty = found["numerator"].isna() & found["denominator"].isna()
    return found.assign(numerator=amounts["numerator"], denominator=amounts["denominator"], state=state)[~empty].reset_index(drop=True)


def money_units(asked: Request, denominators: dict[str, str]) -> pd.DataFrame:
    """Paid against what was there to be used, per community (or whole street) of the asked edition, in 分.

    ``denominators``: basis → ``arrived`` or ``quota``. One row per basis, unit and part of it.
    """
    funds = asked.subset.get("fund") or tuple(rule(asked.dataset, "funds", tally.FUNDS))
    above = tally.spent(asked.dataset, asked.period, as_of=asked.as_of, funds=funds)
    below = tally.received(asked.dataset, asked.period, as_of=asked.as_of, funds=funds)
    pairs = [
        pair(above, below, asked.limits, ["period", "fund"], {"numerator": "paid", "denominator": column}).assign(basis=basis)
        for basis, column in denominators.items()
    ]
    units = pd.concat(pairs, ignore_index=True)
    units["n"] = units["projects"].where(units["state"].eq("both")).astype("float64")
    units = asked.limits.spread(units, ["numerator", "denominator", "n"])
    return units[~asked.outside(units["area_code"])]


def noted(table: pd.DataFrame) -> pd.DataFrame:
    """``value`` and ``note`` from numerator, denominator and the number of units in each state."""
    full = table["denominator"] != 0
    value = (table["numerator"] / table["denominator"].where(full)).where(table["both"] > 0)
    marks = {"above_one": value > 1, "both_sources": table["both_sources"] > 0, "part_not_reported": table["not_reported"] > 0,
             "part_no_denominator": table["no_denominator"] > 0}  # fmt: skip
    note = pd.Series("", index=table.index, dtype="str")
    for code, holds in marks.items():
        note = note.where(~holds, note.map(lambda text, code=code: joined(text, code)))
    note = note.mask(value.isna(), "")
    note = note.mask(value.isna() & (table["not_reported"] > 0), "not_reported").mask(value.isna() & (table["no_denominator"] > 0), "no_denominator")
    note = note.mask((table["both"] > 0) & ~full, "zero_denominator")
    sums = table[["numerator", "denominator"]].where(table["both"] > 0)
    return table.assign(value=value, note=note, numerator=sums["numerator"], denominator=sums["denominator"])


def _marked(units: pd.DataFrame) -> pd.DataFrame:
    """The units with a count per state, to be added up."""
    marks = {s: units["state"].eq(s).astype("int64") for s in STATES}
    return units.assign(**marks, both_sources=_flag(units, "both_sources").astype("int64"))


def _flag(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name].astype("boolean").fillna(False).astype(bool) if name in frame else pd.Series(False, index=frame.index)


AREA = ["level", "area_code"]
COUNTS = [*STATES, "both_sources"]


def money(asked: Request, denominators: dict[str, str]) -> pd.DataFrame:
    """Usage per basis, level and area: ratio of sums over units, in yuan; ``n`` counts projects."""
    units = asked.limits.climb(_marked(money_units(asked, denominators)), asked.levels)
    by = ["basis", *AREA]
    grouped = units.groupby(by)
    sums = grouped[["numerator", "denominator", *COUNTS]].sum().join(grouped["n"].sum(min_count=1))
    sums[["numerator", "denominator"]] /= 100
    return noted(sums.reset_index())


def registered(asked: Request, key: str, denominator: str, *, only: set[str] | None = None) -> pd.DataFrame:
    """Distinct persons or households at events against those who could come, per level.

    Each is counted once per area and fund year: someone who came in two communities of a street is one person of the street.
    Several years are added above and below. People cannot be divided: records of a community that was split count for the
    street that most of it went to, and leave its parts blank (``split_area``). ``only``: the communities that count.
    """
    limits = asked.limits
    came = tally.people(asked.dataset, asked.period, key, as_of=asked.as_of)
    could = tally.inhabitants(asked.dataset, asked.period, basis=str(rule(asked.dataset, "population_basis", "resident")))
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
    by = asked.limits.climb(_marked(units), asked.levels).groupby(AREA)
    sums = by[["denominator", *COUNTS]].sum()
    once = asked.limits.climb(came, asked.levels).drop_duplicates([*AREA, "period", "key"])
    sums["numerator"] = once.groupby(AREA).size().reindex(sums.index).fillna(0).astype("float64")
    table = noted(sums.reset_index())
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
