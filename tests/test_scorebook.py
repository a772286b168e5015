"""The score workbook: another program computes what the package computed; what is hidden is not in it; a weight can be changed."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from unittest import mock

import numpy as np
import openpyxl
import pandas as pd
import pytest
from small import area_tree, small_dataset

from fundanalytics import load_sample
from fundanalytics.data.dataset import Dataset
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.scores import Evaluation, evaluate
from fundanalytics.publish import scorebook
from fundanalytics.publish.score_formulas import FUNCTIONS
from fundanalytics.publish.score_layout import Book
from fundanalytics.publish.scorebook import write_score_tables, write_scorebook

ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>"""
# every scoring type, by one and by several sources, missing evidence left out and counted zero
RUBRIC = """
id: every
version: 1
title: {zh: 各种计分, en: Every rule}
document: "1"
status: official
years: []
unit: community
decimals: 1
maximum: 100
cap: 102
decides: district
needed: 0.5
unranked: [without_self]
source: a test
parts:
  - {code: a, title: {zh: "甲[1]", en: First}, points: 60}
  - {code: b, title: {zh: 方法, en: "Second's"}, points: 40}
bands:
  - {code: high, title: {zh: 高, en: high}, lower: 70}
  - {code: low, title: {zh: 低, en: low}, lower: 0}
items:
"""
KEYS = ("part", "points", "scoring", "options", "sources", "value")
ITEMS = {  # what KEYS name, and more
    "R": ("a", 10, "rating", "{scale: 100}", "{self: 1, peer: 2, district: 4}", "assessments", ""),
    "RZ": ("a", 10, "rating", "{scale: 100}", "{self: 1, peer: 2, district: 4}", "assessments", "missing: zero"),
    "L": ("a", 5, "levels", "{}", "{peer: 1, district: 1}", "assessments", ""),
    "T": ("a", 5, "at_least", "{target: 3}", "{self: 1, district: 3}", "assessments", ""),
    "M": ("a", 5, "at_most", "{target: 4}", "{district: 1}", "assessments", ""),
    "MR": ("a", 5, "at_most", "{target: 4, variant: ratio}", "{peer: 1, district: 1}", "assessments", "missing: zero"),
    "E": ("a", 5, "equal", "{target: 2}", "{district: 1}", "assessments", "missing: zero"),
    "EN": ("a", 5, "elements", "{elements: 4}", "{self: 1, district: 1}", "assessments", ""),
    "EW": ("a", 5, "elements", "{elements: {x: 2, y: 1}}", "{district: 1}", "assessments", ""),
    "D": ("a", 5, "deduction", "{per: 7, floor: 10}", "{self: 1, district: 1}", "assessments", ""),
    "K": ("b", 10, "likert", "{scores: {1: 0, 3: 0.5, 4: 0.9, 5: 1}}", "{peer: 1, district: 1}", "assessments", ""),
    "F": ("b", 10, "formula", "{expression: 'min(1, usage_rate:paid/quota ÷ usage_rate)'}", "{district: 1}", "formula", ""),
    "C": ("b", 10, "condition", "{expression: 'min(usage_rate ≥ 0.5, usage_rate != 0.6)'}", "{district: 1}", "formula", ""),
    "Q": ("b", 5, "deduction", "{}", "{district: 1}", "rectifications", ""),
    "U": ("b", 5, "at_least", "{target: 0.8}", "{district: 1}", "usage_rate", ""),
    "J": ("b", 2, "bonus", "{scores: {city: 1, district: 0.5}}", "{district: 1}", "honours", "bonus: true"),
}  # fmt: skip
HIGHEST = {"R": 100, "RZ": 100, "L": 5, "T": 6, "M": 9, "MR": 9, "E": 4, "EN": 4, "EW": 3, "D": 15, "K": 5}
AREAS = {"S1": [f"c{n}" for n in range(25)], "S2": [f"d{n}" for n in range(25)] + ["x*", "X1", "x1", "x?"], "S3": ["empty"]}


