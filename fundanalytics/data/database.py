"""Tables of a database or a DuckDB file → blocks, as a workbook gives them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .intake import Grid
    from .mapping import MappingFile


def is_url(path: str | Path) -> bool:
    """Whether ``path`` is the address of a database (postgresql+psycopg://…) and no file."""
    return "://" in str(path)


def name_of(url: str | Path) -> str:
    """The database as it may be shown: no user, no password."""
    return str(url).rsplit("/", 1)[-1]


def read_url(url: str, said: MappingFile) -> list[Grid]:
    raise NotImplementedError


def read_duckdb(file: Path, name: str, said: MappingFile) -> list[Grid]:
    raise NotImplementedError
