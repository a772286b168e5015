"""A run is skipped only when all that its report hangs on is as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from small_folder import DISTRICT, EAST, WEST, write_data, write_notebook

from fundanalytics.errors import ArgumentError
from fundanalytics.publish import made, runs, team
from fundanalytics.publish.common import Shared
from fundanalytics.publish.kernels import Result
from fundanalytics.publish.made import BATCH, Made
from fundanalytics.publish.runs import Batch, run_reports

pytestmark = pytest.mark.xdist_group("made")
# the same files, but amounts of payments are read as thousands
MADE_OF = {"data": "1", "formats": "charts html"}
THOUSANDS = """tables:
  - {table: payments, file: payments.csv, columns: {payment_id: payment_id, project_id: project_id, amount: {from: amount, unit: 千元}, paid_on: paid_on}}
"""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data, texts, a notebook and, in ``out``, the reports of the district and its streets."""
    place = tmp_path_factory.mktemp("made")
    data = write_data(place / "data")
    for area in (EAST, WEST):
        (data / "texts" / area).mkdir(parents=True)
        (data / "texts" / area / "background.md").write_text("概况", encoding="utf-8")
    _replace(write_notebook(place / "tiny.ipynb"), r'"lang: str = ', r'"rules: str = \"\"\n", "lang: str = ')
    (place / "rules.yaml").write_text("min_people: 5\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        assert _call().failed == 0
    return place


def _call(**options: Any) -> Batch:
    asked = {"period": "2020", "out": "out", "only": ["district", "streets"], "notebook": "tiny.ipynb", "workers": 2, "rules": "rules.yaml"}
    return run_reports("data", **(asked | options))


@pytest.fixture
def place(first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, in the same place as far as reports can tell."""
    kept = {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}
    monkeypatch.chdir(first)
    yield first
    for path in [path for path in first.rglob("*") if path.is_file() and path not in kept]:
        path.unlink()
    for path, content in kept.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _why(**options: Any) -> dict[str, str]:
    return dict(_call(dry_run=True, **options).runs.set_index("area_code")["reason"])


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _everywhere(why: str) -> dict[str, str]:
    return dict.fromkeys((DISTRICT, EAST, WEST), why)


@pytest.mark.parametrize(
    ("change", "options", "why"),
    [
        (lambda place: None, {}, _everywhere("")),
        (lambda place: _replace(place / "tiny.ipynb", "mind the gap", "mind it"), {}, _everywhere("notebook")),
        (lambda place: None, {"parameters": {"seconds": "1"}}, _everywhere("parameters")),
        (lambda place: None, {"single_file": True}, _everywhere("options")),
        (lambda place: _replace(place / "data/payments.csv", "500", "501"), {}, _everywhere("data")),
        (lambda place: (place / "data/mapping.yml").write_text(THOUSANDS, encoding="utf-8"), {}, _everywhere("data")),
        (lambda place: _replace(place / "rules.yaml", "5", "6"), {}, _everywhere("rules")),
        (lambda place: _replace(place / f"data/texts/{EAST}/background.md", "概况", "新概况"), {}, _everywhere("texts") | {WEST: ""}),
        (lambda place: (place / f"out/tiny_{EAST}_2020.html").unlink(), {}, _everywhere("") | {EAST: "files"}),
        (lambda place: _replace(place / f"out/tiny_{EAST}_2020.html", "</html>", "</html><!-- x -->"), {}, _everywhere("") | {EAST: "files"}),
        (lambda place: None, {"force": True}, _everywhere("force")),
    ],
    ids=["nothing", "notebook", "parameters", "options", "data", "mapping", "rules", "texts", "a file gone", "a file altered", "force"],
)
def test_each_part_alone_is_a_reason_to_make_a_report_again(place, change, options, why):
    change(place)
    assert _why(**options) == why


@pytest.mark.parametrize(("name", "part"), [("code_sum", "package"), ("versions", "libraries")])
def test_another_package_or_library_is_a_reason_too(place, monkeypatch, name, part):
    monkeypatch.setattr(made, name, lambda: "other")
    assert _why() == _everywhere(part)


@pytest.mark.parametrize(
    ("option", "value"),
    {"title": "u", "lang": "en", "origin": "synthetic", "audience": "street", "single_file": True, "shown": {"/a": "b"}}.items(),
)
def test_whatever_a_page_is_made_with_is_a_reason(place, option, value):
    from dataclasses import replace

    from fundanalytics.data.load import load
    from fundanalytics.publish.kernels import Job

    job, dataset = Job("n", "tiny.ipynb", {}, "t", "zh", "computed", "s", {}), load("data")
    before, after = (made.made_of(one, EAST, "", dataset, {}) for one in (job, replace(job, **{option: value})))
    assert [part for part in before if before[part] != after[part]] == ["options"]


def test_a_notebook_of_the_package_that_changed_is_a_reason_to_look_again_and_a_database_always_is(tmp_path, monkeypatch):
    own = write_notebook(tmp_path / "own.ipynb")
    monkeypatch.setattr("fundanalytics.publish.plan.notebooks", lambda: {"own": own})
    data = write_data(tmp_path / "data")

    def asked(of: str) -> str:
        return made.asked_sum(Shared(of, "", "2020", "", "public", "governance_fund"), {}, {})

    before = asked(str(data))
    assert asked(str(data)) == before and asked("postgresql://host/db") != asked("postgresql://host/db")
    _replace(own, "area", "areas")
    assert asked(str(data)) != before


CODED = "tables:\n  - {table: projects, columns: {project_id: id, area_code: area, category: {from: kind, codes: ../codes.csv}}}\n"


@pytest.mark.parametrize("name", ["d.csv", "d.sqlite"])
def test_files_beside_the_data_are_a_reason_to_look_again(tmp_path, name):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_text("a", encoding="utf-8")
    seen = []
    for beside, text in ((None, ""), ("in/mapping.yml", CODED), ("codes.csv", "x,other\n"), ("codes.csv", "y,other\n"), (f"in/{name}-wal", "w")):
        if beside:
            (tmp_path / beside).write_text(text, encoding="utf-8")
        seen.append(made.asked_sum(Shared(str(tmp_path / "in" / name), "", "2020", "", "public", "governance_fund"), {}, {}))
    assert len(set(seen)) == len(seen)


def test_the_code_is_summed_as_it_is_now(tmp_path, monkeypatch):
    (tmp_path / "publish").mkdir()
    monkeypatch.setattr(made, "__file__", str(tmp_path / "publish" / "made.py"))
    (tmp_path / "a.py").write_text("1")
    before = made.code_sum()
    (tmp_path / "a.py").write_text("22")
    assert made.code_sum() != before


def test_an_empty_handed_batch_removes_no_folder_that_another_uses(tmp_path):
    with runs._ready(tmp_path / "new" / "one"):
        (tmp_path / "new" / "two").mkdir()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["two"]
    with runs._ready(tmp_path / "other" / "one"):
        pass
    assert not (tmp_path / "other").exists()


def test_another_rubric_is_a_reason(tmp_path):
    from fundanalytics.data.load import load
    from fundanalytics.publish.kernels import Job

    rubric = tmp_path / "own.yaml"
    rubric.write_text("a", encoding="utf-8")
    notebook = write_notebook(tmp_path / "n.ipynb")
    dataset = load(write_data(tmp_path / "data"))
    job = Job("n", str(notebook), {"rubric": str(rubric)}, "t", "zh", "computed", "s", {})
    before = made.made_of(job, EAST, str(rubric), dataset, {})
    rubric.write_text("b", encoding="utf-8")
    after = made.made_of(job, EAST, str(rubric), dataset, {})
    assert [part for part in before if before[part] != after[part]] == ["rubric"]
    named = made.made_of(job, EAST, "governance_fund", dataset, {})
    assert [part for part in before if before[part] != named[part]] == ["rubric"]


def test_reports_for_readers_who_may_see_more_do_not_stay_beside_public_ones(place):
    assert _call(audience="internal", only=[EAST, WEST]).failed == 0
    with pytest.raises(ArgumentError) as raised:
        _call(only=["district"])
    assert raised.value.code == "other_audience"
    assert _call(dry_run=True).failed == 0, "all of them are asked for anew"
    for path in (place / "out").glob("tiny_*"):
        path.unlink()
    assert _call(only=["district"]).failed == 0


def test_where_a_file_could_not_be_read_the_next_call_tries_again(place):
    (place / "data" / "broken.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    assert _call().failed == 0
    again = _call()
    assert set(again.runs["status"]) == {"kept"} and again.dataset is not None


def test_only_what_changed_is_made_and_with_nothing_changed_nothing_is_read(place, monkeypatch):
    _replace(place / f"data/texts/{EAST}/background.md", "概况", "新概况")
    again = _call()
    assert dict(again.runs.set_index("area_code")["status"]) == {DISTRICT: "made", EAST: "made", WEST: "kept"}  # the district lists the files below it
    for owner, name in ((team, "warm_pool"), (team, "plain_pool"), (runs, "Common")):
        if name == "Common":
            monkeypatch.setattr("fundanalytics.publish.common.load", None)
        else:
            monkeypatch.setattr(owner, name, None)
    last = _call()
    assert last.dataset is None and set(last.runs["status"]) == {"kept"} and list(last.runs["name"]) == list(again.runs["name"])


@pytest.mark.parametrize("name", ["index.html", "indicators.csv", "manifest.json", "assets/plotly.min.js"])
def test_what_all_reports_share_is_made_again_when_it_is_gone(place, name):
    (place / "out" / name).unlink()
    batch = _call()
    assert (place / "out" / name).exists() and set(batch.runs["status"]) == {"kept"}


def test_a_note_is_read_up_to_where_it_was_cut_off_even_within_a_letter(tmp_path):
    (tmp_path / "一.html").write_text("x")
    notes = Made(tmp_path)
    for name in ("甲", "乙\u2028"):
        notes.note(Result(name, "made", 1.0, files={"一.html": ""}), "public", MADE_OF)
    assert Made.read(tmp_path).runs.keys() == {"甲", "乙\u2028"}
    whole = (tmp_path / made.NOTES).read_bytes()
    for end in range(whole.index(b"\n") + 1, len(whole) - 1):
        (tmp_path / made.NOTES).write_bytes(whole[:end])
        assert Made.read(tmp_path).runs.keys() == {"甲"}, whole[:end]
    assert Made.read(tmp_path).why("甲", MADE_OF) == [] and Made.read(tmp_path).why("甲", MADE_OF | {"data": "2"}) == ["data"]
    assert Made.read(tmp_path).why("甲", MADE_OF | {"formats": "html"}) == [] and Made.read(tmp_path).why("甲", MADE_OF | {"formats": "html pdf"}) == [
        "formats"
    ]


@pytest.mark.parametrize(
    "line",
    [
        '{"name": "甲"}',
        '{"name": ""}',
        "[]",
        "1",
        '{"name": [1]}',
        '{"name": "甲", "audience": "public", "made_of": {}, "outputs": [], "seconds": 1, "figures": 1, "more": 1}',
    ],
)
def test_a_note_of_another_kind_counts_for_nothing(tmp_path, line):
    (tmp_path / made.NOTES).write_text(f"{line}\n", encoding="utf-8")
    assert Made.read(tmp_path).runs == {}


def test_runs_that_are_being_made_are_not_noted_until_they_are(tmp_path):
    (tmp_path / "a.html").write_text("x")
    notes = Made(tmp_path)
    notes.note(Result("a", "made", 1.0, files={"a.html": ""}), "public", {})
    rows = pd.DataFrame([{"name": "a", "level": "street", "area_code": "1", "area_name": "一", "output": "a.html"}])
    rubric = tmp_path / "ours.yaml"
    rubric.write_text("a", encoding="utf-8")
    notes.note_all("asked", rows, [], [rubric, tmp_path / "governance_fund"], 0)
    assert Made.read(tmp_path).unchanged("asked") and Made.read(tmp_path).unchanged("other") is None
    rubric.write_text("b", encoding="utf-8")
    assert Made.read(tmp_path).unchanged("asked") is None
    Made.read(tmp_path).forget(["a"])
    assert Made.read(tmp_path).runs == {} and json.loads((tmp_path / made.NOTES).read_text() or "{}") == {}
    assert BATCH not in Made.read(tmp_path).runs
