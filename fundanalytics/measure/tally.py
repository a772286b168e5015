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
    cells = [nw.col(c) for c in money]
    rows = rows.with_columns(
        *[(~_number(cell).is_null()).cast(nw.Int64).alias(f"{c}_known") for c, cell in zip(money, cells, strict=True)],
        *[fen(cell).alias(c) for c, cell in zip(money, cells, strict=True)],
        nw.lit(1).cast(nw.Int64).alias("_rows"),
    )
    found = totalled(rows, by, [*money, *(f"{c}_known" for c in money), "_rows"])
    return found.rename(columns={"_rows": count}) if count else found.drop(columns="_rows")


def _number(cell: Any) -> Any:
    return cell.cast(nw.Float64).fill_nan(None)


def fen(cell: Any) -> Any:
    """Yuan as whole 分 (``int64``); blank as 0."""
    return (_number(cell).fill_null(0.0) * 100).round(0).cast(nw.Int64)


def totalled(rows: Any, by: list[str], columns: list[str]) -> pd.DataFrame:
    """Sums of whole numbers per group, sorted; rows with a blank key are dropped."""
    rows = rows.filter(*[~nw.col(c).is_null() for c in by])
    found = _pandas(rows.group_by(*by).agg(*[nw.col(c).sum() for c in columns]))
    found = found.astype(dict.fromkeys(columns, "int64") | dict.fromkeys(by, "str"))
    return found.sort_values(by).reset_index(drop=True)


def of(frame: Any, period: str, funds: tuple[str, ...] | None = None) -> Any:
    rows = nw.from_native(frame).filter(nw.col("period").is_in(years(period)))
    return rows if funds is None else rows.filter(nw.col("fund").is_in(list(funds)))


def _last_known(dataset: Dataset, period: str, funds: tuple[str, ...], as_of: pd.Timestamp) -> pd.DataFrame:
    """Figures known only as sums (money in 分), one column per measure: the latest of those stated for a day up to ``as_of``."""
    rows = _pandas(of(dataset.totals, period, funds).select(*UNIT, "measure", "value", "as_of"))
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


def made(payments: Any, as_of: pd.Timestamp) -> tuple[Any, Any]:
    """Whether a payment was made by ``as_of``, and in which calendar year; one with only a year counts if that year has begun."""
    year = nw.col("period").is_null() | nw.col("period").str.contains(r"^\d{4}$")  # anything else is no fund year
    begun = nw.col("paid_on").is_null() & (nw.col("period") <= str(as_of.year)) & year
    in_year = nw.when(nw.col("paid_on").is_null()).then(nw.col("period")).otherwise(nw.col("paid_on").dt.to_string("%Y"))
    return ((nw.col("paid_on") <= as_of.to_pydatetime()) | begun).fill_null(False), in_year


def in_time(payments: Any, as_of: pd.Timestamp) -> Any:
    """Every payment's ``project_id`` and ``amount``, blank if made after ``as_of``; one with only a year counts if that year has begun."""
    counted, _ = made(payments, as_of)
    return nw.from_native(payments).select("project_id", nw.when(counted).then(nw.col("amount")).alias("amount"))


def _payments(dataset: Dataset, period: str, funds: tuple[str, ...], as_of: pd.Timestamp) -> pd.DataFrame:
    """Paid by ``as_of`` per project's area, fund year and fund, in 分; a row wherever there is any payment, whenever it was made."""
    projects = of(dataset.projects, period, funds).select("project_id", *UNIT)
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
        reported); ``projects``; ``both_sources`` where payments and a total exist (the payments are taken, never both);
        ``from_total`` where only the total does.
    """
    own = own_projects(dataset, period, funds)
    ledger = sums(own.to_native(), UNIT, count="listed")
    paid = _payments(dataset, period, funds, as_of)[[*UNIT, "amount", "amount_known"]]
    known = _last_known(dataset, period, funds, as_of)[[*UNIT, "paid", "projects"]].dropna(subset=["paid"])
    found = ledger.merge(paid, on=UNIT, how="outer").merge(known, on=UNIT, how="outer")
    by_total = found["paid"].notna() & ~(found["amount_known"] > 0)
    found["both_sources"] = found["paid"].notna() & (found["amount_known"] > 0)
    found["paid"] = found["amount"].astype("float64").where(~by_total, found["paid"])
    found["projects"] = found["listed"].where(found["listed"].notna(), found["projects"])
    return found.assign(from_total=by_total)[[*UNIT, "paid", "projects", "both_sources", "from_total"]]


def own_projects(dataset: Dataset, period: str, funds: tuple[str, ...]) -> Any:
    """The projects of some fund years and funds, without those that only head others."""
    return of(dataset.projects, period, funds).filter(~nw.col("project_id").is_in(headings(dataset)))


def paid_per_project(dataset: Dataset, as_of: pd.Timestamp) -> Any:
    """``project_id`` and ``paid`` by ``as_of`` in whole 分, of every project with a payment, on the payments' engine."""
    rows = in_time(dataset.payments, as_of).filter(~nw.col("project_id").is_null()).select("project_id", fen(nw.col("amount")).alias("paid"))
    return rows.group_by("project_id").agg(nw.col("paid").sum())


