"""Checks across rows, tables and years: each contradiction is found where it stands, and sound data give none."""

import numpy as np
import pandas as pd
import pytest
from small import area_tree, table

from fundanalytics.data import cross
from fundanalytics.data.cross_factors import apart
from fundanalytics.data.ledger import Ledger
from fundanalytics.data.load import load, load_rules, load_sample

STREETS = {"S": [f"S{i}" for i in range(6)], "T": [f"T{i}" for i in range(6)]}
AREAS = [row | {"valid_from": "2012-01-01"} for row in area_tree(STREETS)]
CODES = [*STREETS["S"], *STREETS["T"]]
PROJECT = {"area_code": "S1", "period": "2020", "fund": "guarantee", "name": "灯", "category": "other", "budget": 30_000.0, "contract_amount": 30_000.0}


def found(only: str = "", **tables) -> pd.DataFrame:
    """The findings on these rows, those of one code if asked; a row stands in its ``sheet`` (or 表), from row 2 on."""
    made = {}
    for name, rows in ({"areas": AREAS} | tables).items():
        sheets = [r.get("sheet", "表") for r in rows]
        bare = table(name, [{k: v for k, v in r.items() if k != "sheet"} for r in rows])
        made[name] = bare.assign(source_file="台账.xlsx", source_sheet=sheets, source_row=range(2, len(rows) + 2)).astype({"source_row": "Int64"})
    before = {name: rows.copy() for name, rows in made.items()}
    ledger = Ledger()
    cross.check(made, load_rules(), ledger)
    for name, rows in made.items():
        pd.testing.assert_frame_equal(rows, before[name])
    told = pd.DataFrame(ledger.findings, columns=["file", "sheet", "cell", "table", "column", "code", "found", "expected", "detail"])
    return told[told["code"] == only] if only else told


def project(number: int = 1, **more) -> dict:
    return PROJECT | {"project_id": f"P{number}"} | more


def paid(number: int, amount: float, day: str = "2020-06-01", **more) -> dict:
    return {"project_id": f"P{number}", "amount": amount, "paid_on": day} | more


def test_the_sample_holds_just_the_contradictions_that_its_makers_put_there():
    dataset = load_sample()
    told = dataset.findings[dataset.findings["code"].str.contains("above|before|order|far|break|missing_year|area_|repeated|differ|suspected")]
    told = told[told["code"] != "total_differs"]
    projects = dataset.projects.set_index("project_id")
    sums = dataset.payments.groupby("project_id")["amount"].sum().reindex(projects.index)
    over = {"paid_above_contract": (sums > projects["contract_amount"] + 1).sum(),
            "contract_above_budget": (projects["contract_amount"] > projects["budget"] + projects["self_raised"].fillna(0) + 51).sum()}  # fmt: skip
    assert told["code"].value_counts().to_dict() == over == {"paid_above_contract": 2, "contract_above_budget": 6}
    assert told["cell"].str.fullmatch(r"[A-Z]+\d+").all()


@pytest.mark.parametrize(
    ("changed", "column", "code"),
    [
        ({"resolved_on": "2020-02-01", "proposed_on": "2020-02-02"}, "resolved_on", "dates_out_of_order"),
        ({"contracted_on": "2020-02-28"}, "contracted_on", "contracted_before_resolution"),
        ({"accepted_on": "2020-04-30"}, "accepted_on", "dates_out_of_order"),
        ({"resolved_on": "2021-03-01"}, "resolved_on", "dates_out_of_order"),  # against four that agree with each other
        ({"finished_on": "2008-05-01"}, "finished_on", "date_far_from_period"),
        ({"accepted_on": "2023-01-01"}, "accepted_on", "date_far_from_period"),
        ({"repair_asked_on": "2020-07-02", "repaired_on": "2020-07-01"}, "repaired_on", "dates_out_of_order"),
    ],
)
def test_of_dates_that_contradict_each_other_the_odd_one_is_named_once(changed, column, code):
    days = {"proposed_on": "2020-01-01", "resolved_on": "2020-03-01", "contracted_on": "2020-04-01", "started_on": "2020-04-01",
            "finished_on": "2020-05-01", "accepted_on": "2020-06-01"}  # fmt: skip
    assert found(projects=[project(**days)]).query("code != 'table_incomplete'").empty
    told = found(projects=[project(**days | changed)]).query("code != 'table_incomplete'")
    assert told[["code", "column", "cell"]].values.tolist() == [[code, column, "2:2"]]
    assert told["found"].tolist() == [changed[column]]


