"""Amounts that are a thousand or ten thousand times too large or too small, as when yuan are written under 万元: found, never corrected.

Part of ``cross``. A whole block is judged first, by its typical ratio to what its amounts belong to, and by the other blocks of
its table. A single cell is found by its own row (a contract ten thousand times its budget), by its project (with the payment
divided by ten thousand, the payments make up the contract), or, where a column stands alone, by a gap: amounts are skewed, so the
gap must be far wider than the tail of the column would make it by chance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from .cross_findings import Book, cells, home_of, tell, write

if TYPE_CHECKING:
    from .ledger import Ledger

POWERS = (3, 4)
CLOSE = np.log10(1.2)  # a ratio within 20 % of 1,000 or 10,000
FAR = 2.3  # decades (200 times): no budget lies so far from its contract
ROWS, FEW, COLUMN, BLOCKS = 5, 6, 10, 4  # rows that make a block typical; amounts that make a column, a distribution; blocks that make a table
GAP, WIDE, TAILS, ASIDE = 1.0, 2.0, 5.0, 0.5  # decades, for few amounts too; mean excesses of the tail; share of a column that may stand aside
MAD = 1.4826
# columns of one row that are about as large; columns whose spread is looked at
ALIKE = {"projects": ("budget", "contract_amount"), "allocations": ("quota", "arrived")}
SPREAD: dict[str, tuple[str, ...]] = {**ALIKE, "payments": ("amount",), "listings": ("amount",), "totals": ("value",)}


class Column(NamedTuple):
    """A money column: decimal logarithms, the rows of each block, and which cells are told already."""

    table: str
    name: str
    rows: pd.DataFrame
    logs: np.ndarray
    blocks: list[np.ndarray]
    told: np.ndarray


def check_factors(book: Book) -> None:
    """Blocks in another unit, then single cells."""
    columns: dict[tuple[str, str], Column] = {}
    for table, names in SPREAD.items():
        if book.has(table):
            rows, blocks = book.tables[table], _blocks(table, book)
            for name in names:
                values = rows[name].to_numpy("float64")
                logs = np.log10(values, out=np.full(len(values), np.nan), where=values > 0)
                columns[table, name] = Column(table, name, rows, logs, blocks, np.zeros(len(rows), dtype=bool))
    for table, (one, other) in ALIKE.items():
        if (table, one) in columns:
            _rows_alike(columns[table, one], columns[table, other], book.ledger)
    if book.has("payments", "projects"):
        _payments(columns["payments", "amount"], columns["projects", "contract_amount"], columns["projects", "budget"], book)
    for column in columns.values():
        if column.table != "totals":
            _among_blocks(column, book.ledger)
        _gaps(column, book.ledger)


def _blocks(table: str, book: Book) -> list[np.ndarray]:
    """The rows of each block; several blocks of a sheet may be in several units."""
    codes, rows = book.sheets(table), book.tables[table]
    if table == "totals":
        codes = codes * 10 + pd.factorize(rows["measure"])[0]
    for (file, sheet, of), found in book.ledger.places.items():
        if of == table and len(found) > 1:
            mine = ((rows["source_file"] == file) & (rows["source_sheet"] == sheet)).to_numpy()
            firsts = np.array(sorted(int(grid.numbers[0]) for grid, _ in found if len(grid)))
            within = np.searchsorted(firsts, rows["source_row"].to_numpy("int64")[mine], side="right")
            codes = codes.copy()
            codes[mine] = codes.max() + 1 + within
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def _median(values: np.ndarray) -> tuple[float, int]:
    """Median of the known values, and how many there are."""
    known = values[~np.isnan(values)]
    return (float(np.median(known)) if len(known) else np.nan), len(known)


def _near(distance: np.ndarray) -> np.ndarray:
    """The power of ten (3 or 4, with its sign) that each distance lies within 20 % of; 0 where there is none."""
    power = np.clip(np.rint(np.abs(distance)), *POWERS)
    return np.where(np.abs(np.abs(distance) - power) <= CLOSE, np.sign(distance) * power, 0)


# --- whole blocks ------------------------------------------------------------------------------------------------------
def _unit(column: Column, block: np.ndarray, ratio: float, against: str, ledger: Ledger) -> None:
    """One finding for a block; its cells are not named again."""
    mine = block[~np.isnan(column.logs[block])]
    if column.told[mine].all():
        return
    column.told[mine] = True
    row = column.rows.iloc[mine[:1]]
    home = home_of(row.iloc[0])
    cell = cells(ledger, column.table, column.name, row, home)
    write(ledger, "unit_suspected", home, cell, column.table, column.name, f"× {10**ratio:.3g}", "× 1", f"{against} × {len(mine)}")


def _among_blocks(column: Column, ledger: Ledger) -> None:
    """Blocks whose typical amount lies a thousand or ten thousand times off that of the other blocks of the table."""
    logs = np.where(column.told, np.nan, column.logs)
    typical = [(block, median) for block, (median, count) in ((b, _median(logs[b])) for b in column.blocks) if count >= ROWS]
    medians = np.array([median for _, median in typical])
    for i, (block, median) in enumerate(typical if len(typical) >= BLOCKS else ()):
        if abs(median - np.median(medians)) > FAR - 1:
            others = np.delete(medians, i)
            usual = float(np.median(others))
            if abs(median - usual) > max(FAR, 5 * MAD * float(np.median(np.abs(others - usual)))):
                _unit(column, block, median - usual, column.table, ledger)


# --- rows --------------------------------------------------------------------------------------------------------------
def _rows_alike(one: Column, other: Column, ledger: Ledger) -> None:
    """Two columns of the same rows: blocks whose ratio is far from 1, then rows; the cell that is unlike its own column is named."""
    ratio = one.logs - other.logs
    for block in one.blocks:
        median, count = _median(ratio[block])
        if count >= ROWS and abs(median) > FAR:
            odd, even = _odder(one, other, block)
            _unit(odd, block, median if odd is one else -median, even.name, ledger)
    power = np.where(one.told | other.told, 0, _near(ratio))
    for block in one.blocks:
        bad = block[power[block] != 0]
        if len(bad):
            off = [np.abs(column.logs[bad] - _usual(column, block, np.abs(ratio) < 1)) for column in (one, other)]
            for odd, even, mine, sign in ((one, other, off[0] > off[1], 1), (other, one, off[0] <= off[1], -1)):
                _cells(odd, bad[mine], sign * power[bad[mine]], even.name, ledger)


def _usual(column: Column, block: np.ndarray, sound: np.ndarray) -> float:
    """The typical logarithm of a block's sound rows, or of the whole column where there are none."""
    median, count = _median(column.logs[block][sound[block]])
    return median if count else _median(column.logs)[0]


