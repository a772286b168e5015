"""Rubrics: what is shipped adds up and cites its sources; every fault of a file is told with its place."""

from __future__ import annotations

import hashlib
import re
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fundanalytics.data.schema import WORK_CLASSES
from fundanalytics.errors import FILES, DataError
from fundanalytics.measure import rubric as rubric_module
from fundanalytics.measure.formula import names_in
from fundanalytics.measure.rubric import RUBRICS, check_rubric, load_rubric
from fundanalytics.measure.rubric_checks import ITEM, LARGEST, SCORING, TOP, faults_of
from fundanalytics.measure.scoring import share_of

FOLDER = rubric_module._SHIPPED
FUND, PROJECTS, SPENDING = ((FOLDER / f"{name}.yaml").read_text("utf-8") for name in ("governance_fund", "project_classes", "expenditure"))
TWELVE = ["政策宣传", "民主提议与意见收集", "负面清单审核", "民主议决", "议决与项目公示", "项目发包", "合同签订", "组织实施", "过程监督", "资金支付与专账核算",
          "评议验收与整改", "档案台账与结果公示"]  # fmt: skip


def faults(text: str) -> list[tuple[str, int | None, str, str, str]]:
    return [tuple(fault) for fault in faults_of(text.encode())[1]]


# --- what is shipped ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RUBRICS)
def test_a_shipped_rubric_is_sound_assumed_and_cites_sources_that_stand_alone(name):
    assert check_rubric(name).empty
    rubric = load_rubric(name)
    assert (rubric.id, rubric.status, rubric.maximum, rubric.bands[-1].lower) == (name, "assumed", 100, 0)
    assert rubric.sha256 == hashlib.sha256((FOLDER / rubric.name).read_bytes()).hexdigest()
    for item in rubric.items:
        assert len(item.source) > 8 and not re.search(r"DOMAIN|SEED|\[[SKCN]F?\]|public file", item.source) and item.evidence["zh"] and item.title["en"]
        assert sum(item.sources.values()) == pytest.approx(1)


def test_the_names_of_the_shipped_rubrics_are_those_of_the_files():
    assert sorted(RUBRICS) == sorted(path.stem for path in FOLDER.glob("*.yaml"))


def test_the_rubric_of_the_fund_has_its_twelve_items_four_parts_and_four_sources():
    rubric = load_rubric()
    assert [item.title["zh"] for item in rubric.items_of("basic")] == TWELVE
    assert [item.code for item in rubric.items_of("basic")] == [f"B{n:02}" for n in range(1, 13)]
    assert [rubric.item(f"P{n}").title["zh"] for n in range(1, 5)] == ["党建引领", "群众参与", "特色创新", "表彰荣誉"]
    assert [(part.code, part.points) for part in rubric.parts] == [("basic", 40), ("performance", 40), ("survey", 20)]
    assert rubric.source_shares == {"self": 0.1, "peer": 0.2, "district": 0.5, "survey": 0.2}
    assert rubric.item("P1").sources == {"self": 1 / 7, "peer": 2 / 7, "district": 4 / 7}
    assert [item.code for item in rubric.items if item.bonus] == ["J1"] and sum(item.points for item in rubric.base_items) == 100
    assert (rubric.item("R1").indicator, rubric.item("B01").indicator) == ("usage_rate", "")


@pytest.mark.parametrize(("name", "points"), [("expenditure", [15, 25, 35, 25]), ("self_evaluation", [10, 50, 30, 10])])
def test_published_weights_are_kept_and_everything_is_computed(name, points):
    rubric = load_rubric(name)
    assert [part.points for part in rubric.parts] == points
    assert all(names_in(item.options["expression"]) if item.value == "formula" else item.indicator for item in rubric.items)


def test_each_kind_of_work_has_a_sheet_of_100_points_on_the_same_questions():
    rubric = load_rubric("project_classes")
    for kind in WORK_CLASSES:
        mine = [item for item in rubric.items if kind in item.classes]
        assert [item.record for item in mine] == ["执行情况", "经费合规", "社会成效"] and sum(item.points for item in mine) == 100
    assert len({tuple(item.points for item in rubric.items if kind in item.classes) for kind in WORK_CLASSES}) == 3


