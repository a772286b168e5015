"""What a folder may hold by malice or accident: each file is read, refused or complained of, in bounded memory, and the others are as they were."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from mutations import unzipped
from packages import MAIN, cell, parts_of, row, save, swollen
from prove import cases
from sheet_models import Sheet, ods
from test_fuzz import limited
from test_load import PROJECTS, conserved
from test_load import folder as csv_folder

from fundanalytics.data.dataset import Dataset
from fundanalytics.data.load import load
from fundanalytics.errors import DataError

HEADINGS = tuple(PROJECTS.strip().split(","))
GOOD = "P1,一社区,2020,保障资金,灯,基础设施,3\nP2,二社区,2020,保障资金,路,基础设施,4\n"
SOUND = row(1, *HEADINGS) + row(2, "X1", "一社区", "2020", "保障资金", "桥", "基础设施", 5)
HANG = 60  # seconds of work; what is refused takes a few
MEMORY = 3 * 2**30  # bytes of one process, whatever it is sent

_CHILD = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (12 * 2**30,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]),) * 2)
from fundanalytics.data.load import load
data = load(sys.argv[1])
print(json.dumps({
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    "status": dict(zip(data.sources["file"], data.sources["status"])),
    "codes": [[f, c] for f, c in zip(data.findings["file"], data.findings["code"])],
    "budgets": {i: b for i, b in zip(data.projects["project_id"], data.projects["budget"])},
}))
"""


def folder(tmp_path: Path) -> Path:
    return csv_folder(tmp_path / "data", projects=PROJECTS + GOOD)


def beside(place: Path) -> Dataset:
    """The folder loaded: the sums hold, and the sound files are as they would be alone."""
    dataset = load(place)
    conserved(dataset)
    kept = dataset.projects[dataset.projects["source_file"] == "projects.csv"]
    assert kept[["project_id", "budget"]].to_numpy().tolist() == [["P1", 30000], ["P2", 40000]]
    assert len(dataset.areas) == 4
    return dataset


def measured(place: Path, *, memory: int = MEMORY, seconds: int = HANG) -> dict:
    """The folder loaded by a process of its own, which may neither hang nor take more than ``memory``."""
    done = subprocess.run([sys.executable, "-c", _CHILD, str(place), str(seconds)], capture_output=True, text=True, timeout=10 * seconds)
    assert done.returncode == 0, done.stderr[-1500:]
    said = json.loads(done.stdout)
    assert said["peak"] < memory, f"{said['peak'] / 2**20:.0f} MB"
    assert {k: said["budgets"].get(k) for k in ("P1", "P2")} == {"P1": 30000, "P2": 40000}
    return said


def in_little_room(place: Path) -> Dataset:
    """The folder loaded where a few hundred megabytes more are all there is."""
    with limited(2**29):
        return beside(place)


def status(dataset: Dataset, file: str) -> str:
    return dataset.sources.set_index("file").loc[file, "status"]


def codes(dataset: Dataset, file: str) -> set[str]:
    return set(dataset.findings.loc[dataset.findings["file"] == file, "code"])


PROVING = cases(1) > 1
long = pytest.mark.skipif(not PROVING, reason="long: in make prove")
NUMBER = "<row><c><v>7</v></c></row>"
TEXT = "<si><t>长长长长长长长长长长</t></si>"


SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
BOMBS = ((SHEET, NUMBER, None), (STRINGS, TEXT, None), (SHEET, NUMBER, 5000), (SHEET, " " * 8, None), (SHEET, '<row r="9" s="1"/>', None),
         (STRINGS, TEXT, 5000), ("xl/workbook.xml", "<!-- -->", None), ("xl/_rels/workbook.xml.rels", "<!-- -->", None))  # fmt: skip


@pytest.mark.parametrize(("part", "filling", "stated"), [*BOMBS[:2], *(pytest.param(*bomb, marks=long) for bomb in BOMBS[2:])])
def test_ten_megabytes_that_unpack_to_ten_gigabytes_are_refused(tmp_path, part, filling, stated):
    """The size that a package states may be a lie."""
    place = folder(tmp_path)
    strings = f'<sst xmlns="{MAIN}"><si><t>a</t></si></sst>'
    bomb = swollen(place / "炸弹.xlsx", parts_of(SOUND, strings=strings), part, filling, 10 * 2**30, stated=stated)
    assert bomb.stat().st_size < 40 * 2**20
    said = measured(place)
    assert said["status"]["炸弹.xlsx"] == "unread"
    assert any(f == "炸弹.xlsx" for f, _ in said["codes"])


