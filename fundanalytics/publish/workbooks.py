"""Each workbook back to its owner: a copy in which the cells that need correction are coloured and commented.

Place in the flow: after ``load``, from what it refused and found. An xlsx or xlsm stays as it was around the marks (``package``); any other
format comes back as an xlsx of the values that the reader saw. The copies hold what their owner sent: they are for nobody else.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ..data import schema
from ..errors import DataError
from ..show.checkup import faults
from ..show.faults import GROUPS, SEVERITIES
from .files import cell_text, whole, workbook, write_cell
from .sheetxml import Mark

if TYPE_CHECKING:
    from ..data.dataset import Dataset
    from .package import Listing

PACKAGES = (".xlsx", ".xlsm")
NO_WORKBOOK = (".parquet", ".duckdb", ".yml")
OWNERS = tuple(g for g in GROUPS if g not in ("unread", "unused", "gaps"))  # what the owner of a workbook can repair
COLOURS = {"refused": "#FFC7CE", "look": "#FFEB9C"}
ROWS, COLUMNS = 1_048_576, 16_384  # of a sheet
WORDS: dict[str, dict[str, Any]] = {
    "zh": {
        "name": "问题清单", "title": "问题清单：{file}（需要改正或核对的共{n}处）",
        "private": "仅供填报单位改正使用：本文件含其报送的原始内容，请勿转发他人。本页不作为数据读入。",
        "how": ("红底并注【须改正】的内容没有采用；黄底并注【请核对】的内容已采用或未造成缺漏，但请确认。", "改好后保存本文件交回即可；本页和批注可以留着。"),
        "values": "原文件不是 xlsx，这里是读到的内容；格式、公式和图没有带来。",
        "headings": ("处理", "工作表", "单元格", "原内容", "问题", "应为", "请这样改", "列"),
        "mark": "【{severity}】{label}", "found": "原填：{found}", "expected": "应为：{expected}", "do": "请改：{do}", "row": "（本行因此没有采用）",
    },
    "en": {
        "name": "问题清单", "title": "What to correct in {file} ({n} places)",
        "private": "For the office that sent it only: this file holds what it sent. Do not pass it on. (this sheet is not read as data)",
        "how": ("Red cells marked [correct] were not taken. Yellow ones marked [look at] were taken, or left out without loss; please check them.",
                "Save and return this file when it is corrected; this sheet and the comments may stay."),
        "values": "The file is no xlsx: these are the values that were read, without formats, formulas and charts.",
        "headings": ("do", "sheet", "cell", "found", "what is wrong", "expected", "please", "column"),
        "mark": "[{severity}] {label}", "found": "found: {found}", "expected": "expected: {expected}", "do": "please: {do}",
        "row": "(the whole row was not taken)",
    },
}  # fmt: skip


@dataclass
class Faults:
    """What is wrong in one file: marks per sheet and cell, and a line for each."""

    marks: dict[str, dict[str, Mark]] = field(default_factory=dict)
    rows: list[tuple[str, list[str], str]] = field(default_factory=list)


def mark_workbooks(dataset: Dataset, root: Path, out: Path, *, lang: str = "zh", encodings: Mapping[str, str | None] | None = None) -> list[Path]:
    """A marked copy of every workbook below ``root`` in which something is to be corrected; the files written.

    Parameters
    ----------
    dataset : what ``load`` gave for ``root``
    root : the folder that was read, or the one file
    out : the folder of the copies; a copy keeps the path that its original has below ``root``
    encodings : of text files that need one, by file name
    """
    written: list[Path] = []
    taken: set[str] = set()
    for name, told in faults_by_file(dataset, lang).items():
        source = root / name if root.is_dir() else root
        if source.suffix.lower() not in NO_WORKBOOK and source.is_file():
            target = out / free_name(name, taken)
            if mark_workbook(source, target, told, lang=lang, encoding=(encodings or {}).get(name)):
                written.append(target)
    return written


def faults_by_file(dataset: Dataset, lang: str = "zh") -> dict[str, Faults]:
    """What the owner of each file that was read is asked to correct or to look at."""
    found: dict[str, Faults] = {}
    heads = _heads(dataset)
    rows = faults(dataset, lang)
    rows = rows[rows["severity"].isin(list(COLOURS)) & rows["group"].isin(OWNERS) & rows["sheet"].ne("")]
    rows = rows.assign(rank=rows["severity"].eq("look")).sort_values(["file", "rank", "sheet", "row"], kind="stable")
    for row in rows.to_dict("records"):
        head = heads.get((row["file"], row["sheet"], row["source_table"]))
        if row["code"] == "missing_column" and head:
            row["cell"] = f"{head}:{head}"
        _note(found.setdefault(row["file"], Faults()), row, lang)
    return found


def _heads(dataset: Dataset) -> dict[tuple[str, str, str], int]:
    """The row of the headings of each block."""
    blocks = dataset.blocks.to_dict("records")
    return {(b["file"], b["sheet"], b["table"]): int(b["first_row"]) - 1 for b in blocks if b["first_row"] > 1}


def _note(told: Faults, row: dict[str, Any], lang: str) -> None:
    """One fault: its mark, and its line in the list."""
    words, severity = WORDS[lang], row["severity"]
    sheet, _, cell = str(row["cell"]).rpartition("!")
    sheet = sheet or row["sheet"]
    word = SEVERITIES[severity][lang == "en"]
    lines = [words["mark"].format(severity=word, label=row["label"])]
    lines += [words[name].format(**{name: row[name]}) for name in ("found", "expected", "do") if row[name]]
    if row["scope"] == "row" and severity == "refused":
        lines.append(words["row"])
    if cell:
        marks = told.marks.setdefault(sheet, {})
        mark = Mark(severity, "\n".join(lines))
        marks[cell] = marks[cell].joined(mark) if cell in marks else mark
    place = cell.partition(":")[0]
    place = place if re.match("[A-Z]", place) else f"A{place}"
    texts = [word, sheet, cell, row["found"], row["label"], row["expected"], row["do"], row["column"]]
    told.rows.append((severity, texts, f"'{sheet.replace(chr(39), chr(39) * 2)}'!{place}" if cell else ""))


def mark_workbook(source: Path, target: Path, told: Faults, *, lang: str = "zh", encoding: str | None = None) -> bool:
    """A marked copy of one workbook at ``target``; False where neither its package nor its values can be copied."""
    from .package import mark_package

    if zipfile.is_zipfile(source) and target.suffix.lower() in PACKAGES:
        try:
            with whole(target) as part:
                mark_package(source, part, told.marks, _listing(source, told, lang, again=_has_list(source)))
            return True
        except (KeyError, ValueError, IndexError, StopIteration, NotImplementedError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error):
            pass  # not built as the format says: its values are what the reader saw
    try:
        copy_values(source, target.with_suffix(".xlsx"), told, lang=lang, encoding=encoding)
    except DataError:
        return False
    return True


def _has_list(source: Path) -> bool:
    """Whether the workbook holds a list of ours from an earlier round."""
    from ..data.workbook import read_workbook

    name = WORDS["zh"]["name"]
    try:
        return any(mark in block.title for block in read_workbook(source, sheet=name) for mark in schema.NOT_READ)
    except DataError:
        return False


def _listing(source: Path, told: Faults, lang: str, *, again: bool = False, values: bool = False) -> Listing:
    from .package import Listing

    words = WORDS[lang]
    lines = [words["title"].format(file=source.name, n=len(told.rows)), words["private"], *words["how"], *([words["values"]] if values else [])]
    return Listing(words["name"], lines, list(words["headings"]), told.rows, [9, 16, 10, 22, 26, 30, 34, 14], linked=2, again=again)


def copy_values(source: Path, target: Path, told: Faults, *, lang: str = "zh", encoding: str | None = None) -> None:
    """The values of a workbook as the reader saw them, in an xlsx, with the marks; sheets and addresses are those of the original."""
    from ..data.workbook import read_grids

    grids = read_grids(source, encoding=encoding)
    names = _sheet_names([grid.name for grid in grids] + [WORDS[lang]["name"]])
    with workbook(target) as (book, styles):
        book.date_1904 = any(grid.epoch == 1904 for grid in grids)  # serial numbers stay the days that they are
        formats = {name: book.add_format({"bg_color": colour}) for name, colour in COLOURS.items()}
        formats |= {f"{name} date": book.add_format({"bg_color": colour, "num_format": "yyyy-mm-dd"}) for name, colour in COLOURS.items()}
        for grid, name in zip(grids, names, strict=False):
            page = book.add_worksheet(name)
            if grid.hidden and any(not g.hidden for g in grids):
                page.hide()
            _write_values(page, grid, _placed(grid, told.marks.get(grid.name, {})), styles, formats)
        first = next((i for i, grid in enumerate(grids) if not grid.hidden), 0)
        book.worksheets()[first].activate()
        book.worksheets()[first].set_first_sheet()
        places = dict(zip((grid.name for grid in grids), names, strict=False))
        _write_listing(book, names[-1], _listing(source, told, lang, values=True), styles, formats, places)


def _placed(grid: Any, marks: Mapping[str, Mark]) -> dict[tuple[int, int], Mark]:
    """Marks by row and column from 0: a whole row at its first filled cell, a covered cell at the merged one."""
    from .sheetxml import by_row

    wanted, whole_rows = by_row(marks)
    placed: dict[tuple[int, int], Mark] = {}
    places = [((row - 1, column - 1), mark) for row, cells in wanted.items() for column, mark in cells.items()]
    for row, mark in whole_rows.items():
        cells = grid.rows[row - 1] if row <= len(grid.rows) else []
        places.append(((row - 1, next((i for i, c in enumerate(cells) if c is not None), 0)), mark))
    covered = [m for m in grid.merges if any(m[0] <= row <= m[2] for (row, _), _ in places)]
    for (row, column), mark in places:
        top = next((merge[:2] for merge in covered if merge[0] <= row <= merge[2] and merge[1] <= column <= merge[3]), (row, column))
        placed[top] = placed[top].joined(mark) if top in placed else mark
    return placed


def _write_values(page: Any, grid: Any, placed: Mapping[tuple[int, int], Mark], styles: Mapping[str, Any], formats: Mapping[str, Any]) -> None:
    widths: dict[int, int] = {}
    for number, row in enumerate(grid.rows[:ROWS]):
        for column, value in enumerate(row[:COLUMNS]):
            if value is not None:
                write_cell(page, number, column, _told(value), styles)
                if number < 200:
                    widths[column] = max(widths.get(column, 8), min(sum(2 if c > "\u2e7f" else 1 for c in str(value)) + 2, 40))
    for column, width in widths.items():
        page.set_column(column, column, width)
    for top, left, bottom, right in grid.merges:
        if (bottom > top or right > left) and bottom < ROWS and right < COLUMNS:
            value = grid.rows[top][left] if top < len(grid.rows) and left < len(grid.rows[top]) else None
            page.merge_range(top, left, bottom, right, "")
            if value is not None:
                write_cell(page, top, left, _told(value), styles)
    for number in getattr(grid, "hidden_rows", ()):
        page.set_row(number, None, None, {"hidden": True})
    for (row, column), mark in placed.items():
        if row < ROWS and column < COLUMNS:
            value = grid.rows[row][column] if row < len(grid.rows) and column < len(grid.rows[row]) else None
            _write_marked(page, row, column, _told(value), formats[f"{mark.colour} date" if isinstance(value, dt.date) else mark.colour])
            page.write_comment(row, column, cell_text(mark.text), {"author": "fundanalytics", "x_scale": 2.2, "y_scale": 0.3 * (mark.text.count("\n") + 2)})


def _write_marked(page: Any, row: int, column: int, value: Any, style: Any) -> None:
    if isinstance(value, str):
        page.write_string(row, column, cell_text(value), style)
    elif value is None:
        page.write_blank(row, column, None, style)
    elif isinstance(value, bool):
        page.write_boolean(row, column, value, style)
    elif isinstance(value, dt.date):
        page.write_datetime(row, column, value, style)
    else:
        page.write_number(row, column, value, style)


def _told(value: Any) -> Any:
    """A value that a workbook can hold: times and days before 1900 as text."""
    if isinstance(value, dt.date) and value.year < 1900:
        return str(value)
    return str(value) if isinstance(value, (dt.time, dt.timedelta)) else value


def _write_listing(book: Any, name: str, listing: Listing, styles: Mapping[str, Any], formats: Mapping[str, Any], places: Mapping[str, str]) -> None:
    page = book.add_worksheet(name)
    page.set_tab_color("#C00000")
    page.set_landscape()
    page.fit_to_pages(1, 0)
    wrap, bold = book.add_format({"text_wrap": True, "valign": "top"}), book.add_format({"bold": True})
    link = book.add_format({"font_color": "#0563C1", "underline": 1, "valign": "top"})
    for column, width in enumerate(listing.widths):
        page.set_column(column, column, width)
    for number, line in enumerate(listing.lines):
        page.write_string(number, 0, cell_text(line), bold if number == 0 else None)
    start = len(listing.lines) + 1
    for column, text in enumerate(listing.headings):
        page.write_string(start, column, text, styles["head"])
    for number, (colour, texts, place) in enumerate(listing.rows, start + 1):
        for column, text in enumerate(texts):
            page.write_string(number, column, cell_text(text), formats[colour] if column == 0 else wrap)
        if place:
            sheet = places.get(texts[1], texts[1]).replace("'", "''")
            page.write_url(number, listing.linked, f"internal:'{sheet}'!{place.rpartition('!')[2]}", link, cell_text(texts[listing.linked]))


def _sheet_names(names: Iterable[str]) -> list[str]:
    """Names that sheets may have, each once."""
    taken: set[str] = set()
    given = []
    for name in names:
        plain = re.sub(r"[\[\]:*?/\\]", " ", name).strip("' ")[:31] or "1"
        number = 1
        while plain.casefold() in taken:
            number += 1
            plain = f"{plain[: 27 - len(str(number))]} ({number})"
        taken.add(plain.casefold())
        given.append(plain)
    return given


def free_name(name: str, taken: set[str]) -> PurePosixPath:
    """The path of a copy: the original's, as .xlsx (a macro workbook keeps its kind); a.csv beside a.xls becomes a (csv).xlsx."""
    path = PurePosixPath(name)
    suffix = path.suffix.lower()
    kept = suffix if suffix in PACKAGES else ".xlsx"
    made = path.with_name(f"{path.stem}{kept}")
    if str(made).casefold() in taken:
        made = path.with_name(f"{path.stem} ({suffix.lstrip('.')}){kept}")
    number = 2
    while str(made).casefold() in taken:
        made, number = path.with_name(f"{path.stem} ({number}){kept}"), number + 1
    taken.add(str(made).casefold())
    return made
