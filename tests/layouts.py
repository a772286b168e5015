"""Tables in layouts drawn at random, as offices write them, and what a right reading of each gives."""

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import xlsxwriter
from hypothesis import strategies as st

from fundanalytics.data import schema

FACTORS = {"元": 1, "千元": 10**3, "万元": 10**4, "亿元": 10**8}
# columns of ledgers that ``schema`` knows, and of others that it does not: (heading, kind)
KNOWN = [
    (c.headings[0], c.kind) for c in schema.TABLES["projects"].columns if c.kind in ("text", "money", "date", "count") and c.name not in ("name", "budget")
]
KEYS = [("项目编号", "code"), ("项目名称", "text"), ("预算金额", "money")]
FOREIGN = [("宗地坐落", "text"), ("管护责任人", "text"), ("面积", "count"), ("株数", "count"), ("评估价款", "money"), ("补偿款", "money"), ("丈量日", "date"),
           ("树龄", "count"), ("权属来源", "text"), ("附着物", "text")]  # fmt: skip
FOREIGN_KEYS = [("宗地号", "code"), ("权利人", "text"), ("青苗费", "money")]
PARENTS = ["基本情况", "资金情况", "实施进度", "其中", "核定情形", "上半年", "下半年", "区级配套", "验收阶段", "变更部分", "前期", "后期", "总体"]
WORDS = "甲乙丙丁路灯树院落改造修缮东西"
NOTES = ["注：含税。", "填表人：甲", "说明：数据截至年底。", "2020年12月31日填", "负责人：乙 审核人：丙", "1、本表一式两份，由街道留存。"]
FULL = str.maketrans("0123456789.,", "０１２３４５６７８９．，")


@dataclass
class Drawn:
    """A table: paths of its headings, its rows as cells, and what stands around it."""

    paths: list[tuple[str, ...]]
    kinds: list[str]
    written: list[list[str]]  # the headings as written, with spaces and line breaks
    rows: list[list[object]]
    money: list[list[float | None]]
    above: list[tuple[int, str]]  # lines over the headings: (0 left, 1 right end, 2 merged), text
    unit: str | None
    totals: dict[int, str] = field(default_factory=dict)  # before which row: label
    notes: list[str] = field(default_factory=list)
    merged: tuple[int, int] | None = None  # rows over which the second column is merged

    @property
    def depth(self) -> int:
        return max(map(len, self.paths))


def _tree(draw, count: int, depth: int, taken: list[str]) -> list[tuple[str, ...]]:
    """Parents over ``count`` columns: runs of two and more share one, down to ``depth`` levels."""
    if depth <= 1 or count < 2:
        return [()] * count
    paths: list[tuple[str, ...]] = []
    while len(paths) < count:
        size = draw(st.integers(1, min(5, count - len(paths))))
        if size == 1:
            paths.append(())
            continue
        name = draw(st.sampled_from([p for p in PARENTS if p not in taken]))
        taken.append(name)
        paths += [(name, *rest) for rest in _tree(draw, size, depth - 1, taken)]
    return paths


def _spread(draw, text: str) -> str:
    mark = draw(st.sampled_from(["", "", "", " ", "　", "\n", "   "]))
    at = draw(st.integers(1, len(text) - 1)) if mark and len(text) > 1 else 0
    if not mark or not all("\u4e00" <= c <= "\u9fff" for c in text[at - 1 : at + 1]):
        return text
    return mark.join(text) if mark == " " and len(text) == 2 else text[:at] + mark + text[at:]


def _cell(random: Random, kind: str, factor: int) -> tuple[object, float | None]:
    if kind == "code":
        return f"X{random.randint(1, 99999):05d}", None
    if kind == "text":
        return "".join(random.choices(WORDS, k=random.randint(2, 6))), None
    if kind == "date":
        return random.choice(["2020.3.5", "2020-03-05", "2020年3月", "2020/3/5"]), None
    if kind == "count":
        return random.randint(1, 5000), None
    shown = random.randint(1, 899_999) / 100
    return random.choice([shown, shown, f"{shown}", f"{shown:,.2f}", f"{shown:,.2f}".translate(FULL)]), round(shown * factor, 2)


