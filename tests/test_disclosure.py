"""What a released table gives away: worked out here by trying every set of people that fits what is shown."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from small import area_tree, small_dataset

import fundanalytics as fa
from fundanalytics.data.load import load_rules
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.cells import Cells
from fundanalytics.measure.disclosure import HIDDEN, MIN_PEOPLE, audit, release, release_comparison, released
from fundanalytics.measure.people import FAMILIES, made_of, relatives
from fundanalytics.measure.suppression import feasible_ranges
from fundanalytics.measure.within import dual_corners
from fundanalytics.show.formats import BLANK

KEY = ["indicator", "basis", "subset", "level", "area_code", "period"]
NUMBERS = ["value", "lower", "upper", "confidence", "numerator", "n_eff"]
TREE = {"a": "S", "b": "S", "c": "S", "d": "T", "e": "T", "S": "D", "T": "D"}
slow = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


def row(area: str, with_it: float, n: float, **more: Any) -> dict[str, Any]:
    """A row of a simple sample."""
    level = {"D": "district", "S": "street", "T": "street"}.get(area, "community")
    share = with_it / n if n else np.nan
    return {
        "indicator": "awareness_rate", "basis": "aware", "subset": "", "level": level, "area_code": area, "area_name": area, "period": "2020",
        "as_of": pd.Timestamp("2020-12-31"), "value": share, "lower": share, "upper": share, "confidence": 0.95, "numerator": float(with_it),
        "denominator": float(n), "n": n, "n_eff": float(n), "unit": "share", "method": "wilson", "origin": "computed", "quality": 1,
        "note": "" if n else "no_data",
    } | more  # fmt: skip


def table(*rows: dict[str, Any], parents: dict[str, str] = TREE, **attrs: Any) -> pd.DataFrame:
    frame = pd.DataFrame(rows).astype({"n": "Int64", "quality": "Int64", "note": "str", "method": "str"})
    frame.attrs = {"parents": ";".join(f"{a}>{b}" for a, b in parents.items())} | attrs
    return frame


def counts(of: dict[str, tuple[int, int]], **more: Any) -> pd.DataFrame:
    """Communities with (aware, asked), and the sums above them."""
    told = {code: np.array(x) for code, x in of.items()}
    for code in sorted(of):
        for above in (TREE[code], "D"):
            told[above] = told.get(above, np.zeros(2, dtype=int)) + np.array(of[code])
    return table(*(row(code, *map(int, x), **more) for code, x in told.items()))


def hidden(shown: pd.DataFrame) -> list[str]:
    return shown.loc[shown["note"].isin(HIDDEN), "area_code"].tolist()


# --- what is hidden, and how -------------------------------------------------------------------------------------------
def test_a_small_count_is_hidden_with_all_that_gives_it_back_and_never_alone() -> None:
    shown = release(counts({"a": (3, 50), "b": (20, 50), "c": (30, 60), "d": (25, 50), "e": (30, 50)})).set_index("area_code")
    assert shown.loc["a", "note"] == "suppressed" and shown.loc["a", NUMBERS].isna().all() and shown.loc["a", "quality"] == 3
    assert shown.loc["a", "method"] == "" and (shown.loc["a", "n"], shown.loc["a", "denominator"]) == (50, 50)
    assert hidden(shown.reset_index()) == ["a", "b"] and shown.loc["b", "note"] == "suppressed_linked"  # fewest people of those with room
    assert shown.loc[["c", "d", "e", "S", "T", "D"], "value"].notna().all()


@pytest.mark.parametrize(("aware", "gone"), [(0, False), (1, True), (4, True), (5, False), (45, False), (46, True), (49, True), (50, False)])
def test_few_with_and_few_without_are_small_none_and_all_are_not(aware: int, gone: bool) -> None:
    assert (hidden(release(counts({"a": (aware, 50), "b": (20, 50)}))) != []) == gone


def test_who_asked_fewer_than_five_does_not_say_how_many() -> None:
    shown = release(counts({"a": (2, 4), "b": (20, 30), "c": (30, 60), "d": (25, 50)})).set_index("area_code")
    assert shown.loc[["a", "b"], ["n", "denominator", "value"]].isna().all(axis=None)  # beside the street's n, that of a second one goes too
    assert shown.loc[["c", "S", "D"], "n"].tolist() == [60, 94, 144]


def test_the_threshold_is_the_rule_books() -> None:
    people = [{"area_code": c, "period": "2020", "aware": i < k} for c, k in (("a", 7), ("b", 20)) for i in range(40)]
    tables = {"areas": area_tree({"S": ["a", "b"]}), "responses": people}
    strict, plain = (
        fa.awareness_rate(small_dataset(rules=rules, **tables), by=("community", "street"), period="2020") for rules in ({"min_people": {"value": 10}}, {})
    )
    assert hidden(release(strict)) == ["a", "b"] and hidden(release(plain)) == [] and hidden(release(plain, min_people=10)) == ["a", "b"]
    assert load_rules()["min_people"]["value"] == MIN_PEOPLE == 5


@pytest.mark.parametrize("bad", [0, -1, "five", np.nan])
def test_a_threshold_that_is_none_is_refused(bad: Any) -> None:
    with pytest.raises(ArgumentError, match="min_people"):
        release(counts({"a": (3, 50)}), min_people=bad)


def test_what_counts_no_people_is_left_as_it_is() -> None:
    money = [row(a, 3, 50, indicator="usage_rate", basis="paid/arrived", unit="ratio", method="full count") for a in "abS"]
    works = [row(a, 1, 2, indicator="completion_rate", basis="finished", method="full count") for a in "abS"]
    before = table(*money, *works)
    pd.testing.assert_frame_equal(release(before), before)


def test_who_came_to_events_is_a_count_of_people_and_its_n_is_that_count() -> None:
    many = {"indicator": "participation_rate", "basis": "residents", "method": "full count", "denominator": 3000.0}
    shown = release(table(*(row(a, x, 3000, **many, n_eff=np.nan) | {"n": x} for a, x in (("a", 3), ("b", 40), ("c", 60), ("S", 103))))).set_index("area_code")
    assert shown.loc[["a", "b"], ["value", "numerator", "n"]].isna().all(axis=None)
    assert shown.loc["a", "denominator"] == 3000 and shown.loc["S", "n"] == 103


def test_households_bound_residents_and_residents_attendances() -> None:
    def at(basis: str, counts: dict[str, int], indicator: str = "participation_rate") -> list[dict[str, Any]]:
        return [row(a, x, 3000, indicator=indicator, basis=basis, method="full count") | {"n": x} for a, x in counts.items()]

    before = table(*at("households", {"a": 4, "b": 40, "S": 44}), *at("residents", {"a": 6, "b": 60, "S": 66}))
    shown = release(before)
    assert set(zip(shown["basis"], shown["area_code"], strict=True)) - set(
        zip(shown.loc[shown["value"].notna(), "basis"], shown.loc[shown["value"].notna(), "area_code"], strict=True)
    ) == {(basis, area) for basis in ("households", "residents") for area in "ab"}  # 6 residents would bound the households
    assert set(audit(before, shown)["note"]) == {""}


def test_a_district_goes_last() -> None:
    shown = release(counts({"a": (3, 50), "b": (4, 50), "c": (0, 50), "d": (20, 50), "e": (30, 50)})).set_index("area_code")
    assert pd.notna(shown.loc["D", "value"]) and pd.isna(shown.loc["S", "value"])  # 7 in the street: as long as it is shown, a has 7 at most
    assert pd.isna(shown.loc["T", "value"])


# --- worked out by trying ----------------------------------------------------------------------------------------------
def worlds(bases: dict[str, int], shown: pd.DataFrame) -> dict[str, np.ndarray]:
    """Every number of aware people per area that fits the shown rows."""
    codes = sorted(bases)
    grid = np.array(list(itertools.product(*(range(bases[c] + 1) for c in codes))))
    of = {c: grid[:, i] for i, c in enumerate(codes)}
    of |= {s: sum(of[c] for c in codes if TREE[c] == s) for s in {TREE[c] for c in codes}}
    of["D"] = sum(of[c] for c in codes)
    fits = np.ones(len(grid), dtype=bool)
    for found in shown[shown["value"].notna()].itertuples():
        fits &= np.isclose(of[found.area_code] / found.denominator, found.value)
    assert fits.any()
    return {code: x[fits] for code, x in of.items()}


COMMUNITIES = st.dictionaries(st.sampled_from("abcde"), st.tuples(st.integers(0, 9), st.integers(2, 9)).map(lambda t: (min(t), t[1])), min_size=2, max_size=5)


@slow
@given(COMMUNITIES)
def test_no_hidden_share_can_be_narrowed_down_by_whoever_tries_all(of: dict[str, tuple[int, int]]) -> None:
    before = counts(of)
    shown = release(before, min_people=2)
    assume(shown["n"].notna().all())  # whose number is hidden too, is not to be tried in this way
    possible, bases = worlds({c: n for c, (_, n) in of.items()}, shown), dict(zip(before["area_code"], before["n"], strict=True))
    for code in hidden(shown):
        x, n = before.set_index("area_code").loc[code, ["numerator", "n"]]
        if 0 < x < n:  # none and all are hidden for others' sake
            assert np.ptp(possible[code]) >= min(4, bases[code]), (code, of, hidden(shown))


@slow
@given(COMMUNITIES, st.integers(0, 10**6))
def test_the_ranges_of_the_audit_are_those_found_by_trying(of: dict[str, tuple[int, int]], seed: int) -> None:
    before, rng = counts(of), np.random.default_rng(seed)
    gone = rng.random(len(before)) < 0.5
    after = before.assign(value=before["value"].mask(gone), numerator=before["numerator"].mask(gone), note=before["note"].mask(gone, "suppressed"))
    possible = worlds({c: n for c, (_, n) in of.items()}, after)
    for found in audit(before, after, min_people=2).itertuples():
        assert (found.least, found.most) == pytest.approx((possible[found.area_code].min(), possible[found.area_code].max()), abs=1e-6)


@slow
@given(st.dictionaries(st.sampled_from("abcde"), st.integers(1, 12), min_size=2, max_size=4))
def test_no_hidden_number_of_answers_can_be_narrowed_down(of: dict[str, int]) -> None:
    before = counts({c: (n // 2, n) for c, n in of.items()})
    shown = release(before, min_people=3)
    codes, n = sorted(of), dict(zip(shown["area_code"], shown["n"], strict=True))
    grid = np.array(list(itertools.product(range(17), repeat=len(codes))))
    sums = {c: grid[:, i] for i, c in enumerate(codes)}
    sums |= {s: sum(sums[c] for c in codes if TREE[c] == s) for s in {TREE[c] for c in codes}}
    sums["D"] = sum(sums[c] for c in codes)
    fits = np.all([sums[code] == told for code, told in n.items() if pd.notna(told)] or [np.ones(len(grid), dtype=bool)], axis=0)
    for code, told in n.items():
        assert pd.notna(told) or np.ptp(sums[code][fits]) >= 6, (code, of, n)


def levels(n: int) -> np.ndarray:
    """All ways to spread n answers over five levels."""
    return np.array([np.diff([-1, *cut, n + 4]) - 1 for cut in itertools.combinations(range(n + 4), 4)])


BASES = {"satisfied": [0, 0, 0, 1, 1], "basically": [0, 0, 1, 1, 1], "level_x20": [20, 40, 60, 80, 100]}


def opinions(of: dict[str, list[int]]) -> pd.DataFrame:
    """Areas with their answers per level, and the street that they make up."""
    told = {code: np.array(x) for code, x in of.items()} | {"S": np.sum(list(of.values()), axis=0)}
    rows = []
    for code, x in told.items():
        for basis, weight in BASES.items():
            indicator = "satisfaction_score" if basis == "level_x20" else "satisfaction_rate"
            rows.append(row(code, int(x @ weight), int(x.sum()), indicator=indicator, basis=basis))
    return table(*rows)


@slow
@given(st.lists(st.integers(0, 5), min_size=8, max_size=8), st.lists(st.integers(0, 5), min_size=7, max_size=7))
def test_definitions_of_satisfaction_do_not_give_each_other_away(one: list[int], other: list[int]) -> None:
    of = {code: np.bincount(np.clip(x, 1, 5) - 1, minlength=5).tolist() for code, x in (("a", one), ("b", other))}
    before = opinions(of)
    shown = release(before, min_people=2)
    pairs = {code: levels(sum(x)) for code, x in of.items()}
    i, j = (g.ravel() for g in np.meshgrid(*(range(len(pairs[c])) for c in "ab"), indexing="ij"))
    worlds = {"a": pairs["a"][i], "b": pairs["b"][j]}
    worlds["S"] = worlds["a"] + worlds["b"]
    fits = np.ones(len(i), dtype=bool)
    for found in shown[shown["value"].notna()].itertuples():
        fits &= np.isclose(worlds[found.area_code] @ BASES[found.basis], found.value * found.denominator)
    for at, found in shown[shown["value"].isna()].iterrows():
        counted, x, n = worlds[found["area_code"]][fits] @ BASES[found["basis"]], before.loc[at, "numerator"], before.loc[at, "n"]
        if found["basis"] != "level_x20" and 0 < x < n:
            assert np.ptp(counted) >= 3, (found["area_code"], found["basis"], of)  # whole people: up to one less than in shares of them


def test_what_two_definitions_give_back_by_their_difference_is_hidden() -> None:
    before = opinions({"a": [10, 10, 3, 20, 20], "b": [10, 10, 15, 20, 20], "c": [9, 9, 20, 20, 20]})  # 3 in a said level 3
    shown = release(before)
    both = shown[(shown["area_code"] == "a") & (shown["indicator"] == "satisfaction_rate")]
    assert both["value"].notna().sum() < 2


def test_points_near_an_end_of_the_scale_are_small_counts() -> None:
    shown = release(opinions({"a": [0, 0, 0, 2, 48], "b": [10, 10, 10, 10, 10]}))
    assert shown[(shown["area_code"] == "a") & (shown["basis"] == "level_x20")]["note"].tolist() == ["suppressed"]


# --- years, subsets, other things shown --------------------------------------------------------------------------------
def test_years_within_a_period_do_not_give_one_back() -> None:
    def years(code: str, old: tuple[int, int], new: tuple[int, int]) -> list[dict[str, Any]]:
        both = tuple(np.add(old, new).tolist())
        return [row(code, *x, period=p) for p, x in (("2019", old), ("2020", new), ("2019-2020", both))]

    before = table(*years("a", (3, 50), (20, 50)), *years("b", (20, 50), (21, 50)), *years("S", (23, 100), (41, 100)))
    shown = release(before).set_index(["area_code", "period"])["value"]
    assert pd.isna(shown["a", "2019"]) and (pd.isna(shown["a", "2020"]) or pd.isna(shown["a", "2019-2020"]))
    alone = before.assign(**{c: before[c].mask((before["area_code"] == "a") & (before["period"] == "2019")) for c in ("value", "numerator")})
    found = audit(before, alone)
    assert (found["least"].iloc[0], found["most"].iloc[0], found["note"].iloc[0]) == (pytest.approx(3), pytest.approx(3), "range_too_narrow")
    assert set(audit(before, release(before))["note"]) == {""}


def test_waves_do_not_give_one_back() -> None:
    parts = {"": (23, 100), "wave=1": (3, 50), "wave=2": (20, 50)}
    before = table(*(row("a", *x, subset=subset) for subset, x in parts.items()))
    shown = release(before).set_index("subset")["value"]
    assert pd.isna(shown["wave=1"]) and shown.notna().sum() == 1 and set(audit(before, release(before))["note"]) == {""}


def test_what_a_sum_has_beyond_its_parts_is_a_part() -> None:
    """Three more aware people in the street than in its communities: a community that is not in the table has them."""
    before = table(row("a", 20, 50), row("b", 30, 60), row("S", 53, 160))
    assert hidden(release(before)) == ["a", "S"] or hidden(release(before)) == ["a"]
    assert hidden(release(table(row("a", 20, 50), row("b", 30, 60), row("S", 70, 160)))) == []


def test_a_table_beside_stays_as_it_is_and_is_reckoned_with() -> None:
    whole = counts({"a": (3, 50), "b": (20, 50), "c": (30, 60)})
    own = whole["area_code"].isin(["a", "c"])
    beside = release(whole[~own])
    assert hidden(release(whole[own])) == ["a"] and hidden(release(whole[own], beside=beside)) == ["a", "c"]  # though b would cost less
    both = pd.concat([release(whole[own], beside=beside), beside]).loc[whole.index]
    assert set(audit(whole, both)["note"]) == {""}


# --- shape -------------------------------------------------------------------------------------------------------------
MANY = {"a": (3, 50), "b": (20, 50), "c": (30, 60), "d": (48, 50), "e": (30, 50)}


def test_internal_sees_everything_and_the_street_what_the_public_sees() -> None:
    before = counts(MANY)
    pd.testing.assert_frame_equal(release(before, "internal"), before)
    pd.testing.assert_frame_equal(release(before, "street"), release(before, "public"))
    assert release(before, "street").attrs["audience"] == "street"
    with pytest.raises(ArgumentError, match="internal"):
        release(before, "everyone")


def test_the_order_and_index_of_rows_do_not_matter_and_the_input_is_unchanged() -> None:
    before = counts(MANY)
    kept, first = before.copy(), release(before)
    pd.testing.assert_frame_equal(before, kept)
    for seed in range(5):
        mixed = before.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(release(mixed).sort_index(), first)


def test_a_released_table_is_released() -> None:
    once = release(counts(MANY))
    pd.testing.assert_frame_equal(release(once), once)
    forgotten = once.copy()
    forgotten.attrs = {"parents": once.attrs["parents"]}
    pd.testing.assert_frame_equal(release(forgotten), once)
    assert hidden(release(once, "internal")) == hidden(once) != []


def test_only_hidden_rows_change() -> None:
    before = counts(MANY)
    shown = release(before)
    kept = ~shown["note"].isin(HIDDEN)
    pd.testing.assert_frame_equal(shown[kept], before[kept])
    assert shown.dtypes.equals(before.dtypes) and list(shown.columns) == list(before.columns)


def test_the_tree_is_found_in_the_codes_or_asked_for() -> None:
    coded = table(row("99", 23, 110, level="street"), row("9901", 3, 50), row("9902", 20, 60))
    coded.attrs = {}
    assert hidden(release(coded)) == ["9901", "9902"]
    loose = counts(MANY)
    loose.attrs = {}
    with pytest.raises(ArgumentError, match="parents"):
        release(loose)
    assert hidden(release(loose, parents=TREE)) == hidden(release(counts(MANY)))
    assert hidden(release(pd.DataFrame(loose[loose["level"] == "community"]))) == ["a", "d"]  # nothing above: nothing to subtract from


def test_an_empty_table_and_one_without_people_pass() -> None:
    assert release(counts(MANY).iloc[:0]).empty
    assert audit(counts(MANY), counts(MANY)).empty


def test_an_audit_of_other_rows_is_refused() -> None:
    with pytest.raises(ArgumentError):
        audit(counts(MANY), counts(MANY).iloc[1:])


def test_figures_that_contradict_each_other_are_hidden_one_basis_at_a_time() -> None:
    """More satisfied than basically satisfied: no set of people fits, so nothing is taken for safe together."""
    of = {"satisfied": (30, 30, 60), "basically": (3, 4, 7)}
    asked = {"a": 50, "b": 50, "S": 100}
    rows = [row(a, x, asked[a], indicator="satisfaction_rate", basis=basis) for basis, told in of.items() for a, x in zip("abS", told, strict=True)]
    shown = release(table(*rows)).set_index(["area_code", "basis"])["value"]
    assert shown[:, "basically"].isna().all() and shown[:, "satisfied"].notna().all()


# --- comparisons -------------------------------------------------------------------------------------------------------
def test_a_comparison_hides_both_periods_where_either_is_small() -> None:
    people = [{"area_code": c, "period": p, "aware": i < k} for c, p, k in (("a", "2019", 3), ("a", "2020", 20), ("b", "2019", 15), ("b", "2020", 15),
              ("c", "2019", 30), ("c", "2020", 25)) for i in range(40)]  # fmt: skip
    data = small_dataset(areas=area_tree({"S": ["a", "b", "c"]}), responses=people)
    before = fa.compare_periods(data, "awareness_rate", baseline="2019", current="2020", by=("community", "street", "district"))
    shown = release(before).set_index("area_code")
    gone = shown[shown["note"].str.contains("suppressed")]
    assert "a" in gone.index and len(gone) == 2 and set(gone["level"]) == {"community"}
    assert gone[["baseline_value", "current_value", "change", "lower", "upper", "relative_change"]].isna().all(axis=None)
    pd.testing.assert_frame_equal(release(before, "internal"), before)


def test_a_comparison_hides_what_the_reports_on_its_periods_hide() -> None:
    """Of the street's communities few know: its 7 go with theirs, though beside the other street alone they need not."""
    tree, aware = {"S": ["a", "b", "c"], "T": ["d", "e"]}, {"a": (20, 3), "b": (20, 4), "c": (20, 0), "d": (20, 20), "e": (20, 30)}
    people = [
        {"area_code": c, "period": p, "aware": i < k} for c, both in aware.items() for p, k in zip(("2019", "2020"), both, strict=True) for i in range(50)
    ]
    data = small_dataset(areas=area_tree(tree), responses=people)
    before = fa.compare_periods(data, "awareness_rate", baseline="2019", current="2020", by="street")
    assert hidden(release(before)) == [] and hidden(release_comparison(data, before)) == ["S", "T"]
    assert {"a", "b", "S", "T"} <= set(hidden(released(data, ["awareness_rate"], period="2020")))
    assert hidden(release_comparison(data, before, "internal")) == []