def test_packages_inside_packages_are_no_workbooks(tmp_path):
    place = folder(tmp_path)
    inner = save(tmp_path / "0.xlsx", parts_of(SOUND)).read_bytes()
    for level in range(1, 6):
        inner = save(tmp_path / f"{level}.zip", {f"{i}.zip": inner for i in range(10)}).read_bytes()
    (place / "套娃.xlsx").write_bytes(inner)
    dataset = beside(place)
    assert status(dataset, "套娃.xlsx") == "unread" and codes(dataset, "套娃.xlsx") == {"not_a_workbook"}


LAUGHS = "<!DOCTYPE x [" + "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "哈" * 10}">' for i in range(10)) + "]>"


@pytest.mark.parametrize("where", ["strings", "sheet", "book", "html", "ods"])
def test_entities_that_grow_without_end_are_not_followed(tmp_path, where):
    place = folder(tmp_path)
    laughing = row(1, *HEADINGS) + row(2, "X1", "一社区", "2020", "保障资金", "&e9;", "基础设施", 5)
    if where == "html":
        (place / "大笑.xls").write_text(f"{LAUGHS}<html><table><tr><td>项目编号</td></tr><tr><td>&e9;</td></tr></table></html>", "utf-8")
    elif where == "ods":
        content = dict(unzipped(ods([Sheet("项目台账", [list(HEADINGS), ["X1", "一社区", "2020", "保障资金", "笑", "基础设施", 5]])])))
        content["content.xml"] = LAUGHS.encode() + content["content.xml"].split(b"?>", 1)[1].replace("笑".encode(), b"&e9;")
        save(place / "大笑.xls", content)
    elif where == "strings":
        rows = SOUND.replace('t="inlineStr"><is><t>桥</t></is>', 't="s"><v>0</v>')
        save(place / "大笑.xls", parts_of(rows, strings=f'{LAUGHS}<sst xmlns="{MAIN}"><si><t>&e9;</t></si></sst>'))
    elif where == "sheet":
        save(place / "大笑.xls", parts_of(laughing, before=LAUGHS))
    else:
        parts = parts_of(SOUND, book=LAUGHS)
        save(place / "大笑.xls", parts | {"xl/workbook.xml": parts["xl/workbook.xml"].replace('name="项目台账"', 'name="&e9;"')})
    dataset = in_little_room(place)
    assert status(dataset, "大笑.xls") == "unread" or where == "html" or dataset.projects["project_id"].eq("X1").any()
    assert not dataset.projects["name"].str.len().gt(100).any()


def test_two_hundred_megabytes_of_photographs_do_not_keep_a_workbook_from_being_read(tmp_path):
    place = folder(tmp_path)
    save(place / "照片.xlsx", {**parts_of(SOUND), "xl/media/image1.jpeg": bytes(200 * 2**20)}, zipfile.ZIP_STORED)
    said = measured(place)
    assert said["budgets"]["X1"] == 50000


@long
def test_two_hundred_megabytes_of_rows_are_read_or_refused_in_bounded_memory(tmp_path):
    place = folder(tmp_path)
    rows = row(1, *HEADINGS) + "".join(row(n, f"X{n}", "一社区", "2020", "保障资金", "桥", "基础设施", 5) for n in range(2, 600_000))
    save(place / "大.xlsx", parts_of(rows), zipfile.ZIP_STORED)
    assert (place / "大.xlsx").stat().st_size > 200 * 2**20
    said = measured(place, memory=8 * 2**30, seconds=600)
    assert said["status"]["大.xlsx"] == "unread" or len(said["budgets"]) == 600_000


@pytest.mark.parametrize(
    "empty", [pytest.param('<row r="{n}" s="1" customFormat="1"/>', marks=long), '<row r="{n}"><c r="A{n}" s="1"/><c r="G{n}" s="1"/></row>']
)
def test_a_million_empty_formatted_rows_are_nothing(tmp_path, empty):
    place = folder(tmp_path)
    save(place / "格式.xlsx", parts_of(SOUND + "".join([empty.replace("{n}", str(n)) for n in range(3, 1_048_577)])))
    said = measured(place)
    assert said["budgets"]["X1"] == 50000 and said["status"]["格式.xlsx"] == "used"


