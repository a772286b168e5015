"""Formulas of a rubric: ``usage_rate >= 0.9``, ``min(1, completion_rate:accepted / completion_rate:finished)``. Text and arrays → an array. Pure.

Place in the flow: ``score_records`` evaluates the expressions of a rubric with it, ``rubric_checks`` tries them. A rubric may come from anybody, so
nothing is run: the text is read sign by sign, and all that exists in it are numbers, ``+ - * /``, one comparison a level, parentheses, ``min``,
``max`` and names of indicators (``indicator`` or ``indicator:basis``). It ends early on what is too long or too deep.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError, near_misses
from .definitions import INDICATORS
from .interval import Floats

LONGEST, DEEPEST = 500, 20
NAMES = (*INDICATORS, *(f"{i.id}:{basis}" for i in INDICATORS.values() for basis in i.bases))
EQUAL = 1e-12  # relative; closer is the same number, as 0.3 - 0.1 and 0.2 are
_SIGNS = str.maketrans({"×": "*", "÷": "/", "≥": ">=", "≤": "<=", "−": "-"})
_TOKEN = r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?![\w.]))|(?P<sign>>=|<=|==|!=|[-+*/(),<>])|(?P<word>\w+(?::\w+)?)|(?P<other>\S)"
_FUNCTIONS: dict[str, Callable[[Floats, Floats], Floats]] = {"min": np.minimum, "max": np.maximum}
_COMPARISONS: dict[str, Callable[[Floats], NDArray[np.bool_]]] = {
    ">=": lambda d: d >= 0, "<=": lambda d: d <= 0, ">": lambda d: d > 0, "<": lambda d: d < 0, "==": lambda d: d == 0, "!=": lambda d: d != 0,
}  # fmt: skip


class _Token(NamedTuple):
    kind: str  # number, sign, name, function, word (not known), other, end
    text: str
    at: int


def evaluate_expression(text: str, names: Mapping[str, ArrayLike]) -> Floats:
    """The value of an expression, element by element.

    Parameters
    ----------
    text : str
        The expression; full-width signs and ``≥ ≤ × ÷`` are read too. Sums go before comparisons; ``min`` of comparisons says that all hold.
    names : mapping
        Name → values; they must broadcast.

    Returns
    -------
    ndarray
        In the shape of the values. Comparisons give 1 or 0. Blank where a value is, and where something is divided by 0.

    Raises
    ------
    ArgumentError
        The text is no such expression, names what is not there, is longer than 500 signs or nested deeper than 20.

    Examples
    --------
    >>> evaluate_expression("min(1, paid / quota)", {"paid": [50, 30, 1], "quota": [100, 20, 0]}).tolist()
    [0.5, 1.0, nan]
    """
    values = {name: np.asarray(value, dtype="float64") for name, value in names.items()}
    parser = _Parser(text, _tokens(text, values), values)
    with np.errstate(all="ignore"):
        value = parser.comparison()
    parser.take("end")
    return np.broadcast_to(value, np.broadcast_shapes(*(v.shape for v in values.values()))).copy()


def names_in(text: str) -> list[str]:
    """The indicators (``indicator`` or ``indicator:basis``) that an expression names, each once."""
    return list(dict.fromkeys(token.text for token in _tokens(text, NAMES) if token.kind == "name"))


def _tokens(text: str, names: Collection[str]) -> list[_Token]:
    """The words of a text; a name is the longest that is known, since a basis may hold signs (``usage_rate:paid/quota``)."""
    plain = unicodedata.normalize("NFKC", str(text)[: LONGEST + 1]).translate(_SIGNS)
    if len(plain) > LONGEST:
        raise ArgumentError("bad_formula", found=plain[:40] + "…", place=LONGEST, expected=f"≤ {LONGEST}")
    known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    pattern = re.compile(f"(?P<name>(?:{known})(?![\\w:]))|{_TOKEN}" if known else _TOKEN)
    found = [_Token("function" if m[0] in _FUNCTIONS else str(m.lastgroup), m[0], m.start()) for m in pattern.finditer(plain)]
    return [*found, _Token("end", "", len(plain))]


class _Parser:
    """Reads words from left to right; each method takes what it is named after and gives its value."""

    def __init__(self, text: str, tokens: list[_Token], values: dict[str, Floats]) -> None:
        self.text, self.tokens, self.values, self.depth = text, tokens, values, 0

    def comparison(self) -> Floats:
        value = self.sum()
        if self.tokens[0].text in _COMPARISONS:
            compare = _COMPARISONS[self.take("sign").text]
            other = self.sum()
            gap = value - other
            near = np.abs(gap) <= EQUAL * np.maximum(np.abs(value), np.abs(other))
            value = np.where(np.isnan(gap), np.nan, compare(np.where(near, 0.0, gap)))
        return value

    def sum(self) -> Floats:
        value = self.product()
        while self.tokens[0].text in ("+", "-"):
            value = value + self.product() if self.take("sign").text == "+" else value - self.product()
        return _known(value)

    def product(self) -> Floats:
        value = self.factor()
        while self.tokens[0].text in ("*", "/"):
            value = _known(value * self.factor() if self.take("sign").text == "*" else value / self.factor())
        return value

    def factor(self) -> Floats:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.wrong(f"≤ {DEEPEST} ( )")
        token = self.tokens[0]
        if token.text == "-":
            self.take("sign")
            value = -self.factor()
        elif token.text == "(":
            value = self.listed()[0]
        elif token.kind == "function":
            self.take("function")
            value = self.chosen(_FUNCTIONS[token.text])
        elif token.kind == "number":
            value = _known(np.asarray(float(self.take("number").text)))
        else:
            value = self.values[self.take("name").text]
        self.depth -= 1
        return value

    def chosen(self, function: Callable[[Floats, Floats], Floats]) -> Floats:
        """The least or greatest of a list in parentheses."""
        value, *others = self.listed(many=True)
        for other in others:
            value = function(value, other)
        return value

    def listed(self, *, many: bool = False) -> list[Floats]:
        """What stands in parentheses, between commas."""
        self.take("sign", "(")
        values = [self.comparison()]
        while many and self.tokens[0].text == ",":
            self.take("sign")
            values.append(self.comparison())
        self.take("sign", ")")
        return values

    def take(self, kind: str, text: str = "") -> _Token:
        token = self.tokens[0]
        if token.kind != kind or (text and token.text != text):
            raise self.wrong(text or {"end": "+ - * / >= <=", "name": ""}[kind])
        return self.tokens.pop(0)

    def wrong(self, expected: str) -> ArgumentError:
        """The word that cannot stand here; where a value is wanted, with the names that look like it."""
        token = self.tokens[0]
        near = near_misses(token.text, [*self.values, *_FUNCTIONS]) if token.kind == "word" else []
        wanted = expected or " | ".join(near) or "0.9 | ( | min | max | usage_rate …"
        return ArgumentError("bad_formula", found=token.text or str(self.text), place=token.at + 1, expected=wanted)


def _known(value: Floats) -> Floats:
    return np.where(np.isfinite(value), value, np.nan)
