"""The rules of the rewards: a YAML file → checked ``Rewards``, or every fault with its place.

Place in the flow: ``rewards`` awards by them. Rules are data with a source, a status, a version and years; money is held in whole 分.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from hashlib import sha256
from math import floor
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from ..data.areas import years
from ..errors import ArgumentError, DataError, near_misses

GRADES = ("excellent", "good", "fair", "poor")
LARGEST = 200_000  # bytes of a rule file
TIES = ("include", "exclude", "split")
STATUSES = ("assumed", "official")
FAULTS = ("place", "code", "found", "expected")
_TOP = ("id", "version", "status", "years", "source", "pool", "ties", "small_samples", "tiers")
_TIER = ("code", "title", "grades", "count", "share", "amount", "pool_share")


@dataclass(frozen=True)
class Tier:
    """Places (``count``, or ``share`` of the ranked) and money (``amount`` for each, or ``pool_share`` for the tier)."""

    code: str
    title: Mapping[str, str]
    grades: tuple[str, ...]
    count: int | None = None
    share: Decimal | None = None
    amount: Decimal | None = None
    pool_share: Decimal | None = None

    def places(self, ranked: int) -> int:
        """Places among so many ranked communities; a share is rounded half up."""
        if self.count is not None:
            return self.count
        return int((Decimal(self.share or 0) * ranked).quantize(Decimal(1), ROUND_HALF_UP))

    def money(self, places: int, pool: int) -> int:
        """分 that the tier's places cost."""
        return places * fen_of(self.amount) if self.amount is not None else floor(Fraction(self.pool_share or 0) * pool)


@dataclass(frozen=True)
class Rewards:
    """The rules; ``years`` they hold for (empty: any), ``pool`` in 分."""

    id: str
    version: str
    status: str
    years: tuple[str, ...]
    source: str
    pool: int
    ties: str
    small_samples: bool
    tiers: tuple[Tier, ...]
    name: str = ""
    sha256: str = field(default="", repr=False)

    def holds_for(self, period: str) -> bool:
        """Whether the rules are for these fund years; rules without years are for any."""
        return not self.years or set(years(period)) <= set(self.years)


