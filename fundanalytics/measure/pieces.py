"""Pieces: what every row that counts gives to a number, by the area of now that it counts for.

Place in the flow: between ``row_units`` and ``tracing``. Which rows count, and which units, is asked of ``tally``, ``works``, ``registers``,
``ledger`` and ``opinions``; here rows are only led from their unit to the area. It names no file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd

from ..data.areas import years
from . import counts, durations, figures, ledger, opinions, tally
from . import money as sides
from .boundaries import Boundaries, boundaries, lifted
from .definitions import INDICATORS
from .request import Request, rule
from .row_units import Rows, unmarked

TOP, BOTTOM, RECORD = "numerator", "denominator", "record"
PIECE = ["role", "table", "row", "area_code", "amount", "key"]
UNIT = tally.UNIT


def pieces(rows: Rows, asked: Request, indicator: str, basis: str) -> pd.DataFrame:
    """The pieces of a full count: ``role``, ``table``, ``row`` (its place in the table), ``area_code``, ``amount``; of one ``key`` only the first counts.

    Yuan, people, projects or whatever the indicator counts; what is taken off is negative.
    """
    asked = replace(asked, dataset=rows.plain)
    if indicator in figures.MONEY:
        found = _calendar(rows, asked) if basis == sides.CALENDAR else _money(rows, asked, basis, INDICATORS[indicator].bases[basis][1])
    elif indicator == "participation_rate":
        found = _registered(rows, asked, figures.REGISTERS[basis], INDICATORS[indicator].bases[basis][1])
    elif indicator == "participation_intensity":
        found = _attendance(rows, asked, basis, INDICATORS[indicator].bases[basis][1])
    elif indicator == "process_days":
        found = _waits(rows, asked, basis)
    elif indicator == "training_coverage":
        found = _trained(rows, asked)
    else:
        found = _records(rows, asked, indicator, basis)
    found = found.assign(key=found["key"].fillna("") if "key" in found else "")
    return found.loc[~asked.outside(found["area_code"]), PIECE].reset_index(drop=True)


class _OfTheirTime(Boundaries):
    """Boundaries that leave every unit where it was."""

    def spread(self, frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
        return frame


def _of_their_time(asked: Request) -> Request:
    """The same question, its units answered by the codes of their time and for all kinds of community."""
    return replace(_of_all_kinds(asked), limits=_OfTheirTime(**{f.name: getattr(asked.limits, f.name) for f in fields(Boundaries)}))


def _of_all_kinds(asked: Request) -> Request:
    return replace(asked, subset={name: of for name, of in asked.subset.items() if name != "community_type"})


def _counting(found: pd.DataFrame, units: pd.DataFrame, limits: Boundaries, keys: list[str]) -> pd.DataFrame:
    """The pieces of units that count, at the level of these: where a street is known as a whole only, its communities are taken together."""
    unit = ["area_code", *keys]
    found = lifted([units[unit], found], limits, keys)[1]
    return found.merge(units.loc[units["counts"], unit].drop_duplicates(), on=unit)


def _money(rows: Rows, asked: Request, basis: str, denominator: str) -> pd.DataFrame:
    units, _ = ledger.money_units(_of_their_time(asked), {basis: denominator})
    units = units.assign(counts=units["state"].eq("both"))
    above: Sequence[Callable[[Rows, Request], pd.DataFrame]] = {"paid": (_paid,), "contracted": (_contracted,), "used": (_paid, _payable)}[sides.ABOVE[basis]]
    top = pd.concat([make(rows, asked) for make in above], ignore_index=True)
    bottom = _listed(rows, asked) if denominator == "projects" else _arrived(rows, asked, denominator)
    parts = [_counting(bottom.assign(role=BOTTOM), units, asked.limits, ["period", "fund"])]
    if basis in sides.IDLE:  # what is left over: nothing where more was used than there was
        left = units.assign(counts=units["counts"] & (units["numerator"] > 0))
        back = [_cleared(rows, asked)] if basis == "uncleared/arrived" else []
        taken = [part.assign(amount=-part["amount"]) for part in (top, *back)]
        top, units = pd.concat([bottom, *taken], ignore_index=True), left
    parts.append(_counting(top.assign(role=TOP), units, asked.limits, ["period", "fund"]))
    found = asked.limits.spread(pd.concat(parts, ignore_index=True), ["amount"])
    return found.assign(amount=found["amount"] / 100)


def _given(table: str, found: pd.DataFrame, column: str) -> pd.DataFrame:
    """What each marked row gives; nothing where it gives none."""
    found = unmarked(found[found[column].notna() & found[column].ne(0)])
    return found.assign(table=table, amount=found[column].astype("float64"))[[*UNIT, "table", "row", "amount"]]


def _stated(rows: Rows, told: pd.DataFrame, column: str, units: pd.DataFrame, *, fen: bool = True) -> pd.DataFrame:
    """The rows of ``totals`` behind some units; ``told``: per unit the number of the row in ``column``."""
    at = told.loc[told[column].notna(), [*UNIT, column]].merge(units[UNIT], on=UNIT)
    row = (at[column] / (100 if fen else 1)).round().astype("int64")
    value = rows.plain.totals["value"].to_numpy(dtype="float64")[row]
    return at[UNIT].assign(table="totals", row=row, amount=(value * 100).round() if fen else value)


def _paid(rows: Rows, asked: Request) -> pd.DataFrame:
    """Payments; where there are none, the sum that is known."""
    how: dict[str, Any] = {"as_of": asked.as_of, "funds": sides.funds_of(asked)}
    units = tally.spent(rows.plain, asked.period, **how)
    paid = _given("payments", tally.spent(rows.payments, asked.period, **how), "paid")
    if not units["from_total"].any():
        return paid
    sums = _stated(rows, tally.spent(rows.totals, asked.period, **how), "paid", units[units["from_total"]])
    return pd.concat([paid, sums], ignore_index=True)


def _contracted(rows: Rows, asked: Request) -> pd.DataFrame:
    return _given("projects", tally.committed(rows.of("projects"), asked.period, as_of=asked.as_of, funds=sides.funds_of(asked)), "contracted")


def _payable(rows: Rows, asked: Request) -> pd.DataFrame:
    return _given("projects", tally.committed(rows.of("projects"), asked.period, as_of=asked.as_of, funds=sides.funds_of(asked)), "payable")


def _listed(rows: Rows, asked: Request) -> pd.DataFrame:
    """Projects, in hundredths; where none is listed, how many a sum says there are."""
    how: dict[str, Any] = {"as_of": asked.as_of, "funds": sides.funds_of(asked)}
    listed = tally.spent(rows.of("projects"), asked.period, **how)
    units = tally.spent(rows.plain, asked.period, **how)
    unlisted = units.merge(unmarked(listed)[UNIT].drop_duplicates(), on=UNIT, how="left", indicator="of").query("of == 'left_only'")
    sums = _stated(rows, tally.spent(rows.totals, asked.period, **how), "projects", unlisted, fen=False)
    found = pd.concat([_given("projects", listed, "projects"), sums], ignore_index=True)
    return found.assign(amount=found["amount"] * 100)


def _arrived(rows: Rows, asked: Request, column: str) -> pd.DataFrame:
    """Allocations; where these leave a unit blank, the sum that is known."""
    how: dict[str, Any] = {"as_of": asked.as_of, "funds": sides.funds_of(asked)}
    units = tally.received(rows.listed(name="totals"), asked.period, **how)
    full = units.loc[units[column].notna(), UNIT]
    given = _given("allocations", tally.received(rows.of("allocations"), asked.period, **how), column).merge(full, on=UNIT)
    if not rows.plain.totals["period"].isin(years(asked.period)).any():
        return given
    told = tally.received(rows.totals, asked.period, **how)
    rest = told.merge(full, on=UNIT, how="left", indicator="of").query("of == 'left_only'")
    return pd.concat([given, _stated(rows, told, column, rest)], ignore_index=True)


def _cleared(rows: Rows, asked: Request) -> pd.DataFrame:
    return _given("allocations", tally.received(rows.of("allocations"), asked.period, as_of=asked.as_of, funds=sides.funds_of(asked)), "cleared")


def _calendar(rows: Rows, asked: Request) -> pd.DataFrame:
    """Paid inside the calendar years, against what arrived and was carried in, by the codes of now (``money.calendar``)."""
    how: dict[str, Any] = {"as_of": asked.as_of, "funds": sides.funds_of(asked)}
    units, _ = ledger.money_units(_of_all_kinds(asked), {sides.CALENDAR: INDICATORS["usage_rate"].bases[sides.CALENDAR][1]})
    paid = unmarked(tally.paid_in_years(rows.payments, asked.period, **how)).rename(columns={"paid": "amount"})
    held = sorted(year for year in paid["period"].unique() if len(year) == 4 and year.isdigit())
    reach = boundaries(rows.plain, asked.limits.period, covers=(asked.period, *held))
    paid = reach.spread(paid, ["amount"]).drop(columns="period").rename(columns={"paid_year": "period"}).assign(role=TOP, table="payments")
    came = [_arrived(rows, asked, "arrived")]
    carried = _given("allocations", tally.received(rows.of("allocations"), asked.period, **how), "carried_in")
    came.append(carried[carried["period"].eq(years(asked.period)[0])])
    there = asked.limits.spread(pd.concat(came, ignore_index=True).assign(role=BOTTOM), ["amount"])
    found = pd.concat([paid[paid["amount"].ne(0)], there], ignore_index=True)
    found = _counting(found, units.assign(counts=units["state"].eq("both")), asked.limits, ["period", "fund"])
    return found.assign(amount=found["amount"] / 100)


def _records(rows: Rows, asked: Request, indicator: str, basis: str) -> pd.DataFrame:
    """Projects, payments or listings that fulfil something, and those of which it is known."""
    table = {"voucher_rate": "payments", "matching_rate": "listings"}.get(indicator, "projects")
    marked = rows.payments if table == "payments" else rows.of(table)
    found = _of_basis(figures.records_of(replace(asked, dataset=marked), [indicator]), basis)
    units, _ = ledger.share_units(_of_their_time(asked), _of_basis(figures.records_of(asked, [indicator]), basis))
    if found.empty:
        return pd.DataFrame(columns=PIECE).astype({"area_code": "str", "amount": "float64"})
    silent = units.loc[units["not_reported"].eq(0), UNIT].assign(says_no=True)  # where the street records the matter, a blank says no
    found = unmarked(found).merge(silent, on=UNIT, how="left")
    below = found["base"] + found["silent"].where(found["says_no"].notna(), 0)
    parts = [found.assign(role=TOP, amount=found["yes"].astype("float64")), found.assign(role=BOTTOM, amount=below.astype("float64"))]
    every = pd.concat(parts, ignore_index=True).assign(table=table)
    every = asked.limits.spread(every[every["amount"].ne(0)], ["amount"])
    return every.assign(amount=every["amount"] / (100 if basis in figures.IN_FEN else 1))


def _of_basis(records: pd.DataFrame, basis: str) -> pd.DataFrame:
    return records[records["basis"] == basis] if len(records) else records


def _trained(rows: Rows, asked: Request) -> pd.DataFrame:
    """Communities, and the sessions by which each was reached."""
    units, _ = ledger.share_units(asked, figures.records_of(asked, ["training_coverage"]))
    held = unmarked(tally.sessions(rows.of("trainings"), asked.period))
    held = held[held["held_on"] <= asked.as_of]
    held = held.assign(area_code=asked.limits.move(held), role=TOP, table="trainings")
    areas = asked.limits.areas.reset_index(names="row").assign(role=BOTTOM, table="areas")
    parts = [held[held["area_code"].isin(units.loc[units["numerator"] > 0, "area_code"])],
             areas[areas["area_code"].isin(units.loc[units["denominator"] > 0, "area_code"])]]  # fmt: skip
    found = pd.concat([part[["role", "table", "row", "area_code"]] for part in parts], ignore_index=True)
    return found.assign(amount=1.0, key=found["area_code"])


def _inhabitants(rows: Rows, asked: Request, column: str) -> pd.DataFrame:
    found = tally.inhabitants(rows.of("populations"), asked.period, basis=str(rule(asked.dataset, "population_basis", "resident")))
    found = unmarked(found[found[column].notna()])
    return found.assign(role=BOTTOM, table="populations", amount=found[column])


def _attendance(rows: Rows, asked: Request, basis: str, column: str) -> pd.DataFrame:
    units, _ = ledger.attendance_units(_of_their_time(asked), {basis: column})
    came = unmarked(tally.attended(rows.of("events"), asked.period, as_of=asked.as_of)).assign(role=TOP, table="events")
    found = pd.concat([came[came["times"] > 0].rename(columns={"times": "amount"}), _inhabitants(rows, asked, column)], ignore_index=True)
    found = _counting(found, units.assign(counts=units["both"] > 0), asked.limits, ["period"])
    return asked.limits.spread(found, ["amount"])


def _registered(rows: Rows, asked: Request, key: str, column: str) -> pd.DataFrame:
    """Signatures of people, each counted once per area and year, and the inhabitants (``ledger.registered``)."""
    signed = unmarked(tally.people(rows.signatures, asked.period, key, as_of=asked.as_of)).assign(role=TOP, table="participants", amount=1.0)
    below = _inhabitants(rows, asked, column).assign(key="")
    came = signed.drop_duplicates(["area_code", "period", "key"]).groupby(["area_code", "period"], as_index=False)["amount"].sum()
    could = below.groupby(["area_code", "period"], as_index=False)["amount"].sum()
    parts = {"numerator": "came", "denominator": "could"}
    units = ledger.pair(came.rename(columns={"amount": "came"}), could.rename(columns={"amount": "could"}), asked.limits, ["period"], parts)
    found = _counting(pd.concat([signed, below], ignore_index=True), units.assign(counts=units["state"].eq("both")), asked.limits, ["period"])
    return found.assign(area_code=asked.limits.move(found), key=(found["period"] + " " + found["key"]).mask(found["key"].eq(""), ""))


def _waits(rows: Rows, asked: Request, basis: str) -> pd.DataFrame:
    """Projects with both dates in order."""
    found = unmarked(durations.waits(replace(asked, dataset=rows.of("projects")), [basis]))
    found = found[found["days"] >= 0]
    return found.assign(area_code=asked.limits.move(found), role=RECORD, table="projects", amount=1.0)


def answer_pieces(asked: Request, indicator: str, basis: str, level: str, found: opinions.Answers) -> pd.DataFrame:
    """Answers that count in the areas of a level, with their weights; in an area where there are none of them, counts of answers."""
    told = asked.dataset.responses
    place = told.index[told["period"].isin(years(asked.period))]
    at, areas = opinions.codes_at(asked, found, level)
    value, _ = opinions.question(found, indicator, basis)
    kept = (at >= 0) & np.isfinite(value) & ~(found.design.unweighted & (not found.simple))
    weight = np.ones(len(value)) if found.simple else found.design.weights
    given = pd.DataFrame({"table": "responses", "row": place[kept], "key": "", "area_code": areas[at[kept]]})
    parts = [given.assign(role=TOP, amount=(weight * value)[kept]), given.assign(role=BOTTOM, amount=weight[kept])]
    if indicator.startswith(counts.ITEM):
        stated = _level_counts(asked, indicator, basis, level)
        parts.append(stated[~stated["area_code"].isin(areas[np.unique(at[kept])])])
    every = pd.concat(parts, ignore_index=True)
    return every[every["amount"].ne(0) | (every["role"].eq(BOTTOM) & every["table"].eq("responses"))]


def _level_counts(asked: Request, indicator: str, basis: str, level: str) -> pd.DataFrame:
    """How many gave each answer, where only that is known; a row is found by its key."""
    unit = ["area_code", "period", "wave", "level"]
    table = asked.dataset.response_counts
    table = table[table["item"].eq(counts.ITEM)].reset_index(names="row")
    found = counts.at_level(asked, counts.counted(asked), level)
    found = found[found["right"]].merge(table[[*unit, "row"]], on=unit)
    value = counts.coded(found["level"].to_numpy(dtype="float64"), indicator, basis)
    times = found["count"].to_numpy(dtype="float64")
    given = found[["row"]].assign(table="response_counts", key="", area_code=found["at"])
    return pd.concat([given.assign(role=TOP, amount=value * times), given.assign(role=BOTTOM, amount=times)], ignore_index=True)
