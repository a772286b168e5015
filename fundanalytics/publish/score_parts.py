"""The sheets of a rubric's parts in the score workbook: a row per community, for each item its raw values and its points as a formula.

Place in the flow: below ``scorebook``, which knows the other sheets; ``score_formulas`` has the formulas. Points, weights and the numbers of a
rule stand above the rows, so that whoever changes one sees what follows. What is hidden is written as a mark, and its row as numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from ..measure.definitions import INDICATORS
from ..measure.score_records import MISSING, NOT_APPLICABLE, SCORED, split_indicator
from ..measure.scoring import OPERATORS, limits_of
from ..show.labels import label
from ..show.scorebook_words import MARKS, PARAMETERS, RULES, SHEETS, SHORT_SOURCES, SIGNS, WORDS
from . import score_formulas as formulas
from .files import cell_text, text_width, write_cell
from .score_formulas import LINEAR, TARGETED, Cells, Given, Marks

if TYPE_CHECKING:
    from ..measure.rubric import Item, Part
    from ..measure.scores import Evaluation

ZERO, SUPPRESSED = "zero", "suppressed"
Subject = tuple[str, str]  # area_code, project_id
TOP = 2  # rows of title and notes
A4, A3 = 9, 8
PAGE_WIDTH, SCALE = 265, 55  # characters that a page of A3 holds at this scale
RAW, POINTS, NAME, KEY, WIDE = 6.5, 7, 13, 14, 10  # widths of columns
LINE, LARGE = 15, 1.15  # height of a row; how much wider a letter is than a column's unit


@dataclass
class Book:
    """A workbook in the making: what it shows, in which language, its styles, and the names of its sheets."""

    evaluation: Evaluation
    file: Any
    styles: dict[str, Any]
    lang: str
    names: dict[str, str]
    stamp: str
    indicators: Mapping[tuple[str, str], Mapping[str, float]] = field(default_factory=dict)  # item and name in its formula → area → value

    @property
    def words(self) -> dict[str, Any]:
        return WORDS[self.lang]

    @property
    def mark(self) -> dict[str, str]:
        return MARKS[self.lang]

    @cached_property
    def marks(self) -> Marks:
        return Marks(self.mark["not_applicable"], self.mark["missing"])

    @property
    def decimals(self) -> int:
        return self.evaluation.rubric.decimals

    @cached_property
    def found(self) -> Found:
        return Found(self.evaluation)

    def sheet(self, key: str, number: int = 1) -> Any:
        """A new sheet with its title; ``number`` of those that a long list needs."""
        page = self.file.add_worksheet(self.names[key] if number == 1 else f"{self.names[key][:25]} ({number})")
        told = self.evaluation
        period = self.words["period"].format(period=told.period) + (f" · {self.words['wave'].format(wave=told.wave)}" if told.wave else "")
        title = self.words["title"].format(name=district_name(told), sheet=self.names[key], period=period, rubric=told.rubric.title[self.lang])
        page.write_string(0, 0, cell_text(title), self.styles["title"])
        return page

    def told(self, page: Any, row: int, *notes: str) -> None:
        """The stamp, and what a reader must know of a sheet, in one row."""
        page.write_string(row, 0, cell_text("　".join(note for note in (self.stamp, *notes) if note)), self.styles["told"])

    def formula(self, page: Any, row: int, column: int, text: str, style: str, value: Any) -> None:
        """A formula with the package's value, which those see who do not compute it."""
        page.write_formula(row, column, "=" + text, self.styles[style], "" if pd.isna(value) else value)

    def value(self, page: Any, row: int, column: int, value: Any, style: str) -> None:
        """A number or text as such."""
        if isinstance(value, str):
            write_text(page, row, column, value, self.styles[style], self.styles)
        elif pd.isna(value):
            page.write_blank(row, column, None, self.styles[style])
        else:
            page.write_number(row, column, float(value), self.styles[style])


