"""Rows of the indicator table → figures about people that hang together, as ``suppression`` takes them.

Place in the flow: between ``people`` (what a row counts) and ``suppression`` (what can be worked out). A node is an area in a period,
a subset and a cut-off; it is the sum of the nodes inside it. What a sum has beyond its parts is a part of its own that nobody sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..data.areas import years
from .cells import Cells, Flags
from .counts import POINTS, SCALE
from .definitions import INDICATORS
from .intervals import Floats
from .people import ANSWERS, ANSWERS_AWARE, OTHERS, Made, coefficients, differences, made_of

HIDDEN = ("suppressed", "suppressed_linked")
SLACK = 1e-9  # of a sum: what the order of adding takes from it
WHOLE = 1e-6  # relative; nearer to a whole number than this is one
WIDTHS = 2  # a hidden figure's range is this many times the threshold, at least (STATISTICS 1.14)
LEVEL_COST = {"community": 1.0, "street": 1e3, "district": 1e7}  # a district's figure goes last
BASE_COST = 1e3  # hiding a base hides every figure about it
LATER = 1.5  # the main definition of an indicator is kept before the others
SHAKY = 0.1  # what is not to be acted on is hidden before what is

Key = tuple[str, str, str, str]  # area_code, period, subset, as_of


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table as numbers: what it counts, of how much (weighted), of how many people, and what one of them weighs."""

    number: int
    made: Made
    level: str
    key: Key
    value: float
    above: float
    below: float
    people: float
    scale: float
    cost: float
    note: str

    @property
    def counts(self) -> bool:
        """Whether the row gives a count of people back: n × value is a whole number. Where answers weigh differently it is none."""
        if not self.made.below or not np.isfinite(self.value):
            return True
        count = self.value * self.people / (POINTS if self.made.above == "points" else 1)
        return abs(count - round(count)) <= WHOLE * max(1.0, count)

    fixed: bool


@dataclass(eq=False)
class Cell:
    """A figure of a node. ``unseen``: not shown anyhow, as no row has it, or its row is hidden already; ``fixed``: cannot be hidden."""

    value: float
    needed: float = 0.0
    cost: float = 0.0
    person: float = 1.0
    small: bool = False
    unseen: bool = False
    fixed: bool = False
    most: float = np.inf  # known from elsewhere
    parts: list[Cell] = field(default_factory=list)
    with_it: list[Cell] = field(default_factory=list)


@dataclass(eq=False)
class Node:
    """An area, period, subset and cut-off: its figures by (kind, name), and the nodes it adds up, in one or several ways."""

    key: Key
    figures: dict[tuple[str, str], Cell] = field(default_factory=dict)
    ways: list[list[Node]] = field(default_factory=list)
    signed: bool = False  # a difference that is not people
    counts: bool = True  # its rows give counts of people back
    first: int = -1  # number of its first unknown, where it adds up nothing


@dataclass(frozen=True, eq=False)
class Linked:
    """The figures of one family: ``cells``, which are ``small``, which ``unseen``; what a person adds to each; each row's cells."""

    cells: Cells
    small: Flags
    unseen: Flags
    person: Floats
    shown_by: dict[int, tuple[int, int]]  # row → its figure and its base (-1: none)


def rows_of_people(table: pd.DataFrame, *, fixed_from: int | None = None) -> dict[str, list[Row]]:
    """The rows that count people, by family, in the order of their keys; rows from ``fixed_from`` on are shown as they are."""
    made = {pair: made_of(*pair) for pair in table[["indicator", "basis"]].drop_duplicates().itertuples(index=False, name=None)}
    numbers = {c: table[c].to_numpy(dtype="float64", na_value=np.nan) for c in ("value", "numerator", "denominator", "n", "quality")}
    texts = {c: table[c].astype("str").fillna("").to_numpy() for c in ("indicator", "basis", "subset", "level", "area_code", "period", "as_of", "note")}
    found: dict[str, list[Row]] = {}
    for number, row in enumerate(pd.DataFrame(numbers | texts).itertuples(index=False)):
        of = made[row.indicator, row.basis]
        if of is not None:
            found.setdefault(of.family, []).append(_row(number, row, of, fixed_from is not None and number >= fixed_from))
    return {family: sorted(found[family], key=lambda r: (r.key, r.made.above, r.made.below, r.number)) for family in sorted(found)}