def every_rule(folder: Path) -> Evaluation:
    """Sixty communities with values, blanks, and items that do not apply, in all combinations that chance gives."""
    rows = [f"  - {{code: {code}, title: {{zh: 项{code}, en: item {code}}}, source: a test, {', '.join(filter(None, [*said, more]))}}}\n"
            for code, (*told, more) in ITEMS.items() for said in [[f"{k}: {v}" for k, v in zip(KEYS, told, strict=True)]]]  # fmt: skip
    (folder / "every.yaml").write_text(RUBRIC + "".join(rows), encoding="utf-8")
    return evaluate(every_table(), folder / "every.yaml", period="2020")


def every_table() -> Dataset:
    rng = np.random.default_rng(5)
    codes = [code for members in AREAS.values() for code in members if code != "empty"]
    tree = [row | ({"area_name": "=1+1"} if row["area_code"] == "c3" else {}) for row in area_tree(AREAS)]
    money = [{"area_code": c, "fund": "guarantee", "period": "2020", "quota": 1000, "arrived": rng.choice([0, 500, 800, 1000])} for c in codes[::2]]
    projects = [{"project_id": f"p{c}", "area_code": c, "period": "2020", "fund": "guarantee"} for c in codes]
    paid = [{"project_id": f"p{c}", "amount": float(rng.choice([300, 480, 500, 799])), "period": "2020"} for c in codes]
    given = [("c1", "T", "le", 2), ("c2", "T", "eq", 0), ("c4", "T", "ge", 0), ("S2", "T", "le", 0), ("c5", "M", "le", 0), ("c6", "usage_rate", "ge", 0.5)]
    given += [(code, "T", "ge", -1) for code in ("c7", "c8", "c9", "c10")]  # no rule
    targets = [{"area_code": a, "period": "2020", "item_code": i, "operator": o, "target": t} for a, i, o, t in given]
    honours = [{"area_code": c, "period": "2020", "honour_level": level, "title": f"{level}{n}"} for c in codes[:9] for n, level in
               enumerate(["city", "district", "city"][: int(rng.integers(4))])]  # fmt: skip
    problems = [{"area_code": c, "found_on": "2020-05-01", "problem": str(n)} for c in codes[:20] for n in range(int(rng.integers(5)))]
    return small_dataset(areas=tree, allocations=money, projects=projects, payments=paid, targets=targets, honours=honours, rectifications=problems,
                         assessments=_assessments(rng, codes))  # fmt: skip


def _assessments(rng: np.random.Generator, codes: list[str]) -> list[dict[str, object]]:
    rows = []
    for area, code in [(a, c) for a in codes for c in HIGHEST]:
        for source in [s for s in ("self", "peer", "district") if s in ITEMS[code][4]]:
            for who in ["S3", "S4"] if source == "peer" else [area if source == "self" else "D"]:
                status = rng.choice(["scored", "not_applicable", "missing", ""], p=[0.78, 0.1, 0.06, 0.06])
                lowest, step = (1, 4) if code == "K" else (0, 2)
                value = rng.integers(lowest * step, HIGHEST[code] * step + 1) / step
                row = {"area_code": area, "period": "2020", "wave": "1", "source": source, "assessor_code": who, "item_code": code, "status": status}
                rows += [row | {"value": value if status == "scored" else None}] if status else []
    return rows


@pytest.fixture(scope="module")
def sample() -> Evaluation:
    return evaluate(load_sample(), period="2020")


@pytest.fixture(scope="module")
def street(sample) -> Evaluation:
    """Eight communities of it: a smaller file."""
    mine = [table[table["area_code"].str.startswith("999901001")].reset_index(drop=True) for table in (sample.subjects, sample.records)]
    return dataclasses.replace(sample, subjects=mine[0]).rescored(mine[1])


