"""What the figures of one node give away about each other, and what sums of nodes give away, figure by figure.

Place in the flow: the first, quick half of ``suppression``: it decides what to hide, and programmes over all nodes then prove or mend it.
Ranges inside a node are exact: the least of a linear programme is the most of its dual, whose corners are the same for all nodes that
show the same figures, so they are listed once.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, pairwise
from math import comb

import numpy as np
from numpy.typing import NDArray

from .cells import Cells, Flags, hidden_with
from .intervals import Floats

NEAR = 1e-9
TOLERANCE = 1e-7  # of the width needed: what rounding may take from it
MOST_CORNERS = 2000
SWEEPS = 8  # of bounds through the sums; two for each level of areas suffice


class Within:
    """Ranges of hidden figures given the other figures of their node."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        kinds = sorted({tuple(sorted(own.items())) for own in cells.own})
        number = {kind: i for i, kind in enumerate(kinds)}
        self.kind = np.array([number[tuple(sorted(own.items()))] for own in cells.own], dtype=np.int64)
        self.classes = np.zeros((len(kinds), 1 + max((k for kind in kinds for k, _ in kind), default=0)))
        for i, kind in enumerate(kinds):
            for k, times in kind:
                self.classes[i, k] = times
        order = np.argsort(cells.node, kind="stable")
        ends = np.searchsorted(cells.node[order], np.arange(len(cells.first) + 1))
        self.of = [order[a:b] for a, b in pairwise(ends)]
        self.corners: dict[tuple[tuple[int, ...], tuple[int, ...], int, float], Floats] = {}

    def ranges(self, hidden: Flags, wanted: Iterable[int]) -> tuple[Floats, Floats]:
        """Least and most of each wanted figure, were it hidden too."""
        groups: dict[tuple[tuple[int, ...], tuple[int, ...], int], list[tuple[int, Floats]]] = {}
        wanted = list(wanted)
        for at, cell in enumerate(wanted):
            own = self.of[self.cells.node[cell]]
            shown = own[~hidden[own] & (own != cell)]
            shown = shown[np.argsort(self.kind[shown])]
            capped = own[np.isfinite(self.cells.most[own])]
            key = tuple(self.kind[shown]), tuple(self.kind[capped]), int(self.kind[cell])
            groups.setdefault(key, []).append((at, np.concatenate([self.cells.values[shown], self.cells.most[capped]])))
        low, high = np.zeros(len(wanted)), np.zeros(len(wanted))
        for (shown_kinds, caps, target), members in groups.items():
            right, places = np.array([b for _, b in members]), [at for at, _ in members]
            low[places] = self._least(shown_kinds, caps, target, 1.0, right)
            high[places] = -self._least(shown_kinds, caps, target, -1.0, right)
        return low, high

    def _least(self, shown: tuple[int, ...], caps: tuple[int, ...], target: int, sign: float, right: Floats) -> Floats:
        key = shown, caps, target, sign
        if key not in self.corners:
            limits = np.hstack([self.classes[list(caps)], np.eye(len(caps))])
            equal = np.hstack([self.classes[list(shown)], np.zeros((len(shown), len(caps)))])
            self.corners[key] = dual_corners(np.vstack([equal, limits]), sign * np.append(self.classes[target], np.zeros(len(caps))))
        corners = self.corners[key]
        return (right @ corners.T).max(axis=1) if len(corners) else np.full(len(right), -np.inf)

    def lacking(self, hidden: Flags, nodes: Iterable[int]) -> dict[int, float]:
        """Nodes with hidden figures whose ranges are too narrow, and how much width they lack, as a share of what is needed."""
        asked = [int(c) for node in nodes for c in self.of[node] if hidden[c] and self.cells.needed[c] > 0]
        low, high = self.ranges(hidden, asked)
        found: dict[int, float] = {}
        for cell, width in zip(asked, high - low, strict=True):
            if width < self.cells.needed[cell] * (1 - TOLERANCE):
                node = int(self.cells.node[cell])
                found[node] = found.get(node, 0.0) + 1 - float(width / self.cells.needed[cell])
        return found


