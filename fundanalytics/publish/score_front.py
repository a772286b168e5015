"""The first sheets of the score workbook: totals, grades and ranks of all communities, the means of the streets, and the rubric.

Place in the flow: below ``scorebook``. Totals point into the sheets of the parts by the code of the community, so that each sheet may be sorted;
the limits of grades are read from the rubric's sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..data.schema import HONOUR_LEVELS
from ..measure.ranksets import competition_rank
from ..show.labels import label
from ..show.scorebook_words import BANDS as SHORT_BANDS
from ..show.scorebook_words import RULES, SHORT_SOURCES
from ..show.scores import grade_title
from . import score_formulas as formulas
from .score_layout import (
    KEY,
    NAME,
    SUPPRESSED,
    TOP,
    Block,
    Book,
    Layout,
    at,
    height,
    id_heads,
    id_values,
    id_widths,
    indicator_title,
    prints,
    say_expression,
)  # fmt: skip
from .score_lists import say_notes

HEADS = 4  # row of the headings of the totals
NOTE, FIRST = 36.0, 24.0  # widths of the notes, and of the rubric's first column
FACTS = ("title", "document", "status", "version", "years", "maximum", "cap", "needed", "decimals", "decides", "source")
LIVE = ("maximum", "cap", "needed")
FACT, BANDS = 3, 3 + len(FACTS) + 1  # first rows of the rubric's facts, and of its grades
PLAIN_KEY = re.compile(r"[\w.-]+")


@dataclass(frozen=True)
class Columns:
    """Where things stand on the sheet of totals."""

    sheet: str
    first: int
    count: int
    rank: int
    ids: int
    parts: Mapping[str, int]
    bonus: int | None
    scored: int
    asked: int
    total: int
    grade: int
    ranked: int | None
    rest: int  # the first of the columns without formulas
    chances: tuple[str, ...]
    sets: bool

    @property
    def last(self) -> int:
        return self.first + max(self.count, 1) - 1

    @property
    def note(self) -> int:
        return self.rest + (2 if self.sets else 0) + len(self.chances)

    @property
    def street(self) -> int:
        return self.note + 1

    def column(self, column: int, *, elsewhere: bool = False) -> str:
        """A column over all rows; as another sheet names it with ``elsewhere``."""
        return f"{formulas.sheet(self.sheet) if elsewhere else ''}{at(self.first, column)}:{at(self.last, column)}"


def _columns(book: Book, parts: Mapping[str, Layout], ranking: pd.DataFrame | None, some_unranked: bool) -> Columns:
    ids = 1
    start = ids + len(id_heads(book))
    places = {code: start + i for i, code in enumerate(parts)}
    start += len(places)
    bonus = start if any(layout.bonus is not None for layout in parts.values()) else None
    start += bonus is not None
    ranked = start + 4 if some_unranked else None
    sets = ranking is not None
    chances = tuple(b.code for b in book.evaluation.rubric.bands if ranking is not None and f"chance_{b.code}" in ranking)
    return Columns(book.names["scores"], HEADS + 1, len(book.found.subjects), 0, ids, places, bonus, start, start + 1, start + 2, start + 3, ranked,
                   start + 4 + some_unranked, chances, sets)  # fmt: skip


# --- the totals --------------------------------------------------------------------------------------------------------


def write_scores(book: Book, parts: Mapping[str, Layout], ranking: pd.DataFrame | None) -> Columns:
    """One row per community: sums of the parts, total, grade and rank, by the rank; the district's mean stands above, not among them."""
    table = _totals(book, ranking)
    where = _columns(book, parts, ranking, bool(table["unranked"].any()))
    page = book.sheet("scores")
    hidden = book.words["hidden"].format(**book.mark) if book.found.hidden else ""
    book.told(page, 1, book.words["live"], hidden)
    _write_mean(book, page, where, shut=bool(table["shut"].any()))
    if where.sets:
        book.value(page, 3, 0, book.words["set"], "told")
    for column, head in enumerate(_heads(book, where)):
        page.write_string(HEADS, column, head, book.styles["head"])
    for row, subject in enumerate(table.itertuples(), where.first):
        page.set_row(row, height((say_notes(_text(subject.note), book.lang), NOTE)))
        _write_total(book, page, where, parts, row, subject, live=not table["shut"].any())
    sums = where.rest - where.ids - len(id_heads(book))
    widths = [7, *id_widths(book), *[10] * sums, *[10, 16] * where.sets, *[8] * len(where.chances), NOTE, 12]
    for column, width in enumerate(widths):
        page.set_column(column, column, width)
    page.set_row(HEADS, 46)
    page.freeze_panes(where.first, where.ids + 2)
    page.autofilter(HEADS, 0, where.last, where.street)
    prints(page, (where.last, where.note), heads=HEADS)
    return where


