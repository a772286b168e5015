"""Batches: what is checked before anything runs, what a batch leaves behind, and what it must not."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from small_folder import DISTRICT, EAST, WEST, write_data, write_notebook

from fundanalytics.data.load import load
from fundanalytics.errors import ArgumentError
from fundanalytics.publish.plan import plan
from fundanalytics.publish.runs import Batch, run_reports


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("place")
    write_data(place / "data")
    write_notebook(place / "tiny.ipynb")
    return place


@pytest.fixture
def planned(place: Path):
    dataset = load(place / "data")
    return lambda **options: plan(dataset, **{"period": "2020", "notebook": place / "tiny.ipynb"} | options)


def test_a_run_is_a_row_with_its_own_area(planned):
    runs = planned(only=["district", "streets"], parameters={"seconds": "3"}, standard={"data": "data", "as_of": ""})
    assert list(runs["name"]) == [f"tiny_{code}_2020" for code in (DISTRICT, EAST, WEST)]
    assert runs["parameters"].iloc[1] == {"data": "data", "period": "2020", "area": EAST, "seconds": 3}


def test_a_notebook_named_alone_runs_once_for_its_own_area(planned):
    assert list(planned()["area_code"]) == [EAST]


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        ({"parameters": {"fail_for": EAST}}, "unknown_parameter", "fails_for"),
        ({"parameters": {"seconds": "many"}}, "wrong_parameter", "int"),
        ({"parameters": {"seconds": "True"}}, "wrong_parameter", "int"),
        ({"parameters": {"area": WEST}}, "parameter_is_option", "--only"),
        ({"parameters": {"audience": "internal"}}, "parameter_is_option", "--audience"),
        ({"standard": {"rubric": "own.yaml"}}, "unknown_parameter", "rubric"),
        ({"standard": {"as_of": "2021-03-31"}}, "unknown_parameter", "as_of"),
        ({"only": ["东街到"]}, "unknown_area", "东街道"),
        ({"only": ["street"]}, "unknown_option", "street"),
        ({"period": "2031"}, "no_data_for_period", "2020"),
        ({"period": "next year"}, "bad_period", "next year"),
        ({"notebook": "stret_report"}, "unknown_notebook", "stret_report"),
    ],
)
def test_a_wrong_call_is_told_before_anything_runs(planned, options, code, told):
    with pytest.raises(ArgumentError) as raised:
        planned(**options)
    assert raised.value.code == code
    assert told in raised.value.say("zh") and told in raised.value.say("en")


@pytest.fixture(scope="module")
def first(place: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Batch, dict]:
    """A batch in which one of three fails, on a machine with a strange kernel of the same name and a home to litter."""
    home, temp = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("temp")
    strange = home / ".local/share/jupyter/kernels/python3"
    strange.mkdir(parents=True)
    (strange / "kernel.json").write_text(json.dumps({"argv": ["/bin/false", "{connection_file}"], "display_name": "x", "language": "python"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("HOME", str(home))
        patch.setenv("TMPDIR", str(temp))
        patch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
        patch.setattr("tempfile.tempdir", None)
        told: dict = {}
        batch = run_reports(
            "data", period="2020", out="out", only=["district", "streets"], notebook="tiny.ipynb", parameters={"fails_for": EAST}, workers=2,
            progress=lambda done, count, result: told.update({result.name: (done, count, result)}),
        )  # fmt: skip
    littered = [p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file()] + list(temp.iterdir())
    return batch, {"told": told, "littered": littered}


def _manifest(place: Path) -> dict:
    return json.loads((place / "out/manifest.json").read_text(encoding="utf-8"))


def test_a_failed_run_is_told_and_the_others_are_made(first, place):
    batch, _ = first
    assert dict(zip(batch.runs["area_code"], batch.runs["status"], strict=True)) == {DISTRICT: "made", EAST: "failed", WEST: "made"}
    assert batch.failed == 1
    reason = batch.runs.set_index("area_code").loc[EAST, "reason"]
    assert reason == "ValueError: no figures in data"
    index = (place / "out/index.html").read_text(encoding="utf-8")
    assert reason in index and f"failed/tiny_{EAST}_2020.ipynb" in index
    assert "ValueError" in (place / f"out/failed/tiny_{EAST}_2020.ipynb").read_text(encoding="utf-8")
    assert not (place / f"out/tiny_{EAST}_2020.html").exists()


def test_a_batch_writes_nothing_outside_its_folder(first, place):
    _, seen = first
    assert seen["littered"] == [".local/share/jupyter/kernels/python3/kernel.json"]
    assert sorted(p.name for p in place.iterdir()) == ["data", "out", "tiny.ipynb"]
    assert not list((place / "out").rglob("*.part"))


def test_no_file_shows_where_it_was_made(first, place):
    for path in (place / "out").rglob("*"):
        if path.is_file() and path.name != "plotly.min.js":
            assert str(place) not in path.read_text(encoding="utf-8"), path.name
    assert "data: data" in (place / f"out/tiny_{WEST}_2020.html").read_text(encoding="utf-8")


def test_the_kernel_is_this_interpreter_whatever_else_is_installed(first, place):
    prefix = sys.prefix.replace(str(Path.home()), "~")
    assert f"kernel: {prefix}" in (place / f"out/tiny_{WEST}_2020.html").read_text(encoding="utf-8")


def test_warnings_go_to_the_console_and_not_into_the_report(first, place):
    _, seen = first
    assert seen["told"][f"tiny_{WEST}_2020"][2].warnings == ["UserWarning: mind the gap"]
    assert "mind the gap" not in (place / f"out/tiny_{WEST}_2020.html").read_text(encoding="utf-8")
    assert sorted(done for done, _, _ in seen["told"].values()) == [1, 2, 3]


def test_the_manifest_says_how_to_make_each_file_again(first, place):
    manifest = _manifest(place)
    assert [run["status"] for run in manifest["runs"]] == ["failed", "made", "made"]
    run = next(run for run in manifest["runs"] if run["area_code"] == WEST)
    assert run["parameters"] == {"data": "data", "lang": "zh", "period": "2020", "area": WEST, "fails_for": EAST}
    assert {"pandas", "papermill", "plotly", "fundanalytics"} <= set(manifest["packages"]) and "seed" in manifest
    assert {i["file"] for i in manifest["inputs"]} == {f"{n}.csv" for n in ("areas", "allocations", "projects", "payments")}
    for output in [o for r in manifest["runs"] for o in r["outputs"]] + manifest["files"]:
        assert hashlib.sha256((place / "out" / output["file"]).read_bytes()).hexdigest() == output["sha256"], output["file"]


def test_the_indicator_table_opens_in_a_spreadsheet(first, place):
    raw = (place / "out/indicators.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(place / "out/indicators.csv", dtype={"area_code": "str"})
    usage = table[(table["indicator"] == "usage_rate") & (table["basis"] == "paid/arrived")].set_index("area_code")["value"]
    assert usage[DISTRICT] == 0.7 and usage[EAST] == 0.9 and usage[f"{WEST}001"] == 0.5


def test_a_later_batch_replaces_what_it_makes_and_keeps_the_rest(first, place, monkeypatch):
    monkeypatch.chdir(place)
    run_reports("data", period="2020", out="out", only=[EAST, WEST], notebook="tiny.ipynb", parameters={"fails_for": WEST}, workers=2)
    assert {p.name for p in (place / "out").glob("*.html")} == {"index.html", f"tiny_{DISTRICT}_2020.html", f"tiny_{EAST}_2020.html"}
    assert [p.name for p in (place / "out/failed").iterdir()] == [f"tiny_{WEST}_2020.ipynb"]
    assert {run["area_code"]: run["status"] for run in _manifest(place)["runs"]} == {DISTRICT: "made", EAST: "made", WEST: "failed"}


def _planted(folder: Path) -> Path:
    """A data folder in which 3 of 43 asked in the east know of the fund and 4 residents of 5,000 came."""
    data = write_data(folder)
    said = [(EAST, i, i < 3) for i in range(43)] + [(WEST, i, i < 30) for i in range(61)]
    rows = [f"r{street}{i},{street}001,2020,1,{'true' if aware else 'false'},{5 - i % 3}" for street, i, aware in said]
    came = [f"e{street},p{i},h{i},true" for street, n in ((EAST, 4), (WEST, 90)) for i in range(n)]
    texts = {
        "responses": ["response_id,area_code,period,wave,aware,satisfaction", *rows],
        "populations": ["area_code,period,basis,persons,households,eligible_persons", *(f"{s}001,2020,resident,6000,2000,5000" for s in (EAST, WEST))],
        "events": ["event_id,area_code,period,step,held_on", *(f"e{s},{s}001,2020,proposal,2020-05-01" for s in (EAST, WEST))],
        "participants": ["event_id,person_key,household_key,is_resident", *came],
    }
    for name, lines in texts.items():
        (data / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return data


def test_a_small_count_is_nowhere_in_a_public_report_and_cannot_be_worked_out(tmp_path):
    """Neither as it is nor as a rate: not in the page, not in its chart data, the index or the table."""
    batch = run_reports(_planted(tmp_path / "data"), period="2020", out=tmp_path / "out", only=[EAST], workers=1)
    assert batch.failed == 0, batch.runs["reason"].tolist()
    text = "\n".join((tmp_path / "out" / name).read_text(encoding="utf-8") for name in (f"street_{EAST}_2020.html", "index.html", "indicators.csv"))
    assert [rate for rate in ("0.06976", "7.0%", "0.0008", "0.08%") if rate in text] == []  # 3 of 43, 4 of 5,000
    assert "人数过少" in text and "虚构" not in text
    table = pd.read_csv(tmp_path / "out/indicators.csv", dtype={"area_code": "str"})
    gone = table[table["note"].isin(["suppressed", "suppressed_linked"])].groupby("indicator")["area_code"].nunique()
    assert gone["awareness_rate"] >= 4 and gone["participation_rate"] >= 4  # the district's other street goes too, else it is subtracted
    assert batch.runs["parameters"].iloc[0]["audience"] == "public"


def test_an_output_that_is_no_folder_is_refused(place, monkeypatch):
    monkeypatch.chdir(place)
    (place / "tiny.txt").write_text("mine")
    with pytest.raises(ArgumentError) as raised:
        run_reports("data", period="2020", out="tiny.txt", notebook="tiny.ipynb")
    assert raised.value.code == "out_not_a_folder" and (place / "tiny.txt").read_text() == "mine"
    (place / "tiny.txt").unlink()


def _processes_in(temp: Path) -> list[str]:
    """Command lines or environments of living processes that speak of a folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if str(temp).encode() in (folder / "environ").read_bytes() and (folder / "cmdline").read_bytes():
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("engine", "named", "count"), [("plain", "ipykernel", 2), ("warm", "publish.forks", 3)])  # two kernels; two forks and their template
def test_an_interrupted_batch_leaves_no_kernel_and_no_temporary_file(place, tmp_path, stop, engine, named, count):
    temp = tmp_path / "temp"
    temp.mkdir()
    command = [sys.executable, "-c", "from fundanalytics.cli import main; main()", "report", "--data", "data", "--out", str(tmp_path / "out")]
    command += ["--notebook", "tiny.ipynb", "-p", "seconds=300", "--only", "streets", "--lang", "en", "--workers", "2", "--engine", engine]
    batch = subprocess.Popen(command, cwd=place, env={**os.environ, "TMPDIR": str(temp)}, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 90
    while sum(named in line for line in _processes_in(temp)) < count:
        assert time.monotonic() < deadline and batch.poll() is None, "no kernels came up"
        time.sleep(0.2)
    batch.send_signal(stop)
    _, errors = batch.communicate(timeout=30)
    assert batch.returncode == 130 and "interrupted" in errors and "Traceback" not in errors
    while _processes_in(temp) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert _processes_in(temp) == []
    assert list(temp.iterdir()) == []
