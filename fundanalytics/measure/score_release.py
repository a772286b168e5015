"""Scores as an audience may see them: points that would give a hidden count of people back are hidden as well.

Place in the flow: between ``scores`` and whatever shows an evaluation. An item that rests on an indicator says no more than the released
indicator table does (``disclosure``). Ranks and totals stay: beside each hidden item one is hidden that only assessors know, so that no count
can be had from a total. An item that rests on another indicator would not do, since whoever reads the indicator can compute its points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd
from pandas.api.types import is_numeric_dtype

from ..errors import check_option
from .disclosure import AUDIENCES, HIDDEN, released
from .score_records import indicators_of
from .scores import Evaluation

if TYPE_CHECKING:
    from .rubric import Item

SUPPRESSED = "suppressed"
JUDGED = "assessments"  # the value of an item that assessors give


def release_scores(evaluation: Evaluation, audience: str = "public", *, table: pd.DataFrame | None = None) -> Evaluation:
    """An evaluation without what the audience must not see.

    Use: before any score is shown or written. Internal readers see everything.

    Parameters
    ----------
    evaluation : Evaluation
    audience : str
        ``public``, ``street`` or ``internal`` (see ``release``).
    table : DataFrame, optional
        The indicator table as it was released to this audience, where one is at hand; else it is made.

    Returns
    -------
    Evaluation
        Where the indicator behind an item is hidden for an area, its values and points are blank with the note ``suppressed``, and so are those
        of items that assessors scored, of at least as many full points, without which a difference would tell: of the same part, or else of
        others, and then the sums of both parts are blank; all of this in the means above that area too. Where there are no such items the total is blank.

    Raises
    ------
    ArgumentError
        An unknown audience.

    Examples
    --------
    >>> from fundanalytics import evaluate, load_sample
    >>> found = release_scores(evaluate(load_sample(), period="2020"))
    >>> int(found.items["note"].eq("suppressed").sum())
    0
    """
    check_option("audience", audience, AUDIENCES)
    if audience == "internal" or evaluation.rubric.unit != "community":
        return _for(evaluation, audience)
    gone = _hidden(evaluation, audience, table)
    items = _blank(evaluation.items, _and_above(evaluation, gone.items, "item_code"), ["points", "rate", "attained"])
    parts = _blank(evaluation.parts.assign(note=""), _and_above(evaluation, gone.parts, "part"), ["points", "rate"])
    totals = _blank(evaluation.totals, _and_above(evaluation, gone.totals, "level"), ["total", "points", "bonus", "grade"])
    hidden = pd.DataFrame(gone.items, columns=["area_code", "item_code"])
    points = _blank(evaluation.points, hidden, ["value", "share", "points", "n", "quality"])
    records = _blank(evaluation.records, hidden, ["value", "n", "quality"])
    return _for(replace(evaluation, items=items, parts=parts, totals=totals, points=points, records=records), audience)


def release_ranking(ranking: pd.DataFrame, evaluation: Evaluation) -> pd.DataFrame:
    """A ranking beside a released evaluation: the error of a total and what follows from it are blank where an item is hidden, since the error of a
    survey gives its counts back; all figures where the total is."""
    items, totals = (t[t["note"].astype("str").str.split(";").map(lambda codes: SUPPRESSED in codes)] for t in (evaluation.items, evaluation.totals))
    found = ranking.copy()
    figures = ["total", *(c for c in ranking if str(c).startswith("rank"))]
    for gone, columns in ((items, ["se", "df", *(c for c in ranking if str(c).startswith("chance_"))]), (totals, figures)):
        rows = ranking["area_code"].isin(gone["area_code"])
        for column in ranking.columns.intersection(columns):
            found[column] = ranking[column].mask(rows)
    found["grade"] = ranking["grade"].mask(ranking["area_code"].isin(totals["area_code"]), "")
    found.attrs = dict(ranking.attrs)
    return found


def _for(evaluation: Evaluation, audience: str) -> Evaluation:
    """The evaluation, whose items say for whom they are."""
    items = evaluation.items.copy()
    items.attrs["audience"] = audience
    return replace(evaluation, items=items)


@dataclass(frozen=True)
class _Gone:
    """What must not be shown: area and item, area and part, area and its level."""

    items: list[tuple[str, str]]
    parts: list[tuple[str, str]]
    totals: list[tuple[str, str]]


def _hidden(evaluation: Evaluation, audience: str, table: pd.DataFrame | None) -> _Gone:
    made = {item.code: set(indicators_of(item).values()) for item in evaluation.rubric.items if item.indicator or item.value == "formula"}
    if not made:
        return _Gone([], [], [])
    if table is None:
        names = sorted({name for pairs in made.values() for name, _ in pairs})
        table = released(evaluation.dataset, names, period=evaluation.period, audience=audience, as_of=evaluation.as_of)
    gone = table[table["note"].isin(HIDDEN) & table["level"].eq("community")]
    first = dict.fromkeys((row.area_code, code) for code, pairs in made.items() for row in gone.itertuples() if (row.indicator, row.basis) in pairs)
    return _covered(evaluation, list(first))


def _covered(evaluation: Evaluation, first: list[tuple[str, str]]) -> _Gone:
    """The hidden items with what must be hidden beside them."""
    scored = evaluation.items[evaluation.items["level"].eq("community") & evaluation.items["points"].notna()]
    known = set(zip(scored["area_code"], scored["item_code"], strict=True))
    judged = sorted((item for item in evaluation.rubric.base_items if item.value == JUDGED), key=lambda item: -item.points)
    found = _Gone(list(first), [], [])
    for area in dict.fromkeys(area for area, _ in first):
        mine = [evaluation.rubric.item(code) for of, code in first if of == area and (area, code) in known]
        free, open_parts, needed = [item for item in judged if (area, item.code) in known], [], 0.0
        for part in dict.fromkeys(item.part for item in mine):
            most = max(item.points for item in mine if item.part == part)
            beside = _enough([item for item in free if item.part == part], most)
            if beside:
                found.items.extend((area, item.code) for item in beside)
                free = [item for item in free if item not in beside]
            else:
                open_parts.append(part)
                needed = max(needed, most)
        beside = _enough(free, needed)
        found.items.extend((area, item.code) for item in beside)
        found.parts.extend((area, part) for part in dict.fromkeys([*open_parts, *(item.part for item in beside)]))
        if open_parts and not beside:
            found.totals.append((area, "community"))
    return found


def _enough(items: list[Item], points: float) -> list[Item]:
    """The first of some items that together have so many full points; none where all together have fewer."""
    taken: list[Item] = []
    for item in items:
        if sum(one.points for one in taken) >= points:
            break
        taken.append(item)
    return taken if sum(item.points for item in taken) >= points else []


def _and_above(evaluation: Evaluation, pairs: list[tuple[str, str]], column: str) -> pd.DataFrame:
    """Area and what of it is hidden, and the same of the streets and the district that it lies in: a mean would tell."""
    hidden = pd.DataFrame(pairs, columns=["area_code", column]).astype("str")
    if column == "level":
        above = evaluation.limits.climb(hidden.drop(columns="level"), ("street", "district"))
        return pd.concat([hidden, above])[["area_code", "level"]].drop_duplicates()
    return pd.concat([hidden, evaluation.limits.climb(hidden, ("street", "district"))])[["area_code", column]].drop_duplicates()


def _blank(table: pd.DataFrame, hidden: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    names = list(hidden)
    gone = pd.MultiIndex.from_frame(table[names].astype("str")).isin(pd.MultiIndex.from_frame(hidden.astype("str")))
    found = table.copy()
    for column in columns:
        found[column] = found[column].mask(gone) if is_numeric_dtype(found[column]) else found[column].mask(gone, "")
    found.loc[gone, "note"] = SUPPRESSED
    return found
