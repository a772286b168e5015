"""Pages → PDF, figures → pictures, in one browser that is kept for a whole batch.

Place in the flow: after ``export``, which makes the pages, and beside ``word`` and ``packs``, which need pictures. Nothing is fetched and nothing
is left behind; every file appears whole or not at all. It neither lays out a page (the page's print style does) nor changes what a figure says.
"""

from __future__ import annotations

import base64
import re
import shutil
import struct
import subprocess
import tempfile
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..errors import ArgumentError, check_option
from .chromium import Connection, Tab, find_browser
from .files import whole, write_whole
from .fit import WIDTH, fitted, height_of, pixels, title_of
from .fonts import Faces

__all__ = ["FORMS", "Browser", "check_fonts", "find_browser"]

FORMS = ("svg", "png", "pdf")
SECONDS = 180  # for one page or picture
DRAWN = 120  # for the charts of a page; a busy machine is slow, and a page that hangs is rare
TEXT_MM = 156.0  # between the margins of an official paper (GB/T 9704)
CSS_DPI = 96
A4 = {"paperWidth": 210 / 25.4, "paperHeight": 297 / 25.4}
PRINTED = {"printBackground": True, "preferCSSPageSize": True, "generateTaggedPDF": True, "generateDocumentOutline": True}
# the languages that fonts must have letters for; names of places are Chinese in every language
LETTERS = {"zh": ("zh-cn",), "en": ("zh-cn", "en")}

_IS_DRAWN = """async seconds => {
  await document.fonts.ready;
  const told = () => document.documentElement.dataset.drawn !== undefined;
  for (const end = Date.now() + seconds * 1000; document.querySelector("[data-chart]") && !told();) {
    if (Date.now() > end) return false;
    await new Promise(then => setTimeout(then, 20));
  }
  return true;
}"""
# a chart that goes on over several pages is several pictures
_PICTURES = """async (width, scale) => {
  const picture = part => Plotly.toImage(part, { format: "png", imageDataOnly: true, width, height: part._fullLayout.height, scale });
  const charts = [...document.querySelectorAll("script[data-chart]")].map(data => data.closest("figure").querySelectorAll(".js-plotly-plot"));
  return Promise.all(charts.map(parts => Promise.all([...parts].map(picture))));
}"""
# fonts that take the place of the machine's own, of which the browser would make nameless ones
_FONTS = """async rules => {
  document.head.appendChild(document.createElement("style")).textContent = rules;
  await Promise.all([...document.fonts].map(font => font.load()));
}"""
_PLOTLY = "source => { (0, eval)(source); document.title = '-'; }"
_IMAGE = "(figure, options) => Plotly.toImage(figure, { imageDataOnly: true, ...options })"
_ON_PAPER = """(svg, width, height, title, lang) => {
  document.title = title;
  document.documentElement.lang = lang;
  document.head.insertAdjacentHTML("beforeend", `<style>@page { size: ${width}mm ${height}mm; margin: 0 } body { margin: 0; overflow: hidden }
    svg { display: block; width: ${width}mm; height: ${height}mm }</style>`);
  document.body.innerHTML = svg;
}"""
# a letter that no font has is drawn as the same box as any other
_BOXES = """() => {
  const drawn = letter => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 40 }), pen = canvas.getContext("2d");
    pen.font = "32px 'Noto Sans CJK SC', sans-serif";
    pen.fillText(letter, 2, 34);
    return canvas.toDataURL();
  };
  return drawn("资") === drawn("域");
}"""


def check_fonts(lang: str = "zh") -> None:
    """Refuse, before anything is drawn, a machine whose fonts lack Chinese characters: charts would show boxes.

    Raises
    ------
    ArgumentError
        ``no_cjk_font``, with the package to install. Where fonts cannot be listed (Windows, macOS), the browser finds out when it starts.
    """
    check_option("lang", lang, LETTERS)
    if not (command := shutil.which("fc-list")):
        return
    for letters in LETTERS[lang]:
        if not subprocess.run([command, f":lang={letters}", "family"], capture_output=True, check=False).stdout.strip():
            raise ArgumentError("no_cjk_font", found=letters)


