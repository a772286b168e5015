"""Charts for every eye and for paper: colours that must be told apart within one chart, by people who see few of them and in grey print.

Colour vision is simulated after Machado, Oliveira & Fernandes (2009), IEEE TVCG 15(6), 1291-1298, table of severity 1.0.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from tables_for_tests import frame, full, streets, survey
from test_gallery import figures

from fundanalytics.show import charts, template
from fundanalytics.show.canvas import width

pytestmark = pytest.mark.xdist_group("gallery")
VISION = {
    "all colours": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}
APART = 15.0  # CIELAB distance; 2.3 is just noticeable side by side, small marks far apart on a page need several times that
DARKER = 10.0  # difference of lightness (L*, 0-100) that grey print keeps
PAPER = 1000  # pixels of a printed page (A4 without margins, at 96 dpi)
STEP = 7.0  # lightness between classes that lie side by side on a map, where the number is written as well


def lab(colour: str, vision: str = "all colours") -> np.ndarray:
    """CIELAB (D65) of a colour as seen."""
    srgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(VISION[vision] @ linear, 0, 1)
    xyz = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]) @ seen / [0.95047, 1, 1.08883]
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def each(value: Any, count: int) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | np.ndarray) else [value] * count


def looks(figure: Any) -> set[tuple[str, tuple[Any, ...]]]:
    """The marks of a chart: their colour, and what tells them apart beside it (kind of mark, shape, hollow or solid, size, dash)."""
    found = set()
    for trace in figure.data:
        if trace.type == "bar":
            found |= {(colour, ("bar",)) for colour in each(trace.marker.color, len(trace.x))}
        elif trace.fill != "toself" and "markers" in trace.mode:
            rings = each(trace.marker.line.color or trace.marker.color or trace.line.color, len(trace.x))
            fills = each(trace.marker.color or trace.line.color, len(trace.x))
            shapes = each(trace.marker.symbol or "circle", len(trace.x))
            kind = (trace.marker.size, trace.line.dash)
            found |= {(ring if fill == "white" else fill, (shape, fill == "white", *kind)) for ring, fill, shape in zip(rings, fills, shapes, strict=True)}
    return found


def test_the_simulation_confuses_what_it_must() -> None:
    red, green = "#D03030", "#5E8A00"
    assert np.linalg.norm(lab(red) - lab(green)) > 60 > 25 > np.linalg.norm(lab(red, "deuteranopia") - lab(green, "deuteranopia"))


@pytest.mark.parametrize("vision", list(VISION))
def test_colours_of_one_chart_are_told_apart_by_every_eye(vision: str) -> None:
    for name, figure in figures().items():
        for (one, form), (two, other) in itertools.combinations(looks(figure), 2):
            if one != two and form == other:
                assert np.linalg.norm(lab(one, vision) - lab(two, vision)) >= APART, (name, one, two)


def test_in_grey_print_marks_differ_in_lightness_or_form() -> None:
    for name, figure in figures().items():
        for (one, form), (two, other) in itertools.combinations(looks(figure), 2):
            if one != two and form == other:
                assert abs(lab(one)[0] - lab(two)[0]) >= DARKER, (name, one, two)


def test_every_indicator_stands_out_from_the_grey_of_the_others() -> None:
    for indicator, colour in (template.COLOURS | {"any other": template.ACCENT}).items():
        assert lab(template.CONTEXT)[0] - lab(colour)[0] >= DARKER, indicator
        assert min(np.linalg.norm(lab(template.CONTEXT, v) - lab(colour, v)) for v in VISION) >= APART, indicator


def test_classes_of_a_map_grow_darker_step_by_step() -> None:
    for indicator in template.COLOURS:
        light = [lab(c)[0] for c in template.shades(indicator, 5)]
        assert all(a - b >= STEP for a, b in itertools.pairwise(light)), (indicator, light)


def test_no_legend_lies_over_data_and_no_title_is_cut() -> None:
    for name, figure in figures().items():
        layout = figure.layout
        assert not layout.showlegend or layout.legend.y >= 1, name
        lines = layout.title.text.split("<br>")
        assert max(width(line) for line in lines) * 17 * 0.53 < 560 and layout.margin.t >= 22 + 23 * len(lines), name


def many(maker: Any, count: int = 90) -> Any:
    rows = streets(maker, count, level="community")
    rows["area_name"] = "天回镇及周边新建安置居住片区联合管理社区居民委员会" + rows["area_name"]
    return rows[rows["level"] == "community"]


@pytest.mark.parametrize("maker", [full, survey])
def test_ninety_communities_fit_a_printed_page_in_type_that_can_be_read(maker: Any) -> None:
    figure = charts.plot_ranking(many(maker))
    axis = figure.layout.yaxis
    pitch = (figure.layout.height - figure.layout.margin.t - figure.layout.margin.b) / (axis.range[1] - axis.range[0])
    assert figure.layout.height <= PAPER and axis.tickfont.size * 0.75 >= 6.5 and axis.tickfont.size <= pitch
    assert len(set(axis.ticktext)) == 90  # long names shortened, and still different


def test_names_that_have_room_are_written_whole() -> None:
    figure = charts.plot_ranking(many(full, 12))
    assert figure.layout.yaxis.ticktext[0].replace("<br>", "") == "天回镇及周边新建安置居住片区联合管理社区居民委员会第1社区"
    assert charts.plot_ranking(frame(full())).layout.height < 260
