"""A difference taken apart: what is said and drawn of it, and from a number to its ground."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import fundanalytics as fa
from fundanalytics.measure.methods import METHODS
from fundanalytics.show.labels import LABELS

PERIODS = {"baseline": "2012-2017", "current": "2018-2020"}


@pytest.fixture(scope="module")
def sample() -> fa.Dataset:
    return fa.load_sample()


@pytest.fixture(scope="module")
def parts(sample: fa.Dataset) -> pd.DataFrame:
    return fa.decompose(sample, **PERIODS, replicates=200)


@pytest.fixture(scope="module")
def variants(sample: fa.Dataset) -> pd.DataFrame:
    return fa.robustness(sample, **PERIODS, bases=["paid/arrived", "paid/available"])


@pytest.mark.parametrize(("lang", "cause"), [("zh", "不是原因"), ("en", "not a cause")])
def test_the_parts_of_the_headline_are_said_with_their_limits_and_without_a_cause(parts: pd.DataFrame, lang: str, cause: str) -> None:
    said = fa.say_decomposition(parts, lang)
    assert "+17.0" in said and "+16.9" in said and cause in said and said.count("[") == 3 and "95%" in said
    assert not re.search(r"\bnan\b|None|提高|效果", said)


def test_bars_of_the_streets_add_up_to_the_difference_and_are_sorted(parts: pd.DataFrame) -> None:
    (bars,) = fa.plot_decomposition(parts).data
    assert sum(bars.x) == pytest.approx(17.0, abs=0.05) and list(bars.x) == sorted(bars.x, reverse=True)
    assert bars.error_x.array is not None and len(bars.x) == 13


def test_a_decomposition_without_data_says_why(sample: fa.Dataset) -> None:
    nothing = fa.Dataset({"areas": sample.areas}, rules=sample.rules, origin=sample.origin)
    found = fa.decompose(nothing, **PERIODS)
    assert "无法分解：" in fa.say_decomposition(found)
    assert fa.plot_decomposition(found).layout.meta["caption"].startswith("虚构示例数据")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_too_few_quarters_are_drawn_and_not_tested(sample: fa.Dataset, lang: str) -> None:
    found = fa.trend(sample)
    said = fa.say_trend(found, "999901", lang)
    assert "12" in said and LABELS[lang]["note"]["too_few_points"] in said
    (line,) = fa.plot_quarters(found.series, break_at=found.break_at, lang=lang).data
    assert line.x[0] == "2018Q1" and len(line.x) == 12


def test_every_choice_is_drawn_the_reported_one_on_top_and_gaps_have_their_reason(variants: pd.DataFrame) -> None:
    main = fa.rows_of(variants, "usage_rate")
    figure = fa.plot_variants(main)
    (dots,) = figure.data
    assert dots.x[0] == pytest.approx(17.0, abs=0.05) and len(dots.x) == main["change"].notna().sum()
    gone = variants[variants["change"].isna()]
    assert len(gone) and LABELS["zh"]["note"]["no_baseline"] in fa.say_robustness(variants)
    assert f"{len(variants)}种做法中有{len(variants) - len(gone)}种" in fa.say_robustness(variants)


def test_the_breaks_between_two_periods_are_named_with_their_source(sample: fa.Dataset) -> None:
    crossed = fa.breaks_crossed(sample, **PERIODS)
    assert set(crossed["period"]) == {"2018", "2020"} and crossed["source"].str.len().gt(0).all()
    assert set(crossed["note"]) <= set(LABELS["zh"]["note"])
    assert fa.breaks_crossed(sample, "2018", "2019").empty


def test_every_number_of_a_report_leads_to_its_definition_formula_reference_and_test(sample: fa.Dataset) -> None:
    found = fa.grounds(fa.indicators(sample, period="2020"), "en")
    assert found[["basis", "defined_by", "method", "formula", "reference", "authority", "test"]].ne("").all(axis=None)
    assert set(found["indicator"]) == set(fa.INDICATORS) and set(found["method"]) <= set(METHODS)


def test_what_to_cite_names_package_and_data(sample: fa.Dataset) -> None:
    said = fa.say_cited(fa.usage_rate(sample, by="district"))
    assert fa.__version__ in said and sample.sha256 in said
