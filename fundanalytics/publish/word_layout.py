"""The layout of a Word file that pandoc made: three-line tables, numbered captions, a filled list of contents, Chinese signs.

Place in the flow: the second half of ``word``. It changes how the paper looks and never a word of it.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from io import BytesIO
from itertools import permutations
from operator import ge
from typing import Any

from ..show.page_words import PAGE as SAID
from .reference_doc import AREA, MARGINS, PAGE, add_field, element
from .word_body import FIGURE, NOTHING, Body, Picture, TableFacts

COUNTERS = {"Table Caption": ("table", "Table"), "Image Caption": ("figure", "Figure")}  # our word; Word's own
# GB/T 7713.2 and the usage of official papers: 1.5 points above and below, 0.75 under the head; Word counts in eighths
THICK, THIN = 12, 6
TWIPS, MM = 20, 1440 / 25.4  # per point; per millimetre
PADDING = 80  # twips, at each side of a cell
# a half-width is half the size of the text, in points; a table too wide at the first size is set in the second
SIZES = {"zh": (10.5, 9.0), "en": (9.5, 8.5)}
BOTH = "“”‘’—…·×÷±≥≤"
STEPS = 4, 8, 16, 32, 64  # parts of the width of a table that pass from one column to another
EVENLY = 50  # lines within rows that count as much as one row's line
PORTRAIT, LANDSCAPE = int(AREA[0] * MM), int((PAGE[1] - MARGINS["top"] - MARGINS["bottom"]) * MM)


def lay_out(document: Any, body: Body, lang: str, *, contents: bool) -> None:
    """Bring everything into its form. Tables and pictures of ``body`` are those of the document, in order."""
    for table, facts in zip(document.tables, body.tables, strict=True):
        _table(table, facts, lang)
    places = [p for p in document.paragraphs if p.style.name == FIGURE]
    for paragraph, picture in zip(places, body.pictures, strict=True):
        _picture(paragraph, picture)
    _lead_ins(document)
    _captions(document, lang)
    _lists(document)
    if contents:
        _contents(document, lang)
    if lang == "zh":
        _chinese_signs(document)


def _picture(paragraph: Any, picture: Picture) -> None:
    """The picture in its place, told to those who do not see it."""
    from docx.oxml.ns import qn
    from docx.shared import Mm

    for run in list(paragraph.runs):
        paragraph._p.remove(run._r)
    drawing = paragraph.add_run().add_picture(BytesIO(picture.png), *map(Mm, picture.size))
    drawing._inline.docPr.set("descr", picture.told)
    for own in drawing._inline.iter(qn("pic:cNvPr")):
        own.set("descr", picture.told)


def _table(table: Any, facts: TableFacts, lang: str) -> None:
    size, width, widths = _measured(facts, lang)
    _borders(table, width)
    _columns(table, widths)
    rows = list(table.rows)
    for place, row in enumerate(rows):
        _row(row, facts, place, None if size == SIZES[lang][0] else size)
    _together(rows, facts.head_rows, noted=_note(table) is not None)
    if width == LANDSCAPE:
        _turn(table)


def _measured(facts: TableFacts, lang: str) -> tuple[float, int, list[int]]:
    """Size of type, width of the table, widths of its columns: upright if it can be, else across; smaller if that saves more lines than it costs size."""
    for width in (PORTRAIT, LANDSCAPE):
        fitting = [(size, width, widths) for size in SIZES[lang] if (widths := _widths(facts, size, width))]
        if fitting:
            return min(fitting, key=lambda found: _lines(found[2], facts.texts, found[0]) / found[0])
    return SIZES[lang][-1], LANDSCAPE, [LANDSCAPE * n // sum(facts.least) for n in facts.least]


def _widths(facts: TableFacts, size: float, width: int) -> list[int]:
    """Widths of the columns that fill the page; none if something would have to be broken that must not be."""
    natural, least = ([int(n * size / 2 * TWIPS) + 2 * PADDING + TWIPS for n in of] for of in (facts.natural, facts.least))
    if sum(natural) <= width:
        return _with_room(natural, natural, width)
    if sum(least) > width:
        return []
    return _lowest(_with_room(least, [n - m + 1 for n, m in zip(natural, least, strict=True)], width), least, facts.texts, size)


def _lowest(widths: list[int], least: list[int], texts: list[list[int]], size: float) -> list[int]:
    """Widths with which the table takes the fewest lines: a step of room goes from one column to another as long as that saves some."""
    for step in (sum(widths) // parts for parts in STEPS):
        while True:
            moved = [[w - step * (at == a) + step * (at == b) for at, w in enumerate(widths)] for a, b in permutations(range(len(widths)), 2)]
            best = min((m for m in moved if all(map(ge, m, least))), key=lambda m: _lines(m, texts, size), default=widths)
            if _lines(best, texts, size) >= _lines(widths, texts, size):
                break
            widths = best
    return widths


def _lines(widths: list[int], texts: list[list[int]], size: float) -> float:
    """How many lines the rows take; among widths that take as many, those with fewer in their cells are better."""
    import numpy as np

    room, needs, end = np.array(widths) - 2 * PADDING, np.array(texts).reshape(-1, len(widths)) * size / 2 * TWIPS, size * TWIPS
    lines = np.where(needs <= room, 1, np.ceil(needs / np.maximum(room - end, end)))  # a line may end a character early
    return float(lines.max(axis=1).sum() + lines.sum() / EVENLY)


def _with_room(widths: Sequence[int], wanted: Sequence[int], width: int) -> list[int]:
    room = width - sum(widths)
    return [own + room * more // sum(wanted) for own, more in zip(widths, wanted, strict=True)]


def _borders(table: Any, width: int) -> None:
    """Lines above and below the table and nowhere else; its width is fixed."""
    from docx.oxml.ns import qn

    properties = table._tbl.tblPr
    for name in ("w:tblBorders", "w:tblW", "w:tblLayout", "w:tblCellMar", "w:jc"):
        for old in properties.findall(qn(name)):
            properties.remove(old)
    properties.append(element("w:tblW", w=str(width), type="dxa"))
    properties.append(element("w:jc", val="center"))
    borders = element("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        thick = side in ("top", "bottom")
        borders.append(element(f"w:{side}", val="single" if thick else "nil", **({"sz": str(THICK), "space": "0", "color": "000000"} if thick else {})))
    properties.append(borders)
    properties.append(element("w:tblLayout", type="fixed"))
    margins = element("w:tblCellMar")
    for side in ("left", "right"):
        margins.append(element(f"w:{side}", w=str(PADDING), type="dxa"))
    properties.append(margins)
    _in_order(properties, ("tblStyle", "tblW", "jc", "tblBorders", "tblLayout", "tblCellMar", "tblLook"))


def _in_order(parent: Any, names: Sequence[str]) -> None:
    """The schema of Word wants its elements in one order."""
    order = {name: place for place, name in enumerate(names)}
    parent[:] = sorted(parent, key=lambda e: order.get(e.tag.split("}")[1], len(order) if e.tag.endswith("Caption") else -1))


def _columns(table: Any, widths: Sequence[int]) -> None:
    from docx.oxml.ns import qn

    grid = table._tbl.tblGrid
    for old in list(grid):
        grid.remove(old)
    for width in widths:
        grid.append(element("w:gridCol", w=str(width)))
    for row in table._tbl.tr_lst:
        place = 0
        for cell in row.tc_lst:
            properties, span = cell.get_or_add_tcPr(), cell.grid_span
            for old in properties.findall(qn("w:tcW")):
                properties.remove(old)
            properties.insert(0, element("w:tcW", w=str(sum(widths[place : place + span])), type="dxa"))
            place += span


def _row(row: Any, facts: TableFacts, place: int, size: float | None) -> None:
    """One row: whole on its page; a head row on each page; styles and sides of its cells."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    head = place < facts.head_rows
    properties = row._tr.get_or_add_trPr()
    properties[:] = [element("w:cantSplit"), *([element("w:tblHeader")] if head else [])]
    last_head = place == facts.head_rows - 1
    column = 0
    for cell in row._tr.tc_lst:
        if last_head:
            _line_below(cell)
        side = "right" if facts.numeric[column] and cell.grid_span == 1 else "center" if head and cell.grid_span > 1 else "left"
        for paragraph in cell.p_lst:
            paragraph.style = "TableHead" if head else "TableText"
            paragraph.get_or_add_pPr().jc_val = WD_ALIGN_PARAGRAPH.from_xml(side)
            if size is not None:
                for run in paragraph.r_lst:
                    run.get_or_add_rPr().sz_val = Pt(size)
        column += cell.grid_span


