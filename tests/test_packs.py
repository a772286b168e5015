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

from fundanalytics import load_sample
from fundanalytics.cli_chart import NAMES
from fundanalytics.errors import ArgumentError
from fundanalytics.publish.charts import CHARTS, chart, prepared
from fundanalytics.publish.export import PLOTLY_MIME
from fundanalytics.publish.packs import drawn_data, say_figure, write_pack
from fundanalytics.show.gallery_words import GALLERY


class Drawer:
    """Stands for a browser: says what it was to draw."""

    def __init__(self) -> None:
        self.drawn: list[str] = []

    def draw(self, figure: dict[str, Any], out: Path, *, form: str) -> None:
        out.parent.mkdir(exist_ok=True)
        out.write_text(form)
        self.drawn.append(out.name)


def _cell(figure: Any, *tags: str) -> Any:
    cell = new_code_cell("", outputs=[new_output("display_data", {PLOTLY_MIME: json.loads(figure.to_json())})])
    cell.metadata["tags"] = list(tags)
    return cell


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(path.read_text(encoding="utf-8-sig")), dtype={"y": "str"})


def test_the_data_of_a_chart_are_what_it_draws_with_limits_names_and_blanks():
    figure, rows = chart("ranking", load_sample(), period="2020", indicator="satisfaction_rate", audience="internal")
    rows = rows.assign(value=rows["value"].mask(rows["area_code"] == "999901003"))
    from fundanalytics.show.charts import plot_ranking

    figure = plot_ranking(rows)
    for given in (figure, json.loads(figure.to_json())):  # plotly packs columns as bytes
        table = drawn_data(given).set_index("y")
        known = rows.set_index("area_code").reindex(table.index)
        for column, drawn in {"value": "x", "lower": "x_lower", "upper": "x_upper"}.items():
            pd.testing.assert_series_equal(table[drawn], known[column].mask(known["value"].isna()), check_names=False, rtol=1e-12)
        assert len(table) == len(rows) and table["x"].isna().sum() == 1
        assert table["y_label"].tolist() == known["area_name"].tolist()


def test_what_only_hovering_tells_and_what_is_hidden_is_not_in_the_data():
    figure = go.Figure()
    figure.add_scatter(x=[1], y=[2], mode="markers", text=["secret"], hovertext=["secret"], customdata=["secret"], name="<b>甲</b>")
    figure.add_scatter(x=[3], y=[4], mode="markers", visible=False, name="secret")
    figure.add_bar(x=["a"], y=[5], text=["shown<br>here"], textposition="outside")
    figure.add_vline(x=6)
    table = drawn_data(figure)
    assert "secret" not in table.to_csv() and table["series"].tolist() == ["甲", "", ""] and table["text"].tolist()[1] == "shown here"
    assert table["x"].tolist() == [1, "a", 6]


