"""The area tree, names, and the crosswalk between editions.

An area is known by its code; a name may stand for it where it is unambiguous. Communities were redrawn inside the period
that reports compare, so a row keeps the code of its time and is brought to a later edition only when figures are summed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from ..errors import ArgumentError, hint_for, near_misses
from .names import Name, name_key, read_name

if TYPE_CHECKING:
    from .dataset import Dataset

LEVELS = ("district", "street", "community")


def years(period: str) -> list[str]:
    """``2018-2020`` → the three years; ``2020`` → one. ``ArgumentError`` on anything else."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", str(period).strip())
    if not match or (match[2] and match[2] < match[1]):
        raise ArgumentError("bad_period", found=period)
    return [str(y) for y in range(int(match[1]), int(match[2] or match[1]) + 1)]


def check_order(baseline: str, current: str) -> None:
    """``ArgumentError`` where what is called the baseline comes after the other period: a sentence would call the earlier one later."""
    if min(years(baseline)) > max(years(current)):
        raise ArgumentError("later_baseline", found=f"{baseline}, {current}")


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

    Notes
    -----
    Shares written with few decimals (three times 0.33) are taken as parts of their sum. So every sum stays: to the 分 where
    shares are whole, otherwise to the rounding of doubles (1e-9 of the sum).
    """
    end = period_end(period)
    valid = set(edition(dataset.areas, end)["area_code"])
    steps = dataset.crosswalk[dataset.crosswalk["effective_from"] <= end].sort_values("effective_from")
    for effective, step in steps.groupby("effective_from", sort=True):
        step = step.assign(share=step["share"] / step.groupby("old_code")["share"].transform("sum"))
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
    """Resolves the area cells of incoming rows by name: an alias first, then the name within a street where one is known.

    A suffix must fit the level of what it names (九里堤社区 is not 九里堤街道); a name that fits a street and a community is
    neither, unless ``level`` or the street says which. ``aliases``: ``alias``, ``area_code``, ``street_name``.
    """

    def __init__(self, areas: pd.DataFrame, aliases: pd.DataFrame | None = None) -> None:
        self.areas = areas
        self.level: dict[str, str] = {}
        self.parent: dict[str, str] = {}
        self.parents: dict[str, set[str]] = {}
        self.called: dict[str, set[str]] = {}
        self.title: dict[str, str] = {}
        self._by_name: dict[str, set[str]] = {}
        self._read: dict[str, set[Name]] = {}
        self._spans: dict[str, list[tuple[pd.Timestamp, pd.Timestamp, str]]] = {}
        for row in areas.itertuples(index=False):
            code, name = row.area_code, read_name(str(row.area_name))
            self.level[code], self.parent[code], self.title[code] = row.level, row.parent_code, row.area_name
            self.parents.setdefault(code, set()).add(row.parent_code)
            self.called.setdefault(code, set()).add(name.key)
            self._read.setdefault(code, set()).add(name)
            self._by_name.setdefault(name.key, set()).add(code)
            since = pd.Timestamp.min if pd.isna(row.valid_from) else row.valid_from
            until = pd.Timestamp.max if pd.isna(row.valid_to) else row.valid_to
            self._spans.setdefault(code, []).append((since, until, name.key))
        self._streets = sorted({(a.area_code, a.area_name) for a in areas.itertuples(index=False) if a.level == "street"}, key=lambda s: -len(s[1]))
        self._shapes = {_shape(code) for code in self.called}
        self._aliases: dict[str, set[tuple[str, str | None]]] = {}
        for row in () if aliases is None else aliases.itertuples(index=False):
            name, street = read_name(str(row.alias)), None if pd.isna(row.street_name) else str(row.street_name)
            for key in {name.full, name.key}:
                self._aliases.setdefault(key, set()).add((row.area_code, street))

    def below(self, code: str, top: str) -> bool:
        """Whether ``code`` lies below ``top``."""
        for _ in LEVELS:
            code = self.parent.get(code, "")
            if code == top:
                return True
        return False

    def street(self, text: str) -> str | None:
        """The street that a title, sheet or file name speaks of, if exactly one name occurs in it (西华街道 is not 华街道)."""
        found = [(code, name) for code, name in self._streets if name in text or code == text]
        whole = {code for code, name in found if not any(name != other and name in other for _, other in found)}
        return whole.pop() if len(whole) == 1 else None

    def looks_like_ours(self, code: str) -> bool:
        """Whether ``code`` is built like the codes of the areas: then one that is unknown is wrong, and no code of the sender's own."""
        return _shape(code) in self._shapes

    def is_called(self, code: str, text: str) -> bool:
        """Whether ``text`` is a name of ``code``: in any edition, as an alias, with lost characters, or with its street before it."""
        name = read_name(text)
        if name.key in self.called[code] or code in self.alias(text, street=None, anywhere=True):
            return True
        return (name.damaged and any(name.fits(key) for key in self.called[code])) or code in self.find(text, street=None, period=None)

    def alias(self, text: str, *, street: str | None, anywhere: bool = False) -> set[str]:
        """Codes that the alias table gives for ``text``; one bound to a street only in that street, none outside its area's street."""
        name = read_name(text)
        found = self._aliases.get(name.full) or self._aliases.get(name.key, set())
        if anywhere:
            return {code for code, _ in found}
        inside = {code for code, bound in found if street is None or code == street or street in self.parents.get(code, ())}
        bound = {code for code, at in found if at and street and (at == street or name_key(at) in self.called.get(street, ()))}
        return inside & (bound or {code for code, at in found if at is None})

    def find(self, text: str, *, street: str | None, period: str | None, level: str | None = None) -> set[str]:
        """Codes that ``text`` may mean, in ``street`` if given, as named in ``period`` if given."""
        name = read_name(text)
        if name.damaged:
            return set()
        codes = self._by_name.get(name.key, set()) | self._by_name.get(name.full, set())
        codes = {c for c in codes if not name.level or self.level[c] == name.level or name.full in self.called[c]}
        if street:
            codes = {c for c in codes if c == street or street in self.parents[c]}
        if not codes:
            return self._behind_street(name.full, street, period)
        for better in (
            {c for c in codes if any(name.full == own.full for own in self._read[c])},
            {c for c in codes if name.kind and any(name.kind == own.kind for own in self._read[c])},
            {c for c in codes if self.level[c] == (level or ("community" if street else ""))},
            {c for c in codes if period and self._named_then(c, name.key, period)},
        ):
            codes = better if better and len(codes) > 1 else codes
        return codes

    def _named_then(self, code: str, key: str, period: str) -> bool:
        day = period_end(period)
        return any(since <= day <= until and key == own for since, until, own in self._spans[code])

    def _behind_street(self, full: str, street: str | None, period: str | None) -> set[str]:
        """抚琴街道金鱼街社区: the name behind its street's, and that behind the district's."""
        for district in (c for c, level in self.level.items() if level == "district"):
            full = full.removeprefix(read_name(self.title[district]).full)
        for code, title in self._streets:
            own = read_name(title).full
            rest = re.sub(r"^[-/·—_、,:]+", "", full.removeprefix(own))
            if full.startswith(own) and rest and street in (None, code):
                return self.find(rest, street=code, period=period, level="community")
        return set()

    def near(self, text: str, *, street: str | None) -> list[str]:
        """Up to three names to propose: those that fit the readable characters, the same name elsewhere, one cut short, the alike."""
        name = read_name(text)
        inside = [c for c in self.called if street is None or c == street or street in self.parents[c]]
        fits = [c for c in (inside or self.called) if name.damaged and any(name.fits(key) for key in self.called[c])]
        same = sorted(self._by_name.get(name.key, set()) | {c for c, _ in self._aliases.get(name.key, set()) if c in self.called})
        cut = [c for c in inside if any(len(k) > 1 and len(name.key) > 1 and (k.startswith(name.key) or name.key.startswith(k)) for k in self.called[c])]
        told = list(dict.fromkeys(self._told(c, name, street) for c in (*fits, *same, *cut)))
        if len(told) < 3 and not fits:
            told += [t for t in near_misses(text, (self.title[c] for c in inside)) if t not in told]
        return told[:3]

    def _told(self, code: str, name: Name, street: str | None) -> str:
        """The name of an area, with its street before it where that is not the one asked for, or other streets have the name too."""
        parent = self.parent.get(code)
        beside = len(self._by_name.get(name.key, ())) > 1 or (street is not None and street not in (code, parent))
        return f"{self.title[parent]}{self.title[code]}" if beside and parent in self.title and self.level[code] == "community" else self.title[code]