def test_dates_of_the_other_tables_have_an_order_too():
    listing = {"area_code": "S1", "period": "2020", "amount": 1.0, "published_on": "2020-05-02", "matched_on": "2020-05-01"}
    assert found("dates_out_of_order", listings=[listing])["expected"].tolist() == ["≥ 2020-05-02"]
    repair = {"area_code": "S1", "problem": "缺", "found_on": "2020-05-02", "done_on": "2020-05-01", "due_on": "2020-06-01"}
    assert found("dates_out_of_order", rectifications=[repair])["column"].tolist() == ["done_on"]


def test_money_is_spent_after_the_resolution():
    told = found("paid_before_resolution", projects=[project(resolved_on="2020-05-02")], payments=[paid(1, 5, "2020-05-01"), paid(1, 5, "2020-05-02")])
    assert told[["cell", "found", "expected", "detail"]].values.tolist() == [["2:2", "2020-05-01", "≥ 2020-05-02", "resolved_on 2:2"]]


def test_payments_exceed_a_contract_only_beyond_the_last_digit_written():
    exact = [project(1, contract_amount=30_000.25), project(2, contract_amount=12_345.67)]
    told = found("paid_above_contract", projects=exact, payments=[paid(1, 20_000), paid(1, 10_001.26), paid(2, 12_345.67)])
    assert told[["cell", "found", "expected", "detail"]].values.tolist() == [["2:2", "30000.25", "≥ 30001.26", "2:2、3:3"]]
    in_wan = [project(1, contract_amount=35_700.0)]  # 3.57 万元 may be 35,749.99
    assert found("paid_above_contract", projects=in_wan, payments=[paid(1, 35_750.5)]).empty
    assert len(found("paid_above_contract", projects=in_wan, payments=[paid(1, 35_751.5)])) == 1


def test_without_a_contract_the_budget_and_what_residents_added_is_the_limit():
    free = project(1, contract_amount=None, budget=1_000.51, self_raised=100.25)
    assert found("paid_above_budget", projects=[free], payments=[paid(1, 1_101.76)]).empty
    assert found("paid_above_budget", projects=[free], payments=[paid(1, 1_101.77)])[["found", "expected"]].values.tolist() == [["1000.51", "≥ 1001.52"]]
    assert found("contract_above_budget", projects=[project(budget=900.51, contract_amount=1_001.78, self_raised=100.25)])["detail"].tolist() == ["budget 2:2"]
    assert found("contract_above_budget", projects=[project(budget=900.51, contract_amount=1_001.76, self_raised=100.25)]).empty
    assert found("contract_above_budget", projects=[project(budget=None, contract_amount=1_001.76)]).empty


def test_payments_of_communities_count_against_the_money_of_their_street():
    money = {"area_code": "S", "period": "2020", "fund": "guarantee", "quota": 100.51, "arrived": 100.51, "carried_in": 10.25}
    projects = [project(1), project(2, area_code="S2"), project(3, area_code="T1"), project(4, fund="incentive")]
    spent = [paid(1, 60), paid(2, 51.76), paid(3, 999), paid(4, 999)]
    assert found("paid_above_arrived", allocations=[money], projects=projects, payments=spent).empty
    told = found("paid_above_arrived", allocations=[money], projects=projects, payments=[*spent, paid(1, 0.01, "2021-02-01")])
    assert told[["found", "expected", "detail"]].values.tolist() == [["111.77", "≤ 110.76", "S 2020 guarantee × 3"]]
    assert found("paid_above_arrived", allocations=[money | {"arrived": None}], projects=projects, payments=[*spent, paid(1, 99)]).empty


def yearly(change: dict[tuple[str, str], float], years: str = "2013 2014 2015 2016") -> list[dict]:
    return [{"area_code": code, "period": year, "fund": "gongfu", "quota": change.get((code, year), 100_000.0 + 1_000 * i) * 1.5 ** int(year[-1])}
            for i, code in enumerate(CODES) for year in years.split()]  # fmt: skip


def test_a_jump_is_one_that_the_other_areas_do_not_share():
    assert found("series_break", allocations=yearly({})).empty
    doubled = {(code, "2015"): 1e6 for code in CODES}
    assert found("series_break", allocations=yearly(doubled)).empty
    told = found("series_break", allocations=yearly({("S3", "2015"): 1e6}))  # there and back
    assert told[["column", "cell"]].values.tolist() == [["quota", "16:16"]]
    assert told["detail"].iloc[0].startswith("S3 2014")
    shares = [{"old_code": "X", "new_code": "S3", "share": 1.0, "effective_from": "2015-03-01"}]
    assert found("series_break", allocations=yearly({("S3", "2015"): 1e6, ("S3", "2016"): 1e6}), crosswalk=shares).empty
    assert len(found("series_break", allocations=yearly({("S3", "2015"): 1e6, ("S3", "2016"): 1e6}))) == 1


