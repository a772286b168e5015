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
    "bad_confidence": {
        "zh": "置信水平不正确 – 应在 0 与 1 之间（如 0.95）– 得到的是“{found}”– 请写成小数，不写成 95",
        "en": "not a confidence level – expected a number between 0 and 1, such as 0.95 – found {found!r} – write it as a share, never 95",
    },
    "not_a_share": {
        "zh": "人数与总数不符 – 人数应在 0 与总数之间 – 得到的是“{found}”– 请核对两列是否对调或口径不同",
        "en": "a count does not fit its total – expected a count from 0 to its total – found {found!r} – check whether the two are swapped or count different things",
    },
    "overlapping_periods": {
        "zh": "两个期间重叠 – 对比的两个期间不应有共同年度 – 得到的是“{found}”– 请改写其中一个",
        "en": "the two periods overlap – expected periods without a year in common – found {found!r} – change one of them",
    },
    "one_at_a_time": {
        "zh": "一次只能看一个 {name} – 表中的各行应属同一指标、口径、级别和期间 – 得到的是“{found}”– 请先筛选",
        "en": "one {name} at a time – expected rows of one indicator, basis, subset, level and period – found {found!r} – filter the table first",
    },
    "not_a_share_of_people": {
        "zh": "漏斗图只用于人数的比例 – 应为知晓率、满意率、参与率 – 得到的是“{found}”– 金额的比例请看排序图或两期对比",
        "en": "a funnel is for shares of people – expected awareness, satisfaction or participation – found {found!r} – for money see the ranking or the comparison",
    },
    "too_few_communities": {
        "zh": "示例城市的社区数不对 – 应为 1 或以上的整数 – 得到的是“{found}”– 请用 --communities 给出社区数",
        "en": "not a number of communities – expected a whole number of 1 or more – found {found!r} – give one with --communities",
    },
    "unknown_area": {
        "zh": "没有这个区域 – 应为数据中的街道、社区或区的代码或名称 – 得到的是“{found}”– {hint}（全部区域：fundanalytics list areas）",
        "en": "no such area – expected the code or name of a street, community or district in the data – found {found!r} – {hint} (all areas: fundanalytics list areas)",
    },
    "ambiguous_area": {
        "zh": "区域名称不唯一 – 应能确定一个区域 – “{found}”可以是 {expected} – 请改用代码",
        "en": "the area name is not unique – expected one area – {found!r} may be {expected} – use the code",
    },
    "unreadable_file": {
        "zh": "文件打不开 – 应为可读的表格文件 – {file}：{found} – 请检查路径和权限",
        "en": "the file cannot be opened – expected a readable table file – {file}: {found} – check its path and permissions",
    },
    "not_a_workbook": {
        "zh": "不是工作簿，或文件已损坏 – 应为 xlsx、xls、xlsb、ods 或 csv – {file} 中：{found} – 请在 Excel 中打开并另存为 xlsx",
        "en": "not a workbook, or a broken one – expected xlsx, xls, xlsb, ods or csv – in {file}: {found} – open it in Excel and save it as xlsx",
    },
    "html_workbook": {
        "zh": "这是网页，里面没有表格 – 应为工作簿，或含表格的网页 – 得到的是 {file} – 请在 Excel 中打开并另存为 xlsx",
        "en": "a web page without a table – expected a workbook, or a page with a table – found {file} – open it in Excel and save it as xlsx",
    },
    "encrypted_workbook": {
        "zh": "工作簿已加密 – 应为打开时不需要密码的工作簿 – 得到的是 {file} – 请取消密码后另存",
        "en": "the workbook is encrypted – expected one that opens without a password – found {file} – remove the password and save it again",
    },
    "empty_workbook": {
        "zh": "文件是空的 – 应至少有一张含表头的表 – 得到的是 {file} – 请确认是否选对文件",
        "en": "the file is empty – expected at least one sheet with headings – found {file} – check that it is the right file",
    },
    "no_such_sheet": {
        "zh": "{file} 没有这张工作表 – 应为 {expected} – 得到的是“{found}”– 请改正工作表名称",
        "en": "{file} has no such sheet – expected {expected} – found {found!r} – correct the name of the sheet",
    },
    "sheet_too_large": {
        "zh": "工作表过大 – 已用区域应在二千万格以内 – {file} 的“{sheet}”用到 {found} – 请删除数据以外的格子后另存",
        "en": "the sheet is too large – expected at most twenty million cells – {file}, sheet {sheet!r} reaches {found} – delete the cells outside the data and save it again",
    },
    "file_too_large": {
        "zh": "文件过大 – 应在 {expected} 以内 – {file} 为 {found} – 请按年度或街道拆分，或改用 Parquet、数据库",
        "en": "the file is too large – expected at most {expected} – {file} has {found} – split it by year or street, or use Parquet or a database",
    },
    "zip_bomb": {
        "zh": "文件解开后过大 – 表格部分应在 {expected} 以内 – {file} 中：{found} – 请向提供者核实，在 Excel 中打开，只把数据另存为 xlsx",
        "en": "the file unpacks to far too much – expected at most {expected} of tables – in {file}: {found} – ask whom it is from, open it in Excel and save only the data as xlsx",
    },
    "xml_entities": {
        "zh": "文件中有文档类型声明 – 工作簿不需要它，它可能使程序瘫痪 – 得到的是 {file} – 请向提供者核实，在 Excel 中打开并另存为 xlsx",
        "en": "the file declares a document type – no workbook needs one, and it may bring a program down – found {file} – ask whom it is from, open it in Excel and save it as xlsx",
    },
    "mixed_encoding": {
        "zh": "一个文件里有两种文字编码 – 应全部为 {expected} – {file} 第 {found} 行起不同 – 请分别打开两部分，合并后另存为 UTF-8 编码的 CSV",
        "en": "two text encodings in one file – expected {expected} throughout – {file} differs from line {found} – open the two parts apart, join them and save as CSV in UTF-8",
    },
    "bad_encoding": {
        "zh": "文字编码无法识别 – 应为 {expected} – 得到的是 {file} – 请另存为 UTF-8 编码的 CSV",
        "en": "unknown text encoding – expected {expected} – found {file} – save it as CSV in UTF-8",
    },
    "bad_csv": {
        "zh": "CSV 的引号不成对或字段过长 – 应为规范的 CSV – {file}：{found} – 请改正引号，或另存为 xlsx",
        "en": "unbalanced quotes or an overlong field in a CSV file – expected proper CSV – {file}: {found} – correct the quotes, or save it as xlsx",
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
    "as_of_before_period": {
        "zh": "截止日期早于期间 {period} – 应为 {expected} 或以后的日期 – 得到的是“{found}”– 请改写截止日期，或换一个期间",
        "en": "as_of is before period {period} – expected {expected} or later – found {found!r} – choose a later date or an earlier period",
    },
    "unknown_parameter": {
        "zh": "笔记本 {notebook} 没有这个参数 – 可用的参数为 {expected} – 得到的是“{found}”– {hint}",
        "en": "notebook {notebook} has no such parameter – it takes {expected} – found {found!r} – {hint}",
    },
    "wrong_parameter": {
        "zh": "笔记本 {notebook} 的参数 {name} 类型不符 – 应为 {expected} – 得到的是“{found}”– 请改写这个值",
        "en": "parameter {name} of notebook {notebook} has the wrong type – expected {expected} – found {found!r} – change the value",
    },
    "parameter_is_option": {
        "zh": "参数不能这样给出 – 它由整批报告统一确定 – 得到的是“{found}”– 请改用 {option}",
        "en": "this parameter is not given like that – it is the same for the whole batch – found {found!r} – use {option}",
    },
    "nothing_to_report": {
        "zh": "没有可报告的区域 – 应至少有一个区或街道 – 得到的是“{found}”– 请检查区域表（areas）在该年度是否有效",
        "en": "no area to report on – expected at least one district or street – found {found!r} – check that the areas table holds for this period",
    },
    "no_baseline": {
        "zh": "比较图缺少基期 – 应有 --baseline，如 2012-2017 – 没有给出 – 请加上基期",
        "en": "the comparison has no earlier period – expected --baseline, such as 2012-2017 – found none – add it",
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
    "out_not_empty": {
        "zh": "输出文件夹里有别的文件 – 应为新文件夹，或上次检查写出的文件夹 – 得到的是“{found}”– 请用 --out 换一个位置",
        "en": "the output folder holds other files – expected a new folder, or one that an earlier check wrote – found {found!r} – choose another place with --out",
    },
    "copy_changed": {
        "zh": "上次的标记副本已有人改动 – 应与写出时相同，以免盖掉改动 – 得到的是“{found}”– 请先把它移走，或用 --out 换一个位置",
        "en": "a marked copy was changed since it was written – expected it unchanged, so that nothing is lost – found {found!r} – move it away, or choose another --out",
    },
    "file_exists": {
        "zh": "文件已经存在 – 应为尚未使用的文件名，以免盖掉已填写的内容 – 得到的是“{found}”– 请换一个位置，或先移走该文件",
        "en": "the file exists already – expected a name not in use, so that nothing filled in is lost – found {found!r} – choose another place, or move the file away",
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
    "bad_database_url": {
        "zh": "数据库地址无法识别 – 应为如 postgresql+psycopg://用户:密码@主机/库名 或 sqlite:///文件.db – 得到的是以“{found}”开头的地址– 请核对写法（密码中的特殊字符须转义）",
        "en": "not the address of a database – expected one like postgresql+psycopg://user:password@host/name or sqlite:///file.db – found one that begins with {found!r} – check it (special characters in a password must be escaped)",
    },
    "no_database_driver": {
        "zh": "缺少数据库驱动 – {expected} 需要 Python 包 {found} – 尚未安装 – 请运行 pip install {package}",
        "en": "a database driver is missing – {expected} needs the Python package {found} – it is not installed – run pip install {package}",
    },
    "database_unreachable": {
        "zh": "数据库打不开 – 应为可以读取的数据库 – “{found}”：{reason} – 请检查地址、用户、密码和网络，确认数据库正在运行，且没有被别的程序独占",
        "en": "the database cannot be opened – expected one that can be read – {found!r}: {reason} – check address, user, password and network, that it is running and that no other program holds it",
    },
    "not_a_database": {
        "zh": "不是数据库文件 – 应为 {expected} – 得到的是“{found}”– 请检查文件，或移出数据文件夹",
        "en": "not a database file – expected {expected} – found {found!r} – check the file, or move it out of the data folder",
    },
    "mapping_exists": {
        "zh": "文件已存在，不会覆盖 – 应为新文件 – 得到的是“{found}”– 请换一个名称，或加 --force 覆盖",
        "en": "the file exists and is not overwritten – expected a new one – found {found!r} – choose another name, or overwrite it with --force",
    },
    "unknown_file_type": {
        "zh": "不能读取这种文件 – 应为 {expected} – 得到的是“{found}”– 请另存为 xlsx 或 csv",
        "en": "this kind of file cannot be read – expected {expected} – found {found!r} – save it as xlsx or csv",
    },
    "area_not_in_table": {
        "zh": "表中没有这个区域的行 – 应先对该区域计算这一指标 – 得到的是“{found}”– 请检查代码，或先计算",
        "en": "the table has no row for this area – expected the indicator to be computed for it – found {found!r} – check the code, or compute it first",
    },
    "several_rows": {
        "zh": "同一区域有不止一行 – 这张图每个区域只能有一行 – 重复的是 {found} – 请先选定一个指标、一个口径、一个期间",
        "en": "an area has several rows – this chart takes one row per area – repeated: {found} – choose one indicator, definition and period first",
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
