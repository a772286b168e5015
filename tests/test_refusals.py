"""A full count is only as full as the files behind it: what was refused marks the figures of its area."""

from pathlib import Path

import pytest
from test_load import ALLOCATIONS, PAYMENTS, PROJECTS, folder

import fundanalytics as fa


def data(tmp_path: Path, *, words: int, of: int = 20) -> fa.Dataset:
    """One community whose street sent ``of`` payments of 1 yuan, ``words`` of them as words; another without fault."""
    projects = PROJECTS + "P1,一社区,2020,保障资金,灯,基础设施,3\nP2,二社区,2020,保障资金,路,基础设施,3\n"
    paid = [f"Z{i},P1,{'见合同' if i < words else 1},2020-05-01\n" for i in range(of)] + [f"Y{i},P2,1,2020-05-01\n" for i in range(of)]
    allocated = ALLOCATIONS + f"一社区,2020,保障资金,{of},{of}\n二社区,2020,保障资金,{of},{of}\n"
    return fa.load(folder(tmp_path, projects=projects, payments=PAYMENTS + "".join(paid), allocations=allocated))


@pytest.mark.parametrize(("words", "note", "quality"), [(0, "", 1), (1, "part_refused", 2), (10, "much_refused", 3)])
def test_refused_payments_mark_their_community(tmp_path, words, note, quality):
    table = fa.usage_rate(data(tmp_path, words=words), by="community", period="2020").set_index("area_code")
    assert (table.loc["D101", "note"], table.loc["D101", "quality"]) == (note, quality)
    assert (table.loc["D102", "note"], table.loc["D102", "quality"]) == ("", 1)


def test_the_mark_climbs_as_the_share_of_all_rows(tmp_path):
    table = fa.usage_rate(data(tmp_path, words=10), by=["street", "district"], period="2020")
    assert set(table["note"]) == {"much_refused"}
    assert set(fa.usage_rate(data(tmp_path, words=2), by="district", period="2020")["note"]) == {"part_refused"}


def test_other_years_and_repeated_rows_are_not_marked(tmp_path):
    dataset = data(tmp_path, words=0)
    payments = (tmp_path / "payments.csv").read_text("utf-8-sig")
    (tmp_path / "payments.csv").write_text(payments + payments.split("\n", 1)[1], "utf-8-sig")
    again = fa.load(tmp_path)
    assert len(again.refused) == 40 and set(again.refused["rule"]) == {"duplicate_row"}
    assert fa.usage_rate(again, period="2020").equals(fa.usage_rate(dataset, period="2020"))


def test_a_file_that_cannot_be_read_marks_the_street_it_is_from(tmp_path):
    data(tmp_path, words=0)
    (tmp_path / "甲街道").mkdir()
    (tmp_path / "甲街道" / "2020.xlsx").write_bytes(b"no workbook")
    table = fa.usage_rate(fa.load(tmp_path), by=["street", "community"], period="2020").set_index("area_code")
    assert table["note"].to_dict() == {"D1": "part_unread", "D101": "", "D102": ""}
    assert table.loc["D1", "quality"] == 3


def test_a_row_refused_for_two_cells_counts_once(tmp_path):
    dataset = data(tmp_path, words=1, of=11)
    payments = tmp_path / "payments.csv"
    payments.write_text(payments.read_text("utf-8-sig").replace("Z0,P1,见合同", ",P1,见合同"), "utf-8-sig")
    dataset = fa.load(tmp_path)
    assert len(dataset.refused) == 2
    assert fa.usage_rate(dataset, by="community", period="2020").set_index("area_code").loc["D101", "note"] == "part_refused"
