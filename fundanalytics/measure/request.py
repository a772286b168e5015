"""What was asked for, and the shape of the answer: the indicator table.

Place in the flow: every indicator turns its arguments into a ``Request`` (checked once, here) and hands its numbers per
level to ``rows``, which gives every area a row, a quality and a reason where it is blank. No indicator is defined here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..data.areas import LEVELS, period_end, years
from ..data.dataset import Dataset
from ..data.numerals import in_digits
from ..data.schema import COMMUNITY_TYPES, FUNDS
from ..errors import ArgumentError, check_option, hint_for
from . import refusals
from .boundaries import Boundaries, boundaries
from .definitions import INDICATORS, SCORE
from .intervals import check_confidence
from .results import result_table
from .survey import CENSUS

COLUMNS = (
    "indicator", "basis", "subset", "level", "area_code", "area_name", "period", "as_of", "value", "lower", "upper", "confidence",
    "numerator", "denominator", "n", "n_eff", "unit", "method", "origin", "quality", "note",
)  # fmt: skip
KEY = ("indicator", "basis", "subset", "level", "area_code", "period", "as_of")
FULL_COUNT, MEDIAN = "full count", "full count, median"
WITHOUT_ERROR = (FULL_COUNT, MEDIAN, CENSUS)  # nobody was left out, so n says nothing about how sure the value is
INFORMS = ("some_stopped",)  # notes that do not make a figure less sure
SMALL, WIDE = 30, 0.30  # after NCHS (2017), data presentation standards for proportions; rules.yaml may say otherwise
RELATIVE, NARROW = 1.30, 0.05  # the same standards: wider than 130 % of the value, unless at most 5 points wide

Subset = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Request:
    """The checked arguments of one call, with the areas it is about."""

    dataset: Dataset
    levels: tuple[str, ...]
    period: str
    as_of: pd.Timestamp
    subset: dict[str, tuple[str, ...]]
    confidence: float
    limits: Boundaries

    def within(self, period: str, as_of: pd.Timestamp) -> Request:
        """The same question about another period, still by these boundaries."""
        return replace(self, period=period, as_of=as_of)

    @property
    def subset_text(self) -> str:
        return ";".join(f"{name}={','.join(values)}" for name, values in sorted(self.subset.items()))

    def outside(self, codes: pd.Series) -> pd.Series:
        """Which of these communities the subset leaves out, by their type."""
        wanted = self.subset.get("community_type")
        if wanted is None:
            return pd.Series(False, index=codes.index)
        return ~codes.map(self.limits.types).isin(wanted)


def waves_in_order(names: Iterable[object]) -> list[str]:
    """Waves from the first to the last: by their numbers, 2 before 10, 第二 before 第三. ``ArgumentError`` where their order is not known."""
    known = sorted({str(name) for name in names})
    if len(known) < 2:
        return known
    places = {name: _place(name) for name in known}
    if None in places.values() or len(set(places.values())) < len(known):
        raise ArgumentError("waves_without_order", found=", ".join(known))
    return sorted(known, key=lambda name: places[name] or 0)


def _place(name: str) -> int | None:
    """The one number in a wave's name, in digits or in Chinese; blank is before all."""
    if not name:
        return 0
    text = f"第{unicodedata.normalize('NFKC', name)}"
    read = in_digits(text)
    digits = re.findall(r"\d+", read[0] if read else text)
    return int(digits[0]) if len(digits) == 1 else None


def joined(*notes: str) -> str:
    """Codes of several notes as one note: each once, sorted, joined by ";"."""
    return ";".join(sorted({code for note in notes for code in note.split(";") if code}))


def rule(dataset: Dataset, key: str, default: Any) -> Any:
    """The value of an entry of the rule book, or ``default``."""
    entry = dataset.rules.get(key, default)
    return entry.get("value", default) if isinstance(entry, Mapping) else entry


def is_assumed(dataset: Dataset, key: str) -> bool:
    """Whether an entry of the rule book is a working choice and no published rule."""
    entry = dataset.rules.get(key)
    return not (isinstance(entry, Mapping) and entry.get("status") == "official")


