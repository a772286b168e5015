"""Sentences: what they claim is true of their row."""

from __future__ import annotations

import re
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables_for_tests import compared, frame, full, streets, survey

from fundanalytics.data import parse
from fundanalytics.data.schema import CATEGORIES, FUNDS
from fundanalytics.measure.indicators import INDICATORS
from fundanalytics.measure.process import STAGES
from fundanalytics.show import formats, labels
from fundanalytics.show.wording import say_change, say_comparison, say_headline, say_note, say_position, say_row, say_satisfaction, say_usage

LANGS = ("zh", "en")
FEW = settings(max_examples=40, deadline=None)
SHARES = st.floats(0, 1)
# words of order or cause that no sentence about these rows may use
NEVER = ("落后", "末位", "垫底", "效果", "趋势", "effect of", "trend", "worst")
DIRECTION = {"zh": ("高于", "低于", "提高", "下降"), "en": ("above", "below", "rose from", "fell from")}


@st.composite
def estimates(draw: st.DrawFn, **fixed: object) -> pd.Series:
    """A survey row with limits around its value."""
    lower, value, upper = sorted(draw(st.tuples(SHARES, SHARES, SHARES)))
    return survey(value=value, lower=lower, upper=upper, n=draw(st.integers(30, 5000)), quality=draw(st.sampled_from([1, 2])), **fixed)


def shown(text: str) -> list[Decimal]:
    return [Decimal(found.replace(",", "")) for found in re.findall(r"([\d,]+\.?\d*)%", text)]


@FEW
@given(SHARES)
def test_a_percentage_is_near_its_share_and_never_reaches_a_threshold_that_the_share_did_not(share: float) -> None:
    text = formats.percent(share)
    printed = Decimal(text.strip("<%"))
    assert abs(printed - Decimal(repr(share)) * 100) <= Decimal("0.1")
    if not text.startswith("<"):
        assert printed % 5 != 0 or printed <= Decimal(repr(round(share, 12))) * 100


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.7995, "79.9%"), (0.8, "80.0%"), (0.97749, "97.7%"), (0.9775, "97.8%"), (0.99999, "99.9%"), (0.0001, "<0.1%"), (0.0, "0.0%"),
     (0.1 + 0.2, "30.0%"), (1.32, "132.0%"), (float("nan"), "—"), (pd.NA, "—")],
)  # fmt: skip
def test_percentages_are_rounded_half_up_once(share: object, text: str) -> None:
    assert formats.percent(share) == text


@FEW
@given(SHARES, SHARES)
def test_percentages_keep_the_order_of_their_shares(one: float, two: float) -> None:
    low, high = sorted((one, two))
    assert Decimal(formats.percent(low).strip("<%")) <= Decimal(formats.percent(high).strip("<%")) or formats.percent(low).startswith("<")


@pytest.mark.parametrize(
    ("yuan", "zh", "en"),
    [
        (125_000_000, "1.25亿元", "125.00 million yuan"),
        (35_700, "3.57万元", "35,700 yuan"),
        (9_999.5, "9,999.5元", "10,000 yuan"),
        (148_477.4, "14.85万元", "148,477 yuan"),
        (0.5, "0.5元", "0.5 yuan"),
        (None, "—", "—"),
    ],
)
def test_money_is_told_in_the_units_of_the_language(yuan: float | None, zh: str, en: str) -> None:
    assert (formats.money(yuan, "zh"), formats.money(yuan, "en")) == (zh, en)


@FEW
@given(estimates())
def test_a_survey_sentence_gives_n_the_interval_and_no_direction(row: pd.Series) -> None:
    for lang in LANGS:
        text = say_row(row, lang)
        assert f"{row['n']:,}" in text and "95%" in text
        assert formats.limits(row["lower"], row["upper"], "share") in text
        assert not any(word in text for word in (*DIRECTION[lang], *NEVER))


@FEW
@given(estimates(), SHARES)
def test_a_survey_position_claims_a_side_only_when_the_interval_excludes_the_district(row: pd.Series, whole: float) -> None:
    table = frame(row, survey(level="district", area_code="999901", area_name="示例区", value=whole, lower=whole, upper=whole))
    for lang, (above, below, *_) in DIRECTION.items():
        text = say_position(table, row["area_code"], lang)
        low, high, other = (formats.bare(v, "share", 4) for v in (row["lower"], row["upper"], whole))  # what no decimals tell apart is the same
        assert (above in text) == (row["lower"] > whole and low != other)
        assert (below in text) == (row["upper"] < whole and high != other)
        assert not any(word in text for word in NEVER)


@FEW
@given(estimates(period="2018"), estimates(period="2020"))
def test_a_change_is_claimed_only_when_its_limits_exclude_zero(earlier: pd.Series, later: pd.Series) -> None:
    change = later["value"] - earlier["value"]
    low = change - ((later["value"] - later["lower"]) ** 2 + (earlier["upper"] - earlier["value"]) ** 2) ** 0.5
    high = change + ((later["upper"] - later["value"]) ** 2 + (earlier["value"] - earlier["lower"]) ** 2) ** 0.5
    assert ("提高到" in say_change(earlier, later)) == (low > 0)
    assert ("下降到" in say_change(earlier, later)) == (high < 0)