def write_text(page: Any, row: int, column: int, text: str, style: Any, styles: Mapping[str, Any]) -> None:
    """Text in a style; one that begins as a formula does in that of ``files``."""
    from ..data.guard import is_formula

    if is_formula(text):
        write_cell(page, row, column, text, styles)
    else:
        page.write_string(row, column, cell_text(text), style)


def district_name(evaluation: Evaluation) -> str:
    rows = evaluation.totals[evaluation.totals["level"].eq("district")]
    return "、".join(rows["area_name"].astype("str"))


def hidden_items(evaluation: Evaluation) -> set[tuple[str, str, str]]:
    """Area, project and item of what must not be shown."""
    tables = [t[t["note"].astype("str").str.split(";").map(lambda codes: SUPPRESSED in codes)] for t in (evaluation.items, evaluation.points)]
    return {key for table in tables for key in table[["area_code", "project_id", "item_code"]].itertuples(index=False, name=None)}


def sheet_names(evaluation: Evaluation, lang: str) -> dict[str, str]:
    """A name for each sheet that no other has: the lists have theirs, the parts are called what the rubric calls them."""
    names, taken = dict(SHEETS[lang]), {name.casefold() for name in SHEETS[lang].values()}
    for part in evaluation.rubric.parts:
        plain = re.sub(r"[\[\]:*?/\\]", " ", part.title[lang])[:25].strip("' ") or part.code[:25]
        name = next(n for n in (plain, *(f"{plain} ({i})" for i in range(2, 10_000))) if n.casefold() not in taken)
        names[f"part {part.code}"] = name
        taken.add(name.casefold())
    return names