def cut_off(dataset: Dataset, period: str, as_of: object = None) -> pd.Timestamp:
    """The day up to which things count: ``as_of``, or the rule book's day, or 31 December, of the period's last year."""
    end = period_end(period)
    found = as_of or rule(dataset, "as_of", None) or f"{end.year}-{rule(dataset, 'cut_off', '12-31')}"
    day = pd.to_datetime(found, errors="coerce")
    if not isinstance(day, pd.Timestamp) or pd.isna(day):
        raise ArgumentError("bad_date", name="as_of", found=found)
    return begun(period, day.normalize())


def begun(period: str, day: pd.Timestamp) -> pd.Timestamp:
    """``day``, unless ``period`` had not begun by then: before its first day nothing can have been paid, which is not 0 %."""
    first = pd.Timestamp(int(years(period)[0]), 1, 1)
    if day < first:
        raise ArgumentError("as_of_before_period", period=period, expected=f"{first:%Y-%m-%d}", found=f"{day:%Y-%m-%d}")
    return day


SUBSETS = {"fund": tuple(FUNDS), "community_type": tuple(COMMUNITY_TYPES), "wave": ()}


def _subset(subset: Subset | None, allowed: Sequence[str]) -> dict[str, tuple[str, ...]]:
    if subset is not None and not isinstance(subset, Mapping):
        hint = {"zh": "请写成 {名称: 取值}", "en": "write {name: value}"}
        raise ArgumentError("unknown_option", name="subset", found=subset, expected=" | ".join(allowed), hint=hint)
    found = {}
    for name, values in (subset or {}).items():
        check_option("subset", name, allowed)
        listed = [values] if isinstance(values, str) or not isinstance(values, Iterable) else list(values)
        for value in listed:
            if SUBSETS[name] or not isinstance(value, str):
                check_option(name, value, SUBSETS[name] or ("…",))
        found[name] = (values,) if isinstance(values, str) else tuple(sorted(listed))
    return found


def request(
    dataset: Dataset, *, by: str | Sequence[str], period: str, subset: Subset | None, as_of: object, confidence: float, subsets: Sequence[str],
    covers: tuple[str, ...] = (),
) -> Request:  # fmt: skip
    """The arguments of a call, checked; ``covers``: other periods whose records will be asked for by the same boundaries."""
    levels = tuple(by) if isinstance(by, Iterable) and not isinstance(by, str) else (by,)
    if not levels:
        raise ArgumentError("unknown_option", name="by", found=by, expected=" | ".join(LEVELS), hint=hint_for("", ()))
    for level in levels:
        check_option("by", level, LEVELS)
    asked = _subset(subset, subsets)
    check_confidence(confidence)
    return Request(dataset, levels, period, cut_off(dataset, period, as_of), asked, confidence, boundaries(dataset, period, covers=covers))


def _quality(frame: pd.DataFrame, dataset: Dataset) -> pd.Series:
    """1 sound, 2 with care, 3 do not act on this (STATISTICS 1.14).

    A full count is 1. An estimate is 3 when n or n_eff is below 30 or n_eff is not known, or the interval is 0.30 wide, or wider than
    0.05 and than 130 % of the value; 2 when it comes within twice and two thirds of that, has no limits, is 0 or all, or is wider than
    130 % of what is left to all (NCHS: the share may be shown, its complement not relied on). A value with a note is 2 at best, unless
    the note only informs; a blank is 3.
    """
    small, wide = float(rule(dataset, "small_sample", SMALL)), float(rule(dataset, "wide_interval", WIDE))
    relative, narrow = float(rule(dataset, "relative_width", RELATIVE)), float(rule(dataset, "narrow_interval", NARROW))
    scale = np.where(frame["unit"] == SCORE, 100.0, 1.0)
    width, value = (frame["upper"] - frame["lower"]) / scale, frame["value"].abs() / scale
    least = np.fmin(frame["n"].astype("float64"), frame["n_eff"])
    survey = ~frame["method"].isin(WITHOUT_ERROR)
    lost = frame["note"].str.contains("much_refused|part_unread")
    loose = (width > narrow) & (value > 0) & (width > relative * value)
    bad = lost | survey & ((least < small) | frame["n_eff"].isna() | (width >= wide) | loose)
    edge = frame["unit"].eq("share") & (value.isin([0.0, 1.0]) | (width > narrow) & (width > relative * (1 - value)))
    careful = survey & ((least < 2 * small) | (width >= wide * 2 / 3) | width.isna() | edge) | _warns(frame["note"])
    quality = pd.Series(1, index=frame.index).mask(careful, 2).mask(bad | frame["value"].isna(), 3)
    return quality.astype("Int64")


