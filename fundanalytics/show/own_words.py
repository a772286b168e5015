"""What people wrote for a report, at its chapter: a text of theirs made harmless, or a gap that says who is to write it.

Place in the flow: ``data.texts`` reads, a notebook cell asks for one chapter. Only structure that is listed here is let through, everything
else shows as the characters that were typed. A text is never changed in its file, never completed, and its numbers are nobody's but the writer's.
"""

from __future__ import annotations

import re
from typing import Self

from ..data.dataset import Dataset
from ..data.texts import CHAPTERS
from ..errors import check_option
from .annex_words import OWN_WORDS as WORDS
from .formats import escape_markdown
from .naming import is_district
from .overview import area_name

__all__ = ["OwnWords", "own_words"]

HIGHEST, LOWEST = 4, 6  # levels of headings in a text: below the chapters (2) and sections (3) of a report
INDENT, DEEPEST = "    ", 3  # of lists in lists
TITLE = 40  # a longer line is no title
Block = tuple[str, str, str]  # kind, mark, words
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_RULE = re.compile(r"([-*_=])\s*(?:\1\s*)*$")
_ITEM = re.compile(r"(\s*)(?:([-*+]|\d{1,3}[.)])\s+|(\d{1,3}[、．])\s*)(?=\S)")
_IMAGE, _LINK = re.compile(r"!\[([^\]]*)\]\([^)]*\)"), re.compile(r"(?<!!)\[([^\]]*)\]\(\s*<?([^)\s>]*)[^)]*\)")
# emphasis, found after its signs were escaped
_STRONG, _EMPHASIS = re.compile(r"(&#42;&#42;|&#95;&#95;)(?=\S)(.+?)(?<=\S)\1"), re.compile(r"(?<![A-Za-z0-9])(&#42;|&#95;)(?=\S)(.+?)(?<=\S)\1(?![A-Za-z0-9])")
_EDGES = re.compile(r"((?:&#\d+;|[^\w&])*)(.*?)((?:&#\d+;|[^\w;])*)$", re.DOTALL)
_ENDS = tuple("。！？：；!?")
_WIDE = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]"
_BREAK = re.compile(rf"(?<={_WIDE})\n|\n(?={_WIDE})")


class OwnWords(str):
    """A text as it was written, and as markdown that is safe to show. ``missing``: nobody has written it."""

    missing: bool
    markdown: str

    def __new__(cls, text: str, markdown: str, *, missing: bool = False) -> Self:
        made = super().__new__(cls, text)
        made.markdown, made.missing = markdown, missing
        return made

    def _repr_markdown_(self) -> str:
        return self.markdown


def own_words(dataset: Dataset, area: str, chapter: str, lang: str = "zh", *, period: str = "") -> OwnWords:
    """What was written for a chapter of the report on an area; where nothing was, a marked gap that says who is to write it.

    Use: experience, causes and advice are for people to write; no sentence of the kind is ever made here.

    Parameters
    ----------
    dataset : Dataset
        ``texts``, read from ``DATA/texts/<area_code>/<chapter>.md``.
    area : str
        Code of the area that the report is about.
    chapter : str
        ``background``, ``organisation``, ``experience``, ``causes``, ``advice`` or ``other``.
    lang : str
        Of the words around the text; the text itself is shown as it is.
    period : str
        Year of the report, for the area's name; by default its latest one.

    Returns
    -------
    OwnWords
        The text itself as ``str``; in a notebook headings, paragraphs, lists, quotations and emphasis, and nothing else: HTML and tables show
        as typed, pictures and links as words. Comments (``<!-- -->``) are left out.

    Raises
    ------
    ArgumentError
        An unknown chapter.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> print(own_words(load_sample(), "999901", "advice"))
    【待撰写】有关建议由示例区主管部门撰写。
    """
    check_option("chapter", chapter, CHAPTERS)
    say = WORDS[lang]
    who = say["office" if is_district(dataset, area) else "who"].format(area=area_name(dataset, area, period or _latest(dataset)))
    facts = {"chapter": say[chapter], "who": who}
    text = clean(dataset.texts.get((area, chapter), ""))
    if not text:
        told = say["gap"].format(**facts)  # a path is of no use to readers of a public paper
        return OwnWords(told, f"> **{escape_markdown(told)}**", missing=True)
    return OwnWords(text, f"*{escape_markdown(say['by'].format(**facts))}*\n\n{harmless(text, lang)}")


