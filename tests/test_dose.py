"""The dose design: quota per head through the crosswalk, the slope against R's panel regression, and what is said with it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from small import area_tree, small_dataset
from test_pilots import NUMBERS, PANEL, R, ledgers, tree

from fundanalytics import dose_effect, load_sample
from fundanalytics.data.dataset import Dataset
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.clustered import CR2
from fundanalytics.measure.dose import DoseEffect, quota_per_head
from fundanalytics.measure.randomisation import WILD
from fundanalytics.measure.series import asked_by
from fundanalytics.show.labels import LABELS


def made(values: pd.DataFrame = PANEL, **changed: object) -> Dataset:
    """A hundred persons everywhere, so that the quota is a hundred times the dose."""
    rows = [{"area_code": r["area_code"], "period": r["year"]} | {"dose": r["dose"]} for r in values.to_dict("records")]
    tables = {
        "allocations": [{"area_code": r["area_code"], "period": r["period"], "fund": "guarantee", "quota": 100 * r["dose"]} for r in rows],
        "populations": [{"area_code": r["area_code"], "period": r["period"], "basis": "resident", "persons": 100} for r in rows],
    }
    return small_dataset(areas=tree({}), totals=ledgers(values), **(tables | changed))


def found(dataset: Dataset, **options) -> DoseEffect:
    return dose_effect(dataset, "usage_rate", **({"baseline": "2017", "current": "2020"} | options))


def test_the_slope_is_that_of_rs_panel_with_a_constant_per_area_and_year() -> None:
    """CR2 with Satterthwaite degrees of freedom by clubSandwich, the wild bootstrap by brute force with lm, on the panel itself."""
    table = found(made()).to_frame().set_index("method")
    assert table.loc[CR2, NUMBERS].to_numpy(float) == pytest.approx(R.loc["dose CR2", NUMBERS].to_numpy(float), rel=1e-8)
    assert table.at[WILD, "p"] == pytest.approx(R.at["dose wild; null 0", "p"], abs=1e-12) and table.at[WILD, "assignments"] == 512
    assert table[["clusters", "areas"]].to_numpy().tolist() == [[9, 39]] * 2 and (table["lower"] < table["value"]).all()


def test_it_says_that_it_is_a_dose_design_and_what_it_rests_on() -> None:
    design = found(made()).design.iloc[0]
    codes = {*design["note"].split(";"), *design["assumed"].split(";"), "dose_constant", "too_few_areas", "no_quota", "no_persons"}
    for lang in ("zh", "en"):
        assert not codes - set(LABELS[lang]["note"]) and not set(found(made()).design) - set(LABELS[lang]["column"]) - {"fund"}
    assert design["note"] == "dose_design;no_untreated" and "linear_in_dose" in design["assumed"]
    doses = PANEL.pivot(index="area", columns="year", values="dose")
    change = doses["2020"] - doses["2017"]
    assert [design[f"dose_change_{end}"] for end in ("least", "median", "most")] == pytest.approx([change.min(), change.median(), change.max()])
    none = PANEL.assign(dose=PANEL["dose"].mask((PANEL["area"] == "2") & (PANEL["year"] == "2020"), 0.0))
    assert found(made(none)).design["note"].iloc[0] == "dose_design"


@pytest.mark.parametrize("doses", [{"2017": 20.0, "2020": 20.0}, {"2017": 20.0, "2020": 35.0}])
def test_a_dose_that_does_not_vary_is_refused(doses: dict[str, float]) -> None:
    table = found(made(PANEL.assign(dose=PANEL["year"].map(doses)))).to_frame()
    assert table["note"].tolist() == ["dose_constant"] and table[["value", "lower", "p"]].isna().all(axis=None)


def test_communities_without_a_dose_or_an_outcome_say_why() -> None:
    def kept(rows: list[dict], area: str, year: str) -> list[dict]:
        return [r for r in rows if (r["area_code"], r["period"]) != (area, year)]

    whole = made()
    quotas = kept(whole.allocations.to_dict("records"), "c01", "2020")
    persons = [r | {"persons": 0 if r["area_code"] == "c03" else r["persons"]} for r in kept(whole.populations.to_dict("records"), "c02", "2017")]
    lacking = made(PANEL[~((PANEL["area_code"] == "c04") & (PANEL["year"] == "2020"))], allocations=quotas, populations=persons)
    result = found(lacking)
    told = result.areas.set_index("area_code")["note"]
    assert told[told != ""].to_dict() == {"c01": "no_quota", "c02": "no_persons", "c03": "no_persons", "c04": "no_data"}
    assert result.to_frame()["areas"].tolist() == [35, 35] and result.design["unmeasured"].iloc[0] == 4


def test_fewer_than_three_communities_are_refused() -> None:
    table = found(made(PANEL[PANEL["area"].isin(["1", "2"])])).to_frame()
    assert table["note"].tolist() == ["too_few_areas"] and table["value"].isna().all()
    empty = found(small_dataset(areas=tree({}), totals=ledgers(PANEL))).to_frame()
    assert empty["note"].tolist() == ["too_few_areas"]


def test_quotas_and_persons_of_earlier_editions_are_added_up() -> None:
    areas = [row | {"valid_to": "2019-12-31"} if row["area_code"] in "ab" else row for row in area_tree({"S": ["a", "b", "c"]})]
    areas.append({"area_code": "ab", "area_name": "ab", "level": "community", "parent_code": "S", "valid_from": "2020-01-01"})
    crosswalk = [{"old_code": code, "new_code": "ab", "share": 1.0, "effective_from": "2020-01-01"} for code in "ab"]
    held = [("a", "2019", 300.0, 10), ("b", "2019", 500.0, 30), ("c", "2019", 90.0, 9), ("ab", "2020", 600.0, 50), ("c", "2020", 200.0, 10)]
    dataset = small_dataset(
        areas=areas, crosswalk=crosswalk, allocations=[{"area_code": a, "period": y, "fund": "guarantee", "quota": q} for a, y, q, _ in held],
        populations=[{"area_code": a, "period": y, "basis": "resident", "persons": n} for a, y, _, n in held],
    )  # fmt: skip
    asked = asked_by(dataset, ["2019", "2020", "2019-2020"])
    doses = {period: quota_per_head(side)["dose"].to_dict() for period, side in asked.items()}
    assert doses == {"2019": {"ab": 20.0, "c": 10.0}, "2020": {"ab": 12.0, "c": 20.0},
                     "2019-2020": {"ab": pytest.approx(1400 / 90), "c": pytest.approx(290 / 19)}}  # fmt: skip


def test_a_divided_community_gives_each_part_its_share_and_a_new_one_has_no_earlier_dose() -> None:
    areas = [row | {"valid_to": "2019-12-31" if row["area_code"] == "a" else None} for row in area_tree({"S": ["a", "b"]})]
    areas += [{"area_code": c, "area_name": c, "level": "community", "parent_code": "S", "valid_from": "2020-01-01"} for c in ("a1", "new")]
    crosswalk = [{"old_code": "a", "new_code": c, "share": s, "effective_from": "2020-01-01"} for c, s in (("a1", 0.75), ("b", 0.25))]
    held = [("a", "2019", 300.0, 10), ("b", "2019", 80.0, 20), ("a1", "2020", 90.0, 9), ("b", "2020", 44.0, 22), ("new", "2020", 12.0, 3)]
    dataset = small_dataset(
        areas=areas, crosswalk=crosswalk, allocations=[{"area_code": a, "period": y, "fund": "guarantee", "quota": q} for a, y, q, _ in held],
        populations=[{"area_code": a, "period": y, "basis": "resident", "persons": n} for a, y, _, n in held],
    )  # fmt: skip
    asked = asked_by(dataset, ["2019", "2020", "2019-2020"])
    assert quota_per_head(asked["2019"])["dose"].dropna().to_dict() == {"a1": 30.0, "b": pytest.approx((80 + 75) / (20 + 2.5))}
    whole = quota_per_head(asked["2019-2020"])
    assert whole["dose"].dropna().to_dict() == {"a1": pytest.approx((225 + 90) / (7.5 + 9)), "b": pytest.approx((155 + 44) / (22.5 + 22))}
    assert whole.at["new", "note"] == "no_quota" and quota_per_head(asked["2020"]).at["new", "dose"] == 4.0


def test_on_the_sample_the_dose_moved_by_mergers_and_satisfaction_did_not_follow() -> None:
    """In ``data.sample`` satisfaction knows nothing of money, so the slope is 0."""
    result = dose_effect(load_sample(), "satisfaction_rate", baseline="2018", current="2020")
    table, design = result.to_frame(), result.design.iloc[0]
    assert (table["lower"] < 0).all() and (table["upper"] > 0).all() and design["unmeasured"] == 2
    assert design["dose_change_least"] < -5 and abs(design["dose_change_median"]) < 1 and "break_communities_redrawn" in design["note"]
    assert result._repr_html_().count("<table") == 2 and any("Pustejovsky" in line for line in result.references)
    assert np.array_equal(result.areas["area_code"], sorted(result.areas["area_code"]))


@pytest.mark.parametrize(("options", "told"), [({"fund": "money"}, "guarantee"), ({"indicator": "x"}, "usage_rate"), ({"current": "2017"}, "2017")])
def test_arguments_are_checked(options: dict, told: str) -> None:
    with pytest.raises(ArgumentError, match=told):
        dose_effect(made(), **({"indicator": "usage_rate", "baseline": "2017", "current": "2020"} | options))