def committed(dataset: Dataset, period: str, *, as_of: pd.Timestamp, funds: tuple[str, ...] = FUNDS) -> pd.DataFrame:
    """What was contracted by ``as_of``, and what of it is still to be paid, per area, fund year and fund.

    Returns
    -------
    DataFrame
        One row per area, year and fund with projects, in whole 分: ``contracted`` (amounts of contracts signed), ``payable``
        (contract less paid, where that is more than 0; nothing for a stopped project), ``contracts`` (how many projects state
        an amount, whenever signed).

    Notes
    -----
    A contract without a date is taken as signed where a later step or a payment came by ``as_of``, or where no later step has a
    date and its fund year has begun. What was paid without a contract is not in ``contracted``.
    """
    day = as_of.to_pydatetime()
    later = [nw.col(name) for name in ("started_on", "finished_on", "accepted_on")]
    rows = own_projects(dataset, period, funds).select(
        "project_id", *UNIT, "contracted_on", fen(nw.col("contract_amount")).alias("contract"), (~nw.col("contract_amount").is_null()).alias("stated"),
        (nw.col("status") == "stopped").fill_null(False).alias("stopped"),
        nw.any_horizontal(*[(c <= day).fill_null(False) for c in later], ignore_nulls=False).alias("went_on"),
        nw.all_horizontal(*[c.is_null() for c in later], ignore_nulls=False).alias("undated"),
    )  # fmt: skip
    rows = rows.join(paid_per_project(dataset, as_of), on="project_id", how="left").with_columns(paid=nw.col("paid").fill_null(0))
    begun = nw.col("undated") & (nw.col("period") <= str(as_of.year))
    guess = nw.col("went_on") | (nw.col("paid") > 0) | begun
    signed = nw.when(nw.col("contracted_on").is_null()).then(guess).otherwise((nw.col("contracted_on") <= day).fill_null(False)) & nw.col("stated")
    owed = signed & ~nw.col("stopped") & (nw.col("contract") > nw.col("paid"))
    rows = rows.with_columns(
        contracted=nw.when(signed).then(nw.col("contract")).otherwise(nw.lit(0)),
        payable=nw.when(owed).then(nw.col("contract") - nw.col("paid")).otherwise(nw.lit(0)), contracts=nw.col("stated").cast(nw.Int64),
    )  # fmt: skip
    return totalled(rows, UNIT, ["contracted", "payable", "contracts"])


def paid_in_years(dataset: Dataset, period: str, *, as_of: pd.Timestamp, funds: tuple[str, ...] = FUNDS) -> pd.DataFrame:
    """Paid inside the calendar years of ``period`` and by ``as_of``, for projects of any fund year, in whole 分.

    Returns
    -------
    DataFrame
        One row per area, ``period`` (fund year of the projects, whose codes the area has), fund and ``paid_year``: ``paid``.
    """
    counted, in_year = made(dataset.payments, as_of)
    payments = nw.from_native(dataset.payments).select("project_id", "amount", in_year.alias("paid_year"), counted.alias("counted"))
    payments = payments.filter(nw.col("counted") & nw.col("paid_year").is_in(years(period)))
    projects = nw.from_native(dataset.projects).filter(nw.col("fund").is_in(list(funds))).select("project_id", *UNIT)
    found = sums(payments.join(projects, on="project_id", how="inner").to_native(), [*UNIT, "paid_year"], ["amount"])
    return found.rename(columns={"amount": "paid"}).drop(columns="amount_known")


