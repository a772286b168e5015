"""Identity numbers, telephone numbers, bank cards and names: found, masked, never kept.

Place in the flow: ``load`` gives every block here before anything of it is shown or kept. A column that its heading says is of
people (姓名, 联系电话, 身份证号, 家庭住址), or whose cells are such numbers, is starred; where it is a key (答卷编号 filled with
identity cards) each cell is replaced by its hash, so that rows stay distinct. Amounts are never looked at; names in free text
cannot be told from other words and are not looked for.

``participants`` are always hashed: HMAC-SHA256 with a random key that lies in the user's own configuration folder, so the same
person is the same in every file that this user reads, and nobody else can try names against it.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import identity, parse, schema
from .identity import masked

if TYPE_CHECKING:
    from .ledger import Grid, Ledger
    from .mapping import Plan

__all__ = ["HASHED", "hashed", "kind_said", "mask", "masked"]

HASHED = frozenset({"person_key", "household_key"})
ANSWERS = frozenset({"participants", "responses", "surveys", "response_counts", "panel_scores"})
KEY_BYTES, BLOCK, TOKEN = 32, 64, 32  # bytes of the key and of a block of SHA-256; hex digits of a hash
MOST = 0.8  # of a key column's cells are telephones, or names: then it is a column of them
HALF = 0.5  # of the long numbers of a column prove themselves: then they are what they look like
SMALLEST = 1e9  # no telephone with its area code is less
LOOK = 20_000  # keys looked at
NAMED = 10  # cells named one by one in a finding

_HEADINGS = {
    "name": r"姓名|名字|联系人|受访人|受访者|被访人|被访者|访问对象|户主|填表人|填报人|制表人|审核人|复核人|经办人|负责人|责任人|法定代表人|法人代表|法人"
    r"|签名|签字|签到人|参会人员?|参与人|参加人员?|居民代表|调查员|访员|报名人|申请人|收款人|领款人|respondent|contactperson|fullname",
    "phone": r"电话|手机|联系方式|联系号码|微信|微信号|phone|mobile|telephone|cellphone|wechat",
    "id_card": r"身份证|身份证件|身份证明|证件号|公民身份|idcard|idnumber|identitycard",
    "bank_card": r"银行卡|卡号|bankcard|cardnumber",
    "address": r"住址|家庭地址|居住地址|详细地址|通讯地址|联系地址|户籍地址|门牌号?|房号|homeaddress",
    "email": r"邮箱|电子邮件|email",
}
_OF_PEOPLE = {kind: re.compile(rf"(?:.*(?:{words})|tel|qq)(?:号码?|签字)?(?:\(.*\))?") for kind, words in _HEADINGS.items()}
_MONEY = re.compile(r"[金余]额|资金|[预决]算|支出|支付|收入|合同|费|价|款|amount|budget|cost|price|yuan")
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊"
    "白孟秦邱侯江尹薛闫雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖庞樊兰殷施洪翟安颜倪牛温芦季俞章鲁葛伍申尤毕聂柴焦向柳邢岳齐梅莫庄辛管祝左涂"
)
_PERSON = re.compile(r"[一-鿿]{2,3}|[一-鿿]{2,6}·[一-鿿]{2,6}")


def mask(grid: Grid, plans: list[Plan], ledger: Ledger) -> None:
    """Mask people's data in the cells of a block that feeds ``plans``, in place, and write down where they stood."""
    uses: dict[int, list[tuple[str, str, str]]] = {}
    for plan in plans:
        kinds = {c.name: c.kind for c in schema.TABLES[plan.table].columns}
        for name, source in plan.sources.items():
            for index in {*source.index, *source.fields.values()}:
                uses.setdefault(index, []).append((plan.table, name, kinds.get(name, "number" if name.startswith("q_") else "area")))
    answers = any(plan.table in ANSWERS for plan in plans)
    for heading in grid.headings:
        used = uses.get(heading.index, [])
        if heading.index not in grid.columns or (used and all(name in HASHED for _, name, _ in used)):
            continue
        change = _change(heading, used, answers, grid.columns[heading.index], ledger)
        if change:
            _replace(grid, heading, used, change, ledger)


Change = tuple[str, Callable[[Any], "tuple[str, str] | None"]]  # "masked" or "hashed"; a cell → its kind and what stands there now


