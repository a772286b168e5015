"""Tables whose headings nobody knows: told by their build; prose, forms, covers and instructions are none."""

import pytest
from sheets import csv_file, only, xlsx_file

from fundanalytics.data.reader.headings import Grid
from fundanalytics.data.reader.layout import blocks, tables
from fundanalytics.data.workbook import read_workbook


def grid(*lines: str, name: str = "表", **more) -> Grid:
    rows = [[_cell(c) for c in line.split(",")] for line in lines]
    return Grid(name, rows, **more)


def _cell(text: str) -> object:
    return float(text) if text.replace(".", "", 1).isdigit() else text.replace("\\n", "\n") or None


@pytest.mark.parametrize(
    "text",
    [
        "关于报送资金使用情况的通知\n各街道办事处：\n请于12月31日前报送以下材料。\n一、报送内容：台账、明细。\n联系人：甲,电话：12345678\n2021年11月1日",
        "社区基本信息登记表\n社区名称,一社区,所属街道,甲街道\n负责人,甲某,联系电话,13800000000\n常住人口,12000,户数,4100\n填报日期,2021-01-01,邮编,610000",
        "企业登记表\n法人名称,某公司,法定代表人,甲某\n从业人数,300,注册资本,5000\n开户银行,某银行,账号,622200001111\n主营业务,物业服务,成立日期,2010-5-1",
        "联系卡\n法人名称,某公司,负责人,甲某\n联系人,乙某,联系电话,13800000000\n经办人,丙某,传真号,13800000001",
        "专项保障资金年度报表\n（2021年度）\n填报单位：,甲街道办事处\n单位负责人：,甲某\n联系电话：,12345678\n报送日期：,2021年12月31日",
        "填表说明\n序号,填写要求\n1,本表由街道办事处填写，金额单位为万元，保留两位小数。\n2,日期格式为2021-01-01，请勿填写其他格式。",
        "字段,含义,是否必填,示例\n项目编号,项目唯一编号,是,X001\n项目名称,项目全称,是,路灯\n金额,合同金额,否,12.5",
        "http://www.example.org/",
    ],
    ids=["notice", "form of known words", "form", "card", "cover", "instructions", "list of fields", "link"],
)
def test_text_forms_and_instructions_are_no_table_and_stay_visible(tmp_path, text):
    block = only(csv_file(tmp_path, text))
    assert (block.headings, block.rows) == ([], []) and block.title.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    ("lines", "headings", "rows", "totals"),
    [
        (["表2-3 各镇情况", "名 称,属地,居委会（个）,面积（平方千米）", "甲镇,东片,6,5.3", "乙镇,西片,8,7.25", "总　计,,14,12.55", "注：调查数。"],
         ["名称", "属地", "居委会（个）", "面积（平方千米）"], 2, ["总计"]),
        (["历年投入", "单位：万元", "片区,2018,2019,2020", "东片,100,120,130", "西片,90,95,99", "全区,190,215,229"],
         ["片区", "2018", "2019", "2020"], 2, ["全区"]),
        (["片区,1月,2月,累计", "东片,1,2,3", "西片,2,2,4", "小计,3,4,7"], ["片区", "1月", "2月", "累计"], 2, ["小计"]),
        (["监督员名单", "院落,姓名,职务,备注", "一号院,甲某,主任,", "二号院,乙某,委员,", "三号院,丙某,委员,"], ["院落", "姓名", "职务", "备注"], 3, []),
        (["科目编码,,,科目名称,合计,基本支出,,项目支出", "类,款,项,,,人员,公用,", "栏次,,,,1,2,3,4", ",,,合计,1200,800,100,300",
          "201,03,01,行政运行,1200,800,100,300"],
         ["科目编码/类", "科目编码/款", "科目编码/项", "科目名称", "合计", "基本支出/人员", "基本支出/公用", "项目支出"], 1, ["合计"]),
        (["地区,支出", "全国,10", "东部地区,6", "西部地区,4", "北京,3", "天津,3", "四川,4"], ["地区", "支出"], 3, ["全国", "东部地区", "西部地区"]),
    ],
    ids=["yearbook", "years", "months", "list of words", "budget", "regions"],
)  # fmt: skip
def test_office_tables_are_found_by_their_build(lines, headings, rows, totals):
    (block,) = blocks(grid(*lines), frozenset())
    assert ([h.text for h in block.headings], len(block.rows), [t.label for t in block.totals]) == (headings, rows, totals)


