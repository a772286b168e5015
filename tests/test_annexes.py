"""The annexes: nothing is left out of them, each number is that of its row, and what is not for a reader is not told."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

import fundanalytics as fa
from fundanalytics.data.dataset import Dataset
from fundanalytics.data.load import load_rules
from fundanalytics.measure.definitions import INDICATORS
from fundanalytics.measure.methods import METHODS
from fundanalytics.show.annex_words import RULES, SOURCES, TERMS, VALUES
from fundanalytics.show.formats import percent
from fundanalytics.show.method_words import FORMULAS
from fundanalytics.show.scores import Unscored
from fundanalytics.show.tables import Table

DISTRICT, STREET = "999901", "999901001"


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return fa.load_sample()


@pytest.fixture(scope="module")
def table(ds: Dataset) -> pd.DataFrame:
    return fa.release(fa.indicators(ds, period="2020"), "public")


@pytest.fixture(scope="module")
def scored(ds: Dataset, table: pd.DataFrame):
    return fa.scored(ds, "governance_fund", period="2020", table=table, audience="internal")


def test_every_indicator_stands_in_the_annex_on_each_of_its_definitions_in_chinese(table: pd.DataFrame) -> None:
    made = fa.definition_table(table).cells
    assert len(made) == sum(len(i.bases) for i in INDICATORS.values()) and not made[["indicator", "basis", "tables", "method"]].eq("").any(axis=None)
    terms = {term for i in INDICATORS.values() if i.unit != "days" for pair in i.bases.values() for term in pair}
    assert terms <= set(TERMS)
    assert not made[["top", "bottom"]].apply(lambda column: column.str.contains("[a-z]{3}")).any(axis=None)


def test_every_definition_names_its_own_source_in_the_language_of_the_report_and_others_none(table: pd.DataFrame) -> None:
    zh, en = (fa.definition_table(table, lang).cells for lang in ("zh", "en"))
    main = [i == 0 for made in INDICATORS.values() for i, _ in enumerate(made.bases)]
    assert (zh["defined_by"][main] != "—").all() and (zh["defined_by"].eq("—") == en["defined_by"].eq("—")).all()
    assert zh.set_index("basis").loc["已签约÷已到位", "defined_by"] == "—"
    assert not zh["defined_by"].str.contains(r"[;:=]|[a-z]{4}").any()
    assert not en["defined_by"].str.replace("成社办发〔2020〕2号", "").str.contains("[一-鿿]").any()


def test_formulas_are_told_in_the_language_of_the_report(table: pd.DataFrame) -> None:
    names = "Benjamini Hochberg Satterthwaite Wallace Wilson Kitagawa Clopper Pearson Korn Graubard Woodruff Kish"
    signs = {*names.split(), "asin", "sin", "max", "eff", "expit", "logit", "Beta", "MSB", "MSW", "MSE", "MSJ"}
    assert {code: words for code in METHODS if (words := set(re.findall("[A-Za-z]{3,}", FORMULAS[code])) - signs)} == {}
    zh, en = (fa.method_table(table, lang).cells for lang in ("zh", "en"))
    assert zh["formula"].str.contains("[一-鿿]").all() and not en["formula"].str.contains("[一-鿿]").any()


def test_every_rule_stands_in_the_annex_with_status_and_source_in_chinese(ds: Dataset, scored) -> None:
    book = load_rules()
    entries = [name for name, rule in book.items() if isinstance(rule, dict)] + ["breaks"] * len(book["breaks"])
    made = fa.rule_table(ds, scored[0]).cells
    assert len(made) == len(entries) + 1  # and the rubric
    assert set(entries) <= set(RULES) and set(made["status"]) == {"假定", "正式规定"}
    assert {
        str(rule["source"]) for rule in (*book["breaks"], *(r for r in book.values() if isinstance(r, dict))) if re.search("[a-z]{4}", rule["source"])
    } <= set(SOURCES)
    assert not made["setting"].iloc[:-1].str.contains("[a-z]{4}").any() and "resident" in VALUES


def test_a_districts_own_rule_is_shown_with_its_own_source(ds: Dataset, scored) -> None:
    own = replace(ds, rules=ds.rules | {"min_people": {"value": 10, "status": "official", "source": "示例区社治办〔2020〕1号"}})
    row = fa.rule_table(own, scored[0]).cells.set_index("rule").loc["不公开的人数下限"]
    assert row.tolist() == ["10", "正式规定", "示例区社治办〔2020〕1号"]


@pytest.mark.parametrize("area", [DISTRICT, STREET, "999901001010"])
def test_the_table_of_the_conclusion_is_that_of_the_evaluation(scored, area: str) -> None:
    made, evaluation = fa.conclusion_table(scored[0], area).cells, scored[0]
    parts = evaluation.parts[evaluation.parts["area_code"].eq(area) & evaluation.parts["project_id"].eq("")]
    total = evaluation.totals[evaluation.totals["area_code"].eq(area) & evaluation.totals["project_id"].eq("")].iloc[0]
    assert made["points"].iloc[: len(parts)].astype("float64").tolist() == parts["points"].tolist()
    assert made["rate"].iloc[: len(parts)].tolist() == [percent(p / m) for p, m in zip(parts["points"], parts["maximum"], strict=True)]
    assert float(made["points"].iloc[-1]) == total["total"] and made["maximum"].iloc[-1] == "100"
    assert ("district_rate" in made) == (area != DISTRICT)


def test_every_value_of_an_area_stands_in_the_annex_and_small_samples_are_named(table: pd.DataFrame) -> None:
    rows = table[table["area_code"].eq(STREET)]
    made = fa.value_table(table, STREET).cells
    assert len(made) == len(rows) and made["reached"].ne("—").sum() == rows["value"].notna().sum()
    small = table[(table["quality"] == 3) & table["value"].notna() & table["lower"].notna()].iloc[0]
    told = fa.value_table(table[table["area_code"].eq(small["area_code"])], small["area_code"]).cells
    assert told["remark"].str.contains("样本量不足").any()


def test_the_survey_is_told_with_the_sums_of_its_communities(ds: Dataset) -> None:
    rows = ds.surveys[ds.surveys["period"].eq("2020") & ds.surveys["area_code"].str.startswith(STREET)]
    issued, returned, valid = (int(n) for n in rows[["issued", "returned", "valid"]].sum())
    told = fa.say_survey(ds, STREET, "2020")
    rates = percent(returned / issued), percent(valid / returned)
    assert told == f"2020年满意度测评（第1批）：发放{issued}份，回收{returned}份，回收率{rates[0]}；有效{valid}份，占回收的{rates[1]}。"
    assert told.rows == ({"area_code": STREET, "period": "2020", "issued": issued, "returned": returned, "valid": valid},)
    assert "没有报送" in fa.say_survey(ds, STREET, "2019")


def test_few_answers_are_told_to_internal_readers_only(ds: Dataset) -> None:
    rows = ds.surveys.copy()
    here = rows["area_code"].str.startswith(STREET) & rows["period"].eq("2020")
    rows.loc[here, ["issued", "returned", "valid"]] = [9, 0, 0]
    rows.loc[rows.index[here][0], ["returned", "valid"]] = [4, 3]
    few = replace(ds, tables=ds.tables | {"surveys": rows})
    public, inner = fa.say_survey(few, STREET, "2020"), fa.say_survey(few, STREET, "2020", audience="internal")
    assert "过少，不公开" in public and not {"returned", "valid"} & set(public.rows[0]) and "有效3份" in inner


def test_the_sample_is_described_by_its_own_answers(ds: Dataset, table: pd.DataFrame) -> None:
    given = ds.responses[ds.responses["period"].eq("2020") & ds.responses["area_code"].str.startswith(STREET)]
    told = fa.say_sample(ds, table, STREET)
    assert f"{given['area_code'].nunique()}个社区的{given['cluster'].nunique()}个院落" in told and "加权" in told
    for area in (STREET, "999901001010"):  # fewer answers than given, or as many
        row = fa.row_of(fa.rows_of(table, "satisfaction_rate"), area)
        assert ("有效样本量" in fa.say_sample(ds, table, area)) == (row["n_eff"] < row["n"])


def test_kinds_of_figures_are_counted_apart(ds: Dataset, table: pd.DataFrame, scored) -> None:
    mine = table[table["area_code"].eq(DISTRICT)]
    told = fa.say_kinds(ds, mine, scored[0])
    assert f"公开发布的数字{len(ds.published)}项" in told and f"数值{mine['value'].notna().sum()}个" in told and "为假定" in told


def test_targets_are_listed_in_the_unit_of_their_indicator(ds: Dataset, table: pd.DataFrame) -> None:
    assert fa.target_table(ds, table, DISTRICT, "2020").cells.iloc[0].tolist()[:3] == ["资金使用率", "不低于95.0%", "95.8%"]
    assert "没有报送" in fa.target_table(ds, table, STREET, "2020")


@pytest.mark.parametrize("audience", ["public", "street"])
def test_leniency_self_gaps_and_borderline_rewards_are_for_internal_readers_only(scored, audience: str) -> None:
    evaluation, ranking = scored
    told = (fa.leniency_table(evaluation, audience=audience), fa.self_gap_table(evaluation, audience=audience),
            fa.reward_table(ranking, evaluation, audience=audience))  # fmt: skip
    assert all(isinstance(one, str) and one.endswith("只列入内部版。") for one in told)


def test_inner_tables_give_the_figures_of_their_measures(scored) -> None:
    evaluation, ranking = scored
    strict = fa.leniency_table(evaluation, audience="internal")
    assert isinstance(strict, Table) and len(strict.cells) == len(fa.leniency(evaluation)) and "区间包含0" in strict.caption
    gaps = fa.self_gap_table(evaluation, audience="internal", count=3).cells
    found = fa.self_gap_by_item(evaluation)
    assert float(gaps["gap"].iloc[0]) == round(found.loc[found["level"].eq("district"), "value"].max(), 1)
    given = fa.rewards(ranking)
    hang = given.loc[given["depends_on_error"].fillna(False).astype("bool"), "area_name"]
    edge = fa.reward_table(ranking, evaluation, audience="internal", count=100)
    assert set(edge.cells["area_name"]) == set(hang) and f"共{len(hang)}个" in edge.caption and "依据假定标准试算" in edge.stamp
    ends = given.loc[given["tier"].ne(""), "rank"].groupby(given["tier"]).max()
    nearest = fa.reward_table(ranking, evaluation, audience="internal", count=4).cells["rank"].astype("int64")
    assert all(min(abs(rank - end - 0.5) for end in ends) <= 1.5 for rank in nearest)


def test_without_scores_every_table_says_so() -> None:
    none = Unscored("no_rubric")
    made = [fa.conclusion_table(none, DISTRICT), fa.rubric_table(none), fa.leniency_table(none, audience="internal"),
            fa.self_gap_table(none, audience="internal"), fa.reward_table(none, none, audience="internal")]  # fmt: skip
    assert set(made) == {none.short("zh")}
