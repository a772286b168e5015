"""Leniency of assessors: effects put in are found, errors are those of R and of the whole design, what is not connected is told."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from small import area_tree, small_dataset

from fundanalytics.measure.clustered import cluster_robust
from fundanalytics.measure.leniency import adjusted_totals, leniency, self_gap_by_item
from fundanalytics.measure.rubric import Band, Item, Part, Rubric
from fundanalytics.measure.scores import Evaluation, evaluate

STREETS = {"S1": ["a", "b", "c"], "S2": ["d", "e", "f"], "S3": ["g", "h", "i"]}
ITEMS = ("one", "two")
SHARES = {"self": 0.2, "peer": 0.3, "district": 0.5}


def rubric(scales: tuple[float, float] = (100, 100)) -> Rubric:
    items = tuple(Item(code, "p", {}, 50, "rating", {"scale": scale}, SHARES, "assessments", record=code) for code, scale in zip(ITEMS, scales, strict=True))
    return Rubric("r", "1", {}, "", "official", (), "community", 2, 100.0, 100.0, "district", 0.6, "mean", (), (Part("p", {}, 100.0),), items,
                  (Band("good", {}, 0.0),), "", "hash", "r.yaml")  # fmt: skip


def evaluation(scores: list[tuple[str, str, str, str, float]], *, of: Rubric | None = None) -> Evaluation:
    """Of source, assessor, community, item, value."""
    rows = [{"source": s, "assessor_code": w, "area_code": a, "item_code": c, "value": v, "period": "2020", "status": "scored"} for s, w, a, c, v in scores]
    return evaluate(small_dataset(areas=area_tree(STREETS), assessments=rows), of or rubric(), period="2020")


def scores(effect: dict[str, float], noise: float = 0.0, seed: int = 0) -> list[tuple[str, str, str, str, float]]:
    """Each street scores the communities of the two others, the district and the communities themselves score all; items 60 + a trait + the effect."""
    rng = np.random.default_rng(seed)
    made = []
    for at, (street, areas) in enumerate(STREETS.items()):
        for a in areas:
            trait = 5 * at + rng.integers(0, 10)
            who = [("peer", s) for s in STREETS if s != street] + [("district", "D"), ("self", a)]
            made += [(s, w, a, c, float(60 + trait + effect.get(w, 0) + noise * rng.standard_normal())) for c in ITEMS for s, w in who]
    return made


def by_assessor(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_index("assessor_code")


def test_effects_put_in_are_found_whatever_the_communities_are_like() -> None:
    found = by_assessor(leniency(evaluation(scores({"S1": 4, "S2": -1, "S3": -3, "D": -10, "a": 9}))))
    assert found.index.tolist() == ["S1", "S2", "S3"]  # neither the district, which is alone, nor the communities themselves
    np.testing.assert_allclose(found["value"], [4, -1, -3], atol=1e-9)
    assert set(found["note"]) == {"no_variation"} and found["lower"].isna().all()
    assert found[["n", "scores", "component"]].values.tolist() == [[6, 12, 1]] * 3 and found["assessor_name"]["S1"] == "name S1"


def test_scales_are_made_alike_first() -> None:
    given = [(s, w, a, c, v / 20 if c == "two" else v) for s, w, a, c, v in scores({"S1": 4, "S2": -4})]
    np.testing.assert_allclose(leniency(evaluation(given, of=rubric((100, 5))))["value"], [4, -4, 0], atol=1e-9)


def noisy() -> list[tuple[str, str, str, str, float]]:
    """Noise, and some scores missing, so that items of a community have different sets of assessors."""
    return [row for at, row in enumerate(scores({"S1": 2, "S3": -1}, noise=3.0, seed=5)) if at % 7 != 3]


def whole_design(given: list[tuple[str, str, str, str, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(given, columns=["source", "who", "area", "item", "value"]).query("source != 'self'")
    return frame.assign(cell=frame["area"] + frame["item"]).reset_index(drop=True)


def test_effects_are_those_of_statsmodels_with_a_dummy_for_each_community_and_item() -> None:
    import statsmodels.api as sm

    frame = whole_design(noisy())
    who = pd.get_dummies(frame["who"], dtype=float).drop(columns="D")
    fit = sm.OLS(frame["value"], pd.concat([who, pd.get_dummies(frame["cell"], dtype=float)], axis=1)).fit(
        cov_type="cluster", cov_kwds={"groups": frame["area"].astype("category").cat.codes.to_numpy()})  # fmt: skip
    found = by_assessor(leniency(evaluation(noisy())))
    for j, name in enumerate(who):
        contrast = np.where(np.arange(3) == j, 2 / 3, -1 / 3)
        assert found["value"][name] == pytest.approx(float(contrast @ fit.params.iloc[:3]), rel=1e-9)
        robust = float(np.sqrt(contrast @ fit.cov_params().iloc[:3, :3].to_numpy() @ contrast))
        assert 0.7 < found["se"][name] / robust < 1.3  # CR1 with all dummies counted: another correction of the same thing


def test_errors_are_those_of_clubsandwich_in_r() -> None:
    """R 4.2.2, clubSandwich 0.5.8: ``linear_contrast(lm(value ~ 0 + cell + who), vcovCR(type = "CR2", cluster = area), contrasts)``."""
    found = by_assessor(leniency(evaluation(noisy())))
    expected = [[1.5729238378140, 0.937687516230, 5.25386563371], [-0.0896290537397, 0.981939043432, 5.67787981316],
                [-1.4832947840743, 0.710447578279, 5.25386563371]]  # fmt: skip
    np.testing.assert_allclose(found[["value", "se", "df"]], expected, rtol=1e-9)
    np.testing.assert_allclose(found[["lower", "upper"]], [[-0.803, 3.949], [-2.526, 2.347], [-3.283, 0.317]], atol=6e-4)


def test_errors_are_those_of_the_whole_design_before_rows_are_joined() -> None:
    frame = whole_design(noisy())
    dummies = {name: frame["who"].eq(name).to_numpy(dtype=float) for name in ("S1", "S2", "S3")}
    cells = pd.get_dummies(frame["cell"], dtype=float).to_numpy()
    found = by_assessor(leniency(evaluation(noisy()), confidence=0.9))
    for name, own in dummies.items():
        rest = [column + own / 2 for other, column in dummies.items() if other != name]
        one = cluster_robust(frame["value"], own * 1.5, frame["area"], controls=np.column_stack([cells, *rest]), confidence=0.9)
        np.testing.assert_allclose(found.loc[name, ["value", "lower", "upper", "se", "df"]].astype(float), [one.value, one.lower, one.upper, one.se, one.df],
                                   rtol=1e-8)  # fmt: skip


def fake(rows: list[tuple[str, str, str, float]]) -> SimpleNamespace:
    """An evaluation as far as ``leniency`` looks: source, assessor, community, value of one item."""
    records = pd.DataFrame([{"source": s, "assessor_code": w, "area_code": a, "project_id": "", "item_code": "one", "value": v, "status": "scored"}
                            for s, w, a, v in rows])  # fmt: skip
    dataset = small_dataset(areas=area_tree(STREETS))
    return SimpleNamespace(records=records, rubric=rubric(), limits=SimpleNamespace(tree=dataset.areas), period="2020", wave="", origin="computed",
                           dataset=dataset)  # fmt: skip


def test_assessors_that_share_no_community_are_compared_within_their_group_only() -> None:
    pairs = [("S1", "a", 80), ("S2", "a", 70), ("S1", "b", 84), ("S2", "b", 78), ("S3", "d", 60), ("S4", "d", 62), ("S5", "e", 90)]
    found = by_assessor(leniency(fake([("peer", *row) for row in pairs])))
    np.testing.assert_allclose(found["value"], [4, -4, -1, 1, np.nan])
    assert found["component"].tolist() == [1, 1, 2, 2, 3]
    assert [note.split(";") for note in found["note"]] == [["not_connected"]] * 2 + [["no_variation", "not_connected"]] * 2 + [["not_connected"]]
    joined = leniency(fake([("peer", *row) for row in pairs] + [("district", "D", a, 70) for a in "abde"]))
    assert joined["component"].eq(1).all() and abs(joined["value"].sum()) < 1e-9 and not joined["note"].str.contains("not_connected").any()


def test_order_does_not_matter_and_one_assessor_has_no_row() -> None:
    given = noisy()
    pd.testing.assert_frame_equal(leniency(evaluation(given)), leniency(evaluation(given[::-1])), rtol=1e-9)
    assert leniency(evaluation([row for row in given if row[0] == "district"])).empty


def test_totals_without_leniency_stand_beside_the_raw_ones() -> None:
    """Effects 4, −2, −2 and 30 % of the points with the peers: those of a got 2 less, those of d and g 1 more than without."""
    made = evaluation(scores({"S1": 4, "S2": -2, "S3": -2}))
    found = adjusted_totals(made).set_index("area_code")
    np.testing.assert_allclose(found.loc[["a", "d", "g"], "change"], [0.6, -0.3, -0.3], atol=1e-9)
    raw = made.totals[made.totals["level"].eq("community")].set_index("area_code")["total"]
    pd.testing.assert_series_equal(found["total"], raw, check_names=False)
    flat = adjusted_totals(evaluation(scores({}))).set_index("area_code")  # no leniency, the same traits
    np.testing.assert_allclose(found["adjusted"], flat["total"], atol=1e-9)
    assert found["adjusted_rank"].tolist() == flat["rank"].tolist() and flat["rank"].equals(flat["adjusted_rank"])
    assert made.records["value"].equals(evaluation(scores({"S1": 4, "S2": -2, "S3": -2})).records["value"])


def test_adjusted_scores_stay_on_their_scale() -> None:
    """S2 scores 8 lower than S1 where both score g-i; a has 99 from S2 and no more than 100 without that."""
    given = [("peer", w, a, c, v) for c in ITEMS for a in STREETS["S3"] for w, v in (("S1", 70.0), ("S2", 62.0))]
    given += [("peer", "S2", "a", c, 99.0) for c in ITEMS] + [("district", "D", "a", c, 50.0) for c in ITEMS]
    effects = by_assessor(leniency(evaluation(given)))["value"]
    assert effects["S2"] == pytest.approx(-4)
    found = adjusted_totals(evaluation(given)).set_index("area_code")
    assert found["change"]["a"] == 0.38  # peers have 3 of 8 parts: 34.19 of 50 becomes 34.38, as from 99 to 100, not to 103


def test_self_scores_stand_above_the_districts_by_item_and_street() -> None:
    given = [(s, "D" if s == "district" else a, a, c, v) for a, mine in zip("abc", (8, 6, 4), strict=True) for c in ITEMS
             for s, v in (("district", 70.0), ("self", 70.0 + (mine if c == "one" else 0)))]  # fmt: skip
    found = self_gap_by_item(evaluation(given)).set_index(["area_code", "item_code"])
    row = found.loc[("S1", "one")]
    assert (row["value"], row["n"], row["share_above"]) == (6, 3, pytest.approx(2 / 3))  # above 5 points
    assert row["upper"] - row["value"] == pytest.approx(4.302653 * 2 / np.sqrt(3), rel=1e-6)
    assert found.loc[("S1", "two"), "value"] == 0 and found.loc[("S2", "one"), "note"] == "no_data" and np.isnan(found.loc[("S2", "one"), "value"])
    assert found.loc[("D", "one"), "note"] == "one_cluster"
    unasked = replace(rubric(), items=tuple(replace(item, sources={"district": 1.0}) for item in rubric().items))
    assert self_gap_by_item(evaluation(given, of=unasked)).empty
