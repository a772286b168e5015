"""The fictional district's tables on paper: rows → the cells of a sheet → a workbook or a text file.

Part of ``sample``. Two runs give the same bytes.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from . import schema
from .sample_layouts import Layout

NOTE = "虚构示例数据"
MADE = dt.datetime(2021, 3, 1, 9, 0, 0)  # one fixed date, so that two runs give the same bytes
_DATES: dict[str, Callable[[pd.Timestamp], object]] = {
    "iso": lambda d: f"{d:%Y-%m-%d}", "slash": lambda d: f"{d.year}/{d.month}/{d.day}", "dot": lambda d: f"{d.year}.{d.month}.{d.day}",
    "cn": lambda d: f"{d.year}年{d.month}月{d.day}日", "compact": lambda d: f"{d:%Y%m%d}", "cell": lambda d: d.to_pydatetime(),
}  # fmt: skip


@dataclass
class Sheet:
    """The cells of a sheet, the merged blocks, and where each record stands."""

    name: str
    rows: list[list[Any]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    headings: tuple[int, ...] = ()


def sheet(table: str, frame: pd.DataFrame, layout: Layout, *, title: str, street: str = "", wrong: dict[str, float] | None = None) -> Sheet:
    """``frame`` on paper. ``wrong``: what a stated total of a column is off by, in yuan.

    ``frame`` holds the columns of the table, and ``area`` (the community's name as the street writes it) where it is named.
    Text in a cell of money or date stands as it is.
    """
    made = Sheet(layout.sheets[table])
    spec = [part.rsplit("=", 1) for part in layout.columns[table].split()]
    heads, names = [h.replace("⏎", "\n") for h, _ in spec], [c for _, c in spec]
    body = [_column(frame, name, table, layout, street) for name in names]
    rows = [list(cells) for cells in zip(*body, strict=True)]
    _head(made, layout, title, heads)
    if layout.total == "groups" and "area" in names:
        _grouped(made, frame, rows, table, names, layout, wrong or {})
    else:
        total = _total(frame, table, names, layout, "合计", wrong or {})
        made.rows += [total] if total and layout.total == "top" else []
        start = len(made.rows)
        made.rows += rows
        made.rows += [total] if total and layout.total == "bottom" else []
        if layout.merge and "street" in names:
            _merge(made, start, len(rows), names.index("street"))
    made.rows += [[line] for line in layout.foot]
    return made


def _head(made: Sheet, layout: Layout, title: str, heads: list[str]) -> None:
    width = len(heads)
    made.rows.append([title])
    made.merged.append((0, 0, 0, width - 1))
    line = "　　　".join(([NOTE] if layout.note == "line" else []) + ([f"单位：{layout.unit}"] if layout.unit_line else []))
    if line:
        made.rows.append([line])
    top = len(made.rows)
    if not any("/" in h for h in heads):
        made.rows.append(list(heads))
        made.headings = (top,)
        return
    groups, last = [h.rpartition("/")[0] for h in heads], [h.rpartition("/")[2] for h in heads]
    made.rows += [[g or h for g, h in zip(groups, last, strict=True)], [h if g else None for g, h in zip(groups, last, strict=True)]]
    made.headings = (top, top + 1)
    column = 0
    while column < width:
        end = column
        while groups[column] and end + 1 < width and groups[end + 1] == groups[column]:
            end += 1
        made.merged.append((top, column, top if groups[column] else top + 1, end))
        for hidden in range(column + 1, end + 1):
            made.rows[top][hidden] = None
        column = end + 1


def _grouped(made: Sheet, frame: pd.DataFrame, rows: list[list[Any]], table: str, names: list[str], layout: Layout, wrong: dict[str, float]) -> None:
    """Rows by community under one merged cell, a 小计 after each, 合计 at the end."""
    money = _total(frame, table, names, layout, "小计", {}) != []
    for positions in frame.reset_index(drop=True).groupby("area", sort=False).indices.values():
        _merge(made, len(made.rows), len(positions), names.index("area"), rows=[rows[i] for i in positions])
        if money and len(positions) > 1:
            made.rows.append(_total(frame.iloc[positions], table, names, layout, "小计", {}))
    if money:
        made.rows.append(_total(frame, table, names, layout, "合计", wrong))


def _merge(made: Sheet, start: int, count: int, column: int, rows: list[list[Any]] | None = None) -> None:
    """One cell over the rows ``start`` to ``start + count``; only its first holds the value, as in a real sheet."""
    if rows is not None:
        made.rows += [list(r) for r in rows]
    if count > 1:
        made.merged.append((start, column, start + count - 1, column))
        for hidden in range(start + 1, start + count):
            made.rows[hidden][column] = None


def _total(frame: pd.DataFrame, table: str, names: list[str], layout: Layout, word: str, wrong: dict[str, float]) -> list[Any]:
    """The line of a total; empty where the sheet has no amounts."""
    known = {c.name: c for c in schema.TABLES[table].columns}
    money = [n for n in names if n in known and known[n].kind == "money"]
    if not money:
        return []
    line: list[Any] = [None] * len(names)
    line[0] = word
    for name in money:
        numbers = pd.to_numeric(frame[name], errors="coerce").fillna(0.0)
        line[names.index(name)] = _money(round(float((numbers * 100).round().sum()) / 100 + wrong.get(name, 0.0), 2), layout)
    return line


def _money(value: object, layout: Layout) -> object:
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    if layout.unit == "万元":
        return round(number / 10_000, 6)
    return f"{number:,.2f}" if layout.text_money else round(number, 2)


def _column(frame: pd.DataFrame, name: str, table: str, layout: Layout, street: str) -> list[Any]:
    """One column's cells as this layout writes them."""
    if name == "no":
        return list(range(1, len(frame) + 1))
    if name in ("street", "remark"):
        return [street if name == "street" else None] * len(frame)
    values = frame[name] if name in frame else pd.Series([None] * len(frame), dtype="object")
    if name == "area":
        return list(values)
    column = next((c for c in schema.TABLES[table].columns if c.name == name), schema.Column(name, "number", (name,)))
    blank = layout.blank if column.kind in ("date", "money", "count") else None
    return [blank if missing else _cell(v, column, layout) for v, missing in zip(values.tolist(), values.isna().tolist(), strict=True)]


def _cell(value: Any, column: schema.Column, layout: Layout) -> object:
    if column.kind == "money":
        return _money(value, layout)
    if column.kind == "date":
        return value if isinstance(value, str) else _DATES[layout.dates](pd.Timestamp(value))
    if column.kind == "flag":
        yes_no = ("是", "否") if layout.synonym == 0 else ("有", "无") if column.name.startswith("has_") else ("√", "×")
        return yes_no[not value]
    if column.kind == "choice":
        words = column.choices[value]
        return words[min(layout.synonym, len(words) - 1)]
    if column.kind == "list":
        return str(value).replace(";", "、")
    if column.kind in ("count", "level", "number", "share"):
        return int(value) if float(value).is_integer() else float(value)
    return str(value)


def write_book(path: Path, sheets: list[Sheet]) -> None:
    """An Excel workbook with headings in bold, merged cells, and a fixed date of creation."""
    import xlsxwriter

    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path), {"in_memory": True}) as book:
        book.set_properties({"created": MADE, "comments": NOTE})
        bold = book.add_format({"bold": True, "text_wrap": True, "align": "center"})
        day, middle = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"valign": "vcenter"})
        for made in sheets:
            page = book.add_worksheet(made.name)
            for r, row in enumerate(made.rows):
                style = bold if r == 0 or r in made.headings else None
                for c, value in enumerate(row):
                    if isinstance(value, dt.datetime):
                        page.write_datetime(r, c, value, day)
                    elif isinstance(value, str):
                        page.write_string(r, c, value, style)
                    elif value is not None:
                        page.write_number(r, c, value)
            for top, left, bottom, right in made.merged:
                if (top, left) != (bottom, right):
                    page.merge_range(top, left, bottom, right, made.rows[top][left], bold if top == 0 or top in made.headings else middle)
            page.set_column(0, 40, 13)


def write_text(path: Path, made: Sheet, encoding: str = "utf-8-sig") -> None:
    """A sheet as comma-separated text with Windows line ends, as Excel saves it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerows([["" if v is None else v for v in row] for row in made.rows])
    path.write_bytes(buffer.getvalue().encode(encoding))