def _odder(one: Column, other: Column, block: np.ndarray) -> tuple[Column, Column]:
    """Of two columns of a block that do not fit each other, the one that is less like the same column elsewhere comes first."""

    def off(column: Column) -> float:
        elsewhere, count = _median(np.delete(column.logs, block))
        return abs(_median(column.logs[block])[0] - elsewhere) if count else 0.0

    return (one, other) if off(one) > off(other) else (other, one)


def _payments(amount: Column, contract: Column, budget: Column, book: Book) -> None:
    """Payments against what their project costs, by contract or else by budget."""
    cost = np.where(np.isnan(contract.logs), budget.logs, contract.logs)
    cost[contract.told | budget.told] = np.nan
    at = book.project_of
    of, value = np.where(at >= 0, cost[at], np.nan), amount.rows["amount"].to_numpy("float64")
    for block in amount.blocks:
        mine = block[~np.isnan(of[block])]
        projects, within = np.unique(at[mine], return_inverse=True)
        sums = np.bincount(within, value[mine], len(projects))
        median, count = _median(np.log10(np.maximum(sums, 0.01)) - cost[projects])
        if count >= ROWS and abs(median) > FAR:
            _unit(amount, block, median, "contract_amount", book.ledger)
    power = np.where(amount.told, 0, _explained(amount.logs, value, of, at))
    mine = np.flatnonzero(power)
    _cells(amount, mine, power[mine], "contract_amount", book.ledger)


