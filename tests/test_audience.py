"""Who is named before whom, and what the files that a batch shares tell an audience."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import area_tree, small_dataset

import fundanalytics as fa
from fundanalytics.data.dataset import Dataset
from fundanalytics.measure.scores import Evaluation
from fundanalytics.publish.audience import shared_codes, shared_inputs, shared_notes, shared_table, without_names
from fundanalytics.show.audience_words import NAMELESS, REFUSED
from fundanalytics.show.naming import say_not_named
from fundanalytics.show.scores import nameless

LANGS = ("zh", "en")
DISTRICT, STREET, OTHER, COMMUNITY = "999901", "999901001", "999901007", "999901001010"
TREE = area_tree({"S1": ["a", "b"], "S2": ["c"], "S3": ["d"]})
SMALL = small_dataset(areas=TREE)


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return fa.load_sample()


@pytest.fixture(scope="module")
def table(sample: Dataset) -> pd.DataFrame:
    return fa.release(fa.indicators(sample, period="2020"))


@pytest.fixture(scope="module")
def scores(sample: Dataset) -> Evaluation:
    return fa.evaluate(sample, period="2020")


@pytest.fixture(scope="module")
def ranking(scores: Evaluation) -> pd.DataFrame:
    return fa.rank(scores)


def rows(values: dict[str, float | None], indicator: str = "usage_rate", **columns: object) -> pd.DataFrame:
    names = {area["area_code"]: area["area_name"] for area in TREE}
    made = pd.DataFrame(
        {"indicator": indicator, "area_code": list(values), "area_name": [names[c] for c in values], "period": "2020", "value": list(values.values())}
    )
    return made.assign(**columns).astype({"value": "float64"})


# --- who is named ------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=4, max_size=4), st.floats(0, 1), st.sampled_from(["usage_rate", "sediment_rate"]))
def test_the_public_reads_a_name_only_where_it_is_for_the_good(values: list[float | None], whole: float, indicator: str) -> None:
    given, district = rows(dict(zip("abcd", values, strict=True)), indicator), rows({"D": whole}, indicator).iloc[0]
    shown, sign = fa.named(given, SMALL, "b", "public", district), 1 if indicator == "usage_rate" else -1
    told = set(shown["area_code"]) & set("abcd")
    assert told == {c for c, v in zip("abcd", values, strict=True) if c == "b" or (v is not None and (v - whole) * sign >= -1e-9)}
    if 0 < 4 - len(told) < 3:  # who is missing is known: left out, and told how many
        assert shown.attrs["left_out"] == 4 - len(told) == 4 - len(shown) and "另有" in say_not_named(shown)
        return
    hidden = shown[~shown["area_code"].isin(told)]
    assert set(hidden["area_name"]) <= {"不具名"} and hidden["area_code"].str.fullmatch(r"unnamed-\d\d").all() and hidden["area_code"].is_unique
    assert sorted(shown["value"].fillna(-1)) == sorted(given["value"].fillna(-1)) and list(shown.index) == list(range(4))


def test_a_place_in_the_list_is_no_name_either() -> None:
    shown = fa.named(rows({"a": 0.1, "b": 0.9, "c": 0.3, "d": 0.2}), SMALL, "D", "public", rows({"D": 0.5}).iloc[0], lang="en")
    assert shown["area_code"].tolist() == ["b", "unnamed-01", "unnamed-02", "unnamed-03"] and shown["value"].tolist() == [0.9, 0.3, 0.2, 0.1]
    assert shown["area_name"].tolist() == ["name b", *["Unnamed"] * 3]


def test_without_a_figure_to_reach_and_where_no_side_is_better_only_the_own_area_is_named() -> None:
    given, whole = rows({"a": 0.9, "b": 0.9, "c": 0.9, "S1": 0.9, "S2": 0.9, "D": 0.5}), rows({"D": 0.5}).iloc[0]
    neutral = [t.assign(indicator="process_days") for t in (given, whole.to_frame().T)]
    for shown in (fa.named(given, SMALL, "a"), fa.named(neutral[0], SMALL, "a", "public", neutral[1])):
        assert set(shown["area_code"]) == {"a", "S1", "D", "unnamed-01", "unnamed-02", "unnamed-03"}
    assert "低于" not in say_not_named(shown)


def test_who_falls_short_once_is_named_nowhere_and_bears_one_code() -> None:
    """A comparison must reach both the later value and the change; a funnel names nobody outside on the worse side; a line has one code in all years."""
    years = pd.concat([rows({"a": 0.9, "b": 0.9, "c": 0.2, "d": 0.3}), rows({"a": 0.9, "b": 0.1, "c": 0.2, "d": 0.3}).assign(period="2019")])
    whole = pd.concat([rows({"D": 0.5}), rows({"D": 0.5}).assign(period="2019")])
    assert fa.named(years, SMALL, "D", "public", whole)["area_code"].tolist() == [f"unnamed-0{i // 2}" if i > 1 else "a" for i in range(8)]
    told = {"baseline": "2017", "current": "2020", "current_value": [0.9, 0.9, 0.4, 0.3], "change": [0.2, 0.1, 0.3, 0.05]}
    change = rows(dict.fromkeys("abcd"), **told).drop(columns="value")
    against = rows({"D": None}, baseline="2017", current="2020", current_value=0.8, change=0.15).drop(columns="value")
    assert fa.named(change, SMALL, "D", "public", against)["area_code"].tolist() == ["a", "unnamed-01", "unnamed-02", "unnamed-03"]
    funnel = rows({"a": 0.6, "b": 0.9, "c": 0.61, "d": 0.62}, expected=0.7, outside=True)
    assert fa.named(funnel, SMALL, "D", "public", rows({"D": 0.5}).iloc[0])["area_code"].tolist() == ["b", "unnamed-01", "unnamed-02", "unnamed-03"]


def test_a_street_sees_itself_and_the_district_and_internal_readers_all() -> None:
    given = rows(dict.fromkeys([area["area_code"] for area in TREE], 0.1))
    given.attrs["origin"] = "synthetic"
    seen = {"S1": {"D", "S1", "a", "b"}, "a": {"D", "S1", "a"}, "D": {"D"}}
    assert {area: set(fa.named(given, SMALL, area, "street")["area_code"]) for area in seen} == seen
    assert fa.named(given, SMALL, "a", "internal").equals(given)
    assert all(fa.named(given, SMALL, "a", audience).attrs == given.attrs for audience in ("public", "street", "internal"))
    assert set(given["area_code"]) == {area["area_code"] for area in TREE}
    with pytest.raises(fa.ArgumentError):
        fa.named(given, SMALL, "a", "all")


def test_neither_hover_texts_nor_chart_data_hold_an_unnamed_area(sample: Dataset, table: pd.DataFrame) -> None:
    usage, rate = fa.rows_of(table, "usage_rate"), fa.rows_of(table, "satisfaction_rate")
    change = fa.change_since(sample, "usage_rate", baseline="2012-2017", current="2018-2020", by=["street", "district"])
    years = fa.over_years(fa.usage_rate, sample, period="2020", first="2018", by=["street", "district"])
    level = {name: t[t["level"].eq("street")] for name, t in (("usage", usage), ("change", change), ("years", years))}
    funnel = fa.funnel(rate[rate["level"].eq("community")])
    cases = [(level["usage"], fa.row_of(usage, DISTRICT), fa.plot_ranking), (level["change"], change[change["level"].eq("district")], fa.plot_comparison),
             (years, years[years["level"].eq("district")], fa.plot_trend), (funnel, fa.row_of(rate, DISTRICT), fa.plot_funnel)]  # fmt: skip
    for rows_of, whole, plot in cases:
        shown = fa.named(rows_of, sample, DISTRICT, "public", whole)
        gone = rows_of[~rows_of["area_code"].isin(shown["area_code"])]
        text = plot(shown).to_json() + fa.table(shown).cells.to_string()
        assert len(gone) and not [n for n in {*gone["area_code"], *(set(gone["area_name"]) - set(shown["area_name"]))} if re.search(rf"(?<!\d){n}(?!\d)", text)]
        assert plot(fa.named(rows_of, sample, DISTRICT, "street", whole)).layout.meta["title"]  # nothing left is a chart too


# --- scores ------------------------------------------------------------------------------------------------------------


def shown_scores(scores: Evaluation, ranking: pd.DataFrame, audience: str, area: str) -> str:
    told = [fa.rank_table(ranking, scores, area, audience=audience), fa.street_table(scores, area=area, audience=audience)]
    return fa.plot_scores(ranking, scores, area, audience=audience).to_json() + "".join(str(t) if isinstance(t, str) else t._repr_html_() for t in told)


def test_scores_name_to_the_public_those_at_or_above_the_district_and_to_a_street_its_own(scores: Evaluation, ranking: pd.DataFrame) -> None:
    totals = scores.totals.set_index("area_code")
    unique = totals["area_name"][~totals["area_name"].duplicated(keep=False)]
    below = {n for c, n in unique.items() if totals.loc[c, "total"] < totals.loc[DISTRICT, "total"]}
    public, own = shown_scores(scores, ranking, "public", DISTRICT), shown_scores(scores, ranking, "street", STREET)
    assert [n for n in below if n in public] == [] and [n for n in set(unique) - below if n not in public] == [] and "不具名" in public
    inside = {n for c, n in unique.items() if c.startswith(STREET) or c == DISTRICT}
    assert [n for n in set(unique) - inside if n in own] == [] and [n for n in inside if n not in own] == []
    whole, internal = shown_scores(scores, ranking, "street", DISTRICT), shown_scores(scores, ranking, "internal", DISTRICT)
    assert [n for n in unique if n in whole] == ["示例区"] and [n for n in unique if n not in internal] == []


def test_a_rank_below_the_mean_and_weak_items_are_not_for_the_public(scores: Evaluation, ranking: pd.DataFrame) -> None:
    for row in ranking.itertuples():
        said = fa.say_standing(scores, ranking, row.area_code)
        assert (REFUSED["zh"]["rank"] in said) == (row.band == "below") != (f"第{row.rank}名" in said)
        assert {r.get("area_code") for r in said.rows} == {row.area_code}
    unsure = ranking.assign(band="")
    last, first = (ranking["area_code"].iloc[i] for i in (-1, 0))
    assert fa.say_rank(unsure, last) == REFUSED["zh"]["rank"] and "第1名" in fa.say_rank(unsure, first) and "名" in fa.say_rank(unsure, last, "zh", "street")
    assert fa.gap_table(scores, COMMUNITY) == REFUSED["zh"]["gaps"] and len(fa.gap_table(scores, COMMUNITY, audience="street").cells) == 3
    assert "未采用" not in fa.say_how_ranked(scores) and "未采用" in fa.say_how_ranked(scores, audience="internal")
    assert all("area_code" not in r for r in fa.say_noise(ranking).rows)


def test_released_scores_hold_no_name_no_file_and_no_assessor(scores: Evaluation, ranking: pd.DataFrame) -> None:
    hidden = nameless(scores, DISTRICT, "public")
    names = set(scores.totals.loc[scores.totals["area_code"].isin(hidden), "area_name"]) - {"新园社区"}  # two bear this name, one of them is named
    shown, tables = without_names(scores, {"ranking": ranking, "gaps": scores.gaps, "rewards": None}, "public")
    assert tables["gaps"] is None and shown.refused.empty and shown.records["source_file"].isna().all()
    held = [shown.limits.tree, shown.limits.areas, shown.records, shown.points, shown.items, shown.parts, shown.totals, tables["ranking"]]
    for frame in held:
        cells = set(frame.select_dtypes(exclude="number").astype("str").stack())
        assert not cells & (names | hidden) and len(frame)
    peers = shown.records[shown.records["source"].eq("peer")]
    assert peers["assessor_code"].str.fullmatch(r"\d\d").all() and (shown.limits.at(shown.totals["area_code"], "street").isin(hidden)).sum() == 0
    assert all(group.sort_values("assessor_code")["value"].dropna().is_monotonic_increasing for _, group in peers.groupby(["area_code", "item_code"]))
    assert without_names(scores, {}, "internal")[0] is scores
    assert shown.totals["total"].sum() == pytest.approx(
        scores.totals.loc[~scores.totals["area_code"].isin(hidden) | scores.totals["level"].eq("community"), "total"].sum()
    )


# --- matters to be verified, shared files ------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_matters_to_be_verified_are_a_streets_own_and_never_the_publics(sample: Dataset, table: pd.DataFrame, lang: str) -> None:
    for area, seen in ((DISTRICT, {"internal"}), (STREET, {"internal", "street"})):
        for audience in ("public", "street", "internal"):
            wrong, gaps = fa.repairs(sample, area, lang=lang, audience=audience), fa.widest_gaps(table, sample, area, "2020", lang=lang, audience=audience)
            told = [fa.table(wrong, lang=lang), fa.table(gaps, lang=lang)]
            assert ("caption" in wrong.attrs and "caption" in gaps.attrs) == (audience not in seen) and (audience in seen or len(wrong) == len(gaps) == 0)
            assert [t.caption in set(REFUSED[lang].values()) for t in told] == [audience not in seen] * 2
            assert ("refused" in fa.files_used(sample, area, audience=audience)) == (audience in seen)
            assert (str(fa.say_findings(sample, area, lang, audience)) in REFUSED[lang].values()) == (audience not in seen)
            assert bool(re.search("拒收|refused|需要核对|need checking", fa.say_coverage(sample, area, "2020", lang, audience))) == (audience in seen)
    assert len(fa.repairs(sample, audience="internal")) > 0 == len(fa.repairs(sample, audience="street"))
    files = fa.files_used(sample, DISTRICT, audience="street")["file"]
    streets = set(sample.areas.loc[sample.areas["level"].eq("street"), "area_name"])
    assert len(files) and not [file for file in files for name in streets if name in file]
    own = fa.repairs(sample, STREET, audience="street")
    assert set(own["file"]) <= set(fa.files_used(sample, STREET)["file"])


def test_shared_files_of_street_editions_tell_of_one_street_or_of_none(sample: Dataset, table: pd.DataFrame) -> None:
    one = [{"area_code": COMMUNITY}, {"area_code": STREET}, {"area_code": DISTRICT}]
    own = shared_table(table, sample, one, "street")
    assert set(own["area_code"]) == {DISTRICT, *(c for c in table["area_code"] if c.startswith(STREET))} and own.attrs == table.attrs
    assert set(shared_table(table, sample, [*one, {"area_code": OTHER}], "street")["area_code"]) == {DISTRICT} == shared_codes(sample, [], "street")
    assert all(len(shared_table(table, sample, one, audience)) == len(table) for audience in ("public", "internal"))
    assert {name for row in shared_inputs(sample, "public") for name in row} == {"file", "sha256"} and "status" in shared_inputs(sample, "internal")[0]
    assert set(shared_notes(sample, "street")) == {"files", "kept"} and shared_notes(sample, "internal")["findings"] == len(sample.findings)


def test_words_of_an_audience_exist_in_both_languages() -> None:
    assert REFUSED["zh"].keys() == REFUSED["en"].keys() and set(NAMELESS) == set(LANGS)