@FEW
@given(st.floats(0, 1e9), st.floats(1, 1e9), st.floats(0, 1))
def test_a_full_count_states_exact_sums_and_differences_and_no_cause(paid: float, arrived: float, whole: float) -> None:
    row = full(value=paid / arrived, numerator=paid, denominator=arrived)
    table = frame(row, full(level="district", area_code="999901", value=whole))
    text, position = say_usage(row), say_position(table, row["area_code"])
    assert formats.money(paid) in text and formats.money(arrived) in text and "95%" not in text
    assert formats.points(abs(row["value"] - whole), lang="zh") in position or "与全区相同" in position
    assert not any(word in text + position for word in NEVER)


@pytest.mark.parametrize("lang", LANGS)
def test_too_small_a_sample_says_so_and_concludes_nothing(lang: str) -> None:
    rows = streets(survey, 3)
    rows["quality"] = 3
    small, sound = rows.iloc[0], rows.iloc[0].copy()
    sound["quality"], sound["period"] = 1, "2018"
    for text in (say_row(small, lang), say_position(rows, small["area_code"], lang), say_change(sound, small, lang)):
        assert ("样本量不足" if lang == "zh" else "too small") in text
        assert not any(word in text for word in DIRECTION[lang])


def test_a_missing_value_says_why_and_is_not_zero() -> None:
    for note, (zh, en) in labels.NOTES.items():
        row = full(value=None, numerator=None, note=note, quality=3)
        assert zh in say_usage(row) and en in say_usage(row, "en")
        assert "%" not in say_usage(row).replace("100%", "")


def test_a_comparison_keeps_points_and_relative_change_apart() -> None:
    text = say_comparison(compared())
    assert "80.8%" in text and "97.8%" in text and "17.0个百分点" in text and "相对变化+21.0%" in text
    assert not any(word in text for word in NEVER)
    assert "17.0 percentage points" in say_comparison(compared(), "en")


def test_a_survey_comparison_within_its_limits_claims_no_direction() -> None:
    row = compared(indicator="satisfaction_rate", basis="satisfied", method="survey difference, t (independent samples)", lower=-0.01, upper=0.35)
    assert "不能判断提高或下降" in say_comparison(row) and "提高到" not in say_comparison(row)
    risen = compared(**{**dict(row), "lower": 0.01})
    assert "由2012–2017年的80.8%提高到2018–2020年的97.8%，提高17.0个百分点（95%置信区间+1.0至+35.0，不含0；" in say_comparison(risen)
    assert "rose from 80.8% in 2012–2017 to 97.8% in 2018–2020, by 17.0 percentage points" in say_comparison(risen, "en")


def test_rate_and_score_are_told_in_their_own_words() -> None:
    score = survey(indicator="satisfaction_score", basis="level_x20", unit="score 0-100", value=84.25, lower=82.0, upper=86.0)
    assert "84.3分" in say_satisfaction(score) and "率" not in say_satisfaction(score)
    assert "度" not in say_satisfaction(survey())


def test_a_definition_that_changed_is_not_compared() -> None:
    assert "口径不同" in say_change(survey(period="2018"), survey(basis="basically"))


def test_rows_may_come_in_any_shape() -> None:
    table = frame(full())
    shapes = [table.iloc[0], table, next(table.itertuples(index=False)), table.iloc[0].to_dict()]
    assert len({say_usage(row) for row in shapes}) == 1


def test_names_from_the_data_are_harmless_in_markdown() -> None:
    row = full(area_name="<img src=x onerror=alert(1)> **甲** [乙](http://example.org)\n# 丙")
    plain, shown_text = say_usage(row), say_usage(row)._repr_markdown_()
    assert "**甲**" in plain
    assert not re.search(r"[<>*\[\]]|^#", shown_text) and "http://" not in shown_text


def test_the_headline_tells_the_three_rates_once_each() -> None:
    table = frame(full(), full(basis="paid/quota"), survey(), survey(basis="basically"), full(indicator="participation_rate", basis="residents", unit="share"))
    lines = say_headline(table, "999901001").split("\n")
    assert [any(word in line for line in lines) for word in ("使用率", "参与率", "满意率")] == [True] * 3 and len(lines) == 3


def test_every_code_that_may_reach_a_reader_has_words_in_both_languages() -> None:
    wanted = {
        "indicator": INDICATORS, "basis": {b for i in INDICATORS.values() for b in i.bases}, "category": CATEGORIES, "fund": FUNDS, "stage": STAGES,
        "fault": [w for w in parse.WHY if w], "unit": {i.unit for i in INDICATORS.values()},
    }  # fmt: skip
    for kind, codes in wanted.items():
        for lang in LANGS:
            assert [c for c in codes if c not in labels.LABELS[lang][kind]] == [], (kind, lang)
    assert say_note("no_data;one_cluster", "en").count(";") == 1


