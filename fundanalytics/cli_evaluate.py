"""The commands about scores: ``rubric check``, ``rubric export``, ``evaluate``. Part of ``cli``, which calls ``register``.

As there, everything is imported when it is needed; what a command computes, a call of the package computes too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .cli_options import DATA, LANG, AsOf, Audience, Data, Lang, errors_told, option, t
from .errors import ArgumentError, check_option
from .publish.terminal import FAILED, troubles

if TYPE_CHECKING:
    from .measure.rubric import Rubric
    from .measure.scores import Evaluation

SHOWN = 5  # refused scores that are named
INTERNAL = "internal"  # the workbook is the paper of those who score: every point leads to its row
RubricFile = Annotated[
    str, typer.Argument(metavar="FILE", help=t("自带标准的名称，或 xlsx、yaml 文件", "a rubric that is shipped, by name, or a file (xlsx, yaml)"))
]
rubrics = typer.Typer(no_args_is_help=True, help=t("评价标准：检查，或写成工作簿、YAML", "Rubrics: check one, or write it as a workbook or as YAML"))

WORDS = {
    "zh": {
        "sound": "{name} 可以使用：{title}（{status}），{parts}个部分，{items}个评价项{bonus}，满分{maximum}分；各来源占比：{shares}",
        "bonus": "和{count}个加分项", "assumed": "假定", "official": "正式", "faults": "{name} 有 {count} 处错误", "share": "{source}{share}", "comma": "、",
        "self": "自评", "peer": "互评", "district": "区评", "survey": "测评", "community": "社区", "project": "项目",
        "scored": "{period}年度{count}个{unit}：有总分{scored}个，没有总分{unscored}个；未采用的评分{refused}处{cells}",
        "cell": "{file} {sheet} 第{row}行：{why}（{found}）", "cells": "：{listed}{more}", "more": "；等", "between": "；",
        "refused": "有{count}处数据未被采用，因而没有计入；逐项见 fundanalytics check",
        "strict": "有{count}处数据或评分未被采用（--strict）", "assumed_told": "依据假定标准试算，不作考核依据",
    },
    "en": {
        "sound": "{name} is sound: {title} ({status}), {parts} parts, {items} items{bonus}, {maximum} points; shares of the sources: {shares}",
        "bonus": " and {count} for a bonus", "assumed": "assumed", "official": "official", "faults": "{name} has {count} faults", "share": "{source} {share}",
        "comma": ", ", "self": "self", "peer": "peers", "district": "district", "survey": "survey", "community": "communities", "project": "projects",
        "scored": "{period}, {count} {unit}: {scored} with a total, {unscored} without; {refused} scores not used{cells}",
        "cell": "{file} {sheet} row {row}: {why} ({found})", "cells": ": {listed}{more}", "more": "; …", "between": "; ",
        "refused": "{count} cells or rows of the data were refused, and so are in no score; fundanalytics check lists them",
        "strict": "{count} cells, rows or scores were refused (--strict)", "assumed_told": "Trial scoring under an assumed standard, not a basis for decisions",
    },
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(rubrics, name="rubric")
    app.command("evaluate", help=t("按评价标准打分、排名，写出得分工作簿", "Score and rank by a rubric, and write the score workbook"))(evaluate)


@rubrics.command(help=t("检查评价标准：逐处列出错误；没有错误则列出概要", "Check a rubric: every fault, or a summary of a sound one"))
def check(file: RubricFile, lang: Lang = LANG) -> None:
    with errors_told(lang):
        from .measure.rubric import find_faults, load_rubric, say_fault

        words, name = WORDS[lang], Path(file).name
        faults = find_faults(file)
        if faults:
            typer.echo("\n".join([words["faults"].format(name=name, count=len(faults)), *(say_fault(fault, lang) for fault in faults)]))
            raise typer.Exit(FAILED)
        typer.echo(_summary(load_rubric(file), name, lang))


@rubrics.command(help=t("把评价标准写成工作簿（xlsx）或 YAML，供修改", "Write a rubric as a workbook (xlsx) or as YAML, to be changed"))
def export(
    file: RubricFile, out: Annotated[Path, option("--out", "输出文件：.xlsx 或 .yaml", "output file: .xlsx or .yaml")], lang: Lang = LANG
) -> None:  # fmt: skip
    with errors_told(lang):
        from .publish.files import write_whole
        from .publish.rubric_book import rubric_yaml, write_rubric_book

        _check_file(out, ".xlsx", ".yaml", ".yml")
        if out.exists():
            raise ArgumentError("file_exists", found=str(out))
        with _writable(out):
            if out.suffix.lower() == ".xlsx":
                write_rubric_book(file, out, lang)
            else:
                write_whole(rubric_yaml(file), out)
        typer.echo(str(out))


def evaluate(
    out: Annotated[Path, option("--out", "得分工作簿（.xlsx）；各表写到旁边的文件夹", "score workbook (.xlsx); its tables go to a folder beside it")],
    period: Annotated[str, option("--period", "资金年度，如 2020", "fund year, such as 2020")],
    data: Data = DATA,
    rubric: Annotated[str, option("--rubric", "评价标准：自带的名称，或 xlsx、yaml 文件", "rubric: a name that is shipped, or a file")] = "governance_fund",
    wave: Annotated[str, option("--wave", "第几次评价，默认最后一次", "wave of the assessments, by default the last")] = "",
    as_of: AsOf = "",
    rewards: Annotated[str, option("--rewards", "奖励规则（YAML），默认自带的假定规则", "reward rules (YAML), by default the assumed ones shipped")] = "",
    audience: Audience = INTERNAL,
    strict: Annotated[bool, option("--strict", "有数据或评分未被采用时以 1 退出", "exit with 1 if anything was refused")] = False,
    lang: Lang = LANG,
) -> None:
    with errors_told(lang):
        from .data.load import load
        from .measure.disclosure import AUDIENCES
        from .measure.scores import evaluate as score
        from .publish.audience import write_released_scores

        check_option("audience", audience, AUDIENCES)
        _check_file(out, ".xlsx")
        found = score(load(data), rubric, period=period, wave=wave or None, as_of=as_of or None)
        with _writable(out):
            paths = write_released_scores(found, out, rewards=rewards, audience=audience, lang=lang)
        typer.echo("\n".join(map(str, paths)))
        typer.echo(_scored(found, lang))
        if found.rubric.status == "assumed":
            typer.echo(WORDS[lang]["assumed_told"])
        for line in [*troubles(found.dataset, lang)[: -1 if len(found.dataset.refused) else None], *_refused(found, lang)]:
            typer.echo(line, err=True)
        refused = len(found.refused) + len(found.dataset.refused)
        if strict and refused:
            typer.echo(WORDS[lang]["strict"].format(count=refused), err=True)
            raise typer.Exit(FAILED)


def _check_file(out: Path, *suffixes: str) -> None:
    """Before anything is computed for it."""
    if out.is_dir():
        raise ArgumentError("out_not_a_file", found=str(out), reason="folder")
    check_option("--out", out.suffix.lower(), suffixes)


@contextmanager
def _writable(out: Path) -> Iterator[None]:
    """A place where a file cannot be written is a fault of the call."""
    from xlsxwriter.exceptions import FileCreateError

    try:
        yield
    except (OSError, FileCreateError) as error:  # the second holds the first
        reason = error if isinstance(error, OSError) else error.args[0]
        raise ArgumentError("out_not_a_file", found=str(out), reason=getattr(reason, "strerror", None) or reason) from None


def _summary(rubric: Rubric, name: str, lang: str) -> str:
    words = WORDS[lang]
    bonus = len(rubric.items) - len(rubric.base_items)
    shares = words["comma"].join(words["share"].format(source=words[source], share=f"{share:.0%}") for source, share in rubric.source_shares.items())
    return words["sound"].format(
        name=name, title=rubric.title[lang], status=words[rubric.status], parts=len(rubric.parts), items=len(rubric.base_items),
        bonus=words["bonus"].format(count=bonus) if bonus else "", maximum=f"{rubric.maximum:g}", shares=shares,
    )  # fmt: skip


def _refused(found: Evaluation, lang: str) -> list[str]:
    """Of the data, before anything was scored."""
    count = len(found.dataset.refused)
    return [WORDS[lang]["refused"].format(count=count)] if count else []


def _scored(found: Evaluation, lang: str) -> str:
    """How many have a total, and what was not used."""
    from .show.labels import label

    words, totals = WORDS[lang], found.totals[found.totals["level"].eq(found.lowest)]
    first = found.refused.head(SHOWN).to_dict("records")
    named = [words["cell"].format(**{k: "–" if v != v else v for k, v in row.items()}, why=label(row["code"], lang, "refused_score")) for row in first]
    cells = words["cells"].format(listed=words["between"].join(named), more=words["more"] if len(found.refused) > SHOWN else "") if named else ""
    scored = int(totals["total"].notna().sum())
    return words["scored"].format(
        period=found.period, count=len(totals), unit=words[found.lowest], scored=scored, unscored=len(totals) - scored, refused=len(found.refused), cells=cells
    )
