"""Chinese numerals → digits. Pure; cn2an is imported only when a text holds some.

Place in the flow: ``parse`` and ``dates`` come here with what they cannot read in digits. A numeral counts only if its value,
written out again, gives the same numeral: 一百五 (105 or 150), 三四十 and 一二三 do not, and 一 alone may be a dash.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_FORMAL = str.maketrans("壹贰弍叁肆伍陆柒捌玖拾佰仟〇两", "一二二三四五六七八九十百千零二")
_LARGE = {"亿": 10**8, "万": 10**4, "千": 1000, "百": 100}
_DIGITS = str.maketrans("零〇一二三四五六七八九", "00123456789")
_RUN = re.compile("[零〇一二两三四五六七八九十百千万亿点壹贰弍叁肆伍陆柒捌玖拾佰仟]+")
_SMALL = {
    ("" if n < 20 else "二三"[n // 10 - 2]) + ("十" if n > 9 else "") + ("" if n % 10 == 0 else "一二三四五六七八九"[n % 10 - 1]): n for n in range(1, 32)
}
_SMALL |= {"廿" + "一二三四五六七八九"[n - 1]: 20 + n for n in range(1, 10)} | {"廿": 20, "卅": 30, "卅一": 31}
_DATE_PART = re.compile("([零〇一二三四五六七八九]{4}(?=年|$))|([一二三四五六七八九十廿卅]{1,3})(?=[月日号])")


@cache
def _both_ways() -> tuple[Any, Any]:
    from cn2an import An2Cn, Cn2An

    return Cn2An(), An2Cn()


def _whole(text: str) -> int | None:
    """The value of a numeral without 点, or None."""
    reader, writer = _both_ways()
    try:
        value = int(reader.cn2an(text, "normal"))
        again = writer.an2cn(value)
    except ValueError:
        return None

    def bare(numeral: str) -> str:
        return numeral.replace("零", "").replace("一十", "十")

    return value if bare(text) == bare(again) and (value or text == "零") else None


def _run(text: str) -> str | None:
    """One numeral as digits, or None."""
    plain = text.translate(_FORMAL)
    if "点" in plain:
        before, _, after = plain.partition("点")
        scale = {"万": 4, "亿": 8}.get(after[-1:], 0)
        places = (after[:-1] if scale else after).translate(_DIGITS)
        value = _whole(before)
        if value is None or not places.isdigit():
            return None
        places = places.ljust(scale, "0")
        return f"{value}{places[:scale]}.{places[scale:]}".rstrip(".")
    value = _whole(plain)
    return None if value is None else str(value)


def in_digits(text: str) -> tuple[str, int] | None:
    """A squeezed text with its numerals as digits, and the largest of 千, 万 and 亿 in it (else 1); None when it has none or an unsure one."""
    if text in ("一", "两") or re.search(r"\d", text):
        return None
    runs = [(m.span(), _run(m[0])) for m in _RUN.finditer(text)]
    if not runs or any(digits is None for _, digits in runs):
        return None
    scale = next((factor for sign, factor in _LARGE.items() if sign in text.translate(_FORMAL)), 1)
    for (start, end), digits in reversed(runs):
        text = f"{text[:start]}{digits}{text[end:]}"
    return text, scale


def date_in_digits(text: str) -> str:
    """二〇二〇年三月五日 → 2020年3月5日; what is no part of a date stays."""

    def part(found: re.Match[str]) -> str:
        if found[1]:
            return found[1].translate(_DIGITS)
        return str(_SMALL.get(found[2], found[2]))

    return _DATE_PART.sub(part, re.sub("(?<=[二零〇一])[o0](?=[二零〇一o0年]|$)", "〇", text))
