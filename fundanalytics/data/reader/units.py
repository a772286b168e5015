"""Which unit of money a title, a note or a heading states. Pure: text in, name of a unit out.

Place in the flow: ``layout`` asks here for every sheet and heading. What names a unit but leaves it open (two units, a foreign
currency) is ``UNCLEAR``, never yuan: an amount read in the wrong unit is wrong by ten thousand and looks like any other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from .. import schema

UNCLEAR = "?"
_POWERS = {"": 0, "十": 1, "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "十亿": 9, "百亿": 10}
UNIT_FACTORS: dict[str, float] = {f"{scale}元": 10**power for scale, power in _POWERS.items()}
UNIT_FACTORS |= {"仟元": 1_000, "萬元": 10**4, "百萬元": 10**6, "億元": 10**8, "角": 0.1, "分": 0.01}

# signs that headings of ledgers are written with, traditional and simplified
_PAIRS = (
    "項项編编號号稱称預预額额單单價价區区備备註注類类別别業业務务經经費费資资實实際际員员總总計计數数級级開开驗验縣县鄉乡鎮镇鄰邻裡里會会議议題题環环節节權权責责"
    "發发佈布圍围標标準准聯联繫系電电話话時时間间劃划撥拨領领導导隊队組组織织參参與与戶户滿满評评審审訂订約约簽签書书補补貼贴應应負负債债餘余結结轉转進进狀状"
    "態态質质據据來来動动層层體体養养護护園园場场點点設设購购機机構构關关係系辦办處处歲岁證证憑凭帳账匯汇萬万億亿圓圆幣币臺台國国齡龄觀观衆众眾众廠厂協协"
)
_SIMPLIFIED = str.maketrans(_PAIRS[::2], _PAIRS[1::2])
_ENGLISH_BEHIND = re.compile(r"(.*[\u4e00-\u9fff）)])\s*[A-Za-z][A-Za-z ,.'&()/\-]*")
_SIMPLE = str.maketrans("萬億仟佰拾圓圆單幣臺爲", "万亿千百十元元单币台为", "\u200b\u200c\u200d\u2060\ufeff")
_SCALE = "[十百千]?[万亿]|[十百千]"
_CURRENCY = r"(?:人民币|新?台币|rmb|cny|[¥￥])"
# names of the unit of an amount; a scale alone (万) counts only where the word 单位 or a bracket of a heading says that it is one
_NAME = rf"(?:{_CURRENCY}[:()]?)?(?:((?:{_SCALE}|10+)?元|[角分])|([十百千]?[万亿]|千)){_CURRENCY}?"
_FOREIGN = re.compile(r"(?:[十百千]?[万亿]|[十百千])?(?:[美欧日港澳加英韩]元|[美日港外]币|英镑|美金|usd|eur|hkd|jpy|gbp|元角分?)|" + _CURRENCY, re.IGNORECASE)
_NO_YUAN = re.compile(r"(?:[单公纪住多]|一)元|单元")
_STATED = re.compile(r"(?P<before>[^\W\d]{0,4})单位(?:[均都]?[为是])?[:;]*\s*(?=(?P<said>[^\s。;]+))")
_IN_WORDS = re.compile(r"[以按用]([^\s,。;]{1,10}?)(?:为(?:金额|计量)?单位|计[算价量]?(?:$|[,。;)])|[表列]示|填[报列写])")
_MONEY_LABEL = re.compile(r"(?:金额|资金|币种|货币|计价|本位币)[^:]{0,4}[:;](.+)")
_LABEL = re.compile(r"[^:;]{1,10}[:;](.+)")
_BRACKETS = re.compile(r"[\[(【]([^()\[\]【】]*)[\])】]")
_BIG = rf"(?:{_CURRENCY})?(?:{_SCALE})元"
_TRAILING = re.compile(rf"^(.+?)\s*(?:({_BIG})|[/,:;]\s*((?:{_CURRENCY})?(?:{_SCALE})?元|%))$", re.IGNORECASE)
_QUANTITY = re.compile(r"(?:^|(?<=[、,;/|]))(?:金额|资金|经费|人口|人数|户数|面积|数量|项目数?):")  # 金额：万元，人口：人
_PER = re.compile(r"[元万亿]/(?:人次?|户次?|个|项|次|份|家|场|年|月|[㎡米])|[元万亿]每")
_UNIT_WORD = re.compile(r"^(?:金额|计量|计价|货币)?单位[为是]?[:;]?")
_COUNTS = re.compile(r"人次?|户|个|项|次|份|家|场|%")
_SCALED_WORD = re.compile(r"[百千万亿]+(?:人次?|户次?|个|项|次|份|家|场)")
# 人口（万人） is not our 人口: dropping that unit would be wrong by ten thousand
_SCALED_COUNT = re.compile(r"[\[(（]([百千万萬亿億]+[^元圆圓)）\]]{1,2})[\])）]")
_ORGANISATION = re.compile(r"[^\W\d_a-z]$")  # 填报单位, 责任单位: what follows is a name
_OF_MONEY = re.compile(r"(?:金额|计量|计价|货币|资金|数据|统计|币种|人民币|均?以|注|表)$")


def fold(text: str) -> str:
    """Text as units are read: full width and traditional signs folded, no space or thousands mark inside a unit."""
    text = unicodedata.normalize("NFKC", text).translate(_SIMPLE).lower()
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"(?<=单) +(?=位)|(?<=[十百千万亿0]) +(?=元)|(?<=币) +(?=[十百千万亿元])|(?<=rmb) +|(?<=cny) +", "", text)
    return re.sub(r"\s*([/、])\s*", r"\1", text)


def _name(token: str, *, bare: bool) -> str | None:
    """The unit that a whole word names; None when it names none."""
    found = re.fullmatch(_NAME, token.rstrip("):"))
    if found and found[1]:
        digits = re.match(r"10+", found[1])
        scale = list(_POWERS)[len(digits[0]) - 1] if digits and len(digits[0]) <= len(_POWERS) else found[1].removesuffix("元")
        return found[1] if found[1] in ("角", "分") else f"{scale}元" if f"{scale}元" in UNIT_FACTORS else UNCLEAR
    if found and bare:
        return f"{found[2]}元" if f"{found[2]}元" in UNIT_FACTORS else UNCLEAR
    return UNCLEAR if _FOREIGN.fullmatch(token) else None


def _of_words(said: str, *, bare: bool = True, whole: bool = False) -> str | None:
    """The one unit among words set off by marks; two are unclear. ``whole``: None unless every word is a unit."""
    if name := _name(said, bare=bare):
        return name
    words = [w for w in re.split(r"[、,;:/()\[\]|和或及与]+", _UNIT_WORD.sub("", said)) if w and not _COUNTS.fullmatch(w)]
    if len(words) > 1:  # 人民币 beside 万元 says which yuan
        words = [w for w in words if not re.fullmatch(_CURRENCY, w, re.IGNORECASE)] or words
    names = [_name(w, bare=bare) for w in words]
    if whole and None in names:
        return None
    return _one(names)


def _one(names: Iterable[str | None]) -> str | None:
    found = set(names) - {None}
    return None if not found else found.pop() if len(found) == 1 else UNCLEAR


def _stated(line: str) -> str | None:
    """Where the word 单位 says it, or 以…为单位."""
    names = []
    for found in _STATED.finditer(line):
        name = _of_words(found["said"])
        organisation = _ORGANISATION.search(found["before"]) and not _OF_MONEY.search(found["before"])
        names.append(None if name == UNCLEAR and organisation else name)
    return _one([*names, *(_of_words(words[1], whole=True) for words in _IN_WORDS.finditer(line))])


def _bracketed(line: str) -> str | None:
    """（万元） behind a title. A scale alone, points or an amount (10000元) there name a unit too loosely."""
    names = []
    for found in _BRACKETS.finditer(line):
        said = _QUANTITY.sub("", found[1])
        name = _of_words(said, whole=True)
        loose = name and (name in ("角", "分") or re.search(r"\d", said) or _of_words(said, bare=False, whole=True) is None)
        names.append(UNCLEAR if loose else name)
    return _one(names)


def _alone(cell: str) -> str | None:
    """万元 in a cell of its own, or behind a label: 金额：万元."""
    cell = cell.strip().strip("()[]【】")
    behind = _LABEL.fullmatch(cell)
    if behind and re.search(r"\d", behind[1]):
        return None
    name = _of_words((behind[1] if behind else cell).strip(), bare=False, whole=True)
    if name == UNCLEAR and behind and not _MONEY_LABEL.fullmatch(cell):
        return None
    if re.fullmatch(_CURRENCY, behind[1].strip() if behind else cell):
        return None  # 币种：人民币 says nothing about thousands
    return UNCLEAR if name in ("角", "分") else name


def stated_unit(rows: Iterable[list[Any]], *, in_words: bool = False) -> str | None:
    """The unit that stands nearest to the headings, ``rows`` being the cells of the lines above; in notes only as a statement."""
    lines = [[fold(str(c)) for c in row if c is not None] for row in rows]
    lines.reverse()
    for line in lines:
        if name := _stated(" ".join(line)):
            return name
    if in_words:
        return None
    for read in (_bracketed, _alone):
        for line in lines:
            if name := _one(read(cell) for cell in line):
                return name
    return None


@lru_cache(maxsize=20_000)
def scaled_counts(text: str) -> bool:
    """Whether the lines above or below a table state thousands of what is counted in it: 单位：万人, （万户）."""
    folded = fold(text)
    said = [found["said"] for found in _STATED.finditer(folded)] + _BRACKETS.findall(folded)
    return any(_SCALED_WORD.fullmatch(word) for words in said for word in re.split(r"[、,;:/()|和或及与]+", words))


@lru_cache(maxsize=20_000)
def unit_of(text: str) -> str | None:
    """The unit of a heading: in brackets, behind its name, or all of it."""
    folded = fold(text)
    if only_unit(text):
        return _of_words(re.sub(r"[()\[\]【】]", "", folded)) or ("%" if "%" in folded else None)
    names = [UNCLEAR if _PER.search(said) else _of_words(said) or _leftover(said) for said in (found[1].strip() for found in _BRACKETS.finditer(folded))]
    if name := _one(names):
        return name
    if trailing := _TRAILING.match(folded):
        before = re.search(r"[/,、](?:[^/,、]*?)((?:[十百千]?[万亿])?元)$", f"/{trailing[1]}")
        word = trailing[2] or trailing[3]
        return UNCLEAR if before else "%" if word == "%" else _name(word, bare=False)
    return None


def _leftover(said: str) -> str | None:
    """A bracket that ``schema.heading_key`` drops as a unit although nobody knows which."""
    if said.endswith("%"):
        return "%"
    return UNCLEAR if said.endswith(("元", "币")) and not _NO_YUAN.search(said) else None


@lru_cache(maxsize=20_000)
def only_unit(text: str) -> bool:
    """Whether a cell under or among headings holds nothing but a unit."""
    folded = _UNIT_WORD.sub("", re.sub(r"\s", "", fold(text)).strip("()[]【】"))
    return bool(folded) and (_COUNTS.fullmatch(folded) is not None or _of_words(folded, whole=True) is not None)


@lru_cache(maxsize=20_000)
def keys_of(text: str) -> tuple[str, ...]:
    """The keys of one heading text: as it is, without a unit written behind it; simplified, and without English, where that is known."""
    if _SCALED_COUNT.search(text):
        return (schema.heading_key(_SCALED_COUNT.sub(r"\1", text)),)
    trailing = _TRAILING.match(fold(text))
    keys = [schema.heading_key(text), *([schema.heading_key(trailing[1])] if trailing else [])]
    chinese = _ENGLISH_BEHIND.fullmatch(text)
    more = [key.translate(_SIMPLIFIED) for key in (*keys, *([schema.heading_key(chinese[1])] if chinese else []))]
    return tuple(dict.fromkeys([*keys, *(key for key in more if key in schema.known_headings())]))
