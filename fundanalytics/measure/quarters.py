"""Payments by quarter: paid in the quarter over what arrived in the year.

Place in the flow: the series that ``trend`` fits and charts draw. A quarter that is not known stays blank with its reason; none is
ever filled in from its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw
import numpy as np
import pandas as pd

from ..data.areas import years
from ..data.dataset import Dataset
from ..errors import ArgumentError
from . import ledger, tally
from . import money as sides
from .boundaries import below_wholes, lifted
from .definitions import CONFIDENCE, MONEY_SUBSETS
from .request import FULL_COUNT, Request, Subset, joined, request
from .results import ResultTable, result_table

UNDATED = 0.01  # of a year's payments that may lack their day before its quarters are blank
KEYS = ["period", "fund"]
COLUMNS = ("indicator", "basis", "subset", "level", "area_code", "area_name", "quarter", "as_of", "value", "numerator", "denominator", "method", "origin",
           "note")  # fmt: skip


def quarters(
    dataset: Dataset, *, by: str | Sequence[str] = "district", period: str | None = None, subset: Subset | None = None, as_of: object = None,
) -> ResultTable:  # fmt: skip
    """What was paid in each quarter, over what arrived in its year.

    Use: a series long enough to see a trend and the rush at the year's end. The four quarters of a year add up to what was paid in
    that calendar year, whatever fund year it was for; it misleads as a rate of use of a quarter's own money.

    Parameters
    ----------
    dataset : Dataset
        ``projects``, ``payments`` with their day, ``allocations`` (or ``totals``).
    by : str or sequence of str
        ``district``, ``street``, ``community``.
    period : str, optional
        Fund years; default from the first to the last with money.
    subset : dict, optional
        ``fund``, ``community_type``.
    as_of : date, optional
        Later payments do not count, and a quarter that it cuts is blank. Default 31 December of the last year.

    Returns
    -------
    DataFrame
        One row per area and quarter (``2018Q1``), yuan above and below. Blank with ``totals_only`` (payments are known as a sum
        of the year), ``undated`` (over 1 % of the year's payments lack their day), ``not_over``, or the reasons of ``usage_rate``;
        ``part_undated`` beside a value that lacks less.

    Raises
    ------
    ArgumentError
        Unknown level, subset, period or date; no year with money.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> found = quarters(load_sample(), period="2020")
    >>> found["quarter"].tolist()
    ['2020Q1', '2020Q2', '2020Q3', '2020Q4']
    """
    period = period or _all_years(dataset)
    asked = request(dataset, by=by, period=period, subset=subset, as_of=as_of, confidence=CONFIDENCE, subsets=MONEY_SUBSETS, covers=_fund_years(dataset))
    units, undated, marks = _units(asked)
    table = ledger.noted(ledger.added(asked, ledger.marked(units), marks, ["quarter"]))
    table[["numerator", "denominator"]] /= 100
    frame = asked.limits.rows(asked.levels).merge(pd.DataFrame({"quarter": _labels(asked)}, dtype="str"), how="cross")
    frame = frame.merge(table, on=["level", "area_code", "quarter"], how="left")
    return _finished(asked, frame, _undated_share(asked, units, undated))


def _all_years(dataset: Dataset) -> str:
    held: set[str] = set()
    for name in ("allocations", "totals", "projects"):
        known = nw.from_native(getattr(dataset, name)).select("period").unique()
        known = known.collect() if isinstance(known, nw.LazyFrame) else known
        held |= {str(y) for y in known["period"].to_list() if y is not None and len(str(y)) == 4 and str(y).isdigit()}
    if not held:
        raise ArgumentError("no_data_for_period", found="None", expected="–")
    return f"{min(held)}-{max(held)}"


def _fund_years(dataset: Dataset) -> tuple[str, ...]:
    """Fund years of the projects: a payment may be for a year before those asked for."""
    known = nw.from_native(dataset.projects).select("period").unique()
    known = known.collect() if isinstance(known, nw.LazyFrame) else known
    return tuple(sorted(str(y) for y in known["period"].to_list() if y is not None and len(str(y)) == 4 and str(y).isdigit()))


def _labels(asked: Request) -> list[str]:
    return [f"{year}Q{quarter}" for year in years(asked.period) for quarter in range(1, 5)]


def _paid(asked: Request, funds: tuple[str, ...]) -> pd.DataFrame:
    """Payments by ``as_of`` per area of the edition, calendar year (``period``), fund and ``quarter``, in 分; quarter 0 where the day is not known."""
    counted, year = tally.made(asked.dataset.payments, asked.as_of)
    quarter = ((nw.col("paid_on").dt.month() - 1) // 3 + 1).fill_null(0).cast(nw.Int64).alias("quarter")
    rows = nw.from_native(asked.dataset.payments).select("project_id", "amount", quarter, year.alias("paid_year"), counted.alias("counted"))
    rows = rows.filter(nw.col("counted") & nw.col("paid_year").is_in(years(asked.period)))
    projects = nw.from_native(asked.dataset.projects).filter(nw.col("fund").is_in(list(funds))).select("project_id", *tally.UNIT)
    found = tally.sums(rows.join(projects, on="project_id", how="inner").to_native(), [*tally.UNIT, "paid_year", "quarter"], ["amount"])
    found = asked.limits.spread(found.astype({"amount": "float64"}), ["amount"]).drop(columns=["period", "amount_known"])
    found = found.rename(columns={"paid_year": "period"}).astype({"quarter": "int64"})
    return found.groupby(["area_code", *KEYS, "quarter"], as_index=False)["amount"].sum()


def _units(asked: Request) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Units per quarter (area, year, fund) with their state; undated payments per unit; marks of what is known above only."""
    limits, funds = asked.limits, sides.funds_of(asked)
    above = tally.spent(asked.dataset, asked.period, as_of=asked.as_of, funds=funds)
    below = tally.received(asked.dataset, asked.period, as_of=asked.as_of, funds=funds)
    used, _ = sides.calendar(above, below, asked, funds)
    arrived = limits.spread(below[[*tally.UNIT, "arrived"]], ["arrived"]).groupby(tally.UNIT, as_index=False).sum(min_count=1)
    used = used.assign(from_total=used["from_total"] > 0)  # merged areas add their flags
    units = ledger.pair(used, arrived, limits, KEYS, {"numerator": "paid", "denominator": "arrived"})
    units, paid = lifted([units, _paid(asked, funds)], limits, KEYS)
    units, paid = (f[~asked.outside(f["area_code"])] for f in (units, paid))
    wide = paid.pivot_table(index=["area_code", *KEYS], columns="quarter", values="amount", aggfunc="sum").reindex(columns=range(5)).fillna(0.0).reset_index()
    units = units.merge(wide, on=["area_code", *KEYS], how="left")
    units[list(range(5))] = units[list(range(5))].astype("float64").fillna(0.0)
    parts = [units.assign(numerator=units[q].where(units["state"].eq("both"), 0.0), quarter=units["period"] + f"Q{q}") for q in range(1, 5)]
    hidden = below_wholes([above, below], limits).assign(mark="only_above").merge(pd.DataFrame({"quarter": _labels(asked)}, dtype="str"), how="cross")
    undated = units.loc[units["state"].eq("both"), ["area_code", "period", 0, 1, 2, 3, 4]]
    return pd.concat(parts, ignore_index=True).drop(columns=list(range(5))).assign(n=np.nan), undated, hidden


def _undated_share(asked: Request, units: pd.DataFrame, undated: pd.DataFrame) -> pd.Series:
    """Share of each year's payments that lack their day, per (level, area, year)."""
    sums = asked.limits.climb(undated, asked.levels).groupby(["level", "area_code", "period"])[list(range(5))].sum()
    total = sums.sum(axis=1)
    return (sums[0] / total.where(total != 0)).fillna(0.0).rename("undated")


def _finished(asked: Request, frame: pd.DataFrame, undated: pd.Series) -> ResultTable:
    frame = frame.assign(period=frame["quarter"].str[:4]).merge(undated.reset_index(), on=["level", "area_code", "period"], how="left")
    share = frame["undated"].fillna(0.0)
    note = frame["note"].fillna("").astype("str").mask(frame["value"].isna() & frame["note"].fillna("").eq(""), "no_data")
    note = note.mask(frame["value"].notna() & (share > 0), note.map(lambda text: joined(text, "part_undated")))
    over = pd.PeriodIndex(frame["quarter"], freq="Q").end_time.normalize() <= asked.as_of
    blank = {"undated": frame["value"].notna() & (share > UNDATED), "not_over": pd.Series(~over, index=frame.index)}
    for code, holds in blank.items():
        note = note.mask(holds, code)
        frame[["value", "numerator", "denominator"]] = frame[["value", "numerator", "denominator"]].mask(holds, axis=0)
    constants = {"indicator": "usage_rate", "basis": "paid in the quarter/arrived", "subset": asked.subset_text, "method": FULL_COUNT,
                 "origin": asked.dataset.origin}  # fmt: skip
    frame = frame.assign(note=note, as_of=pd.Series(asked.as_of, index=frame.index, dtype="datetime64[s]"), **constants)
    return result_table(frame[list(COLUMNS)].sort_values(["level", "area_code", "quarter"]).reset_index(drop=True), asked.dataset)
