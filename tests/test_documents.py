"""The other forms of a report in a batch: what is made of each, what is told when one cannot be, and what no reader but the right one computes."""

from __future__ import annotations

import json
import sys
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from small_folder import EAST, WEST

from fundanalytics.errors import ArgumentError
from fundanalytics.publish import word
from fundanalytics.publish.runs import Batch, run_reports
from fundanalytics.publish.terminal import say_batch

ALL = ("html", "docx", "pdf", "charts")


def batch(only: list[str], **options: Any) -> Batch:
    return run_reports("data", **{"period": "2020", "out": "out", "only": only, "notebook": "tiny.ipynb", "workers": 2} | options)


def test_each_form_is_made_told_and_taken_away_with_the_report(place):
    name = f"tiny_{WEST}_2020"
    assert batch([WEST], formats=ALL).failed == 0
    begins = {path.suffix: path.read_bytes()[:4] for path in (place / "out").glob(f"{name}.*")}
    assert begins == {".html": b"<!DO", ".docx": b"PK\x03\x04", ".pdf": b"%PDF"}
    pack = {path.name for path in (place / "out/charts" / name).iterdir()}
    assert "sentences.txt" in pack and {path.rpartition(".")[2] for path in pack} == {"svg", "png", "csv", "txt"}
    told = {o["file"] for run in json.loads((place / "out/manifest.json").read_text("utf-8"))["runs"] for o in run["outputs"]}
    assert told == {f"{name}.{form}" for form in ("html", "docx", "pdf")} | {f"charts/{name}/{file}" for file in pack}
    index = (place / "out/index.html").read_text("utf-8")
    assert f"{name}.docx" in index and f"{name}.pdf" in index
    held = sorted(path.name for path in (place / "out").glob("[!.]*"))
    assert list(batch([WEST]).runs["status"]) == ["kept"] and sorted(path.name for path in (place / "out").glob("[!.]*")) == held
    batch([WEST], force=True)  # what is older than its page would tell another story
    left = sorted(path.name for path in (place / "out").glob("[!.]*"))
    assert left == ["assets", "index.html", "indicators.csv", "manifest.json", f"{name}.html"]


def test_without_browser_and_pandoc_the_pages_are_made_and_it_is_told(place, monkeypatch, capsys):
    monkeypatch.setenv("BROWSER_PATH", str(place / "none"))
    monkeypatch.setitem(sys.modules, "pypandoc", None)
    found = batch([WEST], formats=ALL)
    assert found.failed == 0 and (place / f"out/tiny_{WEST}_2020.html").exists()
    assert {error.code for error in found.unmade} == {"no_browser", "word_not_installed"}
    assert say_batch(found, "en", strict=False) == 1
    said = capsys.readouterr().err
    assert "apt install chromium" in said and 'pip install "fundanalytics[word]"' in said


def test_a_report_whose_word_file_fails_keeps_its_page_and_the_others_are_made(place, monkeypatch):
    monkeypatch.setattr(word, "to_docx", lambda notebook, out, *, title, **_: 1 / 0 if "东" in title else out.write_bytes(b"PK"))
    runs = batch([EAST, WEST], formats=["docx"]).runs.set_index("area_code")
    assert runs["status"].to_dict() == {EAST: "failed", WEST: "made"} and runs.loc[EAST, "reason"].startswith("docx: ZeroDivisionError")
    assert {p.name for p in (place / "out").glob("tiny*")} == {f"tiny_{EAST}_2020.html", f"tiny_{WEST}_2020.html", f"tiny_{WEST}_2020.docx"}
    assert "failed/tiny" not in (place / "out/index.html").read_text("utf-8")  # no notebook was kept, so none is linked


def test_an_unknown_form_is_refused_before_anything_runs(place):
    with pytest.raises(ArgumentError) as raised:
        batch([WEST], formats=["html", "docs"])
    assert "docx" in raised.value.say("zh") and not list((place / "out").glob("tiny*"))


def test_what_is_not_for_the_reader_is_not_computed(place):
    notebook = nbformat.read("tiny.ipynb", as_version=4)
    cell = new_code_cell("raise ValueError('seen')")
    cell.metadata["tags"] = ["internal"]
    notebook.cells.append(cell)
    nbformat.write(notebook, "tiny.ipynb")
    assert [batch([WEST], audience=audience).failed for audience in ("public", "street", "internal")] == [0, 0, 1]


def test_a_page_of_its_own_needs_no_file_beside_it(place):
    batch([WEST], single_file=True)
    assert not (place / "out/assets").exists()
    assert len((place / f"out/tiny_{WEST}_2020.html").read_text("utf-8")) > 3_000_000
