"""The first page of a batch: the district's three rates, its streets, a box to find a street or community by name.

Place in the flow: last of all, from the released indicator table and the list of runs. It says what failed and what must be
known about the data. It computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import __version__
from ..data.areas import ancestor, edition, period_end
from ..show import wording
from ..show.formats import BLANK, amount, is_blank, limits
from ..show.page_words import FORMATS, INDEX, PAGE, stamps
from .audience import shared_notes
from .export import LANGUAGE_CODES, TEMPLATES, embed, policy, script

if TYPE_CHECKING:
    from ..data.dataset import Dataset

# indicator, definition: what the first page shows
RATES = (("usage_rate", "paid/arrived"), ("participation_rate", "residents"), ("satisfaction_rate", "satisfied"))
NOTHING: dict[str, Any] = {"href": "", "files": []}


def index_html(
    dataset: Dataset,
    table: pd.DataFrame,
    runs: Iterable[Mapping[str, Any]],
    *,
    period: str,
    lang: str,
    audience: str = "public",
    assumed: bool = False,
) -> str:
    """The page, from the indicator table as ``audience`` may see it beside these reports (``audience.shared_table``) and the runs of the manifest."""
    from jinja2 import Environment, FileSystemLoader

    runs, words = list(runs), INDEX[lang]
    areas = edition(dataset.areas, period_end(period)).sort_values("area_code")
    rows = _rates(table)
    made = {run["area_code"]: _files(run) for run in runs if _is_made(run) and run["name"].startswith(f"{run['level']}_")}
    top = areas[areas["level"] == "district"]
    code, name = (top["area_code"].iloc[0], top["area_name"].iloc[0]) if len(top) else ("", dataset.name)
    streets = [_street(area, rows, made, lang) for area in areas[areas["level"] == "street"].to_dict("records")]
    told = embed({"none": words["none"], "areas": _areas(areas, rows, made, lang)})
    search = script("search.js")
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    return environment.get_template("index.html.j2").render(
        language=LANGUAGE_CODES[lang],
        policy=policy(search),
        stamps=stamps(dataset.origin, lang, audience=audience, assumed=assumed),
        version=__version__,
        words=words,
        skip=PAGE[lang]["skip"],
        title=words["title"].format(area=name, period=period),
        district=made.get(code),
        failed=[{**run, "file": next((name for name in _names(run) if name.startswith("failed/")), "")} for run in runs if run["status"] == "failed"],
        rates=[_rate(rows, indicator, code, lang) for indicator, _ in RATES],
        columns=[_label(indicator, lang) for indicator, _ in RATES],
        streets=streets,
        has_files=any(street["files"] for street in streets),
        communities=_communities(areas, made),
        others=[
            {**_files(run), "title": " ".join(filter(None, (run["area_name"], run["name"])))}
            for run in runs
            if _is_made(run) and not run["name"].startswith(f"{run['level']}_")
        ],
        notes=_notes(dataset, lang, audience),
        told=told,
        search=search,
    )


def _files(run: Mapping[str, Any]) -> dict[str, Any]:
    """The page of a run, and its other formats that lie beside it."""
    names = _names(run)
    beside = [{"form": form, "href": f"{run['name']}.{end}"} for end, form in FORMATS.items() if f"{run['name']}.{end}" in names]
    return {"href": f"{run['name']}.html", "files": beside}


def _names(run: Mapping[str, Any]) -> list[str]:
    return [output["file"] for output in run["outputs"]]


def _is_made(run: Mapping[str, Any]) -> bool:
    """Whether there is a page, though another format may have failed."""
    return f"{run['name']}.html" in _names(run)


def _rates(table: pd.DataFrame) -> dict[tuple[str, str], dict[str, Any]]:
    """(indicator, area) → its row, for the definitions that the page shows."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    wanted = dict(RATES)
    for row in table.to_dict("records"):
        if row["indicator"] in wanted and wanted[row["indicator"]] == row["basis"] and is_blank(row["subset"]):
            rows.setdefault((row["indicator"], row["area_code"]), row)
    return rows