@pytest.fixture(scope="module")
def place(sample, tmp_path_factory) -> Path:
    """``right``: as written; ``wrong``: the same with 0 behind every formula; ``computed``: what LibreOffice makes of the wrong ones."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if not program:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is missing")
        pytest.skip("LibreOffice is missing")
    place, home = tmp_path_factory.mktemp("scorebook"), tmp_path_factory.mktemp("office")
    books = {"sample": sample, "every": every_rule(place), "projects": evaluate(load_sample(), "project_classes", period="2020")}
    with mock.patch.object(scorebook, "records_for", lambda evaluation, hidden, audience: evaluation.records.head(20)):  # no formulas, and long
        for name, evaluation in books.items():
            write_scorebook(evaluation, place / "right" / f"{name}.xlsx", audience="internal")
            with mock.patch.object(Book, "formula", _nought(Book.formula)):
                write_scorebook(evaluation, place / "wrong" / f"{name}.xlsx", audience="internal")
    other = openpyxl.load_workbook(place / "right" / "sample.xlsx")
    other["基本评价"]["G7"], other["基本评价"]["G4"], other["评价标准"]["B17"] = 0.5, 6, 85  # a weight, points; a limit below
    other.save(place / "wrong" / "changed.xlsx")
    (home / "user").mkdir()
    (home / "user" / "registrymodifications.xcu").write_text(ALWAYS, encoding="utf-8")
    command = [program, f"-env:UserInstallation=file://{home}", "--headless", "--convert-to", "xlsx", "--outdir", str(place / "computed")]
    subprocess.run([*command, *map(str, (place / "wrong").glob("*.xlsx"))], check=True, capture_output=True, timeout=300)
    return place


def _nought(written):
    return lambda self, page, row, column, text, style, value: written(self, page, row, column, text, style, 0)


@cache
def opened(path: Path, *, data_only: bool = False) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path, data_only=data_only)


def values(path: Path) -> dict[tuple[str, str], object]:
    book = opened(path, data_only=True)
    return {(sheet.title, cell.coordinate): cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.value not in (None, "")}


def formulas(path: Path) -> dict[tuple[str, str], str]:
    book = opened(path)
    return {(sheet.title, cell.coordinate): cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"}


@pytest.mark.parametrize("name", ["sample", "every", "projects"])
def test_another_program_computes_what_the_package_computed(place, name):
    cells = formulas(place / "right" / f"{name}.xlsx")
    told, found, wrong = (values(place / kind / f"{name}.xlsx") for kind in ("right", "computed", "wrong"))
    shown = {cell: told.get(cell, "") for cell in cells}
    assert {wrong[cell] for cell in cells} == {0} and len(cells) > 500
    assert name != "every" or {"缺", "不适用", "", "高", "低", 0.0, 1.0} <= {*shown.values()}
    computed = {cell: found.get(cell, "") for cell in cells}
    numbers = {cell for cell, value in shown.items() if isinstance(value, int | float)}
    assert {c: (computed[c], cells[c]) for c in cells if c not in numbers and computed[c] != shown[c]} == {}
    assert {c: (computed[c], shown[c], cells[c]) for c in numbers if not _close(computed[c], shown[c])} == {}


def _close(computed: object, shown: float) -> bool:
    return isinstance(computed, int | float) and abs(computed - shown) < 1e-9


def test_what_stands_behind_the_formulas_is_what_the_package_computed(place, sample):
    rows = list(opened(place / "right" / "sample.xlsx", data_only=True)["综合得分"].iter_rows(min_row=5, values_only=True))
    shown = pd.DataFrame(rows[1:], columns=rows[0]).set_index("社区代码")
    totals = sample.totals.query("level == 'community'").set_index("area_code")
    assert shown["总分"].to_dict() == totals["total"].to_dict() and shown["加分"].to_dict() == totals["bonus"].to_dict()
    assert shown["等次"].to_dict() == totals["grade"].map({"excellent": "优", "good": "良", "fair": "中", "poor": "差"}).to_dict()
    assert shown["名次"].tolist() == sorted(totals["total"].rank(method="min", ascending=False).tolist())
    every = opened(place / "right" / "sample.xlsx", data_only=True)
    assert every["综合得分"]["K3"].value == 86.9 and not {"示例区", "全区"} & {str(v) for row in rows[1:] for v in row}


def test_a_changed_weight_moves_points_totals_and_grades_as_the_package_would(place, sample):
    book = opened(place / "right" / "sample.xlsx")["基本评价"]
    assert (book["G4"].value, book["G7"].value) == (3, pytest.approx(1 / 7)) and book["G3"].value.startswith("B01")
    first = sample.rubric.item("B01")
    changed = dataclasses.replace(first, points=6.0, sources={"self": 0.5, "peer": 2 / 7, "district": 4 / 7})
    rubric = dataclasses.replace(sample.rubric, items=(changed, *sample.rubric.items[1:]),
                                 bands=(dataclasses.replace(sample.rubric.bands[0], lower=85.0), *sample.rubric.bands[1:]))  # fmt: skip
    wanted = evaluate(load_sample(), rubric, period="2020").totals.query("level == 'community'").set_index("area_code")
    rows = list(opened(place / "computed" / "changed.xlsx", data_only=True)["综合得分"].iter_rows(min_row=5, values_only=True))
    shown = pd.DataFrame(rows[1:], columns=rows[0]).set_index("社区代码")
    assert shown["总分"].to_dict() == pytest.approx(wanted["total"].to_dict(), abs=1e-9)
    assert (shown["等次"] == "优").sum() == (wanted["total"] >= 85).sum() > 21


@pytest.mark.parametrize("name", ["sample", "every", "projects"])
def test_only_functions_that_old_spreadsheets_have_are_used(place, name):
    plain = [re.sub(r'"[^"]*"|\'[^\']*\'!', "", text) for text in formulas(place / "right" / f"{name}.xlsx").values()]
    assert {found for text in plain for found in re.findall(r"([A-Z][A-Z.0-9]*)\(", text)} <= set(FUNCTIONS)
    assert max(map(len, plain)) < 8192


def test_every_sheet_says_what_it_is_and_can_be_printed(place):
    book = opened(place / "right" / "sample.xlsx")
    wanted = ["综合得分", "各街道", "基本评价", "绩效评价", "群众满意度测评", "评价标准", "评分记录", "未采用", "方法"]
    assert book.sheetnames == wanted
    for sheet in book:
        assert sheet["A2"].value.startswith("【虚构示例数据】【依据假定标准试算】【内部资料】")
        assert sheet.freeze_panes and sheet.print_area and sheet.print_title_rows and sheet.page_setup.orientation == "landscape"
        assert not sheet.protection.sheet
    assert book["基本评价"].freeze_panes == "C9" and str(book["基本评价"].print_area).endswith("$BN$98")


def test_parts_keep_names_of_their_own_and_text_stays_text(place):
    book = opened(place / "right" / "every.xlsx")
    assert book.sheetnames[:4] == ["综合得分", "各街道", "甲 1", "方法 (2)"]
    names = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == "=1+1"]
    assert len(names) == 3 and {cell.data_type for cell in names} == {"s"}
    assert "【" not in book["综合得分"]["A2"].value.replace("【内部资料】", "")


def test_an_unknown_audience_or_language_is_refused(sample, tmp_path):
    for wrong in ({"audience": "all"}, {"lang": "fr"}):
        with pytest.raises(ArgumentError, match=next(iter(wrong.values()))):
            write_scorebook(sample, tmp_path / "a.xlsx", **wrong)
    assert not list(tmp_path.iterdir())


# --- what an audience sees ---------------------------------------------------------------------------------------------


def hiding(evaluation: Evaluation, area: str, items: list[str]) -> Evaluation:
    """As ``release_scores`` leaves it, but for the raw values: those of a hidden item are hidden wherever they come from."""
    told = {}
    for name, columns in {"items": ["points", "rate"], "points": ["value", "share", "points"]}.items():
        table = getattr(evaluation, name).copy()
        gone = table["area_code"].eq(area) & table["item_code"].isin(items)
        table.loc[gone, columns], table.loc[gone, "note"] = float("nan"), "suppressed"
        told[name] = table
    return dataclasses.replace(evaluation, **told)


def test_what_is_hidden_is_no_value_and_no_formula_gives_it_back(street, tmp_path):
    area = "999901001010"
    shown = hiding(street, area, ["S2", "S3"])
    write_scorebook(shown, tmp_path / "a.xlsx", gaps=street.gaps, lang="en")
    path, book = tmp_path / "a.xlsx", opened(tmp_path / "a.xlsx")
    sheet = book["Survey of residents"]
    row = next(row for row in sheet.iter_rows(min_row=5) if row[0].value == area)
    assert [cell.value for cell in row[9:15]] == ["withheld"] * 6 and [cell.value for cell in row[3:6]] == [19.46, 20, 20]
    assert row[8].data_type == "f"  # the first item is not hidden
    total = next(row for row in book["Scores"].iter_rows(min_row=6) if row[1].value == area)
    assert total[10].value == 89.36 and all(cell.data_type != "f" for cell in total[4:12]) and total[0].data_type == "f"
    means = next(row for row in book["Streets"].iter_rows(min_row=4) if row[0].value == "999901001")
    assert all(cell.data_type != "f" for cell in means) and means[6].value == 86.85
    rates = street.records.query("area_code == @area and item_code in ['S2', 'S3']")["value"].tolist()
    assert not [v for v in values(path).values() if isinstance(v, float) and any(abs(v - rate) < 1e-4 or abs(v - 100 * rate) < 1e-2 for rate in rates)]
    told = [c.value for r in book["Records"].iter_rows(min_row=4) if r[0].value == area and r[2].value in ("S2", "S3") for c in r if c.value is not None]
    assert sum("withheld" in str(text) for text in told) == 2
    written = {path.stem: pd.read_parquet(path) for path in write_score_tables(shown, tmp_path, gaps=street.gaps)}
    mine = {name: table[table["area_code"].eq(area) & table["item_code"].isin(["S2", "S3"])] for name, table in written.items() if "item_code" in table}
    assert mine["gaps"]["item_code"].tolist() == ["S3"] and mine["gaps"][["points", "lost", "best", "to_gain"]].isna().all(axis=None)
    assert len(mine["records"]) == 2 and mine["records"]["value"].isna().all() and mine["points"]["value"].isna().all()


def test_only_those_inside_see_assessors_and_whose_reward_hangs_on_error(street, tmp_path):
    rewards = pd.DataFrame({"area_code": ["c"], "area_name": "甲", "project_id": "", "total": 90.0, "grade": "good", "rank": 1, "tier": "first", "amount": 5e4,
                            "could_gain": [True], "could_lose": False, "depends_on_error": True, "note": ""})  # fmt: skip
    leniency = pd.DataFrame({"source": ["peer"], "assessor_code": "S1", "assessor_name": "乙", "value": 1.0, "note": ""})
    for audience in ("public", "internal"):
        write_scorebook(street, tmp_path / f"{audience}.xlsx", rewards=rewards, leniency=leniency, audience=audience)
    public, internal = (opened(tmp_path / f"{audience}.xlsx") for audience in ("public", "internal"))
    assert "评分人" in internal.sheetnames and "评分人" not in public.sheetnames
    heads = [[cell.value for cell in book["奖励"][3]] for book in (public, internal)]
    assert len(heads[1]) - len(heads[0]) == 3 and {"50000"} < {str(c.value).partition(".")[0] for c in public["奖励"][4]}


def test_judges_are_numbers_to_those_outside(tmp_path):
    found = evaluate(load_sample(), "project_classes", period="2020")
    write_scorebook(found, tmp_path / "a.xlsx")
    write_score_tables(found, tmp_path)
    assert not [v for v in values(tmp_path / "a.xlsx").values() if "PW1" in str(v)]
    assert {*pd.read_parquet(tmp_path / "records.parquet")["assessor_code"]} == {"01", "02", "03"}


def test_ranks_come_with_their_sets_from_the_ranking(street, tmp_path):
    totals = street.totals.query("level == 'community'")
    ranking = totals[["level", "area_code", "project_id", "note"]].assign(rank=totals["total"].rank(method="min", ascending=False), rank_lower=1, rank_upper=7,
                                                                          band="same", chance_good=0.25)  # fmt: skip
    write_scorebook(street, tmp_path / "a.xlsx", ranking=ranking, audience="internal")
    rows = list(opened(tmp_path / "a.xlsx", data_only=True)["综合得分"].iter_rows(min_row=5, values_only=True))
    assert rows[0][12:15] == ("名次范围", "与平均相比", "等次为良的可能性") and rows[1][12] == "1–7" and rows[1][14] == 0.25


def test_the_tables_hold_what_the_evaluation_holds(street, tmp_path):
    written = write_score_tables(street, tmp_path, ranking=street.totals, audience="internal")
    assert [path.stem for path in written] == ["records", "points", "items", "parts", "totals", "refused", "ranking"]
    for name in ("points", "items", "parts", "totals"):
        came = pd.read_parquet(tmp_path / f"{name}.parquet")
        pd.testing.assert_frame_equal(came[list(getattr(street, name))], pd.DataFrame(getattr(street, name)), check_dtype=False)
        assert came["origin"].eq("synthetic").all() and len(came)
