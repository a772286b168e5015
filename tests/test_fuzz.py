"""Nothing raises but DataError, nothing hangs, no money is lost: random bytes, damaged workbooks, and workbooks changed as people change them."""

from __future__ import annotations

import contextlib
import faulthandler
import functools
import itertools
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from types import FrameType

import pandas as pd
import pytest
from edits import KEPT, REBOUND, Page, copied, row_doubled, spoil, summed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import HARMLESS, damage, damage_xml, decoded
from prove import cases
from sheet_models import Sheet, filled, html, ods, sheets_of, text, xlsx
from test_load import conserved

from fundanalytics.data import schema
from fundanalytics.data.dataset import Dataset
from fundanalytics.data.files import SUFFIXES
from fundanalytics.data.load import load
from fundanalytics.data.workbook import UNIT_FACTORS, read_workbook
from fundanalytics.errors import MESSAGES, DataError

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
FILES = Path(__file__).parent / "files"
MESSY = Path(__file__).parents[2] / "shared" / "data" / "messy_workbooks"
LIMIT = 20  # seconds of work for one folder of small files; none of them takes one
ROOM = 4 * 2**30  # bytes that one folder may take on top of what Python holds
PARTS = 8  # so that several processes share the work
LOUD = {*MESSAGES, "unknown_sheet", "unmapped_column", "missing_column"}  # a file, sheet or column that is not taken
SOURCES = (
    "全区/激励资金2020.xlsx", "全区/区划与对照.xlsx", "全区/荣誉整改目标.xlsx", "桐荫街道/2018年度桐荫街道资金使用情况.xlsx", "雁塘街道/台账2018.xlsx",
    "白鹭洲街道/2018年社区保障资金台账.xlsx", "竹影街道/2018_保障资金_竹影街道.xlsx", "澄湖街道/澄湖街道保障资金项目台账（2020年）.xlsx",
    "荷风街道/2018项目台账.csv", "荷风街道/2018支付明细.csv", "荷风街道/2018资金到位.csv", "荷风街道/2018议事活动.csv", "全区/公布数字.csv",
    "全区/满意度分级计数2017.csv",
)  # fmt: skip
REAL = ("hsinchu_10202.xls", "hsinchu_10301.xls", "yearbook_budget_2020.xls", "yearbook_budget_2022_writeprotected.xls", "yearbook_fertilizer_2018_2019.xlsx",
        "yearbook_spend_2020_html.xls")  # fmt: skip
EDITED = (*SOURCES[3:8], SOURCES[0], SOURCES[8], SOURCES[10])
OWN = ("marks.xls", "marks.ods", "marks_1904.xls")
GOOD = "荷风街道/2020资金到位.csv"
DONE: Counter[str] = Counter()


class TooLongError(BaseException):
    """Not an Exception: nobody may take it for a broken file."""


@contextlib.contextmanager
def limited(room: int = ROOM) -> Iterator[None]:
    """Stop what runs for too long or takes too much memory; where Python cannot, end the process with a trace."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooLongError("".join(traceback.format_stack(frame, limit=12)))

    began, bounded = time.process_time(), sys.platform == "linux"
    if bounded:
        import resource

        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        before, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (used + room, hard))
        old = signal.signal(signal.SIGPROF, stop)
        signal.setitimer(signal.ITIMER_PROF, LIMIT)
        faulthandler.dump_traceback_later(LIMIT * 15, exit=True)
    try:
        yield
    finally:
        if bounded:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, old)
            faulthandler.cancel_dump_traceback_later()
            resource.setrlimit(resource.RLIMIT_AS, (before, hard))
    assert time.process_time() - began < LIMIT, "too long"


@functools.cache
def pristine(name: str) -> bytes:
    return ((MESSY if name in REAL else FILES if name in OWN else SAMPLE) / name).read_bytes()


@functools.cache
def ground() -> dict[str, bytes]:
    """Small and sound: the areas of the sample, and one street's allocations."""
    areas = load(SAMPLE / "全区" / "区划与对照.xlsx").areas.drop(columns=list(schema.TRACE))
    return {"全区/areas.csv": areas.to_csv(index=False).encode("utf-8-sig"), GOOD: pristine(GOOD)}


def read(files: dict[str, bytes]) -> Dataset:
    """What ``load`` makes of a folder with these files."""
    with tempfile.TemporaryDirectory() as place:
        for name, content in files.items():
            path = Path(place) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        with limited():
            return load(place)


def rows_of(dataset: Dataset, file: str) -> dict[str, pd.DataFrame]:
    tables = {name: t[t["source_file"] == file].reset_index(drop=True) for name, t in dataset.tables.items()}
    return {name: rows for name, rows in tables.items() if len(rows)}


@functools.cache
def alone() -> dict[str, pd.DataFrame]:
    return rows_of(read(ground()), GOOD)


