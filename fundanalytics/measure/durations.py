"""How long projects waited between two steps: medians of days, per level.

Place in the flow: beside ``works``. A median is no sum: the days of an area's projects are put together, never the medians of the
areas in it. Projects cannot be divided, so those of a community that was split count for the street that most of it went to, and
leave its parts blank.
"""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw
import pandas as pd

from . import tally
from .boundaries import below_wholes
from .ledger import AREA
from .money import funds_of
from .request import MEDIAN, Request, joined
from .works import DATES, before

MINUTES = 24 * 60


def waits(asked: Request, pairs: Sequence[str]) -> pd.DataFrame:
    """How many projects (``n``) took how many ``days`` from one step to another, per pair (``basis``), area and fund year.

    Both steps by ``as_of``. Days below 0 are dates out of order.
    """
    day = asked.as_of.to_pydatetime()
    waited = {}
    for pair in pairs:
        first, last = (DATES[step] for step in pair.split("-"))
        days = ((nw.col(last) - nw.col(first)).dt.total_minutes().fill_null(0) // MINUTES).cast(nw.Int64)
        waited[pair] = nw.when(before(first, day) & before(last, day)).then(days)
    rows = tally.own_projects(asked.dataset, asked.period, funds_of(asked)).select("area_code", "period", **waited)
    rows = rows.unpivot(on=list(pairs), index=["area_code", "period"], variable_name="basis", value_name="days")
    rows = rows.filter(~nw.col("days").is_null()).with_columns(n=nw.lit(1).cast(nw.Int64))
    return tally.totalled(rows, ["basis", "area_code", "period", "days"], ["n"]).astype({"days": "float64"}).astype({"days": "int64"})


def median_days(asked: Request, pairs: Sequence[str]) -> pd.DataFrame:
    """Median days per pair, level and area, over projects with both dates in order; ``n`` counts them.

    ``part_unknown``: projects whose dates are out of order are left out; ``unknown`` where all are.
    """
    found, limits = waits(asked, pairs), asked.limits
    if found.empty:
        return pd.DataFrame(columns=["basis", *AREA], dtype="str")
    divided = limits.divided(found)
    hidden = below_wholes([found], limits)
    found = found.assign(area_code=limits.move(found))
    found = limits.climb(found[~asked.outside(found["area_code"])], asked.levels)
    by = ["basis", *AREA]
    ordered = found["days"] >= 0
    table = _medians(found[ordered], by).merge(found[~ordered].groupby(by)["n"].sum().rename("lost"), on=by, how="outer")
    note = pd.Series("", index=table.index, dtype="str").mask(table["lost"] > 0, "part_unknown")
    below = pd.MultiIndex.from_frame(table[AREA]).isin(pd.MultiIndex.from_frame(hidden[AREA]))
    note = note.where(~below, note.map(lambda text: joined(text, "part_only_above"))).mask(table["value"].isna(), "unknown")
    return _with_blanks(table.assign(note=note, method=MEDIAN).drop(columns="lost"), pairs, asked, divided, hidden)


def _medians(found: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Median of ``days``, each counted ``n`` times: the middle one, or the mean of the middle two."""
    rows = found.groupby([*by, "days"], as_index=False)["n"].sum().sort_values([*by, "days"], ignore_index=True)
    rows = rows.assign(upto=rows.groupby(by)["n"].cumsum(), all=rows.groupby(by)["n"].transform("sum"))
    halves = [rows[rows["upto"] >= rank].groupby(by)["days"].first() for rank in ((rows["all"] + 1) // 2, rows["all"] // 2 + 1)]
    return pd.DataFrame({"value": (halves[0] + halves[1]) / 2, "n": rows.groupby(by)["n"].sum()}).reset_index()


def _with_blanks(table: pd.DataFrame, pairs: Sequence[str], asked: Request, divided: set[str], hidden: pd.DataFrame) -> pd.DataFrame:
    """The table with the parts of split communities blank, and a reason for areas whose projects are known above only."""
    reasons = [pd.DataFrame({"level": "community", "area_code": sorted(divided), "note": "split_area"}, dtype="str")] if "community" in asked.levels else []
    reasons.append(hidden[hidden["level"].isin(asked.levels)].assign(note="known_only_above"))
    why = pd.concat(reasons, ignore_index=True).drop_duplicates(AREA).merge(pd.DataFrame({"basis": list(pairs)}, dtype="str"), how="cross")
    found = table.merge(why.rename(columns={"note": "why"}), on=["basis", *AREA], how="outer")
    split = found["why"].eq("split_area").fillna(False)
    found[["value", "n"]] = found[["value", "n"]].astype("float64").mask(split)
    note = found["note"].where(found["note"].notna() & ~split, found["why"])
    return found.assign(note=note.fillna("").astype("str")).drop(columns="why")
