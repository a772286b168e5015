"""What all reports of a batch share: the data, the indicator table, the scores. Read and computed once, in the calls that notebooks make.

Place in the flow: between ``runs`` and its workers. While a warm process imports, the data are read here; then the table is computed here and
the scores there, side by side; then, if long reports are due, what they compare and trace. Every run inherits it (``kept``). What is missing
here, or is not what a notebook asks for, the first run of its kind computes for itself and tells the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ..data.load import load
from ..errors import ArgumentError, DataError
from ..kept import keeping
from .forks import ForkPool

if TYPE_CHECKING:
    from ..data.dataset import Dataset
    from .kernels import Job

UPPER = ("district", "street")
LONG = {"district_report", "street_report"}  # notebooks that compare and trace
TOLD = ("usage_rate", "participation_rate", "satisfaction_rate", "satisfaction_score", "awareness_rate", "disclosure_rate", "voucher_rate",
        "sourcing_compliance_rate", "completion_rate", "on_time_rate")  # fmt: skip
ALSO = [("participation_rate", "survey"), ("satisfaction_rate", "basically")]  # beside the first basis of each


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

    def look_ahead(self, by: Executor, jobs: Iterable[Job]) -> None:
        """Have forks work out, side by side, what long reports will ask for, if such are to be made of what is shared; else the first would do it alone."""
        asked = vars(self.shared)
        long = (job.parameters for job in jobs if Path(job.notebook).stem in LONG)
        if isinstance(by, ForkPool) and any(all(str(given[name] or "") == asked[name] for name in given.keys() & asked.keys()) for given in long):
            for one in [by.submit(task, self.shared) for task in (compare, trace)]:
                one.exception()


# --- in a fork ---------------------------------------------------------------------------------------------------------
# what is wrong with the data for any of this, the notebooks say


def plan_there(shared: Shared, plan: Callable[[Dataset], pd.DataFrame]) -> pd.DataFrame:
    """The table of runs, from a fork, which has imported what reads notebooks."""
    return plan(load(shared.data, rules=shared.rules or None))


def score(shared: Shared) -> None:
    """Score and rank."""
    from ..measure.ranking import rank
    from ..measure.scores import evaluate

    with suppress(ArgumentError, DataError):
        rank(evaluate(load(shared.data, rules=shared.rules or None), shared.rubric, period=shared.period, as_of=shared.as_of or None))


def compare(shared: Shared) -> None:
    """The years and the funds before, as the notebooks in ``LONG`` look at them, and the rows behind."""
    from ..measure.indicators import usage_rate
    from ..show.views import change_since, fund_before, fund_since, over_years, span

    with suppress(ArgumentError, DataError):
        dataset = load(shared.data, rules=shared.rules or None)
        since, cut = fund_since(dataset), shared.as_of
        over_years(usage_rate, dataset, period=shared.period, first=since, by=["street", "district"], as_of=cut)
        parts = [change_since(dataset, "usage_rate", baseline=fund_before(dataset), current=span(since, shared.period), by=["district", "street"], as_of=cut)]
        parts += [change_since(dataset, "satisfaction_rate", baseline=since, current=shared.period, by=level, as_of=cut) for level in UPPER]
        _look_behind(dataset, shared, pd.concat(parts, ignore_index=True))


def trace(shared: Shared) -> None:
    """The rows behind the figures that the notebooks in ``LONG`` name, and the errors of the scores."""
    from ..measure.definitions import INDICATORS
    from ..measure.score_errors import score_errors
    from ..show.scores import Unscored, scored

    with suppress(ArgumentError, DataError):
        dataset, table = load(shared.data, rules=shared.rules or None), Common(shared).table
        told = [*((name, next(iter(INDICATORS[name].bases))) for name in TOLD), *ALSO]
        _look_behind(dataset, shared, table[pd.MultiIndex.from_frame(table[["indicator", "basis"]]).isin(told)])
        evaluation, _ = scored(dataset, shared.rubric, period=shared.period, as_of=shared.as_of, audience=shared.audience, table=table)
        if not isinstance(evaluation, Unscored):
            score_errors(evaluation)


def _look_behind(dataset: Dataset, shared: Shared, rows: pd.DataFrame) -> None:
    """Trace an area of each upper level: all of a level are traced at once."""
    from ..measure.request import cut_off
    from ..measure.tracing import Tracer

    tracer, value = Tracer(dataset), rows["value"] if "value" in rows else rows["change"]
    firsts = rows[rows["level"].isin(UPPER) & value.notna()].drop_duplicates([c for c in ("indicator", "basis", "level", "baseline") if c in rows])
    for row in firsts.assign(as_of=cut_off(dataset, shared.period, shared.as_of or None)).to_dict("records"):
        tracer.records(row)
