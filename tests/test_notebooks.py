"""The notebooks: the rules they are written by, and that they run where there are data and where there are none."""

from __future__ import annotations

import ast
import itertools
import json
import re
import statistics
from pathlib import Path
from typing import Any

import nbformat
import pytest

import fundanalytics as fa
from fundanalytics.data.dataset import Dataset
from fundanalytics.errors import LANGS
from fundanalytics.measure.disclosure import AUDIENCES
from fundanalytics.publish.export import for_reader
from fundanalytics.show.annex_words import ANNEXES
from fundanalytics.show.audience_words import REFUSED
from fundanalytics.show.labels import LABELS

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FORBIDDEN = (ast.FunctionDef, ast.ClassDef, ast.Try, ast.Lambda)
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


def cells(path: Path) -> list[dict[str, Any]]:
    return [c | {"source": "".join(c["source"]), "tags": c["metadata"].get("tags", [])} for c in json.loads(path.read_text("utf-8"))["cells"]]


def code_cells(path: Path) -> list[dict[str, Any]]:
    return [c for c in cells(path) if c["cell_type"] == "code"]


def lines(cell: dict[str, Any]) -> int:
    return len([line for line in cell["source"].splitlines() if line.strip()])


def test_there_are_notebooks_to_check() -> None:
    assert {p.stem for p in NOTEBOOKS} >= {"walkthrough", "street_report", "district_report"}


@every_notebook
def test_it_is_valid_and_stored_without_outputs(path: Path) -> None:
    nbformat.validate(nbformat.read(path, as_version=4))
    assert json.loads(path.read_text("utf-8"))["metadata"]["kernelspec"]["name"] == "python3"
    assert all(not c["outputs"] and c["execution_count"] is None for c in code_cells(path))


@every_notebook
def test_it_begins_with_prose_and_then_typed_commented_literals(path: Path) -> None:
    assert cells(path)[0]["cell_type"] == "markdown"
    first = code_cells(path)[0]
    assert "parameters" in first["tags"]
    body = ast.parse(first["source"]).body
    assert all(isinstance(s, ast.AnnAssign) and isinstance(s.value, ast.Constant) for s in body)
    assert all("#" in line for line in first["source"].splitlines())


@every_notebook
def test_cells_are_short_and_only_call_the_package(path: Path) -> None:
    first, setup, *rest = code_cells(path)
    assert max(map(lines, (first, setup, *rest))) <= 8
    assert statistics.median(map(lines, (first, setup, *rest))) <= 3
    for cell in (first, setup, *rest):
        assert not cell["source"].lstrip().startswith(("!", "%"))
        for node in ast.walk(ast.parse(cell["source"])):
            assert not isinstance(node, FORBIDDEN)
            assert cell is setup or not isinstance(node, ast.Import | ast.ImportFrom)
        assert "warnings" not in cell["source"] and "sys.path" not in cell["source"]


@every_notebook
def test_every_code_cell_but_the_set_up_follows_prose(path: Path) -> None:
    found = cells(path)
    setup = code_cells(path)[:2]
    lone = [c for before, c in itertools.pairwise(found) if c["cell_type"] == "code" and before["cell_type"] != "markdown"]
    assert [c["source"] for c in lone if c not in setup] == []


@every_notebook
def test_prose_comes_in_both_languages_side_by_side(path: Path) -> None:
    prose = [c["tags"] for c in cells(path) if c["cell_type"] == "markdown"]
    assert [tags[0] for tags in prose] == ["zh", "en"] * (len(prose) // 2)
    assert all(zh[1:] == en[1:] for zh, en in zip(prose[::2], prose[1::2], strict=True))


@every_notebook
def test_what_is_for_some_readers_only_is_tagged_together_with_its_words(path: Path) -> None:
    every = cells(path)
    for before, cell in itertools.pairwise(every):
        if cell["cell_type"] == "code" and "parameters" not in cell["tags"]:
            assert set(cell["tags"]) == set(before["tags"]) & {"street", "internal"}


CHAPTERS = """摘要 一、基本情况 二、绩效评价工作开展情况 三、综合评价情况及评价结论 四、绩效评价指标分析
    五、主要经验及做法、存在的问题及原因分析 六、有关建议 七、其他需要说明的问题"""
SECTIONS = """项目背景 资金投入和使用 组织管理 绩效目标 评价目的 评价对象和范围 评价原则 评价指标体系 评价方法 评价标准 评价工作过程 局限性
    决策 过程 产出 效益 主要经验及做法 存在的问题及原因分析"""


@pytest.mark.parametrize("name", ["district_report", "street_report"])
@pytest.mark.parametrize("audience", AUDIENCES)
def test_an_annual_report_has_the_prescribed_chapters_in_their_order(name: str, audience: str) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    told = {lang: "\n".join(c.source for c in for_reader(notebook, lang, audience).cells if c.cell_type == "markdown") for lang in LANGS}
    zh, en = (re.findall(r"^## (.*)$", told[lang], re.M) for lang in LANGS)
    assert [h for h in zh if not h.startswith("附件")] == CHAPTERS.split()
    assert [h[:3] for h in zh[len(CHAPTERS.split()) :]] == [f"附件{n}" for n in range(1, 6)]
    assert [h.split(".")[0] for h in en] == ["Summary", *"1234567", *(f"Annex {n}" for n in range(1, 6))]
    sections = re.findall(r"^### （(.)）(.*)$", told["zh"], re.M)
    assert [word for word in SECTIONS.split() if not any(title.startswith(word) for _, title in sections)] == []
    runs = re.findall("一[^一]*", "".join(number for number, _ in sections))
    assert all(numbers == "一二三四五六七八九"[: len(numbers)] for numbers in runs)  # no number is left out, whoever reads
    assert len(re.findall(r"^### \d", told["en"], re.M)) == len(sections)


@every_notebook
def test_every_name_it_uses_is_public(path: Path) -> None:
    tree = ast.parse("\n".join(c["source"] for c in code_cells(path)))
    used = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "fa"}
    assert used - set(fa.__all__) == set()