def test_a_form_of_several_tables_one_under_the_other_comes_apart(tmp_path):
    cells = {
        "A3": "项目名称", "C3": "社区治理资金", "D5": "年初预算数", "E5": "全年执行数", "F5": "分值", "G5": "得分", "B6": "年度资金总额", "D6": 0, "E6": 0,
        "F6": 10, "G6": 10, "B7": "其中：财政拨款", "D7": 202.64, "E7": 202.64, "F7": "—", "G7": "—", "B8": "一级指标", "C8": "三级指标", "D8": "年度指标值",
        "E8": "实际完成值", "F8": "分值", "G8": "得分", "B9": "产出指标", "C9": "项目个数", "D9": "≥50个", "E9": "52个", "F9": 15, "G9": 15, "C10": "合格率",
        "D10": "100%", "E10": "100%", "F10": 15, "G10": 14, "A11": "总分", "F11": 30, "G11": 29, "A12": "填表人：", "C12": "联系电话：",
    }  # fmt: skip
    merges = {"A1:G1": "项目支出绩效自评表", "A2:G2": "（2022年度）", "A5:A7": "项目资金\n（万元）", "B5:C5": "", "A8:A10": "绩效指标", "B9:B10": "产出指标"}
    money, points = read_workbook(xlsx_file(tmp_path / "a.xlsx", {k: v for k, v in cells.items() if k != "B9"}, merges))
    assert (money.header_rows, [r.cells[1] for r in money.rows], [t.label for t in money.totals]) == ([5], ["年度资金总额"], ["其中：财政拨款"])
    assert (points.header_rows, [r.cells[1:3] for r in points.rows]) == ([8], [["产出指标", "项目个数"], ["产出指标", "合格率"]])
    assert ([t.label for t in points.totals], points.notes) == (["总分"], ["填表人： 联系电话："])


def test_a_continuation_has_the_title_and_unit_of_its_table():
    first = ["表3 片区情况", "单位：万元", "片区,投入,结余", "东片,3,30", "西片,4,41"]
    below = ["", "表3 续表", "片区,人数,党员", "东片,3000,30", "西片,4000,41"]
    one, two = blocks(grid(*first, *below), frozenset())
    _, three = tables([grid(*first), grid(*below[1:], name="续")], frozenset())
    for block in (two, three):
        assert (block.continues, block.unit, [h.text for h in block.headings]) == (True, "万元", ["片区", "人数", "党员"])
        assert block.title.split("\n") == ["表3 片区情况", "单位：万元", "表3 续表"]
    assert not one.continues and one.notes == []


def test_a_table_below_may_begin_with_the_same_row_and_be_deeper():
    first = ["地块号,户主,费用,", ",,青苗费,补偿款", "D1,甲,10,20", "D2,乙,30,40", ""]
    one, two = blocks(grid(*first, "地块号,户主,费用,", ",,市级,", ",,青苗费,补偿款", "D3,丙,50,60", "D4,丁,70,80"), frozenset())
    assert [h.text for h in one.headings[2:]] == ["费用/青苗费", "费用/补偿款"] and len(one.rows) == len(two.rows) == 2
    assert [h.text for h in two.headings[2:]] == ["费用/市级/青苗费", "费用/市级/补偿款"]


def test_hidden_sheets_rows_and_the_epoch_are_handed_on():
    sheet = grid("片区名称,金额", "东片,3", "西片,4", "总计,7", hidden=True, hidden_rows=frozenset({0, 2, 3}), epoch=1904)
    (block,) = blocks(sheet, frozenset())
    assert (block.hidden, block.hidden_rows, block.epoch) == (True, [3], 1904)


def test_a_word_over_one_column_of_data_is_no_total():
    (block,) = blocks(grid("级别,名称,金额", "全国,甲奖,3", "全市,乙奖,4", "全区,丙奖,5", "全国,丁奖,6"), frozenset())
    assert len(block.rows) == 4 and not block.totals