def test_a_hidden_figure_is_told_with_its_reason_and_without_a_number() -> None:
    shown = release(counts({"a": (3, 50), "b": (20, 50), "c": (30, 60)}))
    said = fa.say_awareness(shown.iloc[0], "zh"), fa.say_awareness(shown.iloc[0], "en")
    assert "人数过少" in said[0] and "too few people" in said[1] and "6" not in said[0].replace("2020", "")
    assert "be worked out" in fa.say_awareness(shown[shown["area_code"] == hidden(shown)[1]].iloc[0], "en")


def test_a_comparison_of_money_is_left_as_it_is(sample: fa.Dataset) -> None:
    before = fa.compare_periods(sample, baseline="2012-2017", current="2018-2020", by=("district", "street"))
    pd.testing.assert_frame_equal(release(before), before)


# --- counts beside the indicators --------------------------------------------------------------------------------------
def asked(area: str, said: str, **more: Any) -> list[dict[str, Any]]:
    """Answers of a community, a digit each."""
    return [{"area_code": area, "period": "2020", "satisfaction": int(x) if x != "-" else None} | more for x in said]


def test_the_spread_of_answers_hides_small_counts_on_every_page_alike() -> None:
    said = {"a": "5" * 20 + "4" * 20 + "3" * 20 + "2" * 12 + "1" * 3, "b": "5" * 30 + "4" * 20 + "3" * 20 + "2" * 20 + "1" * 20}
    data = small_dataset(areas=area_tree({"S": ["a"], "T": ["b"]}), responses=asked("a", said["a"]) + asked("b", said["b"]))
    street, other, district = (fa.answers(data, area, "2020").set_index("answer")["answers"] for area in ("S", "T", "D"))
    assert pd.isna(street["1"]) and street.isna().sum() > 1  # else 75 less the others
    assert pd.isna(other["1"]) or pd.isna(district["1"])
    assert fa.answers(data, "S", "2020", "internal")["answers"].tolist() == [20, 20, 20, 12, 3, 0]


