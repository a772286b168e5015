"""What the reader makes of a table: headings, rows, totals and notes, each with its place in the sheet. Pure: no files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .headings import Heading


@dataclass(slots=True)
class Row:
    """One data row, ``number`` as Excel shows it; ``cells`` stand as the headings do, None where blank."""

    number: int
    cells: list[Any]


@dataclass(frozen=True, slots=True)
class Total:
    """A row that sums (``sum``), breaks down (``part``) or averages (``mean``) others: checked, never counted."""

    number: int
    label: str
    kind: str
    cells: list[Any]


@dataclass(slots=True)
class Block:
    """One table of a sheet. Without a heading row ``headings`` and ``rows`` are empty and ``title`` holds the text found.

    ``unit`` is "?" where a unit is named that nobody can tell. ``merged_amounts`` are ranges ("F3:F5") of one quantity over several
    rows: it stays with the first. ``merged_rows`` are rows without a name of their own, merged with the row above: they add to it.
    ``continues``: 续表. ``hidden``: the whole sheet; ``hidden_rows``: data rows as Excel numbers them, read like the others.
    """

    sheet: str
    title: str
    unit: str | None = None
    headings: list[Heading] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    header_rows: list[int] = field(default_factory=list)
    merged_amounts: list[str] = field(default_factory=list)
    merged_rows: list[int] = field(default_factory=list)
    hidden: bool = False
    hidden_rows: list[int] = field(default_factory=list)
    epoch: int = 1900
    continues: bool = False
