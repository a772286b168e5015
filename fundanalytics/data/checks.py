"""Checks between rows: the same key twice, references that lead nowhere, parents, totals that do not foot.

Each takes the rows of one table and returns those that stay; what does not stay goes to the ledger with its amounts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from . import parse, schema
from .areas import LEVELS
from .ledger import Grid, Ledger, to_fen
from .mapping import Plan
from .schema import TRACE
from .workbook import UNIT_FACTORS

# table: column that must exist as the key of another table
REFERENCES = {"payments": ("project_id", "projects"), "participants": ("event_id", "events"), "panel_scores": ("project_id", "projects")}
SHARE_SLACK = 0.005  # shares written with two decimals
_NOT_SUMMED = re.compile("[率均比%％价度]|占|增长|指数|人/|编?号|代码|名次|排名|年份|日期|电话")
FEW = 5  # repeated rows of one sheet that are named one by one


def refuse_rows(rows: pd.DataFrame, table: str, column: str, rule: str, ledger: Ledger, *, expected: pd.Series | str = "") -> None:
    """Whole rows that were taken in and now go out again: refused, with their amounts, and counted."""
    money = [c.name for c in schema.TABLES[table].columns if c.kind == "money"]
    told = pd.DataFrame({
        "file": rows["source_file"], "sheet": rows["source_sheet"], "row": rows["source_row"], "cell": _span(rows), "table": table, "column": column,
        "found": rows[column].astype("str"), "rule": rule, "expected": expected, "scope": "row", "amount": rows[money].sum(axis=1) if money else None,
        **{c: rows.get(c) for c in ("area_code", "period", "project_id")},
    })  # fmt: skip
    ledger.refused += told.to_dict("records")
    for (file, sheet), part in rows.groupby(["source_file", "source_sheet"], sort=False):
        place = {"file": file, "sheet": sheet, "table": table}
        ledger.rows.append(place | {"read": 0, "refused": len(part)})
        ledger.sums += [place | {"column": c, "read": 0, "refused": int(to_fen(part[c]).sum())} for c in money if part[c].notna().any()]


def _span(rows: pd.DataFrame) -> pd.Series:
    """Whole rows as a spreadsheet names them: 7:7."""
    number = rows["source_row"].astype("str")
    return number + ":" + number


def drop_duplicates(rows: pd.DataFrame, table: str, ledger: Ledger) -> pd.DataFrame:
    """The same content twice: the first is kept. The same key with different content: all are refused. Both are found."""
    key = [k for k in schema.TABLES[table].key if k in rows]
    again = rows.duplicated(key, keep=False)
    if not again.any():
        return rows
    part = rows[again]
    group = part.groupby(key, sort=False, dropna=False).ngroup()
    content = [c for c in rows.columns if c not in TRACE]
    same = (~part.duplicated(content)).groupby(group).transform("sum") == 1
    first = part.index.to_series().groupby(group).transform("first")
    where = (part["source_file"] + " " + part["source_sheet"] + " " + part["source_row"].astype("str")).loc[first].set_axis(part.index)
    later = first != part.index
    for rule, out in (("duplicate_row", same & later), ("duplicate_key", ~same)):
        if out.any():
            refuse_rows(part[out], table, key[0], rule, ledger, expected=where[out] if rule == "duplicate_row" else "")
            _find_repeats(part[out & later], table, key, rule, where, part.loc[first[out & later], "source_file"], ledger)
    return rows.drop(index=part.index[(same & later) | ~same]).reset_index(drop=True)


def _find_repeats(rows: pd.DataFrame, table: str, key: list[str], rule: str, where: pd.Series, other: pd.Series, ledger: Ledger) -> None:
    """A few repeated rows one by one; a sheet that repeats many rows of another file (the December report with June's rows) once."""
    sources = [rows["source_file"], rows["source_sheet"], other.set_axis(rows.index)]
    for (file, sheet, _), part in rows.groupby(sources, sort=False):
        place = {"file": file, "sheet": sheet, "table": table, "column": ";".join(key), "code": rule, "expected": ""}
        if len(part) > FEW:
            ledger.findings.append(place | {"cell": _span(part).iloc[0], "found": f"× {len(part)}", "detail": where[part.index[0]]})
            continue
        for i, cell in zip(part.index, _span(part), strict=True):
            ledger.findings.append(place | {"cell": cell, "found": " ".join(str(part.loc[i, k]) for k in key if pd.notna(part.loc[i, k])), "detail": where[i]})


def check_references(tables: dict[str, pd.DataFrame], ledger: Ledger) -> None:
    """Rows that belong to a project or event that is not there are refused: they have no area and no fund.

    Where that project's own row was refused, its place is told: once it is corrected, the others count too.
    """
    gone = {told["project_id"]: f"{told['file']} {told['sheet']} {told['row']}:{told['row']}" for told in ledger.refused if _is_project(told)}
    for table, (column, other) in REFERENCES.items():
        if table in tables and len(tables[table]):
            rows = tables[table]
            known = tables[other][column] if other in tables else pd.Series(dtype="str")
            lost = ~rows[column].isin(known)
            refused = lost & rows[column].isin(list(gone)) if other == "projects" else lost & False
            if refused.any():
                refuse_rows(rows[refused], table, column, "project_refused", ledger, expected=rows.loc[refused, column].map(gone))
            if (lost & ~refused).any():
                refuse_rows(rows[lost & ~refused], table, column, f"unknown_{other.rstrip('s')}", ledger)
            if lost.any():
                tables[table] = rows[~lost].reset_index(drop=True)


def _is_project(told: dict[str, Any]) -> bool:
    return told["table"] == "projects" and told["scope"] == "row" and told.get("project_id") is not None


def check_parents(areas: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Below the top level an area needs a parent of a higher level that is itself sound; so there are no cycles either."""
    height = {level: len(LEVELS) - i for i, level in enumerate(LEVELS)}
    while True:
        level = dict(zip(areas["area_code"], areas["level"].map(height), strict=True))
        above = areas["parent_code"].map(level) > areas["level"].map(height)
        orphan = (areas["level"] != LEVELS[0]) & ~above
        if not orphan.any():
            return areas.reset_index(drop=True)
        refuse_rows(areas[orphan], "areas", "parent_code", "unknown_area", ledger)
        areas = areas[~orphan]


def check_totals(grid: Grid, plan: Plan | None, ledger: Ledger) -> None:
    """合计 and 小计 rows against their details; a difference beyond rounding is found, and never added in.

    Columns that the plan does not use, and sheets that are no table of ours, are checked as plain numbers; rates and means are not.
    A total may also be of every block above that has the same headings.
    """
    sums = [t for t in grid.totals if t.kind == "sum"]
    if not sums:
        return
    numbers = np.asarray(grid.numbers)
    marks = sorted(t.number for t in sums)
    for place, (name, at, read, factor) in _summed(grid, plan):
        cells = [read(c, factor=factor) for c in grid.columns[at]]
        values = np.array([p.value or 0.0 for p in cells], dtype="float64")
        unread = np.array([p.how == "refused" for p in cells], dtype=bool)
        above = _above(grid, plan, name, ledger)
        step = factor * 10.0 ** -max((_decimals(c) for c in [*grid.columns[at], *above]), default=0)
        for total in sums:
            stated = read(total.cells[place], factor=factor).value
            if stated is None:
                continue
            spans = _spans(numbers, total, marks)
            fits = [abs(values[span].sum() - stated) <= _slack(int(span.sum())) * step + 1e-6 for span in spans]
            everything = values.sum() + sum(read(c, factor=factor).value or 0.0 for c in above)  # 总计 below the last of several blocks
            if not any(fits) and not (above and abs(everything - stated) <= _slack(len(values) + len(above)) * step + 1e-6):
                got = everything if above and "总" in str(total.label) else values[spans[0]].sum()
                told = {"found": f"{stated:.2f}", "expected": f"{got:.2f}", "detail": f"{stated - got:.2f}"}
                code = "total_unread" if unread[spans[0]].any() else "total_differs"
                ledger.find(grid, code, table=plan.table if plan else "", column=name, cell=grid.cell(total.number, at), **told)


def _above(grid: Grid, plan: Plan | None, name: str, ledger: Ledger) -> list[Any]:
    """The cells of a column in the blocks above of the same sheet that have the same headings and unit."""
    heads = [h.text for h in grid.headings]
    blocks = ledger.places.get((grid.file, grid.sheet, plan.table), ()) if plan else ()
    alike = [(g, at) for g, at in blocks if g is not grid and g.unit == grid.unit and [h.text for h in g.headings] == heads and name in at]
    return [cell for g, at in alike for cell in g.columns[at[name]]]


def _summed(grid: Grid, plan: Plan | None) -> Iterator[tuple[int, tuple[str, int, Callable[..., parse.Parsed], float]]]:
    """The columns that a total row may sum: place among the headings, name, index, how to read a cell, factor."""
    ours = {s.index[0]: (name, s) for name, s in plan.sources.items() if s.index} if plan else {}
    kinds = {c.name: c.kind for c in schema.TABLES[plan.table].columns} if plan else {}
    for place, heading in enumerate(grid.headings):
        name, source = ours.get(heading.index, (heading.text, None))
        kind = kinds.get(name) if source else None
        if heading.index not in grid.columns or (source and kind not in ("money", "count")) or (not source and _NOT_SUMMED.search(str(heading.text))):
            continue
        if kind == "money":
            factor = UNIT_FACTORS.get((source and source.unit) or grid.unit or "元")
            if factor is not None:
                yield place, (name, heading.index, parse.parse_money, factor)
        else:
            yield place, (name, heading.index, _counted if kind else _plain, 1)


def _counted(cell: object, *, factor: float) -> parse.Parsed:
    return parse.parse_count(cell)


def _plain(cell: object, *, factor: float) -> parse.Parsed:
    return parse.parse_number(cell)


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
