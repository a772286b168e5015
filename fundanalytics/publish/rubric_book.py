"""The workbook of a rubric, to be read and filled in by those who do not write YAML; and its YAML.

Place in the flow: the fields, their headings and the words of their lists come from ``measure.rubric_fields``, by which ``measure.rubric_sheet``
reads the workbook back; what a field is for is said here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ..data.reader.headings import address
from ..errors import LANGS, check_option
from ..measure import rubric_checks
from ..measure.formula import NAMES
from ..measure.rubric import Rubric, rubric_values
from ..measure.rubric_fields import ABOUT_HEADS, CODES, FIELDS, SHEETS, Field, Pair, cell_of, part_codes, plain
from ..show.labels import label
from .files import cell_text, text_width, workbook

ROOM = 300  # rows that can be filled in
SPECS = {"": rubric_checks.TOP, "parts": rubric_checks.PART, "items": rubric_checks.ITEM, "bands": rubric_checks.BAND}
BLANK_TOO = ("document", "years")  # asked for, and may be blank
WIDTHS = {"number": 9, "code": 13, "flag": 8, "pairs": 24}
LONG = ("source", "evidence", "expression", "elements", "scores", "value")
ABOUT_WIDTHS, TOLD_WIDTHS = (24, 46, 70), (12, 24, 8, 60, 70)

WORDS: dict[str, tuple[Any, Any]] = {
    "told": ("说明", "Instructions"), "lists": ("列表", "Lists"), "about": ((ABOUT_HEADS[0], "填写", "说明"), (ABOUT_HEADS[1], "Value", "Meaning")),
    "heads": (("工作表", "列", "必填", "含义", "可填内容"), ("sheet", "column", "required", "meaning", "may hold")),
    "required": ("必填", "required"), "choose": ("。可填：", ". One of: "), "english": ("（英文，可空）", " (English)"),
    "bad": ("填写有误", "Please check"), "expected": ("应为：", "Expected: "),
    "number": ("0 或正数", "a number, 0 or more"),
    "notes": (
        (
            "本工作簿与 YAML 文件等效：改好后存为 xlsx，用 fundanalytics rubric check 检查，用 fundanalytics evaluate --rubric 评价。",
            "只改白色单元格；不要改动表头和工作表名称，不要加合计行。带 * 的必须填写。列的先后可以调换，用不到的列可以删去。",
            "一行一个评价项。同一部分各项分值之和应等于该部分的分值，各部分之和应等于满分；加分项不计入。",
            "来源的权重写整数（1、2、4）或小数（合计为 1）；不参评的来源留空。",
            "一格填几项时用“；”隔开，如 国家级=3；省级=2。名称本身含 ；、= 或引号的，用英文双引号括起来。",
            "英文名称可以留空，英文报告中就显示中文。比率写小数（0.9）或百分数（90%）。",
            "未取得正式文件的，状态一律为“假定”，用它算出的每个得分都会注明。",
        ),
        (
            "This workbook does what a YAML file does: save it as xlsx, check it with fundanalytics rubric check, use it with evaluate --rubric.",
            "Leave headings and names of sheets as they are; add no totals. Columns with * are required; they may stand in any order, unused ones may go.",
            "One row per item. The points of the items of a part add up to the part, the parts to the maximum; a bonus does not count.",
            "Weights of sources are whole numbers (1, 2, 4) or shares that sum to 1; leave those blank that do not score.",
            "Several entries in a cell have ; between them, such as national=3; province=2. Put names that hold ; = or quotes into double quotes.",
            "A name in one language serves for both. Rates are written as 0.9 or 90%.",
            "Without the official document the status is assumed, and every score made by it says so.",
        ),
    ),
}  # fmt: skip

# what a field holds; where a sheet means something else, under its name
MEANING: dict[str, Pair] = {
    "id": ("评价标准的英文标识", "short name of the rubric"), "version": ("版本号；每改一次换一个", "changes with every change"),
    "title": ("名称", "name"), "document": ("文件的文号；没有的留空", "number of the document; blank if there is none"),
    "status": ("有正式文件的为正式，否则为假定", "official where a document says so"),
    "years": ("如 2020、2018-2020；空白为不限", "such as 2020, 2018-2020; blank: any"),
    "unit": ("给社区打分，还是给项目打分", "communities or projects are scored"), "decimals": ("得分保留几位小数（0–4）", "decimals of the scores, 0 to 4"),
    "maximum": ("各部分分值之和", "sum of the parts"), "cap": ("含加分的最高总分", "highest total, bonus included"),
    "decides": ("说某项“不适用”时，以谁为准", "whose “not applicable” counts"),
    "needed": ("评到这一比例的分值，才给总分", "share of the points that must be scored for a total"),
    "aggregate": ("街道、全区的得分怎样得出", "how streets and the district are scored"),
    "unranked": ("总分有这些提示的不排名；空白为都排", "totals with these notes get no rank; blank: all do"),
    "shares": ("用来核对各来源占总分的比例；空白不核对", "a check of each source's share of the points; blank: none"),
    "source": ("出自什么文件、哪一条；假定的写明假定", "the document it is from; say so where it is assumed"),
    "code": ("短代码，不重复", "short and used once"),
    "points": ("该部分的分值", "points of the part"),
    "lower": ("达到这个总分起为该等次；最低一等写 0", "totals from here; 0 for the lowest"),
    "items.code": ("与打分表中的评价项代码一致", "as the items are called in the data"), "items.part": ("属于哪个部分", "the part that it belongs to"),
    "items.points": ("该项满分；加分项为最多加几分", "its maximum; of a bonus its cap"),
    "group": ("部分与评价项之间的一级标题，可空", "a heading between part and item; may be blank"),
    "scoring": ("怎样由数值得出分数", "how a value becomes points"),
    "sources": ("这一来源的权重；不参评留空", "weight of this source; blank if it does not score"),
    "value": ("数值从哪里来：打分，或由台账、问卷算出的指标", "where the value is from: scores, or an indicator"),
    "missing": ("某一来源没有打分时怎么办；不填为由其他来源分担", "what a missing score does; by default the others' weights grow"),
    "bonus": ("是否在满分之外加分", "whether it is outside the maximum"),
    "options.scale": ("打分用的满分，如 100；不填为该项分值", "top of the scale that scores are given on; by default the points"),
    "options.target": ("得满分的标准（目标值）", "the value that earns all points"),
    "options.variant": ("“不高于目标值”：按比例，或不填（超出多少扣多少）", "at most the target: by ratio, or else by how much it is exceeded"),
    "options.levels": ("如 达成=0.8；部分达成=0.6；未达成=0", "such as met=0.8; partly met=0.6; not met=0"),
    "options.elements": ("要素个数，或每个要素的权重，如 签到表=2；照片=1", "number of elements, or their weights, such as list=2; photographs=1"),
    "options.scores": (
        "每个等级得几成，如 20=0；60=0.6；100=1；荣誉写各级加几分，如 国家级=3；省级=2",
        "share for each level, such as 20=0; 60=0.6; 100=1; of honours the points, such as national=3",
    ),
    "options.per": ("每个问题扣多少（百分制）", "deducted for each problem, of 100"), "options.floor": ("最低扣到多少（百分制）", "never below this, of 100"),
    "options.about": ("只算涉及这些评价项的问题（代码）；不填为全部", "only problems about these items; by default all"),
    "options.expression": ("由指标计算，如 min(1, completion_rate)", "an expression of indicators, such as min(1, completion_rate)"),
    "evidence": ("凭什么材料打分", "what proves it"), "record": ("打分表中用另一个代码的，写在这里", "its code in the data, where it is another"),
    "classes": ("只适用于某类项目的写明；空白为全部", "kinds of work that it applies to; blank: all"),
}  # fmt: skip


def write_rubric_book(rubric: Rubric | str | Path, path: Path, lang: str = "zh") -> None:
    """A rubric as a workbook that ``load_rubric`` reads back.

    Parameters
    ----------
    rubric : Rubric, str or Path
        A rubric, the name of one that comes with the package, or its file.
    path : Path
        The workbook to write.
    lang : str
        Language of headings, lists and instructions.

    Raises
    ------
    DataError
        The rubric cannot be used; all its faults are named.
    """
    check_option("lang", lang, LANGS)
    said, at = _said(rubric), LANGS.index(lang)
    with workbook(path) as (book, styles):
        styles = styles | _styles(book)
        _instructions(book.add_worksheet(WORDS["told"][at]), styles, at)
        pages = {name: book.add_worksheet(titles[at]) for name, titles in SHEETS.items()}
        lists = book.add_worksheet(WORDS["lists"][at])
        lists.hide()
        lists.write_column(0, 0, _values(lang))
        _about(pages[""], styles, said, at)
        for name in ("parts", "items", "bands"):
            _table(pages[name], styles, name, said, at)


def rubric_yaml(rubric: Rubric | str | Path) -> str:
    """A rubric as the YAML text that ``load_rubric`` reads back; without the comments of the file it is from.

    Examples
    --------
    >>> print(rubric_yaml("governance_fund")[:32])
    id: governance_fund
    version: '1'
    """
    return yaml.dump(_said(rubric), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=150)


def _said(rubric: Rubric | str | Path) -> dict[str, Any]:
    """What its file says, where there is one: weights and shares as they were written."""
    return plain(rubric) if isinstance(rubric, Rubric) else rubric_values(rubric)


class _Dumper(yaml.SafeDumper):
    """Numbers as a rubric writes them: 3, 0.25; no alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(float, lambda dumper, x: dumper.represent_scalar("tag:yaml.org,2002:float", f"{x:.15g}"))


