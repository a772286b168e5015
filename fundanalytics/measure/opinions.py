"""What residents answered: awareness, satisfaction, participation as told in a survey, per level.

Place in the flow: takes ``responses`` through ``survey`` and returns the numbers that ``indicators`` puts into rows. One
design serves every indicator and level of a call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..data.areas import years
from . import survey
from .intervals import Floats
from .request import Request, rule

SCALE = 5  # levels of the scale that the definitions are made for
POINTS = 20  # a level in points of the score: 20 × level


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of a period with their design, and the community of the asked edition that each belongs to."""

    frame: pd.DataFrame
    design: survey.Design
    area_code: pd.Series
    wanted: np.ndarray
    right_scale: np.ndarray


def answers(asked: Request, periods: tuple[str, ...] | None = None) -> Answers:
    """All answers of the period (never fewer: the rest of a sample belongs to its design)."""
    responses = asked.dataset.responses
    wanted_years = {y for p in periods or (asked.period,) for y in years(p)}
    frame = responses[responses["period"].isin(wanted_years)].reset_index(drop=True)
    design = survey.design_of(frame, centre_lonely=rule(asked.dataset, "lonely_cluster", "refuse") == "centre")
    area_code = asked.limits.move(frame["area_code"])
    wanted = ~asked.outside(area_code).to_numpy()
    if "wave" in asked.subset:
        wanted &= frame["wave"].isin(asked.subset["wave"]).to_numpy()
    return Answers(frame, design, area_code, wanted, _right_scale(asked, frame))


def _other_scales(asked: Request) -> pd.DataFrame:
    surveys = asked.dataset.surveys
    stated = surveys["period"].isin(years(asked.period)) & surveys["scale"].notna() & (surveys["scale"] != SCALE)
    if "wave" in asked.subset:
        stated &= surveys["wave"].isin(asked.subset["wave"]) | surveys["wave"].isna()
    return surveys.loc[stated.fillna(False).astype(bool), ["area_code", "period", "wave"]]


def _right_scale(asked: Request, frame: pd.DataFrame) -> np.ndarray:
    """False for answers of a survey that is stated to have another scale, for the area or the street or district it is in."""
    right = np.ones(len(frame), dtype=bool)
    other = _other_scales(asked)
    if other.empty:
        return right
    for codes in (frame["area_code"], *(asked.limits.at(frame["area_code"], level) for level in ("street", "district"))):
        at = pd.DataFrame({"area_code": codes, "period": frame["period"], "wave": frame["wave"]})
        for survey_of in other.itertuples(index=False):
            hit = (at["area_code"] == survey_of.area_code) & (at["period"] == survey_of.period)
            right &= ~(hit if pd.isna(survey_of.wave) else hit & (at["wave"] == survey_of.wave)).to_numpy(dtype=bool)
    return right


def _values(column: pd.Series) -> Floats:
    return column.to_numpy(dtype="float64", na_value=np.nan)


def question(found: Answers, indicator: str, basis: str) -> tuple[Floats, bool]:
    """The answers as numbers, blank where they do not count, and whether they are a share."""
    frame = found.frame
    if indicator == "awareness_rate":
        return _values(frame["aware"]), True
    if indicator == "participation_rate":
        outsider = frame["is_resident"].eq(False).fillna(False).to_numpy(dtype=bool)
        return np.where(outsider, np.nan, _values(frame["took_part"])), True
    level = np.where(found.right_scale, _values(frame["satisfaction"]), np.nan)
    if indicator == "satisfaction_score":
        return POINTS * level, False
    least = {"satisfied": 4, "basically": 3}[basis]
    return np.where(np.isnan(level), np.nan, (level >= least).astype(float)), True


def codes_at(asked: Request, found: Answers, level: str) -> tuple[np.ndarray, pd.Index]:
    """Number of each answer's area at ``level`` (-1: none), and the areas so numbered."""
    areas = pd.Index(asked.limits.rows(level)["area_code"])
    at = areas.get_indexer(asked.limits.at(found.area_code, level))
    return np.where(found.wanted, at, -1), areas


def estimated(asked: Request, found: Answers, indicator: str, basis: str) -> dict[str, pd.DataFrame]:
    """Estimates per level. A score's limits end at the ends of its scale."""
    y, share = question(found, indicator, basis)
    tables = {}
    for level in asked.levels:
        at, areas = codes_at(asked, found, level)
        options: dict[str, Any] = {"domain": at, "domains": len(areas), "confidence": asked.confidence}
        result = survey.proportion(found.design, y, **options) if share else survey.mean(found.design, y, **options)
        ends = (0.0, 1.0) if share else (float(POINTS), float(POINTS * SCALE))
        table = pd.DataFrame({
            "area_code": areas.astype("str"), "value": result.value, "lower": np.clip(result.lower, *ends), "upper": np.clip(result.upper, *ends),
            "numerator": result.numerator, "denominator": result.denominator, "n": result.n, "n_eff": result.n_eff,
            "method": result.method, "note": result.note,
        })  # fmt: skip
        scaled = indicator.startswith("satisfaction")
        tables[level] = _explained(asked, found, level, table, at, scaled)
    return tables


def _explained(asked: Request, found: Answers, level: str, table: pd.DataFrame, at: np.ndarray, scaled: bool) -> pd.DataFrame:
    """The table with reasons that the survey itself cannot know: other scales, split areas, answers without weight."""
    areas, blank = table["area_code"], table["value"].isna()
    unweighted = np.bincount(at[(at >= 0) & found.design.unweighted], minlength=len(table)) > 0
    note = table["note"].mask(unweighted & ~blank & table["note"].eq(""), "weight_missing")
    if scaled:
        other = set(asked.limits.at(asked.limits.move(_other_scales(asked)["area_code"]), level))
        left_out = np.bincount(at[(at >= 0) & ~found.right_scale], minlength=len(table)) > 0
        hit = areas.isin(other) | left_out
        note = note.mask(hit & blank, "scale_not_5").mask(left_out & ~blank, "part_scale_not_5")
    if level == "community":
        split = areas.isin(asked.limits.divided(found.frame["area_code"]))
        numbers = ["value", "lower", "upper", "numerator", "denominator", "n", "n_eff"]
        table[numbers] = table[numbers].astype("float64").mask(split, axis=0)
        note = note.mask(split, "split_area")
    empty = table["n"].fillna(0).eq(0)
    table.loc[empty, ["numerator", "denominator", "n", "n_eff"]] = np.nan
    return table.assign(note=note)