def run(path: Path, *, reader: str | None = None, **parameters: str) -> list[Any]:
    """The values that the cells show, run in this process (kernels are tested where reports are published).

    For a ``reader`` as a batch runs it: without the cells that are not for that audience. Else every cell, as by hand.
    """
    names: dict[str, Any] = {}
    shown: list[Any] = []
    wanted = {c.id for c in for_reader(nbformat.read(path, as_version=4), "zh", reader or "internal").cells}
    parameters |= {"audience": reader} if reader else {}
    for cell in (c for c in code_cells(path) if c["id"] in wanted):
        tree = ast.parse(cell["source"])
        last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, path.name, "exec"), names)
        names |= parameters if "parameters" in cell["tags"] else {}
        names["Out"] = dict(enumerate(shown))
        shown.append(eval(compile(last, path.name, "eval"), names) if last else None)
    return [value for value in shown if value is not None]


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return fa.load_sample()


def test_every_code_in_the_sample_has_words(sample: Dataset) -> None:
    table = fa.indicators(sample, period="2020")
    change = fa.compare_periods(sample, "usage_rate", baseline="2012-2017", current="2018-2020", by=("district", "street", "community"))
    notes = {code for column in (table["note"], change["note"]) for text in column for code in text.split(";") if code}
    told = {"note": notes, "method": {*table["method"], *change["method"]}, "fault": {*sample.refused["rule"], *sample.findings["code"]},
            "figure": set(sample.published["figure"])}  # fmt: skip
    assert [(kind, code) for kind, codes in told.items() for code in codes if code not in LABELS["zh"][kind]] == []


def without_records(sample: Dataset) -> Dataset:
    """The sample's areas and nothing else."""
    return Dataset({"areas": sample.areas}, rules=sample.rules, origin=sample.origin, name=sample.name)


@pytest.fixture
def on_sample(sample: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fa, "load", lambda *_, **__: sample)


@every_notebook
@pytest.mark.usefixtures("on_sample")
def test_it_runs_with_its_defaults_and_stamps_every_chart(path: Path) -> None:
    shown = run(path)
    figures = [v for v in shown if type(v).__name__ == "Figure"]
    fewest = 1 if path.stem == "community_sheet" else 5  # one page
    assert len(figures) >= fewest and all("虚构示例数据" in f.layout.meta["caption"] for f in figures)
    assert not any(re.search(r"\bnan\b|<NA>", v) for v in shown if isinstance(v, str))


# what a function says that is asked for what its reader must not see; whether a rank is told hangs on its value
REFUSALS = [text for name, text in REFUSED["zh"].items() if name not in ("coverage", "rank")] + [ANNEXES["zh"]["internal"]]


@pytest.mark.parametrize(
    ("name", "reader"), [("district_report", "public"), ("district_report", "internal"), ("street_report", "street"), ("community_sheet", "public")]
)
@pytest.mark.usefixtures("on_sample")
def test_no_edition_asks_for_what_its_reader_must_not_see(name: str, reader: str) -> None:
    told = [getattr(v, "caption", "") or str(v) for v in run(ROOT / "notebooks" / f"{name}.ipynb", reader=reader)]
    assert [text for text in told if any(refusal in text for refusal in REFUSALS)] == []


@pytest.mark.parametrize("name", ["street_report", "district_report"])
def test_an_area_without_data_gives_a_readable_report(name: str, sample: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fa, "load", lambda *_, **__: without_records(sample))
    told = "".join(v for v in run(ROOT / "notebooks" / f"{name}.ipynb") if isinstance(v, str))
    assert "无法给出" in told and not re.search(r"\bnan\b|<NA>", told)


# a year of the old funds; several years, in English
@pytest.mark.parametrize(("period", "lang", "words"), [("2015", "zh", "两期有重叠的年份"), ("2018-2020", "en", "full count as of 2020-12-31")])
@pytest.mark.usefixtures("on_sample")
def test_a_street_report_is_readable_for_other_years_and_in_both_languages(period: str, lang: str, words: str) -> None:
    assert words in "".join(v for v in run(ROOT / "notebooks" / "street_report.ipynb", period=period, lang=lang) if isinstance(v, str))


@pytest.mark.usefixtures("on_sample")
def test_two_streets_give_different_charts() -> None:
    one, two = (
        [v.to_json() for v in run(ROOT / "notebooks" / "street_report.ipynb", area=area) if type(v).__name__ == "Figure"] for area in ("999901001", "999901002")
    )
    assert all(a != b for a, b in zip(one, two, strict=True))