def test_one_stray_cell_in_the_last_corner_is_complained_of_or_left_out(tmp_path):
    place = folder(tmp_path)
    save(place / "角.xlsx", parts_of(SOUND + f'<row r="1048576">{cell("XFD1048576", 1)}</row>'))
    said = measured(place)
    assert said["status"]["角.xlsx"] == "unread" or "X1" in said["budgets"]
    assert any(f == "角.xlsx" for f, _ in said["codes"])


def test_a_macro_workbook_is_read_and_nothing_in_it_runs(tmp_path):
    place = folder(tmp_path)
    parts = parts_of(SOUND)
    types = parts["[Content_Types].xml"].replace("spreadsheetml.sheet.main", "x").replace("officedocument.x+xml", "ms-excel.sheet.macroEnabled.main+xml")
    save(place / "宏.xlsm", {**parts, "[Content_Types].xml": types, "xl/vbaProject.bin": bytes.fromhex("d0cf11e0a1b11ae1") + b"Auto_Open" * 100})
    dataset = beside(place)
    assert status(dataset, "宏.xlsm") == "used"
    assert dataset.projects.set_index("project_id").loc["X1", "budget"] == 50000


@pytest.mark.parametrize("formula", ["<f>3+2</f>", "<f>3+2</f><v/>", "<f>3+2</f><v></v>"])
def test_a_formula_without_a_stored_value_is_told_with_its_cell(tmp_path, formula):
    """Never calculated by Excel: what it would be worth is not known, and it is not nothing."""
    place = folder(tmp_path)
    rows = SOUND.replace('<c r="G2"><v>5</v></c>', f'<c r="G2">{formula}</c>')
    save(place / "公式.xlsx", parts_of(rows))
    dataset = beside(place)
    told = [*dataset.refused.loc[dataset.refused["file"] == "公式.xlsx", "cell"], *dataset.findings.loc[dataset.findings["file"] == "公式.xlsx", "cell"]]
    assert "G2" in told


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
@pytest.mark.parametrize("suffix", ["xlsx", "parquet", "csv.xlsx"])
def test_a_truncated_file_is_listed_as_unread(tmp_path, share, suffix):
    place = folder(tmp_path)
    whole = tmp_path / "whole"
    if suffix == "parquet":
        pd.DataFrame({"payment_id": ["Z1"] * 100}).to_parquet(whole)
    else:
        save(whole, parts_of(SOUND))
    content = whole.read_bytes()
    (place / f"半截.{suffix}").write_bytes(content[: int(len(content) * share)])
    dataset = beside(place)
    assert status(dataset, f"半截.{suffix}") == "unread" and codes(dataset, f"半截.{suffix}")


def test_a_truncated_text_loses_its_end_and_nothing_else(tmp_path):
    """Nobody can see that lines are missing; half a line can be seen."""
    place = folder(tmp_path)
    text = PROJECTS + "X1,一社区,2020,保障资金,桥,基础设施,5\nX2,一社区,2020,保障资金,桥,基"
    (place / "半截.csv").write_bytes(text.encode()[:-1])
    dataset = beside(place)
    own = dataset.projects[dataset.projects["source_file"] == "半截.csv"]
    assert codes(dataset, "半截.csv") or own["project_id"].tolist() == ["X1"]


