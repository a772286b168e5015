"""Indicators of several periods by the boundaries of one edition.

Place in the flow: under ``pilots``, ``dose`` and ``panel``, which set the same areas side by side over time. Each period is computed as
the indicator itself computes it; only the areas are those of one edition, to which the crosswalk leads. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from ..data.areas import period_end, years
from ..data.dataset import Dataset
from ..errors import ArgumentError
from . import figures, opinions
from .boundaries import Boundaries
from .definitions import CONFIDENCE, INDICATORS
from .request import Request, begun, cut_off, request, rows


def asked_by(
    dataset: Dataset, periods: Sequence[str], *, boundaries: str | None = None, by: str | Sequence[str] = "community", as_of: object = None,
    confidence: float = CONFIDENCE,
) -> dict[str, Request]:  # fmt: skip
    """The same question about each of ``periods``, all by the areas valid at the end of ``boundaries`` (default the last of them).

    Parameters
    ----------
    dataset : Dataset
    periods : sequence of str
        Fund years.
    boundaries : str, optional
        A period; its edition must know every redrawing up to the last of ``periods``, since areas that were joined cannot be divided again.
    by : str or sequence of str
        Levels.
    as_of : date, optional
        Cut-off of the last period; the others are cut at the same distance from their ends. Default that of the rule book for each.
    confidence : float
        0-1.

    Returns
    -------
    dict
        period → Request.

    Raises
    ------
    ArgumentError
        ``boundaries`` before a later redrawing; an unknown level, period or date.
    """
    last = max(periods, key=period_end)
    limits = boundaries or last
    known = request(dataset, by=by, period=limits, subset=None, as_of=None, confidence=confidence, subsets=(), covers=tuple(periods))
    steps = dataset.crosswalk["effective_from"]
    if len(steps) and ((steps > period_end(limits)) & (steps <= period_end(last))).any():
        raise ArgumentError("boundaries_too_early", found=limits, expected=last)
    if not as_of:
        return {period: known.within(period, cut_off(dataset, period)) for period in periods}
    age = cut_off(dataset, last, as_of) - period_end(last)
    return {period: known.within(period, begun(period, period_end(period) + age)) for period in periods}


def measured(asked: Mapping[str, Request], wanted: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """The indicator table of ``wanted`` (indicator → bases), once for each period; every area of the edition has its row in each."""
    surveyed = any(basis in INDICATORS[name].surveyed for name, bases in wanted.items() for basis in bases)
    parts = []
    for side in asked.values():
        answers = opinions.answers(side) if surveyed else None
        parts.append(rows(side, figures.numbers(side, wanted, answers)).to_frame())
    return pd.concat(parts, ignore_index=True)


def treatment(areas: pd.DataFrame, dataset: Dataset) -> pd.Series:
    """Since when each of ``areas`` is a pilot: the earliest day that any edition gives for its code; blank for the others."""
    since = dataset.areas.groupby("area_code")["pilot_from"].min()
    return areas["area_code"].map(since).astype("datetime64[s]")


def absorbed_pilots(limits: Boundaries, dataset: Dataset) -> dict[str, str]:
    """Pilots of earlier editions that hold no more: their code → the area that each (or most of it) is in now."""
    gone = dataset.areas.loc[dataset.areas["pilot_from"].notna() & ~dataset.areas["area_code"].isin(limits.areas["area_code"]), "area_code"]
    links = limits.links[limits.links["code"].isin(gone) & limits.links["area_code"].isin(limits.areas["area_code"])]
    return dict(links.sort_values(["code", "share"])[["code", "area_code"]].itertuples(index=False, name=None))


def single_years(first: str, last: str) -> list[str]:
    """Every fund year from the first of one period to the last of another."""
    return years(f"{years(first)[0]}-{years(last)[-1]}")
