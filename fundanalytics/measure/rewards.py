"""Who gets which reward: a ranking and a rule file → a row per community with its tier and an exact amount.

Place in the flow: after ``ranking``. The rules are data with a source and a status; money is counted in whole 分. How likely a reward would
be in another draw of the errors is not computed: the set of ranks that the data support says whether it depends on them.
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
from .request import joined
from .results import ResultTable

GRADES = ("excellent", "good", "fair", "poor")
LARGEST = 200_000  # bytes of a rule file
TIES = ("include", "exclude", "split")
STATUSES = ("assumed", "official")
SMALL = "small_sample"
FAULTS = ("place", "code", "found", "expected")
COLUMNS = (
    "area_code", "area_name", "project_id", "period", "total", "grade", "rank", "tier", "amount", "rank_lower", "rank_upper", "depends_on_error", "could_gain",
    "could_lose", "note", "origin",
)  # fmt: skip
_TOP = ("id", "version", "status", "years", "source", "pool", "ties", "small_samples", "tiers")
_TIER = ("code", "title", "grades", "count", "share", "amount", "pool_share")
_CODES = {"include": "tie_included", "exclude": "tie_excluded", "split": "tie_split"}


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
        return places * _fen(self.amount) if self.amount is not None else floor(Fraction(self.pool_share or 0) * pool)


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
    return Rewards(given["id"], str(given["version"]), given["status"], held, given["source"], _fen(_decimal(given["pool"])), given["ties"],
                   given.get("small_samples", True), tiers, path.name, sha256(raw).hexdigest())  # fmt: skip


def _decimal(value: object) -> Decimal | None:
    """A number as it is written."""
    return None if value is None else Decimal(str(value))


def _fen(yuan: Decimal | None) -> int:
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


# --- who gets what -----------------------------------------------------------------------------------------------------


def rewards(ranking: pd.DataFrame, rules: Rewards | str | Path = "rewards") -> ResultTable:
    """The reward of every ranked community, to the 分.

    Use: what would these rules pay, to whom, and whose reward hangs on the error of the scores? Rules of status ``assumed`` pay nobody.

    Parameters
    ----------
    ranking : DataFrame
        The table of ``rank``: ``area_code``, ``area_name``, ``total``, ``grade``, ``rank``, ``rank_lower``, ``rank_upper``, ``note``.
    rules : Rewards, str or Path
        Rules, ``rewards`` (those that come with the package), or a YAML file.

    Returns
    -------
    DataFrame
        One row per row of ``ranking``, in its order: ``tier`` (blank: none) and ``amount`` in yuan (0 where none, blank where unranked).
        ``could_gain``: its set of ranks reaches into the ranks that got a better tier; ``could_lose``: it reaches below those that got
        its own; ``depends_on_error``: either (blank where the set is not known). ``note``: ``tie_included``, ``tie_excluded``,
        ``tie_split``, ``pool_limits_tie``, ``small_sample_excluded``, ``unranked``. ``attrs["rewards"]``: the rules' ``id``, ``version``,
        ``status``, ``sha256``, ``pool`` and ``paid`` in yuan, and the titles of the ``tiers``.

    Raises
    ------
    ArgumentError
        Rules of other years, or more money than the pool has for so many communities.
    DataError
        Rules that cannot be carried out.

    Notes
    -----
    Tiers take their places in order, by rank, from those of an allowed grade without a reward; places nobody fills stay empty. Where ranks
    tie at a tier's last place: ``include`` takes all of them at the full amount as far as the pool has money that no tier's places need,
    otherwise they share what there is equally (``pool_limits_tie``); ``exclude`` passes all of them on to the next tier; ``split`` shares
    the money of the tied places equally among them. A tier's ``pool_share`` is shared equally by those in it. 分 left over by a division go
    one each to the first in rank, then code (largest remainder).

    Examples
    --------
    >>> table = pd.DataFrame({"area_code": ["a", "b", "c"], "total": [95.0, 91.0, 88.0], "grade": ["excellent", "excellent", "good"],
    ...                       "rank": [1, 2, 3], "rank_lower": [1, 1, 2], "rank_upper": [1, 3, 3]})
    >>> rewards(table)[["area_code", "tier", "amount"]].values.tolist()
    [['a', 'second', 30000.0], ['b', 'third', 20000.0], ['c', '', 0.0]]
    """
    known = [column.removeprefix("chance_") for column in ranking if column.startswith("chance_")]
    used = rules if isinstance(rules, Rewards) else load_rewards(rules, grades=dict.fromkeys([*GRADES, *known]))
    table = ranking.reset_index(drop=True)
    for column in ("area_name", "project_id", "period", "note", "origin"):
        table[column] = table[column].astype("str").fillna("") if column in table else ""
    other = [period for period in table["period"].unique() if period and not used.holds_for(period)]
    if other:
        raise ArgumentError("reward_years", name=used.name or used.id, expected=", ".join(used.years), found=other[0])
    tiers, fen, notes = _awarded(table, used)
    ranked = table["rank"].notna()
    table["tier"] = [used.tiers[t].code if t is not None else "" for t in tiers]
    table["amount"] = pd.Series([f / 100 for f in fen], dtype="float64").where(ranked)
    table["note"] = [joined("" if r else "unranked", n, SMALL if SMALL in told.split(";") else "")
                     for r, n, told in zip(ranked, notes, table["note"], strict=True)]  # fmt: skip
    table["origin"] = table["origin"].mask(table["origin"].ne("synthetic") & (used.status == "assumed"), "assumed")
    table = table.assign(**_hanging(table, tiers)).astype(dict.fromkeys(["tier", "note", "origin"], "str"))
    found = ResultTable(table.reindex(columns=[c for c in COLUMNS if c in table]))
    told = {"id": used.id, "version": used.version, "status": used.status, "sha256": used.sha256, "pool": used.pool / 100, "paid": sum(fen) / 100,
            "tiers": {tier.code: dict(tier.title) for tier in used.tiers}}  # fmt: skip
    found.attrs = {**ranking.attrs, "rewards": told}
    return found


def _awarded(table: pd.DataFrame, rules: Rewards) -> tuple[list[int | None], list[int], list[str]]:
    """The tier (its place in the rules), 分 and note of each row."""
    order = table[table["rank"].notna()].sort_values(["rank", "area_code", "project_id"]).index.tolist()
    rank, grade = table["rank"].to_dict(), table["grade"].to_dict()
    tiers: list[int | None] = [None] * len(table)
    fen, notes = [0] * len(table), [""] * len(table)
    barred = set() if rules.small_samples else {i for i in order if SMALL in table["note"][i].split(";")}
    for i in barred:
        notes[i] = "small_sample_excluded"
    places = [tier.places(len(order)) for tier in rules.tiers]
    spare = rules.pool - sum(tier.money(p, rules.pool) for tier, p in zip(rules.tiers, places, strict=True))
    if spare < 0:
        yuan = {"expected": f"{rules.pool / 100:,.2f}", "found": f"{(rules.pool - spare) / 100:,.2f}"}
        raise ArgumentError("reward_pool", name=rules.name or rules.id, count=len(order), **yuan)
    for t, (tier, free) in enumerate(zip(rules.tiers, places, strict=True)):
        open_to = [i for i in order if tiers[i] is None and i not in barred and grade[i] in tier.grades]
        clear, tied = _at_the_cut([rank[i] for i in open_to], free)
        members, told = open_to[: clear + tied], _CODES[rules.ties]
        for i in members[clear:]:
            notes[i] = joined(notes[i], told)
        if rules.ties == "exclude":
            members, tied = members[:clear], 0
        paid, spare, limited = _paid(tier, rules, free, (clear, tied), spare)
        for at, i in enumerate(members):
            tiers[i], fen[i] = t, paid[at]
            notes[i] = joined(notes[i], "pool_limits_tie" if limited and at >= clear else "")
    return tiers, fen, notes


def _at_the_cut(ranks: list[Any], places: int) -> tuple[int, int]:
    """How many take a place without question, and how many behind them tie at the last one."""
    if len(ranks) <= places:
        return len(ranks), 0
    if not places or ranks[places - 1] != ranks[places]:
        return places, 0
    last = ranks[places]
    return sum(r < last for r in ranks), sum(r == last for r in ranks)


def _paid(tier: Tier, rules: Rewards, places: int, members: tuple[int, int], spare: int) -> tuple[list[int], int, bool]:
    """分 of each member (clear ones, then tied ones), what is left to spare, and whether the pool was too small for the tied."""
    clear, tied = members
    split = rules.ties == "split"
    if tier.amount is None:
        weights = [Fraction(1)] * clear + [Fraction(places - clear, max(tied, 1)) if split else Fraction(1)] * tied
        return apportion(tier.money(places, rules.pool), weights), spare, False
    each = _fen(tier.amount)
    own = (places - clear) * each  # of the places that the tied ones stand for
    theirs = 0 if not tied else own if split else min(tied * each, own + spare)
    limited = not split and theirs < tied * each
    return [each] * clear + apportion(theirs, [Fraction(1)] * tied), spare - max(theirs - own, 0), limited


def apportion(total: int, weights: list[Fraction]) -> list[int]:
    """``total`` 分 in proportion to ``weights`` by largest remainder, the first of equal remainders first; nothing where there is no weight.

    Examples
    --------
    >>> apportion(100, [Fraction(1)] * 3)
    [34, 33, 33]
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    exact = [total * weight / whole for weight in weights]
    found = [floor(x) for x in exact]
    for at in sorted(range(len(exact)), key=lambda i: (found[i] - exact[i], i))[: total - sum(found)]:
        found[at] += 1
    return found


def _hanging(table: pd.DataFrame, tiers: list[int | None]) -> dict[str, pd.Series]:
    """Whether the set of ranks crosses the last place that got a better tier, or its own; two that tie at rank 8 fill the places 8 and 9."""
    worst: dict[int, float] = {}
    tied = table["rank"].map(table["rank"].value_counts())
    for t, rank, count in zip(tiers, table["rank"], tied, strict=True):
        if t is not None:
            worst[t] = max(worst.get(t, 0), rank + count - 1)
    gain: list[object] = []
    lose: list[object] = []
    for t, lower, upper in zip(tiers, table["rank_lower"], table["rank_upper"], strict=True):
        known = pd.notna(lower) and pd.notna(upper)
        gain.append(any(lower <= cut for s, cut in worst.items() if t is None or s < t) if known else None)
        lose.append(t is not None and bool(upper > worst[t]) if known else None)
    could_gain, could_lose = (pd.Series(v, index=table.index, dtype="boolean") for v in (gain, lose))
    return {"could_gain": could_gain, "could_lose": could_lose, "depends_on_error": could_gain | could_lose}
