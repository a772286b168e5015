"""How the fictional streets keep their books: six layouts of a yearly workbook, and the files of the district.

Part of ``sample``. A ``Layout`` says how a table looks on paper; ``sheet`` turns rows into the cells of a sheet, ``write_book`` and
``write_text`` put sheets into a file. Two runs give the same bytes.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from . import schema

NOTE = "虚构示例数据"
MADE = dt.datetime(2021, 3, 1, 9, 0, 0)  # one fixed date, so that two runs give the same bytes


@dataclass(frozen=True)
class Layout:
    """How a street (or the district) writes its tables.

    ``columns``: per table, "heading=column" in order; "group/heading=column" puts a heading over its neighbours. ``area`` and
    ``street`` stand for the community's and the street's cell, ``no`` for a running number.
    """

    file: str
    title: str
    sheets: dict[str, str]
    columns: dict[str, str]
    unit: str = "元"
    unit_line: bool = True
    area: str = "name"  # name, bare, suffix or code
    dates: str = "iso"
    synonym: int = 0  # which word of a code is used, where there are several
    total: str = "bottom"  # bottom, top, groups or none
    merge: bool = False
    text_money: bool = False
    blank: str | None = None
    note: str = "line"  # line, title or foot
    foot: tuple[str, ...] = ()


@dataclass
class Sheet:
    """The cells of a sheet, the merged blocks, and where each record stands."""

    name: str
    rows: list[list[Any]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    headings: tuple[int, ...] = ()


_STEPS = "提议日期=proposed_on 议决日期=resolved_on 签约日期=contracted_on 开工日期=started_on 计划完工日期=planned_end_on 完工日期=finished_on 验收日期=accepted_on"
_REPAIR = "整改通知日期=repair_asked_on 整改完成日期=repaired_on"
PLAIN = Layout(
    "{street}/{year}年社区保障资金台账.xlsx", "示例区{street}{year}年社区保障资金{what}",
    {"allocations": "资金到位", "projects": "项目台账", "payments": "支付明细", "events": "议事活动"},
    {
        "allocations": "序号=no 社区名称=area 年度=period 资金类别=fund 预算额度=quota 到位金额=arrived 到位日期=arrived_on 上年结转=carried_in 清理收回=cleared 收回日期=cleared_on",
        "projects": "序号=no 项目编号=project_id 社区名称=area 年度=period 资金类别=fund 项目名称=name 项目类别=category 母项目编号=parent_project_id 实施类别=work_class "
                    f"清单类别=list_class 发包等级=tier 发包方式=sourcing 承接单位编号=organisation_id 投标家数=bidders 预算金额=budget 合同金额=contract_amount 自筹资金=self_raised "
                    f"志愿者人数=volunteers 新成立自组织=groups_formed {_STEPS} {_REPAIR} 项目状态=status",
        "payments": "序号=no 支付编号=payment_id 项目编号=project_id 支付金额=amount 支付日期=paid_on 发票=has_invoice 银行回单=has_receipt 银行流水=has_bank_flow",
        "events": "活动编号=event_id 社区名称=area 年度=period 环节=step 召开日期=held_on 项目编号=project_id 形式=channel 到会人数=persons 到会户数=households 参与人次=person_times",
    },
    foot=("填表人：              审核人：              填表日期：",),
)  # fmt: skip
GROUPED = Layout(
    "{street}/{street}保障资金项目台账（{year}年）.xlsx", "示例区{street}{year}年度社区发展治理专项保障资金{what}",
    {"allocations": "到位情况", "projects": "项目台账", "payments": "支付情况", "events": "议事会议"},
    {
        "allocations": "村（社区）=area 资金（万元）/补助额度=quota 资金（万元）/到位资金=arrived 资金（万元）/结转金额=carried_in 清理（万元）/收回金额=cleared 清理（万元）/清理日期=cleared_on 拨付日期=arrived_on",
        "projects": "村（社区）=area 项目编号=project_id 项目名称=name 类别=category 资金（万元）/预算=budget 资金（万元）/合同=contract_amount 资金（万元）/自筹=self_raised "
                    "发包/项目等级=tier 发包/采购方式=sourcing 发包/报价家数=bidders 时间/民主议决日期=resolved_on 时间/合同签订日期=contracted_on 时间/开工=started_on "
                    "时间/计划完工=planned_end_on 时间/完工=finished_on 时间/验收=accepted_on 清单=list_class 进展=status",
        "payments": "凭证号=payment_id 项目编号=project_id 付款日期=paid_on 付款金额=amount 凭证/有无发票=has_invoice 凭证/回单=has_receipt 凭证/流水=has_bank_flow",
        "events": "村（社区）=area 会议编号=event_id 工作环节=step 日期=held_on 方式=channel 参与/参与人数=persons 参与/参与户数=households",
    },
    unit="万元", dates="slash", synonym=1, total="groups", merge=True, blank="—", foot=("注：本表金额单位为万元，保留到分。", "单位负责人：            填表人："),
)  # fmt: skip
CODED = Layout(
    "{street}/{year}_保障资金_{street}.xlsx", "示例区{street}社区保障资金{what}（{year}年）",
    {"allocations": "资金拨付", "projects": "项目明细", "payments": "支出明细", "events": "活动记录"},
    {
        "allocations": "社区代码=area_code 村（社区）名称=area 年份=period 资金类型=fund 下达额度（元）=quota 到位（元）=arrived 到位日期=arrived_on 上年结转资金（元）=carried_in 收回金额（元）=cleared 清理日期=cleared_on",
        "projects": "项目代码=project_id 社区代码=area_code 年份=period 项目=name 项目类型=category 工程类别=work_class 清单=list_class 分级=tier 采购方式=sourcing 承接机构编号=organisation_id "
                    "项目预算（元）=budget 合同价（元）=contract_amount 自筹金额（元）=self_raised 志愿者=volunteers 民主提议日期=proposed_on 民主议决日期=resolved_on 合同日期=contracted_on "
                    "开始日期=started_on 计划完成日期=planned_end_on 完成日期=finished_on 评议验收日期=accepted_on 状态=status",
        "payments": "凭证编号=payment_id 项目代码=project_id 支付年度=period 日期=paid_on 金额（元）=amount 有无发票=has_invoice 银行回单=has_receipt 流水=has_bank_flow",
        "events": "活动编号=event_id 社区代码=area_code 年份=period 环节=step 活动日期=held_on 项目代码=project_id 渠道=channel 参与人数=persons 人次=person_times",
    },
    unit_line=False, area="code", dates="dot", total="none", text_money=True, note="foot", foot=("说明：虚构示例数据，金额以元为单位。", "填表人："),
)  # fmt: skip
MERGED_STREET = Layout(
    "{street}/{year}年度{street}资金使用情况.xlsx", "{year}年度示例区{street}社区保障资金{what}（虚构示例数据）",
    {"allocations": "资金安排", "projects": "项目一览表", "payments": "付款明细", "events": "会议情况"},
    {
        "allocations": "街道=street 社区=area 资金种类=fund 额度（万元）=quota 拨付金额（万元）=arrived 拨付日期=arrived_on 结转金额（万元）=carried_in 收回金额（万元）=cleared 收回日期=cleared_on",
        "projects": "街道=street 社区=area 项目编码=project_id 项目名称=name 项目类别=category 采购类别=work_class 发包等级=tier 发包方式=sourcing 承接单位编号=organisation_id "
                    f"预算金额（万元）=budget 合同金额（万元）=contract_amount 自筹（万元）=self_raised 自组织数=groups_formed {_STEPS} 状态=status",
        "payments": "街道=street 支付单号=payment_id 项目编码=project_id 支付日期=paid_on 支出金额（万元）=amount 发票=has_invoice 回单=has_receipt 流水=has_bank_flow",
        "events": "街道=street 社区=area 会议编号=event_id 环节=step 召开日期=held_on 项目编码=project_id 形式=channel 到会人数=persons 人次=person_times",
    },
    unit="万元", unit_line=False, area="suffix", dates="cn", total="top", merge=True, blank="/", note="title", foot=("制表：",),
)  # fmt: skip
BROKEN_LINES = Layout(
    "{street}/台账{year}.xlsx", "示例区{street}{year}年保障资金{what}",
    {"allocations": "1.资金安排", "projects": "2.项目", "payments": "3.支付", "events": "4.活动"},
    {
        "allocations": "序号=no 所属社区=area 所属年度=period 资金\n类别=fund 补助\n额度=quota 到位\n资金=arrived 到位\n日期=arrived_on 上年\n结转=carried_in 清理\n收回=cleared 收回\n日期=cleared_on",
        "projects": "序号=no 项目\n编号=project_id 所属社区=area 所属年度=period 资金\n类别=fund 项目\n名称=name 类别=category 上级项目编号=parent_project_id 实施\n类别=work_class 清单\n类别=list_class "
                    "项目\n等级=tier 发包\n方式=sourcing 报价\n家数=bidders 计划\n金额=budget 签约\n金额=contract_amount 自筹\n金额=self_raised 志愿者\n人数=volunteers 提议\n日期=proposed_on 议决\n日期=resolved_on "
                    "签约\n日期=contracted_on 开工\n日期=started_on 计划完工\n日期=planned_end_on 完工\n日期=finished_on 验收\n日期=accepted_on 整改通知\n日期=repair_asked_on 整改完成\n日期=repaired_on 进展=status 备注=remark",
        "payments": "序号=no 支付\n编号=payment_id 项目\n编号=project_id 支付\n日期=paid_on 支付\n金额=amount 有无\n发票=has_invoice 银行\n回单=has_receipt 银行\n流水=has_bank_flow 备注=remark",
        "events": "序号=no 活动\n编号=event_id 所属社区=area 所属年度=period 工作\n环节=step 活动\n日期=held_on 项目\n编号=project_id 方式=channel 参与\n人数=persons 参与\n户数=households 参与\n人次=person_times",
    },
    unit="万元", area="bare", dates="cell", synonym=9, foot=("", "审核人：          填表人：          联系电话："),
)  # fmt: skip
TEXT = Layout(
    "{street}/{year}{sheet}.csv", "示例区{street}{year}年保障资金{what}",
    {"allocations": "资金到位", "projects": "项目台账", "payments": "支付明细", "events": "议事活动"},
    {
        "allocations": PLAIN.columns["allocations"], "projects": PLAIN.columns["projects"].replace("社区名称=area", "社区代码=area_code 社区名称=area"),
        "payments": PLAIN.columns["payments"], "events": PLAIN.columns["events"],
    },
    dates="compact", total="none",
)  # fmt: skip
LAYOUTS: dict[str, Layout] = {
    "梧桐街道": PLAIN, "澄湖街道": GROUPED, "听松镇街道": CODED, "鹿鸣街道": MERGED_STREET, "晴岚街道": PLAIN, "竹影街道": CODED, "雁塘街道": BROKEN_LINES,
    "桐荫街道": MERGED_STREET, "白鹭洲街道": PLAIN, "榆林湾街道": GROUPED, "石榴坪街道": BROKEN_LINES, "云栖街道": CODED, "荷风街道": TEXT,
}  # fmt: skip
WHAT = {"allocations": "到位情况", "projects": "项目台账", "payments": "支付明细", "events": "议事活动记录"}

_DATES: dict[str, Callable[[pd.Timestamp], object]] = {
    "iso": lambda d: f"{d:%Y-%m-%d}", "slash": lambda d: f"{d.year}/{d.month}/{d.day}", "dot": lambda d: f"{d.year}.{d.month}.{d.day}",
    "cn": lambda d: f"{d.year}年{d.month}月{d.day}日", "compact": lambda d: f"{d:%Y%m%d}", "cell": lambda d: d.to_pydatetime(),
}  # fmt: skip


def plain_layout(table: str, columns: list[str], title: str, note: str = "line") -> Layout:
    """The district's own files: canonical headings, codes, yuan."""
    known = schema.TABLES[table]
    heads = {c.name: c.headings[0] for c in known.columns}
    spec = " ".join(f"{heads.get(c, c)}={c}" for c in columns)
    return Layout("", title, {table: known.title}, {table: spec}, area="code", total="none", unit_line=any(known[c].kind == "money" for c in columns if c in heads), note=note)


