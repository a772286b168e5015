"""Usage on other bases and idle money: what counts above and below, and nothing twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small import area_tree, small_dataset

from fundanalytics.data import load
from fundanalytics.data.areas import LEVELS
from fundanalytics.data.dataset import Dataset
from fundanalytics.measure.figures import units
from fundanalytics.measure.indicators import INDICATORS, indicators, sediment_rate, usage_rate
from fundanalytics.measure.request import request

TREE = area_tree({"S1": ["a", "b"], "S2": ["c"]})
OWED, SIGNED, AVAILABLE = "paid+payable/arrived", "contracted/arrived", "paid/available"


def project(name: str, area: str = "a", **columns: Any) -> dict[str, Any]:
    return {"project_id": name, "area_code": area, "period": "2020", "fund": "guarantee", "name": name, "category": "other"} | columns


def given(area: str = "a", arrived: float = 100, **columns: Any) -> dict[str, Any]:
    return {"area_code": area, "period": "2020", "fund": "guarantee", "quota": arrived, "arrived": arrived} | columns


def pay(name: str, amount: float, day: str | None = "2020-06-01", **columns: Any) -> dict[str, Any]:
    return {"project_id": name, "amount": amount, "paid_on": day} | columns


def told(table: Any) -> dict[str, tuple[float, float, str]]:
    return {row.area_code: (row.numerator, row.denominator, row.note) for row in table.itertuples()}


def usage(dataset: Dataset, basis: str, period: str = "2020", **options: Any) -> dict[str, tuple[float, float, str]]:
    return told(usage_rate(dataset, by=LEVELS, period=period, basis=basis, **options))


# --- contracts ---------------------------------------------------------------------------------------------------------
def contracts() -> Dataset:
    signed = {"contracted_on": "2020-03-01"}
    projects = [
        project("half paid", contract_amount=20, **signed), project("paid more", contract_amount=10, **signed),
        project("stopped", contract_amount=8, status="stopped", **signed),
        project("signed later", contract_amount=50, contracted_on="2021-01-01"), project("no contract"),
        project("undated, begun", contract_amount=4, started_on="2020-05-01"), project("undated, begun later", contract_amount=30, started_on="2021-05-01"),
        project("wholly undated", contract_amount=2),
    ]  # fmt: skip
    payments = [pay("half paid", 9), pay("half paid", 5, "2021-02-01"), pay("paid more", 12), pay("stopped", 3), pay("no contract", 1)]
    return small_dataset(areas=TREE, projects=projects, payments=payments, allocations=[given()])


def test_payable_is_contract_less_paid_of_signed_projects_that_go_on() -> None:
    assert usage(contracts(), OWED)["a"] == (9 + 12 + 3 + 1 + 11 + 4 + 2, 100, "")
    assert usage(contracts(), OWED, as_of="2021-03-01")["a"] == (30 + 50 + 6 + 4 + 2, 100, "")
    assert usage(contracts(), SIGNED)["a"] == (20 + 10 + 8 + 4 + 2, 100, "")
    assert usage(contracts(), SIGNED, as_of="2021-06-01")["a"][0] == 44 + 50 + 30


def test_a_payment_shows_that_an_undated_contract_was_signed() -> None:
    rows = [project("1", contract_amount=40, started_on="2021-05-01")]
    for day, owed in [("2020-12-01", 40), ("2021-02-01", 0)]:
        assert usage(small_dataset(areas=TREE, projects=rows, payments=[pay("1", 7, day)], allocations=[given()]), OWED)["a"][0] == owed


def test_a_street_that_states_no_contract_has_not_reported_any() -> None:
    projects = [project("1", contract_amount=10), project("2", "b"), project("3", "c")]
    dataset = small_dataset(areas=TREE, projects=projects, payments=[pay(str(i), 5) for i in (1, 2, 3)], allocations=[given(a) for a in "abc"])
    for basis, a, b in ((OWED, 10, 5), (SIGNED, 10, 0)):
        found = usage(dataset, basis)
        assert (found["a"][0], found["b"][0]) == (a, b) and found["c"][2] == "not_reported" and found["D"] == (a + b, 200, "part_not_reported")


def test_a_sum_tells_neither_contracts_nor_days_of_payment() -> None:
    total = {"area_code": "c", "period": "2020", "fund": "gongfu", "measure": "paid", "value": 60}
    known = small_dataset(areas=TREE, totals=[total], allocations=[given("c", fund="gongfu", carried_in=1)])
    assert usage(known, "paid/arrived")["c"] == (60, 100, "")
    for basis in (OWED, SIGNED, AVAILABLE):
        found = usage(known, basis)["c"]
        assert found[2] == "totals_only" and np.isnan(found[0])
    listed = small_dataset(areas=TREE, totals=[total], allocations=[given("c", fund="gongfu")], projects=[project("1", "c", fund="gongfu", contract_amount=9)])
    assert usage(listed, SIGNED)["c"] == (9, 100, "") and usage(listed, OWED)["c"][2] == "totals_only"
    both = small_dataset(areas=TREE, totals=[total], allocations=[given("c", fund="gongfu"), given("a")], projects=[project("1", contract_amount=9)])
    assert usage(both, SIGNED)["D"] == (9, 100, "part_totals_only")


# --- calendar year -----------------------------------------------------------------------------------------------------
def test_available_money_is_set_against_what_was_paid_in_the_year_for_projects_of_any_year() -> None:
    projects = [project("new"), project("old", period="2019"), project("older", period="2018", fund="gongfu")]
    payments = [pay("new", 10), pay("new", 99, "2021-01-01"), pay("old", 20), pay("old", 88, "2019-06-01"), pay("old", 5, None, period="2020"), pay("older", 3)]
    dataset = small_dataset(areas=TREE, projects=projects, payments=payments, allocations=[given(carried_in=30), given(period="2019", carried_in=7)])
    assert usage(dataset, AVAILABLE)["a"] == (35, 130, "part_no_denominator")
    assert usage(dataset, AVAILABLE, subset={"fund": "guarantee"})["a"] == (35, 130, "")
    assert usage(dataset, AVAILABLE, as_of="2020-05-31", subset={"fund": "guarantee"})["a"] == (5, 130, "")


def test_carry_over_counts_once() -> None:
    projects = [project("1", period="2019"), project("2")]
    payments = [pay("1", 60, "2019-06-01"), pay("1", 40, "2020-02-01"), pay("2", 70)]
    dataset = small_dataset(areas=TREE, projects=projects, payments=payments, allocations=[given(carried_in=40), given(period="2019", carried_in=5)])
    assert usage(dataset, AVAILABLE)["a"] == (110, 140, "") and usage(dataset, AVAILABLE, "2019")["a"] == (60, 105, "")
    assert usage(dataset, AVAILABLE, "2019-2020")["a"] == (170, 205, "")


def test_a_blank_carry_over_is_none_only_where_the_street_states_some_or_the_fund_begins() -> None:
    def with_money(period: str, **first: Any) -> Dataset:
        rows = [given("a", period=period, **first), given("b", period=period), given("c", period=period)]
        projects = [project(a, a, period=period) for a in "abc"]
        return small_dataset(areas=TREE, projects=projects, payments=[pay(a, 50, f"{period}-06-01") for a in "abc"], allocations=rows)

    found = usage(with_money("2020", carried_in=10), AVAILABLE)
    assert found["a"] == (50, 110, "") and found["b"] == (50, 100, "") and found["c"][2] == "no_denominator"
    assert usage(with_money("2018"), AVAILABLE, "2018")["D"] == (150, 300, "")


def test_payments_of_an_old_year_go_by_the_codes_of_their_time() -> None:
    tree = [row | {"valid_to": "2019-12-31" if row["area_code"] == "a" else None} for row in TREE]
    tree += [{"area_code": n, "area_name": n, "level": "community", "parent_code": s, "valid_from": "2020-01-01"} for n, s in (("m", "S1"), ("n", "S2"))]
    steps = [{"old_code": "a", "new_code": n, "share": s, "effective_from": "2020-01-01"} for n, s in (("m", 0.75), ("n", 0.25))]
    dataset = small_dataset(areas=tree, crosswalk=steps, projects=[project("1", "a", period="2019"), project("2", "m"), project("3", "n")],
                            payments=[pay("1", 8), pay("2", 1), pay("3", 1)], allocations=[given(a, carried_in=5) for a in ("m", "n")])  # fmt: skip
    found = usage(dataset, AVAILABLE)
    assert found["m"] == (7, 105, "") and found["n"] == (3, 105, "") and found["D"] == (10, 210, "")


# --- idle money --------------------------------------------------------------------------------------------------------
def idle(dataset: Dataset, basis: str = "idle/arrived", **options: Any) -> dict[str, tuple[float, float, str]]:
    return told(sediment_rate(dataset, by=LEVELS, period="2020", basis=basis, **options))


def test_overspending_hides_no_idle_money_and_what_is_owed_is_not_idle() -> None:
    projects = [project("1", contract_amount=50), project("2", "b", contract_amount=150), project("3", "c", contract_amount=10)]
    payments = [pay("1", 30), pay("2", 150), pay("3", 10)]
    dataset = small_dataset(areas=TREE, projects=projects, payments=payments, allocations=[given(a) for a in "abc"])
    found = idle(dataset)
    assert found == {"a": (50, 100, ""), "b": (0, 100, ""), "S1": (50, 200, ""), "c": (90, 100, ""), "S2": (90, 100, ""), "D": (140, 300, "")}
    assert 1 - usage_rate(dataset, by="district", basis=OWED)["value"].iloc[0] == pytest.approx(0.3) != pytest.approx(140 / 300)


def test_money_cleared_by_the_cut_off_is_no_longer_in_the_accounts() -> None:
    allocations = [given("a", cleared=45, cleared_on="2021-05-20"), given("b"), given("c")]
    projects = [project("1", contract_amount=50), project("2", "b", contract_amount=50), project("3", "c", contract_amount=50)]
    dataset = small_dataset(areas=TREE, projects=projects, payments=[pay(str(i), 50) for i in (1, 2, 3)], allocations=allocations)
    now = idle(dataset, "uncleared/arrived")
    assert now["D"] == (150, 300, "")
    later = idle(dataset, "uncleared/arrived", as_of="2021-05-31")
    assert later["a"] == (5, 100, "") and later["b"] == (50, 100, "") and later["c"][2] == "not_reported"
    assert idle(dataset, as_of="2021-05-31")["D"] == (150, 300, "") and idle(dataset, "uncleared/arrived", as_of="2021-05-19")["a"][0] == 50


def test_the_identity_of_money_holds_on_the_sample() -> None:
    """Another way to the same: arrived = paid + payable + idle − overspent, worked out in plain pandas."""
    sample = load.load_sample()
    day = "2020-12-31"
    own = sample.projects[(sample.projects["period"] == "2020") & (sample.projects["fund"] == "guarantee")]
    paid = sample.payments[~(sample.payments["paid_on"] > day)].groupby("project_id")["amount"].sum()
    own = own.assign(paid=own["project_id"].map(paid).fillna(0.0))
    signed = own["contracted_on"].le(day) | (own["contracted_on"].isna() & own[["started_on", "finished_on", "accepted_on"]].le(day).any(axis=1))
    signed |= own["contracted_on"].isna() & ((own["paid"] > 0) | own[["started_on", "finished_on", "accepted_on"]].isna().all(axis=1))
    owed = (own["contract_amount"] - own["paid"]).clip(lower=0).where(signed & own["status"].ne("stopped"), 0).fillna(0)
    used = (own["paid"] + owed).groupby(own["area_code"]).sum()
    arrived = sample.allocations.query("period == '2020' and fund == 'guarantee'").set_index("area_code")["arrived"]
    table = indicators(sample, period="2020", by="community", names=["usage_rate", "sediment_rate"]).set_index("area_code")
    for basis, expected in ((OWED, used), ("idle/arrived", (arrived - used).clip(lower=0))):
        found = table[table["basis"] == basis]
        np.testing.assert_allclose(found["numerator"], expected.reindex(found.index), atol=0.005)
        assert found["denominator"].eq(arrived.reindex(found.index)).all()
    contracted = own["contract_amount"].where(signed, 0).groupby(own["area_code"]).sum()
    np.testing.assert_allclose(table.loc[table["basis"] == SIGNED, "numerator"], contracted.sort_index(), atol=0.005)


@pytest.mark.parametrize("name", ["usage_rate", "sediment_rate", "completion_rate", "voucher_rate", "cost_per_project", "participation_intensity"])
def test_units_add_up_to_the_table(name: str) -> None:
    sample = load.load_sample()
    for basis in INDICATORS[name].bases:
        asked = request(sample, by="district", period="2020", subset=None, as_of=None, confidence=0.95, subsets=())
        found, _ = units(asked, name, basis)
        row = indicators(sample, period="2020", by="district", names=[name]).set_index("basis").loc[basis]
        assert found["numerator"].sum() / found["denominator"].sum() == pytest.approx(row["value"], rel=1e-12)
