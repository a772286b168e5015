"""Marked copies: comments in place, everything else as it was; LibreOffice is the judge."""

from __future__ import annotations

import base64
import datetime as dt
import io
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from fundanalytics.publish import workbooks
from fundanalytics.publish.package import Listing, mark_package
from fundanalytics.publish.sheetxml import Mark, finish, patch
from fundanalytics.publish.workbooks import Faults, mark_workbook

pytestmark = [pytest.mark.filterwarnings("ignore:.*is not supported and will be removed"), pytest.mark.xdist_group("marked")]
PICTURE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
MAIN, OFFICE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
THREADS = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
RED, YELLOW = "FFFFC7CE", "FFFFEB9C"
# an existing comment, a number with a format, a merged cell that is covered, a cell and a row that do not exist, a whole row, a formula
MARKS = {
    "B2": Mark("look", "【请核对】合计与明细不符"), "C4": Mark("refused", "【须改正】不是数字\n原填：待定\n请改：改成数字"),
    "A11": Mark("refused", "【须改正】合并"), "Z6": Mark("refused", "【须改正】必填而为空"), "D900": Mark("refused", "【须改正】行外"),
    "8:8": Mark("refused", "【须改正】重复"), "D5": Mark("look", "【请核对】公式"),
}  # fmt: skip
SEEN = {"B2": YELLOW, "C4": RED, "A10": RED, "Z6": RED, "D900": RED, "A8": RED, "D5": YELLOW}
ROWS = [("refused", ["须改正", "C4", "=1+1"], "'台 账'!C4")]
LISTED = Listing("问题清单", ["问题清单：x", "本页不作为数据读入"], ["处理", "单元格", "问题"], ROWS, [8, 10, 40], 1)


def rich(path: Path, *, macros: bool = False) -> Path:
    """A workbook with all that a library loses: chart, picture, table, rules, lists, names, filters, a comment, a hidden sheet."""
    with xlsxwriter.Workbook(path) as book:
        if macros:
            book.add_vba_project(io.BytesIO(b"macros " * 200), is_stream=True)
        first, sheet, hidden = book.add_worksheet("说明"), book.add_worksheet("台 账"), book.add_worksheet("藏")
        hidden.hide()
        first.write("A1", "<说明> & 'x'")
        money, day = book.add_format({"num_format": "#,##0.00", "bold": True, "border": 1}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.set_column(1, 1, 23, money)
        sheet.set_row(6, 33)
        sheet.write_row("A1", ["编号", "预算", "合同", "日期", "表一", "表二"])
        for row in range(1, 12):
            sheet.write(row, 0, f"P{row}")
            sheet.write(row, 1, row * 1000.5, money)
            sheet.write(row, 2, "待定" if row == 3 else row)
            sheet.write_datetime(row, 3, dt.datetime(2020, 1, row), day)
        sheet.write_formula("D5", "=SUM(B2:B9)", money, 18)
        sheet.merge_range("A10:A12", "合并")
        sheet.write_string("G1", "=1+1")
        sheet.add_table("E1:F4", {"columns": [{"header": "表一"}, {"header": "表二"}]})
        sheet.insert_image("H2", "x.png", {"image_data": io.BytesIO(PICTURE)})
        sheet.write_comment("B2", "填表人的批注", {"author": "甲"})
        sheet.conditional_format("C2:C12", {"type": "data_bar", "data_bar_2010": True})
        sheet.data_validation("C2:C12", {"validate": "list", "source": ["甲", "乙"]})
        sheet.autofilter("A1:D12")
        book.define_name("额度", "='台 账'!$B$2:$B$12")
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "='台 账'!$B$2:$B$9"})
        sheet.insert_chart("J2", chart)
        if macros:
            sheet.insert_button("H9", {"caption": "算"})
    return path


