"""The sheets of a rubric's parts in the score workbook: a row per community, for each item its raw values and its points as a formula.

Place in the flow: below ``scorebook``; ``score_layout`` says where things stand, ``score_formulas`` has the formulas. Points, weights and the numbers of
a rule stand above the rows, so that whoever changes one sees what follows. What is hidden is written as a mark, and its row as numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..measure.score_records import MISSING, NOT_APPLICABLE
from ..measure.scoring import LEVELS, OPERATORS
from ..show.labels import label
from ..show.scorebook_words import PARAMETERS, RULES, SHORT_SOURCES, SIGNS
from . import score_formulas as formulas
from .files import cell_text
from .score_formulas import Cells, Given
from .score_layout import (
    A3,
    TOP,
    Block,
    Book,
    Layout,
    Subject,
    at,
    height,
    id_heads,
    id_values,
    id_widths,
    indicator_title,
    is_linear,
    over,
    parameters,
    prints,
    say_expression,
    style_of,
    unit_style,
)

ZERO = "zero"
PAGE_WIDTH, SCALE = 265, 55  # characters that a page of A3 holds at this scale
RAW, POINTS, WIDE = 6.5, 7.0, 10.0  # widths of columns


# --- what stands above the rows ----------------------------------------------------------------------------------------


def _cells(book: Book, layout: Layout, block: Block, row: int) -> Cells:
    """The cells that the rule of an item reads, for one row."""
    rows = [TOP + 3 + i for i in range(len(parameters(book, block)))]
    value = [at(r, block.first + 1) for r in rows]
    whole = f"SUM({value[0]}:{value[-1]})" if len(value) > 1 else value[0] if value else ""
    return Cells(
        points=at(TOP + 1, block.first), scale=whole, per=value[0] if value else "", floor=value[-1] if value else "",
        target=at(row, block.target, "column") if block.target is not None else value[0] if value else "",
        operator=at(row, block.operator, "column") if block.operator is not None else "",
        levels=[(at(r, block.first), v) for r, v in zip(rows, value, strict=True)],
    )  # fmt: skip


def _write_heads(book: Book, page: Any, layout: Layout) -> None:
    styles, words = book.styles, book.words
    rows = dict(zip((TOP, TOP + 1, TOP + 2, TOP + 3, layout.weights), words["rows"], strict=True))
    for row in range(TOP, layout.heads):
        for column in range(layout.ids + 3 + (layout.bonus is not None)):
            page.write_blank(row, column, None, styles["head"])
        if row in rows and (row != TOP + 3 or layout.parameters) and (row != layout.weights or any(len(block.raw) > 1 for block in layout.blocks)):
            page.write_string(row, 0, rows[row], styles["head"])
    page.write_number(TOP + 1, layout.ids, layout.part.points, styles["head"])
    heads = [*id_heads(book), words["part"], words["scored"], words["asked"], *([words["bonus"]] if layout.bonus is not None else [])]
    for column, head in enumerate(heads):
        page.write_string(layout.heads, column, head, styles["head"])
    for block in layout.blocks:
        _write_block_heads(book, page, layout, block)


def _write_block_heads(book: Book, page: Any, layout: Layout, block: Block) -> None:
    item, styles, lang = block.item, book.styles, book.lang
    group = item.group.get(lang, "")
    title = f"{item.code} {item.title[lang]}" + (f"（{group}）" if group else "")
    for row, value, style in ((TOP, title, "item"), (TOP + 1, item.points, "input wide"), (TOP + 2, _rule(book, block), "rule")):
        page.merge_range(row, block.first, row, block.points, "", styles[style])
        book.value(page, row, block.first, value, style)
    for row in range(TOP + 3, layout.heads):
        for column in range(block.first, block.points + 1):
            page.write_blank(row, column, None, styles["head"])
    for row, (name, value, style) in enumerate(parameters(book, block), TOP + 3):
        book.value(page, row, block.first, name, "head" if isinstance(name, str) else "input")
        book.value(page, row, block.first + 1, value, style)
    for source, (first, last) in block.raw.items() if len(block.raw) > 1 else ():
        if last > first:
            page.merge_range(layout.weights, first, layout.weights, last, "", styles["input percent"])
        book.value(page, layout.weights, first, item.sources[source], "input percent")
    for column, head in _columns(book, block):
        page.write_string(layout.heads, column, cell_text(head), styles["head"])


def _rule(book: Book, block: Block) -> str:
    """How a value of an item becomes points."""
    ratio = block.way == "at_most" and block.item.options.get("variant") == "ratio"
    text = RULES[book.lang]["at_most_ratio" if ratio else block.way or block.item.scoring]
    return text + (f"：{say_expression(block.item, book.lang)}" if block.item.value == "formula" else "")


def _columns(book: Book, block: Block) -> Iterator[tuple[int, str]]:
    """The headings of an item's columns."""
    item, lang, said = block.item, book.lang, PARAMETERS[book.lang]
    for name, column in block.indicators.items():
        yield column, indicator_title(name, lang)
    for source, (first, last) in block.raw.items():
        short = said["judge"] if item.value == "panel_scores" else SHORT_SOURCES[lang][source]
        if item.value in ("honours", "rectifications") or item.value == "formula":
            short = said["value" if item.value == "formula" else item.value]
        elif item.indicator:
            short = indicator_title(item.value, lang)
        for number, column in enumerate(range(first, last + 1), 1):
            yield column, short + (str(number) if last > first else "")
    if block.target is not None:
        yield block.target, said["targets"]
    if block.operator is not None:
        yield block.operator, said["operator"]
    for source, column in block.share.items():
        yield column, said["share"] + (f" {SHORT_SOURCES[lang][source]}" if len(block.share) > 1 else "")
    if block.level is not None:
        yield block.level, said["level"]
    yield block.points, said["points"]


