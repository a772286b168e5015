"""Which further figures must be hidden so that hidden ones cannot be worked out from those that are shown.

Place in the flow: the arithmetic beneath ``disclosure``; arrays only, no tables. The people of a node (an area in a period) fall into
classes; a figure is a sum over classes, of its node or of the nodes inside it. What is shown are equations; the least and the most that
a hidden figure can be follow by linear programming (``programmes``).

References: Willenborg & de Waal (2001), Elements of Statistical Disclosure Control, chapter 6; Hundepool et al. (2012), Statistical
Disclosure Control, sections 4.2-4.4 (feasibility intervals; linked and hierarchical tables).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .cells import Cells, Flags, Sums, hidden_with
from .intervals import Floats
from .programmes import Contradiction, Programme, least
from .within import TOLERANCE, Within, between_nodes, within_nodes

__all__ = ["Contradiction", "feasible_ranges", "protect"]

TRIALS = 5  # figures that are tried when one more must be hidden, the cheapest first
LOOKS = 12  # at all figures together before any is taken by itself
SEED = 20  # of the directions of these looks: they save time and change nothing
WORLD = 1_000_000_000  # the unknowns of a second world are numbered from here


@dataclass(frozen=True, eq=False)
class Equation:
    """Sum of unknowns = value; ``rests_on``: the shown figures that say so; ``blocks``: of which nodes."""

    sums: Sums
    value: float
    rests_on: tuple[int, ...]
    blocks: tuple[int, ...] = ()


class System:
    """All that the shown figures say, kept up while more are hidden."""

    def __init__(self, cells: Cells, hidden: Flags) -> None:
        self.cells, self.hidden = cells, hidden.copy()
        self.equations: dict[int, Equation] = {}
        self.always = [Equation(sums, 0.0, (), self._blocks(sums)) for sums in cells.equal]
        self._take(np.flatnonzero(~hidden))
        self._group()

    def hiding(self, more: Iterable[int]) -> System:
        """The same with more figures hidden."""
        found = object.__new__(System)
        found.cells, found.always, hidden = self.cells, self.always, self.hidden.copy()
        hidden[list(more)] = True
        found.hidden = hidden_with(self.cells, hidden)
        new = {int(cell) for cell in np.flatnonzero(found.hidden & ~self.hidden)}
        found.equations = {cell: e for cell, e in self.equations.items() if cell not in new}
        found._take([cell for cell in found.equations if new.intersection(self.equations[cell].rests_on)] + self._silent(found.hidden, new))
        found._group()
        return found

    def _silent(self, hidden: Flags, new: set[int]) -> list[int]:
        """Shown figures that only repeated others, until some of these were hidden."""
        silent = [int(cell) for cell in np.flatnonzero(~hidden) if cell not in self.equations]
        return [cell for cell in silent if new.intersection(self.remaining(cell).rests_on)]

    def _take(self, shown: Iterable[int]) -> None:
        for cell in map(int, shown):
            rest = self.remaining(cell)
            self.equations.pop(cell, None)
            if rest.sums:
                self.equations[cell] = Equation(rest.sums, self.cells.values[cell] - rest.value, rest.rests_on, self._blocks(rest.sums))

    def _blocks(self, sums: Sums) -> tuple[int, ...]:
        return tuple({u // self.cells.block: None for u in sums})

    def remaining(self, cell: int) -> Equation:
        """A figure less its parts that are shown, as far down as parts are known; ``value`` is what these parts are."""
        sums: Sums = {}
        value, rests_on, waiting = 0.0, [cell], [cell]
        while waiting:
            at = waiting.pop()
            if at != cell and not self.hidden[at]:
                value += self.cells.values[at]
                rests_on.append(at)
            elif self.cells.parts[at]:
                waiting += self.cells.parts[at]
            else:
                for unknown, times in self.cells.unknowns(at).items():
                    sums[unknown] = sums.get(unknown, 0.0) + times
        return Equation(sums, value, tuple(rests_on))

    def _group(self) -> None:
        """``label``: block of unknowns → the block that stands for all that hang together with it; ``together``: their equations."""
        up: dict[int, int] = {}

        def top(block: int) -> int:
            while up.setdefault(block, block) != block:
                up[block] = up[up[block]]
                block = up[block]
            return block

        equations = [*self.equations.values(), *self.always]
        for equation in equations:
            first, *others = equation.blocks
            for other in others:
                up[top(other)] = top(first)
            top(first)
        self.label = {block: top(block) for block in list(up)}
        self.together: dict[int, list[Equation]] = {}
        for equation in equations:
            self.together.setdefault(self.label[equation.blocks[0]], []).append(equation)

    def tops(self, sums: Sums) -> list[int]:
        """What a sum of unknowns hangs together with."""
        return sorted({self.label.get(u // self.cells.block, u // self.cells.block) for u in sums})

    def programme(self, targets: dict[int, float], needed: float = 0.0) -> Programme:
        """The least of a weighted sum of hidden figures, given all equations that bear on it."""
        wanted: Sums = {}
        constant, dropped = 0.0, set[int]()
        for cell, weight in targets.items():
            rest = self.remaining(cell)
            constant += weight * rest.value
            dropped.update(rest.rests_on[1:])
            for unknown, times in rest.sums.items():
                wanted[unknown] = wanted.get(unknown, 0.0) + weight * times
        equations = [(e.sums, e.value, e.rests_on) for top in self.tops(wanted) for e in self.together.get(top, ())]
        held = wanted.keys() | {u for sums, *_ in equations for u in sums}
        limits = [(sums, most) for sums, most in self.cells.limits if sums.keys() <= held]
        return Programme(wanted, constant, frozenset(dropped), equations, limits, self.cells.signed, needed)

    def at(self, cell: int, point: Sums) -> float | None:
        """What a hidden figure would be at a point; none where the point does not say."""
        rest = self.remaining(cell)
        return rest.value + sum(times * point[u] for u, times in rest.sums.items()) if rest.sums.keys() <= point.keys() else None


def feasible_ranges(cells: Cells, hidden: Flags, wanted: Iterable[int]) -> list[tuple[float, float]]:
    """The least and the most that each wanted hidden figure can be, given every figure that is shown; infinite where nothing bounds it.

    Use: could someone work out what was hidden? A range of 0 means yes.
    """
    system = System(cells, hidden)
    ends = least([system.programme({cell: sign}) for cell in wanted for sign in (1.0, -1.0)])
    return [(low.value, -high.value) for low, high in zip(ends[::2], ends[1::2], strict=True)]


def protect(cells: Cells, hidden: Flags) -> Flags:
    """All that must be hidden once ``hidden`` is.

    Use: after the small counts are marked. What is added is cheap by ``cost`` and enough, not the least possible: that problem is
    known to be hard, and a search like this one is what statistical offices do.

    Parameters
    ----------
    cells : Cells
    hidden : array of bool
        Small counts, and what is not shown anyhow.

    Returns
    -------
    array of bool
        Holds ``hidden``. Every hidden figure has a feasible range as wide as it needs, unless all that bounds it is hidden or cannot be.

    Raises
    ------
    Contradiction
        The figures cannot all be right.
    """
    if not (hidden & (cells.needed > 0)).any():
        return hidden_with(cells, hidden)
    ranges = Within(cells)
    hidden = between_nodes(ranges, within_nodes(ranges, hidden_with(cells, hidden)))
    return _Search(cells, hidden).run()


# --- all nodes together ------------------------------------------------------------------------------------------------
class _Search:
    """Hides more, round by round, until every hidden figure has the range it needs, or nothing is left to hide."""

    def __init__(self, cells: Cells, hidden: Flags) -> None:
        self.cells, self.system = cells, System(cells, hidden)
        self.least, self.most = cells.values.copy(), cells.values.copy()  # what was seen to be possible: hiding more only widens it
        self.hopeless = np.zeros(len(hidden), dtype=bool)

    def run(self) -> Flags:
        self._look()
        while failing := self._failing():
            held = self._measure(failing)
            failing = self._failing()
            chosen = self._chosen({cell: held[cell] for cell in failing})
            if chosen:
                self.system = self.system.hiding(chosen)
                self.hopeless[:] = False
        return self.system.hidden

    def _failing(self) -> list[int]:
        narrow = self.most - self.least < self.cells.needed * (1 - TOLERANCE)
        return [int(cell) for cell in np.flatnonzero(self.system.hidden & ~self.hopeless & narrow)]

    def _groups(self, cells: Iterable[int]) -> list[list[int]]:
        """Figures that hang together."""
        groups: dict[int, list[int]] = {}
        for cell in cells:
            groups.setdefault(next(iter(self.system.tops(self.system.remaining(cell).sums)), -1 - cell), []).append(cell)
        return list(groups.values())

    def _look(self) -> None:
        """Pairs of possible worlds that differ as far as is needed in as many figures as can be: most need no programme of their own."""
        rng = np.random.default_rng(SEED)
        for _ in range(LOOKS):
            for extreme in least([self._apart(group, self._signs(group, rng)) for group in self._groups(self._failing())]):
                self._note(self._failing(), {u: x for u, x in extreme.point.items() if u < WORLD})
                self._note(self._failing(), {u - WORLD: x for u, x in extreme.point.items() if WORLD <= u < 2 * WORLD})

    def _signs(self, group: list[int], rng: np.random.Generator) -> Floats:
        """Of the same figure in several nodes half shall rise and half fall: their sum may be known."""
        signs, kinds = np.ones(len(group)), [tuple(self.cells.own[cell].items()) for cell in group]
        for kind in dict.fromkeys(kinds):
            places = [i for i, other in enumerate(kinds) if other == kind]
            signs[rng.permutation(places)[::2]] = -1.0
        return signs

    def _apart(self, group: list[int], signs: Floats) -> Programme:
        """Two worlds, the unknowns of the second numbered from ``WORLD``; figure i shall be larger by ``needed`` in one of them."""
        one = self.system.programme(dict.fromkeys(group, 0.0))
        moved = [({u + WORLD: t for u, t in sums.items()}, value, by) for sums, value, by in one.equations]
        limits = [*one.limits, *(({u + WORLD: t for u, t in sums.items()}, most) for sums, most in one.limits)]
        wanted: Sums = {}
        for i, (cell, sign) in enumerate(zip(group, signs, strict=True)):
            gained, rest = 2 * WORLD + i, self.system.remaining(cell).sums
            limits.append(({gained: 1.0} | {u: -sign * t for u, t in rest.items()} | {u + WORLD: sign * t for u, t in rest.items()}, 0.0))
            limits.append(({gained: 1.0}, float(self.cells.needed[cell])))
            wanted[gained] = -1 / float(self.cells.needed[cell])
        signed = one.signed | {u + WORLD for u in one.signed}
        return Programme(wanted, 0.0, frozenset(), [*one.equations, *moved], limits, signed)

    def _note(self, cells: Iterable[int], point: Sums) -> None:
        for cell in cells:
            value = self.system.at(cell, point)
            if value is not None:
                self.least[cell], self.most[cell] = min(self.least[cell], value), max(self.most[cell], value)

    def _measure(self, failing: list[int]) -> dict[int, frozenset[int]]:
        """The ranges of some figures, and which shown figures hold them."""
        asked = [self.system.programme({cell: sign}, float(self.cells.needed[cell])) for cell in failing for sign in (1.0, -1.0)]
        ends, held = least(asked), {}
        for cell, low, high in zip(failing, ends[::2], ends[1::2], strict=True):
            self.least[cell], self.most[cell] = min(self.least[cell], low.value), max(self.most[cell], -high.value)
            held[cell] = low.held_by | high.held_by
        return held

    def _chosen(self, held: dict[int, frozenset[int]]) -> list[int]:
        """What to hide next: in each group of figures, for the first of them, the cheapest that suffices or else helps most."""
        cost, trials = self.cells.cost, []
        for group in self._groups(held):
            open_to = [c for c in held[group[0]] if not self.system.hidden[c] and not self.cells.fixed[c]]
            if not open_to:
                self.hopeless[group[0]] = True
            trials += [(group[0], c) for c in sorted(open_to, key=lambda c: (cost[c], c))[:TRIALS]]
        systems = [self.system.hiding([c]) for _, c in trials]
        asked = [s.programme({cell: sign}, float(self.cells.needed[cell])) for s, (cell, _) in zip(systems, trials, strict=True) for sign in (1.0, -1.0)]
        ends = [e.value for e in least(asked)]
        best: dict[int, tuple[bool, float, int]] = {}
        for (cell, candidate), low, high in zip(trials, ends[::2], ends[1::2], strict=True):
            needed = self.cells.needed[cell]
            width = min(-high - low, needed)
            if cell not in best or (not best[cell][0] and width > best[cell][1] + needed * TOLERANCE):
                best[cell] = width >= needed * (1 - TOLERANCE), width, candidate
        return [candidate for _, _, candidate in best.values()]
