"""Checks across tables and years: what contradicts itself is kept and found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from .intake import Ledger


def check(tables: dict[str, pd.DataFrame], sources: list[dict[str, Any]], rules: dict[str, Any], ledger: Ledger) -> None:
    """Find what contradicts itself in the finished tables."""