def sheet(table: str, frame: pd.DataFrame, layout: Layout, *, title: str, street: str = "", wrong: dict[str, float] | None = None) -> Sheet:
    """``frame`` on paper. ``wrong``: what a stated total of a column is off by, in yuan.

    ``frame`` holds the columns of the table, and ``area`` (the community's name as the street writes it) where it is named.
    Text in a cell of money or date stands as it is.
    """
    made = Sheet(layout.sheets[table])
    spec = [part.rsplit("=", 1) for part in layout.columns[table].replace("\n", "\x00").split(" ")]
    heads, names = [h.replace("\x00", "\n") for h, _ in spec], [c for _, c in spec]
    body = [_column(frame, name, table, layout, street) for name in names]
    rows = [list(cells) for cells in zip(*body, strict=True)]
    _head(made, layout, title, heads)
    start = len(made.rows)
    if layout.total == "groups" and "area" in names:
        _grouped(made, frame, rows, table, names, layout, wrong or {})
    else:
        total = _total(frame, table, names, layout, "合计", wrong or {})
        has = total is not None and layout.total != "none"
        made.rows += [total] if has and layout.total == "top" else []
        start = len(made.rows)
        made.rows += rows
        made.rows += [total] if has and layout.total != "top" else []
        if layout.merge and "street" in names:
            _merge(made, start, len(rows), names.index("street"))
    made.rows += [[line] for line in layout.foot]
    return made


