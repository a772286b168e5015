"""Points, totals and grades: a rubric and a data set → an evaluation in which every point leads to the row that gave it.

Place in the flow: after ``indicators``; ``ranking``, ``gaps``, ``rewards`` and the score workbook read it. What is random in a score
is in ``score_errors``; nothing is ranked here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ..data.areas import years
from ..data.dataset import Dataset
from ..errors import ArgumentError
from ..kept import kept
from .boundaries import Boundaries, boundaries
from .results import citation, data_of, result_table
from .rubric import Rubric, load_rubric
from .score_records import KEYS, last_wave, records
from .score_totals import score

if TYPE_CHECKING:
    from .results import ResultTable

TOTALS = ("level", "area_code", "area_name", "project_id", "period", "wave", "total", "grade", "points", "maximum", "bonus", "communities", "note", "quality",
          "origin")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was scored, from the raw values up.

    Attributes
    ----------
    records : DataFrame
        One row per raw value: who gave it, its target, and file, sheet and row.
    points : DataFrame
        One row per community (or project), item and source: ``value`` (mean of the assessors), ``share`` of the maximum 0-1, ``points``
        (not rounded), ``weight`` used (0 where it does not count), ``status`` (scored, not_applicable, missing, zero).
    items : DataFrame
        One row per area of every level and item: ``points`` (rounded), ``maximum``, ``rate`` (得分率); ``attained`` is the level
        (met, partly, unmet) that it falls in, of a community's or project's item that is scored by levels.
    parts, totals : DataFrame
        Sums of the items; ``total`` with its ``grade``. Streets and the district: the mean of their communities, each counting the same.
    refused : DataFrame
        What could not be used, with its cell and why.
    """

    rubric: Rubric
    period: str
    wave: str
    as_of: object
    dataset: Dataset = field(repr=False)
    limits: Boundaries = field(repr=False)
    subjects: pd.DataFrame = field(repr=False)
    records: pd.DataFrame = field(repr=False)
    points: pd.DataFrame = field(repr=False)
    items: pd.DataFrame = field(repr=False)
    parts: pd.DataFrame = field(repr=False)
    totals: pd.DataFrame = field(repr=False)
    refused: pd.DataFrame = field(repr=False)

    @property
    def origin(self) -> str:
        """``synthetic`` where the data are invented; else ``assumed`` where the rubric is; else that of the data."""
        return self.dataset.origin if self.dataset.origin == "synthetic" or self.rubric.status == "official" else "assumed"

    @property
    def lowest(self) -> str:
        """The level that is scored: community or project."""
        return "community" if self.rubric.unit == "community" else "project"

    @cached_property
    def gaps(self) -> ResultTable:
        """Where points were lost, and what would raise the total most (``gaps``)."""
        from .gaps import gaps

        return gaps(self)

    def rescored(self, records: pd.DataFrame) -> Evaluation:
        """The same evaluation of other raw values, by the same rules."""
        return _evaluation(replace(self, records=records))

    def cite(self) -> str:
        """Package, data, and the rubric with its version and hash."""
        rubric = f"rubric: {self.rubric.id} {self.rubric.version} ({self.rubric.status}), sha256 {self.rubric.sha256}"
        return citation(data_of(self.dataset), [rubric])


