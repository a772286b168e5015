"""The funnel: Spiegelhalter's limits, over-dispersion, many looks."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fundanalytics.errors import ArgumentError
from fundanalytics.measure.outliers import METHOD, funnel, spread
from fundanalytics.measure.request import COLUMNS

FILE = Path(__file__).parent / "expected" / "funnel_r.csv"
REFERENCE = pd.read_csv(FILE, comment="#", skipinitialspace=True)
PARAMETERS = [float(x) for x in FILE.read_text("utf-8").splitlines()[1].split(": ")[1].split(",")]


def rows(counts: list[int], sizes: list[float], **columns: object) -> pd.DataFrame:
    table = pd.DataFrame({"numerator": counts, "denominator": sizes}, dtype="float64")
    table["value"] = table["numerator"] / table["denominator"]
    constants = {"indicator": "awareness_rate", "basis": "aware", "subset": "", "level": "street", "period": "2020", "unit": "share", "n_eff": np.nan,
                 "method": "full count"}  # fmt: skip
    return table.assign(area_code=[f"s{i}" for i in range(len(table))], **constants | columns).reindex(columns=COLUMNS)


def test_limits_spread_and_adjusted_values_equal_the_formulas_in_r() -> None:
    expected, phi, tau2, _, _ = PARAMETERS
    found = funnel(rows(REFERENCE["x"].tolist(), REFERENCE["n"].tolist()))
    assert found["expected"].iloc[0] == pytest.approx(expected, rel=1e-12)
    assert found.attrs["funnel"] == {"phi": pytest.approx(phi, rel=1e-10), "tau2": pytest.approx(tau2, rel=1e-10), "areas": 40, "method": METHOD}
    for column in ("lower_95", "upper_95", "lower_998", "upper_998", "p_adjusted"):
        np.testing.assert_allclose(found[column], REFERENCE[column], rtol=1e-9, err_msg=column)


def test_the_spread_not_winsorised_is_that_of_dersimonian_and_laird() -> None:
    _, _, _, tau2, centre = PARAMETERS
    weight = 4.0 * REFERENCE["n"].to_numpy()
    z = np.sqrt(weight) * (np.arcsin(np.sqrt((REFERENCE["x"] / REFERENCE["n"]).to_numpy())) - centre)
    assert spread(z, weight, winsorised=0.0)[1] == pytest.approx(tau2, rel=1e-10)


def test_limits_without_over_dispersion_are_those_of_the_arcsine() -> None:
    found = funnel(rows([50, 52, 48], [100, 100, 100]))
    assert found.attrs["funnel"]["tau2"] == 0 and not found["outside"].any()
    half = 1.959964 / (2 * np.sqrt(100))
    assert found["lower_95"].iloc[0] == pytest.approx(np.sin(np.arcsin(np.sqrt(0.5)) - half) ** 2)


def test_over_dispersion_widens_the_limits_by_the_moment_estimate() -> None:
    rng = np.random.default_rng(4)
    sizes = rng.integers(80, 400, 60)
    found = funnel(rows(rng.binomial(sizes, rng.beta(12, 12, 60)).tolist(), sizes.tolist()))
    weight = 4.0 * sizes
    z = np.sqrt(weight) * (np.arcsin(np.sqrt(found["value"])) - np.arcsin(np.sqrt(found["expected"])))
    phi = (z.clip(z.quantile(0.1), z.quantile(0.9)) ** 2).mean()
    tau2 = (60 * phi - 59) / (weight.sum() - (weight**2).sum() / weight.sum())
    assert found.attrs["funnel"]["tau2"] == pytest.approx(tau2) and tau2 > 0
    assert found["outside"].sum() <= 2


def test_one_area_far_off_is_outside_and_does_not_hide_itself() -> None:
    found = funnel(rows([90] + [50] * 19, [100] * 20))
    assert found["outside"].tolist() == [True] + [False] * 19


def test_surveys_count_with_their_effective_sample() -> None:
    assert funnel(rows([90] + [50] * 19, [100] * 20, n_eff=4.0))["outside"].sum() == 0


def test_an_estimate_of_unknown_precision_has_no_size() -> None:
    """Weighted sums are not answers: 9,000 of 10,000 from one cluster would be far outside, and would drag the centre along."""
    table = rows([50, 52, 48, 9000], [100, 100, 100, 10_000], method="survey, logit", n_eff=[40.0, 40, 40, np.nan])
    found = funnel(table)
    assert found["outside"].tolist() == [False] * 4 and found["expected"].iloc[0] == pytest.approx(0.5) and found.attrs["funnel"]["areas"] == 3
    assert np.isnan(found.loc[3, ["size", "lower_95", "upper_998"]].astype(float)).all()
    assert funnel(rows([50], [100], method="wilson", n=7))["size"].tolist() == [7]


def test_blank_rows_stay_and_are_never_outside() -> None:
    table = rows([50, 52, 0], [100, 100, 100])
    table.loc[2, ["value", "numerator", "denominator"]] = np.nan
    found = funnel(table)
    assert len(found) == 3 and not found["outside"].iloc[2] and np.isnan(found["lower_95"].iloc[2])
    assert found["expected"].iloc[0] == pytest.approx(0.51)
    assert funnel(table.iloc[2:])["outside"].tolist() == [False]


def test_money_and_mixed_rows_are_refused() -> None:
    with pytest.raises(ArgumentError, match="usage_rate"):
        funnel(rows([5, 6], [10, 10], indicator="usage_rate", unit="ratio"))
    with pytest.raises(ArgumentError, match="level"):
        funnel(rows([5, 6], [10, 10]).assign(level=["street", "community"]))


def test_model_estimates_are_not_judged_among_direct_ones() -> None:
    with pytest.raises(ArgumentError, match="Fay-Herriot"):
        funnel(rows([50, 52, 48], [100, 100, 100], method="model, Fay-Herriot (REML)"))


@pytest.mark.parametrize("counts", [[], [5], [5, 9], [0, 0, 0], [10, 10, 10, 10], [0, 10, 0, 10]])
def test_few_equal_and_extreme_areas_warn_of_nothing_and_hide_nothing(counts) -> None:
    table = rows(counts, [10] * len(counts))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = funnel(table)
    assert len(found) == len(counts) and np.isnan(found.attrs["funnel"]["phi"]) == (len(counts) < 3)
    assert not found["outside"].any()
    inside = found[["lower_998", "lower_95", "expected", "upper_95", "upper_998"]].to_numpy(dtype=float)
    assert (np.diff(inside, axis=1) >= 0).all() and ((inside >= 0) & (inside <= 1)).all()


def test_order_and_index_do_not_matter_and_the_table_is_left_alone() -> None:
    table = rows([90, 40, 55, 61, 48], [100, 90, 120, 110, 100])
    before = table.copy()
    turned = table.sample(frac=1, random_state=3).set_axis(list("vwxyz"), axis=0)
    pd.testing.assert_frame_equal(funnel(turned).sort_values("area_code").reset_index(drop=True), funnel(table))
    pd.testing.assert_frame_equal(table, before)
