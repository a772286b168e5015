"""Mapping files: every key checked, wide sheets, filters and sums; nothing left out in silence; what `map` proposes loads as it stands."""

from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook
from test_load import PAYMENTS, PROJECTS, SHARED, conserved, folder, needs_shared
from typer.testing import CliRunner

from fundanalytics.cli import app
from fundanalytics.data.dataset import Dataset
from fundanalytics.data.load import load
from fundanalytics.data.mapping_file import read_mapping
from fundanalytics.data.propose import propose
from fundanalytics.errors import DataError

PROJECT = PROJECTS + "P1,一社区,2020,保障资金,灯,基础设施,3\n"


def mapped(place: Path, tables: str, **files: str) -> Dataset:
    folder(place, **files)
    (place / "mapping.yml").write_text(f"tables:\n{tables}", "utf-8")
    return load(place)


def told(dataset: Dataset, *columns: str, code: str = "") -> list[list[object]]:
    rows = dataset.findings[dataset.findings["code"] == code] if code else dataset.findings
    return rows[list(columns)].to_numpy().tolist()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("table: []", "tables"),
        ("origin: real", "synthetic"),
        ("tables: payments", "- table"),
        ("name: [", "YAML"),
        ("- table: payment", "payments"),
        ("- {table: payments, files: x.csv}", "file"),
        ("- {table: payments, file: x.csv}", "columns"),
        ("- {table: payments, unit: wan, columns: {amount: a}}", "万元"),
        ("- {table: payments, columns: {amuont: 金额}}", "amount"),
        ("- {table: payments, columns: {amount: {form: 金额}}}", "from"),
        ("- {table: payments, columns: {amount: {from: a, value: 1}}}", "from"),
        ("- {table: payments, columns: {amount: 5}}", "value: 5"),
        ("- {table: payments, columns: {amount: {from: a, unit: 万圆}}}", "万元"),
        ("- {table: projects, columns: {fund: {from: a, codes: {x: garantee}}}}", "guarantee"),
        ("- {table: projects, columns: {fund: {from: a, codes: none.csv}}}", "none.csv"),
        ("- {table: projects, columns: {name: {sum: [a, b]}}}", "sum"),
        ("- {table: projects, columns: {name: {format: 5}}}", "format"),
        ("- {table: projects, columns: {name: a, name: b}}", "name"),
        ("- {table: projects, encoding: utf9, columns: {name: a}}", "utf9"),
        ("- {table: projects, distinct: yes, columns: {name: a}}", "true"),
        ("- {table: projects, header_row: 0, columns: {name: a}}", "header_row"),
        ("- {table: projects, where: [a], columns: {name: a}}", "heading"),
        ("- {table: projects, wide: {budget: 预算}, columns: {name: a}}", "wide"),
        ("- {table: projects, wide: {budget: '{peroid}'}}", "period"),
        ("- skip: true", "file"),
        ("- {table: areas, rows: [{area_cod: D}]}", "area_code"),
        ("- {table: areas, query: drop x, sheet: q}", "select"),
    ],
)
def test_every_slip_in_a_mapping_is_named_with_what_is_near(tmp_path, text, found):
    (tmp_path / "mapping.yml").write_text(f"tables:\n{text}" if text.startswith("-") else text, "utf-8")
    with pytest.raises(DataError) as error:
        read_mapping(tmp_path / "mapping.yml")
    assert found in error.value.say("en") and "mapping.yml" in error.value.say("zh")


def test_codes_that_look_like_numbers_stay_as_they_are_written(tmp_path):
    (tmp_path / "mapping.yml").write_text(
        "tables: [{table: projects, sheet: 0101, where: {街道: 010}, columns: {fund: {from: a, codes: {yes: 保障, 01: 激励}}}}]", "utf-8"
    )
    entry = read_mapping(tmp_path / "mapping.yml").entries[0]
    assert entry.sheet == ("0101",) and entry.filters[0].words == {"010"} and entry.columns["fund"]["codes"] == {"yes": "保障", "01": "激励"}


def test_a_heading_that_is_not_there_is_told_with_near_misses(tmp_path):
    dataset = mapped(tmp_path, "  - {table: payments, file: pay.csv, columns: {payment_id: 凭证, project_id: 项目, amount: 支付额, period: {value: 2020}}}",
                     projects=PROJECT, pay="凭证,项目,支付额度\nZ1,P1,5\n")  # fmt: skip
    assert told(dataset, "file", "expected", "detail", code="missing_column") == [["pay.csv", "支付额", "支付额: 支付额度"]]
    conserved(dataset)


