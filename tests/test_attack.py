"""An attacker with everything that was published: text search, subtraction, linear programming. What was hidden must stay hidden."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from attack import CHARTS, Read, page_of, published, read_page, read_word, read_workbook
from planted import ANSWERS, DISTRICT, FEW, LONE, SHY, STREETS, write_planted
from scipy.optimize import linprog

import fundanalytics as fa
from fundanalytics.data.dataset import Dataset
from fundanalytics.measure.disclosure import MIN_PEOPLE
from fundanalytics.measure.scores import Evaluation
from fundanalytics.publish.audience import write_released_scores
from fundanalytics.publish.files import write_csv
from fundanalytics.publish.packs import drawn_data, figures_of
from fundanalytics.publish.word import to_docx
from fundanalytics.show.formats import percent

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
PAGES = {DISTRICT: "district_report", STREETS[0]: "street_report", FEW: "community_sheet", LONE: "community_sheet"}
LEVELS = {level: fa.label(level, "zh", "answer") for level in "54321"}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return fa.load(write_planted(tmp_path_factory.mktemp("planted") / "data", fa.load_sample()))


@pytest.fixture(scope="module")
def truth(dataset: Dataset) -> pd.DataFrame:
    return fa.indicators(dataset, period="2020")


@pytest.fixture(scope="module")
def scores(dataset: Dataset) -> Evaluation:
    return fa.evaluate(dataset, period="2020")


@pytest.fixture(scope="module")
def edition(dataset: Dataset, truth: pd.DataFrame, scores: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A public edition: pages, Word files and chart data of the district, a street and communities, indicators.csv, the score workbook and its tables."""
    folder = tmp_path_factory.mktemp("edition")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fa, "load", lambda *_, **__: dataset)
        for area, name in PAGES.items():
            notebook = published(NOTEBOOKS / f"{name}.ipynb", area=area, audience="public")
            (folder / f"{area}.html").write_text(page_of(notebook), encoding="utf-8")
            to_docx(notebook, folder / f"{area}.docx", title=area, origin="synthetic")
            for place, figure in enumerate(figures_of(notebook)):
                write_csv(drawn_data(figure), folder / f"{area}_{place:02d}.csv")
    write_csv(fa.release(truth, "public"), folder / "indicators.csv")
    write_released_scores(scores, folder / "scores.xlsx", audience="public")
    return folder


@pytest.fixture(scope="module")
def seen(edition: Path) -> pd.DataFrame:
    """indicators.csv as anybody reads it."""
    return pd.read_csv(edition / "indicators.csv", dtype={"area_code": "str", "period": "str"}, keep_default_na=True)


@pytest.fixture(scope="module")
def everything(edition: Path) -> dict[str, Read]:
    """What can be read in each file."""
    found = {path.name: read_page(path.read_text("utf-8")) for path in edition.glob("*.html")}
    assert all(len(found[f"{area}.html"].numbers) > 100 for area in (DISTRICT, STREETS[0]))  # the charts were read
    found["scores.xlsx"] = read_workbook(edition / "scores.xlsx")
    found |= {path.name: read_word(path) for path in edition.glob("*.docx")}
    assert all("资金使用率" in found[f"{area}.docx"].text and len(list(edition.glob(f"{area}_*.csv"))) > 5 for area in (DISTRICT, STREETS[0]))
    for path in [*edition.glob("*.csv"), *edition.rglob("*.parquet")]:
        found[path.name] = Read()
        found[path.name].add_frame(pd.read_csv(path, dtype={"area_code": "str"}) if path.suffix == ".csv" else pd.read_parquet(path))
    return found