def _explained(logs: np.ndarray, value: np.ndarray, of: np.ndarray, project: np.ndarray) -> np.ndarray:
    """For each payment the power of ten that makes its project's payments fit what the project costs; 0 where it need not."""
    suspect = np.flatnonzero(np.abs(logs - of) > FAR - 0.6)
    power, best = np.zeros(len(value)), np.full(len(suspect), np.inf)
    if not len(suspect):
        return power
    rest = np.bincount(project[project >= 0], value[project >= 0])[project[suspect]] - value[suspect]
    ratio, cost, tiny = (logs - of)[suspect], of[suspect], logs[suspect] < np.nanmedian(logs) - 2
    for p in (3, -3, 4, -4):
        fits = rest + value[suspect] / 10.0**p
        off = np.abs(np.log10(np.maximum(fits, 0.01)) - cost)
        large = (p > 0) & (ratio > 0) & (fits <= 1.2 * 10**cost) & (ratio - p > -1.3)
        small = (p < 0) & (ratio < -FAR) & (off <= CLOSE) & tiny
        better = (large | small) & (off < best)
        best = np.where(better, off, best)
        power[suspect[better]] = p
    return power


def _cells(column: Column, at: np.ndarray, power: np.ndarray, against: str, ledger: Ledger, *, expected: str = "") -> None:
    """One finding a cell: what stands there, and what it would be, or between what the rest of its column lies."""
    column.told[at] = True
    value = column.rows[column.name].to_numpy("float64")[at]
    would = [expected or f"≈ {v / 10.0**p:.2f}" for v, p in zip(value, power, strict=True)]
    detail = [f"{against} {'×' if p > 0 else '÷'} {10 ** int(abs(p))}" for p in power]
    tell(ledger, column.table, column.rows.iloc[at], column.name, "factor_suspected", found=[f"{v:.2f}" for v in value], expected=would, detail=detail)


# --- a column alone ----------------------------------------------------------------------------------------------------
def _gaps(column: Column, ledger: Ledger) -> None:
    """Cells that a gap divides from the rest of their column in one block."""
    logs = np.where(column.told, np.nan, column.logs)
    for block in column.blocks:
        known = block[~np.isnan(logs[block])]
        for aside, power in apart(logs[known]):
            rest = 10 ** np.delete(logs[known], aside)
            _cells(column, known[aside], np.full(len(aside), power), column.name, ledger, expected=f"{rest.min():.2f}–{rest.max():.2f}")


def apart(logs: np.ndarray) -> list[tuple[np.ndarray, int]]:
    """Positions of the decimal logarithms that stand aside by about three or four decades, with the power; mostly none.

    Those aside (at most half, of two halves the smaller amounts) must be divided from the rest by a gap of a decade that is also five
    times the mean excess of the rest's tail (were the tail exponential, 1 column in 150 had such a gap), of two decades where the
    amounts are too few to have a tail, and must lie among the rest when divided.
    """
    size = len(logs)
    if size < FEW or logs.max() - logs.min() < min(POWERS) - 1:
        return []
    found = []
    for side in (-1, 1):
        order = np.argsort(side * logs, kind="stable")
        ranked = side * logs[order]
        start = size - 1 - max(1, int(ASIDE * size))
        cut = start + int(np.argmax(np.diff(ranked)[start:])) + 1
        ranked = ranked - np.median(ranked[:cut])
        rest, aside = ranked[:cut], ranked[cut:]
        spread = max(MAD * np.median(np.abs(rest)), 0.05)
        top = rest[-max(ROWS, cut // 10) - 1 :]
        tail = max(float(np.mean(top[1:]) - top[0]), 0.05)
        middle = float(np.median(aside))
        power = min(POWERS, key=lambda p: abs(middle - p))
        back = aside - power
        least = max(GAP, TAILS * tail) if size >= COLUMN else WIDE
        if (ranked[cut] - ranked[cut - 1] >= least and abs(middle - power) <= 2.5 * spread + 0.1
                and back.min() >= rest[0] - 0.3 and back.max() <= rest[-1] + 0.3):  # fmt: skip
            found.append((order[cut:], side * power))
    return found if sum(len(at) for at, _ in found) <= ASIDE * size else found[:1]
