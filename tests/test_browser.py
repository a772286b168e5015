"""Reports as a reader opens them: in a browser, with the network cut."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from conftest import ROOT, STREETS
from fundanalytics.publish.export import PLOTLY_MIME, to_html

pytestmark = pytest.mark.xdist_group("batch")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
PHONE = 390


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

    def __init__(self, browser: Any, path: Path, width: int = 1200) -> None:
        self.asked: list[str] = []
        self.faults: list[str] = []
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
        self.page = context.new_page()
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.faults.append(message.text) if message.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.goto(path.as_uri())
        self.page.wait_for_load_state("load")

    def elsewhere(self, folder: Path) -> list[str]:
        """Requests for anything but a file of the report's folder or data inside the page."""
        return [url for url in self.asked if not url.startswith((folder.as_uri(), "data:", "blob:"))]

    def drawn(self) -> int:
        """Charts with something in them, not places for charts."""
        return int(self.page.evaluate("[...document.querySelectorAll('.js-plotly-plot')].filter(p => p.querySelector('.main-svg .trace')).length"))

    def data(self) -> list[str]:
        return list(self.page.evaluate("[...document.querySelectorAll('.js-plotly-plot')].map(p => JSON.stringify(p.data))"))


def _runs(folder: Path) -> list[dict[str, Any]]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["runs"]


@pytest.fixture(scope="module")
def opened(browser: Any, sample_batch: Path) -> dict[str, Opened]:
    return {run["name"]: Opened(browser, sample_batch / f"{run['name']}.html") for run in _runs(sample_batch)}


def test_every_chart_of_every_report_is_drawn(opened, sample_batch):
    for run in _runs(sample_batch):
        assert run["figures"] > 0 and opened[run["name"]].drawn() == run["figures"], run["name"]


def test_reports_ask_nobody_for_anything_and_raise_no_fault(opened, sample_batch):
    for name, report in opened.items():
        assert report.elsewhere(sample_batch) == [], name
        assert report.faults == [], name
        assert any(url.endswith("plotly.min.js") for url in report.asked), name


def test_the_reports_of_two_streets_show_different_charts(opened):
    one, other = (opened[f"street_{code}_2020"].data() for code in STREETS)
    assert one and not set(one) & set(other)


def test_the_stamp_is_seen_and_no_button_sends_data_away(opened):
    for report in opened.values():
        assert report.page.locator("body > .stamp").is_visible() and report.page.locator("body > .stamp").inner_text() == "虚构示例数据"
        assert "cloud" not in " ".join(report.page.locator(".modebar-btn").evaluate_all("all => all.map(b => b.dataset.title)")).lower()


@pytest.mark.parametrize("page", ["index", f"street_{STREETS[0]}_2020", "district_999901_2020"])
def test_a_page_fits_a_phone(browser, sample_batch, page):
    report = Opened(browser, sample_batch / f"{page}.html", PHONE)
    assert report.page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_someone_finds_their_community_and_reads_its_streets_report(browser, sample_batch):
    index = Opened(browser, sample_batch / "index.html")
    known = json.loads(index.page.locator("#areas").text_content())
    community = next(a for a in known if a["code"].startswith(STREETS[1]) and len(a["code"]) == 12)
    index.page.fill("#name", community["name"][:-1])
    assert community["name"] in index.page.locator("#found").inner_text()
    index.page.locator("#found a", has_text=community["name"]).first.click()
    assert index.page.url.endswith(f"street_{STREETS[1]}_2020.html")
    index.page.go_back()
    index.page.fill("#name", "<img src=x onerror=alert(1)>")
    assert index.page.locator("#found img").count() == 0 and index.faults == [] and index.elsewhere(sample_batch) == []


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
    assert to_html(plain, title=title, origin="synthetic") == page
