"""Tables for readers: a frame → HTML with headings in words, numbers formatted by what their column means, and the stamp.

Everything from the data is escaped. Nothing is computed; a column that the frame lacks is not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from ..data import schema
from ..errors import LANGS, check_option
from ..measure.definitions import INDICATORS
from .canvas import STAMP, is_synthetic
from .facts import FULL_COUNT, change_limits, gap_unit, in_yuan, signed_percent, unit_of
from .formats import BLANK, bare, difference, escape_html, is_blank, limits, number, percent, plain, sentence_case, wan
from .labels import label, subset_label
from .naming import say_not_named
from .score_words import ASSUMED

# columns that hold codes: the kind of label that they take
CODES = {"indicator": "indicator", "basis": "basis", "level": "level", "origin": "origin", "quality": "quality", "method": "method", "category": "category",
         "stage": "stage", "rule": "fault", "code": "fault", "table": "table", "column": "column", "status": "status", "answer": "answer", "fund": "fund",
         "figure": "figure", "item": "figure", "step": "step", "assumption": "assumption", "boundaries": "boundaries", "term": "term"}  # fmt: skip
COUNTS = {"n", "files", "n_eff", "projects", "read", "kept", "refused", "answers", "sheets", "median_days", "row"}
VALUES = {"value", "lower", "upper", "baseline_value", "current_value", "whole"}
MONEY_COLUMNS = {c.name for t in schema.TABLES.values() for c in t.columns if c.kind == "money"} - VALUES | {"paid"}
NUMERIC = (
    MONEY_COLUMNS
    | COUNTS
    | VALUES
    | {"share", "limits", "numerator", "denominator", "change", "gap", "within", "between", "relative_change", "confidence"}
    | {"maximum", "points", "rate", "reached", "total_points", "rank", "rank_set", "communities", "lost", "best", "to_gain", "often", "district_rate", "above"}
)
SCORES = ("part_", "grade_", "by_")  # beginnings of columns that a rubric names
INDICATOR_VIEW = ("area_name", "indicator", "basis", "subset", "period", "value", "limits", "numerator", "denominator", "n", "n_eff", "quality", "note")
EVERY_ROW = {"zh": "各行均须注意：{notes}。", "en": "Of every row: {notes}."}
SHORT_SHA = 16  # enough to tell files apart; the whole sum is in the manifest
COMPARISON_VIEW = ("area_name", "baseline_value", "current_value", "change", "limits", "relative_change", "within", "between", "note")


@dataclass(frozen=True)
class Table:
    """Formatted cells under their headings; shows itself as HTML in a notebook."""

    cells: pd.DataFrame
    headings: dict[str, str]
    caption: str = ""
    stamp: str = ""

    def _repr_html_(self) -> str:
        """``<table class="fa-table">`` with caption, head, body, and the stamp as its foot."""
        head = "".join(f'<th scope="col"{_class(c)}>{escape_html(self.headings[c])}</th>' for c in self.cells)
        body = "".join("<tr>" + "".join(f"<td{_class(c)}>{escape_html(v)}</td>" for c, v in row.items()) + "</tr>" for row in self.cells.to_dict("records"))
        caption = f"<caption>{escape_html(self.caption)}</caption>" if self.caption else ""
        foot = f'<tfoot><tr><td colspan="{len(self.headings)}" class="fa-stamp">{escape_html(self.stamp)}</td></tr></tfoot>' if self.stamp else ""
        return f'<table class="fa-table">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table>'

    def __repr__(self) -> str:
        return f"{self.caption}\n{self.cells.rename(columns=self.headings).to_string(index=False)}\n{self.stamp}".strip()


def _class(column: Any) -> str:
    if column == "file":
        return ' class="fa-file"'
    return ' class="fa-num" style="text-align:right"' if column in NUMERIC or str(column).startswith(SCORES) else ""


def table(frame: pd.DataFrame, *, lang: str = "zh", columns: Iterable[str] | None = None, caption: str = "", origin: str | None = None) -> Table:
    """A frame as a reader's table.

    Parameters
    ----------
    frame
        Any table of the package. Its columns decide the format: money in 万元 (zh) or yuan (en), shares as per cent,
        differences in points with their sign, codes as words.
    lang
        ``zh`` or ``en``.
    columns
        Which columns, in order; those that the frame lacks are left out. ``limits`` joins ``lower`` and ``upper``.
    caption
        Text above the table; by default the frame's own ``caption`` attribute.
    origin
        ``synthetic`` stamps the table; by default the frame's own ``origin`` column or attribute decides.

    Returns
    -------
    Table
        One row per row of ``frame``; blank cells are a dash, never zero. A note that all rows bear stands once, below them.
    """
    check_option("lang", lang, LANGS)
    wanted = [c for c in (frame.columns if columns is None else columns) if c in frame or (c == "limits" and "lower" in frame)]
    shared = _shared_notes(frame, wanted)
    frame = _without(frame, shared) if shared else frame
    wanted = [c for c in wanted if c != "note" or not shared or not _all_blank(frame, c)]
    cells = pd.DataFrame({c: _column(frame, c, lang) for c in wanted}, columns=wanted)
    headings = {c: label(c, lang, "column") + _unit(frame, c, lang) for c in wanted}
    stamped = is_synthetic([origin, frame.attrs.get("origin")]) or ("origin" in frame and is_synthetic(frame["origin"]))
    assumed = frame.attrs.get("rubric_status") == "assumed" or "assumed" in {origin, *frame.get("origin", ())}
    above = caption or frame.attrs.get("caption", "")
    common = "" if not shared else _code(";".join(shared), "note", lang)
    told = [say_not_named(frame, lang).strip(), EVERY_ROW[lang].format(notes=common) if common else ""]
    foot = " ".join(filter(None, (STAMP[lang] if stamped else "", ASSUMED[lang] if assumed else "", *told)))
    return Table(cells, headings, plain(above) if above else "", foot)


def _shared_notes(frame: pd.DataFrame, wanted: list[str]) -> list[str]:
    """Codes that every one of several rows bears: told once, below the table."""
    if "note" not in wanted or len(frame) < 2:
        return []
    sets = [set(str(note).split(";")) - {""} if not is_blank(note) else set() for note in frame["note"]]
    return sorted(set.intersection(*sets))


def _without(frame: pd.DataFrame, codes: list[str]) -> pd.DataFrame:
    notes = [";".join(code for code in str(note).split(";") if code not in codes) if not is_blank(note) else note for note in frame["note"]]
    return frame.assign(note=notes)


def indicator_table(rows: pd.DataFrame, lang: str = "zh", *, caption: str = "") -> Table:
    """Rows of the indicator table in the standard view; what says nothing (all blank, or all the same code) is left out."""
    same = {c for c in ("indicator", "basis", "subset", "period") if c in rows and rows[c].nunique(dropna=False) == 1}
    told = "，".join if lang == "zh" else ", ".join
    if not caption and len(rows):
        first = rows.iloc[0]
        caption = sentence_case(told(filter(None, [_code(first[c], c, lang) for c in ("indicator", "basis", "subset", "period") if c in same])))
    if "method" in rows and rows["method"].eq(FULL_COUNT).all():
        same |= {"n", "n_eff"}  # what a full count counts is no sample
    shown = [c for c in INDICATOR_VIEW if c not in same and not _all_blank(rows, c)]
    return table(rows, lang=lang, columns=shown, caption=caption)


def comparison_table(rows: pd.DataFrame, lang: str = "zh", *, caption: str = "") -> Table:
    """Rows of ``compare_periods``: both values, the difference in points and, apart from it, the relative change."""
    if not caption and len(rows):
        caption = sentence_case(f"{_code(rows['indicator'].iloc[0], 'indicator', lang)}: {rows['baseline'].iloc[0]} / {rows['current'].iloc[0]}")
    return table(rows, lang=lang, columns=[c for c in COMPARISON_VIEW if not _all_blank(rows, c)], caption=caption)


def _all_blank(rows: pd.DataFrame, column: str) -> bool:
    if column == "limits":
        return "lower" not in rows or bool(rows["lower"].isna().all())
    return column not in rows or all(is_blank(v) for v in rows[column])


def _column(frame: pd.DataFrame, column: str, lang: str) -> list[str]:
    """The cells of one column as text."""
    if column == "limits":
        changes = "change" in frame
        return [_limits(row, changes, lang) for row in frame.to_dict("records")]
    if column in VALUES | {"change", "gap", "within", "between"} | {"numerator", "denominator"} and "indicator" in frame:
        return [_by_row(row, column, lang) for row in frame.to_dict("records")]
    form = _form(column, lang)
    return [BLANK if is_blank(value) else form(value) for value in frame[column]]


def _limits(row: dict[str, Any], changes: bool, lang: str) -> str:
    if is_blank(row["lower"]) or is_blank(row["upper"]):
        return BLANK
    return change_limits(row["lower"], row["upper"], unit_of(row), lang) if changes else limits(row["lower"], row["upper"], unit_of(row), lang=lang)


def _by_row(row: dict[str, Any], column: str, lang: str) -> str:
    """Cells whose format depends on the row's unit."""
    value, unit = row[column], unit_of(row)
    if column in ("numerator", "denominator"):
        if in_yuan(row, column):
            return _yuan(value, lang)
        return number(round(value) if row.get("basis") in INDICATORS[row["indicator"]].surveyed and not is_blank(value) else value)  # answers that weigh
    if column in VALUES:
        return bare(value, unit, lang=lang)
    gap = difference(value, unit, signed=True)
    return f"{gap}{'' if lang == 'zh' else ' '}{gap_unit(unit, lang)}" if column == "gap" else gap  # gaps of several units stand in one column


