"""Runs that somebody wrote down: checked as a whole, each row with its own notebook, parameters, output and formats."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from small_folder import DISTRICT, EAST, WEST

from fundanalytics.data.load import load
from fundanalytics.errors import ArgumentError
from fundanalytics.publish.run_table import planned, read_runs
from fundanalytics.publish.runs import run_reports

STANDARD = {"data": "data", "lang": "zh", "as_of": "", "rules": "", "audience": "public"}


def runs(*rows: dict[str, object]) -> pd.DataFrame:
    return read_runs(pd.DataFrame([{"notebook": "tiny.ipynb", **row} for row in rows]))


def test_each_row_is_a_run_with_its_own_area_parameters_output_and_formats(place: Path) -> None:
    table = runs({"area": EAST, "seconds": "0"}, {"area": WEST, "output": "../west", "formats": "html, docx", "parameters": json.dumps({"seconds": 1})})
    found = planned(load("data"), table=table, period="2020", standard=STANDARD)
    assert found["area_code"].tolist() == [EAST, WEST] and found["formats"].tolist() == [(), ("html", "docx")]
    assert [p["seconds"] for p in found["parameters"]] == [0, 1] and {p["period"] for p in found["parameters"]} == {"2020"}
    assert found["name"].iloc[0] == f"tiny_{EAST}_2020" and "/" not in found["name"].iloc[1] and "west" in found["name"].iloc[1]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"area": "99"}, "99"),
        ({"area": WEST, "secnods": "1"}, "secnods"),
        ({"area": WEST, "seconds": "soon"}, "soon"),
        ({"area": WEST, "lang": "en"}, "--lang"),
        ({"area": WEST, "formats": "doc"}, "doc"),
        ({"area": WEST, "period": "2031"}, "2031"),
        ({"area": WEST, "notebook": "tni.ipynb"}, "tni"),
        ({"area": EAST}, f"tiny_{EAST}_2020"),  # the output of the row before
    ],
)
def test_a_wrong_row_is_told_by_its_number_before_anything_runs(place: Path, wrong: dict[str, str], told: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        run_reports("data", period="2020", out="of table", runs=runs({"area": EAST}, wrong))
    assert all("2" in raised.value.say(lang).split(":")[0].split("：")[0] and told in raised.value.say(lang) for lang in ("zh", "en"))
    assert not Path("of table").exists()


def test_a_table_without_notebooks_or_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("area\n1\n", encoding="utf-8")
    for source in (tmp_path / "a.csv", tmp_path / "none.csv", pd.DataFrame({"notebook": []})):
        with pytest.raises(ArgumentError) as raised:
            read_runs(source)
        assert raised.value.code == "runs_unread"


def test_a_csv_file_is_made_into_its_files_and_is_not_made_again(place: Path) -> None:
    table = place / "runs.csv"
    table.write_text(f"\ufeffnotebook,output,area\ntiny.ipynb,first,{DISTRICT}\ntiny.ipynb,,{EAST}\n", encoding="utf-8")
    batch = run_reports("data", period="2020", out=place / "out", runs=table)
    assert batch.runs["status"].tolist() == ["made", "made"], batch.runs["reason"].tolist()
    assert {path.name for path in (place / "out").glob("*.html")} == {"first.html", f"tiny_{EAST}_2020.html", "index.html"}
    assert run_reports("data", period="2020", out=place / "out", runs=table).runs["status"].tolist() == ["kept", "kept"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"parameters": "{oops"}, "{oops"),
        ({"parameters": "[1,2]"}, "[1,2]"),
        ({"parameters": "5"}, "5"),
        ({"parameters": {1: 2}}, "{1: 2}"),
        *(({"output": name}, name) for name in ("index", "Indicators", "manifest", "index.html", "assets", "failed", ".made", "..")),
        ({"output": "FIRST"}, "FIRST"),  # one file with first.html on Windows and macOS
    ],
)
def test_a_row_that_cannot_run_is_told_by_its_number(place: Path, wrong: dict[str, object], told: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        planned(load("data"), table=runs({"area": EAST, "output": "first"}, {"area": WEST, **wrong}), period="2020", standard=STANDARD)
    assert raised.value.facts["row"] == 2 and all(told in raised.value.say(lang) for lang in ("zh", "en"))


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("notebook,area,Area \na,1,2\n", "Area"),
        ("notebook,area\na,1\nb,1,2\n", "row 2"),
        ("notebook,area\n", "empty"),
        ("", "empty"),
        (pd.DataFrame({"notebook": []}), "empty"),
        (pd.DataFrame([["a", 1]], columns=["notebook", 5]), "5"),
        (pd.DataFrame([["a", 1, 2]], columns=["notebook", "area", "area"]), "area"),
    ],
)
def test_a_table_whose_cells_have_no_one_heading_or_that_is_empty_is_refused(tmp_path: Path, table: str | pd.DataFrame, told: str) -> None:
    if isinstance(table, str):
        (tmp_path / "r.csv").write_text(table, encoding="utf-8")
        table = tmp_path / "r.csv"  # type: ignore[assignment]
    with pytest.raises(ArgumentError) as raised:
        read_runs(table)
    assert told in raised.value.say("en") and raised.value.say("zh")


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", ","), ("utf-8-sig", ","), ("gb18030", ","), ("utf-16", "\t")])
def test_a_file_is_read_as_spreadsheets_write_it(place: Path, encoding: str, mark: str) -> None:
    lines = ["Notebook , AREA,Output,Seconds,", "tiny.ipynb,东街道,东,1,", "tiny.ipynb,西街道,西", ",,,", " ,,", ""]
    (place / "r.csv").write_bytes("\r\n".join(lines).replace(",", mark).encode(encoding))
    found = planned(load("data"), table=read_runs("r.csv"), period="2020", standard=STANDARD)
    assert found["area_code"].tolist() == [EAST, WEST] and found["name"].tolist() == ["东", "西"]
    assert [p.get("seconds") for p in found["parameters"]] == [1, None]


@pytest.mark.parametrize("dtype", ["float64", "Int64"])
def test_whole_numbers_stay_whole_where_one_is_blank(place: Path, dtype: str) -> None:
    numbers = pd.DataFrame({"area": [int(WEST), None], "period": [2020, None], "seconds": [1, None]}, dtype=dtype)
    found = planned(load("data"), table=read_runs(numbers.assign(notebook="tiny.ipynb")), period="2020", standard=STANDARD)
    assert found["name"].tolist() == [f"tiny_{WEST}_2020", f"tiny_{EAST}_2020"]  # the notebook's own area where none is given
    assert [p.get("seconds") for p in found["parameters"]] == [1, None] and isinstance(found["parameters"][0]["seconds"], int)
