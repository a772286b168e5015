"""What residents answered: awareness, satisfaction, participation as told in a survey, per level.

Place in the flow: takes ``responses`` through ``survey`` and returns the numbers that ``indicators`` puts into rows. One
design serves every indicator and level of a call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..data.areas import years
from . import survey
from .intervals import Floats
from .request import Request, joined, rule

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


def answers(asked: Request, *, also: str | None = None) -> Answers:
    """All answers of the period, and of ``also`` (never fewer: the rest of a sample belongs to its design)."""
    responses = asked.dataset.responses
    wanted_years = [*years(asked.period), *(years(also) if also else ())]
    frame = responses[responses["period"].isin(wanted_years)].reset_index(drop=True)
    design = survey.design_of(frame, centre_lonely=rule(asked.dataset, "lonely_cluster", "refuse") == "centre")
    area_code = asked.limits.move(frame)
    wanted = ~asked.outside(area_code).to_numpy()
    if "wave" in asked.subset:
        wanted &= frame["wave"].isin(asked.subset["wave"]).to_numpy()
    return Answers(frame, design, area_code, wanted, _right_scale(asked, frame, wanted_years))


def _other_scales(asked: Request, of_years: list[str]) -> pd.DataFrame:
    surveys = asked.dataset.surveys
    stated = surveys["period"].isin(of_years) & surveys["scale"].notna() & (surveys["scale"] != SCALE)
    if "wave" in asked.subset:
        stated &= surveys["wave"].isin(asked.subset["wave"]) | surveys["wave"].isna()
    return surveys.loc[stated.fillna(False).astype(bool), ["area_code", "period", "wave"]]


def _right_scale(asked: Request, frame: pd.DataFrame, of_years: list[str]) -> np.ndarray:
    """False for answers of a survey that is stated to have another scale, for the area or the street or district it is in."""
    right = np.ones(len(frame), dtype=bool)
    other = _other_scales(asked, of_years)
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
    areas = pd.Index(asked.limits.rows((level,))["area_code"])
    at = areas.get_indexer(pd.Index(asked.limits.at(found.area_code, level)))
    return np.where(found.wanted, at, -1), areas


def estimated(asked: Request, found: Answers, indicator: str, bases: Sequence[str]) -> pd.DataFrame:
    """Estimates per basis, level and area. A score's limits end at the ends of its scale."""
    parts = []
    for level in asked.levels:
        at, areas = codes_at(asked, found, level)
        unweighted = np.bincount(at[(at >= 0) & found.design.unweighted], minlength=len(areas)) > 0
        other_scale = np.bincount(at[(at >= 0) & ~found.right_scale], minlength=len(areas)) > 0
        for basis in bases:
            y, share = question(found, indicator, basis)
            result = (survey.proportion if share else survey.mean)(found.design, y, domain=at, domains=len(areas), confidence=asked.confidence)
            ends = (0.0, 1.0) if share else (float(POINTS), float(POINTS * SCALE))
            parts.append(pd.DataFrame({
                "basis": basis, "level": level, "area_code": areas, "value": result.value, "lower": np.clip(result.lower, *ends),
                "upper": np.clip(result.upper, *ends), "numerator": result.numerator, "denominator": result.denominator, "n": result.n,
                "n_eff": result.n_eff, "method": result.method, "note": result.note, "unweighted": unweighted, "other_scale": other_scale,
            }))  # fmt: skip
    table = pd.concat(parts, ignore_index=True)
    return _explained(asked, found, table, scaled=indicator.startswith("satisfaction"))


def _also(note: pd.Series, holds: pd.Series, code: str) -> pd.Series:
    return note.where(~holds, note.map(lambda text: joined(text, code)))


def _explained(asked: Request, found: Answers, table: pd.DataFrame, *, scaled: bool) -> pd.DataFrame:
    """The table with reasons that the survey itself cannot know: other scales, split areas, answers without weight."""
    blank = table["value"].isna()
    note = table["note"].astype("str")
    note = _also(note, table["unweighted"] & ~blank, "weight_missing")
    if scaled:
        other = _other_scales(asked, years(asked.period))
        stated = asked.limits.climb(pd.DataFrame({"area_code": asked.limits.move(other)}), asked.levels)
        hit = table["area_code"].isin(stated["area_code"]) | table["other_scale"]
        note = _also(note.mask(hit & blank, "scale_not_5"), table["other_scale"] & ~blank, "part_scale_not_5")
    numbers = ["value", "lower", "upper", "numerator", "denominator", "n", "n_eff"]
    table = table.astype(dict.fromkeys(numbers, "float64"))
    split = table["level"].eq("community") & table["area_code"].isin(asked.limits.divided(found.frame))
    table.loc[split, numbers] = np.nan
    table.loc[table["n"].eq(0), ["numerator", "denominator", "n", "n_eff"]] = np.nan
    return table.drop(columns=["unweighted", "other_scale"]).assign(note=note.mask(split, "split_area"))
