"""What a calculation returns: a result, or a table of rows, that prints itself, becomes a plain frame, and says where it is from.

Place in the flow: below everything in ``measure`` but ``methods``. It computes nothing and holds no words for readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from .. import __version__
from ..data.dataset import Dataset
from .methods import METHODS

SHOWN_ROWS = 60


def references_of(methods: Iterable[object]) -> tuple[str, ...]:
    """The references of some method codes, each once; codes without one are passed over."""
    found = [r for code in methods for r in (METHODS[str(code)].references if str(code) in METHODS else ())]
    return tuple(dict.fromkeys(found))


def citation(data: dict[str, str], references: Iterable[str]) -> str:
    """Package and version, the data set with its hash, and the references, one a line."""
    lines = [f"fundanalytics {__version__}"]
    if data.get("data_sha256"):
        lines.append(f"data: {data.get('data_name') or 'unnamed'} ({data.get('origin', '')}), sha256 {data['data_sha256']}")
    return "\n".join([*lines, *references])


def data_of(dataset: Dataset) -> dict[str, str]:
    """What a result says of its data: ``data_name``, ``data_sha256``, ``origin``; and what hiding small counts needs: ``parents``, ``min_people``."""
    told = {"data_name": dataset.name, "data_sha256": dataset.sha256, "origin": dataset.origin}
    areas = dataset.areas.sort_values("valid_from", na_position="first").drop_duplicates("area_code", keep="last").dropna(subset=["parent_code"])
    told["parents"] = ";".join(f"{code}>{parent}" for code, parent in zip(areas["area_code"], areas["parent_code"], strict=True))
    entry = dataset.rules.get("min_people")
    return told if entry is None else told | {"min_people": str(entry["value"] if isinstance(entry, Mapping) else entry)}


def bare(frame: pd.DataFrame) -> str:
    """A frame as an HTML table without ornament: columns that are blank throughout left out, numbers with four decimals at most."""
    plain = pd.DataFrame(frame)
    kept = [c for c in plain if not (plain[c].isna() | plain[c].astype("str").eq("")).all()] if len(plain) else list(plain)
    return plain[kept].to_html(index=False, border=0, na_rep="", float_format=_number, max_rows=SHOWN_ROWS)


def _number(value: float) -> str:
    return f"{value:,.4f}".rstrip("0").rstrip(".")


class Result:
    """Base of the frozen results: one array (or number) per field, and a ``method``."""

    __slots__ = ()

    def to_frame(self) -> pd.DataFrame:
        """One row per element, a column per field."""
        columns = {f.name: np.ravel(getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]
        rows = max(map(len, columns.values()))
        return pd.DataFrame({name: np.broadcast_to(c, rows) if len(c) == 1 else c for name, c in columns.items()})

    @property
    def references(self) -> tuple[str, ...]:
        """Author, year and place of the method."""
        return references_of(np.unique(np.ravel(getattr(self, "method", ())).astype(str)))

    def cite(self) -> str:
        """Package, version, data (where the result knows them) and references, one a line."""
        return citation(getattr(self, "data", {}), self.references)

    def _repr_html_(self) -> str:
        return bare(self.to_frame())


class ResultTable(pd.DataFrame):
    """Rows of the indicator table, or of a comparison: a DataFrame that also says what it rests on.

    Everything that a DataFrame does works; ``attrs`` hold the data's name, hash and origin.
    """

    @property
    def _constructor(self) -> Any:
        return ResultTable

    def to_frame(self) -> pd.DataFrame:
        """The same rows as a plain DataFrame."""
        return pd.DataFrame(self)

    @property
    def references(self) -> tuple[str, ...]:
        """References of the methods named in the rows."""
        return references_of(self["method"].dropna().unique() if "method" in self else ())

    def cite(self) -> str:
        """Package, version, data and references, one a line."""
        return citation({str(k): str(v) for k, v in self.attrs.items()}, self.references)

    def _repr_html_(self) -> str:
        return bare(self)


def result_table(frame: pd.DataFrame, dataset: Dataset) -> ResultTable:
    """``frame`` as a ``ResultTable`` that knows its data set."""
    table = ResultTable(frame)
    table.attrs = {**frame.attrs, **data_of(dataset)}
    return table
