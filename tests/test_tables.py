"""Tables for readers: escaped, formatted by meaning, stamped."""

from __future__ import annotations

import pandas as pd
from tables_for_tests import compared, frame, full, streets, survey

from fundanalytics.show.tables import comparison_table, indicator_table, table


def test_cells_and_headings_from_the_data_are_escaped() -> None:
    html = table(pd.DataFrame({"area_name": ["<script>alert(1)</script>"], "<b>": ["&"]}))._repr_html_()
    assert "<script>" not in html and "<b>" not in html and "&lt;script&gt;" in html


def test_numbers_are_formatted_by_what_their_column_means_and_blanks_are_a_dash() -> None:
    rows = pd.DataFrame({"category": ["environment"], "projects": [1200], "budget": [35_700.0], "share": [0.7995], "paid": [None]})
    zh, en = table(rows).cells.iloc[0].tolist(), table(rows, lang="en").cells.iloc[0].tolist()
    assert zh == ["环境整治", "1,200", "3.57", "79.9%", "—"]
    assert en == ["environment", "1,200", "35,700", "79.9%", "—"]
    assert "万元" in table(rows).headings["budget"] and "yuan" in table(rows, lang="en").headings["budget"]


def test_a_table_has_head_body_and_right_aligned_numbers() -> None:
    html = indicator_table(streets(survey, 3))._repr_html_()
    assert html.count("<thead>") == html.count("<tbody>") == 1
    assert 'class="fa-table"' in html and 'class="fa-num"' in html and "94.0%–100.0%" in html


def test_invented_data_are_stamped_and_real_ones_are_not() -> None:
    assert "虚构示例数据" in indicator_table(frame(full()))._repr_html_()
    assert "虚构示例数据" not in indicator_table(frame(full(origin="computed")))._repr_html_()
    assert "Fictional sample data" in table(pd.DataFrame({"answers": [1]}), lang="en", origin="synthetic")._repr_html_()


def test_a_money_rate_shows_yuan_and_a_people_rate_shows_people() -> None:
    money, people = indicator_table(frame(full())), indicator_table(frame(survey()))
    assert money.cells["numerator"].tolist() == ["977.60"] and "万元" in money.headings["numerator"]
    assert people.cells["numerator"].tolist() == ["820"] and "万元" not in people.headings["numerator"]


def test_a_comparison_shows_points_with_a_sign_and_relative_change_as_per_cent() -> None:
    cells = comparison_table(frame(compared())).cells.iloc[0]
    assert (cells["change"], cells["relative_change"], cells["limits"]) == ("+17.0", "+21.0%", "+15.0至+19.0")


def test_an_empty_table_keeps_its_headings() -> None:
    shown = table(pd.DataFrame({"area_name": pd.Series(dtype="str"), "value": pd.Series(dtype="float64")}))
    assert "区域" in shown._repr_html_() and len(shown.cells) == 0


def test_a_caption_stands_only_where_there_is_one():
    frame = pd.DataFrame({"projects": [1]})
    assert "<caption" not in table(frame)._repr_html_()
    frame.attrs["caption"] = "来源：甲 <b>"
    assert "<caption>来源：甲 &lt;b&gt;</caption>" in table(frame)._repr_html_()


def test_a_note_that_every_row_bears_stands_once_below_them() -> None:
    rows = pd.DataFrame({"area_name": ["a", "b"], "note": ["break_fund_reform;too_few_units", "break_fund_reform"]})
    shown = table(rows)
    assert shown.cells["note"].tolist() == ["社区太少，不给区间", "—"] and "资金制度改革" in shown.stamp
    assert "note" not in table(rows.assign(note="break_fund_reform")).cells and "资金制度改革" in table(rows.head(1)).cells["note"].iloc[0]


def test_only_money_is_shown_as_money() -> None:
    rows = [full(indicator="voucher_rate", basis=basis, numerator=14_040.0, denominator=20_000.0) for basis in ("payments", "payments_amount")]
    rows.append(full(indicator="cost_per_project", basis="paid/projects", numerator=20_000.0, denominator=14_040.0, unit="yuan"))
    cells = table(frame(*rows), columns=["numerator", "denominator"]).cells
    assert cells.to_numpy().tolist() == [["14,040", "20,000"], ["1.40", "2.00"], ["2.00", "14,040"]]
