"""What the outputs of a notebook become in a page: numbered captions, places for charts, tables that can be scrolled, harmless HTML.

Place in the flow: between an executed notebook and ``export``. Tables and figures are numbered in the order in which they
appear; Word counts by the same function, so a quoted 表3 is the same table in both. Nothing here computes a number.
"""

from __future__ import annotations

import copy
import html
import json
import re
from typing import Any

from ..show.page_words import PAGE

PLOTLY_MIME = "application/vnd.plotly.v1+json"
LONGEST_LEAD = 60  # characters of a line that can serve as a table's title
ATTRIBUTES = r"""(?:[^<>"']|"[^"<]*"|'[^'<]*')*"""
_TABLE = re.compile(r"(<table\b[^>]*>)")
_CAPTION = re.compile(r"<caption>(.*?)</caption>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
# what could load, send, lead away or swallow the rest, and scripts: nothing of it belongs into an output
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_SCRIPT = re.compile(r"<script\b.*?(?:</script\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_FOREIGN = re.compile(r"<(?=/?(?:meta|base|link|iframe|frame|object|embed|form|portal|plaintext)\b|[!?])", re.IGNORECASE)
_TAGS = re.compile(rf"<(/?)([a-z][\w-]*)\b({ATTRIBUTES})>", re.IGNORECASE)
VOID = {"area", "br", "col", "hr", "img", "input", "param", "source", "track", "wbr"}


def numbered(notebook: Any, lang: str) -> Any:
    """A copy whose tables have a caption and whose figures have a number, in the order of appearance.

    Use: once, before a notebook becomes a page or a Word document. A table without a caption takes the line before it as its
    title, if that is short and ends in a colon; the line then leaves the text.

    Returns
    -------
    notebook
        Tables begin with ``<caption>表1　…</caption>``; figures have ``layout.meta["number"]``, such as 图1.
    """
    notebook, words = copy.deepcopy(notebook), PAGE[lang]
    tables = figures = 0
    for i, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if PLOTLY_MIME in data:
                figures += 1
                data[PLOTLY_MIME] = _with_number(data[PLOTLY_MIME], f"{words['figure']}{figures}")
            elif "<table" in data.get("text/html", ""):
                tables += 1
                title = _CAPTION.search(data["text/html"])
                label = words["between"].join(filter(None, (f"{words['table']}{tables}", title[1] if title else _lead(notebook, i))))
                data["text/html"] = _TABLE.sub(rf"\1<caption>{_literal(label)}</caption>", _CAPTION.sub("", data["text/html"], count=1), count=1)
    notebook.cells = [cell for cell in notebook.cells if cell.source or cell.cell_type != "markdown"]
    return notebook


def _literal(text: str) -> str:
    """Text that a replacement of ``re`` leaves as it is."""
    return text.replace("\\", r"\\")


def _lead(notebook: Any, at: int) -> str:
    """The line before a table as its title, taken out of the text; blank if there is none that could be one."""
    cell = notebook.cells[at - 1] if at else None
    if cell is None or cell.cell_type != "markdown":
        return ""
    rest, _, last = cell.source.strip().rpartition("\n\n")
    line = last.strip()
    if len(line) > LONGEST_LEAD * (1 + line.isascii()) or not line.endswith(("：", ":")) or any(sign in line for sign in "。#\n|<[*_`"):
        return ""
    cell.source = rest
    return html.escape(line.rstrip("：:"))


def _with_number(figure: Any, number: str) -> dict[str, Any]:
    layout = dict(figure.get("layout", {}))
    return {**figure, "layout": {**layout, "meta": {**_meta(layout), "number": number}}}


def _meta(layout: dict[str, Any]) -> dict[str, Any]:
    meta = layout.get("meta")
    return dict(meta) if isinstance(meta, dict) else {}


def place_outputs(notebook: Any, lang: str) -> int:
    """Replace each plotly output by a place for the chart and its data, and give tables room to be scrolled; how many charts there are."""
    count = 0
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if PLOTLY_MIME in data:
                count += 1
                output.data = type(output.data)({"text/html": _chart(data[PLOTLY_MIME], f"chart-{count}", lang)})
            elif "text/html" in data:
                data["text/html"] = f'<div class="scroll">{harmless(data["text/html"])}</div>'
    return count


def harmless(piece: str) -> str:
    """Somebody's HTML without comments, scripts, frames, forms and what else could load or send. What it leaves open is closed: it ends where it stands."""
    clean = ""
    while clean != piece:  # what is left may come together to something new
        clean, piece = piece, _FOREIGN.sub("&lt;", _SCRIPT.sub("", _COMMENT.sub("", piece)))
    if _is_closed(piece):
        return piece
    from bs4 import BeautifulSoup

    return str(BeautifulSoup(piece, "html.parser"))


def _is_closed(piece: str) -> bool:
    """Whether every tag is one, and is closed in its turn. Most are, and it need not be taken apart and put together again."""
    tags = _TAGS.findall(piece)
    opened: list[str] = []
    for end, name, about in tags:
        if end:
            if not opened or opened.pop() != name.lower():
                return False
        elif name.lower() not in VOID:
            opened.append(name.lower())
            if about.endswith("/"):
                return False
    return not opened and len(tags) == piece.count("<")


def embed(value: object) -> str:
    """JSON that may stand inside a ``script`` element: nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def words_of(text: object) -> str:
    """Plotly's pseudo-HTML as plain text."""
    return html.unescape(_TAG.sub(" ", str(text or ""))).strip()


def _chart(figure: dict[str, Any], name: str, lang: str) -> str:
    """A place for the chart and its data. Title and number stand in the page, where they wrap; so does what a narrow page has no room for."""
    layout = {k: v for k, v in figure.get("layout", {}).items() if k != "width"}
    meta, drawn = _meta(layout), words_of(_text(layout.get("title")))
    title = str(meta.get("title") or drawn)
    told = (meta.get("alt") or {}).get(lang) or meta.get("description") or title or PAGE[lang]["picture"]
    below = words_of(_text((layout.get("title") or {}).get("subtitle"))) if meta.get("title") else ""
    label = PAGE[lang]["between"].join(filter(None, (str(meta.get("number", "")), title)))
    label, told, below, note = (html.escape(str(text)) for text in (label, told, below, meta.get("caption", "")))
    data = embed({"data": figure.get("data", []), "layout": layout})
    return (
        f'<figure class="chart"><figcaption>{label}</figcaption><p class="chart-sub">{below}</p>'
        f'<div id="{name}" class="place" role="img" aria-label="{told}" style="min-height:{int(layout.get("height", 450))}px"></div>'
        f'<p class="chart-note">{note}</p><script type="application/json" data-chart="{name}">{data}</script></figure>'
    )


def _text(title: Any) -> str:
    return str((title.get("text") if isinstance(title, dict) else title) or "")