def test_grades_are_half_open():
    totals = {100: "excellent", 90: "excellent", 89.99: "good", 80: "good", 79.995: "fair", 60: "fair", 59.99: "poor", 0: "poor", float("nan"): ""}
    rubric = load_rubric()
    assert [rubric.grade(total) for total in totals] == list(totals.values())


def test_the_readme_explains_every_key_scoring_type_and_option():
    text = (FOLDER / "README.md").read_text("utf-8")
    options = {key for spec in SCORING.values() for key in spec} | {"expression", "about"}
    assert [key for key in {*TOP, *ITEM, *SCORING, *options, *RUBRICS} if f"`{key}" not in text] == []


# --- faults: of one edit, with its place -------------------------------------------------------------------------------

R1 = "options: {target: 0.95}"
FORMULA = "usage_rate:paid/quota / usage_rate:paid/arrived"
RATED = "scoring: rating"
EDITS = [  # file, what is edited, into what, place, code, found, expected
    (FUND, "unit: community\n", "unit: community\nunits: 1\n", "units", "unknown_key", "units", "unit | items"),
    (FUND, "unit: community", "unit: village", "unit", "unknown_word", "village", "community | project"),
    (FUND, "status: assumed", "status: guess", "status", "unknown_word", "guess", "assumed | official"),
    (FUND, "status: assumed", "status: official", "document", "wrong_value", '""', "…"),
    (FUND, "years: []", "years: [20]", "years", "wrong_value", "[20]", "[] | [2020] | [2018-2020]"),
    (FUND, "years: []", "years: 2020", "years", "wrong_value", "2020", "[] | [2020] | [2018-2020]"),
    (FUND, "version: 1\n", "", "version", "missing_key", "version", "…"),
    (FUND, "decimals: 2", "decimals: 2.5", "decimals", "wrong_value", "2.5", "0 | 1 | 2 | 3 | 4"),
    (FUND, "decimals: 2", "decimals: true", "decimals", "wrong_value", "true", "0 | 1 | 2 | 3 | 4"),
    (FUND, "needed: 0.6", "needed: 60", "needed", "wrong_value", "60", "0 < … ≤ 1"),
    (FUND, "cap: 100", "cap: 90", "cap", "wrong_value", "90", "≥ 100"),
    (FUND, "decides: district", "decides: distrikt", "decides", "unknown_word", "distrikt", "district"),
    (SPENDING, "decides: district", "decides: self", "decides", "unknown_word", "self", "district | survey"),
    (FUND, "peer: 0.20, district: 0.50", "peer: 0.21, district: 0.50", "shares › peer", "share_differs", "0.21", "0.2"),
    (FUND, ", survey: 0.20}", "}", "shares › survey", "share_differs", "0", "0.2"),
    (FUND, "en: Basic evaluation}, points: 40", "en: Basic evaluation}, points: 41", "parts", "points_differ", "101", "100"),
    (FUND, "maximum: 100\ncap: 100", "maximum: 120\ncap: 120", "parts", "points_differ", "100", "120"),
    (FUND, "    points: 4\n", "    points: 5\n", "parts › basic › points", "points_differ", "41", "40"),
    (FUND, "    points: 4\n", "    points: four\n", "items › B02 › points", "wrong_value", "four", "> 0"),
    (FUND, "    points: 4\n", "    points: -4\n", "items › B02 › points", "wrong_value", "-4", "> 0"),
    (FUND, "    points: 4\n", "    ponits: 4\n", "items › B02 › ponits", "unknown_key", "ponits", "points"),
    (FUND, "    points: 4\n", "", "items › B02 › points", "missing_key", "points", "> 0"),
    (FUND, "    points: 4\n", "    points: 4\n    points: 4\n", "items › B02 › points", "key_twice", "points", ""),
    (FUND, "code: B02", "code: B01", "items › B01 › code", "code_twice", "B01", "items"),
    (FUND, "code: B02", "code: B02\n    record: B01", "items › B02 › record", "code_twice", "B01", "items"),
    (FUND, "code: good, title", "code: fair, title", "bands › fair › code", "code_twice", "fair", "bands"),
    (FUND, "part: basic", "part: basics", "items › B01 › part", "unknown_word", "basics", "basic"),
    (FUND, "title: {zh: 政策宣传, en: Publicity of the policy}", "title: 政策宣传", "items › B01 › title", "wrong_value", "政策宣传", "{zh: …, en: …}"),
    (FUND, "    source: 民生周刊 2021-03-12（全过程宣传）\n", "", "items › B01 › source", "missing_key", "source", "…"),
    (FUND, RATED, "scoring: ratings", "items › B01 › scoring", "unknown_word", "ratings", "rating"),
    (FUND, "scale: 100", "sclae: 100", "items › B01 › options › sclae", "unknown_key", "sclae", "scale"),
    (FUND, "scale: 100", "scale: 0", "items › B01 › options › scale", "wrong_value", "0", "> 0"),
    (FUND, R1, "options: {}", "items › R1 › options › target", "missing_key", "target", "≥ 0"),
    (FUND, "    " + R1 + "\n", "", "items › R1 › options › target", "missing_key", "target", "≥ 0"),
    (FUND, R1, "options: {target: 95}", "items › R1 › options › target", "wrong_value", "95", "≤ 10"),
    (FUND, R1, 'options: {target: "95%"}', "items › R1 › options › target", "wrong_value", "95%", "≥ 0"),
    (FUND, "{target: 0.90}", "{target: 90}", "items › S1 › options › target", "wrong_value", "90", "≤ 1"),
    (FUND, "value: usage_rate", "value: usage_rat", "items › R1 › value", "unknown_word", "usage_rat", "usage_rate"),
    (FUND, "value: usage_rate", "value: usage_rate:paid/qota", "items › R1 › value", "unknown_word", "usage_rate:paid/qota", "usage_rate:paid/quota"),
    (FUND, "{self: 1, peer: 2, district: 4}", "{self: 0.2, peer: 0.2, district: 0.5}", "items › B01 › sources", "weights_differ", "0.9", "1"),
    (FUND, "{self: 1, peer: 2, district: 4}", "{self: 1, peer: 0, district: 4}", "items › B01 › sources", "wrong_value", "{'self': 1, 'peer': 0,", "{self: 1"),
    (FUND, "{self: 1, peer: 2, district: 4}", "{self: 1, pier: 2, district: 4}", "items › B01 › sources › pier", "unknown_word", "pier", "peer"),
    (FUND, "{survey: 1}\n    value: satis", "{survey: 1, self: 1}\n    value: satis", "items › S1 › sources", "not_together", "satisfaction_rate + survey", ""),
    (FUND, "value: honours", "value: assessments", "items › J1 › options › scores", "unknown_key", "scores", ""),
    (FUND, "scoring: bonus", "scoring: rating", "items › J1 › scoring", "not_together", "honours + rating", "honours + bonus"),
    (FUND, "scoring: at_least\n    options: {target: 0.95}", "scoring: deduction\n    options: {per: 5}", "items › R1 › scoring", "not_together",
     "usage_rate + deduction", "usage_rate + at_least"),
    (FUND, "scoring: at_least\n    options: {target: 0.95}", "scoring: rating\n    options: {}", "items › R1 › scoring", "not_together",
     "usage_rate + rating", "usage_rate + at_least"),
    (FUND, "unranked: []", "unranked: [smal_sample]", "unranked", "wrong_value", "[", "[joined_areas"),
    (FUND, "{self: 1, peer: 2, district: 4}", "{self: 1, survey: 2}", "items › B01 › sources › survey", "not_together", "assessments + survey", "assess"),
    (FUND, "{scale: 100}", "{scale: 100, level: {}}", "items › B01 › options › level", "unknown_key", "level", "scale"),
    (FUND, "scoring: levels\n    options: {scale: 100}", "scoring: levels\n    options: {scale: 100, levels: {met: 0.8, partly: 0.9, unmet: 0}}",
     "items › P1 › options › levels", "wrong_value", "{'met': 0.8", "{met: 0.8"),
    (FUND, "{national: 3,", "{nation: 3,", "items › J1 › options › scores", "wrong_value", "{'nation': 3", "{national: 1"),
    (FUND, "scores: {20: 0, 60: 0.6,", "scores: {20: 0.7, 60: 0.6,", "items › S3 › options › scores", "wrong_value", "{20: 0.7", "{20: 0"),
    (FUND, "value: honours", "value: honours\n    classes: [works]", "items › J1 › classes", "not_together", "community + classes", "project + classes"),
    (FUND, "    value: assessments", "    value: panel_scores", "items › B01 › value", "not_together", "community + panel_scores", "project + panel_scores"),
    (FUND, "lower: 80", "lower: 90", "bands › good › lower", "bands", "90", "< 90"),
    (FUND, "lower: 60", "lower: 85", "bands › fair › lower", "bands", "85", "< 80"),
    (FUND, "lower: 0}", "lower: 1}", "bands › poor › lower", "bands", "1", "0"),
    (FUND, "lower: 90", "lower: 101", "bands › excellent › lower", "bands", "101", "≤ 100"),
    (PROJECTS, "points: 35\n", "points: 30\n", "parts › panel › points", "points_differ", "95 (works)", "100"),
    (PROJECTS, "classes: [self_help]", "classes: [own_work]", "items › H1 › classes", "wrong_value", "['own_work']", "[works, service"),
    (PROJECTS, "classes: [service, goods]", "classes: [service, works]", "items › C1 › record", "code_twice", "执行情况", "items"),
    (SPENDING, FORMULA, "usage_rate:paid/quota / usage_rat", "items › C1 › options › expression", "bad_formula", "usage_rat", "usage_rate"),
    (SPENDING, FORMULA, "(usage_rate", "items › C1 › options › expression", "bad_formula", "min(1, (usage_rate)", ")"),
    (SPENDING, f"min(1, {FORMULA})", "1", "items › C1 › options › expression", "bad_formula", "1", "usage_rate | "),
    (SPENDING, "    value: formula", "    value: usage_rate", "items › D3 › value", "not_together", "condition + usage_rate", "condition + formula"),
    (SPENDING, "scoring: at_most\n    options: {target: 0.05}", "scoring: at_most\n    options: {target: 0.05, variant: square}",
     "items › C4 › options › variant", "unknown_word", "square", "ratio"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "old", "new", "place", "code", "found", "expected"), EDITS)
