"""The schema: headings mean one thing, keys exist, the door knows every kind."""

import pytest

from fundanalytics.data import schema
from fundanalytics.data.dataset import empty_table


@pytest.mark.parametrize("table", schema.TABLES.values(), ids=lambda t: t.name)
def test_a_heading_means_one_column_of_its_table(table):
    owner: dict[str, str] = {}
    for column in table.columns:
        for heading in (column.name, *column.headings):
            assert owner.setdefault(schema.heading_key(heading), column.name) == column.name, heading


@pytest.mark.parametrize("table", schema.TABLES.values(), ids=lambda t: t.name)
def test_keys_and_dtypes_are_of_the_table(table):
    frame = empty_table(table.name)
    assert set(table.key) <= set(frame.columns)
    assert {c.kind for c in table.columns} <= set(schema.KINDS)
    assert [str(frame[c.name].dtype) for c in table.columns] == [c.dtype for c in table.columns]


def test_a_word_means_one_code():
    for table in schema.TABLES.values():
        for column in table.columns:
            words = [w for code, said in column.choices.items() for w in (code, *said)]
            assert len(words) == len(set(words)), (table.name, column.name)


@pytest.mark.parametrize("heading", ["预算金额（万元）", " 预算\n金额 ", "预算金額(元)".replace("額", "额"), "预算金额：", "ＢＵＤＧＥＴ"])
def test_headings_are_compared_without_units_spaces_and_width(heading):
    assert schema.heading_index("projects")[schema.heading_key(heading)] == "budget"
