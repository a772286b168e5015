"""The command line: what it prints, how it refuses, with which exit code."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from small_folder import DISTRICT, EAST, WEST, write_data, write_notebook
from typer.testing import CliRunner

from fundanalytics.cli import app


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("place")
    write_data(place / "data")
    write_notebook(place / "tiny.ipynb")
    (place / "empty").mkdir()
    return place


@pytest.fixture
def call(place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(place)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["report", "--data", "data", "--only", "东街到", "--notebook", "tiny.ipynb"], ["东街道"]),
        (["report", "--data", "data", "--period", "2031"], ["2031", "2020"]),
        (["report", "--data", "data", "--notebook", "tiny.ipynb", "-p", "fail_for=x"], ["fail_for", "fails_for"]),
        (["report", "--data", "data", "--notebook", "tiny.ipynb", "-p", "seconds"], ["seconds", "-p"]),
        (["report", "--data", "data", "--as-of", "soon"], ["soon", "2020-12-31"]),
        (["report", "--data", "nowhere"], ["nowhere"]),
        (["report", "--data", "empty"], ["empty"]),
        (["report", "--data", "data", "--lang", "fr"], ["fr", "zh"]),
        (["indicators", "--data", "data", "--by", "streets"], ["streets", "street"]),
        (["indicators", "--data", "data", "--indicator", "use_rate"], ["use_rate", "usage_rate"]),
        (["chart", "rankings", "--data", "data"], ["rankings", "ranking"]),
        (["list", "everything"], ["everything", "notebooks"]),
        (["indicators", "--data", "data", "--audience", "everyone"], ["everyone", "internal"]),
        (["report", "--data", "data", "--audience", "everyone"], ["everyone", "internal"]),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_wrong_call_gets_one_sentence_and_exit_code_2(call, arguments, told, lang):
    options = [] if "--lang" in arguments else ["--lang", lang]
    answer = call(*arguments, *options)
    assert answer.exit_code == 2, answer.output
    assert answer.stdout == "" and answer.stderr.count("\n") == 1 and answer.stderr.count("– ") >= 3
    assert all(word in answer.stderr for word in told)
    assert not Path("reports").exists()


def test_typer_refuses_what_it_does_not_know_with_exit_code_2(call):
    assert call("report", "--colour", "blue").exit_code == 2


def test_indicators_are_written_as_a_table(call):
    answer = call("indicators", "--data", "data", "--by", "street", "--indicator", "usage_rate")
    table = pd.read_csv(io.StringIO(answer.stdout), dtype={"area_code": "str"})
    assert answer.exit_code == 0 and set(table["level"]) == {"street"}
    assert dict(zip(table["area_code"], table["value"], strict=True)) == {EAST: 0.9, WEST: 0.5}


@pytest.mark.parametrize(("form", "read"), [("csv", pd.read_csv), ("xlsx", pd.read_excel), ("parquet", pd.read_parquet)])
def test_indicators_are_written_to_a_file(call, tmp_path, form, read):
    if form == "xlsx":
        read = lambda path: pd.read_excel(path, engine="calamine")  # noqa: E731
    target = tmp_path / f"table.{form}"
    assert call("indicators", "--data", "data", "--format", form, "--out", target, "--fund", "guarantee").exit_code == 0
    table = read(target)
    assert set(table["indicator"]) == {"usage_rate"} and set(table["subset"]) == {"fund=guarantee"} and len(table) == 5


def test_whoever_asks_for_less_is_told_no_more(tmp_path, call):
    """3 of 40 are not even basically satisfied: whatever is asked for alone hides what the whole table hides."""
    data = write_data(tmp_path / "asked")
    said = {f"{EAST}001": "1" * 3 + "3" * 8 + "4" * 29, f"{WEST}001": "1" * 12 + "3" * 20 + "5" * 30}
    rows = [f"{area}-{i},{area},2020,1,{level}" for area, levels in said.items() for i, level in enumerate(levels)]
    (data / "responses.csv").write_text("\n".join(["response_id,area_code,period,wave,satisfaction", *rows]), encoding="utf-8")
    asked = [(), ("--by", "street"), ("--indicator", "satisfaction_rate"), ("--indicator", "satisfaction_rate", "--basis", "basically", "--by", "street")]
    asked += [("--indicator", "satisfaction_score", "--by", "community")]
    tables = [pd.read_csv(io.StringIO(call("indicators", "--data", data, *options).stdout), dtype={"area_code": "str"}) for options in asked]
    keys = ["indicator", "basis", "area_code"]
    whole = tables[0].set_index(keys)["value"]
    assert pd.isna(whole["satisfaction_rate", "basically", EAST]) and whole["satisfaction_rate"].notna().any()
    for table in tables[1:]:
        part = table.set_index(keys)["value"]
        assert len(part) and part.equals(whole.loc[part.index])
    everything = pd.read_csv(io.StringIO(call("indicators", "--data", data, "--audience", "internal").stdout), dtype={"area_code": "str"})
    assert everything.set_index(keys).loc[("satisfaction_rate", "basically", EAST), "value"] == 37 / 40
    chart = call("chart", "ranking", "--data", data, "--indicator", "satisfaction_rate", "--format", "html,csv", "--out", tmp_path)
    assert chart.exit_code == 0, chart.output
    drawn = pd.read_csv(tmp_path / "ranking_satisfaction_rate_2020.csv").dropna(subset="y")  # without the line of the district
    streets = whole.loc["satisfaction_rate", "satisfied"].loc[[EAST, WEST]]
    assert drawn["x"].tolist() == pytest.approx([streets.max()])  # the other of two would be known by its absence


def test_areas_and_indicators_are_listed(call):
    assert f"{EAST}\t东街道" in call("list", "areas", "--data", "data").stdout
    assert "usage_rate\t资金使用率" in call("list", "indicators", "--lang", "zh").stdout
    assert "ranking" in call("list", "charts").stdout.split()


def test_a_chart_is_a_page_and_its_data(call, tmp_path):
    answer = call("chart", "ranking", "--data", "data", "--format", "html,csv", "--audience", "internal", "--out", tmp_path)
    assert answer.exit_code == 0, answer.output
    assert {p.name for p in tmp_path.iterdir()} == {"ranking_2020.html", "ranking_2020.csv", "ranking_2020.txt", "assets"}
    rows = pd.read_csv(tmp_path / "ranking_2020.csv")
    assert rows["y"].count() == 2 and 'data-chart="chart-1"' in (tmp_path / "ranking_2020.html").read_text(encoding="utf-8")


def test_a_batch_ends_with_what_was_made_and_exits_with_1_when_one_failed(call, tmp_path):
    options = ["--data", "data", "--out", tmp_path, "--notebook", "tiny.ipynb", "--lang", "en"]
    answer = call("report", *options, "--only", "district", "-p", f"fails_for={DISTRICT}")
    assert answer.exit_code == 1
    assert f"[1/1] tiny_{DISTRICT}_2020 failed" in answer.stderr and "ValueError" in answer.stdout and str(tmp_path / "index.html") in answer.stdout
    answer = call("report", *options, "--only", "district", "--strict")
    assert answer.exit_code == 0, answer.output


@pytest.mark.parametrize("option", [("--only", "district"), ("--notebook", "tiny.ipynb"), ("-p", "seconds=0")])
def test_a_table_of_runs_goes_with_no_option_that_says_what_to_make(call, option):
    answer = call("report", "--data", "data", "--runs", "none.csv", *option, "--lang", "en")
    assert answer.exit_code == 2 and option[0] in answer.stderr and "none.csv" not in answer.stderr


def test_a_log_in_json_is_json_to_the_last_line(call, tmp_path):
    def logged(*options):
        answer = call("report", "--data", "data", "--out", tmp_path / "out", "--log", "json", *options)
        return answer.exit_code, [json.loads(line) for line in answer.stderr.splitlines()]

    (tmp_path / "r.csv").write_text(f"notebook,area\ntiny.ipynb,{EAST}\n", encoding="utf-8")
    index = str(tmp_path / "out" / "index.html")
    code, lines = logged("--runs", tmp_path / "r.csv")
    assert code == 0 and [line.get("status") for line in lines] == ["made", None]
    assert lines[-1] == {"made": 1, "kept": 0, "failed": 0, "not_begun": 0, "index": index}
    code, lines = logged("--runs", tmp_path / "r.csv")
    assert code == 0 and (lines[0]["name"], lines[0]["status"]) == (f"tiny_{EAST}_2020", "kept") and lines[-1]["kept"] == 1
    assert logged("--only", "district", "--notebook", "tiny.ipynb", "--dry-run")[1] == [{"name": "tiny_999902_2020", "status": "due", "reason": "new"}]
    assert logged("--runs", "none.csv")[0] == 2 and [*logged("--runs", "none.csv")[1][0]] == ["error"]


def test_what_was_not_taken_is_a_message_in_a_log_in_json(tmp_path, call):
    data = write_data(tmp_path / "faulty")
    (data / "payments.csv").write_text("payment_id,project_id,amount,paid_on\na1,p1,much,2020-06-01\n", encoding="utf-8")
    options = ["--data", data, "--out", tmp_path / "out", "--notebook", "tiny.ipynb", "--strict", "--lang", "en"]
    answer = call("report", *options, "--log", "json")
    lines = [json.loads(line) for line in answer.stderr.splitlines()]
    messages = [line["message"] for line in lines if [*line] == ["message"]]
    assert answer.exit_code == 1 and "--strict" in messages[-1] and len(messages) > 1 and lines[-1]["made"] == 1
    assert all(message in call("report", *options).stderr for message in messages)


def test_help_answers_at_once_and_imports_nothing_heavy():
    code = "import sys; from fundanalytics.cli import main; sys.argv = ['fundanalytics', '--help']\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    seconds = []
    for _ in range(3):
        started = time.monotonic()
        answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        seconds.append(time.monotonic() - started)
    assert "report" in answer.stdout
    assert not {"pandas", "numpy", "plotly", "papermill", "nbconvert"} & set(answer.stderr.split())
    assert min(seconds) < 0.8  # .15 s on a quiet machine
