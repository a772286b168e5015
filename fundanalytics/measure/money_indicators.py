"""The indicators of money beside the usage rate: what lies idle, what was raised besides, what a project costs.

Place in the flow: beside ``indicators``, whose public face they share. A ledger is a full count, so limits are blank.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..data.dataset import Dataset
from .definitions import CONFIDENCE
from .figures import one
from .request import Subset


def sediment_rate(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "idle/arrived", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Share of the money that arrived and lies idle (资金沉淀率), by area: neither paid nor owed under a contract.

    Use: how much is left that nobody may claim? Ask with the ``as_of`` of the clearing (31 May of the next year): before it, money that will be paid
    looks idle wherever contracts are not written down.

    Parameters
    ----------
    dataset : Dataset
        ``projects`` with contracts, ``payments``, ``allocations``.
    by, period, subset, as_of, confidence
        As for ``usage_rate``.
    basis : str
        ``idle/arrived``, or ``uncleared/arrived`` (less what was cleared by ``as_of``: still in the accounts).

    Returns
    -------
    DataFrame
        As for ``usage_rate``. ``not_reported`` also where the street states no contract at all (or, for ``uncleared/arrived``, nothing cleared after the
        year); ``totals_only`` where what was paid is known as a sum only.

    Raises
    ------
    ArgumentError
        As for ``usage_rate``.

    Notes
    -----
    Σ max(arrived − paid − payable, 0) / Σ arrived over communities, years and funds: a community that spent more than it had does not hide what
    lies idle in another, so the rate is not 1 less ``paid+payable/arrived``.

    References
    ----------
    成社办发〔2020〕2号: sediment is cleared by the end of May, except what is owed under contracts.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> sample = load_sample()
    >>> for basis in ("idle/arrived", "uncleared/arrived"):
    ...     print(f"{sediment_rate(sample, by='district', period='2019', as_of='2020-05-31', basis=basis)['value'].iloc[0]:.4f}")
    0.0113
    0.0000
    """
    return one(dataset, "sediment_rate", by, period, subset, as_of, basis, confidence)


def self_raised_ratio(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "self_raised/budget", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Self-raised money per yuan of budget (自筹比例), by area.

    Use: does the fund draw in money of others? Self-raised money is undated, so ``as_of`` does not cut it, and it may stand beside the
    budget or within it.

    Parameters
    ----------
    dataset : Dataset
        ``projects``: ``self_raised``, ``budget``.
    by, period, subset, as_of, confidence
        As for ``usage_rate``.
    basis : str
        ``self_raised/budget``.

    Returns
    -------
    DataFrame
        The indicator table, yuan above and below. A blank is none where the street states any in that year and fund; where it states none
        at all, ``not_reported``. Projects without budget are left out on both sides (``part_unknown``).

    Raises
    ------
    ArgumentError
        As for ``usage_rate``.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> print(f"{self_raised_ratio(load_sample(), by='district', period='2020')['value'].iloc[0]:.4f}")
    0.0072
    """
    return one(dataset, "self_raised_ratio", by, period, subset, as_of, basis, confidence)


def cost_per_project(
    dataset: Dataset, *, by: str | Sequence[str] = "street", period: str | None = None, subset: Subset | None = None, as_of: object = None,
    basis: str = "paid/projects", confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Yuan paid per project (单个项目支出), by area.

    Use: how small are the projects? Neither more nor less is better. A mean of very unequal sums: few large ones carry it.

    Parameters
    ----------
    dataset : Dataset
        ``projects`` and ``payments``, or ``totals`` of both.
    by, period, subset, as_of, confidence
        As for ``usage_rate``.
    basis : str
        ``paid/projects``.

    Returns
    -------
    DataFrame
        The indicator table: yuan above, projects below, those not yet paid among them. Blank as ``usage_rate``.

    Raises
    ------
    ArgumentError
        As for ``usage_rate``.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> print(f"{cost_per_project(load_sample(), by='district', period='2018-2020')['value'].iloc[0]:.2f}")
    34809.23
    """
    return one(dataset, "cost_per_project", by, period, subset, as_of, basis, confidence)
