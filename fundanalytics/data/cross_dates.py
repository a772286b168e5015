"""Dates that cannot be as they stand: far from their fund year, or before what comes first; payments before the resolution.

Part of ``cross``. A project is proposed, resolved, contracted, started, finished, accepted. Of several dates that contradict each
other the one is named that contradicts most of the rest; of two, the later step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from . import schema
from .cross_findings import Book, cells, home_of, places, tell

if TYPE_CHECKING:
    from .ledger import Ledger

CHAINS: dict[str, tuple[tuple[str, ...], ...]] = {
    "projects": (("proposed_on", "resolved_on", "contracted_on", "started_on", "finished_on", "accepted_on"), ("repair_asked_on", "repaired_on")),
    "listings": (("published_on", "matched_on"),),
    "rectifications": (("found_on", "done_on"), ("found_on", "due_on")),
    "allocations": (("arrived_on", "cleared_on"),),
    "areas": (("valid_from", "valid_to"),),
}
_ANY_YEAR = frozenset({"as_of"})  # a state of affairs may be told years later
_DAY = "%Y-%m-%d"


def check_dates(book: Book) -> None:
    """Dates far from the fund year; what is left of them in the wrong order; payments before the resolution."""
    sound = {name: _near(name, rows, book) for name, rows in book.tables.items()}
    for name, chains in CHAINS.items():
        for chain in chains if name in sound else ():
            _order(name, sound[name], chain, book.ledger)
    if book.has("payments", "projects"):
        _before_resolution(sound["payments"], sound["projects"], book)


def _near(name: str, rows: pd.DataFrame, book: Book) -> pd.DataFrame:
    """``rows`` without the dates that lie years away from their period; those are found."""
    dates = [c.name for c in schema.TABLES[name].columns if c.kind == "date" and c.name not in _ANY_YEAR]
    if not len(rows) or not dates or "period" not in rows:
        return rows
    fund_year = pd.to_numeric(rows["period"], errors="coerce").to_numpy("float64")
    if name == "payments" and book.has("projects"):
        years = pd.to_numeric(book.tables["projects"]["period"], errors="coerce").to_numpy("float64")
        fund_year = np.where(book.project_of >= 0, years[book.project_of], np.nan)
    before, after = book.value("date_far")
    for column in dates:
        year = rows[column].dt.year.to_numpy("float64")
        away = (year < fund_year - before) | (year > fund_year + after)
        if away.any():
            bad, of = rows[away], fund_year[away].astype("int64")
            expected = [f"{y - before}–{y + after}" for y in of]
            tell(book.ledger, name, bad, column, "date_far_from_period", found=bad[column].dt.strftime(_DAY), expected=expected, detail=[str(y) for y in of])
            rows = rows.assign(**{column: rows[column].mask(away)})
    return rows


def _order(name: str, rows: pd.DataFrame, chain: tuple[str, ...], ledger: Ledger) -> None:
    """Of each row whose steps are in the wrong order, the dates to look at."""
    days = np.column_stack([rows[c].to_numpy("datetime64[s]").astype("int64") for c in chain]).astype("float64")
    days[days == np.iinfo("int64").min] = np.nan
    highest = np.fmax.accumulate(days, axis=1)
    at = np.flatnonzero((days < highest).any(axis=1))
    rows, days = rows.iloc[at], days[at]
    while len(rows):
        before = np.triu(days[:, :, None] > days[:, None, :], 1)  # step i stands before step j, and its date after it
        against = before.sum(axis=1) + before.sum(axis=2)
        left = against.any(axis=1)
        rows, days, before, against = rows[left], days[left], before[left], against[left]
        blamed = len(chain) - 1 - np.argmax(against[:, ::-1], axis=1)
        for j, column in enumerate(chain):
            _told(name, rows[blamed == j], chain, j, before[blamed == j], ledger, column)
        days[np.arange(len(rows)), blamed] = np.nan


def _told(name: str, rows: pd.DataFrame, chain: tuple[str, ...], j: int, before: np.ndarray, ledger: Ledger, column: str) -> None:
    """The findings of one column: its date, and the nearest date that contradicts it."""
    if not len(rows):
        return
    earlier, later = before[:, :, j], before[:, j, :]
    after_it = np.logical_not(earlier.any(axis=1))
    other = np.where(after_it, np.argmax(later, axis=1), len(chain) - 1 - np.argmax(earlier[:, ::-1], axis=1))
    expected, detail, code = [], [], []
    for k, row, late in zip(other.tolist(), rows.to_dict("records"), after_it.tolist(), strict=True):
        expected.append(f"{'≤' if late else '≥'} {row[chain[k]]:{_DAY}}")
        detail.append(f"{chain[k]} {ledger.cell_of(name, chain[k], row)}")
        code.append("contracted_before_resolution" if (column, chain[k]) == ("contracted_on", "resolved_on") else "dates_out_of_order")
    found = rows[column].dt.strftime(_DAY)
    for one in dict.fromkeys(code):
        of = np.array(code) == one
        tell(ledger, name, rows[of], column, one, found=found[of], expected=np.array(expected)[of], detail=np.array(detail)[of])


def _before_resolution(payments: pd.DataFrame, projects: pd.DataFrame, book: Book) -> None:
    paid, resolved = (rows[c].to_numpy("datetime64[s]") for rows, c in ((payments, "paid_on"), (projects, "resolved_on")))
    due = np.where(book.project_of >= 0, resolved[book.project_of], np.datetime64("NaT"))
    at = np.flatnonzero(paid < due)
    if len(at):
        bad, place = payments.iloc[at], projects.iloc[book.project_of[at]]
        detail = ["resolved_on " + cells(book.ledger, "projects", "resolved_on", place.iloc[[i]], home_of(row)) for i, row in enumerate(places(bad))]
        found, expected = bad["paid_on"].dt.strftime(_DAY), "≥ " + place["resolved_on"].dt.strftime(_DAY)
        tell(book.ledger, "payments", bad, "paid_on", "paid_before_resolution", found=found, expected=expected, detail=detail)