def _together(rows: Sequence[Any], heads: int, *, noted: bool) -> None:
    """No single row stands alone: the head (which its caption is kept with) has two rows on its page, and so has the end, with its note."""
    last = len(rows) - 1
    for place, row in enumerate(rows):
        if place <= heads or place == last - 1 or (place == last and noted):
            for cell in row._tr.tc_lst:
                for paragraph in cell.p_lst:
                    paragraph.get_or_add_pPr().keepNext_val = place < last or noted


def _note(table: Any) -> Any:
    """The paragraph below a table that is its note, if there is one."""
    from docx.oxml.ns import qn

    below = table._tbl.getnext()
    return below if below is not None and below.tag == qn("w:p") and below.style == "TableNote" else None


def _line_below(cell: Any) -> None:
    from docx.oxml.ns import qn

    properties = cell.get_or_add_tcPr()
    borders = element("w:tcBorders")
    borders.append(element("w:bottom", val="single", sz=str(THIN), space="0", color="000000"))
    for old in properties.findall(qn("w:tcBorders")):
        properties.remove(old)
    properties.append(borders)
    properties.append(element("w:vAlign", val="center"))
    _in_order(properties, ("tcW", "gridSpan", "vMerge", "tcBorders", "vAlign"))


def _turn(table: Any) -> None:
    """Put a table with its caption and note on a page of its own, across."""
    from docx.oxml.ns import qn

    body = table._tbl.getparent()
    upright = body.find(qn("w:sectPr"))
    across = copy.deepcopy(upright)
    size = across.find(qn("w:pgSz"))
    wide, high = size.get(qn("w:w")), size.get(qn("w:h"))
    for name, value in {"w": high, "h": wide, "orient": "landscape"}.items():
        size.set(qn(f"w:{name}"), value)
    table._tbl.getprevious().addprevious(_section_end(upright))
    note = _note(table)
    (table._tbl if note is None else note).addnext(_section_end(across))