class Found:
    """What was scored, by subject and item."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self.subjects = _subjects(evaluation)
        lowest = evaluation.items[evaluation.items["level"].eq(evaluation.lowest)]
        columns = ["points", "status", "note"]
        self.items = {(a, p, i): row for a, p, i, *row in lowest[["area_code", "project_id", "item_code", *columns]].itertuples(index=False, name=None)}
        given = evaluation.points[["area_code", "project_id", "item_code", "source", "share", "status", "note", "target", "operator"]]
        self.points = {key[:4]: key[4:] for key in given.itertuples(index=False, name=None)}
        parts = evaluation.parts[evaluation.parts["level"].eq(evaluation.lowest)]
        self.parts = {(a, p, part): (got, most) for a, p, part, got, most in
                      parts[["area_code", "project_id", "part", "points", "maximum"]].itertuples(index=False, name=None)}  # fmt: skip
        self.raw = self._raw()
        self.hidden = hidden_items(evaluation)
        self.alike = Counter(key.casefold() for key in self.subjects["key"])
        self.rows = {key: row for row, key in enumerate(zip(self.subjects["area_code"], self.subjects["project_id"], strict=True))}
        self.asked = self._asked()

    def _raw(self) -> dict[tuple[str, str, str, str], list[Any]]:
        """What each assessor wrote: a number, or the status in its place."""
        rows = self.evaluation.records.sort_values(["area_code", "project_id", "item_code", "source", "assessor_code"])
        told = rows["value"].astype("object").where(rows["status"].eq(SCORED), rows["status"])
        found: dict[tuple[str, str, str, str], list[Any]] = {}
        keys = zip(rows["area_code"], rows["project_id"], rows["item_code"], rows["source"], strict=True)
        for key, value in zip(keys, told, strict=True):
            found.setdefault(key, []).append(value)
        return found

    def _asked(self) -> Counter[Subject]:
        """The points of the items that apply."""
        base = {item.code: item.points for item in self.evaluation.rubric.base_items}
        found: Counter[Subject] = Counter()
        for (area, project, item), (_, status, _) in self.items.items():
            found[area, project] += base.get(item, 0.0) if status != NOT_APPLICABLE else 0.0  # type: ignore[assignment]
        return found

    def assessors(self, item: Item, source: str) -> int:
        """The most that any subject has."""
        return max((len(v) for (_, _, code, of), v in self.raw.items() if code == item.code and of == source), default=1)

    def against(self, item: Item) -> tuple[list[float], list[str]]:
        """The different targets and rules that an item is held against."""
        rows = self.evaluation.points[self.evaluation.points["item_code"].eq(item.code)]
        rows = rows[rows["target"].notna() | rows["operator"].ne("")].dropna(subset=["operator"])
        ways = [OPERATORS.get(str(o), item.scoring) for o in rows["operator"].unique()]
        return rows["target"].drop_duplicates().tolist(), list(dict.fromkeys(ways)) or [item.scoring]


def _subjects(evaluation: Evaluation) -> pd.DataFrame:
    """One row per community or project: ``key``, ``name``, ``community``, ``street``, ``street_code``; in the order of the codes."""
    limits = evaluation.limits
    names = dict(zip(limits.tree["area_code"], limits.tree["area_name"].astype("str"), strict=True))
    table = evaluation.subjects.reset_index(drop=True)
    streets = limits.at(table["area_code"], "street").fillna("")
    table = table.assign(community=table["area_code"].map(names).fillna(""), street_code=streets, street=streets.map(names).fillna(""))
    if evaluation.lowest == "community":
        return table.assign(key=table["area_code"], name=table["community"])
    projects = evaluation.dataset.projects.drop_duplicates("project_id").set_index("project_id")["name"]
    return table.assign(key=table["project_id"], name=table["project_id"].map(projects).astype("str").fillna(""))


@dataclass(frozen=True)
class Block:
    """The columns of an item: of its indicators, raw values (first and last of each source), own targets and rules, shares, and points."""

    item: Item
    first: int
    indicators: Mapping[str, int]
    raw: Mapping[str, tuple[int, int]]
    target: int | None
    operator: int | None
    share: Mapping[str, int]
    points: int
    way: str  # the rule, where all rows have one
    common: float  # the target of all rows


@dataclass(frozen=True)
class Layout:
    """Where things stand on the sheet of a part."""

    part: Part
    sheet: str
    blocks: tuple[Block, ...]
    ids: int  # columns that say whose row it is
    parameters: int  # rows
    first: int  # row of the first subject
    count: int

    @property
    def heads(self) -> int:
        return self.first - 1

    @property
    def weights(self) -> int:
        return self.first - 2

    @property
    def last(self) -> int:
        return self.first + max(self.count, 1) - 1

    @property
    def bonus(self) -> int | None:
        return self.ids + 3 if any(block.item.bonus for block in self.blocks) else None

    def points_cell(self, block: Block) -> str:
        return at(TOP + 1, block.first, fixed="row")

    def column(self, column: int) -> str:
        """A column over all rows, as another sheet names it."""
        return f"{formulas.sheet(self.sheet)}{at(self.first, column)}:{at(self.last, column)}"


def at(row: int, column: int, fixed: str = "both") -> str:
    """The name of a cell; ``fixed``: both, row, column or none."""
    return str(xl_rowcol_to_cell(row, column, row_abs=fixed in ("both", "row"), col_abs=fixed in ("both", "column")))


def over(row: int, first: int, last: int) -> str:
    """The name of cells that stand side by side."""
    return at(row, first, "column") + ("" if first == last else f":{at(row, last, 'column')}")


def layouts(book: Book) -> dict[str, Layout]:
    """The sheet of each part."""
    ids = 3 if book.evaluation.lowest == "community" else 4
    found = {}
    for part in book.evaluation.rubric.parts:
        items = book.evaluation.rubric.items_of(part.code)
        column = ids + 3 + any(item.bonus for item in items)
        blocks = []
        for item in items:
            blocks.append(_block(book, item, column))
            column = blocks[-1].points + 1
        rows = max([len(_parameters(book, block)) for block in blocks], default=0)
        found[part.code] = Layout(part, book.names[f"part {part.code}"], tuple(blocks), ids, rows, TOP + 5 + rows, len(book.found.subjects))
    return found


def _block(book: Book, item: Item, first: int) -> Block:
    column = iter(range(first, first + 10_000))
    indicators = {name: next(column) for name in book_names(item)}
    raw = {source: (start := next(column), [start, *(next(column) for _ in range(book.found.assessors(item, source) - 1))][-1]) for source in item.sources}
    targets, ways = book.found.against(item) if item.scoring in TARGETED else ([], [item.scoring])
    target = next(column) if len(targets) > 1 else None
    operator = next(column) if len(ways) > 1 else None
    share = {} if is_linear(item) else {source: next(column) for source in item.sources}
    return Block(
        item, first, indicators, raw, target, operator, share, next(column), ways[0] if len(ways) == 1 else "", targets[0] if targets else float("nan")
    )


def is_linear(item: Item) -> bool:
    """Whether points are in proportion to what people gave, so that the values need no column of shares beside them."""
    return item.scoring in LINEAR and item.value in ("assessments", "panel_scores")


def book_names(item: Item) -> list[str]:
    """The indicators that an item's formula names."""
    return formulas.names_in(item.options["expression"]) if item.value == "formula" else []


