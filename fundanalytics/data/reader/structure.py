"""Where a table begins whose headings nobody knows: rows of text above columns that hold numbers, codes or dates. Pure: no files.

Place in the flow: ``layout`` asks here where ``beginnings`` finds no known headings, and below a table for the next one. A table is
told by its build alone, so in doubt there is none: prose, forms (label beside value), covers and instructions stay text.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..parse import parse_date, parse_number
from .headings import DEPTH, SEARCHED_ROWS, Grid, Heading, clean, filled, is_heading_text, is_year
from .spans import header_span, headings_of
from .units import only_unit, stated_unit

LOOKED_AT = 60  # data rows by which a column is judged
GAP = 3  # rows between headings and data that hold one text at most: 一、基础设施
NUMBER, CODE, TEXT, NONE = "number", "code", "text", "none"

# what headings of office tables end with: needed only where the build alone does not tell
_USUAL = re.compile(
    r"(名称|姓名|名|单位|部门|机构|金额|资金|经费|预算|决算|支出|收入|费|[数额率量比值价]|人口|面积|日期|时间|年度|年份|月份|年|月|期"
    r"|序号|编号|编码|代码|号|备注|说明|类别|类型|分类|类|款|项|目|科目|项目|情况|状态|地址|地点|电话|手机|方式|内容|标准|指标|目标|得分|分值|评分|评价|分"
    r"|原因|措施|依据|来源|等级|级别|性质|用途|规模|职务|职称|学历|性别|年龄|签名|签到|签字|人员?|合计|小计|总计|进度|完成|结果|意见|事项|责任|主体|期限|对象|范围"
    r"|规格|型号|指数|排名|名次|性|别|.*其中.*|name|date|amount|total|no\.?|id|code|remarks?|year)$"
    r"|^(所[属在]|各)?(地区|区域|省份?|市州?|区县?|街道|镇街|乡镇|社区|村|院落|小区)$",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(r"(说明|解释|要求|口径|步骤|填写|填报|注意|是否必填|字段|含义|示例|释义)")
_DESCRIBES = re.compile(r"字段|含义|是否必填|示例|释义|填[写报](要求|说明)|口径")
_RUNNING = re.compile(r"(序号|编号|行次|栏次|步骤|no\.?|#|项次)$", re.IGNORECASE)
_CODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9\-_/.]*")
_NOTHING = re.compile(r"[-–—―─/\\.…*×√○●]+|无|無|暂无")
_BRACKET = re.compile(r"[\[(（【][^\])）】]*[\])）】]|[*＊:：]+$")
_ENGLISH = re.compile(r"[A-Za-z][A-Za-z _]{2,}")
_NO_HEADING = re.compile(r"附[件表]?\s*\d|表\s*\d+$|第\S{1,3}页|共\d+页|[(（]?续表?|.{1,10}[:：]\s*\S|至?(民国)?\d{2,4}年\d{1,2}月")


@dataclass(frozen=True, slots=True)
class Start:
    """Headings found by their build: first and last heading row, and what they call the columns."""

    first: int
    last: int
    headings: list[Heading]


def first_start(grid: Grid) -> Start | None:
    """The first table of a sheet, its headings among the first rows that hold anything."""
    top = next((n for n, row in enumerate(grid.rows) if filled(row)), 0)
    window = range(top, min(top + SEARCHED_ROWS, len(grid.rows)))
    found = next((s for n in window if (s := start_at(grid, n, top))), None)
    return found or next((s for n in window if (s := _list_at(grid, n, top))), None)


def span_of(grid: Grid, at: int, start: int, known: Set[str]) -> tuple[int, int]:
    """The heading rows around a known one, as known headings and merged ranges tell, or as the data below do where that is more."""
    first, last = header_span(grid, at, start, known)
    for leaf in range(last, min(first + DEPTH, len(grid.rows))):
        if not all(is_heading_text(c) or is_year(c) for c in filled(grid.rows[leaf])):
            break
        if leaf == first and (first == start or len(filled(grid.rows[first - 1])) < 2):
            continue  # nothing over it that could belong to it
        found = start_at(grid, leaf, start)
        if found and found.first <= first:
            return found.first, max(found.last, last)
    return first, last


def next_start(grid: Grid, number: int, headings: Sequence[Heading], *, below: int, apart: bool, titled: bool) -> Start | None:
    """A table that begins below another with the headings in row ``number``; told apart from data by words that headings use.

    ``below`` is the first row under those headings; ``titled``: a line over ``number`` names a table, a unit or 续表, so that its build is
    enough (as it is where the first heading is that of the table above).
    """
    cells = filled(grid.rows[number])
    titled = titled or clean(cells[0]) == headings[0].text.split("/")[0]
    if not titled and sum(_is_usual(clean(c)) for c in cells) < 0.5 * len(cells):
        return None
    for leaf in range(number, min(number + DEPTH, len(grid.rows))):
        found = start_at(grid, leaf, number)
        if found and found.first == number and len(found.headings) > 1 + (not apart):
            words = [h.text.rsplit("/", 1)[-1] for h in found.headings]
            usual = sum(map(_is_usual, words)) >= 0.6 * len(words)
            if (apart and titled) or (usual and (apart or _against(grid.rows[max(below, number - LOOKED_AT) : number], grid.rows[number], headings))):
                return found
        if not all(is_heading_text(c) or is_year(c) for c in filled(grid.rows[leaf])):
            return None
    return None


def _against(above: list[list[Any]], row: list[Any], headings: Sequence[Heading]) -> bool:
    """Whether a row of text stands in columns of numbers: headings in the midst of data."""
    columns = [h.index for h in headings if h.index < len(row) and row[h.index] is not None]
    return sum(_share(above, c, NUMBER) >= 0.5 for c in columns) >= 2


def start_at(grid: Grid, leaf: int, start: int) -> Start | None:
    """The headings whose last row is ``leaf``, if data stand below it: text above numbers, codes or dates, column by column."""
    cells = filled(grid.rows[leaf])
    if not cells or not _heads(cells):
        return None
    data = data_below(grid, leaf + 1)
    if not data or not any(kind_of(c) in (NUMBER, CODE) for c in filled(data[0])) or _are_years(data[0]):
        return None
    first, last = header_span(grid, leaf, start, frozenset(), sure=True)
    headings = [h for h in headings_of(grid, first, last) if h.text]
    return Start(first, last, headings) if _is_table(headings, data) else None


def _heads(cells: list[Any]) -> bool:
    """Whether every cell of a row may be a heading: text, or a year or a month among text."""
    years = [c for c in cells if is_year(c)]
    if any(not isinstance(c, str) and not is_year(c) for c in cells):
        numbers = [clean(c) for c in cells if not isinstance(c, str)]
        if numbers != [str(i + 1) for i in range(len(numbers))] or len(numbers) < 2:
            return False
        cells, years = [c for c in cells if isinstance(c, str)], []
    if not all(is_year(c) or (is_heading_text(c) and not _NO_HEADING.match(clean(c))) for c in cells):
        return False
    words = [clean(c) for c in cells if not is_year(c)]
    if any(map(stated_unit, ([[w]] for w in words if not only_unit(w) and len(w) > 8 and "单" in w))) or any(_CODE.fullmatch(w) for w in words):
        return False
    return len(set(words)) == len(words) or len(words) > 3 if words else len(years) > 1


def _are_years(row: list[Any]) -> bool:
    cells = filled(row)
    return len(cells) > 1 and all(is_year(c) for c in cells)


def data_below(grid: Grid, start: int) -> list[list[Any]]:
    """The rows below headings, as far as they go on; single texts among them (group lines) are left out."""
    rows: list[list[Any]] = []
    lone = 0
    for row in grid.rows[start : start + LOOKED_AT]:
        size = len(filled(row))
        if size > 1:
            rows.append(row)
            lone = 0
        elif size == 0 and (rows or lone):
            break
        else:
            lone += 1
            if lone > GAP:
                break
    return rows


@lru_cache(maxsize=20_000)
def _kind_of_text(text: str) -> str:
    folded = clean(text)
    if _NOTHING.fullmatch(folded):
        return NONE
    if any(c.isdigit() for c in folded) and (parse_number(folded).value is not None or parse_date(folded).value is not None):
        return NUMBER
    return CODE if _CODE.fullmatch(folded) else TEXT


def kind_of(cell: object) -> str:
    """``number`` (dates too), ``code``, ``text`` or ``none``."""
    if cell is None:
        return NONE
    if isinstance(cell, (bool, int, float, dt.date, dt.time, dt.timedelta)):
        return NUMBER
    return _kind_of_text(str(cell)) if len(str(cell)) < 40 else TEXT


def _kinds(data: list[list[Any]], column: int) -> list[str]:
    return [kind for row in data if column < len(row) and (kind := kind_of(row[column])) != NONE]


def _share(data: list[list[Any]], column: int, kind: str) -> float:
    kinds = _kinds(data, column)
    return kinds.count(kind) / len(kinds) if kinds else 0.0


def _is_table(headings: list[Heading], data: list[list[Any]]) -> bool:
    """Whether rows stand under these headings as a table's do: each column of one kind, one at least of numbers or codes."""
    if len(headings) < 2:
        return False
    columns = [h.index for h in headings]
    kinds = {h.index: _kinds(data, h.index) for h in headings}
    full = [h for h in headings if kinds[h.index]]
    one_kind = [h for h in full if max(kinds[h.index].count(k) for k in (NUMBER, CODE, TEXT)) >= 0.6 * len(kinds[h.index])]
    cells = sum(len(filled(row)) for row in data)
    under = sum(1 for row in data for c in columns if c < len(row) and row[c] is not None)
    if len(full) < 2 or len(one_kind) < 0.6 * len(full) or under < 0.7 * cells:
        return False
    measured = [h for h in full if kinds[h.index].count(NUMBER) + kinds[h.index].count(CODE) >= 0.6 * len(kinds[h.index])]
    counted = [h for h in measured if not _runs(h, data)]
    words = [h.text.rsplit("/", 1)[-1] for h in headings]
    usual = sum(map(_is_usual, words)) / len(words)
    if is_form(words, data) or sum(bool(_DESCRIBES.search(w)) for w in words) > 1:
        return False
    if not counted and (not measured or any(map(_INSTRUCTION.search, words))):
        return False
    if len(headings) == 2:
        return usual == 1 and (len(data) > 1 or any(h.unit for h in headings)) and (bool(counted) or not _wordy(data))
    if len(data) == 1 or not counted:
        return usual >= 0.5
    return usual > 0 or len(data) > 2 or len(counted) > 1