WIDE = "社区名称,2018年到位,2019年到位（万元）,2018年额度,2019年额度（万元）,说明\n一社区,10,0.002,100,0.02,x\n二社区,—,0.003,,0.03,\n合计,10,0.016,100,0.05,\n"


@pytest.mark.parametrize(
    "wide",
    [
        'wide: {quota: "{period}额度", arrived: "{period}到位"}',
        "wide: [{period: {value: 2018}, quota: 2018年额度, arrived: 2018年到位}, {period: {value: 2019}, quota: 2019年额度（万元）, arrived: 2019年到位}]",
    ],
)
def test_a_column_for_each_year_becomes_rows_with_right_addresses(tmp_path, wide):
    tables = f"  - table: allocations\n    file: wide.csv\n    {wide}\n    columns: {{area_name: 社区名称, fund: {{value: 保障}}}}"
    dataset = mapped(tmp_path, tables, wide=WIDE.replace("0.003,,0.03,\n", "0.003,待定,若干,\n"))
    rows = dataset.allocations.sort_values(["period", "area_code"])[["area_code", "period", "quota", "arrived", "source_row"]]
    assert rows.to_numpy().tolist() == [["D101", "2018", 100, 10, 2], ["D101", "2019", 200, 20, 2]]
    assert dataset.refused[["column", "rule", "cell", "period"]].to_numpy().tolist() == [
        ["quota", "not_a_number", "D3", "2018"],
        ["quota", "not_a_number", "E3", "2019"],
    ]
    assert ["total_differs", "C4"] in told(dataset, "code", "cell")
    assert dataset.sources.set_index("file").loc["wide.csv", ["read", "kept", "refused"]].tolist() == [4, 2, 2]
    assert dataset.sums.set_index("column").loc["arrived", ["read", "kept", "refused"]].tolist() == [60, 30, 30]


def test_wide_over_two_things_gives_a_key_to_formats(tmp_path):
    tables = """
  - table: payments
    file: pay.csv
    wide: {amount: "{period}{project_id}支付"}
    columns: {payment_id: {format: "{凭证}-{project_id}-{period}"}}"""
    pay = "凭证,2019P1支付,2020P1支付,2020P2支付\nA,1,2,3\n"
    dataset = mapped(tmp_path, tables, projects=PROJECT + "P2,一社区,2020,保障资金,路,基础设施,3\n", pay=pay)
    assert dataset.payments[["payment_id", "project_id", "period", "amount"]].to_numpy().tolist() == [
        ["A-P1-2019", "P1", "2019", 1], ["A-P1-2020", "P1", "2020", 2], ["A-P2-2020", "P2", "2020", 3]]  # fmt: skip


PAY = "凭证,项目,中央,地方,退回,状态,类型\n1,P1,1.10,2.20,0.30,有效,费\n2,P1,5,,,作废,费\n3,P1,4,若干,,有效,费\n4,P1,,,,有效,费\n5,P1,7,,,有效,税\n"


def test_filters_leave_nothing_out_in_silence_and_sums_are_exact(tmp_path):
    tables = """
  - table: payments
    file: p*.csv
    sheet: p?y
    where: {状态: [有效]}
    not: {类型: 税}
    columns: {payment_id: {format: "Z{凭证:3}"}, project_id: 项目, period: {value: 2020}, amount: {sum: [中央, 地方], less: [退回]}}"""
    dataset = mapped(tmp_path, tables, projects=PROJECT, pay=PAY)
    assert dataset.payments[["payment_id", "amount"]].to_numpy().tolist() == [["Z001", 3.0]]
    refused = dataset.refused[["row", "cell", "found", "rule"]].to_numpy().tolist()
    assert refused == [[4, "D4", "4 + 若干 - None", "not_a_number"], [5, "C5", "None + None - None", "missing"]]
    assert told(dataset, "column", "found", "detail", code="filtered_rows") == [["中央", "2", "12.00"]]
    conserved(dataset)


def test_rows_that_another_entry_takes_are_not_left_out(tmp_path):
    entry = "  - {table: payments, file: pay.csv, where: {状态: %s}, columns: {payment_id: 凭证, project_id: 项目, period: {value: %s}, amount: 中央}}\n"
    dataset = mapped(tmp_path, entry % ("有效", 2020) + entry % ("[作废]", 2019), projects=PROJECT, pay=PAY)
    assert dataset.payments.set_index("payment_id")["period"].to_dict() == {"1": "2020", "3": "2020", "5": "2020", "2": "2019"}
    assert told(dataset, "code", code="filtered_rows") == []


