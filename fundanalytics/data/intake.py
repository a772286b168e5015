"""One block of cells → checked rows of one table; whatever cannot be taken is written down.

The ledger of the door: for every block and table, rows read = kept + refused, and for every amount column the sum read =
kept + refused, in whole 分. A required cell that cannot be read refuses its row; any other refuses only itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..errors import near_misses
from . import parse, schema
from .areas import Names, name_key
from .mapping import Plan, Source
from .workbook import UNIT_FACTORS, address


@dataclass
class Grid:
    """A block as columns: row numbers of the sheet, and each sheet column's cells, from a workbook or a Parquet file."""

    file: str
    sheet: str
    title: str
    unit: str | None
    headings: list[Any]
    numbers: Sequence[int]
    columns: dict[int, Any]
    totals: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.numbers)

    def row(self, i: int) -> dict[int, object]:
        return {index: cells[i] for index, cells in self.columns.items()}


@dataclass
class Ledger:
    """What was refused, what was found, and the sums read, for a whole load."""

    refused: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    sums: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, grid: Grid, table: str, row: int, column: str, cell: str, found: object, rule: str, expected: str, scope: str, amount: float | None = None) -> None:
        self.refused.append({"file": grid.file, "sheet": grid.sheet, "row": row, "cell": cell, "table": table, "column": column, "found": _shown(found),
                             "rule": rule, "expected": expected, "scope": scope, "amount": amount})  # fmt: skip

    def find(self, grid: Grid, code: str, *, table: str = "", column: str = "", cell: str = "", found: object = "", expected: object = "", detail: object = "") -> None:
        self.findings.append({"file": grid.file, "sheet": grid.sheet, "cell": cell, "table": table, "column": column, "code": code,
                              "found": _shown(found), "expected": _shown(expected), "detail": _shown(detail)})  # fmt: skip


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 120 else text[:117] + "…"


def take(grid: Grid, plan: Plan, context: dict[str, str], names: Names | None, ledger: Ledger) -> pd.DataFrame:
    """The rows of ``grid`` that can be kept for ``plan.table``, with their trace; the rest goes to ``ledger``."""
    table = schema.TABLES[plan.table]
    if plan.missing:
        return _refuse_block(grid, plan, ledger)
    size = len(grid)
    frame, dead = {}, np.zeros(size, dtype=bool)
    columns = [c for c in table.columns if c.kind != "area" or names is None]
    columns += [schema.Column(q, "number", (q,)) for q in plan.sources if q.startswith("q_")]
    for column in columns:
        values, bad = _column(grid, plan, column, context, ledger)
        frame[column.name] = values
        dead |= bad
    for column in (c for c in table.columns if c.kind == "area" and names is not None):
        assert names is not None
        frame[column.name], bad = _areas(grid, plan, column, context, names, frame.get("period"), ledger)
        dead |= bad
    taken = pd.DataFrame(frame)[[c.name for c in table.columns] + [c for c in frame if c.startswith("q_")]]
    taken["source_file"], taken["source_sheet"] = pd.Series(grid.file, taken.index, dtype="str"), pd.Series(grid.sheet, taken.index, dtype="str")
    taken["source_row"] = pd.array(np.asarray(grid.numbers), dtype="Int64")
    if plan.distinct:
        first = ~taken.drop(columns=["source_row"]).duplicated()
        taken, dead = taken[first], dead[first.to_numpy()]
    _count(grid, plan.table, taken, dead, ledger)
    return taken[~dead].reset_index(drop=True)


def _count(grid: Grid, table: str, taken: pd.DataFrame, dead: np.ndarray, ledger: Ledger) -> None:
    """Rows and sums as read, and the part refused here; later refusals add to it."""
    place = {"file": grid.file, "sheet": grid.sheet, "table": table}
    ledger.rows.append(place | {"read": len(taken), "refused": int(dead.sum())})
    for column in schema.TABLES[table].columns:
        if column.kind == "money":
            fen = to_fen(taken[column.name])
            if len(fen) and taken[column.name].notna().any():
                ledger.sums.append(place | {"column": column.name, "read": int(fen.sum()), "refused": int(fen[dead].sum())})


def to_fen(values: pd.Series) -> np.ndarray:
    """Whole 分 as int64; blank is 0."""
    return np.rint(values.fillna(0.0).to_numpy("float64") * 100).astype("int64")


def _refuse_block(grid: Grid, plan: Plan, ledger: Ledger) -> pd.DataFrame:
    """A sheet that is meant for a table but lacks a required column: found once, each row refused."""
    missing = "、".join(schema.TABLES[plan.table][c].headings[0] if c in {k.name for k in schema.TABLES[plan.table].columns} else c for c in plan.missing)
    seen = "、".join(str(h.text) for h in grid.headings)
    ledger.find(grid, "missing_column", table=plan.table, column=";".join(plan.missing), found=seen, expected=missing)
    taken = pd.DataFrame(index=range(len(grid)))
    for column in schema.TABLES[plan.table].columns:
        source = plan.sources.get(column.name)
        if column.kind == "money" and source and source.index:
            values, _, _ = _parse(grid, column, source)
            taken[column.name] = values
        else:
            taken[column.name] = np.nan
    for number in grid.numbers:
        ledger.refuse(grid, plan.table, number, ";".join(plan.missing), "", "", "missing_column", missing, "row")
    _count(grid, plan.table, taken, np.ones(len(grid), dtype=bool), ledger)
    return pd.DataFrame()