def test_a_fault_is_told_with_its_line_keys_what_was_found_and_expected(text, old, new, place, code, found, expected):
    assert old in text
    told = {(where, what): (line, is_, be) for where, line, what, is_, be in faults(text.replace(old, new, 1))}
    line, is_, be = told[place, f"rubric_{code}"]
    assert is_.startswith(found) and be.startswith(expected)
    *above, key = place.split(" › ")
    at = text.replace(old, new, 1).splitlines()[line - 1]
    assert key in at if code not in ("missing_key", "share_differs") else not above or any(name in at for name in above)


SMALL = """
id: x
version: 1
title: {zh: 甲, en: A}
document: ""
status: assumed
years: []
unit: project
decides: district
source: s
decimals: 2
maximum: 100
cap: 100
needed: 0.6
aggregate: mean
unranked: []
shares: {district: 1}
parts: [{code: p, title: {zh: 甲, en: A}, points: 100}]
bands: [{code: all, title: {zh: 甲, en: A}, lower: 0}]
items:
  - code: I1
    part: p
    title: {zh: 甲, en: A}
    points: 100
    scoring: rating
    options: {scale: 100}
    sources: {district: 1}
    value: panel_scores
    source: a citation
    missing: others
    bonus: false
    evidence: {zh: 甲, en: A}
    record: r
    group: {zh: 甲, en: A}
    classes: [works, service, goods, self_help]
"""


