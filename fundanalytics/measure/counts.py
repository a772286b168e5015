"""Satisfaction where only counts per level exist, and which scale an area's survey used.

Place in the flow: stands in for ``responses`` in ``opinions``. Counts say nothing of how people were drawn, so they are taken
as a simple sample; an area and period that has answers never uses its counts too.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..data.areas import LEVELS, years
from .intervals import Floats
from .request import Request

SCALE = 5  # levels of the scale that the definitions are made for
POINTS = 20  # a level in points of the score: 20 × level
ITEM = "satisfaction"
AWARE = "_aware"  # a basis that asks only those who know of the fund


def coded(level: Floats, indicator: str, basis: str) -> Floats:
    """Levels 1-5 as the numbers that an indicator averages; blank stays blank."""
    if indicator == "satisfaction_score":
        return POINTS * level
    least = {"satisfied": 4, "basically": 3}[basis.removesuffix(AWARE)]
    return np.where(np.isnan(level), np.nan, (level >= least).astype(float))


def other_scales(asked: Request, of_years: list[str]) -> pd.DataFrame:
    """Surveys of these years that are stated not to have five levels."""
    surveys = asked.dataset.surveys
    stated = surveys["period"].isin(of_years) & surveys["scale"].notna() & (surveys["scale"] != SCALE)
    if "wave" in asked.subset:
        stated &= surveys["wave"].isin(asked.subset["wave"]) | surveys["wave"].isna()
    return surveys.loc[stated.fillna(False).astype(bool), ["area_code", "period", "wave"]]


def right_scale(asked: Request, frame: pd.DataFrame, of_years: list[str]) -> np.ndarray:
    """False for rows of a survey that is stated to have another scale, for the area or the street or district it is in."""
    right = np.ones(len(frame), dtype=bool)
    other = other_scales(asked, of_years)
    if other.empty:
        return right
    for codes in (frame["area_code"], *(asked.limits.at(frame["area_code"], level) for level in ("street", "district"))):
        at = pd.DataFrame({"area_code": codes, "period": frame["period"], "wave": frame["wave"]})
        for survey_of in other.itertuples(index=False):
            hit = (at["area_code"] == survey_of.area_code) & (at["period"] == survey_of.period)
            right &= ~(hit if pd.isna(survey_of.wave) else hit & (at["wave"] == survey_of.wave)).to_numpy(dtype=bool)
    return right


def counted(asked: Request) -> pd.DataFrame:
    """Counts of satisfaction in the period.

    One row per count: ``area_code``, ``period``, ``wave``, ``level``, ``count``; ``now`` (the area in the asked edition) and
    ``right`` (false on another scale: stated in ``surveys``, or shown by a level above 5).
    """
    table = asked.dataset.response_counts
    of_years = years(asked.period)
    kept = table["period"].isin(of_years) & table["item"].eq(ITEM) & (table["count"] > 0) & (table["level"] >= 1)
    if "wave" in asked.subset:
        kept &= table["wave"].isin(asked.subset["wave"])
    frame = table.loc[kept.fillna(False).astype(bool), ["area_code", "period", "wave", "level", "count"]].reset_index(drop=True)
    if frame.empty:
        return frame.assign(now=frame["area_code"], right=True)
    frame = frame.assign(now=asked.limits.move(frame))
    frame = frame[~asked.outside(frame["now"])].reset_index(drop=True)
    highest = frame.groupby(["area_code", "period", "wave"], dropna=False)["level"].transform("max")
    return frame.assign(right=right_scale(asked, frame, of_years) & (highest <= SCALE).to_numpy(dtype=bool))


def without(frame: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """The counts of areas and periods in which nobody's own answer is known (``told``: ``area_code``, ``period``)."""
    known = pd.MultiIndex.from_frame(frame[["now", "period"]]).isin(pd.MultiIndex.from_frame(told[["area_code", "period"]]))
    return frame[~known].reset_index(drop=True)


def at_level(asked: Request, frame: pd.DataFrame, level: str) -> pd.DataFrame:
    """The counts that make up the areas of ``level``, which as ``at``: of an area and those inside it, the larger one's."""
    found = frame.assign(at=asked.limits.at(frame["now"], level)).dropna(subset=["at"])
    for upper in LEVELS[LEVELS.index(level) : 2]:
        up = asked.limits.at(found["now"], upper)
        wholes = found.loc[up == found["now"], ["now", "period", "wave"]]
        inside = pd.MultiIndex.from_arrays([up, found["period"], found["wave"]]).isin(pd.MultiIndex.from_frame(wholes))
        found = found[~(inside & (up != found["now"]).to_numpy())]
    return found