def _head(made: Sheet, layout: Layout, title: str, heads: list[str]) -> None:
    width = len(heads)
    made.rows.append([title])
    made.merged.append((0, 0, 0, width - 1))
    line = "　　　".join(([NOTE] if layout.note == "line" else []) + ([f"单位：{layout.unit}"] if layout.unit_line else []))
    if line:
        made.rows.append([line])
    top = len(made.rows)
    if not any("/" in h for h in heads):
        made.rows.append(list(heads))
        made.headings = (top,)
        return
    groups, last = [h.rpartition("/")[0] for h in heads], [h.rpartition("/")[2] for h in heads]
    made.rows += [[g or h for g, h in zip(groups, last, strict=True)], [h if g else None for g, h in zip(groups, last, strict=True)]]
    made.headings = (top, top + 1)
    column = 0
    while column < width:
        end = column
        while groups[column] and end + 1 < width and groups[end + 1] == groups[column]:
            end += 1
        made.merged.append((top, column, top if groups[column] else top + 1, end))
        for hidden in range(column + 1, end + 1):
            made.rows[top][hidden] = None
        column = end + 1


def _grouped(made: Sheet, frame: pd.DataFrame, rows: list[list[Any]], table: str, names: list[str], layout: Layout, wrong: dict[str, float]) -> None:
    """Rows by community under one merged cell, a 小计 after each, 合计 at the end."""
    money = _total(frame, table, names, layout, "小计", {}) is not None
    for _, positions in frame.reset_index(drop=True).groupby("area", sort=False).indices.items():
        _merge(made, len(made.rows), len(positions), names.index("area"), rows=[rows[i] for i in positions])
        if money and len(positions) > 1:
            made.rows.append(_total(frame.iloc[positions], table, names, layout, "小计", {}) or [])
    if money:
        made.rows.append(_total(frame, table, names, layout, "合计", wrong) or [])