# --- what stands above the rows ----------------------------------------------------------------------------------------


def _parameters(book: Book, block: Block) -> list[tuple[Any, Any, str]]:
    """The numbers of an item's rule: what each is called (or the level that it belongs to), the number, its style."""
    item, options, said = block.item, block.item.options, PARAMETERS[book.lang]
    if item.scoring == "elements" and isinstance(options["elements"], Mapping):
        return [(str(name), weight, "input") for name, weight in options["elements"].items()]
    if item.scoring in (*LINEAR, "formula"):
        return [(said["elements" if item.scoring == "elements" else "scale"], limits_of(item)[1], "input")]
    if item.scoring in TARGETED:
        sign = SIGNS.get(block.way, "")
        return [] if block.target is not None else [(said["target"].format(sign=sign).strip(), block.common, f"input {unit_style(item)}")]
    if item.scoring == "deduction":
        return [(said["per"], options.get("per", 1), "input"), (said["floor"], options.get("floor", 0), "input")]
    if item.scoring == "likert":
        return [(level, share, "input") for level, share in sorted(options["scores"].items())]
    return []


def unit_style(item: Item) -> str:
    """How a raw value is written: shares in per cent."""
    return style_of(item.value) if item.indicator else "raw"


def style_of(indicator: str) -> str:
    return "percent" if INDICATORS[split_indicator(indicator)[0]].unit in ("share", "ratio") else "score"


def _cells(book: Book, layout: Layout, block: Block, row: int) -> Cells:
    """The cells that the rule of an item reads, for one row."""
    rows = [TOP + 3 + i for i in range(len(_parameters(book, block)))]
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


def id_heads(book: Book) -> list[str]:
    """The headings of the columns that say whose row it is."""
    words, lowest = book.words, book.evaluation.lowest
    return [words["key"][lowest], words["name"][lowest], *([] if lowest == "community" else [words["community"]]), words["street"]]


def id_values(book: Book, subject: Any) -> list[str]:
    return [subject.key, subject.name, *([] if book.evaluation.lowest == "community" else [subject.community]), subject.street]


def _write_block_heads(book: Book, page: Any, layout: Layout, block: Block) -> None:
    item, styles, lang = block.item, book.styles, book.lang
    rule = RULES[lang]["at_most_ratio" if block.way == "at_most" and item.options.get("variant") == "ratio" else block.way or item.scoring]
    rule += f"：{item.options['expression']}" if item.value == "formula" else ""
    group = item.group.get(lang, "")
    title = f"{item.code} {item.title[lang]}" + (f"（{group}）" if group else "")
    for row, value, style in ((TOP, title, "item"), (TOP + 1, item.points, "input wide"), (TOP + 2, rule, "rule")):
        page.merge_range(row, block.first, row, block.points, "", styles[style])
        book.value(page, row, block.first, value, style)
    for row in range(TOP + 3, layout.heads):
        for column in range(block.first, block.points + 1):
            page.write_blank(row, column, None, styles["head"])
    for row, (name, value, style) in enumerate(_parameters(book, block), TOP + 3):
        book.value(page, row, block.first, name, "head" if isinstance(name, str) else "input")
        book.value(page, row, block.first + 1, value, style)
    for source, (first, last) in block.raw.items() if len(block.raw) > 1 else ():
        if last > first:
            page.merge_range(layout.weights, first, layout.weights, last, "", styles["input percent"])
        book.value(page, layout.weights, first, item.sources[source], "input percent")
    for column, head in _columns(book, block):
        page.write_string(layout.heads, column, cell_text(head), styles["head"])


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
    yield block.points, said["points"]