def _column(grid: Grid, plan: Plan, column: schema.Column, context: dict[str, str], ledger: Ledger) -> tuple[Any, np.ndarray]:
    """One column's values and the rows that it refuses."""
    size = len(grid)
    source = plan.sources.get(column.name)
    if source is None:
        fill = context.get(column.name) if column.name in ("period", "fund") else None
        values = pd.array([fill] * size, dtype=column.dtype)  # type: ignore[call-overload]
        return values, np.full(size, column.required and fill is None)
    values, problems, cells = _parse(grid, column, source)
    dead = np.asarray(pd.isna(values)) & column.required
    refused = set()
    for i, parsed in problems:
        where = address(grid.numbers[i], source.index[0]) if source.index else ""
        if parsed.how == "refused":
            refused.add(i)
            expected = "|".join(column.choices) or column.kind
            ledger.refuse(grid, plan.table, grid.numbers[i], column.name, where, cells(i), parsed.why, expected, "row" if column.required else "cell")
        else:
            ledger.find(grid, parsed.how if parsed.how == "approximate" else parsed.why, table=plan.table, column=column.name, cell=where, found=cells(i), expected=parsed.value)
    for i in np.flatnonzero(dead):
        if int(i) not in refused:
            where = address(grid.numbers[i], source.index[0]) if source.index else ""
            ledger.refuse(grid, plan.table, grid.numbers[i], column.name, where, "", "missing", "|".join(column.choices) or column.kind, "row")
    return values, dead


def _parse(grid: Grid, column: schema.Column, source: Source) -> tuple[Any, list[tuple[int, parse.Parsed]], Callable[[int], object]]:
    """Values in the column's dtype, the cells that were not simply exact, and a way to see a raw cell."""
    size, factor = len(grid), _factor(column, source, grid.unit)
    if source.format:
        raw: Any = [source.fill([grid.columns[k][i] if k in grid.columns else None for k in range(max(grid.columns) + 1)], grid.numbers[i]) for i in range(size)]
    elif source.index:
        raw = grid.columns[source.index[0]]
        for other in source.index[1:]:
            raw = [a if a not in (None, "") else b for a, b in zip(raw, grid.columns[other], strict=True)]
    else:
        raw = [source.value] * size
    if isinstance(raw, pd.Series):
        fast = _typed(raw, column, factor)
        if fast is not None:
            return fast, [], lambda i: raw.iloc[i]
        raw = [None if pd.isna(v) else v for v in raw]
    memo: dict[Any, parse.Parsed] = {}
    values: list[Any] = []
    problems: list[tuple[int, parse.Parsed]] = []
    for i, cell in enumerate(raw):
        key = (cell.__class__, cell)
        parsed = memo.get(key)
        if parsed is None:
            parsed = memo[key] = _one(cell, column, source, factor)
        values.append(parsed.value)
        if parsed.how in ("refused", "approximate") or parsed.why == "rounded":
            problems.append((i, parsed))
    if column.kind in ("money", "number", "share"):
        return np.array([np.nan if v is None else v for v in values], dtype="float64"), problems, lambda i: raw[i]
    return pd.array(values, dtype=column.dtype), problems, lambda i: raw[i]  # type: ignore[call-overload]


def _one(cell: object, column: schema.Column, source: Source, factor: float) -> parse.Parsed:
    """One cell, after the mapping's own words for blank and for codes."""
    if source.blank or source.codes:
        word = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
        if word in source.blank:
            return parse.Parsed(None, "blank", "")
        cell = source.codes.get(word, cell)
    return parse.parse(cell, column, factor=factor)


def _factor(column: schema.Column, source: Source, sheet_unit: str | None) -> float:
    """What one unit of the sheet is in yuan, for amounts; the heading's unit before the sheet's."""
    if column.kind != "money":
        return 1
    return UNIT_FACTORS.get(source.unit or sheet_unit or "元", 1)


