"""Figures about people as sums over classes of people: what ``suppression`` works on.

Place in the flow: made by ``linked``; arrays only, no tables and no words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .intervals import Floats

Flags = NDArray[np.bool_]
Sums = dict[int, float]  # unknown, or class → how often it is counted


@dataclass(frozen=True, eq=False)
class Cells:
    """Figures as sums over classes. One element per figure unless said otherwise.

    ``node``: which node it is of; ``own``: class → how often the figure counts it; ``values``; ``needed``: how wide its feasible range
    must be when it is hidden; ``cost`` of hiding it; ``parts``: the same figure of the nodes inside; ``with_it``: figures hidden
    whenever it is; ``fixed``: cannot be hidden; ``most``: a bound known from elsewhere. ``first``: node → number of its first unknown (−1:
    it is the sum of its parts). ``signed``: unknowns that may be negative. ``equal``: sums of unknowns that are known to be 0. ``block``: so many unknowns
    of a node are numbered together.
    """

    node: NDArray[np.int64]
    own: list[Sums]
    values: Floats
    needed: Floats
    cost: Floats
    parts: list[list[int]]
    with_it: list[tuple[int, ...]]
    fixed: Flags
    most: Floats
    first: NDArray[np.int64]
    block: int
    signed: frozenset[int] = frozenset()
    equal: list[Sums] = field(default_factory=list)

    def unknowns(self, cell: int) -> Sums:
        """A leaf's figure as a sum of unknowns."""
        first = int(self.first[self.node[cell]])
        return {first + k: times for k, times in self.own[cell].items()}

    @cached_property
    def limits(self) -> list[tuple[Sums, float]]:
        """Sums of unknowns, and the most that they can be."""
        return [(self.unknowns(c), float(self.most[c])) for c in map(int, np.flatnonzero(np.isfinite(self.most))) if self.first[self.node[c]] >= 0]


def hidden_with(cells: Cells, hidden: Flags) -> Flags:
    """``hidden`` and all that is hidden with it."""
    found, waiting = hidden.copy(), [int(cell) for cell in np.flatnonzero(hidden)]
    while waiting:
        for other in cells.with_it[waiting.pop()]:
            if not found[other]:
                found[other] = True
                waiting.append(other)
    return found