def rewritten(source: Path, target: Path, change) -> Path:
    """A package whose parts ``change`` (name, content) → content."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return target


def prefixed(name: str, content: bytes) -> bytes:
    """Elements of the main namespace as x:row, x:c."""
    if re.fullmatch(r"xl/(worksheets/sheet\d|workbook|styles|comments1)\.xml", name):
        content = re.sub(rb"<(/?)(?=[a-zA-Z]+[\s/>])", rb"<\1x:", content).replace(b' xmlns="', b' xmlns:x="')
    return content


def inlined(source: Path):
    """Strings in the cells themselves instead of a part of their own."""
    with zipfile.ZipFile(source) as package:
        strings = re.findall(rb"<si>(.*?)</si>", package.read("xl/sharedStrings.xml"))
    cell = re.compile(rb't="s"><v>(\d+)</v>')
    return lambda name, content: cell.sub(lambda found: b't="inlineStr"><is>' + strings[int(found[1])] + b"</is>", content)


def strict(name: str, content: bytes) -> bytes:
    """The strict edition of the format."""
    for old, new in ((MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main"), (OFFICE, "http://purl.oclc.org/ooxml/officeDocument/relationships"),
                     ("http://schemas.openxmlformats.org/drawingml/2006", "http://purl.oclc.org/ooxml/drawingml")):  # fmt: skip
        content = content.replace(old.encode(), new.encode())
    return content


def shuffled(name: str, content: bytes) -> bytes:
    """Sheets in another order than their numbers, cells and rows without addresses."""
    if name == "xl/workbook.xml":
        sheets = re.findall(rb"<sheet .*?/>", content)
        for at, sheet in enumerate(sheets):
            content = content.replace(sheet, b"<!--%d-->" % at)
        for at, sheet in enumerate(reversed(sheets)):
            content = content.replace(b"<!--%d-->" % at, sheet)
    if name == "xl/worksheets/sheet1.xml":
        content = re.sub(rb'(<(?:row|c)) r="\w+"', rb"\1", content)
    return content


def threaded(name: str, content: bytes) -> bytes:
    """The comment in B2 as the first of a thread."""
    if name == "xl/comments1.xml":
        content = content.replace("填表人的批注".encode(), "[Threaded comment]\n\nComment:\n    填表人的批注".encode())
    if name == "[Content_Types].xml":
        for part, kind in ((b"threadedComments/threadedComment1", b"threadedcomments"), (b"persons/person", b"person")):
            told = b'<Override PartName="/xl/%s.xml" ContentType="application/vnd.ms-excel.%s+xml"/></Types>' % (part, kind)
            content = content.replace(b"</Types>", told)
    more = b'<Relationship Id="rId99" Type="http://schemas.microsoft.com/office/2017/10/relationships/%s" Target="%s"/></Relationships>'
    if name == "xl/worksheets/_rels/sheet2.xml.rels":
        content = content.replace(b"</Relationships>", more % (b"threadedComment", b"../threadedComments/threadedComment1.xml"))
    if name == "xl/_rels/workbook.xml.rels":
        content = content.replace(b"</Relationships>", more % (b"person", b"persons/person.xml"))
    return content


def with_thread(source: Path, target: Path) -> Path:
    rewritten(source, target, threaded)
    who, which = "{AAAAAAAA-0000-0000-0000-000000000001}", "{AAAAAAAA-0000-0000-0000-000000000002}"
    first = f'<threadedComment ref="B2" dT="2020-05-01T00:00:00.00" personId="{who}" id="{which}"><text>填表人的批注</text></threadedComment>'
    person = f'<person displayName="甲" id="{who}" userId="x" providerId="None"/>'
    with zipfile.ZipFile(target, "a") as package:
        package.writestr("xl/threadedComments/threadedComment1.xml", f'<ThreadedComments xmlns="{THREADS}">{first}</ThreadedComments>')
        package.writestr("xl/persons/person.xml", f'<personList xmlns="{THREADS}">{person}</personList>')
    return target


KINDS = ("plain.xlsx", "inline.xlsx", "macros.xlsm", "prefixed.xlsx", "strict.xlsx", "shuffled.xlsx", "threads.xlsx")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Workbooks of all kinds in ``before``, their marked copies in ``after``."""
    place = tmp_path_factory.mktemp("marked")
    before, after = place / "before", place / "after"
    before.mkdir()
    after.mkdir()
    plain = rich(before / "plain.xlsx")
    rewritten(plain, before / "inline.xlsx", inlined(plain))
    rich(before / "macros.xlsm", macros=True)
    for name, change in (("prefixed", prefixed), ("strict", strict), ("shuffled", shuffled)):
        rewritten(plain, before / f"{name}.xlsx", change)
    with_thread(plain, before / "threads.xlsx")
    for name in KINDS:
        mark_package(before / name, after / name, {"台 账": MARKS, "藏": {"A1": Mark("look", "藏")}}, LISTED)
    return place


