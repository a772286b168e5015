"""The cells of an executed notebook → one plain HTML text that pandoc turns into Word, and what is known of its tables and charts.

Place in the flow: the first half of ``word``. Only a short list of elements passes; every text is escaped again, so that nothing in it
is read as markdown, mathematics or a command. Pandoc sees no markdown at all. Headings move up by one: the notebook's ``##`` is the
first level of the paper. No file and no host is read: a picture of an author is told by its alternative text.
"""

from __future__ import annotations

import base64
import html
import itertools
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ArgumentError
from ..show.canvas import width as half_widths
from ..show.page_words import PAGE
from .outputs import PLOTLY_MIME
from .reference_doc import AREA, EMPHASIS

INLINE = {"strong", "b", "sub", "sup", "s"}
BLOCKS = {"p", "ul", "ol", "li", "blockquote"}
DROPPED = {"script", "style", "iframe", "object", "embed", "template", "noscript", "svg", "math", "head", "title", "hr", "input", "button"}
FIGURE = "Captioned Figure"
LABELS = {"Table Caption": "table", "Image Caption": "figure"}
LEAST, HEADED, FIGURE_KEPT = 10, 8, 16  # half-widths that are kept together in a cell of text, in a heading, in a cell of figures
TITLE_LINE = 40  # half-widths of size 2 between the margins
NOTHING = "\u200b"  # a caption that is only a number
HEADINGS = {"h1": 0, "h2": 1, "h3": 2, "h4": 3, "h5": 4, "h6": 4}
STANDING = BLOCKS | {"table", "pre", *HEADINGS}  # by themselves, not within a paragraph
# a chart with its caption fits on a page
TALLEST = 195.0
WORDS = {"zh": {"no_picture": "（此处为图：{told}）"}, "en": {"no_picture": "(A chart stands here: {told})"}}
Pictures = Sequence[Sequence[Path]]  # of each chart; a long one comes in parts
_CHINESE = "[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f“”‘’—…]"
_BROKEN_LINE = re.compile(rf"(?<={_CHINESE})[ \t]*\n[ \t]*(?={_CHINESE})")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # in XML
_TITLE_BREAK = re.compile("(?<=：)|(?<=[^年])(?=社区|专项|保障|资金|使用|绩效|评价|年度|报告)")
_WORD = re.compile(r"[!-~±−–·]+")


@dataclass
class TableFacts:
    """What the layout of one table needs: its number of head rows, which columns hold numbers, and how wide its texts are."""

    head_rows: int
    numeric: list[bool]
    natural: list[int]  # half-widths of the longest text
    least: list[int]  # half-widths of what must not be broken
    texts: list[list[int]] = field(default_factory=list)  # half-widths of every text, by row


@dataclass
class Picture:
    """A PNG file, and what it shows for those who do not see it."""

    png: bytes
    told: str

    @property
    def size(self) -> tuple[float, float]:
        """Across and down in millimetres: as wide as the text, but not higher than a page with its caption."""
        across, down = struct.unpack(">II", self.png[16:24])
        wide = min(float(AREA[0]), TALLEST * across / down)
        return wide, wide * down / across


@dataclass
class Body:
    """The text for pandoc."""

    title: str = ""
    subtitle: str = ""
    parts: list[str] = field(default_factory=list)
    tables: list[TableFacts] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)

    @property
    def html(self) -> str:
        return "\n".join(self.parts)


