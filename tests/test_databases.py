"""Databases and typed files: the same tables and figures as from workbooks, nothing written, no password shown."""

import datetime as dt
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa
from pyarrow import parquet

import fundanalytics as fa
from fundanalytics.data.database import _connected, _engine, name_of
from fundanalytics.data.dataset import Dataset
from fundanalytics.data.load import load
from fundanalytics.data.schema import TABLES, TRACE
from fundanalytics.data.typed import column_of_arrow
from fundanalytics.errors import DataError

SECRET = "geheim@/:?#1"
HASHED = ["person_key", "household_key"]  # hashed anew by every load


def _as_owner(command: list[str]) -> None:
    """Run a program of the server, which refuses to run as root."""
    owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*owner, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)


@pytest.fixture(scope="module")
def postgresql():
    """A PostgreSQL server of its own on a free port, gone after the tests."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [Path(p) for p in [shutil.which("initdb")] if p]
    if not found:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    programs = found[-1].parent
    with socket.socket() as free, tempfile.TemporaryDirectory() as place:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        data, word = Path(place, "data"), Path(place, "word")
        word.write_text(SECRET)
        if os.geteuid() == 0:
            for path in (place, word):
                shutil.chown(path, "postgres")
        settings = f"-p {port} -h 127.0.0.1 -k {place} -F"
        _as_owner([str(programs / "initdb"), "-D", str(data), "-U", "analyst", "-A", "scram-sha-256", f"--pwfile={word}", "-E", "UTF8", "--no-locale", "-N"])
        _as_owner([str(programs / "pg_ctl"), "-D", str(data), "-l", f"{place}/log", "-o", settings, "-w", "start"])
        try:
            yield sa.URL.create("postgresql+psycopg", "analyst", SECRET, "127.0.0.1", port, "postgres")
        finally:
            _as_owner([str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop"])


@pytest.fixture
def database(postgresql):
    """An empty database of that server, and a connection that may write."""
    name = f"fund_{os.urandom(4).hex()}"
    engine = sa.create_engine(postgresql, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    url = postgresql.set(database=name)
    inside = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with inside.connect() as connection:
        yield url.render_as_string(hide_password=False), connection


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return fa.load_sample()


def frames(dataset: Dataset) -> dict[str, pd.DataFrame]:
    return {name: rows.drop(columns=list(TRACE)) for name, rows in dataset.tables.items() if len(rows)}


def written(dataset: Dataset, form: str, place: Path, url: str) -> str:
    """The tables of a data set in a database or a folder; where they are."""
    tables = frames(dataset)
    if form == "duckdb":
        with duckdb.connect(str(place / "fund.duckdb")) as connection:
            for name, rows in tables.items():
                connection.register("rows", rows)
                connection.execute(f"CREATE TABLE {name} AS SELECT * FROM rows")
        return str(place)
    if form == "parquet":
        for name, rows in tables.items():
            rows.to_parquet(place / f"{name}.parquet")
        return str(place)
    address = url or f"sqlite:///{place / 'fund.db'}"
    engine = sa.create_engine(address, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for name, rows in tables.items():
            (rows.head(0) if url else rows).to_sql(name, connection, index=False)
            if url:
                with connection.connection.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN (FORMAT csv)") as copy:
                    copy.write(rows.to_csv(index=False, header=False))
    return address


@pytest.mark.parametrize("form", ["sqlite", "duckdb", "parquet", "postgresql"])
def test_the_sample_comes_back_from_a_database_as_it_was(sample, tmp_path, form, request):
    url = request.getfixturevalue("database")[0] if form == "postgresql" else ""
    back = load(written(sample, form, tmp_path, url), mapping="data/sample/mapping.yml")
    assert back.refused.empty
    assert not set(back.findings["code"]) - set(sample.findings["code"])
    found = frames(back)
    for name, rows in frames(sample).items():
        key = [k for k in TABLES[name].key if k not in HASHED]
        one, two = (t.drop(columns=HASHED, errors="ignore").sort_values([*key, *t.columns.intersection(["is_resident"])]) for t in (rows, found[name]))
        pd.testing.assert_frame_equal(one.reset_index(drop=True), two.reset_index(drop=True), check_exact=True, obj=name)
    usage = [fa.usage_rate(d, by="street", period="2020") for d in (sample, back)]
    pd.testing.assert_frame_equal(*usage, check_exact=True)


AREAS = pd.DataFrame({"area_code": ["D", "D1"], "area_name": ["虚区", "甲街道"], "level": ["district", "street"], "parent_code": [None, "D"]})
PROJECTS = pd.DataFrame({"project_id": ["P1"], "area_code": ["D1"], "period": ["2020"], "fund": ["guarantee"], "name": ["灯"], "category": ["infrastructure"]})
# amounts that a double cannot carry from 万元 or by multiplication, a day that is another one in UTC, and blanks
PAID = [
    ("Z-0001", Decimal("1234567.89"), dt.datetime(2019, 12, 31, 16, 30, tzinfo=dt.UTC), True, 510106001),
    ("Z-0002", Decimal("0.29"), dt.datetime(2020, 5, 1, 23, 59, 59, tzinfo=dt.timezone(dt.timedelta(hours=8))), None, 510106002),
    ("Z-0003", Decimal("99999999999.99"), None, False, None),
]


def as_paid(payments: pd.DataFrame) -> list[list[object]]:
    day = payments["paid_on"].dt.strftime("%Y-%m-%d")
    return [
        list(row)
        for row in zip(
            payments["payment_id"],
            payments["amount"],
            day.fillna(payments["period"]),
            payments["has_invoice"].map({True: "yes", False: "no"}).fillna("?"),
            strict=True,
        )
    ]


EXPECTED = [["Z-0001", 1234567.89, "2020-01-01", "yes"], ["Z-0002", 0.29, "2020-05-01", "?"], ["Z-0003", 99999999999.99, "2020", "no"]]


@pytest.mark.parametrize("form", ["parquet", "duckdb", "postgresql"])
def test_decimals_moments_and_blanks_are_taken_exactly(tmp_path, form, request):
    table = pa.table({
        "payment_id": pa.array([p[0] for p in PAID], pa.large_string()),
        "project_id": pa.array(["P1"] * 3).dictionary_encode(),
        "amount": pa.array([p[1] for p in PAID], pa.decimal128(20, 4)),
        "paid_on": pa.array([p[2] for p in PAID], pa.timestamp("ns", "America/Chicago")),
        "period": pa.array([2020] * 3, pa.uint16()),
        "has_invoice": pa.array([p[3] for p in PAID]),
    })  # fmt: skip
    if form == "postgresql":
        url, connection = request.getfixturevalue("database")
        AREAS.to_sql("areas", connection, index=False)
        PROJECTS.to_sql("projects", connection, index=False)
        connection.execute(sa.text("SET TIME ZONE 'America/Chicago'"))
        kinds = "payment_id text PRIMARY KEY, project_id varchar(20), amount numeric, paid_on timestamptz, has_invoice boolean, period smallint, note bytea"
        connection.execute(sa.text(f"CREATE TABLE payments ({kinds})"))
        for name, amount, moment, invoice, _ in reversed(PAID):
            values = {"n": name, "a": amount, "m": moment, "i": invoice}
            connection.execute(sa.text("INSERT INTO payments VALUES (:n, 'P1', :a, :m, :i, 2020, '\\xff00')"), values)
        found = load(url)
        assert found.payments.set_index("source_row")["payment_id"].to_dict() == {
            2: "Z-0001",
            3: "Z-0002",
            4: "Z-0003",
        }  # in the order of the key, not of writing
        assert set(found.payments["source_file"]) == {url.rsplit("/", 1)[-1]} and set(found.payments["source_sheet"]) == {"payments"}
    elif form == "duckdb":
        with duckdb.connect(str(tmp_path / "data.db")) as connection:
            for name, rows in (("areas", AREAS), ("projects", PROJECTS), ("payments", table)):
                connection.register("rows", rows)
                connection.execute(f"CREATE TABLE {name} AS SELECT * FROM rows")
        found = load(tmp_path)
    else:
        AREAS.to_parquet(tmp_path / "areas.parquet")
        PROJECTS.to_parquet(tmp_path / "projects.parquet")
        parquet.write_table(table, tmp_path / "payments.parquet")
        found = load(tmp_path)
    assert as_paid(found.payments.sort_values("payment_id")) == EXPECTED
    assert found.refused.empty


def test_decimals_become_the_doubles_that_python_reads():
    texts = ["0.009", "1.138", "123456.789", "-0.005", "4503599627370.495"]
    for more in ([], ["12345678901234567890.123"]):
        cells = pa.chunked_array([pa.array([Decimal(t) for t in texts + more] + [None], pa.decimal128(38, 3))])
        found = column_of_arrow(cells).tolist()
        assert found[: len(texts)] == [float(t) for t in texts] and found[len(texts) : -1] == more and pd.isna(found[-1])


def test_typed_columns_are_refused_as_cells_of_a_workbook_are(tmp_path):
    AREAS.to_parquet(tmp_path / "areas.parquet")
    pd.DataFrame({
        "area_code": ["D1"] * 4, "period": [2020, 2021, 2022, 2023], "fund": ["保障"] * 4,
        "quota": [1.0, 2.0, 3.0, 1e15], "arrived": [1.005, float("nan"), 2.0, 3.0],
        "arrived_on": pd.array(["2020-05-01", "0001-01-01", "2020-05-02T13:00", None], dtype="datetime64[s]"),
    }).to_parquet(tmp_path / "allocations.parquet")  # fmt: skip
    found = load(tmp_path)
    assert found.refused[["column", "rule", "cell"]].to_numpy().tolist() == [["quota", "out_of_range", "D5"], ["arrived_on", "out_of_range", "F3"]]
    assert found.findings.query("column == 'arrived'")[["code", "cell"]].to_numpy().tolist() == [["rounded", "E2"]]
    assert found.allocations["arrived_on"].dt.strftime("%F %T").dropna().tolist() == ["2020-05-01 00:00:00", "2020-05-02 00:00:00"]


def test_a_mapping_reads_foreign_tables_views_schemas_and_queries(tmp_path, database):
    url, connection = database
    for statement in (
        "CREATE SCHEMA finance", "CREATE TABLE finance.booked (id int PRIMARY KEY, what text, cost numeric(12, 2), state text)",
        "INSERT INTO finance.booked VALUES (1, 'P1', 10.10, 'ok'), (2, 'P1', 5, 'void'), (3, 'P1', 2.20, 'ok')",
        "CREATE VIEW units AS SELECT 'D'::text AS code, '虚区'::text AS called", "CREATE TABLE letters (id int, text text)",
        "INSERT INTO letters VALUES (1, 'x')",
    ):  # fmt: skip
        connection.execute(sa.text(statement))
    mapping = tmp_path / "mapping.yml"
    mapping.write_text("""
