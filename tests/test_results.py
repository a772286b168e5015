"""What every result can do: print itself, become a plain frame, and say what it rests on."""

from __future__ import annotations

import pandas as pd
import pytest
from small import area_tree, small_dataset

from fundanalytics import __version__, awareness_rate, compare_periods, load_sample
from fundanalytics.measure.intervals import wilson
from fundanalytics.measure.results import ResultTable


@pytest.fixture(scope="module")
def sample():
    return load_sample()


def test_a_table_is_a_frame_that_cites_package_data_and_references(sample) -> None:
    table = awareness_rate(sample, by="street", period="2020")
    assert isinstance(table, ResultTable) and type(table.to_frame()) is pd.DataFrame
    cited = table.cite().splitlines()
    assert cited[0] == f"fundanalytics {__version__}" and sample.sha256 in cited[1] and "synthetic" in cited[1]
    assert any("Korn" in line for line in cited[2:])
    assert table[table["level"] == "street"].assign(x=1).cite() == table.cite()


def test_a_comparison_and_an_interval_cite_too(sample) -> None:
    change = compare_periods(sample, baseline="2012-2017", current="2018-2020")
    assert sample.sha256 in change.cite() and any("Särndal" in line for line in change.references)
    assert any("Wilson" in line for line in wilson(81, 263).references)
    assert wilson([81, 15], [263, 148]).to_frame()["method"].tolist() == ["wilson", "wilson"]


def test_a_notebook_shows_a_bare_table_without_blank_columns(sample) -> None:
    shown = awareness_rate(sample, by="district", period="2020")._repr_html_()
    assert "<table" in shown and "<th>value</th>" in shown and "<th>note</th>" not in shown and "style>" not in shown
    assert "<td>263</td>" in wilson(81, 263).to_frame().assign(n=263).pipe(ResultTable)._repr_html_()


def test_the_hash_of_the_data_changes_with_the_data_and_only_with_it() -> None:
    rows = [{"area_code": "a", "period": "2020", "aware": True}]
    one, same, other = (small_dataset(areas=area_tree({"S": ["a"]}), responses=[{**rows[0], "aware": aware}]) for aware in (True, True, False))
    assert one.sha256 == same.sha256 != other.sha256
