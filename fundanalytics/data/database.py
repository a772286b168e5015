"""Tables of a database → blocks, as a workbook gives them: any SQLAlchemy address, SQLite and DuckDB files.

Place in the flow: ``load`` comes here for an address (postgresql+psycopg://…) or a database file. A table is read when a mapping names it
or its columns are ours; of the others only the number of rows. Everything is read in one transaction that cannot write, rows in the order
of their key. User, password and host never leave this module: a database is known by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError
from .ledger import Grid, Ledger
from .mapping import plan_recognised, told_of_all
from .mapping_file import MappingFile
from .paths import find_path
from .reader.headings import Heading
from .reader.units import keys_of, unit_of
from .typed import column_of, column_of_arrow

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

SECONDS = 10  # to wait for a server
BATCH = 50_000  # rows fetched at a time
STREAMED = {"stream_results": True, "max_row_buffer": BATCH}
DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}  # the driver that the package names where an address names none
_SYSTEM = ("information_schema", "pg_catalog", "pg_toast", "sys", "INFORMATION_SCHEMA")
_SQLITE, _DUCKDB = b"SQLite format 3\0", b"DUCK"

Columns = list[tuple[str, pd.Series]]


@dataclass(frozen=True)
class _Table:
    """A table or view: its name as a mapping calls it (with its schema where that is not the usual one), its columns, how to read it."""

    name: str
    columns: tuple[str, ...]
    count: Callable[[], int]
    read: Callable[[], Columns]


def is_url(path: str | Path) -> bool:
    """Whether ``path`` is the address of a database (postgresql+psycopg://…) and no file."""
    return "://" in str(path)


def name_of(url: str | Path) -> str:
    """The database as it may be shown: no user, no password, no host."""
    try:
        return Path(_parsed(str(url)).database or "database").name
    except DataError:
        return "database"


def typed_grid(file: str, sheet: str, columns: Sequence[tuple[str, pd.Series]]) -> Grid:
    """A table of a Parquet file or a database as a block: its first row counts as the second, below the headings."""
    headings = [Heading(name, keys_of(name), unit_of(name), i) for i, (name, _) in enumerate(columns)]
    size = len(columns[0][1]) if columns else 0
    return Grid(file, sheet, "", None, headings, np.arange(2, size + 2), {i: cells for i, (_, cells) in enumerate(columns)})


def read_url(url: str, said: MappingFile, ledger: Ledger) -> list[Grid]:
    """The blocks of the database at ``url``; ``DataError`` when there is none, or no driver for it."""
    place, name = _parsed(url), name_of(url)
    if place.get_backend_name() in ("sqlite", "duckdb"):
        if not place.database or place.database == ":memory:":
            raise DataError("bad_database_url", found=place.get_backend_name())
        return read_file(find_path(place.database), name, said, ledger)
    with _connected(_engine(place), place, name) as connection:
        return _blocks(name, _tables(connection), lambda query: _asked(connection, query), said, ledger)


def read_file(file: Path, name: str, said: MappingFile, ledger: Ledger) -> list[Grid]:
    """The blocks of a DuckDB or SQLite file; its content decides which, not its name."""
    try:
        with file.open("rb") as opened:
            head = opened.read(32)
    except OSError as error:
        raise DataError("unreadable_file", file=name, found=error.strerror or str(error)) from None
    if head[8:12] == _DUCKDB:
        return _read_duckdb(file, name, said, ledger)
    if not head.startswith(_SQLITE):
        raise DataError("not_a_database", found=name, expected="DuckDB | SQLite")
    from sqlalchemy import make_url

    with _connected(_sqlite(file, head), make_url("sqlite://"), name) as connection:
        return _blocks(name, _tables(connection), lambda query: _asked(connection, query), said, ledger)


def _blocks(name: str, tables: Sequence[_Table], ask: Callable[[str], Columns], said: MappingFile, ledger: Ledger) -> list[Grid]:
    """What the mapping's queries give, then every table; one that cannot be read is written down, and the others count."""
    grids, asked = [], set()
    for entry in said.entries_for(name):
        if entry.query:
            asked.add(entry.sheet[0])
            grids += _guarded(name, entry.sheet[0], partial(ask, entry.query), ledger)
    for table in tables:
        if table.name not in asked:
            grids += _guarded(name, table.name, table.read, ledger) if _wanted(name, table, said) else _unread(name, table, ledger)
    return grids


def _guarded(name: str, sheet: str, read: Callable[[], Columns], ledger: Ledger) -> list[Grid]:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return [typed_grid(name, sheet, read())]
    except (SQLAlchemyError, _duckdb_error()) as error:
        ledger.find(Grid(name, sheet, "", None, [], [], {}), "unread_table", found=_first_line(error))
        return []


def _duckdb_error() -> type[Exception]:
    import duckdb

    return duckdb.Error


def _wanted(name: str, table: _Table, said: MappingFile) -> bool:
    entries = said.entries_for(name, table.name)
    empty = typed_grid(name, table.name, [(c, pd.Series(dtype="str")) for c in table.columns])
    return not any(e.skip for e in entries) and bool(entries or plan_recognised(empty, told_of_all(empty)))


def _unread(name: str, table: _Table, ledger: Ledger) -> list[Grid]:
    """A table that is none of ours: its headings and how many rows it has."""
    counted: list[int] = []

    def count() -> Columns:
        counted.append(table.count())
        return [(c, pd.Series(dtype="str")) for c in table.columns]

    grids = _guarded(name, table.name, count, ledger)
    for grid in grids:
        grid.numbers, grid.columns = range(2, counted[0] + 2), {}
    return grids


# --- addresses and connections -------------------------------------------------------------------------------------------
def _parsed(url: str) -> URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        place = make_url(url)
    except (ArgumentError, ValueError):
        raise DataError("bad_database_url", found=url.split("://")[0]) from None
    return place.set(drivername=DRIVERS.get(place.drivername, place.drivername))


def _engine(place: URL) -> Engine:
    from sqlalchemy import create_engine, pool
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    waits = {"connect_timeout": SECONDS} if place.drivername.endswith(("+psycopg", "+psycopg2", "+pymysql")) and "connect_timeout" not in place.query else {}
    try:
        return create_engine(place, poolclass=pool.NullPool, connect_args=waits)
    except (NoSuchModuleError, ArgumentError):
        raise DataError("bad_database_url", found=place.drivername) from None
    except ImportError as error:
        module = error.name or place.drivername.split("+")[-1]
        wanted = "fundanalytics[postgresql]" if place.get_backend_name() == "postgresql" else module
        raise DataError("no_database_driver", found=module, expected=place.drivername, package=wanted) from None


def _sqlite(file: Path, head: bytes) -> Engine:
    """A SQLite file opened for reading; one that is in the WAL mode and at rest without the files that SQLite would put beside it."""
    import sqlite3

    from sqlalchemy import create_engine, pool

    rests = head[18:19] == b"\2" and not file.with_name(file.name + "-wal").exists()
    address = f"{file.resolve().as_uri()}?mode=ro{'&immutable=1' if rests else ''}"
    return create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=pool.NullPool)


