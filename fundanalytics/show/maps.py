"""A map of an indicator from the user's own boundaries: rows and a GeoJSON → a figure of filled polygons.

Beside ``charts``, with the same parts around the plot. No base map, no tiles and no shapes of the package: nothing is requested from anywhere.
It joins by code and says which areas did not meet. It computes no value.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.boundaries import SYNTHETIC, Polygon, Ring, boundaries
from ..errors import ArgumentError
from .canvas import (
    NAME,
    UNNAMED,
    about_rows,
    annotate,
    called,
    caption_of,
    empty,
    figure,
    is_synthetic,
    one_line_each,
    shortened,
    subtitle_of,
    told_text,
    width,
)
from .formats import bare, escape_html, kind_of
from .map_words import MAP
from .template import GRID, INK, NARROW, SOFT, shades

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["plot_map"]

HEIGHT, NARROW_PLOT = 520, 520  # pixels of the plot; its width on a narrow page
DETAIL = 1500  # points closer than this part of the extent fall together
# the limits of the classes: where grades of the field begin, the same in every report
LIMITS = {"share": (0.6, 0.7, 0.8, 0.9), "score": (60.0, 70.0, 80.0, 90.0)}
PARTS = 5


def plot_map(
    table: pd.DataFrame,
    geojson: str | Path | Mapping[str, Any],
    *,
    code: str = "area_code",
    lang: str = "zh",
    highlight: str | None = None,
    source: str | None = None,
) -> go.Figure:
    """Areas filled by value, from boundaries that the user provides.

    Use for "are neighbours alike?". Large areas catch the eye whoever lives there, and a colour has no interval: rank with ``plot_ranking``.

    Parameters
    ----------
    table
        Indicator rows of one level, indicator, definition and period: one row per area.
    geojson
        A FeatureCollection of Polygons and MultiPolygons: a path, or what ``json.load`` gives. Where it is empty no map is drawn.
    code
        The property of a feature that holds the area's code.
    highlight
        Code of the area with a thick outline.

    Returns
    -------
    plotly Figure
        Darker is more, in the same classes in every report; areas without a value are hatched. Areas of the table without a boundary, and how
        many boundaries have no row, are told below.

    Raises
    ------
    DataError
        The file is no GeoJSON of polygons, or lacks the property.
    ArgumentError
        No code of the table occurs in the file; an area occurs twice.
    """
    rows = one_line_each(table)
    if rows.empty or not geojson:
        return empty("map", {}, lang, synthetic=is_synthetic(rows["origin"]))
    shapes = _projected(boundaries(geojson, code))
    known = rows[rows["area_code"].astype("str").isin(shapes)]
    if known.empty:
        raise ArgumentError("no_boundaries", name=code, expected="、".join(map(str, rows["area_code"].head(3))), found="、".join(list(shapes)[:3]))
    fig = figure(
        chart="map",
        indicator=rows["indicator"].iloc[0],
        title=partial(_title, rows),
        subtitle=subtitle_of(rows.iloc[0], lang),
        caption=partial(_caption, rows, shapes, source=source, invented=isinstance(geojson, Mapping) and geojson.get("origin") == SYNTHETIC),
        description=partial(_told, rows, list(shapes)),
        plot_height=HEIGHT,
        lang=lang,
        synthetic=is_synthetic(rows["origin"]),
        left=16,
        right=16,
        legend=True,
        axis=14,
    )
    _fill(fig, known, shapes, lang)
    if highlight in shapes:
        fig.add_scatter(**_rings(shapes[str(highlight)]), mode="lines", line={"color": INK, "width": 3}, hoverinfo="skip", showlegend=False)
    _write_names(fig, known, shapes, lang)
    fig.layout.xaxis = {"visible": False, "constrain": "domain"}
    fig.layout.yaxis = {"visible": False, "constrain": "domain", "scaleanchor": "x"}
    return fig


def _projected(found: dict[str, list[Polygon]]) -> dict[str, list[Polygon]]:
    """Longitude and latitude with equal lengths both ways at the middle of the district; other coordinates as they are; points thinned."""
    points = [point for polygons in found.values() for polygon in polygons for ring in polygon for point in ring]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    degrees = max(map(abs, xs)) <= 180 and max(map(abs, ys)) <= 90
    stretch = math.cos(math.radians((min(ys) + max(ys)) / 2)) if degrees else 1.0
    step = max((max(xs) - min(xs)) * stretch, max(ys) - min(ys), 1e-9) / DETAIL
    return {
        key: [[_turned([(x * stretch, y) for x, y in ring], hole=i > 0, step=step) for i, ring in enumerate(polygon)] for polygon in polygons]
        for key, polygons in found.items()
    }


def _turned(ring: Ring, *, hole: bool, step: float) -> Ring:
    """A ring thinned to what is seen; holes run the other way round than outer rings, so that they stay open."""
    kept = [ring[0]]
    for point in ring[1:]:
        if math.dist(point, kept[-1]) >= step:
            kept.append(point)
    kept = kept if len(kept) >= 3 else ring
    return kept if (_area(kept) < 0) == hole else kept[::-1]


def _area(ring: Ring) -> float:
    """Signed area: above zero when the ring runs against the clock."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2


