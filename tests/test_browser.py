"""Reports as a reader opens them: in a browser, with the network cut, on a screen, on a phone and on paper."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from conftest import COMMUNITIES, ROOT, STREETS
from fundanalytics.publish.export import PLOTLY_MIME, to_html

pytestmark = pytest.mark.xdist_group("batch")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
PHONE, SCREEN = 390, 1200
TEXT = 627  # pixels between the margins of a printed page, 166 mm
SHEET = 971  # and from its upper to its lower margin
EVERY = bool(os.environ.get("PROVE_CASES"))  # `make prove` opens every report
REPORTS = ("district_999901_2020", *(f"street_{code}_2020" for code in STREETS), *(f"community_{code}_2020" for code in COMMUNITIES))
DRAWN = "[...document.querySelectorAll('.place')].filter(p => p.querySelector('.main-svg .trace, .main-svg .annotation')).length"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        yield browser
        browser.close()


class Opened:
    """A page opened from its file, with what it asked for and what went wrong."""

    def __init__(self, browser: Any, path: Path, width: int = SCREEN, media: str | None = None) -> None:
        self.asked: list[str] = []
        self.faults: list[str] = []
        self.page = browser.new_context(viewport={"width": width, "height": 900}, offline=True).new_page()
        if media:
            self.page.emulate_media(media=media)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.faults.append(message.text) if message.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.goto(path.as_uri())
        self.page.wait_for_load_state("load")
        self.page.locator("html[data-drawn]").wait_for(state="attached")

    def elsewhere(self, folder: Path) -> list[str]:
        """Requests for anything but a file of the report's folder or data inside the page."""
        return [url for url in self.asked if not url.startswith((folder.as_uri(), "data:", "blob:"))]

    def drawn(self) -> int:
        """Charts with something in them, not places for charts; as many as the page says."""
        drawn = int(self.page.evaluate(DRAWN))
        assert str(drawn) == self.page.locator("html").get_attribute("data-drawn")
        return drawn

    def width(self) -> int:
        return int(self.page.evaluate("document.documentElement.scrollWidth"))

    def data(self) -> list[str]:
        return list(self.page.evaluate("[...document.querySelectorAll('.js-plotly-plot')].map(p => JSON.stringify(p.data))"))


def _runs(folder: Path) -> list[dict[str, Any]]:
    runs = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["runs"]
    return [run for run in runs if EVERY or run["name"] in REPORTS]


@pytest.fixture(scope="module")
def opened(browser: Any, sample_batch: Path) -> dict[str, Opened]:
    return {run["name"]: Opened(browser, sample_batch / f"{run['name']}.html") for run in _runs(sample_batch)}


def test_every_chart_of_every_report_is_drawn(opened, sample_batch):
    assert len(opened) >= len(REPORTS)
    for run in _runs(sample_batch):
        assert run["figures"] > 0 and opened[run["name"]].drawn() == run["figures"], run["name"]


def test_reports_ask_nobody_for_anything_and_raise_no_fault(opened, sample_batch):
    for name, report in opened.items():
        assert report.elsewhere(sample_batch) == [], name
        assert report.faults == [], name
        assert any(url.endswith("plotly.min.js") for url in report.asked), name


def test_reports_and_index_can_be_used_by_everyone(browser, opened, sample_batch):
    """axe-core's rules for who listens to a page, sees little of it or has no mouse; ``moderate`` ones are advice."""
    from axe_playwright_python.sync_playwright import Axe

    for name, report in {**opened, "index": Opened(browser, sample_batch / "index.html")}.items():
        found = Axe().run(report.page, options={"resultTypes": ["violations"]}).response
        grave = [(v["id"], v["nodes"][0]["html"][:200]) for v in found["violations"] if v["impact"] in ("serious", "critical")]
        assert found["passes"] and not grave, (name, grave)


def test_the_reports_of_two_streets_show_different_charts(opened):
    one, other = (opened[f"street_{code}_2020"].data() for code in STREETS)
    assert one and not set(one) & set(other)