def _row(number: int, row: Any, of: Made, fixed: bool) -> Row:
    below = row.denominator if np.isfinite(row.denominator) else row.n
    people = row.n if of.below and np.isfinite(row.n) else below
    above = row.numerator if np.isfinite(row.numerator) else row.value * below
    scale = below / people if of.below and people > 0 and np.isfinite(below) else 1.0
    main = of.above != "points" and (row.indicator not in INDICATORS or row.basis == next(iter(INDICATORS[row.indicator].bases)))
    cost = LEVEL_COST.get(row.level, 1.0) * (people if of.below else above) * (LATER if main else 1.0) * (SHAKY if row.quality == 3 else 1.0)
    return Row(number, of, row.level, (row.area_code, row.period, row.subset, row.as_of), row.value, above, below, people, scale, cost, row.note, fixed)


def small(row: Row, threshold: float) -> tuple[bool, bool]:
    """Whether a row's figure is a small count of people (with the property, or without it), and whether its base is.

    None and all are no small counts: they tell nobody from the others. Points are, where so few steps are missing from the best or
    the worst answer of all that only few people can have given another.
    """
    if not np.isfinite(row.value):
        return False, False
    base = bool(row.made.below) and 0 < row.people < threshold
    if not row.counts:
        return base, base
    if row.made.above == "points":
        sides = [(POINTS * SCALE - row.value) / POINTS * row.people, (row.value - POINTS) / POINTS * row.people]
    elif row.made.above == "person-times":
        sides = [row.above]
    else:
        sides = [row.above / row.scale, (row.below - row.above) / row.scale]
    return base or any(SLACK < side < threshold * (1 - SLACK) for side in sides), base


def _needed(row: Row, threshold: float) -> float:
    """How wide the range of a row's figure must be once it is hidden: no wider than its base; none and all need nothing."""
    step, steps = (POINTS, SCALE - 1) if row.made.above == "points" else (1.0, 1)
    share = (row.above / row.below - (POINTS if steps > 1 else 0)) / (step * steps) if row.below > 0 else 0.0
    if share < SLACK or (row.made.above != "person-times" and share > 1 - SLACK):
        return 0.0
    return min(WIDTHS * threshold * row.scale, steps * row.below) * step if row.made.above != "person-times" else WIDTHS * threshold


def linked(rows: list[Row], parents: Mapping[str, str], threshold: float, *, additive: bool = True, unseen_rest: bool = True) -> Linked:
    """The figures of one family of rows, and how they hang together.

    ``parents``: area → the area that it lies in. ``additive`` false: sums are taken for the sums of their parts whatever the rows
    say (where counts are only known as value × n). ``unseen_rest`` false: what a sum has beyond its parts is taken for known.
    """
    return _Family(rows, parents, threshold, additive, unseen_rest).linked()