def _warns(note: pd.Series) -> pd.Series:
    """Whether a note holds more than what only informs."""
    return note.map({text: any(code and code not in INFORMS for code in text.split(";")) for text in note.unique()}).astype(bool)


def _with_refusals(asked: Request, table: pd.DataFrame, note: pd.Series) -> pd.Series:
    """The notes, with what the areas sent and could not be used; a blank row keeps its own reason."""
    share = float(rule(asked.dataset, "refused_some", refusals.SOME)), float(rule(asked.dataset, "refused_many", refusals.MANY))
    made = {key: INDICATORS[key[0]] for key in table[["indicator", "basis"]].drop_duplicates().itertuples(index=False, name=None)}
    behind = {key: ("responses",) if key[1] in m.surveyed else m.behind for key, m in made.items()}
    told = refusals.refused_notes(asked, dict.fromkeys(behind.values()), *share)
    if not told:
        return note
    of = [behind[key] for key in table[["indicator", "basis"]].itertuples(index=False, name=None)]
    keys = pd.MultiIndex.from_frame(table[["level", "area_code"]])
    for tables, found in told.items():
        codes = found.reindex(keys).fillna("").to_numpy()
        holds = table["value"].notna().to_numpy() & (codes != "") & np.array([o == tables for o in of])
        note = pd.Series([joined(n, c) if h else n for n, c, h in zip(note, codes, holds, strict=True)], index=note.index, dtype="str") if holds.any() else note
    return note


NUMBERS = ("value", "lower", "upper", "numerator", "denominator", "n", "n_eff")


def rows(asked: Request, found: pd.DataFrame) -> pd.DataFrame:
    """The indicator table: a row for every area asked, sorted by the key.

    ``found`` holds indicator, basis, unit, level, area_code, and any of value, lower, upper, numerator, denominator, n, n_eff,
    method, note. An area that it lacks, or that has no value and no note, gets ``no_data``; a community outside the subset
    says so.
    """
    names = ["indicator", "basis", "unit"]
    areas = asked.limits.rows(asked.levels)
    table = found[names].drop_duplicates().merge(areas, how="cross").merge(found, on=[*names, "level", "area_code"], how="left")
    table = table.astype(dict.fromkeys(NUMBERS, "float64"))
    table["n"] = table["n"].round().astype("Int64")
    table["method"] = table["method"].fillna(FULL_COUNT).astype("str")
    note = table["note"].fillna("").astype("str")
    note = note.mask(table["value"].isna() & note.eq(""), "no_data")
    outside = asked.outside(table["area_code"]) & table["level"].eq("community")
    table["note"] = _with_refusals(asked, table, note).mask(outside, "outside_subset")
    table["quality"] = _quality(table, asked.dataset)
    constants = {"subset": asked.subset_text, "period": asked.period, "origin": asked.dataset.origin}
    table = table.assign(**{name: pd.Series(text, index=table.index, dtype="str") for name, text in constants.items()})
    table["confidence"] = np.where(table["lower"].notna(), asked.confidence, np.nan)
    table["as_of"] = pd.Series(asked.as_of, index=table.index, dtype="datetime64[s]")
    return result_table(table[list(COLUMNS)].sort_values(list(KEY)).reset_index(drop=True), asked.dataset)
