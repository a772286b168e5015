"""Names from strangers' workbooks: whatever a street or a community is called, it is only an odd name, and files are named after codes."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
from attack import CHARTS, page_of, published
from planted import DISTRICT, FEW, STREETS, planted, write_planted

import fundanalytics as fa
from fundanalytics.data.dataset import Dataset
from fundanalytics.publish.audience import write_released_scores
from fundanalytics.publish.check import run_check
from fundanalytics.publish.files import write_csv
from fundanalytics.publish.index import index_html
from fundanalytics.publish.names import file_code
from fundanalytics.publish.plan import plan

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SCRIPT, LINK, LONG = "<script>alert(1)</script>", "[a](javascript:x)", "很长的社区名称" * 40
ODD = {STREETS[0]: SCRIPT, STREETS[1]: "=cmd()", STREETS[2]: "*x* _y_", FEW: LINK, "999901001011": "$x^2$ <img src=x onerror=alert(1)>",
       "999901001012": "{{x}}{% y %}", "999901007011": LONG, "999901007012": "\"'&amp;`甲`", "999901009013": "\u202eabc @SUM(1)"}  # fmt: skip
PROJECT = "</td><script>alert(2)</script>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_planted(tmp_path_factory.mktemp("odd") / "data", fa.load_sample())


@pytest.fixture(scope="module")
def dataset(folder: Path) -> Dataset:
    """With odd names, as a database or a sheet of texts may hold them (of a CSV file some are refused)."""
    found = fa.load(folder)
    areas = found.areas.assign(area_name=[ODD.get(code, name) for code, name in zip(found.areas["area_code"], found.areas["area_name"], strict=True)])
    projects = found.projects.assign(name=[PROJECT, "=1+1", *found.projects["name"][2:]])
    return Dataset(dict(found.tables) | {"areas": areas, "projects": projects}, rules=found.rules, origin="computed", name="odd")


@pytest.fixture(scope="module")
def pages(dataset: Dataset) -> dict[str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fa, "load", lambda *_, **__: dataset)
        made = {area: published(NOTEBOOKS / f"{name}.ipynb", area=area, audience="internal") for area, name in
                ((STREETS[0], "street_report"), (FEW, "community_sheet"))}  # fmt: skip
    table = fa.indicators(dataset, period="2020")
    index = index_html(dataset, table, [], period="2020", lang="zh")
    return {area: page_of(notebook, "internal") for area, notebook in made.items()} | {"index": index}


class Tags(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_in_a_page_a_name_is_text_and_nothing_else(pages: dict[str, str]) -> None:
    for area, page in pages.items():
        read = Tags(CHARTS.sub("", page))
        assert [(tag, attrs) for tag, attrs in read.tags if tag in ("img", "em", "code", "iframe") or any(name.startswith("on") for name in attrs)] == []
        assert not [attrs for _, attrs in read.tags if "script:" in str(attrs.get("href"))] and "MathJax" not in page
        assert "alert(" not in "".join(re.findall(r"<script[^>]*>(.*?)</script>", CHARTS.sub("", page), re.DOTALL))
        told = {STREETS[0]: [SCRIPT, LINK, "$x^2$"], FEW: [LINK, SCRIPT], "index": [SCRIPT, "=cmd()", "*x* _y_"]}[area]
        assert [name for name in told if name not in read.text] == []


def test_a_name_turns_no_line_around(pages: dict[str, str], dataset: Dataset) -> None:
    """Marks of direction would show what follows them backwards."""
    said = fa.say_usage(fa.row_of(fa.rows_of(fa.indicators(dataset, period="2020"), "usage_rate"), "999901009013"))
    assert "abc @SUM(1)" in said and not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", said + pages[STREETS[0]])


def test_in_a_chart_a_name_is_no_element_of_plotlys_own_html(pages: dict[str, str]) -> None:
    texts: list[str] = []

    def collect(thing: object, key: str = "") -> None:
        if isinstance(thing, dict):
            for name, value in thing.items():
                collect(value, name) if name != "meta" else None
        elif isinstance(thing, list):
            for value in thing:
                collect(value, key)
        elif isinstance(thing, str):
            texts.append(thing)

    charts = CHARTS.findall(pages[STREETS[0]])
    assert len(charts) > 5
    for data in charts:
        assert "<" not in data
        collect(json.loads(data))
    told = [text for text in texts if "alert" in text or "javascript" in text]
    assert told and [text for text in texts if re.search(r"<(?!/?(?:b|br|i|sub|sup|span)\b)", text)] == []
    assert all("&lt;script&gt;" in text for text in told if "script" in text and LINK not in text)


def test_in_tables_and_workbooks_a_name_is_no_formula(dataset: Dataset, tmp_path: Path) -> None:
    table = fa.release(fa.indicators(dataset, period="2020"), "internal")
    write_csv(table, tmp_path / "indicators.csv")
    with (tmp_path / "indicators.csv").open(encoding="utf-8-sig", newline="") as lines:
        cells = {cell for row in csv.reader(lines) for cell in row}
    assert "'=cmd()" in cells and SCRIPT in cells and not [cell for cell in cells if re.match(r"[=@+]", cell)]
    write_released_scores(fa.evaluate(dataset, period="2020"), tmp_path / "scores.xlsx", audience="internal")
    broken = tmp_path / "data"
    broken.mkdir()
    for name, rows in planted(fa.load_sample(), names=ODD).items():
        if name in ("areas", "projects"):
            columns = [column for column in rows if not column.startswith("source_")]
            write_csv(rows[columns].assign(**({"budget": "三万左右吧", "name": "=1+1"} if name == "projects" else {})), broken / f"{name}.csv")
    run_check(broken, out=tmp_path / "checked")
    books = [tmp_path / "scores.xlsx", *(tmp_path / "checked").rglob("*.xlsx")]
    assert len(books) > 1
    held = set()
    for book in (openpyxl.load_workbook(path) for path in books):
        for cell in (cell for sheet in book for row in sheet.iter_rows() for cell in row):
            held.add(cell.value)
            assert cell.hyperlink is None or str(cell.hyperlink.location or "").startswith("'")
            assert cell.data_type != "f" or not re.search(r"cmd|SUM\(1\)|1\+1", str(cell.value)), cell.value
    assert {SCRIPT, LINK} <= held and any(str(value).lstrip("'") == "=cmd()" for value in held)


@pytest.mark.parametrize("code", ["../../x", "/etc/x", "a/b", "a\\b", "..", "a\x00b", "C:x", "x" * 300, "", "甲/乙", "a.html"])
def test_a_code_never_leads_out_of_the_folder(code: str, tmp_path: Path) -> None:
    name = f"community_{file_code(code)}_2020.html"
    assert re.fullmatch(r"[\w-]+\.html", name) and (tmp_path / name).resolve().parent == tmp_path.resolve() and len(name) < 100
    assert file_code(code) != file_code(f"{code}/") and file_code("999901001010") == "999901001010"


def test_a_plan_names_reports_after_harmless_codes(dataset: Dataset) -> None:
    areas = dataset.areas.assign(area_code=dataset.areas["area_code"].replace({FEW: "/../../../x", "999901001011": "a\\..\\b"}))
    odd = Dataset(dict(dataset.tables) | {"areas": areas}, rules=dataset.rules, origin="computed", name="odd")
    names = plan(odd, period="2020", standard={"data": "x"})["name"]
    assert len(names) == 10 and names.is_unique and names.str.fullmatch(r"[\w-]+").all() and DISTRICT in names.iloc[0]
