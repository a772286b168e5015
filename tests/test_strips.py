"""Tables beside each other: each its own block; a wide table with an empty column stays one."""

import pytest

from fundanalytics.data import schema
from fundanalytics.data.reader.headings import Grid
from fundanalytics.data.reader.layout import blocks


def read(*lines: str, merges=()):
    rows = [[float(c) if c.isdigit() else c or None for c in line.split(",")] for line in lines]
    return blocks(Grid("表", rows, list(merges)), schema.known_headings())


@pytest.mark.parametrize(
    ("lines", "sizes"),
    [
        (["序号,社区,金额,序号,社区,金额", "1,甲,10,4,丁,40", "2,乙,20,5,戊,50", "3,丙,30,,,"], [3, 2]),
        (["到位情况表,,,,支付明细表", "社区,到位金额,日期,,项目编号,支付金额", "甲,10,3月,,X1,4", "合计,10,,,X2,5", ",,,,X3,6"], [1, 3]),
        (["到位明细表,,支付明细表,,", "来源,到位金额,凭证号,支付金额,发票", "市级,10,Z1,4,有", "区级,20,Z2,5,有"], [2, 2]),
        (["收入,,支出,", "项目,预算数,项目,预算数", "拨款,1200,教育,700", "事业,100,社保,600"], [2, 2]),
        (["社区,年度,人口,,社区,到位金额", "甲,2020,10,,甲,4", "乙,2020,20,,乙,5"], [2, 2]),
        (["社区,院落数,,项目,金额", "甲,10,,灯,4", "乙,20,,路,5", ",,,桥,6"], [2, 3]),
    ],
    ids=["wrapped list", "two titles", "two titles close", "captions", "the key again", "one goes on"],
)
def test_tables_side_by_side_are_blocks_of_their_own(lines, sizes):
    found = read(*lines)
    assert [len(b.rows) for b in found] == sizes and not any(None in (r.cells[0], r.cells[1]) for b in found for r in b.rows)
    assert found[1].headings[0].index == len(found[0].headings) + (",," in lines[-2].rstrip(","))


@pytest.mark.parametrize(
    "lines",
    [
        ["街道,到位,结转,,支出,结余", "甲街道,10,1,,8,3", "乙街道,20,2,,18,4"],
        ["社区,2019年,,2020年,", ",预算,支出,预算,支出", "甲,10,20,30,40", "乙,20,30,40,50"],
        ["项目台账,,,,单位：元", "项目编号,项目名称,,预算金额,验收日期", "X1,灯,,5,", "X2,路,,7,3月"],
    ],
    ids=["an empty column", "years over the same items", "a unit to the right"],
)
def test_a_wide_table_stays_one(lines):
    (block,) = read(*lines)
    assert len(block.rows) == 2


def test_a_title_and_unit_over_all_tables_hold_for_each_and_a_wide_table_below_is_found():
    lines = ["社区资金一览表,,,,,", "单位：万元", "序号,社区,金额,序号,社区,金额", "1,甲,10,4,丁,40", "2,乙,20,5,戊,50", "", "支付汇总,,,,,",
             "项目编号,项目名称,支付编号,支付金额,支付日期,发票", "X1,灯,Z1,4,3月,有"]  # fmt: skip
    left, right, below = read(*lines, merges=[(0, 0, 0, 5), (6, 0, 6, 5)])
    assert {left.title, right.title} == {"社区资金一览表\n单位：万元", "社区资金一览表"} and left.unit == right.unit == "万元"
    assert (below.title, [r.number for r in below.rows], [h.index for h in below.headings]) == ("支付汇总", [9], [0, 1, 2, 3, 4, 5])
