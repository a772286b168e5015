"""A report that repeats an earlier one: the December sheet with June's rows under new numbers, or with the dates moved.

Part of ``cross``. The same row under the same key was met by ``checks`` already. Here rows count as the same when what they say is
the same although their key differs: for a payment, project, amount and day. With the day left out as well, two sheets are alike
only if nearly all of their rows are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .cross_findings import Book, cells, home_of, write

if TYPE_CHECKING:
    from .ledger import Ledger

# table: what makes two rows the same; the day, which may have been moved; whether rows may be the same without the day
SAME: dict[str, tuple[tuple[str, ...], str, bool]] = {
    "payments": (("project_id", "amount"), "paid_on", True),
    "projects": (("area_code", "fund", "name", "budget", "contract_amount"), "resolved_on", True),
    "events": (("area_code", "step", "persons", "person_times"), "held_on", True),
    "notices": (("area_code", "project_id", "step", "channel", "reach"), "published_on", True),
    "trainings": (("area_code", "topic", "attendees"), "held_on", True),
    "listings": (("area_code", "title", "amount"), "published_on", True),
    "allocations": (("area_code", "fund", "quota", "arrived"), "arrived_on", False),  # a quota may stay as it was
    "populations": (("area_code", "basis", "persons", "households"), "", True),
}
FEW, MORE = 5, 10  # rows alike that are needed: with the day, and without it
ALMOST_ALL = 0.8  # of the rows, without the day


def check_repeats(book: Book) -> None:
    """Sheets of which a good part stands in another sheet already."""
    share = float(book.value("repeated_share"))
    for name, (same, day, without) in SAME.items():
        if not book.has(name) or not book.sheets(name).any():
            continue
        rows = book.tables[name]
        codes = _by_age(rows, day, book.sheets(name))
        told = _alike(name, rows, [*same, day], codes, FEW, share, book.ledger, set()) if day else set()
        if without:
            _alike(name, rows, [*same], codes, MORE, ALMOST_ALL, book.ledger, told)


def _by_age(rows: pd.DataFrame, day: str, codes: np.ndarray) -> np.ndarray:
    """The sheets numbered anew, the latest report last: by its last day, then by its length (December holds June and more)."""
    size = np.bincount(codes)
    last = np.full(len(size), np.iinfo("int64").min)
    if day:
        np.maximum.at(last, codes, rows[day].to_numpy("datetime64[s]").astype("int64"))
    return np.argsort(np.lexsort((size, last)))[codes]


def _alike(
    name: str, rows: pd.DataFrame, columns: list[str], codes: np.ndarray, few: int, share: float, ledger: Ledger, told: set[tuple[int, int]]
) -> set[tuple[int, int]]:
    """Pairs of sheets of whose smaller one ``share`` or more stands in the other; rows of which little is known do not count."""
    place = np.flatnonzero(rows[columns].notna().sum(axis=1).to_numpy() >= min(3, len(columns)))
    content = pd.util.hash_pandas_object(rows[columns], index=False).to_numpy()[place]
    found = pd.DataFrame({"at": place, "sheet": codes[place], "content": content}).drop_duplicates(["sheet", "content"])
    sizes = np.bincount(found["sheet"], minlength=codes.max() + 1)
    found = found[found.duplicated("content", keep=False)].sort_values(["content", "sheet"], kind="stable")
    if found.empty:
        return set()
    first = found.groupby("content")[["sheet", "at"]].transform("first")
    pairs = found.assign(first=first["sheet"], other=first["at"])[found["sheet"] != first["sheet"]]
    alike = set()
    for (earlier, later), part in pairs.groupby(["first", "sheet"]):
        smaller, pair = min(sizes[earlier], sizes[later]), (int(earlier), int(later))
        if len(part) < max(few, share * smaller) or pair in told:
            continue
        alike.add(pair)
        part = part.sort_values("at")
        now, then = rows.iloc[part["at"].iloc[:1]], rows.iloc[part["other"].iloc[:1]]
        home = home_of(now.iloc[0])
        cell, other = cells(ledger, name, columns[-1], now, home), cells(ledger, name, columns[-1], then, home)
        write(ledger, "repeated_report", home, cell, name, ";".join(columns), f"× {len(part)}", f"{len(part) / smaller:.0%}", other)
    return alike