def _label(indicator: str, lang: str) -> str:
    text = wording.label(indicator, lang, "indicator")
    return text[:1].upper() + text[1:]


def _rate(rows: Mapping[tuple[str, str], dict[str, Any]], indicator: str, code: str, lang: str) -> dict[str, str]:
    row = rows.get((indicator, code))
    value = BLANK if row is None else amount(row["value"], row["unit"], lang)
    return {"label": _label(indicator, lang), "value": value, "sentence": "" if row is None else str(wording.say_row(row, lang))}


def _street(area: Mapping[str, Any], rows: Mapping[tuple[str, str], dict[str, Any]], made: Mapping[str, Any], lang: str) -> dict[str, Any]:
    cells = [_cell(rows.get((indicator, area["area_code"])), lang) for indicator, _ in RATES]
    return {"name": area["area_name"], "cells": cells, **NOTHING, **made.get(area["area_code"], {})}


def _communities(areas: pd.DataFrame, made: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Streets with those of their communities that have a report of their own, in the order of codes."""
    up, names = ancestor(areas, "street"), dict(zip(areas["area_code"], areas["area_name"], strict=True))
    inside: dict[str, list[dict[str, Any]]] = {}
    for area in areas[areas["level"] == "community"].to_dict("records"):
        if area["area_code"] in made:
            inside.setdefault(up.get(area["area_code"], ""), []).append({"name": area["area_name"], **made[area["area_code"]]})
    return [{"name": names.get(street, ""), "areas": found} for street, found in inside.items()]


def _cell(row: Mapping[str, Any] | None, lang: str) -> dict[str, str]:
    if row is None or is_blank(row["value"]):
        return {"value": BLANK, "limits": "", "title": str(wording.say_note(row["note"] if row else None, lang))}
    between = limits(row["lower"], row["upper"], row["unit"], lang=lang)
    told = "" if between == BLANK else f"（{between}）" if lang == "zh" else f"({between})"
    return {"value": amount(row["value"], row["unit"], lang), "limits": told, "title": INDEX[lang]["care"] if row["quality"] == 3 else ""}


def _areas(areas: pd.DataFrame, rows: Mapping[tuple[str, str], dict[str, Any]], made: Mapping[str, Any], lang: str) -> list[dict[str, Any]]:
    """What the search box knows: every area, its street, its usage rate, and the report that covers it."""
    up, names = ancestor(areas, "street"), dict(zip(areas["area_code"], areas["area_name"], strict=True))
    usage = _label("usage_rate", lang)
    known = []
    for area in areas.to_dict("records"):
        code, street = area["area_code"], up.get(area["area_code"], area["area_code"])
        told = [INDEX[lang]["in"].format(street=names[street])] if street != code else []
        told += [f"{usage} {_cell(rows[('usage_rate', code)], lang)['value']}"] if ("usage_rate", code) in rows else []
        report = made.get(code) or {**NOTHING, "href": made.get(street, NOTHING)["href"]}
        known.append({"name": area["area_name"], "words": f"{area['area_name']} {names[street]} {code}", "told": " · ".join(told), **report})
    return known


def _notes(dataset: Dataset, lang: str, audience: str) -> list[str]:
    """What must be known of the data."""
    words, told = INDEX[lang], shared_notes(dataset, audience)
    notes = [words["read"].format(files=told["files"], kept=f"{told['kept']:,}")]
    if told.get("refused"):
        notes.append(words["refused"].format(count=f"{told['refused']:,}"))
    if unread := told.get("unread"):
        notes.append(words["unread"].format(count=len(unread), names="、".join(unread) if lang == "zh" else ", ".join(unread)))
    if told.get("findings"):
        notes.append(words["found"].format(count=told["findings"]))
    return notes
