"""A figure at a given width: letters keep their size, and what stands around the plot breaks into lines anew.

Place in the flow: before a figure is drawn for paper (``browser``). Figures are laid out for a page of a screen; nothing of their data is changed
here, and no figure is made so narrow that its plot would vanish.
"""

from __future__ import annotations

import copy
import html
import re
from typing import Any

from ..errors import ArgumentError
from ..show.canvas import width as half_widths
from ..show.canvas import wrap

WIDTH = 720  # pixels of a figure that nobody asked a width for
HEIGHT = 450  # plotly's
PLOT = 90  # pixels that a plot must keep, where the figure itself does not say
EDGE, TOP = 24, 14  # left and right of titles and captions together; above a title
LETTER = 0.53  # of the size of type: how wide half a Chinese character is, and a Latin letter on average
LINES = {"title": (17, 23), "subtitle": (12, 17), "caption": (11.5, 16)}  # size and height of a line, in pixels, as ``show.canvas`` sets them
# signs that a space stood between before a line was broken there: two Latin ones, or a Latin letter beside a Chinese character
_APART = re.compile(r"[!-~–]{2}|[A-Za-z][\u4e00-\u9fff]|[\u4e00-\u9fff][A-Za-z]")
_BREAK = re.compile(r"<br\s*/?>")


def pixels(width_mm: float) -> int:
    """Of a screen, for a width on paper."""
    return round(width_mm / 25.4 * 96)


def fitted(figure: dict[str, Any], width: int) -> dict[str, Any]:
    """A copy with ``width`` and ``height`` of its own, its title, subtitle and caption in lines that fit.

    Raises
    ------
    ArgumentError
        ``too_narrow``: beside the names and figures there would be no room for the plot.
    """
    layout = copy.deepcopy(figure.get("layout", {}))
    margin = layout.get("margin") or {}
    least = meta_of(figure).get("least_width") or margin.get("l", 80) + margin.get("r", 80) + PLOT
    if width < least:
        raise ArgumentError("too_narrow", expected=f"{least / 96 * 25.4:.0f}", found=f"{width / 96 * 25.4:.0f}")
    above, below = _title(layout, width), _caption(layout, width)
    if above or below:
        layout["margin"] = {**margin, "t": margin.get("t", 0) + above, "b": margin.get("b", 0) + below}
    layout |= {"width": width, "height": layout.get("height", HEIGHT) + above + below, "autosize": False}
    return {"data": figure.get("data", []), "layout": layout}


def height_of(figure: dict[str, Any]) -> float:
    return float(figure["layout"]["height"])


def title_of(figure: dict[str, Any]) -> tuple[str, str]:
    """Title and language."""
    meta = meta_of(figure)
    return meta.get("title") or "-", {"zh": "zh-CN"}.get(meta.get("lang", ""), "en")


def meta_of(figure: dict[str, Any]) -> dict[str, Any]:
    meta = figure.get("layout", {}).get("meta")
    return meta if isinstance(meta, dict) else {}


def text_of(marked: object) -> str:
    """Text of a label: without its marks, its lines joined, its signs as they are read."""
    lines = [plain_line for part in _BREAK.split(str(marked)) if (plain_line := html.unescape(re.sub(r"<[^>]+>", "", part)).strip())]
    text = ""
    for line in lines:
        text += (" " if text and _APART.match(text[-1] + line[0]) else "") + line
    return text


def _title(layout: dict[str, Any], width: int) -> int:
    """Break title and subtitle anew; the pixels that this adds above the plot."""
    title, more = layout.get("title"), 0
    if not isinstance(title, dict):
        return 0
    for part, kind in ((title, "title"), (title.get("subtitle"), "subtitle")):
        if isinstance(part, dict) and part.get("text"):
            part["text"], added = _broken(part["text"], kind, width)
            more += added
    if more_lines := len(_BREAK.findall(title.get("text") or "")):  # plotly lets a title of several lines grow upwards by half of them
        title["pad"] = {"l": EDGE / 2, "t": TOP + more_lines * LINES["title"][1] / 2}
    return more


def _caption(layout: dict[str, Any], width: int) -> int:
    """Break the caption anew, below the stamp that may stand over it; the pixels that this adds below the plot."""
    for note in layout.get("annotations") or []:
        if note.get("yref") == "paper" and note.get("y") == 0 and note.get("yanchor") == "top" and note.get("yshift", 0) < 0:
            stamp, bold, rest = note["text"].rpartition("</b><br>")
            text, added = _broken(rest, "caption", width)
            note["text"] = stamp + bold + text
            return added
    return 0


def _broken(text: str, kind: str, width: int) -> tuple[str, int]:
    size, height = LINES[kind]
    limit = int((width - EDGE) / (size * LETTER))
    lines = _BREAK.split(text)
    if all(half_widths(html.unescape(line)) <= limit for line in lines):
        return text, 0
    broken = wrap(text_of(text), limit)
    return broken, (len(_BREAK.split(broken)) - len(lines)) * height