def test_no_series_runs_over_a_break_of_the_rule_book():
    paid_then = [project(i, area_code=code, period=year) for i, (code, year) in enumerate((c, y) for c in CODES for y in ("2017", "2018", "2019"))]
    spent = [paid(i, 9_000.0 if row["period"] == "2017" and row["area_code"] == "S1" else 100.0, f"{row['period']}-05-01") for i, row in enumerate(paid_then)]
    assert found("series_break", projects=paid_then, payments=spent).empty  # 2018: fund reform
    later = [p | {"period": str(int(p["period"]) + 2)} for p in paid_then]
    assert found("series_break", projects=later, payments=[s | {"paid_on": "2020-05-01"} for s in spent])["column"].tolist() == ["amount"]


def test_a_street_with_a_figure_beside_those_of_its_communities_is_told_with_their_sum():
    rows = [{"area_code": c, "period": "2020", "fund": "guarantee", "quota": 10.0} for c in ("S", "S1", "S2", "T", "T1")]
    rows += [{"area_code": "T", "period": "2020", "fund": "incentive", "quota": 10.0}]
    told = found("counted_with_parts", allocations=rows)
    assert told[["cell", "found", "expected"]].values.tolist() == [["2:2", "10", "20"], ["5:5", "10", "10"]]


def test_an_area_that_existed_and_has_nothing_is_told_to_its_street():
    rows = [{"area_code": c, "period": y, "basis": "resident", "persons": 10, "sheet": c[0]} for c in CODES for y in ("2018", "2019", "2020")]
    assert found(populations=rows).empty
    told = found(populations=[r for r in rows if (r["area_code"], r["period"]) not in (("T2", "2019"), ("S4", "2020"))])
    assert told[["code", "sheet", "found", "expected"]].values.tolist() == [
        ["missing_year", "T", "T2 name T2", "2019"],
        ["area_without_data", "S", "S4 name S4", "2020"],
    ]
    told = found(populations=[r for r in rows if r["period"] != "2019" or r["area_code"] in CODES[:5]])
    assert told[["code", "found", "expected", "detail"]].values.tolist() == [["table_incomplete", "5", "12", "2019 community"]]


def test_an_area_of_another_edition_is_not_missed():
    gone = [row | {"valid_to": "2018-12-31"} if row["area_code"] == "T2" else row for row in AREAS]
    rows = [{"area_code": c, "period": "2019", "basis": "resident", "persons": 10} for c in CODES if c != "T2"]
    assert found(areas=gone, populations=rows).empty
    moved = [{"old_code": "OLD", "new_code": "T2", "share": 1.0, "effective_from": "2019-06-01"}]
    assert found(crosswalk=moved, populations=[*rows, rows[0] | {"area_code": "OLD"}]).empty
    few = [{"area_code": "S1", "period": "2019", "fund": "incentive", "quota": 1.0}]
    assert found(allocations=few).empty  # nobody else was to get any


def test_december_repeats_june():
    projects = [project(i) for i in range(30)]
    june = [paid(i, 100.0 + i, f"2020-06-{i + 1:02}", payment_id=f"J{i}", sheet="6月") for i in range(12)]
    more = [paid(i, 300.0 + i, "2020-11-05", payment_id=f"D{i}", sheet="12月") for i in range(12, 30)]
    again = [row | {"payment_id": f"D{i}", "sheet": "12月"} for i, row in enumerate(june)]
    moved = [row | {"paid_on": "2020-12-01"} for row in again]
    assert found("repeated_report", projects=projects, payments=[*june, *more]).empty
    for repeated in (again, moved):
        told = found("repeated_report", projects=projects, payments=[*june, *more, *repeated])
        assert told[["sheet", "cell", "found", "expected", "detail"]].values.tolist() == [["12月", "32:32", "× 12", "100%", "6月!2:2"]]
    told = found("repeated_report", projects=projects, payments=[*again, *more, *june])  # the later report may be read first
    assert told[["sheet", "detail"]].values.tolist() == [["12月", "6月!32:32"]]
    part = [row if i % 2 else row | {"amount": 7.0 + i} for i, row in enumerate(moved)]
    assert found("repeated_report", projects=projects, payments=[*june, *part]).empty  # half of them, on other days: instalments