# --- the rows ----------------------------------------------------------------------------------------------------------


def write_part(book: Book, layout: Layout) -> None:
    """The sheet of a part."""
    page = book.sheet(f"part {layout.part.code}")
    hidden = any(item in {b.item.code for b in layout.blocks} for _, _, item in book.found.hidden)
    book.told(page, 1, book.words["live_raw"].format(scores=book.names["scores"], **book.mark), book.words["hidden"].format(**book.mark) if hidden else "")
    _write_heads(book, page, layout)
    for row, subject in enumerate(book.found.subjects.itertuples(), layout.first):
        for column, text in enumerate(id_values(book, subject)):
            book.value(page, row, column, text, "body")
        for block in layout.blocks:
            _write_item(book, page, layout, block, row, (subject.area_code, subject.project_id))
        _write_sums(book, page, layout, row, (subject.area_code, subject.project_id))
    _finish(book, page, layout)


def _write_item(book: Book, page: Any, layout: Layout, block: Block, row: int, subject: Subject) -> None:
    item, found = block.item, book.found
    key = (*subject, item.code)
    if key not in found.items or key in found.hidden:
        mark, always = ("hidden", True) if key in found.items else ("not_asked", False)
        for column in range(block.first, block.points + 1):
            book.value(page, row, column, book.mark[mark] if always or column == block.points else "", "mark")
        return
    _write_target(book, page, block, row, key)
    cells = _cells(book, layout, block, row)
    given = []
    for source, (first, last) in block.raw.items():
        _write_raw(book, page, block, row, (*key, source))
        weight = at(layout.weights, first, "row") if len(block.raw) > 1 else ""
        raw = over(row, first, last)
        if source in block.share:
            text = formulas.share(item, block.way, raw, cells, book.marks)
            book.formula(page, row, block.share[source], text, "share", _share_told(book, (*key, source)))
            cell = at(row, block.share[source], "column")
            given.append(Given(source, cell, cell, weight))
        else:
            mean = f"AVERAGE({raw})" if last > first else raw
            given.append(Given(source, raw, f"{mean}/{cells.scale}", weight))
    rubric = book.evaluation.rubric
    text = formulas.item_points(item, given, cells.points, decides=rubric.decides, decimals=rubric.decimals, marks=book.marks)
    points, status, attained = found.items[key]
    if block.level is not None:
        names = {code: label(code, book.lang, "attained") for code in LEVELS}
        book.formula(page, row, block.level, formulas.attained(at(row, block.points, "column"), cells.points, names), "mark", names.get(attained, ""))
    book.formula(page, row, block.points, text, "points", _told(book, points, status))


def _told(book: Book, points: float, status: str) -> Any:
    """Points, or what stands in their place."""
    return book.mark.get("not_applicable" if status == NOT_APPLICABLE else "missing") if points != points else points


def _share_told(book: Book, key: tuple[str, str, str, str]) -> Any:
    share, status = book.found.points[key][:2]
    if share == share and status != ZERO:
        return share
    raw = book.found.raw.get(key, [])
    numbers = any(not isinstance(value, str) for value in raw)
    return book.mark["not_applicable" if not numbers and NOT_APPLICABLE in raw else "missing"]


def _write_raw(book: Book, page: Any, block: Block, row: int, key: tuple[str, str, str, str]) -> None:
    """What each assessor gave, or the value of an indicator."""
    item, (first, last) = block.item, block.raw[key[3]]
    values = book.found.raw.get(key, [MISSING])
    told = [book.mark.get(value, value) if isinstance(value, str) else value for value in values]
    style = unit_style(item)
    for column, value in zip(range(first, last + 1), [*told, *[""] * (last - first + 1 - len(told))], strict=True):
        book.value(page, row, column, value, "mark" if isinstance(value, str) else style)
    if item.value == "formula":
        _write_expression(book, page, block, row, key[0], told[0])


