"""Any dataframe engine → sums per area and period.

Place in the flow: the only part of ``measure`` that sees the large tables. It speaks narwhals, so pandas frames, DuckDB
relations and Dask frames go the same way; what comes out is small and pandas. Money is summed in whole 分 (int64), so a sum
does not depend on the order of its rows. Nothing here divides, and areas keep the codes of their time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import pandas as pd

from ..data.areas import years
from ..data.dataset import Dataset

FUNDS = ("guarantee", "cungong", "gongfu")  # incentive money is competitive and counts only by name (2018 意见, two tracks)
UNIT = ["area_code", "period", "fund"]


def _pandas(frame: Any) -> pd.DataFrame:
    """A small result as a pandas frame, with text and Int64 as in the schema."""
    found = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return found.to_pandas().reset_index(drop=True)


def sums(frame: Any, by: list[str], money: Sequence[str] = (), *, count: str | None = None) -> pd.DataFrame:
    """Sums of money in whole 分 (``int64``) and number of rows, per group.

    Parameters
    ----------
    frame : any frame narwhals knows
        One row per record.
    by : list of str
        Columns of the groups; blank keys are dropped.
    money : sequence of str
        Columns in yuan. A blank adds nothing; ``<column>_known`` says how many were not blank.
    count : str, optional
        Name for a column with the number of rows.

    Returns
    -------
    DataFrame
        One row per group, sorted.
    """
    rows = nw.from_native(frame).select(*dict.fromkeys([*by, *money]))
    rows = rows.filter(*[~nw.col(c).is_null() for c in by])
    cells = [nw.col(c).cast(nw.Float64).fill_nan(None) for c in money]
    rows = rows.with_columns(
        *[(~cell.is_null()).cast(nw.Int64).alias(f"{c}_known") for c, cell in zip(money, cells, strict=True)],
        *[(cell.fill_null(0.0) * 100).round(0).cast(nw.Int64).alias(c) for c, cell in zip(money, cells, strict=True)],
        nw.lit(1).cast(nw.Int64).alias("_rows"),
    )
    names = [*money, *(f"{c}_known" for c in money)]
    grouped = rows.group_by(*by).agg(*[nw.col(c).sum() for c in names], nw.col("_rows").sum())
    found = _pandas(grouped)
    found = found.astype(dict.fromkeys([*names, "_rows"], "int64") | dict.fromkeys(by, "str"))
    found = found.rename(columns={"_rows": count}) if count else found.drop(columns="_rows")
    return found.sort_values(by).reset_index(drop=True)


def _of(frame: Any, period: str, funds: tuple[str, ...] | None = None) -> Any:
    rows = nw.from_native(frame).filter(nw.col("period").is_in(years(period)))
    return rows if funds is None else rows.filter(nw.col("fund").is_in(list(funds)))


def _last_known(dataset: Dataset, period: str, funds: tuple[str, ...], as_of: pd.Timestamp) -> pd.DataFrame:
    """Figures known only as sums (money in 分), one column per measure: the latest of those stated for a day up to ``as_of``."""
    rows = _pandas(_of(dataset.totals, period, funds).select(*UNIT, "measure", "value", "as_of"))
    rows = rows[rows["value"].notna() & ~(rows["as_of"] > as_of)]
    rows = rows.sort_values("as_of", na_position="first").drop_duplicates([*UNIT, "measure"], keep="last")
    wide = rows.pivot(index=UNIT, columns="measure", values="value").reindex(columns=["arrived", "quota", "paid", "projects"])
    money = ["arrived", "quota", "paid"]
    return wide.astype("float64").assign(**{c: (wide[c].astype("float64") * 100).round() for c in money}).reset_index()


def headings(dataset: Dataset) -> list[str]:
    """Projects that only head their sub-projects: named as parent by others and never paid themselves. They do not count."""
    named = nw.from_native(dataset.projects).filter(~nw.col("parent_project_id").is_null()).select(nw.col("parent_project_id").alias("project_id"))
    parents = sorted(set(_pandas(named.unique())["project_id"]))
    paid = nw.from_native(dataset.payments).filter(nw.col("project_id").is_in(parents)).select("project_id").unique()
    return sorted(set(parents) - set(_pandas(paid)["project_id"]))


def in_time(payments: Any, as_of: pd.Timestamp) -> Any:
    """Every payment's ``project_id`` and ``amount``, blank if made after ``as_of``; one with only a year counts if that year has begun."""
    year = nw.col("period").is_null() | nw.col("period").str.contains(r"^\d{4}$")  # anything else is no fund year
    begun = nw.col("paid_on").is_null() & (nw.col("period") <= str(as_of.year)) & year
    counted = ((nw.col("paid_on") <= as_of.to_pydatetime()) | begun).fill_null(False)
    return nw.from_native(payments).select("project_id", nw.when(counted).then(nw.col("amount")).alias("amount"))


def _payments(dataset: Dataset, period: str, funds: tuple[str, ...], as_of: pd.Timestamp) -> pd.DataFrame:
    """Paid by ``as_of`` per project's area, fund year and fund, in 分; a row wherever there is any payment, whenever it was made."""
    projects = _of(dataset.projects, period, funds).select("project_id", *UNIT)
    paid = in_time(dataset.payments, as_of).join(projects, on="project_id", how="inner")
    return sums(paid.to_native(), UNIT, ["amount"])


