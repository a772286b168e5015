"""Cells: what is read, what is flagged, what is refused."""

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from fundanalytics.data import parse, schema

D = dt.date


def shown(parsed: parse.Parsed) -> tuple[object, str]:
    return parsed.value, parsed.how


@pytest.mark.parametrize(
    ("cell", "value", "how"),
    [
        (12.5, 12.5, "exact"), (np.int64(7), 7.0, "exact"), ("６０００", 6000.0, "exact"), ("6 000", 6000.0, "exact"), ("1,234,567.8", 1234567.8, "exact"),
        ("$120,000.", 120000.0, "exact"), ("￥1,200.50", 1200.5, "exact"), ("-5", -5.0, "exact"), ("=8个", 8.0, "exact"), ("3 人", 3.0, "exact"),
        ("'1,234", 1234.0, "exact"), ("＝-5", -5.0, "exact"), ("负１２", -12.0, "exact"),
        ("85%", 0.85, "converted"), ("100％", 1.0, "converted"), ("1.2万", 12000.0, "converted"), ("2亿元", 2e8, "converted"),
        ("（1,200）", -1200.0, "converted"), ("3万5千", 35000.0, "converted"), ("1亿2千万元", 1.2e8, "converted"), ("3万5000", 35000.0, "converted"),
        ("12元5角", 12.5, "converted"), ("壹万贰仟元整", 12000.0, "converted"), ("叁佰元伍角陆分", 300.56, "converted"), ("兩萬元", 20000.0, "converted"),
        ("壹仟元零伍分", 1000.05, "converted"),
        ("百分之八十五", 0.85, "converted"), ("三十五个", 35.0, "converted"), ("三点五万", 35000.0, "converted"),
        ("人民币壹拾万零伍仟元整", 105000.0, "converted"),
        ("约三万元", 30000.0, "approximate"), ("12.5万元（含自筹）", 125000.0, "approximate"), ("599 尚未支付", 599.0, "approximate"),
        ("≤202.6万元", 2026000.0, "approximate"), ("1.2E+07", 1.2e7, "approximate"),
        ("≥50个", 50.0, "approximate"), ("约3万", 30000.0, "approximate"), ("預估2,200", 2200.0, "approximate"), ("設計：800", 800.0, "approximate"),
        ("599\n(尚未驗收)", 599.0, "approximate"), ("50余个", 50.0, "approximate"),
    ],
)  # fmt: skip
def test_numbers_are_read_in_every_form_people_write(cell, value, how):
    assert shown(parse.parse_number(cell)) == (value, how)


@pytest.mark.parametrize("cell", [None, "", " ", "无", "無", "—", "-", "–", "／", "/", "空", "N/A", float("nan"), pd.NA, pd.NaT])
def test_nothing_is_blank_and_never_zero(cell):
    for read in (parse.parse_number, parse.parse_money, parse.parse_count, parse.parse_date, parse.parse_period, parse.parse_code, parse.parse_text):
        assert read(cell) == parse.BLANK


NO_NUMBERS = [
    "待定", "估算中", "1,20", "1 2", "10-20", "--5", True, math.inf, "1e400", D(2020, 1, 1), "((5))",
    # two readings: decimals or thousands, a range, two numbers, another unit or currency, a footnote mark or a digit
    "1.234,56", "12,3456", "0,500", "12,5", "1-2万", "5/10", "3:2", "100(50)", "100\n200", "1234.5元/年", "500美元", "500（美元）", "5①", "10²", "1½", "2020年",
    # spoken or unsure numerals, running numbers, and a dash that looks like one
    "3万5", "1亿2千3百万", "一", "一百五", "三四十", "一二三", "十几", "第三", "（三）", "百万", "二〇二〇", "两",
]  # fmt: skip


@pytest.mark.parametrize("cell", NO_NUMBERS)
def test_what_is_no_number_is_refused(cell):
    parsed = parse.parse_money(cell)
    assert shown(parsed) == (None, "refused") and parsed.why in parse.WHY
    assert parse.parse_number(cell).how == "refused"