def test_the_stamp_is_seen_and_no_button_sends_data_away(opened):
    for report in opened.values():
        stamp = report.page.locator("header > .stamp")
        assert stamp.is_visible() and stamp.inner_text() == "虚构示例数据 · 依据假定标准试算"
        assert "cloud" not in " ".join(report.page.locator(".modebar-btn").evaluate_all("all => all.map(b => b.dataset.title)")).lower()


@pytest.mark.parametrize("page", ["index", f"street_{STREETS[0]}_2020", f"community_{COMMUNITIES[0]}_2020", "district_999901_2020"])
def test_a_page_fits_a_phone_and_its_contents_are_folded(browser, sample_batch, page):
    report = Opened(browser, sample_batch / f"{page}.html", PHONE)
    assert report.width() <= PHONE
    assert report.page.locator(".contents details[open]").count() == 0
    if page.startswith(("street", "district")):
        report.page.locator(".contents summary").click()
        chapter = report.page.locator(".contents a").last
        chapter.click()
        assert report.page.locator(chapter.get_attribute("href")).is_visible()


def test_someone_finds_their_community_and_reads_its_streets_report(browser, sample_batch):
    index = Opened(browser, sample_batch / "index.html")
    known = json.loads(index.page.locator("#areas").text_content())["areas"]
    community = next(a for a in known if f" {STREETS[1]}" in a["words"] and len(a["words"].split()[-1]) == 12)
    street = community["words"].split()[1]
    index.page.fill("#name", f"{street[:2]} {community['name'][:-1]}")
    assert index.page.locator("#found li").all_inner_texts()[0].startswith(community["name"])
    index.page.fill("#name", street)
    assert index.page.locator("#found a").first.inner_text() == street
    index.page.fill("#name", f"{street} {community['name']}")
    index.page.locator("#found a").first.click()
    own = f"community_{community['words'].split()[-1]}_2020.html"  # where every report was made
    assert index.page.url.endswith(f"/{own}" if (sample_batch / own).exists() else f"/street_{STREETS[1]}_2020.html")
    index.page.go_back()
    index.page.fill("#name", "<img src=x onerror=alert(1)>")
    assert index.page.locator("#found img").count() == 0 and index.faults == [] and index.elsewhere(sample_batch) == []


def _page(folder: Path, html: str, **told: Any) -> Path:
    output = new_output("execute_result", {"text/html": html}, execution_count=1)
    path = folder / "page.html"
    path.write_text(to_html(new_notebook(cells=[new_markdown_cell("# 题"), new_code_cell("", outputs=[output])]), title="t", **told), encoding="utf-8")
    return path


ODD = [
    "x <!-- y", "x <!--> y", "<?php x", "<![CDATA[ x", "<textarea>x", "<title>x", "<style>p{}", "<template>x", "<plaintext>x", "<noscript>x",
    "<select><option>x", "<table><tr><td>x", "<b>x<i>y", "<div><span>x", "<h2>x<p>y</p>", '<a href="#x>y</a>', "<svg><g><text>x", "a < b <",
    "</div></div></section></main></body></html>x", "<scr<script>x</script>ipt>x</script>", "<script x='data-chart='>x</script>",
    "<scr<!-- -->ipt type=application/json data-chart=chart-1>{}</script>", "<scr<script></script>ipt src=x.js>", "<ifr<script></script>ame src=x>",
]  # fmt: skip
LINKS = {
    "A & B": "[x](#A-&-B)", "C++ 100%": "[x](#C++-100%25) [y](#C++-100%)", "资金 使用": "[x](#资金-使用) <a href='#资金-使用'>y</a> <a href=#资金-使用>z</a>",
    "R&amp;D é": "[x](#R&D-é)", "`v<y` **b**": "[x](#v%3Cy-b)",
}  # fmt: skip


