"""Where the tables are in a sheet: title, unit, headings, data, totals, notes. Pure: no files.

Place in the flow: ``workbook`` reads a file into grids, this module makes blocks of them (``beginnings`` and ``structure`` find where a
table begins, ``spans`` its heading rows, ``strips`` tables beside each other, ``lines`` what a row below is, ``placing`` its cells,
``units`` the unit), ``load`` gives each heading its column. Nothing is dropped in silence: a row that is not blank is a heading, a
repeated heading, a title, a row, a total or a note; numbers above the headings are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any

from .beginnings import known_span, lonely_span
from .block import Block, Row, Total
from .headings import SEARCHED_ROWS, Grid, Heading, address, amounts_in, clean, filled, known_in
from .lines import NOTE_STARTS, Line, captions_above, heading_test, is_continued, is_note, numbers_columns, settled, total_kind, total_label, whole_labels
from .placing import kinds_of, merged_amounts, merged_rows, place
from .spans import headings_of, with_unnamed
from .strips import beside, cut_out, region_end
from .structure import first_start
from .units import UNCLEAR, stated_unit

__all__ = ["Block", "Row", "Total", "blocks", "tables", "total_kind"]

MOST_REGIONS = 20  # of one sheet, with tables side by side


def blocks(grid: Grid, known: Set[str]) -> list[Block]:
    """Every table of a sheet, top to bottom; a block without headings where there is none, or numbers stand above the first."""
    if not any(map(filled, grid.rows)):
        return []
    found = _tables(grid, frozenset(known)) or [Block(grid.name, _lines(grid.rows[:SEARCHED_ROWS]))]
    for block in found:
        block.hidden, block.epoch = grid.hidden, grid.epoch
        block.hidden_rows = [row.number for row in block.rows if row.number - 1 in grid.hidden_rows] if grid.hidden_rows else []
    return found


def tables(grids: Iterable[Grid], known: Set[str]) -> list[Block]:
    """Every table of a file; 续表 on a sheet of its own goes on in the title and unit of the table before it."""
    found: list[Block] = []
    for grid in grids:
        for block in blocks(grid, known):
            before = next((b for b in reversed(found) if b.headings), None)
            if block.continues and before and before.sheet != block.sheet:
                _go_on(before, block)
            found.append(block)
    return found


def _tables(grid: Grid, known: Set[str], *, regions: int = MOST_REGIONS) -> list[Block]:
    """The tables of a sheet; none where no headings are found. ``regions`` with tables side by side are looked for."""
    span = _first_span(grid, known)
    if span is None:
        return []
    found: list[Block] = []
    loose = _loose_rows(grid, span[0])
    if loose:
        found.append(Block(grid.name, _shown(grid, loose)))
    start, before = 0, None
    while span is not None:
        if regions and (columns := beside(grid, span, start)):
            blocks, end = _side_by_side(grid, known, columns, span, start)
            grid, regions = cut_out(grid, range(columns[-1].stop), range(end, len(grid.rows)), range(0)), regions - 1
            found, start, before, span = found + blocks, end, None, _first_span(grid, known)
            continue
        block, start, span = _block(grid, start, span, known, loose)
        if before and block.continues:
            _go_on(before, block)
        elif before and block.unit is None:
            block.unit = _inherited(before, block)
        found.append(block)
        before = block
    return found


def _first_span(grid: Grid, known: Set[str]) -> tuple[int, int] | None:
    """The heading rows of the first table: by known headings, by its build, by one known heading."""
    if span := known_span(grid, known):
        return span
    start = first_start(grid)
    return (start.first, start.last) if start else lonely_span(grid, known)


def _side_by_side(grid: Grid, known: Set[str], columns: list[range], span: tuple[int, int], start: int) -> tuple[list[Block], int]:
    """The tables of each strip, left to right, and the first row below them. A title over the first alone is everyone's."""
    end = region_end(grid, columns, span)
    strips = [_tables(cut_out(grid, strip, range(start, end), range(start, span[0])), known, regions=0) for strip in columns]
    firsts = [block for strip in strips if (block := next((b for b in strip if b.headings), None))]
    titled = next((b for b in firsts if b.title), None)
    units = {b.unit for b in firsts} - {None}
    same = len({tuple(h.text for h in b.headings) for b in firsts}) == 1 and len(firsts) == len(strips) and len(units) == 1
    for block in firsts:
        if titled and not block.title:
            block.title, block.unit = titled.title, block.unit or titled.unit
        if block.unit is None and units:
            block.unit = units.copy().pop() if same else None if units == {"元"} else UNCLEAR
    return [block for strip in strips for block in strip], end


def _go_on(before: Block, block: Block) -> None:
    """续表: it has the title of the table that it continues over its own, and its unit where it states none.

    万元 on the second page alone may be meant for the first page too: nobody can tell.
    """
    first = before.title.split("\n")[0]
    block.title = block.title if first in block.title.split("\n") else f"{before.title}\n{block.title}"
    if before.unit is None and block.unit not in (None, "元"):
        before.unit = UNCLEAR
    block.unit = block.unit or before.unit


def _inherited(before: Block, block: Block) -> str | None:
    """A table that states no unit below one that does: the same columns go on in that unit, others may mean either."""
    if [h.text for h in before.headings] == [h.text for h in block.headings]:
        return before.unit
    return None if before.unit in (None, "元") else UNCLEAR