def _totals(book: Book, ranking: pd.DataFrame | None) -> pd.DataFrame:
    """The rows in their order, with what the package computed for each."""
    told, rubric = book.evaluation, book.evaluation.rubric
    mine = pd.DataFrame(told.totals)[["level", "area_code", "project_id", "total", "grade", "maximum", "bonus", "note"]]
    mine = mine[mine["level"].eq(told.lowest)].drop(columns="level")
    table = book.found.subjects.merge(mine, on=["area_code", "project_id"], how="left")
    notes = table["note"].astype("str").fillna("").str.split(";")
    table["shut"] = notes.map(lambda codes: SUPPRESSED in codes)
    out = notes.map(lambda codes: bool({*rubric.unranked} & {*codes}))
    if ranking is None:
        table["rank"] = competition_rank(table["total"].where(~out).to_numpy(dtype="float64"))
    else:
        wanted = ["rank", "rank_lower", "rank_upper", "band", *(c for c in ranking if str(c).startswith("chance_"))]
        given = pd.DataFrame(ranking).reindex(columns=["area_code", "project_id", *wanted, "note"]).rename(columns={"note": "rank_note"})
        table = table.merge(given, on=["area_code", "project_id"], how="left")
        table["note"] = table["rank_note"].where(table["rank_note"].notna(), table["note"])
    table["unranked"] = table["total"].notna() & table["rank"].isna()
    return table.sort_values(["rank", "total", "key"], ascending=[True, False, True], na_position="last").reset_index(drop=True)


def _heads(book: Book, where: Columns) -> list[str]:
    words, rubric, lang = book.words, book.evaluation.rubric, book.lang
    heads = [words["rank"], *id_heads(book), *(words["of_part"].format(part=p.title[lang], points=f"{p.points:g}") for p in rubric.parts)]
    heads += [words["bonus"]] if where.bonus is not None else []
    heads += [words["scored"], words["asked"], words["total"], words["grade"], *([words["ranked"]] if where.ranked is not None else [])]
    heads += [words["rank_set"], words["band"]] if where.sets else []
    heads += [words["chance"].format(grade=grade_title(rubric, code, lang)) for code in where.chances]
    return [*heads, words["note"], words["street_code"]]


def _write_mean(book: Book, page: Any, where: Columns, *, shut: bool) -> None:
    """The district's mean and how many have a total."""
    evaluation = book.evaluation
    rows = evaluation.totals[evaluation.totals["level"].eq("district")]
    total, count = (rows["total"].iloc[0], rows["communities"].iloc[0]) if len(rows) else (float("nan"), 0)
    totals, unit = where.column(where.total), book.words["unit"][evaluation.lowest]
    known = book.evaluation.totals[evaluation.totals["level"].eq(evaluation.lowest)]["total"].notna().sum()
    page.write_string(2, 0, book.words["mean"].format(unit=unit), book.styles["plain text"])
    cell = (2, where.total)
    if shut or len(rows) != 1 or count != known:  # several districts, or one outside
        book.value(page, *cell, total, "points")
        page.write_string(2, where.grade, grade_title(evaluation.rubric, rows["grade"].iloc[0] if len(rows) else "", book.lang), book.styles["grade"])
    else:
        book.formula(page, *cell, f'IF(COUNT({totals})=0,"",ROUND(AVERAGE({totals}),{book.decimals}))', "points", total)
        book.formula(page, 2, where.grade, formulas.grade(at(*cell), bands(book)), "grade", _grade(book, rows["grade"].iloc[0]))
    column = where.rest if where.sets else where.note
    book.formula(page, 2, column, f"COUNT({totals})", "whole", known)
    page.write_string(2, column + 1, book.words["counted"].format(unit=unit), book.styles["plain text"])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _grade(book: Book, code: str) -> str:
    return grade_title(book.evaluation.rubric, code, book.lang) if code else ""


