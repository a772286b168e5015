"""Shares of points, rounding and formulas: worked by hand, against decimals and Python's own reading, and against attacks."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fundanalytics.errors import ArgumentError
from fundanalytics.measure.formula import DEEPEST, LONGEST, NAMES, evaluate_expression, names_in
from fundanalytics.measure.rubric import Item
from fundanalytics.measure.scoring import above_maximum, level_of, limits_of, round_half_up, share_of

WORKED = pd.read_csv(Path(__file__).parent / "expected" / "scoring_worked.csv", sep=";", comment="#", dtype="str", keep_default_na=False)


def item(scoring: str, points: float = 10, **options: object) -> Item:
    return Item("X", "part", {}, points, scoring, options, {"district": 1.0}, "assessments")


def numbers(text: str) -> list[float]:
    return [math.nan if word == "-" else float(word) for word in text.split()]


# --- points ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", list(WORKED.itertuples()), ids=lambda row: f"{row.scoring} {row.options} {row.steps[:20]}")
def test_points_are_those_worked_by_hand(row):
    scored = item(row.scoring, float(row.maximum), **yaml.safe_load(row.options))
    operators = ["" if word == "-" else word for word in row.operators.split()] or None
    share = share_of(scored, numbers(row.values), targets=numbers(row.targets) or None, operators=operators)
    np.testing.assert_array_equal(round_half_up(share * scored.points, 2), numbers(row.points))


@pytest.mark.parametrize(
    ("scored", "values", "impossible"),
    [
        (item("rating", scale=100), [100, 100.01, -0.1, math.nan], [False, True, True, False]),
        (item("levels", 8), [8, 8.5, 80], [False, True, True]),
        (item("elements", elements=4), [4, 5, -1], [False, True, True]),
        (item("elements", elements={"a": 3, "b": 1}), [4, 4.5], [False, True]),
        (item("elements", elements={"a": 3, "b": 1}), [[1, 0], [2, 0], [math.nan, 1]], [False, True, False]),
        (item("likert", scores={20: 0, 100: 1}), [20, 19, 101], [False, True, True]),
        (item("deduction", per=5), [500, -1], [False, True]),
        (item("bonus", 3), [9, -1], [False, True]),
        (item("formula"), [1, 1.2, -0.2], [False, True, True]),
        (item("at_least", target=0.9), [1.3, -5], [False, False]),
    ],
)
def test_values_that_an_item_cannot_have_are_told_and_have_no_share(scored, values, impossible):
    assert above_maximum(scored, values).tolist() == impossible
    assert (~np.isnan(share_of(scored, values)) == [not no and not np.isnan(v).any() for v, no in zip(values, impossible, strict=True)]).all()


def test_a_value_on_its_limit_in_binary_fractions_is_not_above_it():
    scored = item("rating", scale=0.3)
    assert 0.1 + 0.2 > 0.3 and not above_maximum(scored, [0.1 + 0.2])[0] and share_of(scored, [0.1 + 0.2])[0] == 1


def test_elements_met_one_by_one_count_with_their_weights():
    scored = item("elements", 12, elements={"a": 3, "b": 2, "c": 1})
    assert (share_of(scored, [[1, 1, 1], [1, 1, 0], [0, 0, 1]]) * 12).tolist() == [12, 10, 2]
    assert limits_of(scored) == (0, 6)


@pytest.mark.parametrize(("share", "level"), [(1, "met"), (0.8, "met"), (0.7999, "partly"), (0.6, "partly"), (0.5999, "unmet"), (0, "unmet"), (1.01, ""),
                                              (-0.01, ""), (math.nan, ""), (4.8 / 6, "met")])  # fmt: skip
def test_a_level_is_the_interval_that_a_share_lies_in(share, level):
    assert level_of([share]).tolist() == [level]


@given(st.sampled_from(["at_least", "at_most", "equal"]), st.floats(0, 1e6), st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=6))
def test_more_is_never_worth_less_where_more_is_better_and_all_shares_are_shares(scoring, target, values):
    values = sorted(values)
    share = share_of(item(scoring, target=target), values)
    assert ((share >= 0) & (share <= 1)).all()
    steps = np.diff(share)
    assert (steps >= 0).all() if scoring == "at_least" or (scoring == "equal" and target > 0) else (steps <= 0).all()


# --- rounding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("x", "decimals", "rounded"), [(2.675, 2, 2.68), (1.005, 2, 1.01), (-0.5, 0, -1), (89.995, 2, 90.0), (2.5, 0, 3), (0.285, 2, 0.29),
                                                        (-2.675, 2, -2.68), (2.6749999, 2, 2.67), (1e20, 2, 1e20), (0.1 + 0.2, 1, 0.3)])  # fmt: skip
def test_rounding_is_that_of_a_spreadsheet(x, decimals, rounded):
    assert float(round_half_up(x, decimals)) == rounded


@given(st.lists(st.tuples(st.integers(-(10**11), 10**11), st.integers(0, 6)), min_size=1, max_size=20), st.integers(0, 4))
def test_rounding_is_that_of_decimals(parts, decimals):
    exact = [Decimal(n).scaleb(-places) for n, places in parts]
    expected = [float(x.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)) for x in exact]
    assert round_half_up([float(x) for x in exact], decimals).tolist() == expected


def test_blanks_stay_blank_and_there_is_no_minus_zero():
    found = round_half_up([math.nan, math.inf, -0.2], 0)
    assert np.isnan(found[0]) and found[1] == math.inf and not np.signbit(found[2])


# --- formulas ----------------------------------------------------------------------------------------------------------

KNOWN = {"usage_rate": [0.9, 0.5], "usage_rate:paid/quota": [0.8, 0.0], "usage_rate:paid": 7.0, "blank": [math.nan, 1.0]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("usage_rate", [0.9, 0.5]),
        ("usage_rate:paid/quota", [0.8, 0.0]),
        ("usage_rate:paid/quota/2", [0.4, 0.0]),
        ("usage_rate:paid/quota + usage_rate:paid", [7.8, 7.0]),
        ("usage_rate/usage_rate:paid/quota", [1.125, math.nan]),
        ("2 - 3 - 4", [-5, -5]),
        ("2 + 3 * 4 / 6", [4, 4]),
        ("-(2 - 3) * --2", [2, 2]),
        ("max(usage_rate, 0.7, 0.6)", [0.9, 0.7]),
        ("min(1, blank)", [math.nan, 1]),
        ("usage_rate >= 0.9", [1, 0]),
        ("（usage_rate × 2 ≥ 1．8）", [1, 0]),
        ("blank < 2", [math.nan, 1]),
        ("blank != 1", [math.nan, 0]),
        ("min(usage_rate > 0.4, usage_rate <= 0.8)", [0, 1]),
        ("0.3 - 0.1 == 0.2", [1, 1]),
        ("(usage_rate >= 0.8) * 0.5", [0.5, 0]),
        ("1 / 0", [math.nan, math.nan]),
        ("1 / 0 > 1", [math.nan, math.nan]),
        ("0 / 0", [math.nan, math.nan]),
    ],
)
def test_a_formula_is_read_as_it_is_written(text, expected):
    np.testing.assert_allclose(evaluate_expression(text, KNOWN), expected, rtol=1e-14)


values = st.sampled_from(["a", "b", "0.5", "2", "7.25"])
formulas = st.recursive(
    values, lambda inner: st.one_of(st.builds("{} {} {}".format, inner, st.sampled_from("+-*/"), inner), st.builds("({})".format, inner),
                                    st.builds("-{}".format, inner), st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner)),
    max_leaves=8,
)  # fmt: skip


@given(formulas)
def test_a_formula_has_the_value_that_python_gives_it(text):
    try:
        expected = eval(text, {"a": 3.0, "b": 0.25, "min": min, "max": max})
    except ZeroDivisionError:
        expected = math.nan
    found = float(evaluate_expression(text, {"a": 3.0, "b": 0.25}))
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize(
    "text",
    [
        "", "()", "1 +", "1 2", "(1", "1)", "1,2", "min()", "min 1", "min(1,)", "1 < 2 < 3", "* 2", "1 // 2", "2 ** 3", "1e999", "1.2.3", "0x1F", "usage_rat",
        "usage_rate:pai", "usage_rate.real", "usage_rate[0]", "usage_rate usage_rate", "usage_rate = 1", "__import__('os').system('true')",
        "().__class__.__bases__[0]", "lambda: 1", "open('x')", "eval('1')", "min.__globals__", "1 if 1 else 2", "[1 for _ in 1]", "f'{1}'", "a := 1", "1; 2",
        "\x00", "%s", "{}", "1_000", "٣", "print", "None", "True", "(" * 100 + "1" + ")" * 100, "-" * 100 + "1", "min(" * 100, "1+" * LONGEST + "1",
        "9" * (LONGEST + 1), "ﷺ" * (LONGEST // 2), "1 / " + "(" * (DEEPEST + 1),
    ],
)  # fmt: skip
def test_what_is_no_formula_is_refused_and_never_run(text):
    with pytest.raises(ArgumentError, match="公式无法计算"):
        evaluate_expression(text, KNOWN)


@pytest.mark.parametrize("slip", ["usage_rat", "usage_rates", "usage_rate:payed"])
def test_a_slip_in_a_name_is_told_with_the_name_that_is_meant(slip):
    with pytest.raises(ArgumentError) as told:
        evaluate_expression(f"1 - {slip}", dict.fromkeys(NAMES, 1.0))
    assert told.value.facts["found"] == slip and "usage_rate" in str(told.value.facts["expected"]) and told.value.facts["place"] == 5
    assert "character 5" in told.value.say("en")


def test_the_names_of_a_formula_are_indicators_with_their_basis():
    assert names_in("min(1, completion_rate:accepted / completion_rate) + completion_rate") == ["completion_rate:accepted", "completion_rate"]
    assert names_in("process_days:proposed-resolved - 3") == ["process_days:proposed-resolved"]