def _yuan(value: Any, lang: str) -> str:
    """万元 in Chinese, whole yuan in English, as the heading says."""
    return wan(value) if lang == "zh" else number(value if is_blank(value) else round(value))


def _form(column: str, lang: str) -> Callable[[Any], str]:
    if column in MONEY_COLUMNS:
        return partial(_yuan, lang=lang)
    if column in COUNTS:
        return number
    if column in ("share", "confidence"):
        return percent
    if column == "relative_change":
        return signed_percent
    return lambda value: _code(value, column, lang)


def _code(value: Any, column: str, lang: str) -> str:
    if is_blank(value):
        return ""
    if column == "subset":
        return subset_label(value, lang)
    if column == "note":
        return ("；" if lang == "zh" else "; ").join(label(part, lang, "note") for part in str(value).split(";"))
    if column in ("as_of", "held_on", "paid_on"):
        return str(value)[:10]
    if column == "sha256":
        return str(value)[:SHORT_SHA]
    if column == "expected" and value in schema.KINDS and lang == "zh":
        return schema.KINDS[value][1]
    return label(value, lang, CODES[column]) if column in CODES else plain(value)


def _unit(frame: pd.DataFrame, column: str, lang: str) -> str:
    """The unit behind a heading."""
    parts = column in ("numerator", "denominator") and "indicator" in frame and len(frame) > 0
    if column in MONEY_COLUMNS or (parts and all(in_yuan(row, column) for row in frame.to_dict("records"))):
        return "（万元）" if lang == "zh" else " (yuan)"
    return ""
