"""Counts of people that cannot be: more returned than issued, more valid than returned, more eligible than there are.

Part of ``cross``.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from .cross_findings import Book, cells, home_of, places, tell

# table, the column that cannot exceed, the column it cannot exceed, code
LIMITS = (
    ("surveys", "returned", "issued", "returned_above_issued"),
    ("surveys", "valid", "returned", "valid_above_returned"),
    ("populations", "eligible_persons", "persons", "eligible_above_persons"),
    ("populations", "households", "persons", "households_above_persons"),
    ("events", "persons", "person_times", "persons_above_times"),
)


def check_counts(book: Book) -> None:
    """Counts inside a row, answers against the survey's own count, people at an event against the area's population."""
    for table, column, limit, code in LIMITS:
        if book.has(table):
            rows = book.tables[table]
            bad = rows[(rows[column] > rows[limit]).to_numpy("bool", na_value=False)]
            if len(bad):
                detail = [f"{limit} " + cells(book.ledger, table, limit, bad.iloc[[i]], home_of(row)) for i, row in enumerate(places(bad))]
                tell(book.ledger, table, bad, column, code, found=bad[column].astype("str"), expected="≤ " + bad[limit].astype("str"), detail=detail)
    if book.has("surveys", "responses"):
        _answers(book)
    if book.has("events", "populations"):
        _attendance(book)


def _answers(book: Book) -> None:
    """As many answers as the survey says are valid; answers that were refused may be of any area."""
    surveys, responses, areas = book.tables["surveys"], book.tables["responses"], book.tables["areas"]
    parent = dict(zip(areas["area_code"].tolist(), areas["parent_code"].tolist(), strict=True))
    counts = Counter(_waves(responses))
    streets: Counter[tuple[Any, ...]] = Counter()
    for (area, *rest), count in counts.items():
        streets[parent.get(area), *rest] += count
    stated: dict[tuple[Any, ...], list[float]] = {}
    for key, valid in zip(_waves(surveys), surveys["valid"].to_numpy("float64", na_value=np.nan).tolist(), strict=True):
        stated.setdefault(key, []).append(valid)
    refused = len({(t["file"], t["sheet"], t["row"]) for t in book.ledger.refused if t["table"] == "responses" and t["scope"] == "row"})
    for key, valid in stated.items():
        count = counts[key] or streets[key]
        if count and not np.isnan(sum(valid)) and not count <= sum(valid) <= count + refused:
            row = surveys.iloc[[_waves(surveys).index(key)]]
            tell(book.ledger, "surveys", row, "valid", "responses_differ", found=f"{sum(valid):.0f}", expected=str(count))


def _waves(rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(zip(*(rows[c].astype("object").where(rows[c].notna(), None).tolist() for c in ("area_code", "period", "wave")), strict=True))


def _attendance(book: Book) -> None:
    """More people at one event than live in the area, by the largest of the year's counts."""
    events, populations = book.tables["events"], book.tables["populations"]
    most: dict[tuple[str, str], int] = {}
    for area, year, persons in zip(*(populations[c].tolist() for c in ("area_code", "period", "persons")), strict=True):
        most[area, year] = max(most.get((area, year), 0), persons)
    live = np.array([most.get(key, np.inf) for key in zip(events["area_code"].tolist(), events["period"].tolist(), strict=True)])
    bad = events["persons"].to_numpy("float64", na_value=np.nan) > live
    if bad.any():
        expected = [f"≤ {int(n)}" for n in live[bad]]
        tell(book.ledger, "events", events[bad], "persons", "persons_above_population", found=events["persons"][bad].astype("str"), expected=expected)
