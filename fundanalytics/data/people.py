"""Identity numbers, telephone numbers, bank cards and names: found, masked, never kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .intake import Grid, Ledger
    from .mapping import Plan


def mask(grid: Grid, plans: list[Plan], ledger: Ledger) -> None:
    """Mask people's data in the cells of a block that feeds ``plans``, in place, and write down where they stood."""
