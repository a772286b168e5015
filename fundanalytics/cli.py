"""The command line: a thin layer over the package.

Every command imports what it needs when it runs, so that ``--help`` answers at once. What a command computes, a call of the
package computes too. Errors go to standard error as what – expected – found – do this; exit codes: 0 done, 1 a report failed
(or ``check``, or ``--strict``, found something refused), 2 the call is wrong.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .cli_chart import register as register_chart
from .cli_evaluate import register
from .cli_options import AUDIENCE, DATA, LANG, PERIOD, AsOf, Audience, Data, Lang, Out, Period, errors_told, option, t
from .errors import ArgumentError, DataError, check_option
from .publish.terminal import FAILED, INTERRUPTED, WORDS, log_batch, log_error, log_line, log_plan, progress_logged, progress_told, say, say_batch, say_plan

if TYPE_CHECKING:
    import pandas as pd

LOGS, ENGINES = ("text", "json"), ("warm", "plain")
LEVELS = ("district", "street", "community")
LISTED = ("indicators", "charts", "notebooks", "rubrics", "areas")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=t("社区发展治理专项保障资金的评价：从街道工作簿到年度报告。", "Evaluation of community governance funds: street workbooks in, annual reports out."),
)

Fund = Annotated[str, option("--fund", "资金类别，如 guarantee", "fund, such as guarantee")]
Basis = Annotated[str, option("--basis", "口径，如 paid/arrived", "definition, such as paid/arrived")]
OneIndicator = Annotated[str, option("--indicator", "指标", "indicator")]
Seed = Annotated[int | None, option("--seed", "随机种子", "random seed")]
Communities = Annotated[int | None, option("--communities", "社区数（写为 Parquet）", "number of communities (written as Parquet)", min=1)]
Only = Annotated[
    list[str] | None, option("--only", "district、streets、communities 或区域代码、名称；可重复", "district, streets, communities, or an area; repeatable")
]
Parameters = Annotated[list[str] | None, option("-p", "笔记本参数 名称=值；可重复", "parameter of the notebook, name=value; repeatable")]
Levels = Annotated[list[str] | None, option("--by", "层级，可重复；默认全部三级", "level, repeatable; by default all three")]
Indicators = Annotated[list[str] | None, option("--indicator", "指标，可重复；默认全部", "indicator, repeatable; by default all")]
RubricFile = Annotated[str, option("--rubric", "评价标准：自带的名称，或 xlsx、yaml 文件", "rubric: the name of one that is shipped, or a file (xlsx, yaml)")]
Workers = Annotated[int | None, option("--workers", "同时生成的份数", "reports made at the same time", min=1)]


def main() -> None:
    """Entry point of the ``fundanalytics`` command."""
    app()


@app.command(help=t("生成虚构的示例区数据", "Make the fictional sample district"))
def sample(out: Out = Path(DATA), seed: Seed = None, communities: Communities = None, lang: Lang = LANG) -> None:
    with errors_told(lang):
        from .data.sample import write_sample

        options = {"seed": seed, "communities": communities}
        write_sample(out or Path(DATA), **{name: value for name, value in options.items() if value is not None})
        typer.echo(str(out))


@app.command(help=t("生成年度报告", "Make the annual reports"))
def report(
    data: Data = DATA,
    period: Period = PERIOD,
    as_of: AsOf = "",
    out: Annotated[Path | None, option("--out", "输出文件夹，默认 reports/年度", "output folder, by default reports/PERIOD")] = None,
    only: Only = None,
    rules: Annotated[str, option("--rules", "规则文件（YAML）", "rule book (YAML)")] = "",
    rubric: RubricFile = "",
    notebook: Annotated[str, option("--notebook", "改用的笔记本：名称或路径", "another notebook: name or path")] = "",
    parameters: Parameters = None,
    runs: Annotated[str, option("--runs", "运行表（CSV）：每行一次运行", "table of runs (CSV), a row each")] = "",
    lang: Lang = LANG,
    audience: Audience = AUDIENCE,
    formats: Annotated[
        str, option("--formats", "html、docx、pdf、charts，用逗号并列；html 总会生成", "html, docx, pdf, charts, with commas; html is always made")
    ] = "html",
    single_file: Annotated[
        bool, option("--single-file", "每个网页自带绘图程序，可单独发送", "each page holds what draws its charts and can be sent alone")
    ] = False,
    workers: Workers = None,
    engine: Annotated[
        str, option("--engine", "warm：共用一个预热的进程；plain：每份报告一个内核", "warm: forks of one warm process; plain: a kernel each")
    ] = "warm",
    scheduler: Annotated[str, option("--scheduler", "由 Dask 集群生成：调度程序的地址", "made by a Dask cluster: address of its scheduler")] = "",
    force: Annotated[bool, option("--force", "没有变化的也重做", "make unchanged reports too")] = False,
    dry_run: Annotated[bool, option("--dry-run", "只列出将生成什么、为什么", "only say what would be made, and why")] = False,
    limit: Annotated[float | None, option("--time-limit", "每份报告的时限（秒），默认 1800", "seconds that a report may take, by default 1800", min=1)] = None,
    log: Annotated[str, option("--log", "进度：text 或 json（每份一行）", "progress: text, or json (a line each)")] = "text",
    strict: Annotated[bool, option("--strict", "有数据未被采用时以 1 退出", "exit with 1 if anything was refused")] = False,
) -> None:
    with errors_told(lang, log_error if log == "json" else say):
        check_option("log", log, LOGS)
        check_option("engine", engine, ENGINES)
        from .publish.runs import run_reports

        target, given = out or Path("reports", period), _pairs(parameters or [])
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with progress_logged() if log == "json" else progress_told(lang) as progress:
                batch = run_reports(
                    data, period=period, out=target, only=only or (), as_of=as_of or None, lang=lang, audience=audience,
                    rules=rules or None, rubric=rubric or None, notebook=notebook or None, parameters=given, runs=runs or None, formats=formats.split(","),
                    single_file=single_file, workers=workers, engine=engine, scheduler=scheduler or None, force=force, dry_run=dry_run, progress=progress,
                    **({"limit": limit} if limit else {}),
                )  # fmt: skip
        except KeyboardInterrupt:
            stopped = WORDS[lang]["stopped"].format(path=target)
            log_line(message=stopped) if log == "json" else say(stopped)
            raise typer.Exit(INTERRUPTED) from None
        if dry_run:
            (log_plan if log == "json" else say_plan)(batch, lang)
            return
        raise typer.Exit((log_batch if log == "json" else say_batch)(batch, lang, strict))


@app.command("map", help=t("为陌生的表提出对照文件 mapping.yml", "Propose a mapping.yml for unfamiliar files"))
def map_(
    path: Annotated[str, typer.Argument(metavar="FILE", help=t("文件、文件夹或数据库地址", "file, folder or address of a database"))],
    out: Annotated[Path | None, option("--out", "输出文件；默认写到标准输出", "output file; standard output by default")] = None,
    force: Annotated[bool, option("--force", "覆盖已有的文件", "overwrite an existing file")] = False,
    lang: Lang = LANG,
) -> None:
    with errors_told(lang):
        from .data.propose import propose

        if out and out.exists() and not force:
            raise DataError("mapping_exists", found=str(out))
        text = propose(path, lang=lang)
        if out is None:
            typer.echo(text, nl=False)
        else:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(text, encoding="utf-8")
            typer.echo(str(out))


@app.command(help=t("计算指标表", "Compute the indicator table"))
def indicators(
    data: Data = DATA,
    period: Period = PERIOD,
    by: Levels = None,
    fund: Fund = "",
    basis: Basis = "",
    indicator: Indicators = None,
    as_of: AsOf = "",
    form: Annotated[str, option("--format", "csv、xlsx 或 parquet", "csv, xlsx or parquet")] = "csv",
    out: Annotated[Path | None, option("--out", "输出文件；csv 默认写到标准输出", "output file; csv goes to standard output by default")] = None,
    audience: Audience = AUDIENCE,
    lang: Lang = LANG,
) -> None:
    with errors_told(lang):
        from .data.load import load

        check_option("format", form, ("csv", "xlsx", "parquet"))
        table = _indicator_table(load(data), period, by or list(LEVELS), fund, basis, indicator, as_of, audience)
        _write(table, form, out, f"indicators_{period}")


@app.command(help=t("两个时期的比较", "Compare two periods"))
def compare(
    baseline: Annotated[str, option("--baseline", "基期，如 2012-2017", "earlier period, such as 2012-2017")],
    current: Annotated[str, option("--current", "本期，如 2018-2020", "later period, such as 2018-2020")],
    data: Data = DATA,
    indicator: OneIndicator = "usage_rate",
    by: Annotated[str, option("--by", "层级：district、street 或 community", "level: district, street or community")] = "district",
    fund: Fund = "",
    basis: Basis = "",
    audience: Audience = AUDIENCE,
    lang: Lang = LANG,
) -> None:
    with errors_told(lang):
        from .data.areas import check_order
        from .data.load import load
        from .measure.compare import compare_periods
        from .measure.disclosure import release_comparison
        from .show.wording import say_comparison

        check_order(baseline, current)
        dataset, subset = load(data), {"fund": fund} if fund else None
        table = compare_periods(dataset, indicator, baseline=baseline, current=current, by=by, subset=subset, basis=basis or None)
        table = release_comparison(dataset, table, audience)
        _write(table, "csv", None, "")
        for _, row in table.head(3).iterrows():
            typer.echo(say_comparison(row, lang), err=True)


register_chart(app)


@app.command(help=t("检查报送的资料：读到了什么，要改什么", "Check the files that were sent: what was read, what must be corrected"))
def check(
    data: Annotated[str, typer.Argument(metavar="DATA", help=t("数据文件夹或文件", "data folder or file"))],
    out: Annotated[Path, option("--out", "输出文件夹", "output folder")] = Path("check"),
    mapping: Annotated[str, option("--mapping", "对照文件（mapping.yml）", "mapping file (mapping.yml)")] = "",
    rules: Annotated[str, option("--rules", "规则文件（YAML）", "rule book (YAML)")] = "",
    lang: Lang = LANG,
) -> None:
    with errors_told(lang):
        from .publish.check import run_check

        told = run_check(data, out, mapping=mapping or None, rules=rules or None, lang=lang)
        typer.echo("\n".join(told.say(lang)))
        raise typer.Exit(0 if told.sound else FAILED)


@app.command(help=t("生成空白填报表（标准模板）", "Make blank forms (xlsx) to be filled in"))
def template(
    tables: Annotated[list[str] | None, typer.Argument(metavar="[TABLE ...]", help=t("数据表，默认全部", "tables, by default all"))] = None,
    out: Out = Path("forms"),
    data: Annotated[str, option("--data", "数据文件夹：把其中的街道、社区列入下拉列表", "data folder whose areas become drop-down lists")] = "",
    period: Annotated[str, option("--period", "资金年度，如 2020：年度列只收这一年度", "fund year that the forms are for, such as 2020")] = "",
    lang: Lang = LANG,
) -> None:
    with errors_told(lang):
        from .publish.forms import write_forms

        for path in write_forms(out or Path("forms"), tables or (), data=data or None, period=period, lang=lang):
            typer.echo(str(path))


register(app)


@app.command("list", help=t("列出指标、图、笔记本、评价标准或区域", "List indicators, charts, notebooks, rubrics or areas"))
def list_(what: Annotated[str, typer.Argument(metavar="|".join(LISTED))], data: Data = DATA, period: Period = PERIOD, lang: Lang = LANG) -> None:
    with errors_told(lang):
        check_option("list", what, LISTED)
        for name, told in _listed(what, data, period, lang):
            typer.echo(f"{name}\t{told}" if told else name)


def _indicator_table(
    dataset: Any, period: str, by: list[str], fund: str, basis: str, names: list[str] | None, as_of: str, audience: str
) -> pd.DataFrame:  # fmt: skip
    """The released table: what counts people is released with all levels and its relatives, as reports are, and taken apart afterwards."""
    import pandas as pd

    from .measure import indicators as measure
    from .measure.disclosure import release, released
    from .publish.plan import check_period

    check_period(dataset, period)
    for level in by:
        check_option("by", level, LEVELS)
    for name in names or []:
        check_option("indicator", name, measure.INDICATORS)
    if not fund and not basis:
        table = released(dataset, names or list(measure.INDICATORS), period=period, audience=audience, as_of=as_of or None)
        return table[table["level"].isin(by)].reset_index(drop=True)
    options = {"by": by, "period": period, "subset": {"fund": fund} if fund else None, "as_of": as_of or None} | ({"basis": basis} if basis else {})
    parts = []
    for name in names or ["usage_rate"]:
        table, keys = getattr(measure, name)(dataset, **options), ["level", "area_code", "basis"]
        if fund:  # money, by its subset
            parts.append(release(table, audience))
        else:
            parts.append(released(dataset, [name], period=period, audience=audience, as_of=as_of or None).merge(table[keys], on=keys))
    return pd.concat(parts, ignore_index=True)


def _listed(what: str, data: str, period: str, lang: str) -> list[tuple[str, str]]:
    if what == "notebooks":
        from .publish.plan import notebooks

        return [(name, "") for name in notebooks()]
    if what == "charts":
        from .publish.charts import CHARTS

        return [(name, "") for name in CHARTS]
    if what == "rubrics":
        from .measure.rubric import RUBRICS, load_rubric

        return [(name, load_rubric(name).title[lang]) for name in RUBRICS]
    if what == "areas":
        from .data.areas import edition, period_end
        from .data.load import load

        areas = edition(load(data).areas, period_end(period)).sort_values("area_code")
        return list(zip(areas["area_code"], areas["area_name"], strict=True))
    from .measure.indicators import INDICATORS
    from .show.labels import label

    return [(name, label(name, lang, "indicator")) for name in INDICATORS]


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise ArgumentError("bad_pair", found=text)
        pairs[name] = value
    return pairs


def _write(table: pd.DataFrame, form: str, out: Path | None, name: str) -> None:
    from .publish.files import csv_text, whole, write_csv, write_xlsx

    if form == "csv" and out is None:
        typer.echo(csv_text(table, end="\n"), nl=False)
        return
    target = out or Path(f"{name}.{form}")
    if form == "csv":
        write_csv(table, target)
    elif form == "xlsx":
        write_xlsx({name: table}, target)
    else:
        with whole(target) as part:
            table.to_parquet(part, index=False)
    typer.echo(str(target))
