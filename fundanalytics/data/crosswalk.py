"""Editions of the area list, and the way between them: what contradicts itself, and what would be counted twice.

Place in the flow: ``load`` hands over the areas, aliases and crosswalk as read, then the finished tables. A step that cannot be
followed is refused, and its code stays as it is; what can be followed but looks wrong is kept and found.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from . import schema
from .areas import period_end
from .checks import SHARE_SLACK, refuse_rows
from .ledger import Ledger

# tables where each area sends one figure a year: two codes for one place count it twice
_ONE_A_YEAR = ("populations", "allocations", "totals", "surveys", "response_counts")
_STEP = ["old_code", "effective_from"]


def check_crosswalk(crosswalk: pd.DataFrame, areas: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """The shares of a code must sum to 1 and lead to codes that hold afterwards, and not in a circle; or the code stays as it is."""
    if crosswalk.empty:  # a blank form
        return crosswalk
    group = crosswalk.groupby(_STEP)

    def whole_step(wrong: pd.Series) -> pd.Series:
        return wrong.groupby([crosswalk[c] for c in _STEP]).transform("any")

    last = areas.assign(valid_to=areas["valid_to"].fillna(pd.Timestamp("2261-12-31"))).groupby("area_code")["valid_to"].max()
    unknown = whole_step(~crosswalk["new_code"].isin(areas["area_code"]))
    ended = whole_step(crosswalk["new_code"].map(last) < crosswalk["effective_from"])
    broken = (group["share"].transform("sum") - 1).abs() > SHARE_SLACK
    circle = whole_step(_in_circle(crosswalk))
    left = pd.Series(True, crosswalk.index)
    for wrong, column, rule in (
        (unknown, "new_code", "unknown_area"), (broken, "share", "shares_not_one"), (ended, "new_code", "code_ended"), (circle, "old_code", "crosswalk_circle"),
    ):  # fmt: skip
        if (wrong & left).any():
            refuse_rows(crosswalk[wrong & left], "crosswalk", column, rule, ledger)
        left &= ~wrong
    kept = crosswalk[left].reset_index(drop=True)
    _find_odd_steps(kept, areas, ledger)
    return kept


def _given_away(crosswalk: pd.DataFrame) -> pd.Series:
    """Rows of codes that keep no part of their own: those with a row to themselves live on."""
    keeps = (crosswalk["old_code"] == crosswalk["new_code"]).groupby([crosswalk[c] for c in _STEP]).transform("any")
    return ~keeps


def _in_circle(crosswalk: pd.DataFrame) -> pd.Series:
    """Rows of codes that on one day are wholly given away and come back to themselves: both directions were listed."""
    found = pd.Series(False, crosswalk.index)
    for _, step in crosswalk[_given_away(crosswalk)].groupby("effective_from"):
        onward = step.groupby("old_code")["new_code"].agg(set).to_dict()
        for code in onward:
            seen: set[str] = set()
            ahead = set(onward[code])
            while ahead - seen:
                seen |= ahead
                ahead = set().union(*(onward.get(c, set()) for c in ahead))
            if code in seen:
                found.loc[step.index[step["old_code"] == code]] = True
    return found


def _find_odd_steps(crosswalk: pd.DataFrame, areas: pd.DataFrame, ledger: Ledger) -> None:
    """Steps that can be followed and yet say two things: the old code still holds, is filled again that day, or the new one does not hold yet."""
    gone = crosswalk[_given_away(crosswalk)].drop_duplicates(_STEP)
    for row in gone.to_dict("records"):
        day = row["effective_from"]
        spans = areas[areas["area_code"] == row["old_code"]]
        lasts = (spans["valid_to"].isna() | (spans["valid_to"] >= day)) & (spans["valid_from"].isna() | (spans["valid_from"] < day))
        if lasts.any():
            found = spans.loc[lasts, "valid_to"].iloc[0]
            _tell(row, "crosswalk", "old_code", "code_still_valid", ledger, found=row["old_code"], expected=_day(day), detail=_day(found))
        filled = crosswalk[(crosswalk["effective_from"] == day) & (crosswalk["new_code"] == row["old_code"])]
        if len(filled):
            _tell(row, "crosswalk", "old_code", "code_refilled", ledger, found=row["old_code"], detail="、".join(filled["old_code"]))
    begins = areas.assign(valid_from=areas["valid_from"].fillna(pd.Timestamp("1678-01-01"))).groupby("area_code")["valid_from"].min()
    late = crosswalk[crosswalk["new_code"].map(begins) > crosswalk["effective_from"]]
    for row in late.to_dict("records"):
        told = {"found": _day(begins[row["new_code"]]), "expected": _day(row["effective_from"]), "detail": row["new_code"]}
        _tell(row, "crosswalk", "effective_from", "edition_dates_differ", ledger, **told)


def check_editions(areas: pd.DataFrame, ledger: Ledger) -> None:
    """A code that holds twice at once, or for longer than the area above it: sums would take one of them, or lose it."""
    spans = areas.assign(
        since=areas["valid_from"].fillna(pd.Timestamp("1678-01-01")).astype("datetime64[s]"),
        until=areas["valid_to"].fillna(pd.Timestamp("2261-12-31")).astype("datetime64[s]"),
    )
    if spans.duplicated("area_code").any():
        ordered = spans.sort_values(["area_code", "since"], kind="stable")
        before = ordered.groupby("area_code")["until"].shift()
        for row in ordered[ordered["since"] <= before].drop_duplicates("area_code").to_dict("records"):
            _tell(row, "areas", "valid_from", "editions_overlap", ledger, found=row["area_code"], detail=row["area_name"])
    above = spans.groupby("area_code").agg(since=("since", "min"), until=("until", "max"))
    held = spans.merge(above, left_on="parent_code", right_index=True, suffixes=("", "_above"))
    outside = held[(held["since"] < held["since_above"]) | (held["until"] > held["until_above"])]
    for row in outside.drop_duplicates("area_code").to_dict("records"):
        told = f"{_day(row['since_above'])} – {_day(row['until_above'])}"
        _tell(row, "areas", "parent_code", "parent_not_valid", ledger, found=f"{row['area_code']} {row['area_name']}", expected=told, detail=row["parent_code"])


def check_aliases(aliases: pd.DataFrame, areas: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """An alias must lead to an area that is there."""
    lost = ~aliases["area_code"].isin(areas["area_code"])
    if lost.any():
        refuse_rows(aliases[lost], "aliases", "area_code", "unknown_area", ledger)
    return aliases[~lost].reset_index(drop=True)


def check_counted_twice(tables: dict[str, pd.DataFrame], ledger: Ledger) -> None:
    """A code and the code it went into, both with a figure for one year: found, with both cells."""
    crosswalk, areas = tables.get("crosswalk"), tables["areas"]
    if crosswalk is None or crosswalk.empty:
        return
    pairs = _successors(crosswalk)
    begins = areas.assign(valid_from=areas["valid_from"].fillna(pd.Timestamp("1678-01-01"))).groupby("area_code")["valid_from"].min()
    for table in _ONE_A_YEAR:
        rows = tables.get(table)
        if rows is None or rows.empty:
            continue
        keys = [k for k in schema.TABLES[table].key if k != "area_code"]
        figure = next(c.name for c in schema.TABLES[table].columns if c.kind in ("money", "count") and c.name not in keys)
        trace = ["source_file", "source_sheet", "source_row"]
        held = rows[["area_code", *keys, *trace]]
        both = held.merge(pairs, left_on="area_code", right_on="old_code").merge(
            held, left_on=["new_code", *keys], right_on=["area_code", *keys], suffixes=("", "_new")
        )
        for row in both.to_dict("records"):
            year_end = period_end(row["period"])
            if year_end >= row["effective_from"] or begins.get(row["new_code"], year_end) > year_end:
                other = {c: row[f"{c}_new"] for c in trace}
                where = f"{other['source_file']} {other['source_sheet']} {ledger.cell_of(table, figure, other)}"
                _tell(row, table, figure, "counted_twice", ledger, found=f"{row['old_code']} {row['new_code']}", expected=row["new_code"], detail=where)


def _successors(crosswalk: pd.DataFrame) -> pd.DataFrame:
    """Every code that keeps nothing, each code its area came to, at once or over several steps, and the day of the last step."""
    step = crosswalk[_given_away(crosswalk)][["old_code", "new_code", "effective_from"]]
    found, ahead = step, step
    for _ in range(len(step)):
        ahead = ahead.merge(step, left_on="new_code", right_on="old_code", suffixes=("", "_on"))
        ahead = ahead[ahead["effective_from_on"] > ahead["effective_from"]]
        if ahead.empty:
            break
        ahead = ahead[["old_code", "new_code_on", "effective_from_on"]].set_axis(step.columns, axis=1).drop_duplicates()
        found = pd.concat([found, ahead], ignore_index=True)
    return found[found["old_code"] != found["new_code"]].drop_duplicates(["old_code", "new_code"], keep="last")


def _tell(row: dict[Any, Any], table: str, column: str, code: str, ledger: Ledger, *, found: str, expected: str = "", detail: str = "") -> None:
    place = {"file": row["source_file"], "sheet": row["source_sheet"], "cell": ledger.cell_of(table, column, row), "table": table, "column": column}
    ledger.findings.append(place | {"code": code, "found": found, "expected": expected, "detail": detail})


def _day(day: pd.Timestamp) -> str:
    return "" if pd.isna(day) or day.year in (1678, 2261) else day.date().isoformat()