@contextmanager
def _connected(engine: Engine, place: URL, name: str) -> Iterator[Connection]:
    """One transaction that sees one state and cannot write."""
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    only = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if engine.dialect.name == "postgresql" else {}
    try:
        with engine.connect() as plain, plain.execution_options(**only) as connection:
            if engine.dialect.name in ("mysql", "mariadb"):
                connection.execute(text("SET SESSION TRANSACTION READ ONLY"))
                connection.commit()
            yield connection
            connection.rollback()
    except SQLAlchemyError as error:
        raise DataError("database_unreachable", found=name, reason=_hidden(_first_line(error), place)) from None
    finally:
        engine.dispose()


def _first_line(error: Exception) -> str:
    return " ".join(str(getattr(error, "orig", None) or error).split("\n")[0].split())


def _hidden(message: str, place: URL) -> str:
    """A driver's message without what must not be seen."""
    secrets = [str(place.password or ""), *(str(v) for k, v in place.query.items() if "pass" in k.lower())]
    for secret in filter(None, secrets):
        message = message.replace(secret, "***")
    return message


# --- any database through SQLAlchemy -------------------------------------------------------------------------------------
def _tables(connection: Connection) -> list[_Table]:
    """Every table and view, those of the usual schema by their bare name."""
    from sqlalchemy import inspect

    inspector: Any = inspect(connection)
    usual = inspector.default_schema_name
    schemas = inspector.get_schema_names() if connection.dialect.name == "postgresql" else []
    found = []
    for schema in (None, *(s for s in schemas if s != usual and s not in _SYSTEM and not s.startswith("pg_temp"))):
        names = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
        if connection.dialect.name == "postgresql":
            names += inspector.get_materialized_view_names(schema)
            names = [n for n in names if n not in _partitions(connection, schema or usual)]
        found += [_table(connection, inspector, name, schema) for name in sorted(dict.fromkeys(names))]
    return found