def test_whatever_an_output_leaves_open_ends_at_its_place_and_links_lead_to_their_heading(browser, tmp_path):
    cells = [new_markdown_cell("# 题")]
    for number, html in enumerate(ODD):
        cells += [new_code_cell("", outputs=[new_output("display_data", {"text/html": html})]), new_markdown_cell(f"## 章{number}\n\n{html}")]
    cells += [new_markdown_cell(f"## {heading}\n\n{link}") for heading, link in LINKS.items()]
    cells += [new_markdown_cell("<H2 title='a > b' ID=own>own</H2> <a href='#own'>x</a>\n\n##\n\n<img src='data:,'>")]
    (tmp_path / "page.html").write_text(to_html(new_notebook(cells=cells), title="t"), encoding="utf-8")
    page = Opened(browser, tmp_path / "page.html").page
    assert page.locator("main > .output").count() == len(ODD) and page.locator("main > section.prose").count() == len(ODD) + len(LINKS) + 2
    assert page.locator("body > footer").count() == 1 and page.locator("script").count() == 2 and page.locator("img:not([alt])").count() == 0
    listed = [text for text in page.locator("nav.contents a").all_inner_texts() if text != "xy"]
    assert listed == [*(f"章{number}" for number in range(len(ODD))), "A & B", "C++ 100%", "资金 使用", "R&D é", "v<y b", "own"]
    led = "a => (document.getElementById(decodeURIComponent(a.hash.slice(1))) || {}).innerText || a.hash"
    own = page.evaluate(f"[...document.querySelectorAll('main section a[href^=\"#\"]')].map({led})")
    assert [heading for heading in own if not heading.startswith("#x")] == ["A & B", "C++ 100%", "C++ 100%", *["资金 使用"] * 3, "R&D é", "v<y b", "own"]


