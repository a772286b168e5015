"""Areas over time by one edition: the numbers of the indicator table, treatment, covariates, and files that other packages read."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from small import area_tree, small_dataset

import fundanalytics as fa
from fundanalytics import load_sample, panel, satisfaction_rate, usage_rate, write_panel
from fundanalytics.data.dataset import Dataset
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.panel import Panel
from fundanalytics.publish.panels import RESERVED, codebook_table, stata_names

ROOT = Path(__file__).parents[1]
PERIODS = ["2018", "2019", "2020"]
FIGURES = {"satisfaction_rate": ["satisfied", "basically"], "usage_rate": "paid/arrived"}


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return load_sample()


@pytest.fixture(scope="module")
def long(sample: Dataset) -> Panel:
    return panel(sample, FIGURES, periods=PERIODS, covariates=["share_60plus"])


@pytest.fixture(scope="module")
def wide(sample: Dataset) -> Panel:
    return panel(sample, FIGURES, periods=PERIODS, covariates=["share_60plus"], shape="wide")


# --- numbers ---------------------------------------------------------------------------------------------------------------
def test_the_last_period_is_the_indicator_table_itself(sample: Dataset, long: Panel) -> None:
    frame = long.to_frame()
    now = frame[frame["period"] == "2020"].set_index("area_code")
    for table, variable in ((satisfaction_rate(sample, by="community", period="2020"), "satisfaction_rate_satisfied"),
                            (usage_rate(sample, by="community", period="2020"), "usage_rate_paid_arrived")):  # fmt: skip
        rows = table.set_index("area_code")
        pd.testing.assert_series_equal(now[variable], rows["value"].loc[now.index], check_names=False, rtol=1e-15)
        assert (now[f"{variable}_n"] == rows["n"].loc[now.index]).all()
    assert (now["satisfaction_rate_satisfied_lower"] <= now["satisfaction_rate_satisfied"]).all() and "usage_rate_paid_arrived_lower" not in frame


def test_earlier_periods_come_through_the_crosswalk_and_lose_no_money(sample: Dataset) -> None:
    """By the 90 communities of 2020, the quota of the 110 of 2018: what a community had is what its parts had."""
    frame = panel(sample, "usage_rate", periods=["2018", "2020"]).to_frame()
    old = usage_rate(sample, by="community", period="2018").set_index("area_code")
    steps = sample.crosswalk[sample.crosswalk["new_code"] == sample.crosswalk.groupby("new_code").size().idxmax()]
    parts, new = old.loc[steps["old_code"]], steps["new_code"].iloc[0]
    then = frame[(frame["period"] == "2018") & (frame["area_code"] == new)].iloc[0]
    assert len(parts) > 1 and then["usage_rate_paid_arrived"] == pytest.approx(parts["numerator"].sum() / parts["denominator"].sum(), rel=1e-12)
    assert len(frame) == 2 * 90 and frame.groupby("period")["area_code"].nunique().tolist() == [90, 90]


def test_sums_agree_at_every_level(sample: Dataset) -> None:
    by = {level: panel(sample, "usage_rate", by=level, periods=["2019"]).to_frame() for level in ("district", "street")}
    district = usage_rate(sample, by="district", period="2019")["value"].iloc[0]
    assert by["district"]["usage_rate_paid_arrived"].iloc[0] == pytest.approx(district, rel=1e-12) and len(by["street"]) == 13
    assert by["street"]["street_code"].equals(by["street"]["area_code"]) and by["district"]["street_code"].isna().all()


def test_treatment_and_event_time_follow_the_pilots_first_day(long: Panel, sample: Dataset) -> None:
    frame = long.to_frame()
    pilots = frame[frame["pilot_from"].notna()]
    assert pilots["area_code"].nunique() == 13 and pilots.groupby("period")["treated"].agg(set).tolist() == [{0.0}, {1.0}, {1.0}]
    assert (pilots["event_time"] == pilots["period"].astype(int) - 2019).all()
    rest = frame[frame["pilot_from"].isna()]
    assert (rest["treated"] == 0).all() and rest["event_time"].isna().all()
    streets = panel(sample, "usage_rate", by="street", periods=["2018", "2020"]).to_frame().set_index(["area_code", "period"])
    inside = frame[(frame["period"] == "2020")].groupby("street_code")["treated"].mean()
    assert (
        streets["treated"].xs("2020", level="period").to_dict() == pytest.approx(inside.to_dict())
        and (streets["treated"].xs("2018", level="period") == 0).all()
    )


def test_covariates_are_of_the_same_period_and_of_areas_that_were_not_redrawn(long: Panel, sample: Dataset) -> None:
    frame, notes = long.to_frame(), long.notes
    known = sample.covariates[sample.covariates["name"] == "share_60plus"].set_index(["area_code", "period"])["value"]
    assert (
        set(notes.loc[frame["period"] == "2019", "share_60plus"]) <= {"no_data", "redrawn"}
        and frame.loc[frame["period"] == "2019", "share_60plus"].isna().all()
    )
    now = frame[frame["period"] == "2020"]
    assert now["share_60plus"].tolist() == [known[code, "2020"] for code in now["area_code"]]
    then = frame["period"] == "2018"
    joined = frame.loc[then & notes["share_60plus"].eq("redrawn"), "area_code"]
    steps = sample.crosswalk
    held = set(sample.areas.loc[sample.areas["valid_from"] < "2020-01-01", "area_code"])  # some took others in and kept their code
    assert set(joined) == {c for c, s in zip(steps["new_code"], steps["share"], strict=True) if s < 1 or c in held or (steps["new_code"] == c).sum() > 1}
    moved = steps[~steps["new_code"].duplicated(keep=False) & steps["share"].eq(1) & ~steps["new_code"].isin(held)]
    taken = frame[then].set_index("area_code")["share_60plus"]
    assert len(moved) >= 4 and [taken[c] for c in moved["new_code"]] == [known[c, "2018"] for c in moved["old_code"]]


def test_blanks_say_why(long: Panel) -> None:
    frame, notes = long.to_frame(), long.notes
    for variable in ("satisfaction_rate_satisfied", "usage_rate_paid_arrived", "share_60plus"):
        assert (notes.loc[frame[variable].isna(), variable] != "").all()
    assert set(notes.loc[frame["satisfaction_rate_satisfied"].isna(), "satisfaction_rate_satisfied"]) == {"no_data", "split_area"}
    pd.testing.assert_frame_equal(notes[["area_code", "period"]], frame[["area_code", "period"]])


def test_wide_holds_what_long_holds(long: Panel, wide: Panel) -> None:
    frame, across = long.to_frame(), wide.to_frame().set_index("area_code")
    assert len(across) == 90 and list(wide.codebook["variable"]) == list(wide.to_frame())
    for period in PERIODS:
        rows = frame[frame["period"] == period].set_index("area_code")
        for variable in ("satisfaction_rate_basically_upper", "usage_rate_paid_arrived_n", "treated", "share_60plus"):
            pd.testing.assert_series_equal(across[f"{variable}_{period}"], rows[variable], check_names=False)
        told = wide.notes.set_index("area_code")[f"satisfaction_rate_satisfied_{period}"]
        assert told.tolist() == long.notes.loc[long.notes["period"] == period, "satisfaction_rate_satisfied"].tolist()


def test_a_joined_pilot_leaves_a_mark_on_what_it_became() -> None:
    areas = [row | {"valid_to": "2019-12-31" if row["area_code"] in "ab" else None, "pilot_from": "2019-01-01" if row["area_code"] == "a" else None}
             for row in area_tree({"S": ["a", "b", "c"]})]  # fmt: skip
    areas.append({"area_code": "ab", "area_name": "ab", "level": "community", "parent_code": "S", "valid_from": "2020-01-01"})
    crosswalk = [{"old_code": code, "new_code": "ab", "share": 1.0, "effective_from": "2020-01-01"} for code in "ab"]
    given = [{"area_code": "c", "period": year, "aware": True} for year in ("2019", "2020")]
    dataset = small_dataset(areas=areas, crosswalk=crosswalk, responses=given)
    found = panel(dataset, "awareness_rate")
    assert found.to_frame()["period"].tolist() == ["2019", "2020"] * 2
    marked = found.notes.set_index(["area_code", "period"])["treated"]
    assert marked["ab", "2020"] == "former_pilot" and marked["c", "2020"] == "" and (found.to_frame()["treated"] == 0).all()
    with pytest.raises(ArgumentError, match="2020"):
        panel(dataset, "awareness_rate", boundaries="2019")
    assert panel(dataset, "awareness_rate", boundaries="2019", periods=["2019"]).to_frame()["area_code"].tolist() == ["a", "b", "c"]


def test_periods_are_those_with_records_and_several_years_may_be_one(sample: Dataset) -> None:
    assert sorted(set(panel(sample, "satisfaction_rate", by="district").to_frame()["period"])) == ["2017", "2018", "2020"]
    spans = panel(sample, "usage_rate", by="district", periods=["2018-2020", "2012-2017"], shape="wide").to_frame()
    assert spans["usage_rate_paid_arrived_2018_2020"].iloc[0] == pytest.approx(0.978, abs=5e-4)
    assert spans["usage_rate_paid_arrived_2012_2017"].iloc[0] == pytest.approx(0.808, abs=5e-4)


@pytest.mark.parametrize(
    ("given_", "options", "told"),
    [
        ("usage", {}, "usage_rate"), ({"usage_rate": "x"}, {}, "paid/arrived"), ([], {}, "usage_rate"), ("usage_rate", {"by": "road"}, "street"),
        ("usage_rate", {"shape": "tall"}, "wide"), ("usage_rate", {"covariates": ["share_60"]}, "share_60plus"),
        ("usage_rate", {"periods": ["2018", "2018"]}, "2018"),
        ("usage_rate", {"periods": []}, "–"), ("usage_rate", {"periods": ["20"]}, "20"), ("usage_rate", {"boundaries": "2018"}, "2020"),
    ],
)  # fmt: skip
def test_arguments_are_checked(sample: Dataset, given_: object, options: dict, told: str) -> None:
    with pytest.raises(ArgumentError, match=told):
        panel(sample, given_, **options)  # type: ignore[arg-type]


def test_without_any_records_there_is_nothing_to_set_up() -> None:
    with pytest.raises(ArgumentError):
        panel(small_dataset(areas=area_tree({"S": ["a"]})), "awareness_rate")


def test_it_cites_data_and_references_and_shows_a_bare_table(long: Panel, sample: Dataset) -> None:
    assert sample.sha256 in long.cite() and any("Korn" in line for line in long.references) and "<table" in long._repr_html_()
    changed = long.to_frame()
    changed.loc[:, "treated"] = 9
    assert (long.to_frame()["treated"] < 9).all()


# --- codebook ----------------------------------------------------------------------------------------------------------------
def test_the_codebook_has_every_variable_with_its_definition_and_words(long: Panel, wide: Panel) -> None:
    for found in (long, wide):
        book = codebook_table(found).set_index("variable")
        assert list(book.index) == list(found.to_frame()) and book.index.is_unique
        outcomes = book[book["role"] == "outcome"]
        assert (outcomes[["indicator", "basis", "numerator", "denominator", "unit", "method", "source"]] != "").all(axis=None) and len(outcomes) % 3 == 0
        for lang in ("zh", "en"):
            assert (book[f"label_{lang}"] != "").all() and book[f"label_{lang}"].is_unique
        named = book[book["role"] != "covariate"]
        assert named["label_zh"].str.contains(r"[一-鿿]").all() and not named["label_en"].str.contains(r"[一-鿿_]").any()
        assert book.loc[book["role"] == "covariate", "rule_en"].str.contains("same period").all()


@given(st.lists(st.text(st.sampled_from("abcdefgh_019%资金"), min_size=1, max_size=60), min_size=1, max_size=12, unique=True))
@settings(max_examples=200, deadline=None)
def test_stata_names_are_valid_and_all_different(names: list[str]) -> None:
    found = stata_names([*names, "if", "_n", "str8"])
    assert len(set(found.values())) == len(names) + 3
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,31}", name) and name not in RESERVED and not re.fullmatch(r"_n|str\d+", name) for name in found.values())


def test_short_names_stay_as_they_are_and_years_stay_whole() -> None:
    names = ["usage_rate_paid_arrived", "satisfaction_rate_satisfied_lower_2018", "satisfaction_rate_satisfied_lower_2020"]
    found = stata_names(names)
    assert found[names[0]] == names[0] and [found[n][-5:] for n in names[1:]] == ["_2018", "_2020"] and {len(found[n]) for n in names[1:]} == {32}


# --- files -------------------------------------------------------------------------------------------------------------------
def same_numbers(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    for variable in wanted:
        if pd.api.types.is_numeric_dtype(wanted[variable]):
            np.testing.assert_array_equal(found[variable].to_numpy("float64", na_value=np.nan), wanted[variable].to_numpy("float64", na_value=np.nan))


@pytest.mark.parametrize("shape", ["long", "wide"])
def test_every_format_gives_the_same_numbers_back(shape: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    found: Panel = request.getfixturevalue(shape)
    frame = found.to_frame()
    paths = {path.name: path for path in write_panel(found, tmp_path)}
    assert (
        set(paths)
        == {p.name for p in tmp_path.iterdir()}
        == {"panel.csv", "panel.parquet", "panel.dta", "panel_notes.csv", "panel_codebook.csv", "panel_citation.txt"}
    )
    codes = dict.fromkeys(["area_code", "street_code", "period"], "str")
    assert paths["panel.csv"].read_bytes().startswith(b"\xef\xbb\xbf")
    csv = pd.read_csv(paths["panel.csv"], dtype=codes, parse_dates=["pilot_from"])
    parquet, stata = pd.read_parquet(paths["panel.parquet"]), pd.read_stata(paths["panel.dta"], convert_categoricals=False)
    names = stata_names(frame)
    for read in (csv, parquet, stata.rename(columns={short: name for name, short in names.items()})):
        same_numbers(read, frame)
        assert (
            list(read) == list(frame)
            and read["area_code"].tolist() == frame["area_code"].tolist()
            and read["area_name"].tolist() == frame["area_name"].tolist()
        )
        assert read["pilot_from"].dropna().unique().tolist() == frame["pilot_from"].dropna().astype(read["pilot_from"].dtype).unique().tolist()
    assert pd.read_csv(paths["panel_codebook.csv"])["stata_name"].tolist() == list(stata)
    assert paths["panel_citation.txt"].read_text("utf-8").startswith(f"fundanalytics {fa.__version__}")


def test_the_stata_file_is_labelled_and_stamped(long: Panel, tmp_path: Path) -> None:
    for lang, words in (("zh", ("群众满意率", "试点", "城市", "虚构示例数据")), ("en", ("satisfaction rate", "pilot", "urban", "Fictional sample data"))):
        path = next(p for p in write_panel(long, tmp_path / lang, formats="stata", lang=lang) if p.suffix == ".dta")
        with pd.read_stata(path, iterator=True) as file:
            labels, values, title = file.variable_labels(), file.value_labels(), file.data_label
        assert words[0] in labels["satisfaction_rate_satisfied"] and all(0 < len(text) <= 80 for text in labels.values())
        assert values["treated"][1] == words[1] and words[2] in values["community_type"].values() and words[3] in title
        read = pd.read_stata(path)
        assert (read["treated"] == words[1]).sum() == 26 and set(read["origin"]) == {words[3]}


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R reads the file back")
def test_r_reads_the_stata_file(long: Panel, tmp_path: Path) -> None:
    write_panel(long, tmp_path, formats="stata")
    code = (
        f'if (!requireNamespace("haven", quietly = TRUE)) quit(status = 3); d <- haven::read_dta("{tmp_path}/panel.dta"); '
        'cat(nrow(d), ncol(d), sprintf("%.17g", sum(d$usage_rate_paid_arrived, na.rm = TRUE)), '
        'attr(d$treated, "label"), format(max(d$pilot_from, na.rm = TRUE)))'
    )
    done = subprocess.run(
        ["Rscript", "-e", code], capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/usr/local/bin:/bin", "LC_ALL": "C.UTF-8"}
    )
    if done.returncode == 3:
        pytest.skip("haven is not installed")
    rows, columns, total, label, day = done.stdout.split(" ")
    frame = long.to_frame()
    assert (int(rows), int(columns), label, day) == (*frame.shape, "试点", "2019-07-01")
    assert float(total) == pytest.approx(frame["usage_rate_paid_arrived"].sum(), rel=1e-14)


def test_blank_columns_dates_and_texts_survive(tmp_path: Path) -> None:
    """No pilot, no kind of community, a text that begins like a formula, a covariate named like a column."""
    rows = [row | {"area_name": "=SUM(A1)"} if row["area_code"] == "a" else row for row in area_tree({"S": ["a", "b"]})]
    covariates = [{"area_code": c, "period": "2020", "name": "treated", "value": i} for i, c in enumerate("ab")]
    found = panel(
        small_dataset(areas=rows, responses=[{"area_code": "a", "period": "2020", "aware": True}], covariates=covariates),
        "awareness_rate",
        covariates="treated",
    )
    write_panel(found, tmp_path, name="p")
    stata = pd.read_stata(tmp_path / "p.dta", convert_categoricals=False)
    assert stata["covariate_treated"].tolist() == [0, 1] and stata["treated"].tolist() == [0, 0] and stata["pilot_from"].isna().all()
    assert stata["community_type"].tolist() == ["", ""] and stata["area_name"].tolist()[0] == "=SUM(A1)"
    assert pd.read_csv(tmp_path / "p.csv")["area_name"].tolist()[0] == "'=SUM(A1)"
    assert found.codebook.set_index("variable").at["covariate_treated", "role"] == "covariate"


def test_files_are_not_written_where_they_cannot_be(long: Panel, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArgumentError, match="file"):
        write_panel(long, tmp_path / "file")
    for options, told in (({"formats": "sas"}, "stata"), ({"lang": "fr"}, "zh")):
        with pytest.raises(ArgumentError, match=told):
            write_panel(long, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


# --- citation ------------------------------------------------------------------------------------------------------------------
def test_the_citation_file_is_whole_and_of_this_version() -> None:
    """What the Citation File Format 1.2.0 requires, and the package's own version and licence."""
    told = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(told) and told["cff-version"] == "1.2.0" and told["type"] == "software"
    assert told["version"] == fa.__version__ and told["authors"] == [{"name": "fundanalytics contributors"}]
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert f'license = "{told["license"]}"' in project and f'version = "{told["version"]}"' in project
