"""Maps from the user's own boundaries: drawn from nothing else, nobody dropped without a word, faults told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tables_for_tests import full, streets, survey

import fundanalytics as fa
from fundanalytics.errors import ArgumentError, DataError
from fundanalytics.show.maps import plot_map


def square(code: str, at: float, hole: bool = False, **more: Any) -> dict[str, Any]:
    ring = [[104 + at, 30], [105 + at, 30], [105 + at, 31], [104 + at, 31], [104 + at, 30]]
    inner = [[104.4 + at, 30.4], [104.6 + at, 30.4], [104.6 + at, 30.6], [104.4 + at, 30.4]]
    return {"type": "Feature", "properties": {"area_code": code} | more, "geometry": {"type": "Polygon", "coordinates": [ring, inner] if hole else [ring]}}


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def rows(maker: Any = full) -> Any:
    table = streets(maker, 4)
    return table[table["level"] == "street"].reset_index(drop=True)


def codes(table: Any) -> list[str]:
    return list(table["area_code"])


def areas(figure: Any) -> list[Any]:
    return [t for t in figure.data if t.fill == "toself"]


def test_darker_is_more_and_the_shape_keeps_its_proportions() -> None:
    table = rows().assign(value=[0.95, 0.85, 0.5, 0.72])
    figure = plot_map(table, collection(*(square(c, i) for i, c in enumerate(codes(table)))))
    light = [int(t.fillcolor[1:3], 16) + int(t.fillcolor[3:5], 16) for t in areas(figure)]
    assert light == sorted(light) and len(set(light)) == 4  # from the highest value down
    assert figure.layout.yaxis.scaleanchor == "x"
    trace = areas(figure)[0]
    assert (max(trace.x) - min(trace.x)) / (max(trace.y) - min(trace.y)) == pytest.approx(0.8616, abs=1e-3)  # cos 30.5°: one degree each way
    assert "边界由使用者提供" in figure.layout.meta["caption"]


def test_holes_run_against_their_outer_ring_and_stay_open() -> None:
    from fundanalytics.show.maps import _area

    table = rows().iloc[:1]
    trace = areas(plot_map(table, collection(square(codes(table)[0], 0, hole=True))))[0]
    gap = list(trace.x).index(None)
    outer, hole = (list(zip(trace.x[a:b], trace.y[a:b], strict=True)) for a, b in ((0, gap), (gap + 1, None)))
    assert _area(outer) > 0 > _area(hole)


def test_an_area_of_several_parts_is_one_area() -> None:
    table, feature = rows().iloc[:1], square(codes(rows())[0], 0)
    feature["geometry"] = {"type": "MultiPolygon", "coordinates": [feature["geometry"]["coordinates"], square("", 3)["geometry"]["coordinates"]]}
    (trace,) = areas(plot_map(table, collection(feature)))
    assert list(trace.x).count(None) == 1


def test_blank_areas_are_hatched_and_named_and_nobody_is_dropped_without_a_word() -> None:
    table = rows()
    table.loc[1, ["value", "note"]] = [None, "no_data"]
    figure = plot_map(table, collection(*(square(c, i) for i, c in enumerate(codes(table)[:3])), square("elsewhere", 5)))
    hatched = [t for t in areas(figure) if t.fillpattern.shape == "/"]
    assert [t.text.split("<br>")[0] for t in hatched] == [table["area_name"][1]] and hatched[0].name == "无数据"
    meta = figure.layout.meta
    assert f"没有边界、未画出的区域：{table['area_name'][3]}" in meta["caption"] and "另有1个区域不在表中" in meta["caption"]
    assert f"无数据：{table['area_name'][1]}" in meta["alt"]["zh"] and "No data" in meta["alt"]["en"]


def test_who_may_not_be_named_is_not_on_the_map() -> None:
    table = rows()
    shapes = collection(*(square(c, i) for i, c in enumerate(codes(table))))
    table.loc[2, ["area_code", "area_name"]] = ["unnamed-01", "不具名"]
    figure = plot_map(table, shapes)
    assert "另有1个不具名的区域不画在地图上" in figure.layout.meta["caption"] and sum(t.name == "不在表中" for t in areas(figure)) == 1


def test_a_survey_says_that_colours_show_no_intervals() -> None:
    table = rows(survey)
    assert "看不出区间" in plot_map(table, collection(square(codes(table)[0], 0))).layout.meta["caption"]


def test_a_file_with_numbers_for_codes_under_another_name_is_read(tmp_path: Path) -> None:
    table = rows()
    file = tmp_path / "区界.geojson"
    shapes = collection(*(square("", i, 代码=int(c)) for i, c in enumerate(codes(table))))
    file.write_text(json.dumps(shapes), encoding="utf-8-sig")
    assert len(areas(plot_map(table, file, code="代码"))) == 4


POINT = {"type": "Feature", "properties": {"area_code": "a"}, "geometry": {"type": "Point", "coordinates": [1, 2]}}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"type": "Topology"}, "Topology"),
        (collection(POINT), "Point"),
        (collection(square("", 0)), "第 1 个要素"),
        (
            collection({"type": "Feature", "properties": {"area_code": "a"}, "geometry": {"type": "Polygon", "coordinates": [[[1, 2], ["x", 3]]]}}),
            "coordinates",
        ),
        ("missing.geojson", "missing.geojson"),
    ],
)
def test_faults_of_a_file_are_told(given: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        plot_map(rows(), given)


def test_codes_that_do_not_meet_are_an_error_that_shows_both() -> None:
    with pytest.raises(ArgumentError, match=r"999901001.*510106"):
        plot_map(rows(), collection(square("510106", 0)))


def test_names_from_a_file_are_escaped_and_the_figure_asks_no_host() -> None:
    table = rows().assign(area_name="<script>")
    text = plot_map(table, fa.sample_boundaries(fa.load_sample())).to_json()
    assert "<script>" not in text and not {"geojson", "mapbox", "choropleth", "topojson"} & set(text.split('"'))


def test_real_data_have_no_invented_boundaries() -> None:
    from fundanalytics.data.dataset import Dataset

    real = Dataset({"areas": fa.load_sample().areas})
    assert fa.sample_boundaries(real) == {} and "没有可以画出的数据" in str(plot_map(rows(), {}).layout.annotations)
