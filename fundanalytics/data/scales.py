"""Answers in words → levels from 1 to 5, where a column as a whole makes its scale certain. Pure: no files, no tables.

满意 is 4 where 非常满意 stands above it and 5 where 比较满意 stands below it: no cell by itself says which. A column that shows neither,
or holds any other word or number, is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .cells import empty, fold, no_value
from .schema import DONT_KNOW

# five levels around "fair", the ends told by 非常 or 很
_WITH_ENDS = {
    **dict.fromkeys(("非常满意", "很满意", "十分满意"), 5), **dict.fromkeys(("满意", "比较满意"), 4), **dict.fromkeys(("一般", "基本满意"), 3),
    **dict.fromkeys(("不满意", "不太满意", "较不满意"), 2), **dict.fromkeys(("非常不满意", "很不满意"), 1),
}  # fmt: skip
# five levels whose ends are the bare words
_BARE = {"满意": 5, **dict.fromkeys(("比较满意", "较满意"), 4), "一般": 3, **dict.fromkeys(("不太满意", "较不满意", "比较不满意"), 2), "不满意": 1}
_ENDS = {word for word, level in _WITH_ENDS.items() if level in (1, 5)}


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
        elif word in _WITH_ENDS or word in _BARE:
            words[str(cell).strip()] = word
        elif not isinstance(cell, str) or no_value(word) is None:
            return {}, frozenset()
    said = set(words.values())
    if said & _ENDS:
        scale = _WITH_ENDS
    elif "满意" in said and said & {"比较满意", "较满意"}:
        scale = _BARE
    else:
        return {}, frozenset()
    levels = [scale.get(word) for word in said]
    if None in levels or len(set(levels)) < len(levels):
        return {}, frozenset()
    return {cell: scale[word] for cell, word in words.items()}, frozenset(unknown)
