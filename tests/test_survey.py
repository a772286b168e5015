"""Survey estimates against R's survey package (expected/make_survey_reference.R), and where an interval must not be given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from small import area_tree, small_dataset
from test_indicators import answer, by_area, opinions

from benchmarks.coverage_survey import simulate
from fundanalytics.data.areas import LEVELS
from fundanalytics.errors import ArgumentError
from fundanalytics.measure import survey
from fundanalytics.measure.indicators import awareness_rate, satisfaction_rate, satisfaction_score

TREE = area_tree({"S1": ["a", "b"], "S2": ["c"]})
EXPECTED = Path(__file__).parent / "expected"
REFERENCE = pd.read_csv(EXPECTED / "survey_r_survey.csv", comment="#", skipinitialspace=True)
DESIGNS = {
    "strat": ("apistrat", {"stratum": "stype", "stratum_size": "fpc", "weight": "pw"}),
    # apiclus1 takes every school of a district: the cluster's size is what was drawn
    "clus1": ("apiclus1", {"cluster": "dnum", "stratum_size": "fpc", "cluster_size": "taken", "weight": "pw"}),
    "clus2": ("apiclus2", {"cluster": "dnum", "stratum_size": "fpc1", "cluster_size": "fpc2", "weight": "pw"}),
    "strat2": ("apiclus2", {"stratum": "half", "cluster": "dnum", "stratum_size": "half_size", "cluster_size": "fpc2", "weight": "half_pw"}),
    "stratwr": ("apistrat", {"stratum": "stype", "weight": "pw"}),
    "clus1wr": ("apiclus1", {"cluster": "dnum", "weight": "pw"}),
}
DOMAINS = ["E", "H", "M"]


def api(name: str) -> tuple[pd.DataFrame, survey.Design]:
    file, roles = DESIGNS[name]
    data = pd.read_csv(EXPECTED / f"{file}_r_survey.csv", comment="#")
    if "taken" in roles.values():
        data["taken"] = data.groupby("dnum")["snum"].transform("size")
    return data, survey.design_of(pd.DataFrame({role: data[column] for role, column in roles.items()}))


def estimate(data: pd.DataFrame, design: survey.Design, what: str, **domain: object) -> survey.Estimates:
    if what == "mean_api00":
        return survey.mean(design, data["api00"], **domain)
    if what == "ratio_api00_api99":
        return survey.ratio(design, data["api00"], data["api99"], **domain)
    return survey.proportion(design, data["awards"] == "Yes", **domain)


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("what", ["mean_api00", "ratio_api00_api99", "share_awards"])
def test_estimates_limits_and_df_are_those_of_r_for_all_and_for_every_domain(name: str, what: str) -> None:
    data, design = api(name)
    whole = estimate(data, design, what)
    parts = estimate(data, design, what, domain=data["stype"].map(DOMAINS.index), domains=3)
    for domain, found, at in [("all", whole, 0), *((d, parts, i) for i, d in enumerate(DOMAINS))]:
        r = REFERENCE[(REFERENCE["design"] == name) & (REFERENCE["domain"] == domain) & (REFERENCE["estimate"] == what)].iloc[0]
        mine = [found.value[at], found.se[at], found.lower[at], found.upper[at], found.df[at]]
        # R prints 15 digits; nothing iterative on either side
        np.testing.assert_allclose(mine, r[["value", "se", "lower", "upper", "df"]].to_numpy(float), rtol=1e-9)


def test_a_change_between_samples_that_share_clusters_carries_their_covariance() -> None:
    data, _ = api("clus1wr")
    data = data[data["stype"] != "H"].reset_index(drop=True)
    waves = pd.DataFrame({"cluster": data["dnum"], "weight": data["pw"], "wave": data["stype"]})
    found = survey.change(survey.design_of(waves), data["api00"], data["stype"] == "M")
    r = REFERENCE[REFERENCE["estimate"] == "contrast_api00"].iloc[0]
    np.testing.assert_allclose([found.value[0], found.se[0]], [r["value"], r["se"]], rtol=1e-9)


def test_samples_without_shared_clusters_are_independent() -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"area_code": "a", "wave": ["1"] * 40 + ["2"] * 60, "cluster": [f"c{i // 10}" for i in range(100)]})
    y = rng.normal(size=100)
    later = (frame["wave"] == "2").to_numpy()
    both = survey.change(survey.design_of(frame), y, later)
    apart = [survey.mean(survey.design_of(frame[at].reset_index(drop=True)), y[at]) for at in (~later, later)]
    assert both.se[0] == pytest.approx(np.hypot(apart[0].se[0], apart[1].se[0]))
    assert both.df[0] == apart[0].df[0] + apart[1].df[0] == 8


def answers(*communities: list[list[float]]) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """One list per community, in it one list of answers per cluster."""
    rows = [(f"c{a}", f"k{k}", y, a) for a, community in enumerate(communities) for k, cluster in enumerate(community) for y in cluster]
    frame = pd.DataFrame(rows, columns=["area_code", "cluster", "y", "domain"])
    return frame, frame["y"].to_numpy(), frame["domain"].to_numpy()


def test_a_community_with_one_cluster_gets_no_limits_and_the_others_keep_theirs() -> None:
    frame, y, domain = answers([[1, 0, 1]], [[1, 0], [0, 0], [1, 1]])
    design = survey.design_of(frame)
    found = survey.proportion(design, y, domain=domain, domains=2)
    assert found.note.tolist() == ["one_cluster", ""]
    assert found.value[0] == pytest.approx(2 / 3) and np.isnan([found.lower[0], found.se[0], found.n_eff[0]]).all()
    assert np.isfinite([found.lower[1], found.upper[1]]).all()
    assert survey.proportion(design, y).note.tolist() == ["one_cluster"]
    centred = survey.proportion(survey.design_of(frame, centre_lonely=True), y)
    assert centred.note.tolist() == ["one_cluster_centred"] and np.isfinite(centred.lower[0])


def test_a_domain_inside_one_cluster_of_a_larger_stratum_gets_no_limits() -> None:
    frame, y, _ = answers([[1, 0, 1], [1, 0, 0], [0, 1, 1]])
    found = survey.proportion(survey.design_of(frame), y, domain=np.where(frame["cluster"] == "k0", 0, -1))
    assert found.note[0] == "one_cluster" and np.isnan(found.lower[0])


def test_a_change_needs_two_clusters_on_both_sides() -> None:
    frame, y, _ = answers([[1, 0, 1], [0, 1, 1], [0, 0, 1], [1, 0, 0]])
    frame["wave"] = ["1"] * 6 + ["2"] * 6
    inside = np.where(frame["cluster"] == "k0", -1, 0)
    found = survey.change(survey.design_of(frame), y, frame["wave"] == "2", domain=inside)
    assert found.note[0] == "one_cluster" and np.isnan([found.lower[0], found.se[0]]).all() and np.isfinite(found.value[0])


def test_a_first_stage_alone_corrects_nothing() -> None:
    data, _ = api("clus2")
    roles = {"cluster": data["dnum"], "weight": data["pw"], "stratum_size": data["fpc1"]}
    known, unknown = (survey.mean(survey.design_of(pd.DataFrame(r)), data["api00"]) for r in (roles, {k: v for k, v in roles.items() if k != "stratum_size"}))
    assert known.se[0] == unknown.se[0]


@pytest.mark.parametrize(("answer", "bound"), [(1.0, "upper"), (0.0, "lower")])
def test_when_all_or_none_hold_the_limits_are_korn_graubard(answer: float, bound: str) -> None:
    frame, y, _ = answers([[answer] * 10, [answer] * 10])
    found = survey.proportion(survey.design_of(frame), y)
    # n_eff = n = 20, times (t_19 / t_1)² = (2.093024 / 12.706205)²
    n = 20 * (2.0930240544 / 12.7062047362) ** 2
    edge = 0.025 ** (1 / n)
    assert getattr(found, bound)[0] == answer
    assert (found.lower[0] if answer else 1 - found.upper[0]) == pytest.approx(edge, rel=1e-6)
    assert found.method[0] == "survey, Korn-Graubard"


def test_equal_clusters_do_not_make_a_share_certain() -> None:
    frame, y, _ = answers([[1, 0], [1, 0], [1, 0]])
    found = survey.proportion(survey.design_of(frame), y)
    assert found.value[0] == 0.5 and found.lower[0] < 0.2 and found.upper[0] > 0.8


def test_a_score_without_spread_has_no_limits() -> None:
    frame, y, _ = answers([[5, 5], [5, 5], [5, 5]])
    found = survey.mean(survey.design_of(frame), y)
    assert found.value[0] == 5 and found.note[0] == "no_variation" and np.isnan(found.lower[0])


def test_blank_answers_and_empty_domains_are_blank_with_a_reason() -> None:
    frame, y, domain = answers([[1, np.nan], [0, 1]], [[np.nan], [np.nan]])
    found = survey.proportion(survey.design_of(frame), y, domain=domain, domains=3)
    assert found.note.tolist() == ["", "no_data", "no_data"] and found.n.tolist() == [3, 0, 0]
    assert np.isnan(found.value[1:]).all()


def test_answers_without_weight_among_weighted_ones_do_not_count() -> None:
    frame, y, domain = answers([[1, 0], [0, 1], [0, 1]], [[1, 1], [1, 1]])
    frame["weight"] = [2, 1, 1, 1, 1, 1, 0, 0, np.nan, -1]
    found = survey.proportion(survey.design_of(frame), y, domain=domain, domains=2)
    assert found.note.tolist() == ["", "zero_weight"] and np.isnan(found.value[1])
    assert found.value[0] == pytest.approx(4 / 7) and found.n[0] == 6


def test_order_does_not_matter_and_the_input_stays() -> None:
    data, _ = api("clus2")
    frame = pd.DataFrame({"cluster": data["dnum"], "stratum_size": data["fpc1"], "cluster_size": data["fpc2"], "weight": data["pw"]})
    before, order = frame.copy(), np.random.default_rng(1).permutation(len(frame))
    straight = survey.mean(survey.design_of(frame), data["api00"])
    mixed = survey.mean(survey.design_of(frame.iloc[order]), data["api00"].to_numpy()[order])
    np.testing.assert_allclose([mixed.value, mixed.se, mixed.lower], [straight.value, straight.se, straight.lower], rtol=1e-12)
    pd.testing.assert_frame_equal(frame, before)


def test_more_confidence_is_never_narrower() -> None:
    data, design = api("clus1")
    for what in ("mean_api00", "ratio_api00_api99"):
        wide, narrow = (estimate(data, design, what, confidence=c) for c in (0.99, 0.9))
        assert wide.lower[0] < narrow.lower[0] and wide.upper[0] > narrow.upper[0]


def test_effective_sample_and_design_effect() -> None:
    data, design = api("clus1")
    found = survey.proportion(design, data["awards"] == "Yes")
    p, v = found.value[0], found.se[0] ** 2
    assert found.n_eff[0] == pytest.approx(p * (1 - p) / v)
    assert found.deff[0] == pytest.approx(v / (p * (1 - p) / (183 - 1)))


def whole(*communities: list[list[float]]) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """As ``answers``, every cluster and every answer in it being drawn."""
    frame, y, domain = answers(*communities)
    frame["stratum_size"] = frame.groupby("area_code")["cluster"].transform("nunique")
    frame["cluster_size"] = frame.groupby(["area_code", "cluster"])["y"].transform("size")
    return frame, y, domain


def test_where_everybody_was_asked_limits_equal_the_value_however_answers_vary() -> None:
    frame, y, domain = whole([[1, 0, 1], [0, 0], [1]], [[1, 0, 1, 1]])
    design = survey.design_of(frame)
    for found in (survey.proportion(design, y, domain=domain, domains=2), survey.mean(design, y, domain=domain, domains=2)):
        assert found.method.tolist() == ["survey, census"] * 2 and found.note.tolist() == ["", ""]
        assert found.lower.tolist() == found.upper.tolist() == found.value.tolist() == pytest.approx([0.5, 0.75])
        assert found.se.tolist() == [0, 0] and found.n_eff.tolist() == [6, 4]
    frame["wave"] = ["1"] * 6 + ["2"] * 4
    moved = survey.change(survey.design_of(frame), y, frame["wave"] == "2")
    assert moved.method[0] == "survey, census" and moved.lower[0] == moved.upper[0] == pytest.approx(0.25)


def test_one_answer_that_was_not_drawn_makes_a_sample_of_a_census() -> None:
    frame, y, _ = whole([[1, 0, 1], [0, 0], [1, 0]])
    frame.loc[frame["cluster"] == "k0", "cluster_size"] = 4
    found = survey.proportion(survey.design_of(frame), y)
    assert found.method[0] == "survey, logit" and found.lower[0] < found.value[0] < found.upper[0]


def test_a_simple_sample_has_the_limits_of_newcombes_table() -> None:
    """Newcombe (1998), table I: 81/263 gives .2553, .3662. A mean is that of ``mean_t``, blank where nothing varies."""
    y, domain = np.r_[np.ones(81), np.zeros(182), np.nan, [3.0, 3.0]], np.r_[np.zeros(264), [2, 2]].astype(int)
    found = survey.simple(y, domain=np.where(domain == 2, -1, domain), domains=2)
    assert [found.lower[0], found.upper[0]] == pytest.approx([0.2553, 0.3662], abs=5e-5)
    assert found.method[0] == "wilson" and found.n.tolist() == [263, 0] and found.n_eff[0] == 263 and found.note.tolist() == ["", "no_data"]
    means = survey.simple([1.0, 2, 3, 4, 5, 4, 4], domain=[0, 0, 0, 0, 0, 2, 2], domains=3, share=False)
    assert [means.lower[0], means.upper[0]] == pytest.approx([1.0368, 4.9632], abs=5e-5)
    assert means.note.tolist() == ["", "no_data", "no_variation"] and means.value[2] == 4 and np.isnan(means.lower[2])


# --- the other estimators, by names of columns ------------------------------------------------------------------------
COLUMN_DESIGNS = {
    "strat": ("apistrat", {"strata": "stype", "stratum_size": "fpc", "weights": "pw"}),
    "clus1": ("apiclus1", {"clusters": "dnum", "stratum_size": "fpc", "weights": "pw", "whole_clusters": True}),
    "clus2": ("apiclus2", {"clusters": "dnum", "stratum_size": "fpc1", "cluster_size": "fpc2", "weights": "pw"}),
    "strat2": ("apiclus2", {"strata": "half", "clusters": "dnum", "stratum_size": "half_size", "cluster_size": "fpc2", "weights": "half_pw"}),
    "stratwr": ("apistrat", {"strata": "stype", "weights": "pw"}),
    "clus1wr": ("apiclus1", {"clusters": "dnum", "weights": "pw"}),
}
NUMBERS = ["value", "se", "lower", "upper", "df"]
R_INTERVALS = {"mean": "mean", "xlogit": "logit", "beta": "korn-graubard"}


def by_columns(name: str) -> survey.Design:
    file, roles = COLUMN_DESIGNS[name]
    return survey.survey_design(pd.read_csv(EXPECTED / f"{file}_r_survey.csv", comment="#"), **roles)


def same_as_r(found: survey.Estimates, at: int, r: pd.Series) -> None:
    # R prints 15 digits; limits of quantiles are answers themselves
    np.testing.assert_allclose([getattr(found, c)[at] for c in NUMBERS], r[NUMBERS].to_numpy(float), rtol=1e-9)


def reference(design: str, start: str) -> pd.DataFrame:
    rows = REFERENCE[(REFERENCE["design"] == design) & REFERENCE["estimate"].str.startswith(start)]
    assert len(rows)
    return rows


@pytest.mark.parametrize("name", COLUMN_DESIGNS)
def test_totals_and_numbers_of_people_are_those_of_r(name: str) -> None:
    design = by_columns(name)
    for what, column in (("total_api99", "api99"), ("total_people", None)):
        parts, whole = survey.total(design, column, by="stype"), survey.total(design, column)
        for _, r in reference(name, what).iterrows():
            same_as_r(*((whole, 0) if r["domain"] == "all" else (parts, DOMAINS.index(r["domain"]))), r)
        assert parts.value.sum() == pytest.approx(whole.value[0]) and parts.domain.tolist() == DOMAINS


@pytest.mark.parametrize("name", COLUMN_DESIGNS)
@pytest.mark.parametrize(("interval", "rows"), [("korn-graubard", "share_beta"), ("wilson", "share_wilson")])
def test_other_intervals_of_a_share_are_those_of_r(name: str, interval: str, rows: str) -> None:
    """``svyciprop(method="beta")``, and base R's ``prop.test`` of Korn and Graubard's effective sample."""
    design = by_columns(name)
    parts = survey.proportion(design, "awards", answer="Yes", by="stype", interval=interval)
    whole = survey.proportion(design, "awards", answer="Yes", interval=interval)
    for _, r in reference(name, rows).iterrows():
        same_as_r(*((whole, 0) if r["domain"] == "all" else (parts, DOMAINS.index(r["domain"]))), r)
    assert set(parts.method) == {"survey, Wilson" if interval == "wilson" else "survey, Korn-Graubard"}


@pytest.mark.parametrize(("interval", "rows"), [("korn-graubard", "share_beta"), ("wilson", "share_wilson")])
def test_a_large_sample_with_two_clusters_a_stratum_and_unequal_weights_is_that_of_r(interval: str, rows: str) -> None:
    """NHANES 2009-2010, three strata; blank answers stay out."""
    frame = pd.read_csv(EXPECTED / "nhanes_r_survey.csv", comment="#")
    design = survey.survey_design(frame, clusters="SDMVPSU", strata="SDMVSTRA", weights="WTMEC2YR")
    parts = survey.proportion(design, "HI_CHOL", by="race", interval=interval)
    for _, r in reference("nhanes", rows).iterrows():
        found = (survey.proportion(design, "HI_CHOL", interval=interval), 0) if r["domain"] == "all" else (parts, int(r["domain"]) - 1)
        same_as_r(*found, r)


@pytest.mark.parametrize("name", COLUMN_DESIGNS)
def test_quantiles_and_woodruffs_limits_are_those_of_r(name: str) -> None:
    """``svyquantile``; rows ``exact`` hand it the definition of its vignette as the rule, which 4.1.1 itself misses in small tails."""
    design = by_columns(name)
    rows = pd.concat([reference(name, "exact"), reference(name, "math")])
    for _, r in rows.iterrows():
        _, kind, column, share = r["estimate"].split("_")
        domain = None if r["domain"] == "all" else design.frame["stype"] == r["domain"]
        found = survey.quantile(design, column, float(share), domain=domain, interval=R_INTERVALS[kind])
        largest = r["value"] == design.frame.loc[slice(None) if domain is None else domain, column].max()
        if largest and r["se"] == 0:  # R: certain; here: no limits, with the reason
            assert found.value[0] == r["value"] and np.isnan(found.lower[0]) and found.note[0] == "limit_outside"
        else:
            same_as_r(found, 0, r)
            assert (found.note[0] == "limit_outside") == bool(np.isnan(found.lower[0]) or np.isnan(found.upper[0]))


def test_quantiles_by_domain_are_those_of_each_alone() -> None:
    design = by_columns("strat2")
    parts = survey.quantile(design, "meals", 0.25, by="stype")
    for i, label in enumerate(parts.domain):
        alone = survey.quantile(design, "meals", 0.25, domain=design.frame["stype"] == label)
        assert [parts.value[i], parts.se[i], parts.lower[i]] == [alone.value[0], alone.se[0], alone.lower[0]]


@pytest.mark.parametrize("name", ["strat", "clus1", "clus2", "strat2"])
def test_differences_of_domains_carry_their_covariance_as_in_r(name: str) -> None:
    design = by_columns(name)
    for _, r in reference(name, "difference").iterrows():
        later, baseline = r["domain"].split("-")
        below = "api99" if r["estimate"] == "difference_ratio" else None
        found = survey.difference(design, "api00", "stype", baseline=baseline, denominators=below)
        same_as_r(found, list(found.domain).index(later), r)
        assert set(found.baseline) == {baseline}
    for _, r in reference(name, "relative").iterrows():
        later, baseline = r["domain"].split("-")
        found = survey.difference(design, "api00", "stype", baseline=baseline)
        at = list(found.domain).index(later)
        np.testing.assert_allclose(
            [found.relative[at], found.relative_lower[at], found.relative_upper[at]], r[["value", "lower", "upper"]].astype(float), rtol=1e-9
        )


def test_two_stages_with_both_corrections_are_those_of_sarndal() -> None:
    """MU284: Särndal, Swensson & Wretman (1992); R ``example(svydesign)`` prints 15080, 2274.3."""
    frame = pd.read_csv(EXPECTED / "mu284_r_survey.csv", comment="#")
    frame["weight"] = frame["n1"] / 5 * frame["n2"] / 3
    design = survey.survey_design(frame, clusters="id1", stratum_size="n1", cluster_size="n2")
    for estimator in ("total", "mean"):
        same_as_r(getattr(survey, estimator)(design, "y1"), 0, reference("mu284", estimator).iloc[0])
    assert survey.total(design, "y1").se[0] == pytest.approx(2274.3, abs=0.05)


def test_a_stratum_with_one_school_is_centred_as_r_adjusts_it() -> None:
    data = pd.read_csv(EXPECTED / "apistrat_r_survey.csv", comment="#")
    data = data[(data["stype"] != "H") | ~data["stype"].duplicated()]
    roles = {"strata": "stype", "stratum_size": "fpc", "weights": "pw"}
    design = survey.survey_design(data, **roles, centre_lonely=True)
    for what in ("api00", "meals"):
        found = survey.mean(design, what)
        same_as_r(found, 0, reference("lonely", f"mean_{what}").iloc[0])
        assert found.note.tolist() == ["one_cluster_centred"]
        refused = survey.mean(survey.survey_design(data, **roles), what)
        assert refused.note.tolist() == ["one_cluster"] and np.isnan([refused.lower[0], refused.se[0]]).all() and refused.value == found.value


@pytest.mark.parametrize("name", ["strat", "clus1", "clus2", "stratwr", "clus1wr"])
def test_design_effects_are_those_of_r_with_replacement(name: str) -> None:
    design = by_columns(name)
    for estimator in ("mean", "total"):
        r = reference(name, f"deff_{estimator}").iloc[0]
        assert getattr(survey, estimator)(design, "api00").deff[0] == pytest.approx(r["value"], rel=1e-9)


def test_by_takes_a_column_several_columns_labels_or_categories() -> None:
    design = by_columns("clus1")
    frame = design.frame
    one = survey.mean(design, "api00", by="stype")
    for by in (frame["stype"], frame["stype"].tolist(), frame["stype"].to_numpy(), frame["stype"].sample(frac=1, random_state=1)):
        other = survey.mean(design, "api00", by=by)
        assert other.domain.tolist() == DOMAINS and other.value.tolist() == one.value.tolist() and other.se.tolist() == one.se.tolist()
    assert survey.mean(design, "api00", domain=frame["stype"]).lower.tolist() == one.lower.tolist()
    both = survey.mean(design, "api00", by=["stype", "awards"])
    assert both.domain[0] == "stype=E;awards=No" and len(both.domain) == 6
    kinds = frame["stype"].astype("category").cat.set_categories(["E", "K", "H"])
    rows = survey.mean(design, "api00", by=kinds).to_frame()
    assert rows["domain"].tolist() == ["E", "K", "H"] and rows["note"].tolist() == ["", "no_data", ""] and rows["n"].tolist() == [144, 0, 14]
    assert list(rows) == ["domain", "value", "lower", "upper", "se", "df", "n", "n_eff", "deff", "numerator", "denominator", "note", "method"]
    assert set(survey.proportion(design, "awards", answer="Yes", by="stype").to_frame().isna().sum()) == {0}


def test_a_blank_is_not_a_no_and_several_answers_may_count() -> None:
    frame = pd.DataFrame({"x": ["yes", "no", None, "rather", "no"]})
    design = survey.survey_design(frame)
    assert survey.proportion(design, "x", answer="yes").value[0] == 0.25
    assert survey.proportion(design, "x", answer=["yes", "rather"]).value[0] == 0.5
    nullable = pd.Series([True, False, pd.NA, True, False], dtype="boolean")
    assert survey.proportion(design, nullable).n[0] == 4


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda d: survey.mean(d, "apo00"), "unknown_option"),
        (lambda d: survey.mean(d, "stype"), "not_numbers"),
        (lambda d: survey.mean(d, np.r_[np.inf, np.ones(182)]), "not_numbers"),
        (lambda d: survey.mean(d, [1.0, 2.0]), "other_length"),
        (lambda d: survey.mean(d, 3.0), "other_length"),
        (lambda d: survey.proportion(d, "api00"), "not_yes_or_no"),
        (lambda d: survey.proportion(d, d.frame["api00"] > 600, interval="wald"), "unknown_option"),
        (lambda d: survey.proportion(d, d.frame["api00"] > 600, confidence=95), "bad_confidence"),
        (lambda d: survey.quantile(d, "api00", 50), "bad_quantile"),
        (lambda d: survey.mean(d, "api00", by="stype", domain=d.frame["stype"]), "domain_and_by"),
        (lambda d: survey.mean(d, "api00", domain=np.arange(183), domains=3), "domain_out_of_range"),
        (lambda d: survey.difference(d, "api00", "stype", baseline="X"), "unknown_option"),
        (lambda d: survey.difference(d, "api00", np.repeat("E", 183)), "one_domain"),
        (lambda d: survey.survey_design(d.frame, weights="wp"), "unknown_option"),
        (lambda d: survey.survey_design(d.frame, weights="stype"), "not_numbers"),
    ],
)
def test_what_cannot_be_meant_is_an_error_that_says_so(call: object, code: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        call(by_columns("clus1"))  # type: ignore[operator]
    assert caught.value.code == code and all(caught.value.say(lang).count("–") >= 3 for lang in ("zh", "en"))


ESTIMATORS = {
    "mean": lambda d: survey.mean(d, "y"),
    "total": lambda d: survey.total(d, "y"),
    "ratio": lambda d: survey.ratio(d, "y", "x"),
    "share": lambda d: survey.proportion(d, "y", answer=d.frame["y"].min()),
    "wilson": lambda d: survey.proportion(d, "y", answer=d.frame["y"].min(), interval="wilson"),
    "quantile": lambda d: survey.quantile(d, "y"),
}


@pytest.mark.parametrize("what", ESTIMATORS)
@pytest.mark.parametrize(
    ("frame", "notes"),
    [
        (pd.DataFrame({"y": [], "x": []}, dtype=float), {"no_data"}),
        (pd.DataFrame({"y": [np.nan] * 4, "x": 1.0}), {"no_data"}),
        (pd.DataFrame({"y": [1.0], "x": 1.0}), {"one_cluster"}),
        (pd.DataFrame({"y": [1.0, 2, 1], "x": 1.0, "weight": 0.0}), {"zero_weight"}),
        (pd.DataFrame({"y": [1.0, 2, 1, 2], "x": 1.0, "cluster": "k"}), {"one_cluster"}),
        (pd.DataFrame({"y": [2.0] * 6, "x": 1.0, "cluster": list("aabbcc")}), {"no_variation", ""}),
        (pd.DataFrame({"y": [1.0, 2, 1, 2, 1], "x": 1.0, "weight": [1.0, 2, np.nan, 1, -4]}), {"weight_missing"}),
    ],
    ids=["no rows", "no answers", "one answer", "no weight", "one cluster", "all the same", "some weights"],
)
def test_blank_for_a_reason_or_a_number_never_neither(what: str, frame: pd.DataFrame, notes: set[str]) -> None:
    with np.errstate(all="raise", under="ignore"):
        row = ESTIMATORS[what](survey.survey_design(frame)).to_frame().iloc[0]
    assert set(row["note"].split(";")) & notes or ("" in notes and row["note"] == "")
    assert row["note"] or row[["value", "lower", "upper", "se"]].notna().all()
    if row["note"] in ("no_data", "zero_weight"):
        assert row[["value", "lower", "upper", "se", "n_eff"]].isna().all()
    if row["note"] == "weight_missing":
        assert row["n"] == 3 and row["lower"] <= row["value"] <= row["upper"]


def test_a_difference_needs_answers_in_both_domains() -> None:
    frame = pd.DataFrame({"y": [1.0, 2, np.nan, np.nan], "g": list("aabb"), "s": list("xxyy")})
    found = survey.difference(survey.survey_design(frame), "y", "g")
    assert found.note.tolist() == ["no_data"] and np.isnan([found.value[0], found.lower[0], found.relative[0]]).all() and found.baseline_value[0] == 1.5
    same = survey.difference(survey.survey_design(pd.DataFrame({"y": [3.0] * 4, "g": list("aabb")})), "y", "g")
    assert same.note.tolist() == ["no_variation"] and np.isnan(same.lower[0]) and same.value[0] == 0
    below = survey.difference(survey.survey_design(pd.DataFrame({"y": [-3.0, 1, 4, 6], "g": list("aabb")})), "y", "g")
    assert np.isnan(below.relative[0]) and np.isfinite(below.lower[0])


def test_bounds_take_everything_missing_as_no_and_as_yes() -> None:
    frame = pd.DataFrame({"g": list("aaaaab"), "w": [1, 1, 2, 2, 4, 1], "y": ["yes", "no", "yes", None, None, None]})
    found = survey.bounds(survey.survey_design(frame, weights="w"), "y", answer="yes", by="g")
    assert [found.lower[0], found.value[0], found.upper[0]] == pytest.approx([3 / 10, 3 / 4, 9 / 10])
    assert found.missing.tolist() == [2, 1] and found.missing_share.tolist() == pytest.approx([0.6, 1.0]) and found.n.tolist() == [3, 0]
    assert found.outer_lower[0] <= found.lower[0] and found.outer_upper[0] >= found.upper[0]
    assert (found.lower[1], found.upper[1], found.note[1]) == (0, 1, "no_data") and np.isnan(found.value[1])


def test_sample_sizes_are_those_of_krejcie_and_morgan() -> None:
    """Krejcie & Morgan (1970), table 1, with χ² = 3.841, margin .05, share .5; printed to the nearest whole number."""
    published = {10: 10, 50: 44, 100: 80, 200: 132, 500: 217, 1000: 278, 2000: 322, 5000: 357, 10000: 370, 1000000: 384}
    found = survey.sample_size(0.05, population=list(published))
    assert np.round(found.corrected).tolist() == list(published.values())
    assert (found.n >= found.corrected).all() and (found.n < found.corrected + 1).all()
    plan = survey.sample_size(0.05, population=1000, deff=1.5, response_rate=0.8)
    assert plan.n == 417 and plan.drawn == 522  # 277.74 × 1.5 = 416.6; 417/.8 = 521.25
    assert survey.sample_size(0.05, population=100, deff=4).n == 100
    for wrong in ({"margin": 5}, {"share": 0}, {"population": 0}, {"deff": -1}, {"response_rate": 80}):
        with pytest.raises(ArgumentError):
            survey.sample_size(**wrong)


@st.composite
def samples(draw: st.DrawFn) -> pd.DataFrame:
    """Some strata of two or more clusters with answers, weights and domains."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    psus = pd.DataFrame({"stratum": np.repeat(np.arange(draw(st.integers(1, 3))), draw(st.integers(2, 5)))})
    frame = psus.loc[np.repeat(psus.index, draw(st.integers(1, 4)))].assign(cluster=lambda f: f.index).reset_index(drop=True)
    n = len(frame)
    return frame.assign(y=np.where(rng.random(n) < 0.1, np.nan, rng.integers(0, 5, n)), weight=rng.uniform(0.5, 9, n).round(2), g=rng.choice(list("abc"), n))