def load_rewards(name_or_path: str | Path = "rewards", *, grades: Iterable[str] = GRADES) -> Rewards:
    """Read and check a rule file.

    Parameters
    ----------
    name_or_path : str or Path
        ``rewards`` (the rules that come with the package, assumed), or a YAML file.
    grades : iterable of str
        The grades that a tier may name.

    Returns
    -------
    Rewards
        ``pool`` in 分, ``tiers`` in order.

    Raises
    ------
    DataError
        No such file, no YAML, or rules that cannot be carried out; all faults are named with their place.

    Examples
    --------
    >>> [tier.code for tier in load_rewards().tiers]
    ['first', 'second', 'third']
    """
    path = Path(__file__).with_name("rewards.yaml") if str(name_or_path) == "rewards" else Path(name_or_path)
    if not path.is_file():
        raise DataError("no_such_path", found=str(name_or_path), where=str(Path.cwd()))
    with path.open("rb") as file:
        raw = file.read(LARGEST)
    try:
        given = yaml.safe_load(raw.decode("utf-8-sig"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DataError("bad_yaml", file=path.name, found=" ".join(str(error).split())[:200]) from None
    faults = check_rewards(given, grades=grades)
    if len(faults):
        told = "; ".join(f"{f.place}: {f.found} ({f.expected})" for f in faults.itertuples())
        raise DataError("bad_rewards", file=path.name, count=len(faults), found=told)
    held = tuple(sorted({year for period in given["years"] for year in years(str(period))}))
    tiers = tuple(Tier(t["code"], t["title"], tuple(t["grades"]), t.get("count"), *(_decimal(t.get(k)) for k in ("share", "amount", "pool_share")))
                  for t in given["tiers"])  # fmt: skip
    return Rewards(given["id"], str(given["version"]), given["status"], held, given["source"], fen_of(_decimal(given["pool"])), given["ties"],
                   given.get("small_samples", True), tiers, path.name, sha256(raw).hexdigest())  # fmt: skip


def _decimal(value: object) -> Decimal | None:
    """A number as it is written."""
    return None if value is None else Decimal(str(value))


def fen_of(yuan: Decimal | None) -> int:
    return int((yuan or Decimal(0)) * 100)


# --- faults of the rules -----------------------------------------------------------------------------------------------


def check_rewards(given: object, *, grades: Iterable[str] = GRADES) -> pd.DataFrame:
    """Every fault of some rules, one a row: ``place``, ``code``, ``found``, ``expected``; none where they can be carried out."""
    if not isinstance(given, Mapping):
        return pd.DataFrame([("", "not_a_mapping", _shown(given), "id, …, tiers")], columns=list(FAULTS))
    faults = [*_unknown(given, _TOP, ""), *_heads(given)]
    tiers = given.get("tiers")
    if not isinstance(tiers, list) or not tiers:
        faults.append(("tiers", "no_tiers", _shown(tiers), "[{code, title, grades, …}]"))
        tiers = []
    for at, tier in enumerate(tiers):
        faults += _tier_faults(tier, f"tiers[{at + 1}]", tuple(grades))
    faults += [] if faults else _sums(given)
    return pd.DataFrame(faults, columns=list(FAULTS)).astype("str")


Fault = tuple[str, str, str, str]


def _unknown(given: Mapping[Any, Any], known: tuple[str, ...], place: str) -> list[Fault]:
    found = [key for key in given if key not in known]
    return [(f"{place}{key}", "unknown_key", str(key), " | ".join(near_misses(key, known) or known)) for key in found]


def _shown(value: object) -> str:
    return value[:60] if isinstance(value, str) else reprlib.repr(value)


def _heads(given: Mapping[Any, Any]) -> list[Fault]:
    rules: list[tuple[str, bool, str]] = [
        *((key, isinstance(given.get(key), str) and bool(given[key].strip()), "…") for key in ("id", "source")),
        ("version", isinstance(given.get("version"), str | int | float), "1"),
        ("status", given.get("status") in STATUSES, " | ".join(STATUSES)),
        ("years", _is_years(given.get("years")), "[] | [2020] | [2018-2020]"),
        ("pool", _is_money(given.get("pool")), "≥ 0, 0.01"),
        ("ties", given.get("ties") in TIES, " | ".join(TIES)),
        ("small_samples", isinstance(given.get("small_samples", True), bool), "true | false"),
    ]
    return _broken(given, rules, "")


def _broken(given: Mapping[Any, Any], rules: list[tuple[str, bool, str]], place: str) -> list[Fault]:
    return [(place + key, "bad_value" if key in given else "missing_key", _shown(given.get(key, "–")), wanted) for key, fits, wanted in rules if not fits]


def _is_years(value: object) -> bool:
    """A list of fund years or periods, maybe empty."""
    try:
        return isinstance(value, list) and all(years(str(period)) for period in value)
    except ArgumentError:
        return False


def _is_money(value: object) -> bool:
    """A number of yuan from 0, in whole 分."""
    return _is_number(value) and Decimal(str(value)) >= 0 and Decimal(str(value)) * 100 % 1 == 0


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and Decimal(str(value)).is_finite()


def _is_share(value: object) -> bool:
    return _is_number(value) and 0 < Decimal(str(value)) <= 1


def _tier_faults(tier: object, place: str, grades: tuple[str, ...]) -> list[Fault]:
    if not isinstance(tier, Mapping):
        return [(place, "not_a_mapping", _shown(tier), ", ".join(_TIER))]
    title, named = tier.get("title"), tier.get("grades")
    rules: list[tuple[str, bool, str]] = [
        ("code", isinstance(tier.get("code"), str) and bool(tier["code"].strip()), "…"),
        ("title", isinstance(title, Mapping) and all(isinstance(title.get(lang), str) and title[lang].strip() for lang in ("zh", "en")), "{zh, en}"),
        ("grades", isinstance(named, list) and bool(named) and set(map(str, named)) <= set(grades), " | ".join(grades)),
    ]
    fits = {"count": lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= 1, "share": _is_share, "amount": _is_money, "pool_share": _is_share}
    wanted = {"count": "1, 2, …", "share": "0 < … ≤ 1", "amount": "≥ 0, 0.01", "pool_share": "0 < … ≤ 1"}
    rules += [(key, fits[key](tier[key]), wanted[key]) for key in fits if key in tier]
    either = [(f"{place}.{pair[0]}", "one_of_two", ", ".join(key for key in pair if key in tier) or "–", " | ".join(pair))
              for pair in (("count", "share"), ("amount", "pool_share")) if sum(key in tier for key in pair) != 1]  # fmt: skip
    return [*_unknown(tier, _TIER, f"{place}."), *_broken(tier, rules, f"{place}."), *either]


def _sums(given: Mapping[str, Any]) -> list[Fault]:
    """Tiers that cannot be carried out together: a code given twice, more than all communities, more than the pool."""
    faults: list[Fault] = []
    codes: set[str] = set()
    shares, money, pool = Decimal(0), Decimal(0), Decimal(str(given["pool"]))
    for at, tier in enumerate(given["tiers"]):
        place = f"tiers[{at + 1}]"
        if tier["code"] in codes:
            faults.append((f"{place}.code", "code_twice", tier["code"], "≠"))
        codes.add(tier["code"])
        shares += _decimal(tier.get("share")) or 0
        if "share" in tier and shares > 1:
            faults.append((f"{place}.share", "shares_overlap", f"Σ = {shares}", "Σ ≤ 1"))
        cost = (_decimal(tier.get("pool_share")) or 0) * pool + (_decimal(tier.get("amount")) or 0) * tier.get("count", 0)
        money += cost
        if cost and money > pool:
            faults.append((f"{place}.amount" if "amount" in tier else f"{place}.pool_share", "nothing_left", f"Σ = {money:f}", f"≤ {pool:f}"))
    return faults
