"""Answers in words → levels from 1 to 5, where a column as a whole makes its scale certain. Pure: no files, no tables.

满意 is 4 where 非常满意 stands above it and 5 where 比较满意 stands below it, 不满意 is 2 above 非常不满意 and else 1: no cell by itself says
which. A column that does not show its scale, or holds any other word or number, is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .cells import empty, fold, no_value
from .schema import DONT_KNOW

_TOP, _BOTTOM = ("非常满意", "很满意", "十分满意"), ("非常不满意", "很不满意")
_ALMOST, _HARDLY = ("比较满意", "较满意"), ("不太满意", "较不满意", "比较不满意")


def _scale(*levels: tuple[str, ...]) -> dict[str, int]:
    return {word: 5 - place for place, words in enumerate(levels) for word in words}


# words from best to worst, and the groups of which a word must occur: without them a scale of four levels looks alike
SCALES = (
    (_scale(_TOP, ("满意", *_ALMOST), ("一般", "基本满意"), ("不满意", *_HARDLY), _BOTTOM), (_TOP, _BOTTOM)),
    (_scale(_TOP, ("满意", *_ALMOST), ("一般", "基本满意"), _HARDLY, ("不满意",)), (_TOP, _HARDLY, ("不满意",))),
    (_scale(("满意",), _ALMOST, ("一般",), _HARDLY, ("不满意",)), (("满意",), _ALMOST, ("一般",), (*_HARDLY, "不满意"))),
)
_WORDS = {word for scale, _ in SCALES for word in scale}


def levels_of(cells: Iterable[object]) -> tuple[dict[str, int], frozenset[str]]:
    """The level of each word, as it stands in the cells, and the words for "don't know"; none unless the scale is certain."""
    words: dict[str, str] = {}
    unknown, seen = set(), set()
    for cell in cells:
        if cell in seen or empty(cell):
            continue
        seen.add(cell)
        word = re.sub(r"\s+", "", fold(cell)) if isinstance(cell, str) else ""
        if word in DONT_KNOW:
            unknown.add(str(cell).strip())
        elif word in _WORDS:
            words[str(cell).strip()] = word
        elif not isinstance(cell, str) or no_value(word) is None:
            return {}, frozenset()
    said = set(words.values())
    scale = next((scale for scale, needed in SCALES if said <= scale.keys() and all(said.intersection(group) for group in needed)), {})
    if not scale or len({scale[word] for word in said}) < len(said):
        return {}, frozenset()
    return {cell: scale[word] for cell, word in words.items()}, frozenset(unknown)
