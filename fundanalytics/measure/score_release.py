"""Scores as an audience may see them: points that would give a hidden count of people back are hidden as well.

Place in the flow: between ``scores`` and whatever shows an evaluation. An item that rests on an indicator says no more than the released
indicator table does (``disclosure``); ranks and totals stay, since no count can be had from a total of which two items are hidden.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ..errors import check_option
from .disclosure import AUDIENCES, HIDDEN, released
from .score_records import indicators_of
from .scores import Evaluation

SUPPRESSED = "suppressed"


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
        Where the indicator behind an item is hidden for an area, its values and points are blank with the note ``suppressed``, and so
        are those of the next item of the same part, without which a difference would tell; and the item's means above that area.

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
    hidden = _hidden(evaluation, audience, table)
    items = _blank(evaluation.items, pd.concat([hidden, _above(evaluation, hidden)]), ["points", "rate", "attained"])
    points = _blank(evaluation.points, hidden, ["value", "share", "points"])
    records = _blank(evaluation.records, hidden, ["value"])
    return _for(replace(evaluation, items=items, points=points, records=records), audience)


def _for(evaluation: Evaluation, audience: str) -> Evaluation:
    """The evaluation, whose items say for whom they are."""
    items = evaluation.items.copy()
    items.attrs["audience"] = audience
    return replace(evaluation, items=items)


def _hidden(evaluation: Evaluation, audience: str, table: pd.DataFrame | None) -> pd.DataFrame:
    """``area_code`` and ``item_code`` of what must not be shown."""
    made = {item.code: set(indicators_of(item).values()) for item in evaluation.rubric.items if item.indicator or item.value == "formula"}
    if not made:
        return pd.DataFrame(columns=["area_code", "item_code"])
    if table is None:
        names = sorted({name for pairs in made.values() for name, _ in pairs})
        table = released(evaluation.dataset, names, period=evaluation.period, audience=audience, as_of=evaluation.as_of)
    gone = table[table["note"].isin(HIDDEN) & table["level"].eq("community")]
    first = [(row.area_code, code) for code, pairs in made.items() for row in gone.itertuples() if (row.indicator, row.basis) in pairs]
    return pd.DataFrame(list(dict.fromkeys([*first, *_beside(evaluation, first)])), columns=["area_code", "item_code"])


def _beside(evaluation: Evaluation, first: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """One more scored item of each part in which a single one is hidden."""
    rubric, taken = evaluation.rubric, set(first)
    scored = evaluation.items[evaluation.items["level"].eq("community") & evaluation.items["points"].notna()]
    known = set(zip(scored["area_code"], scored["item_code"], strict=True))
    found = []
    for area, code in first:
        part = [item.code for item in rubric.items_of(rubric.item(code).part)]
        if sum((area, other) in taken for other in part) == 1:
            others = [other for other in part[part.index(code) + 1 :] + part[: part.index(code)] if (area, other) in known]
            found += [(area, other) for other in others[:1]]
    return found


def _above(evaluation: Evaluation, hidden: pd.DataFrame) -> pd.DataFrame:
    """The same items of the streets and the district that these communities lie in."""
    return evaluation.limits.climb(hidden, ("street", "district"))[["area_code", "item_code"]].drop_duplicates()


def _blank(table: pd.DataFrame, hidden: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    pairs = pd.MultiIndex.from_frame(hidden[["area_code", "item_code"]])
    gone = pd.MultiIndex.from_frame(table[["area_code", "item_code"]]).isin(pairs)
    found = table.copy()
    for column in columns:
        found.loc[gone, column] = float("nan") if found[column].dtype.kind == "f" else ""
    found.loc[gone, "note"] = SUPPRESSED
    return found