def _rings(polygons: list[Polygon]) -> dict[str, list[float | None]]:
    """The rings of an area as one line with gaps."""
    points: list[tuple[float | None, float | None]] = []
    for ring in (ring for polygon in polygons for ring in polygon):
        points += [*ring, ring[0], (None, None)]
    xs, ys = zip(*points[:-1], strict=True)
    return {"x": list(xs), "y": list(ys)}


def _limits(rows: pd.DataFrame) -> Sequence[float]:
    """Where the classes of an indicator begin, but the lowest."""
    indicator, unit = str(rows["indicator"].iloc[0]), kind_of(rows["unit"].iloc[0])
    if indicator in NARROW or unit not in LIMITS:
        low, high = NARROW.get(indicator) or (0.0, float(rows["value"].max() or 1.0))
        return [low + (high - low) * i / PARTS for i in range(1, PARTS)]
    return LIMITS[unit]


def _fill(fig: go.Figure, rows: pd.DataFrame, shapes: dict[str, list[Polygon]], lang: str) -> None:
    """A trace for each area; the legend names each class that occurs once, from the highest."""
    words, limits, first = MAP[lang], _limits(rows), rows.iloc[0]
    colours, names = shades(first["indicator"], len(limits) + 1), _class_names(limits, first["unit"], lang)
    edge = {"color": "white", "width": 1.2}
    seen: set[str] = set()

    def add(key: str, name: str, told: str, order: int, **look: Any) -> None:
        fig.add_scatter(**_rings(shapes[key]), mode="lines", fill="toself", hoveron="fills", hoverinfo="text", text=told, name=name, legendgroup=name,
                        showlegend=name not in seen, legendrank=order, **({"line": edge} | look))  # fmt: skip
        seen.add(name)

    for row in rows.sort_values("value", ascending=False, na_position="last").to_dict("records"):
        told = f"{escape_html(called(row, lang))}<br>{told_text(pd.Series(row), lang)}"
        if pd.isna(row["value"]):
            hatch = {"shape": "/", "fgcolor": SOFT, "bgcolor": "white", "size": 7, "solidity": 0.25}
            add(
                str(row["area_code"]),
                words["no_data"],
                f"{escape_html(called(row, lang))}<br>{words['no_data']}",
                900,
                fillpattern=hatch,
                line={"color": SOFT, "width": 1},
            )
            continue
        at = sum(float(row["value"]) >= limit for limit in limits)
        dots = {"fillpattern": {"shape": ".", "fgcolor": "white", "bgcolor": colours[at], "size": 6, "solidity": 0.3}} if row["quality"] == 3 else {}
        add(str(row["area_code"]), names[at], told, 100 - at, fillcolor=colours[at], **dots)
    for key in sorted(set(shapes) - set(rows["area_code"].astype("str"))):
        add(key, words["outside"], words["outside"], 950, fillcolor="white", line={"color": GRID, "width": 1})


