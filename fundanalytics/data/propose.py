"""A first ``mapping.yml`` for files of any layout, out of the headings that are recognised.

What is recognised is written as entries that load as they stand; what is only similar, missing or unknown stands in comments, with an
example and the sum of each column, for a person to decide. Nothing is taken because it looks alike.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import DataError, default_lang
from . import database, parse, people, schema, workbook
from .dates import YEARS
from .files import mapping_of, read_grids
from .ledger import Grid, Ledger
from .mapping import Plan, told_of_all, word_of
from .mapping_file import Entry, MappingFile
from .paths import find_path
from .reader.headings import SEARCHED_ROWS, clean, filled
from .reader.units import UNCLEAR
from .schema import heading_key
from .wide import Wide, understood

ALIKE = 0.7  # similarity from which a heading is worth a comment
LONGEST = 40  # a heading among text that nobody knows
_PERSONAL = re.compile("姓名|身份证|电话|手机|联系|银行卡|账号|帐号|住址")  # no example of these
_CODE = re.compile(r"编号|代码|编码|序号|号码|(?:^|_)(?:id|code|no)$")  # no sum of these
_PLAIN = re.compile(r"(?!(?:true|false|null)$)[^\W\d_][\w（）()、.]*", re.IGNORECASE)
# headings in traditional characters are compared in simplified ones
_SIMPLE = str.maketrans("項內議額區鄉鎮辦單預執實撥結餘編號稱類別來機關經費計數據總時間", "项内议额区乡镇办单预执实拨结余编号称类别来机关经费计数据总时间")
WORDS = {
    "zh": {
        "head": "由 fundanalytics map 根据表头提出。逐条核对后存为数据文件夹中的 mapping.yml；写法见 docs/mapping.md。",
        "example": "例 {cell}", "sum": "合计 {sum}", "unknown": "未识别: {name}", "ignored": "不读入: {name}", "alike": "或许是 {column}（{title}）",
        "missing": "必填缺失: {column}（{title}）", "context": "来自标题或文件名: {column} = {value}",
        "unit": "金额单位不明，请写明: unit: 元（或 千元、万元）",
        "table": "不像任何一张表（{rows} 行）。最接近: {tables}", "wide": "按年度分列，请核对", "unread": "未能读取: {name}", "comma": "，",
    },
    "en": {
        "head": "Proposed by fundanalytics map out of the headings. Check every line, then save it as mapping.yml in the data folder; see docs/mapping.md.",
        "example": "such as {cell}", "sum": "sum {sum}", "unknown": "not recognised: {name}", "ignored": "not read: {name}",
        "alike": "perhaps {column} ({title})",
        "missing": "required and missing: {column} ({title})", "context": "from the title or the name of the file: {column} = {value}",
        "unit": "the unit of the amounts is unclear, state it: unit: 元 (or 千元, 万元)", "table": "like no table of ours ({rows} rows). Closest: {tables}",
        "wide": "a column for each year, check it", "unread": "could not be read: {name}", "comma": ", ",
    },
}  # fmt: skip


@dataclass(frozen=True)
class _Item:
    """One entry of the proposal: the block's place, and its lines without it."""

    file: str
    sheet: str
    table: str
    lines: tuple[str, ...]


