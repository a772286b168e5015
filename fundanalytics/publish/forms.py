"""Blank forms (标准模板): a workbook per office, a sheet per table, whose filled cells load without a mapping.

Place in the flow: everything about a column comes from ``data.schema``, its words from ``show.form_words``. A form holds no formula, no
example row and no total: row 1 are the headings, everything below is data. What is explained stands on a sheet of its own, which says
that it is not read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..data import schema
from ..data.areas import edition, period_end, years
from ..data.dates import YEARS
from ..data.parse import COUNT_LIMIT, MONEY_LIMIT
from ..errors import ArgumentError, check_option
from ..show import form_words
from ..show.form_words import WORDS
from .files import text_width, workbook

LAST = 1_048_575  # the last row of a sheet, counted from 0
LIST_TEXT = 255  # longer lists stand in a sheet of their own
PROMPT, PROMPT_TITLE = 255, 32  # what a spreadsheet shows of a prompt
WIDTHS = {"text": 24, "list": 22, "date": 13, "money": 15, "code": 16, "area": 16, "choice": 13}
TOLD_WIDTHS = (22, 46, 10, 14, 46, 22)  # of the instructions
PAGE_WIDTH = 190  # characters that can be read on an A4 page
FORMATS = {"money": "#,##0.00", "share": "0.00##", "count": "0", "date": "yyyy-mm-dd", "period": "0", "number": "General", "level": "General"}
# refunds are paid back; every other amount is none or more
SIGNED = {("payments", "amount")}
BOUNDS = {("surveys", "scale"): (3, 5), ("response_counts", "level"): (1, 5)}
# a number that another sheet of the same workbook gives out
OWNERS = {"project_id": "projects", "event_id": "events", "organisation_id": "organisations"}
HELPERS = {c.name: c for c in schema.HELPERS}


@dataclass
class Form:
    """One workbook to be: its tables, the lists behind its drop-downs (title, words), and the district's own areas, if known."""

    lang: str
    tables: tuple[str, ...]
    period: str = ""
    areas: list[tuple[str, str, str]] = field(default_factory=list)  # street, area, code; a street's areas stand together
    lists: list[tuple[str, list[str]]] = field(default_factory=list)

    def word(self, name: str) -> Any:
        return WORDS[self.lang][name]

    def sheet(self, table: str) -> str:
        """Its name is how ``load`` tells the table."""
        return schema.TABLES[table].title if self.lang == "zh" else table

    def columns(self, table: str) -> list[schema.Column]:
        """The table's columns; before the code of an area the names by which people know it."""
        found: list[schema.Column] = []
        for column in schema.TABLES[table].columns:
            found += [HELPERS["street_name"], HELPERS["area_name"]] if column.kind == "area" else []
            found.append(column)
        return found

    def years_of(self, column: schema.Column) -> tuple[int, int]:
        """First and last year that a column may hold: the fund years of the form, any year for a payment."""
        held = years(self.period) if self.period and column.name == "period" and column.required else [str(year) for year in YEARS]
        return int(held[0]), int(held[-1])

    def place(self, words: list[str], title: str) -> str:
        """The range of the list sheet in which ``words`` stand."""
        if (title, words) not in self.lists:
            self.lists.append((title, words))
        column = _letters(self.lists.index((title, words)))
        return f"'{self.word('lists')}'!${column}$3:${column}${len(words) + 2}"


def write_forms(out: Path, tables: Iterable[str] = (), *, data: str | None = None, period: str = "", lang: str = "zh") -> list[Path]:
    """Write the blank forms, one workbook per office that fills them; the paths written.

    Parameters
    ----------
    out
        The folder. A form that is there already is not overwritten: it may have been filled in.
    tables
        Only these, by name or Chinese title; all without.
    data
        A data set whose streets and communities become drop-down lists.
    period
        The fund year (2020, or 2018-2020) that the year columns are held to, and whose communities are listed.
    lang
        Language of headings, prompts and instructions.

    Raises
    ------
    ArgumentError
        An unknown table or period; a form that exists already.
    """
    check_option("lang", lang, WORDS)
    if period:
        years(period)
    chosen = _chosen(tables)
    areas = _areas(data, period) if data else []
    offices = [(names, [t for t in members if t in chosen]) for names, members in _offices().items()]
    forms = {out / f"{names[0 if lang == 'zh' else 1]}.xlsx": Form(lang, tuple(members), period, areas) for names, members in offices if members}
    for path in forms:
        if path.exists():
            raise ArgumentError("file_exists", found=str(path))
    for path, form in forms.items():
        _write(path, form)
    return list(forms)


