"""What an area sent and could not be used: a full count is only as full as the files behind it.

Place in the flow: ``request.rows`` asks here before it judges the quality of a row. Counts rows, never amounts: the amount of
a word in a cell is not known.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import narwhals as nw
import pandas as pd

from ..data.areas import years
from . import tally

if TYPE_CHECKING:
    from ..data.dataset import Dataset
    from .request import Request

AREA = ["level", "area_code"]
SOME, MANY = 0.01, 0.10  # shares of the rows sent; rules.yaml may say otherwise
# refusals that lose nothing: a repeated row, a total among its details
HARMLESS = ("duplicate_row", "total_row")
# what a row of these tables is placed by
PLACED_BY = {"payments": ("projects", "project_id"), "participants": ("events", "event_id")}


def refused_notes(asked: Request, behind: Collection[tuple[str, ...]], some: float, many: float) -> dict[tuple[str, ...], pd.Series]:
    """Per set of tables a note per (level, area_code): ``part_refused`` from ``some`` of the rows sent, ``much_refused`` from ``many``,
    ``part_unread`` where a whole file could not be read. Areas without such a note are absent."""
    lost, unread = _refused(asked.dataset, asked.period), _unread(asked.dataset, asked.period)
    hurt = [names for names in behind if len(unread) or lost["table"].isin(names).any()]
    if not hurt:
        return {}
    kept = [_kept(asked.dataset, name, asked.period).assign(table=name) for name in sorted({n for names in hurt for n in names})]
    rows = pd.concat([lost, *kept, unread.assign(table="")], ignore_index=True)
    rows = asked.limits.climb(rows.assign(area_code=asked.limits.move(rows)), asked.levels)
    by_table = rows.groupby(["table", *AREA])[["refused", "kept", "unread"]].sum().reset_index()
    notes = {}
    for names in hurt:
        sums = by_table[by_table["table"].isin([*names, ""])].groupby(AREA)[["refused", "kept", "unread"]].sum()
        share = sums["refused"] / (sums["refused"] + sums["kept"]).where(lambda n: n > 0)
        note = pd.Series("", index=sums.index, dtype="str").mask(share >= some, "part_refused").mask(share >= many, "much_refused")
        note = note.mask(sums["unread"] > 0, "part_unread")
        notes[names] = note[note.ne("")]
    return notes


def _refused(dataset: Dataset, period: str) -> pd.DataFrame:
    rows = dataset.refused
    rows = rows[rows["scope"].eq("row") & ~rows["rule"].isin(HARMLESS) & rows["period"].isin(years(period))]
    rows = rows[rows["area_code"].notna()].drop_duplicates(["file", "sheet", "row", "table"]).astype({"area_code": "str", "period": "str", "table": "str"})
    return rows.groupby(["table", "area_code", "period"]).size().rename("refused").reset_index()


def _unread(dataset: Dataset, period: str) -> pd.DataFrame:
    """Files that could not be read, by the street and year that their name speaks of; one without a year may be of any."""
    rows = dataset.sources
    rows = rows[rows["status"].eq("unread") & rows["area_code"].notna() & (rows["period"].isna() | rows["period"].isin(years(period)))]
    return pd.DataFrame({"area_code": rows["area_code"].astype("str"), "period": years(period)[-1], "unread": 1})


def _kept(dataset: Dataset, name: str, period: str) -> pd.DataFrame:
    frame = getattr(dataset, name)
    if name in PLACED_BY:
        other, key = PLACED_BY[name]
        places = nw.from_native(getattr(dataset, other)).select(key, "area_code", "period")
        frame = nw.from_native(frame).select(key).join(places, on=key, how="inner").to_native()
    if name == "trainings":
        frame = nw.from_native(frame).select("area_code", period=nw.col("held_on").dt.to_string("%Y")).to_native()
    rows = nw.from_native(frame).filter(nw.col("period").is_in(years(period)))
    return tally.sums(rows.to_native(), ["area_code", "period"], count="kept")
