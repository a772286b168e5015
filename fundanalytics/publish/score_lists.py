"""The lists of the score workbook: records, gaps, rewards, assessors, what was not used. Frames with codes → sheets with words.

Place in the flow: below ``scorebook``. Nothing is computed; what the audience must not see is left out or written as a mark.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..measure.score_records import SCORED
from ..measure.scoring import OPERATORS
from ..show.labels import label
from ..show.scorebook_words import SIGNS
from .files import MAX_ROWS, cell_text, text_width
from .score_layout import SUPPRESSED, Book, prints

if TYPE_CHECKING:
    from ..measure.scores import Evaluation

FIRST = 3  # row below title, notes and headings
WIDEST, NARROWEST, SAMPLED = 40, 7, 300
HIDDEN_GAPS = ("points", "lost", "best", "to_gain")
GUARDED = ("could_gain", "could_lose", "depends_on_error")  # of rewards: for those who decide
# column → the kind of label that its codes have
CODED = {
    "source": "source", "status": "status", "indicator": "indicator", "basis": "basis", "comparison": "community_type", "code": "refused_score",
}  # fmt: skip
PER_CENT = ("share_top", "share_grade")
WHOLE = ("n", "row", "source_row", "order", "comparable", "rank", "rank_lower", "rank_upper", "median_rank", "scores", "component")
COLUMNS: dict[str, tuple[str, ...]] = {
    "records": ("area_code", "project_id", "area_name", "item_code", "item", "source", "assessor_code", "value", "target", "operator", "status", "indicator",
                "basis", "n", "note", "source_file", "source_sheet", "source_row"),
    "gaps": ("area_code", "area_name", "project_id", "item_code", "item", "points", "maximum", "lost", "best", "to_gain", "order", "comparable", "comparison",
             "within_error", "note"),
    "rewards": ("area_code", "area_name", "project_id", "total", "grade", "rank", "rank_lower", "rank_upper", "tier", "amount", *GUARDED, "note"),
    "weights": ("area_code", "area_name", "project_id", "scheme", "total", "grade", "rank", "median_rank", "rank_lower", "rank_upper", "share_top",
                "share_grade", "note"),
    "leniency": ("source", "assessor_code", "assessor_name", "value", "lower", "upper", "n", "scores", "component", "note"),
    "refused": ("file", "sheet", "row", "code", "area_code", "item_code", "assessor_code", "found", "expected"),
}  # fmt: skip


def write_list(book: Book, key: str, table: pd.DataFrame, *notes: str) -> None:
    """A table as a sheet, and sheets after it where it is longer than one."""
    kept = table[[c for c in COLUMNS[key] if c in table and (table.empty or not _is_blank(table[c]))]]
    for place, start in enumerate(range(0, max(len(kept), 1), MAX_ROWS - FIRST)):
        page = book.sheet(key, place + 1)
        book.told(page, 1, book.words["lists"].get(key, ""), *notes, book.words["none"] if table.empty else "")
        _write_rows(book, page, key, _words(book, kept.iloc[start : start + MAX_ROWS - FIRST]))


def _write_rows(book: Book, page: Any, key: str, shown: pd.DataFrame) -> None:
    for at, (name, values) in enumerate(shown.items()):
        head = _head(book, key, str(name))
        page.write_string(FIRST - 1, at, cell_text(head), book.styles["head"])
        style = _style(str(name), key)
        wide = max([text_width(head), *(text_width(value) for value in values.head(SAMPLED) if isinstance(value, str))])
        for row, value in enumerate(values, FIRST):
            book.value(page, row, at, value, "body" if isinstance(value, str) else style)
        page.set_column(at, at, min(max(wide + 2, NARROWEST), WIDEST))
    last = (FIRST + max(len(shown), 1) - 1, max(len(shown.columns) - 1, 0))
    page.freeze_panes(FIRST, 0)
    if len(shown):
        page.autofilter(FIRST - 1, 0, *last)
    prints(page, last, heads=FIRST - 1)


def _is_blank(values: pd.Series) -> bool:
    return bool((values.isna() | values.astype("str").eq("")).all())


def _head(book: Book, key: str, name: str) -> str:
    words = book.words["heads"]
    return str(words[f"{key}.{name}"] if f"{key}.{name}" in words else words[name] if name in words else label(name, book.lang, "column"))


def _style(name: str, key: str) -> str:
    if name in PER_CENT:
        return "percent"
    if name in WHOLE:
        return "whole"
    return "raw" if key == "records" else "money" if name == "amount" else "number"


def _words(book: Book, table: pd.DataFrame) -> pd.DataFrame:
    """The same rows with words for codes, and Python's own numbers."""
    found = {}
    for name, values in table.items():
        say = _speaker(book, str(name), table)
        kept = values.astype("object").where(values.notna(), None)
        found[name] = kept.map({v: say(v) for v in kept.dropna().unique()}) if say else kept
    return pd.DataFrame(found, dtype="object").astype("object").where(lambda frame: frame.notna(), None) if found else table


