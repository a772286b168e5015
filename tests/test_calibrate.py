"""Weights fitted to totals, against R's survey package (expected/make_survey_reference.R), and totals that cannot be fitted."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from fundanalytics.errors import ArgumentError
from fundanalytics.measure import survey

EXPECTED = Path(__file__).parent / "expected"
REFERENCE = pd.read_csv(EXPECTED / "calibration_r_survey.csv", comment="#", skipinitialspace=True)
DESIGNS = {
    "strat": ("apistrat", {"strata": "stype", "stratum_size": "fpc"}),
    "clus1": ("apiclus1", {"clusters": "dnum", "stratum_size": "fpc", "whole_clusters": True}),
    "clus2": ("apiclus2", {"clusters": "dnum", "stratum_size": "fpc1", "cluster_size": "fpc2"}),
}
TYPES = {"stype": {"E": 4421, "H": 755, "M": 1018}}
MARGINS = TYPES | {"sch.wide": pd.Series({"No": 1072, "Yes": 5122})}
WITH_SCORE = TYPES | {"api99": 3914069}
JOINT = {("E", "No"): 472, ("E", "Yes"): 3949, ("H", "No"): 334, ("H", "Yes"): 421, ("M", "No"): 266, ("M", "Yes"): 752}
FITTED = {
    "rake": lambda d: survey.rake(d, MARGINS),
    "raking": lambda d: survey.rake(d, MARGINS),
    "post": lambda d: survey.post_stratify(d, "stype", TYPES["stype"]),
    "joint": lambda d: survey.post_stratify(d, ("stype", "sch.wide"), JOINT),
    "linear": lambda d: survey.calibrate(d, WITH_SCORE),
    "exp": lambda d: survey.calibrate(d, WITH_SCORE, kind="raking"),
    "trim": lambda d: survey.trim(survey.calibrate(d, WITH_SCORE), at=45),
    "again": lambda d: survey.trim(survey.calibrate(d, WITH_SCORE), at=45, margins=MARGINS),
}
ESTIMATES = {
    "mean_api00": lambda d, of: survey.mean(d, "api00", domain=of),
    "total_enroll": lambda d, of: survey.total(d, "enroll", domain=of),
    "share_awards": lambda d, of: survey.proportion(d, "awards", answer="Yes", domain=of),
    "median_meals": lambda d, of: survey.quantile(d, "meals", domain=of),
    "ratio": lambda d, of: survey.ratio(d, "api00", "api99", domain=of),
}


def api(name: str) -> survey.Design:
    file, roles = DESIGNS[name]
    return survey.survey_design(pd.read_csv(EXPECTED / f"{file}_r_survey.csv", comment="#"), weights="pw", **roles)


@pytest.mark.parametrize("name", REFERENCE["design"].unique())
def test_estimates_after_every_kind_of_fitting_are_those_of_r_for_all_and_by_domain(name: str) -> None:
    kind, base = name.split("-")
    design = FITTED[kind](api(base))
    for _, r in REFERENCE[REFERENCE["design"] == name].iterrows():
        if r["estimate"] == "difference_api00":
            found = survey.difference(design, "api00", "stype", baseline="E")
        else:
            found = ESTIMATES[r["estimate"]](design, None if r["domain"] == "all" else design.frame["stype"] == r["domain"])
        # R counts clusters whose enrolment is blank among the degrees of freedom; a difference has none there
        limits = np.isfinite(r["df"]) and found.df[0] == r["df"]
        assert limits or r["estimate"] in ("difference_api00", "total_enroll")
        columns = ["value", "se", "lower", "upper"] if limits else ["value", "se"]
        np.testing.assert_allclose([getattr(found, c)[0] for c in columns], r[columns].to_numpy(float), rtol=1e-8)


def test_the_raking_example_of_r_is_met() -> None:
    """R ``example(rake)`` prints: api00 641.23, SE 23.704; enroll 3647300, SE 400603."""
    raked = survey.rake(api("clus1"), MARGINS)
    mean, total = survey.mean(raked, "api00"), survey.total(raked, "enroll")
    assert (round(mean.value[0], 2), round(mean.se[0], 3)) == (641.23, 23.704)
    assert (round(total.value[0], -2), round(total.se[0])) == (3647300, 400603)


@pytest.mark.parametrize("name", DESIGNS)
def test_what_the_margins_fix_has_no_error_and_says_so(name: str) -> None:
    raked = survey.rake(api(name), MARGINS)
    people = survey.total(raked, by="sch.wide")
    shares = survey.proportion(raked, "stype", answer="H")
    assert people.value.tolist() == pytest.approx([1072, 5122], rel=1e-9) and shares.value[0] == pytest.approx(755 / 6194)
    for found in (people, shares):
        assert set(found.note) == {"fixed_by_design"} and not found.se.any() and (found.lower == found.value).all() and (found.upper == found.value).all()
    assert survey.proportion(raked, "awards", answer="Yes").se[0] > 0


def test_what_the_margins_fix_is_known_from_one_cluster_too_and_nothing_else_is() -> None:
    raked = survey.rake(survey.survey_design(pd.DataFrame({"a": list("xxy"), "y": [1.0, 2, 4], "cluster": "k"})), {"a": {"x": 30, "y": 10}})
    people, mean = survey.total(raked, by="a"), survey.mean(raked, "y")
    assert people.lower.tolist() == people.upper.tolist() == pytest.approx([30, 10]) and set(people.note) == {"fixed_by_design"}
    assert mean.note.tolist() == ["one_cluster"] and np.isnan(mean.lower[0]) and mean.value[0] == pytest.approx(2.125)


def test_shares_as_margins_are_taken_of_the_other_margins_or_of_the_weights() -> None:
    design = api("clus1")
    shares = {"sch.wide": {"No": 1072 / 6194, "Yes": 5122 / 6194}}
    np.testing.assert_allclose(survey.rake(design, TYPES | shares).weights, survey.rake(design, MARGINS).weights, rtol=1e-9)
    assert survey.rake(design, shares).weights.sum() == pytest.approx(design.weights.sum())


def test_answers_without_weight_stay_without_and_need_no_category() -> None:
    frame = pd.DataFrame({"sex": ["f", "f", "m", None], "weight": [1.0, 3, 2, 0]})
    raked = survey.rake(survey.survey_design(frame), {"sex": {"f": 8, "m": 8}})
    assert raked.weights.tolist() == pytest.approx([2, 6, 8, 0])
    assert survey.total(raked).value[0] == pytest.approx(16)


FRAME = pd.DataFrame({"a": list("xxyy"), "b": list("uvuv"), "c": list("uuvv"), "n": [1.0, 2, 3, 4], "gap": [1, 1, None, 2]})


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda d: survey.rake(d, {"a": {"x": 2, "y": 2}, "b": {"u": 2, "v": 3}}), "margins_disagree"),
        (lambda d: survey.rake(d, {"a": {"x": 2, "y": 2}, "c": {"u": 1, "v": 3}}), "margins_unattainable"),
        (lambda d: survey.rake(d, {"gap": {1.0: 2, 2.0: 2}}), "margin_blank"),
        (lambda d: survey.rake(d, {"a": {"x": 4}}), "margin_unknown"),
        (lambda d: survey.rake(d, {"a": {"x": 2, "y": 1, "z": 1}}), "margin_without_answers"),
        (lambda d: survey.rake(d, {"a": {"x": 4, "y": 0}}), "bad_margin_total"),
        (lambda d: survey.rake(d, {"a": {"x": 4, "y": np.nan}}), "bad_margin_total"),
        (lambda d: survey.rake(d, {"a": {"x": 5, "y": -1}}), "bad_margin_total"),
        (lambda d: survey.rake(d, {"a": {}}), "bad_margin_total"),
        (lambda d: survey.rake(d, {}), "no_margins"),
        (lambda d: survey.rake(d, {"A": {"x": 2, "y": 2}}), "unknown_option"),
        (lambda d: survey.calibrate(d, {}), "no_margins"),
        (lambda d: survey.calibrate(d, {"gap": 7}), "margin_blank"),
        (lambda d: survey.calibrate(d, {"a": {"x": 2, "y": 2}, "n": 50}, kind="raking"), "totals_unattainable"),
        (lambda d: survey.calibrate(d, {"a": {"x": 2, "y": 2}, "n": 50}), "weights_below_zero"),
        (lambda d: survey.calibrate(d, {"n": 10}, kind="logit"), "unknown_option"),
        (lambda d: survey.trim(d, at=0.5), "trim_too_low"),
        (lambda d: survey.adjust_nonresponse([1, 1, 1], [True, False, False], ["a", "a", "b"]), "margin_without_answers"),
        (lambda d: survey.adjust_nonresponse([1, -1], [True, True], ["a", "a"]), "bad_base_weights"),
        (lambda d: survey.adjust_nonresponse([1, 1], [True, True], ["a", None]), "margin_blank"),
        (lambda d: survey.adjust_nonresponse([1, 1], [True], ["a", "b"]), "other_length"),
        (lambda d: survey.adjust_nonresponse([1, 1], [2, 1], ["a", "a"]), "unknown_option"),
        (lambda d: survey.adjust_nonresponse([1, 1], ["yes", "no"], ["a", "a"]), "unknown_option"),
        (lambda d: survey.adjust_nonresponse([1, 1], [True, None], ["a", "a"]), "unknown_option"),
        (lambda d: survey.rake(d, "a"), "no_margins"),
        (lambda d: survey.rake(d, {"a": {"x": "many", "y": 2}}), "bad_margin_total"),
        (lambda d: survey.post_stratify(d, "a", "many"), "bad_margin_total"),
        (lambda d: survey.calibrate(d, {"n": "many"}), "bad_margin_total"),
        (lambda d: survey.calibrate(d, {"n": np.inf}), "bad_margin_total"),
        (lambda d: survey.trim(d, at="high"), "not_positive"),
    ],
)
def test_totals_that_cannot_be_met_are_refused_and_say_what_to_do(call: object, code: str) -> None:
    with np.errstate(all="raise", under="ignore"), pytest.raises(ArgumentError) as caught:
        call(survey.survey_design(FRAME))  # type: ignore[operator]
    assert caught.value.code == code and all(caught.value.say(lang).count("–") >= 3 for lang in ("zh", "en"))


def test_a_category_without_people_and_answers_is_passed_over() -> None:
    raked = survey.rake(survey.survey_design(FRAME), {"a": {"x": 3, "y": 1, "z": 0}})
    assert raked.weights.tolist() == pytest.approx([1.5, 1.5, 0.5, 0.5])


def test_trimming_stops_at_five_times_the_median_and_keeps_the_sum() -> None:
    design = survey.survey_design(pd.DataFrame({"weight": [1.0, 1, 1, 1, 1.2, 8, 9, 0], "a": list("xxyyxyxx")}))
    trimmed = survey.trim(design)
    assert trimmed.weights.max() == pytest.approx(5) and trimmed.weights.sum() == pytest.approx(design.weights.sum()) and trimmed.weights[-1] == 0
    assert trimmed.weights[:4].tolist() == pytest.approx([1 + 7 / 5] * 4)  # 3 + 4 are cut, five answers are free
    again = survey.trim(design, margins={"a": {"x": 10, "y": 12.2}})
    assert again.weights[[0, 1, 4, 6]].sum() == pytest.approx(10) and len(again.calibrations) == 1
    assert design.weights.tolist() == [1.0, 1, 1, 1, 1.2, 8, 9, 0]


def test_a_report_of_weights_tells_response_unevenness_and_margins() -> None:
    base = survey.survey_design(pd.DataFrame({"weight": [1.0, 1, 2, 0], "a": ["x", "x", "y", "y"]}))
    raked = survey.rake(base, {"a": {"x": 6, "y": 2}})
    report = survey.weight_report(raked, base, margins={"a": {"x": 6, "y": 2}}, drawn=12)
    after, before = (report[report["item"] != "margin"].set_index("item")[side] for side in ("after", "before"))
    assert after.round(6).to_dict() == {"answers": 3, "response_rate": 0.25, "weight_sum": 8, "weight_median": 3, "weight_smallest": 2, "weight_largest": 3,
                                        "weight_ratio": 1.5, "weight_effect": 1.03125, "n_kish": 2.909091}  # fmt: skip
    assert before["weight_sum"] == 4 and before["n_kish"] == pytest.approx(16 / 6)
    margins = report[report["item"] == "margin"]
    assert margins[["category", "target", "before", "after"]].to_numpy().tolist() == [["x", 6, 2, 6], ["y", 2, 2, 2]]
    alone = survey.weight_report(base)
    assert alone["before"].isna().all() and "response_rate" not in set(alone["item"])


@st.composite
def raked_samples(draw: st.DrawFn) -> tuple[pd.DataFrame, dict[str, dict[str, float]]]:
    """Answers in every cell of two columns, and margins of some population."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    first, second = "xyz"[: draw(st.integers(2, 3))], "uvw"[: draw(st.integers(1, 3))]
    cells = [(a, b) for a in first for b in second]
    rows = [cell for cell in cells for _ in range(int(rng.integers(1, 5)))]
    frame = pd.DataFrame(rows, columns=["a", "b"]).assign(weight=lambda f: rng.uniform(0.2, 20, len(f)), y=lambda f: rng.normal(size=len(f)))
    population = pd.Series(rng.uniform(5, 500, len(cells)), index=pd.MultiIndex.from_tuples(cells, names=["a", "b"]))
    return frame, {name: population.groupby(name).sum().to_dict() for name in ("a", "b")}


