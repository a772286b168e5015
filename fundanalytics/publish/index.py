"""The first page of a batch: the district's three rates, its streets, a box to find a street or community by name.

Place in the flow: last of all, from the released indicator table and the list of runs. It says what failed and what must be
known about the data. It computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.areas import ancestor, edition, period_end
from ..show import wording
from ..show.formats import BLANK, amount, is_blank, limits
from .export import LANGUAGE_CODES, POLICY, TEMPLATES, embed, stamp, version

if TYPE_CHECKING:
    from ..data.dataset import Dataset

# indicator, definition: what the first page shows
RATES = (("usage_rate", "paid/arrived"), ("participation_rate", "residents"), ("satisfaction_rate", "satisfied"))
WORDS = {
    "zh": {
        "title": "{area}{period}年社区保障资金年度报告",
        "district": "全区报告",
        "failed": "未能生成的报告",
        "notebook": "查看出错的笔记本",
        "search": "查找街道或社区",
        "placeholder": "输入街道或社区名称",
        "none": "没有找到，请换一个写法。",
        "streets": "各街道",
        "street": "街道",
        "others": "其他报告",
        "notes": "数据说明",
        "reading": "括号内为置信区间；资金使用率来自全量台账，没有抽样误差。两个街道的区间有重叠时，不宜据此排出先后。",
        "table": "全部指标（CSV）",
        "manifest": "生成记录",
        "care": "样本量不足，只供查阅",
        "in": "属{street}",
        "files": "读取文件{files}个，采用{kept}行，未采用{refused}行。",
        "unread": "有{count}个文件无法读取：{names}。",
        "found": "数据中有{count}处需要说明的情况（如合计不符、重复记录）。",
    },
    "en": {
        "title": "{area}: community fund report {period}",
        "district": "District report",
        "failed": "Reports that could not be made",
        "notebook": "see the notebook",
        "search": "Find a street or community",
        "placeholder": "name of a street or community",
        "none": "Not found; try another spelling.",
        "streets": "Streets",
        "street": "Street",
        "others": "Other reports",
        "notes": "About the data",
        "reading": "Confidence intervals in brackets. The usage rate is a full count and has no sampling error. "
        "Where two intervals overlap, do not rank the streets by them.",
        "table": "All indicators (CSV)",
        "manifest": "How the reports were made",
        "care": "sample too small, for reference only",
        "in": "in {street}",
        "files": "{files} files read; {kept} rows kept, {refused} not used.",
        "unread": "{count} files could not be read: {names}.",
        "found": "{count} things to know about the data (totals that do not foot, duplicates and the like).",
    },
}


def index_html(dataset: Dataset, table: pd.DataFrame, runs: Iterable[Mapping[str, Any]], *, period: str, lang: str) -> str:
    """The page, from the indicator table and the runs of the manifest."""
    from jinja2 import Environment, FileSystemLoader

    runs, words = list(runs), WORDS[lang]
    areas = edition(dataset.areas, period_end(period)).sort_values("area_code")
    rows = _rates(table)
    links = {run["area_code"]: f"{run['name']}.html" for run in runs if _is_made(run) and run["name"].startswith(f"{run['level']}_")}
    top = areas[areas["level"] == "district"]
    code, name = (top["area_code"].iloc[0], top["area_name"].iloc[0]) if len(top) else ("", dataset.name)
    streets = areas[areas["level"] == "street"]
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    return environment.get_template("index.html.j2").render(
        language=LANGUAGE_CODES[lang],
        policy=POLICY,
        stamp=stamp(dataset.origin, lang),
        version=version(),
        words=words,
        title=words["title"].format(area=name, period=period),
        district_report=links.get(code),
        failed=[{**run, "file": f"failed/{run['name']}.ipynb" if run["outputs"] else ""} for run in runs if run["status"] == "failed"],
        rates=[_rate(rows, indicator, code, lang) for indicator, _ in RATES],
        columns=[_label(indicator, lang) for indicator, _ in RATES],
        streets=[_street(area, rows, links, lang) for area in streets.to_dict("records")],
        others=[
            {"href": f"{run['name']}.html", "title": " ".join(filter(None, (run["area_name"], run["name"])))}
            for run in runs
            if _is_made(run) and f"{run['name']}.html" not in links.values()
        ],
        notes=_notes(dataset, lang),
        areas=embed(_areas(areas, rows, links, lang)),
        nothing=embed(words["none"]),
    )


def _is_made(run: Mapping[str, Any]) -> bool:
    return bool(run["status"] == "made")


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


def _street(area: Mapping[str, Any], rows: Mapping[tuple[str, str], dict[str, Any]], links: Mapping[str, str], lang: str) -> dict[str, Any]:
    cells = [_cell(rows.get((indicator, area["area_code"])), lang) for indicator, _ in RATES]
    return {"name": area["area_name"], "href": links.get(area["area_code"]), "cells": cells}


def _cell(row: Mapping[str, Any] | None, lang: str) -> dict[str, str]:
    if row is None or is_blank(row["value"]):
        return {"value": BLANK, "limits": "", "title": str(wording.say_note(row["note"] if row else None, lang))}
    between = limits(row["lower"], row["upper"], row["unit"])
    told = "" if between == BLANK else f"（{between}）" if lang == "zh" else f"({between})"
    return {"value": amount(row["value"], row["unit"], lang), "limits": told, "title": WORDS[lang]["care"] if row["quality"] == 3 else ""}


def _areas(areas: pd.DataFrame, rows: Mapping[tuple[str, str], dict[str, Any]], links: Mapping[str, str], lang: str) -> list[dict[str, str]]:
    """What the search box knows: every area, its street, its usage rate, and the report that covers it."""
    up, names = ancestor(areas, "street"), dict(zip(areas["area_code"], areas["area_name"], strict=True))
    usage = _label("usage_rate", lang)
    known = []
    for area in areas.to_dict("records"):
        code, street = area["area_code"], up.get(area["area_code"], area["area_code"])
        told = [WORDS[lang]["in"].format(street=names[street])] if street != code else []
        told += [f"{usage} {_cell(rows[('usage_rate', code)], lang)['value']}"] if ("usage_rate", code) in rows else []
        known.append({"name": area["area_name"], "code": code, "href": links.get(code) or links.get(street, ""), "told": " · ".join(told)})
    return known


def _notes(dataset: Dataset, lang: str) -> list[str]:
    words, sources = WORDS[lang], dataset.sources
    notes = [words["files"].format(files=len(sources), kept=f"{int(sources['kept'].sum()):,}", refused=f"{int(sources['refused'].sum()):,}")]
    unread = sources.loc[sources["status"] == "unread", "file"]
    if len(unread):
        notes.append(words["unread"].format(count=len(unread), names="、".join(unread) if lang == "zh" else ", ".join(unread)))
    if len(dataset.findings):
        notes.append(words["found"].format(count=len(dataset.findings)))
    return notes
