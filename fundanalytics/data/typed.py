"""Columns that come with a type (Parquet, databases) → plain columns, and those taken whole that already are what a table holds.

Place in the flow: readers of typed sources bring every column here before it becomes part of a ``Grid``; ``intake`` asks ``taken_whole``
before it parses cell by cell. Both ways give the same values, whatever the type: a decimal stays exact, a moment with a time zone is the
day it was in China, bytes are text where they are UTF-8. Pure: no files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import parse, schema
from .dates import YEARS

if TYPE_CHECKING:
    import pyarrow as pa

CHINA = dt.timezone(dt.timedelta(hours=8))  # one time for the whole country since 1992
EXACT = 2**53  # up to here a double holds every whole number
# text that every parser of codes and text takes as it is: no word for blank, nothing to fold, nothing that a spreadsheet has added
_AS_IT_IS = r"[0-9A-Za-z一-鿿][0-9A-Za-z一-鿿_/-]{4,}"


def plain(cell: Any) -> Any:
    """One value of a database as a workbook would hold it: text, number, day, yes or no, None."""
    if cell is None or isinstance(cell, bool | int | float | str):
        return cell
    if isinstance(cell, Decimal):
        if not cell.is_finite():
            return None if cell.is_nan() else str(cell)
        if cell == cell.to_integral_value() and abs(cell) < 10**18:
            return int(cell)
        return float(cell) if Decimal(repr(float(cell))) == cell else str(cell)
    if isinstance(cell, dt.datetime):
        return cell.astimezone(CHINA).replace(tzinfo=None) if cell.tzinfo else cell
    if isinstance(cell, dt.date | dt.time | dt.timedelta):
        return cell
    if isinstance(cell, bytes | bytearray | memoryview):
        return _text_in(bytes(cell))
    if isinstance(cell, list | tuple | set | frozenset):
        return "、".join(str(plain(one)) for one in cell)
    return str(cell)


def _text_in(content: bytes) -> Any:
    """Bytes that are text as text; others stay bytes, and no parser takes them."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return content
    return text if text.isprintable() else content


def column_of(cells: Sequence[Any]) -> pd.Series:
    """The values of a database's column, typed where they are all of one type."""
    import pyarrow as pa

    try:
        return column_of_arrow(pa.chunked_array([pa.array(cells)]))
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return pd.Series([plain(cell) for cell in cells], dtype="object")


def column_of_arrow(cells: pa.ChunkedArray) -> pd.Series:
    """A column of Arrow as one of few plain types: Int64, float64, boolean, str, datetime64[s], or objects."""
    import pyarrow as pa
    from pyarrow import types

    kind = cells.type
    if types.is_dictionary(kind):
        return column_of_arrow(cells.cast(kind.value_type))
    if types.is_decimal(kind):
        exact = _decimals(cells, kind.scale)
        if exact is not None:
            return exact
    elif types.is_boolean(kind):
        return pd.Series(pd.array(cells.to_pylist(), dtype="boolean"))
    elif types.is_integer(kind) and kind != pa.uint64():
        blank = cells.is_null().to_numpy()
        return pd.Series(pd.arrays.IntegerArray(cells.fill_null(0).to_numpy().astype("int64"), blank.astype(bool)))
    elif types.is_floating(kind):
        return pd.Series(cells.cast(pa.float64()).to_numpy())
    elif types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return pd.Series(cells.cast(pa.large_string()).to_pandas(), dtype="str")
    elif types.is_date(kind) or types.is_timestamp(kind):
        return _moments(cells, kind)
    return pd.Series([plain(cell) for cell in cells.to_pylist()], dtype="object")


def _moments(cells: pa.ChunkedArray, kind: Any) -> pd.Series:
    """Days and moments without a zone; one with a zone at the hour that it was in China."""
    import pyarrow as pa
    from pyarrow import types

    zone = types.is_timestamp(kind) and kind.tz is not None
    if zone:
        cells = cells.cast(pa.timestamp(kind.unit))
    moments = cells.cast(pa.timestamp("s"), safe=False).to_numpy().astype("datetime64[s]")
    return pd.Series(moments + np.timedelta64(8, "h") if zone else moments)


def _decimals(cells: pa.ChunkedArray, scale: int) -> pd.Series | None:
    """Decimals as whole numbers, or as the doubles nearest to them; None where a double does not hold all their digits."""
    import pyarrow as pa

    if not 0 <= scale <= 22:
        return None
    whole = pa.concat_arrays([chunk.cast(pa.decimal128(38, scale)) for chunk in cells.chunks] or [pa.array([], pa.decimal128(38, scale))])
    blank = np.asarray(whole.is_null().to_numpy(zero_copy_only=False), dtype=bool)
    words = np.frombuffer(whole.buffers()[1] or b"", dtype="<i8").reshape(-1, 2)[whole.offset : whole.offset + len(whole)]
    low = np.where(blank, 0, words[:, 0])
    high = np.where(blank, 0, words[:, 1])
    if (high != low >> 63).any() or (np.abs(low) >= EXACT).any():
        return None
    if not (low % 10**scale).any():
        return pd.Series(pd.arrays.IntegerArray(low // 10**scale, blank))
    return pd.Series(np.where(blank, np.nan, low / 10.0**scale))  # both sides exact, so the quotient is the nearest double


def taken_whole(cells: pd.Series, column: schema.Column, factor: float) -> Any:
    """The values of a typed column when they all are what the table's column holds, as parsing each would give; else None."""
    kind, numeric = column.kind, pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells)
    if numeric:
        return _numbers(cells, kind, factor)
    if kind == "date" and pd.api.types.is_datetime64_dtype(cells):
        inside = cells.dropna().dt.year.between(*YEARS).all()
        return cells.dt.normalize().astype("datetime64[s]").array if inside else None
    if kind == "flag" and cells.dtype == "boolean":
        return cells.array
    if cells.dtype != "str":
        return None
    said = cells.dropna()
    if kind in ("code", "text", "area") and said.str.fullmatch(_AS_IT_IS).all():
        return cells.array
    if kind == "choice" and said.isin(list(column.choices)).all():
        return cells.array
    return None


def _numbers(cells: pd.Series, kind: str, factor: float) -> Any:
    values = cells.to_numpy("float64", na_value=np.nan)
    if kind == "number":
        return None if np.isinf(values).any() else values
    if kind == "money":
        fen = values * factor * 100
        whole = np.rint(fen)
        odd = (np.abs(fen) >= parse.MONEY_LIMIT * 100) | (np.abs(fen - whole) >= parse.NOISE * 100)
        return None if odd.any() else whole / 100
    said = values[~np.isnan(values)]
    if kind == "count" and (said == np.rint(said)).all() and (said >= 0).all() and (said < parse.COUNT_LIMIT).all():
        return cells.astype("Int64").array
    return cells.astype("Int64").array if kind == "level" and np.isin(said, [1, 2, 3, 4, 5]).all() else None