@settings(max_examples=40, deadline=None)
@given(raked_samples())
def test_raked_weights_meet_every_margin_keep_odds_inside_and_ignore_order(sample: tuple[pd.DataFrame, dict[str, dict[str, float]]]) -> None:
    frame, margins = sample
    copy, order = frame.copy(), np.random.default_rng(0).permutation(len(frame))
    design = survey.survey_design(frame)
    raked = survey.rake(design, margins)
    for name, totals in margins.items():
        found = pd.Series(raked.weights).groupby(frame[name]).sum()
        np.testing.assert_allclose(found[list(totals)], list(totals.values()), rtol=1e-8)
    # raking multiplies by a factor per category: odds ratios of the cells stay
    logs = np.log(raked.weights / design.weights)
    table = pd.DataFrame({"a": frame["a"], "b": frame["b"], "l": logs}).groupby(["a", "b"])["l"].agg(["min", "max"])
    assert (table["max"] - table["min"]).max() < 1e-9
    additive = table["min"].unstack()
    np.testing.assert_allclose(additive.sub(additive.iloc[0]).sub(additive.iloc[:, 0], axis=0).add(additive.iloc[0, 0]), 0, atol=1e-7)
    mixed = survey.rake(survey.survey_design(frame.iloc[order]), dict(reversed(margins.items())))
    np.testing.assert_allclose(mixed.weights, raked.weights[order], rtol=1e-8)
    np.testing.assert_allclose(survey.mean(mixed, "y").se, survey.mean(raked, "y").se, rtol=1e-6, atol=1e-9)
    pd.testing.assert_frame_equal(frame, copy)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 100), st.booleans(), st.sampled_from("abc")), min_size=1, max_size=30))
def test_weights_of_those_who_answered_stand_for_their_cell(people: list[tuple[float, bool, str]]) -> None:
    weights, cells = np.array([p[0] for p in people]), [p[2] for p in people]
    responded = np.array([p[1] for p in people]) | ~pd.Series(cells).duplicated().to_numpy()  # the first of a cell always answers
    found = survey.adjust_nonresponse(weights, responded, cells)
    assert not found[~responded].any()
    for cell in set(cells):
        inside = np.array(cells) == cell
        assert found[inside].sum() == pytest.approx(weights[inside].sum())
        assert np.ptp(found[inside & responded] / weights[inside & responded]) < 1e-9


def test_nobody_drawn_gives_nobody() -> None:
    assert survey.adjust_nonresponse([], [], []).shape == (0,)