class _Family:
    """Rows → cells, nodes, sums, step by step; used once."""

    def __init__(self, rows: list[Row], parents: Mapping[str, str], threshold: float, additive: bool, unseen_rest: bool) -> None:
        self.parents, self.threshold, self.additive, self.unseen_rest = parents, threshold, additive, unseen_rest
        figures = {name for r in rows for name in (r.made.above, r.made.below) if name}
        self.classes = coefficients(rows[0].made.family, figures)
        self.size = len(next(iter(self.classes.values())))
        self.differences = differences(rows[0].made.family, figures)
        for name, made in self.differences.items():
            self.classes[name] = tuple(sum(times * self.classes[figure][k] for figure, times in made.items()) for k in range(self.size))
        self.weighted = any(r.made.below and abs(r.scale - 1) > SLACK for r in rows if np.isfinite(r.value))
        self.nodes: dict[Key, Node] = {}
        self.rests: list[Node] = []
        self.shown_by: dict[int, tuple[Cell, Cell | None]] = {}
        for row in rows:
            self._figures(row)
        for node in self.nodes.values():
            self._differ(node)
        self.beside: dict[str, list[Node]] = {}
        self.inside: dict[Key, list[Node]] = {}
        for key, node in sorted(self.nodes.items()):
            self.beside.setdefault(key[0], []).append(node)
            above = self._above(key)
            if above:
                self.inside.setdefault(above, []).append(node)
        for node in self.nodes.values():
            self._tie(node)

    # --- rows to figures
    def _figures(self, row: Row) -> None:
        """The cells of a row. An area without answers has nobody with any property, and that cannot be hidden."""
        hidden, none = row.note in HIDDEN, "no_data" in row.note.split(";")
        if not (np.isfinite(row.value) or hidden or none):
            return
        node = self.nodes.setdefault(row.key, Node(row.key))
        node.counts &= row.counts
        needed = 0.0 if hidden or none else _needed(row, self.threshold)
        is_small, base_small = small(row, self.threshold)
        cell = self._cell(node, "weighted", row.made.above, 0.0 if none else row.above, needed, row.cost, row.scale)
        self._shown(cell, row.above, unseen=hidden, none=none, fixed=row.fixed, small=is_small and not row.fixed)
        if not row.made.below and row.made.above != "person-times" and row.above <= row.below:
            cell.most = row.below
        self.shown_by[row.number] = cell, self._base(node, row, cell, base_small) if row.made.below else None

    def _base(self, node: Node, row: Row, above: Cell, base_small: bool) -> Cell:
        """The base of a row: how many people and, where they weigh differently, what they weigh; hidden together, with what is about it."""
        none, known = "no_data" in row.note.split(";"), np.isfinite(row.people)
        kinds = {"weighted": (row.below, row.scale)} | ({"count": (row.people, 1.0)} if self.weighted else {})
        cells = []
        for kind, (value, person) in kinds.items():
            needed = WIDTHS * self.threshold * person if np.isfinite(row.value) else 0.0
            cell = self._cell(node, kind, row.made.below, 0.0 if none else value, needed, row.cost * BASE_COST, person)
            self._shown(cell, value, unseen=not known and not none, none=none, fixed=row.fixed, small=base_small and not row.fixed)
            cells.append(cell)
        for cell in cells:
            cell.with_it += [other for other in (*cells, above) if other is not cell and other not in cell.with_it]
        return cells[0]

    def _differ(self, node: Node) -> None:
        """The small counts that figures of a node give away by their difference: no row shows them, and no row may."""
        for name, made in self.differences.items() if node.counts else ():
            cells = {figure: cell for (kind, figure), cell in node.figures.items() if kind == "weighted" and figure in made}
            if len(cells) < len(made) or any(cell.unseen or cell.fixed for cell in cells.values()):
                continue
            value, person = sum(times * cells[figure].value for figure, times in made.items()), next(iter(cells.values())).person
            if SLACK < value / person < self.threshold * (1 - SLACK):
                most = [node.figures["weighted", base].value for base in (ANSWERS, ANSWERS_AWARE)] if name.endswith(OTHERS) else [np.inf, 0.0]
                needed = min(self.threshold * person, most[0] - most[1])
                node.figures["weighted", name] = Cell(value, needed, person=person, unseen=True, fixed=True)

    def _tie(self, node: Node) -> None:
        """At the bottom of the tree points go with the shares of the same answers: beside the sums above they would narrow them."""
        points = node.figures.get(("weighted", "points"))
        if points is not None and node.key not in self.inside:
            for name in ("satisfied", "basically"):
                if ("weighted", name) in node.figures:
                    node.figures["weighted", name].with_it.append(points)

    def _cell(self, node: Node, kind: str, name: str, value: float, needed: float, cost: float, person: float) -> Cell:
        """The cell of a figure, which several rows may show: as dear as the dearest of them."""
        cell = node.figures.setdefault((kind, name), Cell(value, needed, cost, person, unseen=True))
        cell.cost, cell.needed = max(cell.cost, cost), max(cell.needed, needed)
        return cell

    @staticmethod
    def _shown(cell: Cell, value: float, *, unseen: bool, none: bool, fixed: bool, small: bool) -> None:
        """What one more row says of a cell: one row that shows it is enough, and one that must go on showing it keeps it shown."""
        if cell.unseen and not unseen:
            cell.unseen, cell.value = False, 0.0 if none else value
        cell.fixed |= none or (fixed and not unseen)
        cell.small |= small

    # --- nodes to sums of nodes
    def _above(self, key: Key) -> Key | None:
        """The nearest node further up the tree that holds this one."""
        area = key[0]
        for _ in range(8):
            area = self.parents.get(area, "")
            if (area, *key[1:]) in self.nodes:
                return (area, *key[1:])
        return None

    def _depth(self, area: str) -> int:
        return 1 + self._depth(self.parents[area]) if self.parents.get(area) in self.beside else 0

    def _ways(self, node: Node) -> Iterator[list[Node]]:
        """The sets of nodes that a node adds up: the areas inside it, years, narrower subsets, what was known earlier."""
        area, period, subset, as_of = node.key
        yield self.inside.get(node.key, [])
        others, own = self.beside[area], _years(period)
        latest = {n.key[1]: n for n in others if n.key[2] == subset and n.key[3] <= as_of and _years(n.key[1]) < own}
        yield from _tiles(list(latest.values()), lambda n: _years(n.key[1]))
        mine = _subset(subset)
        for name in sorted({name for n in others for name in _subset(n.key[2])}):
            rest = {k: v for k, v in mine.items() if k != name}
            narrower = [n for n in others if n.key[1] == period and n.key[3] == as_of and _narrower(_subset(n.key[2]), mine, rest, name)]
            yield from _tiles(narrower, lambda n, name=name: _subset(n.key[2])[name])  # type: ignore[misc]
        yield [n for n in others if n.key[1:3] == (period, subset) and n.key[3] < as_of][-1:]

    def _rest(self, node: Node, way: list[Node]) -> None:
        """Make a sum come out: what it has beyond its parts is a part too, unseen if it can be people, known if it cannot."""
        beyond = {}
        for figure, cell in node.figures.items():
            parts = [part.figures[figure].value if figure in part.figures else np.nan for part in way]
            if cell.fixed or not np.isfinite([cell.value, *parts]).all():
                continue
            beyond[figure] = cell.value - sum(parts)
            if not self.additive or abs(beyond[figure]) <= SLACK * max(1.0, abs(cell.value)):
                cell.value, beyond[figure] = sum(parts), 0.0
        if not any(beyond.values()):
            return
        rest = Node(node.key, signed=not self.unseen_rest or min(beyond.values()) < 0, counts=node.counts)
        for figure, value in beyond.items():
            person = node.figures[figure].person
            few = rest.counts and not rest.signed and figure[1] != "points" and SLACK < value / person < self.threshold
            needed = WIDTHS * self.threshold * person if few else 0.0
            rest.figures[figure] = Cell(value, needed, person=person, unseen=not rest.signed, fixed=True)
        self.rests.append(rest)
        way.append(rest)

    def linked(self) -> Linked:
        order = sorted(self.nodes.values(), key=lambda n: (-len(n.key[2]), len(_years(n.key[1])), n.key[3], -self._depth(n.key[0]), n.key))
        for node in order:
            node.ways = [way for way in self._ways(node) if way]
            for way in node.ways:
                self._rest(node, way)
        everything = [*order, *self.rests]
        leaves = [node for node in everything if not node.ways]
        for i, node in enumerate(leaves):
            node.first = i * self.size * 2
        for node in everything:
            for figure in list(node.figures):
                self._sum(node, figure)
        return self._assembled(everything)

    def _sum(self, node: Node, figure: tuple[str, str]) -> Cell:
        """A figure of a node as a sum of its parts', or of its unknowns; made unseen where no row has it."""
        cell = node.figures.setdefault(figure, Cell(np.nan, unseen=True, fixed=True))
        if node.ways and not cell.parts:
            cell.parts = [self._sum(part, figure) for part in node.ways[0]]
        return cell

    def _own(self, figure: tuple[str, str]) -> dict[int, float]:
        """Class → how often a figure counts it; what weighs and what is counted have classes of their own."""
        first = self.size if figure[0] == "count" else 0
        return {first + k: times for k, times in enumerate(self.classes[figure[1]]) if times}

    def _unknowns(self, node: Node, way: int = 0) -> dict[int, int]:
        """How often each leaf is in a node, by its first unknown."""
        if not node.ways:
            return {node.first: 1}
        found: dict[int, int] = {}
        for part in node.ways[way]:
            for first, times in self._unknowns(part).items():
                found[first] = found.get(first, 0) + times
        return found

    def _equal(self, node: Node) -> Iterator[dict[int, float]]:
        """Two ways to the same sum: their difference is 0, for each class."""
        main = self._unknowns(node)
        for way in range(1, len(node.ways)):
            other = self._unknowns(node, way)
            apart = {first: main.get(first, 0) - other.get(first, 0) for first in main.keys() | other.keys()}
            apart = {first: times for first, times in sorted(apart.items()) if times}
            for k in range(self.size * (2 if self.weighted else 1)) if apart else ():
                yield {first + k: float(times) for first, times in apart.items()}

    def _assembled(self, everything: list[Node]) -> Linked:
        held = [(i, figure, node.figures[figure]) for i, node in enumerate(everything) for figure in sorted(node.figures)]
        cells = [cell for *_, cell in held]
        number = {id(cell): i for i, cell in enumerate(cells)}
        packed = Cells(
            node=np.array([i for i, *_ in held]), own=[self._own(figure) for _, figure, _ in held], values=np.array([c.value for c in cells]),
            needed=np.array([c.needed for c in cells]), cost=np.array([c.cost for c in cells]), parts=[[number[id(p)] for p in c.parts] for c in cells],
            with_it=[tuple(number[id(o)] for o in c.with_it) for c in cells], fixed=np.array([c.fixed for c in cells], dtype=bool),
            most=np.array([c.most for c in cells]), first=np.array([node.first for node in everything]), block=self.size,
            signed=frozenset(u for node in everything if node.signed for u in range(node.first, node.first + 2 * self.size)),
            equal=[e for node in everything for e in self._equal(node)],
        )  # fmt: skip
        shown_by = {row: (number[id(cell)], -1 if base is None else number[id(base)]) for row, (cell, base) in self.shown_by.items()}
        small, unseen = (np.array([getattr(c, name) for c in cells], dtype=bool) for name in ("small", "unseen"))
        return Linked(packed, small, unseen, np.array([c.person for c in cells]), shown_by)


