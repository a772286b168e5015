"""Pictures and PDF: one browser for all, offline, nothing left behind; what comes out is what a printer needs."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest
from small_folder import EAST, write_data

from conftest import COMMUNITIES, STREETS
from fundanalytics.data.load import load
from fundanalytics.errors import ArgumentError
from fundanalytics.publish import browser as module
from fundanalytics.publish.browser import Browser, check_fonts, find_browser
from fundanalytics.publish.charts import chart
from fundanalytics.publish.fit import fitted, text_of
from fundanalytics.show.canvas import width

PDF_TOOLS = all(map(shutil.which, ("pdfinfo", "pdffonts", "pdftotext", "pdfimages", "pdftocairo")))
needs_tools = pytest.mark.skipif(not PDF_TOOLS and not os.environ.get("CI"), reason="no poppler on this machine")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        find_browser()
    except ArgumentError:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Chromium on this machine")
    with Browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    dataset = load(write_data(tmp_path_factory.mktemp("place") / "data"))
    return {lang: json.loads(chart("ranking", dataset, period="2020", area=EAST, lang=lang).to_json()) for lang in ("zh", "en")}


@pytest.fixture(scope="module")
def figure(figures: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return figures["zh"]


def _told(command: str, path: Path, *more: str) -> str:
    return subprocess.run([command, *more, str(path), *(["-"] if command == "pdftotext" else [])], capture_output=True, text=True, check=True).stdout


def _size_mm(pdf: Path) -> tuple[float, float]:
    found = re.search(r"Page size: +([\d.]+) x ([\d.]+) pts", _told("pdfinfo", pdf))
    return tuple(round(float(side) / 72 * 25.4, 1) for side in found.groups())


def _page(folder: Path, body: str) -> Path:
    path = folder / "page.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8><style>@page {{ size: A4; margin: 20mm }}</style><h1>总览</h1><h2>甲</h2>{body}", encoding="utf-8")
    return path


def _browsers() -> set[int]:
    return {process.pid for process in psutil.Process().children()}


def test_five_figures_are_drawn_in_one_browser(browser, figure, tmp_path, monkeypatch):
    started, start = [], subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(a) or start(*a, **k))
    with Browser() as own:
        for i, form in enumerate(("svg", "png", "pdf", "png", "svg")):
            own.draw(figure, tmp_path / f"{i}.{form}", form=form)
    assert sum("choreographer" in str(call) for call in started) == 1 and len(list(tmp_path.iterdir())) == 5


def test_a_picture_is_as_wide_as_asked_and_its_letters_keep_their_size(browser, figure, tmp_path):
    for form in ("png", "svg"):
        browser.draw(figure, tmp_path / f"a.{form}", form=form, width_mm=160, dpi=300)
    png, svg = (tmp_path / "a.png").read_bytes(), (tmp_path / "a.svg").read_text(encoding="utf-8")
    at = png.index(b"pHYs") + 4
    assert struct.unpack(">I", png[16:20]) == (1890,) and struct.unpack(">IIB", png[at : at + 9]) == (11811, 11811, 1)
    assert 'width="160mm"' in svg[:300] and 'viewBox="0 0 605 ' in svg and "font-size: 17px" in svg
    browser.draw(figure, tmp_path / "b.png", form="png")
    assert struct.unpack(">I", (tmp_path / "b.png").read_bytes()[16:20]) == (1440,)
    assert "modebar" not in svg


@needs_tools
def test_the_pdf_of_a_figure_is_one_page_of_its_size_with_its_letters_embedded_and_no_dots(browser, figure, tmp_path):
    browser.draw(figure, out := tmp_path / "a.pdf", form="pdf", width_mm=160)
    assert _size_mm(out)[0] == pytest.approx(160, abs=0.4) and "Pages:           1\n" in _told("pdfinfo", out)
    fonts = _told("pdffonts", out).splitlines()[2:]
    assert fonts and all(font.split()[-5] == "yes" for font in fonts)
    assert len(_told("pdfimages", out, "-list").splitlines()) == 2
    assert "东街道" in _told("pdftotext", out) and "来源：各街道" in _told("pdftotext", out).replace("\n", "")


@needs_tools
def test_outlines_leave_no_letters_in_an_svg(browser, figure, tmp_path, monkeypatch):
    browser.draw(figure, out := tmp_path / "a.svg", form="svg", width_mm=160, outlines=True)
    text = out.read_text(encoding="utf-8")
    assert "<text" not in text and "font-family" not in text and text.count("<path") > 50
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    with pytest.raises(ArgumentError, match="poppler-utils"):
        browser.draw(figure, tmp_path / "b.svg", form="svg", outlines=True)
    assert not (tmp_path / "b.svg").exists()


def test_a_narrow_figure_breaks_its_title_and_caption_and_is_never_too_narrow_for_its_plot(figures):
    for lang, figure in figures.items():
        narrow, caption = fitted(figure, 340), lambda one: next(note["text"] for note in one["layout"]["annotations"] if note.get("yanchor") == "top")
        title = narrow["layout"]["title"]["text"]
        for text, size in ((title, 17), (caption(narrow), 11.5)):
            assert max(width(html.unescape(line)) for line in text.split("<br>")) * size * 0.53 < 340
        assert text_of(caption(narrow)) == figure["layout"]["meta"]["caption"] and text_of(title) == figure["layout"]["meta"]["title"]
        heights = [one["height"] - one["margin"]["t"] - one["margin"]["b"] for one in (narrow["layout"], figure["layout"])]
        more = narrow["layout"]["height"] - figure["layout"]["height"]
        assert heights[0] == heights[1] and narrow["data"] == figure["data"] and (more > 0 or lang == "zh")
    with pytest.raises(ArgumentError, match=r"毫米|mm"):
        fitted(figure, 200)


@needs_tools
def test_a_page_becomes_a_tagged_pdf_with_bookmarks(browser, tmp_path):
    browser.pdf(_page(tmp_path, "<p>资金使用率为95.8%。</p>"), out := tmp_path / "a.pdf")
    told = _told("pdfinfo", out)
    assert re.search(r"Tagged: +yes", told) and "(A4)" in told
    assert b"/Outlines" in out.read_bytes() and "资金使用率为95.8%" in _told("pdftotext", out)


def test_nothing_is_asked_of_any_host(browser, tmp_path):
    asked = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        hosts = [f"http://{host}:{server.server_port}" for host in ("127.0.0.1", "localhost")]
        page = _page(tmp_path, "".join(f"<img src={host}/a><script src={host}/b></script><script>fetch('{host}/c').catch(() => 0)</script>" for host in hosts))
        browser.pdf(page, tmp_path / "a.pdf")
        server.shutdown()
    assert asked == [] and (tmp_path / "a.pdf").stat().st_size > 1000


def test_a_page_whose_charts_are_not_drawn_is_an_error_and_the_next_one_is_printed(browser, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "DRAWN", 0.2)
    page = _page(tmp_path, '<script type="application/json" data-chart="chart-1">{}</script>')
    with pytest.raises(ArgumentError, match=r"page\.html"):
        browser.pdf(page, tmp_path / "a.pdf")
    with pytest.raises(ArgumentError, match="nowhere"):
        browser.pdf(tmp_path / "nowhere.html", tmp_path / "a.pdf")
    assert not (tmp_path / "a.pdf").exists()
    browser.pdf(_page(tmp_path, ""), tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_nothing_is_left_of_a_browser_whatever_happens(browser, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = _browsers()
    with pytest.raises(ZeroDivisionError), Browser():
        assert _browsers() > before and list(tmp_path.iterdir())
        _ = 1 / 0
    assert _browsers() == before and list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_a_browser_that_someone_stops(browser, tmp_path):
    """In the middle of a page that would take a minute, also where temporary files lie deep down."""
    page = _page(tmp_path, '<script type="application/json" data-chart="chart-1">{}</script>')
    (scratch := tmp_path / ("far/" * 20)).mkdir(parents=True)
    script = f"""
        from pathlib import Path
        from fundanalytics.publish.browser import Browser
        with Browser() as browser:
            print("open", flush=True)
            browser.pdf(Path({str(page)!r}), Path("a.pdf"))
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], cwd=tmp_path, env={**os.environ, "TMPDIR": str(scratch)},
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert process.stdout.readline() == "open\n"
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) != 0 and "KeyboardInterrupt" in process.stderr.read()
    assert family and not psutil.wait_procs(family, timeout=10)[1]
    assert list(scratch.iterdir()) == []