def sound(files: dict[str, bytes]) -> Dataset:
    """Load these files beside the sound ones: nothing may be lost, and the sound ones must come out as if they were alone."""
    dataset = read(ground() | files)
    conserved(dataset)
    beside = rows_of(dataset, GOOD)
    doubled = dataset.refused["rule"].isin(["duplicate_row", "duplicate_key", "unknown_area"])  # another file may say the same of the same
    if not doubled.any():
        assert alone().keys() == beside.keys()
        for name, rows in alone().items():
            pd.testing.assert_frame_equal(rows, beside[name])
    return dataset


def sums(dataset: Dataset, what: str = "kept") -> pd.Series:
    own = dataset.sums[~dataset.sums["file"].isin(ground())]
    told = own.groupby(["table", "column"])[what].sum().round(2)
    return told[told != 0]


def tried(family: str, part: int, number: int, attempt: Callable[[Random], str]) -> None:
    """Run this part's share of ``number`` cases; all that fail are told together, each with the seed that makes it again."""
    failed = []
    for seed in range(part, number, PARTS):
        rng = Random(f"{family} {seed}")
        try:
            attempt(rng)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            failed.append(f"seed {seed}: {type(error).__name__} {str(error)[:300]} ({Path(where.filename).name}:{where.lineno})")
        except TooLongError as error:
            failed.append(f"seed {seed}: more than {LIMIT} s\n{error}")
        DONE[family] += 1
    assert not failed, f"{len(failed)} of {DONE[family]} cases of {family}:\n" + "\n".join(failed)


