"""A page of a report: in one language, without code, without a word to another host, whatever the data hold."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from fundanalytics.publish.export import PLOTLY_MIME, embed, for_reader, to_html
from fundanalytics.publish.outputs import numbered

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
    (data,) = re.findall(r'<script type="application/json" data-chart="chart-1">(.*?)</script>', page)
    figure = json.loads(data)
    assert figure["data"][0]["x"] == [EVIL] and "width" not in figure["layout"]
    assert 'aria-label="一 &quot;句&quot; &lt;话&gt;"' in page
    assert json.loads(embed({"a": "\u2028<&>"})) == {"a": "\u2028<&>"}


def test_a_page_names_no_other_host(notebook):
    page = to_html(notebook, title="t")
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page) and "cdn" not in page
    assert "default-src 'none'" in page and 'src="assets/plotly.min.js"' in page
    assert '"plotlyServerURL":""' in page and '"showSendToCloud":false' in page


def test_only_our_scripts_may_run_and_each_is_named_by_its_checksum(notebook):
    page = to_html(notebook, title="t")
    allowed = re.search(r"script-src ([^;]*);", page)[1]
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    sums = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
    assert len(sums) == 2 and all(f"'sha256-{told}'" in allowed for told in sums)
    assert "unsafe" not in allowed


def test_scripts_and_what_leads_away_leave_foreign_outputs(notebook):
    evil = "<b>kept</b><script>steal()</script><meta http-equiv=refresh content='0;url=//x'><IFRAME src=//x></IFRAME><form action=//x><script>open"
    notebook.cells[-1].outputs += [result(text_html=evil), result(text_markdown="<script>steal()</script>told <base href=//x>")]
    page = to_html(notebook, title="t")
    main = page[page.index("<main") : page.index("</main>")]
    assert "<b>kept</b>" in main and "told" in main and "chart-1" in main
    assert not re.findall(r"(?i)<(?:meta|iframe|form|base)|steal|<script(?! type=\"application/json\" data-chart)", main)


def test_a_single_file_needs_nothing_beside_it(notebook):
    page = to_html(notebook, title="t", single_file=True)
    assert 'src="assets' not in page and len(page) > 1_000_000
    library = max(re.findall(r"<script>(.*?)</script>", page, re.DOTALL), key=len)
    assert base64.b64encode(hashlib.sha256(library.encode()).digest()).decode() in page


def test_a_page_without_charts_loads_no_plotly_and_says_that_nothing_is_to_be_drawn(notebook):
    notebook.cells = notebook.cells[:-1]
    page = to_html(notebook, title="t")
    assert "plotly" not in page and '<html lang="zh-CN" data-drawn="0">' in page


@pytest.mark.parametrize(("told", "stamps"), [
    ({}, []),
    ({"origin": "synthetic"}, ["虚构示例数据"]),
    ({"audience": "internal", "assumed": True}, ["内部资料", "依据假定标准试算"]),
    ({"audience": "street", "lang": "en", "origin": "synthetic"}, ["Fictional sample data"]),
])  # fmt: skip
def test_a_page_says_on_screen_and_in_the_margin_of_each_sheet_what_it_is(notebook, told, stamps):
    page = to_html(notebook, title="t", **told)
    assert re.findall(r'<p class="stamp"[^>]*>(.*?)</p>', page) == [" · ".join(stamps)] * 2 * bool(stamps)
    assert re.findall(r'@top-right \{ content: "(.*?)"', page) == ["　".join(stamps)] * bool(stamps)
    assert ("内部资料" in page or "Internal" in page) == (told.get("audience") == "internal")


@pytest.mark.parametrize(("audience", "seen"), [("public", {"all"}), ("street", {"all", "street"}), ("internal", {"all", "street", "internal"})])
def test_a_reader_sees_their_own_cells_and_no_others(audience, seen):
    cells = [cell("all", "zh"), cell("street", "street"), cell("internal", "zh", "internal"), cell("english", "en")]
    assert {c.source for c in for_reader(new_notebook(cells=cells), "zh", audience).cells} == seen


def test_chapters_and_sections_are_listed_and_the_links_lead_to_them(notebook):
    notebook.cells[3:3] = [cell("### （一）小节"), cell("### 二")]
    page = to_html(notebook, title="t")
    contents = re.search(r"<nav.*?</nav>", page, re.DOTALL)[0]
    targets = re.findall(r'href="#([^"]+)"', contents)
    assert len(set(targets)) == 5 and all(len(re.findall(rf'<h[23] id="{target}"', page)) == 1 for target in targets)
    assert "<ol><li>" in contents.replace('<details open=""><summary>目录</summary><ol>', "") and contents.count("<li>") == contents.count("</li>") == 5


def test_tables_and_figures_are_numbered_in_order_and_a_short_line_becomes_a_title():
    table, figure = "<table class='x'><tr><td>1</td></tr></table>", {"data": [], "layout": {"meta": {"title": "<题>"}}}
    told = table.replace("<tr>", "<caption>已有 \\1</caption><tr>", 1)
    cells = [
        cell("一段。\n\n各街道的数字："), new_code_cell("", outputs=[result(text_html=table)]),
        cell("这一句太长，不是题名。它说明表怎样读："), new_code_cell("", outputs=[result(text_html=told), new_output("display_data", {PLOTLY_MIME: figure})]),
        cell("只有这一行："), new_code_cell("", outputs=[result(text_html=table)]),
    ]  # fmt: skip
    page = to_html(new_notebook(cells=cells), title="t")
    assert re.findall("<caption>(.*?)</caption>", page) == ["表1　各街道的数字", "表2　已有 \\1", "表3　只有这一行"]
    assert "图1　&lt;题&gt;" in page and "它说明表怎样读：" in page and "各街道的数字：" not in page and "一段。" in page
    assert [c.source for c in numbered(new_notebook(cells=cells), "en").cells if c.cell_type == "markdown"] == ["一段。", cells[2].source]


def test_the_notebook_is_not_changed(notebook):
    before = copy.deepcopy(notebook)
    to_html(notebook, title="t")
    assert notebook == before