def propose(path: str | Path, *, lang: str | None = None) -> str:
    """A mapping for a file, a folder or a database, as the text of a ``mapping.yml``.

    Parameters
    ----------
    path : as for ``load``.
    lang : language of the comments, ``zh`` or ``en``; by default that of the locale.

    Returns
    -------
    str : loads as it stands. Blocks that are like no table of ours are comments only.

    Raises
    ------
    DataError : the path does not exist or holds no data file.
    """
    say = WORDS[lang or default_lang()]
    ledger, sources = Ledger(), []  # type: ignore[var-annotated]
    grids = read_grids(path, MappingFile(), ledger, sources)
    guessed = _guessed(path, grids)
    if guessed.entries:
        ledger, sources = Ledger(), []
        grids = read_grids(path, guessed, ledger, sources)
    sheets = {s["file"]: len({g.sheet for g in grids if g.file == s["file"]}) for s in sources}
    items, strange = [], []
    for grid in (g for g in grids if g.headings):
        plan, wide = understood(grid)
        people.mask(grid, [plan] if plan else [], ledger)
        if plan:
            items.append(_Item(grid.file, grid.sheet if sheets[grid.file] > 1 else "", plan.table, tuple(_entry_lines(grid, plan, wide, say))))
        else:
            strange += _strange_lines(grid, say)
    lines = [f"# {say['head']}", *_about(path, [s for s in sources if s["status"] == "unread"], say), "tables:" if items else "tables: []"]
    for item, files in _together(items):
        lines += [f"  - table: {item.table}    # {schema.TABLES[item.table].title}"]
        lines += [f"    file: {_word(files[0])}"] if len(files) == 1 else ["    file:", *(f"      - {_word(file)}" for file in files)]
        lines += [f"    sheet: {_word(item.sheet)}"] if item.sheet else []
        lines += [f"    {line}" for line in item.lines]
    return "\n".join([*lines, *strange]) + "\n"


def _about(path: str | Path, unread: list[dict[str, Any]], say: dict[str, str]) -> list[str]:
    """Name and origin of a mapping that the folder has already, and the files that could not be read."""
    had = MappingFile() if database.is_url(path) else mapping_of(find_path(path), None)
    lines = [f"name: {_word(had.name)}"] if had.name else []
    lines += [f"origin: {had.origin}"] if had.origin != "computed" else []
    return [*lines, *(f"# {say['unread'].format(name=s['file'])}" for s in unread)]


def _together(items: Sequence[_Item]) -> Iterable[tuple[_Item, list[str]]]:
    """Entries alike but for their file, with all its files."""
    found: dict[_Item, tuple[_Item, list[str]]] = {}
    for item in items:
        bare = tuple(line.split("  #")[0] for line in item.lines if not line.lstrip().startswith("#"))
        files = found.setdefault(replace(item, file="", lines=bare), (item, []))[1]
        if item.file not in files:
            files.append(item.file)
    return found.values()


# --- what a block is ----------------------------------------------------------------------------------------------------------
def _guessed(path: str | Path, grids: list[Grid]) -> MappingFile:
    """Entries that only make known what may be a heading row in sheets where none was found."""
    blank = {(g.file, g.sheet) for g in grids if not g.headings}
    if not blank or database.is_url(path):
        return MappingFile()
    root = find_path(path)
    entries = []
    for name in sorted({file for file, _ in blank}):
        file = root / name if root.is_dir() else root
        try:
            raw = workbook.read_grids(file)
        except DataError:
            continue
        found = [text for grid in raw if (name, grid.name) in blank for text in _likely_headings(grid.rows[:SEARCHED_ROWS])]
        if found:
            entries.append(Entry("projects", (name,), columns={text: {"from": [text]} for text in found}))
    return MappingFile(entries=tuple(entries))


def _likely_headings(rows: list[list[Any]]) -> list[str]:
    """The widest row of short and different texts that has a row as wide below it."""
    best: list[str] = []
    for place, row in enumerate(rows[:-1]):
        texts = [clean(c) for c in filled(row)]
        words = all(isinstance(c, str) and len(c) <= LONGEST and parse.parse_number(c).how == "refused" for c in filled(row))
        below = max(len(filled(other)) for other in rows[place + 1 : place + 4])
        if words and len(set(texts)) == len(texts) > max(1, len(best)) and below >= len(texts) / 2:
            best = texts
    return best


