"""The fields of a rubric's workbook: heading and words in two languages, how a value stands in a cell, and the values of a ``Rubric``.

Place in the flow: below ``rubric_sheet``, which reads the workbook by these fields, and ``publish.rubric_book``, which writes it by them, so that
what is written is read.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from ..data.schema import HONOUR_LEVELS, WORK_CLASSES
from .rubric_file import Steps

if TYPE_CHECKING:
    from .rubric import Item, Rubric

PAIRS, LISTS = ";；\n", ";；\n,，、"  # what stands between the entries of a cell
Pair = tuple[str, str]

# code → Chinese, English, by the kind of field
CODES: dict[str, dict[str, Pair]] = {
    "status": {"assumed": ("假定", "assumed"), "official": ("正式", "official")},
    "unit": {"community": ("社区", "community"), "project": ("项目", "project")},
    "source": {"self": ("自评", "self"), "peer": ("互评", "peers"), "district": ("区评", "district"), "survey": ("测评", "survey")},
    "aggregate": {"mean": ("下级平均", "mean of those below")},
    "scoring": {
        "rating": ("直接打分", "rating"), "levels": ("分级打分", "levels"), "at_least": ("不低于目标值", "at least the target"),
        "at_most": ("不高于目标值", "at most the target"), "equal": ("等于目标值", "equal to the target"), "elements": ("按要素", "elements"),
        "deduction": ("逐处扣分", "deduction"), "likert": ("等级换算", "scale of levels"), "bonus": ("逐项加分", "bonus"), "formula": ("公式得分", "formula"),
        "condition": ("条件成立", "condition"),
    },
    "value": {
        "assessments": ("评价打分", "assessments"), "panel_scores": ("评委打分", "scores of judges"), "honours": ("表彰荣誉", "honours"),
        "rectifications": ("整改问题", "problems found"), "formula": ("公式计算", "formula"),
    },
    "missing": {"others": ("由其他来源分担", "left to the others"), "zero": ("计零分", "counts 0")},
    "flag": {"true": ("是", "yes"), "false": ("否", "no")},
    "variant": {"ratio": ("按比例", "ratio")},
    "classes": {code: (words[0], code.replace("_", " ")) for code, words in WORK_CLASSES.items()},
    "scores": {code: (words[0], code) for code, words in HONOUR_LEVELS.items()},
    "levels": {"met": ("达成", "met"), "partly": ("部分达成", "partly met"), "unmet": ("未达成", "not met")},
    "unranked": {
        "small_sample": ("样本过少", "small sample"), "too_little_scored": ("评价不足", "too little scored"), "unscored_items": ("有未评项", "unscored items"),
        "rescaled": ("有不适用项", "items not applicable"), "without_self": ("缺自评", "without self"), "without_peer": ("缺互评", "without peers"),
        "without_district": ("缺区评", "without district"), "without_survey": ("缺测评", "without survey"),
    },
}  # fmt: skip


class Field(NamedTuple):
    """A cell of the workbook: the keys that lead to its value, its heading in two languages, and how it is read."""

    steps: Steps
    zh: str
    en: str
    kind: str = "text"  # text, code, number, part, list, years, pairs, or a kind of ``CODES``


def _words(key: str, zh: str, en: str) -> tuple[Field, Field]:
    return Field((key, "zh"), zh, f"{en} (Chinese)"), Field((key, "en"), f"{zh}（英文）", en)


_CODE, (_TITLE, _TITLE_EN) = Field(("code",), "代码", "Code", "code"), _words("title", "名称", "Name")
_GROUP, _EVIDENCE = _words("group", "上级指标", "Heading above"), _words("evidence", "证明材料", "Evidence")
_SOURCES = CODES["source"].items()
FIELDS: dict[str, tuple[Field, ...]] = {
    "": (
        Field(("id",), "标识", "Identifier", "code"), Field(("version",), "版本", "Version"), _TITLE, _TITLE_EN,
        Field(("document",), "文号", "Document number"), Field(("status",), "状态", "Status", "status"),
        Field(("years",), "适用年度", "Fund years", "years"), Field(("unit",), "评价对象", "What is scored", "unit"),
        Field(("decimals",), "小数位数", "Decimals", "number"), Field(("maximum",), "满分", "Maximum", "number"),
        Field(("cap",), "总分上限", "Highest total", "number"), Field(("decides",), "不适用由谁认定", "Who decides what applies", "source"),
        Field(("needed",), "至少应评比例", "Share that must be scored", "number"), Field(("aggregate",), "街道和全区得分", "Streets and district", "aggregate"),
        Field(("unranked",), "不排名的情形", "Not ranked", "unranked"),
        *(Field(("shares", code), f"核对：{zh}占比", f"Check: share of {en}", "number") for code, (zh, en) in _SOURCES), Field(("source",), "依据", "Source"),
    ),
    "parts": (_CODE, _TITLE, _TITLE_EN, Field(("points",), "分值", "Points", "number")),
    "items": (
        _CODE, _TITLE, Field(("part",), "部分", "Part", "part"), _GROUP[0], Field(("points",), "分值", "Points", "number"),
        Field(("scoring",), "计分方法", "Scoring", "scoring"), *(Field(("sources", code), zh, en.capitalize(), "number") for code, (zh, en) in _SOURCES),
        Field(("value",), "数据来源", "Value from", "value"), Field(("missing",), "缺评时", "Where missing", "missing"),
        Field(("bonus",), "加分项", "Bonus item", "flag"), Field(("options", "scale"), "量表上限", "Top of the scale", "number"),
        Field(("options", "target"), "目标值", "Target", "number"), Field(("options", "variant"), "超出目标时", "Beyond the target", "variant"),
        Field(("options", "levels"), "分级下限", "Levels from", "pairs"), Field(("options", "elements"), "要素", "Elements", "pairs"),
        Field(("options", "scores"), "等级得分", "Scores of levels", "pairs"), Field(("options", "per"), "每处扣分", "Deducted for each", "number"),
        Field(("options", "floor"), "扣分下限", "Lowest after deduction", "number"),
        Field(("options", "about"), "整改所涉评价项", "Problems about items", "list"),
        Field(("options", "expression"), "公式", "Expression"),
        _EVIDENCE[0], Field(("source",), "依据", "Source"),
        Field(("record",), "数据中的代码", "Code in the data", "code"), Field(("classes",), "适用的实施类别", "Kinds of work", "classes"),
        _TITLE_EN, _GROUP[1], _EVIDENCE[1],
    ),
    "bands": (_CODE, _TITLE, _TITLE_EN, Field(("lower",), "下限（含）", "From (inclusive)", "number")),
}  # fmt: skip
SHEETS: dict[str, Pair] = {"": ("基本信息", "About"), "parts": ("部分", "Parts"), "items": ("评价项", "Items"), "bands": ("等次", "Grades")}
# key → what the workbook calls it
KEYS: dict[str, Pair] = {"options": ("各列数值", "its numbers"), "sources": ("各来源权重", "weights of the sources"), "shares": ("占比", "shares")} | {
    f.steps[0] if f.steps[-1] in ("zh", "en") else f.steps[-1]: (f.zh, f.en) for fields in FIELDS.values() for f in reversed(fields)
} | {key: titles for key, titles in SHEETS.items() if key}  # fmt: skip
ABOUT_HEADS = ("内容", "Field")
LISTED = ("list", "years", "classes", "unranked")


def cell_of(found: Field, value: Any, lang: int) -> Any:
    """What the workbook holds for a value: numbers as numbers, codes as words."""
    if found.kind == "number":
        return value
    if found.kind == "pairs" and isinstance(value, Mapping):
        words = CODES.get(found.steps[-1], {})
        return "；".join(f"{_word(name, words, lang, PAIRS)}={_digits(number)}" for name, number in value.items())
    if found.kind in LISTED:
        words = CODES.get(found.kind, {})
        return "、".join(_word(str(entry), words, lang, LISTS) for entry in value)
    if found.kind == "flag":
        value = str(value).lower()
    return CODES.get(found.kind, {}).get(value, (value, value))[lang]


def part_codes(parts: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Title or code of a part → its code; a code goes before a title."""
    rows = [part for part in parts if "code" in part]
    titles = {str(word).strip(): part["code"] for part in rows for word in part.get("title", {}).values()}
    return titles | {part["code"]: part["code"] for part in rows}


