"""The sample district: the same bytes each time, the published figures from the files, every planted defect met, nothing real in it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_load import conserved

from fundanalytics.data import load, schema
from fundanalytics.data.sample import PLANTED, dictionary, make_tables, write_sample
from fundanalytics.data.sample_layouts import LAYOUTS, TEXT
from fundanalytics.data.sample_paper import NOTE
from fundanalytics.errors import ArgumentError

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
CUT_OFF = pd.Timestamp("2020-12-31")
# streets of the real district, and some of its communities (official code lists of 2016 and 2023)
REAL = (
    "金牛区 西安路 西华街道 荷花池 驷马桥 茶店子 抚琴 九里堤 五块石 营门口 金泉街道 沙河源 天回镇 凤凰山 "
    "人民北路 黄忠 枣子巷 白果林 马家花园 青杠 涧漕 兴瓦 城隍庙 育苗路 同善 圃园路 康禧 赛云台 "
    "银沙 花照壁 淳风桥 蜀西 古柏 踏水桥 王贾桥 洞子口 杜家碾 余家巷 木龙湾 甘油 万石 玉垒 "
    "金韦 凤翔 金鱼街 长庆路"
)
RULES = {
    "word": "not_a_number",
    "date": "not_a_date",
    "area": "unknown_area",
    "blank": "missing",
    "duplicate": "duplicate_row",
    "conflict": "duplicate_key",
}


@pytest.fixture(scope="module")
def made() -> dict[str, pd.DataFrame]:
    return make_tables()


@pytest.fixture(scope="module")
def ds():
    return load.load_sample()


def content(path: Path) -> object:
    """Bytes; of a workbook the bytes of its parts, since another zlib packs them differently."""
    if path.suffix != ".xlsx":
        return path.read_bytes()
    with zipfile.ZipFile(path) as parts:
        return {i.filename: (i.date_time, parts.read(i)) for i in parts.infolist()}


def paid_by(ds, date: pd.Timestamp) -> pd.DataFrame:
    """Payments with their project's fund and year, made by ``date``; one without a day counts at the end of its year."""
    own = ds.payments.merge(ds.projects[["project_id", "area_code", "fund", "period"]], on="project_id", suffixes=("_paid", ""))
    year_end = pd.to_datetime(own["period_paid"].where(own["paid_on"].isna()) + "-12-31")
    return own[own["paid_on"].fillna(year_end) <= date]


def test_the_committed_folder_is_what_the_seed_makes(tmp_path):
    written = write_sample(tmp_path)
    fresh = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert fresh == {p.relative_to(SAMPLE).as_posix() for p in SAMPLE.rglob("*") if p.is_file()}
    assert {p.relative_to(tmp_path).as_posix() for p in written} == fresh
    assert [name for name in sorted(fresh) if content(tmp_path / name) != content(SAMPLE / name)] == []


def test_the_published_figures_come_out_of_the_files(ds):
    figure = ds.published.set_index("figure")["value"]
    money = ds.allocations[ds.allocations["fund"] == "guarantee"]
    paid = paid_by(ds, CUT_OFF)
    used = paid.loc[paid["fund"] == "guarantee", "amount"].sum() / money["arrived"].sum()
    old = ds.allocations[ds.allocations["fund"].isin(["cungong", "gongfu"])]
    before = ds.totals.loc[ds.totals["measure"] == "paid", "value"].sum() / old["arrived"].sum()
    assert money["arrived"].sum() == pytest.approx(figure["fund_arrived"], rel=0.005)
    assert (ds.projects["fund"] == "guarantee").sum() >= figure["projects"]
    assert used == pytest.approx(figure["usage_rate"], abs=0.0005)
    assert used - before == pytest.approx(figure["usage_rate_change"], abs=0.001)
    assert ds.trainings["training_id"].nunique() >= figure["trainings"]
    assert ds.trainings["attendees"].sum() >= figure["training_attendees"]
    assert ds.trainings["manuals"].sum() >= figure["manuals"]
    kinds = ds.organisations["kind"].value_counts()
    assert (kinds["social_organisation"], kinds["social_enterprise"]) == (figure["social_organisations"], figure["social_enterprises"])
    assert (len(ds.listings), ds.listings["amount"].sum()) == (figure["listings"], figure["listings_amount"])


def test_budgets_are_skewed_about_the_published_mean_and_money_is_spent_late_in_the_year(ds):
    budget = ds.projects.loc[ds.projects["fund"] == "guarantee", "budget"]
    assert budget.mean() == pytest.approx(35_700, rel=0.02)
    assert budget.median() < 0.75 * budget.mean()
    paid = paid_by(ds, pd.Timestamp("2021-12-31")).dropna(subset=["paid_on"])
    assert paid.loc[paid["paid_on"].dt.quarter == 4, "amount"].sum() > 0.5 * paid["amount"].sum()
    late = (paid["paid_on"] > pd.to_datetime(paid["period"] + "-12-31")).groupby(paid["period"]).mean()
    assert late.between(0.03, 0.06).all()


def test_every_table_holds_rows_and_every_row_made_is_kept(ds, made):
    for name, table in schema.TABLES.items():
        assert len(getattr(ds, name)), name
        truth = pd.concat([made[k] for k in (name, f"incentive_{name}", f"old_{name}") if k in made])
        lost = 2 if name == "participants" else 0  # the two signatures nobody can read
        assert len(getattr(ds, name)) == len(truth) - lost, name
        for column in (c.name for c in table.columns if c.kind == "money" and c.required):
            assert getattr(ds, name)[column].sum() == pytest.approx(truth[column].sum(), abs=0.001), (name, column)