def test_without_a_browser_one_is_told_what_to_install(monkeypatch):
    monkeypatch.setenv("BROWSER_PATH", "/nowhere/chromium")
    with pytest.raises(ArgumentError) as told:
        find_browser()
    assert "/nowhere/chromium" in told.value.say("en") and "apt install chromium" in told.value.say("zh")


@pytest.mark.skipif(shutil.which("fc-list") is None, reason="fonts are not listed on this machine")
def test_without_a_chinese_font_nothing_is_drawn(browser, tmp_path, monkeypatch):
    check_fonts("en")
    latin = next(
        Path(line.split(":")[0]).parent for line in subprocess.run(["fc-list"], capture_output=True, text=True).stdout.splitlines() if "DejaVu" in line
    )
    config = tmp_path / "fonts.conf"
    config.write_text(
        f'<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>{latin}</dir><cachedir>{tmp_path}</cachedir></fontconfig>'
    )
    monkeypatch.setenv("FONTCONFIG_FILE", str(config))
    with pytest.raises(ArgumentError, match="fonts-noto-cjk"):
        check_fonts("zh")
    with pytest.raises(ArgumentError, match="fonts-noto-cjk"), Browser():  # the browser finds out by itself where fonts cannot be listed
        pass


@needs_tools
@pytest.mark.xdist_group("batch")
def test_reports_are_printed_with_their_charts_as_lines_and_a_community_on_one_sheet(browser, sample_batch, tmp_path):
    runs = {run["name"]: run for run in json.loads((sample_batch / "manifest.json").read_text(encoding="utf-8"))["runs"]}
    pages = {}
    for name in (f"community_{COMMUNITIES[0]}_2020", f"street_{STREETS[0]}_2020"):
        browser.pdf(sample_batch / f"{name}.html", out := tmp_path / f"{name}.pdf")
        told, text = _told("pdfinfo", out), _told("pdftotext", out)
        pages[name] = int(re.search(r"Pages: +(\d+)", told)[1])
        assert "(A4)" in told and re.search(r"Tagged: +yes", told) and b"/Outlines" in out.read_bytes()
        assert all(font.split()[-5] == "yes" for font in _told("pdffonts", out).splitlines()[2:])
        assert len(_told("pdfimages", out, "-list").splitlines()) == 2, "a chart became dots"
        assert "虚构示例数据" in text and text.replace("\n", "").count("来源：各街道") >= runs[name]["figures"] > 0
        pictures = browser.pictures(sample_batch / f"{name}.html", tmp_path / name)
        assert len(pictures) == runs[name]["figures"] and all(part.stat().st_size > 5000 for parts in pictures for part in parts)
    assert pages == {f"community_{COMMUNITIES[0]}_2020": 1, f"street_{STREETS[0]}_2020": pages[f"street_{STREETS[0]}_2020"]}