def test_the_spread_of_answers_and_the_rates_made_of_them_do_not_give_each_other_away() -> None:
    """3 said level 4: hidden beside level 1 they would be what is satisfied less level 5, so it is level 5 that goes."""
    data = small_dataset(areas=area_tree({"S": ["a"]}), responses=asked("a", "5" * 30 + "4" * 3 + "3" * 20 + "2" * 10 + "1" * 20))
    rates = release(fa.indicators(data, period="2020")).query("area_code == 'S' and indicator == 'satisfaction_rate'").set_index("basis")["value"]
    spread = fa.answers(data, "S", "2020").set_index("answer")["answers"]
    known = {"satisfied": pd.notna(rates["satisfied"]), "basically": pd.notna(rates["basically"])}
    shown = [level for level in "54321" if pd.notna(spread[level])]
    rows = [[level >= 4 for level in (5, 4, 3, 2, 1)]] * known["satisfied"] + [[level >= 3 for level in (5, 4, 3, 2, 1)]] * known["basically"]
    rows += [[int(level) == k for k in (5, 4, 3, 2, 1)] for level in shown] + [[True] * 5]
    wanted = [0, 1, 0, 0, 0]
    assert known["satisfied"] and pd.isna(spread["4"])
    assert np.linalg.matrix_rank(np.array([*rows, wanted], dtype=float)) > np.linalg.matrix_rank(np.array(rows, dtype=float))


