"""Loading: nothing lost, foreign files through a mapping, bad input."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundanalytics.data.ledger import Grid
from fundanalytics.data.load import load
from fundanalytics.data.locate import context_of
from fundanalytics.errors import DataError

SHARED = Path(__file__).parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the real data beside the project are not here")

# what a person sees in a cell, in yuan (amounts in 万元 are ten thousand times as much); what cannot be read is worth nothing
WORTH = {"": 0, "1": 1, "100.10": 100.10, "１２": 12, "-5": -5, "(7)": -7, "1,000": 1000, "2.5万": 25000, "约3万": 30000, "若干": 0, "待定": 0, "#REF!": 0}
CELLS = st.sampled_from(sorted(WORTH))
ROWS = st.lists(
    st.tuples(st.sampled_from(["Z1", "Z2", "Z3"]), st.sampled_from(["P1", "P2", "P9", ""]), CELLS, st.sampled_from(["2020-05-01", "20200101", "昨天", ""]))
)


AREAS = "area_code,area_name,level,parent_code\nD,虚区,district,\nD1,甲街道,street,D\nD101,一社区,community,D1\nD102,二社区,community,D1\n"
PROJECTS = "项目编号,社区名称,年度,资金类别,项目名称,项目类别,预算金额（万元）\n"
PAYMENTS = "支付编号,项目编号,支付金额,支付日期\n"


def folder(tmp_path: Path, **files: str) -> Path:
    tmp_path.mkdir(exist_ok=True)
    for name, text in ({"areas": AREAS} | files).items():
        (tmp_path / f"{name}.csv").write_text(text, "utf-8-sig")
    return tmp_path


def found(dataset) -> pd.DataFrame:
    """Findings but those of areas that the test sends nothing for."""
    return dataset.findings[dataset.findings["code"] != "area_without_data"]


def conserved(dataset) -> None:
    """Rows read = kept + refused, and for every amount column the same of the sums; kept is what the tables hold."""
    sources, sums = dataset.sources, dataset.sums
    assert (sources["read"] == sources["kept"] + sources["refused"]).all()
    held = pd.concat([t["source_file"] for t in dataset.tables.values() if len(t)]).value_counts()
    assert sources.set_index("file")["kept"].sub(held, fill_value=0).eq(0).all()
    np.testing.assert_allclose(sums["read"], sums["kept"] + sums["refused"], rtol=0, atol=0.004)
    rows, refused = dataset.refused[dataset.refused["scope"] == "row"], sources["refused"].sum()
    whole = rows.drop_duplicates(["file", "sheet", "row", "table"])
    spans = dataset.blocks[dataset.blocks["table"] != ""].sort_values("first_row").groupby(["file", "sheet", "table"])
    beside = any((span["first_row"].to_numpy()[1:] <= span["last_row"].to_numpy()[:-1]).any() for _, span in spans)
    assert len(whole) == refused or (beside and len(whole) < refused <= len(rows))  # tables beside each other have the same row numbers


def test_amounts_are_yuan_and_a_word_costs_only_its_cell(tmp_path):
    dataset = load(folder(tmp_path, projects=PROJECTS + "P1,一社区,2020,保障资金,灯,基础设施,3.57\nP2,二社区,2020,保障资金,路,基础设施,待定\n"))
    assert dataset.projects["budget"].tolist()[0] == 35700.0
    assert dataset.projects["budget"].isna().tolist() == [False, True]
    assert dataset.projects["area_code"].tolist() == ["D101", "D102"]
    refused = dataset.refused.iloc[0]
    assert (refused["cell"], refused["found"], refused["rule"], refused["scope"]) == ("G3", "待定", "not_a_number", "cell")
    conserved(dataset)


def test_a_word_in_a_required_amount_refuses_the_row(tmp_path):
    projects = PROJECTS + "P1,一社区,2020,保障资金,灯,基础设施,3\n"
    dataset = load(folder(tmp_path, projects=projects, payments=PAYMENTS + "Z1,P1,100.10,2020-05-01\nZ2,P1,若干,2020-05-02\n"))
    assert dataset.payments["amount"].tolist() == [100.10]
    assert dataset.refused[["row", "column", "scope"]].values.tolist() == [[3, "amount", "row"]]
    conserved(dataset)


def test_same_row_twice_is_kept_once_and_same_key_otherwise_not_at_all(tmp_path):
    projects = PROJECTS + "P1,一社区,2020,保障资金,灯,基础设施,3\n"
    rows = "Z1,P1,100,2020-05-01\nZ1,P1,100,2020-05-01\nZ2,P1,7,2020-05-02\nZ2,P1,8,2020-05-02\n"
    dataset = load(folder(tmp_path, projects=projects, payments=PAYMENTS + rows))
    assert dataset.payments["payment_id"].tolist() == ["Z1"]
    assert dataset.refused["rule"].tolist() == ["duplicate_row", "duplicate_key", "duplicate_key"]
    assert found(dataset)["code"].tolist() == ["duplicate_row", "duplicate_key"]
    assert dataset.sums.set_index("column").loc["amount", ["read", "kept", "refused"]].tolist() == [215, 100, 115]
    conserved(dataset)


def test_unknown_area_is_refused_with_near_misses_never_guessed(tmp_path):
    dataset = load(folder(tmp_path, projects=PROJECTS + "P1,三社区,2020,保障资金,灯,基础设施,3\n"))
    assert dataset.projects.empty
    assert dataset.refused["rule"].tolist() == ["unknown_area"]
    assert "一社区" in dataset.refused["expected"].iloc[0]
    conserved(dataset)


def test_a_missing_required_column_is_named_and_the_rest_still_counts(tmp_path):
    payments = "支付编号,支付金额,支付日期\nZ1,5,2020-01-01\n"
    dataset = load(folder(tmp_path, payments=payments, projects=PROJECTS + "P1,一社区,2020,保障资金,灯,基础设施,3\n"))
    finding = dataset.findings[dataset.findings["code"] == "missing_column"].iloc[0]
    assert finding["expected"] == "项目编号"
    assert len(dataset.projects) == 1
    assert dataset.sums.set_index("column").loc["amount", ["read", "kept", "refused"]].tolist() == [5, 0, 5]
    conserved(dataset)


def test_wrong_totals_are_found_and_never_added(tmp_path):
    projects = PROJECTS + "P1,一社区,2020,保障资金,灯,基础设施,3.5\nP2,一社区,2020,保障资金,路,基础设施,1.25\n合计,,,,,,4.80\n"
    dataset = load(folder(tmp_path, projects=projects))
    assert dataset.projects["budget"].sum() == 47500
    finding = found(dataset).iloc[0]
    assert (finding["code"], finding["cell"], finding["found"], finding["expected"]) == ("total_differs", "G4", "48000.00", "47500.00")


@pytest.mark.parametrize(("stated", "expected"), [("8.37", []), ("9.37", ["83700.00"])])
def test_a_total_below_several_blocks_may_be_of_them_all(tmp_path, stated, expected):
    block = "\n{0}社区\n" + PROJECTS + "P{1}1,{0}社区,2020,保障资金,灯,基础设施,{2}\nP{1}2,{0}社区,2020,保障资金,路,基础设施,1.01\n小计,,,,,,{3}\n"
    projects = "甲街道项目表\n" + block.format("一", 1, "3.25", "4.26") + block.format("二", 2, "3.10", "4.11") + f"总计,,,,,,{stated}\n"
    assert found(load(folder(tmp_path, projects=projects)))["expected"].tolist() == expected


def test_a_numeric_column_nobody_mapped_is_found_with_its_sum(tmp_path):
    projects = PROJECTS.strip() + ",神秘金额\nP1,一社区,2020,保障资金,灯,基础设施,3,1200.5\n"
    finding = load(folder(tmp_path, projects=projects)).findings.iloc[0]
    assert (finding["code"], finding["column"], finding["detail"]) == ("unmapped_column", "神秘金额", "1200.50")


def test_a_file_that_is_no_workbook_is_listed_and_the_others_count(tmp_path):
    folder(tmp_path)
    (tmp_path / "坏.xlsx").write_bytes(b"not a workbook at all")
    shutil.copy(tmp_path / "areas.csv", tmp_path / "areas_copy.csv")
    dataset = load(tmp_path)
    assert dataset.sources.set_index("file")["status"].to_dict() == {"areas.csv": "used", "areas_copy.csv": "superseded", "坏.xlsx": "unread"}
    assert len(dataset.areas) == 4


@pytest.mark.parametrize(("make", "code"), [(lambda p: p / "nowhere", "no_such_path"), (lambda p: p, "empty_folder")])
def test_no_data_is_an_error_that_says_what_to_do(tmp_path, make, code):
    with pytest.raises(DataError) as error:
        load(make(tmp_path))
    assert error.value.code == code
    assert len(error.value.say("zh").split("–")) >= 4


def test_a_mapping_with_a_wrong_word_says_which(tmp_path):
    folder(tmp_path)
    (tmp_path / "mapping.yml").write_text("tables:\n  - {table: payment, file: x.csv}\n")
    with pytest.raises(DataError, match="payments"):
        load(tmp_path)


def test_a_table_away_from_the_corner_keeps_its_cell_addresses(tmp_path):
    projects = "\n,,示例\n" + "".join(f",{line}\n" for line in (PROJECTS + "P1,一社区,2020,保障资金,灯,基础设施,3\n合计,,,,,,4").splitlines())
    dataset = load(folder(tmp_path, projects=projects))
    assert dataset.projects["budget"].tolist() == [30000]
    assert found(dataset)[["code", "cell"]].to_numpy().tolist() == [["total_differs", "H5"]]


def test_a_percentage_is_no_amount(tmp_path):
    dataset = load(folder(tmp_path, projects=PROJECTS.replace("（万元）", "（%）") + "P1,一社区,2020,保障资金,灯,基础设施,85\n"))
    assert dataset.projects["budget"].isna().all()
    assert dataset.refused["rule"].tolist() == ["not_money"]


ALLOCATIONS = "社区名称,年度,资金类别,预算额度,到位金额\n"


def test_a_street_among_its_communities_that_holds_their_sum_is_a_total(tmp_path):
    rows = "一社区,2020,保障资金,100,100\n二社区,2020,保障资金,100,60\n甲街道,2020,保障资金,200,160\n"
    dataset = load(folder(tmp_path, allocations=ALLOCATIONS + rows))
    assert dataset.allocations["arrived"].sum() == 160
    assert dataset.refused[["row", "rule"]].to_numpy().tolist() == [[4, "total_row"]]
    conserved(dataset)


def test_streets_among_which_one_row_holds_their_sum_and_persons_summed_for_a_street_count_once(tmp_path):
    areas = AREAS + "D2,乙街道,street,D\n"
    streets = "单位,年度,资金类别,预算额度\n虚区,2020,保障资金,300\n甲街道,2020,保障资金,100\n乙街道,2020,保障资金,200\n"
    persons = "社区名称,年度,人口口径,人口数\n一社区,2020,常住,100\n二社区,2020,常住,200\n甲街道,2020,常住,300\n"
    dataset = load(folder(tmp_path, areas=areas, allocations=streets, populations=persons))
    assert (dataset.allocations["quota"].sum(), dataset.populations["persons"].sum()) == (300, 300)
    assert dataset.refused["rule"].tolist() == ["total_row"] * 2
    conserved(dataset)


@pytest.mark.parametrize("said", ["单位：万人", "单位：户、万人", "人口情况（万人）"])
def test_persons_under_ten_thousands_are_not_taken_for_persons(tmp_path, said):
    rows = f"{said},,,\n社区名称,年度,人口口径,人口数\n一社区,2020,常住,3\n二社区,2020,常住,2\n"
    dataset = load(folder(tmp_path, populations=rows))
    assert dataset.populations.empty and dataset.refused["rule"].tolist() == ["unit_unclear"] * 2
    assert load(folder(tmp_path, populations=rows.replace("人口数", "人口数（人）"))).populations["persons"].tolist() == [3, 2]


def test_shares_under_a_percent_sign_are_percent_unless_the_cells_hold_shares(tmp_path):
    rows = "原代码,新代码,比例（%）,调整日期\nX,D101,45,2020-01-01\nX,D102,55,2020-01-01\n"
    assert load(folder(tmp_path, crosswalk=rows)).crosswalk["share"].tolist() == [0.45, 0.55]
    assert load(folder(tmp_path, crosswalk=rows.replace("45", "0.45").replace("55", "0.55"))).crosswalk["share"].tolist() == [0.45, 0.55]


def test_a_community_code_goes_before_the_code_of_its_street(tmp_path):
    rows = "区划代码,街道代码,社区代码,年度,资金类别,预算额度,到位金额\nD,D1,D101,2020,保障资金,1,1\nD,D1,D102,2020,保障资金,2,2\n"
    assert load(folder(tmp_path, allocations=rows)).allocations["area_code"].tolist() == ["D101", "D102"]


def test_a_blank_community_is_missing_and_not_the_whole_street(tmp_path):
    rows = "街道,社区名称,年度,资金类别,预算额度\n甲街道,一社区,2020,保障资金,1\n甲街道,,2020,保障资金,2\n"
    dataset = load(folder(tmp_path, allocations=rows))
    assert dataset.allocations["area_code"].tolist() == ["D101"]
    assert dataset.refused["rule"].tolist() == ["missing"]


@pytest.mark.parametrize(
    ("title", "file", "period"),
    [
        ("2020年保障资金项目台账\n填报日期：2021年1月5日", "a.csv", "2020"),
        ("成社办发〔2020〕2号 附表", "2019/台账.csv", "2019"),
        ("单项2000元以上项目", "2020.csv", "2020"),
        ("2018-2020年项目汇总", "x.csv", None),
        ("保障资金项目台账（2020）", "x.csv", "2020"),
        ("成社办发(2019)2号 附表\n二〇二〇年度", "x.csv", "2020"),
        ("《2020年度细则》附表", "20190101.csv", None),
    ],
)
def test_the_fund_year_is_taken_from_titles_and_names_but_not_from_dates_or_documents(title, file, period):
    assert context_of(Grid(file, "Sheet1", title, None, [], [], {}), None).get("period") == period


def test_a_fund_that_a_title_leaves_out_is_not_its_fund():
    assert context_of(Grid("a.csv", "", "2019年保障资金项目台账（不含激励资金）", None, [], [], {}), None)["fund"] == "guarantee"


def test_two_equal_files_whose_names_differ_in_year_both_count(tmp_path):
    rows = "社区名称,资金类别,预算额度\n一社区,保障资金,100\n"
    dataset = load(folder(tmp_path, **{"2018额度": rows, "2019额度": rows}))
    assert dataset.allocations["period"].tolist() == ["2018", "2019"]
    assert set(dataset.sources["status"]) == {"used"}


def test_a_row_of_two_years_is_refused(tmp_path):
    dataset = load(folder(tmp_path, allocations=ALLOCATIONS + "一社区,2019-2020,保障资金,100,100\n"))
    assert dataset.refused["rule"].tolist() == ["not_a_period"]


def test_shares_that_do_not_sum_to_one_and_codes_that_lead_nowhere_are_refused(tmp_path):
    rows = "原代码,新代码,比例,调整日期\nX,D101,0.5,2020-01-01\nX,D102,0.3,2020-01-01\nY,D101,1,2020-01-01\nZ,Q,1,2020-01-01\n"
    dataset = load(folder(tmp_path, crosswalk=rows))
    assert dataset.crosswalk["old_code"].tolist() == ["Y"]
    assert sorted(dataset.refused["rule"]) == ["shares_not_one", "shares_not_one", "unknown_area"]


def test_an_area_below_an_unsound_parent_goes_with_it(tmp_path):
    areas = AREAS + "S2,丙街道,street,S3\nS3,丁街道,street,S2\nS201,三社区,community,S2\n"
    dataset = load(folder(tmp_path, areas=areas))
    assert dataset.areas["area_code"].tolist() == ["D", "D1", "D101", "D102"]
    conserved(dataset)


def test_a_number_of_projects_among_amounts_has_no_unit_of_money(tmp_path):
    rows = "单位：万元\n社区名称,年度,资金类别,指标,数值\n一社区,2016,村公,支出,1.5\n一社区,2016,村公,项目数,12\n"
    assert load(folder(tmp_path, totals=rows)).totals["value"].tolist() == [15000, 12]


def test_an_unknown_category_is_other_and_found(tmp_path):
    dataset = load(folder(tmp_path, projects=PROJECTS + "P1,一社区,2020,保障资金,灯,照明,3\n"))
    assert dataset.projects["category"].tolist() == ["other"]
    assert found(dataset)[["code", "found"]].to_numpy().tolist() == [["not_a_choice", "照明"]]


def test_totals_understand_units_in_cells_and_name_unread_details(tmp_path):
    rows = PROJECTS + "P1,一社区,2020,保障资金,灯,基础设施,1.2万元\nP2,一社区,2020,保障资金,路,基础设施,3\n合计,,,,,,4.2\n"
    assert found(load(folder(tmp_path / "good", projects=rows))).empty
    rows = rows.replace("1.2万元", "若干")
    assert found(load(folder(tmp_path / "bad", projects=rows)))["code"].tolist() == ["total_unread"]


def test_a_refused_payment_is_known_by_its_area_and_year(tmp_path):
    projects = PROJECTS + "P1,一社区,2020,保障资金,灯,基础设施,3\n"
    refused = load(folder(tmp_path, projects=projects, payments=PAYMENTS + "Z1,P1,若干,2020-05-02\n")).refused.iloc[0]
    assert (refused["area_code"], refused["period"]) == ("D101", "2020")


def test_a_mapping_holds_for_typed_files_too(tmp_path):
    folder(tmp_path, projects=PROJECTS + "P1,一社区,2020,保障资金,灯,基础设施,3\n")
    pd.DataFrame({"id": ["Z1", "Z2"], "p": ["P1", "P1"], "sum": [5.0, -999.0], "y": ["2020", "2020"]}).to_parquet(tmp_path / "paid.parquet")
    (tmp_path / "mapping.yml").write_text(
        "tables:\n  - {table: payments, file: paid.parquet, columns: {payment_id: id, project_id: p, period: y, amount: {from: sum, blank: [-999]}}}\n"
    )
    assert load(tmp_path).payments["amount"].tolist() == [5]


@settings(max_examples=60, deadline=None)
@given(payments=ROWS, budgets=st.lists(CELLS, min_size=1, max_size=4))
def test_nothing_is_lost_whatever_the_cells_hold(payments, budgets):
    projects = PROJECTS + "".join(f'P{i},{"一社区" if i < 3 else "无名社区"},2020,保障资金,灯,基础设施,"{b}"\n' for i, b in enumerate(budgets))
    with tempfile.TemporaryDirectory() as place:
        rows = "".join(",".join(f'"{c}"' for c in row) + "\n" for row in payments)
        dataset = load(folder(Path(place), projects=projects, payments=PAYMENTS + rows))
    conserved(dataset)
    sent = dataset.sources.set_index("file")["read"]
    sums = dataset.sums.groupby("table")["read"].sum()
    assert (sent["payments.csv"], sent["projects.csv"]) == (len(payments), len(budgets))
    assert sums.get("payments", 0) == pytest.approx(sum(WORTH[amount] for _, _, amount, _ in payments), abs=0.001)
    assert sums.get("projects", 0) == pytest.approx(sum(WORTH[b] * (1 if b in ("2.5万", "约3万") else 10_000) for b in budgets), abs=0.001)


CHICAGO = """
name: Chicago wards
tables:
  - table: areas
    rows: [{area_code: CHI, area_name: Chicago, level: district}]
  - table: areas
    file: menu.csv
    distinct: true
    columns: {area_code: {format: "CHI/W{ward:2}"}, area_name: {format: "Ward {ward}"}, level: {value: street}, parent_code: {value: CHI}}
  - table: allocations
    file: menu.csv
    distinct: true
    columns: {area_code: {format: "CHI/W{ward:2}"}, period: year, fund: {value: guarantee}, quota: {value: 1320000}, arrived: {value: 1320000}}
  - table: projects
    file: menu.csv
    columns:
      project_id: {format: "R{row}"}
      area_code: {format: "CHI/W{ward:2}"}
      period: year
      fund: {value: guarantee}
      name: {format: "{program} {location}"}
      category: {value: infrastructure}
  - table: payments
    file: menu.csv
    columns: {payment_id: {format: "R{row}"}, project_id: {format: "R{row}"}, period: year, amount: est_cost}