tables:
  - {table: areas, sheet: units, columns: {area_code: code, area_name: called, level: {value: district}}}
  - table: projects
    sheet: our projects
    query: "SELECT 'P1' AS p, '100%: due' AS n, 2020 AS y"
    columns: {project_id: p, name: n, period: y, area_code: {value: D}, fund: {value: guarantee}, category: {value: other}}
  - table: payments
    sheet: finance.booked
    where: {state: ok}
    columns: {payment_id: {format: "B{id:3}"}, project_id: what, amount: cost, period: {value: 2020}}
""")
    found = load(url, mapping=mapping)
    assert found.projects["name"].tolist() == ["100%: due"]
    assert found.payments[["payment_id", "amount", "source_row"]].to_numpy().tolist() == [["B001", 10.1, 2], ["B003", 2.2, 4]]
    codes = found.findings[["sheet", "code", "found", "detail"]].to_numpy().tolist()
    assert codes == [["letters", "unknown_sheet", "id text", "1"], ["finance.booked", "filtered_rows", "1", "5.00"]]


@pytest.mark.parametrize("query", ["DELETE FROM areas", "SELECT 1; DELETE FROM areas", "WITH gone AS (DELETE FROM areas RETURNING *) SELECT * FROM gone"])
def test_nothing_is_ever_written_to_a_database(tmp_path, database, query):
    url, connection = database
    AREAS.to_sql("areas", connection, index=False)
    mapping = tmp_path / "mapping.yml"
    mapping.write_text(f'tables: [{{table: areas, sheet: q, query: "{query}", columns: {{area_code: area_code}}}}]')
    if query.startswith("WITH"):
        found = load(url, mapping=mapping)
        assert found.findings.query("code == 'unread_table'")["found"].item().startswith("DECLARE CURSOR must not contain data-modifying")
        assert len(found.areas) == 2  # the table itself is read all the same
    else:
        with pytest.raises(DataError, match=query.split(";")[0]):
            load(url, mapping=mapping)
    with pytest.raises(DataError, match="read-only"), _connected(_engine(sa.make_url(url)), sa.make_url(url), "x") as reader:
        reader.exec_driver_sql("DELETE FROM areas")
    assert connection.execute(sa.text("SELECT count(*) FROM areas")).scalar() == 2


def test_reading_sqlite_leaves_no_trace_even_of_its_journal(tmp_path):
    connection = sqlite3.connect(tmp_path / "a.sqlite")
    connection.execute("PRAGMA journal_mode=WAL")
    AREAS.to_sql("areas", connection, index=False)
    connection.close()
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert len(load(f"sqlite:///{tmp_path / 'a.sqlite'}").areas) == 2
    assert len(load(tmp_path).areas) == 2
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_password_is_seen_nowhere(database):
    url, connection = database
    AREAS.to_sql("areas", connection, index=False)
    found = load(url)
    told = [found.name, repr(found), *(getattr(found, part).to_csv() for part in ("sources", "findings", "refused", "blocks", "areas")), name_of(url)]
    place = sa.make_url(url)
    for wrong in (place.set(password=SECRET + "x"), place.set(port=1), place.set(database="nowhere"), place.set(drivername="nosql")):
        with pytest.raises(DataError) as error:
            load(wrong.render_as_string(hide_password=False))
        assert error.value.code in ("database_unreachable", "bad_database_url")
        assert len(error.value.say("zh").split("–")) >= 4
        assert error.value.__cause__ is None and error.value.__suppress_context__
        told += [error.value.say("zh"), error.value.say("en"), repr(error.value)]
    with pytest.raises(DataError) as error:
        load(place.set(password=place.username).render_as_string(hide_password=False))  # a message that repeats the password
    told.append(error.value.say("en").replace(place.username, SECRET))
    assert not any(secret in text for text in told for secret in (SECRET, "geheim", "%40"))


@pytest.mark.parametrize(
    ("url", "module", "told"),
    [("mysql+pymysql://u:p@h/d", "pymysql", "pip install pymysql"), ("postgresql://u:p@h/d", "psycopg", r"fundanalytics\[postgresql\]")],
)
def test_a_missing_driver_is_named_with_what_to_install(monkeypatch, url, module, told):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DataError, match=told):
        load(url)


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\0" + b"\xff" * 200, b"\0" * 8 + b"DUCK" + b"\xff" * 9000, b""])
def test_a_broken_database_file_is_listed_and_the_others_count(tmp_path, content):
    AREAS.to_parquet(tmp_path / "areas.parquet")
    (tmp_path / "x.db").write_bytes(content)
    found = load(tmp_path)
    assert len(found.areas) == 2
    assert found.sources.set_index("file").loc["x.db", "status"] == "unread"


def test_ordinary_files_import_no_database():
    code = "import sys, fundanalytics.data.load, fundanalytics.cli; print([m for m in ('sqlalchemy', 'duckdb', 'psycopg') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
