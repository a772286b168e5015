"""Units of money: what a title or heading states is read, or is unclear, and never passed over."""

import openpyxl
import pytest
from sheets import csv_file, only

from fundanalytics.data.load import load
from fundanalytics.data.reader.units import UNIT_FACTORS
from fundanalytics.data.workbook import read_workbook


@pytest.mark.parametrize(
    ("lines", "unit"),
    [
        (["金额单位：元", "单位：万元"], "万元"), (["项目台账（千元）"], "千元"), (["單位：新臺幣仟元"], "千元"), (["(单位:亿元)"], "亿元"),
        (["单位:万元、%"], "万元"), (["单位:万吨"], None), (["填报单位：元通社区"], None), (["使用率（%）"], None),
        (["单位：万"], "万元"), (["以万元为单位"], "万元"), (["台账", "万元"], "万元"), (["单位：RMB万元"], "万元"), (["金额：万元"], "万元"),
        (["单位：万 元"], "万元"), (["单位;万元"], "万元"), (["单位：10000元"], "万元"), (["（十万元）"], "十万元"), (["单位：百元"], "百元"),
        (["金额单位：人民币（万元）"], "万元"), (["填报单位：甲街道 单位：分"], "分"), (["本表金额单位均为万元。"], "万元"), (["币种：人民币"], None),
        (["单位：元/万元"], "?"), (["单位：元 / 万元"], "?"), (["单位：万美元"], "?"), (["台账（元、万元）"], "?"), (["得分表（分）"], "?"),
        (["填报单位：状元"], None), (["资金表（金额：万元，人口：人）"], "万元"),
    ],
)  # fmt: skip
def test_the_unit_nearest_to_the_headings_holds_for_the_sheet(tmp_path, lines, unit):
    block = only(csv_file(tmp_path, "\n".join(lines) + "\n项目编号,项目名称,预算金额\nX1,灯,1\n"))
    assert (block.unit, block.title) == (unit, "\n".join(lines))


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        ("预算金额（人民币万元）", "万元"), ("预算金额（RMB 万元）", "万元"), ("预算金额(10000元)", "万元"), ("预算金额（十万元）", "十万元"),
        ("预算金额（百元）", "百元"),
        ("预算金额（分）", "分"), ("预算金额（含税，万元）", "万元"), ("预算金额（单位：千元）", "千元"), ("预算金额万元", "万元"), ("预算金额/元", "元"),
        ("预算金额（元/万元）", "?"), ("预算金额（美元）", "?"), ("预算金额（元角分）", "?"),
        ("预算金额（万元/户）", "?"), ("预算金额（部分）", None), ("预算金额", None),
    ],
)  # fmt: skip
def test_a_unit_in_a_heading_is_read_or_is_unclear_and_never_passed_over(tmp_path, heading, unit):
    found = only(csv_file(tmp_path, f"项目编号,{heading.replace(',', '')}\nX1,5\n")).headings[1]
    assert found.unit == unit and "预算金额" in found.keys
    assert unit in (None, "?") or UNIT_FACTORS[unit] > 0


def test_traditional_and_bilingual_headings_are_those_that_schema_knows(tmp_path):
    block = only(csv_file(tmp_path, "項目編號,專案名,預算金額（萬元）,開工日期,社区 Community\nX1,燈,5,2020-1-1,甲\n"))
    assert [h.keys[-1] for h in block.headings] == ["项目编号", "專案名", "预算金额", "开工日期", "社区"] and block.headings[2].unit == "万元"


def test_a_table_that_states_no_unit_does_not_fall_back_to_yuan_below_one_that_does(tmp_path):
    heading = "项目编号,项目名称,预算金额\n"
    text = f"甲台账,,单位：万元\n{heading}X1,灯,5\n\n激励资金台账,,\n{heading}X2,路,7\n\n支付明细,,\n支付编号,项目编号,支付金额\nZ1,X1,5\n"
    assert [b.unit for b in read_workbook(csv_file(tmp_path, text))] == ["万元", "万元", "?"]


@pytest.mark.parametrize(("caption", "units"), [("续表,,单位：万元", ["元", "万元"]), ("续表,,单位：元", ["元"]), ("续表,,", ["元"])])
def test_a_continuation_in_another_unit_is_a_table_of_its_own(tmp_path, caption, units):
    text = f"台账,,单位：元\n项目编号,项目名称,预算金额\nX1,灯,5\n{caption}\n项目编号,项目名称,预算金额\nX2,路,7\n"
    assert [b.unit for b in read_workbook(csv_file(tmp_path, text))] == units


def test_the_name_of_a_sheet_or_file_states_a_unit_where_nothing_nearer_does(tmp_path):
    for name, unit in (("到位（万元）", "万元"), ("到位", None)):
        (tmp_path / f"{name}.csv").write_text("项目编号,项目名称,预算金额\nX1,灯,5\n", "utf-8")
        assert only(tmp_path / f"{name}.csv").unit == unit
    book = openpyxl.Workbook()
    for row in (["支付编号", "项目编号", "支付金额", "支付日期"], ["Z1", "P1", 5, "2020-01-01"]):
        book.active.append(row)
    (tmp_path / "甲").mkdir()
    book.save(tmp_path / "甲" / "2020年支付（万元）.xlsx")
    assert load(tmp_path / "甲").sums["read"].tolist() == [50_000]