"""


@pytest.fixture(scope="session")
def chicago(tmp_path_factory):
    mapping = tmp_path_factory.mktemp("chicago") / "mapping.yml"
    mapping.write_text(CHICAGO)
    return load(SHARED / "ward_budget_chicago" / "menu.csv", mapping=mapping)


@needs_shared
def test_chicago_spending_is_read_to_the_cent(chicago):
    expected = pd.read_csv(SHARED / "ward_budget_chicago" / "expected_ward_year.csv").astype({"year": "str"})
    paid = chicago.payments.merge(chicago.projects[["project_id", "area_code"]], on="project_id")
    spent = paid.groupby(["area_code", "period"])["amount"].sum()
    spent = spent.reindex(pd.MultiIndex.from_frame(expected[["area_id", "year"]]), fill_value=0)
    np.testing.assert_allclose(spent.to_numpy(), expected["spent"].to_numpy(), rtol=0, atol=0.005)
    assert len(chicago.projects) == 20160
    assert set(chicago.refused["rule"]) == {"missing", "not_a_number"}
    assert len(chicago.refused) == 20  # 18 blank costs, 2 damaged ones
    conserved(chicago)


HSINCHU = """
tables:
  - table: areas
    rows: [{area_code: H, area_name: 新竹, level: district}]
  - table: projects
    file: "*.xls"
    columns:
      project_id: {format: "R{row}"}
      area_code: {value: H}
      period: {value: "2013"}
      fund: {value: guarantee}
      category: {value: infrastructure}
      name: 建議項目及內容
      budget: 建議金額
      contract_amount: 核定金額