def test_codes_may_stand_in_a_list_beside_the_mapping_and_parts_of_codes_are_keys(tmp_path):
    (tmp_path / "lists").mkdir()
    folder(tmp_path)
    (tmp_path / "kinds.txt").write_text("他们的词,我们的\n照明,基础设施\n读书,literacy\n", "gb18030")
    tables = """
  - table: projects
    file: works.csv
    columns:
      project_id: {format: "{代码[0:4]}-{代码[-2:]}"}
      area_code: {from: [村名, 社区]}
      period: {value: 2020}
      fund: {value: 保障}
      name: {from: 名称, nth: 2}
      category: {from: 类, codes: kinds.txt}
  - {skip: true, file: kinds.txt}"""
    dataset = mapped(tmp_path, tables, works="代码,社区,名称,名称,类\nD10199,一社区,旧名,灯,照明\nD10288,二社区,旧名,书,读书\nD10277,二社区,旧名,乐,奏乐\n")
    rows = dataset.projects[["project_id", "area_code", "name", "category"]].to_numpy().tolist()
    assert rows == [["D101-99", "D101", "灯", "infrastructure"], ["D102-88", "D102", "书", "literacy"], ["D102-77", "D102", "乐", "other"]]
    assert ["not_a_choice", "奏乐"] in told(dataset, "code", "found")
    assert dataset.sources.set_index("file").loc["kinds.txt", "status"] == "skipped"


def workbook(path: Path, **sheets: list[list[object]]) -> None:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        for row in (sheet := book.create_sheet(name)) and rows:
            sheet.append(row)
    book.save(path)


def test_headings_may_be_written_out_and_sheets_skipped_and_what_matches_nothing_is_found(tmp_path):
    fifth = [["甲", "乙", "丙"], [1, 2, 3], [None], ["某年报"], ["x", "y", "z"], ["P2", "灯", 7]]
    workbook(tmp_path / "a.xlsx", 无表头=[["Z1", "P1", 5, 2020], ["Z2", "P1", 6, 2020]], 第五行=fifth,
             说明=[["随便", "写写"], ["a", 1]])  # fmt: skip
    tables = """
  - {table: payments, file: a.xlsx, sheet: 无表头, headings: [凭证, 项目, 元, 年], columns: {payment_id: 凭证, project_id: 项目, amount: 元, period: 年}}
  - {table: projects, file: a.xlsx, sheet: 第*, header_row: 5, headings: [编, 名], columns: {project_id: 编, name: 名, budget: z, period: {value: 2020},
     area_code: {value: D1}, fund: {value: 保障}, category: {value: 其他}}}
  - {skip: true, file: a.xlsx, sheet: 说*}
  - {table: payments, file: a.xlsx, sheet: 无表投, columns: {amount: 元}}
  - {table: payments, file: b.xlsx, columns: {amount: 元}}"""
    dataset = mapped(tmp_path, tables, projects=PROJECT)
    assert dataset.payments[["payment_id", "amount", "source_row"]].to_numpy().tolist() == [["Z1", 5, 1], ["Z2", 6, 2]]
    assert dataset.projects.sort_values("project_id")[["project_id", "budget", "source_row"]].to_numpy().tolist() == [["P1", 30000, 2], ["P2", 7, 6]]
    assert told(dataset, "sheet", code="skipped_sheet") == [["说明"]]
    assert told(dataset, "found", "expected", code="mapping_unused") == [["payments a.xlsx 无表投", "无表头"], ["payments b.xlsx", "a.xlsx"]]
    conserved(dataset)


def test_an_entry_is_for_the_block_that_has_its_headings(tmp_path):
    sheet = "类,甲,乙\n凭证,项目,元\nZ1,P1,5\n\n\n项目名,号,年\n灯,P1,2020\n"
    tables = """
  - {table: payments, file: two.csv, columns: {payment_id: 凭证, project_id: 项目, amount: 元, period: {value: 2020}}}
  - {table: projects, file: two.csv, columns: {project_id: 号, name: 项目名, period: 年, area_code: {value: D}, fund: {value: 保障},
     category: {value: 其他}}}"""
    dataset = mapped(tmp_path, tables, two=sheet)
    assert (len(dataset.payments), len(dataset.projects), len(dataset.refused)) == (1, 1, 0)


def same(one: Dataset, two: Dataset) -> None:
    for name, rows in one.tables.items():
        pd.testing.assert_frame_equal(rows, two.tables[name], obj=name)
    for part in ("refused", "findings", "sums", "sources"):
        pd.testing.assert_frame_equal(getattr(one, part), getattr(two, part), obj=part)


