"""Years in the headings: read as years of their own where nothing is open, and left as they are otherwise."""

import pytest
from test_load import conserved, folder

from fundanalytics.data.load import load

HEADS = {
    "merged": "社区,资金类别,2019年,,2020年,\n,,预算额度,到位金额,预算额度,到位金额\n",
    "in one": "社区,资金类别,2019年预算额度,2019年到位金额,2020年预算额度,2020年到位金额\n",
    "in brackets": "社区,资金类别,预算额度(2019年),到位金额(2019年),预算额度(2020年),到位金额(2020年)\n",
    "under a title of one year": "2020年资金到位情况,,,,,\n社区,资金类别,2019年,,2020年,\n,,预算额度,到位金额,预算额度,到位金额\n",
}
ROWS = "一社区,保障资金,10,9,20,19\n二社区,保障资金,,,21,待定\n"


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_columns_of_years_are_read_as_years_without_a_mapping(tmp_path, head):
    dataset = load(folder(tmp_path, 资金到位=head + ROWS))
    rows = dataset.allocations[["area_code", "period", "quota", "arrived"]].fillna(-1).to_numpy().tolist()
    assert rows == [["D101", "2019", 10, 9], ["D101", "2020", 20, 19], ["D102", "2020", 21, -1]]
    assert dataset.refused[["column", "rule", "period"]].to_numpy().tolist() == [["arrived", "not_a_number", "2020"]]
    told = dataset.findings[dataset.findings["code"] == "wide_read"]
    assert len(told) == 1 and all(word in told["found"].iloc[0] for word in ("2019: ", "2020: ", "预算额度", "到位金额"))
    conserved(dataset)


@pytest.mark.parametrize(
    "text",
    [
        "社区,资金类别,预算额度,2019年到位,2020年到位\n一社区,保障资金,10,9,20\n",
        "社区,资金类别,2018年到位,2019年到位,2020年到位,2019年额度,2020年额度\n一社区,保障资金,10,9,20,10,20\n",
        "社区,资金类别,2019年预算额度,2020年预算额度,2020年预算额度\n一社区,保障资金,10,9,20\n",
        "社区,资金类别,2019年预算额度,2020年预算额度,到位日期\n一社区,保障资金,10,9,2020-01-02\n",
    ],
    ids=["an amount of no year", "a year without its quota", "a year twice", "a day of no year"],
)
def test_columns_of_years_beside_anything_open_are_left_to_a_mapping(tmp_path, text):
    dataset = load(folder(tmp_path, 资金到位=text))
    assert len(dataset.allocations) == 0 and "wide_read" not in set(dataset.findings["code"])
    assert "missing_column" in set(dataset.refused["rule"])
    conserved(dataset)