def _typed(cells: pd.Series, column: schema.Column, factor: float) -> Any:
    """The cells of a typed file (Parquet) taken whole when they already are what the column holds; else None."""
    kind, numeric = column.kind, pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells)
    if kind in ("money", "number") and numeric:
        values = cells.astype("float64").to_numpy()
        if np.isinf(values).any():
            return None
        return np.rint(values * factor * 100) / 100 if kind == "money" else values
    if kind == "count" and numeric:
        values = cells.dropna()
        return cells.astype("Int64").array if (values >= 0).all() and (values == values.round()).all() else None
    if kind == "level" and numeric:
        return cells.astype("Int64").array if cells.dropna().isin([1, 2, 3, 4, 5]).all() else None
    if kind == "date" and pd.api.types.is_datetime64_dtype(cells):
        return cells.astype("datetime64[s]").array
    if kind == "flag" and pd.api.types.is_bool_dtype(cells):
        return cells.astype("boolean").array
    if kind in ("code", "text", "list", "area") and pd.api.types.is_string_dtype(cells):
        return cells.astype("str").str.strip().replace("", pd.NA).array
    if kind == "choice" and pd.api.types.is_string_dtype(cells) and cells.dropna().isin(list(column.choices)).all():
        return cells.astype("str").array
    if kind == "period" and pd.api.types.is_string_dtype(cells) and cells.dropna().str.fullmatch(r"\d{4}").all():
        return cells.astype("str").array
    return None


def _areas(grid: Grid, plan: Plan, column: schema.Column, context: dict[str, str], names: Names, periods: Any, ledger: Ledger) -> tuple[Any, np.ndarray]:
    """Area cells → codes: by code, then by name within the street; unknown and ambiguous names refuse the row."""
    size = len(grid)
    texts = {}
    for name in (column.name, "area_name", "street_name"):
        source = plan.sources.get(name)
        texts[name] = _parse(grid, schema.Column(name, "code", ()), source)[0] if source else [None] * size
    periods = [None] * size if periods is None else periods
    memo: dict[Any, tuple[str | None, str, str]] = {}
    codes: list[str | None] = []
    dead = np.zeros(size, dtype=bool)
    wants = column.required
    for i, key in enumerate(zip(texts[column.name], texts["area_name"], texts["street_name"], periods, strict=True)):
        cells = tuple(None if k is None or k is pd.NA or k != k else str(k) for k in key)
        if cells not in memo:
            memo[cells] = _resolve(names, *cells, context.get("street"))  # type: ignore[arg-type]
        code, rule, expected = memo[cells]
        codes.append(code)
        blank = not any(cells[:3])
        if code is None and (wants or not blank):
            dead[i] = wants
            place = plan.sources.get(column.name) or plan.sources.get("area_name") or plan.sources.get("street_name")
            where = address(grid.numbers[i], place.index[0]) if place and place.index else ""
            ledger.refuse(grid, plan.table, grid.numbers[i], column.name, where, " ".join(filter(None, cells[:3])), "missing" if blank else rule, expected, "row" if wants else "cell")
        elif rule:
            ledger.find(grid, rule, table=plan.table, column=column.name, found=" ".join(filter(None, cells[:2])), expected=expected)
    return pd.array(codes, dtype="str"), dead  # type: ignore[call-overload]


def _resolve(names: Names, code: str | None, name: str | None, street: str | None, period: str | None, in_street: str | None) -> tuple[str | None, str, str]:
    """(code, rule, expected): rule is blank when sure, a finding when code and name disagree, a refusal when code is None."""
    if code and code in names.codes:
        called = {name_key(n) for n in names.areas.loc[names.areas["area_code"] == code, "area_name"]}
        if name and name_key(name) not in called:
            return code, "code_name_differ", "、".join(sorted(called))
        return code, "", ""
    if names.areas.empty and (code or name or street):
        return code or name or street, "", ""
    near_street = in_street
    if street:
        streets = {c for c in names.find(street, street=None, period=period) if names.level.get(c) == "street"}
        near_street = street if street in names.codes else streets.pop() if len(streets) == 1 else None
        if near_street is None:
            streets_here = names.areas.loc[names.areas["level"] == "street", "area_name"]
            return None, "unknown_area", "、".join(near_misses(street, streets_here))
    wanted = name or code
    if not wanted:
        return (near_street, "", "") if near_street else (None, "missing", "area")
    found = names.find(wanted, street=near_street, period=period)
    if len(found) == 1:
        return found.pop(), "", ""
    if found:
        return None, "ambiguous_area", "、".join(sorted(found))
    inside = names.areas if near_street is None else names.areas[(names.areas["parent_code"] == near_street) | (names.areas["area_code"] == near_street)]
    return None, "unknown_area", "、".join(near_misses(wanted, inside["area_name"]))


def context_of(grid: Grid, names: Names | None) -> dict[str, str]:
    """What title, sheet and file name say of all rows: fund year, fund, street."""
    said: dict[str, str] = {}
    for text in (grid.title, grid.sheet, grid.file):
        found = set(re.findall(r"(?<!\d)((?:19|20)\d{2})(?:\s*年|(?=\D|$))", text))
        if len(found) == 1 and "period" not in said:
            said["period"] = found.pop()
        funds = {code for code, words in schema.FUNDS.items() if any(w in text for w in words)}
        if len(funds) == 1 and "fund" not in said:
            said["fund"] = funds.pop()
        street = names.street(text) if names else None
        if street and "street" not in said:
            said["street"] = street
    return said