def test_what_map_proposes_loads_as_the_files_do_without_it(tmp_path):
    place = folder(
        tmp_path / "data",
        projects=PROJECTS.strip() + ",神秘金额,金额,序号\nP1,一社区,2020,保障资金,灯,照明,若干,1200.5,1,1\n",
        payments=PAYMENTS + "Z1,P1,5,2020-01-01\n",
    )
    headings = ["项目编号", "项目名称", "项目类别", "预算金额", "预算金额", "合同额"]
    workbook(place / "2020年甲街道.xlsx", 一=[["甲街道2020年激励资金项目"], headings, ["P7", "路", "其他", 5, 6, 4]],
             二=[["支付编号", "支付金额", "支付日期"], ["Z7", 5, "2020-02-01"]])  # fmt: skip
    text = propose(place, lang="zh")
    proposed = tmp_path / "proposed.yml"
    proposed.write_text(text, "utf-8")
    same(load(place), load(place, mapping=proposed))
    for line in (
        "# 未识别: 神秘金额 – 例 1200.5，合计 1,200.50",
        "# 必填缺失: project_id（项目编号）",
        "contract_amount: 合同额  # 或许是 contract_amount（合同金额）",
        "# 不读入: 序号",
    ):
        assert line in text
    assert "# 来自标题或文件名: period = 2020" in text and "amount: 支付金额  # 例 5，合计 5" in text


def test_map_proposes_columns_of_years_as_wide(tmp_path):
    place = folder(tmp_path / "data", 资金到位=WIDE.replace("社区名称,", "社区名称,资金类别,").replace("社区,", "社区,保障,").replace("合计,", "合计,,"))
    text = propose(place, lang="en")
    assert 'wide: {arrived: "{period}到位", quota: "{period}额度"}  # a column for each year, check it' in text
    (tmp_path / "m.yml").write_text(text, "utf-8")
    assert sorted(load(place, mapping=tmp_path / "m.yml").allocations["period"]) == ["2018", "2019", "2019"]


def test_map_lists_every_heading_of_a_foreign_file_and_overwrites_nothing(tmp_path):
    (tmp_path / "x.csv").write_text('Ward,Cost of work,Booked on,合同价,合同价\n12,"$1,200.50",2020-01-02,1,2\n13,$3.00,2020-01-03,3,4\n', "utf-8")
    out = tmp_path / "mapping.yml"
    call = ["map", str(tmp_path / "x.csv"), "--out", str(out), "--lang", "en"]
    assert CliRunner().invoke(app, call).exit_code == 0
    text = out.read_text("utf-8")
    assert read_mapping(out).entries == ()
    for part in ("not recognised: Ward – such as 12, sum 25", "not recognised: Cost of work – such as $1,200.50, sum 1,203.50",
                 "not recognised: Booked on – such as 2020-01-02", "contract_amount: {from: 合同价, nth: 2}"):  # fmt: skip
        assert part in text
    again = CliRunner().invoke(app, call)
    assert again.exit_code == 2 and "--force" in again.stderr and out.read_text("utf-8") == text
    assert CliRunner().invoke(app, [*call, "--force"]).exit_code == 0


def test_map_offers_the_tables_that_the_cells_suit_when_no_heading_is_known(tmp_path):
    (tmp_path / "x.csv").write_text("工程号,造价,实付,付讫时间\nG-1,1200.5,3,2020-01-02\nG-2,300,2,2020-01-03\n", "utf-8")
    text = propose(tmp_path / "x.csv", lang="zh")
    assert "最接近: projects（项目台账）、payments（支付明细）" in text and "- table: aliases" not in text
    projects, payments = text.split("# - table: ")[1:]
    assert all(f"#     {name}:" in projects for name in ("project_id", "name", "category", "fund"))
    assert all(f"#     {name}:" in payments for name in ("payment_id", "project_id", "amount", "paid_on"))
    assert text.count("未识别: 造价 – 例 1200.5，合计 1,500.50") == 1


@needs_shared
@pytest.mark.parametrize(("file", "sums"), [("kaohsiung_1585.xlsx", ("853,955.54", "746,504.77")), ("hsinchu_10202.xls", ("31,076", "30,829"))])
def test_map_is_a_start_for_workbooks_of_other_cities(file, sums):
    text = propose(SHARED / "messy_workbooks" / file, lang="zh")
    assert all(f"合计 {value}" in text for value in sums)
    assert "unit: 千元" in text and "建議金額" in text
