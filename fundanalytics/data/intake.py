"""One block of cells → checked rows of one table; whatever cannot be taken is written down.

The ledger of the door: for every block and table, rows read = kept + refused, and for every amount column the sum read =
kept + refused, in whole 分. A required cell that cannot be read refuses its row; any other refuses only itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from . import parse, people, scales, schema
from .areas import Names
from .ledger import Grid, Ledger, to_fen
from .locate import locate
from .mapping import Plan, Source
from .reader.units import scaled_counts
from .typed import taken_whole
from .workbook import UNIT_FACTORS

# figures of tables without money that a street may sum up over its communities
_COUNTED = {"populations": ["persons", "households", "eligible_persons"], "response_counts": ["count"]}
_COUNTER = re.compile(r"[(（](?:人次?|户次?|个|项|次|份|家|场)[)）]")
FEW = 5  # cells of one kind that are told one by one


def take(grid: Grid, plan: Plan, context: dict[str, str], names: Names | None, ledger: Ledger) -> pd.DataFrame:
    """The rows of ``grid`` that can be kept for ``plan.table``, with their trace; the rest goes to ``ledger``."""
    table = schema.TABLES[plan.table]
    if plan.rows is not None:
        grid = _only(grid, plan.rows.tolist())
    if plan.missing:
        return _refuse_block(grid, plan, ledger)
    if plan.distinct:
        grid = _once(grid, plan)
    size, before = len(grid), len(ledger.refused)
    frame, dead = {}, np.zeros(size, dtype=bool)
    columns = [c for c in table.columns if c.kind != "area" or names is None]
    columns += [schema.Column(q, "number", (q,)) for q in plan.sources if q.startswith("q_")]
    for column in columns:
        values, bad = _column(grid, plan, column, context, ledger)
        frame[column.name] = people.hashed(values, ledger) if column.name in people.HASHED else values
        dead |= bad
    for column in (c for c in table.columns if c.kind == "area" and names is not None):
        assert names is not None
        frame[column.name], bad = _areas(grid, plan, column, context, names, frame.get("period"), ledger)
        dead |= bad
    if plan.table == "totals":
        _counts_are_plain(frame, plan, grid)
    order = [c.name for c in table.columns] + [c for c in frame if c.startswith("q_")]
    trace = {
        "source_file": pd.array([grid.file] * size, dtype="str"),
        "source_sheet": pd.array([grid.sheet] * size, dtype="str"),
        "source_row": pd.array(np.asarray(grid.numbers), dtype="Int64"),
    }
    taken = pd.DataFrame({name: frame[name] for name in order} | trace)
    if names is not None:
        dead |= _refuse_totals(grid, plan, taken, dead, names, ledger)
    for cells in grid.merged_amounts:
        ledger.find(grid, "merged_amount", table=plan.table, cell=cells)
    _count(grid, plan.table, taken, dead, ledger)
    if not dead.any():
        return taken
    ledger.complete(grid, plan.table, taken[dead], since=before)
    return taken[~dead].reset_index(drop=True)


def _counts_are_plain(frame: dict[str, Any], plan: Plan, grid: Grid) -> None:
    """A number of projects among amounts has no unit of money."""
    source = plan.sources.get("value", Source())
    counted = np.asarray(pd.Series(frame["measure"]).eq("projects").fillna(False), dtype=bool)
    frame["value"] = np.where(counted, frame["value"] / UNIT_FACTORS.get(source.unit or grid.unit or "元", 1), frame["value"])


def _refuse_totals(grid: Grid, plan: Plan, taken: pd.DataFrame, dead: np.ndarray, names: Names, ledger: Ledger) -> np.ndarray:
    """Rows that name a street (or the district) and hold the sum of its areas' rows beside them: totals, never added in."""
    refused = np.zeros(len(taken), dtype=bool)
    figures = _COUNTED.get(plan.table) or [c.name for c in schema.TABLES[plan.table].columns if c.kind == "money"]
    typed = any(isinstance(cells, pd.Series) for cells in grid.columns.values())  # a database has no total rows
    if typed or "area_code" not in taken or not figures:
        return refused
    level = taken["area_code"].map(names.level)
    lower = level.isin(["street", "community"]) & ~dead
    upper = np.flatnonzero((level.isin(["district", "street"]) & ~dead).to_numpy()).tolist()
    if not upper or lower.sum() < 2:
        return refused
    keys = [c for c in ("period", "fund", "measure", "basis", "wave", "item", "level") if c in taken]
    memo: dict[Any, list[np.ndarray]] = {}
    said = list(zip(*(taken[c].astype("object").where(taken[c].notna(), None).tolist() for c in ["area_code", *keys]), strict=True))
    held = taken[figures].astype("float64").to_numpy()
    at_level, slack = level.tolist(), 0.5 * lower.sum()
    beside: dict[Any, list[int]] = {}
    for k in np.flatnonzero(lower.to_numpy()).tolist():
        beside.setdefault(said[k][1:], []).append(k)
    for i in upper:
        key = said[i]
        if key not in memo:
            inside = [k for k in beside.get(key[1:], ()) if names.below(said[k][0], key[0])]
            parts = [[k for k in inside if at_level[k] == at] for at in ("community", "street")]
            memo[key] = [np.nansum(held[part], axis=0) for part in parts if len(part) > 1]
        given = ~np.isnan(held[i])
        if (held[i][given] > 0).any() and any(np.allclose(sums[given], held[i][given], rtol=0, atol=slack) for sums in memo[key]):
            refused[i] = True
            ledger.refuse(grid, int(grid.numbers[i]), "total_row", table=plan.table, column="area_code", scope="row", found=key[0])
    return refused


