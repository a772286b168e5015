"""Jumps in an area's yearly figures that the other areas do not share.

Part of ``cross``. What happens to all areas at once is no jump: each change is held against the median change of the areas of its
level, and against how much these differ. Areas that were redrawn in a year, and series that the rule book says break there, are
left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from .cross_findings import Book, cells, home_of, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

FEW = 5  # areas that are needed to say what is usual
SPREADS = 5.0  # robust standard deviations of the other areas' changes
MAD = 1.4826  # times the median absolute deviation: the standard deviation, were they normal


class Series(NamedTuple):
    """Yearly figures: table, column, name in the rule book, and for each figure area, year, kind (fund, basis), value, and a row of it."""

    table: str
    column: str
    name: str
    area: np.ndarray
    year: np.ndarray
    kind: np.ndarray
    value: np.ndarray
    row: np.ndarray


def check_series(book: Book) -> None:
    """Year on year changes of quota, arrived, paid and persons beyond ``series_jump`` of the rule book."""
    areas = book.tables["areas"]
    level = dict(zip(areas["area_code"], areas["level"], strict=True))
    redrawn = _redrawn(book.tables.get("crosswalk"))
    for series in _series(book):
        skipped = {str(b.get("period")) for b in book.rules.get("breaks") or () if series.name in b.get("series", (series.name,))}
        group = pd.factorize(np.array([f"{kind} {level.get(area, '')}" for kind, area in zip(series.kind, series.area, strict=True)], dtype="object"))[0]
        for one in range(group.max(initial=-1) + 1):
            mine = (group == one) & (series.value > 0)
            _jumps(series._replace(**{f: getattr(series, f)[mine] for f in series._fields[3:]}), skipped, redrawn, book)


def _of(table: str, column: str, name: str, keys: tuple[np.ndarray, ...], value: np.ndarray, row: np.ndarray) -> Series:
    area, year, kind = keys
    return Series(table, column, name, area, year, kind, value, row)


def _keys(rows: pd.DataFrame, kind: str) -> tuple[np.ndarray, ...]:
    return tuple(rows[c].to_numpy("object") for c in ("area_code", "period", kind))


def _series(book: Book) -> Iterator[Series]:
    for table, column, kind in (("allocations", "quota", "fund"), ("allocations", "arrived", "fund"), ("populations", "persons", "basis")):
        if book.has(table):
            rows = book.tables[table]
            yield _of(table, column, column, _keys(rows, kind), rows[column].to_numpy("float64", na_value=np.nan), np.arange(len(rows)))
    if book.has("totals"):
        rows = book.tables["totals"]
        rows, at = rows[rows["measure"] == "paid"], np.flatnonzero(rows["measure"] == "paid")
        yield _of("totals", "value", "paid", _keys(rows, "fund"), rows["value"].to_numpy("float64"), at)
    if book.has("payments", "projects"):
        yield _paid(book)


def _paid(book: Book) -> Series:
    """Payments summed by the area, fund year and fund of their projects; the largest stands for each sum."""
    projects, mine = book.tables["projects"], np.flatnonzero(book.project_of >= 0)
    keys = _keys(projects, "fund")
    codes = pd.factorize(pd.MultiIndex.from_arrays(list(keys)))[0]
    group, amount = codes[book.project_of[mine]], book.tables["payments"]["amount"].to_numpy("float64")[mine]
    order = np.lexsort((amount, group))
    group, last = group[order], np.append(np.flatnonzero(np.diff(group[order])), len(order) - 1)
    first = np.unique(codes, return_index=True)[1][group[last]]
    sums = np.bincount(group, amount[order])[group[last]]
    return _of("payments", "amount", "paid", tuple(k[first] for k in keys), sums, mine[order[last]])


def _redrawn(crosswalk: pd.DataFrame | None) -> dict[str, set[str]]:
    """Year → codes that were given up, taken over or split in it."""
    found: dict[str, set[str]] = {}
    for row in crosswalk.itertuples() if crosswalk is not None else ():
        found.setdefault(str(row.effective_from.year), set()).update((row.old_code, row.new_code))
    return found


def _jumps(series: Series, skipped: set[str], redrawn: dict[str, set[str]], book: Book) -> None:
    """The findings of one series. A jump there and back is one finding, where it began."""
    codes, names = pd.factorize(series.area)
    place, years = pd.factorize(series.year, sort=True)
    if len(names) <= FEW:
        return
    logs, at = np.full((len(names), len(years)), np.nan), np.zeros((len(names), len(years)), dtype="int64")
    logs[codes, place], at[codes, place] = np.log(series.value), np.arange(len(place))
    factor = np.log(float(book.value("series_jump")))
    jumped = np.zeros(logs.shape)
    for t in range(1, len(years)):
        if int(years[t]) != int(years[t - 1]) + 1 or years[t] in skipped:
            continue
        change = logs[:, t] - logs[:, t - 1]
        if years[t] in redrawn:
            change[[name in redrawn[years[t]] for name in names]] = np.nan
        known = change[~np.isnan(change)]
        if len(known) <= FEW:
            continue
        usual = np.median(known)
        limit = max(factor, SPREADS * MAD * np.median(np.abs(known - usual)))
        jumped[:, t] = np.where(np.abs(change - usual) > limit, np.sign(change - usual), 0)
        back = (jumped[:, t] != 0) & (jumped[:, t] == -jumped[:, t - 1])
        bad = np.flatnonzero((jumped[:, t] != 0) & ~back)
        if len(bad):
            _told(series, at[bad, t], at[bad, t - 1], float(np.exp(usual)), book)


def _told(series: Series, now: np.ndarray, then: np.ndarray, usual: float, book: Book) -> None:
    rows = book.tables[series.table]
    rows_now, rows_then = rows.iloc[series.row[now]], rows.iloc[series.row[then]]
    found = [f"{series.year[i]} {series.value[i]:.0f}" for i in now]
    expected = [f"≈ {series.value[i] * usual:.0f}" for i in then]
    homes = [home_of(rows_now.iloc[i]) for i in range(len(now))]
    places = [cells(book.ledger, series.table, series.column, rows_then.iloc[[i]], home) for i, home in enumerate(homes)]
    detail = [f"{series.area[i]} {series.year[i]} {series.value[i]:.0f} {place}" for i, place in zip(then, places, strict=True)]
    tell(book.ledger, series.table, rows_now, series.column, "series_break", found=found, expected=expected, detail=detail)
