"""What a row below the headings is: data, a total, a note, a heading again, or the title of the next table. Pure: no files.

Place in the flow: ``layout`` asks here of every row. In doubt a row is data: a row that cannot be read is refused in the open.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Set
from itertools import pairwise
from typing import Any, NamedTuple

from ..parse import parse_date, parse_number
from .headings import Grid, Heading, amounts_in, clean, filled, is_key_value, is_year, known_in
from .structure import next_start, span_of
from .units import keys_of, only_unit, stated_unit


class Line(NamedTuple):
    """A row below the headings: ``kind`` is "row", "note", "lone" (a text that may be either) or that of a total."""

    number: int
    kind: str
    label: str = ""


_TOTAL_HINT = re.compile(r"[计計均]|其中|总得?分|total|average|mean|^sum", re.IGNORECASE)
_TOTALS = (
    ("part", re.compile(r"其中([:：].*)?")),
    ("mean", re.compile(r".{0,8}(平均[分数數值]?|均[值分]|^均)|average|mean", re.IGNORECASE)),
    ("sum", re.compile(r"[^,，。;；、]{0,10}([合小总總共][计計]|总合计|累[计計])|^[计計]|总得?分|(grand|sub)?total|sum", re.IGNORECASE)),
)
_SIGNED = (
    r"((填[表报報]|[制製]表|编制|[审審][核计]|[复複]核|经办|經辦|联系|签字|统计|(街道|单位)?[负負][责責])人?"
    r"|分管领导|联系电话|(填[表报]|制表|编制)日期|签章|盖章)"
)
_NOTE = re.compile(
    rf"(附?[注註]|[备備][注註]|(填表)?[说說]明|日期|([资資]料|数据)?[来來]源|[单單]位|{_SIGNED})"
    rf"\s*([(（](签字|盖章|签章)[)）])?\s*\d*\s*[:：.．、;；]|摘编自|{_SIGNED}$"
    r"|[(（]?续表?[)）]?$|.{0,40}续表[)）]?$|[12]\d{3}年\d{1,2}月"
)
_LABEL = re.compile(r"附?[注註]|[备備][注註]|(填表)?[说說]明")  # in a cell of its own, what it says in the next
NOTE_STARTS = frozenset("附注註备備填说說报報制製编編审審复複经經联聯签统統街单負负责責分盖")
# a lone text below the data that is none of these may be a key without its row: it stays a row, to be refused in the open
PROSE = re.compile(r".{16}|[:：。，,；;《》]|^[\d一二三四五六七八九]+[.．、]", re.DOTALL)
_SIGNED_PAIR = re.compile(rf"{_SIGNED}\s*([(（](签字|盖章|签章)[)）])?\s*([:：].*)?$", re.DOTALL)
_DATED = re.compile(r"((填[表报]|[制编]制?表?)?日期\s*[:：]?\s*|[12]\d{3}年\d{1,2}月.{0,8})$")
_CONTINUED = re.compile(r"续表?[)）]?$")
_PAGE = re.compile(r"[(（]?第\S{1,3}页([,，、/]?共\S{1,3}页)?[)）]?")
_GOES_ON = re.compile(r"续\s*表|[(（]续[\d一二三四五六七八九十]*[)）]|(?:^|[\s)）\d])续[\d一二三四五六七八九十]*$|\bcontinued\b", re.IGNORECASE)
_NAMES_A_TABLE = re.compile(rf"([表册单账帐]|情况|明细|统计|清单|名单|一览)\s*([(（].*[)）])?$|{_GOES_ON.pattern}", re.IGNORECASE)
_WHOLE = re.compile("全([国國省市区區县縣街镇鎮乡鄉村]|街道|自治区|地区)")
_REGIONS = re.compile("(东|中|西|东北|沿海|内陆)部?(地区|沿海地区)|[华东北中南西]{2}地区")
_TOTAL_ENDS = frozenset("计計均分数數值:：)） \u3000\n\tlenmLENM")
_TOTAL_STARTS = frozenset("其(（ \u3000\n\t")
_TITLE = re.compile(r"[^\W\d_a-zA-Z]{3}|.{16}", re.DOTALL)


def total_kind(cell: object) -> str | None:
    """``sum``, ``part`` or ``mean`` when the whole cell is the label of a total row; 合计超市改造 is not one."""
    if type(cell) is not str or len(cell) > 60 or not _TOTAL_HINT.search(cell):
        return None
    label = re.sub(r"[\s\u200b-\u200f\u2060\ufeff]+|[:：]$|[(（][^()（）]*元[)）]$", "", cell).strip("()（）")
    return next((kind for kind, pattern in _TOTALS if pattern.fullmatch(label)), None)


def total_label(cells: list[Any]) -> Any:
    """The cell among the first four that is the label of a total row; None in most rows, and soon."""
    for cell in cells[:4]:
        if type(cell) is str and (cell[-1] in _TOTAL_ENDS or cell[0] in _TOTAL_STARTS) and total_kind(cell):
            return cell
    return None


def heading_test(grid: Grid, headings: list[Heading], known: Set[str], below: int) -> Callable[[int, list[Any], bool, int], tuple[int, int] | None]:
    """A test for the heading rows of a next table, quick on rows that are none: by known headings, or by their build.

    After a gap or a title (``apart``) fewer known ones will do, and the build counts. Nothing over row ``start`` is looked at; ``below`` is
    the first row under the headings of the table before.
    """
    memo: dict[str, bool] = {}

    def is_heading(cells: list[Any], apart: bool) -> bool:
        cell = cells[0]
        if cell not in memo:
            memo[cell] = any(key in known for key in keys_of(clean(cell)))
        if not (memo[cell] or apart) or not all(isinstance(c, str) for c in cells):
            return False
        least = 2 if apart and not any(parse_number(c).value is not None for c in cells) else max(2, 0.5 * len(cells))
        return len(known_in(cells, known)) >= least and not is_key_value(cells, known)

    def span_at(number: int, cells: list[Any], apart: bool, start: int) -> tuple[int, int] | None:
        cell = cells[0]
        if type(cell) is not str or len(cells) < 2 or (type(cells[-1]) is not str and not (apart and is_year(cells[-1]))):
            return None
        if len(cell) <= 16 and not cell[-1].isdigit() and is_heading(cells, apart):
            return span_of(grid, number, start, known)
        if not apart and (len(cells) < 4 or any(type(c) is not str or c[-1].isdigit() or len(c) > 24 for c in cells)):
            return None
        begun = next_start(grid, number, headings, below=below, apart=apart, titled=apart and _is_titled(grid, number))
        return (begun.first, begun.last) if begun else None

    return span_at


def _is_titled(grid: Grid, number: int) -> bool:
    """Whether the lines right over a row name a table, a unit or a continuation."""
    for row in reversed(grid.rows[max(0, number - 4) : number]):
        cells = filled(row)
        if len(cells) > 2:
            return False
        if any(_NAMES_A_TABLE.search(clean(c)) or stated_unit([[c]]) for c in cells):
            return True
    return False


def is_continued(text: str) -> bool:
    """续表, （续）, continued: the text of a title over a table that goes on."""
    return _GOES_ON.search(text) is not None


def settled(grid: Grid, lines: list[Line]) -> list[Line]:
    """Lone texts above data are rows (and refused in the open); below them all, notes where they read like one."""
    filling = [i for i, line in enumerate(lines) if line.kind not in ("lone", "note")]
    end = filling[-1] if filling else -1
    noted = any(line.kind == "note" for line in lines) or (end >= 0 and lines[end].kind != "row")
    settled, prose = [], []
    for i, line in enumerate(lines):
        if line.kind != "lone":
            settled.append(line)
        elif i > end and (noted or PROSE.search(_text(grid.rows[line.number]))):
            prose.append(line._replace(kind="note"))
        else:
            settled.append(line._replace(kind="row"))
    return [*settled, *prose]


def whole_labels(grid: Grid, headings: list[Heading], lines: list[Line]) -> list[Line]:
    """全国 over or under provinces, 全区 over streets: the whole is no row among its parts; nor are 东部地区 … right behind it."""
    rows = [i for i, line in enumerate(lines) if line.kind == "row"]
    if len(rows) < 3 or not headings:
        return lines

    def label(i: int) -> str:
        row = grid.rows[lines[i].number]
        return clean(row[headings[0].index]) if headings[0].index < len(row) and isinstance(row[headings[0].index], str) else ""

    whole = [i for i in (rows[0], rows[-1]) if _WHOLE.fullmatch(label(i))]
    above = lines[rows[0]].number - 1
    if len(whole) == 1 and len({label(i) for i in rows}) == len(rows) and all(map(label, rows)):
        lines = [line._replace(kind="sum", label=label(i)) if i in whole else line for i, line in enumerate(lines)]
    elif not any(line.number == above and line.kind == "sum" for line in lines):
        return lines
    following = [i for i in rows if i not in whole]
    regions = following[: next((n for n, i in enumerate(following) if not _REGIONS.fullmatch(label(i))), len(following))]
    if len(regions) < 2 or len(regions) == len(following):
        return lines
    return [line._replace(kind="part", label=label(i)) if i in regions else line for i, line in enumerate(lines)]


def numbers_columns(cells: list[Any], width: int) -> bool:
    """The row 栏次 of statistical forms: 1, 2, 3 … under every heading, or 甲, 乙 before them."""
    texts = [clean(c) for c in cells]
    if texts[0] in ("栏次", "欄次", "行次"):
        return texts[1:] == [str(i + 1) for i in range(len(texts) - 1)] and len(texts) > 2
    numbers = [t for t in texts if t not in ("甲", "乙", "丙", "栏次", "欄次")]
    sure = len(numbers) < len(texts) or len(numbers) > 4
    return sure and len(texts) >= width - 1 and len(numbers) > 1 and numbers == [str(i + 1) for i in range(len(numbers))]


def is_note(row: list[Any], cells: list[Any], width: int, keys: Set[int]) -> bool:
    """A line that begins as notes and signatures do and says nothing else: one text, or a signature beside another.

    ``keys`` are the columns that identify a row: 日期：重阳节活动 with a number beside it is a project with an unlucky name.
    """
    if not isinstance(cells[0], str) or any(isinstance(c, (int, float)) for c in cells):
        return False
    label = cells[0].strip()
    if len(cells) == 2 and _LABEL.fullmatch(label):
        return isinstance(cells[1], str) and not amounts_in(cells)
    if len(cells) > 1 and all(isinstance(c, str) and c.rstrip().endswith((":", "：")) for c in cells):
        return True  # 主要领导：　　经办人：
    if _NOTE.match(label) is None or (len(cells) * 2 > max(width, 2) and (_SIGNED_PAIR.match(label) is None or amounts_in(cells))):
        return False
    places = [(column, cell) for column, cell in enumerate(row) if cell is not None]
    for (_, before), (column, cell) in pairwise(places):
        text, label = str(cell).strip(), str(before).strip()
        if _SIGNED_PAIR.match(text) or _DATED.match(text) or (_NOTE.match(text) and stated_unit([[text]], in_words=True)):
            continue
        value_of = label.endswith((":", "：")) or _SIGNED_PAIR.fullmatch(label)
        if not value_of or (column in keys and not (_SIGNED_PAIR.match(label) or parse_date(cell).value)):
            return False
    return True


def captions_above(grid: Grid, top: int, floor: int, known: Set[str], above: list[list[Any]]) -> tuple[int, bool]:
    """Where the title lines right over a heading row begin (``top`` when there are none), and whether they open a new table.

    Nothing at ``floor`` or over it is looked at. The lines ``above`` the first headings, printed again on each page, open none, nor
    do 续表 and page numbers, unless 续表 states another unit.
    """
    seen = {_PAGE.sub("", clean(cell)) for row in above for cell in filled(row)}
    start, titled, passed, opens, continued = top, False, False, False, False
    for number in range(top - 1, floor, -1):
        cells = filled(grid.rows[number])
        if not cells:
            if titled or passed:
                break
            continue
        kind = _caption(cells, known)
        if not kind or (titled and kind in ("note", "page")):
            break
        texts = {_PAGE.sub("", clean(cell)) for cell in cells} - {""}
        continued |= any(_CONTINUED.search(t) for t in texts)
        opens |= kind != "note" and not texts <= seen
        titled |= kind == "title"
        passed |= kind == "note"
        start = start if kind == "note" else number
    if continued and (said := stated_unit(grid.rows[start:top])):
        continued = said == stated_unit(above)
    return start, opens and not continued


def _caption(cells: list[Any], known: Set[str]) -> str | None:
    """``title``, ``said`` (a unit, 街道：甲街道), ``page`` or ``note`` (that may stand between them); None for data."""
    if any(map(total_kind, cells[:4])) or amounts_in(cells):
        return None
    first, rest = cells[0], cells[1:]
    if all(isinstance(c, str) and (stated_unit([[c]]) and _is_short(c)) for c in cells):
        return "said"
    if all(isinstance(c, str) and _PAGE.fullmatch(clean(c)) for c in cells):
        return "page"
    if isinstance(first, str) and is_continued(clean(first)):
        return "title"
    if isinstance(first, str) and _NOTE.match(first.strip()):
        return "note"
    if len(cells) > 1 and is_key_value(cells, known):
        return "said"
    if not isinstance(first, str) or not _TITLE.search(first):
        return None
    if not all(_goes_with_a_title(c) for c in rest) or any(re.match(r"附?[注註]|[备備][注註]|[说說]明", str(c)) for c in rest):
        return None
    return "said" if re.match(r".{1,10}[:：]", first) else "title"


def _goes_with_a_title(cell: object) -> bool:
    text = str(cell)
    beside = _DATED.match(text) or re.match(r".{1,8}[:：]", text) or _PAGE.search(clean(text))
    return isinstance(cell, dt.date) or stated_unit([[text]]) is not None or beside is not None or only_unit(text)


def _text(row: list[Any]) -> str:
    return " ".join(str(c).strip() for c in filled(row))


def _is_short(text: str) -> bool:
    return len(text.strip()) <= 16