def _section_end(section: Any) -> Any:
    """A paragraph, hardly to be seen, that ends a section."""
    paragraph, properties = element("w:p"), element("w:pPr")
    properties.append(element("w:spacing", before="0", after="0", line="20", lineRule="exact"))
    properties.append(copy.deepcopy(section))
    paragraph.append(properties)
    return paragraph


def _lead_ins(document: Any) -> None:
    """A line that ends in a colon stands on the page of the table or picture that it announces."""
    for paragraph in document.paragraphs:
        above = paragraph._p.getprevious()
        if paragraph.style.name in ("Table Caption", FIGURE) and getattr(above, "text", None) and above.text.rstrip().endswith(("：", ":")):
            above.get_or_add_pPr().keepNext_val = True


def _captions(document: Any, lang: str) -> None:
    """表1, 图1: numbers that Word counts on when somebody adds a table. They are those of the page."""
    counts, words = dict.fromkeys(COUNTERS, 0), SAID[lang]
    for paragraph in document.paragraphs:
        style = paragraph.style.name
        if style in COUNTERS:
            counts[style] += 1
            name, field = COUNTERS[style]
            old, titled = list(paragraph.runs), paragraph.text != NOTHING
            add_field(paragraph, f"SEQ {field} \\* ARABIC", str(counts[style]), before=words[name], after=words["between"] if titled else "")
            for run in old:  # the words go behind the number
                paragraph._p.append(run._r) if titled else paragraph._p.remove(run._r)


def _lists(document: Any) -> None:
    """Entries of a list bear no indent of a paragraph besides their own."""
    for paragraph in document.paragraphs:
        if paragraph._p.pPr is not None and paragraph._p.pPr.numPr is not None:
            paragraph.style = document.styles["Compact"]


def _contents(document: Any, lang: str) -> None:
    """The list of contents, filled from the headings, before the first paragraph of the text: each entry with the page of its heading.

    No number is stored, for it would be that of another layout. LibreOffice counts the pages when it opens the file, if the entries do
    not stand within a ``TOC`` field, whose text it takes as it is; Word counts when it is asked to, and the settings ask once.
    """
    from docx.oxml.ns import qn

    headings = [p for p in document.paragraphs if p.style.name in ("Heading 1", "Heading 2")]
    front = [p for p in document.paragraphs if p.style.name in ("Title", "Subtitle")]
    first = document.paragraphs[len(front)]
    first.insert_paragraph_before(SAID[lang]["contents"], document.styles["TOC Heading"])
    for place, heading in enumerate(headings):
        name = f"_Ref{place + 1:06d}"
        _bookmark(heading, name, place)
        _entry(first.insert_paragraph_before("", document.styles[f"toc {heading.style.name[-1]}"]), name, heading.text)
    first.paragraph_format.page_break_before = True
    document.settings.element.find(qn("w:compat")).addprevious(element("w:updateFields", val="true"))


def _bookmark(heading: Any, name: str, place: int) -> None:
    start = element("w:bookmarkStart", id=str(10_000 + place), name=name)
    heading._p.insert(1 if heading._p.pPr is not None else 0, start)
    heading._p.append(element("w:bookmarkEnd", id=str(10_000 + place)))


def _entry(entry: Any, name: str, text: str) -> None:
    """A heading in the list of contents, dots, and its page; all of it leads there."""
    add_field(entry, f"PAGEREF {name} \\h", "", before=f"{text}\t")
    link = element("w:hyperlink", anchor=name, history="1")
    link.extend(entry._p.r_lst)
    entry._p.append(link)


def _chinese_signs(document: Any) -> None:
    """Quotation marks and dashes belong to both scripts: Word takes the Latin font for them unless it is told otherwise."""
    from docx.oxml.ns import qn

    for run in document.element.body.iter(qn("w:r")):
        if any(sign in text.text for text in run.iter(qn("w:t")) if text.text for sign in BOTH):
            run.get_or_add_rPr().get_or_add_rFonts().set(qn("w:hint"), "eastAsia")
