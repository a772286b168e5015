"""The indicators: Dataset → the indicator table.

Place in the flow: the public face of ``measure``. ``definitions`` says what each is made of, ``figures`` which count or estimate gives
its numbers, ``request`` gives the rows their shape; here stand the functions, each named as its id. Those of money beside the usage
rate stand in ``money_indicators``, those of projects and registers in ``project_indicators``. No words for readers: notes, units and methods are codes.

Columns and key are those of ``request.COLUMNS`` and ``request.KEY``.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..data.areas import LEVELS
from ..data.dataset import Dataset
from ..errors import check_option
from ..kept import kept
from . import opinions
from .definitions import CONFIDENCE, INDICATORS, Indicator
from .figures import REGISTERS, numbers, one
from .money_indicators import cost_per_project, sediment_rate, self_raised_ratio
from .project_indicators import (
    completion_rate,
    disclosure_rate,
    matching_rate,
    on_time_rate,
    process_days,
    sourcing_compliance_rate,
    training_coverage,
    voucher_rate,
)
from .request import COLUMNS, Subset, request, rows

__all__ = [
    "COLUMNS", "CONFIDENCE", "INDICATORS", "REGISTERS", "Indicator", "awareness_rate", "completion_rate", "cost_per_project", "disclosure_rate", "indicators",
    "matching_rate", "on_time_rate", "participation_intensity", "participation_rate", "process_days", "satisfaction_rate", "satisfaction_score",
    "sediment_rate", "self_raised_ratio", "sourcing_compliance_rate", "training_coverage", "usage_rate", "voucher_rate",
]  # fmt: skip


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
        ``paid/arrived``, ``paid/quota``, ``paid/available`` (paid in the calendar years of the period, for projects of any fund year / arrived and
        carried into the first year), ``paid+payable/arrived`` (and what signed contracts leave to be paid), ``contracted/arrived`` (signed contracts).
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
        known for the street or district only. ``totals_only``: a sum tells neither contracts nor days of payment. ``not_reported`` also stands where
        the street states no contract, ``no_denominator`` where it states nothing carried in.

    Raises
    ------
    ArgumentError
        Unknown level, basis, subset, period or date; ``as_of`` before the period.

    Notes
    -----
    Σ paid / Σ arrived over communities, years and funds, never a mean of rates. Money that arrived after ``as_of`` had not
    arrived; cleared money stays below the line. Projects without payment paid 0 where their street reported any payment or
    total for the year and fund. Old editions go through the crosswalk by their shares.

    Carry-over counts once: ``paid/available`` takes what was carried into the period's first year only, since what went from one of its years
    into the next had arrived in it; so cumulative is spent / newly arrived, annual spent / (new + carried in). Payable is contract less paid, at
    least 0 for each project, nothing for a stopped one. What was paid without a contract is not contracted. A contract without a date counts
    as signed where a later step or a payment came by ``as_of``, or nothing later is dated and its fund year has begun.

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
    return one(dataset, "usage_rate", by, period, subset, as_of, basis, confidence)


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
    return one(dataset, "participation_rate", by, period, subset, as_of, basis, confidence)


def participation_intensity(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "person_times/residents", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Attendances per resident (参与人次强度), by area: how often, not how many.

    Use: beside ``participation_rate``, whose numerator is people. A few who come often make it high; outsiders' attendances are in it.

    Parameters
    ----------
    dataset : Dataset
        ``events`` with ``person_times`` (or ``persons``), ``populations``.
    by, period, as_of, confidence
        As for ``usage_rate``; events held after ``as_of`` do not count.
    subset : dict, optional
        ``community_type``.
    basis : str
        ``person_times/residents`` or ``person_times/eligible`` (over eligible persons).

    Returns
    -------
    DataFrame
        The indicator table: person-times above, persons below; ``n`` events. Several years are added above and below (the average year).
        ``part_unknown``: events whose attendance is not known are left out.

    Raises
    ------
    ArgumentError
        As for ``usage_rate``.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> print(f"{participation_intensity(load_sample(), by='district', period='2020')['value'].iloc[0]:.4f}")
    0.0301
    """
    return one(dataset, "participation_intensity", by, period, subset, as_of, basis, confidence)


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
    return one(dataset, "awareness_rate", by, period, subset, as_of, basis, confidence)


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
        ``satisfied`` (4-5) or ``basically`` (3-5); ``satisfied_aware`` and ``basically_aware`` ask those who know of the fund only: not to know it is
        not to be dissatisfied.

    Returns
    -------
    DataFrame
        As for ``awareness_rate``; don't-know is out of the denominator. Answers on a scale stated not to have 5 levels are left
        out: ``scale_not_5`` where none remain, ``part_scale_not_5`` where some do. ``counts_only``: from counts, as a simple
        sample; an area with answers leaves the counts of areas or years without them out (``part_counts_only``). Counts do not tell who is aware.

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
    return one(dataset, "satisfaction_rate", by, period, subset, as_of, basis, confidence)


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
    return one(dataset, "satisfaction_score", by, period, subset, as_of, basis, confidence)


@kept
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
    (65, ['contracted/arrived', 'paid+payable/arrived', 'paid/arrived', 'paid/available', 'paid/quota'])
    """
    names = list(INDICATORS) if names is None else list(names)
    for name in names:
        check_option("names", name, INDICATORS)
    asked = request(dataset, by=by, period=period, subset=None, as_of=as_of, confidence=confidence, subsets=())
    answers = opinions.answers(asked) if any(INDICATORS[name].surveyed for name in names) else None
    return rows(asked, numbers(asked, {name: tuple(INDICATORS[name].bases) for name in names}, answers))
