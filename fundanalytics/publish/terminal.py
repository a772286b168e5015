"""What a batch of reports says on a terminal: a bar or lines while it runs, a table at its end, and what was not taken.

Place in the flow: the command line calls this module while ``runs`` works. Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from .kernels import Result
    from .runs import Batch, Progress

FAILED, INTERRUPTED = 1, 130  # exit codes

WORDS = {
    "zh": {
        "made": "已生成", "kept": "无变化，未重做", "failed": "未能生成", "not_begun": "未开始", "due": "将生成", "why": "原因", "between": "、",
        "why_new": "尚未生成", "why_files": "报告文件缺失或被改动", "why_force": "要求全部重做（--force）", "why_notebook": "笔记本有变化",
        "why_parameters": "参数有变化",
        "why_options": "选项有变化", "why_formats": "另要别的格式", "why_data": "数据有变化", "why_rules": "规则有变化", "why_rubric": "评价标准有变化",
        "why_texts": "文字材料有变化", "why_package": "软件有变化", "why_libraries": "所用的库有变化",
        "report": "报告", "status": "结果", "seconds": "用时（秒）", "reason": "原因", "index": "首页：{path}",
        "strict": "有{count}处数据未被采用（--strict）", "stopped": "已中断；已生成的报告保留在 {path}", "warned": "{name} 运行中的提示：{text}",
        "all": "共{count}份",
        "unread": "文件未能读入 – 应为可读的工作簿 – {file}：{why} – 请更换文件后重新生成，其余数据照常计入",
        "no_column": "工作表缺少必需的列 – 应有“{expected}”– {file} {sheet} 的列是：{found} – 请补上该列，或在 mapping.yml 中指明对应的列",
        "refused": "有{count}处数据未被采用，逐项见 fundanalytics check",
    },
    "en": {
        "made": "made", "kept": "unchanged, not made again", "failed": "failed", "not_begun": "not begun", "due": "would be made", "why": "why",
        "between": ", ", "why_new": "not made yet", "why_files": "its files are gone or were altered", "why_force": "all are asked for (--force)",
        "why_notebook": "the notebook changed", "why_parameters": "parameters changed",
        "why_options": "options changed", "why_formats": "other formats are asked for", "why_data": "the data changed",
        "why_rules": "the rules changed", "why_rubric": "the rubric changed", "why_texts": "texts changed", "why_package": "the package changed",
        "why_libraries": "libraries changed", "report": "report", "status": "result", "seconds": "seconds", "reason": "reason", "index": "index: {path}",
        "strict": "{count} cells or rows were refused (--strict)", "stopped": "interrupted; the reports made so far are in {path}",
        "warned": "{name} warned: {text}", "all": "{count} in all",
        "unread": "file not read – expected a readable workbook – {file}: {why} – replace it and make the reports again; all other data count",
        "no_column": "a required column is missing – expected “{expected}” – {file} {sheet} has: {found} – add it, or name it in mapping.yml",
        "refused": "{count} cells or rows were not taken; fundanalytics check lists them",
    },
}  # fmt: skip


def troubles(dataset: Any, lang: str) -> list[str]:
    """What was not taken from the data: a line per file that could not be read and per sheet without a required column, then the count."""
    from ..errors import MESSAGES
    from ..show.labels import label

    lines, words = [], WORDS[lang]
    unread = set(dataset.sources.loc[dataset.sources["status"] == "unread", "file"])
    for found in dataset.findings.to_dict("records"):
        if found["file"] in unread and found["code"] in MESSAGES:
            lines.append(words["unread"].format(file=found["file"], why=label(found["code"], lang, "fault")))
        elif found["code"] == "missing_column":
            lines.append(words["no_column"].format(**found))
    if len(dataset.refused):
        lines.append(words["refused"].format(count=len(dataset.refused)))
    return lines


@contextmanager
def progress_told(lang: str) -> Iterator[Progress]:
    """A bar on a terminal, a line per report elsewhere; what kernels warned of goes to standard error."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False, markup=False)
    words = WORDS[lang]

    def told(done: int, count: int, result: Result) -> None:
        for text in result.warnings:
            console.print(words["warned"].format(name=result.name, text=text), soft_wrap=True)
        if not console.is_terminal:
            console.print(f"[{done}/{count}] {result.name} {words[result.status]} {result.seconds:.1f}s {result.reason}".rstrip(), soft_wrap=True)

    if not console.is_terminal:
        yield told
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(words["report"], total=None)

        def drawn(done: int, count: int, result: Result) -> None:
            told(done, count, result)
            bar.update(task, total=count, completed=done, description=result.name)

        yield drawn