def _write_target(book: Book, page: Any, block: Block, row: int, key: tuple[str, str, str]) -> None:
    """What a value is held against, and how, where that differs between rows; it is the same for every source that said anything."""
    told = [book.found.points[*key, source][3:] for source in block.raw]
    target, operator = next(((t, o) for t, o in told if t == t), told[0])
    if block.target is not None:
        book.value(page, row, block.target, target if target == target else book.mark["missing"], unit_style(block.item))
    if block.operator is not None:
        book.value(page, row, block.operator, SIGNS[OPERATORS.get(str(operator), block.item.scoring)], "mark")


def _write_expression(book: Book, page: Any, block: Block, row: int, area: str, value: Any) -> None:
    """The indicators of a formula and its value; where they are not what it was computed from, the value alone."""
    known = {name: book.indicators[block.item.code, name].get(area, float("nan")) for name in block.indicators}
    if value == book.mark["missing"] or all(number == number for number in known.values()):
        for name, column in block.indicators.items():
            unknown = known[name] != known[name]
            book.value(page, row, column, book.mark["missing"] if unknown else known[name], "mark" if unknown else style_of(name))
        cells = {name: at(row, column, "column") for name, column in block.indicators.items()}
        column = next(iter(block.raw.values()))[0]
        book.formula(page, row, column, formulas.expression(block.item.options["expression"], cells, book.marks), "raw", value)
    else:
        for column in block.indicators.values():
            book.value(page, row, column, book.mark["hidden"], "mark")


def _write_sums(book: Book, page: Any, layout: Layout, row: int, subject: Subject) -> None:
    """Points of the part, what was scored, what applies, and the bonus."""
    found, first = book.found, layout.ids
    mine = [(block, found.items.get((*subject, block.item.code))) for block in layout.blocks]
    got, scored = found.parts.get((*subject, layout.part.code), (float("nan"), 0.0))
    asked = sum(b.item.points for b, told in mine if told and not b.item.bonus and told[1] != NOT_APPLICABLE)
    bonus = sum(told[0] for b, told in mine if told and b.item.bonus and told[0] == told[0])
    values = [(got, "points"), (scored, "maximum"), (asked, "maximum"), *([(round(bonus, 10), "points")] if layout.bonus is not None else [])]
    if any((*subject, block.item.code) in found.hidden for block in layout.blocks):
        for column, (value, style) in enumerate(values, first):
            book.value(page, row, column, value if value == value else book.mark["hidden"], style)
        return
    cells = [(at(row, block.points, "column"), at(TOP + 1, block.first)) for block in layout.blocks if not block.item.bonus]
    extra = [at(row, block.points, "column") for block in layout.blocks if block.item.bonus]
    texts = [formulas.part_points([got for got, _ in cells], book.decimals), formulas.scored_maximum(cells), formulas.asked_maximum(cells, book.marks),
             *([f"ROUND(SUM({','.join(extra)}),{book.decimals})"] if extra else [])]  # fmt: skip
    for column, (text, (value, style)) in enumerate(zip(texts, values, strict=True), first):
        book.formula(page, row, column, text, style, value)


def _finish(book: Book, page: Any, layout: Layout) -> None:
    """Widths, what stays in sight, and how it is printed."""
    end = layout.blocks[-1].points if layout.blocks else layout.ids + 2
    widths = [*id_widths(book), *[POINTS] * (end - layout.ids + 1)]
    for block in layout.blocks:
        for column in range(block.first, block.points):
            widths[column] = RAW if is_linear(block.item) and column != block.level else WIDE
    for column, width in enumerate(widths):
        page.set_column(column, column, width)
    page.set_row(TOP, 32)
    rules = [(_rule(book, block), 1.3 * sum(widths[block.first : block.points + 1])) for block in layout.blocks]  # in small letters
    page.set_row(TOP + 2, max(30.0, height(*rules)))
    page.set_row(layout.heads, max(height((head, widths[column])) for block in layout.blocks for column, head in _columns(book, block)))
    page.freeze_panes(layout.first, 2)
    page.autofilter(layout.heads, 0, layout.last, end)
    prints(page, (layout.last, end), heads=layout.heads, paper=A3)
    breaks = _breaks(layout, widths)
    if breaks:
        page.set_print_scale(SCALE)  # in place of the fit to one page
        page.set_v_pagebreaks(breaks)
        page.repeat_columns(0, 1)


def _breaks(layout: Layout, widths: list[float]) -> list[int]:
    """The columns before which a page ends, so that no item is torn in two."""
    found, room = [], PAGE_WIDTH - sum(widths[: layout.blocks[0].first if layout.blocks else 0])
    for block in layout.blocks:
        wide = sum(widths[block.first : block.points + 1])
        if wide > room and room < PAGE_WIDTH - sum(widths[:2]):
            found.append(block.first)
            room = PAGE_WIDTH - sum(widths[:2])
        room -= wide
    return found