@kept
def evaluate(dataset: Dataset, rubric: Rubric | str | Path = "governance_fund", *, period: str, wave: str | None = None, as_of: object = None) -> Evaluation:
    """Score every community of a fund year by a rubric.

    Use: what did each community get, for what, from whom? A total is a judgement by the rubric's weights, not a measurement; how sure
    its rank is, ``rank`` says.

    Parameters
    ----------
    dataset : Dataset
        ``assessments`` and whatever tables the rubric's indicators rest on.
    rubric : Rubric, str or Path
        A rubric, the name of one that comes with the package, or a file (YAML or xlsx).
    period : str
        One fund year.
    wave : str, optional
        Wave of the assessments; default the last.
    as_of : str or date, optional
        Cut-off of the indicators; default that of the rule book.

    Returns
    -------
    Evaluation
        ``records``, ``points``, ``items``, ``parts``, ``totals``, ``refused``, ``gaps``. Every area has a row; a total is blank where less
        than the rubric's ``needed`` share of the points was scored.

    Raises
    ------
    ArgumentError
        Several years; a year for which the rubric or the data do not hold; an unknown wave.
    DataError
        The rubric cannot be used; all its faults are named.

    Notes
    -----
    An item: Σ weight × share × maximum over its sources, each the mean of its assessors; the weights of the sources that scored it are
    rescaled to 1, so missing evidence is not zero (unless the rubric says so). The total: Σ items × maximum of the rubric / Σ maxima of
    the items that were scored, plus the bonus up to the cap. Items not applicable are left out by the same rescaling.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> found = evaluate(load_sample(), period="2020")
    >>> found.totals.query("level == 'district'")[["total", "grade", "communities"]].values.tolist()
    [[86.9, 'good', 90]]
    """
    used = rubric if isinstance(rubric, Rubric) else load_rubric(rubric)
    _check_period(dataset, used, period)
    limits = boundaries(dataset, period)
    chosen = last_wave(dataset, period, wave) if used.unit == "community" else ""
    found, refused = records(dataset, used, limits, period=period, wave=chosen, as_of=as_of)
    subjects = _subjects(dataset, used, limits, found)
    return _evaluation(Evaluation(used, period, chosen, as_of, dataset, limits, subjects, found, found, found, found, found, refused))


def _check_period(dataset: Dataset, rubric: Rubric, period: str) -> None:
    if len(years(period)) > 1:
        raise ArgumentError("one_year", found=period)
    if rubric.years and period not in rubric.years:
        raise ArgumentError("rubric_years", name=rubric.id, expected=", ".join(rubric.years), found=period)
    rows = [_judged(dataset)] if rubric.unit == "project" else [getattr(dataset, name) for name in ("assessments", "projects", "responses", "events")]
    told = {year for table in rows for year in table["period"].dropna()}
    if period not in told:
        raise ArgumentError("no_data_for_period", found=period, expected=", ".join(sorted(told)) or "–")


def _subjects(dataset: Dataset, rubric: Rubric, limits: Boundaries, found: pd.DataFrame) -> pd.DataFrame:
    """What is scored: all communities of the year's end, or the projects that were judged."""
    if rubric.unit == "community":
        return limits.rows(("community",))[["area_code"]].assign(project_id="", work_class="")
    judged = _judged(dataset)
    judged = judged[judged["project_id"].isin(found["project_id"])]
    table = judged[["area_code", "project_id", "work_class"]].assign(work_class=judged["work_class"].astype("str").fillna(""))
    return table.sort_values(KEYS).reset_index(drop=True)


def _judged(dataset: Dataset) -> pd.DataFrame:
    """The projects that a panel scored."""
    return dataset.projects[dataset.projects["project_id"].isin(dataset.panel_scores["project_id"])].drop_duplicates("project_id")


def _evaluation(of: Evaluation) -> Evaluation:
    """The evaluation with the tables that follow from its records."""
    made = score(of.rubric, of.records, of.subjects, of.limits)
    names = dict(zip(of.limits.tree["area_code"], of.limits.tree["area_name"], strict=True))
    points, items, parts, totals = (t.assign(area_name=t["area_code"].map(names).astype("str")) for t in (made.points, made.items, made.parts, made.totals))
    totals = totals.assign(period=of.period, wave=of.wave, origin=of.origin)[list(TOTALS)].astype({"quality": "Int64", "communities": "Int64"})
    return replace(of, points=points.drop(columns="order"), items=items, parts=parts, totals=result_table(totals, of.dataset))
