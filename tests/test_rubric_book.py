"""The workbook of a rubric: what the YAML says comes back from it, and its faults are told by cell."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from packages import parts_of, row, swollen

from fundanalytics.errors import DataError
from fundanalytics.measure.rubric import RUBRICS, Item, Part, Rubric, check_rubric, load_rubric
from fundanalytics.publish.rubric_book import rubric_yaml, write_rubric_book


def same(one: Rubric, other: Rubric) -> bool:
    return replace(one, name="", sha256="") == replace(other, name="", sha256="")


def book_of(path: Path, name: str = "governance_fund", lang: str = "zh") -> openpyxl.Workbook:
    write_rubric_book(name, path, lang)
    return openpyxl.load_workbook(path)


def cell(sheet, heading: str, code: str):
    """The cell of an item below a heading."""
    at = {c.value.rstrip("*"): c.column for c in sheet[1] if c.value}
    return sheet.cell(next(r for r in range(2, 99) if sheet.cell(r, 1).value == code), at[heading])


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", RUBRICS)
def test_every_rubric_comes_back_from_its_workbook_and_from_its_yaml(tmp_path, name, lang):
    rubric = load_rubric(name)
    for given_as in (name, rubric):
        write_rubric_book(given_as, tmp_path / "a.xlsx", lang)
        (tmp_path / "a.yaml").write_text(rubric_yaml(given_as), encoding="utf-8")
        assert same(load_rubric(tmp_path / "a.xlsx"), rubric) and same(load_rubric(tmp_path / "a.yaml"), rubric)


# what a sheet and YAML can hold: no control signs but tab and line break, no surrogates or unassigned characters
letters = st.one_of(st.characters(exclude_categories=("Cs", "Cc", "Cn")), st.sampled_from("\n\t=＝\"';；、,_x000D_+-@#: {}[]|&<>*"))
AWKWARD = ["_x000D_", "_x0041_", "=1+1", "'=1", '"', '""', 'a";b', "甲；乙=1", " 前 ", "是", "自评", "达成", "P", "2020-01-01", "1e5", "00012", "3.0", "50%",
           "true", "null", "~", "- a", "# a", "&amp;", "a\nb", "\ta", "?", "{a: 1}"]  # fmt: skip
words = st.one_of(st.sampled_from(AWKWARD), st.text(letters, min_size=1, max_size=12).filter(lambda text: text.strip()))
titles = st.fixed_dictionaries({"zh": words, "en": words})
codes = st.from_regex(r"[A-Za-z0-9_一-龟-]{1,6}", fullmatch=True)
shares = st.integers(1, 99_999).map(lambda n: n / 1000)
ITEMS = {
    "rating": (("assessments",), st.fixed_dictionaries({}, optional={"scale": shares})),
    "levels": (("assessments",), st.just({"levels": {"met": 0.85, "partly": 0.5, "unmet": 0}})),
    "at_most": (("usage_rate:paid/quota", "sediment_rate"), st.fixed_dictionaries({"target": st.integers(0, 1000).map(lambda n: n / 1000)})),
    "elements": (("assessments",), st.one_of(st.integers(1, 9), st.dictionaries(words, shares, min_size=1, max_size=4)).map(lambda e: {"elements": e})),
    "likert": (("satisfaction_score",), st.just({"scores": {20: 0, 60.5: 0.65, 100: 1}})),
    "bonus": (("honours",), st.dictionaries(st.sampled_from(["national", "city"]), shares, min_size=1).map(lambda s: {"scores": s})),
    "deduction": (("rectifications",), st.fixed_dictionaries({}, optional={"per": shares, "floor": st.integers(0, 100)})),
    "condition": (("formula",), st.just({"expression": "usage_rate >= 0.9"})),
}


@st.composite
def rubrics(draw) -> Rubric:
    names = draw(st.lists(codes, min_size=2, max_size=6, unique_by=str.casefold))
    points = [draw(shares) for _ in names]
    items = []
    for code, most in zip(names, points, strict=True):
        scoring = draw(st.sampled_from(sorted(ITEMS)))
        values, options = ITEMS[scoring]
        value = draw(st.sampled_from(values))
        scorers = draw(st.lists(st.sampled_from(["self", "peer", "district"]), min_size=1, unique=True)) if value == "assessments" else ["district"]
        weights = {source: draw(st.integers(1, 40)) for source in scorers}
        items.append(
            Item(
                code,
                "P",
                draw(titles),
                most,
                scoring,
                draw(options),
                {s: w / sum(weights.values()) for s, w in weights.items()},
                value,
                draw(st.sampled_from(["others", "zero"])),
                False,
                draw(st.one_of(st.just({}), titles)),
                draw(words),
                code,
                draw(st.one_of(st.just({}), titles)),
            )
        )
    whole, scored = round(sum(points), 6), {source for item in items for source in item.sources}
    return replace(
        load_rubric(), title=draw(titles), version=draw(words), source=draw(words), document=draw(words), maximum=whole, cap=round(whole + draw(shares), 6),
        decides=draw(st.sampled_from(sorted(scored))), parts=(Part("P", draw(titles), whole),), items=tuple(items), years=("2019", "2021"),
        bands=tuple(replace(band, lower=round(band.lower / 100 * whole, 6), title=draw(titles)) for band in load_rubric().bands),
    )  # fmt: skip


@settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(rubrics(), st.sampled_from(["zh", "en"]))
def test_any_rubric_comes_back_whatever_stands_in_it(tmp_path_factory, rubric, lang):
    path = tmp_path_factory.getbasetemp() / "any.xlsx"
    write_rubric_book(rubric, path, lang)
    assert same(load_rubric(path), rubric)
    path.with_suffix(".yaml").write_text(rubric_yaml(rubric), encoding="utf-8", newline="")
    assert same(load_rubric(path.with_suffix(".yaml")), rubric)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_names_of_elements_come_back_whatever_signs_they_hold(tmp_path, lang):
    rubric = load_rubric()
    own = replace(rubric.items[0], scoring="elements", options={"elements": {name: n + 0.5 for n, name in enumerate(AWKWARD)}})
    rubric = replace(rubric, items=(own, *rubric.items[1:]))
    write_rubric_book(rubric, tmp_path / "a.xlsx", lang)
    assert load_rubric(tmp_path / "a.xlsx").items[0] == own


def test_a_workbook_is_the_same_after_libreoffice_saved_it(tmp_path):
    program = shutil.which("soffice")
    if not program:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is missing")
        pytest.skip("LibreOffice is missing")
    for name in ("governance_fund", "project_classes"):
        write_rubric_book(name, tmp_path / f"{name}.xlsx")
    for form in ("xlsx", "ods"):
        told = [program, f"-env:UserInstallation=file://{tmp_path}/home", "--headless", "--convert-to", form, "--outdir", str(tmp_path / form)]
        subprocess.run([*told, *map(str, tmp_path.glob("*.xlsx"))], check=True, capture_output=True, timeout=120)
        assert all(same(load_rubric(path), load_rubric(path.stem)) for path in (tmp_path / form).iterdir())


def test_a_workbook_may_be_filled_in_as_people_do(tmp_path):
    """Merged parts, columns in another order, codes for words, percentages, numbers as text, no English, a column of remarks."""
    book = book_of(tmp_path / "a.xlsx")
    sheet = book["评价项"]
    sheet.merge_cells("C2:C13")
    cell(sheet, "目标值", "R1").value, cell(sheet, "分值", "R1").value = "95%", "６"
    cell(sheet, "计分方法", "B01").value, cell(sheet, "部分", "S1").value, cell(sheet, "数据来源", "S1").value = "Rating", "survey", "satisfaction_rate"
    cell(sheet, "名称（英文）", "B01").value = None
    sheet.move_range("E1:F40", cols=40)
    sheet["AR1"], sheet["AR3"] = "备注", "看过"
    book.save(tmp_path / "a.xlsx")
    told, rubric = load_rubric(tmp_path / "a.xlsx"), load_rubric()
    assert told.items[0].title == {"zh": "政策宣传", "en": "政策宣传"}
    assert same(replace(told, items=(rubric.items[0], *told.items[1:])), rubric)


FAULTS = [
    ("分值", "B01", "三分", "评价项!E2", "rubric_wrong_value", "三分", "> 0"),
    ("计分方法", "B02", "打分", "评价项!F3", "rubric_unknown_word", "打分", "直接打分"),
    ("部分", "B03", "基础", "评价项!C4", "rubric_unknown_word", "基础", "基本评价 | 绩效评价 | 群众满意度测评"),
    ("目标值", "R1", None, "评价项!O19", "rubric_missing_key", "目标值", "≥ 0"),
    ("目标值", "R1", 95, "评价项!O19", "rubric_wrong_value", "95", "≤ 10"),
    ("互评", "B04", 0.25, "评价项!G5", "rubric_weights_differ", "5.25", "1"),
    ("依据", "S3", None, "评价项!Y22", "rubric_missing_key", "依据", "…"),
    ("等级得分", "J1", "国家级=3；特等=9", "评价项!S23", "rubric_wrong_value", "国家级=3；特等=9", "国家级=1"),
]  # fmt: skip


@pytest.mark.parametrize(("heading", "code", "typed", "place", "fault", "found", "expected"), FAULTS)
def test_a_fault_is_told_by_its_cell_in_the_words_of_the_workbook(tmp_path, heading, code, typed, place, fault, found, expected):
    book = book_of(tmp_path / "a.xlsx")
    cell(book["评价项"], heading, code).value = typed
    book.save(tmp_path / "a.xlsx")
    told = check_rubric(tmp_path / "a.xlsx").iloc[0]
    assert (told["place"], told["code"], told["found"]) == (place, fault, found) and expected in told["expected"]
    with pytest.raises(DataError) as error:
        load_rubric(tmp_path / "a.xlsx")
    assert f"\n{place}：" in error.value.say("zh") and f"\n{place}: " in error.value.say("en")


def test_headings_and_sheets_that_are_not_known_or_missing_are_faults(tmp_path):
    book = book_of(tmp_path / "a.xlsx")
    book["评价项"]["J1"], book["部分"]["F3"], book["基本信息"]["A6"] = "自评", "随手", "文号码"
    del book["等次"]
    book.save(tmp_path / "a.xlsx")
    told = check_rubric(tmp_path / "a.xlsx").set_index("place")["code"]
    assert told.loc[["评价项!J1", "部分!F3", "基本信息!A6", "等次"]].tolist() == ["rubric_key_twice", *["rubric_unknown_key"] * 2, "rubric_missing_key"]


def test_the_workbook_offers_the_words_that_it_reads(tmp_path):
    book = book_of(tmp_path / "a.xlsx")
    sheet = book["评价项"]
    lists = {str(c.sqref): c.formula1 for c in sheet.data_validations.dataValidation if c.type == "list"}
    assert lists["F2:F301"].strip('"').split(",")[:2] == ["直接打分", "分级打分"] and "部分" in lists["C2:C301"]
    assert sheet.freeze_panes == "C2" and book["列表"].sheet_state == "hidden" and book["说明"].protection.sheet
    assert "资金使用率 usage_rate" in [c.value for c in book["列表"]["A"]]


def test_a_bomb_and_a_workbook_of_something_else_are_refused(tmp_path):
    parts = parts_of(row(1, "代码", "名称"))
    with pytest.raises(DataError) as error:
        load_rubric(swollen(tmp_path / "bomb.xlsx", parts, "xl/worksheets/sheet1.xml", "<row><c><v>1</v></c></row>", 2**28))
    assert error.value.code in ("zip_bomb", "file_too_large")
    openpyxl.Workbook().save(tmp_path / "empty.xlsx")
    assert set(check_rubric(tmp_path / "empty.xlsx")["code"]) == {"rubric_missing_key"}
