"""Survey estimates against R's survey package (expected/make_survey_reference.R), and where an interval must not be given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small import area_tree, small_dataset
from test_indicators import answer, by_area, opinions

from fundanalytics.data.areas import LEVELS
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