def _shape(code: str) -> str:
    return re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "0", code))


def match_editions(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Which areas of two editions of a code list are the same, by code; nothing is guessed from names.

    Use to begin a crosswalk: what is ``same`` or ``renamed`` needs none, the rest needs someone who knows the boundaries.

    Parameters
    ----------
    old, new : the editions, one row per code: ``area_code``, ``area_name``, ``level``

    Returns
    -------
    DataFrame : one row per code of either edition, sorted: ``level, old_code, old_name, new_code, new_name, status, same_name, near``.
        ``status``: ``same`` (code and name), ``renamed`` (the code under another name), ``moved_candidate`` (the code is in one
        edition only, its name in the other under ``same_name``: proposed, not taken), ``gone``, ``new``. ``near``: names like it
        among the areas of its level that are in the other edition only.
    """
    before, after = (frame.drop_duplicates("area_code", keep="last").set_index("area_code") for frame in (old, new))
    gone, begun = before.loc[before.index.difference(after.index)], after.loc[after.index.difference(before.index)]
    rows = []
    for code in before.index.union(after.index):
        is_old, is_new = code in before.index, code in after.index
        was, now = before["area_name"].get(code), after["area_name"].get(code)
        level = (after if is_new else before)["level"][code]
        if is_old and is_new:
            same, near, status = "", "", "same" if read_name(str(was)).full == read_name(str(now)).full else "renamed"
        else:
            others = begun if is_old else gone
            same, near = _alike(str(was if is_old else now), others[others["level"] == level])
            status = "moved_candidate" if same else "gone" if is_old else "new"
        rows.append((level, code if is_old else None, was, code if is_new else None, now, status, same, near))
    return pd.DataFrame(rows, columns=["level", "old_code", "old_name", "new_code", "new_name", "status", "same_name", "near"])


def _alike(name: str, others: pd.DataFrame) -> tuple[str, str]:
    """Codes of the same name, and up to three names like it, joined by "、"."""
    keys = others["area_name"].map(name_key)
    wanted = name_key(name)

    def told(which: Iterable[str]) -> str:
        return "、".join(f"{code} {others.at[code, 'area_name']}" for key in which for code in keys.index[keys == key])

    near = [key for key in near_misses(wanted, keys) if key != wanted]
    return "、".join(keys.index[keys == wanted]), told(near)