"""


@needs_shared
@pytest.mark.parametrize(
    ("file", "rows", "requested", "approved"), [("hsinchu_10202", 55, 31_076_000, 30_829_000), ("hsinchu_10301", 27, 2_953_050, 2_788_108)]
)
def test_hsinchu_workbooks_give_their_published_sums(tmp_path, file, rows, requested, approved):
    mapping = tmp_path / "mapping.yml"
    mapping.write_text(HSINCHU, "utf-8")
    dataset = load(SHARED / "messy_workbooks" / f"{file}.xls", mapping=mapping)
    assert len(dataset.projects) == rows
    assert round(dataset.projects["budget"].sum(), 2) == requested
    assert round(dataset.projects["contract_amount"].sum(), 2) == approved
    assert not (found(dataset)["code"] == "total_differs").any()
    conserved(dataset)


def test_a_project_whose_row_was_refused_is_named_beside_its_payments(tmp_path):
    projects = PROJECTS + "P1,三社区,2020,保障资金,灯,基础设施,3\nP2,一社区,2020,保障资金,路,基础设施,3\n"
    refused = load(folder(tmp_path, projects=projects, payments=PAYMENTS + "Z1,P1,5,2020-05-01\nZ2,P9,5,2020-05-01\n")).refused
    told = refused[refused["table"] == "payments"].set_index("found")
    assert told["rule"].to_dict() == {"P1": "project_refused", "P9": "unknown_project"}
    assert told.loc["P1", "expected"] == "projects.csv projects 2:2"


def test_of_two_copies_the_original_counts(tmp_path):
    payments = PAYMENTS + "Z1,P1,5,2020-05-01\n"
    files = {"支付": payments, "支付(1)": payments, "projects": PROJECTS + "P1,一社区,2020,保障资金,灯,基础设施,3\n"}
    assert load(folder(tmp_path, **files)).payments["source_file"].tolist() == ["支付.csv"]


def test_the_code_of_a_street_beside_the_name_of_its_community_means_the_community(tmp_path):
    projects = PROJECTS.replace("社区名称", "区划代码,社区名称") + "P1,D1,一社区,2020,保障资金,灯,基础设施,3\n"
    dataset = load(folder(tmp_path, projects=projects))
    assert dataset.projects["area_code"].tolist() == ["D101"]
    assert "code_name_differ" in found(dataset)["code"].tolist()


def test_many_rounded_cells_are_one_finding(tmp_path):
    rows = "".join(f"P{i},一社区,2020,保障资金,灯,基础设施,3.1234567\n" for i in range(7))
    told = found(load(folder(tmp_path, projects=PROJECTS + rows)))
    assert told[["code", "cell", "found"]].to_numpy().tolist() == [["rounded", "G2", "× 7"]]


def test_a_negative_budget_is_found(tmp_path):
    told = found(load(folder(tmp_path, projects=PROJECTS + "P1,一社区,2020,保障资金,灯,基础设施,（5）\n")))
    assert told[["code", "cell", "found"]].to_numpy().tolist() == [["negative_amount", "G2", "-50000.00"]]


def test_an_area_whose_rows_were_refused_is_not_said_to_have_sent_nothing(tmp_path):
    rows = "P1,一社区,2020,保障资金,灯,基础设施,3\nP2,二社区,2020,保障资金,,基础设施,3\n"
    dataset = load(folder(tmp_path, projects=PROJECTS + rows))
    assert len(dataset.refused) == 1 and "area_without_data" not in dataset.findings["code"].tolist()


def test_hidden_rows_of_a_sheet_that_is_none_of_ours_are_told_too(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(folder(tmp_path) / "外部.xlsx") as book:
        sheet = book.add_worksheet()
        for i, row in enumerate([("单位名称", "造价", "面积"), ("甲厂", 5, 1), ("乙厂", 6, 2), ("丙厂", 7, 3)]):
            sheet.write_row(i, 0, row)
        sheet.set_row(2, None, None, {"hidden": True})
    told = load(tmp_path).findings
    assert told.loc[told["code"] == "hidden_rows", ["cell", "found"]].to_numpy().tolist() == [["3:3", "3"]]
