"""Chart packs and single charts: the data that is drawn and no more, sentences in both languages, names as far as the audience may read them."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

import fundanalytics as fa
from fundanalytics.cli_chart import NAMES
from fundanalytics.errors import ArgumentError
from fundanalytics.publish.charts import CHARTS, chart
from fundanalytics.publish.export import PLOTLY_MIME
from fundanalytics.publish.packs import drawn_data, say_figure, write_chart, write_pack
from fundanalytics.show.gallery_words import GALLERY


class Drawer:
    """Stands for a browser: says what it was to draw."""

    def __init__(self) -> None:
        self.drawn: list[str] = []

    def draw(self, figure: dict[str, Any], out: Path, *, form: str, **_: Any) -> None:
        out.parent.mkdir(exist_ok=True)
        out.write_text(form)
        self.drawn.append(out.name)


@pytest.fixture(scope="module")
def sample() -> fa.Dataset:
    return fa.load_sample()


def _cell(figure: Any, *tags: str) -> Any:
    cell = new_code_cell("", outputs=[new_output("display_data", {PLOTLY_MIME: json.loads(figure.to_json())})])
    cell.metadata["tags"] = list(tags)
    return cell


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(path.read_text(encoding="utf-8-sig")), dtype={"y": "str"})


def test_the_data_of_a_chart_are_what_it_draws_with_limits_names_and_blanks(sample):
    rows = fa.satisfaction_rate(sample, by="street", period="2020", basis="satisfied")
    gone = rows["area_code"] == "999901003"
    rows = rows.assign(value=rows["value"].mask(gone), note=rows["note"].mask(gone, "no_survey"))
    figure = fa.plot_ranking(rows)
    for given in (figure, json.loads(figure.to_json())):  # plotly packs columns as bytes
        table = drawn_data(given).set_index("y")
        known = rows.set_index("area_code").reindex(table.index)
        for column, drawn in {"value": "x", "lower": "x_lower", "upper": "x_upper"}.items():
            pd.testing.assert_series_equal(table[drawn], known[column].mask(known["value"].isna()), check_names=False, rtol=1e-12)
        assert len(table) == len(rows) and table["x"].isna().sum() == 1
        assert table["y_label"].tolist() == known["area_name"].tolist()
        written = [a.text for a in figure.layout.annotations if a.yref is None]  # values beside the points, and why there is none
        assert sorted(table["text"]) == sorted(re.sub("<.*?>", "", text) for text in written) and table.loc["999901003", "text"].startswith("无数据：")


def test_what_only_hovering_tells_and_what_is_hidden_is_not_in_the_data():
    figure = go.Figure()
    figure.add_scatter(x=[1], y=[2], mode="markers", text=["secret"], hovertext=["secret"], customdata=["secret"], name="<b>甲</b>")
    figure.add_scatter(x=[3], y=[4], mode="markers", visible=False, name="secret")
    figure.add_bar(x=["a"], y=[5], text=["shown<br>here"], textposition="outside")
    figure.add_vline(x=0)
    figure.add_scatter(x=[1, None, 3], y=[2, None, 4], mode="lines", name="乙")
    figure.add_scatter(x=[1, 3], y=[2, 4], mode="lines", hoverinfo="skip")
    figure.add_annotation(x=0, y=0, xref="paper", yref="paper", text="caption")
    figure.add_annotation(x=3, y=4, text="named<br>here")
    table = drawn_data(figure)
    assert "secret" not in table.to_csv() and table["series"].tolist() == ["甲", "", "乙", "乙", ""] and table["x"].tolist() == [1, "a", 1, 3, 0]
    assert table["text"].dropna().to_dict() == {1: "shown here", 3: "named here"}


def test_a_pack_has_pictures_data_and_sentences_of_what_its_reader_may_see(sample, tmp_path):
    drawer = Drawer()
    figures = {lang: chart("ranking", sample, period="2020", lang=lang) for lang in ("zh", "en")}
    awareness = chart("ranking", sample, period="2020", indicator="awareness_rate")
    other = go.Figure(layout={"meta": {"chart": "../../out", "title": "x", "indicator": "usage_rate"}}).add_bar(x=["=1+1"], y=[1])
    odd = go.Figure(layout={"meta": {"chart": "trend", "indicator": "../../out"}}).add_bar(x=[1], y=[1])
    own = [_cell(figures["zh"], "internal"), _cell(figures["en"], "en"), _cell(other, "zh"), _cell(odd)]
    written = write_pack(new_notebook(cells=[_cell(figures["zh"]), _cell(awareness), *own]), tmp_path / "charts", drawer, lang="zh", origin="synthetic")
    assert sorted(p.name for p in tmp_path.rglob("*.*")) == sorted(p.name for p in written)
    stems = ["01_ranking_usage_rate", "02_ranking_awareness_rate", "03_chart", "04_trend"]
    assert [p.name for p in written] == [f"{stem}.{form}" for stem in stems for form in ("svg", "png", "csv")] + ["sentences.txt"]
    assert drawer.drawn == [f"{stem}.{form}" for stem in stems for form in ("svg", "png")]
    assert "'=1+1" in written[8].read_text(encoding="utf-8-sig") and len(_read(written[2])) == 14  # streets, and the line of the district
    told = written[-1].read_text(encoding="utf-8-sig").split("\n\n")
    for figure, said in zip((figures["zh"], awareness), told, strict=False):
        meta = figure.layout.meta
        texts = [meta[name][lang] for name in ("titles", "captions", "alt") for lang in ("zh", "en")] + [GALLERY[at]["ranking"]["misleads"] for at in GALLERY]
        assert [text for text in texts if text not in said] == [] and len(set(texts)) == 8
    licence = "".join(told[-2:])
    assert "SIL 开源字体许可 1.1" in licence and "SIL Open Font License 1.1" in licence and "虚构示例数据，随本软件" in licence


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_told_in_both_languages_in_whichever_it_is_drawn(sample, name, tmp_path):
    compared = name in ("comparison", "decomposition", "variants")
    options = {"period": "2018-2020", "baseline": "2012-2017"} if compared else {"period": "2020"}
    square = lambda i: {"type": "Polygon", "coordinates": [[[i, 0], [i + 1, 0], [i + 1, 1], [i, 1], [i, 0]]]}  # noqa: E731
    features = [{"type": "Feature", "properties": {"area_code": f"9999010{i:02d}"}, "geometry": square(i)} for i in range(1, 14)]
    (bounds := tmp_path / "own.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    options |= {"geojson": bounds, "indicator": "awareness_rate" if name == "funnel" else "usage_rate"}
    chinese, english = (chart(name, sample, **options, lang=lang) for lang in ("zh", "en"))
    for lang, figure, twin in (("zh", chinese, english), ("en", english, chinese)):
        meta = figure.layout.meta
        assert len(figure.data) and len(drawn_data(figure)) and meta["lang"] == lang and meta["chart"] == name
        assert (meta["title"], meta["caption"]) == (twin.layout.meta["titles"][lang], twin.layout.meta["captions"][lang])
        assert ("。" in meta["caption"]) == (lang == "zh") and meta["title"] in figure.layout.title.text.replace("<br>", "" if lang == "zh" else " ")
        told = say_figure(figure.to_plotly_json())
        assert told == say_figure(twin.to_plotly_json()) and told.count("\n") == 13 and "None" not in told


def test_the_data_beside_a_single_chart_are_those_that_it_draws(sample, tmp_path):
    figure = chart("comparison", sample, period="2018-2020", baseline="2012-2017")
    written = write_chart(figure, tmp_path, "it", ["svg"], lang="zh", origin="synthetic", browser=Drawer())
    assert [path.name for path in written] == ["it.svg", "it.csv", "it.txt"]
    found = _read(written[1]).assign(text=lambda table: table["text"].str.lstrip("'"))  # a sign in front would be a formula to Excel
    pd.testing.assert_frame_equal(found, drawn_data(figure), check_dtype=False)
    assert len(drawn_data(figure)) == 26  # two periods of thirteen streets; the lines that join them are no data


def test_the_public_reads_no_names_below_the_district_in_a_chart_or_its_data(sample):
    figure = chart("ranking", sample, period="2020", area="999901013")
    data = drawn_data(figure).dropna(subset="y").set_index("y")
    everything = drawn_data(chart("ranking", sample, period="2020", audience="internal")).dropna(subset="y").set_index("y")
    below = everything[everything["x"] < 0.9579].drop("999901013")
    hidden = data.index.str.startswith("unnamed")
    assert len(below) == 5 and not set(data.index) & set(below.index) and "999901013" in data.index
    text = json.dumps(json.loads(figure.to_json()), ensure_ascii=False) + data.to_csv()
    assert not any(code in text or name in text for code, name in below["y_label"].items()) and "荷风街道" in text
    assert sorted(data["x"][hidden]) == sorted(below["x"]) and set(data["y_label"][hidden]) == {"不具名"}


def test_a_map_needs_boundaries_of_ones_own(sample):
    with pytest.raises(ArgumentError, match="--geojson"):
        chart("map", sample, period="2020")


def test_variants_of_what_counts_people_are_for_internal_readers(sample):
    options = {"period": "2020", "baseline": "2019", "indicator": "satisfaction_rate"}
    with pytest.raises(ArgumentError, match="satisfaction_rate"):
        chart("variants", sample, **options)
    assert len(drawn_data(chart("variants", sample, **options, audience="internal")))


def test_the_command_names_every_chart():
    assert NAMES.split("|") == list(CHARTS)
    assert not re.findall("[^a-z]", "".join(CHARTS))


@pytest.mark.parametrize("audience", ["public", "internal"])
def test_a_picture_for_internal_readers_says_so_itself(sample, tmp_path, monkeypatch, audience):
    figure = chart("ranking", sample, period="2020", audience=audience)
    drawer, titles = Drawer(), []
    monkeypatch.setattr(drawer, "draw", lambda figure, out, *, form: titles.append(figure["layout"]["title"]["text"]))
    write_pack(new_notebook(cells=[_cell(figure)]), tmp_path, drawer, audience=audience)
    said = (tmp_path / "sentences.txt").read_text("utf-8-sig")
    assert [title.startswith("〔内部资料〕") for title in titles] == [audience == "internal"] * 2
    assert ["〔内部资料〕" in said, "[Internal] " in said] == [audience == "internal"] * 2


def test_a_baseline_after_the_period_is_refused(sample):
    with pytest.raises(ArgumentError, match="2020, 2019"):
        chart("comparison", sample, period="2019", baseline="2020")
