"""Full counts: numerators and denominators from complete records, set against each other and added up.

Place in the flow: between ``tally`` (sums by the code of their time) and ``indicators``. A ledger has no sampling error, so
no interval is made here; and nothing that was not reported is taken for zero: a unit (area, year, fund) counts only where
both its sides are known, and what was left out is named.
"""

from __future__ import annotations

import pandas as pd

from . import tally
from .boundaries import Boundaries, lifted
from .request import Request, rule

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


def money_units(asked: Request, denominator: str) -> pd.DataFrame:
    """Paid against what was there to be used, per community (or whole street) of the asked edition, in 分."""
    funds = asked.subset.get("fund") or tuple(rule(asked.dataset, "funds", tally.FUNDS))
    above = tally.spent(asked.dataset, asked.period, as_of=asked.as_of, funds=funds)
    below = tally.received(asked.dataset, asked.period, as_of=asked.as_of, funds=funds)
    units = pair(above, below, asked.limits, ["period", "fund"], {"numerator": "paid", "denominator": denominator})
    units["n"] = units["projects"].where(units["state"].eq("both")).astype("float64")
    units = asked.limits.spread(units, ["numerator", "denominator", "n"])
    return units[~asked.outside(units["area_code"])]


def noted(table: pd.DataFrame) -> pd.DataFrame:
    """``value`` and ``note`` from numerator, denominator and the number of units in each state."""
    full = table["denominator"] != 0
    value = (table["numerator"] / table["denominator"].where(full)).where(table["both"] > 0)
    note = pd.Series("", index=table.index)
    note = note.mask(value > 1, "above_one").mask(table["both_sources"] > 0, "both_sources")
    note = note.mask(table["not_reported"] > 0, "part_not_reported").mask(table["no_denominator"] > 0, "part_no_denominator")
    note = note.mask(value.isna() & (table["not_reported"] > 0), "not_reported").mask(value.isna() & (table["no_denominator"] > 0), "no_denominator")
    note = note.mask((table["both"] > 0) & ~full, "zero_denominator")
    sums = table[["numerator", "denominator"]].where(table["both"] > 0)
    return table.assign(value=value, note=note, numerator=sums["numerator"], denominator=sums["denominator"])


def _states(units: pd.DataFrame, at: pd.Series) -> pd.DataFrame:
    """Per area: how many units are in each state."""
    marks = pd.DataFrame({s: units["state"].eq(s) for s in STATES} | {"both_sources": _flag(units, "both_sources")})
    return marks.astype("int64").groupby(at).sum()


def _flag(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name].astype("boolean").fillna(False).astype(bool) if name in frame else pd.Series(False, index=frame.index)


def money(asked: Request, denominator: str) -> dict[str, pd.DataFrame]:
    """Usage per level: ratio of sums over units, in yuan; ``n`` counts projects."""
    units = money_units(asked, denominator)
    found = {}
    for level in asked.levels:
        at = asked.limits.at(units["area_code"], level).rename("area_code")
        sums = units[["numerator", "denominator", "n"]].groupby(at).sum(min_count=1)
        sums[["numerator", "denominator"]] /= 100
        found[level] = noted(sums.join(_states(units, at)).reset_index())
    return found


def registered(asked: Request, key: str, denominator: str) -> dict[str, pd.DataFrame]:
    """Distinct persons or households at events against those who could come, per level.

    Each is counted once per area and fund year: someone who came in two communities of a street is one person of the street.
    Several years are added above and below. People cannot be divided: records of a community that was split count for the
    street that most of it went to, and leave its parts blank (``split_area``).
    """
    limits = asked.limits
    came = tally.people(asked.dataset, asked.period, key, as_of=asked.as_of)
    could = tally.inhabitants(asked.dataset, asked.period, basis=str(rule(asked.dataset, "population_basis", "resident")))
    came, could = lifted([came, could], limits, ["period"])
    counted = came.groupby(["area_code", "period"], as_index=False).size()
    units = pair(counted, could[["area_code", "period", denominator]], limits, ["period"], {"numerator": "size", "denominator": denominator})
    kept = units.loc[units["state"].eq("both"), ["area_code", "period"]]
    came = came.merge(kept, on=["area_code", "period"])
    divided = limits.divided(units["area_code"])
    units["area_code"], came["area_code"] = limits.move(units["area_code"]), limits.move(came["area_code"])
    units, came = (f[~asked.outside(f["area_code"])] for f in (units, came))
    found = {}
    for level in asked.levels:
        table = _register_level(asked, level, units, came)
        found[level] = _without(table, divided) if level == "community" else table
    return found


def _register_level(asked: Request, level: str, units: pd.DataFrame, came: pd.DataFrame) -> pd.DataFrame:
    at = asked.limits.at(units["area_code"], level).rename("area_code")
    sums = units[["denominator"]].groupby(at).sum()
    once = came.assign(area_code=asked.limits.at(came["area_code"], level)).drop_duplicates(["area_code", "period", "key"])
    sums["numerator"] = once.groupby("area_code").size().reindex(sums.index).fillna(0).astype("float64")
    table = noted(sums.join(_states(units, at)).reset_index())
    return table.assign(n=table["numerator"])


def _without(table: pd.DataFrame, codes: set[str]) -> pd.DataFrame:
    """The table with ``codes`` blank, as parts of a split area."""
    missing = pd.DataFrame({"area_code": sorted(codes - set(table["area_code"]))}, dtype="str")
    table = pd.concat([table, missing], ignore_index=True)
    split = table["area_code"].isin(codes)
    numbers = [c for c in ("value", "numerator", "denominator", "n") if c in table]
    table[numbers] = table[numbers].astype("float64").mask(split, axis=0)
    return table.assign(note=table["note"].mask(split, "split_area"))
