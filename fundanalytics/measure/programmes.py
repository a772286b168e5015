"""Many small linear programmes at once: the least that a sum of unknowns can be, given equations and bounds.

Place in the flow: the solver's door for ``suppression``. Programmes that have nothing to do with each other are handed to scipy as one
with a block each, since calling it costs ten times what solving a small block does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .cells import Sums
from .intervals import Floats

AT_ONCE = 8000  # unknowns handed over together
REACH = 1000.0  # times the largest number of a programme: so far an unknown may go; a least beyond half of that is without bound
TOUCHED = 1e-9  # a figure with a larger shadow price holds the extreme


class Contradiction(ArithmeticError):
    """Figures that cannot all be right in the way they are supposed to hang together."""


@dataclass(frozen=True, eq=False)
class Programme:
    """The least of ``wanted`` + ``constant``.

    ``equations``: sum, value, and the figures that say so; ``limits``: sum and the most it can be; ``signed``: unknowns that may be
    negative; ``dropped``: figures that were taken off ``wanted`` already; ``needed``: a width that must be seen.
    """

    wanted: Sums
    constant: float
    dropped: frozenset[int]
    equations: Sequence[tuple[Sums, float, tuple[int, ...]]]
    limits: Sequence[tuple[Sums, float]] = ()
    signed: frozenset[int] = frozenset()
    needed: float = 0.0

    @cached_property
    def unknowns(self) -> list[int]:
        return sorted(self.wanted.keys() | {u for sums, *_ in self.equations for u in sums} | {u for sums, _ in self.limits for u in sums})


@dataclass(frozen=True, eq=False)
class Extreme:
    """The least, the unknowns there, and the figures that keep it from being less."""

    value: float
    point: Sums
    held_by: frozenset[int]


def least(programmes: Sequence[Programme]) -> list[Extreme]:
    """The extreme of each programme, in their order; −infinity where nothing bounds it.

    Raises
    ------
    Contradiction
        No unknowns satisfy a programme's equations.
    """
    found: list[Extreme] = []
    for chunk in _chunks(programmes):
        found += _solved(chunk)
    return found


def _chunks(programmes: Sequence[Programme]) -> Iterator[list[Programme]]:
    chunk: list[Programme] = []
    held = 0
    for programme in programmes:
        chunk.append(programme)
        held += len(programme.unknowns)
        if held >= AT_ONCE:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk


def _solved(chunk: list[Programme]) -> list[Extreme]:
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix

    columns = [{unknown: i for i, unknown in enumerate(p.unknowns)} for p in chunk]
    starts = np.concatenate([[0], np.cumsum([len(c) for c in columns])]).astype(int)
    width = int(starts[-1])
    if not width:
        return [Extreme(p.constant, {}, p.dropped) for p in chunk]

    def stacked(rows: list[tuple[int, Sums]]) -> csr_matrix | None:
        if not rows:
            return None
        cells = [(i, starts[block] + columns[block][u], times) for i, (block, sums) in enumerate(rows) for u, times in sums.items()]
        at, to, times = zip(*cells, strict=True)
        return csr_matrix((times, (at, to)), shape=(len(rows), width))

    equal = [(b, sums, value) for b, p in enumerate(chunk) for sums, value, _ in p.equations]
    limits = [(b, sums, most) for b, p in enumerate(chunk) for sums, most in p.limits]
    wanted, bounds = np.zeros(width), np.zeros((width, 2))
    for block, programme in enumerate(chunk):
        reach = _reach(programme)
        for unknown, at in columns[block].items():
            wanted[starts[block] + at] = programme.wanted.get(unknown, 0.0)
            bounds[starts[block] + at] = (-reach if unknown in programme.signed else 0.0, reach)
    result = linprog(wanted, stacked([(b, s) for b, s, _ in limits]), [m for *_, m in limits] or None, stacked([(b, s) for b, s, _ in equal]),
                     [v for *_, v in equal] or None, bounds, method="highs")  # fmt: skip
    if result.status != 0:
        raise Contradiction
    return _told(chunk, columns, starts, result.x, result.eqlin.marginals)


def _reach(programme: Programme) -> float:
    """Far beyond any number of the programme."""
    return REACH * max([1.0, programme.needed, *(abs(value) for _, value, _ in programme.equations), *(most for _, most in programme.limits)])


def _told(chunk: list[Programme], columns: list[dict[int, int]], starts: np.ndarray, x: Floats, prices: Floats) -> list[Extreme]:
    found, at = [], 0
    for block, programme in enumerate(chunk):
        own = prices[at : at + len(programme.equations)]
        at += len(programme.equations)
        point = {unknown: float(x[starts[block] + i]) for unknown, i in columns[block].items()}
        value = sum(times * point[u] for u, times in programme.wanted.items())
        value = programme.constant + value if value > -_reach(programme) / 2 else -np.inf
        held = {f for (*_, by), price in zip(programme.equations, own, strict=True) if abs(price) > TOUCHED for f in by}
        found.append(Extreme(value, point, programme.dropped | held))
    return found