def say(text: str) -> None:
    """A line on standard error."""
    typer.echo(text, err=True)


def log_line(**line: Any) -> None:
    """A line of JSON on standard error."""
    say(json.dumps(line, ensure_ascii=False))


def log_error(text: str) -> None:
    """What is wrong with the call, as a line of JSON."""
    log_line(error=text)


def say_batch(batch: Batch, lang: str, strict: bool, *, say: Callable[[str], None] = say) -> int:
    """The table of what was made and what failed, the path of the index, and the exit code; what is wrong goes to ``say``."""
    from rich.console import Console
    from rich.table import Table

    words, runs = WORDS[lang], batch.runs
    table = Table(words["report"], words["status"], words["seconds"], words["reason"], box=None, pad_edge=False)
    for status in ("made", "kept", "not_begun"):
        if len(those := runs[runs["status"] == status]):
            seconds = f"{those['seconds'].sum():.1f}" if status == "made" else ""
            table.add_row(words["all"].format(count=len(those)), words[status], seconds, "")
    for run in runs[runs["status"] == "failed"].to_dict("records"):
        table.add_row(run["name"], words["failed"], f"{run['seconds']:.1f}", run["reason"])
    Console(highlight=False, markup=False).print(table)
    if batch.stopped:
        say(words["stopped"].format(path=batch.out))
        return INTERRUPTED
    typer.echo(words["index"].format(path=batch.out / "index.html"))
    refused = [words["refused"].format(count=batch.refused)] if batch.refused and batch.dataset is None else []
    for line in [*(error.say(lang) for error in batch.unmade), *(refused if batch.dataset is None else troubles(batch.dataset, lang))]:
        say(line)
    if strict and batch.refused:
        say(words["strict"].format(count=batch.refused))
        return FAILED
    return FAILED if batch.failed or batch.unmade else 0


def log_batch(batch: Batch, lang: str, strict: bool) -> int:
    """``say_batch`` with lines of JSON on standard error: the runs that were kept, what is wrong, and last a summary."""
    for run in batch.runs.loc[batch.runs["status"] == "kept", ["name", "status", "seconds", "reason"]].to_dict("records"):
        log_line(**run)
    code = say_batch(batch, lang, strict, say=lambda text: log_line(message=text))
    counts = {status: int((batch.runs["status"] == status).sum()) for status in ("made", "kept", "failed", "not_begun")}
    log_line(**counts, index=str(batch.out / "index.html"))
    return code


def say_plan(batch: Batch, lang: str) -> None:
    """What a dry run would make, and why; what is unchanged in one line."""
    from rich.console import Console
    from rich.table import Table

    words, runs = WORDS[lang], batch.runs
    table = Table(words["report"], words["status"], words["why"], box=None, pad_edge=False)
    kept = runs[runs["status"] == "kept"]
    if len(kept):
        table.add_row(words["all"].format(count=len(kept)), words["kept"], "")
    for run in runs[runs["status"] == "due"].to_dict("records"):
        table.add_row(run["name"], words["due"], words["between"].join(words[f"why_{part}"] for part in run["reason"].split(", ")))
    Console(highlight=False, markup=False).print(table)


def log_plan(batch: Batch, lang: str) -> None:
    """``say_plan``, and a line of JSON on standard error for each run, its reasons as codes."""
    for run in batch.runs[["name", "status", "reason"]].to_dict("records"):
        log_line(**run)
    say_plan(batch, lang)


@contextmanager
def progress_logged() -> Iterator[Progress]:
    """A line of JSON for each report, on standard error."""

    def told(done: int, count: int, result: Result) -> None:
        log_line(done=done, of=count, name=result.name, status=result.status, seconds=result.seconds, reason=result.reason, figures=result.figures,
            warnings=result.warnings)  # fmt: skip

    yield told
