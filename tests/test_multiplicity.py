"""p-values adjusted for many looks: as published, as in R, blanks kept apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundanalytics.errors import ArgumentError
from fundanalytics.measure.multiplicity import benjamini_hochberg, holm

EXPECTED = Path(__file__).parent / "expected"
P = pd.read_csv(EXPECTED / "benjamini_hochberg_1995.csv", comment="#")["p"].to_numpy()
WAYS = pytest.mark.parametrize("adjust", [benjamini_hochberg, holm])
maybe_p = st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), max_size=20)


def test_four_of_fifteen_as_published() -> None:
    assert int((benjamini_hochberg(P) <= 0.05).sum()) == 4
    assert int((holm(P) <= 0.05).sum()) == 3  # Bonferroni's and Holm's of the same page


def test_adjusted_values_equal_r_with_blanks_put_back() -> None:
    table = pd.read_csv(EXPECTED / "p_adjust_r.csv", comment="#", skipinitialspace=True)
    for adjust, column in ((benjamini_hochberg, "bh"), (holm, "holm")):
        np.testing.assert_allclose(adjust(table["p"]), table[column], rtol=1e-12)


@WAYS
@given(p=maybe_p)
def test_no_p_value_falls_order_is_kept_and_blanks_change_nothing(adjust, p) -> None:
    given_p, found = np.array(p), adjust(p)
    known = ~np.isnan(given_p)
    assert (np.isnan(found) == ~known).all()
    assert (found[known] >= given_p[known]).all() and (found[known] <= 1).all()
    np.testing.assert_array_equal(found[known], adjust(given_p[known]))
    order = np.argsort(given_p[known], kind="stable")
    assert (np.diff(found[known][order]) >= 0).all()


@WAYS
def test_any_shape_is_taken_and_given_back(adjust) -> None:
    assert adjust(0.03).shape == () and adjust(0.03) == 0.03
    assert adjust([]).shape == (0,)
    series = pd.Series([0.01, 0.04], index=[7, 3])
    np.testing.assert_allclose(adjust(series), adjust([0.01, 0.04]))
    assert adjust([[0.01, np.nan], [0.04, 0.5]]).shape == (2, 2)


@WAYS
@pytest.mark.parametrize("wrong", [-0.1, 1.2, 5.0])
def test_what_is_no_p_value_is_refused(adjust, wrong) -> None:
    with pytest.raises(ArgumentError, match="p"):
        adjust([0.2, wrong])


@WAYS
def test_nullable_blanks_are_blanks_and_words_are_refused(adjust) -> None:
    np.testing.assert_array_equal(adjust(pd.array([0.01, pd.NA, 0.03], dtype="Float64")), adjust([0.01, np.nan, 0.03]))
    for bad in (["x"], [0.1, np.inf]):
        with pytest.raises(ArgumentError):
            adjust(bad)
