"""What all reports of a batch share: the data, the indicator table, the scores. Read and computed once, in the calls that notebooks make.

Place in the flow: between ``runs`` and its workers. While a warm process imports, the data are read here; then the table is computed here and
the scores there, side by side, and every run inherits both (``kept``).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from ..data.load import load
from ..errors import ArgumentError, DataError
from ..kept import keeping

if TYPE_CHECKING:
    from ..data.dataset import Dataset
    from .forks import ForkPool


@dataclass(frozen=True)
class Shared:
    """What a batch is about. Paths are absolute; ``rubric`` may be the name of one that comes with the package."""

    data: str
    rules: str
    period: str
    as_of: str
    audience: str
    rubric: str


class Common:
    """What is shared, when it is first asked for."""

    def __init__(self, shared: Shared, plan: Callable[[Dataset], pd.DataFrame] | None = None) -> None:
        self.shared, self._plan = shared, plan

    @cached_property
    def runs(self) -> pd.DataFrame:
        """The table of runs, all of it checked."""
        return self._plan(self.dataset) if self._plan else pd.DataFrame()

    @cached_property
    def dataset(self) -> Dataset:
        return load(self.shared.data, rules=self.shared.rules or None)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The indicator table as the audience may see it."""
        from ..measure.disclosure import release
        from ..measure.indicators import indicators

        return release(indicators(self.dataset, period=self.shared.period, as_of=self.shared.as_of or None), self.shared.audience)

    def give(self, forks: ForkPool) -> None:
        """Have the warm process keep it; ``NotSafe`` where that process may not be forked."""
        with keeping() as results:
            _ = self.dataset
            forks.ready()
            forks.teach(results)
            planned = forks.submit(plan_there, self.shared, self._plan) if self._plan else None
            taught, scored = set(results), forks.submit(score, self.shared)
            if planned:  # what is wrong with the call is said first
                self.__dict__["runs"] = planned.result()
            _ = self.table
            forks.teach({key: result for key, result in results.items() if key not in taught})
            scored.exception()


def plan_there(shared: Shared, plan: Callable[[Dataset], pd.DataFrame]) -> pd.DataFrame:
    """The table of runs, from a fork, which has imported what reads notebooks."""
    return plan(load(shared.data, rules=shared.rules or None))


def score(shared: Shared) -> None:
    """Score and rank, for what is kept of it. What is wrong with a rubric, the notebooks say."""
    from ..measure.ranking import rank
    from ..measure.scores import evaluate

    with suppress(ArgumentError, DataError):
        rank(evaluate(load(shared.data, rules=shared.rules or None), shared.rubric, period=shared.period, as_of=shared.as_of or None))