def _share_above_two(design: survey.Design, y: str, **options: Any) -> survey.Estimates:
    column = design.frame[y]
    return survey.proportion(design, (column > 2).astype(float).where(column.notna()), **options)


@settings(max_examples=40, deadline=None)
@given(samples(), st.floats(0.5, 0.99))
def test_limits_bracket_the_value_order_and_index_do_not_matter_and_parts_make_the_whole(frame: pd.DataFrame, confidence: float) -> None:
    before, order = frame.copy(), np.random.default_rng(0).permutation(len(frame))
    design = survey.survey_design(frame)
    mixed = survey.survey_design(frame.iloc[order].set_index(np.arange(len(frame)) * 3 + 7))
    for estimator in (survey.mean, survey.total, survey.quantile, _share_above_two):
        narrow, wide, again = (estimator(d, "y", by="g", confidence=c) for d, c in ((design, confidence), (design, 0.995), (mixed, confidence)))
        with np.errstate(invalid="ignore"):
            assert not ((narrow.lower > narrow.value) | (narrow.upper < narrow.value)).any()
            assert not ((wide.lower > narrow.lower + 1e-9) | (wide.upper < narrow.upper - 1e-9)).any()
        for column in ("value", "se", "lower", "upper", "df", "n_eff"):
            np.testing.assert_allclose(getattr(narrow, column), getattr(again, column), rtol=1e-8, atol=1e-9)
        assert narrow.note.tolist() == again.note.tolist()
        blank = np.isnan(narrow.lower) | np.isnan(narrow.upper)
        assert all(note for note, empty in zip(narrow.note, blank, strict=True) if empty)
    parts, whole = survey.total(design, "y", by="g"), survey.total(design, "y")
    assert np.nansum(parts.value) == pytest.approx(np.nan_to_num(whole.value[0])) and parts.n.sum() == whole.n[0]
    pd.testing.assert_frame_equal(frame, before)


