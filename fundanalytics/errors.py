"""Errors that say what – expected – found – do this, in Chinese or English.

Every part of the package may raise them. The texts stand here, below everything, because an error must be able to print
itself wherever it is raised; all other words a reader sees live in ``show.wording``.
"""

from __future__ import annotations

import difflib
import locale
import os
from collections.abc import Iterable

LANGS = ("zh", "en")

# code: language: what – expected – found – do this
MESSAGES: dict[str, dict[str, str]] = {
    "unknown_option": {
        "zh": "{name} 的取值无法识别 – 应为 {expected} – 得到的是“{found}”– {hint}",
        "en": "{name} is not one of the choices – expected {expected} – found {found!r} – {hint}",
    },
    "unknown_area": {
        "zh": "没有这个区域 – 应为数据中的街道、社区或区的代码或名称 – 得到的是“{found}”– {hint}",
        "en": "no such area – expected the code or name of a street, community or district in the data – found {found!r} – {hint}",
    },
    "ambiguous_area": {
        "zh": "区域名称不唯一 – 应能确定一个区域 – “{found}”可以是 {expected} – 请改用代码",
        "en": "the area name is not unique – expected one area – {found!r} may be {expected} – use the code",
    },
    "bad_period": {
        "zh": "期间无法识别 – 应为 2020 或 2018-2020 – 得到的是“{found}”– 请改写期间",
        "en": "not a period – expected 2020 or 2018-2020 – found {found!r} – rewrite the period",
    },
    "no_data_for_period": {
        "zh": "该年度没有数据 – 现有年度为 {expected} – 得到的是“{found}”– 请换一个年度，或把该年度的工作簿放入数据文件夹",
        "en": "no data for this period – there are data for {expected} – found {found!r} – choose another period, or add its workbooks to the data folder",
    },
    "bad_date": {
        "zh": "{name} 不是日期 – 应为如 2020-12-31 的日期 – 得到的是“{found}”– 请改写为年-月-日",
        "en": "{name} is not a date – expected a date such as 2020-12-31 – found {found!r} – write it as year-month-day",
    },
    "unknown_parameter": {
        "zh": "笔记本 {notebook} 没有这个参数 – 可用的参数为 {expected} – 得到的是“{found}”– {hint}",
        "en": "notebook {notebook} has no such parameter – it takes {expected} – found {found!r} – {hint}",
    },
    "wrong_parameter": {
        "zh": "笔记本 {notebook} 的参数 {name} 类型不符 – 应为 {expected} – 得到的是“{found}”– 请改写这个值",
        "en": "parameter {name} of notebook {notebook} has the wrong type – expected {expected} – found {found!r} – change the value",
    },
    "bad_pair": {
        "zh": "参数写法无法识别 – 应为 名称=值 – 得到的是“{found}”– 请写成如 -p confidence=0.9",
        "en": "parameter not understood – expected name=value – found {found!r} – write it like -p confidence=0.9",
    },
    "unknown_notebook": {
        "zh": "没有这个笔记本 – 应为 {expected}，或一个 .ipynb 文件的路径 – 得到的是“{found}”– {hint}",
        "en": "no such notebook – expected {expected}, or the path of an .ipynb file – found {found!r} – {hint}",
    },
    "no_report_for_level": {
        "zh": "这一级没有报告 – 报告按区（district）和街道（streets）编制 – 得到的是“{found}”– 请改选其所在街道，或用 --notebook 指定笔记本",
        "en": "there is no report for this level – reports exist for the district and for streets – found {found!r} – choose its street, or name a notebook with --notebook",
    },
    "out_not_a_folder": {
        "zh": "无法写入输出文件夹 – 应为可以写入的文件夹 – 得到的是“{found}”（{reason}）– 请换一个位置",
        "en": "cannot write the output folder – expected a folder that can be written – found {found!r} ({reason}) – choose another place",
    },
    "no_such_path": {
        "zh": "找不到文件夹或文件 – 应为数据所在的文件夹 – 得到的是“{found}”（已从“{where}”及其上级查找）– 请检查路径",
        "en": "no such folder or file – expected the folder that holds the data – found {found!r} (looked in {where!r} and the folders above it) – check the path",
    },
    "empty_folder": {
        "zh": "文件夹中没有数据文件 – 应有 {expected} 文件 – “{found}”中没有 – 请放入数据或改写路径",
        "en": "the folder holds no data file – expected {expected} – found none in {found!r} – put the data there or change the path",
    },
    "bad_yaml": {
        "zh": "文件不是正确的 YAML – 应为键与值 – {file} 中：{found} – 请改正后重试",
        "en": "the file is not valid YAML – expected keys and values – in {file}: {found} – correct it and try again",
    },
    "mapping_word": {
        "zh": "对照文件 {file} 中有无法识别的内容 – 应为 {expected} – 得到的是“{found}”– {hint}",
        "en": "the mapping file {file} has a word that is not known – expected {expected} – found {found!r} – {hint}",
    },
    "unknown_file_type": {
        "zh": "不能读取这种文件 – 应为 {expected} – 得到的是“{found}”– 请另存为 xlsx 或 csv",
        "en": "this kind of file cannot be read – expected {expected} – found {found!r} – save it as xlsx or csv",
    },
}


def default_lang() -> str:
    """``zh``, unless the locale names English."""
    name = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return "en" if name.lower().startswith("en") else "zh"


def near_misses(found: object, choices: Iterable[object]) -> list[str]:
    """Up to three choices that look like ``found``."""
    return difflib.get_close_matches(str(found), list(dict.fromkeys(map(str, choices))), n=3, cutoff=0.5)


def hint_for(found: object, choices: Iterable[object]) -> dict[str, str]:
    """Near misses of ``found`` as a ready sentence per language, for the part "do this"."""
    near = near_misses(found, choices)
    if not near:
        return {"zh": "请改为其中之一", "en": "use one of them"}
    return {"zh": f"是否为 {'、'.join(near)}？", "en": f"did you mean {', '.join(near)}?"}


class _Told(Exception):
    """An error known by a code and its facts; ``say`` gives the sentence."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code, self.facts = code, facts
        super().__init__(code, facts)

    def say(self, lang: str | None = None) -> str:
        lang = lang or default_lang()
        facts = {k: v[lang] if isinstance(v, dict) and set(v) == set(LANGS) else v for k, v in self.facts.items()}
        return MESSAGES[self.code][lang].format(**facts)

    def __str__(self) -> str:
        return self.say()


class DataError(_Told):
    """A file or a data set breaks the contract of ``data.schema``."""


class ArgumentError(_Told, ValueError):
    """An argument of a call is wrong. It is a ``ValueError``."""


def check_option(name: str, value: object, choices: Iterable[object]) -> None:
    """Raise ``ArgumentError`` unless ``value`` is one of ``choices``; near misses are suggested."""
    choices = list(choices)
    if value not in choices:
        raise ArgumentError("unknown_option", name=name, found=value, expected=" | ".join(map(str, choices)), hint=hint_for(value, choices))