def _once(grid: Grid, plan: Plan) -> Grid:
    """The block with each combination of the cells that the plan uses only once."""
    used = sorted(plan.used)
    cells = pd.DataFrame({i: list(grid.columns[i]) for i in used}, dtype="object")
    return _only(grid, np.flatnonzero(~cells.duplicated().to_numpy()).tolist())


def _only(grid: Grid, rows: list[int]) -> Grid:
    """The block with these of its rows."""
    columns = {i: cells.iloc[rows].reset_index(drop=True) if isinstance(cells, pd.Series) else [cells[k] for k in rows] for i, cells in grid.columns.items()}
    return replace(grid, numbers=[grid.numbers[k] for k in rows], columns=columns)


def _count(grid: Grid, table: str, taken: pd.DataFrame, dead: np.ndarray, ledger: Ledger) -> None:
    """Rows and sums as read, and the part refused here; later refusals add to it."""
    place = {"file": grid.file, "sheet": grid.sheet, "table": table}
    ledger.rows.append(place | {"read": len(taken), "refused": int(dead.sum())})
    for column in schema.TABLES[table].columns:
        if column.kind == "money":
            fen = to_fen(taken[column.name])
            if len(fen) and taken[column.name].notna().any():
                ledger.sums.append(place | {"column": column.name, "read": int(fen.sum()), "refused": int(fen[dead].sum())})


def _refuse_block(grid: Grid, plan: Plan, ledger: Ledger) -> pd.DataFrame:
    """A sheet that is meant for a table but lacks a required column: found once, each row refused."""
    before = len(ledger.refused)
    missing = "、".join(schema.TABLES[plan.table][c].headings[0] if c in {k.name for k in schema.TABLES[plan.table].columns} else c for c in plan.missing)
    seen = "、".join(str(h.text) for h in grid.headings)
    ledger.find(grid, "missing_column", table=plan.table, column=";".join(plan.missing), found=seen, expected=missing, detail=plan.hints)
    taken = pd.DataFrame(index=range(len(grid)))
    for column in schema.TABLES[plan.table].columns:
        source = plan.sources.get(column.name)
        if column.kind == "money" and source and source.index:
            taken[column.name] = _as_array(_parse(grid, column, source)[0], column)
        else:
            taken[column.name] = np.nan
    for number in grid.numbers:
        ledger.refuse(grid, int(number), "missing_column", table=plan.table, column=";".join(plan.missing), scope="row", expected=missing)
    _count(grid, plan.table, taken, np.ones(len(grid), dtype=bool), ledger)
    ledger.complete(grid, plan.table, taken.assign(source_row=np.asarray(grid.numbers)), since=before)
    return pd.DataFrame()