def _merge(made: Sheet, start: int, count: int, column: int, rows: list[list[Any]] | None = None) -> None:
    """One cell over the rows ``start`` to ``start + count``; only its first holds the value, as in a real sheet."""
    if rows is not None:
        made.rows += [list(r) for r in rows]
    if count > 1:
        made.merged.append((start, column, start + count - 1, column))
        for hidden in range(start + 1, start + count):
            made.rows[hidden][column] = None


def _total(frame: pd.DataFrame, table: str, names: list[str], layout: Layout, word: str, wrong: dict[str, float]) -> list[Any] | None:
    known = {c.name: c for c in schema.TABLES[table].columns}
    money = [n for n in names if n in known and known[n].kind == "money"]
    if not money:
        return None
    line: list[Any] = [None] * len(names)
    line[0] = word
    for name in money:
        numbers = pd.to_numeric(frame[name], errors="coerce").fillna(0.0)
        line[names.index(name)] = _money(round(float((numbers * 100).round().sum()) / 100 + wrong.get(name, 0.0), 2), layout)
    return line


def _money(value: object, layout: Layout) -> object:
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    if layout.unit == "万元":
        return round(number / 10_000, 6)
    return f"{number:,.2f}" if layout.text_money else round(number, 2)


def _column(frame: pd.DataFrame, name: str, table: str, layout: Layout, street: str) -> list[Any]:
    """One column's cells as this layout writes them."""
    if name == "no":
        return list(range(1, len(frame) + 1))
    if name in ("street", "remark"):
        return [street if name == "street" else None] * len(frame)
    values = frame[name] if name in frame else pd.Series([None] * len(frame), dtype="object")
    if name == "area":
        return list(values)
    column = next((c for c in schema.TABLES[table].columns if c.name == name), schema.Column(name, "number", (name,)))
    blank = layout.blank if column.kind in ("date", "money", "count") else None
    return [blank if missing else _cell(v, column, layout) for v, missing in zip(values.tolist(), values.isna().tolist(), strict=True)]