class Browser:
    """One browser for all pictures and PDFs of a batch.

    Use it in a ``with`` block; the browser ends with it, whatever happens inside.

    Raises
    ------
    ArgumentError
        There is no browser (``no_browser``), it does not start (``browser_failed``), no font has Chinese characters (``no_cjk_font``). Of a
        page or figure: it took too long (``browser_slow``), its charts were not drawn (``page_not_drawn``), the browser refused it.

    Examples
    --------
    >>> with Browser() as browser:  # doctest: +SKIP
    ...     browser.pdf(Path("reports/2020/district_999901_2020.html"), Path("district.pdf"))
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._connection = Connection(folder)
        self._faces = Faces()
        self._board: Tab

    def __enter__(self) -> Self:
        try:
            self._connection.start()
            if self._connection.run(self._opened(), SECONDS):
                raise ArgumentError("no_cjk_font", found="□")
        except BaseException:
            self._connection.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._connection.stop()

    async def _opened(self) -> bool:
        """Make ready the tab that draws single figures; whether Chinese letters are boxes in it."""
        from plotly.offline import get_plotlyjs

        self._board = await self._connection.opened()
        await self._board.call(_PLOTLY, get_plotlyjs())
        return bool(await self._board.call(_BOXES))

    def pdf(self, page: Path, out: Path) -> None:
        """Print a report's page: bookmarks from its headings, tagged for screen readers, charts as vectors, fonts embedded."""
        content = self._connection.run(self._printed(Path(page)), SECONDS)
        with whole(Path(out)) as part:
            part.write_bytes(content)

    async def _printed(self, page: Path) -> bytes:
        async with self._paper_of(page) as tab:
            return await self._paper_from(tab, **A4)

    async def _paper_from(self, tab: Tab, **options: Any) -> bytes:
        """What a tab shows, as PDF, with fonts that keep their names."""
        if rules := self._faces.rules(await tab.call("() => document.documentElement.textContent")):
            await tab.call(_FONTS, rules)
        return base64.b64decode((await tab.send("Page.printToPDF", **PRINTED, **options))["data"])

    @asynccontextmanager
    async def _paper_of(self, page: Path) -> AsyncIterator[Tab]:
        """A page as it is for paper, with its charts drawn."""
        async with self._connection.tab() as tab:
            await tab.send("Emulation.setEmulatedMedia", media="print")
            await tab.go(page.absolute().as_uri())
            if not await tab.call(_IS_DRAWN, DRAWN):
                raise ArgumentError("page_not_drawn", found=page.name, expected=DRAWN)
            yield tab

    def pictures(self, page: Path, folder: Path, *, scale: float = 2) -> list[list[Path]]:
        """The charts of a report's page as PNG, in their order, as they stand on paper: each a list of its parts, of which a long chart has several."""
        found = []
        for place, parts in enumerate(self._connection.run(self._pictures(Path(page), scale), SECONDS), 1):
            paths = [Path(folder) / f"chart_{place:02d}_{part}.png" for part in range(1, len(parts) + 1)]
            for path, content in zip(paths, parts, strict=True):
                with whole(path) as file:
                    file.write_bytes(_with_dpi(base64.b64decode(content), round(CSS_DPI * scale)))
            found += [paths]
        return found

    async def _pictures(self, page: Path, scale: float) -> list[list[str]]:
        async with self._paper_of(page) as tab:
            return list(await tab.call(_PICTURES, pixels(TEXT_MM), scale))

    def draw(self, figure: dict[str, Any], out: Path, *, form: str, width_mm: float | None = None, dpi: int = 300, outlines: bool = False) -> None:
        """One figure as a file.

        Parameters
        ----------
        figure : dict
            ``data`` and ``layout``, as in a notebook's output.
        form : str
            ``svg``, ``png`` or ``pdf`` (its page is as large as the figure).
        width_mm : float, optional
            Width on paper. Letters keep their size: titles and captions break anew. Without it, 720 pixels of a screen; a PNG twice as fine.
        dpi : int
            Of a PNG with a width.
        outlines : bool
            Letters of an SVG as shapes, for who has not the fonts.
        """
        check_option("form", form, FORMS)
        shown = fitted(figure, WIDTH if width_mm is None else pixels(width_mm))
        if form == "svg" and not outlines:
            write_whole(self._svg(shown, width_mm), Path(out))
            return
        content = self._png(shown, width_mm, dpi) if form == "png" else self._paper(shown, width_mm)
        with whole(Path(out)) as part:
            if outlines and form == "svg":
                _outlined(content, part)
                part.write_text(_sized(part.read_text("utf-8"), shown, width_mm), encoding="utf-8")
            else:
                part.write_bytes(content)

    def _image(self, figure: dict[str, Any], form: str, scale: float = 1.0) -> str:
        options = {"format": form, "width": figure["layout"]["width"], "height": figure["layout"]["height"], "scale": scale}
        return str(self._connection.run(self._board.call(_IMAGE, figure, options), SECONDS))

    def _svg(self, figure: dict[str, Any], width_mm: float | None) -> str:
        """As plotly gives it; with its width in millimetres where one is asked."""
        return _sized(self._image(figure, "svg"), figure, width_mm)

    def _png(self, figure: dict[str, Any], width_mm: float | None, dpi: int) -> bytes:
        width, dpi = figure["layout"]["width"], 2 * CSS_DPI if width_mm is None else dpi
        dots = 2 * width if width_mm is None else round(width_mm / 25.4 * dpi)
        content = base64.b64decode(self._image(figure, "png", (dots + 0.01) / width))  # a canvas has whole dots, and what is over is cut
        return _with_dpi(content, dpi)

    def _paper(self, figure: dict[str, Any], width_mm: float | None) -> bytes:
        """A PDF of one page, which is the figure."""
        width = width_mm or figure["layout"]["width"] / CSS_DPI * 25.4
        size = [round(width, 3), round(_height_mm(figure, width), 3)]
        return bytes(self._connection.run(self._on_paper(self._image(figure, "svg"), size, figure), SECONDS))

    async def _on_paper(self, svg: str, size: list[float], figure: dict[str, Any]) -> bytes:
        async with self._connection.tab() as tab:
            await tab.call(_ON_PAPER, svg, *size, *title_of(figure))
            return await self._paper_from(tab, pageRanges="1")


