"""What the money was for, and how far its projects have come.

Place in the flow: small tables for one area and period, read straight from the project ledger, for charts and the street's
page. Counts are complete; nothing here is an estimate.
"""

from __future__ import annotations

import pandas as pd

from ..data.areas import resolve, years
from ..data.dataset import Dataset
from ..data.schema import CATEGORIES
from . import tally
from .boundaries import boundaries
from .request import cut_off, rule

STAGES = {"proposed": "proposed_on", "resolved": "resolved_on", "contracted": "contracted_on", "started": "started_on", "finished": "finished_on",
          "accepted": "accepted_on"}  # fmt: skip


def _projects(dataset: Dataset, area: str, period: str) -> pd.DataFrame:
    """Projects of an area (given by code or name) and period, by the boundaries of the period's end; default funds."""
    code = resolve(dataset.areas, area)
    funds = tuple(rule(dataset, "funds", tally.FUNDS))
    projects = dataset.projects
    projects = projects[projects["period"].isin(years(period)) & projects["fund"].isin(funds)].reset_index(drop=True)
    limits = boundaries(dataset, period)
    levels = dataset.areas.loc[dataset.areas["area_code"] == code, "level"]
    at = limits.at(limits.move(projects), str(levels.iloc[-1]))
    return projects[(at == code) & ~projects["project_id"].isin(tally.headings(dataset))].reset_index(drop=True)


def project_mix(dataset: Dataset, *, area: str, period: str, as_of: object = None) -> pd.DataFrame:
    """Projects and money by category of one area.

    Use: what was the money used for? A share of what was paid, so projects not yet paid weigh nothing.

    Parameters
    ----------
    dataset : Dataset
        ``projects``, ``payments``.
    area : str
        Code or name of a district, street or community.
    period : str
        Fund years.
    as_of : date, optional
        Later payments do not count.

    Returns
    -------
    DataFrame
        One row per category that has projects, most paid first: ``category``, ``projects``, ``budget`` and ``paid`` in yuan
        (``budget`` blank where no project states one), ``share`` of all that was paid (blank when nothing was). A row that only heads
        its sub-projects (never paid itself) is left out, so that nothing counts twice.

    Raises
    ------
    ArgumentError
        Unknown area, period or date.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> mix = project_mix(load_sample(), area="999901", period="2020")
    >>> round(float(mix["share"].sum()), 6)
    1.0
    """
    projects = _projects(dataset, area, period)
    projects = projects.assign(category=projects["category"].where(projects["category"].isin(CATEGORIES), "other"))
    projects = projects.merge(_paid(dataset, cut_off(dataset, period, as_of)), on="project_id", how="left")
    by = projects.groupby("category")
    found = pd.DataFrame({
        "projects": by.size().astype("Int64"), "budget": by["budget"].sum(min_count=1).round(2), "paid": by["amount"].sum().astype("float64") / 100,
    })  # fmt: skip
    total = found["paid"].sum()
    found["share"] = found["paid"] / total if total else float("nan")
    found = found.rename_axis("category").reset_index().astype({"category": "str"})
    return found.sort_values(["paid", "category"], ascending=[False, True]).reset_index(drop=True)


def _paid(dataset: Dataset, as_of: pd.Timestamp) -> pd.DataFrame:
    """Paid by ``as_of`` per project, in 分; 0 where all was paid later."""
    paid = tally.in_time(dataset.payments, as_of)
    return tally.sums(paid.to_native(), ["project_id"], ["amount"])[["project_id", "amount"]].astype({"amount": "float64"})


def stages(dataset: Dataset, *, area: str, period: str, as_of: object = None) -> pd.DataFrame:
    """How far the projects of one area have come.

    Use: where do projects wait? A project has reached a stage when that stage or a later one has a date: what was accepted was
    once resolved, whether or not the ledger says when.

    Parameters
    ----------
    dataset : Dataset
        ``projects``.
    area, period, as_of
        As for ``project_mix``; what happened later does not count.

    Returns
    -------
    DataFrame
        One row per stage in order: ``stage``, ``projects`` that reached it, ``share`` of all, ``median_days`` since the stage
        before (blank for the first, and where no project has both dates in order).

    Raises
    ------
    ArgumentError
        Unknown area, period or date.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> stages(load_sample(), area="999901", period="2020")["stage"].tolist()
    ['proposed', 'resolved', 'contracted', 'started', 'finished', 'accepted']
    """
    projects, last = _projects(dataset, area, period), cut_off(dataset, period, as_of)
    dates = projects[list(STAGES.values())].set_axis(list(STAGES), axis=1)
    dates = dates.where(dates <= last)
    waited = {}
    for before, stage in zip(list(STAGES), list(STAGES)[1:], strict=False):
        gap = (dates[stage] - dates[before]).dt.days
        waited[stage] = gap[gap >= 0].median()
    reached = dates.notna().iloc[:, ::-1].cummax(axis=1).iloc[:, ::-1].sum()
    found = pd.DataFrame({"stage": list(STAGES), "projects": reached.to_numpy()}).astype({"stage": "str", "projects": "Int64"})
    found["share"] = found["projects"].astype("float64") / (len(projects) or float("nan"))
    found["median_days"] = found["stage"].map(waited).astype("float64")
    return found