def spent(dataset: Dataset, period: str, *, as_of: pd.Timestamp, funds: tuple[str, ...] = FUNDS) -> pd.DataFrame:
    """What was paid per area, fund year and fund, and for how many projects.

    Use: the numerator of usage rates. A payment belongs to the fund year of its project, whenever it was made.

    Parameters
    ----------
    dataset : Dataset
        ``projects``, ``payments`` and, for funds known only as sums, ``totals`` (measure ``paid``).
    period : str
        Fund years, ``2020`` or ``2018-2020``.
    as_of : Timestamp
        Later payments do not count.
    funds : tuple of str
        Funds that count.

    Returns
    -------
    DataFrame
        One row per area, year and fund with any project, payment or total: ``paid`` in whole 分, 0 where all payments came
        later, blank where there is neither a payment nor a total (``ledger`` decides whether that is nothing spent or nothing
        reported); ``projects``; ``both_sources`` where payments and a total exist (the payments are taken, never both).
    """
    own = _of(dataset.projects, period, funds).filter(~nw.col("project_id").is_in(headings(dataset)))
    ledger = sums(own.to_native(), UNIT, count="listed")
    paid = _payments(dataset, period, funds, as_of)[[*UNIT, "amount", "amount_known"]]
    known = _last_known(dataset, period, funds, as_of)[[*UNIT, "paid", "projects"]].dropna(subset=["paid"])
    found = ledger.merge(paid, on=UNIT, how="outer").merge(known, on=UNIT, how="outer")
    by_total = found["paid"].notna() & ~(found["amount_known"] > 0)
    found["both_sources"] = found["paid"].notna() & (found["amount_known"] > 0)
    found["paid"] = found["amount"].astype("float64").where(~by_total, found["paid"])
    found["projects"] = found["listed"].where(found["listed"].notna(), found["projects"])
    return found[[*UNIT, "paid", "projects", "both_sources"]]


def received(dataset: Dataset, period: str, *, as_of: pd.Timestamp, funds: tuple[str, ...] = FUNDS) -> pd.DataFrame:
    """Quota and money arrived per area, fund year and fund, in whole 分; blank where not known.

    Money that arrived after ``as_of`` had not arrived (0); without a date it counts. Cleared money (清理收回) stays in: it was
    there to be used. A sum known only from ``totals`` fills what ``allocations`` leave blank. An area whose rows are blank in
    part counts as not known: part of a denominator is none.
    """
    late = (nw.col("arrived_on") > as_of.to_pydatetime()).fill_null(False) & ~nw.col("arrived").is_null()
    given = _of(dataset.allocations, period, funds).with_columns(arrived=nw.when(late).then(nw.lit(0.0)).otherwise(nw.col("arrived")))
    rows = sums(given.to_native(), UNIT, ["quota", "arrived"], count="rows")
    known = _last_known(dataset, period, funds, as_of)[[*UNIT, "arrived", "quota"]].dropna(how="all", subset=["arrived", "quota"])
    found = rows.merge(known, on=UNIT, how="outer", suffixes=("", "_total"))
    for column in ("quota", "arrived"):
        full = found[f"{column}_known"] == found["rows"]
        found[column] = found[column].astype("float64").where(full, found[f"{column}_total"])
    return found[[*UNIT, "quota", "arrived"]]


def people(dataset: Dataset, period: str, key: str, *, as_of: pd.Timestamp) -> pd.DataFrame:
    """Each resident (or household) once per area and fund year, however many events they came to.

    Parameters
    ----------
    dataset : Dataset
        ``events`` and ``participants``.
    period : str
        Fund years.
    key : str
        ``person_key`` or ``household_key``.
    as_of : Timestamp
        Events held later do not count; an event without a date counts.

    Returns
    -------
    DataFrame
        Distinct ``area_code``, ``period``, ``key``. Outsiders (``is_resident`` false) are left out, unknown ones kept.
    """
    events = _of(dataset.events, period)
    late = (nw.col("held_on") > as_of.to_pydatetime()).fill_null(False)
    events = events.filter(~late).select("event_id", "area_code", "period")
    signed = nw.from_native(dataset.participants).filter(nw.col("is_resident").fill_null(True)).select("event_id", nw.col(key).alias("key"))
    signed = signed.filter(~nw.col("key").is_null()).unique(["event_id", "key"])
    found = signed.join(events, on="event_id", how="inner").select("area_code", "period", "key").unique()
    return _pandas(found).sort_values(["area_code", "period", "key"]).reset_index(drop=True)


def inhabitants(dataset: Dataset, period: str, *, basis: str = "resident") -> pd.DataFrame:
    """``eligible_persons`` and ``households`` per area and year on one population basis; blank where not known."""
    rows = _of(dataset.populations, period).filter(nw.col("basis") == basis)
    found = _pandas(rows.select("area_code", "period", "eligible_persons", "households"))
    numbers = found.astype({"eligible_persons": "float64", "households": "float64"})
    return numbers.groupby(["area_code", "period"], as_index=False).sum(min_count=1)
