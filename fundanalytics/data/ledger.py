"""The blocks that go through the door, and the book in which everything is written down that happens to them there.

Place in the flow: readers make a ``Grid`` of every block; mapping, intake and checks write what they refuse or find into one
``Ledger``. Nothing here reads a file or judges a cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import people, schema
from .workbook import address

if TYPE_CHECKING:
    from .mapping import Plan

WIDTH = 16_384  # columns of a sheet


@dataclass
class Grid:
    """A block as columns: row numbers of the sheet, and each sheet column's cells, from a workbook or a Parquet file.

    ``title`` stands above the block, ``book`` above the other blocks of the same file. ``parts`` are continuations (sheet, and the
    row that goes on a row of this block); their columns have an index from WIDTH, 2 WIDTH, … on.
    """

    file: str
    sheet: str
    title: str
    unit: str | None
    headings: list[Any]
    numbers: Sequence[int] | np.ndarray
    columns: dict[int, Any]
    totals: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    merged_amounts: list[str] = field(default_factory=list)
    book: str = ""
    street: str | None = None
    year: str | None = None
    hidden: bool = False
    hidden_rows: list[int] = field(default_factory=list)
    epoch: int = 1900
    heading_row: int = 0
    merged_rows: list[int] = field(default_factory=list)
    continues: bool = False
    parts: list[tuple[str, dict[int, int]]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.numbers)

    def cell(self, number: int, index: int) -> str:
        """The address of a cell, with its sheet ("续表!C5") where that is another."""
        part, column = divmod(index, WIDTH)
        if not part:
            return address(number, column)
        sheet, rows = self.parts[part - 1]
        at = address(rows.get(number, number), column)
        return at if sheet == self.sheet else f"{sheet}!{at}"


@dataclass
class Ledger:
    """What was refused, what was found, and the sums read, for a whole load."""

    refused: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    sums: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    blocks: list[dict[str, Any]] = field(default_factory=list)
    places: dict[tuple[str, str, str], list[tuple[Grid, dict[str, int]]]] = field(default_factory=dict)

    def see(self, grid: Grid, plan: Plan | None) -> None:
        """Write down how a block is understood, and where its columns stand."""
        first, last = (int(grid.numbers[0]), int(grid.numbers[-1])) if len(grid) else (0, 0)
        at = {name: source.index[0] for name, source in plan.sources.items() if source.index} if plan else {}
        if plan:
            self.places.setdefault((grid.file, grid.sheet, plan.table), []).append((grid, at))
        names = {h.index: people.masked(str(h.text)) for h in grid.headings}
        taken = plan.used if plan else frozenset()
        self.blocks.append({
            "file": grid.file, "sheet": grid.sheet, "first_row": first, "last_row": last, "table": plan.table if plan else "", "title": shown(grid.title),
            "unit": grid.unit or "", "columns": "；".join(f"{names.get(i, '')} → {name}" for name, i in at.items()),
            "unused": "；".join(text for i, text in names.items() if i not in taken and text), "rows": len(grid), "totals": len(grid.totals),
            "hidden": grid.hidden, "hidden_rows": len(grid.hidden_rows),
        })  # fmt: skip

    def cell_of(self, table: str, column: str, row: Any) -> str:
        """The address of a kept row's cell ("G7"); the whole row ("7:7") where the value does not stand in a column."""
        number = int(row["source_row"])
        for grid, at in self.places.get((row["source_file"], row["source_sheet"], table), ()):
            if column in at and len(grid) and grid.numbers[0] <= number <= grid.numbers[-1]:
                return grid.cell(number, at[column])
        return f"{number}:{number}"

    def refuse(self, grid: Grid, row: int, rule: str, *, table: str, column: str, scope: str, cell: str = "", found: object = "", expected: str = "") -> None:
        """One refused cell (``scope`` "cell"), or a refused row by the cell that refused it ("row")."""
        place = {"file": grid.file, "sheet": grid.sheet, "row": row, "cell": cell, "table": table, "column": column}
        told = {"found": shown(found), "rule": rule, "expected": expected, "scope": scope, "amount": None}
        self.refused.append(place | told | {"area_code": grid.street, "period": grid.year, "project_id": None})

    def complete(self, grid: Grid, table: str, rows: pd.DataFrame, *, since: int = 0) -> None:
        """Write beside each refused row of a block what is known of it: amounts, area, year, project; ``since``: the first refusal of these rows."""
        if rows.empty:
            return
        money = [c.name for c in schema.TABLES[table].columns if c.kind == "money"]
        known = rows.assign(amount=rows[money].sum(axis=1) if money else None).set_index("source_row")
        known = known[[c for c in ("amount", "area_code", "period", "project_id") if c in known]].astype("object")
        facts = known.to_dict("index")
        for told in self.refused[since:]:
            if told["scope"] == "row" and (told["file"], told["sheet"], told["table"]) == (grid.file, grid.sheet, table):
                told |= {name: value for name, value in facts.get(told["row"], {}).items() if pd.notna(value)}

    def find(self, grid: Grid, code: str, *, table: str = "", column: str = "", cell: str = "", **facts: object) -> None:
        """Something kept that must be known; ``facts`` are found, expected, detail."""
        told = {name: shown(facts.get(name)) for name in ("found", "expected", "detail")}
        self.findings.append({"file": grid.file, "sheet": grid.sheet, "cell": cell, "table": table, "column": column, "code": code} | told)


def shown(value: object) -> str:
    """Text as it may be shown: nobody's own numbers in it, and not endless."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # as the sheet shows it
    text = "" if value is None else people.masked(str(value))
    return text if len(text) <= 120 else text[:117] + "…"


def to_fen(values: pd.Series) -> np.ndarray:
    """Whole 分 as int64; blank is 0."""
    return np.rint(values.fillna(0.0).to_numpy("float64") * 100).astype("int64")
