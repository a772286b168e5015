"""Small data sets for tests: name the columns that matter, the rest is filled as the schema says."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fundanalytics.data.dataset import Dataset, empty_table
from fundanalytics.data.schema import TABLES


def table(name: str, rows: list[dict[str, Any]] | pd.DataFrame) -> pd.DataFrame:
    """A table of the schema with these rows; columns not named are blank, keys not named are numbered."""
    frame = pd.DataFrame(rows)
    empty = empty_table(name)
    keys = [k for k in TABLES[name].key if k not in frame and k.endswith("_id")]
    numbered = frame.assign(**{k: [f"{name}-{i}" for i in range(len(frame))] for k in keys})
    columns = {}
    for column, dtype in empty.dtypes.items():
        given = numbered[column].astype("object") if column in numbered else pd.Series([None] * len(frame), dtype="object")
        given = given.where(given.notna(), float("nan") if dtype == "float64" else None)
        columns[column] = pd.to_datetime(given).astype(dtype) if str(dtype).startswith("datetime") else given.astype(dtype)
    extra = {c: numbered[c] for c in numbered if c not in columns}
    return pd.DataFrame(columns | extra).reset_index(drop=True)


def area_tree(streets: dict[str, list[str]], district: str = "D", **columns: Any) -> list[dict[str, Any]]:
    """Rows of ``areas``: one district, its streets, their communities; ``columns`` hold for all."""
    rows = [{"area_code": district, "area_name": f"name {district}", "level": "district", "parent_code": "city"}]
    for street, communities in streets.items():
        rows.append({"area_code": street, "area_name": f"name {street}", "level": "street", "parent_code": district})
        rows += [{"area_code": c, "area_name": f"name {c}", "level": "community", "parent_code": street} for c in communities]
    return [row | columns for row in rows]


def small_dataset(*, rules: dict[str, Any] | None = None, origin: str = "computed", **tables: list[dict[str, Any]] | pd.DataFrame) -> Dataset:
    return Dataset({name: table(name, rows) for name, rows in tables.items()}, rules=rules or {}, origin=origin, name="small")
