"""Looking around: choices change what is seen, and the code that is shown makes exactly that."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

import fundanalytics as fa
from fundanalytics.data.dataset import Dataset
from fundanalytics.errors import ArgumentError
from fundanalytics.show.explore import PLOTLY_MIME, Choice, code_of, made

CHOICES = ("indicator", "area", "period", "against", "audience")


@pytest.fixture(scope="module")
def looking() -> Any:
    return fa.explore(fa.load_sample())


def choices(box: Any) -> dict[str, Any]:
    return dict(zip(CHOICES, box.children[0].children, strict=True))


def seen(box: Any) -> dict[str, str]:
    _, sentence, chart, table, code = box.children
    figure = chart.outputs[0]["data"][PLOTLY_MIME] if chart.outputs else {}
    source = html.unescape(re.search(r"<pre[^>]*>(.*)</pre>", code.value, re.DOTALL)[1])  # type: ignore[index]
    return {"sentence": sentence.value, "figure": json.dumps(figure, sort_keys=True), "table": table.value, "code": source}


def test_each_choice_changes_chart_sentence_and_code(looking: Any) -> None:
    before = seen(looking)
    for name, value in (("indicator", "satisfaction_rate"), ("area", "999901001"), ("against", "2018"), ("period", "2017")):
        choices(looking)[name].value = value
        after = seen(looking)
        assert before["code"] != after["code"] and before["sentence"] != after["sentence"] and before["figure"] != after["figure"], name
        before = after


def test_the_code_runs_as_it_stands_and_makes_what_is_shown(looking: Any) -> None:
    for name, value in (("against", ""), ("period", "2020"), ("indicator", "usage_rate"), ("area", "999901001010")):
        choices(looking)[name].value = value
    shown, names = seen(looking), dict[str, Any]()
    *steps, chart, table, sentence = shown["code"].splitlines()
    exec("\n".join(steps), names)
    assert json.dumps(json.loads(eval(chart, names).to_json()), sort_keys=True) == shown["figure"]
    assert eval(table, names)._repr_html_() == shown["table"] and html.escape(eval(sentence, names)) in shown["sentence"]


def test_an_error_is_shown_in_words_and_the_next_choice_works(looking: Any) -> None:
    choices(looking)["against"].value = choices(looking)["period"].value
    assert "两个期间重叠" in seen(looking)["sentence"] and seen(looking)["figure"] == "{}"
    choices(looking)["against"].value = ""
    assert seen(looking)["figure"] != "{}"


def test_a_period_is_compared_with_earlier_ones_only() -> None:
    with pytest.raises(ArgumentError, match="2020, 2019"):
        made(Choice("usage_rate", "999901001", "2019", against="2020"), fa.load_sample())


def test_the_public_sees_no_more_names_than_in_reports() -> None:
    sample, kept = fa.load_sample(), dict[str, Any]()
    told = {a: made(Choice("usage_rate", "999901001", "2020", audience=a), sample, kept=kept)[0].to_json() for a in ("public", "street", "internal")}
    weakest = fa.usage_rate(sample, by="street", period="2020").sort_values("value").iloc[0]
    escaped = json.dumps(weakest["area_name"])[1:-1]
    assert [weakest["area_code"] in text or escaped in text or weakest["area_name"] in text for text in told.values()] == [False, False, True]
    assert len(kept) == 1  # measured once for all audiences


def test_the_code_holds_facts_as_literals_only() -> None:
    evil = "999901'); import os; ("
    *_, chart, _, _ = code_of(Choice("usage_rate", evil, "2020"), fa.load_sample())
    assert repr(evil) in chart


def test_a_data_set_without_anything_to_choose_says_so() -> None:
    sample = fa.load_sample()
    box = fa.explore(Dataset({"areas": sample.areas}, rules=sample.rules))
    assert "没有可供选择的内容" in box.children[1].value


def test_a_large_table_is_browsed_without_the_net_and_with_chinese_headings() -> None:
    sample = fa.load_sample()
    page = fa.browse(sample.projects)
    assert len(sample.projects) > 1000 and repr(page) == f"Browsed({len(sample.projects)} rows)"
    text = page._repr_html_()
    assert not re.search(r"(?:src|href)=[\"']https?://(?!itables\.org/)|from ['\"]https?:|import\(['\"]https?:|cdn\.|unpkg", text)
    assert all(json.dumps(word)[1:-1] in text for word in ("查找：", "项目编号"))


def test_completion_knows_the_public_names_and_the_tables() -> None:
    assert set(fa.__all__) <= set(dir(fa))
    sample = fa.load_sample()
    assert {"projects", "responses", "refused", "findings", "sources", "areas"} <= set(dir(sample))
    assert all(getattr(fa, name).__doc__ for name in fa.__all__ if callable(getattr(fa, name)))