@pytest.fixture(autouse=True)
def count(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """How many cases were tried: the summary of the tests prints the sum."""
    before = DONE.total()
    yield
    record_property("fuzz", DONE.total() - before)


parts = pytest.mark.parametrize("part", range(PARTS))
HEADS = st.sampled_from([b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1"), b"<html>", b"\xff\xfe", b"PAR1", b"SQLite format 3\0", b"PK\x05\x06" + bytes(18)])


@settings(max_examples=cases(30, 0.1), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    content=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode), st.builds(bytes.__add__, HEADS, st.binary(max_size=2000))),
    suffix=st.sampled_from([*SUFFIXES, ".et", ".XLSX", ".doc", ""]),
)  # fmt: skip
def test_random_bytes_under_any_name_do_no_harm(content, suffix):
    DONE["bytes"] += 1
    sound({f"云栖街道/a{suffix}": content})


def damaged(rng: Random) -> str:
    real = list(REAL) if MESSY.is_dir() else []
    name = rng.choice([*SOURCES, *OWN, *real])
    data, path = pristine(name), Path(name)
    suffix = path.suffix
    if suffix == ".xlsx" and rng.random() < 0.1:
        data, suffix = ods(sheets_of(data)), ".ods"
    elif suffix == ".xlsx" and rng.random() < 0.05:
        data, suffix = html(sheets_of(data)), ".html"
    elif rng.random() < 0.1:
        suffix = rng.choice(SUFFIXES)
    sound({str(path.with_name(f"x{path.stem}{suffix}")): damage(data, ".html" if "html" in name else suffix, rng)})
    return name


@parts
def test_damaged_workbooks_do_no_harm(part):
    tried("damage", part, cases(80, 0.5), damaged)


def harmless(rng: Random) -> str:
    """Wrong ranges around cells that stay as they are: each amount is read, or its sheet is complained of."""
    name = rng.choice([s for s in SOURCES if s.endswith(".xlsx")])
    accounted(name, sound({name: damage_xml(pristine(name), rng, HARMLESS)}))
    return name


@functools.cache
def original(name: str) -> Dataset:
    return read(ground() | {name: pristine(name)})


def accounted(name: str, dataset: Dataset) -> None:
    """No sum is more than was sent, and what is less was said aloud."""
    before, after = sums(original(name), "read"), sums(dataset, "read")
    change = after.sub(before, fill_value=0).round(2)
    assert not (change > 0.005).any(), f"more than was sent: {change[change > 0].to_dict()}"
    loud = (dataset.findings["code"].isin(LOUD) & ~dataset.findings["file"].isin(ground())).any()
    assert loud or not (change < -0.005).any(), f"lost in silence: {change[change < 0].to_dict()}"


@parts
def test_wrong_ranges_lose_no_amount_in_silence(part):
    tried("ranges", part, cases(16, 0.05), harmless)


@functools.cache
def pages(name: str) -> tuple[Page, ...]:
    """The sheets of a sound file with what is known of them."""
    said = original(name).blocks
    content = pristine(name)
    if name.endswith(".csv"):
        rows = [[c or None for c in line.split(",")] for line in decoded(content).splitlines()]
        sheets = [Sheet(Path(name).stem, rows)]
    else:
        sheets = sheets_of(content)
    made = []
    for sheet, block in zip(sheets, read_workbook(SAMPLE / name), strict=True):
        block_said = said[(said["sheet"] == sheet.name) & (said["file"] == name)].iloc[0]
        ours = dict(reversed(pair.split(" → ")) for pair in block_said["columns"].split("；"))
        kinds = {c.name: c.kind for c in schema.TABLES[block_said["table"]].columns}
        money = {ours[n] for n, kind in kinds.items() if kind == "money" and n in ours}
        at = tuple(h.index for h in block.headings if h.text in money)
        data = tuple(r.number - 1 for r in block.rows)
        units = {h.unit for h in block.headings if h.index in at and h.unit} or {block.unit or "元"}
        made.append(Page(sheet, block.header_rows[0] - 1, block.header_rows[-1] - 1, data, at, units.pop()))
    return tuple(made)


def written(name: str, sheets: list[Sheet], rng: Random) -> dict[str, bytes]:
    """The sheets in one of the formats that we can write."""
    path, way = Path(name), rng.choice(("xlsx", "xlsx", "xlsx", "ods", "csv", "html"))
    if way == "csv":
        encoding, delimiter = rng.choice(("utf-8", "utf-8-sig", "gb18030", "utf-16")), rng.choice(",,;\t")
        return {str(path.with_name(f"{path.stem}-{s.name}.csv")): text(s, encoding, delimiter) for s in map(_without_merges, sheets)}
    if way == "html" and len(sheets) > 1:
        return {str(path.with_name(f"{path.stem}-{s.name}.xls")): html([s]) for s in sheets}
    return {str(path.with_suffix("." + way)): {"xlsx": xlsx, "ods": ods, "html": html}[way](sheets)}


def _without_merges(sheet: Sheet) -> Sheet:
    """A text knows no merged cells: what was merged downwards stands in each row, what was merged across (titles, headings) once."""
    return filled(replace(sheet, merges=[m for m in sheet.merges if m[1] == m[3]]))


def edited(rng: Random) -> str:
    name = rng.choice(EDITED)
    changed, steps = list(pages(name)), []
    for _ in range(rng.choice((1, 1, 2, 4))):
        at, edit = rng.randrange(len(changed)), rng.choice(KEPT)
        changed[at] = edit(changed[at], rng)
        steps.append(f"{edit.__name__} in {changed[at].sheet.name}")
    unchanged(name, [p.sheet for p in changed], rng, steps, ("kept", "read"))
    return name


def rebound(rng: Random) -> str:
    name = rng.choice([n for n in EDITED if n.endswith("x")])
    bind = rng.choice(REBOUND)
    unchanged(name, bind(list(pages(name)), rng), rng, [bind.__name__], ("kept",) if bind in (copied, summed) else ("kept", "read"))
    return name


def unchanged(name: str, sheets: list[Sheet], rng: Random, steps: list[str], laws: tuple[str, ...]) -> None:
    files = written(name, sheets, rng)
    dataset = sound(files)
    for law in laws:
        change = sums(dataset, law).sub(sums(original(name), law), fill_value=0).round(2)
        assert change.eq(0).all(), f"{name} as {sorted(files)[0]}: {'; '.join(steps)}: {law} {change[change != 0].to_dict()}"


@parts
def test_how_people_bind_their_sheets_changes_no_sum(part):
    tried("rebound", part, cases(24, 0.08), rebound)


@parts
def test_what_people_do_to_a_workbook_changes_no_sum(part):
    tried("edits", part, cases(50, 0.2), edited)


def spoiled(rng: Random) -> str:
    """A word in place of an amount takes just this amount from the sum read, and is refused with its cell."""
    name = rng.choice(EDITED)
    changed = list(pages(name))
    at = rng.randrange(len(changed))
    if rng.random() < 0.2:
        changed[at] = row_doubled(changed[at], rng)
        dataset = sound(written(name, [p.sheet for p in changed], rng))
        assert sums(dataset).sub(sums(original(name)), fill_value=0).round(2).eq(0).all(), f"{name}: a row twice"
        return name
    spoilt = spoil(changed[at], rng)
    if spoilt is None:
        return name
    changed[at], _, was, word = spoilt
    files = {name: xlsx([p.sheet for p in changed])} if name.endswith("x") else {name: text(changed[0].sheet)}
    dataset = sound(files)
    lost = sums(original(name), "read").sub(sums(dataset, "read"), fill_value=0).round(2)
    amount = round(was * UNIT_FACTORS[changed[at].unit], 2)
    told = f"{name} {changed[at].sheet.name}: {was} → {word!r}"
    assert lost[lost != 0].round(2).tolist() == [amount] or abs(lost.sum() - amount) <= 0.01, (
        f"{told}: read is less by {lost[lost != 0].to_dict()}, not {amount}"
    )
    assert dataset.refused["rule"].ne("").all() and len(dataset.refused) > len(original(name).refused), f"{told}: nothing refused"
    return told


@parts
def test_a_word_in_place_of_an_amount_is_refused_and_takes_just_that_amount(part):
    tried("spoiled", part, cases(24, 0.07), spoiled)


def test_the_sound_files_say_something():
    """The laws above would hold of a reader that reads nothing."""
    assert sum(len(rows) for rows in alone().values()) > 2
    assert all(sums(original(name)).gt(0).any() for name in EDITED)
    assert len(list(itertools.chain.from_iterable(pages(name) for name in EDITED))) == 25
    with pytest.raises(DataError):
        read({})