def _write_total(book: Book, page: Any, where: Columns, parts: Mapping[str, Layout], row: int, subject: Any, *, live: bool) -> None:
    shut = any((subject.area_code, subject.project_id, item.code) in book.found.hidden for item in book.evaluation.rubric.items) or subject.shut
    for column, text in enumerate(id_values(book, subject), where.ids):
        book.value(page, row, column, text, "body")
    sums = _sums(book, where, parts, row, subject)
    values = {where.total: subject.total, where.grade: _grade(book, _text(subject.grade))}
    total = at(row, where.total, "column")
    texts = {where.total: _total(book, where, row), where.grade: formulas.grade(total, bands(book))}
    for column, (text, value, style) in sums.items():
        if shut:
            book.value(page, row, column, value if value == value else book.mark["hidden"] if style == "number" else "", style)
        else:
            book.formula(page, row, column, text, style, value)
    for column, style in ((where.total, "points"), (where.grade, "grade")):
        if shut:
            book.value(page, row, column, values[column] if values[column] == values[column] else book.mark["hidden"] if subject.shut else "", style)
        else:
            book.formula(page, row, column, texts[column], style, values[column])
    _write_rank(book, page, where, row, subject, live=live)
    _write_rest(book, page, where, row, subject)


def _sums(book: Book, where: Columns, parts: Mapping[str, Layout], row: int, subject: Any) -> dict[int, tuple[str, Any, str]]:
    """Column → formula, value and style of what comes from the sheets of the parts."""
    key = at(row, where.ids, "column")
    odd = not PLAIN_KEY.fullmatch(subject.key) or book.found.alike[subject.key.casefold()] > 1  # * and ? find others, a and A are the same
    line = book.found.rows[subject.area_code, subject.project_id]

    def cell(layout: Layout, column: int) -> str:
        if odd:
            return f"{formulas.sheet(layout.sheet)}{at(layout.first + line, column)}"
        return formulas.found(layout.column(column), key, layout.column(0))

    got = {code: book.found.parts.get((subject.area_code, subject.project_id, code), (float("nan"), 0.0))[0] for code in parts}
    found = {where.parts[code]: (cell(layout, layout.ids), got[code], "number") for code, layout in parts.items()}
    every = list(parts.values())
    asked = book.found.asked[subject.area_code, subject.project_id]
    found[where.scored] = ("+".join(cell(layout, layout.ids + 1) for layout in every), subject.maximum, "maximum")
    found[where.asked] = ("+".join(cell(layout, layout.ids + 2) for layout in every), asked, "maximum")
    if where.bonus is not None:
        cells = [cell(layout, layout.bonus) for layout in every if layout.bonus is not None]
        found[where.bonus] = (f"ROUND(SUM({','.join(cells)}),{book.decimals})", subject.bonus, "number")
    return found


def _total(book: Book, where: Columns, row: int) -> str:
    first, *_, last = [*where.parts.values(), list(where.parts.values())[-1]]
    sums = f"{at(row, first, 'column')}:{at(row, last, 'column')}"
    bonus = at(row, where.bonus, "column") if where.bonus is not None else ""
    return formulas.total(sums, at(row, where.scored, "column"), bonus, decimals=book.decimals,
                          **{name: fact(book, name) for name in LIVE})  # fmt: skip


def _write_rank(book: Book, page: Any, where: Columns, row: int, subject: Any, *, live: bool) -> None:
    total, totals = at(row, where.total, "column"), where.column(where.total)
    ranked: tuple[str, ...] = ()
    if where.ranked is not None:
        book.value(page, row, where.ranked, book.mark["no" if subject.unranked else "yes"], "grade")
        ranked = (at(row, where.ranked, "column"), where.column(where.ranked), book.mark["yes"])
    if live:
        book.formula(page, row, where.rank, formulas.rank(total, totals, *ranked), "whole", subject.rank)
    else:
        book.value(page, row, where.rank, subject.rank, "whole")


def _write_rest(book: Book, page: Any, where: Columns, row: int, subject: Any) -> None:
    """What other weights do not move: sets of ranks, chances, notes."""
    column = where.rest
    if where.sets:
        low, high = subject.rank_lower, subject.rank_upper
        text = "" if pd.isna(low) or pd.isna(high) else f"{low:.0f}" if low == high else f"{low:.0f}–{high:.0f}"
        book.value(page, row, column, text, "grade")
        book.value(page, row, column + 1, SHORT_BANDS[book.lang].get(_text(subject.band), ""), "grade")
        for place, code in enumerate(where.chances, column + 2):
            book.value(page, row, place, getattr(subject, f"chance_{code}"), "chance")
    book.value(page, row, where.note, say_notes(_text(subject.note), book.lang), "long")
    book.value(page, row, where.street, subject.street_code, "body")


