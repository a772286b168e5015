"""Headings that hold a year → which columns of a sheet belong to which fund year.

Place in the flow: beside ``mapping``. ``load`` reads such a block as several years only where nothing about it is open; ``propose`` writes
down the rest for a person to decide.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Any, NamedTuple

from . import schema
from .ledger import Grid, Ledger
from .mapping import Plan, Source, filled, plan_recognised, told_of_all
from .reader.headings import Heading
from .reader.units import keys_of

_YEAR = re.compile(r"((?:19|20)\d{2})年?度?")


class Wide(NamedTuple):
    """Columns of years that go together: what they hold (a heading without the year) and the pattern for a mapping."""

    rest: str
    pattern: str
    headings: tuple[Any, ...]
    years: tuple[str, ...]


def understood(grid: Grid) -> tuple[Plan | None, list[Wide]]:
    """The table that a block is, and its columns of years where they make it one."""
    plan = plan_recognised(grid, told_of_all(grid))
    groups = [w for w in _groups(grid) if any(key in schema.known_headings() for key in keys_of(w.rest))]
    years = {h.index for w in groups for h in w.headings}
    if not groups or (plan and not plan.missing and not _years_unheard(plan, years)):
        return plan, []
    period = Heading("年度", keys_of("年度"), None, -1)
    merged = [Heading(w.rest, keys_of(w.rest), w.headings[0].unit, w.headings[0].index) for w in groups]
    long = plan_recognised(replace(grid, headings=[*merged, *(h for h in grid.headings if h.index not in years), period]), told_of_all(grid))
    if long and not long.missing and any(h.index in long.used for h in merged):
        return long, [w for w in groups if w.headings[0].index in long.used]
    return plan, []


def _years_unheard(plan: Plan, years: set[int]) -> bool:
    """Whether a year in the title stands for columns whose headings name other years."""
    return "period" in schema.TABLES[plan.table].key and "period" not in plan.sources and not years.isdisjoint(plan.used)


def _groups(grid: Grid) -> list[Wide]:
    """Headings that differ only in their year."""
    found: dict[tuple[str, str], list[tuple[str, Any]]] = {}
    for heading in grid.headings:
        text = unicodedata.normalize("NFKC", str(heading.text))
        bare = re.sub(r"\s*\([^()]*\)$", "", text)
        text = bare if _YEAR.search(bare) else text  # (万元) goes, (2019年) stays
        years = _YEAR.findall(text)
        if len(years) == 1:
            rest = _YEAR.sub("", text).replace("()", "").strip("/ -_")
            found.setdefault((rest, _YEAR.sub("{period}", text)), []).append((years[0], heading))
    return [Wide(rest, pattern, tuple(h for _, h in at), tuple(y for y, _ in at)) for (rest, pattern), at in found.items() if len(at) > 1 and rest]


def plans_recognised(grid: Grid, ledger: Ledger) -> list[Plan]:
    """The table that a block's headings fit best, several times over where each year has columns of its own; none when it is like no table."""
    long, groups = understood(grid)
    plans = _each_year(grid, long, groups) if long and groups else []
    if not plans:
        plan = plan_recognised(grid, told_of_all(grid))
        return [plan] if plan else []
    texts = {h.index: str(h.text) for h in grid.headings}
    told = "；".join(f"{p.sources['period'].value}: {'、'.join(texts[i] for i in sorted(_own(p, plans)))}" for p in plans)
    cell = grid.cell(grid.heading_row, min(_own(plans[0], plans))) if grid.heading_row else ""
    ledger.find(grid, "wide_read", table=plans[0].table, cell=cell, found=told)
    return plans


def _own(plan: Plan, plans: list[Plan]) -> frozenset[int]:
    return plan.used - frozenset.intersection(*(p.used for p in plans))


def _each_year(grid: Grid, long: Plan, groups: list[Wide]) -> list[Plan]:
    """A plan for each year, or none: where a year stands twice or lacks a required column, or a column beside them may be of any of the years."""
    table = schema.TABLES[long.table]
    at = {w.headings[0].index: dict(zip(w.years, w.headings, strict=True)) for w in groups}
    columns = {name: at[s.index[0]] for name, s in long.sources.items() if s.index[0] in at}
    beside = {name: s for name, s in long.sources.items() if name not in columns and name != "period"}
    helpers = {c.name for c in schema.HELPERS}
    if (
        "period" not in table.key
        or long.sources["period"].index != (-1,)
        or columns.keys() & {*table.key, *helpers}
        or not beside.keys() <= {*table.key, *helpers}
    ):
        return []
    if any(len(set(w.years)) < len(w.years) for w in groups) or any(len(long.sources[name].index) > 1 for name in columns):
        return []
    plans = []
    for year in sorted({y for years in columns.values() for y in years}):
        own = {name: Source((years[year].index,), unit=years[year].unit) for name, years in columns.items() if year in years}
        if any(name in table.required and name not in own for name in columns):
            return []
        places = [s.index[0] for s in own.values()]
        used = frozenset(places).union(*(s.index for s in beside.values()))
        plans.append(Plan(long.table, beside | own | {"period": Source(value=year)}, used, (), rows=filled(grid, places, None)))
    return plans