@pytest.fixture(scope="module")
def office(place: Path, tmp_path_factory: pytest.TempPathFactory):
    """The same files as LibreOffice reads them: originals and copies, opened and written again."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if not program:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is missing")
        pytest.skip("LibreOffice is missing")
    home, out = tmp_path_factory.mktemp("office"), place / "office"
    wanted = [("before", "plain.xlsx"), ("before", "macros.xlsm"), *(("after", name) for name in KINDS)]
    files = [shutil.copy(place / side / name, place / f"{side}-{name}") for side, name in wanted]
    for form, which in (("xlsx", files), ("ods", files[:1])):
        told = [program, f"-env:UserInstallation=file://{home}", "--headless", "--convert-to", form, "--outdir", str(out), *map(str, which)]
        subprocess.run(told, check=True, capture_output=True, timeout=120)
    return lambda side, name: openpyxl.load_workbook(out / f"{side}-{Path(name).stem}.xlsx")


def cells(book: openpyxl.Workbook, *, fills: bool = False) -> dict[tuple[str, str], tuple]:
    """What stands in every cell of the sheets that both have."""
    told = {}
    for sheet in book.worksheets[:3]:
        for row in sheet.iter_rows():
            for cell in row:
                fill = cell.fill.fgColor.rgb if cell.fill.patternType else None
                told[sheet.title, cell.coordinate] = (cell.value, cell.number_format, cell.font.b, cell.border.left.style, *([fill] if fills else []))
    return {key: value for key, value in told.items() if value[0] is not None or value[1] != "General"}


@pytest.mark.parametrize("name", KINDS)
def test_a_copy_opens_in_libreoffice_with_its_comments_in_place_and_all_else_unchanged(place, office, name):
    before, after = office("before", "macros.xlsm" if name == "macros.xlsm" else "plain.xlsx"), office("after", name)
    assert after.sheetnames == [*(["藏", "台 账", "说明"] if name == "shuffled.xlsx" else before.sheetnames), "问题清单"]
    marked = {("台 账", cell) for cell in SEEN} | {("藏", "A1")}
    old, new = cells(before, fills=True), cells(after, fills=True)
    assert {k: v for k, v in new.items() if k not in marked} == {k: v for k, v in old.items() if k not in marked}
    assert {k: v for k, v in cells(after).items() if k in cells(before)} == cells(before)
    sheet = after["台 账"]
    assert {c.coordinate: c.fill.fgColor.rgb for row in sheet.iter_rows() for c in row if c.comment} == SEEN
    assert "待定" in sheet["C4"].comment.text and "合并" in sheet["A10"].comment.text and after["藏"]["A1"].comment.text == "藏"
    text = sheet["B2"].comment.text
    assert text.index("填表人的批注") < text.index("合计与明细不符")
    was, now = before["台 账"], sheet
    assert now.merged_cells.ranges == was.merged_cells.ranges and now.auto_filter.ref == was.auto_filter.ref
    assert {k: d.width for k, d in now.column_dimensions.items()} == {k: d.width for k, d in was.column_dimensions.items()}
    assert (len(now._charts), len(now._images), len(now.tables)) == (len(was._charts), len(was._images), len(was.tables))
    assert now.row_dimensions[7].height == was.row_dimensions[7].height and (after["藏"].sheet_state == "hidden") == (name != "shuffled.xlsx")
    listed = after["问题清单"]
    assert [c.value for c in listed[5]] == ["须改正", "C4", "=1+1"] and listed["C5"].data_type == "s" and listed["B5"].hyperlink.location.endswith("C4")


@pytest.mark.parametrize("name", KINDS)
def test_parts_that_carry_no_mark_are_the_same_byte_for_byte(place, name):
    """Charts, pictures, tables, macros, shared strings, other sheets: only what must name a mark is written anew."""
    with zipfile.ZipFile(place / "before" / name) as old, zipfile.ZipFile(place / "after" / name) as new:
        changed = {part for part in old.namelist() if old.read(part) != new.read(part)}
        assert new.namelist()[: len(old.namelist())] == old.namelist()
        sheets = [re.sub(rb' s="\d+"', b"", package.read("xl/worksheets/sheet2.xml")) for package in (old, new)]
    allowed = r"\[Content_Types\]\.xml|xl/(workbook|styles|comments1|persons/person|threadedComments/threadedComment1|worksheets/sheet[23])\.xml"
    allowed += r"|xl/(worksheets/)?_rels/\w+\.xml\.rels|xl/drawings/vml\w+\.vml"
    assert [part for part in changed if not re.fullmatch(allowed, part)] == []
    order = re.findall(rb"<(?:\w+:)?(drawing|legacyDrawing|tableParts|extLst)[ >]", sheets[1])
    assert order[-4:] == [b"drawing", b"legacyDrawing", b"tableParts", b"extLst"]  # Excel repairs a sheet in any other order
    data = re.compile(rb"sheetData>.*sheetData>|<(\w+:)?legacyDrawing .*?/>", re.DOTALL)
    assert data.sub(b"", sheets[0]) == data.sub(b"", sheets[1])


def test_a_thread_gets_an_answer_from_somebody_else(place):
    with zipfile.ZipFile(place / "after" / "threads.xlsx") as package:
        thread, people = (package.read(f"xl/{part}.xml").decode() for part in ("threadedComments/threadedComment1", "persons/person"))
    assert thread.count("<threadedComment ") == 2 and 'parentId="{AAAAAAAA-0000-0000-0000-000000000002}"' in thread and "合计与明细不符" in thread
    answer = re.findall(r'personId="([^"]+)"', thread)[1]
    assert re.search(rf'displayName="fundanalytics"[^>]*id="{re.escape(answer)}"', people)


def test_a_second_round_says_only_what_is_wrong_now(place, tmp_path):
    told = Faults({"台 账": {"C4": Mark("look", "第二次")}}, [("look", ["请核对", "台 账", "C4", "第二次", *[""] * 4], "'台 账'!C4")])
    assert mark_workbook(place / "after" / "plain.xlsx", tmp_path / "again.xlsx", told)
    book = openpyxl.load_workbook(tmp_path / "again.xlsx")
    assert book["台 账"]["C4"].comment.text == "第二次" and "合计与明细不符" in book["台 账"]["B2"].comment.text
    assert [name for name in book.sheetnames if "问题清单" in name] == ["问题清单"]
    assert [row[3].value for row in book["问题清单"].iter_rows(min_row=7)] == ["第二次"]


@pytest.mark.parametrize("name", KINDS)
def test_each_comment_has_one_box_that_points_at_its_cell(place, name):
    """Excel shows a comment by its box, whatever the other part says."""
    with zipfile.ZipFile(place / "after" / name) as package:
        boxes = [n for n in package.namelist() if n.endswith(".vml")]
        places = re.findall(rb"<x:Row>(\d+)</x:Row>\s*<x:Column>(\d+)</x:Column>", b"".join(package.read(n) for n in boxes))
        numbers = re.findall(rb'id="_x0000_s(\d+)"', b"".join(package.read(n) for n in boxes))
    wanted = [openpyxl.utils.cell.coordinate_to_tuple(cell) for cell in [*SEEN, "A1"]]
    assert sorted((int(row) + 1, int(column) + 1) for row, column in places) == sorted(wanted)
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("behind", ["<tableParts/><extLst/>", "<mc:AlternateContent><mc:Choice><controls/></mc:Choice></mc:AlternateContent>", ""])
def test_a_drawing_for_comments_is_named_where_the_format_wants_it(behind):
    patched = patch(f"<worksheet><sheetData/><drawing/>{behind}</worksheet>".encode(), {"B2": Mark("look", "x")}, lambda style, colour: 7)
    xml = finish(patched, "rId9", OFFICE).decode()
    assert xml.startswith('<worksheet><sheetData><row r="2"><c r="B2" s="7"/></row></sheetData><drawing/><legacyDrawing ') and xml.endswith(
        f"/>{behind}</worksheet>"
    )


def test_two_faults_of_one_cell_stand_in_one_comment_and_the_graver_colours_it(tmp_path):
    rich(tmp_path / "a.xlsx")
    told = Faults({"台 账": {"A8": Mark("look", "其一"), "8:8": Mark("refused", "其二")}})
    assert mark_workbook(tmp_path / "a.xlsx", tmp_path / "b.xlsx", told)
    cell = openpyxl.load_workbook(tmp_path / "b.xlsx")["台 账"]["A8"]
    assert "其一" in cell.comment.text and "其二" in cell.comment.text and cell.fill.fgColor.rgb == RED


def test_other_formats_come_back_as_values_at_their_addresses_and_text_is_no_formula(tmp_path):
    told = Faults({"a": {"B2": Mark("refused", "不是数字"), "C2": Mark("look", "公式"), "3:3": Mark("look", "重复")}})
    (tmp_path / "a.csv").write_text("编号,金额,说明\nP1,待定,=1+1\nP2,5,@SUM(1)\n", "gb18030")
    assert mark_workbook(tmp_path / "a.csv", tmp_path / "b.xlsx", told)
    book = openpyxl.load_workbook(tmp_path / "b.xlsx")
    sheet = book["a"]
    assert [[c.value for c in row] for row in sheet.iter_rows()][1:] == [["P1", "待定", "=1+1"], ["P2", "5", "@SUM(1)"]]
    assert {c.data_type for row in sheet.iter_rows() for c in row} == {"s"}
    assert {c.coordinate: (c.comment.text, c.fill.fgColor.rgb) for row in sheet.iter_rows() for c in row if c.comment} == {
        "B2": ("不是数字", RED), "C2": ("公式", YELLOW), "A3": ("重复", YELLOW)}  # fmt: skip
    assert book.sheetnames == ["a", "问题清单"] and "本页不作为数据读入" in book["问题清单"]["A2"].value


def test_an_old_workbook_keeps_numbers_dates_merges_and_hidden_sheets(place, office, tmp_path):
    told = Faults({"台 账": {"A11": Mark("refused", "合并"), "C4": Mark("look", "x")}})
    assert mark_workbook(place / "office" / "before-plain.ods", tmp_path / "b.xlsx", told)
    book = openpyxl.load_workbook(tmp_path / "b.xlsx")
    sheet = book["台 账"]
    assert sheet["B4"].value == 3001.5 and sheet["D3"].value == dt.datetime(2020, 1, 2) and "A10:A12" in sheet.merged_cells
    assert sheet["A10"].comment.text == "合并" and sheet["A10"].value == "合并" and sheet["C4"].value == "待定"


def test_a_package_that_is_not_built_as_it_should_be_comes_back_as_values(tmp_path):
    rich(tmp_path / "a.xlsx")
    rewritten(tmp_path / "a.xlsx", tmp_path / "b.xlsx", lambda name, content: content[:-9] if name == "xl/comments1.xml" else content)
    assert mark_workbook(tmp_path / "b.xlsx", tmp_path / "c.xlsx", Faults({"台 账": {"C4": Mark("refused", "不是数字")}}))
    assert openpyxl.load_workbook(tmp_path / "c.xlsx")["台 账"]["C4"].comment.text == "不是数字"


def test_names_of_copies_never_meet():
    taken: set[str] = set()
    names = [str(workbooks.free_name(n, taken)) for n in ("甲/a.csv", "甲/a (xls).ods", "甲/a.xls", "甲/A.xlsx", "b.xlsm", "b.ods")]
    assert names == ["甲/a.xlsx", "甲/a (xls).xlsx", "甲/a (2).xlsx", "甲/A (xlsx).xlsx", "b.xlsm", "b.xlsx"]


def test_an_entity_bomb_in_a_sheet_is_not_opened():
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet><sheetData/></worksheet>'
    with pytest.raises(ValueError, match="document type"):
        patch(bomb, {"A1": Mark("look", "x")}, lambda style, colour: 1)
