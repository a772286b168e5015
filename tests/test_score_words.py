"""What a reader sees of scores and ranks: sentences, tables and charts say what the evaluation holds, and no more."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest
from test_notebooks import NOTEBOOKS, run

import fundanalytics as fa
from fundanalytics.data.dataset import Dataset
from fundanalytics.measure.score_records import REFUSED
from fundanalytics.measure.scores import Evaluation
from fundanalytics.show.labels import LABELS
from fundanalytics.show.score_words import ASSUMED
from fundanalytics.show.scores import Unscored
from fundanalytics.show.tables import Table
from fundanalytics.show.template import ACCENT, CONTEXT

LANGS = ("zh", "en")
NEVER = re.compile(r"落后|末位|末名|垫底|倒数|最差|\bworst\b|\bbottom\b|\bbehind\b|\bfail|\blast place\b")
SHEET = next(path for path in NOTEBOOKS if path.stem == "community_sheet")
AREA, STREET, DISTRICT = "999901001010", "999901001", "999901"


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return fa.load_sample()


@pytest.fixture(scope="module")
def scores(sample: Dataset) -> Evaluation:
    return fa.evaluate(sample, period="2020")


@pytest.fixture(scope="module")
def ranking(scores: Evaluation) -> pd.DataFrame:
    return fa.rank(scores)


def ranks(**columns: list[object]) -> pd.DataFrame:
    """A ranking by hand: totals 90, 90, 85 and 80; the first two tie, the others are told apart from all."""
    names = ["a", "b", "c", "d"]
    table = pd.DataFrame({"level": "community", "area_code": names, "area_name": names, "project_id": "", "total": [90.0, 90.0, 85.0, 80.0], "grade": "good",
                          "rank": [1, 1, 3, 4], "rank_lower": [1, 1, 3, 4], "rank_upper": [2, 2, 3, 4], "rank_lower_all": [1, 1, 3, 4],
                          "rank_upper_all": [2, 2, 3, 4], "confidence": 0.95, "chance_good": 0.876, "band": "same",
                          "note": "", "origin": "computed"})  # fmt: skip
    return table.assign(**columns).astype(dict.fromkeys([c for c in table if c.startswith("rank")], "Int64"))


# --- sentences ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_no_sentence_puts_a_community_down_and_each_tells_its_set_and_its_sample(scores: Evaluation, ranking: pd.DataFrame, lang: str) -> None:
    said = {"zh": ("排第(\\d+)名", "与第(\\d+)–(\\d+)名", "样本量不足"), "en": ("rank (\\d+)", "ranks (\\d+)–(\\d+)", "sample is too small")}[lang]
    for row in ranking.itertuples():
        text = str(fa.say_standing(scores, ranking, row.area_code, lang, "internal"))
        own, told = re.search(said[0], text), re.search(said[1], text)
        assert own and int(own[1]) == row.rank
        assert (told and (int(told[1]), int(told[2]))) == ((row.rank_lower, row.rank_upper) if row.rank_lower < row.rank_upper else None)
        small = said[2] in fa.say_rank(ranking, row.area_code, lang, "internal")
        assert small == ("small_sample" in row.note) and not NEVER.search(text) and "nan" not in text
    assert not NEVER.search(fa.say_noise(ranking, lang) + fa.say_how_ranked(scores, lang))


def test_a_rank_says_ties_certainty_and_why_there_is_none() -> None:
    assert "排第1名（并列）；与第1–2名的差距在测评误差范围内（置信水平95%）" in fa.say_rank(ranks(), "a")
    assert "与其他社区的差距都超出测评误差范围" in fa.say_rank(ranks(), "c") and "并列" not in fa.say_rank(ranks(), "c")
    assert "约为88%" in fa.say_rank(ranks(), "c") and "可能性超过99%" in fa.say_rank(ranks(chance_good=[0.999] * 4), "c")
    unknown = fa.say_rank(ranks(rank_lower=[None] * 4, rank_upper=[None] * 4), "c")
    assert "误差无法估计" in unknown and "可能性" not in unknown
    none = ranks(rank=[1, 1, 3, None], note=["", "", "", "too_little_scored"])
    assert fa.say_rank(none, "d") == "d没有名次：已评的分值不足，不给总分。" and "在3个有名次" in fa.say_rank(none, "a")
    assert "不排名" in fa.say_rank(none, "the street")


def test_the_noise_is_counted_in_pairs() -> None:
    # told apart: a-c, b-c, a-d, b-d, c-d
    assert "共6对，其中5对（83.3%）" in fa.say_noise(ranks()) and "前10名的有4个" in fa.say_noise(ranks(rank_lower_all=[1, 1, 3, 10]))
    assert "前10名的有3个" in fa.say_noise(ranks(rank_lower_all=[1, 1, 3, 11]))


def test_a_score_has_its_maximum_its_grade_and_parts_that_add_up(scores: Evaluation) -> None:
    totals = scores.totals[scores.totals["level"].eq("community")]
    for row in totals[totals["maximum"].eq(100)].itertuples():
        text = str(fa.say_score(scores, row.area_code))
        parts = [float(found) for found in re.findall(r"[价评]([\d.]+)分（满分\d+分）", text.partition("其中")[2])]
        assert f"得{row.total:.2f}分（满分100分）" in text and len(parts) == 3
        assert sum(parts) + row.bonus == pytest.approx(row.total, abs=1e-9) and (f"加分{row.bonus:.2f}分" in text) == (row.bonus > 0)
        assert f"等次为{'优' if row.total >= 90 else '良' if row.total >= 80 else '中' if row.total >= 60 else '差'}。" in text
    scaled = totals[totals["maximum"].eq(97)].iloc[0]
    assert "有3分的内容不适用，其余97分折算为100分" in fa.say_score(scores, scaled["area_code"])
    assert "所属8个社区得分的平均" in fa.say_score(scores, STREET) and "its 90 communities" in fa.say_score(scores, DISTRICT, "en")


def test_how_it_was_ranked_names_rubric_sources_rules_errors_and_places(scores: Evaluation) -> None:
    for lang, words in {"zh": ("第1版", "文号未知", "社区自评10%", "60%", "2位小数", "1、2、2、4", "不等于没有误差", "“评分记录”", "全区有2个社区经过折算。"),
                        "en": ("version 1", "self-assessment 10%", "2 decimals", "does not mean that there is none", "sheet Records")}.items():  # fmt: skip
        text = fa.say_how_ranked(scores, lang)
        assert [word for word in words if word not in text] == [] and scores.rubric.sha256[:16] in text
        assert "governance_fund" not in text and not re.search(r"(?<!\d)0个|\b0 have", text)
    refused = pd.DataFrame([dict.fromkeys(REFUSED, "") | {"code": "own_community"}] * 2)
    assert "2处（评分人属于该社区所在的街道2处）" in fa.say_how_ranked(replace(scores, refused=refused), audience="internal")


@pytest.mark.parametrize(
    ("rubric", "period", "why"),
    [("", "2020", "没有指定评价标准"), ("governance_fund", "2018-2020", "期间是2018-2020"), ("governance_fund", "2018", "已评的内容不足"),
     ("governance_fund", "2031", "没有收到2031年度")],
)  # fmt: skip
def test_without_scores_everything_says_so(sample: Dataset, rubric: str, period: str, why: str) -> None:
    scores, ranking = fa.scored(sample, rubric, period=period)
    assert isinstance(scores, Unscored) and why in fa.say_score(scores, AREA) and str(fa.say_standing(scores, ranking, AREA)).count("没有综合评价得分") == 1
    told = [fa.say_rank(ranking, AREA), fa.say_noise(ranking), fa.say_how_ranked(scores), fa.say_rubric(scores), fa.score_table(scores, AREA),
            fa.rank_table(ranking, scores, STREET), fa.street_table(scores), fa.gap_table(scores, AREA), fa.strength_table(scores, AREA),
            fa.say_weights(fa.weighed(sample, rubric, period=period), rubric)]  # fmt: skip
    assert set(told) == {"没有综合评价得分，不列。"}
    for figure in (fa.plot_scores(ranking, scores, STREET), fa.plot_parts(scores, AREA)):
        assert why in figure.layout.meta["description"]


def test_a_rubric_that_cannot_be_used_is_an_error(sample: Dataset) -> None:
    with pytest.raises(fa.DataError):
        fa.scored(sample, "no_such_rubric", period="2020")


def test_weights_are_told_by_what_would_stay(sample: Dataset) -> None:
    text = fa.say_weights(pd.DataFrame({
        "scheme": ["dirichlet"] * 2 + ["without_part:basic"] * 2 + ["without_source:self"] * 2, "rank": pd.array([1, 11] * 3, dtype="Int64"), "project_id": "",
        "share_top": [0.9, 0.1, 0.0, 1.0, 1.0, 0.0], "share_grade": [1.0, 0.5, 1.0, 1.0, 1.0, 1.0], "draws": [500] * 2 + [1] * 4,
        "note": ["", "small_sample;hangs_on_weights", "", "", "", ""],
    }), "governance_fund")  # fmt: skip
    assert all(words in text for words in ("500次", "平均占75.0%", "平均有0.9个", "有1个社区", "去掉“基本评价”影响最大", "有0个仍在"))


# --- stamps and codes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_an_assumed_rubric_is_named_wherever_it_was_used_and_an_official_one_is_not(scores: Evaluation, ranking: pd.DataFrame, lang: str) -> None:
    for status in ("assumed", "official"):
        of = replace(scores, rubric=replace(scores.rubric, status=status))
        told = [*(fa.say_score(of, area, lang) for area in (AREA, STREET)), *(fa.plot_parts(of, a, lang=lang).layout.meta["caption"] for a in (AREA, DISTRICT)),
                fa.plot_scores(ranking, of, STREET, lang=lang).layout.meta["caption"], *(t.stamp for t in tables(of, ranking, lang))]  # fmt: skip
        assert [ASSUMED[lang].lower() in text.lower() for text in told] == [status == "assumed"] * len(told)
        assert all({"zh": "虚构示例数据", "en": "Fictional sample data"}[lang] in text for text in told[2:])


def tables(scores: Evaluation, ranking: pd.DataFrame, lang: str) -> list[Table]:
    made = [fa.score_table(scores, AREA, lang), fa.rank_table(ranking, scores, STREET, lang), fa.street_table(scores, lang),
            *(fa.gap_table(scores, area, lang=lang, audience="street") for area in (AREA, STREET)), fa.strength_table(scores, AREA, lang=lang)]  # fmt: skip
    assert all(isinstance(table, Table) for table in made)
    return made


def test_every_code_of_the_evaluation_has_words(scores: Evaluation, ranking: pd.DataFrame, sample: Dataset) -> None:
    from fundanalytics.measure.weightings import weight_robustness

    frames = [scores.totals, scores.items, scores.points, fa.gaps(scores), ranking, fa.rewards(ranking), weight_robustness(scores, draws=20),
              fa.leniency(scores), fa.adjusted_totals(scores)]  # fmt: skip
    used = {"note": {code for frame in frames for note in frame["note"].dropna() for code in note.split(";")} - {""}, "status": {*scores.points["status"]},
            "source": {*scores.points["source"]}, "band": {*ranking["band"]} - {""}, "level": {*scores.totals["level"]}}  # fmt: skip
    used["note"] |= {"without_self", "without_peer", "without_district", "without_survey", "unscored_items", "too_little_scored", "some_without_total"}
    used |= {"status": used["status"] | {"zero", "missing", "not_applicable"}}
    assert [(kind, code, lang) for lang in LANGS for kind, codes in used.items() for code in codes if code not in LABELS[lang][kind]] == []


# --- tables ------------------------------------------------------------------------------------------------------------


def test_the_score_table_adds_up_and_its_sources_make_the_item(scores: Evaluation) -> None:
    cells = fa.score_table(scores, AREA).cells.set_index("item_name")
    sums = [name for name in cells.index if "小计" in name]
    items = cells.drop(index=[*sums, "荣誉加分", "总分"])["points"].astype("float64")
    assert len(sums) == 3 and items.sum() == pytest.approx(cells.loc[sums, "points"].astype("float64").sum()) == pytest.approx(89.36)
    row = cells.loc["政策宣传"]
    assert float(row["by_self"]) / 7 + float(row["by_peer"]) * 2 / 7 + float(row["by_district"]) * 4 / 7 == pytest.approx(float(row["points"]), abs=0.01)
    whole = fa.score_table(scores, STREET).cells.set_index("item_name")
    assert whole.loc["资金使用率", "by_district"] == whole.loc["资金使用率", "points"] and whole.loc["总分", "points"] == "86.85"


def test_what_is_hidden_from_the_public_is_hidden_from_every_view(scores: Evaluation) -> None:
    gone = pd.DataFrame({"indicator": ["participation_rate"], "basis": ["residents"], "level": ["community"], "area_code": [AREA], "note": ["suppressed"]})
    shown = fa.release_scores(scores, "public", table=gone)
    row = fa.score_table(shown, AREA).cells.set_index("item_name").loc["居民参与率"]
    assert set(row[["points", "rate", "by_district"]]) == {"—"} and "保护隐私" in row["note"]
    street = fa.score_table(shown, STREET).cells.set_index("item_name").loc["居民参与率"]
    assert set(street[["points", "rate", "by_district"]]) == {"—"}
    assert "居民参与率" not in [*fa.gap_table(shown, AREA, 30, audience="street").cells["item_name"], *fa.strength_table(shown, AREA, 30).cells["item_name"]]
    assert not any("居民参与率 82.3%" in fa.plot_parts(e, AREA).layout.meta["description"] for e in (shown,)) and "保护隐私" in " ".join(
        note.text for note in fa.plot_parts(shown, AREA).layout.annotations
    )


def test_a_ranking_table_keeps_rank_and_set_together_and_streets_count_their_grades(scores: Evaluation, ranking: pd.DataFrame) -> None:
    table = fa.rank_table(ranking, scores, STREET)
    own = ranking.set_index("area_name").loc["梧桐里社区"]
    row = table.cells.set_index("area_name").loc["梧桐里社区"]
    assert (row["rank"], row["rank_set"], row["total_points"]) == (str(own["rank"]), f"{own['rank_lower']}–{own['rank_upper']}", "89.36")
    assert len(table.cells) == 8 and table.headings["part_basic"] == "基本评价"
    streets = fa.street_table(scores, audience="internal")
    counts = streets.cells[["grade_excellent", "grade_good", "grade_fair", "grade_poor"]].astype("int64")
    assert counts.iloc[:-1].sum().tolist() == counts.iloc[-1].tolist() == [21, 66, 3, 0] and streets.headings["grade_excellent"] == "优"
    public = fa.street_table(scores).cells
    nameless = public["area_name"].eq("不具名")  # how many communities a street has would be its name
    assert nameless.sum() == 6 and public.loc[nameless, ["communities", "grade_good"]].eq("—").all(axis=None)


def test_gaps_and_strengths_are_three_and_true(scores: Evaluation) -> None:
    gaps, best = fa.gap_table(scores, AREA, audience="street").cells, fa.strength_table(scores, AREA).cells
    assert gaps["to_gain"].astype("float64").is_monotonic_decreasing and len(gaps) == len(best) == 3
    assert best["above"].str.startswith("+").all()
    unscored = scores.items.assign(points=scores.items["points"].mask(scores.items["area_code"].eq(AREA)), rate=float("nan"))
    none = replace(scores, items=unscored)
    assert fa.gap_table(none, AREA, audience="street") == fa.strength_table(none, AREA) == "没有综合评价得分，不列。"


def test_the_three_rates_stand_beside_street_and_district(sample: Dataset) -> None:
    rates = fa.release(fa.indicators(sample, period="2020"))
    table = fa.rate_table(rates, sample, "999901001013", "2020")
    assert [table.headings[c] for c in table.cells][1:] == ["清和苑社区", "梧桐街道", "示例区"] and "截至2020年12月31日" in table.caption
    mine = table.cells.set_index("indicator").loc["群众满意率"]
    own = fa.row_of(fa.rows_of(rates, "satisfaction_rate"), "999901001013")
    assert f"n={own['n']}" in mine["own_value"] and "样本量不足" in mine["own_value"] and "样本量不足" not in mine["district_value"]


# --- charts and the sheet ----------------------------------------------------------------------------------------------


def test_the_chart_of_scores_draws_totals_sets_grades_and_the_accent(scores: Evaluation, ranking: pd.DataFrame) -> None:
    figure = fa.plot_scores(ranking, scores, DISTRICT, highlight=AREA, audience="internal")
    totals, sets, own = figure.data
    assert list(totals.x) == sorted(totals.x, reverse=True) and len(totals.x) == 90 and list(own.x) == sorted(own.x)
    at = list(totals.y).index(AREA)
    assert tuple(sets.x[3 * at : 3 * at + 3]) == (*ranking.loc[ranking["area_code"].eq(AREA), ["rank_lower", "rank_upper"]].iloc[0], None)
    assert totals.marker.line.color[at] == ACCENT and set(totals.marker.line.color) == {ACCENT, CONTEXT}
    hollow = [colour == "white" for colour in totals.marker.color]
    assert hollow == [("small_sample" in note) for note in ranking.set_index("area_code").loc[list(totals.y), "note"]]
    texts = [note.text for note in figure.layout.annotations]
    assert [shape.x0 for shape in figure.layout.shapes] == [90.0, 80.0] and {"优", "良", "中"} <= set(texts) and "89.36 · 23 (5–66)" in texts
    unranked = ranking.assign(rank=ranking["rank"].where(~ranking["area_code"].eq(AREA)), note="nothing_applicable")
    assert "没有适用的评价项" in " ".join(note.text for note in fa.plot_scores(unranked, scores, STREET).layout.annotations)
    assert len(fa.plot_scores(ranking.assign(rank=pd.array([None] * 90, dtype="Int64")), scores, STREET).data[0].x) == 0


def test_the_chart_of_parts_sets_items_against_the_district(scores: Evaluation) -> None:
    bars, marks = fa.plot_parts(scores, AREA).data
    items = scores.items[scores.items["area_code"].eq(AREA)].set_index("item_code")["rate"]
    shown = dict(zip(bars.y, bars.x, strict=True))
    assert len(shown) == 3 + 21 and shown["B01"] == items["B01"] and shown["part survey"] == pytest.approx(0.973)
    district = scores.items[scores.items["area_code"].eq(DISTRICT)].set_index("item_code")["rate"]
    assert dict(zip(marks.y, marks.x, strict=True))["P3"] == district["P3"]
    assert list(fa.plot_parts(scores, AREA, items=False).data[0].y) == ["part basic", "part performance", "part survey"]
    assert len(fa.plot_parts(scores, DISTRICT).data) == 1


@pytest.mark.parametrize("rubric", ["governance_fund", ""])
def test_the_sheet_names_no_other_community(sample: Dataset, monkeypatch: pytest.MonkeyPatch, rubric: str) -> None:
    monkeypatch.setattr(fa, "load", lambda *_, **__: sample)
    shown = " ".join(value if isinstance(value, str) else str(value) for value in run(SHEET, rubric=rubric))
    others = sample.areas.loc[sample.areas["level"].eq("community") & ~sample.areas["area_code"].eq(AREA), "area_name"]
    assert [name for name in others if name in shown] == [] and "梧桐里社区" in shown
    assert ("没有指定评价标准" in shown) == (rubric == "") and not re.search(r"\bnan\b|<NA>", shown)