def _change(heading: Any, used: list[tuple[str, str, str]], answers: bool, cells: Any, ledger: Ledger) -> Change | None:
    """What is to be done with a column, if anything."""
    kinds = {kind for _, _, kind in used}
    code = "code" in kinds
    if "money" in kinds or (kinds and kinds <= {"date", "choice", "flag", "share", "area", "period"}):
        return None
    said = kind_said(heading)
    if said and (answers or used or said not in ("name", "address")) and kinds <= {"code", "text", "list"}:
        return ("hashed" if code else "masked"), lambda cell: _whole_cell(cell, said, code, ledger)
    if code:  # what a key column is made of, a part of it tells
        cells = list(islice(_distinct(cells), LOOK))
    texts = _worth_a_look(cells)
    if kinds & {"number", "count", "level"}:
        return ("masked", _number_cell) if texts and answers else None
    if code:
        kind = _key_kind(texts, used, answers, cells)
        return ("hashed", lambda cell: _key_cell(cell, kind, ledger)) if kind else None
    if not texts or (not used and (heading.unit or _MONEY.search(schema.heading_key(heading.text)))):
        return None
    proven = _proven(texts)
    return "masked", lambda cell: _text_cell(cell, proven)


def kind_said(heading: Any) -> str | None:
    """What a heading says of people; headings of our own tables say nothing of the kind."""
    keys = [k for k in (schema.heading_key(heading.text), *heading.keys) if k not in schema.known_headings()]
    return next((kind for kind, words in _OF_PEOPLE.items() if any(words.fullmatch(k) for k in keys)), None)


def _text(cell: Any) -> str:
    """A cell as text; blank is empty. A telephone typed as a number loses its ".0"."""
    read = parse.parse_text(int(cell) if isinstance(cell, float) and cell.is_integer() else cell)
    return "" if read.value is None and read.how != "refused" else str(cell if read.value is None else read.value)


def _distinct(cells: Any) -> Iterable[Any]:
    return cells.dropna().unique().tolist() if isinstance(cells, pd.Series) else dict.fromkeys(cells)


def _worth_a_look(cells: Any) -> list[str]:
    """The distinct cells that may hold such a number: one search over all of them answers for nearly every column."""
    if isinstance(cells, pd.Series) and not pd.api.types.is_string_dtype(cells) and not (pd.api.types.is_numeric_dtype(cells) and cells.max() >= SMALLEST):
        return []
    distinct = _distinct(cells)
    texts = [c for c in distinct if c.__class__ is str]
    texts += [_text(c) for c in distinct if isinstance(c, (int, float)) and not isinstance(c, bool) and c >= SMALLEST]
    return [t for t in texts if identity.may_hold(t)] if texts and identity.may_hold("|".join(texts)) else []


def _proven(texts: list[str]) -> frozenset[str]:
    """Kinds that a column's bare numbers really are: a code of 18 digits passes a check digit once in ten times, by chance."""
    bare = Counter(len(d) for d in (re.sub(r"[\s-]", "", t) for t in texts) if re.fullmatch(r"\d{15,19}|\d{17}[xX]|\d{11}", d))
    found = Counter((f.kind, len(f.digits)) for f in map(identity.whole, texts) if f)
    return frozenset(f"{kind}{size}" for (kind, size), count in found.items() if count >= HALF * bare[size])


def _key_kind(texts: list[str], used: list[tuple[str, str, str]], answers: bool, cells: Any) -> str | None:
    """What a key column is made of, if of people: identity cards anywhere; telephones and names among answers only."""
    proven = _proven(texts)
    if "id_card18" in proven:
        return "id_card"
    if not answers or not any(table in ANSWERS and not name.endswith(("event_id", "project_id")) for table, name, _ in used):
        return None
    every = [t for t in map(_text, _distinct(cells)) if t]
    if "phone11" in proven or (every and sum(bool(f and f.kind == "phone") for f in map(identity.whole, texts)) >= MOST * len(every)):
        return "phone"
    judges = any(name == "judge" for _, name, _ in used)
    return "name" if judges and every and sum(_is_name(t) for t in every) >= MOST * len(every) else None


def _is_name(text: str) -> bool:
    return text[0] in _SURNAMES and _PERSON.fullmatch(text) is not None


def _whole_cell(cell: Any, kind: str, code: bool, ledger: Ledger) -> tuple[str, str] | None:
    """A cell of a column whose heading says what it is."""
    text = _text(cell)
    if not text or (kind in ("name", "address") and not any(c.isalpha() for c in text)):
        return None
    if code:
        return kind, token(text, ledger)
    digits = re.sub(r"\D", "", text)
    return kind, identity.starred(digits) if kind in ("phone", "id_card", "bank_card") and len(digits) > 6 else identity.STARS


def _key_cell(cell: Any, kind: str, ledger: Ledger) -> tuple[str, str] | None:
    text = _text(cell)
    found = identity.whole(text) if kind != "name" else None
    digits = re.sub(r"[\s-]", "", text)
    wrong = kind == "id_card" and re.fullmatch(r"\d{17}[\dxX]", digits)  # beside right ones: mistyped, and no less of a person
    return (kind, token(text, ledger)) if text and (kind == "name" or (found and found.kind in ("id_card", "phone")) or wrong) else None