def test_a_file_with_every_key_is_sound():
    assert faults(SMALL) == [] and all(re.search(rf"(?m)^(?:  - |    )?{key}:", SMALL) for key in {**TOP, **ITEM})


ODD = [
    "[a, b]",
    "{a: b}",
    "{1: {2: [3]}}",
    "[]",
    "''",
    "null",
    "-1",
    "true",
    "1.5",
    "[[1]]",
    "{[1]: 2}",
    "~",
    "'\\0'",
    "2020-01-01",
    ".nan",
    "{zh: [], en: {}}",
]


@pytest.mark.parametrize("key", list(dict.fromkeys([*TOP, *ITEM])))
def test_any_value_of_any_key_is_told_or_taken_and_never_a_crash(key):
    for new in ODD:
        for fault in faults(re.sub(rf"(?m)^((?:  - |    )?{key}:).*$", lambda m, new=new: f"{m[1]} {new}", SMALL)):
            assert FILES[fault[2]]["zh"].format(place=fault[0], line=fault[1], found=fault[3], expected=fault[4])


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_file_with_lines_lost_moved_or_mangled_has_faults_or_scores(data):
    lines = data.draw(st.sampled_from([PROJECTS, SMALL])).splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        n, m = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        kind = data.draw(st.sampled_from(["lose", "swap", "indent", "mangle"]))
        if kind == "lose":
            lines.pop(n)
        elif kind == "swap":
            lines[n], lines[m] = lines[m], lines[n]
        elif kind == "indent":
            lines[n] = "  " + lines[n]
        else:
            lines[n] = lines[n].replace(data.draw(st.sampled_from(["0", "a", ":", "{", ": "])), data.draw(st.sampled_from(["", "9", "[", "x", ": -"])), 1)
    said, wrong = faults_of("\n".join(lines).encode())
    if not wrong:
        rubric = rubric_module._rubric(said, "x.yaml", "")
        assert sum(item.points for item in rubric.base_items) > 0
        for item in rubric.items:
            assert share_of(item, [0.5, 50.0]).shape == (2,)