def _sized(svg: str, figure: dict[str, Any], width_mm: float | None) -> str:
    """An SVG that says its width in millimetres, where one is asked."""
    if width_mm is None:
        return svg
    size = f'width="{width_mm:g}mm" height="{_height_mm(figure, width_mm):.4g}mm"'
    return re.sub(r'(<svg\b[^>]*?) width="[^"]*" height="[^"]*"', rf"\1 {size}", svg, count=1)


def _height_mm(figure: dict[str, Any], width_mm: float) -> float:
    return height_of(figure) / float(figure["layout"]["width"]) * width_mm


def _with_dpi(png: bytes, dpi: int) -> bytes:
    """A PNG that says how many dots it has to an inch."""
    chunk = b"pHYs" + struct.pack(">IIB", *[round(dpi / 0.0254)] * 2, 1)
    end = 8 + 25  # the signature, and the header that must come first
    return png[:end] + struct.pack(">I", 9) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png[end:]


def _outlined(pdf: bytes, out: Path) -> None:
    """An SVG without letters, from a PDF."""
    if not (command := shutil.which("pdftocairo")):
        raise ArgumentError("no_pdftocairo")
    with tempfile.NamedTemporaryFile(suffix=".pdf") as paper:
        paper.write(pdf)
        paper.flush()
        done = subprocess.run([command, "-svg", paper.name, str(out)], capture_output=True, check=False)
    if done.returncode:
        raise ArgumentError("browser_failed", found=done.stderr.decode(errors="replace").strip()[:300])