def dual_corners(equal: Floats, wanted: Floats) -> Floats:
    """Corners y of {Aᵀy ≤ c}: the least of c·x over Ax = b, x ≥ 0 is the largest b·y, if any x will do.

    Parameters
    ----------
    equal : array (m, k)
        A.
    wanted : array (k,)
        c.

    Returns
    -------
    array (corners, m)
        None where nothing bounds the least.
    """
    rows = _independent(equal, _bearing(equal, wanted))
    columns = _distinct(equal[rows], wanted)
    a, c = equal[rows][:, columns], wanted[columns]
    m = len(rows)
    if not m:
        return np.zeros((1, len(equal))) if (wanted >= 0).all() else np.zeros((0, len(equal)))
    while comb(len(columns), m) > MOST_CORNERS:  # the range may then seem wider than it is; programmes over all nodes will tell
        m -= 1
        rows = rows[:m]
        columns = _distinct(equal[rows], wanted)
        a, c = equal[rows][:, columns], wanted[columns]
    chosen = np.array(list(combinations(range(len(columns)), m)), dtype=np.int64).reshape(-1, m)
    square = a.T[chosen]
    square, chosen = (x[np.abs(np.linalg.det(square)) > NEAR] for x in (square, chosen))
    y = np.linalg.solve(square, c[chosen][..., None])[..., 0]
    y = y[(y @ a <= c + NEAR * (1 + np.abs(c))).all(axis=1)]
    found = np.zeros((len(y), len(equal)))
    found[:, rows] = y
    return np.unique(found.round(12), axis=0)


def _bearing(equal: Floats, wanted: Floats) -> list[int]:
    """Rows that share a column with what is wanted, directly or through others."""
    reached, rows = wanted != 0, np.zeros(len(equal), dtype=bool)
    while True:
        found = (equal[:, reached] != 0).any(axis=1)
        if (found == rows).all():
            return [int(i) for i in np.flatnonzero(rows)]
        rows = found
        reached = reached | (equal[rows] != 0).any(axis=0)


def _independent(matrix: Floats, of: list[int]) -> list[int]:
    """Rows that say something that those before them do not."""
    rows: list[int] = []
    for i in of:
        if np.linalg.matrix_rank(matrix[[*rows, i]]) > len(rows):
            rows.append(i)
    return rows


def _distinct(equal: Floats, wanted: Floats) -> NDArray[np.int64]:
    """Of the columns that are alike, the one with the least wanted; one of nothing but zeros only if it bounds nothing."""
    best: dict[bytes, int] = {}
    for k, column in enumerate((equal + 0.0).T):
        if column.any() or wanted[k] < 0:
            at = best.setdefault(column.tobytes(), k)
            best[column.tobytes()] = k if wanted[k] < wanted[at] else at
    return np.array(sorted(best.values()), dtype=np.int64)


def within_nodes(ranges: Within, hidden: Flags, nodes: Iterable[int] | None = None) -> Flags:
    """Hide what a node's own figures give away about each other: the cheapest first, then show again what was hidden in vain."""
    cells, start = ranges.cells, hidden
    asked = np.unique(cells.node[hidden & (cells.needed > 0)]) if nodes is None else np.array(sorted(set(nodes)), dtype=int)
    lacking = ranges.lacking(hidden, asked)
    touched = sorted(lacking)
    while lacking and (more := _helpful(ranges, hidden, lacking)):
        hidden = hidden.copy()
        hidden[more] = True
        hidden = hidden_with(cells, hidden)
        lacking = ranges.lacking(hidden, lacking)
    return _shown_again(ranges, hidden, start, touched)


def _helpful(ranges: Within, hidden: Flags, lacking: dict[int, float]) -> list[int]:
    """For each node the cheapest figure that helps when it is hidden; the cheapest where none does by itself."""
    cells = ranges.cells
    open_to = {node: sorted((int(c) for c in ranges.of[node] if not hidden[c] and not cells.fixed[c]), key=lambda c: (cells.cost[c], c)) for node in lacking}
    chosen: dict[int, int] = {}
    for turn in range(max(map(len, open_to.values()), default=0)):
        tried = {node: cs[turn] for node, cs in open_to.items() if turn < len(cs) and node not in chosen}
        trial = hidden.copy()
        trial[list(tried.values())] = True
        after = ranges.lacking(hidden_with(cells, trial), tried)
        chosen |= {node: c for node, c in tried.items() if after.get(node, 0.0) < lacking[node] * (1 - TOLERANCE)}
    return [chosen.get(node, cs[0]) for node, cs in open_to.items() if cs]