def _digits(number: Any) -> str:
    return f"{Decimal(repr(number)):f}" if isinstance(number, float) else str(number)


def _word(name: object, words: Mapping[str, Pair], lang: int, marks: str) -> str:
    if not isinstance(name, str):
        return str(name)
    word = words[name][lang] if name in words else name
    plain = word == word.strip() and word and not re.search(rf'[{marks}="＝]', word) and number_of(word) == word
    return word if plain else '"' + word.replace('"', '""') + '"'


def number_of(cell: object) -> Any:
    """A number, 90% as .9; else what stands there."""
    if isinstance(cell, str):
        text = unicodedata.normalize("NFKC", cell).strip()
        if not re.fullmatch(r"[-+]?([0-9]{1,20}\.?[0-9]{0,20}|\.[0-9]{1,20})%?", text):
            return cell
        number = float(Fraction(text.rstrip("%")) / (100 if text.endswith("%") else 1))
    elif isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return cell
    else:
        number = float(cell)
    return int(number) if number.is_integer() else number


# --- a rubric → values -------------------------------------------------------------------------------------------------


def plain(rubric: Rubric) -> dict[str, Any]:
    """The values that the YAML of a rubric gives."""
    keys = ("id", "version", "title", "document", "status", "unit", "decimals", "maximum", "cap", "decides", "needed", "aggregate", "source")
    said = {key: getattr(rubric, key) for key in keys} | {"years": list(rubric.years), "unranked": list(rubric.unranked)}
    parts = [{"code": p.code, "title": dict(p.title), "points": p.points} for p in rubric.parts]
    bands = [{"code": b.code, "title": dict(b.title), "lower": b.lower} for b in rubric.bands]
    return said | {"parts": parts, "bands": bands, "items": [_plain_item(item) for item in rubric.items]}


def _plain_item(item: Item) -> dict[str, Any]:
    keys = ("code", "part", "points", "scoring", "value", "missing", "bonus", "source")
    said = {key: getattr(item, key) for key in keys} | {"title": dict(item.title), "options": dict(item.options), "sources": _weights(item.sources)}
    more = {"record": item.record if item.record != item.code else "", "classes": list(item.classes), "group": dict(item.group)}
    return said | {key: value for key, value in (more | {"evidence": dict(item.evidence)}).items() if value}


def _weights(sources: Mapping[str, float]) -> dict[str, float]:
    """Weights in whole numbers (1:2:4) where these are the same."""
    shares = {name: Fraction(weight).limit_denominator(10_000) for name, weight in sources.items()}
    common = math.lcm(*(share.denominator for share in shares.values()))
    whole: dict[str, float] = {name: int(share * common) for name, share in shares.items()}
    same = all(whole[name] / sum(whole.values()) == weight for name, weight in sources.items())
    return whole if same else dict(sources)