def _styles(book: Any) -> dict[str, Any]:
    edge = {"border": 1, "border_color": "#D5DCE4", "text_wrap": True, "valign": "top"}
    return {
        "title": book.add_format({"bold": True, "font_size": 14}), "note": book.add_format({"text_wrap": True, "valign": "top"}),
        "must": book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#FBE3C8", "border": 1, "border_color": "#B8C4D0"}),
        "words": book.add_format(edge | {"num_format": "@"}), "number": book.add_format(edge),
        "quoted": book.add_format(edge | {"num_format": "@", "quote_prefix": True}), "grey": book.add_format(edge | {"font_color": "#5B6770"}),
    }  # fmt: skip


def _about(page: Any, styles: dict[str, Any], said: Mapping[str, Any], at: int) -> None:
    """One row a field: its name, its value, what it means."""
    for column, (head, width) in enumerate(zip(WORDS["about"][at], ABOUT_WIDTHS, strict=True)):
        page.set_column(column, column, width)
        page.write_string(0, column, head, styles["head"])
    for row, of in enumerate(FIELDS[""], 1):
        page.write_string(row, 0, _heading(of, "", at), styles["must" if _must(of, "") else "head"])
        page.write_blank(row, 1, None, styles["number" if of.kind == "number" else "words"])
        _cell(page, row, 1, of, _found(said, of), styles, at)
        page.write_string(row, 2, _explained(of, "", at), styles["grey"])
        page.set_row(row, _height(("", str(_found(said, of) or ""), _explained(of, "", at)), ABOUT_WIDTHS))
        _check(page, row, row, 1, of, "", at)
    _print_as(page, 1, 1, 1)