def _shown_again(ranges: Within, hidden: Flags, start: Flags, nodes: list[int]) -> Flags:
    """Show again, the dearest first, what a node need not hide."""
    cells = ranges.cells
    waiting = {node: sorted((c for c in ranges.of[node] if hidden[c] and not start[c]), key=lambda c: (cells.cost[c], c)) for node in nodes}
    while waiting := {node: left for node, left in waiting.items() if left}:
        tried = {node: left.pop() for node, left in waiting.items()}
        tried = {node: c for node, c in tried.items() if not any(hidden[o] and c in cells.with_it[o] and o not in cells.with_it[c] for o in ranges.of[node])}
        trial = hidden.copy()
        for c in tried.values():
            trial[[c, *(o for o in cells.with_it[c] if c in cells.with_it[o])]] = False
        for node in tried.keys() - ranges.lacking(trial, tried).keys():
            hidden[ranges.of[node]] = trial[ranges.of[node]]
    return hidden


def between_nodes(ranges: Within, hidden: Flags) -> Flags:
    """Hide what sums of nodes give away, each figure by itself: of the nodes beside, the cheapest that leaves room; else the sum."""
    cells = ranges.cells
    above: dict[int, int] = {part: cell for cell, parts in enumerate(cells.parts) for part in parts}
    hopeless = np.zeros(len(hidden), dtype=bool)
    while True:
        low, high = _bounds(ranges, hidden)
        lacking = np.where(hidden & ~hopeless, cells.needed * (1 - TOLERANCE) - (high - low), 0.0)
        chosen: dict[int, int] = {}
        for cell in map(int, np.flatnonzero(lacking > 0)):
            parent = _shown_above(above, hidden, cell)
            if parent in chosen:
                continue
            found = None if parent is None else _sibling(ranges, hidden, parent, lacking[cell])
            if found is None:
                hopeless[cell] = True
            else:
                chosen[parent] = found  # type: ignore[index]
        if not chosen:
            return hidden
        hidden = hidden.copy()
        hidden[list(chosen.values())] = True
        hidden = within_nodes(ranges, hidden_with(cells, hidden), cells.node[list(chosen.values())])


def _shown_above(above: dict[int, int], hidden: Flags, cell: int) -> int | None:
    """The nearest shown figure that a figure is part of."""
    at = above.get(cell)
    while at is not None and hidden[at]:
        at = above.get(at)
    return at


def _sibling(ranges: Within, hidden: Flags, parent: int, lacking: float) -> int | None:
    """Among the shown parts of a sum, what to hide: the cheapest with room for what is lacking, else the roomiest, else the sum."""
    cells = ranges.cells
    waiting, open_to = [parent], []
    while waiting:
        for part in cells.parts[waiting.pop()]:
            if hidden[part]:
                waiting.append(part)
            elif not cells.fixed[part]:
                open_to.append(part)
    if open_to:
        low, high = ranges.ranges(hidden, open_to)
        room = dict(zip(open_to, np.minimum(high - low, 1e300), strict=True))
        enough = [c for c in open_to if room[c] >= lacking]
        best = min(enough, key=lambda c: (cells.cost[c], c)) if enough else max(open_to, key=lambda c: (room[c], -cells.cost[c], -c))
        if room[best] > NEAR:
            return best
    return None if cells.fixed[parent] else parent


def _bounds(ranges: Within, hidden: Flags) -> tuple[Floats, Floats]:
    """Bounds of every figure from its own node and from the sums that it is in, figure by figure."""
    cells = ranges.cells
    asked = np.flatnonzero(hidden)
    low, high = cells.values.copy(), cells.values.copy()
    low[asked], high[asked] = ranges.ranges(hidden, asked)
    signed = np.array([cells.first[n] in cells.signed for n in cells.node])
    low[hidden & signed] = -np.inf
    sums = [(cell, np.array(parts)) for cell, parts in enumerate(cells.parts) if parts and (hidden[cell] or hidden[parts].any())]
    with np.errstate(invalid="ignore"):
        for _ in range(SWEEPS):
            for cell, parts in sums:
                below, top = low[parts].sum(), high[parts].sum()
                low[cell], high[cell] = np.fmax(low[cell], below), np.fmin(high[cell], top)
                least, most = low[cell] - (top - high[parts]), high[cell] - (below - low[parts])
                low[parts], high[parts] = np.fmax(low[parts], least), np.fmin(high[parts], most)
    return low, high
