"""Where a row belongs: its area, and what title, sheet and file name say of fund year, fund and street.

Code first, then name within the street; nothing is guessed: what may mean two things is refused with both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import schema
from .areas import Names

if TYPE_CHECKING:
    from .ledger import Grid, Ledger


_RANGE = re.compile(r"\d{4}\s*年?\s*[-–—~～至]\s*\d{4}")
_ASIDE = re.compile(r"[〔\[【][^〕\]】]*[〕\]】]|《[^》]*》|(?:不含|不包括|不包含|除)[^，。；、（）()\s]*")
_YEAR_OF_TITLE = re.compile(r"(?<!\d)((?:19|20)\d{2})(?:\s*年(?!\s*\d{1,2}\s*月)|(?<=[(（]\d{4})\s*[)）](?!\s*第?\s*\d+\s*号))")
_CHINESE_YEAR = re.compile(r"(?<![〇○零一二三四五六七八九])[一二][〇○零九][〇○零一二三四五六七八九]{2}(?=\s*年)")
_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_YEAR_OF_NAME = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d|\s*年?\s*\d{1,2}\s*月)")


def _years_in(text: str, pattern: re.Pattern[str]) -> set[str]:
    """The fund years that a title or name speaks of; document numbers, dates and ranges of years are none."""
    plain = _CHINESE_YEAR.sub(lambda year: year[0].translate(_DIGITS), _ASIDE.sub("", text))
    return set() if _RANGE.search(plain) else set(pattern.findall(plain))


def context_of(grid: Grid, names: Names | None, ledger: Ledger | None = None) -> dict[str, str]:
    """What title, sheet and file name say of all rows: fund year, fund, street. The nearest to the rows wins; if the others
    name another fund year, that is found."""
    said: dict[str, str] = {}
    told: list[str] = []
    for text, pattern in ((grid.title, _YEAR_OF_TITLE), (grid.sheet, _YEAR_OF_NAME), (grid.book, _YEAR_OF_TITLE), (grid.file, _YEAR_OF_NAME)):
        found = _years_in(text, pattern)
        told += found if len(found) == 1 else []
        funds = {code for code, words in schema.FUNDS.items() if any(w in _ASIDE.sub("", text) for w in words)}
        if len(funds) == 1:
            said.setdefault("fund", funds.pop())
        street = names.street(text) if names else None
        if street:
            said.setdefault("street", street)
    if told:
        said["period"] = told[0]
        if ledger and len(set(told)) > 1:
            ledger.find(grid, "years_differ", column="period", found=" ".join(told), expected=told[0])
    return said


def locate(
    names: Names, code: str | None, name: str | None, street: str | None, period: str | None, in_street: str | None, *, named: bool, level: str | None = None
) -> tuple[str | None, str, str]:
    """(code, rule, expected): rule is blank when sure, a finding when code and name disagree or an alias was used, a refusal when
    code is None.

    ``named``: the sheet has a column for the area itself; a blank there is missing, and does not mean the whole street.
    ``level``: what the heading of that column says its names are.
    """
    if names.areas.empty and (code or name or street):
        return code or name or street, "", ""
    near_street, rule, expected = _street(names, street, period, in_street)
    if code and code in names.called:
        outside = street is not None and near_street is not None and near_street != code and near_street not in names.parents[code]
        within = names.find(name, street=code, period=period, level=level) if name and names.level[code] == "street" else set()
        within -= {code}
        if len(within) == 1:  # the code of the street beside the name of one of its communities
            return within.pop(), "code_name_differ", names.title[code]
        if (name and not names.is_called(code, name)) or outside:
            return code, "code_name_differ", names.title[code]
        return code, "", ""
    if rule:
        return None, rule, expected
    wanted = name or code
    if not wanted:
        return (near_street, "", "") if near_street and not named else (None, "missing", "area")
    aliased = names.alias(wanted, street=near_street)
    found = aliased or names.find(wanted, street=near_street, period=period, level=level)
    if name and code and names.looks_like_ours(code):
        return None, "unknown_area", "、".join(f"{c} {names.title[c]}" for c in sorted(found))  # its name may have moved: proposed, not taken
    if len(found) == 1:
        (one,) = found
        return (one, "alias_used", names.title[one]) if aliased else (one, "", "")
    if found:
        return None, "ambiguous_area", "、".join(f"{c} {names.title[c]}" for c in sorted(found))
    return None, "unknown_area", "、".join(names.near(wanted, street=near_street))


def _street(names: Names, street: str | None, period: str | None, in_street: str | None) -> tuple[str | None, str, str]:
    """The street of a row by its own cell, else by the title; (None, rule, expected) when its cell names none, or more than one."""
    if not street or street in names.called:
        return street or in_street, "", ""
    found = names.alias(street, street=None) or names.find(street, street=None, period=period, level="street")
    found = {c for c in found if names.level.get(c) == "street"}
    if len(found) == 1:
        return found.pop(), "", ""
    streets = names.areas.loc[names.areas["level"] == "street", "area_name"]
    told = [names.title[c] for c in sorted(found)] or [t for t in names.near(street, street=None) if t in set(streets)]
    return None, "ambiguous_area" if found else "unknown_area", "、".join(told)
