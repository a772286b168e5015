"""Survey estimates against R's survey package (expected/make_survey_reference.R), and where an interval must not be given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fundanalytics.measure import survey

EXPECTED = Path(__file__).parent / "expected"
REFERENCE = pd.read_csv(EXPECTED / "survey_r_survey.csv", skipinitialspace=True)
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
    data = pd.read_csv(EXPECTED / f"{file}_r_survey.csv")
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