def test_few_answers_and_few_attendances_are_blank_where_a_report_counts_rows() -> None:
    sessions = [{"training_id": str(i), "level": "street", "organiser_code": "S", "area_code": c, "held_on": "2020-05-01", "attendees": n} for i, (c, n) in
                enumerate((("a", 3), ("b", 30)))]  # fmt: skip
    data = small_dataset(areas=area_tree({"S": ["a"], "T": ["b"]}), trainings=sessions, responses=asked("a", "545") + asked("b", "5" * 30))
    kept = {area: fa.coverage(data, area, "2020").set_index("table").loc["responses", "kept"] for area in "STD"}
    assert pd.isna(kept["S"]) and (pd.isna(kept["T"]) or pd.isna(kept["D"]))
    told = fa.activity(data, "S", "2020").set_index("item")["computed"]
    assert told["training_attendees"] == BLANK and told["trainings"] == "1"
    assert fa.activity(data, "S", "2020", audience="internal").set_index("item").loc["training_attendees", "computed"] == "3"


def test_every_basis_that_counts_people_says_how() -> None:
    people = [(i.id, basis) for i in fa.INDICATORS.values() if i.people for basis in i.bases]
    families = {pair: made_of(*pair).family for pair in people}
    assert {pair for pair, family in families.items() if family not in FAMILIES} == {("participation_rate", "survey")}  # answers with no kin
    assert made_of("usage_rate", "paid/arrived") is None
    assert relatives("awareness_rate") == ["awareness_rate", "satisfaction_rate", "satisfaction_score"]
    assert relatives("participation_rate") == ["participation_rate", "participation_intensity"]


