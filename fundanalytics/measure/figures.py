"""Which count or estimate gives the numbers of which indicator.

Place in the flow: between the definitions and the parts that count (``ledger`` from ``tally``, ``works`` and ``registers``; ``durations``)
or estimate (``opinions``). It knows names and computes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import narwhals as nw
import pandas as pd

from ..data.dataset import Dataset
from ..errors import ArgumentError, check_option
from ..kept import kept
from . import durations, ledger, opinions, registers, works
from .definitions import INDICATORS
from .ledger import AREA
from .request import NUMBERS, Request, Subset, is_assumed, joined, request, rows

MONEY = ("usage_rate", "sediment_rate", "cost_per_project")
REGISTERS = {"residents": "person_key", "households": "household_key"}
IN_FEN = ("payments_amount", "listings_amount", "self_raised/budget")
REGISTERED = {"voucher_rate": works.vouchers, "training_coverage": registers.trained, "matching_rate": registers.matched}
RECORDS = (*works.COUNTED, *REGISTERED)  # shares of records
WIDE = ("matching_rate",)  # recorded by one office for the whole district
RULED = {"sourcing_compliance_rate": ("sourcing", "sourcing_own_work")}  # entries of the rule book that an indicator judges by


def last_period(dataset: Dataset, indicator: str) -> str:
    """The last fund year with records for an indicator; ``ArgumentError`` when there are none in any table."""
    names = [*INDICATORS[indicator].records, *(n for n, t in dataset.tables.items() if "period" in t.columns and n != "published")]
    for name in names:
        known = _years_held(dataset, name)
        if len(known):
            return max(known)
    raise ArgumentError("no_data_for_period", found="None", expected="–")


def _years_held(dataset: Dataset, name: str) -> list[str]:
    if name not in dataset.tables:
        return []
    table = nw.from_native(dataset.tables[name])
    year = nw.col("held_on").dt.to_string("%Y").alias("period") if name == "trainings" else nw.col("period")
    found = table.select(year).filter(~nw.col("period").is_null()).unique()
    found = found.collect() if isinstance(found, nw.LazyFrame) else found
    return [y for y in found["period"].to_list() if len(y) == 4 and y.isdigit()]


def records_of(asked: Request, names: Sequence[str]) -> pd.DataFrame:
    """Counts of records behind the shares of some indicators, as ``ledger.share_units`` takes them."""
    judged = [name for name in names if name in works.COUNTED]
    found = [works.judged(asked, judged)] if judged else []
    found += [make(asked) for name, make in REGISTERED.items() if name in names]
    found = [part for part in found if len(part)]
    if not found:
        return pd.DataFrame()
    records = pd.concat(found, ignore_index=True)
    return records.assign(fund=(records["fund"] if "fund" in records else pd.Series(index=records.index, dtype="str")).fillna(""),
                          wide=records["indicator"].isin(WIDE))  # fmt: skip


def units(asked: Request, indicator: str, basis: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The units that a full count adds up, by the codes of the asked edition, and the marks of areas that lack something.

    Units: ``area_code``, ``numerator``, ``denominator``, ``n`` and a count per state of ``ledger.STATES``. Marks: ``level``, ``area_code``,
    ``mark``. Not for distinct people, medians or survey estimates, which are no sums over areas.
    """
    below = INDICATORS[indicator].bases[basis][1]
    if indicator in MONEY:
        found, marks = ledger.money_units(asked, {basis: below})
        return ledger.marked(found), marks
    if indicator == "participation_intensity":
        return ledger.attendance_units(asked, {basis: below})
    records = records_of(asked, [indicator])
    return ledger.share_units(asked, records[records["basis"] == basis] if len(records) else records)


def numbers(asked: Request, wanted: Mapping[str, Sequence[str]], answers: opinions.Answers | None = None) -> pd.DataFrame:
    """Numbers of some indicators, each on some bases, per level and area, in the columns that ``rows`` takes."""
    kept = pd.DataFrame([(name, basis) for name, bases in wanted.items() for basis in bases], columns=["indicator", "basis"], dtype="str")
    counted = {name: {b: INDICATORS[name].bases[b][1] for b in bases if b not in INDICATORS[name].surveyed} for name, bases in wanted.items()}
    told = {name: [b for b in bases if b in INDICATORS[name].surveyed] for name, bases in wanted.items()}
    parts = [_money(asked, {name: bases for name, bases in counted.items() if name in MONEY})]
    parts.append(_shares(asked, [name for name in wanted if name in RECORDS]))
    parts += [_people(asked, name, counted[name]).assign(indicator=name) for name in ("participation_rate", "participation_intensity") if counted.get(name)]
    if "process_days" in wanted:
        parts.append(durations.median_days(asked, wanted["process_days"]).assign(indicator="process_days"))
    if any(told.values()):
        answers = answers or opinions.answers(asked)
        parts += [opinions.estimated(asked, answers, name, bases).assign(indicator=name) for name, bases in told.items() if bases]
    found = pd.concat([part for part in parts if len(part)] or [kept], ignore_index=True).merge(kept, on=["indicator", "basis"], how="right")
    found = found.assign(unit=found["indicator"].map({name: made.unit for name, made in INDICATORS.items()}))
    return found.reindex(columns=["indicator", "basis", "unit", *AREA, *NUMBERS, "method", "note"]).astype(dict.fromkeys((*AREA, "method", "note"), "str"))


def _money(asked: Request, wanted: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """Money's rates of several indicators from the same sums."""
    of = {basis: name for name, bases in wanted.items() for basis in bases}
    if not of:
        return pd.DataFrame()
    found = ledger.money(asked, {basis: below for bases in wanted.values() for basis, below in bases.items()})
    return found.assign(indicator=found["basis"].map(of))


def _shares(asked: Request, names: Sequence[str]) -> pd.DataFrame:
    """Shares of records."""
    if not names:
        return pd.DataFrame()
    found = ledger.shares(asked, records_of(asked, names), in_fen=IN_FEN)
    assumed = [name for name, rules in RULED.items() if any(is_assumed(asked.dataset, key) for key in rules)]
    hit = found["indicator"].isin(assumed) & found["value"].notna()
    return found.assign(note=found["note"].where(~hit, found["note"].map(lambda text: joined(text, "assumed_rule"))))


def _people(asked: Request, indicator: str, below: Mapping[str, str]) -> pd.DataFrame:
    """People and attendances against inhabitants."""
    if indicator == "participation_intensity":
        return ledger.attendance(asked, dict(below))
    return pd.concat([ledger.registered(asked, REGISTERS[basis], column).assign(basis=basis) for basis, column in below.items()], ignore_index=True)


@kept
def one(dataset: Dataset, indicator: str, by: str | Sequence[str], period: str | None, subset: Subset | None, as_of: object, basis: str,
        confidence: float) -> pd.DataFrame:  # fmt: skip
    """The indicator table of one indicator on one basis."""
    made = INDICATORS[indicator]
    check_option("basis", basis, made.bases)
    subsets = tuple(s for s in made.subsets if s != "wave" or basis in made.surveyed)
    asked = request(dataset, by=by, period=period or last_period(dataset, indicator), subset=subset, as_of=as_of, confidence=confidence, subsets=subsets)
    return rows(asked, numbers(asked, {indicator: [basis]}))
