"""How a contradiction between rows is written down: the cell to look at, what stands there, what was expected, the other cells.

Part of ``cross``. A check hands over rows of one table; each becomes one finding, up to ``MANY`` of a kind in one sheet: beyond
that one more finding says how many there are.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .ledger import to_fen

if TYPE_CHECKING:
    from .ledger import Ledger

MANY = 100
NAMED = 5  # other cells that a finding names
STEPS = (10, 100, 1_000, 10_000)  # 分: amounts written to the 角, to the yuan, to ten yuan, and 万元 with two decimals


@dataclass
class Book:
    """What every check works on: the tables, the rule book, where findings go, and what several checks need."""

    tables: dict[str, pd.DataFrame]
    rules: dict[str, Any]
    ledger: Ledger
    codes: dict[str, np.ndarray] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        return all(name in self.tables and len(self.tables[name]) for name in names)

    def value(self, name: str) -> Any:
        """The value of an entry of the rule book."""
        entry = self.rules[name]
        return entry["value"] if isinstance(entry, dict) else entry

    def sheets(self, table: str) -> np.ndarray:
        """A number for the sheet of each row, in the order in which the sheets come."""
        if table not in self.codes:
            rows = self.tables[table]
            files, sheets = (pd.factorize(rows[c])[0].astype("int64") for c in ("source_file", "source_sheet"))
            self.codes[table] = pd.factorize(files * (sheets.max() + 2) + sheets)[0]
        return self.codes[table]

    @cached_property
    def project_of(self) -> np.ndarray:
        """For each payment the position of its project, -1 where there is none."""
        if not self.has("payments", "projects"):
            return np.full(len(self.tables.get("payments", ())), -1)
        return pd.Index(self.tables["projects"]["project_id"]).get_indexer(self.tables["payments"]["project_id"])

    def step(self, table: str, column: str) -> np.ndarray:
        """In 分, how finely the sheet of each row writes ``column``: 10,000 where every amount is a multiple of 100 yuan."""
        fen, codes = to_fen(self.tables[table][column]), self.sheets(table)
        steps = np.ones(codes.max(initial=-1) + 1, dtype="int64")
        for step in STEPS:
            steps[np.bincount(codes, fen % step != 0, len(steps)) == 0] = step
        return steps[codes]


def tell(ledger: Ledger, table: str, rows: pd.DataFrame, column: str, code: str, *, found: Any, expected: Any = "", detail: Any = "") -> None:
    """One finding for each of ``rows``; ``found``, ``expected``, ``detail`` are texts, one for all or one each."""
    texts = [[t] * len(rows) if isinstance(t, str) else list(t) for t in (found, expected, detail)]
    seen: Counter[tuple[str, str]] = Counter()
    for row, *told in zip(places(rows), *texts, strict=True):
        sheet = (row["source_file"], row["source_sheet"])
        seen[sheet] += 1
        if seen[sheet] <= MANY:
            write(ledger, code, sheet, ledger.cell_of(table, column, row), table, column, *told)
    for sheet, count in seen.items():
        if count > MANY:
            write(ledger, code, sheet, "", table, column, f"× {count}", "", "")


def write(ledger: Ledger, code: str, sheet: tuple[str, str], cell: str, table: str, column: str, found: str, expected: str, detail: str) -> None:
    """One finding."""
    ledger.findings.append({
        "file": sheet[0], "sheet": sheet[1], "cell": cell, "table": table, "column": column, "code": code, "found": found, "expected": expected,
        "detail": detail,
    })  # fmt: skip


def places(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return rows[["source_file", "source_sheet", "source_row"]].to_dict("records")


def cells(ledger: Ledger, table: str, column: str, rows: pd.DataFrame, home: tuple[str, str]) -> str:
    """Where ``rows`` stand, as seen from the sheet ``home``: C5, 支付明细!C5, or with the file before it."""
    told = []
    for row in places(rows.head(NAMED)):
        cell = ledger.cell_of(table, column, row)
        file, sheet = row["source_file"], row["source_sheet"]
        cell = cell if (file, sheet) == home else f"{sheet}!{cell}"
        told.append(cell if file == home[0] else f"{file} {cell}")
    return "、".join(told) + ("…" if len(rows) > NAMED else "")


def home_of(row: Any) -> tuple[str, str]:
    return row["source_file"], row["source_sheet"]


def yuan(fen: Any) -> list[str]:
    """Whole 分 as amounts in yuan."""
    return [f"{int(f) / 100:.2f}" for f in fen]
