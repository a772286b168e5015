"""The area tree, names, and the crosswalk between editions.

An area is known by its code; a name may stand for it where it is unambiguous. Communities were redrawn inside the period
that reports compare, so a row keeps the code of its time and is brought to a later edition only when figures are summed.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pandas as pd

from ..errors import ArgumentError, hint_for

if TYPE_CHECKING:
    from .dataset import Dataset

LEVELS = ("district", "street", "community")
_SUFFIX = re.compile(r"(社区居民委员会|社区居委会|社区居委|筹委居委会|村民委员会|村委会|居委会|社区|街道办事处|街道|街办|村)$")
# glyphs that official lists use for one another
_VARIANTS = str.maketrans({"郞": "郎", "鳯": "凤", "鳳": "凤", "裏": "里", "裡": "里"})


def years(period: str) -> list[str]:
    """``2018-2020`` → the three years; ``2020`` → one. ``ArgumentError`` on anything else."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", str(period).strip())
    if not match or (match[2] and match[2] < match[1]):
        raise ArgumentError("bad_period", found=period)
    return [str(y) for y in range(int(match[1]), int(match[2] or match[1]) + 1)]


def period_end(period: str) -> pd.Timestamp:
    """31 December of the period's last year."""
    return pd.Timestamp(int(years(period)[-1]), 12, 31)


def edition(areas: pd.DataFrame, date: pd.Timestamp | str) -> pd.DataFrame:
    """The areas valid on ``date``, one row per code; blank limits are open."""
    date = pd.Timestamp(date)
    began = areas["valid_from"].isna() | (areas["valid_from"] <= date)
    lasts = areas["valid_to"].isna() | (areas["valid_to"] >= date)
    return areas[began & lasts].drop_duplicates("area_code", keep="last").reset_index(drop=True)


def ancestor(areas: pd.DataFrame, by: str) -> dict[str, str]:
    """Code → code of its ancestor (or itself) at level ``by``, for one edition; absent where there is none."""
    level = dict(zip(areas["area_code"], areas["level"], strict=True))
    parent = dict(zip(areas["area_code"], areas["parent_code"], strict=True))
    found: dict[str, str] = {}
    for code in level:
        at = code
        for _ in LEVELS:
            if at in level and level[at] != by:
                at = parent[at]
        if level.get(at) == by:
            found[code] = at
    return found


def to_edition(frame: pd.DataFrame, dataset: Dataset, period: str, *, columns: list[str]) -> pd.DataFrame:
    """``frame`` (with ``area_code``, ``period``) in the codes valid at ``period``'s end, ``columns`` times the crosswalk's share.

    A row of a fund year before a change, or with a code that no longer holds, is carried over; others stay. A code that was
    split gives one row per part; a chain of changes is followed. A code that leads nowhere stays, so that nothing is lost.
    """
    end = period_end(period)
    valid = set(edition(dataset.areas, end)["area_code"])
    steps = dataset.crosswalk[dataset.crosswalk["effective_from"] <= end].sort_values("effective_from")
    for effective, step in steps.groupby("effective_from", sort=True):
        older = frame["period"].astype("int64") < effective.year
        moved = frame["area_code"].isin(set(step["old_code"])) & (older | ~frame["area_code"].isin(valid))
        if not moved.any():
            continue
        part = frame[moved].merge(step[["old_code", "new_code", "share"]], left_on="area_code", right_on="old_code", how="left")
        part["area_code"] = part["new_code"]
        part[columns] = part[columns].astype("float64").mul(part["share"], axis=0)
        rest = frame[~moved].astype(dict.fromkeys(columns, "float64"))
        frame = pd.concat([rest, part[frame.columns]], ignore_index=True)
    return frame


def name_key(name: object) -> str:
    """A name as it is compared: folded, without spaces and without 社区, 居委会, 街道, 村."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(name))).translate(_VARIANTS).lower()
    short = _SUFFIX.sub("", text)
    return short or text


def resolve(areas: pd.DataFrame, text: object) -> str:
    """The code of an area given by code or name. Latest edition first; an ambiguous or unknown name raises."""
    wanted = str(text).strip()
    if wanted in set(areas["area_code"]):
        return wanted
    latest = areas.sort_values("valid_from", na_position="first").drop_duplicates("area_code", keep="last")
    keys = latest["area_name"].map(name_key)
    hits = latest[keys == name_key(wanted)]
    exact = hits[hits["area_name"] == wanted]
    hits = exact if len(exact) else hits
    if hits["area_code"].nunique() == 1:
        return str(hits["area_code"].iloc[0])
    if len(hits):
        both = "、".join(f"{c} {n}" for c, n in zip(hits["area_code"], hits["area_name"], strict=True))
        raise ArgumentError("ambiguous_area", found=text, expected=both)
    raise ArgumentError("unknown_area", found=text, hint=hint_for(wanted, [*latest["area_name"], *latest["area_code"]]))


class Names:
    """Resolves the area cells of incoming rows: code first, then name, within a street where one is known."""

    def __init__(self, areas: pd.DataFrame) -> None:
        self.areas = areas
        self.level: dict[str, str] = {}
        self.parent: dict[str, str] = {}
        self.called: dict[str, set[str]] = {}
        self._by_name: dict[str, set[str]] = {}
        self._spans: dict[str, list[tuple[pd.Timestamp, pd.Timestamp, str]]] = {}
        for row in areas.itertuples(index=False):
            code, key = row.area_code, name_key(row.area_name)
            self.level[code], self.parent[code] = row.level, row.parent_code
            self.called.setdefault(code, set()).add(key)
            self._by_name.setdefault(key, set()).add(code)
            since = pd.Timestamp.min if pd.isna(row.valid_from) else row.valid_from
            until = pd.Timestamp.max if pd.isna(row.valid_to) else row.valid_to
            self._spans.setdefault(code, []).append((since, until, key))
        self._streets = list({(a.area_code, a.area_name) for a in areas.itertuples(index=False) if a.level == "street"})

    def below(self, code: str, top: str) -> bool:
        """Whether ``code`` lies below ``top``."""
        for _ in LEVELS:
            code = self.parent.get(code, "")
            if code == top:
                return True
        return False

    def street(self, text: str) -> str | None:
        """The street that a title, sheet or file name speaks of, if exactly one name occurs in it."""
        found = {code for code, name in self._streets if name in text or code == text}
        return found.pop() if len(found) == 1 else None

    def find(self, name: str, *, street: str | None, period: str | None) -> set[str]:
        """Codes that ``name`` may mean, in ``street`` if given, as named in ``period`` if given."""
        key = name_key(name)
        codes = set(self._by_name.get(key, ()))
        if street:
            inside = {c for c in codes if c == street or self.parent.get(c) == street}
            codes = inside
        if period and len(codes) > 1:
            day = period_end(period)
            codes = {c for c in codes if any(a <= day <= b and n == key for a, b, n in self._spans[c])} or codes
        if len(codes) > 1 and not name.endswith("街道"):
            communities = {c for c in codes if self.level[c] == "community"}
            codes = communities if len(communities) == 1 else codes
        return codes