def test_limits_hold_the_truth_as_often_as_they_say_and_naive_ones_do_not() -> None:
    """A sample of ``benchmarks/coverage_survey.py``; 200 rounds know a coverage of 95 % to ±3.1 points (two standard errors)."""
    found = pd.DataFrame(simulate(200, 20))
    sound, naive = found[~found["naive"]], found[found["naive"]]
    assert len(sound) == 13 and sound["coverage"].between(0.92, 1).all()
    # with eight courtyards logit and Korn-Graubard are on the safe side; with eighty none is
    assert sound.loc[sound["case"].str.startswith("ten") | sound["method"].str.contains("wilson"), "coverage"].between(0.92, 0.985).all()
    # the same samples: what is left out of the design shows against the first sound interval of the case
    gap = naive["coverage"] - naive["case"].map(sound.groupby("case", sort=False)["coverage"].first())
    twice = naive["case"].str.contains("two waves")
    assert len(naive) == 9 and (gap[~twice] < -0.01).all() and (gap[twice] > 0.02).all() and naive.loc[~twice, "coverage"].mean() < 0.88


# --- in the indicator table -------------------------------------------------------------------------------------------
def test_a_census_is_sound_however_small_and_its_limits_equal_the_value() -> None:
    rows = [answer("a", f"k{i % 4}", satisfaction=1 + i % 5, stratum_size=4, cluster_size=5) for i in range(20)]
    dataset = small_dataset(areas=TREE, responses=rows)
    for function in (satisfaction_rate, satisfaction_score):
        row = function(dataset, by="community").iloc[0]
        assert row["lower"] == row["value"] == row["upper"] and row["note"] == "" and row["method"] == "survey, census" and row["quality"] == 1