# --- the sample, and the arithmetic ------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def sample() -> fa.Dataset:
    return fa.load_sample()


def test_nothing_about_people_in_the_sample_can_be_worked_out(sample: fa.Dataset) -> None:
    before = fa.participation_rate(sample, by=("district", "street", "community"), period="2020")
    shown = release(before, min_people=190)
    assert (shown["note"] == "suppressed").any() and shown.loc[shown["level"] != "community", "value"].notna().all()
    assert set(audit(before, shown, min_people=190)["note"]) == {""}


def test_a_plain_share_gives_a_count_back_and_a_weighted_one_does_not(sample: fa.Dataset) -> None:
    """Of 52 answers, n × value of a weighted share is no whole number; that of a plain one is how many said so."""
    weighted = fa.satisfaction_rate(sample, by=("district", "street", "community"), period="2020", basis="basically")
    rows = sample.responses.drop(columns=["weight", "stratum", "stratum_size", "cluster", "cluster_size"])
    plain = fa.Dataset({**sample.tables, "responses": rows}, rules=sample.rules, origin=sample.origin)
    shown = release(fa.satisfaction_rate(plain, by=("district", "street", "community"), period="2020", basis="basically"))
    assert release(weighted)["value"].notna().sum() == weighted["value"].notna().sum()
    assert (shown["note"] == "suppressed").sum() > 20


