"""Model estimates of small areas: as sae, metafor and VGAM make them, marked, benchmarked, and never a wrong certainty."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.coverage_smallarea import simulate
from fundanalytics import awareness_rate, load_sample, participation_rate, satisfaction_score
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.betabinomial import beta_binomial
from fundanalytics.measure.fayherriot import _Model, arcsine, benchmark_shift, fay_herriot, from_arcsine
from fundanalytics.measure.request import COLUMNS
from fundanalytics.measure.smallarea import small_areas

EXPECTED = Path(__file__).parent / "expected"


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(EXPECTED / name, comment="#", skipinitialspace=True)


AREAS, MODELS, MILK, BETA = read("fay_herriot_areas_metafor.csv"), read("fay_herriot_models_metafor.csv"), read("milk_sae.csv"), read("beta_binomial_vgam.csv")


def areas_of(name: str) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    rows = AREAS[AREAS["set"] == name]
    x = rows[["x1", "x2", "x3"]].dropna(axis=1)
    return rows, x if x.shape[1] else None


# --- Fay-Herriot -------------------------------------------------------------------------------------------------------
def test_the_milk_data_give_what_sae_gives() -> None:
    """sae stops its search at a relative step of 1e-4, which leaves 4e-6 in the errors."""
    found = fay_herriot(MILK["y"], MILK["sd"] ** 2, pd.get_dummies(MILK["major"], drop_first=True))
    assert round(found.variance, 5) == 0.01855
    np.testing.assert_allclose(found.coefficients, [0.9681890, 0.1327801, 0.2269462, -0.2413011], atol=1e-6)
    np.testing.assert_allclose(found.value, MILK["eblup"], atol=1e-6)
    np.testing.assert_allclose(found.mse, MILK["mse"], rtol=1e-5)


@pytest.mark.parametrize("name", AREAS["set"].unique())
def test_variance_coefficients_and_predictions_equal_metafor(name) -> None:
    rows, x = areas_of(name)
    model = MODELS[MODELS["set"] == name]
    found = fay_herriot(rows["y"], rows["psi"], x)
    assert found.variance == pytest.approx(model["variance"].iloc[0], rel=1e-9, abs=1e-12)
    np.testing.assert_allclose(found.coefficients, model["coefficient"], rtol=1e-9)
    np.testing.assert_allclose(found.coefficient_se, model["se"], rtol=1e-9)
    np.testing.assert_allclose(found.value, rows["eblup"], rtol=1e-9)
    np.testing.assert_allclose(found.mse, rows["mse"], rtol=1e-9)


@pytest.mark.parametrize("name", AREAS.loc[AREAS["lower"].notna(), "set"].unique())
def test_limits_equal_the_integral_in_r(name) -> None:
    rows, x = areas_of(name)
    found = fay_herriot(rows["y"], rows["psi"], x)
    np.testing.assert_allclose(found.lower, rows["lower"], rtol=1e-9)
    np.testing.assert_allclose(found.upper, rows["upper"], rtol=1e-9)


def test_no_variance_between_areas_is_told_and_is_no_certainty() -> None:
    rows, _ = areas_of("none_between")
    found = fay_herriot(rows["y"], rows["psi"])
    assert found.variance == 0 and (found.shrinkage == 1).all()
    assert set(found.note) == {"model_estimate;zero_variance_component"}
    assert (found.upper - found.lower > 0.3).all()
    same = fay_herriot([2.0] * 6, [0.1, 0.2, 0.3, 0.1, 0.2, 0.3])
    np.testing.assert_allclose(same.value, 2.0)
    assert same.variance == 0 and (same.lower < 2).all() and (same.upper > 2).all()


def test_areas_without_data_or_known_precision_are_synthetic() -> None:
    y, psi, x = [0.62, 0.70, 0.91, 0.80, np.nan, 0.9], [0.01, 0.002, 0.008, 0.004, np.nan, np.nan], [1, 2, 3, 4, 5, np.nan]
    found = fay_herriot(y, psi, x)
    assert list(found.note[4:]) == ["synthetic_estimate;too_few_units", "no_covariate"]
    known = fay_herriot(y[:4], psi[:4], x[:4])
    np.testing.assert_allclose(found.value[:4], known.value)
    assert found.value[4] == pytest.approx(known.coefficients @ [1, 5]) and found.shrinkage[4] == 1
    assert np.isnan([found.value[5], found.mse[5], found.shrinkage[5], found.lower[5]]).all()
    without = fay_herriot([1, 2, 3, 4, 5, 6, 7, 9, np.nan], np.append(np.ones(8), np.nan))
    nearly = fay_herriot([1, 2, 3, 4, 5, 6, 7, 9, 0.0], [1.0] * 8 + [1e9])
    for part in ("value", "mse", "lower", "upper"):  # an area of no precision is one without data
        assert getattr(without, part)[8] == pytest.approx(getattr(nearly, part)[8], rel=1e-6)


def test_few_areas_have_no_limits_and_too_few_are_refused() -> None:
    found = fay_herriot([1.0, 2.0, 4.0], [1, 1, 1])
    assert np.isnan(found.lower).all() and set(found.note) <= {"model_estimate;too_few_units", "model_estimate;zero_variance_component;too_few_units"}
    for y, x in (([1.0], None), ([np.nan, np.nan], None), ([], None), ([1.0, 2.0, 3.0], [[1, 2], [2, 1], [3, 5]])):
        with pytest.raises(ArgumentError, match=r"区域太少|too few areas"):
            fay_herriot(y, np.ones(len(y)), x)


@pytest.mark.parametrize(("psi", "x", "code"), [
    ([1, 0, 1, 1], None, "not_a_variance"), ([1, -1, 1, 1], None, "not_a_variance"), ([1, np.inf, 1, 1], None, "not_finite"),
    ([1, 1, 1], None, "lengths_differ"), ([1] * 4, [1, 2, 3], "lengths_differ"), ([1] * 4, [3, 3, 3, 3], "collinear"), ([1] * 4, [0, 0, 0, 0], "collinear"),
    ([1] * 4, [[1, 2], [2, 4], [3, 6], [5, 10]], "collinear"),
])  # fmt: skip
def test_what_cannot_be_fitted_is_refused(psi, x, code) -> None:
    with pytest.raises(ArgumentError) as error:
        fay_herriot([1.0, 2.0, 3.0, 5.0], psi, x)
    assert error.value.code == code and str(error.value)


datasets = st.integers(5, 25).flatmap(
    lambda m: st.tuples(st.lists(st.floats(-50, 50), min_size=m, max_size=m), st.lists(st.floats(0.01, 100), min_size=m, max_size=m))
)


@settings(max_examples=40, deadline=None)
@given(data=datasets)
def test_no_other_variance_is_likelier_and_the_limits_bracket(data) -> None:
    y, psi = (np.array(part) for part in data)
    found = fay_herriot(y, psi)
    model = _Model(y, psi, np.full((len(y), 1), len(y) ** -0.5))
    others = model.likelihood(np.concatenate([[0.0], np.geomspace(1e-6, 1e6, 2000)]))
    assert model.likelihood(np.array([found.variance]))[0] >= others.max() - 1e-9 * (1 + abs(others.max()))
    assert (found.lower <= found.value).all() and (found.value <= found.upper).all() and (found.mse > 0).all()
    inside = (np.minimum(y, y.mean()) - 100, np.maximum(y, y.mean()) + 100)
    assert (inside[0] <= found.value).all() and (found.value <= inside[1]).all()
    wider, turned = fay_herriot(y, psi, confidence=0.99), fay_herriot(y[::-1], psi[::-1])
    assert (wider.lower <= found.lower + 1e-9).all() and (wider.upper >= found.upper - 1e-9).all()
    np.testing.assert_allclose(turned.value[::-1], found.value, rtol=1e-6, atol=1e-6)


def test_units_do_not_matter_and_arguments_are_left_alone() -> None:
    rows, x = areas_of("bcg_latitude")
    y, psi, x = rows["y"].set_axis(range(100, 113)), rows["psi"].to_list(), x.to_numpy()
    before = y.copy(), list(psi), x.copy()
    found, scaled = fay_herriot(y, psi, x), fay_herriot(1e6 * y + 3, 1e12 * np.array(psi), 1e-3 * x)
    np.testing.assert_allclose(scaled.value, 1e6 * found.value + 3, rtol=1e-7)
    np.testing.assert_allclose(scaled.upper, 1e6 * found.upper + 3, rtol=1e-7)
    assert y.equals(before[0]) and psi == before[1] and (x == before[2]).all()
    assert list(found.to_frame()) == ["value", "lower", "upper", "mse", "shrinkage", "note", "variance", "method"]


# --- scale and benchmark -----------------------------------------------------------------------------------------------
@given(p=st.floats(0, 1))
def test_the_arcsine_and_its_way_back(p) -> None:
    assert from_arcsine(arcsine(p)) == pytest.approx(p, abs=1e-12)
    assert from_arcsine(arcsine(p) + 3) == 1 and from_arcsine(arcsine(p) - 3) == 0


@given(data=st.lists(st.tuples(st.floats(0.01, 0.99), st.floats(0, 1e5)), min_size=1, max_size=30), total=st.floats(0.01, 0.99))
def test_benchmarked_areas_come_to_the_total(data, total) -> None:
    theta, w = arcsine([d[0] for d in data]), np.array([d[1] for d in data])
    if not (w > 0).any():
        with pytest.raises(ArgumentError):
            benchmark_shift(theta, w, total)
        return
    share = from_arcsine(theta + benchmark_shift(theta, w, total, scale="arcsine"))
    assert (w / w.sum() * share).sum() == pytest.approx(total, abs=1e-9) and ((share >= 0) & (share <= 1)).all()
    plain = theta + benchmark_shift(theta, w, total)
    assert (w / w.sum() * plain).sum() == pytest.approx(total, abs=1e-9)


# --- beta-binomial -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", BETA["set"].unique())
def test_beta_binomial_equals_vgam(name) -> None:
    rows = BETA[BETA["set"] == name]
    found = beta_binomial(rows["x"], rows["n"])
    assert found.mean == pytest.approx(rows["mean"].iloc[0], rel=1e-9) and found.size == pytest.approx(rows["size"].iloc[0], rel=1e-8)
    np.testing.assert_allclose(found.value, rows["value"], rtol=1e-8)
    np.testing.assert_allclose(found.lower, rows["lower"], rtol=1e-7)
    np.testing.assert_allclose(found.upper, rows["upper"], rtol=1e-7)


def test_moments_solve_what_they_are_defined_by() -> None:
    rows = BETA[BETA["set"] == "rats"]
    x, n = rows["x"].to_numpy(float), rows["n"].to_numpy(float)
    found = beta_binomial(x, n, estimator="moments")
    p, rho = x.sum() / n.sum(), 1 / (found.size + 1)
    expected = p * (1 - p) * ((1 - rho) * 70 + rho * (n.sum() - (n**2).sum() / n.sum()))  # of Σn(p̂ᵢ − p)², were p known
    assert found.mean == pytest.approx(p) and (n * (x / n - p) ** 2).sum() == pytest.approx(expected, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(data=st.lists(st.integers(2, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=20))
def test_shrunken_shares_lie_between_their_own_and_the_mean(data) -> None:
    x, n = np.array(data, dtype=float).T
    for estimator in ("ml", "moments"):
        found = beta_binomial(x, n, estimator=estimator)
        own = x / n
        assert (np.minimum(own, found.mean) - 1e-9 <= found.value).all() and (found.value <= np.maximum(own, found.mean) + 1e-9).all()
        limited = ~np.isnan(found.lower)
        assert (found.lower[limited] <= found.value[limited] + 1e-9).all() and (found.value[limited] <= found.upper[limited] + 1e-9).all()
        assert limited.all() or "no_variation_within" in found.note[0]


@pytest.mark.parametrize(("counts", "totals", "size", "code"), [
    ([10, 10, 10], [20, 21, 19], np.inf, "zero_variance_component"), ([0, 1, 1], [1, 1, 1], np.inf, "zero_variance_component"),
    ([0, 0], [10, 20], np.inf, "zero_variance_component"), ([9, 9], [9, 9], np.inf, "zero_variance_component"), (3, 10, np.inf, "zero_variance_component"),
    ([0, 5, 0, 8], [4, 5, 6, 8], 0.0, "no_variation_within"),
])  # fmt: skip
def test_no_spread_and_nothing_but_spread_are_told(counts, totals, size, code) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = beta_binomial(counts, totals)
    assert found.size == size and all(code in note for note in found.note)
    if size == 0:
        np.testing.assert_allclose(found.value, np.array(counts) / totals)
        assert np.isnan(found.lower).all()
    else:
        assert (found.upper - found.lower > 0.01).all()


def test_areas_without_answers_are_at_the_mean_and_impossible_counts_are_refused() -> None:
    found = beta_binomial([2, 9, 16, np.nan, 0], [20, 20, 20, 20, 0])
    assert list(found.note[3:]) == ["synthetic_estimate"] * 2 and found.value[4] == pytest.approx(found.mean)
    for counts, totals in (([5, 30], [10, 20]), ([-1, 3], [10, 20]), ([1, 2], [5]), ([], []), ([0.0], [0.0])):
        with pytest.raises(ArgumentError):
            beta_binomial(counts, totals)


# --- rows of the indicator table ---------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def surveyed() -> pd.DataFrame:
    return awareness_rate(load_sample(), by=["community", "district"], period="2020")


@pytest.mark.parametrize("model", ["fay-herriot", "beta-binomial"])
def test_communities_come_to_the_district_and_are_marked(surveyed, model) -> None:
    before = surveyed.copy()
    found = small_areas(surveyed, model=model)
    pd.testing.assert_frame_equal(surveyed, before)
    district = surveyed.loc[surveyed["level"] == "district", "value"].iloc[0]
    assert list(found)[: len(COLUMNS)] == list(COLUMNS) and found["level"].eq("community").all() and len(found) == 90
    assert found["numerator"].sum() / found["denominator"].sum() == pytest.approx(district, rel=1e-12)
    assert found["method"].str.startswith("model, ").all() and (found["quality"] >= 2).all()
    assert found["note"].str.contains("benchmarked").all() and found["note"].str.contains("model_estimate").all()
    assert ((found["lower"] <= found["value"]) & (found["value"] <= found["upper"])).all()
    np.testing.assert_allclose(found["direct_value"], surveyed.loc[surveyed["level"] == "community", "value"])
    assert found["value"].std() < found["direct_value"].std()
    narrower = (found["upper"] - found["lower"]) < (found["direct_upper"] - found["direct_lower"])
    assert narrower.mean() > 0.9
    assert found.attrs["data_sha256"] == surveyed.attrs["data_sha256"] and found.references


def test_rows_are_the_arrays_on_the_arcsine_scale(surveyed) -> None:
    found = small_areas(surveyed, benchmark=None)
    rows = surveyed[surveyed["level"] == "community"]
    fit = fay_herriot(np.arcsin(np.sqrt(rows["value"])), 1 / (4 * rows["n_eff"]))
    np.testing.assert_allclose(found["value"], np.sin(fit.value) ** 2)
    np.testing.assert_allclose(found["upper"], np.sin(fit.upper) ** 2)
    assert not found["note"].str.contains("benchmarked").any()
    turned = small_areas(surveyed, benchmark=0.6)
    for part in ("value", "lower", "upper"):
        np.testing.assert_allclose(turned[part], np.sin(getattr(fit, part) + turned.attrs["model"]["shift"]) ** 2)


def test_an_area_without_answers_is_never_better_than_quality_3(surveyed) -> None:
    table = surveyed.assign(value=0.7, n_eff=5000.0).astype({"value": "float64"})
    table.loc[0, ["value", "n_eff"]] = np.nan
    found = small_areas(table)
    assert (found["upper"] - found["lower"]).max() < 0.05 and found["quality"].tolist() == [3] + [2] * 89


def test_an_area_without_answers_is_synthetic_and_what_is_withheld_stays_withheld(surveyed) -> None:
    table = surveyed.copy()
    numbers = ["value", "lower", "upper", "numerator", "denominator", "n", "n_eff"]
    table.loc[[0, 1], numbers] = np.nan
    table.loc[[0, 1], "note"] = ["no_data", "suppressed"]
    table.loc[2, "n_eff"] = np.nan
    table.loc[2, "note"] = "one_cluster"
    found = small_areas(table)
    assert found["note"].tolist()[:3] == ["benchmarked;no_data;synthetic_estimate", "suppressed", "benchmarked;one_cluster;synthetic_estimate"]
    assert found["quality"].tolist()[:3] == [3, 3, 3] and found["shrinkage"].iloc[0] == 1
    assert np.isfinite(found.loc[0, "value"]) and found.loc[1, ["value", "lower", "upper", "shrinkage"]].isna().all()
    assert found.loc[2, "direct_value"] == table.loc[2, "value"]


def test_covariates_and_weights_are_matched_by_code(surveyed) -> None:
    codes = surveyed.loc[surveyed["level"] == "community", "area_code"]
    x = pd.Series(np.arange(90.0) % 7, index=codes)
    found = small_areas(surveyed, covariates=x.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(found, small_areas(surveyed, covariates=x.to_frame("x")))
    assert len(found.attrs["model"]["coefficients"]) == 2
    weighted = small_areas(surveyed, weights=dict.fromkeys(codes, 1), benchmark=0.6)
    assert weighted["value"].mean() == pytest.approx(0.6)
    lacking = small_areas(surveyed, covariates=x.iloc[1:])
    assert lacking.loc[0, "note"] == "no_covariate" and np.isnan(lacking.loc[0, "value"]) and lacking.loc[0, "quality"] == 3


def test_order_does_not_matter(surveyed) -> None:
    turned = small_areas(surveyed.sample(frac=1, random_state=2)).sort_values("area_code").reset_index(drop=True)
    numbers = ["value", "lower", "upper", "shrinkage"]
    np.testing.assert_allclose(turned[numbers], small_areas(surveyed)[numbers], rtol=1e-9)


def test_what_is_no_survey_share_is_refused(surveyed) -> None:
    sample = load_sample()
    scores = satisfaction_score(sample, by=["community", "district"], period="2020")
    counted = participation_rate(sample, by=["community", "district"], period="2020")
    districtless = surveyed[surveyed["level"] == "community"]
    cases = {
        "not_a_share_of_people": lambda: small_areas(scores), "nothing_to_draw_in": lambda: small_areas(counted),
        "model_estimate": lambda: small_areas(small_areas(surveyed), benchmark=0.7), "no_benchmark": lambda: small_areas(districtless),
        "several_rows": lambda: small_areas(pd.concat([surveyed, districtless.head(1)])), "unknown_option": lambda: small_areas(surveyed, model="fay"),
        "no_place_for_covariates": lambda: small_areas(surveyed, model="beta-binomial", covariates=pd.Series({"a": 1.0})),
        "one_at_a_time": lambda: small_areas(awareness_rate(sample, by=["community", "street", "district"], period="2020")),
        "too_few_areas": lambda: small_areas(surveyed[surveyed["level"] == "district"]),
    }  # fmt: skip
    for code, call in cases.items():
        with pytest.raises(ArgumentError) as error:
            call()
        assert error.value.code == code and str(error.value)


def test_limits_cover_what_they_promise_and_the_usual_ones_do_not() -> None:
    rows = simulate(rounds=60, seed=5)
    assert all(0.93 <= r["coverage"] <= 0.98 for r in rows if not r["naive"]), rows
    assert all(r["coverage"] < 0.935 for r in rows if r["naive"]), rows


def test_nullable_blanks_are_areas_without_data() -> None:
    y = pd.array([3, 5, pd.NA, 9, 4], dtype="Int64")
    np.testing.assert_array_equal(fay_herriot(y, [1, 1, 1, 1, 1]).value, fay_herriot([3, 5, np.nan, 9, 4], [1, 1, 1, 1, 1]).value)
    np.testing.assert_array_equal(beta_binomial(y, [20] * 5).value, beta_binomial([3, 5, np.nan, 9, 4], [20] * 5).value)


@pytest.mark.parametrize("model", [fay_herriot, beta_binomial])
@pytest.mark.parametrize("bad", [[1, "x", 2, 3], [1, np.inf, 2, 3]])
def test_words_and_infinity_are_refused(model, bad) -> None:
    with pytest.raises(ArgumentError) as error:
        model(bad, [20] * 4)
    assert error.value.code == "not_finite"


@pytest.mark.parametrize(("weights", "total", "scale", "code"), [
    ([1, 3], np.nan, "identity", "not_finite"), ([1, 3], np.nan, "arcsine", "not_finite"), ([1, 3], 0.5, "logit", "unknown_option"),
    ([1], 0.5, "identity", "lengths_differ"),
])  # fmt: skip
def test_benchmark_refuses_what_it_cannot_meet(weights, total, scale, code) -> None:
    with pytest.raises(ArgumentError) as error:
        benchmark_shift([0.5, 0.7], weights, total, scale=scale)
    assert error.value.code == code