def test_answers_without_a_design_are_a_simple_sample_at_every_level() -> None:
    counts = {"a": (81, 263), "b": (15, 148), "c": (1, 1)}
    rows = [{"area_code": a, "period": "2020", "aware": i < x, "satisfaction": 4 if i < x else 2} for a, (x, n) in counts.items() for i in range(n)]
    dataset = small_dataset(areas=TREE, responses=rows)
    for table in (awareness_rate(dataset, by=LEVELS), satisfaction_rate(dataset, by=LEVELS)):
        assert set(table["method"]) == {"wilson"} and table["n_eff"].tolist() == table["n"].tolist() and set(table["note"]) == {""}
        # Newcombe (1998), table I
        assert [by_area(table, "lower")[a] for a in "ab"] == pytest.approx([0.2553, 0.0624], abs=5e-5)
        assert [by_area(table, "upper")[a] for a in "ab"] == pytest.approx([0.3662, 0.1605], abs=5e-5)
    score = satisfaction_score(dataset, by=LEVELS)
    assert by_area(score, "note") == {"D": "", "S1": "", "S2": "no_variation", "a": "", "b": "", "c": "no_variation"}
    weighted = small_dataset(areas=TREE, responses=[rows[0] | {"weight": 2.0}, *rows[1:]])
    assert "wilson" not in set(awareness_rate(weighted, by=LEVELS)["method"])