def _column(grid: Grid, plan: Plan, column: schema.Column, context: dict[str, str], ledger: Ledger) -> tuple[Any, np.ndarray]:
    """One column's values and the rows that it refuses."""
    size = len(grid)
    source = plan.sources.get(column.name)
    if source is None:
        said = column.name in ("period", "fund") and (column.required or "paid_on" not in plan.sources)
        fill = context.get(column.name) if said else None
        values = pd.array([fill] * size, dtype=column.dtype)
        return values, np.full(size, column.required and fill is None)
    if column.kind == "level" or column.name.startswith("q_"):
        source = _in_words(grid, plan.table, column.name, source, ledger)
    cells_in, problems, cells = _parse(grid, column, source)
    values = _as_array(cells_in, column)
    dead = np.asarray(pd.isna(values)) & column.required
    expected, scope = "、".join(words[0] for words in column.choices.values()) or column.kind, "row" if column.required else "cell"

    def told(i: int) -> dict[str, Any]:
        return {"table": plan.table, "column": column.name, "cell": _address(grid, i, source), "found": cells(i)}

    refused = {i for i, parsed in problems if parsed.how == "refused"}
    rounded = [i for i, parsed in problems if parsed.why == "rounded"]
    if len(rounded) > FEW:  # 万元 with five decimals throughout: told once
        ledger.find(grid, "rounded", **told(rounded[0]) | {"found": f"× {len(rounded)}"})
        problems = [(i, parsed) for i, parsed in problems if parsed.why != "rounded"]
    for i, parsed in problems:
        if i in refused:
            ledger.refuse(grid, int(grid.numbers[i]), parsed.why, expected=expected, scope=scope, **told(i))
        else:
            ledger.find(grid, parsed.why if parsed.why in ("rounded", "not_a_choice") else parsed.how, expected=parsed.value, detail=parsed.why, **told(i))
    for i in np.flatnonzero(dead).tolist():
        if i not in refused:
            ledger.refuse(grid, int(grid.numbers[i]), "missing", expected=expected, scope=scope, **told(i))
    return values, dead


def _in_words(grid: Grid, table: str, column: str, source: Source, ledger: Ledger) -> Source:
    """The source of answers with the levels of their words, where the whole column makes the scale certain; told once."""
    if source.codes or source.parts:
        return source
    cells = _raw(grid, source)
    levels, unknown = scales.levels_of(cell for cell in cells if str(cell).strip() not in source.blank)
    if not levels:
        return source
    cell = grid.cell(grid.heading_row, source.index[0]) if grid.heading_row and source.index else ""
    told = "、".join(f"{word}={level}" for word, level in sorted(levels.items(), key=lambda pair: -pair[1]))
    ledger.find(grid, "scale_words", table=table, column=column, cell=cell, found=told)
    return replace(source, codes={word: str(level) for word, level in levels.items()}, blank=source.blank | unknown)


def _address(grid: Grid, i: int, source: Source) -> str:
    if source.parts:  # the first cell of a sum that is not an amount
        wrong = (part for _, part in source.parts if parse.parse_number(grid.columns[part.index[0]][i]).how == "refused")
        source = next(wrong, source.parts[0][1])
    return grid.cell(int(grid.numbers[i]), source.index[0]) if source.index else ""