@pytest.mark.parametrize(
    ("name", "row", "code"),
    [
        ("surveys", {"scale": 5, "issued": 10, "returned": 11, "valid": 9}, "returned_above_issued"),
        ("surveys", {"scale": 5, "issued": 10, "returned": 9, "valid": 10}, "valid_above_returned"),
        ("populations", {"basis": "resident", "persons": 10, "eligible_persons": 11}, "eligible_above_persons"),
        ("populations", {"basis": "resident", "persons": 10, "households": 11}, "households_above_persons"),
        ("events", {"step": "review", "persons": 11, "person_times": 10}, "persons_above_times"),
    ],
)
def test_counts_that_cannot_be(name, row, code):
    told = found(**{name: [{"area_code": "S1", "period": "2020", **row}]}).query("code != 'table_incomplete'")
    assert told["code"].tolist() == [code]


def test_answers_are_as_many_as_the_survey_says_and_an_event_is_no_larger_than_its_area():
    survey = {"area_code": "S", "period": "2020", "wave": "1", "scale": 5, "valid": 3}
    answers = [{"area_code": c, "period": "2020", "wave": "1", "response_id": f"{c}{i}"} for c in ("S1", "S2") for i in range(2)]
    assert found("responses_differ", surveys=[survey], responses=answers[:3]).empty
    assert found("responses_differ", surveys=[survey], responses=answers)[["found", "expected"]].values.tolist() == [["3", "4"]]
    assert found("responses_differ", surveys=[survey | {"wave": "2"}], responses=answers).empty
    people = [{"area_code": "S1", "period": "2020", "basis": b, "persons": n} for b, n in (("resident", 50), ("registered", 40))]
    events = [{"area_code": "S1", "period": "2020", "step": "review", "persons": n} for n in (50, 51)]
    assert found("persons_above_population", populations=people, events=events)[["cell", "expected"]].values.tolist() == [["3:3", "≤ 50"]]


def ledger_of(size: int, seed: int = 3) -> tuple[list[dict], list[dict]]:
    """Projects with skewed budgets, contracts a little below, paid in two parts."""
    budgets = np.random.default_rng(seed).lognormal(10.2, 0.9, size).round(2)
    projects = [project(i, budget=b, contract_amount=round(b * 0.97, 2), sheet="项目") for i, b in enumerate(budgets)]
    payments = [paid(i, round(b * 0.97 * part, 2), sheet="支付") for i, b in enumerate(budgets) for part in (0.3, 0.69)]
    return projects, payments


@pytest.mark.parametrize("power", [3, 4, -3, -4])
def test_an_amount_in_another_unit_is_found_by_its_row_or_its_project(power):
    projects, payments = ledger_of(60)
    assert found("factor_suspected", projects=projects, payments=payments).empty
    for column in ("budget", "contract_amount"):
        wrong = [row | {column: row[column] * 10.0**power} if i in (7, 8) else row for i, row in enumerate(projects)]
        told = found("factor_suspected", projects=wrong, payments=payments)
        assert told[["table", "column", "cell"]].values.tolist() == [["projects", column, "9:9"], ["projects", column, "10:10"]]
        assert told["expected"].tolist() == [f"≈ {projects[i][column]:.2f}" for i in (7, 8)]
    wrong = [row | {"amount": row["amount"] * 10.0**power} if i == 21 else row for i, row in enumerate(payments)]
    told = found("factor_suspected", projects=projects, payments=wrong)
    assert told[["table", "cell", "expected"]].values.tolist() == [["payments", "23:23", f"≈ {payments[21]['amount']:.2f}"]]


def test_a_whole_block_in_another_unit_is_told_once():
    projects, payments = ledger_of(30)
    told = found(projects=projects, payments=[row | {"amount": row["amount"] / 10_000} for row in payments])
    assert told.loc[told["code"].isin(["unit_suspected", "factor_suspected"]), ["code", "sheet", "column"]].values.tolist() == [
        ["unit_suspected", "支付", "amount"]
    ]
    spread = [row | {"sheet": f"支付{i % 5}", "amount": row["amount"] / (10_000 if i % 5 == 2 else 1)} for i, row in enumerate(ledger_of(60)[1])]
    told = found(projects=ledger_of(60)[0], payments=spread)  # by the contracts and by the other sheets: told once
    assert told.loc[told["code"].isin(["unit_suspected", "factor_suspected"]), ["code", "sheet"]].values.tolist() == [["unit_suspected", "支付2"]]
    books = [row | {"sheet": f"街道{i % 5}", "project_id": f"P{i}", "contract_amount": None} for i, row in enumerate(ledger_of(60)[0])]
    assert found("unit_suspected", projects=books).empty
    books = [row | {"budget": row["budget"] / 1_000} if row["sheet"] == "街道3" else row for row in books]
    assert found("unit_suspected", projects=books)[["sheet", "column"]].values.tolist() == [["街道3", "budget"]]


