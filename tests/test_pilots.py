"""Pilots against the rest of their streets: against R on a made panel, on the sample's known truth, and when nothing can be said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small import area_tree, small_dataset

from benchmarks.coverage_pilots import simulate
from fundanalytics import load_sample, pilot_effect
from fundanalytics.data.dataset import Dataset
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.pilots import CR2, MATCHED, MATCHED_T, TWOWAY, PilotEffect
from fundanalytics.measure.randomisation import SIGN_FLIP, WILD, WITHIN
from fundanalytics.show.labels import LABELS

EXPECTED = Path(__file__).parent / "expected"
R = pd.read_csv(EXPECTED / "pilots_r.csv", comment="#").set_index("what")
PANEL = pd.read_csv(EXPECTED / "pilots_panel.csv", comment="#", dtype={"area": "str", "street": "str", "year": "str"})
PANEL["area_code"], PANEL["street_code"] = "c" + PANEL["area"].str.zfill(2), "S" + PANEL["street"]
NUMBERS = ["value", "lower", "upper", "se", "df", "p"]


def ledgers(values: pd.DataFrame) -> list[dict]:
    """Sums paid and arrived (1,000 yuan) whose usage rate is ``y`` + 5: rates need not be rates to be compared."""
    rows = values.to_dict("records")
    paid = [{"area_code": r["area_code"], "period": r["year"], "fund": "cungong", "measure": "paid", "value": 1000 * (r["y"] + 5)} for r in rows]
    return paid + [row | {"measure": "arrived", "value": 1000} for row in paid]


def tree(pilots: dict[str, str], members: pd.DataFrame = PANEL) -> list[dict]:
    streets = members.drop_duplicates("area_code").groupby("street_code")["area_code"].agg(list).to_dict()
    return [row | {"pilot_from": pilots.get(row["area_code"])} for row in area_tree(streets)]


CHOSEN = dict.fromkeys(PANEL.loc[PANEL["pilot"] == 1, "area_code"], "2019-01-01")


def made(pilots: dict[str, str] = CHOSEN, values: pd.DataFrame = PANEL, **tables) -> Dataset:
    return small_dataset(areas=tree(pilots), totals=ledgers(values), **tables)


def found(dataset: Dataset, **options) -> PilotEffect:
    return pilot_effect(dataset, "usage_rate", **({"baseline": "2017", "current": "2020"} | options))


def row(result: PilotEffect, estimand: str, method: str) -> pd.Series:
    table = result.to_frame()
    return table[(table["estimand"] == estimand) & (table["method"] == method)].iloc[0]


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return load_sample()


@pytest.fixture(scope="module")
def whole() -> PilotEffect:
    return found(made())


# --- against R -----------------------------------------------------------------------------------------------------------
def test_matched_sets_are_rs_t_test_and_sign_flip(whole: PilotEffect) -> None:
    """Money is whole 分 and the rates have three decimals, so nothing is lost on the way."""
    assert row(whole, MATCHED, MATCHED_T)[NUMBERS].to_numpy(float) == pytest.approx(R.loc["matched t", NUMBERS].to_numpy(float), rel=1e-9)
    flipped = row(whole, MATCHED, SIGN_FLIP)
    assert flipped["p"] == pytest.approx(R.at["matched sign-flip; null 0", "p"], abs=1e-12) and flipped["assignments"] == 256 and flipped["exact"]
    assert flipped["lower"] < flipped["value"] < flipped["upper"]


def test_two_way_fixed_effects_are_clubsandwichs_and_the_brute_force_bootstraps(whole: PilotEffect) -> None:
    robust, wild = row(whole, TWOWAY, CR2), row(whole, TWOWAY, WILD)
    assert robust[NUMBERS].to_numpy(float) == pytest.approx(R.loc["twoway CR2", NUMBERS].to_numpy(float), rel=1e-8)
    assert wild["p"] == pytest.approx(R.at["twoway wild; null 0", "p"], abs=1e-12) and wild["assignments"] == 512 and wild["exact"]
    assert whole.to_frame().groupby("estimand")[["sets", "areas"]].first().to_numpy().tolist() == [[8, 36], [9, 39]]


def test_each_year_is_rs_t_test_against_the_last_year_before(whole: PilotEffect) -> None:
    events = whole.event_study.set_index("period")
    for year in ("2017", "2019", "2020"):
        assert events.loc[year, ["value", "lower", "upper", "p"]].to_numpy(float) == pytest.approx(
            R.loc[f"event {year}", ["value", "lower", "upper", "p"]].to_numpy(float), rel=1e-9
        )
    assert events["event_time"].tolist() == [-2, -1, 0, 1] and events.at["2018", "note"] == "reference" and events.at["2019", "note"] == ""
    assert "no_pretrend" not in whole.design["note"].iloc[0]


def test_the_design_comes_first_with_baseline_gap_and_what_could_be_seen(whole: PilotEffect) -> None:
    design, gap = whole.design.iloc[0], R.loc["baseline gap"]
    assert [design[f"baseline_gap{end}"] for end in ("", "_lower", "_upper", "_p")] == pytest.approx(
        [gap[c] for c in ("value", "lower", "upper", "p")], rel=1e-9
    )
    from scipy.stats import t

    assert design["mde"] == pytest.approx((t.ppf(0.975, 7) + t.ppf(0.8, 7)) * R.at["matched t", "se"], rel=1e-9)
    assert "pilots_chosen" in design["note"] and design[["pilots", "sets", "streets", "others"]].tolist() == [8, 8, 9, 28]
    html = whole._repr_html_()
    assert html.index("baseline_gap") < html.index("street_code") < html.index("estimand") and html.count("<table") == 4


def test_leaving_out_a_street_gives_the_range(whole: PilotEffect) -> None:
    without = found(made(values=PANEL[PANEL["street_code"] != "S4"])).to_frame()
    left = whole.leave_one_out.set_index("street_code")
    for estimand in (MATCHED, TWOWAY):
        assert left.at["S4", estimand] == pytest.approx(without.loc[without["estimand"] == estimand, "value"].iloc[0], rel=1e-12)
        table = whole.to_frame()
        ends = table.loc[table["estimand"] == estimand, ["least", "most"]].iloc[0].tolist()
        assert ends == [left[estimand].min(), left[estimand].max()]


# --- on the sample -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("indicator", "points"), [("awareness_rate", 0.07), ("satisfaction_rate", 0.04)])
def test_the_samples_true_gain_lies_within_every_interval(sample: Dataset, indicator: str, points: float) -> None:
    """``data.sample`` says what is true: of the distance in 2020, 7 points (awareness) and 4 (satisfied) came after 2018."""
    result = pilot_effect(sample, indicator, baseline="2018", current="2020")
    table = result.to_frame().dropna(subset=["lower"])
    assert len(table) == 4 and (table["lower"] < points).all() and (points < table["upper"]).all()
    assert result.design["baseline_gap_lower"].iloc[0] > 0 and result.design["above_at_baseline"].iloc[0] >= 11
    assert result.to_frame()["exact"].dropna().all() and "no_pretrend" in result.design["note"].iloc[0]


def test_money_of_the_sample_shows_no_gain_and_names_its_breaks(sample: Dataset) -> None:
    result = found(sample, baseline="2018", current="2020")
    assert (result.to_frame()["p"] > 0.1).all() and "break_communities_redrawn" in result.design["note"].iloc[0]
    assert result.event_study["note"].tolist() == ["reference", "part_treated", ""]
    assert sample.sha256 in result.cite() and any("Pustejovsky" in line for line in result.references)


def test_split_communities_and_streets_without_a_difference_are_named(sample: Dataset) -> None:
    result = pilot_effect(sample, "satisfaction_rate", baseline="2018", current="2020")
    assert result.sets.set_index("street_name").at["云栖街道", "unmeasured"] == 2  # the two parts of the one community that was split
    assert len(result.sets) == 13 and result.sets["difference"].notna().all()


# --- who is compared -----------------------------------------------------------------------------------------------------
def reasons(dataset: Dataset, **options) -> dict[str, str]:
    sets = found(dataset, **options).sets
    assert (sets["difference"].isna() == sets["note"].ne("").mask(sets["note"].eq("part_treated"), False)).all()
    return sets.set_index("street_code")["note"].to_dict()


def test_every_street_says_why_it_has_no_difference() -> None:
    codes = PANEL.drop_duplicates("area_code").groupby("street_code")["area_code"].agg(list)
    pilots = CHOSEN | {codes["S1"][0]: "2017-06-01", codes["S2"][0]: "2021-01-01", codes["S3"][0]: "2020-03-01"} | dict.fromkeys(codes["S5"], "2019-01-01")
    lacking = PANEL[~((PANEL["area_code"] == codes["S6"][0]) & (PANEL["year"] == "2017")) & ~PANEL["area_code"].isin(codes["S7"][1:])]
    told = reasons(made(pilots, lacking))
    assert told == {"S1": "treated_before", "S2": "not_yet_treated", "S3": "part_treated", "S4": "", "S5": "no_others", "S6": "no_data;pilot_not_measured",
                    "S7": "no_data;no_others_measured", "S8": "", "S9": "no_pilot"}  # fmt: skip
    twoway = row(found(made(pilots, lacking)), TWOWAY, CR2)
    # all but the pilot of before, that of later, the one without a figure, and the others of S7
    assert twoway["areas"] == PANEL["area_code"].nunique() - 3 - (len(codes["S7"]) - 1)


def test_a_pilot_that_was_joined_to_another_is_not_compared_and_neither_is_what_it_became() -> None:
    members = PANEL.drop_duplicates("area_code").groupby("street_code")["area_code"].agg(list)
    pilot, other = members["S4"][:2]
    areas = [r | ({"valid_to": "2019-12-31"} if r["area_code"] in (pilot, other) else {}) for r in tree(CHOSEN)]
    areas.append({"area_code": "new", "area_name": "new", "level": "community", "parent_code": "S4", "valid_from": "2020-01-01"})
    crosswalk = [{"old_code": code, "new_code": "new", "share": 1.0, "effective_from": "2020-01-01"} for code in (pilot, other)]
    values = PANEL.assign(area_code=PANEL["area_code"].mask(PANEL["area_code"].isin([pilot, other]) & PANEL["year"].eq("2020"), "new"))
    values = values.drop_duplicates(["area_code", "year"])
    result = found(small_dataset(areas=areas, crosswalk=crosswalk, totals=ledgers(values)))
    assert result.sets.set_index("street_code").at["S4", "note"] == "pilot_redrawn" and result.design["sets"].iloc[0] == 7
    assert row(result, TWOWAY, CR2)["areas"] == PANEL["area_code"].nunique() - 2


def test_two_pilots_of_a_street_are_one_set() -> None:
    members = PANEL.drop_duplicates("area_code").groupby("street_code")["area_code"].agg(list)
    result = found(made(CHOSEN | {members["S4"][1]: "2019-01-01"}))
    change = PANEL.pivot(index="area_code", columns="year", values="y").eval("`2020` - `2017`")
    expected = change[members["S4"][:2]].mean() - change[members["S4"][2:]].mean()
    assert result.sets.set_index("street_code").at["S4", "difference"] == pytest.approx(expected) and result.design["pilots"].iloc[0] == 9


def test_pilots_that_began_in_different_years_are_lined_up_by_their_own() -> None:
    late = {code: "2020-01-01" if i % 2 else "2019-01-01" for i, code in enumerate(sorted(CHOSEN))}
    events = found(made(late)).event_study.set_index("event_time")
    assert events["period"].eq("").all() and events.at[-1, "note"] == "reference" and events.at[-1, "sets"] == 8
    assert events["sets"].to_dict() == {-3: 4, -2: 8, -1: 8, 0: 8, 1: 4}
    wide = PANEL.pivot(index=["street_code", "area_code", "pilot"], columns="year", values="y").reset_index()
    gained = np.where(wide["street_code"].isin(["S1", "S3", "S5", "S7"]), wide["2019"] - wide["2018"], wide["2020"] - wide["2019"])
    mean = wide.assign(gain=gained)[wide["street_code"] != "S9"].groupby(["street_code", "pilot"])["gain"].mean().unstack()
    assert events.at[0, "value"] == pytest.approx((mean[1] - mean[0]).mean())


# --- when nothing can be said ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("pilots", [{}, {"c01": "2019-01-01"}])
def test_below_two_sets_everything_is_blank_with_a_reason(pilots: dict[str, str]) -> None:
    result = found(made(pilots))
    assert result.to_frame()[["value", "lower", "upper", "p", "least"]].isna().all(axis=None) and set(result.to_frame()["note"]) == {"too_few_sets"}
    assert np.isnan(result.design["mde"].iloc[0]) and set(result.to_frame()["estimand"]) == {MATCHED, TWOWAY}
    assert "<table" in result._repr_html_()


def test_without_any_figures_every_set_says_so() -> None:
    result = found(small_dataset(areas=tree(CHOSEN)))
    assert set(result.to_frame()["note"]) == {"too_few_sets"} and set(result.sets["note"]) == {"no_data;pilot_not_measured", "no_pilot"}
    assert set(result.event_study["note"]) == {"no_reference"}


def test_differences_all_alike_have_no_limits() -> None:
    same = PANEL.assign(y=PANEL["pilot"] * PANEL["year"].eq("2020") * 0.5)
    table = found(made(values=same)).to_frame()
    assert table["value"].to_numpy() == pytest.approx(0.5) and table["lower"].isna().all()
    assert set(table.loc[table["method"] != WITHIN, "note"]) == {"all_alike"} and table.loc[table["method"] == SIGN_FLIP, "p"].tolist() == [2 / 256]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"indicator": "usage"}, "usage_rate"),
        ({"baseline": "2020"}, "2020"),
        ({"basis": "x"}, "paid/arrived"),
        ({"confidence": 95}, "95"),
        ({"as_of": "x"}, "as_of"),
    ],
)
def test_arguments_are_checked(options: dict, told: str) -> None:
    with pytest.raises(ArgumentError, match=told):
        pilot_effect(made(), **({"indicator": "usage_rate", "baseline": "2017", "current": "2020"} | options))


def test_more_confidence_is_never_narrower_and_order_does_not_matter(whole: PilotEffect) -> None:
    wider = found(made(), confidence=0.99).to_frame()
    ends = pd.concat([whole.to_frame()[["lower", "upper"]], wider[["lower", "upper"]].add_suffix("_99")], axis=1).dropna()
    assert len(ends) == 4 and (ends["lower_99"] <= ends["lower"]).all() and (ends["upper_99"] >= ends["upper"]).all()
    turned = found(small_dataset(areas=tree(CHOSEN)[::-1], totals=ledgers(PANEL)[::-1])).to_frame()
    pd.testing.assert_frame_equal(turned, whole.to_frame(), rtol=1e-12)


def test_choices_inside_streets_stay_inside(whole: PilotEffect) -> None:
    sizes = PANEL[PANEL["street_code"] != "S9"].drop_duplicates("area_code").groupby("street_code").size()
    for estimand, method in ((MATCHED, MATCHED_T), (TWOWAY, CR2)):
        assert row(whole, estimand, WITHIN)["value"] == pytest.approx(row(whole, estimand, method)["value"], rel=1e-12)
    assert {row(whole, estimand, WITHIN)["assignments"] for estimand in (MATCHED, TWOWAY)} == {float(np.prod(sizes))}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_code_and_column_has_words(lang: str, whole: PilotEffect) -> None:
    known = LABELS[lang]
    frames = [whole.design, whole.sets, whole.estimates, whole.event_study]
    assert not {c for frame in frames for c in frame} - set(known["column"])
    said = set(";".join(note for frame in frames for note in frame["note"]).split(";")) - {""}
    reasons_told = {"treated_before", "not_yet_treated", "part_treated", "no_others", "no_others_measured", "pilot_not_measured", "pilot_redrawn",
                    "no_pretrend", "no_reference", "too_few_sets", "all_alike", "no_contrast"}  # fmt: skip
    assert not (said | reasons_told) - set(known["note"]) and set(whole.estimates["estimand"]) <= set(known["estimand"])
    assert set(whole.estimates["method"]) <= set(known["method"])


# --- coverage ------------------------------------------------------------------------------------------------------------
def test_limits_cover_and_tests_keep_their_size_where_the_naive_test_does_not() -> None:
    rows = pd.DataFrame(simulate(100, 7))
    assert list(rows) == ["case", "method", "naive", "coverage", "rounds"] and set(rows["rounds"]) == {100}
    sound = rows[~rows["naive"]]
    # 100 rounds: standard error 2.2 points at 95 %; ``make prove`` takes 2,000
    assert len(sound) == 9 and sound["coverage"].between(0.90, 0.995).all()
    assert rows["naive"].sum() >= 2 and (rows.loc[rows["naive"], "coverage"] < 0.90).all()
    assert simulate(5, 3) == simulate(5, 3)