def _chosen(tables: Iterable[str]) -> set[str]:
    titles = {t.title: t.name for t in schema.TABLES.values()}
    names = [titles.get(name, name) for name in tables]
    for name in names:
        check_option("table", name, schema.TABLES)
    return set(names or schema.TABLES)


def _offices() -> dict[tuple[str, str], list[str]]:
    taken = {t for members in form_words.GROUPS.values() for t in members}
    rest = [t for t in schema.TABLES if t not in taken]
    return {names: list(members) for names, members in form_words.GROUPS.items()} | {form_words.DISTRICT: rest}


def _areas(data: str, period: str) -> list[tuple[str, str, str]]:
    """Street, area and code of a data set's areas in the last year of ``period``, each street behind its communities."""
    from ..data.load import load

    areas = edition(load(data).areas, period_end(period or str(YEARS[1])))
    named = dict(zip(areas["area_code"], areas["area_name"], strict=True))
    streets = set(areas.loc[areas["level"] == "street", "area_code"])
    found = []
    for area in areas.sort_values("area_code").to_dict("records"):
        own = area["area_code"] if area["area_code"] in streets else area["parent_code"]
        last = {"community": 0, "street": 1}.get(area["level"], 2)
        found.append((own not in streets, str(own), last, (named[own] if own in streets else "", area["area_name"], area["area_code"])))
    return [area for *_, area in sorted(found)]


def _write(path: Path, form: Form) -> None:
    with workbook(path) as (book, styles):
        styles = styles | {
            "title": book.add_format({"bold": True, "font_size": 14}), "note": book.add_format({"text_wrap": True, "valign": "top"}),
            "must": book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#FBE3C8", "border": 1, "border_color": "#B8C4D0"}),
            "cell": book.add_format({"text_wrap": True, "valign": "top", "border": 1, "border_color": "#D5DCE4", "num_format": "@"}),
        } | {kind: book.add_format({"num_format": FORMATS.get(kind, "@")}) for kind in schema.KINDS}  # fmt: skip
        told = book.add_worksheet(form.word("instructions"))
        for table in form.tables:
            _table_sheet(book.add_worksheet(form.sheet(table)), styles, form, table)
        _instructions(told, styles, form)
        if form.lists:
            _list_sheet(book.add_worksheet(form.word("lists")), form)
        book.worksheets()[1].activate() if len(form.tables) == 1 else told.activate()