@pytest.mark.parametrize(("cell", "why"), [
    ("=C4+D4", "formula_without_value"), ("＝SUM(F3:F9)", "formula_without_value"), ("='1月'!B2", "formula_without_value"), ("=3*5", "formula_without_value"),
    ("#REF!", "excel_error"), ("#DIV/0!", "excel_error"), ("Err:502", "excel_error"), ("########", "excel_error"),
])  # fmt: skip
def test_a_formula_and_an_error_are_no_content_of_any_column(cell, why):
    for kind in schema.KINDS:
        assert parse.parse(cell, schema.Column("x", kind, ("x",))) == parse.Parsed(None, "refused", why)


@pytest.mark.parametrize("cell", ["=cmd()", "=cmd|' /C calc'!A0", "@sum(1)", "-社区"])
def test_a_name_that_only_looks_like_a_formula_is_a_name(cell):
    assert parse.parse_text(cell).value == cell


def numeral(number: int) -> str:
    """Numbers below 10^12 as a textbook writes them: this test's own rules."""
    for unit, sign in ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if number >= unit:
            left = number % unit
            gap = "零" if 0 < left < unit // 10 else ""
            return numeral(number // unit) + sign + gap + (numeral(left) if left else "")
    return "零一二三四五六七八九"[number]


@given(st.integers(0, 10**11), st.booleans())
def test_every_numeral_is_read_as_the_textbook_writes_it(number, formal):
    written = numeral(number)
    if formal:
        written = written.translate(str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟"))
    assert parse.parse_money(f"{written}元") == parse.Parsed(float(number), "converted", "chinese_numeral")


@pytest.mark.parametrize(
    ("cell", "factor", "value", "how", "why"),
    [
        (2953.0499999999997, 1, 2953.05, "exact", ""), (2788.1079999999997, 1000, 2788108.0, "exact", ""), (754599.3370000008, 1000, 754599337.0, "exact", ""),
        ("2953.0499999999997", 1, 2953.05, "exact", ""), (12.345, 1, 12.35, "converted", "rounded"), (-0.005, 1, -0.01, "converted", "rounded"),
        (12.34005, 1, 12.34, "converted", "rounded"),
        (1.005, 1, 1.01, "converted", "rounded"), (3.57, 10_000, 35700.0, "exact", ""), ("800元", 10_000, 800.0, "converted", "unit_in_cell"),
        ("1.2万", 1000, 12000.0, "converted", "unit_in_cell"), ("预估2,200", 1000, 2_200_000.0, "approximate", "about"),
    ],
)  # fmt: skip
def test_amounts_are_whole_fen_and_a_unit_in_the_cell_wins(cell, factor, value, how, why):
    assert parse.parse_money(cell, factor=factor) == parse.Parsed(value, how, why)


@pytest.mark.parametrize(("cell", "factor"), [("5千", 10_000), ("三千", 10_000), ("￥5", 10_000), ("1.2万", 10**8)])
def test_a_unit_that_may_come_on_top_of_the_sheets_is_not_guessed(cell, factor):
    assert parse.parse_money(cell, factor=factor) == parse.Parsed(None, "refused", "unit_unclear")
    assert parse.parse_money(cell).how in ("exact", "converted")


@pytest.mark.parametrize(("cell", "why"), [("3个", "not_money"), ("85%", "not_money"), (6e13, "out_of_range"), ("9999亿9", "not_a_number")])
def test_what_is_no_amount_is_refused(cell, why):
    assert parse.parse_money(cell).why == why


@given(st.integers(-(10**13), 10**13), st.sampled_from([1, 1000, 10_000, 10**8]))
def test_an_amount_written_in_any_unit_comes_back_to_the_fen(cents, factor):
    written = Decimal(cents) / 100 / factor
    for cell in (float(written), str(written), f"{written:,f}"):
        assert parse.parse_money(cell, factor=factor) == parse.Parsed(cents / 100, "exact")


@given(st.floats(-9e7, 9e7), st.sampled_from([1, 1000, 10_000]))
def test_the_quick_way_and_the_decimal_way_agree(number, factor):
    exact = (Decimal(str(number)) * factor).quantize(parse.CENT, parse.ROUND_HALF_UP)
    assert parse.parse_money(number, factor=factor).value == parse.parse_money(f"{number} ", factor=factor).value == float(exact)


CHARACTERS = "0123456789.,，-—~()（）%≥=+¥ \n\u3000一二三十百千万亿零〇点元角分约余个年月日至周星期号O①/、:：e"


@given(
    st.one_of(st.text(), st.text(CHARACTERS, max_size=12), st.floats(), st.integers(), st.booleans(), st.dates(), st.times(), st.none()),
    st.sampled_from(sorted(schema.KINDS)),
)
def test_any_cell_has_a_result_and_only_refusals_lack_a_value(cell, kind):
    parsed = parse.parse(cell, schema.Column("x", kind, ("x",), choices=schema.FUNDS))
    assert parsed.how in ("exact", "converted", "approximate", "blank", "refused") and parsed.why in parse.WHY
    assert (parsed.value is None) == (parsed.how in ("blank", "refused"))


def test_the_factor_of_a_sheet_is_for_amounts_only():
    project = schema.TABLES["projects"]
    assert parse.parse(3, project["budget"], factor=10_000).value == 30_000
    assert parse.parse(3, project["volunteers"], factor=10_000).value == 3
    assert parse.parse(45, schema.TABLES["crosswalk"]["share"], factor=0.01).value == 0.45
    assert parse.parse(45, schema.TABLES["crosswalk"]["share"]).why == "out_of_range"


@pytest.mark.parametrize(
    ("cell", "value", "why"),
    [(12.0, 12, ""), ("1.2万人次", 12000, ""), (3.5, None, "not_whole"), (-1, None, "out_of_range"), ("3万元", None, "not_a_number")],
)
def test_counts_are_whole_and_not_negative(cell, value, why):
    parsed = parse.parse_count(cell)
    assert (parsed.value, parsed.why) == (value, why)


def test_a_level_is_a_number_or_dont_know_and_a_word_is_refused():
    assert [parse.parse_level(c).value for c in (5.0, "４", "4分")] == [5, 4, 4]
    assert [parse.parse_level(c).how for c in ("说不清", "", "满意", 6, 4.5)] == ["blank", "blank", "refused", "refused", "refused"]


FIFTH_OF_MARCH = [dt.datetime(2020, 3, 5, 14, 30), D(2020, 3, 5), pd.Timestamp("2020-03-05"), "2020.3.5", "2020-03-05", "2020/3/5", "２０２０年３月 5日",
                  "20200305", 20200305.0, 43895.0, "43895", "2020-03-05 00:00:00", "2020-3-5 10:30", "2020年3月5日（星期四）", "2020-03-05T10:00:00+08:00",
                  "109年3月5日", "109.3.5", "民國109年3月5日", "1090305", "二〇二〇年三月五日", "二O二O年3月五日",
                  "2020.3月5日", "2020.3.5日"]  # fmt: skip


@pytest.mark.parametrize("cell", FIFTH_OF_MARCH)
def test_dates_are_read_in_every_form_people_write(cell):
    assert parse.parse_date(cell).value == D(2020, 3, 5)


@pytest.mark.parametrize("cell", ["2021-02-29", "2020.13.1", "3/5/2020", 2020.3, True, "2020年3月底", "待定", "2020.3-5", "200305", "102.3", "2020年",
                                  "2020年上半年", "一季度", "2020年3月5日（星期五）", "2020.5-2020.3", "2020.3.5、2020.3.6"])  # fmt: skip
def test_impossible_and_ambiguous_dates_are_refused(cell):
    assert parse.parse_date(cell) == parse.Parsed(None, "refused", "not_a_date")


@pytest.mark.parametrize("cell", ["3月5日", "三月五日", "20.3.5", "20年3月5日", "5日"])
def test_a_year_that_is_not_written_in_full_is_not_completed(cell):
    assert parse.parse_date(cell) == parse.Parsed(None, "refused", "missing_year_in_date")


@pytest.mark.parametrize(
    "cell", ["2020年3月1日至5日", "2020.3.1-3.5", "2020-3-1-2020-3-5", "20200301—20200305", "2020.3-2020.5", "2020年3-5月", "二〇二〇年三月至五月"]
)
def test_a_range_is_its_first_day_and_flagged_and_of_its_fund_year(cell):
    assert parse.parse_date(cell) == parse.Parsed(D(2020, 3, 1), "approximate", "range")
    assert parse.parse_period(cell) == parse.Parsed("2020", "converted", "year_of_date")


@given(st.integers(36_000, 50_000), st.sampled_from([(1900, WINDOWS_EPOCH), (1904, MAC_EPOCH)]))
def test_serial_numbers_are_the_days_that_openpyxl_reads(serial, epochs):
    ours, theirs = epochs
    day = schema.Column("x", "date", ("x",))
    assert parse.parse(serial, day, epoch=ours).value == parse.parse(f"{serial}.5", day, epoch=ours).value == from_excel(serial, theirs).date()


@pytest.mark.parametrize("cell", ["1905-01-01", D(2099, 1, 1), 20500.0])
def test_dates_far_from_the_funds_are_refused(cell):
    assert parse.parse_date(cell) == parse.Parsed(None, "refused", "out_of_range")


def test_a_month_is_its_first_day_and_flagged():
    assert parse.parse_date("2020年3月") == parse.Parsed(D(2020, 3, 1), "approximate", "month_only")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2020", "2020"), (2020.0, "2020"), ("2020年度", "2020"), ("102年度", "2013"), ("民國99年", "2010"), ("2018—2020年", "2018-2020"),
        (D(2020, 5, 1), "2020"), ("二○二○年度", "2020"), ("2020年3月", "2020"), ("2019.11-2020.3", "2019-2020"), ("102-104年度", "2013-2015"),
        ("20", None), ("99年", None),
        ("2020年上半年", None), ("2020.5", None), ("近三年", None), ("2020-2018", None), (1899, None), ("2020-12", None), (2020.5, None),
    ],
)  # fmt: skip
def test_fund_years(cell, value):
    assert parse.parse_period(cell).value == value