def _partitions(connection: Connection, schema: str) -> set[str]:
    """Parts of a partitioned table, whose rows the whole shows already."""
    from sqlalchemy import text

    query = text("SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relispartition AND nspname = :schema")
    return {row[0] for row in connection.execute(query, {"schema": schema})}


def _table(connection: Connection, inspector: Any, name: str, schema: str | None) -> _Table:
    from sqlalchemy import column, func, select, table, types

    described = inspector.get_columns(name, schema)
    key = inspector.get_pk_constraint(name, schema).get("constrained_columns") or []
    sortable = (types.String, types.Numeric, types.Integer, types.Date, types.DateTime, types.Boolean, types.Uuid, types.NullType)
    order = key or [c["name"] for c in described if isinstance(c["type"], sortable)]
    columns = tuple(c["name"] for c in described)
    source = table(name, *(column(c) for c in columns), schema=schema)
    rows = select(source).order_by(*(source.c[c] for c in order))
    return _Table(
        f"{schema}.{name}" if schema else name,
        columns,
        lambda: _apart(connection, lambda: int(connection.execute(select(func.count()).select_from(source)).scalar_one())),
        lambda: _apart(connection, lambda: _fetched(connection.execute(rows, execution_options=STREAMED))),
    )


def _asked(connection: Connection, query: str) -> Columns:
    return _apart(connection, lambda: _fetched(connection.exec_driver_sql(query.rstrip(" ;\n"), execution_options={"no_parameters": True} | STREAMED)))


def _apart(connection: Connection, read: Callable[[], Any]) -> Any:
    """A table that cannot be read does not end the transaction for the others."""
    if connection.dialect.name != "postgresql":
        return read()
    with connection.begin_nested():
        return read()


def _fetched(result: Any) -> Columns:
    columns = tuple(result.keys())
    cells: list[list[Any]] = [[] for _ in columns]
    for rows in result.partitions(BATCH):
        for column, values in zip(cells, zip(*rows, strict=True), strict=True):
            column.extend(values)
    return [(name, column_of(column)) for name, column in zip(columns, cells, strict=True)]


# --- DuckDB ------------------------------------------------------------------------------------------------------------------
def _read_duckdb(file: Path, name: str, said: MappingFile, ledger: Ledger) -> list[Grid]:
    import duckdb

    try:
        with duckdb.connect(str(file), read_only=True, config={"enable_external_access": False}) as connection:
            return _blocks(name, _duckdb_tables(connection), lambda query: _relation(connection, query), said, ledger)
    except duckdb.Error as error:
        raise DataError("database_unreachable", found=name, reason=_first_line(error)) from None


def _duckdb_tables(connection: Any) -> list[_Table]:
    listed = connection.execute(
        "SELECT table_schema, table_name, list(column_name ORDER BY ordinal_position) FROM information_schema.columns "
        "WHERE table_catalog = current_catalog() AND table_schema NOT IN ('information_schema', 'pg_catalog') GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    keys = connection.execute("SELECT schema_name, table_name, constraint_column_names FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'")
    order = {(schema, table): columns for schema, table, columns in keys.fetchall()}
    return [_duckdb_table(connection, schema, table, columns, order.get((schema, table), [])) for schema, table, columns in listed]


def _duckdb_table(connection: Any, schema: str, table: str, columns: list[str], key: list[str]) -> _Table:
    source = f"{_quoted(schema)}.{_quoted(table)}"
    order = f" ORDER BY {', '.join(map(_quoted, key))}" if key else ""
    return _Table(
        table if schema == "main" else f"{schema}.{table}",
        tuple(columns),
        lambda: int(connection.execute(f"SELECT count(*) FROM {source}").fetchone()[0]),
        lambda: _relation(connection, f"SELECT * FROM {source}{order}"),
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _relation(connection: Any, query: str) -> Columns:
    rows = connection.sql(query).to_arrow_table()
    return [(name, column_of_arrow(rows.column(i))) for i, name in enumerate(rows.column_names)]
