"""The definitions: Dataset → the indicator table.

Place in the flow: the public face of ``measure``. ``ledger`` counts, ``opinions`` estimates, ``request`` gives the rows their
shape; here stands which indicator is made of what. No words for readers: notes, units and methods are codes.

Columns and key are those of ``request.COLUMNS`` and ``request.KEY``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from ..data.areas import LEVELS
from ..data.dataset import Dataset
from ..errors import ArgumentError, check_option
from . import ledger, opinions
from .ledger import AREA
from .request import COLUMNS, NUMBERS, SCORE, Request, Subset, request, rows

__all__ = ["COLUMNS", "INDICATORS", "Indicator", "awareness_rate", "indicators", "participation_rate", "satisfaction_rate", "satisfaction_score",
           "usage_rate"]  # fmt: skip

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Indicator:
    """What an indicator is made of.

    ``bases``: basis → (numerator, denominator) as codes; the first is the default. ``unit``: ``share`` (0-1), ``ratio`` (may
    exceed 1) or ``score 0-100``. ``records``: tables whose years say for which periods there are data. ``subsets``: what
    ``subset`` may name. ``surveyed``: bases that are survey estimates, with limits. ``source``: where the definition is from.
    """

    id: str
    bases: dict[str, tuple[str, str]]
    unit: str
    records: tuple[str, ...]
    subsets: tuple[str, ...]
    surveyed: tuple[str, ...]
    source: str


INDICATORS: dict[str, Indicator] = {
    i.id: i
    for i in (
        Indicator("usage_rate", {"paid/arrived": ("paid", "arrived"), "paid/quota": ("paid", "quota")}, "ratio", ("projects", "totals"),
                  ("fund", "community_type"), (), "预算执行率 = 实际支付 / 预算; 成社办发〔2020〕2号"),
        Indicator("participation_rate", {"residents": ("distinct residents at events", "eligible_persons"),
                                         "households": ("distinct households at events", "households"),
                                         "survey": ("answers: took part", "answers to the question")}, "share", ("events", "responses"),
                  ("community_type", "wave"), ("survey",), "参与人数（去重）/ 应参与人数; 参与户数 / 总户数"),
        Indicator("awareness_rate", {"aware": ("answers: aware", "answers to the question")}, "share", ("responses",),
                  ("community_type", "wave"), ("aware",), "知晓人数 / 有效调查人数"),
        Indicator("satisfaction_rate", {"satisfied": ("answers 4-5", "answers 1-5"), "basically": ("answers 3-5", "answers 1-5")}, "share",
                  ("responses", "response_counts"), ("community_type", "wave"), ("satisfied", "basically"), "回答满意的人数 / 有效调查人数"),
        Indicator("satisfaction_score", {"level_x20": ("20 x level", "answers 1-5")}, SCORE, ("responses", "response_counts"),
                  ("community_type", "wave"), ("level_x20",), "满意度 = 20 × 等级均值"),
    )
}  # fmt: skip


def last_period(dataset: Dataset, indicator: str) -> str:
    """The last fund year with records for an indicator; ``ArgumentError`` when there are none in any table."""
    names = [*INDICATORS[indicator].records, *(n for n, t in dataset.tables.items() if "period" in t and n != "published")]
    for name in names:
        known = dataset.tables[name]["period"].dropna() if name in dataset.tables else pd.Series(dtype="str")
        known = known[known.str.fullmatch(r"\d{4}")]
        if len(known):
            return str(known.max())
    raise ArgumentError("no_data_for_period", found="None", expected="–")


REGISTERS = {"residents": "person_key", "households": "household_key"}


def _found(asked: Request, indicator: str, bases: Sequence[str], answers: opinions.Answers | None = None) -> pd.DataFrame:
    """Numbers of one indicator on some bases, per level and area."""
    made = INDICATORS[indicator]
    counted = {b: made.bases[b][1] for b in bases if b not in made.surveyed}
    told = [b for b in bases if b in made.surveyed]
    parts = []
    if counted and indicator == "usage_rate":
        parts.append(ledger.money(asked, counted))
    elif counted:
        parts += [ledger.registered(asked, REGISTERS[basis], below).assign(basis=basis) for basis, below in counted.items()]
    if told:
        parts.append(opinions.estimated(asked, answers or opinions.answers(asked), indicator, told))
    nothing = pd.DataFrame({"basis": list(bases)}, dtype="str")  # so that a basis without any number still has its rows
    return pd.concat([*parts, nothing], ignore_index=True).assign(indicator=indicator, unit=made.unit)


def _numbers(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """All parts in the columns that ``rows`` takes."""
    found = pd.concat(parts, ignore_index=True)
    return found.reindex(columns=["indicator", "basis", "unit", *AREA, *NUMBERS, "method", "note"]).astype({"method": "str", "note": "str"})


def _one(dataset: Dataset, indicator: str, by: str | Sequence[str], period: str | None, subset: Subset | None, as_of: object, basis: str,
         confidence: float) -> pd.DataFrame:  # fmt: skip
    made = INDICATORS[indicator]
    check_option("basis", basis, made.bases)
    subsets = tuple(s for s in made.subsets if s != "wave" or basis in made.surveyed)
    asked = request(dataset, by=by, period=period or last_period(dataset, indicator), subset=subset, as_of=as_of, confidence=confidence, subsets=subsets)
    return rows(asked, _numbers([_found(asked, indicator, [basis])]))


def usage_rate(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "paid/arrived", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Share of the fund's money that was spent (资金使用率), by area.

    Use: was the money used? It misleads where the period is not over, where money arrived late, and above 1 (overspending,
    carry-over or a wrong base: a finding, never capped).

    Parameters
    ----------
    dataset : Dataset
        ``projects`` and ``payments`` (or ``totals``) over ``allocations`` (or ``totals``).
    by : str or sequence of str
        ``district``, ``street``, ``community``.
    period : str, optional
        Fund years, ``2020`` or ``2018-2020``; default the last with projects.
    subset : dict, optional
        ``fund`` (default guarantee, cungong and gongfu; incentive only by name), ``community_type``.
    as_of : date, optional
        What was paid or arrived later does not count; default 31 December of the period's last year.
    basis : str
        ``paid/arrived`` or ``paid/quota``.
    confidence : float
        Not used: a complete ledger has no sampling error, so limits are blank.

    Returns
    -------
    DataFrame
        The indicator table, one row per area valid at the period's end; yuan above and below; ``n`` counts projects. Blank with
        ``no_data``, ``known_only_above`` (its street or the district reports as a whole), ``no_denominator`` (projects or payments
        without allocation), ``not_reported`` (allocation without payment or total, in a street that reported none: not the same
        as nothing spent), ``zero_denominator``, ``outside_subset``. A value with ``part_no_denominator``, ``part_not_reported``
        or ``part_no_data`` (no figures in some years) leaves such units out above and below; ``part_only_above`` lacks what is
        known for the street or district only.

    Raises
    ------
    ArgumentError
        Unknown level, basis, subset, period or date; ``as_of`` before the period.

    Notes
    -----
    Σ paid / Σ arrived over communities, years and funds, never a mean of rates. Money that arrived after ``as_of`` had not
    arrived; cleared money stays below the line. Projects without payment paid 0 where their street reported any payment or
    total for the year and fund. Old editions go through the crosswalk by their shares.

    References
    ----------
    Särndal, Swensson & Wretman (1992), section 5.6; 成社办发〔2020〕2号.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> table = usage_rate(load_sample(), by="district", period="2018-2020")
    >>> print(f"{table['value'].iloc[0]:.3f}")
    0.978
    """
    return _one(dataset, "usage_rate", by, period, subset, as_of, basis, confidence)