def _loose_rows(grid: Grid, first: int) -> list[int]:
    """Rows above the first headings that hold amounts, with the rows that stand against them."""
    runs: list[list[int]] = [[]]
    for number in range(first):
        if len(filled(grid.rows[number])) > 1:
            runs[-1].append(number)
        else:
            runs += [[number], []]
    return [number for run in runs if any(amounts_in(grid.rows[n]) for n in run) for number in run]


def _shown(grid: Grid, rows: list[int]) -> str:
    """Text of rows, each with its address."""
    shown = []
    for number in rows:
        at = [column for column, cell in enumerate(grid.rows[number]) if cell is not None]
        shown.append(f"{address(number + 1, at[0])}:{address(number + 1, at[-1])} {_lines([grid.rows[number]])}")
    return "\n".join(shown)


def _title_rows(grid: Grid, start: int, first: int, loose: list[int]) -> list[list[Any]]:
    """The lines above the headings; of those with amounts only the ones that carry a label (年度：2020)."""
    labelled = [n for n in loose if any(isinstance(c, str) and (":" in c or "：" in c) for c in grid.rows[n])]
    return [grid.rows[n] for n in range(start, first) if n not in loose or n in labelled]


def _block(grid: Grid, start: int, span: tuple[int, int], known: Set[str], loose: list[int]) -> tuple[Block, int, tuple[int, int] | None]:
    """The table whose headings stand in rows ``span``; where the next begins, and the rows of its headings."""
    first, last = span
    above = _title_rows(grid, start, first, loose)
    headings = headings_of(grid, first, last)
    block = Block(grid.name, _lines(above), None, headings, header_rows=list(range(first + 1, last + 2)))
    lines, start, following = _scan(grid, span, headings, known, above)
    lines = whole_labels(grid, headings, lines)
    data = [line for line in lines if line.kind != "note"]
    notes = [grid.rows[line.number] for line in lines if line.kind == "note"]
    block.headings = with_unnamed(grid, headings, [line.number for line in data if line.kind == "row"])
    block.notes = [_lines([row]) for row in notes]
    block.continues = any(is_continued(clean(cell)) for row in above for cell in filled(row))
    place(grid, block, data, last)
    block.merged_amounts, block.merged_rows = merged_amounts(grid, block), merged_rows(grid, block)
    block.unit = stated_unit(row for row in above if len(known_in(row, known)) < 2 or len(filled(row)) < 3) or stated_unit(notes, in_words=True)
    block.unit = block.unit or stated_unit([[grid.name]])
    return block, start, following


def _lines(rows: list[list[Any]]) -> str:
    return "\n".join(" ".join(str(c).strip() for c in filled(row)) for row in rows if filled(row))


def _scan(
    grid: Grid, span: tuple[int, int], headings: list[Heading], known: Set[str], above: list[list[Any]]
) -> tuple[list[Line], int, tuple[int, int] | None]:
    """Say of each row below the headings what it is, down to the next table: its first line and its heading rows."""
    first, last = span
    printed = [cells for cells in map(filled, [*above, *grid.rows[first : last + 1]]) if cells]
    seen, firsts = {tuple(map(clean, cells)) for cells in printed}, {cells[0] for cells in printed}
    opening = tuple(map(clean, filled(grid.rows[first])))
    keys = {h.index for h in headings if kinds_of(h) & {"code", "area"}}
    found: list[Line] = []
    below_totals = last + 1
    apart = False  # after a blank row or a lone text
    few = max(len(headings), 2) // 2  # cells of a row that may be a note
    next_heading = heading_test(grid, headings, known, last + 1)
    for number in range(last + 1, len(grid.rows)):
        cells = [c for c in grid.rows[number] if c is not None]
        if not cells:
            apart = True
            continue
        texts = tuple(map(clean, cells)) if cells[0] in firsts else ()
        again = texts == opening and _same_rows(grid, first, number, last - first + 1)
        if texts and texts in seen and texts != opening:
            continue
        label = total_label(cells)
        # 合计 and 其中 are headings too, where the row has no figure
        may_head = label is None or (len(cells) > 2 and label is not cells[0] and not amounts_in(cells))
        ahead = (number, number + last - first) if again else next_heading(number, cells, apart, below_totals) if may_head else None
        if ahead:
            start, opens = captions_above(grid, ahead[0], last, known, above)
            if opens or not again:
                return settled(grid, [line for line in found if line.number < start]), start, ahead
            found = [line._replace(kind="note") if line.number >= start else line for line in found]
            continue
        noted = cells[0].__class__ is str and (cells[0][0] in NOTE_STARTS or cells[0][-1] in ":：")
        if label is None and len(cells) > few and number > last + 1 and not noted:
            found.append(Line(number, "row"))
            apart = False
            continue
        below_totals = below_totals if label is None else number + 1
        found.append(_line(grid, number, label, headings, keys, number == last + 1))
        apart = len(cells) == 1
    return settled(grid, found), len(grid.rows), None


def _same_rows(grid: Grid, first: int, again: int, count: int) -> bool:
    """Whether the headings stand there once more, all of their rows."""
    rows = grid.rows[again : again + count]
    return [list(map(clean, filled(row))) for row in rows] == [list(map(clean, filled(row))) for row in grid.rows[first : first + count]]


def _line(grid: Grid, number: int, label: Any, headings: list[Heading], keys: Set[int], first: bool) -> Line:
    row = grid.rows[number]
    cells = filled(row)
    if label is not None:
        return Line(number, total_kind(label) or "row", clean(label))
    if is_note(row, cells, len(headings), keys) or (first and numbers_columns(cells, len(headings))):
        return Line(number, "note")
    return Line(number, "lone" if len(cells) == 1 and isinstance(cells[0], str) and len(headings) > 2 else "row")