def _parse(grid: Grid, column: schema.Column, source: Source) -> tuple[Any, list[tuple[int, parse.Parsed]], Callable[[int], object]]:
    """Parsed values, the cells that were not simply exact, and a way to see a raw cell."""
    size, factor = len(grid), _factor(column, source, grid.unit)
    if source.parts:
        return _summed(grid, column, source)
    raw = _raw(grid, source)
    if isinstance(raw, pd.Series):
        fast = None if source.blank or source.codes else taken_whole(raw, column, factor)
        if fast is not None:
            return fast, [], lambda i: raw.iloc[i]
        raw = raw.astype("object").where(raw.notna(), None).tolist()
    unit = source.unit or grid.unit or "元"
    if column.kind == "money" and unit not in UNIT_FACTORS:
        wrong = parse.Parsed(None, "refused", "not_money" if unit == "%" else "unit_unclear")
        return [None] * size, [(i, wrong) for i, cell in enumerate(raw) if cell not in (None, "")], lambda i: raw[i]
    if column.kind == "count" and _counted_in_thousands(grid, source):
        return [None] * size, [(i, parse.Parsed(None, "refused", "unit_unclear")) for i, cell in enumerate(raw) if cell not in (None, "")], lambda i: raw[i]
    if column.kind == "share" and source.unit == "%" and any((parse.parse_number(cell).value or 0) > 1 for cell in raw):
        factor = 0.01  # cells in the format of percent hold shares, whatever the heading says
    if column.kind in ("code", "area") and not source.blank and not source.codes and parse.plain_codes(raw):
        return list(raw), [], lambda i: raw[i]
    alike = len({cell.__class__ for cell in raw} - {type(None)}) < 2  # 1, 1.0 and True are one key of a dict
    keys = raw if alike else [(cell.__class__, cell) for cell in raw]
    parsed = {key: _one(key if alike else key[1], column, source, factor, grid.epoch) for key in dict.fromkeys(keys)}
    told = {key for key, one in parsed.items() if one.how in ("refused", "approximate") or one.why == "rounded"}
    problems = [(i, parsed[key]) for i, key in enumerate(keys) if key in told] if told else []
    return [parsed[key].value for key in keys], problems, lambda i: raw[i]


def _raw(grid: Grid, source: Source) -> Any:
    """The cells of a source as they stand, before any is read."""
    if source.format:
        cells = {name: grid.columns[index] for name, index in source.fields.items()}
        return [source.fill({name: column[i] for name, column in cells.items()} | {"row": grid.numbers[i]}) for i in range(len(grid))]
    if not source.index:
        return [source.value] * len(grid)
    raw: Any = grid.columns[source.index[0]]
    for other in source.index[1:]:
        raw = [a if a not in (None, "") else b for a, b in zip(raw, grid.columns[other], strict=True)]
    return raw


def _counted_in_thousands(grid: Grid, source: Source) -> bool:
    """Whether 单位：万人 stands above or below the table, and the heading names no unit of its own."""
    if not source.index or not scaled_counts("\n".join([grid.title, *grid.notes])):
        return False
    return not any(_COUNTER.search(str(h.text)) for h in grid.headings if h.index in source.index)


def _summed(grid: Grid, column: schema.Column, source: Source) -> tuple[Any, list[tuple[int, parse.Parsed]], Callable[[int], object]]:
    """Several columns added up or taken off: blank where all are blank, refused where one is."""
    values: list[Any] = [None] * len(grid)
    worst: dict[int, parse.Parsed] = {}
    for sign, part in source.parts:
        cells, problems, _ = _parse(grid, column, part)
        for i, cell in enumerate(cells):
            if not pd.isna(cell):
                values[i] = (values[i] or 0) + sign * (round(cell * 100) if column.kind == "money" else cell)
        worst |= {i: parsed for i, parsed in problems if i not in worst or parsed.how == "refused"}
    if column.kind == "money":
        values = [None if v is None else v / 100 for v in values]
    values = [None if i in worst and worst[i].how == "refused" else v for i, v in enumerate(values)]

    def shown(i: int) -> str:
        return " ".join(f"{'+' if sign > 0 else '-'} {grid.columns[part.index[0]][i]}" for sign, part in source.parts).removeprefix("+ ")

    return values, sorted(worst.items()), shown


