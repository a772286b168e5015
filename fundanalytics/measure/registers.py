"""What the registers of the district say: which communities were trained, which published needs found a partner.

Place in the flow: like ``works``, for registers that one office keeps for many areas: records in, small counts out.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw
import pandas as pd

from ..data.areas import years
from . import tally
from .request import Request
from .works import before, summed


def matched(asked: Request) -> pd.DataFrame:
    """Needs published by ``as_of``, and matched by then, by number and by amount, as ``ledger.share_units`` takes them.

    A need with a partner or a project but without a day is unknown; one with neither has no match where the district records any.
    """
    day = asked.as_of.to_pydatetime()
    rows = tally.of(asked.dataset.listings, asked.period).filter(before("published_on", day))
    dated = ~nw.col("matched_on").is_null()
    named = ~dated & (~nw.col("organisation_id").is_null() | ~nw.col("project_id").is_null())
    flags = {"yes": before("matched_on", day), "base": dated, "silent": ~dated & ~named}
    count = {"told": dated, "unknown": named, "stopped": nw.lit(False), "n": dated, "n_silent": flags["silent"]}
    common = {name: _whole(flag) for name, flag in count.items()}
    by_number = common | {name: _whole(flag) for name, flag in flags.items()}
    by_amount = common | {name: nw.when(flag).then(tally.fen(nw.col("amount"))).otherwise(nw.lit(0)) for name, flag in flags.items()}
    made = {("matching_rate", "listings"): by_number, ("matching_rate", "listings_amount"): by_amount}
    return pd.concat(summed(rows, made, by=["area_code", "period"]), ignore_index=True)


def _whole(flag: Any) -> Any:
    return flag.cast(nw.Int64)


def trained(asked: Request) -> pd.DataFrame:
    """Communities of the asked edition that any training of the period reached by ``as_of``, as ``ledger.share_units`` takes them.

    A community that was redrawn counts as reached where most of one that was reached went. Where the district holds sessions of its own
    its register is for all; otherwise only streets with a session are known. A session for a street as a whole leaves unknown which of
    its communities came.
    """
    limits, sessions = asked.limits, tally.sessions(asked.dataset, asked.period)
    if sessions.empty:
        return pd.DataFrame()
    sessions = sessions.assign(area_code=limits.move(sessions))
    areas = limits.areas.loc[limits.areas["level"] == "community", ["area_code"]].reset_index(drop=True)
    held = sessions.loc[sessions["held_on"] <= asked.as_of, "area_code"]
    wholes = set(held[held.map(limits.level_of).isin(["street", "district"])])
    street, district = (limits.at(areas["area_code"], level) for level in ("street", "district"))
    reached = areas["area_code"].isin(held)
    inside = ~reached & (street.isin(wholes) | district.isin(wholes))
    everywhere = (sessions["level"].eq("district") | sessions["organiser_code"].map(limits.level_of).eq("district")).any()
    told = street.isin(limits.at(sessions["area_code"], "street").dropna()) | everywhere | inside
    silent = ~reached & ~inside
    counts = {"yes": reached, "base": reached, "silent": silent, "told": told, "unknown": inside, "n": reached, "n_silent": silent, "stopped": reached & False}
    names = {"indicator": "training_coverage", "basis": "communities", "period": years(limits.period)[-1]}
    return areas.assign(**names, **{name: flag.astype("int64") for name, flag in counts.items()})
