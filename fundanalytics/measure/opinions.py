"""What residents answered: awareness, satisfaction, participation as told in a survey, per level.

Place in the flow: takes ``responses`` (or, where there are none, ``response_counts``) through ``survey`` and returns the numbers
that ``indicators`` puts into rows. One design serves every indicator and level of a call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..data.areas import LEVELS, years
from . import counts, survey
from .boundaries import below_wholes
from .counts import AWARE, POINTS, SCALE
from .design import is_simple
from .intervals import Floats
from .request import Request, joined, rule


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of a period with their design, and the community of the asked edition that each belongs to.

    ``simple``: the period says nothing of how its answers were drawn, so all of them are one simple sample.
    """

    frame: pd.DataFrame
    design: survey.Design
    area_code: pd.Series
    wanted: np.ndarray
    right_scale: np.ndarray
    simple: bool


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
    return Answers(frame, design, area_code, wanted, counts.right_scale(asked, frame, wanted_years), is_simple(frame))


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
    counts_here = found.right_scale & (_values(frame["aware"]) == 1 if basis.endswith(AWARE) else True)
    level = np.where(counts_here, _values(frame["satisfaction"]), np.nan)
    return counts.coded(level, indicator, basis), indicator == "satisfaction_rate"


def codes_at(asked: Request, found: Answers, level: str) -> tuple[np.ndarray, pd.Index]:
    """Number of each answer's area at ``level`` (-1: none), and the areas so numbered."""
    areas = pd.Index(asked.limits.rows((level,))["area_code"])
    at = areas.get_indexer(pd.Index(asked.limits.at(found.area_code, level)))
    return np.where(found.wanted, at, -1), areas


def estimated(asked: Request, found: Answers, indicator: str, bases: Sequence[str]) -> pd.DataFrame:
    """Estimates per basis, level and area. A score's limits end at the ends of its scale."""
    scaled = indicator.startswith("satisfaction")
    tallies = counts.counted(asked) if scaled else None
    if tallies is not None and len(tallies):
        tallies = counts.without(tallies, _told(asked, found))
    parts = []
    for level in asked.levels:
        at, areas = codes_at(asked, found, level)
        unweighted = np.bincount(at[(at >= 0) & found.design.unweighted], minlength=len(areas)) > 0
        other_scale = np.bincount(at[(at >= 0) & ~found.right_scale], minlength=len(areas)) > 0
        mine = None if tallies is None or tallies.empty else counts.at_level(asked, tallies, level)
        unasked = _told_at(found, at, areas, mine) if scaled else np.zeros(len(areas), dtype=bool)
        for basis in bases:
            y, share = question(found, indicator, basis)
            if found.simple:
                result = survey.simple(y, domain=at, domains=len(areas), share=share, confidence=asked.confidence)
            else:
                estimate = survey.proportion if share else survey.mean
                result = estimate(found.design, y, domain=at, domains=len(areas), confidence=asked.confidence)
            part = _part(result, areas, share).assign(basis=basis, level=level, unweighted=unweighted, other_scale=other_scale, left_counts=False)
            part = part.assign(unasked=unasked & basis.endswith(AWARE))
            parts.append(part if mine is None or basis.endswith(AWARE) else _with_counts(asked, part, mine, indicator, basis))
    return _explained(asked, found, pd.concat(parts, ignore_index=True), tallies)


def _told_at(found: Answers, at: np.ndarray, areas: pd.Index, mine: pd.DataFrame | None) -> np.ndarray:
    """Areas in which somebody's satisfaction is known, or how many gave each answer."""
    known = (at >= 0) & found.right_scale & found.frame["satisfaction"].notna().to_numpy()
    told = np.bincount(at[known], minlength=len(areas)) > 0
    return told if mine is None else told | areas.isin(mine.loc[mine["right"], "at"])


