"""Public data that nobody here made, from their own files to the figures that others computed from them."""

import numpy as np
import pandas as pd
import pytest
from test_load import SHARED, chicago, conserved, needs_shared  # noqa: F401

import fundanalytics as fa

pytestmark = needs_shared
WARDS = SHARED / "ward_budget_chicago"
SURVEY = SHARED / "resident_survey_san_diego"


def test_chicago_usage_per_ward_and_year(chicago):  # noqa: F811
    expected = pd.read_csv(WARDS / "expected_ward_year.csv").astype({"year": "str"})
    found = pd.concat([fa.usage_rate(chicago, by="street", period=year) for year in expected["year"].unique()])
    both = expected.merge(found, left_on=["area_id", "year"], right_on=["area_code", "period"], validate="one_to_one")
    assert len(both) == len(expected) == 450
    np.testing.assert_allclose(both["value"], both["usage_rate"], rtol=1e-12)
    np.testing.assert_allclose(both["numerator"], both["spent"], atol=0.005)
    assert (both["note"].str.contains("above_one") == both["over_allocated"]).all()


def test_chicago_as_a_whole(chicago):  # noqa: F811
    expected = pd.read_csv(WARDS / "expected_city_year.csv").astype({"year": "str"})
    found = pd.concat([fa.usage_rate(chicago, by="district", period=year) for year in expected["year"]])
    np.testing.assert_allclose(found["value"], expected["usage_rate_pooled"], rtol=1e-12)
    np.testing.assert_allclose(found["denominator"], expected["allocated"])


def test_chicago_before_and_after(chicago):  # noqa: F811
    expected = pd.read_csv(WARDS / "expected_compare_2012_2015_vs_2016_2019.csv").set_index("area_id")
    found = fa.compare_periods(chicago, "usage_rate", baseline="2012-2015", current="2016-2019", by="street").set_index("area_code")
    found = found.loc[expected.index.intersection(found.index)]
    expected = expected.loc[found.index]
    assert len(found) == 50
    np.testing.assert_allclose(found["baseline_value"], expected["usage_baseline"], rtol=1e-12)
    np.testing.assert_allclose(found["current_value"], expected["usage_current"], rtol=1e-12)
    np.testing.assert_allclose(found["change"] * 100, expected["change_pp"], atol=1e-9)
    np.testing.assert_allclose(found["within"] + found["between"], found["change"], atol=1e-12)


SAN_DIEGO = """
name: San Diego residents
tables:
  - table: areas
    rows: [{area_code: SD, area_name: San Diego, level: district}]
  - table: areas
    file: "*.csv"
    distinct: true
    columns: {area_code: {format: "SD/CD{Q28}"}, area_name: {format: "Council district {Q28}"}, level: {value: street}, parent_code: {value: SD}}
  - table: responses
    file: "*.csv"
    columns:
      response_id: Num
      area_code: {format: "SD/CD{Q28}"}
      period: {value: 2015}
      satisfaction: {from: Q2_6, blank: [9]}
"""


@pytest.fixture(scope="module")
def san_diego(tmp_path_factory):
    mapping = tmp_path_factory.mktemp("san_diego") / "mapping.yml"
    mapping.write_text(SAN_DIEGO)
    return fa.load(SURVEY / "resident_survey_weighted_datasd.csv", mapping=mapping)


def test_san_diego_satisfaction_per_district(san_diego):
    expected = pd.read_csv(SURVEY / "expected_district_year.csv").set_index("area_id").sort_index()
    rate = fa.satisfaction_rate(san_diego, by="street", period="2015").set_index("area_code").sort_index()
    score = fa.satisfaction_score(san_diego, by="street", period="2015").set_index("area_code").sort_index()
    assert list(rate.index) == list(expected.index)
    assert rate["n"].tolist() == expected["answered"].tolist()
    np.testing.assert_allclose(rate["value"], expected["satisfaction_rate"], rtol=1e-12)
    np.testing.assert_allclose(rate["numerator"], expected["satisfied_n"], rtol=1e-12)
    np.testing.assert_allclose(score["value"] / 20, expected["mean_score"], rtol=1e-12)
    assert ((rate["lower"] < rate["value"]) & (rate["value"] < rate["upper"])).all()
    conserved(san_diego)


def test_san_diego_as_a_whole(san_diego):
    expected = pd.read_csv(SURVEY / "expected_city_year.csv").iloc[0]
    row = fa.satisfaction_rate(san_diego, by="district", period="2015").iloc[0]
    assert (row["n"], len(san_diego.responses)) == (expected["answered"], expected["respondents"])
    np.testing.assert_allclose(row["value"], expected["satisfaction_rate"], rtol=1e-12)