@pytest.mark.parametrize("spread", [0.6, 0.85, 1.0])
def test_skewed_amounts_alone_raise_no_suspicion_and_planted_factors_do(spread):
    rng = np.random.default_rng(11)
    columns = np.log10(rng.lognormal(10, spread, (1_000, 200)))
    assert sum(bool(apart(c)) for c in columns) < 10  # fewer than 1 in 100
    for power in (3, -3, 4, -4):
        hits = 0
        for column in columns[:200]:
            at = rng.integers(200)
            told = apart(np.concatenate([column[:at], [column[at] + power], column[at + 1 :]]))
            hits += any(at in where for where, _ in told)
        assert hits > 0.75 * 200


@pytest.mark.parametrize(("size", "wrong", "least"), [(20, 10, 0.7), (30, 8, 0.8), (7, 1, 0.7)])
def test_half_of_a_column_or_one_of_few_amounts_in_another_unit_is_found_and_few_sound_ones_are_not(size, wrong, least):
    rng = np.random.default_rng(3)
    columns = np.log10(rng.lognormal(10, 0.8, (200, size)))
    assert sum(bool(apart(c)) for c in columns) < 4
    told = [apart(np.concatenate([c[:wrong] - 4, c[wrong:]])) for c in columns]
    assert sum([(set(at.tolist()), power) for at, power in one] == [(set(range(wrong)), -4)] for one in told) > least * len(columns)


def test_amounts_with_a_heavy_tail_seldom_raise_suspicion():
    rng = np.random.default_rng(5)
    assert sum(bool(apart(np.log10(1e4 * (1 + rng.pareto(1.1, 200))))) for _ in range(500)) < 20


def test_what_is_wrong_throughout_is_named_a_hundred_times_and_then_counted():
    rows = [project(i, resolved_on="2015-05-01") for i in range(150)]
    told = found("date_far_from_period", projects=rows)
    assert len(told) == 101
    assert told["found"].iloc[-1] == "× 150"


def test_the_order_of_rows_changes_nothing():
    projects, payments = ledger_of(40)
    projects[3] |= {"contract_amount": projects[3]["budget"] * 10_000}
    projects[5] |= {"resolved_on": "2020-05-01", "contracted_on": "2020-04-01"}
    payments[9]["amount"] *= 1.5
    ids = ["code", "table", "column", "found", "expected"]

    def codes(a, b):
        return sorted(map(tuple, found(projects=a, payments=b)[ids].values.tolist()))

    assert codes(projects, payments) == codes(projects[::-1], payments[::-1])
    assert len(codes(projects, payments)) >= 4


def test_a_finding_names_the_cell_of_the_sheet(tmp_path):
    (tmp_path / "areas.csv").write_text("area_code,area_name,level,parent_code\nD,虚区,district,\nD1,甲街道,street,D\nD101,一社区,community,D1\n", "utf-8-sig")
    heads = "项目编号,社区名称,年度,资金类别,项目名称,项目类别,预算金额（元）,合同金额（元）,议决日期\n"
    (tmp_path / "projects.csv").write_text(heads + "P1,一社区,2020,保障资金,灯,基础设施,900.5,1000.5,2020-05-02\n", "utf-8-sig")
    (tmp_path / "payments.csv").write_text("支付编号,项目编号,支付金额（元）,支付日期\nZ1,P1,2000.5,2020-05-01\n", "utf-8-sig")
    told = load(tmp_path).findings.set_index("code")
    assert told.loc["paid_before_resolution", ["cell", "detail"]].tolist() == ["D2", "resolved_on projects.csv projects!I2"]
    assert told.loc["contract_above_budget", ["cell", "detail"]].tolist() == ["H2", "budget G2"]
    assert told.loc["paid_above_contract", ["cell", "detail"]].tolist() == ["H2", "payments.csv payments!C2"]
