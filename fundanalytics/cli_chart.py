"""The command ``chart``: one chart as pictures, a page, its data and its sentences. Part of ``cli``, which calls ``register``.

As there, everything is imported when it is needed; what the command computes, a call of the package computes too.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from .cli_options import AUDIENCE, DATA, LANG, PERIOD, Audience, Data, Lang, Out, Period, errors_told, option, t
from .errors import ArgumentError, check_option
from .show.gallery_words import GALLERY

NAMES = "|".join(GALLERY["zh"])
FORMATS = ("svg", "png", "html", "csv", "pdf")
DPI = (72, 2400)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("chart", help=t("一张图：图片、网页、数据，以及可以说和不能说的话", "One chart: pictures, a page, its data, and what it can be said to show"))(
        chart
    )


def chart(
    name: Annotated[str, typer.Argument(metavar=NAMES)],
    data: Data = DATA,
    period: Period = PERIOD,
    area: Annotated[str, option("--area", "区域代码或名称，默认全区", "code or name of an area, by default the district")] = "",
    indicator: Annotated[
        str, option("--indicator", "指标，默认资金使用率（漏斗图为群众满意率）", "indicator, by default the usage rate (of a funnel the satisfaction rate)")
    ] = "",
    baseline: Annotated[str, option("--baseline", "基期（comparison、decomposition、variants）", "earlier period (comparison, decomposition, variants)")] = "",
    rubric: Annotated[str, option("--rubric", "评价标准（scores、parts）", "rubric (scores, parts)")] = "governance_fund",
    geojson: Annotated[str, option("--geojson", "界线文件（map），每个区域有 area_code", "file of boundaries (map), with area_code in each")] = "",
    form: Annotated[
        str, option("--format", "svg、png、html、pdf，可用逗号并列；csv 和说明总会写出", "svg, png, html, pdf, with commas; csv and txt are always written")
    ] = "html",
    width_mm: Annotated[
        float | None, option("--width-mm", "图片宽度（毫米），字号不变", "width of pictures in mm; letters keep their size", min=20, max=1000)
    ] = None,
    dpi: Annotated[int, option("--dpi", "有宽度时 PNG 的分辨率", "resolution of a PNG with a width", min=DPI[0], max=DPI[1])] = 300,
    outlines: Annotated[bool, option("--outlines", "SVG 中的文字转为轮廓", "letters of an SVG as outlines")] = False,
    out: Out = Path("."),
    audience: Audience = AUDIENCE,
    lang: Lang = LANG,
) -> None:
    with errors_told(lang), ExitStack() as opened:
        from .data.load import load
        from .publish.charts import chart as chart_of
        from .publish.charts import code_of
        from .publish.packs import write_chart

        forms = form.split(",")
        for one in forms:
            check_option("format", one, FORMATS)
        dataset, options = load(data), {"indicator": indicator, "baseline": baseline, "rubric": rubric, "geojson": geojson, "audience": audience}
        figure = chart_of(name, dataset, period=period, area=area, lang=lang, **options)
        browser = None
        if set(forms) & {"svg", "png", "pdf"}:
            from .publish.browser import Browser, check_fonts

            check_fonts(lang)
            browser = opened.enter_context(Browser())
        stem = "_".join(filter(None, (name, indicator, area and code_of(dataset, area, period), period)))
        try:
            written = write_chart(
                figure, out or Path("."), stem, forms, lang=lang, origin=dataset.origin, audience=audience, browser=browser, width_mm=width_mm, dpi=dpi,
                outlines=outlines,
            )  # fmt: skip
        except OSError as error:
            raise ArgumentError("out_not_a_folder", found=str(out), reason=error.strerror or error) from None
        typer.echo("\n".join(map(str, written)))