def _as_array(values: Any, column: schema.Column) -> Any:
    """Parsed values in the column's dtype; what came typed stays as it is."""
    if not isinstance(values, list):
        return values
    if column.dtype == "float64":
        return np.array([np.nan if v is None else v for v in values], dtype="float64")
    return pd.array(values, dtype=column.dtype)


def _one(cell: object, column: schema.Column, source: Source, factor: float, epoch: int) -> parse.Parsed:
    """One cell, after the mapping's own words for blank and for codes."""
    if source.blank or source.codes:
        word = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
        if word in source.blank:
            return parse.Parsed(None, "blank", "")
        cell = source.codes.get(word, cell)
    parsed = parse.parse(cell, column, factor=factor, epoch=epoch)
    if parsed.how == "refused" and "other" in column.choices:
        return parse.Parsed("other", "approximate", "not_a_choice")  # a kind of its own; the row and its money stay
    if column.kind == "period" and parsed.value and len(parsed.value) != 4:
        return parse.Parsed(None, "refused", "not_a_period")  # a row belongs to one fund year
    return parsed


def _factor(column: schema.Column, source: Source, sheet_unit: str | None) -> float:
    """What one unit of the sheet is in yuan, for amounts; the heading's unit before the sheet's."""
    if column.kind != "money":
        return 1
    return UNIT_FACTORS.get(source.unit or sheet_unit or "元", 1)


def _areas(grid: Grid, plan: Plan, column: schema.Column, context: dict[str, str], names: Names, periods: Any, ledger: Ledger) -> tuple[Any, np.ndarray]:
    """Area cells → codes: by code, then by name within the street; unknown and ambiguous names refuse the row."""
    size = len(grid)
    texts = {}
    for name in (column.name, "area_name", "street_name"):
        source = plan.sources.get(name)
        texts[name] = _parse(grid, schema.Column(name, "code", ()), source)[0] if source else [None] * size
    periods = [None] * size if periods is None else list(periods)
    memo: dict[Any, tuple[str | None, str, str]] = {}
    codes: list[str | None] = []
    dead = np.zeros(size, dtype=bool)
    wants = column.required
    named = column.name in plan.sources or "area_name" in plan.sources
    level = _level_said(grid, plan.sources.get("area_name"))
    aliased: set[Any] = set()
    for i, key in enumerate(zip(texts[column.name], texts["area_name"], texts["street_name"], periods, strict=True)):
        code_cell, area_name, street, period = cells = tuple(None if k is None or k is pd.NA or k != k else str(k) for k in key)
        if cells not in memo:
            memo[cells] = locate(names, code_cell, area_name, street, period, context.get("street"), named=named, level=level)
        found, rule, expected = memo[cells]
        codes.append(found)
        blank = not any(cells[:3])
        if found is None and (wants or not blank):
            dead[i] = wants
            place = next((plan.sources[n] for n in texts if n in plan.sources), Source())
            ledger.refuse(grid, int(grid.numbers[i]), "missing" if blank else rule, table=plan.table, column=column.name, cell=_address(grid, i, place),
                          found=" ".join(filter(None, cells[:3])), expected=expected, scope="row" if wants else "cell")  # fmt: skip
        elif rule and (rule != "alias_used" or cells[:3] not in aliased):
            aliased.add(cells[:3])  # an alias is told once a block
            ledger.find(grid, rule, table=plan.table, column=column.name, found=" ".join(filter(None, cells[:2])), expected=expected)
    if wants and size and not named and "street_name" not in plan.sources and context.get("street"):
        ledger.find(grid, "area_from_title", table=plan.table, column=column.name, found=context["street"], detail=size)
    return pd.array(codes, dtype="str"), dead


def _level_said(grid: Grid, source: Source | None) -> str | None:
    """``community`` when the heading over the names says 社区 or 村; 单位 may hold streets too."""
    texts = [str(h.text) for h in grid.headings if source and h.index in source.index]
    return "community" if texts and all(re.search("社区|村|community", text, re.IGNORECASE) for text in texts) else None
