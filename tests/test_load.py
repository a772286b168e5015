"""Loading: nothing lost, foreign files through a mapping, bad input."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundanalytics.data.load import load
from fundanalytics.errors import DataError

SHARED = Path(__file__).parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the real data beside the project are not here")

CELLS = st.sampled_from(["", "1", "100.10", "１２", "-5", "(7)", "1,000", "2.5万", "约3万", "若干", "待定", "0.001", "=1+1", "1e3", "#REF!", "合计", "nan"])
ROWS = st.lists(
    st.tuples(st.sampled_from(["Z1", "Z2", "Z3", ""]), st.sampled_from(["P1", "P2", "P9", ""]), CELLS, st.sampled_from(["2020-05-01", "20200101", "昨天", ""]))
)


AREAS = "area_code,area_name,level,parent_code\nD,虚区,district,\nD1,甲街道,street,D\nD101,一社区,community,D1\nD102,二社区,community,D1\n"
PROJECTS = "项目编号,社区名称,年度,资金类别,项目名称,项目类别,预算金额（万元）\n"
PAYMENTS = "支付编号,项目编号,支付金额,支付日期\n"


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in ({"areas": AREAS} | files).items():
        (tmp_path / f"{name}.csv").write_text(text, "utf-8-sig")
    return tmp_path


def conserved(dataset) -> None:
    """Rows read = kept + refused, and for every amount column the same of the sums; kept is what the tables hold."""
    sources, sums = dataset.sources, dataset.sums
    assert (sources["read"] == sources["kept"] + sources["refused"]).all()
    held = pd.concat([t["source_file"] for t in dataset.tables.values() if len(t)]).value_counts()
    assert sources.set_index("file")["kept"].sub(held, fill_value=0).eq(0).all()
    np.testing.assert_allclose(sums["read"], sums["kept"] + sums["refused"], rtol=0, atol=0.004)
    whole = dataset.refused[dataset.refused["scope"] == "row"].drop_duplicates(["file", "sheet", "row", "table"])
    assert len(whole) == sources["refused"].sum()


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
    assert dataset.findings["code"].tolist() == ["duplicate_row", "duplicate_key"]
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
    finding = dataset.findings.iloc[0]
    assert (finding["code"], finding["cell"], finding["found"], finding["expected"]) == ("total_differs", "G4", "48000.00", "47500.00")


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
    assert dataset.findings[["code", "cell"]].to_numpy().tolist() == [["total_differs", "H5"]]


def test_a_percentage_is_no_amount(tmp_path):
    dataset = load(folder(tmp_path, projects=PROJECTS.replace("（万元）", "（%）") + "P1,一社区,2020,保障资金,灯,基础设施,85\n"))
    assert dataset.projects["budget"].isna().all()
    assert dataset.refused["rule"].tolist() == ["not_money"]


@settings(max_examples=60, deadline=None)
@given(payments=ROWS, budgets=st.lists(CELLS, min_size=1, max_size=4))
def test_nothing_is_lost_whatever_the_cells_hold(payments, budgets):
    projects = PROJECTS + "".join(f'P{i},{"一社区" if i < 3 else "无名社区"},2020,保障资金,灯,基础设施,"{b}"\n' for i, b in enumerate(budgets))
    with tempfile.TemporaryDirectory() as place:
        rows = "".join(",".join(f'"{c}"' for c in row) + "\n" for row in payments)
        dataset = load(folder(Path(place), projects=projects, payments=PAYMENTS + rows))
    conserved(dataset)


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
    assert not (dataset.findings["code"] == "total_differs").any()
    conserved(dataset)
