"""The checked data set that everything behind the door works on.

Made by ``load``; it holds the tables of ``schema`` and what happened at the door (``refused``, ``findings``, ``sources``,
``sums``). It computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

import pandas as pd

from . import schema

REFUSED = ("file", "sheet", "row", "cell", "table", "column", "found", "rule", "expected", "scope", "amount", "area_code", "period")
FINDINGS = ("file", "sheet", "cell", "table", "column", "code", "found", "expected", "detail")
SOURCES = ("file", "sha256", "sheets", "read", "kept", "refused", "status", "origin", "area_code", "period")
BLOCKS = ("file", "sheet", "first_row", "last_row", "table", "title", "unit", "columns", "unused", "rows", "totals", "hidden", "hidden_rows")
TEXTS = "texts"  # the folder of what people write for a report
SUMS = ("file", "sheet", "table", "column", "read", "kept", "refused")


def empty_table(name: str) -> pd.DataFrame:
    """No rows, every column of the table with its dtype, and the columns that trace a row to its cells."""
    columns = {c.name: pd.Series(dtype=c.dtype) for c in schema.TABLES[name].columns}
    trace = {"source_file": "str", "source_sheet": "str", "source_row": "Int64"}
    return pd.DataFrame(columns | {c: pd.Series(dtype=d) for c, d in trace.items()})


def records(rows: Iterable[Mapping[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns))


@dataclass(frozen=True)
class Dataset:
    """Tables, and what was refused or found on the way in.

    Each table of ``schema.TABLES`` is an attribute (``ds.projects``), empty when nothing was sent for it.
    ``refused``: one row per refused cell or row. ``findings``: what was kept but must be known. ``sources``: one row per
    file. ``blocks``: one row per table of a sheet and table of ours that it feeds, how it was understood. ``sums``: per file, sheet and
    amount column, yuan read = kept + refused. ``rules``: the rule book. ``origin`` is ``synthetic`` when any file says that it is invented.
    ``texts``: what people wrote for a report, by area code and chapter (see ``data.texts``).
    """

    tables: dict[str, pd.DataFrame]
    refused: pd.DataFrame = field(default_factory=lambda: records([], REFUSED))
    findings: pd.DataFrame = field(default_factory=lambda: records([], FINDINGS))
    sources: pd.DataFrame = field(default_factory=lambda: records([], SOURCES))
    sums: pd.DataFrame = field(default_factory=lambda: records([], SUMS))
    blocks: pd.DataFrame = field(default_factory=lambda: records([], BLOCKS))
    rules: dict[str, Any] = field(default_factory=dict)
    origin: str = "computed"
    name: str = ""
    texts: dict[tuple[str, str], str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name not in schema.TABLES:
            raise AttributeError(f"a Dataset has no table {name!r}; its tables are {', '.join(schema.TABLES)}")
        if name not in self.tables:
            self.tables[name] = empty_table(name)
        return self.tables[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *schema.TABLES]

    @cached_property
    def sha256(self) -> str:
        """One hash of all the data: of the files they were read from, or of the rows where there were no files. No number hangs on ``texts``."""
        used = self.sources[self.sources["status"].eq("used") & ~self.sources["file"].str.startswith(f"{TEXTS}/")] if len(self.sources) else self.sources
        parts = sorted(used["sha256"].astype("str"))
        if not parts:
            rows = {name: t for name, t in sorted(self.tables.items()) if isinstance(t, pd.DataFrame) and len(t)}
            parts = [name + sha256(pd.util.hash_pandas_object(t, index=False).to_numpy().tobytes()).hexdigest() for name, t in rows.items()]
        return sha256("\n".join(parts).encode()).hexdigest()

    def __repr__(self) -> str:
        filled = ", ".join(f"{n} {len(t):,}" for n, t in self.tables.items() if len(t))
        return f"Dataset({self.name or 'unnamed'}, {self.origin}: {filled}; refused {len(self.refused)}, findings {len(self.findings)})"