def _table(page: Any, styles: dict[str, Any], name: str, said: Mapping[str, Any], at: int) -> None:
    """One row a part, an item or a grade, with room for more."""
    titles = {code: _title(said["parts"], code, at) for code in (part["code"] for part in said["parts"])}
    page.set_row(0, 32)
    for column, of in enumerate(FIELDS[name]):
        width = 30 if of.steps[0] == "title" else WIDTHS.get(of.kind, 40 if of.steps[-1] in LONG or of.steps[0] in LONG else 16)
        page.set_column(column, column, width, styles["number" if of.kind == "number" else "words"])
        page.write_string(0, column, _heading(of, name, at), styles["must" if _must(of, name) else "head"])
        for row, values in enumerate(said[name], 1):
            value = _found(values, of)
            _cell(page, row, column, of, titles.get(value, value) if of.kind == "part" else value, styles, at)
        _check(page, 1, max(ROOM, 2 * len(said[name])), column, of, name, at)
    _print_as(page, 1, 2, 3 if name == "items" else 1)


def _title(parts: list[dict[str, Any]], code: str, at: int) -> str:
    """The title of a part, if it is enough to tell it."""
    title = next(part["title"] for part in parts if part["code"] == code)[LANGS[at]]
    return title if part_codes(parts).get(title) == code else code


def _found(said: Mapping[str, Any], of: Field) -> Any:
    value: Any = said
    for step in of.steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _cell(page: Any, row: int, column: int, of: Field, value: Any, styles: dict[str, Any], at: int) -> None:
    """A value as it is read back: a number that a workbook would round stands as text."""
    if value is None or value == [] or value == "":
        return
    cell = cell_of(of, value, at)
    if of.kind == "value" and value not in CODES["value"]:
        cell = _named(value, LANGS[at])
    if isinstance(cell, int | float) and float(f"{cell:.15g}") == cell:
        page.write_number(row, column, cell, styles["number"])
    else:
        page.write_string(row, column, cell_text(str(cell)), styles["quoted" if str(cell)[:1] in "=+-@'" else "words"])


def _named(name: str, lang: str) -> str:
    """资金使用率 usage_rate:paid/quota."""
    indicator, _, basis = name.partition(":")
    of = f"（{label(basis, lang, 'basis')}）" if basis else ""
    return f"{label(indicator, lang, 'indicator')}{of} {name}"