def _years(period: str) -> frozenset[str]:
    return frozenset(years(period))


def _subset(text: str) -> dict[str, frozenset[str]]:
    """``fund=a,b;wave=2`` as names and sets of values."""
    pairs = (part.partition("=") for part in text.split(";") if part)
    return {name: frozenset(values.split(",")) for name, _, values in pairs}


def _narrower(other: dict[str, frozenset[str]], mine: dict[str, frozenset[str]], rest: dict[str, frozenset[str]], name: str) -> bool:
    """Whether a subset takes less than mine of one name and the same of every other."""
    if name not in other or {k: v for k, v in other.items() if k != name} != rest:
        return False
    return name not in mine or other[name] < mine[name]


def _tiles(nodes: list[Node], of: Callable[[Node], frozenset[str]]) -> Iterator[list[Node]]:
    """Nodes side by side without overlap, the largest first; each that overlaps them, by itself."""
    chosen: list[Node] = []
    alone: list[Node] = []
    for node in sorted(nodes, key=lambda n: (-len(of(n)), sorted(of(n)), n.key)):
        mine = of(node)
        if not any(mine & of(other) for other in chosen):
            chosen.append(node)
        elif not any(mine <= of(other) for other in chosen):
            alone.append(node)
    yield chosen
    yield from ([node] for node in alone)
