"""Who gets which reward: a ranking and a rule file → a row per community with its tier and an exact amount.

Place in the flow: after ``ranking``; ``reward_rules`` reads the rules. Money is counted in whole 分. How likely a reward would be in another
draw of the errors is not computed: the set of ranks that the data support, and the chances of the grades, say whether it depends on them.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ArgumentError
from .definitions import CONFIDENCE
from .request import joined
from .results import ResultTable
from .reward_rules import GRADES, Rewards, Tier, check_rewards, fen_of, load_rewards

__all__ = ["apportion", "check_rewards", "load_rewards", "rewards"]
SMALL = "small_sample"
COLUMNS = (
    "area_code", "area_name", "project_id", "period", "total", "grade", "rank", "tier", "amount", "rank_lower", "rank_upper", "depends_on_error", "could_gain",
    "could_lose", "note", "origin",
)  # fmt: skip
_CODES = {"include": "tie_included", "exclude": "tie_excluded", "split": "tie_split"}


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
        ``could_gain``: its set of ranks reaches into the ranks that got a better tier (or that tier has places left), and its grade may be
        one that the tier takes; ``could_lose``: the set reaches below those that got its own, or the grade may be one that it does not
        take (``chance_…``, by the confidence of the sets); ``depends_on_error``: either (blank where the set is not known). ``note``:
        ``tie_included``, ``tie_excluded``, ``tie_split``, ``pool_limits_tie``, ``small_sample_excluded``, ``unranked``. ``attrs["rewards"]``: the
        rules' ``id``, ``version``, ``status``, ``sha256``, ``pool`` and ``paid`` in yuan, and the titles of the ``tiers``.

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
    table = table.assign(**_hanging(table, tiers, used)).astype(dict.fromkeys(["tier", "note", "origin"], "str"))
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
    each = fen_of(tier.amount)
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


def _hanging(table: pd.DataFrame, tiers: list[int | None], rules: Rewards) -> dict[str, pd.Series]:
    """Whether error could move a community over a tier's last place, or over the grades that a tier takes.

    Two that tie at rank 8 fill the places 8 and 9. Where a tier has places left, only the grade keeps a community out.
    """
    worst: dict[int, float] = {}
    tied = table["rank"].map(table["rank"].value_counts())
    for t, rank, count in zip(tiers, table["rank"], tied, strict=True):
        if t is not None:
            worst[t] = max(worst.get(t, 0), rank + count - 1)
    ranked = int(table["rank"].notna().sum())
    left = [tiers.count(t) < tier.places(ranked) for t, tier in enumerate(rules.tiers)]
    allowed, unsure = _allowed(table, rules), 1 - float(table["confidence"].iloc[0] if "confidence" in table and len(table) else CONFIDENCE)
    gain: list[object] = []
    lose: list[object] = []
    for at, (t, lower, upper) in enumerate(zip(tiers, table["rank_lower"], table["rank_upper"], strict=True)):
        known = pd.notna(lower) and pd.notna(upper)
        better = range(len(rules.tiers) if t is None else t)
        gain.append(any((left[s] or lower <= worst.get(s, 0)) and allowed[s][at] > unsure for s in better) if known else None)
        lose.append(t is not None and bool(upper > worst[t] or 1 - allowed[t][at] > unsure) if known else None)
    could_gain, could_lose = (pd.Series(v, index=table.index, dtype="boolean") for v in (gain, lose))
    return {"could_gain": could_gain, "could_lose": could_lose, "depends_on_error": could_gain | could_lose}


def _allowed(table: pd.DataFrame, rules: Rewards) -> list[list[float]]:
    """For each tier how likely each community's grade is one that the tier takes; 1 or 0 by the grade it has where the chances are not there."""
    found = []
    for tier in rules.tiers:
        columns = [f"chance_{grade}" for grade in tier.grades if f"chance_{grade}" in table]
        has = table["grade"].isin(list(tier.grades)).astype("float64")
        found.append((table[columns].sum(axis=1, min_count=1).fillna(has) if columns else has).tolist())
    return found