def _table_sheet(page: Any, styles: dict[str, Any], form: Form, table: str) -> None:
    """Headings, formats for all rows below them, and a check per column."""
    columns = form.columns(table)
    page.freeze_panes(1, 0)
    page.set_row(0, 34)
    total = 0
    for at, column in enumerate(columns):
        heading = heading_of(column, table, form.lang)
        page.write_string(0, at, heading, styles["must" if heading.endswith("*") else "head"])
        width = max(WIDTHS.get(column.kind, 11), min(2 * len(heading), 20) if form.lang == "zh" else len(heading) + 2)
        page.set_column(at, at, width, styles[column.kind])
        total += width
        check = _check(form, table, columns, at)
        if check:
            page.data_validation(1, at, LAST, at, check | _told(form, table, column, check))
    _print_as(page, -(-total // PAGE_WIDTH))
    page.repeat_rows(0)
    page.hide_gridlines(0)  # they are printed, too


def _print_as(page: Any, pages_wide: int) -> None:
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(pages_wide, 0)


def heading_of(column: schema.Column, table: str, lang: str) -> str:
    """The heading by which ``load`` knows the column, with its unit, and * where it must be filled in."""
    zh = {"street_name": "街道名称", "area_name": "社区名称"} if column.name in HELPERS and column in schema.HELPERS else {}
    name = zh.get(column.name, column.headings[0]) if lang == "zh" else column.name.replace("_", " ").capitalize()
    unit = "（元）" if column.kind == "money" else ""
    return f"{name}{unit}{'*' if is_required(column, table) else ''}"


def is_required(column: schema.Column, table: str) -> bool:
    """An area is given by its name or its code: the name carries the mark."""
    if column in schema.HELPERS:
        return column.name == "area_name" and any(c.kind == "area" and c.required for c in schema.TABLES[table].columns)
    return column.required and column.kind != "area"


def word_of(code: str, words: Sequence[str], lang: str) -> str:
    """What a drop-down offers for a code: its first word that is no sign (=, ≥), which a spreadsheet might take for a formula."""
    return next((w for w in words if w[0].isalnum()), code) if lang == "zh" else code


def _words(form: Form, column: schema.Column) -> list[str]:
    if column.kind == "flag":
        return ["是", "否"] if form.lang == "zh" else ["yes", "no"]
    if column.kind == "level":
        return ["5", "4", "3", "2", "1", *(["说不清"] if form.lang == "zh" else [])]
    return [word_of(code, words, form.lang) for code, words in column.choices.items()]


def _check(form: Form, table: str, columns: list[schema.Column], at: int) -> dict[str, Any]:
    """What the cells of a column may hold, as a spreadsheet checks it."""
    column, cell = columns[at], f"{_letters(at)}2"
    if words := _words(form, column):
        return {"validate": "list", "source": words if len(",".join(words)) <= LIST_TEXT else f"={form.place(words, column.name)}"}
    if chosen := _area_list(form, columns, at) or _number_list(form, table, column):
        return {"validate": "list", "source": chosen, "error_type": "warning"}
    if column.kind == "date":
        return {"validate": "date", "criteria": "between", "minimum": dt.date(YEARS[0], 1, 1), "maximum": dt.date(YEARS[1], 12, 31)}
    if column.kind == "period":
        first, last = form.years_of(column)
        return {"validate": "integer", "criteria": "between", "minimum": first, "maximum": last}
    if column.kind == "money":
        least = -MONEY_LIMIT if (table, column.name) in SIGNED else 0
        return {"validate": "custom", "value": f"=AND(ISNUMBER({cell}),{cell}>={least:.0f},{cell}<{MONEY_LIMIT:.0f},ROUND({cell},2)={cell})"}
    if column.kind == "count":
        first, last = BOUNDS.get((table, column.name), (0, int(COUNT_LIMIT) - 1))
        return {"validate": "integer", "criteria": "between", "minimum": first, "maximum": last}
    if column.kind in ("share", "number"):
        first, last = (0, 1) if column.kind == "share" else (-int(MONEY_LIMIT), int(MONEY_LIMIT))
        return {"validate": "decimal", "criteria": "between", "minimum": first, "maximum": last}
    return {"validate": "any"}


def _area_list(form: Form, columns: list[schema.Column], at: int) -> str:
    """Streets; the areas of the street chosen before, or all; their codes."""
    column = columns[at]
    if not form.areas or (column.kind != "area" and column not in schema.HELPERS):
        return ""
    streets = [street for street in dict.fromkeys(street for street, _, _ in form.areas) if street]
    owners = form.place([street for street, _, _ in form.areas], "street")
    names, codes = form.place([name for _, name, _ in form.areas], "area"), form.place([code for *_, code in form.areas], "code")
    if column.name == "street_name":
        return f"={form.place(streets, 'streets')}" if streets else ""
    if column.name != "area_name":
        return f"={codes}"
    street, top = f"${_letters(at - 1)}2", names.split(":")[0]
    return f'=IF({street}="",{names},OFFSET({top},MATCH({street},{owners},0)-1,0,COUNTIF({owners},{street}),1))'


def _number_list(form: Form, table: str, column: schema.Column) -> str:
    """The numbers already written in the sheet of this workbook that gives them out."""
    owner = OWNERS.get(column.name, "")
    if owner not in form.tables or owner == table:
        return ""
    letter = _letters([c.name for c in form.columns(owner)].index(column.name))
    sheet = f"'{form.sheet(owner)}'"
    return f"=OFFSET({sheet}!${letter}$2,0,0,MAX(1,COUNTA({sheet}!${letter}:${letter})-1),1)"


def _told(form: Form, table: str, column: schema.Column, check: dict[str, Any]) -> dict[str, Any]:
    """The prompt beside a cell, and what is said when its content does not fit."""
    heading = heading_of(column, table, form.lang)
    said = form_words.meaning(table, column.name, form.lang)
    example = _example(form, table, column)
    stop = "。" if form.lang == "zh" else ". "
    prompt = stop.join(filter(None, (said, _allowed(form, table, column, short=True), ("例：" if form.lang == "zh" else "e.g. ") + example if example else "")))
    told = {"input_title": heading[:PROMPT_TITLE], "input_message": prompt[:PROMPT]}
    if check["validate"] == "any":
        return told
    loose = "error_type" in check
    wrong = form.word("unlisted" if loose else "bad").format(name=heading, expected=_allowed(form, table, column))
    return told | {"error_title": form.word("bad_title"), "error_message": wrong[:PROMPT]}


def _example(form: Form, table: str, column: schema.Column) -> str:
    """An example as it is typed; of a drop-down one of its words."""
    said = form_words.example(table, column.name)
    words = _words(form, column)
    return said if not words or said in words else words[0]


def _allowed(form: Form, table: str, column: schema.Column, *, short: bool = False) -> str:
    """What a column may hold: its words, or what its kind says."""
    mark = "、" if form.lang == "zh" else ", "
    if words := _words(form, column):
        return form.word("choose") if short else mark.join(words)
    if (table, column.name) in BOUNDS:
        return "–".join(map(str, BOUNDS[table, column.name]))
    if column.kind == "period":
        return "–".join(dict.fromkeys(map(str, form.years_of(column))))
    if (table, column.name) in SIGNED:
        return form_words.SIGNED[form.lang != "zh"]
    if not short and _number_list(form, table, column):
        return str(form.word("from")).format(sheet=form.sheet(OWNERS[column.name]))
    return form_words.KINDS.get(column.kind, ("", ""))[form.lang != "zh"]


def _instructions(page: Any, styles: dict[str, Any], form: Form) -> None:
    """How to fill in, then every column of every table. The sheet is protected: what is typed here would not be read."""
    page.protect()
    page.hide_gridlines(2)
    _print_as(page, 1)
    for at, width in enumerate(TOLD_WIDTHS):
        page.set_column(at, at, width)
    page.write_string(0, 0, f"{form.word('instructions')}（{form.word('not_read')}）", styles["title"])
    row = 1
    for number, note in enumerate(form.word("notes"), 1):
        page.merge_range(row, 0, row, 5, "", styles["note"])
        page.write_string(row, 0, f"{number}. {note}", styles["note"])
        row += 1
    for table in form.tables:
        row = _instructions_of(page, styles, form, table, row + 1)


def _instructions_of(page: Any, styles: dict[str, Any], form: Form, table: str, row: int) -> int:
    zh = form.lang == "zh"
    said = form_words.ROWS.get(table, "") if zh else schema.TABLES[table].row
    page.write_string(row, 0, form.sheet(table), styles["title"])
    page.write_string(row + 1, 0, form.word("row").format(row=said) if said else "", None)
    for at, head in enumerate(form.word("heads")):
        page.write_string(row + 2, at, head, styles["head"])
    row += 3
    for column in form.columns(table):
        heading = heading_of(column, table, form.lang)
        must = form.word("required") if heading.endswith("*") else form.word("or_name") if column.kind == "area" and column.required else ""
        meaning, example = form_words.meaning(table, column.name, form.lang), _example(form, table, column)
        texts = (heading, meaning, form_words.unit(column, form.lang), must, _allowed(form, table, column), example)
        page.set_row(row, 15 * max(-(-text_width(text) // (width - 2)) for text, width in zip(texts, TOLD_WIDTHS, strict=True)))
        for at, text in enumerate(texts):
            page.write_string(row, at, text, styles["cell"])
        row += 1
    return row


def _list_sheet(page: Any, form: Form) -> None:
    page.hide()
    page.protect()
    page.write_string(0, 0, f"{form.word('lists')}（{form.word('not_read')}）")
    for at, (title, words) in enumerate(form.lists):
        page.write_string(1, at, title)
        page.write_column(2, at, words)


def _letters(column: int) -> str:
    from ..data.reader.headings import address

    return address(1, column)[:-1]