def _part(result: survey.Estimates, areas: pd.Index, share: bool) -> pd.DataFrame:
    ends = (0.0, 1.0) if share else (float(POINTS), float(POINTS * SCALE))
    return pd.DataFrame({
        "area_code": areas, "value": result.value, "lower": np.clip(result.lower, *ends), "upper": np.clip(result.upper, *ends),
        "numerator": result.numerator, "denominator": result.denominator, "n": result.n, "n_eff": result.n_eff, "method": result.method,
        "note": result.note,
    })  # fmt: skip


def _told(asked: Request, found: Answers) -> pd.DataFrame:
    """``area_code`` and ``period`` of the areas, of every level, in which somebody's satisfaction is known."""
    known = found.wanted & found.right_scale & found.frame["satisfaction"].notna().to_numpy()
    codes = pd.DataFrame({"area_code": found.area_code, "period": found.frame["period"]})[known].drop_duplicates()
    return asked.limits.climb(codes, LEVELS)[["area_code", "period"]].drop_duplicates()


def _with_counts(asked: Request, part: pd.DataFrame, mine: pd.DataFrame, indicator: str, basis: str) -> pd.DataFrame:
    """The estimates of one level, from counts where there are no answers; areas with answers say whose counts were left out."""
    areas = pd.Index(part["area_code"])
    share = indicator == "satisfaction_rate"
    usable = mine[mine["right"]]
    times = usable["count"].to_numpy(dtype="int64")
    y = counts.coded(np.repeat(usable["level"].to_numpy(dtype="float64"), times), indicator, basis)
    at = np.repeat(areas.get_indexer(pd.Index(usable["at"])), times)
    theirs = _part(survey.simple(y, domain=at, domains=len(areas), share=share, confidence=asked.confidence), areas, share)
    answered, known = part["n"] > 0, theirs["n"] > 0
    taken = known & ~answered
    theirs["note"] = theirs["note"].map(lambda text: joined(text, "counts_only"))
    found = part.assign(**{c: part[c].astype(theirs[c].dtype).where(~taken, theirs[c]) for c in theirs})
    wrong = areas.isin(mine.loc[~mine["right"], "at"])
    return found.assign(left_counts=answered & known, other_scale=part["other_scale"] | wrong)


def _also(note: pd.Series, holds: pd.Series, code: str) -> pd.Series:
    return note.where(~holds, note.map(lambda text: joined(text, code)))


def _explained(asked: Request, found: Answers, table: pd.DataFrame, tallies: pd.DataFrame | None) -> pd.DataFrame:
    """The table with reasons that an estimate itself cannot know: other scales, split areas, answers without weight, counts left out."""
    blank = table["value"].isna()
    note = table["note"].astype("str")
    note = _also(note, table["unweighted"] & ~blank, "weight_missing").mask(table["unasked"] & blank & note.eq("no_data"), "unknown")
    told = found.frame.loc[found.wanted, ["area_code", "period"]].drop_duplicates()
    if tallies is not None:
        other = counts.other_scales(asked, years(asked.period))
        stated = asked.limits.climb(pd.DataFrame({"area_code": asked.limits.move(other)}), asked.levels)
        hit = table["area_code"].isin(stated["area_code"]) | table["other_scale"]
        note = _also(note.mask(hit & blank, "scale_not_5"), table["other_scale"] & ~blank, "part_scale_not_5")
        note = _also(note, table["left_counts"], "part_counts_only")
        told = pd.concat([told, tallies.loc[tallies["right"], ["area_code", "period"]]], ignore_index=True)
    numbers = ["value", "lower", "upper", "numerator", "denominator", "n", "n_eff"]
    table = table.astype(dict.fromkeys(numbers, "float64"))
    split = table["level"].eq("community") & table["area_code"].isin(asked.limits.divided(told))
    table.loc[split, numbers] = np.nan
    table.loc[table["n"].eq(0), ["numerator", "denominator", "n", "n_eff"]] = np.nan
    inside = table["area_code"].isin(below_wholes([told], asked.limits)["area_code"])
    note = note.mask(inside & note.eq("no_data"), "known_only_above").mask(split, "split_area")
    return table.drop(columns=["unweighted", "other_scale", "left_counts", "unasked"]).assign(note=note)
