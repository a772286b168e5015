"""Boundaries of areas from the user's own GeoJSON → rings by area code.

Beside ``load``. It reads the one file it is given and checks it; it knows no projection, draws nothing, and asks no host for anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import DataError
from .dataset import Dataset

Ring = list[tuple[float, float]]
Polygon = list[Ring]  # the outer ring, then its holes
GIVEN = "GeoJSON"  # what a mapping without a file is called
SYNTHETIC = "synthetic"


def boundaries(geojson: str | Path | Mapping[str, Any], code: str = "area_code") -> dict[str, list[Polygon]]:
    """The polygons of each area.

    Parameters
    ----------
    geojson
        A FeatureCollection: a path, or what ``json.load`` gives.
    code
        The property of a feature that holds the area's code. Features with one code belong to one area.

    Returns
    -------
    dict
        Area code → polygons, each its outer ring and its holes, as pairs of numbers.

    Raises
    ------
    DataError
        The file cannot be read, is no GeoJSON of polygons, or a feature has no code.
    """
    name = GIVEN if isinstance(geojson, Mapping) else Path(geojson).name
    content = geojson if isinstance(geojson, Mapping) else _read(Path(geojson))
    if content.get("type") != "FeatureCollection" or not isinstance(content.get("features"), list):
        raise DataError("not_geojson", file=name, found=f"type = {content.get('type')!r}")
    found: dict[str, list[Polygon]] = {}
    for number, feature in enumerate(content["features"], 1):
        properties = feature.get("properties") if isinstance(feature, Mapping) else None
        key = (properties or {}).get(code)
        if key is None or key == "":
            raise DataError("no_code_property", file=name, expected=code, number=number, found=", ".join(map(str, properties or {})) or None)
        found.setdefault(str(key), []).extend(_polygons(feature.get("geometry"), f"features[{number}]", name))
    if not found:
        raise DataError("not_geojson", file=name, found="features = []")
    return found


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise DataError("not_geojson", file=path.name, found=str(error)) from error
    if not isinstance(content, Mapping):
        raise DataError("not_geojson", file=path.name, found=type(content).__name__)
    return content


def _polygons(geometry: Any, place: str, name: str) -> Iterator[Polygon]:
    kind = geometry.get("type") if isinstance(geometry, Mapping) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise DataError("not_geojson", file=name, found=f"{place}: {kind}")
    given = geometry.get("coordinates")
    try:
        for polygon in [given] if kind == "Polygon" else given:
            rings = [[(float(point[0]), float(point[1])) for point in ring] for ring in polygon]
            if not rings or min(map(len, rings)) < 3:
                raise ValueError
            yield rings
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise DataError("not_geojson", file=name, found=f"{place}: coordinates") from error


def sample_boundaries(dataset: Dataset, level: str = "street") -> dict[str, Any]:
    """Invented squares for the areas of a synthetic data set, to show what a map looks like; nothing for real data, whose boundaries are its user's.

    Returns
    -------
    dict
        A FeatureCollection whose ``origin`` is ``synthetic``; empty for real data.

    Examples
    --------
    >>> import fundanalytics as fa
    >>> len(fa.sample_boundaries(fa.load_sample())["features"])
    13
    """
    if dataset.origin != SYNTHETIC:
        return {}
    codes = sorted(dataset.areas.loc[dataset.areas["level"] == level, "area_code"].unique())
    across = max(1, round(len(codes) ** 0.5))
    return {"type": "FeatureCollection", "origin": SYNTHETIC, "features": [_square(code, *divmod(i, across)) for i, code in enumerate(codes)]}


def _square(code: str, row: int, column: int) -> dict[str, Any]:
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    ring = [[104 + 0.03 * (column + x), 30.7 - 0.026 * (row + 1 - y)] for x, y in corners]
    return {"type": "Feature", "properties": {"area_code": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
