"""Counts of people that stand in no indicator: released for the district and all its streets at once, then the area's own rows taken.

Place in the flow: what a report counts straight from the data passes here before it is shown, as the indicators pass ``release``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from ..data.areas import edition, period_end
from ..data.dataset import Dataset
from ..kept import once
from ..measure.disclosure import MIN_PEOPLE, release
from ..measure.request import cut_off, rule

UPPER = {"district", "street"}


def released_counts(
    dataset: Dataset,
    area: str,
    period: str,
    audience: str,
    name: str,
    count: Callable[[str], dict[str, float]],
    *,
    beside: pd.DataFrame | None = None,
    known_by: str = "",
) -> pd.DataFrame:
    """``basis``, ``count``, ``share`` and ``note`` of one area; blank where a count, or what would give one back, must not be shown.

    ``count``: an area's code → basis → how many. No page gives away what another hides: every area of the district's and the streets'
    level, and of the area's own, is released with it. ``known_by``: a name that says, with data and period, all that ``count`` counts; then the
    areas' counts are worked out once where results are kept.
    """
    areas = edition(dataset.areas, period_end(period))
    levels = UPPER | set(areas.loc[areas["area_code"] == area, "level"])
    of = {"dataset": dataset, "levels": levels, "period": period, "audience": audience, "name": name, "counted": known_by, "beside": beside}
    make = partial(_released, dataset, areas, levels, period, audience, name, count, beside)
    found = once("counts", of, make) if known_by else make()
    mine = found[found["area_code"] == area].reset_index(drop=True)
    return mine.rename(columns={"numerator": "count", "value": "share"})[["basis", "count", "share", "note"]]


def _released(
    dataset: Dataset, areas: pd.DataFrame, levels: set[str], period: str, audience: str, name: str, count: Callable[[str], dict[str, float]],
    beside: pd.DataFrame | None,
) -> pd.DataFrame:  # fmt: skip
    wanted = areas.loc[areas["level"].isin(levels), ["level", "area_code"]].itertuples(index=False)
    rows = [{"level": a.level, "area_code": a.area_code, "basis": basis, "numerator": float(n)} for a in wanted for basis, n in count(a.area_code).items()]
    table = pd.DataFrame(rows, columns=["level", "area_code", "basis", "numerator"])
    below = table.groupby("area_code")["numerator"].transform("sum")
    table = table.assign(indicator=name, subset="", period=period, as_of=cut_off(dataset, period), denominator=below, n=below, method="full count", quality=1,
                         value=(table["numerator"] / below).where(below > 0), note=np.where(below > 0, "", "no_data"))  # fmt: skip
    parents = dict(zip(areas["area_code"], areas["parent_code"], strict=True))
    return release(table, audience, parents=parents, min_people=rule(dataset, "min_people", MIN_PEOPLE), beside=beside)
