"""Amounts that exceed what they are part of: paid above contract, contract above budget, paid above what arrived.

Part of ``cross``. All sums are in whole 分. An amount written as 3.57 万元 may be 50 yuan away from the true one, so a difference
counts only beyond half of the last digit that its sheet writes, and beyond ``paid_slack`` of the rule book.
"""

from __future__ import annotations

import numpy as np

from .areas import LEVELS
from .cross_findings import Book, cells, home_of, places, tell, yuan
from .ledger import to_fen

_KEY = ("area_code", "period", "fund")


NEVER_NEGATIVE = {"allocations": ("quota", "arrived", "carried_in"), "projects": ("budget", "contract_amount", "self_raised")}  # a payment may be taken back


def check_money(book: Book) -> None:
    """Paid, contract and budget of each project; paid and arrived of each area, year and fund."""
    slack = round(float(book.value("paid_slack")) * 100)
    for table, columns in NEVER_NEGATIVE.items():
        for column in columns if book.has(table) else ():
            rows = book.tables[table][book.tables[table][column] < 0]
            tell(book.ledger, table, rows, column, "negative_amount", found=yuan(to_fen(rows[column])))
    if not book.has("projects"):
        return
    if book.has("payments"):
        _paid(book, slack)
        if book.has("allocations"):
            _arrived(book, slack)
    _contract(book, slack)


def _paid(book: Book, slack: int) -> None:
    """A project's payments above its contract, or above budget and own money where there is no contract."""
    projects, payments, codes = book.tables["projects"], book.tables["payments"], book.project_of
    mine = codes >= 0
    paid, loose = (np.bincount(codes[mine], fen[mine], len(projects)) for fen in (to_fen(payments["amount"]), book.step("payments", "amount") // 2))
    contract, budget = projects["contract_amount"], projects["budget"]
    limits = (("contract_amount", "paid_above_contract", contract.notna(), to_fen(contract)),
              ("budget", "paid_above_budget", contract.isna() & budget.notna(), to_fen(budget) + to_fen(projects["self_raised"])))  # fmt: skip
    for column, code, given, limit in limits:
        above = given.to_numpy() & (paid > 0) & (paid > limit + slack + loose + book.step("projects", column) // 2)
        if above.any():
            rows = projects[above]
            theirs = np.flatnonzero(np.isin(codes, np.flatnonzero(above)))
            parts = dict(tuple(payments.iloc[theirs].groupby(codes[theirs])))
            own = [parts[i] for i in np.flatnonzero(above)]
            detail = [cells(book.ledger, "payments", "amount", part, home_of(row)) for row, part in zip(places(rows), own, strict=True)]
            stated = to_fen(projects[column])
            least = yuan((paid - (limit - stated))[above])  # what the cell would have to say
            tell(book.ledger, "projects", rows, column, code, found=yuan(stated[above]), expected=["≥ " + y for y in least], detail=detail)


def _contract(book: Book, slack: int) -> None:
    """A contract above the budget and what residents added to it."""
    projects = book.tables["projects"]
    contract, limit = to_fen(projects["contract_amount"]), to_fen(projects["budget"]) + to_fen(projects["self_raised"])
    both = (projects["contract_amount"].notna() & projects["budget"].notna()).to_numpy()
    loose = (book.step("projects", "contract_amount") + book.step("projects", "budget")) // 2
    above = both & (contract > limit + slack + loose)
    if above.any():
        rows = projects[above]
        detail = ["budget " + cells(book.ledger, "projects", "budget", rows.iloc[[i]], home_of(row)) for i, row in enumerate(places(rows))]
        told = {"found": yuan(contract[above]), "expected": ["≤ " + y for y in yuan(limit[above])], "detail": detail}
        tell(book.ledger, "projects", rows, "contract_amount", "contract_above_budget", **told)


def _arrived(book: Book, slack: int) -> None:
    """Payments of an area's projects of a year and fund above what arrived and was carried in; told at the area that has the money."""
    allocations, projects, areas = book.tables["allocations"], book.tables["projects"], book.tables["areas"]
    codes, mine = book.project_of, book.project_of >= 0
    fen, loose = to_fen(book.tables["payments"]["amount"]), book.step("payments", "amount") // 2
    paid, slacks, count = (np.bincount(codes[mine], what[mine], len(projects)) for what in (fen, loose, np.ones(len(fen))))
    funded = {key: i for i, key in enumerate(zip(*(allocations[c].tolist() for c in _KEY), strict=True))}
    parent = dict(zip(areas["area_code"], areas["parent_code"], strict=True))
    at = []
    for area, *rest in zip(*(projects[c].tolist() for c in _KEY), strict=True):
        for _ in LEVELS[1:]:
            area = area if (area, *rest) in funded else parent.get(area, area)
        at.append(funded.get((area, *rest), -1))
    to = np.array(at)
    sums, slacks, count = (np.bincount(to[to >= 0], what[to >= 0], len(allocations)) for what in (paid, slacks, count))
    limit = to_fen(allocations["arrived"]) + to_fen(allocations["carried_in"])
    above = allocations["arrived"].notna().to_numpy() & (sums > limit + slack + slacks + book.step("allocations", "arrived") // 2)
    if above.any():
        rows = allocations[above]
        detail = [f"{a} {p} {f} × {int(c)}" for a, p, f, c in zip(*(rows[c] for c in _KEY), count[above], strict=True)]
        told = {"found": yuan(sums[above]), "expected": ["≤ " + y for y in yuan(limit[above])], "detail": detail}
        tell(book.ledger, "allocations", rows, "arrived", "paid_above_arrived", **told)