def test_an_empty_folder_and_one_with_only_lock_files_say_so(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "~$台账.xlsx").write_bytes(b"\x05admin" + bytes(160))
    (tmp_path / "a" / ".DS_Store").write_bytes(b"x")
    for place in (tmp_path, tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(DataError) as error:
            load(place)
        assert error.value.code == "empty_folder"


def test_lock_files_of_an_open_excel_are_passed_over(tmp_path):
    place = folder(tmp_path)
    (place / "~$projects.xlsx").write_bytes(b"\x05admin" + bytes(160))
    assert "~$projects.xlsx" not in set(beside(place).sources["file"])


def test_an_empty_file_is_listed(tmp_path):
    place = folder(tmp_path)
    for name in ("空.xlsx", "空.csv", "空.xls", "空.parquet"):
        (place / name).write_bytes(b"")
    dataset = beside(place)
    for name in ("空.xlsx", "空.csv", "空.xls", "空.parquet"):
        assert status(dataset, name) == "unread" and codes(dataset, name)


def test_two_files_with_the_same_rows_count_once_and_are_found(tmp_path):
    place = folder(tmp_path)
    shutil.copy(place / "projects.csv", place / "projects_final.csv")
    save(place / "projects_最终.xlsx", parts_of(row(1, *HEADINGS) + "".join(row(n, *line.split(",")) for n, line in enumerate(GOOD.splitlines(), 2))))
    dataset = beside(place)
    assert len(dataset.projects) == 2
    assert codes(dataset, "projects_final.csv") == codes(dataset, "projects_最终.xlsx") == {"duplicate_row"}


@pytest.mark.parametrize(("first", "second"), [("utf-8", "gb18030"), ("gb18030", "utf-8"), ("utf-8-sig", "gb18030"), ("utf-16", "utf-8")])
@pytest.mark.parametrize("lines", [1, 5, 40])
def test_two_encodings_in_one_text_are_complained_of_and_never_kept_as_gibberish(tmp_path, first, second, lines):
    place = folder(tmp_path)
    head = "".join(f"X{n},一社区,2020,保障资金,社区路灯,基础设施,1\n" for n in range(lines))
    tail = "".join(f"Y{n},一社区,2020,保障资金,院落改造,基础设施,1\n" for n in range(lines))
    (place / "混.csv").write_bytes((PROJECTS + head).encode(first) + tail.encode(second))
    dataset = beside(place)
    own = dataset.projects[dataset.projects["source_file"] == "混.csv"]
    assert set(own["name"]) <= {"社区路灯", "院落改造"}
    assert codes(dataset, "混.csv") or (dataset.refused["file"] == "混.csv").any()


@pytest.mark.parametrize("heading", ["预算金额（万元）", "预算金额", "预算金额（元）"])
@pytest.mark.parametrize("place_of_second", ["beside", "apart"])
def test_a_heading_twice_with_different_amounts_is_told_and_neither_is_taken_in_silence(tmp_path, heading, place_of_second):
    place = folder(tmp_path)
    rows = [["X1", "一社区", "2020", "保障资金", "桥", "基础设施", "5", "7"], ["X2", "一社区", "2020", "保障资金", "亭", "基础设施", "6", "6"]]
    headings = [*HEADINGS, heading]
    if place_of_second == "apart":
        rows, headings = [[*r[:2], r[7], *r[2:7]] for r in rows], [*HEADINGS[:2], heading, *HEADINGS[2:]]
    (place / "两列.csv").write_text("\n".join(",".join(r) for r in [headings, *rows]), "utf-8")
    dataset = beside(place)
    refused = dataset.refused[dataset.refused["file"] == "两列.csv"]
    assert codes(dataset, "两列.csv") or len(refused)


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#VALUE!"])
@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_a_column_of_errors_is_refused_cell_by_cell(tmp_path, error, suffix):
    place = folder(tmp_path)
    lines = [("X1", "一社区", "2020", "保障资金", "桥", "基础设施"), ("X2", "二社区", "2020", "保障资金", "亭", "基础设施")]
    if suffix == "csv":
        (place / "错.csv").write_text(PROJECTS + "".join(",".join((*line, error)) + "\n" for line in lines), "utf-8")
    else:
        wrong = "".join(row(n, *line).replace("</row>", f'<c r="G{n}" t="e"><f>A1</f><v>{error}</v></c></row>') for n, line in enumerate(lines, 2))
        save(place / "错.xlsx", parts_of(row(1, *HEADINGS) + wrong))
    dataset = beside(place)
    refused = dataset.refused[dataset.refused["file"] == f"错.{suffix}"]
    assert refused[["cell", "found", "rule"]].to_numpy().tolist() == [[f"G{n}", error, "excel_error"] for n in (2, 3)]
    assert dataset.projects.set_index("project_id").loc[["X1", "X2"], "budget"].isna().all()


def test_what_the_tests_above_call_sound_is_sound(tmp_path):
    place = folder(tmp_path)
    save(place / "好.xlsx", parts_of(SOUND))
    assert beside(place).projects.set_index("project_id").loc["X1", "budget"] == 50000
