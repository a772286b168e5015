"""What an area sent and could not be used: a full count is only as full as the files behind it.

Place in the flow: ``request.rows`` asks here before it judges the quality of a row. Counts rows, never amounts: the amount of
a word in a cell is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals as nw
import pandas as pd

from ..data.areas import years
from . import tally

if TYPE_CHECKING:
    from ..data.dataset import Dataset
    from .request import Request

SOME, MANY = 0.01, 0.10  # shares of the rows sent; rules.yaml may say otherwise
# refusals that lose nothing: a repeated row, a total among its details
HARMLESS = ("duplicate_row", "total_row")
# what a row of these tables is placed by
PLACED_BY = {"payments": ("projects", "project_id"), "participants": ("events", "event_id")}


def refused_notes(asked: Request, tables: tuple[str, ...], some: float, many: float) -> pd.Series:
    """Note per (level, area_code): ``part_refused`` from ``some`` of the rows sent, ``much_refused`` from ``many``, ``part_unread``
    where a whole file could not be read. Areas without such a note are absent."""
    lost = _refused(asked.dataset, tables, asked.period)
    unread = _unread(asked.dataset, asked.period)
    if lost.empty and unread.empty:
        return pd.Series(dtype="str")
    kept = pd.concat([_kept(asked.dataset, name, asked.period) for name in tables], ignore_index=True)
    rows = pd.concat([lost.assign(kept=0, unread=0), kept.assign(refused=0, unread=0), unread.assign(kept=0, refused=0)], ignore_index=True)
    rows["area_code"] = asked.limits.move(rows)
    sums = asked.limits.climb(rows, asked.levels).groupby(["level", "area_code"])[["refused", "kept", "unread"]].sum()
    share = sums["refused"] / (sums["refused"] + sums["kept"]).where(lambda n: n > 0)
    note = pd.Series("", index=sums.index, dtype="str").mask(share >= some, "part_refused").mask(share >= many, "much_refused")
    note = note.mask(sums["unread"] > 0, "part_unread")
    return note[note.ne("")]


def _refused(dataset: Dataset, tables: tuple[str, ...], period: str) -> pd.DataFrame:
    rows = dataset.refused
    rows = rows[rows["table"].isin(tables) & rows["scope"].eq("row") & ~rows["rule"].isin(HARMLESS) & rows["period"].isin(years(period))]
    rows = rows[rows["area_code"].notna()].drop_duplicates(["file", "sheet", "row", "table"]).astype({"area_code": "str", "period": "str"})
    return rows.groupby(["area_code", "period"]).size().rename("refused").reset_index()


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
    rows = nw.from_native(frame).filter(nw.col("period").is_in(years(period)))
    return tally.sums(rows.to_native(), ["area_code", "period"], count="kept")