def _table(columns: dict[str, list[str]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in columns)
    rows = "".join(f"<tr>{''.join(f'<td>{text}</td>' for text in row)}</tr>" for row in zip(*columns.values(), strict=True))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody><tfoot><tr><td>底</td></tr></tfoot></table>"


@pytest.mark.parametrize(("cells", "ascending"), [
    (["9", "—", "1,000", "−3", "20"], ["−3", "9", "20", "1,000", "—"]),
    (["3.5亿元", "20万元", "999元", "1,000万元"], ["999元", "20万元", "1,000万元", "3.5亿元"]),
    (["100.0%", "—", "9.5%", "<0.1%", "+17.0"], ["<0.1%", "9.5%", "+17.0", "100.0%", "—"]),
    (["20.0%–30.0%", "9.0%–40.0%"], ["9.0%–40.0%", "20.0%–30.0%"]),
    (["2020年12月3日", "2020年2月10日"], ["2020年2月10日", "2020年12月3日"]),
    (["第10组", "第9组", "—", "甲"], ["第9组", "第10组", "甲", "—"]),
])  # fmt: skip
def test_a_table_is_sorted_by_what_its_cells_mean_and_blanks_stay_last(browser, tmp_path, cells, ascending):
    page = Opened(browser, _page(tmp_path, _table({"区域": [f"n{i}" for i in range(len(cells))], "数": cells}))).page
    head, column = page.locator("thead th").nth(1), page.locator("tbody td:nth-child(2)")
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending" and column.all_inner_texts() == ascending
    page.keyboard.press("Space")
    known = [text for text in ascending if text != "—"]
    assert head.get_attribute("aria-sort") == "descending" and column.all_inner_texts() == known[::-1] + ["—"] * ("—" in cells)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") is None and column.all_inner_texts() == cells


def test_a_long_table_is_filtered_and_a_short_one_is_not(browser, tmp_path):
    names = [f"社区{i}" for i in range(16)]
    page = Opened(browser, _page(tmp_path, _table({"区域": names}) + _table({"区域": names[:15]}))).page
    assert page.locator("input[type=search]").count() == 1
    page.get_by_label("筛选表1").fill("社区 15")
    assert page.locator("tbody").first.locator("tr:visible").all_inner_texts() == ["社区15"]
    assert page.locator("output").inner_text() == "共16行，显示1行" and page.locator("tbody").last.locator("tr:visible").count() == 15


def test_nothing_in_an_output_runs_or_reaches_another_host(browser, tmp_path):
    evil = "window.evil = 1"
    html = (
        f"<script>{evil}</script><img src=x onerror='{evil}'><svg onload='{evil}'></svg><a href='javascript:{evil}'>go</a><img src='https://example.org/x.png'>"
    )
    away = "<meta http-equiv=refresh content='0;url=https://example.org'><iframe src='https://example.org'></iframe>"
    path = _page(tmp_path, html + away + "<script data-chart='x'>window.evil = 1</script>")
    opened = Opened(browser, path)
    opened.page.get_by_text("go").click()
    opened.page.wait_for_timeout(200)
    assert opened.page.evaluate("window.evil") is None and opened.page.url == path.as_uri()
    assert opened.page.evaluate("performance.getEntriesByType('resource').filter(e => e.name.includes('example.org') && e.transferSize).length") == 0
    assert not any("iframe" in url for url in opened.asked) and opened.page.locator("iframe").count() == 0


@pytest.mark.parametrize("name", REPORTS[:2])
def test_on_paper_charts_and_tables_keep_between_the_margins_and_what_is_for_the_screen_is_gone(browser, sample_batch, name):
    report = Opened(browser, sample_batch / f"{name}.html", SCREEN, media="print")
    sizes = report.page.evaluate("[...document.querySelectorAll('.part')].map(p => p.getBoundingClientRect()).map(r => [r.width, r.height])")
    assert sizes and all(TEXT - 2 <= width <= TEXT + 1 and height <= SHEET for width, height in sizes)
    assert report.page.evaluate(
        "[...document.querySelectorAll('.scroll')].every(p => [...p.children].every(t => t.getBoundingClientRect().width <= p.clientWidth + 1))"
    )
    for gone in (".filter", ".top", ".skip"):
        assert not any(place.is_visible() for place in report.page.locator(gone).all()), gone
    assert report.page.locator(".contents details").get_attribute("open") is not None
    assert report.page.evaluate("getComputedStyle(document.querySelector('header > .stamp')).position") == "static"


def test_charts_are_drawn_anew_when_a_reader_prints_and_again_for_the_screen(browser, sample_batch):
    page = Opened(browser, sample_batch / f"{REPORTS[1]}.html").page
    widths = "[...document.querySelectorAll('.main-svg')].map(svg => svg.clientWidth)"
    before = page.evaluate(widths)
    page.evaluate(f"matchMedia('print').addEventListener('change', event => {{ if (event.matches) window.printed = {widths}; }})")
    assert _sheets(page) > 10
    assert page.evaluate("new Set(window.printed).size") == 1 and abs(page.evaluate("window.printed[0]") - TEXT) <= 1
    assert page.evaluate(widths) == before and before[0] > TEXT


def test_a_table_that_is_too_wide_for_paper_is_set_smaller(browser, tmp_path):
    wide = _table({f"很长的列名{i}": ["1,234,567,890.00"] for i in range(12)})
    report = Opened(browser, _page(tmp_path, wide), media="print")
    table, place = (report.page.locator(name).bounding_box()["width"] for name in ("table", ".scroll"))
    assert table <= place + 1 and report.width() <= SCREEN


def test_a_community_has_one_sheet_of_paper(browser, sample_batch):
    for code in COMMUNITIES:
        assert _sheets(Opened(browser, sample_batch / f"community_{code}_2020.html", media="print").page) == 1


def _sheets(page: Any) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True, print_background=True)))


def test_plain_papermill_gives_the_same_report(sample_batch, tmp_path):
    code, executed = STREETS[0], tmp_path / "plain.ipynb"
    command = [sys.executable, "-m", "papermill", "notebooks/street_report.ipynb", str(executed), "-p", "area", code, "-k", "python3", "--no-progress-bar"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    plain = nbformat.read(executed, as_version=4)
    figures = sum(PLOTLY_MIME in output.get("data", {}) for cell in plain.cells for output in cell.get("outputs", []))
    (run,) = [run for run in _runs(sample_batch) if run["area_code"] == code]
    assert figures == run["figures"]
    page = (sample_batch / f"{run['name']}.html").read_text(encoding="utf-8")
    title = page.split("<title>")[1].split("</title>")[0]
    assert to_html(plain, title=title, origin="synthetic", assumed=True) == page
