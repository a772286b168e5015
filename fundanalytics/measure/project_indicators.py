"""The indicators of projects and registers: how the work was done, announced, paid for and shared.

Place in the flow: beside ``indicators``, whose public face they share. Full counts, so limits are blank; ``works``, ``durations``, ``registers``
and ``ledger`` count. A project that only heads its sub-projects is none.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..data.dataset import Dataset
from .definitions import CONFIDENCE
from .figures import one
from .request import Subset


def completion_rate(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "finished", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Share of the projects that are finished, or accepted (完成率), by area.

    Use: was what was decided also done? It misleads before the period's end, and where a ledger keeps no dates.

    Parameters
    ----------
    dataset : Dataset
        ``projects``: ``finished_on``, ``accepted_on``, ``status``.
    by, period, subset, as_of, confidence
        As for ``usage_rate``.
    basis : str
        ``finished`` or ``accepted``.

    Returns
    -------
    DataFrame
        The indicator table, projects above and below. ``some_stopped``: stopped projects are among them (not finished). ``part_unknown``:
        projects said to be finished, but not when, are left out on both sides; blank with ``unknown`` where all are.
        ``not_reported``: the area's street tells neither a state nor a date of any.

    Raises
    ------
    ArgumentError
        As for ``usage_rate``.

    Notes
    -----
    Finished is what has a finish (or acceptance) date by ``as_of``. A blank is not finished where the state says so, or where the ledger of the
    street records states or dates of others. The state is undated, so it never says that something was finished by ``as_of``.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> row = completion_rate(load_sample(), by="district", period="2020").iloc[0]
    >>> print(f"{row['value']:.3f} of {row['denominator']:.0f}: {row['note']}")
    0.929 of 1051: part_unknown;some_stopped
    """
    return one(dataset, "completion_rate", by, period, subset, as_of, basis, confidence)


