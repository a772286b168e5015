"""Every sentence of the package: what it claims is true of its rows, and every number in it is a figure of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables_for_tests import compared, frame, full, survey
from test_notebooks import ROOT, run
from told import DIRECTION, NEVER, stand_in_order, unsaid

import fundanalytics as fa
from fundanalytics.measure.definitions import INDICATORS
from fundanalytics.measure.trend import Trend
from fundanalytics.show.canvas import STAMP
from fundanalytics.show.facts import called, change_limits, gap_text, quantity, signed_percent
from fundanalytics.show.formats import Sentence, amount, bare, limits, percent, points
from fundanalytics.show.views import own_files
from fundanalytics.show.wording import say_row

LANGS = ("zh", "en")
FEW = settings(max_examples=40, deadline=None)
SHARES = st.floats(0.0001, 1)
NOTES = st.sampled_from(["", "", "", "part_unknown", "much_refused", "one_cluster", "some_stopped;part_not_reported"])
COUNTS, MONEY = st.integers(1, 20_000), st.floats(0.01, 1e9)
SMALL = {"zh": "样本量不足", "en": "too small"}
TESTED: dict[str, str] = {}  # sentence → the test that holds it against its rows


def claims(*names: str) -> Callable[[Any], Any]:
    """Marks a test as the one of some sentences."""

    def mark(test: Any) -> Any:
        TESTED.update(dict.fromkeys(names, test.__name__))
        return test

    return mark


def test_every_sentence_has_a_test_of_its_claims() -> None:
    assert {name for name in fa.__all__ if name.startswith("say_")} == set(TESTED)


def check(text: Sentence, lang: str, *, more: tuple[float, ...] = (), rows: bool = True) -> None:
    """What holds of every sentence: no forbidden word, no hole, and its numbers are figures of its rows."""
    assert not NEVER.search(text) and not re.search(r"\bnan\b|\bNone\b(?! of)|<NA>|\{", text), text
    assert text.rows or not rows
    assert unsaid(text, text.rows, lang, more) == [], (text, text.rows)


@st.composite
def counted(draw: st.DrawFn, indicator: str, **fixed: Any) -> pd.Series:
    """A row of a full count: value = numerator / denominator."""
    made = INDICATORS[indicator]
    basis = draw(st.sampled_from([b for b in made.bases if b not in made.surveyed]))
    top, bottom = draw(MONEY if indicator == "usage_rate" else COUNTS), draw(MONEY if indicator == "usage_rate" else COUNTS)
    top, bottom = (min(top, bottom), max(top, bottom)) if made.within else (top, bottom)
    facts = {
        "value": top / bottom,
        "numerator": top,
        "denominator": bottom,
        "n": draw(COUNTS),
        "quality": draw(st.sampled_from([1, 2, 3])),
        "note": draw(NOTES),
    }
    return full(**{"indicator": indicator, "basis": basis, "unit": made.unit, **facts, **fixed})


@st.composite
def surveyed(draw: st.DrawFn, indicator: str, *, sound: bool = False, **fixed: Any) -> pd.Series:
    """A row of a survey: n answers, a value between its limits or without any, and a reliability that fits."""
    made = INDICATORS[indicator]
    scale = 100.0 if made.unit.startswith("score") else 1.0
    value, width = scale * draw(st.floats(0.05, 0.95)), scale * draw(st.sampled_from([0.0001, 0.01, 0.04, 0.08, 0.2]))
    low, high = max(value - width, 0.0), min(value + width * draw(st.floats(0.5, 1)), scale)
    n = draw(st.sampled_from([450, 900] if sound else [7, 29, 30, 450, 1234, 5000]))
    note = draw(st.sampled_from(["", "one_cluster"]) if sound else NOTES)
    limited = note != "one_cluster"
    least = n * draw(st.sampled_from([0.2, 0.7, 1.0])) if limited else None
    bad = n < 30 or (limited and least < 30) or (high - low) / scale >= 0.3 or "much_refused" in note
    facts = {"value": value, "lower": low if limited else None, "upper": high if limited else None, "n": n, "n_eff": least, "note": note,
             "quality": 3 if bad else draw(st.sampled_from([1, 2])), "confidence": 0.95 if limited else None}  # fmt: skip
    return survey(**{"indicator": indicator, "basis": draw(st.sampled_from(made.surveyed)), "unit": made.unit, **facts, **fixed})


def rows_of(*indicators: str, **fixed: Any) -> st.SearchStrategy[pd.Series]:
    kinds = [made(i, **fixed) for i in indicators for made, has in ((counted, set(INDICATORS[i].bases) - set(INDICATORS[i].surveyed)),
                                                                    (surveyed, INDICATORS[i].surveyed)) if has]  # fmt: skip
    return st.one_of(kinds)


def holds(text: Sentence, row: pd.Series, lang: str) -> None:
    """What holds of a sentence about one row."""
    check(text, lang)
    assert not any(word in text for word in DIRECTION[lang])
    of_survey = not str(row["method"]).startswith("full count")
    few = of_survey and row["quality"] == 3 and not (row["note"] and (row["note"] == "much_refused" or (pd.isna(row["lower"]) and row["n"] >= 30)))
    assert (SMALL[lang] in text) == few
    assert not of_survey or (f"{row['n']:,}" in text and ("95%" in text or pd.isna(row["lower"]) or row["quality"] == 3))
    if not of_survey and row["quality"] != 3:  # each number stands where its name is
        parts = [quantity(dict(row), side, lang) for side in ("numerator", "denominator")]
        assert text.index(parts[0]) <= text.rindex(parts[1]) and re.search(".*".join(map(re.escape, parts)), text)
    unlimited = of_survey and pd.isna(row["lower"])
    concluded = not any(word in text for word in ("不作判断", "nothing is concluded"))
    assert concluded == (row["quality"] != 3 and not unlimited)
    assert row["area_name"] in text and called(dict(row), lang).lower() in text.lower()
    assert (fa.label(row["basis"], lang, "basis") in text) == concluded
    assert any(word in text for word in ("谨慎使用", "with care")) == (concluded and row["quality"] == 2)
    if of_survey and concluded:
        stand_in_order(text, amount(row["value"], row["unit"], lang), limits(row["lower"], row["upper"], row["unit"]))
    if lang == "zh":
        subject = text.split("（")[0].split("估计")[0]
        assert ("率" in subject.replace("频率", "")) == (row["unit"] in ("share", "ratio")) and ("得分" in subject) == row["unit"].startswith("score")


@claims("say_usage", "say_participation", "say_awareness", "say_satisfaction")
@FEW
@given(st.data(), st.sampled_from(LANGS))
def test_a_sentence_about_a_row_says_what_the_row_says(data: st.DataObject, lang: str) -> None:
    for say, names in ((fa.say_usage, ["usage_rate"]), (fa.say_participation, ["participation_rate"]), (fa.say_awareness, ["awareness_rate"]),
                       (fa.say_satisfaction, ["satisfaction_rate", "satisfaction_score"])):  # fmt: skip
        row = data.draw(rows_of(*names))
        holds(say(row, lang), row, lang)


@claims("say_headline", "say_each")
@FEW
@given(rows_of("usage_rate"), rows_of("participation_rate"), rows_of("satisfaction_rate"), st.sampled_from(LANGS))
def test_several_rows_are_told_as_each_alone(used: pd.Series, came: pd.Series, pleased: pd.Series, lang: str) -> None:
    main = {"usage_rate": "paid/arrived", "participation_rate": "residents", "satisfaction_rate": "satisfied"}
    rows = [pd.Series({**row, "basis": main[row["indicator"]]}) for row in (used, came, pleased)]
    table = frame(*rows)
    for told in (fa.say_headline(table, "999901001", lang), fa.say_each(table, "999901001", list(main), lang)):
        assert told.split("\n") == [say_row(row, lang) for _, row in table.iterrows()] and len(told.rows) == 3
    short = fa.say_headline(table, "999901001", lang, brief=True)
    assert len(short.rows) == 3 and len(short) <= len(told)
    for line, row in zip(short.split("\n"), rows, strict=True):
        check(Sentence(line, rows=(row,)), lang)
        sure = row["quality"] != 3 and (row["method"] == "full count" or not pd.isna(row["lower"]))
        assert sure or line == say_row(row, lang)  # what is too uncertain is told as in full
        assert not any(word in line for word in DIRECTION[lang])


@claims("say_position")
@FEW
@given(st.data(), st.sampled_from(LANGS))
def test_a_position_claims_a_side_only_where_the_rows_do(data: st.DataObject, lang: str) -> None:
    for indicator in ("usage_rate", "satisfaction_rate", "satisfaction_score"):
        row = data.draw(rows_of(indicator))
        same = {"indicator": indicator, "basis": row["basis"], "method": row["method"], "unit": row["unit"], "quality": 1}
        ends = [row[name] for name in ("lower", "upper") if not pd.isna(row[name])] or [row["value"]]
        beyond = data.draw(st.sampled_from([-0.3, -0.0002, 0.0, 0.0002, 0.3])) * (100 if row["unit"].startswith("score") else 1)
        near = {"value": max(data.draw(st.sampled_from(ends)) + beyond, 0.0)}
        whole = pd.Series({**row, **same, "level": "district", "area_code": "999901", "area_name": "示例区", **near})
        peers = [pd.Series({**row, **same, "area_code": f"9999010{i:02}", "area_name": f"第{i}街道", "value": data.draw(SHARES)}) for i in range(2, 5)]
        text = fa.say_position(frame(row, whole, *peers), row["area_code"], lang)
        check(text, lang)
        sure = row["quality"] != 3 and not pd.isna(row["lower"])
        above, below = (DIRECTION[lang][-2], DIRECTION[lang][-1]) if lang == "en" else ("高于", "低于")
        if str(row["method"]) != "full count":
            assert (above in text) == (sure and row["lower"] - whole["value"] > 1e-9) and (below in text) == (sure and whole["value"] - row["upper"] > 1e-9)
            if above in text or below in text:  # and it looks so
                shown = re.search(r"([\d.]+)%?–([\d.]+)%?.*(?:全区的|district's )([\d.]+)", text)
                low, high, other = map(float, shown.groups())  # type: ignore[union-attr]
                assert low > other if above in text else high < other
        elif row["quality"] != 3:
            higher = "比全区高" if lang == "zh" else "above the district"
            assert (higher in text) == (row["value"] - whole["value"] >= 5e-7 * (100 if row["unit"].startswith("score") else 1))
            values = [row["value"], *(peer["value"] for peer in peers)]
            low, high = (bare(end, row["unit"], lang=lang) for end in (min(values), max(values)))
            assert {"zh": f"4个街道介于{low}与{high}之间", "en": f"of 4 streets lie between {low} and {high}"}[lang] in text


@claims("say_change")
@FEW
@given(st.data(), st.sampled_from(LANGS))
def test_a_change_is_claimed_only_where_its_limits_exclude_no_change(data: st.DataObject, lang: str) -> None:
    for indicator in ("usage_rate", "satisfaction_rate", "satisfaction_score"):
        sound = data.draw(st.booleans()) and indicator != "usage_rate"
        later = data.draw(surveyed(indicator, sound=True) if sound else rows_of(indicator))
        earlier = data.draw(
            surveyed(indicator, sound=True) if sound else surveyed(indicator) if later["basis"] in INDICATORS[indicator].surveyed else counted(indicator)
        )
        earlier = pd.Series({**earlier, "basis": later["basis"], "period": "2018", "as_of": "2018-12-31"})
        if data.draw(st.booleans()):  # as near as their errors
            step = data.draw(st.sampled_from([-0.1, -0.02, 0.0001, 0.02, 0.1])) * (100 if later["unit"].startswith("score") else 1)
            moved = later["value"] - earlier["value"] + step
            earlier = pd.Series({**earlier, **{name: earlier[name] + moved for name in ("value", "lower", "upper") if not pd.isna(earlier[name])}})
        text = fa.say_change(earlier, later, lang)
        check(text, lang)
        sure = all(row["quality"] != 3 for row in (earlier, later))
        up, down = ("提高到", "下降到") if lang == "zh" else ("rose from", "fell from")
        for other in ({"basis": "another"}, {"period": later["period"]}):
            told = fa.say_change(pd.Series({**earlier, **other}), later, lang)
            assert any(word in told for word in ("无法比较", "cannot be compared")) and not any(word in told for word in DIRECTION[lang])
        if later["method"] == "full count":
            assert up not in text and down not in text
            if sure:
                stand_in_order(text, *_then(earlier, "2018", lang), *_then(later, "2020", lang))
            continue
        change = later["value"] - earlier["value"]
        limited = sure and not any(pd.isna(row["lower"]) for row in (earlier, later))
        low = change - ((later["value"] - later["lower"]) ** 2 + (earlier["upper"] - earlier["value"]) ** 2) ** 0.5 if limited else 0.0
        high = change + ((later["upper"] - later["value"]) ** 2 + (earlier["value"] - earlier["lower"]) ** 2) ** 0.5 if limited else 0.0
        assert (up in text) == (low > 0) and (down in text) == (high < 0)
        assert limited != any(word in text for word in ("无法比较", "cannot be compared"))
        if limited:
            stand_in_order(text, *(("由2018年的", "到2020年的") if lang == "zh" else (" in 2018 ", " in 2020")))
            stand_in_order(text.replace(",", ""), f"n={earlier['n']}" if lang == "zh" else f"n = {earlier['n']}", f"{later['n']}")


def _then(row: pd.Series, period: str, lang: str) -> list[str]:
    """A period and its value, in the order of the language."""
    told = amount(row["value"], row["unit"], lang)
    return [period, told] if lang == "zh" else [told, period]


@claims("say_comparison")
@FEW
@given(st.data(), st.sampled_from(LANGS))
def test_a_comparison_says_higher_only_of_counts_and_increase_only_beyond_the_error(data: st.DataObject, lang: str) -> None:
    before, after = data.draw(SHARES), data.draw(SHARES)
    change, within = after - before, data.draw(st.floats(-0.5, 0.5))
    low, high = (change + side * data.draw(st.sampled_from([0.0001, 0.05, 0.4])) for side in (-1, 1))
    of_survey = data.draw(st.booleans())
    n, more = data.draw(st.sampled_from([7, 29, 30, 400])), data.draw(st.sampled_from([0, 1000]))
    kind = {"indicator": "satisfaction_rate", "basis": "satisfied", "method": "newcombe 10"} if of_survey else {"method": "full count"}
    note = data.draw(st.sampled_from(["", "break_fund_reform", "entered_or_left"]))
    row = compared(baseline_value=before, current_value=after, change=change, lower=low, upper=high, relative_change=change / before, within=within,
                   between=change - within, n=2 * n + more, baseline_n=n, current_n=n + more, note=note, **kind)  # fmt: skip
    up, down = ("提高到", "下降到") if lang == "zh" else ("rose from", "fell from")
    higher = "后一期高" if lang == "zh" else "higher"
    text, short = fa.say_comparison(row, lang), fa.say_comparison(row, lang, brief=True)
    assert len(short) <= len(text) + 10 and short.rows[0]["change"] == change
    for told in (text, short):
        check(told, lang)
        assert (up in told) == (of_survey and n >= 30 and low > 0) and (down in told) == (of_survey and n >= 30 and high < 0)
        assert (SMALL[lang] in told) == (of_survey and n < 30)
        if not of_survey:
            assert re.search(rf"{percent(before)}.*{percent(after)}.*{gap_text(change, 'ratio', lang)}", told) or change == 0
            assert (higher in told) == (change >= 5e-7)
    if not of_survey:
        assert "95%" not in short and points(within, signed=True, lang=lang) in text
        assert any(word in short for word in ("不能说明原因", "不能归因", "about the cause", "to any one cause"))
        then = ("2012", percent(before), "2018", percent(after)) if lang == "zh" else (percent(before), "2012", percent(after), "2018")
        parts = [points(part, signed=True, lang=lang) for part in (within, change - within)]
        stand_in_order(text, *then, signed_percent(change / before), change_limits(low, high, "share", lang), *parts)
        assert ("范围和规则不同" in text or "different funds" in text) == (note == "break_fund_reform")
    assert not note or fa.say_note(note, lang) in text or (n < 30 and of_survey)


@claims("say_note")
@given(NOTES, st.sampled_from(LANGS))
def test_a_note_claims_nothing_but_its_codes(note: str, lang: str) -> None:
    assert all(fa.label(code, lang, "note") in fa.say_note(note, lang) for code in note.split(";") if code)


@claims("say_decomposition")
@FEW
@given(st.lists(st.floats(-0.5, 0.5), min_size=9, max_size=9), st.sampled_from(LANGS))
def test_the_parts_of_a_difference_are_those_of_its_row(values: list[float], lang: str) -> None:
    terms = ("within", "between", "entered_left")
    row = {"level": "district", "area_code": "999901", "area_name": "示例区", "confidence": 0.95, "note": "", "indicator": "usage_rate"}
    row |= {term: values[i] for i, term in enumerate(terms)} | {"change": sum(values[:3])}
    row |= {f"{term}_{side}": sorted(values[3 + 2 * i : 5 + 2 * i])[j] for i, term in enumerate(terms) for j, side in enumerate(("lower", "upper"))}
    street = {**row, "level": "street", "area_code": "999901001", "area_name": "梧桐街道", "change": 0.4321}
    text = fa.say_decomposition(pd.DataFrame([row, street]), lang)
    check(text, lang)
    told = [f"{points(row[t], signed=True)} [{change_limits(row[f'{t}_lower'], row[f'{t}_upper'], 'share', lang)}]" for t in terms]
    groups = {"zh": "街道自身", "en": "the streets' own"}[lang]
    stand_in_order(text, "示例区", points(row["change"], signed=True))
    stand_in_order(text, *([groups, told[0]] if lang == "zh" else [told[0], groups]), *told[1:])
    assert text.rows[0]["change"] == row["change"] and ("不是原因" in text or "not a cause" in text)


@claims("say_robustness")
@FEW
@given(st.lists(st.one_of(st.none(), st.floats(-0.5, 0.5)), min_size=1, max_size=8), st.sampled_from(LANGS))
def test_variants_are_counted_and_their_ends_told(changes: list[float | None], lang: str) -> None:
    table = pd.DataFrame(
        {"indicator": "usage_rate", "change": pd.Series(changes, dtype="float64"), "note": ["" if c is not None else "no_baseline" for c in changes]}
    )
    text, known = fa.say_robustness(table, lang), [c for c in changes if c is not None]
    check(text, lang, more=(len(known), len(changes) - len(known)))
    n, gone = len(changes), len(changes) - len(known)
    if known:
        low, high = (points(end, signed=True) for end in (min(known), max(known)))
        counts = {"zh": f"{n}种做法中有{len(known)}种可以", "en": f"{len(known)} of {n} ways can"}[lang]
        ends = {"zh": f"最小{low}、最大{high}个", "en": f"difference is {low}, the largest {high} points"}[lang]
        usual = "" if changes[0] is None else {"zh": f"通常的做法为{points(changes[0], signed=True)}）",
                                               "en": f"the usual one gives {points(changes[0], signed=True)})"}[lang]  # fmt: skip
        stand_in_order(text, counts, usual, ends)
        assert ("通常" in text or "usual" in text) == bool(usual)
    assert ({"zh": f"{gone}种不能计算", "en": f"{gone} cannot"}[lang] in text) == (gone > 0 and bool(known))


# --- sentences about the sample: of every kind of area, in both languages ------------------------------------------------
SAMPLE_AREAS = ("999901", "999901001", "999901007", "999901001019", "999901001010")


@pytest.fixture(scope="module")
def sample() -> fa.Dataset:
    return fa.load_sample()


@pytest.fixture(scope="module")
def scored(sample: fa.Dataset) -> tuple[Any, Any]:
    return fa.scored(sample, "governance_fund", period="2020", audience="internal")


@claims("say_trend")
@pytest.mark.parametrize("lang", LANGS)
def test_too_few_quarters_claim_no_break_and_enough_state_its_terms(sample: fa.Dataset, lang: str) -> None:
    found = fa.trend(sample)
    text = fa.say_trend(found, "999901", lang)
    check(text, lang, more=(*_quarters(found), *map(float, found.break_at.split("Q"))))
    assert fa.label("too_few_points", lang, "note") in text and "95%" not in text and found.terms["lower"].isna().all()
    _quarters_told(text, found, lang)


@given(st.lists(st.floats(-0.05, 0.05), min_size=3, max_size=3), st.integers(8, 14), st.integers(8, 14), st.sampled_from(LANGS))
def test_a_tested_break_tells_each_term_with_its_own_limits(values: list[float], before: int, after: int, lang: str) -> None:
    quarters = [f"{2010 + i // 4}Q{i % 4 + 1}" for i in range(before + after)]
    of = {"area_code": "999901", "note": "", "confidence": 0.95}
    terms = [of | {"term": term, "value": value, "lower": value - 0.01 * (i + 1), "upper": value + 0.02 * (i + 1)}
             for i, (term, value) in enumerate(zip(("slope", "level_change", "slope_change"), values, strict=True))]  # fmt: skip
    series = pd.DataFrame({"area_code": "999901", "quarter": quarters, "value": 0.2})
    found = Trend(pd.DataFrame(terms), series, quarters[before], "")  # type: ignore[arg-type]
    text = fa.say_trend(found, "999901", lang)
    told = [f"{points(t['value'], signed=True)} [{change_limits(t['lower'], t['upper'], 'share', lang)}]" for t in terms]
    stand_in_order(text.replace(" points ", " "), *told)
    _quarters_told(text, found, lang)
    assert "95%" in text


def _quarters_told(text: str, found: Trend, lang: str) -> None:
    (before, after), (year, _, quarter) = map(int, _quarters(found)), found.break_at.partition("Q")
    at = {"zh": f"（{year}年第{quarter}季度）", "en": f"(quarter {quarter} of {year})"}[lang]
    stand_in_order(text, *([at, f"以前有{before}个", f"以后有{after}个"] if lang == "zh" else [f"are {before} quarters", at, f"{after} after"]))


def _quarters(found: Any) -> tuple[float, float]:
    known = found.series.loc[found.series["area_code"].eq("999901") & found.series["value"].notna(), "quarter"]
    return float((known < found.break_at).sum()), float((known >= found.break_at).sum())


@claims("say_score", "say_rank", "say_standing", "say_noise")
@pytest.mark.parametrize("area", SAMPLE_AREAS)
@pytest.mark.parametrize("lang", LANGS)
def test_scores_and_ranks_are_those_of_their_rows(scored: tuple[Any, Any], area: str, lang: str) -> None:
    evaluation, ranking = scored
    maxima = (evaluation.rubric.maximum, *(part.points for part in evaluation.rubric.parts))
    inside = evaluation.totals[evaluation.totals["level"].eq("community") & evaluation.totals["area_code"].str.startswith(area)]
    score, rescaled = fa.say_score(evaluation, area, lang), inside["note"].str.contains("rescaled").sum()
    check(score, lang, more=(*maxima, float(rescaled)))
    row, *parts = score.rows
    adds_up = abs(sum(part["points"] for part in parts) + (0 if pd.isna(row["bonus"]) else row["bonus"]) - row["total"]) < 0.005
    told = {"zh": ("之和与总分略有出入", "折算为"), "en": ("do not add up", "rescaled to")}[lang]
    assert any(word in score for word in told) != adds_up and ((told[0] in score and str(rescaled) in score) or not (rescaled and len(inside) > 1))
    told = fa.say_rank(ranking, area, lang, "internal")
    if told.rows:
        row = told.rows[0]
        apart = {"zh": "差距都超出测评误差范围", "en": "is beyond the error"}[lang]
        assert (apart in told) == (row["rank_lower"] == row["rank_upper"]) and unsaid(told, told.rows, lang, [90, 0.95, 0.99, *_chances(row)]) == []
        chance = row[f"chance_{row['grade']}"]
        assert pd.isna(chance) or percent(min(chance, 0.99), 0) in told
    both = fa.say_standing(evaluation, ranking, area, lang, "internal")
    assert both == f"{fa.say_score(evaluation, area, lang)}\n{told}" and both.rows
    noise = fa.say_noise(ranking, lang)
    one = noise.rows[0]
    check(noise, lang, more=(10, 0.95, one["apart"] / one["pairs"]))
    first = ranking.loc[ranking["rank"].notna(), "rank_lower_all"]
    assert one["apart"] == (first - 1).sum() and one["reach"] == first.le(10).sum() and one["pairs"] == one["n"] * (one["n"] - 1) // 2


WHY_LEFT_OUT = {"rescaled": ("不适用", "do not apply"), "unscored_items": ("没有评分", "were not scored"),
                "rescaled;unscored_items": ("不适用或没有评分", "do not apply or were not scored")}  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
def test_a_score_is_told_with_its_grade_parts_bonus_and_what_was_left_out(scored: tuple[Any, Any], lang: str) -> None:
    evaluation, rubric = scored[0], scored[0].rubric
    words = {"zh": ("得分的平均", "加分", "折算为", "须注意"), "en": ("the mean of its", "bonus of", "rescaled to", "To note")}[lang]
    titles = {band.code: band.title[lang] for band in rubric.bands}
    rows = evaluation.totals[evaluation.totals["project_id"].eq("") & evaluation.totals["total"].notna()]
    parts = evaluation.parts.set_index(["area_code", "part"])["points"]
    assert rows["bonus"].gt(0).any() and rows["note"].str.contains("rescaled").any()
    for row in rows.to_dict("records"):
        text, lowest = str(fa.say_score(evaluation, row["area_code"], lang)), row["level"] == "community"
        stand_in_order(text, row["area_name"], "2020", f"{row['total']:.2f}", titles[row["grade"]])
        stand_in_order(text, *(word for p in rubric.parts for word in (p.title[lang], f"{parts[row['area_code'], p.code]:.2f}")))
        codes = set(row["note"].split(";")) - {"", "rescaled", "unscored_items"} if lowest else {code for code in row["note"].split(";") if code}
        scaled = lowest and row["maximum"] != rubric.maximum
        assert "—" not in text
        assert [word in text for word in words] == [not lowest, row["bonus"] > 0, scaled, bool(codes)], (text, row)
        if scaled:
            left, kept = f"{rubric.maximum - row['maximum']:g}", f"{row['maximum']:g}"
            for note, (zh, en) in WHY_LEFT_OUT.items():
                told = replace(evaluation, totals=evaluation.totals.assign(note=note))
                text = fa.say_score(told, row["area_code"], lang)
                assert (f"有{left}分的内容{zh}，其余{kept}分折算" if lang == "zh" else f"Items of {left} points {en}; the other {kept} are") in text
        assert ({"zh": "依据假定标准试算", "en": "Trial scoring under an assumed"}[lang] in text) == (rubric.status == "assumed")


def _chances(row: dict[str, Any]) -> list[float]:
    return [v for name, v in row.items() if name.startswith("chance_")]


@claims("say_weights")
@pytest.mark.parametrize("lang", LANGS)
def test_what_hangs_on_the_weights_is_counted_in_the_table_of_schemes(sample: fa.Dataset, lang: str) -> None:
    from fundanalytics.measure.weightings import SPREAD, WIDE

    table = fa.weighed(sample, "governance_fund", period="2020")
    text = fa.say_weights(table, "governance_fund", lang)
    drawn, top = table[table["scheme"].eq("dirichlet")], table[table["rank"].le(10)].groupby("scheme")["share_top"].sum()
    without = top[top.index.str.startswith("without_")]
    known = (SPREAD, WIDE, 10, drawn["draws"].iloc[0], drawn["share_grade"].mean(), round(top["dirichlet"], 1), without.min(),
             drawn["note"].str.contains("hangs_on_weights").sum())  # fmt: skip
    check(text, lang, more=tuple(map(float, known)), rows=False)


@claims("say_rubric", "say_how_ranked", "say_made", "say_cited", "say_title", "say_kinds")
@pytest.mark.parametrize("lang", LANGS)
def test_what_says_how_it_was_made_claims_no_figure_of_an_area(sample: fa.Dataset, scored: tuple[Any, Any], lang: str) -> None:
    evaluation, _ = scored
    table = fa.usage_rate(sample, by="street", period="2020")
    told = [fa.say_rubric(evaluation, lang), fa.say_how_ranked(evaluation, lang, "internal"), fa.say_made(sample, "999901", "2020", None, lang),
            fa.say_cited(table), fa.say_title(sample, "999901", "2020", lang), fa.say_kinds(sample, table, evaluation, lang)]  # fmt: skip
    for text in told:
        assert not NEVER.search(text) and not any(word in text for word in DIRECTION[lang])
        assert not [row for row in text.rows if "area_code" in row]
    rubric, totals = evaluation.rubric, evaluation.totals[evaluation.totals["level"].eq("community")]
    equal = "≥" if lang == "zh" else " ≥ "
    stand_in_order(told[1], *(f"{band.title[lang]}{equal}{band.lower:g}" for band in rubric.bands[:-1]))
    scaled, blank = int(totals["note"].str.contains("rescaled").sum()), int(totals["total"].isna().sum())
    stand_in_order(told[1], f"{scaled}个社区经过折算" if lang == "zh" else f"communities rescaled: {scaled}")
    stand_in_order(told[1], f"不超过{rubric.cap:g}分" if lang == "zh" else f"at most {rubric.cap:g}")
    assert any(word in told[1] for word in ("个社区没有总分", "without a total:")) == (blank > 0)
    assert {"zh": "假定标准，", "en": ", assumed,"}[lang] in told[0] and "999901" not in told[0]
    files = len(fa.files_used(sample, "999901"))
    stand_in_order(told[2], *(("截止日期2020年12月31日", f"数据文件{files}个") if lang == "zh" else ("2020-12-31", f"{files}")))
    stand_in_order(told[4].split("\n")[0], *(("示例区", "2020年") if lang == "zh" else ("示例区", "2020")))
    assert STAMP[lang] in told[4]
    kinds = told[5].rows[0]
    stand_in_order(told[5], *(str(kinds[name]) for name in ("published", "computed", "rules", "official", "assumed")))
    assert kinds["computed"] == table["value"].notna().sum() and kinds["official"] < kinds["assumed"] and kinds["published"] == len(sample.published)
    assert {"zh": "”为假定", "en": "” is assumed"}[lang] in told[5]
    assert evaluation.rubric.sha256[:8] in told[0] and unsaid(told[-1], told[-1].rows, lang) == []


@claims("say_coverage", "say_findings")
@pytest.mark.parametrize("area", SAMPLE_AREAS)
@pytest.mark.parametrize("lang", LANGS)
def test_what_was_read_and_found_is_counted_in_its_rows(sample: fa.Dataset, area: str, lang: str) -> None:
    for audience in ("public", "internal"):
        told = fa.say_coverage(sample, area, "2020", lang, audience)
        wrong = fa.repairs(sample, area, audience=audience)
        refused = fa.files_used(sample, area, audience="internal")["refused"].sum()
        check(told, lang, more=(2020, len(wrong), refused))
        every = {"zh": f"全部{len(sample.sources)}个文件", "en": f"all {len(sample.sources)} files"}[lang]
        assert (every in told) == (area != "999901") and not re.search(r"拒收0|\b0 refused|[有中]0[处个]|\b0 places|\b0 of them", told)
        counts = fa.coverage(sample, area, "2020", audience).set_index("table")["kept"]
        names = {name: f"{fa.label(name, lang, 'table')}{{}}".format(f"{n:,}行" if lang == "zh" else f" ({n:,} rows)") for name, n in counts.items() if n}
        stand_in_order(told, *names.values())
        silent = counts.reindex(["allocations", "projects", "payments", "events", "responses"]).eq(0)
        assert any(word in told for word in ("没有报送", "Not reported")) == silent.any()
        needed = {"zh": f"有{len(wrong)}处需要核对", "en": f"{len(wrong)} places in these files"}[lang]
        assert (needed in told) == (audience == "internal" and len(wrong) > 0)
        own = int(own_files(sample, area)["own"].sum())
        assert ({"zh": f"其中{own}个只涉及", "en": f"{own} of them about"}[lang] in told) == (area != "999901" and own > 0)
    found = fa.say_findings(sample, area, lang, "internal")
    wrong = fa.repairs(sample, area, audience="internal")
    check(found, lang, more=(len(wrong), wrong["file"].nunique()), rows=len(wrong) > 0)
    assert sum(row["n"] for row in found.rows) == len(wrong)
    if len(wrong):
        stand_in_order(found, *map(str, (wrong["file"].nunique(), len(wrong)) if lang == "zh" else (len(wrong), wrong["file"].nunique())))


@claims("say_survey", "say_sample")
@pytest.mark.parametrize("area", SAMPLE_AREAS)
@pytest.mark.parametrize("lang", LANGS)
def test_a_survey_is_described_by_its_own_counts(sample: fa.Dataset, area: str, lang: str) -> None:
    table = fa.indicators(sample, period="2020", names=["satisfaction_rate"])
    told = fa.say_survey(sample, area, "2020", lang, "internal")
    for line, row in zip(told.split("\n"), told.rows, strict=True):
        rates = [row["returned"] / row["issued"], row["valid"] / row["returned"]]
        assert unsaid(line, [row], lang, [2, *rates]) == [] and row["valid"] <= row["returned"] <= row["issued"]
        stand_in_order(line, f"{row['issued']:,}", f"{row['returned']:,}", percent(rates[0]), f"{row['valid']:,}", percent(rates[1]))
    drawn = fa.say_sample(sample, table, area, lang)
    assert unsaid(drawn, drawn.rows, lang) == [] and not NEVER.search(drawn)
    counts = (f"{drawn.rows[-1][name]:,}" for name in ("communities", "clusters"))
    stand_in_order(drawn, *(f"{n}{unit}" for n, unit in zip(counts, {"zh": ("个社区", "个院落"), "en": (" communities", " courtyards")}[lang], strict=True)))
    assert {"zh": "按抽样设计加权", "en": "weighted by the design"}[lang] in drawn


# --- the reports -------------------------------------------------------------------------------------------------------
KEY = ["indicator", "basis", "subset", "level", "area_code", "period"]
TOLD = ["value", "lower", "upper", "numerator", "denominator", "n"]


@pytest.mark.xdist_group("batch")
@pytest.mark.parametrize("name", ["district_report", "street_report"])
def test_every_number_in_the_text_of_a_report_is_one_of_the_table_that_is_published_beside_it(
    name: str, sample_batch: Path, sample: fa.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fa, "load", lambda *_, **__: sample)
    said = [value for value in run(ROOT / "notebooks" / f"{name}.ipynb", reader="public") if isinstance(value, Sentence)]
    rows = [row for text in said for row in text.rows if set(KEY) | {"value", "as_of"} <= row.keys()]
    told = [text for text in said if text.rows and all(set(KEY) <= row.keys() or "baseline" in row for row in text.rows)]
    assert len(told) >= 8 and [number for text in told for number in unsaid(text, text.rows, "zh")] == []
    published = pd.read_csv(sample_batch / "indicators.csv", dtype=dict.fromkeys(KEY, "str")).fillna(dict.fromkeys(KEY, ""))
    published = published.drop_duplicates(KEY).set_index(KEY)
    shown = pd.DataFrame(rows).drop_duplicates(KEY).query("period == '2020'").set_index(KEY)
    assert len(shown) >= 5
    pd.testing.assert_frame_equal(shown[TOLD].astype("float64"), published.loc[shown.index, TOLD].astype("float64"), rtol=1e-9)