def _class_names(limits: Sequence[float], unit: object, lang: str) -> list[str]:
    words, ends = MAP[lang], [bare(limit, unit, lang=lang).replace(".0%", "%").removesuffix(".0") for limit in limits]
    middle = [words["between"].format(low=low, high=high) for low, high in itertools.pairwise(ends)]
    return [words["below"].format(high=ends[0]), *middle, words["from"].format(low=ends[-1])]


def _write_names(fig: go.Figure, rows: pd.DataFrame, shapes: dict[str, list[Polygon]], lang: str) -> None:
    """Name and value in every area that is large enough for them; the others tell them when pointed at."""
    points = [point for polygons in shapes.values() for polygon in polygons for point in polygon[0]]
    across, up = (max(p[i] for p in points) - min(p[i] for p in points) for i in (0, 1))
    pixels = min(NARROW_PLOT / max(across, 1e-9), HEIGHT / max(up, 1e-9))
    notes = []
    for row in rows.to_dict("records"):
        ring = max((polygon[0] for polygon in shapes[str(row["area_code"])]), key=lambda r: abs(_area(r)))
        name = shortened(called(row, lang), NAME)
        value = MAP[lang]["no_data"] if pd.isna(row["value"]) else bare(row["value"], row["unit"], lang=lang)
        wide = (max(p[0] for p in ring) - min(p[0] for p in ring)) * pixels
        high = (max(p[1] for p in ring) - min(p[1] for p in ring)) * pixels
        if wide < max(width(name), width(value)) * 6 or high < 34:
            continue
        x, y = _middle(ring)
        notes.append({"x": x, "y": y, "text": f"{escape_html(name)}<br>{value}", "showarrow": False, "font": {"size": 11}, "bgcolor": "rgba(255,255,255,0.75)",
                      "borderpad": 1})  # fmt: skip
    annotate(fig, *notes)


def _middle(ring: Ring) -> tuple[float, float]:
    """The centre of gravity of a ring."""
    area, x, y = _area(ring), 0.0, 0.0
    if not area:
        return ring[0]
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        cross = x0 * y1 - x1 * y0
        x, y = x + (x0 + x1) * cross, y + (y0 + y1) * cross
    return x / (6 * area), y / (6 * area)


def _title(rows: pd.DataFrame, lang: str) -> str:
    return MAP[lang]["title"].format(**about_rows(rows, lang))


def _caption(rows: pd.DataFrame, shapes: dict[str, list[Polygon]], lang: str, *, source: str | None, invented: bool) -> str:
    """Who is not on the map, what colours do not show, where the boundaries are from."""
    words, codes = MAP[lang], rows["area_code"].astype("str")
    lost, strangers = rows[~codes.isin(shapes)], len(set(shapes) - set(codes))
    nameless = lost["area_code"].astype("str").str.startswith(UNNAMED)
    names = words["comma"].join(called(row, lang) for row in lost[~nameless].to_dict("records"))
    parts = [words["no_boundary"].format(names=names) if names else "", words["unnamed"].format(n=int(nameless.sum())) if nameless.any() else "",
             words["no_row"].format(n=strangers) if strangers else "", words["small"] if (rows["quality"] == 3).any() else "",
             words["no_limits"] if rows["lower"].notna().any() else "", words["invented" if invented else "own"]]  # fmt: skip
    return "".join(parts) + caption_of(rows.assign(lower=pd.NA, quality=1), lang, source=source)


def _told(rows: pd.DataFrame, drawn: list[str], lang: str) -> str:
    words, shown = MAP[lang], rows[rows["area_code"].astype("str").isin(drawn)].sort_values("value", ascending=False)
    known, gaps = shown[shown["value"].notna()].to_dict("records"), shown[shown["value"].isna()].to_dict("records")
    lost = [called(row, lang) for row in gaps]
    told = words["gaps"].format(names=words["comma"].join(lost)) if lost else ""
    if not known:
        return f"{_title(rows, lang)} {told}"
    high, low = (f"{called(row, lang)} {bare(row['value'], row['unit'], lang=lang)}" for row in (known[0], known[-1]))
    return words["told"].format(title=_title(rows, lang), count=len(shown), high=high, low=low, gaps=told).strip()