def _runs(heading: Heading, data: list[list[Any]]) -> bool:
    """Whether a column only numbers the rows."""
    numbers = [clean(row[heading.index]) for row in data if heading.index < len(row) and row[heading.index] is not None]
    counted = numbers == [str(i + 1) for i in range(len(numbers))]
    return bool(_RUNNING.search(heading.text)) or (counted and len(numbers) > 2)


@lru_cache(maxsize=20_000)
def _is_usual(word: str) -> bool:
    bare = _BRACKET.sub("", word)
    return is_year(bare) or _USUAL.search(bare) is not None or _ENGLISH.fullmatch(bare) is not None


def _wordy(data: list[list[Any]]) -> bool:
    texts = [len(c) for row in data for c in filled(row) if isinstance(c, str) and kind_of(c) == TEXT]
    return bool(texts) and sorted(texts)[len(texts) // 2] > 16


def is_form(words: list[str], data: list[list[Any]]) -> bool:
    """Label beside value, row after row: the labels stand in every other cell, and the first row is no different."""
    labels, said = words[::2], words[1::2]
    if sum(map(_is_usual, said)) >= 0.5 * len(said):
        return False
    below = [cell for row in data for cell in filled(row)[::2]]
    told = sum(isinstance(c, str) and _is_usual(clean(c)) for c in below)
    if sum(map(_is_usual, labels)) >= 0.6 * len(labels) and told >= 0.6 * len(below):
        return True
    values = [[kind_of(filled(row)[i]) for row in data if len(filled(row)) > i] for i in range(1, len(words), 2)]
    mixed = any({NUMBER, TEXT} <= set(kinds) for kinds in values)
    return len(words) % 2 == 0 and mixed and told > 0 and len(set(map(str, below))) == len(below) and all(kind_of(c) == TEXT for c in below)


def _list_at(grid: Grid, leaf: int, start: int) -> Start | None:
    """The headings of a list of nothing but words (names, posts, places): several full rows under usual headings."""
    cells = filled(grid.rows[leaf])
    if len(cells) < 3 or not _heads(cells) or sum(_is_usual(clean(c)) for c in cells) < 0.6 * len(cells):
        return None
    data = data_below(grid, leaf + 1)
    first, last = header_span(grid, leaf, start, frozenset(), sure=True)
    headings = [h for h in headings_of(grid, first, last) if h.text]
    words = [h.text.rsplit("/", 1)[-1] for h in headings]
    if len(data) < 3 or _wordy(data) or is_form(words, data) or any(map(_INSTRUCTION.search, words)):
        return None
    columns = {h.index for h in headings}
    fits = all({c for c, cell in enumerate(row) if cell is not None} <= columns and len(filled(row)) >= 0.6 * len(columns) for row in data)
    repeats = any(_is_usual(clean(c)) for row in data for c in filled(row)[:1] if isinstance(c, str))
    return Start(first, last, headings) if fits and not repeats else None