def hidden_rows(truth: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    assert truth[["indicator", "basis", "area_code"]].equals(seen[["indicator", "basis", "area_code"]].astype("str"))
    return truth[truth["value"].notna() & seen["value"].isna()]


def test_the_planted_counts_are_hidden_and_so_is_what_hangs_on_them(truth: pd.DataFrame, seen: pd.DataFrame) -> None:
    gone = set(hidden_rows(truth, seen)[["indicator", "basis", "area_code"]].itertuples(index=False, name=None))
    assert gone >= {("satisfaction_rate", "satisfied", FEW), ("awareness_rate", "aware", LONE), ("awareness_rate", "aware", STREETS[2]),
                    ("participation_rate", "residents", SHY)}  # fmt: skip
    assert any(area not in (FEW, LONE, SHY) for _, _, area in gone) and set(seen.loc[seen["value"].isna() & truth["value"].notna(), "note"]) == {
        "suppressed", "suppressed_linked"
    }  # fmt: skip


def test_no_file_holds_a_hidden_rate_neither_as_a_number_nor_as_a_text(truth: pd.DataFrame, seen: pd.DataFrame, everything: dict[str, Read]) -> None:
    gone, told = hidden_rows(truth, seen), truth[seen["value"].notna()]
    same = {round(v, 9) for v in told["value"]}
    shares = gone[gone["unit"].eq("share") & ~gone["value"].round(9).isin(same)]
    numbers = {v for v in shares["value"] if abs(v * 1000 - round(v * 1000)) > 1e-6}  # what a chart's own measures are not
    texts = {percent(v) for v in numbers} - {
        percent(v) for column in ("value", "lower", "upper") for v in told.loc[told["unit"].isin(["share", "ratio"]), column]
    }
    assert len(numbers) > 10 and len(texts) > 5
    assert [(name, v) for name, read in everything.items() for v in numbers if read.holds(v)] == []
    pages = [name for name in everything if name.endswith((".html", ".docx"))]
    found = [(name, t) for name in pages for t in texts if re.search(rf"(?<![\d.]){re.escape(t)}", everything[name].text)]
    assert [(name, t) for name, t in found if not _another_figure(everything[name].text, t)] == []


def _another_figure(text: str, told: str) -> bool:
    """Whether a percentage is one of points, ranks or money, by the words around it: rates of scores and shares of projects fall on any value."""
    around = [text[max(0, at.start() - 60) : at.end() + 30] for at in re.finditer(re.escape(told), text)]
    return all(not re.search("满意率|知晓率|参与率", words) for words in around)


def test_nothing_hidden_can_be_worked_out_from_what_was_published(dataset: Dataset, truth: pd.DataFrame, seen: pd.DataFrame, edition: Path) -> None:
    """By linear programming over the CSV and the counts of answers that the pages print, whole families of figures at once."""
    after = truth.copy()
    for column in ("value", "n"):
        after[column] = pd.Series(seen[column].to_numpy()).astype(truth[column].dtype)
    answers, shown = _answers(dataset, edition)
    both, read = pd.concat([pd.DataFrame(truth), answers], ignore_index=True), pd.concat([pd.DataFrame(after), shown], ignore_index=True)
    both.attrs = dict(truth.attrs)
    found = fa.audit(both, read)
    assert len(found) > 20 and (found["note"] == "").all(), found[found["note"] != ""].to_string()
    assert "answers" in set(found["indicator"]) and {FEW, LONE, SHY} <= set(found["area_code"])


def _answers(dataset: Dataset, edition: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Counts of answers of the areas that have pages with them: as they are, and as the pages print them."""
    rows, told = [], []
    for area in (DISTRICT, STREETS[0]):
        of = {"level": "district" if area == DISTRICT else "street", "area_code": area, "area_name": area, "indicator": "answers", "subset": ""}
        given = dataset.responses[dataset.responses["area_code"].str.startswith(area)]
        counts = given["satisfaction"].value_counts()
        text = (edition / f"{area}.html").read_text("utf-8")
        for level, words in LEVELS.items():
            count = float(counts.get(int(level), 0))
            row = {"basis": level, "period": "2020", "as_of": "2020-12-31", "value": count / len(given), "numerator": count, "n": len(given), "quality": 1}
            rows.append(of | row | {"denominator": float(len(given)), "method": "full count", "note": "", "unit": "share", "origin": "computed"})
            cell = re.search(rf"<td[^>]*>{words}</td>\s*<td[^>]*>([^<]*)</td>", text)
            assert cell, f"no count of {words} in the page of {area}"
            told.append(float("nan") if cell[1] == "—" else float(cell[1].replace(",", "")))
    frame = pd.DataFrame(rows)
    shown = frame.assign(value=frame["value"].where(pd.Series(told).notna()))
    assert (pd.Series(told).dropna() == frame["numerator"][pd.Series(told).notna()]).all()
    return frame, shown


def test_no_score_gives_a_hidden_count_back(scores: Evaluation, truth: pd.DataFrame, seen: pd.DataFrame, edition: Path) -> None:
    """Totals, parts and means as published; the points of an item whose indicator is published are known to whoever can multiply."""
    tables = {name: pd.read_parquet(edition / "scores_tables" / f"{name}.parquet") for name in ("items", "parts", "totals", "ranking")}
    names = _names(scores, tables["totals"])
    ranges = _ranges(scores, tables, names, truth, seen)
    sizes = {code: n for code, (n, _, _) in ANSWERS.items()}
    eligible = truth[truth["indicator"].eq("participation_rate") & truth["basis"].eq("residents")].set_index("area_code")["denominator"]
    slopes = {"S1": 0.9 / 10, "S2": 0.75 / 6, "P21": 0.03 / 4}  # share of people per point
    assert {(FEW, "S1"), (LONE, "S2"), (SHY, "P21")} <= set(ranges)
    for (area, item), (low, high) in ranges.items():
        if item in slopes:
            base = eligible[area] if item == "P21" else sizes[area]
            assert (high - low) * slopes[item] * base >= min(2 * MIN_PEOPLE, 0.75 * base) * 0.99, (area, item, low, high)
    hidden = tables["ranking"]["area_code"].isin({names[area] for area, _ in ranges})
    assert hidden.any() and tables["ranking"].loc[hidden, ["se", "df", "chance_good"]].isna().all(axis=None)


def _names(scores: Evaluation, totals: pd.DataFrame) -> dict[str, str]:
    """Area → code in the public tables: totals give them away, so an attacker knows them."""
    told = totals[totals["level"].eq("community")]
    mine = scores.totals[scores.totals["level"].eq("community")]
    return {row.area_code: told.loc[told["total"].eq(row.total), "area_code"].iloc[0] for row in mine.itertuples()}


def _ranges(
    scores: Evaluation, tables: dict[str, pd.DataFrame], names: dict[str, str], truth: pd.DataFrame, seen: pd.DataFrame
) -> dict[tuple[str, str], tuple[float, float]]:
    """Hidden item of a community → the least and most that its points can be."""
    rubric, internal = scores.rubric, scores.items.set_index(["area_code", "item_code"])["points"].dropna()
    made = {"S1": "satisfaction_rate", "S2": "awareness_rate", "S3": "satisfaction_score", "P21": "participation_rate", "R1": "usage_rate"}
    main = seen["basis"].isin(["satisfied", "aware", "level_x20", "residents", "paid/arrived"]) & seen["value"].notna()
    told = set(seen[main][["indicator", "area_code"]].itertuples(index=False, name=None))
    shown = {name: tables["items"][tables["items"]["area_code"].eq(code)].set_index("item_code")["points"] for name, code in names.items()}
    asked = [(a, i.code) for a in names for i in rubric.items if (a, i.code) in internal and pd.isna(shown[a][i.code]) and (made.get(i.code), a) not in told]
    totals, sums = scores.totals.set_index("area_code")["total"], []
    for area, code in names.items():
        parts = tables["parts"][tables["parts"]["area_code"].eq(code)].set_index("part")["points"].dropna()
        for whole, mine in [(totals[area], rubric.items), *((parts[part], rubric.items_of(part)) for part in parts.index)]:
            keys = [(area, item.code) for item in mine if (area, item.code) in internal]
            sums.append(([key for key in keys if key in asked], float(whole) - sum(internal[key] for key in keys if key not in asked)))
    matrix = np.array([[float(key in keys) for key in asked] for keys, _ in sums])
    right = np.array([value for _, value in sums])
    bounds = [(0.0, float(rubric.item(item).points)) for _, item in asked]
    found = {}
    above, below = np.vstack([matrix, -matrix]), np.concatenate([right, -right]) + 0.02  # what rounding leaves
    for n, key in enumerate(asked):
        ends = [linprog(sign * np.eye(len(asked))[n], A_ub=above, b_ub=below, bounds=bounds) for sign in (1, -1)]
        assert all(end.success for end in ends), "what was published contradicts itself"
        found[key] = (float(ends[0].fun), -float(ends[1].fun))
    return found


@pytest.mark.xdist_group("batch")
def test_no_page_index_or_manifest_of_a_public_edition_holds_what_is_for_internal_readers(sample_batch: Path) -> None:
    """What must be verified, who scored leniently, whose reward hangs on the error; and names in charts of scores only where they are for the good."""
    sample = fa.load_sample()
    wrong, scored = fa.repairs(sample, audience="internal"), fa.evaluate(sample, period="2020")
    places = {f"{row.found}" for row in wrong.itertuples() if len(row.found) > 5 and not re.fullmatch(r"[\d.,\-\s]+", row.found)}
    files = {path.name: path.read_text("utf-8") for path in sample_batch.glob("*") if path.suffix in (".html", ".json", ".csv")}
    areas = set(sample.areas["area_name"]) | set(sample.areas["area_code"])
    assert len(files) > 5 and len(places) > 3
    assert [(name, place) for name, text in files.items() for place in places - areas if place in html.unescape(text)] == []
    inner = re.compile(
        "宽严|可能失去奖励|可能得到奖励|内部资料|拒收|需要核对|" + "|".join(map(re.escape, {fa.label(code, "zh", "fault") for code in wrong["code"]}))
    )
    assert [(name, found) for name, text in files.items() for found in inner.findall(re.sub(r"<[^>]+>", "", CHARTS.sub("", text)))] == []
    manifest = json.loads(files["manifest.json"])
    assert all(set(row) == {"file", "sha256"} for row in manifest["inputs"]) and not re.search('"refused"|"findings"', files["manifest.json"])
    once = scored.totals[~scored.totals["area_name"].duplicated(keep=False) & scored.totals["level"].ne("street")]
    totals = once.set_index("area_name")["total"]
    chart = next(data for data in CHARTS.findall(files["district_999901_2020.html"]) if "rank sets" in data)
    assert [name for name, total in totals.items() if (name in chart) != (total >= totals["示例区"])] == []