def counts(area: str, *numbers: int, **columns: object) -> list[dict[str, object]]:
    own = {"area_code": area, "period": "2020", "wave": "1", "item": "satisfaction"} | columns
    return [own | {"level": level, "count": number} for level, number in enumerate(numbers, 1)]


def test_counts_stand_in_where_there_are_no_answers_and_never_beside_them() -> None:
    given = [*counts("a", 2, 4, 4, 10, 20), *counts("S2", 60, 60, 62, 40, 41), *counts("a", 9, 9, 9, 9, 9, item="q_openness")]
    only = small_dataset(areas=TREE, response_counts=given)
    table = satisfaction_rate(only, by=LEVELS)
    assert by_area(table, "n") == {"D": 303, "S1": 40, "S2": 263, "a": 40, "b": pd.NA, "c": pd.NA}
    assert by_area(table, "note") == {"D": "counts_only", "S1": "counts_only", "S2": "counts_only", "a": "counts_only", "b": "no_data",
                                      "c": "known_only_above"}  # fmt: skip
    row = table.set_index("area_code").loc["S2"]
    assert [row["value"], row["lower"], row["upper"]] == pytest.approx([81 / 263, 0.2553, 0.3662], abs=5e-5)
    assert row["method"] == "wilson" and row["n_eff"] == 263 and row["quality"] == 2
    score = satisfaction_score(only, by="community").iloc[0]
    assert score["value"] == pytest.approx(20 * 162 / 40) and score["lower"] < 81 < score["upper"] and score["note"] == "counts_only"
    both = small_dataset(areas=TREE, response_counts=given, responses=opinions({"a": [5, 4, 1] * 9}))
    table = satisfaction_rate(both, by=LEVELS)
    assert by_area(table, "n") == {"D": 27, "S1": 27, "S2": 263, "a": 27, "b": pd.NA, "c": pd.NA}
    assert by_area(table, "note")["D"] == "part_counts_only" and by_area(table, "note")["S1"] == by_area(table, "note")["a"] == ""


