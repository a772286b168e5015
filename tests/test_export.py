"""A page of a report: in one language, without code, without a word to another host, whatever the data hold."""

from __future__ import annotations

import copy
import json
import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from fundanalytics.publish.export import PLOTLY_MIME, embed, to_html

EVIL = "</script><script>alert(1)</script>"


def cell(text: str, *tags: str):
    made = new_markdown_cell(text)
    made.metadata["tags"] = list(tags)
    return made


def result(**data):
    return new_output("execute_result", {mime.replace("_", "/"): value for mime, value in data.items()}, execution_count=1)


@pytest.fixture
def notebook():
    figure = {"data": [{"type": "bar", "x": [EVIL], "y": [1]}], "layout": {"width": 900, "height": 333, "meta": {"description": '一 "句" <话>'}}}
    code = new_code_cell("secret_code = 1", outputs=[
        new_output("stream", name="stderr", text="FutureWarning: old"),
        new_output("stream", name="stdout", text="<b>printed</b>"),
        new_output("display_data", {PLOTLY_MIME: figure, "text/html": "<script src='https://cdn.plot.ly/x.js'></script>"}),
        result(text_html="<table><tr><td>1</td></tr></table>", text_plain="no"),
        result(text_markdown="使用率为 **97.8%**", text_plain="no"),
        result(text_plain="<i>plain</i>"),
    ])  # fmt: skip
    headings = [cell(f"## {name}") for name in ("一", "二", "三")]
    return new_notebook(cells=[cell("# 标题", "zh"), cell("# English title", "en"), *headings, code])


def test_a_page_speaks_one_language(notebook):
    zh, en = to_html(notebook, title="t", lang="zh"), to_html(notebook, title="t", lang="en")
    assert "标题" in zh and "English title" not in zh and '<html lang="zh-CN">' in zh
    assert "English title" in en and "标题" not in en and '<html lang="en">' in en


def test_code_and_warnings_are_hidden_and_text_is_escaped(notebook):
    page = to_html(notebook, title="<x>")
    assert "secret_code" not in page and "FutureWarning" not in page
    assert "&lt;b&gt;printed&lt;/b&gt;" in page and "&lt;i&gt;plain&lt;/i&gt;" in page and "<title>&lt;x&gt;</title>" in page
    assert "<strong>97.8%</strong>" in page and "<td>1</td>" in page


def test_a_chart_is_data_that_cannot_break_out(notebook):
    page = to_html(notebook, title="t")
    assert EVIL not in page
    (data,) = re.findall(r'<script data-chart="chart-1" type="application/json">(.*?)</script>', page)
    figure = json.loads(data)
    assert figure["data"][0]["x"] == [EVIL] and "width" not in figure["layout"]
    assert "aria-label='一 \"句\" &lt;话&gt;'" in page
    assert json.loads(embed({"a": "\u2028<&>"})) == {"a": "\u2028<&>"}


def test_a_page_names_no_other_host(notebook):
    page = to_html(notebook, title="t")
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page) and "cdn" not in page
    assert "default-src 'none'" in page and 'src="assets/plotly.min.js"' in page
    assert '"plotlyServerURL":""' in page and '"showSendToCloud":false' in page


def test_a_page_without_charts_loads_no_script(notebook):
    notebook.cells = notebook.cells[:-1]
    assert "<script" not in to_html(notebook, title="t")


@pytest.mark.parametrize(("origin", "times"), [("synthetic", 2), ("computed", 0)])
def test_invented_data_are_stamped(notebook, origin, times):
    assert to_html(notebook, title="t", origin=origin).count("虚构示例数据") == times
    assert to_html(notebook, title="t", origin=origin, lang="en").count("Fictional sample data") == times


def test_sections_are_listed_and_the_links_lead_to_them(notebook):
    page = to_html(notebook, title="t")
    targets = re.findall(r'<li><a href="#([^"]+)">', page)
    assert len(targets) == 3 and all(f'<h2 id="{target}">' in page for target in targets)


def test_the_notebook_is_not_changed(notebook):
    before = copy.deepcopy(notebook)
    to_html(notebook, title="t")
    assert notebook == before
