"""The data set with every row of a table as an area of its own, so that the sums of ``tally`` and ``works`` tell what each row gives.

Place in the flow: beneath ``tracing``. Which rows count is decided by the code that counts them, and nowhere else; here rows only get a mark
behind their area's code, and lose it again. Nothing here filters.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import narwhals as nw
import pandas as pd

from ..data.dataset import Dataset, empty_table

MARK = "\x1e"  # between a code and the number of the row; no reader lets it through


class Rows:
    """Marked copies of a data set, each made once."""

    def __init__(self, dataset: Dataset) -> None:
        tables = {name: _local(table).reset_index(drop=True) for name, table in dataset.tables.items()}
        self.plain = replace(dataset, tables=tables)
        self._made: dict[str, Dataset] = {}

    def of(self, name: str) -> Dataset:
        """Every row of a table in an area of its own; no sums known beside the rows."""
        if name not in self._made:
            table = getattr(self.plain, name)
            self._made[name] = self._with(totals=empty_table("totals"), **{name: table.assign(area_code=_marked(table["area_code"], table.index))})
        return self._made[name]

    @cached_property
    def payments(self) -> Dataset:
        """Every payment of a project of its own, and the project in an area of its own."""
        payments, projects = self.plain.payments, self.plain.projects
        paid = payments.assign(project_id=_marked(payments["project_id"], payments.index))
        pairs = pd.DataFrame({"project_id": payments["project_id"], "payment": payments.index}).dropna()
        each = projects.merge(pairs, on="project_id")
        each = each.assign(area_code=_marked(each["area_code"], each["payment"]), project_id=_marked(each["project_id"], each["payment"]))
        return self._with(totals=empty_table("totals"), payments=paid, projects=each.drop(columns="payment"))

    @cached_property
    def signatures(self) -> Dataset:
        """Every signature at an event of its own, and the event in an area of its own."""
        signed, events = self.plain.participants, self.plain.events
        each = events.merge(pd.DataFrame({"event_id": signed["event_id"], "signature": signed.index}).dropna(), on="event_id")
        each = each.assign(area_code=_marked(each["area_code"], each["signature"]), event_id=_marked(each["event_id"], each["signature"]))
        return self._with(participants=signed.assign(event_id=_marked(signed["event_id"], signed.index)), events=each.drop(columns="signature"))

    @cached_property
    def totals(self) -> Dataset:
        """Sums alone, each with the number of its row for its value: which of several statements holds is then told by its number."""
        totals = self.plain.totals
        numbers = totals["value"].mask(totals["value"].notna(), totals.index.to_series().astype("float64"))
        return self._with(totals=totals.assign(value=numbers), **{name: empty_table(name) for name in ("projects", "payments", "allocations")})

    def listed(self, *, name: str) -> Dataset:
        """The data set without a table."""
        return self._with(**{name: empty_table(name)})

    def _with(self, **tables: pd.DataFrame) -> Dataset:
        return replace(self.plain, tables=self.plain.tables | tables)


def _local(table: Any) -> pd.DataFrame:
    if isinstance(table, pd.DataFrame):
        return table
    found = nw.from_native(table)
    return (found.collect() if isinstance(found, nw.LazyFrame) else found).to_pandas()


def _marked(codes: pd.Series, numbers: pd.Series | pd.Index) -> pd.Series:
    return codes + MARK + pd.Series(numbers, index=codes.index).astype("str")


def unmarked(frame: pd.DataFrame) -> pd.DataFrame:
    """``area_code`` without its mark, and ``row``, the number that the mark was."""
    parts = frame["area_code"].str.split(MARK, expand=True, regex=False) if len(frame) else pd.DataFrame({0: frame["area_code"], 1: "0"})
    return frame.assign(area_code=parts[0].astype("str"), row=parts[1].astype("int64"))
