"""The first page of a batch: every report and every form of it can be found, and names from the data are only names."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from fundanalytics.data.load import load_sample
from fundanalytics.measure.indicators import usage_rate
from fundanalytics.publish.index import index_html

CODES = ("999901", "999901001", "999901001010")


def run(level: str, code: str, **told):
    name = f"{level}_{code}_2020"
    files = [{"file": f"{name}.{end}"} for end in told.pop("forms", ["html"])]
    return {"name": name, "level": level, "area_code": code, "area_name": code, "status": "made", "reason": "", "outputs": files} | told


@pytest.fixture(scope="module")
def dataset():
    return load_sample()


@pytest.fixture(scope="module")
def table(dataset):
    return usage_rate(dataset, period="2020", by=("district", "street", "community"))


def page_of(dataset, table, runs, lang="zh", **told):
    return index_html(dataset, table, runs, period="2020", lang=lang, **told)


def known(page: str) -> list[dict]:
    return json.loads(re.search(r'id="areas">(.*?)</script>', page, re.DOTALL)[1])["areas"]


def test_every_level_and_every_form_that_was_made_is_linked(dataset, table):
    forms = ["html", "docx", "pdf"]
    runs = [run("district", CODES[0], forms=forms), run("street", CODES[1]), run("community", CODES[2], forms=["html", "docx"])]
    page = page_of(dataset, table, runs)
    linked = set(re.findall(r'<a href="([^"#]+)"', page))
    assert linked == {*(f"{r['name']}.{end}" for r, ends in zip(runs, (forms, ["html"], ["html", "docx"]), strict=True) for end in ends),
                      "indicators.csv", "manifest.json"}  # fmt: skip
    found = {area["name"]: area for area in known(page)}
    assert [file["href"] for file in found["梧桐里社区"]["files"]] == ["community_999901001010_2020.docx"]


def test_a_community_without_a_report_leads_to_its_streets(dataset, table):
    areas = known(page_of(dataset, table, [run("street", CODES[1])]))
    inside = [area for area in areas if CODES[1] in area["words"] and "属梧桐街道" in area["told"]]
    assert inside and all(area["href"] == "street_999901001_2020.html" and not area["files"] for area in inside)


def test_a_name_that_is_markup_is_only_an_odd_name(dataset, table):
    evil = '</script><script>alert(1)</script>"><img src=x onerror=alert(1)>'
    areas = dataset.areas.copy()
    areas["area_name"] = areas["area_name"].where(~areas["area_code"].isin(CODES), evil)
    page = page_of(
        replace(dataset, tables=dataset.tables | {"areas": areas}),
        table.assign(area_name=evil),
        [run("street", CODES[1], area_name=evil), run("x", "y", area_name=evil)],
    )
    assert "<img" not in page and page.count("<script") == 2 and "alert(1)</script>" not in page
    assert evil in {area["name"] for area in known(page)}


def test_only_internal_readers_are_told_of_what_is_wrong_with_the_files(dataset, table):
    sources = dataset.sources.assign(status=["unread", *dataset.sources["status"][1:]])
    shown = {audience: page_of(replace(dataset, sources=sources), table, [], audience=audience) for audience in ("public", "street", "internal")}
    name = sources["file"].iloc[0]
    assert [name in shown[a] for a in shown] == [False, False, True] and ["内部资料" in shown[a] for a in shown] == [False, False, True]


def test_a_failed_report_is_told_with_its_reason(dataset, table):
    left = [{"file": "failed/street_999901001_2020.ipynb"}]
    page = page_of(dataset, table, [run("street", CODES[1], status="failed", reason="<boom>", outputs=left)], lang="en")
    assert "&lt;boom&gt;" in page and "street_999901001_2020.html" not in page and "failed/street_999901001_2020.ipynb" in page