def on_time_rate(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "on_time", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Share of projects finished by their planned day, of those whose planned day has come (按期完工率), by area.

    Use: are plans kept? It misleads where plans are written after the work.

    Parameters
    ----------
    dataset : Dataset
        ``projects``: ``planned_end_on``, ``finished_on``, ``accepted_on``, ``status``.
    by, period, subset, as_of, confidence
        As for ``usage_rate``.
    basis : str
        ``on_time``.

    Returns
    -------
    DataFrame
        As for ``completion_rate``; ``part_unknown``: projects without a planned day, or finished on an unknown one, are left out.

    Raises
    ------
    ArgumentError
        As for ``usage_rate``.

    Notes
    -----
    Accepted by the planned day is finished by it. Not finished at all, and stopped, is not in time.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> row = on_time_rate(load_sample(), by="district", period="2020").iloc[0]
    >>> print(f"{row['numerator']:.0f} of {row['denominator']:.0f}")
    664 of 935
    """
    return one(dataset, "on_time_rate", by, period, subset, as_of, basis, confidence)


def disclosure_rate(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "resolution", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Share of projects that a notice announced (公示率), by area.

    Use: could residents see what was decided, and what came of it? A notice that names no project is not in it.

    Parameters
    ----------
    dataset : Dataset
        ``projects`` and ``notices`` with ``project_id`` and ``step``.
    by, period, subset, as_of, confidence
        As for ``usage_rate``; notices published after ``as_of`` do not count.
    basis : str
        ``resolution`` (a notice of the resolution, of projects resolved) or ``review`` (a notice of the review, of projects accepted).

    Returns
    -------
    DataFrame
        The indicator table, projects above and below. ``not_reported``: no notice of that step names any project of the area's street and
        fund year. ``part_unknown``: projects that may or may not have come so far are left out.

    Raises
    ------
    ArgumentError
        As for ``usage_rate``.

    Notes
    -----
    A project has reached a stage when that stage or a later one has a date by ``as_of``; so has one that was announced. A notice of a project that
    only heads others is one of each of these.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> row = disclosure_rate(load_sample(), by="district", period="2020").iloc[0]
    >>> print(f"{row['numerator']:.0f} of {row['denominator']:.0f}")
    882 of 1053
    """
    return one(dataset, "disclosure_rate", by, period, subset, as_of, basis, confidence)


def voucher_rate(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "payments", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Share of payments with invoice, bank receipt and bank flow (票据齐全率), by area.

    Use: could an auditor follow the money? By amount large payments weigh more; a low rate by number alone is one of small sums.

    Parameters
    ----------
    dataset : Dataset
        ``payments``: ``has_invoice``, ``has_receipt``, ``has_bank_flow``; ``projects``.
    by, period, subset, as_of, confidence
        As for ``usage_rate``; the payments are those that ``paid/arrived`` counts.
    basis : str
        ``payments`` (number) or ``payments_amount`` (yuan).

    Returns
    -------
    DataFrame
        The indicator table; ``n`` counts payments. Payments of which one of the three is not known are left out on both sides
        (``part_unknown``; ``unknown`` where that is all).

    Raises
    ------
    ArgumentError
        As for ``usage_rate``.

    Notes
    -----
    Leaving out only what is not known at all would keep every failure and lose successes. A payment taken back (negative) weighs as one made.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> row = voucher_rate(load_sample(), by="district", period="2020").iloc[0]
    >>> print(f"{row['numerator']:.0f} of {row['denominator']:.0f}")
    1404 of 1471
    """
    return one(dataset, "voucher_rate", by, period, subset, as_of, basis, confidence)


def sourcing_compliance_rate(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "sourced", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Share of projects that were sourced as their tier asks for (发包合规率), by area.

    Use: are contracts given out by the rules? The rule book's table is an assumption of this package until the district puts in its own.

    Parameters
    ----------
    dataset : Dataset
        ``projects``: ``tier``, ``sourcing``, ``work_class``; entries ``sourcing`` and ``sourcing_own_work`` of the rule book.
    by, period, subset, as_of, confidence
        As for ``usage_rate``.
    basis : str
        ``sourced``.

    Returns
    -------
    DataFrame
        The indicator table, projects above and below; ``assumed_rule`` while the table is not official. Projects without tier or sourcing are
        left out (``part_unknown``), and so are those contracted after ``as_of``.

    Raises
    ------
    ArgumentError
        As for ``usage_rate``.

    Notes
    -----
    A stricter way than asked for complies. Which amount makes which tier is the district's: the tier is taken as written.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> row = sourcing_compliance_rate(load_sample(), by="district", period="2020").iloc[0]
    >>> print(f"{row['numerator']:.0f} of {row['denominator']:.0f}: {row['note']}")
    993 of 1036: assumed_rule;part_unknown
    """
    return one(dataset, "sourcing_compliance_rate", by, period, subset, as_of, basis, confidence)


def process_days(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "proposed-accepted", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Median days from one step of a project to another (各环节用时), by area.

    Use: where does it take long? Only projects that reached the second step are in it, so early in a year it looks short. Neither long nor
    short is good as such: a resolution needs its time.

    Parameters
    ----------
    dataset : Dataset
        ``projects`` with dates.
    by, period, subset, as_of, confidence
        As for ``usage_rate``; steps after ``as_of`` have not happened.
    basis : str
        Two steps: ``proposed-accepted``, ``proposed-resolved``, ``resolved-contracted``, ``contracted-started``, ``started-finished``,
        ``finished-accepted``, ``repair_asked-repaired``.

    Returns
    -------
    DataFrame
        The indicator table in days; numerator, denominator and limits blank, ``n`` projects with both dates. ``part_unknown``: dates out of
        order are left out. ``split_area`` where a split community's projects cannot be told apart.

    Raises
    ------
    ArgumentError
        As for ``usage_rate``.

    Notes
    -----
    The median over all projects of an area, not of the medians of the areas in it; of an even number the mean of the middle two.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> row = process_days(load_sample(), by="district", period="2020", basis="proposed-resolved").iloc[0]
    >>> print(f"{row['value']:g} days, {row['n']} projects")
    22 days, 771 projects
    """
    return one(dataset, "process_days", by, period, subset, as_of, basis, confidence)


def training_coverage(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "communities", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Share of communities that any training reached (培训覆盖率), by area.

    Use: whom has training not reached yet? Longer periods reach more, so only periods of one length compare.

    Parameters
    ----------
    dataset : Dataset
        ``trainings``: one row per session and community reached.
    by, period, as_of, confidence
        As for ``usage_rate``; sessions held in the calendar years of the period, by ``as_of``.
    subset : dict, optional
        ``community_type``.
    basis : str
        ``communities``.

    Returns
    -------
    DataFrame
        The indicator table, communities above and below; a community itself has 1 or 0. ``not_reported``: neither the district nor the
        street sent a session. ``part_unknown``: of a street reached as a whole it is not known which communities came.

    Raises
    ------
    ArgumentError
        As for ``usage_rate``.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> row = training_coverage(load_sample(), by="district", period="2018-2020").iloc[0]
    >>> print(f"{row['numerator']:.0f} of {row['denominator']:.0f}")
    80 of 90
    """
    return one(dataset, "training_coverage", by, period, subset, as_of, basis, confidence)


def matching_rate(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "listings", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Share of the needs published on the matching platform that found a partner (对接率), by area.

    Use: does the platform work? Needs published late had little time: compare at the same ``as_of`` within the year.

    Parameters
    ----------
    dataset : Dataset
        ``listings``.
    by, period, as_of, confidence
        As for ``usage_rate``; published and matched by ``as_of``.
    subset : dict, optional
        ``community_type``.
    basis : str
        ``listings`` (number) or ``listings_amount`` (yuan).

    Returns
    -------
    DataFrame
        The indicator table; ``n`` counts listings. An area without listings has ``no_data``. ``part_unknown``: needs with a partner but
        without a day are left out. ``not_reported``: the district records no match at all.

    Raises
    ------
    ArgumentError
        As for ``usage_rate``.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> row = matching_rate(load_sample(), by="district", period="2020").iloc[0]
    >>> print(f"{row['numerator']:.0f} of {row['denominator']:.0f}")
    33 of 48
    """
    return one(dataset, "matching_rate", by, period, subset, as_of, basis, confidence)
