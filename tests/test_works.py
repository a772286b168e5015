"""Shares of projects, payments and registers: each case by hand, the sample against SQL, and sums that are kept."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import area_tree, small_dataset

from fundanalytics.data import load
from fundanalytics.data.areas import LEVELS
from fundanalytics.data.dataset import Dataset
from fundanalytics.measure.indicators import (
    completion_rate,
    cost_per_project,
    disclosure_rate,
    indicators,
    matching_rate,
    on_time_rate,
    process_days,
    self_raised_ratio,
    sourcing_compliance_rate,
    training_coverage,
    voucher_rate,
)

TREE = area_tree({"S1": ["a", "b"], "S2": ["c"]})
SHARES = ["completion_rate", "on_time_rate", "disclosure_rate", "voucher_rate", "sourcing_compliance_rate", "self_raised_ratio"]


def project(name: str, area: str = "a", **columns: Any) -> dict[str, Any]:
    return {"project_id": name, "area_code": area, "period": "2020", "fund": "guarantee", "name": name, "category": "other"} | columns


def told(function: Any, dataset: Dataset, **options: Any) -> dict[str, tuple[float, float, str]]:
    """Area → numerator, denominator, note."""
    table = function(dataset, by=LEVELS, period="2020", **options)
    return {row.area_code: (row.numerator, row.denominator, row.note) for row in table.itertuples()}


# --- completion --------------------------------------------------------------------------------------------------------
STATES = [
    project("done", finished_on="2020-06-01"), project("accepted counts as finished", accepted_on="2020-07-01"),
    project("on the last day", finished_on="2020-12-31"), project("a day late", finished_on="2021-01-01", status="finished"),
    project("at work", status="underway"), project("stopped after all", status="stopped", finished_on="2020-06-01"),
    project("done, nobody wrote when", status="finished"), project("no word"),
    project("begun later", status="accepted", contracted_on="2021-02-01"),
]  # fmt: skip


def test_finished_is_what_has_a_date_by_the_cut_off_and_the_undated_are_left_out() -> None:
    dataset = small_dataset(areas=TREE, projects=[*STATES, project("other street", "c")])
    found = told(completion_rate, dataset)
    assert found["a"] == (3, 8, "part_unknown;some_stopped") and found["D"][:2] == (3, 8)
    assert found["c"][2] == "not_reported" and np.isnan(found["c"][1])
    assert told(completion_rate, dataset, basis="accepted")["a"] == (1, 9, "some_stopped")
    assert told(completion_rate, dataset, as_of="2020-06-30")["a"][0] == 1


def test_a_project_without_a_word_is_open_only_where_its_street_tells_of_others() -> None:
    silent = [project(str(i), "b") for i in range(3)]
    assert told(completion_rate, small_dataset(areas=TREE, projects=silent))["b"][2] == "not_reported"
    found = told(completion_rate, small_dataset(areas=TREE, projects=[*silent, project("x", "a", finished_on="2020-03-01")]))
    assert found["b"] == (0, 3, "") and found["S1"] == (1, 4, "")
    only = small_dataset(areas=TREE, projects=[project("1", status="finished"), project("2", status="accepted")])
    assert told(completion_rate, only)["a"][2] == "unknown" and told(completion_rate, only, basis="accepted")["a"] == (0, 1, "part_unknown")


def test_stopped_projects_inform_and_do_not_lower_the_quality() -> None:
    table = completion_rate(small_dataset(areas=TREE, projects=[project("1", status="stopped"), project("2", finished_on="2020-02-02")]), by="community")
    row = table.set_index("area_code").loc["a"]
    assert (row["value"], row["note"], row["quality"]) == (0.5, "some_stopped", 1)


def test_in_time_is_by_the_planned_day_of_those_whose_day_has_come() -> None:
    plan = {"planned_end_on": "2020-06-30"}
    rows = [
        project("on the day", finished_on="2020-06-30", **plan), project("accepted by then", accepted_on="2020-06-29", **plan),
        project("late", finished_on="2020-07-01", **plan), project("open", status="underway", **plan), project("stopped", status="stopped", **plan),
        project("accepted later, finish unknown", accepted_on="2020-07-05", **plan), project("no plan", finished_on="2020-02-01"),
        project("not yet due", planned_end_on="2021-01-31", status="underway"), project("silent", **plan),
    ]  # fmt: skip
    dataset = small_dataset(areas=TREE, projects=rows)
    assert told(on_time_rate, dataset)["a"] == (2, 6, "part_unknown;some_stopped")
    assert told(on_time_rate, dataset, as_of="2020-06-29")["a"][2] == "unknown"
    assert told(on_time_rate, small_dataset(areas=TREE, projects=[project("1", planned_end_on="2021-01-01")]))["a"][2] == "zero_denominator"


# --- disclosure --------------------------------------------------------------------------------------------------------
def notice(project_id: str | None, day: str = "2020-05-01", step: str = "resolution", area: str = "a") -> dict[str, Any]:
    return {"area_code": area, "period": "2020", "step": step, "project_id": project_id, "channel": "board", "published_on": day}


def test_announced_are_projects_named_by_a_notice_of_the_step_by_the_cut_off() -> None:
    projects = [project("1", resolved_on="2020-04-01"), project("2", started_on="2020-04-09"), project("3", resolved_on="2020-04-01"),
                project("4", resolved_on="2021-02-01"), project("5"), project("6", status="planned"), project("7", "b", resolved_on="2020-03-01"),
                project("8", "c", resolved_on="2020-03-01")]  # fmt: skip
    notices = [notice("1"), notice("1", "2020-06-01"), notice("2", "2021-01-01"), notice("3", step="proposal"), notice(None), notice("5")]
    found = told(disclosure_rate, small_dataset(areas=TREE, projects=projects, notices=notices))
    assert found["a"] == (2, 4, "") and found["b"] == (0, 1, "") and found["c"][2] == "not_reported"
    assert told(disclosure_rate, small_dataset(areas=TREE, projects=projects, notices=notices), basis="review")["a"][2] != ""
    undated = small_dataset(areas=TREE, projects=[project("1"), project("2", resolved_on="2020-01-02")], notices=[notice("2")])
    assert told(disclosure_rate, undated)["a"] == (1, 1, "part_unknown")


def test_a_notice_of_a_heading_is_one_of_each_project_under_it() -> None:
    under = {"parent_project_id": "head", "accepted_on": "2020-08-01"}
    dataset = small_dataset(areas=TREE, projects=[project("head", accepted_on="2020-08-01"), project("1", **under), project("2", **under)],
                            notices=[notice("head", step="review")])  # fmt: skip
    assert told(disclosure_rate, dataset, basis="review")["a"] == (2, 2, "")
    assert told(completion_rate, dataset)["a"] == (2, 2, "")


# --- vouchers and sourcing ---------------------------------------------------------------------------------------------
def test_vouchers_count_payments_of_which_all_is_known() -> None:
    flags = [(True, True, True, 10.5, "2020-02-01"), (True, True, False, 20, "2020-02-01"), (True, None, False, 40, "2020-02-01"),
             (True, True, True, -3, "2020-03-01"), (True, True, True, 100, "2021-01-01"), (False, False, False, 5, None)]  # fmt: skip
    names = ("has_invoice", "has_receipt", "has_bank_flow", "amount", "paid_on")
    paid = [dict(zip(names, f, strict=True)) | {"project_id": "1", "period": None if f[4] else "2020"} for f in flags]
    dataset = small_dataset(areas=TREE, projects=[project("1")], payments=paid)
    assert told(voucher_rate, dataset)["a"] == (2, 4, "part_unknown")
    assert told(voucher_rate, dataset, basis="payments_amount")["a"] == (13.5, 38.5, "part_unknown")
    assert voucher_rate(dataset, by="district", basis="payments_amount")["n"].iloc[0] == 4


def test_sourcing_is_judged_by_the_rule_books_table() -> None:
    rows = [("major", "tender", "works"), ("major", "comparison", "works"), ("general", "comparison", None), ("small", "tender", "goods"),
            ("small", "self", "self_help"), ("small", "self", "goods"), (None, "tender", None), ("small", None, None), (None, "self", "self_help")]  # fmt: skip
    projects = [project(str(i), tier=t, sourcing=s, work_class=w) for i, (t, s, w) in enumerate(rows)]
    projects.append(project("later", tier="major", sourcing="direct", contracted_on="2021-03-01"))
    dataset = small_dataset(areas=TREE, projects=projects)
    assert told(sourcing_compliance_rate, dataset)["a"] == (5, 7, "assumed_rule;part_unknown")
    own = {"sourcing": {"value": {"major": ["comparison"]}, "status": "official"}, "sourcing_own_work": {"value": {}, "status": "official"}}
    assert told(sourcing_compliance_rate, small_dataset(areas=TREE, projects=projects, rules=own))["a"] == (1, 6, "part_unknown")


def test_the_tables_in_the_code_are_those_of_the_rule_book() -> None:
    from fundanalytics.measure import money, works

    book = load.load_rules()
    assert {tier: tuple(ways) for tier, ways in book["sourcing"]["value"].items()} == works.SOURCING
    assert {kind: tuple(ways) for kind, ways in book["sourcing_own_work"]["value"].items()} == works.OWN_WORK
    assert book["fund_begins"]["value"] == money.BEGAN


def test_self_raised_money_is_none_where_blank_only_if_the_street_states_any() -> None:
    rows = [project("1", budget=100, self_raised=10.01), project("2", "b", budget=100), project("3", "b", self_raised=7), project("4", "c", budget=50)]
    found = told(self_raised_ratio, small_dataset(areas=TREE, projects=rows))
    assert found["a"] == (10.01, 100, "") and found["b"] == (0, 100, "part_unknown") and found["c"][2] == "not_reported"
    assert found["D"] == (10.01, 200, "part_not_reported;part_unknown")


def test_cost_is_paid_over_projects_with_those_not_yet_paid() -> None:
    paid = [{"project_id": "1", "amount": 30.02, "paid_on": "2020-02-01"}, {"project_id": "1", "amount": 99, "paid_on": "2021-02-01"}]
    totals = [{"area_code": "c", "period": "2020", "fund": "gongfu", "measure": m, "value": v} for m, v in (("paid", 90), ("projects", 4))]
    dataset = small_dataset(areas=TREE, projects=[project("1"), project("2")], payments=paid, totals=totals)
    found = told(cost_per_project, dataset)
    assert found["a"] == (30.02, 2, "") and found["c"] == (90, 4, "") and found["D"] == (120.02, 6, "")
    assert cost_per_project(dataset, by="district")["value"].iloc[0] == pytest.approx(120.02 / 6, rel=1e-15)
    alone = small_dataset(areas=TREE, totals=totals[:1])
    assert told(cost_per_project, alone)["c"][2] == "no_denominator"


# --- days --------------------------------------------------------------------------------------------------------------
def test_days_are_medians_over_projects_of_the_area_with_dates_in_order() -> None:
    def took(name: str, area: str, days: int, start: str = "2020-03-01") -> dict[str, Any]:
        return project(name, area, proposed_on=start, resolved_on=pd.Timestamp(start) + pd.Timedelta(days=days))

    rows = [took("1", "a", 1), took("2", "a", 4), took("3", "b", 10), took("4", "b", 100), took("5", "b", 0), took("6", "c", -2),
            took("7", "a", 9, "2020-12-25"), project("8", "a", proposed_on="2020-01-01")]  # fmt: skip
    table = process_days(small_dataset(areas=TREE, projects=rows), by=LEVELS, period="2020", basis="proposed-resolved").set_index("area_code")
    assert table["value"].to_dict() == pytest.approx({"D": 4, "S1": 4, "S2": np.nan, "a": 2.5, "b": 10, "c": np.nan}, nan_ok=True)
    assert table["note"].to_dict() == {"D": "part_unknown", "S1": "", "S2": "unknown", "a": "", "b": "", "c": "unknown"}
    assert table["n"].fillna(0).to_dict() == {"D": 5, "S1": 5, "S2": 0, "a": 2, "b": 3, "c": 0}
    assert set(table["method"]) == {"full count, median"} and set(table["unit"]) == {"days"}
    assert table[["numerator", "denominator", "lower", "upper"]].isna().all(axis=None) and table.loc["a", "quality"] == 1


def test_projects_of_a_split_community_are_not_divided() -> None:
    tree = [row | {"valid_to": "2019-12-31" if row["area_code"] == "a" else None} for row in TREE]
    tree += [{"area_code": n, "area_name": n, "level": "community", "parent_code": "S1", "valid_from": "2020-01-01"} for n in ("m", "n")]
    steps = [{"old_code": "a", "new_code": n, "share": s, "effective_from": "2020-01-01"} for n, s in (("m", 0.75), ("n", 0.25))]
    dates = {"period": "2019", "proposed_on": "2019-01-01", "accepted_on": "2019-02-01"}
    dataset = small_dataset(areas=tree, crosswalk=steps, projects=[project("1", "a", **dates)])
    table = process_days(dataset, by=LEVELS, period="2019-2020").set_index("area_code")
    assert table.loc["S1", "value"] == 31 and table.loc[["m", "n"], "note"].tolist() == ["split_area"] * 2 and table.loc[["m", "n"], "value"].isna().all()
    shares = completion_rate(dataset, by=LEVELS, period="2019-2020").set_index("area_code")
    assert shares.loc[["m", "n", "S1"], "numerator"].tolist() == [0.75, 0.25, 1]


# --- registers ---------------------------------------------------------------------------------------------------------
def session(area: str, day: str = "2020-05-01", level: str = "street", organiser: str = "S1") -> dict[str, Any]:
    return {"training_id": f"{area}{day}", "level": level, "organiser_code": organiser, "area_code": area, "held_on": day, "attendees": 3}


def test_a_community_not_reached_is_known_where_the_street_or_the_district_keeps_a_register() -> None:
    street = told(training_coverage, small_dataset(areas=TREE, trainings=[session("a"), session("a", "2020-06-01"), session("b", "2021-01-01")]))
    assert street["a"] == (1, 1, "") and street["b"] == (0, 1, "") and street["c"][2] == "not_reported" and street["D"] == (1, 2, "part_not_reported")
    whole = told(training_coverage, small_dataset(areas=TREE, trainings=[session("a", level="district", organiser="D")]))
    assert whole["c"] == (0, 1, "") and whole["D"] == (1, 3, "")
    as_one = told(training_coverage, small_dataset(areas=TREE, trainings=[session("S1"), session("a"), session("c", organiser="S2")]))
    assert as_one["a"][:2] == (1, 1) and as_one["b"][2] == "unknown" and as_one["D"] == (2, 2, "part_unknown")
    late = small_dataset(areas=TREE, trainings=[session("a", "2020-11-01")])
    assert told(training_coverage, late, as_of="2020-06-30")["a"] == (0, 1, "")
    assert set(training_coverage(small_dataset(areas=TREE, trainings=[session("a", "2019-05-01")]), period="2020")["note"]) == {"no_data"}


def test_needs_are_matched_by_the_cut_off_and_a_district_without_any_match_has_not_reported() -> None:
    def need(area: str, amount: float, matched: str | None = None, **columns: Any) -> dict[str, Any]:
        return {"area_code": area, "period": "2020", "amount": amount, "published_on": "2020-05-01", "matched_on": matched} | columns

    rows = [need("a", 10.1, "2020-06-01"), need("a", 20, "2021-02-01"), need("b", 30), need("c", 40, organisation_id="J1"),
            need("c", 50, "2020-06-01", published_on="2021-01-01")]  # fmt: skip
    dataset = small_dataset(areas=TREE, listings=rows)
    found = told(matching_rate, dataset)
    assert found["a"] == (1, 2, "") and found["b"] == (0, 1, "") and found["c"][2] == "unknown" and found["D"] == (1, 3, "part_unknown")
    assert told(matching_rate, dataset, basis="listings_amount")["D"] == (10.1, 60.1, "part_unknown")
    assert told(matching_rate, small_dataset(areas=TREE, listings=[need("a", 1)]))["a"][2] == "not_reported"


# --- the sample against SQL --------------------------------------------------------------------------------------------
FLOWS = "(has_invoice, has_receipt, has_bank_flow)"
SQL = {
    "heads": "SELECT DISTINCT parent_project_id FROM projects WHERE parent_project_id NOT IN (SELECT project_id FROM payments)",
    "own": "SELECT * FROM projects WHERE period = '2020' AND fund IN ('guarantee', 'cungong', 'gongfu') AND project_id NOT IN (SELECT * FROM heads)",
    "due": "SELECT *, coalesce(status = 'stopped', false) AS stopped, coalesce(status IN ('finished', 'accepted'), false) AS ended, "
           "least(proposed_on, resolved_on, contracted_on, started_on) AS first_day, "
           "greatest(proposed_on, resolved_on, contracted_on, started_on) > DATE '2020-12-31' AS begun_later FROM own",
}  # fmt: skip
COUNTS = {
    ("completion_rate", "finished"): """
        SELECT area_code, count(*) FILTER (made) AS top, count(*) FILTER (made OR NOT (ended AND finished_on IS NULL) OR begun_later) AS bottom
        FROM (SELECT *, NOT stopped AND coalesce(least(finished_on, accepted_on) <= DATE '2020-12-31', false) AS made FROM due)
        GROUP BY area_code""",
    ("on_time_rate", "on_time"): """
        SELECT area_code, count(*) FILTER (NOT stopped AND coalesce(finished_on, accepted_on) <= planned_end_on) AS top,
               count(*) FILTER (stopped OR finished_on IS NOT NULL OR accepted_on <= planned_end_on OR (accepted_on IS NULL AND NOT ended)) AS bottom
        FROM due WHERE planned_end_on <= DATE '2020-12-31' GROUP BY area_code""",
    ("disclosure_rate", "resolution"): """
        SELECT area_code, count(*) FILTER (named) AS top, count(*) FILTER (named OR resolved_on <= DATE '2020-12-31'
               OR (resolved_on IS NULL AND least(contracted_on, started_on, finished_on, accepted_on) <= DATE '2020-12-31')) AS bottom
        FROM (SELECT *, project_id IN (SELECT project_id FROM notices WHERE step = 'resolution' AND project_id IS NOT NULL
                                       AND published_on <= DATE '2020-12-31') AS named FROM due) GROUP BY area_code""",
    ("voucher_rate", "payments_amount"): """
        SELECT area_code, sum(cents) FILTER (has_invoice AND has_receipt AND has_bank_flow) / 100 AS top, sum(cents) / 100 AS bottom
        FROM (SELECT p.*, own.area_code, round(amount * 100) AS cents FROM payments p JOIN own USING (project_id))
        WHERE coalesce(paid_on, make_date(CAST(period AS INT), 1, 1)) <= DATE '2020-12-31' AND has_invoice IS NOT NULL AND has_receipt IS NOT NULL
              AND has_bank_flow IS NOT NULL GROUP BY area_code""",
    ("sourcing_compliance_rate", "sourced"): """
        SELECT area_code, count(*) FILTER (fits) AS top, count(*) FILTER (fits OR (tier IS NOT NULL AND sourcing IS NOT NULL)) AS bottom
        FROM (SELECT *, coalesce((sourcing = 'tender' AND tier IS NOT NULL) OR (sourcing = 'comparison' AND tier <> 'major')
                                 OR (sourcing = 'direct' AND tier = 'small') OR (sourcing = 'self' AND work_class = 'self_help'), false) AS fits FROM due
              WHERE NOT coalesce(least(contracted_on, started_on, finished_on, accepted_on) > DATE '2020-12-31', false)) GROUP BY area_code""",
    ("matching_rate", "listings"): """
        SELECT area_code, count(*) FILTER (matched_on <= DATE '2020-12-31') AS top, count(*) AS bottom
        FROM listings WHERE matched_on IS NOT NULL OR organisation_id IS NULL GROUP BY area_code""",
    ("training_coverage", "communities"): """
        SELECT area_code, CAST(area_code IN (SELECT area_code FROM trainings WHERE year(held_on) = 2020) AS INT) AS top, 1 AS bottom
        FROM areas WHERE level = 'community' AND valid_to IS NULL""",
    ("process_days", "proposed-accepted"): """
        SELECT area_code, median(date_diff('day', proposed_on, accepted_on)) AS top, NULL AS bottom
        FROM own WHERE accepted_on <= DATE '2020-12-31' AND proposed_on <= accepted_on GROUP BY area_code""",
    ("process_days", "resolved-contracted"): """
        SELECT area_code, median(date_diff('day', resolved_on, contracted_on)) AS top, NULL AS bottom
        FROM own WHERE contracted_on <= DATE '2020-12-31' AND resolved_on <= contracted_on GROUP BY area_code""",
}  # fmt: skip


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return load.load_sample()


@pytest.fixture(scope="module")
def sample_table(sample: Dataset) -> pd.DataFrame:
    return indicators(sample, period="2020", by="community")


@pytest.fixture(scope="module")
def database(sample: Dataset) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for name in ("projects", "payments", "notices", "listings", "trainings", "areas"):
        connection.register(name, sample.tables[name])
    for name, query in SQL.items():
        connection.execute(f"CREATE TEMP TABLE {name} AS {query}")
    return connection


@pytest.mark.parametrize("key", COUNTS, ids=" ".join)
def test_the_sample_counted_by_sql_gives_the_same_community_by_community(
    sample_table: pd.DataFrame, database: duckdb.DuckDBPyConnection, key: tuple[str, str]
) -> None:
    expected = database.sql(COUNTS[key]).df().set_index("area_code").astype("float64")
    found = sample_table[(sample_table["indicator"] == key[0]) & (sample_table["basis"] == key[1])].set_index("area_code")
    found = found[found["value"].notna() & ~found["note"].str.contains("zero_denominator")]
    expected = expected[expected["bottom"].ne(0) & expected["top"].notna()]
    assert len(found) == len(expected) >= 20
    expected = expected.loc[found.index]
    if key[0] == "process_days":
        assert (found["value"] == expected["top"]).all()
    else:
        assert (found["numerator"] == expected["top"]).all() and (found["denominator"] == expected["bottom"]).all()
        assert (found["value"] == expected["top"] / expected["bottom"]).all()


# --- what holds for any ledger -----------------------------------------------------------------------------------------
def redrawn() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """a is split between m (S1) and n (S2); b and c stay."""
    old = [row | {"valid_to": "2019-12-31" if row["area_code"] == "a" else None} for row in TREE]
    new = [{"area_code": c, "area_name": c, "level": "community", "parent_code": s, "valid_from": "2020-01-01"} for c, s in (("m", "S1"), ("n", "S2"))]
    return old + new, [{"old_code": "a", "new_code": n, "share": s, "effective_from": "2020-01-01"} for n, s in (("m", 0.25), ("n", 0.75))]


days = st.none() | st.dates(pd.Timestamp("2019-01-01").date(), pd.Timestamp("2021-06-30").date())
ledgers = st.lists(
    st.fixed_dictionaries({
        "area_code": st.sampled_from("abc"), "period": st.sampled_from(["2019", "2020"]), "status": st.sampled_from([None, "underway", "accepted", "stopped"]),
        "resolved_on": days, "finished_on": days, "accepted_on": days, "planned_end_on": days, "budget": st.none() | st.integers(1, 10**6),
        "self_raised": st.none() | st.integers(0, 10**5), "tier": st.sampled_from([None, "major", "small"]),
        "sourcing": st.sampled_from([None, "tender", "direct"]),
    }), max_size=12,
)  # fmt: skip


@settings(max_examples=10, deadline=None)
@given(rows=ledgers)
def test_sums_of_any_ledger_are_kept_over_levels_and_boundaries(rows: list[dict[str, Any]]) -> None:
    areas, crosswalk = redrawn()
    rows = [project(str(i), **row) for i, row in enumerate(rows) if not (row["area_code"] == "a" and row["period"] == "2020")]
    payments = [{"project_id": r["project_id"], "amount": 7.01, "period": r["period"], "has_invoice": i % 3 > 0, "has_receipt": True,
                 "has_bank_flow": None if i % 5 == 4 else True} for i, r in enumerate(rows)]  # fmt: skip
    table = indicators(small_dataset(areas=areas, crosswalk=crosswalk, projects=rows, payments=payments), period="2019-2020", names=[*SHARES, "process_days"])
    counted = table[table["indicator"].ne("process_days")]
    sums = counted.groupby(["indicator", "basis", "level"])[["numerator", "denominator"]].sum()
    for _, levels in sums.groupby(["indicator", "basis"]):
        np.testing.assert_allclose(levels, np.broadcast_to(levels.iloc[0], levels.shape), rtol=1e-12, atol=1e-9)
    known = table[table["value"].notna()]
    assert (table.loc[table["value"].isna(), "note"] != "").all()
    assert known.loc[known["unit"].eq("share"), "value"].between(0, 1).all() and (known.loc[known["unit"].eq("days"), "value"] >= 0).all()