def test_no_thing_is_no_in_a_flag():
    assert [parse.parse_flag(c).value for c in ("是", "有", "√", "Y", 1.0, True, "否", "无", "×", "n", 0, False)] == [True] * 6 + [False] * 6
    told = ("已", "已公示", "有", "对", "☑是 □否", "是☑否□"), ("未", "未公示", "尚未验收", "没有参与", "□是 ☑否", "是□ 否√")
    assert [[parse.parse_flag(c).value for c in words] for words in told] == [[True] * 6, [False] * 6]
    asked = ("知晓", "参与", "参加过", "不知晓", "没参加过", "未参与过")
    assert [parse.parse_flag(c).value for c in asked] == [True] * 3 + [False] * 3  # both answers of a question, or neither: 知道 and 不知道
    assert {parse.parse_flag(c).how for c in ("知道", "未知", "不详", "部分公示", "已过期", "○", "□", "☒", "是/否", "有1张")} == {"refused"}
    assert [parse.parse_flag(c).how for c in ("/", None, "不知道", 2)] == ["blank", "blank", "refused", "refused"]


def test_a_choice_is_known_by_code_and_by_alias():
    found = [parse.parse_choice(c, schema.FUNDS).value for c in ("guarantee", "Guarantee ", "保障 资金", "村公资金", "保")]
    assert found == ["guarantee"] * 3 + ["cungong", None]


@pytest.mark.parametrize(
    ("cell", "value", "why"),
    [
        (510106024010.0, "510106024010", ""), ("510106024010.0", "510106024010", ""), (" ＸＭ０１ ", "XM01", ""), (1.1, "1.1", ""),
        ("5.10106E+11", None, "digits_lost"), (5.1010602401012345e17, None, "digits_lost"), (True, None, "not_a_code"),
    ],
)  # fmt: skip
def test_codes_keep_every_digit_or_are_refused(cell, value, why):
    parsed = parse.parse_code(cell)
    assert (parsed.value, parsed.why) == (value, why)


def test_text_keeps_its_words_and_lists_their_order():
    assert parse.parse_text(" 道路\n维修 ").value == "道路 维修"
    assert parse.parse_text("#REF!").why == "excel_error"
    assert parse.parse_list("微信群、公众号；坝坝会/微信群").value == "微信群;公众号;坝坝会"