def test_counts_of_a_street_are_not_added_to_those_of_its_communities() -> None:
    given = [*counts("S1", 0, 0, 0, 0, 50), *counts("a", 0, 0, 0, 30, 0), *counts("a", 0, 0, 0, 0, 7, wave="2")]
    table = satisfaction_rate(small_dataset(areas=TREE, response_counts=given), by=LEVELS)
    assert by_area(table, "n") == {"D": 57, "S1": 57, "S2": pd.NA, "a": 37, "b": pd.NA, "c": pd.NA}
    wave = satisfaction_rate(small_dataset(areas=TREE, response_counts=given), by="street", subset={"wave": "2"})
    assert by_area(wave, "n")["S1"] == 7


def test_counts_on_another_scale_are_left_out() -> None:
    given = [*counts("S1", 1, 2, 3, 4), *counts("c", 1, 1, 1, 1, 6), *counts("c", 1, 1, 1, 1, 1, 9, wave="2")]
    surveys = [{"area_code": "S1", "period": "2020", "wave": "1", "scale": 4}]
    table = satisfaction_rate(small_dataset(areas=TREE, response_counts=given, surveys=surveys), by=["street", "district"])
    assert by_area(table, "note") == {"D": "counts_only;part_scale_not_5", "S1": "scale_not_5", "S2": "counts_only;part_scale_not_5"}
    assert by_area(table, "n")["S2"] == 10


