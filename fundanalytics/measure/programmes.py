"""Many small linear programmes at once: the least that a sum of unknowns can be, given equations and bounds.

Place in the flow: the solver's door for ``suppression``. Programmes that have nothing to do with each other are handed to scipy as one
with a block each, since calling it costs ten times what solving a small block does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cells import Sums
from .intervals import Floats

AT_ONCE = 8000  # unknowns handed over together
REACH = 1000.0  # times the largest number of a programme: so far an unknown may go; a least beyond half of that is without bound
FAR = 2**33  # between the numbers of the unknowns of two programmes
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
        return sorted(set(self.wanted).union(*(sums for sums, *_ in self.equations), *(sums for sums, _ in self.limits)))


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

    keys, starts = _numbered(chunk)
    if not len(keys):
        return [Extreme(p.constant, {}, p.dropped) for p in chunk]
    equal = [(b, sums, value) for b, p in enumerate(chunk) for sums, value, _ in p.equations]
    limits = [(b, sums, most) for b, p in enumerate(chunk) for sums, most in p.limits]
    reach = np.repeat([_reach(p) for p in chunk], np.diff(starts))
    bounds = np.column_stack([np.zeros(len(keys)), reach])
    for block, programme in enumerate(chunk):
        if programme.signed:
            signed = starts[block] + np.flatnonzero(np.isin(keys[starts[block] : starts[block + 1]] - block * FAR, list(programme.signed)))
            bounds[signed, 0] = -reach[signed]
    wanted = _matrix([(b, p.wanted, 0.0) for b, p in enumerate(chunk)], keys)
    result = linprog(
        np.zeros(len(keys)) if wanted is None else np.asarray(wanted.sum(axis=0)).ravel(), _matrix(limits, keys), [most for *_, most in limits] or None,
        _matrix(equal, keys), [value for *_, value in equal] or None, bounds, method="highs",
    )  # fmt: skip
    if result.status != 0:
        raise Contradiction
    return _told(chunk, keys, starts, result.x, result.eqlin.marginals)


def _numbered(chunk: list[Programme]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A number for every unknown of every programme, sorted, and where each programme's begin."""
    keys = np.concatenate([np.array(p.unknowns, dtype=np.int64) + block * FAR for block, p in enumerate(chunk)])
    return keys, np.searchsorted(keys, np.arange(len(chunk) + 1) * FAR)


def _matrix(rows: list[tuple[int, Sums, float]], keys: NDArray[np.int64]) -> Any:
    """Sums of unknowns as the rows of a matrix; none without rows."""
    from scipy.sparse import csr_matrix

    if not rows:
        return None
    lengths = [len(sums) for _, sums, _ in rows]
    blocks = np.repeat([block for block, *_ in rows], lengths)
    unknowns = np.fromiter(chain.from_iterable(sums for _, sums, _ in rows), dtype=np.int64, count=sum(lengths))
    times = np.fromiter(chain.from_iterable(sums.values() for _, sums, _ in rows), dtype=np.float64, count=sum(lengths))
    return csr_matrix((times, np.searchsorted(keys, unknowns + blocks * FAR), np.concatenate([[0], np.cumsum(lengths)])), shape=(len(rows), len(keys)))


def _reach(programme: Programme) -> float:
    """Far beyond any number of the programme."""
    return REACH * max([1.0, programme.needed, *(abs(value) for _, value, _ in programme.equations), *(most for _, most in programme.limits)])


def _told(chunk: list[Programme], keys: NDArray[np.int64], starts: NDArray[np.int64], x: Floats, prices: Floats) -> list[Extreme]:
    found, at = [], 0
    for block, programme in enumerate(chunk):
        own = prices[at : at + len(programme.equations)]
        at += len(programme.equations)
        mine = slice(starts[block], starts[block + 1])
        point = dict(zip((keys[mine] - block * FAR).tolist(), x[mine].tolist(), strict=True))
        value = sum(times * point[u] for u, times in programme.wanted.items())
        value = programme.constant + value if value > -_reach(programme) / 2 else -np.inf
        held = {f for i in map(int, np.flatnonzero(np.abs(own) > TOUCHED)) for f in programme.equations[i][2]}
        found.append(Extreme(value, point, programme.dropped | held))
    return found