def _speaker(book: Book, name: str, table: pd.DataFrame) -> Callable[[Any], Any] | None:
    """How a column's codes are said."""
    rubric, lang = book.evaluation.rubric, book.lang
    titles: dict[str, Mapping[str, str]] = {
        "item": {item.code: item.title[lang] for item in rubric.items}, "part": {part.code: part.title[lang] for part in rubric.parts},
        "grade": {band.code: band.title[lang] for band in rubric.bands}, "tier": _tiers(book, table),
        "operator": {sign: SIGNS[way] for sign, way in OPERATORS.items()},
    }  # fmt: skip
    if name in titles:
        return lambda code: titles[name].get(str(code), str(code))
    if name == "scheme":
        return lambda code: _scheme(book, str(code), titles["part"])
    if name == "note":
        return lambda code: say_notes(str(code), lang)
    if name in CODED:
        return lambda code: label(code, lang, CODED[name])
    if name in ("within_error", *GUARDED):
        return lambda flag: book.mark["yes"] if flag else ""
    return None


def _tiers(book: Book, table: pd.DataFrame) -> dict[str, str]:
    """What the rules call their tiers."""
    return {code: title[book.lang] for code, title in table.attrs.get("rewards", {}).get("tiers", {}).items()}


def _scheme(book: Book, code: str, parts: Mapping[str, str]) -> str:
    """A way of weighing; ``without_part:basic`` names what it leaves out."""
    kind, _, left = code.partition(":")
    return str(book.words["schemes"].get(kind, code)).format(left=parts.get(left, label(left, book.lang, "source")))


def say_notes(codes: str, lang: str) -> str:
    """What codes joined by ";" mean; nothing for none."""
    return ("；" if lang == "zh" else "; ").join(label(code, lang, "note") for code in codes.split(";") if code)


# --- what an audience may see ------------------------------------------------------------------------------------------


def records_for(evaluation: Evaluation, hidden: set[tuple[str, str, str]], audience: str) -> pd.DataFrame:
    """Raw values with their items and areas; what is hidden blank, judges numbered for those outside."""
    names = dict(zip(evaluation.limits.tree["area_code"], evaluation.limits.tree["area_name"], strict=True))
    rows = evaluation.records.assign(item=evaluation.records["item_code"], area_name=evaluation.records["area_code"].map(names))
    order = {(item.code, source): n for n, (item, source) in enumerate((item, source) for item in evaluation.rubric.items for source in item.sources)}
    rows = rows.assign(order=[order.get(pair, len(order)) for pair in zip(rows["item_code"], rows["source"], strict=True)])
    rows = rows.sort_values(["area_code", "project_id", "order", "assessor_code"]).drop(columns="order").reset_index(drop=True)
    shut = _among(rows, hidden)
    rows.loc[shut, "value"], rows.loc[shut, "note"] = float("nan"), SUPPRESSED
    rows["status"] = rows["status"].where(~shut | rows["status"].ne(SCORED), "")
    return rows.assign(assessor_code=_numbered(evaluation, rows["assessor_code"], audience))


def refused_for(evaluation: Evaluation, audience: str) -> pd.DataFrame:
    return evaluation.refused.assign(assessor_code=_numbered(evaluation, evaluation.refused["assessor_code"], audience))


def _numbered(evaluation: Evaluation, codes: pd.Series, audience: str) -> pd.Series:
    """Codes of assessors: areas as they are, judges by number for those outside."""
    if audience == "internal" or evaluation.rubric.unit == "community":
        return codes
    known = sorted({*evaluation.records["assessor_code"].dropna(), *evaluation.refused["assessor_code"].dropna()} - {""})
    return codes.map({code: f"{n:02d}" for n, code in enumerate(known, 1)}).astype("str").fillna("")


def gaps_for(gaps: pd.DataFrame, hidden: set[tuple[str, str, str]]) -> pd.DataFrame:
    rows = pd.DataFrame(gaps).assign(item=gaps["item_code"])
    shut = _among(rows, hidden)
    for column in HIDDEN_GAPS:
        rows[column] = rows[column].mask(shut)
    return rows.assign(note=rows["note"].mask(shut, SUPPRESSED))


def rewards_for(rewards: pd.DataFrame, audience: str) -> pd.DataFrame:
    return pd.DataFrame(rewards) if audience == "internal" else pd.DataFrame(rewards).drop(columns=list(GUARDED), errors="ignore")


def _among(rows: pd.DataFrame, hidden: set[tuple[str, str, str]]) -> pd.Series:
    keys = zip(rows["area_code"], rows["project_id"], rows["item_code"], strict=True)
    return pd.Series([key in hidden for key in keys], index=rows.index, dtype="bool")