def _values(lang: str) -> list[str]:
    return [*(words[LANGS.index(lang)] for words in CODES["value"].values()), *(_named(name, lang) for name in NAMES)]


def _must(of: Field, name: str) -> bool:
    key = of.steps[0]
    return key in SPECS[name] and SPECS[name][key][1] and key not in BLANK_TOO and of.steps[-1] != "en" and key != "sources"


def _heading(of: Field, name: str, at: int) -> str:
    return (of.zh, of.en)[at] + ("*" if _must(of, name) else "")


def _explained(of: Field, name: str, at: int) -> str:
    """What a field means, and the words that it may hold."""
    words = _allowed(of, at)
    return _meaning(of, name, at) + (f"{WORDS['choose'][at]}{words}" if words else "")


def _meaning(of: Field, name: str, at: int) -> str:
    keys = (f"{name}.{of.steps[0]}", ".".join(of.steps), of.steps[0])
    return next(MEANING[key] for key in keys if key in MEANING)[at] + (WORDS["english"][at] if of.steps[-1] == "en" else "")


def _allowed(of: Field, at: int) -> str:
    words = [pair[at] for pair in CODES.get(of.kind, {}).values()] if of.kind != "value" else []
    return ("、", ", ")[at].join(words)


def _check(page: Any, first: int, last: int, column: int, of: Field, name: str, at: int) -> None:
    """The list of a cell, or what it may hold, with what the field means beside it."""
    told: dict[str, Any] = {"input_title": (of.zh, of.en)[at][:32], "input_message": _explained(of, name, at)[:255]}
    words = [pair[at] for pair in CODES.get(of.kind, {}).values()]
    wrong = {"error_title": WORDS["bad"][at]}
    if of.kind == "value":
        source = f"='{WORDS['lists'][at]}'!$A$1:$A${len(_values(LANGS[at]))}"
        told |= wrong | {"validate": "list", "source": source, "error_type": "warning", "error_message": MEANING["value"][at]}
    elif of.kind == "part":
        letter = address(1, 1 + at)[:-1]  # its name in the language of the workbook
        of_parts = f"'{SHEETS['parts'][at]}'!${letter}"
        told |= wrong | {"validate": "list", "source": f"=OFFSET({of_parts}$2,0,0,MAX(1,COUNTA({of_parts}:${letter})-1),1)", "error_type": "warning"}
    elif words and of.kind not in ("classes", "unranked"):
        told |= wrong | {"validate": "list", "source": words, "error_message": (WORDS["expected"][at] + _allowed(of, at))[:255]}
    elif of.kind == "number":
        told |= wrong | {"validate": "decimal", "criteria": ">=", "value": 0, "error_message": WORDS["expected"][at] + WORDS["number"][at]}
    else:
        told["validate"] = "any"
    page.data_validation(first, column, last, column, told)


def _instructions(page: Any, styles: dict[str, Any], at: int) -> None:
    """How to fill in, and every column. The sheet is protected: what is typed here would not be read."""
    page.protect()
    page.hide_gridlines(2)
    for column, width in enumerate(TOLD_WIDTHS):
        page.set_column(column, column, width)
    page.write_string(0, 0, WORDS["told"][at], styles["title"])
    row = 1
    for number, note in enumerate(WORDS["notes"][at], 1):
        page.merge_range(row, 0, row, len(TOLD_WIDTHS) - 1, "", styles["note"])
        page.write_string(row, 0, f"{number}. {note}", styles["note"])
        row += 1
    for column, head in enumerate(WORDS["heads"][at]):
        page.write_string(row + 1, column, head, styles["head"])
    for name, of in ((name, of) for name, fields in FIELDS.items() for of in fields):
        must = WORDS["required"][at] if _must(of, name) else ""
        texts = (SHEETS[name][at], (of.zh, of.en)[at], must, _meaning(of, name, at), _allowed(of, at))
        page.set_row(row + 2, _height(texts, TOLD_WIDTHS))
        for column, text in enumerate(texts):
            page.write_string(row + 2, column, text, styles["grey"])
        row += 1
    _print_as(page, 0, 0, 1)


def _height(texts: Sequence[str], widths: Sequence[int]) -> int:
    """Of a row in which all of the texts can be read."""
    return 15 * max(-(-text_width(text) // (width - 2)) or 1 for text, width in zip(texts, widths, strict=True))


def _print_as(page: Any, rows: int, columns: int, wide: int) -> None:
    """Headings stay in sight, on the screen and on every page of A4."""
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(wide, 0)
    if rows:
        page.freeze_panes(rows, columns)
        page.repeat_rows(0, rows - 1)
    if wide > 1:
        page.repeat_columns(0, columns - 1)