def test_every_planted_defect_is_met_and_nothing_else_is_refused(ds):
    left = ds.refused.copy()
    for defect in PLANTED:
        if defect.rule == "total":
            found = ds.findings[(ds.findings["file"] == defect.file) & (ds.findings["code"] == "total_differs") & (ds.findings["column"] == defect.column)]
            assert [float(d) for d in found["detail"]] == [float(defect.found)], defect
            continue
        here = (left[["file", "sheet", "table", "rule"]] == [defect.file, defect.sheet, defect.table, RULES[defect.rule]]).all(axis=1)
        if defect.found:
            here &= (left["found"] == defect.found) & (left["column"] == defect.column)
        assert here.sum() == defect.refused, defect
        left = left[~here]
    assert left.empty
    assert (ds.findings["code"] == "total_differs").sum() == sum(d.rule == "total" for d in PLANTED)


def test_two_editions_are_joined_by_a_complete_crosswalk(ds):
    areas = ds.areas[ds.areas["level"] == "community"]
    old = areas[areas["valid_from"] < "2020-01-01"].drop_duplicates("area_code")
    new = areas[areas["valid_to"].isna()].drop_duplicates("area_code")
    gone = set(old["area_code"]) - set(new["area_code"])
    assert (len(old), len(new)) == (110, 90)
    assert set(ds.crosswalk["old_code"]) == gone
    assert set(ds.crosswalk["new_code"]) <= set(new["area_code"])
    assert np.allclose(ds.crosswalk.groupby("old_code")["share"].sum(), 1)
    pilots = new[new["pilot_from"].notna()]
    assert (len(pilots), pilots["parent_code"].nunique(), set(pilots["area_code"]) <= set(old["area_code"])) == (13, 13, True)


def test_each_community_has_forty_answers_in_two_courtyards_or_more(ds):
    for period, communities in (("2018", 110), ("2020", 90)):
        own = ds.responses[ds.responses["period"] == period].groupby("area_code")
        assert len(own) == communities
        assert own.size().min() >= 40 and own["cluster"].nunique().min() >= 2
    assert set(ds.surveys.loc[ds.surveys["period"] != "2017", "scale"]) == {5}


def test_comparing_pilots_with_the_rest_overstates_what_they_changed(made):
    answers = made["responses"]
    satisfied = (answers["satisfaction"] >= 4).astype("float").where(answers["satisfaction"].notna())
    answers = answers.assign(satisfied=satisfied, known=answers["aware"].astype("float"))
    for column, truth in (("known", 0.60), ("satisfied", 0.53)):
        told = answers.dropna(subset=[column])
        group = [told["pilot"], told["period"]]
        share = ((told[column] * told["weight"]).groupby(group).sum() / told["weight"].groupby(group).sum()).unstack()
        gap = np.log(share / (1 - share)).diff().loc[True]
        assert gap["2020"] > truth + 0.2
        assert gap["2020"] - gap["2018"] == pytest.approx(truth, abs=0.1)


def test_the_dictionary_names_every_column_of_the_schema():
    text = dictionary()
    for table in schema.TABLES.values():
        part = text.split(f"`{table.name}`\n")[1].split("\n### ")[0]
        assert [line.split("`")[1] for line in part.splitlines() if line.startswith("| `") and "q_*" not in line] == [c.name for c in table.columns]


def test_the_folder_is_small_stamped_and_free_of_real_names(made):
    files = [p for p in SAMPLE.rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in files) < 8_000_000 and max(p.stat().st_size for p in files) < 1_000_000
    for path in files:
        if path.suffix == ".xlsx":
            text = zipfile.ZipFile(path).read("xl/sharedStrings.xml").decode()
        else:
            text = path.read_text("gb18030" if LAYOUTS.get(path.parent.name) is TEXT and "签到" not in path.name else "utf-8-sig")
        assert NOTE in text, path
        assert [name for name in REAL.split() if name in text] == [], path


def test_a_city_of_any_size_loads_whole(tmp_path):
    write_sample(tmp_path, communities=205)
    city = load.load(tmp_path)
    assert city.origin == "synthetic" and city.refused.empty
    assert city.areas["level"].value_counts().to_dict() == {"community": 205, "street": 27, "district": 3}
    assert city.areas["area_code"].is_unique and city.areas["area_name"].is_unique
    paid, arrived = paid_by(city, CUT_OFF)["amount"].sum(), city.allocations["arrived"].sum()
    assert 0.9 < paid / arrived < 1


def test_a_city_needs_a_community(tmp_path):
    with pytest.raises(ArgumentError, match="1"):
        write_sample(tmp_path, communities=0)


def test_the_docstring_tells_the_years_as_they_are(ds):
    arrived = ds.allocations[ds.allocations["fund"] == "guarantee"].groupby("period")["arrived"].sum()
    told = {}
    for year in ("2018", "2019", "2020"):
        for date in (CUT_OFF, pd.Timestamp(f"{year}-12-31")):
            paid = paid_by(ds, date)
            told[year, str(date.year)] = paid.loc[(paid["fund"] == "guarantee") & (paid["period"] == year), "amount"].sum() / arrived[year]
    assert [round(100 * told[y, "2020"], 1) for y in ("2018", "2019", "2020")] == [98.7, 98.7, 95.8]
    assert [round(100 * told[y, y], 1) for y in ("2018", "2019", "2020")] == [94.0, 94.4, 95.8]


def test_rows_and_money_of_every_file_are_conserved(ds):
    conserved(ds)
    assert ds.sources["read"].gt(0).eq(~ds.sources["file"].str.startswith("texts/")).all() and set(ds.sources["status"]) == {"used"}
    assert ds.sums.groupby("table")["read"].sum()[["allocations", "payments", "projects"]].gt(1e6).all()
