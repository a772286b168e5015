"""The blank forms: what is typed into them comes back, and they say themselves what may be typed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from small_folder import DISTRICT, EAST, WEST, write_data
from typer.testing import CliRunner

from fundanalytics.cli import app
from fundanalytics.data import schema
from fundanalytics.data.load import load
from fundanalytics.data.parse import parse, parse_choice
from fundanalytics.errors import ArgumentError
from fundanalytics.publish import forms
from fundanalytics.show import form_words

# codes that other tables speak of; the first area is a community known by its name, the second one known by its code
AREAS = [("D1", "甲街道", "D101", "一社区"), ("", "", "D102", ""), ("D1", "甲街道", "D102", "二社区")]
SHARED = {"project_id": "P", "event_id": "E", "organisation_id": "JG"}
TYPED = {
    "areas.area_code": ["D", "D1", "D101", "D102"], "areas.area_name": ["虚区", "甲街道", "一社区", "二社区"],
    "areas.parent_code": [None, "D", "D1", "D1"],
    "areas.level": ["district", "street", "community", "community"], "aliases.area_code": ["D101", "D102", "D1"],
    "aliases.street_name": ["甲街道", None, "甲街道"],
    "crosswalk.new_code": ["D101", "D102", "D101"], "crosswalk.share": [1.0, 1, 1],
    "surveys.scale": [3, 4, 5], "response_counts.level": [1, 2, 3], "payments.amount": [10.1, -3, 1e9], "trainings.organiser_code": ["D", "D1", "D"],
    "payments.payment_id": [f"0051010620200000{i}" for i in range(3)], "projects.parent_project_id": [None, None, "P1"],
}  # fmt: skip
HASHED = ("person_key", "household_key")


def typed(table: str, column: schema.Column, row: int, lang: str) -> tuple[object, object]:
    """What somebody types into row ``row`` of a column, and what that means."""
    name = f"{table}.{column.name}"
    if name in TYPED:
        value = TYPED[name][row]
        if column.choices:
            return forms.word_of(value, column.choices[value], lang), value
        return value, value
    if column.name in SHARED:
        return f"{SHARED[column.name]}{row}", f"{SHARED[column.name]}{row}"
    if column.choices:
        code = list(column.choices)[row % len(column.choices)]
        return forms.word_of(code, column.choices[code], lang), code
    cells = {
        "code": [f"00{row}7", f"00{row}7"], "text": [f"=文字 {row}", f"=文字 {row}"], "list": ["甲、乙", "甲;乙"], "period": [2018 + row, f"{2018 + row}"],
        "money": [1234.5 + row, 1234.5 + row], "number": [-1.25 + row, -1.25 + row], "share": [0.25, 0.25], "count": [3 + row, 3 + row],
        "level": [[5, "说不清" if lang == "zh" else None, 1][row % 3], [5, None, 1][row % 3]],
        "date": [dt.datetime(2020, 3, 1 + row), pd.Timestamp(2020, 3, 1 + row)],
        "flag": [(("是", "否") if lang == "zh" else ("yes", "no"))[row % 2], row % 2 == 0],
    }  # fmt: skip
    typed_in, meant = cells[column.kind]
    return typed_in, meant


def fill(path: Path, lang: str) -> dict[str, pd.DataFrame]:
    """Type rows into every column of a form by its headings; per table what they mean."""
    book = openpyxl.load_workbook(path)
    meant = {}
    for table in schema.TABLES.values():
        sheet = table.title if lang == "zh" else table.name
        if sheet not in book.sheetnames:
            continue
        at = {cell.value: cell.column for cell in book[sheet][1]}
        rows = []
        for row in range(4 if table.name == "areas" else 3):
            rows.append({})
            for column in forms.Form(lang, ()).columns(table.name):
                if column.kind == "area" or column in schema.HELPERS:
                    _, street, code, name = AREAS[row]
                    cell, value = {"street_name": (street, None), "area_name": (name, None)}.get(column.name, ("" if row == 0 else code, code))
                else:
                    cell, value = typed(table.name, column, row, lang)
                if column not in schema.HELPERS:
                    rows[-1][column.name] = value
                book[sheet].cell(row + 2, at[forms.heading_of(column, table.name, lang)]).value = cell or None if isinstance(cell, str) else cell
                if isinstance(cell, str):
                    book[sheet].cell(row + 2, at[forms.heading_of(column, table.name, lang)]).data_type = "s"
        meant[table.name] = pd.DataFrame(rows)
    book.save(path)
    return meant


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_typed_into_every_column_of_every_form_comes_back(tmp_path, lang):
    meant = {}
    for path in forms.write_forms(tmp_path / "f", lang=lang):
        meant |= fill(path, lang)
    dataset = load(tmp_path / "f")
    assert set(meant) == set(schema.TABLES)
    assert dataset.refused.empty, dataset.refused.to_string()
    assert not {"unknown_sheet", "missing_column", "unmapped_column", "heading_twice"} & set(dataset.findings["code"])
    assert (dataset.sources["read"] == dataset.sources["kept"]).all() and dataset.sources["kept"].sum() == 3 * len(schema.TABLES) + 1
    for name, rows in meant.items():
        for column in schema.TABLES[name].columns:
            came = dataset.tables[name].sort_values("source_row")[column.name]
            if column.name in HASHED:
                assert came.nunique() == 3
                continue
            expected = rows[column.name].astype(column.dtype)
            pd.testing.assert_series_equal(came.reset_index(drop=True), expected, check_dtype=False, obj=f"{name}.{column.name}")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_blank_forms_load_as_nothing_without_complaint(tmp_path, lang):
    write_data(tmp_path / "data")
    forms.write_forms(tmp_path / "f", data=str(tmp_path / "data"), period="2020", lang=lang)
    dataset = load(tmp_path / "f")
    assert dataset.findings.empty and dataset.refused.empty and dataset.sources["read"].sum() == 0
    assert sorted(dataset.blocks["table"]) == sorted(schema.TABLES)


@pytest.mark.parametrize("table", schema.TABLES.values(), ids=lambda t: t.name)
def test_a_word_of_a_drop_down_means_its_code_and_is_no_formula(table):
    for column in table.columns:
        for lang, (code, words) in [(lang, pair) for lang in ("zh", "en") for pair in column.choices.items()]:
            word = forms.word_of(code, words, lang)
            assert parse_choice(word, column.choices).value == code
            assert "," not in word and (word[0].isalnum() or lang == "en")


@pytest.mark.parametrize("table", schema.TABLES.values(), ids=lambda t: t.name)
def test_every_column_is_explained_with_an_example_that_is_read_as_it_is(table):
    assert table.name in form_words.ROWS
    for column in table.columns:
        assert all(form_words.meaning(table.name, column.name, lang) for lang in ("zh", "en")), column.name
        for lang in ("zh", "en"):
            assert parse(forms._example(forms.Form(lang, ()), table.name, column), column).how == "exact", column.name


def test_each_kind_of_column_is_checked_while_it_is_typed(tmp_path):
    write_data(tmp_path / "data")
    forms.write_forms(tmp_path, ["projects", "支付明细"], data=str(tmp_path / "data"), period="2020")
    book = openpyxl.load_workbook(tmp_path / "资金与项目.xlsx")
    assert book.sheetnames == ["填表说明", "项目台账", "支付明细", "列表"] and book["列表"].sheet_state == "hidden"
    page = book["项目台账"]
    at = {cell.value: cell.column_letter for cell in page[1]}
    checks = {str(check.sqref).split(":")[0][:-1]: check for check in page.data_validations.dataValidation}
    assert page.freeze_panes == "A2" and page.max_row == 1
    assert set(checks) == set(at.values()) and all(check.prompt and check.promptTitle for check in checks.values())
    assert checks[at["资金类别*"]].formula1 == '"保障,激励,村公,公服"'
    assert (checks[at["年度*"]].type, checks[at["年度*"]].formula1, checks[at["年度*"]].formula2) == ("whole", "2020", "2020")
    assert checks[at["验收日期"]].type == "date" and checks[at["志愿者人数"]].type == "whole"
    assert ">=0" in checks[at["预算金额（元）"]].formula1 and checks[at["预算金额（元）"]].type == "custom"
    formats = {heading: page.column_dimensions[letter].number_format for heading, letter in at.items()}
    assert (formats["项目编号*"], formats["预算金额（元）"], formats["提议日期"]) == ("@", "#,##0.00", "yyyy-mm-dd")
    listed = [[cell.value for cell in row] for row in book["列表"].iter_rows(min_row=3)]
    assert [row[:3] for row in listed] == [
        ["东街道", "东一社区", f"{EAST}001"],
        ["东街道", "东街道", EAST],
        ["西街道", "西一社区", f"{WEST}001"],
        ["西街道", "西街道", WEST],
        [None, "试验区", DISTRICT],
    ]
    payments = {str(check.sqref)[0]: check for check in book["支付明细"].data_validations.dataValidation}
    assert "项目台账" in payments["B"].formula1  # the numbers of the projects written beside it


def test_a_form_that_exists_is_not_written_over(tmp_path):
    answer = CliRunner().invoke(app, ["template", "events", "--out", str(tmp_path), "--lang", "zh"])
    assert answer.exit_code == 0 and answer.stdout.split() == [str(tmp_path / "议事参与.xlsx")]
    before = (tmp_path / "议事参与.xlsx").read_bytes()
    answer = CliRunner().invoke(app, ["template", "--out", str(tmp_path), "--lang", "zh"])
    assert answer.exit_code == 2 and "议事参与.xlsx" in answer.stderr and len(list(tmp_path.iterdir())) == 1
    assert (tmp_path / "议事参与.xlsx").read_bytes() == before


@pytest.mark.parametrize(("tables", "period"), [(["project"], ""), (["participants"], "20")])
def test_an_unknown_table_or_period_is_told(tmp_path, tables, period):
    with pytest.raises(ArgumentError):
        forms.write_forms(tmp_path, tables, period=period)
    assert not list(tmp_path.iterdir())
