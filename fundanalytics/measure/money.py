"""The sides of the money's rates: what was used, what was contracted, what could be used.

Place in the flow: between ``tally`` (sums by the code of their time) and ``ledger`` (which sets one side against the other). Where
a blank may mean none or not reported, the street decides (``Boundaries.told``).
"""

from __future__ import annotations

import pandas as pd

from ..data.areas import years
from . import tally
from .boundaries import boundaries
from .request import Request, rule

CALENDAR = "paid/available"
# what stands above on each basis; idle money is what is left of the denominator
ABOVE = {"paid/arrived": "paid", "paid/quota": "paid", CALENDAR: "paid", "paid/projects": "paid", "contracted/arrived": "contracted",
         "paid+payable/arrived": "used", "idle/arrived": "used", "uncleared/arrived": "used"}  # fmt: skip
IDLE = ("idle/arrived", "uncleared/arrived")
BEGAN = {"guarantee": "2018", "incentive": "2018"}  # 2018 意见; rules.yaml may say otherwise


def funds_of(asked: Request) -> tuple[str, ...]:
    """The funds that count: those named, else the rule book's, else all but incentive money."""
    return asked.subset.get("fund") or tuple(rule(asked.dataset, "funds", tally.FUNDS))


def paid_nothing(above: pd.DataFrame, asked: Request) -> pd.DataFrame:
    """``above`` with 0 where nothing was paid, and still blank where nothing was reported."""
    known = above["paid"].notna()
    told = asked.limits.told(above, known, ["period", "fund"])
    return above.assign(paid=above["paid"].mask(~known & told & above["projects"].notna(), 0.0))


def with_contracts(above: pd.DataFrame, asked: Request, funds: tuple[str, ...]) -> pd.DataFrame:
    """``above`` with ``contracted`` and ``used`` (paid, and contracted but unpaid).

    Blank where the projects are not listed, and where the street states no contract at all. ``used`` is blank too where what was
    paid is known as a sum only: which contracts it paid is then not known.
    """
    terms = tally.committed(asked.dataset, asked.period, as_of=asked.as_of, funds=funds)
    found = above.merge(terms, on=tally.UNIT, how="left")
    stated = asked.limits.told(found, found["contracts"] > 0, ["period", "fund"]) & found["contracts"].notna()
    used = (found["paid"] + found["payable"]).where(stated & ~found["from_total"])
    return found.assign(contracted=found["contracted"].where(stated), used=used).drop(columns=["payable", "contracts"])


def with_cleared(below: pd.DataFrame, asked: Request) -> pd.DataFrame:
    """``below`` with ``cleared`` filled: none before the fund year is over, and none where the street states some for others."""
    known = below["cleared"].notna()
    none = asked.limits.told(below, known, ["period", "fund"]) | (below["period"] >= str(asked.as_of.year))
    return below.assign(cleared=below["cleared"].mask(~known & none, 0.0))


def calendar(above: pd.DataFrame, below: pd.DataFrame, asked: Request, funds: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Paid inside the calendar years, against what could be spent in them, by the codes of the asked edition.

    Available are what arrived in all years of the period and what was carried into the first: what was carried from one of its
    years into the next arrived in it and is there already.
    """
    limits = asked.limits
    paid = tally.paid_in_years(asked.dataset, asked.period, as_of=asked.as_of, funds=funds)
    older = sorted(set(paid.loc[paid["period"].str.fullmatch(r"\d{4}"), "period"]) - set(limits.links["period"]))
    reach = boundaries(asked.dataset, limits.period, covers=(asked.period, *older)) if older else limits
    paid = reach.spread(paid, ["paid"]).drop(columns="period").rename(columns={"paid_year": "period"}).assign(from_total=0)
    listed = limits.spread(above[[*tally.UNIT, "projects", "from_total"]].astype({"projects": "float64"}), ["projects"])
    used = _summed(pd.concat([listed, paid], ignore_index=True), ["paid", "projects", "from_total"])
    below = below.assign(available=below["arrived"] + _carried_in(below, asked))
    available = limits.spread(below[[*tally.UNIT, "available"]], ["available"])
    return paid_nothing(used, asked), _summed(available, ["available"])


def _summed(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """One row per unit; a unit none of whose parts is known is blank."""
    return frame.groupby(tally.UNIT, as_index=False)[columns].sum(min_count=1)


def _carried_in(below: pd.DataFrame, asked: Request) -> pd.Series:
    """Carried into the period's first year: none where the street states some for others, or where the fund began that year."""
    began = rule(asked.dataset, "fund_begins", BEGAN)
    known = below["carried_in"].notna()
    none = asked.limits.told(below, known, ["period", "fund"]) | (below["fund"].map(began) == below["period"])
    return below["carried_in"].mask(~known & none, 0.0).where(below["period"] == years(asked.period)[0], 0.0)