# --- lines ------------------------------------------------------------------------------------------------------------------------
def _entry_lines(grid: Grid, plan: Plan, wide: list[Wide], say: dict[str, str]) -> list[str]:
    texts = {h.index: h for h in grid.headings}
    table = schema.TABLES[plan.table]
    by_first = {w.headings[0].index: w for w in wide}
    money = [c.name for c in table.columns if c.kind == "money"]
    lines = []
    if any(name in money and source.unit == UNCLEAR for name, source in plan.sources.items()) or grid.unit == UNCLEAR:
        lines.append(f"# {say['unit']}")
    lines.append("columns:")
    used = {h.index for w in wide for h in w.headings}
    for name, source in plan.sources.items():
        if source.index[0] not in by_first and source.index != (-1,):
            lines.append(f"  {name}: {_reference(grid, source.index)}  # {_shown(grid, texts[source.index[0]], say)}".removesuffix("  # "))
            used |= set(source.index)
    context = told_of_all(grid)
    for name in table.required:
        if name in plan.missing:
            lines.append(f"  # {say['missing'].format(column=name, title=table[name].headings[0])}")
        elif name not in plan.sources and context.get(name):
            lines.append(f"  # {say['context'].format(column=name, value=context[name])}")
    for heading in grid.headings:
        if heading.index not in used and heading.index in grid.columns:
            lines += [f"  # {line}" for line in _left(grid, heading, table, set(plan.sources), say)]
    if wide:
        pairs = ", ".join(f"{name}: {_word(by_first[s.index[0]].pattern)}" for name, s in plan.sources.items() if s.index[0] in by_first)
        lines.append(f"wide: {{{pairs}}}  # {say['wide']}")
    return lines


def _reference(grid: Grid, indexes: Sequence[int]) -> str:
    """How a mapping names these columns."""
    said = [_named(grid, index) for index in indexes]
    if len(said) == 1:
        text, nth = said[0]
        return _word(text) if nth == 1 else f"{{from: {_word(text)}, nth: {nth}}}"
    return "[" + ", ".join(_word(text) for text, _ in said) + "]"


def _named(grid: Grid, index: int) -> tuple[str, int]:
    """The words that lead to a column: its heading, one of its keys, or its place among equal ones."""
    heading = next(h for h in grid.headings if h.index == index)
    names = [str(heading.text), *heading.keys]
    for name in names:
        alike = [h.index for h in sorted(grid.headings, key=lambda h: heading_key(name) not in h.keys[:1]) if heading_key(name) in h.keys]
        if alike[:1] == [index]:
            return name, 1
    alike = [h.index for h in grid.headings if heading_key(names[-1]) in h.keys]
    return names[-1], alike.index(index) + 1 if index in alike else 1


def _left(grid: Grid, heading: Any, table: schema.Table, taken: set[str], say: dict[str, str]) -> list[str]:
    """A column that the entry does not read, and what it may be."""
    ignored = any(key in {heading_key(h) for h in schema.IGNORED} for key in heading.keys)
    told = say["ignored" if ignored else "unknown"].format(name=heading.text or "—")
    lines = [f"{told} – {_shown(grid, heading, say)}"]
    near = [] if ignored else _similar(heading, [c for c in (*table.columns, *schema.HELPERS) if c.name not in taken], grid)
    here = _reference(grid, [heading.index])
    return [*lines, *(f"  {c.name}: {here}  # {say['alike'].format(column=c.name, title=c.headings[0])}" for c in near)]


def _strange_lines(grid: Grid, say: dict[str, str]) -> list[str]:
    """A block that is no table of ours, whole in comments: the closest tables and every heading."""
    near = sorted(schema.TABLES.values(), key=lambda t: -_likeness(grid, t))[:3]
    meant = near[:1]
    if _likeness(grid, near[0]) <= 0 and (by_content := _by_content(grid)):
        near = meant = by_content
    lines = ["", f"  # {say['table'].format(rows=len(grid), tables='、'.join(f'{t.name}（{t.title}）' for t in near))}"]
    for table in meant:
        lines += [f"  # - table: {table.name}", f"  #   file: {_word(grid.file)}", f"  #   sheet: {_word(grid.sheet)}"]
        lines += [f"  #   # {say['unit']}" if grid.unit == UNCLEAR else f"  #   unit: {grid.unit}"] if grid.unit else []
        lines.append("  #   columns:")
        for column in (c for c in table.columns if c.required or c.name == "paid_on"):  # a payment needs its day or its year
            lines.append(f"  #     {column.name}:  # {say['missing'].format(column=column.name, title=column.headings[0])}")
        for heading in grid.headings if table is meant[0] else ():
            if heading.index in grid.columns or not grid.columns:
                lines += [f"  #     # {line}" for line in _left(grid, heading, table, set(), say)]
    return lines