def test_corners_of_the_dual_give_the_least_of_a_programme() -> None:
    from scipy.optimize import linprog

    rng = np.random.default_rng(0)
    for _ in range(200):
        a = rng.integers(0, 3, (rng.integers(1, 5), 6)).astype(float)
        b, c = a @ rng.integers(0, 9, 6), rng.integers(-2, 5, 6).astype(float)
        found = linprog(c, A_eq=a, b_eq=b, method="highs")
        corners = dual_corners(a, c)
        assert (found.status == 3) == (len(corners) == 0)
        assert found.status == 3 or (corners @ b).max() == pytest.approx(found.fun, abs=1e-7)


def test_a_figure_that_nothing_bounds_has_no_bound() -> None:
    cells = Cells(node=np.array([0, 0]), own=[{0: 1.0}, {0: 1.0, 1: 1.0}], values=np.array([3.0, 50.0]), needed=np.ones(2), cost=np.ones(2), parts=[[], []],
                  with_it=[(), ()], fixed=np.zeros(2, dtype=bool), most=np.full(2, np.inf), first=np.array([0]), block=2)  # fmt: skip
    assert feasible_ranges(cells, np.array([True, False]), [0]) == [(0.0, pytest.approx(50.0))]
    assert feasible_ranges(cells, np.array([True, True]), [0]) == [(0.0, np.inf)]