def body_of(notebook: Any, lang: str, pictures: Pictures) -> Body:
    """The text of a notebook whose cells are all for this reader and whose tables and charts are numbered, with the pictures of its charts in order."""
    charts = sum(PLOTLY_MIME in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", []))
    if pictures and len(pictures) != charts:
        raise ArgumentError("pictures_differ", expected=charts, found=len(pictures))
    writer = _Writer(lang, pictures)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            writer.markdown(cell.source, from_data=False)
        for output in cell.get("outputs", []):
            writer.output(output)
    return writer.body


class _Writer:
    """Takes cells in order; what it has written so far is its ``body``."""

    def __init__(self, lang: str, pictures: Pictures) -> None:
        self.lang, self.body = lang, Body()
        self.pictures = iter(pictures)

    def markdown(self, text: str, *, from_data: bool) -> None:
        self._blocks(_parsed(_renderer().render(text)), from_data)

    def output(self, output: Any) -> None:
        """One output in the richest form that Word can hold. What goes to stderr is for the console."""
        data = output.get("data", {})
        if PLOTLY_MIME in data:
            self._chart(data[PLOTLY_MIME])
        elif "text/html" in data:
            self._blocks(_parsed(data["text/html"]), True)
        elif "text/markdown" in data:
            self.markdown(data["text/markdown"], from_data=True)
        elif "image/png" in data:
            self._picture(base64.b64decode(data["image/png"]), str(data.get("text/plain", "")))
        elif "text/plain" in data or output.get("name") == "stdout":
            self._lines(data.get("text/plain") or output.get("text", ""))

    def _chart(self, figure: Any) -> None:
        """The picture, or the pictures, of a chart, then its number and title; without a picture, what it shows in words."""
        meta = figure.get("layout", {}).get("meta")
        meta = meta if isinstance(meta, dict) else {}
        title = str(meta.get("title") or "")
        told = str((meta.get("alt") or {}).get(self.lang) or meta.get("description") or title or PAGE[self.lang]["picture"])
        parts = next(self.pictures, [])
        for part in parts:
            self._picture(part.read_bytes(), told)
        if not parts:
            self._paragraph("Body Text", WORDS[self.lang]["no_picture"].format(told=told))
        self._caption("Image Caption", PAGE[self.lang]["between"].join(filter(None, (str(meta.get("number", "")), title))))

    def _picture(self, png: bytes, told: str) -> None:
        """The place of a picture: its number in the list of pictures."""
        self.body.parts.append(_styled(FIGURE, str(len(self.body.pictures))))
        self.body.pictures.append(Picture(png, told))

    def _caption(self, style: str, text: str) -> None:
        """A caption: in its own style if it begins with its number, which is left to Word."""
        words = PAGE[self.lang]
        found = re.match(rf"{words[LABELS[style]]}\d+(?:{re.escape(words['between'])}|$)", text)
        self._paragraph(style if found else "Caption", (text[found.end() :] if found else text) or (NOTHING if found else ""))

    def _paragraph(self, style: str, text: str) -> None:
        self.body.parts.append(_styled(style, _escaped(text)))

    def _lines(self, text: str) -> None:
        lines = [_escaped(line) for line in text.rstrip().split("\n")]
        self.body.parts.append(_styled("Table Text", "<br>".join(lines)))

    def _blocks(self, root: Any, from_data: bool) -> None:
        """What stands in an element, in order: headings, tables, and paragraphs of the rest."""
        loose = _escaped(root.text or "")
        for child in root:
            name = child.tag if isinstance(child.tag, str) else ""
            if any(part.tag in STANDING for part in child.iter()):
                self._loose(loose)
                loose = ""
                self._block(name, child, from_data)
            else:
                loose += _inline(child)
            loose += _escaped(child.tail or "")
        self._loose(loose)

    def _loose(self, text: str) -> None:
        if text.strip():
            self.body.parts.append(f"<p>{text}</p>")

    def _block(self, name: str, element: Any, from_data: bool) -> None:
        if name in DROPPED:
            return
        if name in HEADINGS:
            self._heading(HEADINGS[name], _text(element), from_data)
        elif name == "table":
            self._table(element)
        elif name == "pre":
            self._lines("".join(element.itertext()))
        elif name in BLOCKS:
            self.body.parts.append(_block(element))
        else:
            self._blocks(element, from_data)

    def _heading(self, level: int, text: str, from_data: bool) -> None:
        """The first headings of all make the title: the one that was computed, and what kind of report it is below it."""
        body = self.body
        if not text:
            return
        if not body.headings and level == 0 and not from_data and not body.title:
            body.subtitle = text
        elif not body.headings and level <= 1 and from_data and not body.title:
            body.title = text
        else:
            body.headings.append((max(level, 1), text))
            body.parts.append(f"<h{max(level, 1)}>{_escaped(text)}</h{max(level, 1)}>")

    def _table(self, table: Any) -> None:
        """A table: its caption above, its foot as a note below."""
        head, rows = [r for r in table.iter("tr") if _in_head(r)], [r for r in table.iter("tr") if not _in_head(r) and not _within(r, "tfoot")]
        if not head and not rows:
            return
        caption = table.find("caption")
        self._caption("Table Caption", _text(caption) if caption is not None else "")
        self.body.tables.append(_facts(head, rows))
        tops = "".join(f"<tr>{''.join(_cell(c, 'th') for c in _cells(r))}</tr>" for r in head)
        below = "".join(f"<tr>{''.join(_cell(c, 'td') for c in _cells(r))}</tr>" for r in rows)
        self.body.parts.append(f"<table><thead>{tops}</thead><tbody>{below}</tbody></table>")
        feet = [text for foot in table.iter("tfoot") for r in foot.iter("tr") if (text := " ".join(filter(None, map(_text, _cells(r)))))]
        self._paragraph("Table Note", " ".join(feet))


def _facts(head: list[Any], rows: list[Any]) -> TableFacts:
    """Widths of the columns; cells over several columns do not count, nor rows into which a cell from above reaches."""
    count = max(sum(_span(c) for c in _cells(r)) for r in [*head, *rows])
    facts = TableFacts(len(head), [False] * count, [2] * count, [2] * count)
    for row in [*head, *rows]:
        spans = [_span(cell) for cell in _cells(row)]
        if sum(spans) != count:
            continue
        if max(spans) == 1:
            facts.texts.append([half_widths(_text(cell)) for cell in _cells(row)])
        for cell, place in zip(_cells(row), itertools.accumulate(spans, initial=0), strict=False):
            if _span(cell) == 1:
                _count_in(facts, cell, place, row in head)
    return facts


def _count_in(facts: TableFacts, cell: Any, place: int, headed: bool) -> None:
    """Let a cell take its room in its column. Figures are never broken, nor names of up to five Chinese characters."""
    text = _text(cell)
    number = "fa-num" in cell.get("class", "") or "right" in cell.get("style", "")
    whole, longest = half_widths(text) + headed, max((half_widths(word) for word in _WORD.findall(text)), default=2) + headed  # bold is wider
    kept = min(whole, max(longest, HEADED if headed else FIGURE_KEPT if number else LEAST))
    facts.numeric[place] |= number
    for widths, width in ((facts.natural, whole), (facts.least, kept)):
        widths[place] = max(widths[place], width)


def _cells(row: Any) -> list[Any]:
    return [cell for cell in row if cell.tag in ("td", "th")]


def _span(cell: Any) -> int:
    text = str(cell.get("colspan", "1"))
    return int(text) if text.isdecimal() and 0 < int(text) < 100 else 1


def _cell(cell: Any, tag: str) -> str:
    spans = "".join(f' {name}="{cell.get(name)}"' for name in ("colspan", "rowspan") if str(cell.get(name, "")).isdecimal())
    return f"<{tag}{spans}>{_children(cell)}</{tag}>"


def _in_head(row: Any) -> bool:
    return _within(row, "thead")


def _within(row: Any, name: str) -> bool:
    return row.getparent() is not None and row.getparent().tag == name


def _block(element: Any) -> str:
    """A paragraph, list or quotation, rebuilt from its texts."""
    inner = _children(element)
    return f"<{element.tag}>{inner}</{element.tag}>" if inner.strip() else ""


def _children(element: Any) -> str:
    return _escaped(element.text or "") + "".join(_inline(child) + _escaped(child.tail or "") for child in element)


def _inline(element: Any) -> str:
    """What may stand within a paragraph; whatever else is there is told by its text."""
    name = element.tag if isinstance(element.tag, str) else ""
    if name in DROPPED or not name:
        return ""
    if name == "br":
        return "<br>"
    if name == "img":
        return _escaped(element.get("alt", ""))
    inner = _children(element)
    if name in ("em", "i"):
        return f'<span data-custom-style="{EMPHASIS}">{inner}</span>'
    if name in INLINE | BLOCKS:
        return f"<{name}>{inner}</{name}>"
    if name == "a" and str(element.get("href", "")).startswith(("http://", "https://", "mailto:")):
        return f'<a href="{_escaped(element.get("href"))}">{inner}</a>'
    return inner


def _text(element: Any) -> str:
    return re.sub(r"[ \t\r\n]+", " ", "".join(element.itertext())).strip(" ")


def _escaped(text: str) -> str:
    """Text that is only text; a line broken between two Chinese characters is joined, for it would show as a blank."""
    return html.escape(_BROKEN_LINE.sub("", _FORBIDDEN.sub("", str(text))))


def _styled(style: str, inner: str) -> str:
    return f'<div data-custom-style="{style}"><p>{inner}</p></div>' if inner else ""


def _parsed(text: str) -> Any:
    from lxml import html as parser

    return parser.fragment_fromstring(_FORBIDDEN.sub("", text), create_parent="div")


def _renderer() -> Any:
    """Markdown without raw HTML: what looks like an element is text. Tables are read, pictures keep their alternative text only."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")


def front(body: Body, title: str) -> str:
    """The title, and below it what kind of report it is; ``title`` stands in for what the notebook has not."""
    lines = _title_lines(body.title or body.subtitle or title)
    return _styled("Title", "<br>".join(map(_escaped, lines))) + (_styled("Subtitle", _escaped(body.subtitle)) if body.title else "")


def _title_lines(title: str) -> list[str]:
    """A title in two lines that break no word, if one line is too short for it and there is such a place (GB/T 9704, 7.3.1)."""
    if half_widths(title) <= TITLE_LINE:
        return [title]
    halves = [[title[: found.start()], title[found.start() :]] for found in _TITLE_BREAK.finditer(title)]
    fitting = [pair for pair in halves if max(map(half_widths, pair)) <= TITLE_LINE]
    return min(fitting, key=lambda pair: abs(half_widths(pair[0]) - half_widths(pair[1])), default=[title])