def test_all_faults_are_told_at_once_in_both_languages_in_the_order_of_the_lines(tmp_path):
    text = FUND.replace("decides: district", "decides: nobody").replace("lower: 80", "lower: 95").replace(R1, "options: {target: 95}")
    path = tmp_path / "own.yaml"
    path.write_text(text, "utf-8")
    table = check_rubric(path)
    assert table.columns.tolist() == ["place", "line", "code", "found", "expected"] and table["line"].is_monotonic_increasing and len(table) == 3
    with pytest.raises(DataError) as told:
        load_rubric(path)
    zh, en = told.value.say("zh"), told.value.say("en")
    assert "own.yaml 中有 3 处错误" in zh and "own.yaml has 3 faults" in en
    for place in table["place"]:
        assert place in zh and place in en
    assert "第 13 行" in zh and zh.count("\n") == 3


# --- faults of the file ------------------------------------------------------------------------------------------------

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "no_keys", 1), (b"# nothing\n", "no_keys", 1), (b"- a\n- b\n", "no_keys", 1), (b"text", "no_keys", 1), (b"a: [1\nb: 2\n", "not_yaml", 2),
        (b"a: 1\n\tb: 2\n", "not_yaml", 2), (b"a: 1\n---\nb: 2\n", "not_yaml", 2), (b"a: 1\x00", "not_yaml", None), (b"[" * 5000, "not_yaml", None),
        (b"{a: " * 5000, "not_yaml", None), (BOMB.encode(), "alias", 2), (b"a: &a 1\nb: *a\n", "alias", 2), ("id: 社区".encode("gb18030"), "not_utf8", 1),
        (b"id: x\n\xff", "not_utf8", 2), (b"x" * (LARGEST + 1), "too_large", None), (b"a: !!python/object/apply:os.getcwd []", "missing_key", 1),
        (b"\nid: !!python/name:os.getcwd x", "not_yaml", 2), (b"id: !!int x", "not_yaml", 1), (b"PK\x03", "not_yaml", None),
    ],
)  # fmt: skip
def test_what_is_no_rubric_is_a_fault_told_at_once_and_nothing_in_it_runs(content, code, line):
    began = time.perf_counter()
    _, found = faults_of(content)
    assert (f"rubric_{code}", line) in [(fault.code, fault.line) for fault in found] and time.perf_counter() - began < 5


def test_a_byte_order_mark_is_taken_and_a_version_stays_as_written(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(FUND.replace("version: 1\n", "version: 1.10\n").replace("years: []", "years: [2018-2019, 2021]"), "utf-8-sig")
    assert (load_rubric(path).version, load_rubric(str(path)).years) == ("1.10", ("2018", "2019", "2021"))


def test_a_rubric_that_is_not_there_is_told_with_the_names_that_are(tmp_path):
    with pytest.raises(DataError, match="governance_fund") as told:
        load_rubric("governence_fund")
    assert "did you mean governance_fund?" in told.value.say("en")
    with pytest.raises(DataError, match="没有这个评价标准"):
        check_rubric(tmp_path)


def test_the_shipped_files_are_plain_yaml_for_every_reader():
    for name in RUBRICS:
        assert yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))["id"] == name
