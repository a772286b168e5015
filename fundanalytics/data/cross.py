"""Checks across rows, tables and years: what contradicts itself is kept and found.

Place in the flow: ``load`` hands over the finished tables. Every row stays; each finding names the cell to look at, what stands
there, what was expected, and where the other cells are. What is merely unusual is left to ``measure.outliers``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .cross_areas import check_areas, check_levels
from .cross_dates import check_dates
from .cross_factors import check_factors
from .cross_findings import Book
from .cross_money import check_money
from .cross_repeats import check_repeats
from .cross_series import check_series
from .cross_surveys import check_counts

if TYPE_CHECKING:
    import pandas as pd

    from .ledger import Ledger

CHECKS = (check_factors, check_dates, check_money, check_series, check_areas, check_levels, check_repeats, check_counts)


def check(tables: dict[str, pd.DataFrame], rules: dict[str, Any], ledger: Ledger) -> None:
    """Find what contradicts itself in the finished tables."""
    book = Book(tables, rules, ledger)
    for one in CHECKS:
        one(book)
