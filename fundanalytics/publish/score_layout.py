"""Where things stand in the score workbook, and what it is made from: the book, the sheets of the parts with their columns, what was scored.

Place in the flow: the bottom of ``scorebook``; ``score_parts``, ``score_front`` and ``score_lists`` write by it. Nothing is scored or written here
but single cells.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from ..data.guard import is_formula
from ..measure.definitions import INDICATORS, RATIO, SHARE, TIMES
from ..measure.score_records import NOT_APPLICABLE, SCORED, split_indicator
from ..measure.scoring import OPERATORS, limits_of
from ..show.labels import label
from ..show.scorebook_words import MARKS, PARAMETERS, SHEETS, SIGNS, WORDS
from . import score_formulas as formulas
from .files import cell_text, text_width, write_cell
from .score_formulas import LINEAR, TARGETED, Marks

if TYPE_CHECKING:
    from ..measure.rubric import Item, Part
    from ..measure.scores import Evaluation

SUPPRESSED = "suppressed"
Subject = tuple[str, str]  # area_code, project_id
TOP = 2  # rows of title and notes
A4, A3 = 9, 8
NAME, PROJECT, KEY = 13.0, 26.0, 14.0  # widths of columns
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
        columns = ["points", "status", "attained"]
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
    """The columns of an item: of its indicators, raw values (first and last of each source), own targets and rules, shares, level attained, and points."""

    item: Item
    first: int
    indicators: Mapping[str, int]
    raw: Mapping[str, tuple[int, int]]
    target: int | None
    operator: int | None
    share: Mapping[str, int]
    level: int | None
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
        rows = max([len(parameters(book, block)) for block in blocks], default=0)
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
    level = next(column) if item.scoring == "levels" else None
    common = targets[0] if targets else float("nan")
    return Block(item, first, indicators, raw, target, operator, share, level, next(column), ways[0] if len(ways) == 1 else "", common)


def is_linear(item: Item) -> bool:
    """Whether points are in proportion to what people gave, so that the values need no column of shares beside them."""
    return item.scoring in LINEAR and item.value in ("assessments", "panel_scores")


def book_names(item: Item) -> list[str]:
    """The indicators that an item's formula names."""
    return formulas.names_in(item.options["expression"]) if item.value == "formula" else []


def parameters(book: Book, block: Block) -> list[tuple[Any, Any, str]]:
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
    return {SHARE: "percent", RATIO: "percent", TIMES: "raw"}.get(INDICATORS[split_indicator(indicator)[0]].unit, "score")


def id_heads(book: Book) -> list[str]:
    """The headings of the columns that say whose row it is."""
    words, lowest = book.words, book.evaluation.lowest
    return [words["key"][lowest], words["name"][lowest], *([] if lowest == "community" else [words["community"]]), words["street"]]


def id_widths(book: Book) -> list[float]:
    return [KEY, NAME, NAME] if book.evaluation.lowest == "community" else [KEY, PROJECT, NAME, NAME]


def id_values(book: Book, subject: Any) -> list[str]:
    return [subject.key, subject.name, *([] if book.evaluation.lowest == "community" else [subject.community]), subject.street]


def indicator_title(name: str, lang: str) -> str:
    """What an indicator is called, with its definition where that is not the main one."""
    indicator, basis = split_indicator(name)
    main = basis == next(iter(INDICATORS[indicator].bases))
    return label(indicator, lang, "indicator") + ("" if main else f"（{label(basis, lang, 'basis')}）")


def say_expression(item: Item, lang: str) -> str:
    """The formula of an item with its indicators by name."""
    names = sorted(book_names(item), key=len, reverse=True)
    pattern = "|".join(rf"{re.escape(name)}(?![\w:])" for name in names)
    return re.sub(pattern, lambda found: f"[{indicator_title(found[0], lang)}]", item.options["expression"])


def height(*cells: tuple[str, float]) -> float:
    """The height of a row in which these texts, in columns of these widths, are not cut off."""
    lines = [sum(-(-max(text_width(line), 1) * LARGE // wide) for line in text.split("\n")) for text, wide in cells]
    return LINE * max([1.0, *lines])


def prints(page: Any, end: tuple[int, int], *, heads: int, paper: int = A4) -> None:
    """How a sheet is printed: landscape, one page wide, headings on each."""
    page.set_landscape()
    page.set_paper(paper)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer("&L&A&R&P / &N")
    page.print_area(0, 0, *end)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, heads)
