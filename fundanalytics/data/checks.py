"""Checks between rows: the same key twice, references that lead nowhere, parents, totals that do not foot.

Each takes the rows of one table and returns those that stay; what does not stay goes to the ledger with its amounts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from . import parse, schema
from .intake import Grid, Ledger, to_fen
from .mapping import Plan
from .schema import TRACE
from .workbook import UNIT_FACTORS, address

# table: column that must exist as the key of another table
REFERENCES = {"payments": ("project_id", "projects"), "participants": ("event_id", "events"), "panel_scores": ("project_id", "projects")}


def refuse_rows(rows: pd.DataFrame, table: str, column: str, rule: str, expected: pd.Series | str, ledger: Ledger) -> None:
    """Whole rows that were taken in and now go out again: refused, with their amounts, and counted."""
    money = [c.name for c in schema.TABLES[table].columns if c.kind == "money"]
    seen = rows[column] if column in rows else pd.Series("", index=rows.index)
    told = expected if isinstance(expected, pd.Series) else pd.Series(expected, index=rows.index)
    for i, row in rows.iterrows():
        amount = float(row[money].fillna(0).sum()) if money else None
        ledger.refused.append({"file": row["source_file"], "sheet": row["source_sheet"], "row": row["source_row"], "cell": "", "table": table, "column": column,
                               "found": str(seen[i]), "rule": rule, "expected": str(told[i]), "scope": "row", "amount": amount})  # fmt: skip
    for (file, sheet), part in rows.groupby(["source_file", "source_sheet"], sort=False):
        place = {"file": file, "sheet": sheet, "table": table}
        ledger.rows.append(place | {"read": 0, "refused": len(part)})
        for name in money:
            if part[name].notna().any():
                ledger.sums.append(place | {"column": name, "read": 0, "refused": int(to_fen(part[name]).sum())})


def _place(row: pd.Series) -> dict[str, str]:
    return {"file": row["source_file"], "sheet": row["source_sheet"], "cell": f"{row['source_row']}:{row['source_row']}"}


def _trace(row: pd.Series) -> str:
    return f"{row['source_file']} {row['source_sheet']} {row['source_row']}"


def drop_duplicates(rows: pd.DataFrame, table: str, ledger: Ledger) -> pd.DataFrame:
    """The same content twice: the first is kept. The same key with different content: all are refused. Both are found."""
    key = [k for k in schema.TABLES[table].key if k in rows]
    again = rows.duplicated(key, keep=False)
    if not again.any():
        return rows
    content = [c for c in rows.columns if c not in TRACE]
    out = pd.Series("", index=rows.index)
    first: dict[Any, Any] = {}
    for _, group in rows[again].groupby(key, sort=False, dropna=False):
        same = len(group[content].drop_duplicates()) == 1
        out[group.index[1:] if same else group.index] = "duplicate_row" if same else "duplicate_key"
        if same:
            first.update(dict.fromkeys(group.index[1:], group.iloc[0]))
        other, head = group.iloc[1], group.iloc[0]
        differ = ";".join(c for c in content if not group[c].isna().all() and group[c].nunique(dropna=False) > 1)
        told = {"found": " ".join(str(head[k]) for k in key), "expected": "", "detail": _trace(head)}
        ledger.findings.append(_place(other) | {"table": table, "column": differ or ";".join(key), "code": "duplicate_row" if same else "duplicate_key"} | told)
    for rule in ("duplicate_row", "duplicate_key"):
        gone = rows[out == rule]
        if len(gone):
            kept_at = pd.Series({i: _trace(first[i]) if i in first else "" for i in gone.index})
            refuse_rows(gone, table, key[0], rule, kept_at, ledger)
    return rows[out == ""].reset_index(drop=True)


def check_references(tables: dict[str, pd.DataFrame], ledger: Ledger) -> None:
    """Rows that belong to a project or event that is not there are refused: they have no area and no fund."""
    for table, (column, other) in REFERENCES.items():
        if table in tables and len(tables[table]):
            rows = tables[table]
            known = tables[other][column] if other in tables else pd.Series(dtype="str")
            lost = ~rows[column].isin(known)
            if lost.any():
                refuse_rows(rows[lost], table, column, f"unknown_{other.rstrip('s')}", "", ledger)
                tables[table] = rows[~lost].reset_index(drop=True)


def check_parents(areas: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Below the top level an area needs a parent that exists."""
    orphan = (areas["level"] != "district") & ~areas["parent_code"].isin(areas["area_code"])
    if orphan.any():
        refuse_rows(areas[orphan], "areas", "parent_code", "unknown_area", "", ledger)
    return areas[~orphan].reset_index(drop=True)


def check_totals(grid: Grid, plan: Plan, ledger: Ledger) -> None:
    """合计 and 小计 rows against their details; a difference beyond rounding is found, and never added in."""
    sums = [t for t in grid.totals if t.kind == "sum"]
    if not sums or plan.missing:
        return
    numbers = np.asarray(grid.numbers)
    marks = sorted(t.number for t in sums)
    position = {h.index: place for place, h in enumerate(grid.headings)}
    for name, source in plan.sources.items():
        column = next((c for c in schema.TABLES[plan.table].columns if c.name == name and c.kind in ("money", "count")), None)
        if column is None or not source.index or source.index[0] not in position:
            continue
        at = source.index[0]
        factor = UNIT_FACTORS.get(source.unit or grid.unit or "元", 1) if column.kind == "money" else 1
        cells = [parse.parse_number(c) for c in grid.columns[at]]
        values = np.array([p.value if isinstance(p.value, int | float) else 0.0 for p in cells], dtype="float64")
        step = 10.0 ** -max((_decimals(c) for c in grid.columns[at]), default=0)
        for total in sums:
            stated = parse.parse_number(total.cells[position[at]]).value
            if not isinstance(stated, int | float):
                continue
            spans = _spans(numbers, total, marks)
            fits = [abs(values[span].sum() - stated) <= _slack(int(span.sum())) * step + 1e-9 for span in spans]
            if not any(fits):
                got = values[spans[0]].sum() * factor
                told = {"found": f"{stated * factor:.2f}", "expected": f"{got:.2f}", "detail": f"{stated * factor - got:.2f}"}
                ledger.find(grid, "total_differs", table=plan.table, column=name, cell=address(total.number, at), **told)


def _slack(rows: int) -> float:
    """How far a sum of rounded details may lie from the rounded sum, in units of the last place: never more than half a unit a
    row, and beyond 2.5 standard deviations of uniform rounding errors (1/12 a row) it is worth a look."""
    return min(0.5 * rows, 2.5 * (rows / 12) ** 0.5)


def _spans(numbers: np.ndarray, total: Any, marks: list[int]) -> list[np.ndarray]:
    """Details that a total may be of, likeliest first: all; those since the last total; those up to the next."""
    before = max((m for m in marks if m < total.number), default=-1)
    after = min((m for m in marks if m > total.number), default=10**9)
    whole = np.ones(len(numbers), dtype=bool)
    since = (numbers > before) & (numbers < total.number)
    until = (numbers > total.number) & (numbers < after)
    spans = [since, until, whole] if "小" in str(total.label) else [whole, since, until]
    return [s for s in spans if s.any()] or [whole]


def _decimals(cell: object) -> int:
    if isinstance(cell, float):
        text = repr(round(cell, 6))
        return len(text.split(".")[1].rstrip("0")) if "." in text and "e" not in text else 0
    parts = str(cell).split(".")
    return len(parts[1]) if len(parts) == 2 and parts[1].isdigit() else 0
