"""Areas of which a table has nothing in a year in which it has the others; areas that count beside areas inside them.

Part of ``cross``. Only areas that existed in the year count, at the level at which the table is kept; money of a fund that not
every area gets does not make a table. Told once for each area, table and year, to the file that holds its neighbours; where most
areas are missing, once for the table and year.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from . import schema
from .areas import edition, period_end
from .cross_findings import Book, home_of, tell, write

if TYPE_CHECKING:
    from .ledger import Ledger

TABLES = ("populations", "allocations", "projects", "payments", "responses")
# tables with one figure for each area: a street and its communities both count in the sums of the street
ONE_FIGURE = {"populations": "persons", "allocations": "quota", "totals": "value", "response_counts": "count"}
MOST = 0.5  # of the areas missing: then the table is incomplete, or a sample
Codes = dict[str, dict[str, int]]  # year → area → a row of it


def check_areas(book: Book) -> None:
    """Missing years, areas without data, tables without most areas."""
    areas = book.tables["areas"]
    if not len(areas):
        return
    follows = _followed(book.tables.get("crosswalk"))
    editions: dict[str, list[dict[str, str]]] = {}
    for name in TABLES:
        codes = _codes(name, book)
        for year in codes:
            if year not in editions:
                valid = edition(areas, period_end(year))
                editions[year] = [dict(zip(valid["area_code"].tolist(), valid[c].tolist(), strict=True)) for c in ("level", "parent_code", "area_name")]
            _missing(name, year, book.tables[name], editions[year], codes, follows, book.ledger)


def _codes(name: str, book: Book) -> Codes:
    """The areas of each year that a table has; money of the counted funds only, and payments where their project is."""
    if not book.has(name) or (name == "payments" and not book.has("projects")):
        return {}
    rows = book.tables["projects" if name == "payments" else name]
    counted = rows["fund"].isin(book.value("funds")) if "fund" in rows else pd.Series(True, index=rows.index)
    places = list(zip(rows["period"].tolist(), rows["area_code"].tolist(), counted.tolist(), strict=True))
    at, first = np.unique(book.project_of, return_index=True) if name == "payments" else (np.arange(len(rows)),) * 2
    found: Codes = {}
    for i, project in zip(first.tolist(), at.tolist(), strict=True):
        year, code, counts = places[project] if project >= 0 else ("", "", False)
        if counts:
            found.setdefault(year, {}).setdefault(code, i)
    return found


def _followed(crosswalk: pd.DataFrame | None) -> dict[str, set[str]]:
    """Old code → the codes that took its place."""
    follows: dict[str, set[str]] = {}
    for row in crosswalk.itertuples() if crosswalk is not None else ():
        follows.setdefault(row.old_code, set()).add(row.new_code)
    return follows


def _missing(name: str, year: str, rows: pd.DataFrame, valid: list[dict[str, str]], codes: Codes, follows: dict[str, set[str]], ledger: Ledger) -> None:
    """The areas of one year of which a table has nothing; ``valid``: level, parent and name of those that there were."""
    level, parent, names = valid
    mine = codes[year]
    have = {*mine, *(new for old in mine for new in follows.get(old, ()))}
    levels = Counter(level[c] for c in sorted(have) if c in level)
    if not levels:
        return
    kept_at = levels.most_common(1)[0][0]
    below = {parent[c] for c in have if c in parent}
    wanted = sorted(c for c, at in level.items() if at == kept_at)
    missing = [c for c in wanted if not {c, parent[c]} & have and c not in below]
    if len(missing) > MOST * len(wanted):
        write(ledger, "table_incomplete", ("", ""), "", name, "area_code", str(len(wanted) - len(missing)), str(len(wanted)), f"{year} {kept_at}")
        return
    sent = {told["area_code"] for told in ledger.refused if told["table"] == name and told["period"] in (year, None)}
    for code in missing:
        if {code, parent[code]} & sent:  # rows came and were refused: that is told already
            continue
        near = next((i for other, i in mine.items() if parent.get(other) == parent[code]), None)
        home = ("", "") if near is None else home_of(rows.iloc[near])
        between = any(code in c for y, c in codes.items() if y < year) and any(code in c for y, c in codes.items() if y > year)
        write(ledger, "missing_year" if between else "area_without_data", home, "", name, "area_code", f"{code} {names[code]}", year, kept_at)


def check_levels(book: Book) -> None:
    """Areas that have a figure beside areas inside them: if it is their sum, they count twice."""
    parent = dict(zip(book.tables["areas"]["area_code"], book.tables["areas"]["parent_code"], strict=True))
    for name, figure in ONE_FIGURE.items():
        if not book.has(name):
            continue
        rows, keys = book.tables[name], [k for k in schema.TABLES[name].key if k != "area_code"]
        held = rows[["area_code", *keys, figure]].astype({figure: "float64"})
        first = held.assign(area_code=held["area_code"].map(parent))
        sums = [part.groupby(["area_code", *keys], dropna=False)[figure].sum() for part in (first, first.assign(area_code=first["area_code"].map(parent)))]
        inside = pd.concat(sums).reset_index().drop_duplicates(["area_code", *keys])
        both = held.merge(inside, on=["area_code", *keys], how="left", suffixes=("", "_inside")).set_axis(rows.index)
        both = both[both[f"{figure}_inside"].notna() & both["area_code"].notna()]
        found, expected = ([f"{value:.15g}" for value in both[c]] for c in (figure, f"{figure}_inside"))
        tell(book.ledger, name, rows.loc[both.index], figure, "counted_with_parts", found=found, expected=expected)