def test_a_pack_has_pictures_data_and_sentences_of_what_its_reader_may_see(tmp_path):
    draw = prepared("ranking", load_sample(), period="2020")
    other = go.Figure(layout={"meta": {"chart": "../../out", "title": "x"}}).add_bar(x=["=1+1"], y=[1])
    figure, drawer = draw("zh")[0], Drawer()
    notebook = new_notebook(cells=[_cell(figure), _cell(figure, "internal"), _cell(draw("en")[0], "en"), _cell(other, "zh")])
    written = write_pack(notebook, tmp_path / "charts", drawer, lang="zh", origin="synthetic")
    assert sorted(p.name for p in tmp_path.rglob("*.*")) == sorted(p.name for p in written)
    assert [p.name for p in written] == [f"{stem}.{form}" for stem in ("01_ranking", "02_chart") for form in ("svg", "png", "csv")] + ["sentences.txt"]
    assert drawer.drawn == ["01_ranking.svg", "01_ranking.png", "02_chart.svg", "02_chart.png"]
    assert "'=1+1" in written[5].read_text(encoding="utf-8-sig") and len(_read(written[2])) == 14  # streets, and the line of the district
    told = written[-1].read_text(encoding="utf-8-sig")
    assert figure.layout.meta["title"] in told and figure.layout.meta["caption"] in told
    assert all(text in told for lang in ("zh", "en") for text in (figure.layout.meta["alt"][lang], GALLERY[lang]["ranking"]["misleads"]))
    assert "SIL 开源字体许可 1.1" in told and "SIL Open Font License 1.1" in told and "虚构示例数据，随本软件" in told


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_drawn_in_both_languages_with_its_data(name, tmp_path):
    compared = name in ("comparison", "decomposition", "variants")
    options = {"period": "2018-2020", "baseline": "2012-2017"} if compared else {"period": "2020"}
    square = lambda i: {"type": "Polygon", "coordinates": [[[i, 0], [i + 1, 0], [i + 1, 1], [i, 1], [i, 0]]]}  # noqa: E731
    features = [{"type": "Feature", "properties": {"area_code": f"9999010{i:02d}"}, "geometry": square(i)} for i in range(1, 14)]
    (bounds := tmp_path / "own.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    draw = prepared(name, load_sample(), **options, geojson=bounds, indicator="awareness_rate" if name == "funnel" else "usage_rate")
    for lang in ("zh", "en"):
        figure, rows = draw(lang)
        assert len(figure.data) and len(rows) and len(drawn_data(figure))
        assert figure.layout.meta["lang"] == lang and figure.layout.meta["chart"] == name
    told = say_figure({lang: draw(lang)[0].to_plotly_json() for lang in ("zh", "en")})
    assert told.count("\n") == 13 and "None" not in told


def test_the_public_reads_no_names_below_the_district_in_a_chart_or_its_data():
    figure, rows = chart("ranking", load_sample(), period="2020", area="999901013")
    seen = rows[~rows["area_code"].str.startswith("unnamed")]
    everything = chart("ranking", load_sample(), period="2020", audience="internal")[1].set_index("area_code")
    below = everything[everything["value"] < 0.9579].drop("999901013")
    assert len(below) == 5 and not set(seen["area_code"]) & set(below.index) and "999901013" in set(seen["area_code"])
    text = json.dumps(json.loads(figure.to_json()), ensure_ascii=False) + rows.to_csv()
    assert not any(code in text or name in text for code, name in below["area_name"].items()) and "荷风街道" in text
    hidden = rows[rows["area_code"].str.startswith("unnamed")]
    assert hidden.index.min() > seen.index.max() and hidden["value"].is_monotonic_decreasing and hidden[["numerator", "denominator", "n"]].count().sum() == 0


def test_a_map_needs_boundaries_of_ones_own():
    with pytest.raises(ArgumentError, match="--geojson"):
        prepared("map", load_sample(), period="2020")


def test_variants_of_what_counts_people_are_for_internal_readers():
    options = {"period": "2020", "baseline": "2019", "indicator": "satisfaction_rate"}
    with pytest.raises(ArgumentError, match="satisfaction_rate"):
        prepared("variants", load_sample(), **options)
    assert len(prepared("variants", load_sample(), **options, audience="internal")("zh")[1])


def test_the_command_names_every_chart():
    assert NAMES.split("|") == list(CHARTS) and set(CHARTS) <= set(GALLERY["zh"])
    assert not re.findall("[^a-z]", "".join(CHARTS))


@pytest.mark.parametrize("audience", ["public", "internal"])
def test_a_picture_for_internal_readers_says_so_itself(tmp_path, monkeypatch, audience):
    figure, _ = chart("ranking", load_sample(), period="2020", audience=audience)
    drawer, titles = Drawer(), []
    monkeypatch.setattr(drawer, "draw", lambda figure, out, *, form: titles.append(figure["layout"]["title"]["text"]))
    write_pack(new_notebook(cells=[_cell(figure)]), tmp_path, drawer, audience=audience)
    said = (tmp_path / "sentences.txt").read_text("utf-8-sig")
    assert [title.startswith("〔内部资料〕") for title in titles] == [audience == "internal"] * 2 and ("〔内部资料〕" in said) == (audience == "internal")


def test_a_baseline_after_the_period_is_refused():
    with pytest.raises(ArgumentError, match="2020, 2019"):
        chart("comparison", load_sample(), period="2019", baseline="2020")
