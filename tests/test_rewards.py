"""Rewards: places, ties and the pool worked by hand; every amount a whole 分; rules that cannot be carried out are named."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fundanalytics.errors import ArgumentError, DataError
from fundanalytics.measure.rewards import apportion, check_rewards, load_rewards, rewards

WORDS = {"zh": "等", "en": "tier"}
FIRST = {"code": "first", "title": WORDS, "grades": ["excellent", "good"], "count": 2, "amount": 100}
SECOND = {"code": "second", "title": WORDS, "grades": ["excellent", "good"], "count": 3, "amount": 40}
HEAD = {"id": "r", "version": 1, "status": "official", "years": [], "source": "a decision", "pool": 320, "ties": "include"}


def rules(tmp_path, *tiers: dict, **head: object):
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({**HEAD, **head, "tiers": list(tiers) or [FIRST, SECOND]}, allow_unicode=True), "utf-8")
    return path


def ranking(totals: list[float], reach: int = 0) -> pd.DataFrame:
    """Competition ranks of some totals, each of which may lie ``reach`` ranks to either side."""
    table = pd.DataFrame({"area_code": [f"c{i:02}" for i in range(len(totals))], "total": totals})
    table["rank"] = table["total"].rank(method="min", ascending=False).astype("Int64")
    table["grade"] = np.select([table["total"] >= 90, table["total"] >= 80], ["excellent", "good"], "poor")
    return table.assign(rank_lower=(table["rank"] - reach).clip(lower=1), rank_upper=table["rank"] + reach, note="", period="2020", origin="computed")


def paid(table: pd.DataFrame) -> dict[str, list[float]]:
    return {tier: rows["amount"].tolist() for tier, rows in table.groupby("tier") if tier}


def test_places_go_by_rank_and_the_rest_get_nothing(tmp_path) -> None:
    found = rewards(ranking([95, 94, 93, 85, 84, 83]), rules(tmp_path))
    assert found["tier"].tolist() == ["first", "first", "second", "second", "second", ""] and found["amount"].tolist() == [100, 100, 40, 40, 40, 0]
    assert found.attrs["rewards"]["paid"] == 320 and set(found["note"]) == {""} and set(found["origin"]) == {"computed"}


def test_a_grade_that_a_tier_does_not_take_leaves_its_places_empty(tmp_path) -> None:
    found = rewards(ranking([95, 89, 88, 70]), rules(tmp_path, FIRST | {"grades": ["excellent"]}, SECOND))
    assert found["tier"].tolist() == ["first", "second", "second", ""]


def test_two_who_tie_for_the_first_place_fill_two_places(tmp_path) -> None:
    """Ranks 1 and 1: the second place is still one of the first tier, so a set that ends there loses nothing."""
    table = ranking([95, 95, 93, 85, 84, 83]).assign(rank_upper=[2, 3, 3, 4, 5, 6])
    assert rewards(table, rules(tmp_path))["could_lose"].tolist() == [False, True, False, False, False, False]


# c01 and c02 tie for the second place of the first tier; 20 yuan of the pool are in no tier's places
@pytest.mark.parametrize(
    ("ties", "pool", "first", "second"),
    [("include", 420, [100, 100, 100], [40, 40, 40]), ("include", 340, [100, 60, 60], [40, 40, 40]), ("include", 320, [100, 50, 50], [40, 40, 40]),
     ("split", 420, [100, 50, 50], [40, 40, 40]), ("exclude", 420, [100], [40, 40, 40])],
)  # fmt: skip
def test_ties_at_the_last_place(tmp_path, ties, pool, first, second) -> None:
    found = rewards(ranking([95, 94, 94, 85, 84, 83]), rules(tmp_path, ties=ties, pool=pool))
    assert paid(found) == {"first": first, "second": second}
    notes = found["note"].tolist()
    code = {"include": "tie_included", "split": "tie_split", "exclude": "tie_excluded"}[ties]
    assert notes[1:3] == [code if pool == 420 else f"pool_limits_tie;{code}"] * 2 and notes[0] == notes[3] == ""


def test_what_one_tie_takes_from_the_pool_the_next_does_not_have(tmp_path) -> None:
    found = rewards(ranking([95, 94, 94, 85, 84, 84, 84]), rules(tmp_path, pool=340))
    assert paid(found) == {"first": [100, 60, 60], "second": [40, 26.67, 26.67, 26.66]}


def test_all_alike_share_what_the_places_and_the_rest_of_the_pool_hold(tmp_path) -> None:
    found = rewards(ranking([90] * 7), rules(tmp_path, FIRST, pool=300))
    assert found["amount"].sum() == pytest.approx(300) and found["amount"].max() - found["amount"].min() <= 0.01 + 1e-9
    assert set(found["note"]) == {"pool_limits_tie;tie_included"}
    assert rewards(ranking([90] * 7), rules(tmp_path, FIRST, ties="exclude"))["amount"].sum() == 0


def test_a_share_of_the_pool_is_shared_by_those_in_the_tier_to_the_fen(tmp_path) -> None:
    tier = {k: v for k, v in FIRST.items() if k not in ("count", "amount")} | {"share": 0.5, "pool_share": 0.5}
    found = rewards(ranking([95, 94, 93, 92, 91]), rules(tmp_path, tier, pool=100))  # 2.5 places: three
    assert found["amount"].tolist() == [16.67, 16.67, 16.66, 0, 0]
    split = rewards(ranking([95, 94, 93, 93, 91]), rules(tmp_path, tier, pool=120, ties="split"))
    assert split["amount"].tolist() == [20, 20, 10, 10, 0]


def test_who_hangs_on_the_error(tmp_path) -> None:
    found = rewards(ranking([95, 94, 93, 85, 84, 83, 82], reach=1), rules(tmp_path))
    assert found["could_lose"].tolist() == [False, True, False, False, True, False, False]
    assert found["could_gain"].tolist() == [False, False, True, False, False, True, False]
    assert found["depends_on_error"].tolist() == [False, True, True, False, True, True, False]
    unknown = ranking([95, 94]).assign(rank_lower=np.nan, rank_upper=np.nan)
    assert rewards(unknown, rules(tmp_path))["depends_on_error"].isna().all()


def test_a_grade_that_error_could_change_is_part_of_it(tmp_path) -> None:
    """Alone at rank 1 whatever happens, but as often good as excellent; and two whose grade is sure."""
    tier = FIRST | {"grades": ["excellent"]}
    for totals, gain, lose in (([89.95, 84, 83], [True, False, False], [False, False, False]), ([90.01, 84, 83], [False, False, False], [True, False, False])):
        table = ranking(totals).assign(chance_excellent=[0.48, 0.01, 0.0], chance_good=[0.52, 0.99, 1.0])
        found = rewards(table, rules(tmp_path, tier, SECOND))
        assert (found["could_gain"].tolist(), found["could_lose"].tolist()) == (gain, lose)


def test_the_unranked_are_blank_and_small_samples_as_the_rules_say(tmp_path) -> None:
    table = ranking([95, 94, float("nan"), 93])
    table["note"] = ["small_sample", "", "too_little_scored", ""]
    found = rewards(table, rules(tmp_path))
    assert found["tier"].tolist() == ["first", "first", "", "second"] and np.isnan(found["amount"][2]) and found["note"].tolist()[2] == "unranked"
    found = rewards(table, rules(tmp_path, small_samples=False))
    assert found["tier"].tolist() == ["", "first", "", "first"] and found["note"][0] == "small_sample;small_sample_excluded" and found["amount"][0] == 0


@pytest.mark.parametrize(
    ("change", "place"),
    [({"pool": -1}, "pool"), ({"pool": 1.005}, "pool"), ({"ties": "some"}, "ties"), ({"years": "2020-"}, "years"), ({"tiers": []}, "tiers"),
     ({"tires": 1}, "tires"),
     ({"tiers": [FIRST | {"grades": ["splendid"]}]}, "tiers[1].grades"), ({"tiers": [FIRST | {"share": 1.2}]}, "tiers[1].share"),
     ({"tiers": [FIRST | {"share": 0.2}]}, "tiers[1].count"), ({"tiers": [FIRST, FIRST]}, "tiers[2].code"), ({"pool": 319}, "tiers[2].amount"),
     ({"tiers": [{**{k: v for k, v in t.items() if k != "count"}, "share": 0.6} for t in (FIRST, SECOND)]}, "tiers[2].share"),
     ({"tiers": [FIRST | {"amount": True}]}, "tiers[1].amount"), ({"source": " "}, "source")],
)  # fmt: skip
def test_rules_that_cannot_be_carried_out_are_named_with_their_place(change, place) -> None:
    given = {**HEAD, "tiers": [FIRST, SECOND]} | change
    assert place in check_rewards(given)["place"].tolist()
    assert check_rewards({**HEAD, "tiers": [FIRST, SECOND]}).empty


def test_a_file_tells_all_its_faults_at_once(tmp_path) -> None:
    with pytest.raises(DataError) as error:
        load_rewards(rules(tmp_path, FIRST | {"grades": ["splendid"]}, pool=-5, ties="some"))
    assert all(word in error.value.say(lang) for word in ("pool: -5", "ties: some", "tiers[1].grades", "3") for lang in ("zh", "en"))
    for text in ("[1, 2]", "a: [", "&a [*a]"):
        (tmp_path / "bad.yaml").write_text(text, "utf-8")
        with pytest.raises(DataError):
            load_rewards(tmp_path / "bad.yaml")


def test_rules_that_do_not_fit_the_ranking_are_refused(tmp_path) -> None:
    with pytest.raises(ArgumentError, match="2021"):
        rewards(ranking([95]), rules(tmp_path, years=["2021-2022"]))
    tier = {k: v for k, v in FIRST.items() if k != "count"} | {"share": 0.5}
    with pytest.raises(ArgumentError, match=r"400\.00"):
        rewards(ranking([95] * 8), rules(tmp_path, tier))
    tiers = [FIRST | {"grades": ["splendid"]}]
    assert rewards(ranking([95]).assign(grade="splendid", chance_splendid=1.0), rules(tmp_path, *tiers))["tier"].tolist() == ["first"]


def test_the_rules_of_the_package_are_sound_and_say_that_they_are_assumed() -> None:
    assert load_rewards().status == "assumed"
    assert set(rewards(ranking([95.0, 85, 70]))["origin"]) == {"assumed"}
    assert set(rewards(ranking([95.0, 85, 70]).assign(origin="synthetic"))["origin"]) == {"synthetic"}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_amounts_are_whole_fen_within_the_pool_and_order_does_not_matter(tmp_path_factory, data) -> None:
    totals = data.draw(st.lists(st.sampled_from([70.0, 81.0, 85.0, 90.0, 91.0, 99.0, float("nan")]), min_size=1, max_size=12))
    money = [data.draw(st.sampled_from([{"amount": 33.33}, {"amount": 0}, {"pool_share": 0.37}])) for _ in range(2)]
    places = [data.draw(st.sampled_from([{"count": 1}, {"count": 4}, {"share": 0.25}])) for _ in range(2)]
    tiers = [{"code": str(i), "title": WORDS, "grades": ["excellent", "good"], **m, **p} for i, (m, p) in enumerate(zip(money, places, strict=True))]
    path = rules(tmp_path_factory.mktemp("rules"), *tiers, pool=300, ties=data.draw(st.sampled_from(["include", "exclude", "split"])))
    table = ranking(totals, reach=1)
    found = rewards(table, path)
    fen = found["amount"].dropna() * 100
    assert np.allclose(fen, fen.round(), atol=1e-6) and fen.sum() <= 30_000 + 1e-6
    turned = rewards(table.sample(frac=1, random_state=1), path).sort_values("area_code").reset_index(drop=True)
    pd.testing.assert_frame_equal(turned, found)
    for _, same in found.groupby(["total", "tier"]):
        assert same["amount"].max() - same["amount"].min() <= 0.01 + 1e-9
    better = found.dropna(subset="total").sort_values("total", ascending=False)
    assert (better["tier"].replace("", "9").astype("str").is_monotonic_increasing) or "tie_excluded" in ";".join(found["note"])


def test_what_a_division_leaves_over_goes_to_the_largest_remainders() -> None:
    assert apportion(10, [Fraction(1), Fraction(1, 2), Fraction(1, 2)]) == [5, 3, 2]
    assert apportion(0, [Fraction(1)]) == [0] and apportion(7, []) == []