# --- the streets -------------------------------------------------------------------------------------------------------


def write_streets(book: Book, where: Columns) -> None:
    """One row per street: the means of its communities; no ranks."""
    evaluation, words, rubric = book.evaluation, book.words, book.evaluation.rubric
    page = book.sheet("streets")
    book.told(page, 1, words["live"])
    parts = [words["of_part"].format(part=part.title[book.lang], points=f"{part.points:g}") for part in rubric.parts]
    counted = words["counted"].format(unit=words["unit"][evaluation.lowest])
    heads = [words["street_code"], words["street"], counted, *parts, words["mean_total"], words["grade"], words["note"]]
    for column, head in enumerate(heads):
        page.write_string(2, column, head, book.styles["head"])
    rows = evaluation.totals[evaluation.totals["level"].eq("street")]
    means = evaluation.parts[evaluation.parts["level"].eq("street")].set_index(["area_code", "part"])["points"].to_dict()
    shut = {street for street, area, project in zip(*(book.found.subjects[c] for c in ("street_code", "area_code", "project_id")), strict=True)
            if any(key[:2] == (area, project) for key in book.found.hidden)}  # fmt: skip
    for row, street in enumerate(rows.itertuples(), 3):
        values = [street.communities, *(means.get((street.area_code, p.code), float("nan")) for p in rubric.parts), street.total, _grade(book, street.grade)]
        _write_street(book, page, where, row, street, values, live=street.area_code not in shut)
    last = (max(3, 2 + len(rows)), len(heads) - 1)
    for column, width in enumerate([KEY, NAME, 10, *[13] * len(rubric.parts), 10, 9, NOTE]):
        page.set_column(column, column, width)
    page.set_row(2, 32)
    page.freeze_panes(3, 2)
    prints(page, last, heads=2)


def _write_street(book: Book, page: Any, where: Columns, row: int, street: Any, values: Sequence[Any], *, live: bool) -> None:
    book.value(page, row, 0, street.area_code, "body")
    book.value(page, row, 1, str(street.area_name), "body")
    key, keys, totals = at(row, 0, "column"), where.column(where.street, elsewhere=True), where.column(where.total, elsewhere=True)
    total = at(row, 3 + len(where.parts), "column")
    texts = [f"SUMPRODUCT(({keys}={key})*ISNUMBER({totals}))",
             *(formulas.mean_of(keys, key, totals, where.column(column, elsewhere=True), book.decimals) for column in where.parts.values()),
             formulas.mean_if(keys, key, totals, book.decimals), formulas.grade(total, bands(book))]  # fmt: skip
    styles = ["whole", *["number"] * len(where.parts), "points", "grade"]
    for column, (text, value, style) in enumerate(zip(texts, values, styles, strict=True), 2):
        if live:
            book.formula(page, row, column, text, style, value)
        else:
            book.value(page, row, column, value, style)
    book.value(page, row, 2 + len(texts), say_notes(str(street.note), book.lang), "long")


# --- the rubric --------------------------------------------------------------------------------------------------------


def fact(book: Book, name: str) -> str:
    """The cell of one of the rubric's numbers."""
    return f"{formulas.sheet(book.names['rubric'])}{at(FACT + FACTS.index(name), 1)}"


def bands(book: Book) -> list[tuple[str, str]]:
    """The cells of the grades: title and lower limit, from the best down."""
    own = formulas.sheet(book.names["rubric"])
    return [(f"{own}{at(row, 0)}", f"{own}{at(row, 1)}") for row in range(BANDS + 1, BANDS + 1 + len(book.evaluation.rubric.bands))]