def _number_cell(cell: Any) -> tuple[str, str] | None:
    """Among answers, a telephone where a number should stand."""
    found = identity.whole(_text(cell))
    return (found.kind, identity.starred(found.digits)) if found else None


def _text_cell(cell: Any, proven: frozenset[str]) -> tuple[str, str] | None:
    text = _text(cell)
    if not identity.may_hold(text):
        return None
    alone = identity.whole(text)
    if alone:
        return (alone.kind, identity.starred(alone.digits)) if f"{alone.kind}{len(alone.digits)}" in proven else None
    found = identity.find(text)
    shown = masked(text)
    return ((found[0].kind if found else "email"), shown) if shown != text else None


def _replace(grid: Grid, heading: Any, used: list[tuple[str, str, str]], change: Change, ledger: Ledger) -> None:
    """Put the changed cells in place of a column's own, and say so once."""
    how, one = change
    cells = grid.columns[heading.index]
    made = {cell: one(cell) for cell in _distinct(cells)}
    changed = {cell: told for cell, told in made.items() if told}
    if not changed:
        return
    values = cells.tolist() if isinstance(cells, pd.Series) else list(cells)
    at = [i for i, cell in enumerate(values) if cell in changed]
    kinds = Counter(changed[values[i]][0] for i in at)
    grid.columns[heading.index] = [changed[cell][1] if cell in changed else cell for cell in values]
    numbers = [int(grid.numbers[i]) for i in at]
    first, last = grid.cell(numbers[0], heading.index), grid.cell(numbers[-1], heading.index)
    places = "、".join(grid.cell(n, heading.index) for n in numbers[:NAMED]) + ("…" if len(numbers) > NAMED else "")
    name = used[0][1] if used else masked(str(heading.text))
    ledger.find(grid, "personal_data", table=used[0][0] if used else "", column=name, cell=first, expected=how,
                found="; ".join(f"{kind} × {count}" for kind, count in kinds.most_common()),
                detail=f"{first}:{last}" if len(numbers) > 1 and at[-1] - at[0] == len(at) - 1 else places)  # fmt: skip


# --- hashing -----------------------------------------------------------------------------------------------------------
def hashed(values: Any, ledger: Ledger) -> Any:
    """Keys of people → 32 hex digits each; blank stays blank. The same key gives the same digits however it is typed."""
    codes, distinct = pd.factorize(np.asarray(values, dtype="object"), use_na_sentinel=True)
    tokens = _tokens(distinct.tolist(), _key(ledger)) if len(distinct) else []
    return pd.array(np.array([*tokens, None], dtype="object")[codes], dtype="str")


def token(text: str, ledger: Ledger) -> str:
    """The hash of one key."""
    return _tokens([text], _key(ledger))[0]


def _tokens(texts: list[str], key: bytes) -> list[str]:
    """HMAC-SHA256 of each (RFC 2104), the first half of it; the key's own two blocks are hashed once, which halves the time."""
    inner, outer = (hashlib.sha256(bytes(b ^ pad for b in key.ljust(BLOCK, b"\0"))) for pad in (0x36, 0x5C))
    tokens = []
    for text in texts:
        first, second = inner.copy(), outer.copy()
        first.update(_folded(text).encode("utf-8", "surrogatepass"))
        second.update(first.digest())
        tokens.append(second.hexdigest()[:TOKEN])
    return tokens


def _folded(text: str) -> str:
    """A key as it is compared: full width, space and case do not make another person; nor do the dashes of a telephone."""
    if text.isascii() and text.isalnum() and not text[:-1].isdigit():
        return text.lower()
    plain = "".join(unicodedata.normalize("NFKC", str(text)).casefold().split())
    number = identity.whole(plain) if len(plain) > 10 and identity.may_hold(plain) else None
    return identity.mobile(number.digits).casefold() if number else plain


def _key(ledger: Ledger) -> bytes:
    """The user's own key; where none can be kept, one for this process, and a finding."""
    try:
        return read_key(key_path())
    except (OSError, ValueError):
        if not any(told["code"] == "no_hash_key" for told in ledger.findings):
            blank = dict.fromkeys(("file", "sheet", "cell", "expected", "detail"), "")
            ledger.findings.append(blank | {"table": "participants", "column": "person_key", "code": "no_hash_key", "found": ""})
        return _key_of_process()


def key_path() -> Path:
    """Where the user's own key lies, or will."""
    import platformdirs

    return Path(platformdirs.user_config_dir("fundanalytics", appauthor=False)) / "person_key"


@cache
def _key_of_process() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def read_key(path: Path) -> bytes:
    """The key in ``path``, made there if there is none. Of several processes that start at once one makes it and all read it."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES))
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        except OSError:  # no hard links here
            if not path.exists():
                os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
    key = bytes.fromhex(path.read_text("ascii"))
    if len(key) != KEY_BYTES:
        raise ValueError(path.name)
    return key
