"""The notebooks: the rules they are written by, and that they run where there are data and where there are none."""

from __future__ import annotations

import ast
import json
import statistics
from pathlib import Path
from typing import Any

import nbformat
import pytest

import fundanalytics as fa
from fundanalytics.data.dataset import Dataset
from fundanalytics.errors import LANGS
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
    lone = [
        c["source"] for before, c in zip(found, found[1:], strict=False) if c["cell_type"] == "code" and before["cell_type"] != "markdown" and c not in setup
    ]
    assert lone == []


@every_notebook
def test_prose_comes_in_both_languages_side_by_side(path: Path) -> None:
    prose = [c["tags"] for c in cells(path) if c["cell_type"] == "markdown"]
    assert prose == [["zh"], ["en"]] * (len(prose) // 2)


@every_notebook
def test_every_name_it_uses_is_public(path: Path) -> None:
    tree = ast.parse("\n".join(c["source"] for c in code_cells(path)))
    used = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "fa"}
    assert used - set(fa.__all__) == set()


def run(path: Path, **parameters: str) -> list[Any]:
    """The values that the cells show, run in this process (kernels are tested where reports are published)."""
    names: dict[str, Any] = {}
    shown = []
    for cell in code_cells(path):
        tree = ast.parse(cell["source"])
        last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, path.name, "exec"), names)
        names |= parameters if "parameters" in cell["tags"] else {}
        shown.append(eval(compile(last, path.name, "eval"), names) if last else None)
    return [value for value in shown if value is not None]


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return fa.load(ROOT / "data" / "sample")


def test_every_code_in_the_sample_has_words(sample: Dataset) -> None:
    table = fa.indicators(sample, period="2020")
    change = fa.compare_periods(sample, "usage_rate", baseline="2012-2017", current="2018-2020", by=("district", "street", "community"))
    notes = {code for column in (table["note"], change["note"]) for text in column for code in text.split(";") if code}
    told = {"note": notes, "method": {*table["method"], *change["method"]}, "fault": {*sample.refused["rule"], *sample.findings["code"]},
            "figure": set(sample.published["figure"])}  # fmt: skip
    assert {kind: [c for c in codes if c not in LABELS["zh"][kind]] for kind, codes in told.items()} == dict.fromkeys(told, [])


def without_records(sample: Dataset) -> Dataset:
    """The sample's areas and nothing else."""
    return Dataset({"areas": sample.areas}, rules=sample.rules, origin=sample.origin, name=sample.name)


@pytest.mark.parametrize("lang", LANGS)
@every_notebook
def test_it_runs_with_its_defaults_and_every_sentence_and_chart_is_stamped_or_told(
    path: Path, lang: str, sample: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fa, "load", lambda *_, **__: sample)
    shown = run(path, lang=lang)
    figures = [v for v in shown if type(v).__name__ == "Figure"]
    stamp = {"zh": "虚构示例数据", "en": "Fictional sample data"}[lang]
    assert len(figures) >= 5 and all(stamp in f.layout.meta["caption"] for f in figures)
    assert all("nan" not in str(v).lower() for v in shown if isinstance(v, str))


@pytest.mark.parametrize("name", ["street_report", "district_report"])
def test_an_area_without_data_gives_a_readable_report(name: str, sample: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fa, "load", lambda *_, **__: without_records(sample))
    shown = run(ROOT / "notebooks" / f"{name}.ipynb")
    told = "".join(v for v in shown if isinstance(v, str))
    assert "无法给出" in told and "nan" not in told


@pytest.mark.parametrize("period", ["2015", "2018", "2018-2020"])
def test_a_report_for_other_years_is_readable(period: str, sample: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fa, "load", lambda *_, **__: sample)
    assert len(run(ROOT / "notebooks" / "street_report.ipynb", period=period)) > 20


def test_two_streets_give_different_charts(sample: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fa, "load", lambda *_, **__: sample)
    one, two = (
        [v.to_json() for v in run(ROOT / "notebooks" / "street_report.ipynb", area=area) if type(v).__name__ == "Figure"] for area in ("999901001", "999901002")
    )
    assert all(a != b for a, b in zip(one, two, strict=True))