def write_rubric(book: Book, parts: Mapping[str, Layout]) -> None:
    """What is scored, by whom and how: the numbers that are not in the sheets of the parts can be changed here."""
    page, rubric, words = book.sheet("rubric"), book.evaluation.rubric, book.words
    book.told(page, 1, words["from_parts"])
    for row, (name, value) in enumerate(_facts(book), FACT):
        page.set_row(row, height((words["facts"][name], FIRST)))
        book.value(page, row, 0, words["facts"][name], "left")
        style = "input chance" if name == "needed" else "input" if name in LIVE else "left plain"
        if name in LIVE:
            book.value(page, row, 1, value, style)
        else:
            page.merge_range(row, 1, row, 7, "", book.styles[style])
            book.value(page, row, 1, value, style)
    for column, head in enumerate(words["bands"]):
        page.write_string(BANDS, column, head, book.styles["head"])
    for row, band in enumerate(rubric.bands, BANDS + 1):
        book.value(page, row, 0, band.title[book.lang], "grade")
        book.value(page, row, 1, band.lower, "input")
    _write_items(book, page, parts, BANDS + len(rubric.bands) + 2)


def _write_items(book: Book, page: Any, parts: Mapping[str, Layout], heads: int) -> None:
    """The items: who scores each, for how much, by which rule, on what evidence; points and weights point to the sheets of the parts."""
    words, items = book.words, book.evaluation.rubric.items
    sources = list(dict.fromkeys(source for item in items for source in item.sources))
    grouped = any(item.group for item in items)
    before = [words["items"][i] for i in (0, 1, 2, 3) if i != 1 or grouped]
    weights = [words["weight"].format(source=SHORT_SOURCES[book.lang][source]) for source in sources]
    names = [*before, words["items"][4], *weights, *words["items"][5:]]
    widths = [FIRST, *[14] * grouped, 9, 22, 8, *[10] * len(sources), 30, 18, 14, 8, 34, 44]
    for column, (head, width) in enumerate(zip(names, widths, strict=True)):
        page.write_string(heads, column, head, book.styles["head"])
        page.set_column(column, column, width)
    row = heads
    every = [(layout, block) for layout in parts.values() for block in layout.blocks]
    for row, (layout, block) in enumerate(every, heads + 1):
        told, more = _item_told(book, layout, block, grouped)
        points = len(told)
        for column, text in [*enumerate(told), *enumerate(more, points + 1 + len(sources))]:
            book.value(page, row, column, text, "long")
        own = formulas.sheet(layout.sheet)
        book.formula(page, row, points, own + at(TOP + 1, block.first), "maximum", block.item.points)
        for column, source in enumerate(sources, points + 1):
            weight = block.item.sources.get(source, "")
            if weight and len(block.raw) > 1:
                book.formula(page, row, column, own + at(layout.weights, block.raw[source][0]), "percent", weight)
            else:
                book.value(page, row, column, weight, "percent")
        page.set_row(row, height(*zip([*told, "", *[""] * len(sources), *more], widths, strict=True)))
    page.freeze_panes(2, 0)
    prints(page, (row, len(names) - 1), heads=1)


def _facts(book: Book) -> Iterator[tuple[str, Any]]:
    rubric, words = book.evaluation.rubric, book.words
    told: dict[str, Any] = {
        "title": rubric.title[book.lang], "document": rubric.document or words["unknown"], "status": words["status"][rubric.status], "version": rubric.version,
        "years": "、".join(rubric.years) or words["any"], "maximum": rubric.maximum, "cap": rubric.cap, "needed": rubric.needed, "decimals": rubric.decimals,
        "decides": label(rubric.decides, book.lang, "source"), "source": rubric.source,
    }  # fmt: skip
    return ((name, told[name]) for name in FACTS)


def _item_told(book: Book, layout: Layout, block: Block, grouped: bool) -> tuple[list[str], list[str]]:
    """What stands before the points of an item, and behind its weights."""
    item, lang, words = block.item, book.lang, book.words
    rule = RULES[lang]["at_most_ratio" if item.options.get("variant") == "ratio" else item.scoring]
    if item.value == "honours":
        named = "、".join(f"{HONOUR_LEVELS[level][0] if lang == 'zh' else level} {points:g}" for level, points in item.options["scores"].items())
        rule += words["honours"].format(scores=named)
    value = words["values"].get(item.value) or (say_expression(item, lang) if item.value == "formula" else indicator_title(item.value, lang))
    before = [layout.part.title[lang], *([item.group.get(lang, "")] if grouped else []), item.code, item.title[lang]]
    missing, bonus = words["zero" if item.missing == "zero" else "others"], book.mark["yes"] if item.bonus else ""
    return before, [rule, value, missing, bonus, item.evidence.get(lang, ""), item.source]