def indicator_title(name: str, lang: str) -> str:
    """What an indicator is called, with its definition where that is not the main one."""
    indicator, basis = split_indicator(name)
    main = basis == next(iter(INDICATORS[indicator].bases))
    return label(indicator, lang, "indicator") + ("" if main else f"（{label(basis, lang, 'basis')}）")


# --- the rows ----------------------------------------------------------------------------------------------------------


def write_part(book: Book, layout: Layout) -> None:
    """The sheet of a part."""
    page = book.sheet(f"part {layout.part.code}")
    scores = SHEETS[book.lang]["scores"]
    hidden = any(item in {b.item.code for b in layout.blocks} for _, _, item in book.found.hidden)
    book.told(page, 1, book.words["live_raw"].format(scores=scores, **book.mark), book.words["hidden"].format(**book.mark) if hidden else "")
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
        for column in range(block.first, block.points + 1):
            book.value(
                page, row, column, book.mark["hidden" if key in found.items else "not_asked"] if column == block.points or key in found.items else "", "mark"
            )
        return
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
    points, status, _ = found.items[key]
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
    """What each assessor gave, or the value of an indicator; what it is held against, where that differs."""
    item, (first, last) = block.item, block.raw[key[3]]
    values = book.found.raw.get(key, [MISSING])
    told = [book.mark.get(value, value) if isinstance(value, str) else value for value in values]
    style = unit_style(item)
    for column, value in zip(range(first, last + 1), [*told, *[""] * (last - first + 1 - len(told))], strict=True):
        book.value(page, row, column, value, "mark" if isinstance(value, str) else style)
    if item.value == "formula":
        _write_expression(book, page, block, row, key[0], told[0])
    _, _, _, target, operator = book.found.points[key]
    if block.target is not None:
        book.value(page, row, block.target, target if target == target else book.mark["missing"], style)
    if block.operator is not None:
        book.value(page, row, block.operator, SIGNS[OPERATORS.get(str(operator), item.scoring)], "mark")


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
    widths = [KEY, *[NAME] * (layout.ids - 1), *[POINTS] * (end - layout.ids + 1)]
    for block in layout.blocks:
        for column in range(block.first, block.points):
            widths[column] = RAW if is_linear(block.item) else WIDE
    for column, width in enumerate(widths):
        page.set_column(column, column, width)
    page.set_row(TOP, 32)
    page.set_row(TOP + 2, 46)
    page.set_row(layout.heads, max(height((head, widths[column])) for block in layout.blocks for column, head in _columns(book, block)))
    page.freeze_panes(layout.first, 2)
    page.autofilter(layout.heads, 0, layout.last, end)
    prints(page, (layout.last, end), heads=layout.heads, paper=A3)
    breaks = _breaks(layout, widths)
    if breaks:
        page.set_print_scale(SCALE)  # in place of the fit to one page
        page.set_v_pagebreaks(breaks)
        page.repeat_columns(0, 1)


def height(*cells: tuple[str, float]) -> float:
    """The height of a row in which these texts, in columns of these widths, are not cut off."""
    lines = [sum(-(-max(text_width(line), 1) * LARGE // wide) for line in text.split("\n")) for text, wide in cells]
    return LINE * max([1.0, *lines])


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


def prints(page: Any, end: tuple[int, int], *, heads: int, paper: int = A4) -> None:
    """How a sheet is printed: landscape, one page wide, headings on each."""
    page.set_landscape()
    page.set_paper(paper)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer("&L&A&R&P / &N")
    page.print_area(0, 0, *end)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, heads)