def _latest(dataset: Dataset) -> str:
    return str(dataset.areas["valid_from"].max().year) if "valid_from" in dataset.areas and dataset.areas["valid_from"].notna().any() else "9999"


def clean(text: str) -> str:
    """A text without comments, control characters and signs that turn the direction of writing."""
    return _CONTROL.sub("", _COMMENT.sub("", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", INDENT)).strip("\n ")


def harmless(text: str, lang: str = "zh") -> str:
    """The text as markdown of headings, paragraphs, lists, quotations and emphasis; all else escaped."""
    blocks = [block for block in _blocks(text) if block[2].strip()]
    highest = min((len(mark) for kind, mark, _ in blocks if kind == "heading"), default=1)
    shown: list[str] = []
    for kind, mark, words in blocks:
        before = mark if kind != "heading" else "#" * min(LOWEST, HIGHEST + len(mark) - highest)
        line = f"{before}{' ' if before and kind == 'heading' else ''}{_inline(words, lang)}"
        close = kind == "item" and shown and shown[-1].startswith("\0")
        shown.append(("\0" if kind == "item" else "") + ("\n" if close else "\n\n") + line)
    return "".join(part.removeprefix("\0") for part in shown).strip("\n")


def _blocks(text: str) -> list[Block]:
    """Each heading, item, quotation and paragraph; lines that go on are joined."""
    blocks: list[Block] = []
    going_on = False  # whether the next plain line goes on with the last block
    for line in text.split("\n"):
        bare = line.strip()
        if not bare or _RULE.match(bare):
            if going_on and _underlines(bare, blocks[-1]):
                blocks[-1] = ("heading", "#" if bare[0] == "=" else "##", blocks[-1][2])
            going_on = False
            continue
        kind, mark, words = _read(line, bare)
        goes_on = going_on and kind in ("text", "quote") and (kind == "text" or blocks[-1][0] == "quote") and not blocks[-1][2].endswith(_ENDS)
        blocks[-1:] = [(*blocks[-1][:2], f"{blocks[-1][2]}\n{words}")] if goes_on else [*blocks[-1:], (kind, mark, words)]
        going_on = kind != "heading"
    return blocks


def _read(line: str, bare: str) -> Block:
    """One line by itself."""
    if heading := _HEADING.match(bare):
        return "heading", heading[1], heading[2]
    if item := _ITEM.match(line):
        sign = item[2] or item[3]
        mark = f"{sign[:-1]}." if sign[0].isdigit() else "-"
        return "item", f"{INDENT * min(len(item[1]) // 2, DEEPEST)}{mark} ", line[item.end() :].strip()
    return ("quote", "> ", bare.lstrip("> ")) if bare.startswith(">") else ("row" if bare.startswith("|") else "text", "", bare)


def _underlines(bare: str, before: Block) -> bool:
    """Whether a rule makes a heading of the line above; below a paragraph it only ends it."""
    return bare[:1] in ("=", "-") and before[0] == "text" and "\n" not in before[2] and len(before[2]) <= TITLE and not before[2].endswith(_ENDS)


def _inline(words: str, lang: str) -> str:
    """The words of one block: pictures and links as text, emphasis kept, all else as typed."""
    say = WORDS[lang]
    words = _BREAK.sub("", words).replace("\n", " ")  # no blank between Chinese lines
    words = _IMAGE.sub(lambda found: say["picture"].format(about=found[1]), words)
    words = _LINK.sub(lambda found: found[1] if found[2] in ("", found[1]) else say["link"].format(words=found[1], address=found[2]), words)
    words = escape_markdown(words)
    words = re.sub(r"^(\W)", lambda found: f"&#{ord(found[1])};" if found[1] in "-+:%@=" else found[1], words)
    return _EMPHASIS.sub(lambda found: _marked(found[2], "*"), _STRONG.sub(lambda found: _marked(found[2], "**"), words))


def _marked(words: str, sign: str) -> str:
    """Emphasis around words, with punctuation at their edges left outside: within it a renderer would show the signs."""
    found = _EDGES.match(words)
    before, inner, after = found.groups() if found else ("", words, "")
    return f"{before}{sign}{inner}{sign}{after}" if inner else words