def _by_content(grid: Grid) -> list[schema.Table]:
    """Tables that a block without a heading of ours may be by its cells alone: words beside amounts, and days."""
    kinds = {_content(grid, heading) for heading in grid.headings}
    if not {"text", "money"} <= kinds:
        return []
    return [schema.TABLES[name] for name in (("projects", "payments") if "date" in kinds else ("projects", "allocations"))]


def _content(grid: Grid, heading: Any) -> str:
    """What most of a column's first cells are: numbers that are no years, days, or else text."""
    columns = schema.TABLES["payments"]
    first = [c for c in list(grid.columns.get(heading.index, ()))[:200] if word_of(c)][:50]
    if not first:
        return ""
    if _CODE.search(str(heading.text).lower()) or any(heading_key(h) in heading.keys for h in schema.IGNORED):
        return "text"
    if _may_hold(columns["paid_on"], first):
        return "date"
    return "money" if _may_hold(columns["amount"], first) else "text"


def _likeness(grid: Grid, table: schema.Table) -> float:
    """How many of a table's columns the headings may be; its required ones count double."""
    found = {c.name: c.required + 1 for h in grid.headings for c in _similar(h, table.columns, grid)}
    return sum(found.values()) - 0.1 * len(table.required)


def _similar(heading: Any, columns: Sequence[schema.Column], grid: Grid) -> list[schema.Column]:
    """Columns whose headings come near, best first, as far as the cells may be what the column holds."""
    text = heading_key(str(heading.text).translate(_SIMPLE).split("/")[-1])
    scored = []
    for column in columns:
        ratio = max(_alike(text, heading_key(h)) for h in (column.name, *column.headings))
        if ratio >= ALIKE and _may_hold(column, grid.columns.get(heading.index)):
            scored.append((ratio, column))
    return [column for _, column in sorted(scored, key=lambda pair: -pair[0])[:2]]


def _alike(one: str, two: str) -> float:
    if not one or not two:
        return 0.0
    if min(len(one), len(two)) > 1 and (one in two or two in one):
        return 0.9
    return difflib.SequenceMatcher(None, one, two).ratio()


def _may_hold(column: schema.Column, cells: Any) -> bool:
    """Whether most of the first cells are of the column's kind; text may be anything."""
    first = [c for c in list(cells if cells is not None else ())[:200] if word_of(c)][:50]
    if not first or column.kind in ("text", "code", "area", "list", "choice"):
        return True
    return sum(parse.parse(c, column).how != "refused" for c in first) * 2 > len(first)


def _shown(grid: Grid, heading: Any, say: dict[str, str]) -> str:
    """An example of a column's cells, and their sum where they are quantities."""
    cells = [c for c in list(grid.columns.get(heading.index, ())) if word_of(c)]
    personal = _PERSONAL.search(str(heading.text))
    parts = [say["example"].format(cell=" ".join(word_of(cells[0]).split())[:30])] if cells and not personal else []
    numbers = [n for c in cells if (n := parse.parse_number(c).value) is not None]
    years = all(float(n).is_integer() and YEARS[0] <= n <= YEARS[1] for n in numbers)
    if len(numbers) * 2 > len(cells) and not (years or personal or _CODE.search(str(heading.text).lower())):
        parts.append(say["sum"].format(sum=f"{sum(numbers):,.2f}".replace(".00", "")))
    return say["comma"].join(parts)


def _word(text: str) -> str:
    """A word as YAML reads it back."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