def participation_rate(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "residents", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Share of residents (or households) who took part (居民参与率), by area.

    Use: how many different people were reached? Person-times (人次) never enter. It misleads where events keep no register: who
    did not sign is not counted.

    Parameters
    ----------
    dataset : Dataset
        ``residents``, ``households``: ``events``, ``participants``, ``populations``. ``survey``: ``responses``.
    by, period, as_of, confidence
        As for ``usage_rate``; events held after ``as_of`` do not count.
    subset : dict, optional
        ``community_type``; with ``survey`` also ``wave``.
    basis : str
        ``residents`` (distinct persons / eligible persons), ``households`` (distinct households / households), ``survey``
        (residents who answered that they took part / who answered).

    Returns
    -------
    DataFrame
        The indicator table. On registers a full count: limits blank, ``n`` persons or households. Several years are added above
        and below (the average year). ``split_area`` where a split community's people cannot be told apart. ``above_one`` when
        more came than could: a wrong base, quality 3 work.

    Raises
    ------
    ArgumentError
        As for ``usage_rate``.

    Notes
    -----
    A person counts once per area and year at every level, so a street may have fewer than its communities together.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> participation_rate(load_sample(), by="district", period="2020")["method"].iloc[0]
    'full count'
    """
    return _one(dataset, "participation_rate", by, period, subset, as_of, basis, confidence)


def awareness_rate(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "aware", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Share of residents who know of the fund (知晓率), by area, from the survey.

    Use: did the publicity reach people? With few answers or clusters, read the limits, not the value.

    Parameters
    ----------
    dataset : Dataset
        ``responses`` with ``aware``.
    by, period, as_of, confidence
        As for ``usage_rate``.
    subset : dict, optional
        ``community_type``, ``wave``.
    basis : str
        ``aware``.

    Returns
    -------
    DataFrame
        The indicator table: weighted sums above and below, ``n`` answers, ``n_eff``. Limits blank with ``one_cluster`` where a
        stratum or the area has one cluster only; all blank with ``no_data`` or ``zero_weight``. Answers of a period that gives no
        weight, stratum or cluster are a simple sample (``wilson``); where everybody was asked, limits equal the value.

    Raises
    ------
    ArgumentError
        As for ``usage_rate``.

    References
    ----------
    Korn & Graubard (1998); R ``survey::svyciprop(method="xlogit")``.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> row = awareness_rate(load_sample(), by="district", period="2020").iloc[0]
    >>> bool(row["lower"] < row["value"] < row["upper"])
    True
    """
    return _one(dataset, "awareness_rate", by, period, subset, as_of, basis, confidence)


def satisfaction_rate(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "satisfied", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Share of satisfied residents (群众满意率), by area, from the survey.

    Use: are residents satisfied? Say which basis: counting "basically satisfied" too adds many points by definition alone.

    Parameters
    ----------
    dataset : Dataset
        ``responses`` with ``satisfaction`` 1-5, blank = does not know; ``response_counts`` (item ``satisfaction``) for areas and
        periods without them; ``surveys`` for the scale.
    by, period, as_of, confidence
        As for ``usage_rate``.
    subset : dict, optional
        ``community_type``, ``wave``.
    basis : str
        ``satisfied`` (4-5) or ``basically`` (3-5).

    Returns
    -------
    DataFrame
        As for ``awareness_rate``; don't-know is out of the denominator. Answers on a scale stated not to have 5 levels are left
        out: ``scale_not_5`` where none remain, ``part_scale_not_5`` where some do. ``counts_only``: from counts, as a simple
        sample; an area with answers leaves the counts of areas or years without them out (``part_counts_only``).

    Raises
    ------
    ArgumentError
        As for ``usage_rate``.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> sample = load_sample()
    >>> strict, wide = (satisfaction_rate(sample, by="district", period="2020", basis=b)["value"].iloc[0] for b in ("satisfied", "basically"))
    >>> bool(strict < wide)
    True
    """
    return _one(dataset, "satisfaction_rate", by, period, subset, as_of, basis, confidence)


def satisfaction_score(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "level_x20", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Mean satisfaction in points (群众满意度), by area: 20 × level, 20 worst to 100 best.

    Use: a score beside the rate, never instead of it and never on its axis: different distributions share a mean.

    Parameters
    ----------
    dataset, by, period, subset, as_of, confidence
        As for ``satisfaction_rate``.
    basis : str
        ``level_x20``.

    Returns
    -------
    DataFrame
        As for ``satisfaction_rate`` with unit ``score 0-100``; limits t, ending at 20 and 100; blank with ``no_variation`` where
        all answers are the same.

    Raises
    ------
    ArgumentError
        As for ``usage_rate``.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> satisfaction_score(load_sample(), by="district", period="2020")["unit"].iloc[0]
    'score 0-100'
    """
    return _one(dataset, "satisfaction_score", by, period, subset, as_of, basis, confidence)


def indicators(
    dataset: Dataset, *, period: str, names: Sequence[str] | None = None, by: str | Sequence[str] = LEVELS, as_of: object = None,
    confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """All indicators on every basis for all levels: the table that reports are made from.

    Parameters
    ----------
    dataset : Dataset
    period : str
        Fund years, ``2020`` or ``2018-2020``.
    names : sequence of str, optional
        Indicators; default all.
    by : str or sequence of str
        Levels; default all.
    as_of, confidence
        As for ``usage_rate``.

    Returns
    -------
    DataFrame
        The indicator table, one row per indicator, basis and area. Its numbers equal those of the single functions.

    Raises
    ------
    ArgumentError
        As for ``usage_rate``, and an unknown name.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> table = indicators(load_sample(), period="2020", names=["usage_rate"], by="street")
    >>> len(table), sorted(set(table["basis"]))
    (26, ['paid/arrived', 'paid/quota'])
    """
    names = list(INDICATORS) if names is None else list(names)
    for name in names:
        check_option("names", name, INDICATORS)
    asked = request(dataset, by=by, period=period, subset=None, as_of=as_of, confidence=confidence, subsets=())
    answers = opinions.answers(asked) if any(INDICATORS[name].surveyed for name in names) else None
    return rows(asked, _numbers([_found(asked, name, tuple(INDICATORS[name].bases), answers) for name in names]))