SMALL = survey.survey_design(pd.DataFrame({"y": [1, 0, 1, 1.0], "none": [None] * 4, "said": ["yes", "no", "yes", "no"], "group": list("aabb")}))


@pytest.mark.parametrize(
    ("call", "code", "told"),
    [
        (lambda: survey.change(SMALL, "y", "said"), "unknown_option", "yes"),
        (lambda: survey.change(SMALL, "y", [0, 2, 1, 1]), "unknown_option", "2"),
        (lambda: survey.proportion(SMALL, "said", answer="Yes"), "unknown_option", "yes | no"),
        (lambda: survey.proportion(SMALL, "y", answer=[4, 5]), "unknown_option", "4, 5"),
        (lambda: survey.mean(SMALL, "y", domain=[0.5, 0, 1, 1]), "unknown_option", "0.5"),
        (lambda: survey.mean(SMALL, "y", domain=[np.inf, 0, 1, 1]), "unknown_option", "inf"),
        (lambda: survey.quantile(SMALL, "y", "half"), "bad_quantile", "half"),
        (lambda: survey.quantile(SMALL, "y", [0.25, 0.75]), "bad_quantile", "0.25"),
        (lambda: survey.sample_size(1e-12), "bad_sample_plan", "margin"),
        (lambda: survey.sample_size("small"), "bad_sample_plan", "margin"),
        (lambda: survey.sample_size(deff=1e30), "bad_sample_plan", "deff"),
        (lambda: survey.sample_size(deff="two"), "bad_sample_plan", "deff"),
        (lambda: survey.sample_size([0.1, 0.2], share=[0.1, 0.2, 0.3]), "shapes_differ", "3"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_cannot_be_meant_is_refused(call: Any, code: str, told: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        call()
    assert caught.value.code == code and all(told in caught.value.say(lang) for lang in ("zh", "en"))


@pytest.mark.parametrize("later", [[True, None, False, True], pd.array([1, None, 0, 1], dtype="Int64"), pd.array([True, None, False, True], dtype="boolean")])
@pytest.mark.filterwarnings("error")
def test_an_answer_of_neither_sample_is_left_out_of_a_change(later: Any) -> None:
    found = survey.change(SMALL, "y", later)
    assert (found.baseline_value[0], found.current_value[0], found.n[0]) == (1.0, 1.0, 3)


@pytest.mark.parametrize("mask", [pd.array([True, None, False, True], dtype="boolean"), pd.Series([True, None, False, True], dtype=object)])
def test_a_blank_in_a_mask_is_outside_the_domain(mask: Any) -> None:
    found = survey.mean(SMALL, "y", domain=mask)
    assert found.n.tolist() == [2] and found.domain.tolist() == [""]


@pytest.mark.parametrize("estimator", [survey.proportion, survey.quantile, survey.bounds, survey.mean, survey.total])
def test_groups_that_are_all_blank_give_no_rows(estimator: Any) -> None:
    assert len(estimator(SMALL, "y", by="none").to_frame()) == 0


def test_a_denominator_of_nothing_is_not_a_lack_of_weights() -> None:
    assert survey.ratio(SMALL, "y", [0, 0, 0, 0]).note.tolist() == ["zero_denominator"]
    assert survey.difference(SMALL, "y", "group", denominators=[0, 0, 1, 1]).note.tolist() == ["zero_denominator"]
