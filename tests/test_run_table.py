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
