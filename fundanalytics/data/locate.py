"""Where a row belongs: its area, and what title, sheet and file name say of fund year, fund and street.

Code first, then name within the street; nothing is guessed: what may mean two things is refused with both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import near_misses
from . import schema
from .areas import Names, name_key

if TYPE_CHECKING:
    from .intake import Grid, Ledger


_RANGE = re.compile(r"\d{4}\s*年?\s*[-–—~～至]\s*\d{4}")
_ASIDE = re.compile(r"[〔\[【][^〕\]】]*[〕\]】]|《[^》]*》|(?:不含|不包括|不包含|除)[^，。；、（）()\s]*")
_YEAR_OF_TITLE = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*年(?!\s*\d{1,2}\s*月)")
_YEAR_OF_NAME = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d|\s*年?\s*\d{1,2}\s*月)")


def _years_in(text: str, pattern: re.Pattern[str]) -> set[str]:
    """The fund years that a title or name speaks of; document numbers, dates and ranges of years are none."""
    plain = _ASIDE.sub("", text)
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
    names: Names, code: str | None, name: str | None, street: str | None, period: str | None, in_street: str | None, *, named: bool
) -> tuple[str | None, str, str]:
    """(code, rule, expected): rule is blank when sure, a finding when code and name disagree, a refusal when code is None.

    ``named``: the sheet has a column for the area itself; a blank there is missing, and does not mean the whole street.
    """
    if code and code in names.called:
        if name and name_key(name) not in names.called[code]:
            return code, "code_name_differ", "、".join(sorted(names.called[code]))
        return code, "", ""
    if names.areas.empty and (code or name or street):
        return code or name or street, "", ""
    near_street = in_street
    if street:
        streets = {c for c in names.find(street, street=None, period=period) if names.level.get(c) == "street"}
        near_street = street if street in names.called else streets.pop() if len(streets) == 1 else None
        if near_street is None:
            streets_here = names.areas.loc[names.areas["level"] == "street", "area_name"]
            return None, "unknown_area", "、".join(near_misses(street, streets_here))
    wanted = name or code
    if not wanted:
        return (near_street, "", "") if near_street and not named else (None, "missing", "area")
    found = names.find(wanted, street=near_street, period=period)
    if len(found) == 1:
        return found.pop(), "", ""
    if found:
        return None, "ambiguous_area", "、".join(sorted(found))
    inside = names.areas if near_street is None else names.areas[(names.areas["parent_code"] == near_street) | (names.areas["area_code"] == near_street)]
    return None, "unknown_area", "、".join(near_misses(wanted, inside["area_name"]))