@st.composite
def tables(draw, foreign: bool = False, depth: int | None = None, least: int = 3):
    keys, others = (FOREIGN_KEYS, FOREIGN) if foreign else (KEYS, KNOWN)
    more = draw(st.lists(st.sampled_from(others), unique=True, min_size=max(0, least - 3), max_size=7))
    columns = [*keys[:2], *draw(st.permutations([keys[2], *more]))]
    depth = depth or draw(st.integers(1, 5))
    paths = [(), (), *_tree(draw, len(columns) - 2, depth, [])]
    unit = draw(st.sampled_from([None, *FACTORS]))
    at_heading = draw(st.booleans()) and unit
    names = [f"{name}（{unit}）" if at_heading and kind == "money" else name for name, kind in columns]
    paths = [(*path, name) for path, name in zip(paths, names, strict=True)]
    once: dict[tuple[str, ...], str] = {}  # a label over several columns is written once
    written = [[once.setdefault(path[: i + 1], _spread(draw, part)) for i, part in enumerate(path)] for path in paths]
    factor = FACTORS[unit or "元"]
    random = Random(draw(st.integers(0, 2**32)))
    cells = [[_cell(random, kind, factor) for _, kind in columns] for _ in range(draw(st.integers(2, 7)))]
    rows = [[cell for cell, _ in row] for row in cells]
    merged = draw(st.none() | st.just((0, draw(st.integers(1, len(rows) - 1)))))
    if merged:
        for row in rows[: merged[1] + 1]:
            row[1] = rows[0][1]
    above = []
    if draw(st.booleans()):
        above.append((draw(st.sampled_from([0, 2])), draw(st.sampled_from(["某街道2020年情况表", "某区台账（2020年度）", "附件1：某区明细表"]))))
    if unit and not at_heading:
        above.append((draw(st.sampled_from([0, 1])), draw(st.sampled_from([f"单位：{unit}", f"（单位：{unit}）", f"金额单位：{unit}"]))))
    labels = {}
    if draw(st.booleans()):
        labels[draw(st.sampled_from([0, len(rows)]))] = draw(st.sampled_from(["合计", "合  计", "总　计", "总计："]))
    if draw(st.booleans()):
        labels[draw(st.integers(1, len(rows) - 1))] = "小计"
    if merged:
        labels = {at: label for at, label in labels.items() if not merged[0] < at <= merged[1]}
    notes = draw(st.lists(st.sampled_from(NOTES), max_size=3, unique=True))
    stated = unit if unit and not at_heading else None
    return Drawn(paths, [k for _, k in columns], written, rows, [[m for _, m in row] for row in cells], above, stated, labels, notes, merged)


class Paper:
    """A sheet that grows as tables are put on it: cells and merged ranges."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], object] = {}
        self.merges: list[tuple[int, int, int, int]] = []

    def merge(self, top: int, left: int, bottom: int, right: int) -> None:
        if (top, left) != (bottom, right):
            self.merges.append((top, left, bottom, right))

    def put(self, table: Drawn, top: int, left: int) -> tuple[list[int], int]:
        """The table with its corner there; the sheet rows of its data, and the first row below it."""
        width = len(table.paths)
        for where, text in table.above:
            self.cells[top, left + (width - 1 if where == 1 else 0)] = text
            if where == 2:
                self.merge(top, left, top, left + width - 1)
            top += 1
        self._headings(table, top, left)
        top += table.depth
        numbers = []
        for i, row in enumerate([*table.rows, []]):
            if label := table.totals.get(i):
                self.cells[top, left] = label
                amounts = [(c, sum(m[c] or 0 for m in table.money)) for c, kind in enumerate(table.kinds) if kind == "money"]
                self.cells |= {(top, left + c): amount for c, amount in amounts}
                top += 1
            if row:
                numbers.append(top + 1)
                self.cells |= {(top, left + c): cell for c, cell in enumerate(row)}
                top += 1
        if table.merged:
            first, last = (numbers[i] - 1 for i in table.merged)
            self.merge(first, left + 1, last, left + 1)
            for row in range(first + 1, last + 1):
                del self.cells[row, left + 1]
        for note in table.notes:
            self.cells[top, left] = note
            top += 1
        return numbers, top

    def _headings(self, table: Drawn, top: int, left: int) -> None:
        for c, (path, written) in enumerate(zip(table.paths, table.written, strict=True)):
            for level, text in enumerate(written):
                same = [i for i, other in enumerate(table.paths) if other[: level + 1] == path[: level + 1]]
                if same[0] == c:
                    bottom = top + (table.depth - 1 if level == len(path) - 1 else level)
                    self.cells[top + level, left + c] = text
                    self.merge(top + level, left + c, bottom, left + same[-1])

    def xlsx(self, path: Path) -> Path:
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("台账")
            for top, left, bottom, right in self.merges:
                sheet.merge_range(top, left, bottom, right, self.cells.get((top, left)))
            for (row, column), value in self.cells.items():
                sheet.write(row, column, value)
        return path

    def csv(self, path: Path, encoding: str) -> Path:
        height, width = (max(at[i] for at in self.cells) + 1 for i in (0, 1))
        out = io.StringIO()
        csv.writer(out).writerows([self.cells.get((r, c), "") for c in range(width)] for r in range(height))
        path.write_bytes(out.getvalue().encode(encoding))
        return path