def received(dataset: Dataset, period: str, *, as_of: pd.Timestamp, funds: tuple[str, ...] = FUNDS) -> pd.DataFrame:
    """Quota and money arrived per area, fund year and fund, in whole 分; blank where not known.

    Money that arrived after ``as_of`` had not arrived (0); without a date it counts. Cleared money (清理收回) stays in: it was
    there to be used; ``cleared`` is what of it was taken back by ``as_of`` (without a date: once the fund year is over). A sum known
    only from ``totals`` fills what ``allocations`` leave blank. An area whose rows are blank in part counts as not known: part of a
    denominator is none. ``carried_in`` and ``cleared`` are blank where no row states them.
    """
    day = as_of.to_pydatetime()
    late = (nw.col("arrived_on") > day).fill_null(False) & ~nw.col("arrived").is_null()
    back = nw.when(nw.col("cleared_on").is_null()).then(nw.col("period") < str(as_of.year)).otherwise((nw.col("cleared_on") <= day).fill_null(False))
    given = of(dataset.allocations, period, funds).with_columns(
        arrived=nw.when(late).then(nw.lit(0.0)).otherwise(nw.col("arrived")),
        cleared=nw.when(nw.col("cleared").is_null() | back).then(nw.col("cleared")).otherwise(nw.lit(0.0)),
    )
    rows = sums(given.to_native(), UNIT, ["quota", "arrived", "carried_in", "cleared"], count="rows")
    known = _last_known(dataset, period, funds, as_of)[[*UNIT, "arrived", "quota"]].dropna(how="all", subset=["arrived", "quota"])
    found = rows.merge(known, on=UNIT, how="outer", suffixes=("", "_total"))
    for column in ("quota", "arrived"):
        full = found[f"{column}_known"] == found["rows"]
        found[column] = found[column].astype("float64").where(full, found[f"{column}_total"])
    for column in ("carried_in", "cleared"):
        found[column] = found[column].astype("float64").where(found[f"{column}_known"] > 0)
    return found[[*UNIT, "quota", "arrived", "carried_in", "cleared"]]


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
    events = of(dataset.events, period)
    late = (nw.col("held_on") > as_of.to_pydatetime()).fill_null(False)
    events = events.filter(~late).select("event_id", "area_code", "period")
    signed = nw.from_native(dataset.participants).filter(nw.col("is_resident").fill_null(True)).select("event_id", nw.col(key).alias("key"))
    signed = signed.filter(~nw.col("key").is_null()).unique(["event_id", "key"])
    found = signed.join(events, on="event_id", how="inner").select("area_code", "period", "key").unique()
    return _pandas(found).sort_values(["area_code", "period", "key"]).reset_index(drop=True)


def attended(dataset: Dataset, period: str, *, as_of: pd.Timestamp) -> pd.DataFrame:
    """Person-times at events per area and fund year; a person who came twice counts twice.

    Returns
    -------
    DataFrame
        One row per area and year with events: ``times``; ``events`` whose number is known, ``unknown`` those whose is not. An event
        that tells only ``persons`` has as many person-times. Events held after ``as_of`` do not count; one without a date counts.
    """
    rows = of(dataset.events, period)
    rows = rows.filter(~(nw.col("held_on") > as_of.to_pydatetime()).fill_null(False))
    told = nw.when(nw.col("person_times").is_null()).then(nw.col("persons")).otherwise(nw.col("person_times"))
    rows = rows.select("area_code", "period", times=told.cast(nw.Float64)).with_columns(known=~nw.col("times").is_null())
    rows = rows.with_columns(times=nw.col("times").fill_null(0.0), events=nw.col("known").cast(nw.Int64), unknown=(~nw.col("known")).cast(nw.Int64))
    return totalled(rows, ["area_code", "period"], ["times", "events", "unknown"])


def inhabitants(dataset: Dataset, period: str, *, basis: str = "resident") -> pd.DataFrame:
    """``persons``, ``eligible_persons`` and ``households`` per area and year on one population basis; blank where not known."""
    rows = of(dataset.populations, period).filter(nw.col("basis") == basis)
    counted = ["persons", "eligible_persons", "households"]
    numbers = _pandas(rows.select("area_code", "period", *counted)).astype(dict.fromkeys(counted, "float64"))
    return numbers.groupby(["area_code", "period"], as_index=False).sum(min_count=1)


def sessions(dataset: Dataset, period: str) -> pd.DataFrame:
    """Trainings held in the calendar years of ``period``: ``level``, ``organiser_code``, ``area_code``, ``held_on`` and ``period``, the year."""
    rows = nw.from_native(dataset.trainings).filter(~nw.col("held_on").is_null() & ~nw.col("area_code").is_null())
    rows = rows.select("level", "organiser_code", "area_code", "held_on", period=nw.col("held_on").dt.to_string("%Y"))
    return _pandas(rows.filter(nw.col("period").is_in(years(period))).unique())