def _cell(value: Any, column: schema.Column, layout: Layout) -> object:
    if column.kind == "money":
        return _money(value, layout)
    if column.kind == "date":
        return value if isinstance(value, str) else _DATES[layout.dates](pd.Timestamp(value))
    if column.kind == "flag":
        return ("是", "否") [not value] if layout.synonym == 0 else ("有", "无") [not value] if column.name.startswith("has_") else ("√", "×")[not value]
    if column.kind == "choice":
        words = column.choices[value]
        return words[min(layout.synonym, len(words) - 1)]
    if column.kind == "list":
        return str(value).replace(";", "、")
    if column.kind in ("count", "level", "number", "share"):
        return int(value) if float(value).is_integer() else float(value)
    return str(value)


def write_book(path: Path, sheets: list[Sheet]) -> None:
    """An Excel workbook with headings in bold, merged cells, and a fixed date of creation."""
    import xlsxwriter

    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path), {"in_memory": True}) as book:
        book.set_properties({"created": MADE, "comments": NOTE})
        bold, day, middle = (book.add_format(f) for f in ({"bold": True, "text_wrap": True, "align": "center"}, {"num_format": "yyyy-mm-dd"}, {"valign": "vcenter"}))
        for made in sheets:
            page = book.add_worksheet(made.name)
            for r, row in enumerate(made.rows):
                style = bold if r == 0 or r in made.headings else None
                for c, value in enumerate(row):
                    if isinstance(value, dt.datetime):
                        page.write_datetime(r, c, value, day)
                    elif isinstance(value, str):
                        page.write_string(r, c, value, style)
                    elif value is not None:
                        page.write_number(r, c, value)
            for top, left, bottom, right in made.merged:
                if (top, left) != (bottom, right):
                    page.merge_range(top, left, bottom, right, made.rows[top][left], bold if top == 0 or top in made.headings else middle)
            page.set_column(0, 40, 13)


def write_text(path: Path, made: Sheet, encoding: str = "utf-8-sig") -> None:
    """A sheet as comma-separated text with Windows line ends, as Excel saves it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerows([["" if v is None else v for v in row] for row in made.rows])
    path.write_bytes(buffer.getvalue().encode(encoding))
