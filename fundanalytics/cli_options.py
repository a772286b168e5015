"""What the commands share: their options, the language of their help, and how they tell an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from .errors import ArgumentError, DataError, check_option, default_lang
from .publish.terminal import WORDS, say

DATA, PERIOD, AUDIENCE = "data/sample", "2020", "public"
WRONG_CALL = 2
LANG = default_lang()


def t(zh: str, en: str) -> str:
    return en if LANG == "en" else zh


def option(name: str, zh: str, en: str, **more: Any) -> Any:
    return typer.Option(name, help=t(zh, en), **more)


Data = Annotated[str, option("--data", "数据文件夹或文件", "data folder or file")]
Period = Annotated[str, option("--period", "资金年度，如 2020 或 2018-2020", "fund year, 2020 or 2018-2020")]
Lang = Annotated[str, option("--lang", "语言：zh 或 en", "language: zh or en")]
AsOf = Annotated[str, option("--as-of", "统计截止日期，如 2020-12-31", "cut-off date, such as 2020-12-31")]
Audience = Annotated[str, option("--audience", "给谁看：public 公开、street 街道、internal 内部", "for whom: public, street or internal")]
Out = Annotated[Path | None, option("--out", "输出位置", "where to write")]


@contextmanager
def errors_told(lang: str, told: Callable[[str], None] = say) -> Iterator[None]:
    """Faults of a call or of the data as one sentence on standard error, without a traceback."""
    try:
        check_option("lang", lang, WORDS)
        yield
    except (ArgumentError, DataError) as error:
        told(error.say(lang if lang in WORDS else None))
        raise typer.Exit(WRONG_CALL) from None