def test_a_comparison_of_days_and_yuan_is_in_days_and_yuan() -> None:
    days = compared(indicator="process_days", basis="proposed-accepted", baseline_value=86.0, current_value=88.0, change=2.0, lower=None, upper=None)
    told = say_comparison({**days, "within": None, "between": None})
    assert "86天" in told and "后一期高2天" in told and "%" not in told.split("（相对")[0]
    cost = compared(
        indicator="cost_per_project", basis="paid/projects", baseline_value=32_000.0, current_value=35_000.0, change=3_000.0, lower=-100.0, upper=6_100.0
    )
    said = say_comparison({**cost, "within": 4_000.0, "between": -1_500.0, "entered_left": 500.0}, "en")
    assert "−100 to +6,100 yuan" in said and "+500 yuan in those that came or went" in said


def test_sentences_keep_the_rows_of_their_numbers_when_they_are_put_together() -> None:
    one, two = say_row(full()), say_row(survey(), "en")
    for joined in (one + "！", "——" + one + two, formats.together([one, "", two])):
        assert [row["value"] for row in joined.rows] == [0.9776, 0.82][: len(joined.rows)] and one in joined
    assert (formats.Sentence("a", prefix="- ") + "b").prefix == "- " and len(formats.together([one, two]).rows) == 2


def test_a_difference_that_the_printed_values_do_not_give_says_that_it_was_taken_before_rounding() -> None:
    whole = full(level="district", area_code="999901", area_name="示例区", value=0.9577)
    near, far = (frame(full(value=value), whole) for value in (0.97643, 0.9777))
    assert "比全区高1.9个百分点（全区95.8%；差额按未取整的数计算）" in say_position(near, "999901001")
    assert "比全区高2.0个百分点（全区95.8%）" in say_position(far, "999901001")
    assert "1.9 percentage points above the district (district 95.8%; the difference is taken before rounding)" in say_position(near, "999901001", "en")
    parts = {"baseline_value": 0.8266, "current_value": 0.9835, "change": 0.1569, "within": 0.1574, "between": -0.0005}
    told = say_comparison(compared(**parts))
    assert "后一期高15.7个百分点（相对变化+21.0%）" in told and "贡献−0.1个百分点（各项按未取整的数计算）" in told
    assert "按未取整" not in say_comparison(compared()) and "社区构成" not in say_comparison(compared(level="community"))


def test_what_is_not_zero_and_rounds_to_it_is_told_in_words_with_the_same_decimals() -> None:
    told = say_comparison(compared(between=-0.00002, within=0.17002))
    assert "社区自身变化贡献+17.0个百分点，社区构成变化贡献约0个百分点" in told
    small = {"baseline_value": 0.9, "current_value": 0.9003, "change": 0.0003}
    assert "后一期高不足0.1个百分点" in say_comparison(compared(**small)) and "under 0.1 percentage points higher" in say_comparison(compared(**small), "en")
    assert (formats.points(0.00003), formats.points(-0.00003, signed=True), formats.points(0.0)) == ("<0.1", "≈0", "0.0")
    # the end of an interval shows on which side of zero it lies
    assert formats.limit(0.0003, "share") == "+0.03" and formats.limit(-0.0003, "share") == "−0.03"


@pytest.mark.parametrize("lang", LANGS)
def test_taking_part_as_people_say_has_a_name_of_its_own(lang: str) -> None:
    asked = survey(indicator="participation_rate", basis="survey")
    name = {"zh": "自述参与率", "en": "Self-reported participation"}[lang]
    assert name in say_row(asked, lang) and formats.sentence_case(labels.label("participation_rate", lang, "indicator")) not in say_row(asked, lang)


@pytest.mark.parametrize("lang", LANGS)
def test_the_short_headline_is_a_sentence_for_each_rate_and_guards_small_samples_as_the_long_one(lang: str) -> None:
    rows = [full(), full(indicator="participation_rate", basis="residents", unit="share"), survey()]
    told = say_headline(frame(*rows), "999901001", lang, brief=True)
    stop = {"zh": "。", "en": ". "}[lang]
    assert [line.count(stop) + line.endswith(".") for line in told.split("\n")] == [1, 1, 1]
    assert "78.0%–85.5%" in told and "312" not in told and len(told.rows) == 3
    small = frame(*rows[:2], survey(quality=3))
    assert say_headline(small, "999901001", lang, brief=True).split("\n")[2] == say_headline(small, "999901001", lang).split("\n")[2]


def test_the_short_comparison_gives_both_values_and_one_sentence_of_caution() -> None:
    told = say_comparison(compared(note="break_fund_reform;entered_or_left"), brief=True)
    assert told == "示例区的资金使用率2012–2017年为80.8%，2018–2020年为97.8%，后一期高17.0个百分点。两期的资金制度和口径不同，这一差额不能归因于某一方面。"
    lost = say_comparison(compared(note="break_fund_reform;much_refused"), brief=True)
    assert "须谨慎使用" in lost and "数字不完整" in lost
    survey_row = compared(indicator="satisfaction_rate", basis="satisfied", method="newcombe 10", lower=0.1, upper=0.2)
    assert "提高到" in say_comparison(survey_row, brief=True) and "95%置信区间" in say_comparison(survey_row, brief=True)
