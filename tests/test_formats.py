"""Files of every kind: what calamine does not tell, who wrote them, and what they must not do to us."""

import datetime as dt
import io
import os
import struct
import sys
import zipfile
from pathlib import Path

import msoffcrypto.format.ooxml
import openpyxl
import pytest
import records
import xlsxwriter
from sheets import only, xlsx_file

from fundanalytics.data import workbook
from fundanalytics.data.reader import archive, textfile
from fundanalytics.data.workbook import read_grids, read_workbook
from fundanalytics.errors import DataError

FILES = Path(__file__).parent / "files"
sys.path.append(str(FILES))
from make_marks import marks  # noqa: E402

ROWS = [
    ["项目编号", "预算金额", "合同金额", "验收日期", "完工"],
    ["X1", 100, 90, dt.date(2020, 3, 5), True],
    ["X2", "#DIV/0!", 200, dt.time(10, 30), None],
    ["X3", 7, "#N/A", dt.timedelta(hours=30), None],
    ["X4", 1, 2, None, None],
    [None, 3, 4, None, None],
]


def written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def padded(grid, width: int) -> list[list]:
    return [[*row, *[None] * width][:width] for row in grid.rows]


def code_of(path: Path, **options) -> str:
    with pytest.raises(DataError) as error:
        read_workbook(path, **options)
    assert path.name in error.value.say("zh") and path.name in error.value.say("en")
    return error.value.code


def changed(path: Path, **parts) -> Path:
    """The package with some parts, named by a piece of their name, put through a function."""
    with zipfile.ZipFile(path) as package:
        content = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in content.items():
            package.writestr(name, next((change(data) for piece, change in parts.items() if piece in name), data))
    return path


TEXTS = '<c r="A1" t="inlineStr"><is><t>项目编号</t></is></c><c r="B1" t="inlineStr"><is><t>预算金额</t></is></c>'


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_one_workbook_is_the_same_in_every_format(tmp_path, kind):
    path = marks(tmp_path / "marks.xlsx") if kind == "xlsx" else FILES / f"marks.{kind}"
    sheets = read_grids(path)
    assert [(s.name, s.hidden) for s in sheets] == [("台账", False), ("旧账", True), ("更旧", True)]
    assert padded(sheets[0], 5) == [["项目台账", *[None] * 4], *ROWS]
    assert (sorted(sheets[0].merges), sheets[0].hidden_rows, sheets[0].epoch) == ([(0, 0, 0, 4), (5, 0, 6, 0)], {4}, 1900)


def test_days_counted_from_1904_are_the_same_days(tmp_path):
    for path in (marks(tmp_path / "a.xlsx", epoch=1904), FILES / "marks_1904.xls"):
        sheet = read_grids(path)[0]
        assert (sheet.rows[2][3], sheet.epoch) == (dt.date(2020, 3, 5), 1904)


def test_an_xlsb_workbook_is_read_with_its_marks(tmp_path):
    cell, row, wide = records.cell, records.row, records.wide
    double = struct.Struct("<d").pack
    main = b"".join((
        row(0, cell(6, 0, wide("项目编号")), cell(6, 1, wide("预算金额")), cell(6, 2, wide("验收日期"))),
        row(1, cell(6, 0, wide("X1")), cell(5, 1, double(100)), cell(5, 2, double(43895), 1)),
        row(2, cell(6, 0, wide("X2")), cell(3, 1, b"\x17"), hidden=True),
        row(3, cell(11, 1, b"\x07" + records.NO_FORMULA)),
    ))  # fmt: skip
    old = row(0, cell(6, 0, wide("项目编号")))
    path = written(tmp_path / "a.xlsb", records.xlsb(("台账", 0, main), ("旧账", 1, old), ("更旧", 2, old), merges=((2, 0, 3, 0),)))
    first, *others = read_grids(path)
    assert padded(first, 3) == [["项目编号", "预算金额", "验收日期"], ["X1", 100, dt.date(2020, 3, 5)], ["X2", "#REF!", None], [None, "#DIV/0!", None]]
    assert (first.merges, first.hidden_rows, [o.hidden for o in others]) == ([(2, 0, 3, 0)], {2}, [True, True])
    late = read_grids(written(path, records.xlsb(("台账", 0, main), epoch=1904)))[0]
    assert (late.rows[1][2], late.epoch) == (dt.date(2024, 3, 6), 1904)
    assert code_of(written(path, records.xlsb(("台账", 0, row(2**20 - 1, cell(5, 2**14 - 1, double(1))))))) == "sheet_too_large"
    assert code_of(written(path, records.xlsb(("台账", 0, row(0, cell(5, 2**31, double(1))))))) == "not_a_workbook"


def test_an_xls_workbook_is_not_believed_about_its_size_and_charts_hide_nothing(tmp_path):
    cells = records.label(0, 0, "项目编号") + records.label(0, 1, "预算金额") + records.label(1, 0, "X1") + records.number(1, 1, 5)
    broken = records.chart(records.number(1, 1, 999), records.formula(2, 1, b"\2\0\x17\0\0\0\xff\xff")) + records.record(
        0xE5, struct.pack("<5H", 1, 1, 2, 0, 0)
    )
    path = written(tmp_path / "a.xls", records.xls(cells + broken, dimensions=struct.pack("<2I3H", 0, 2**31, 0, 65_535, 0)))
    sheet = read_grids(path)[0]
    assert (sheet.rows, sheet.merges) == ([["项目编号", "预算金额"], ["X1", 5]], [(1, 0, 2, 0)])
    assert code_of(written(path, records.xls(records.number(65_535, 65_535, 1)))) == "not_a_workbook"
    assert code_of(written(path, records.xls(cells, book=records.record(0xFC, struct.pack("<2i", 1, 2**31 - 1))))) == "not_a_workbook"


def test_formulas_of_an_xls_that_nobody_calculated_are_told_from_empty_texts(tmp_path):
    heads = records.label(0, 0, "项目编号") + records.label(0, 1, "预算金额") + records.label(1, 0, "X1")
    nothing, seven = b"\3\0\0\0\0\0\xff\xff", struct.pack("<d", 7)
    path = written(tmp_path / "a.xls", records.xls(heads + records.formula(1, 1, nothing) + records.formula(2, 1, nothing)))
    assert [row[1] for row in read_grids(path)[0].rows[1:]] == ["=", "="]
    written(path, records.xls(heads + records.formula(1, 1, nothing) + records.formula(2, 1, seven)))
    assert [row[1] for row in read_grids(path)[0].rows[1:]] == [None, 7]


def test_a_formula_without_a_stored_value_comes_back_as_the_formula(tmp_path):
    book = openpyxl.Workbook()  # it writes no values
    for row in (["项目编号", "预算金额"], ["X1", "=2*3"], ["X2", 5]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert [r.cells[1] for r in only(tmp_path / "a.xlsx").rows] == ["=2*3", 5]
    with xlsxwriter.Workbook(tmp_path / "b.xlsx") as other:  # it writes 0 unless told the value
        sheet = other.add_worksheet()
        sheet.write_row("A1", ["项目编号", "预算金额"])
        sheet.write_row("A2", ["X1"])
        sheet.write_formula("B2", '=IF(1<2,3,"")')
    assert only(tmp_path / "b.xlsx").rows[0].cells[1] == '=IF(1<2,3,"")'


def test_a_stored_zero_and_an_empty_text_are_values(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row("A1", ["项目编号", "预算金额", "合同金额", "支付金额"])
        sheet.write("A2", "X1")
        sheet.write_formula("B2", "=1-1", None, 0)
        sheet.write_formula("C2", "=1+1", None, 2)
        sheet.write_formula("D2", '=""', None, "x")
    changed(path, sheet1=lambda xml: xml.replace(b"<v>x</v>", b"<v></v>"))
    assert only(path).rows[0].cells == ["X1", 0, 2, None]


@pytest.mark.parametrize(
    "sheet_data",
    [
        f'<x:row r="1">{TEXTS}</x:row><x:row r="2" hidden="1"><x:c r="A2"><x:v>1</x:v></x:c><x:c r="B2" t="e"><x:v>#SPILL!</x:v></x:c></x:row>',
        f'<row r="1">{TEXTS}</row><row r=\'2\' hidden=\'1\'><c r=\'A2\'><v>1</v></c><c t=\'e\' r=\'B2\'><v>#SPILL!</v></c></row>',
        f'<row>{TEXTS}</row><!-- a --><row\nhidden = "true"><c><v>1</v></c><c\nt="e"><v>#SPILL!</v></c></row>',
    ],
    ids=["prefixes", "single quotes", "no addresses"],
)  # fmt: skip
def test_xml_of_other_writers_is_read_alike(tmp_path, sheet_data):
    path = xlsx_file(tmp_path / "a.xlsx", {})
    prefixed = "<x:row" in sheet_data
    if prefixed:
        sheet_data = sheet_data.replace("<c ", "<x:c ").replace("</c>", "</x:c>").replace("<is>", "<x:is>").replace("</is>", "</x:is>")
        sheet_data = sheet_data.replace("<t>", "<x:t>").replace("</t>", "</x:t>")
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    whole = f"<x:sheetData>{sheet_data}</x:sheetData>" if prefixed else f"<sheetData>{sheet_data}</sheetData>"
    tag = b"x:worksheet" if prefixed else b"worksheet"
    names = b'xmlns:x="%s"' % main if prefixed else b'xmlns="%s"' % main
    changed(path, sheet1=lambda _: b"<%s %s>%s</%s>" % (tag, names, whole.encode(), tag))
    sheet = read_grids(path)[0]
    assert (sheet.rows, sheet.hidden_rows) == ([["项目编号", "预算金额"], [1, "#SPILL!"]], {1})


def test_parts_are_found_under_other_names(tmp_path):
    path = xlsx_file(tmp_path / "a.xlsx", {"A1": "项目编号", "B1": "预算金额", "A2": "X1", "B2": 5})
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    names = {"xl/sharedStrings.xml": "xl/SharedStrings.XML", "xl/worksheets/sheet1.xml": "xl\\blätter\\eins.xml"}
    links = parts["xl/_rels/workbook.xml.rels"].replace(b"worksheets/sheet1.xml", "/xl/x/../blätter/eins.xml".encode())
    with zipfile.ZipFile(path, "w") as package:
        for name, content in (parts | {"xl/_rels/workbook.xml.rels": links}).items():
            package.writestr(names.get(name, name), content)
    assert only(path).rows[0].cells == ["X1", 5]


def test_macros_are_not_even_unpacked(tmp_path):
    path = xlsx_file(tmp_path / "a.xlsm", {"A1": "项目编号", "B1": "预算金额", "A2": "X1", "B2": 5})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_LZMA) as package:
        package.writestr("xl/vbaProject.bin", b"Sub Auto_Open()")  # packed in a way that is refused wherever it is unpacked
    assert only(path).rows[0].cells == ["X1", 5]


def office_file(path: Path, password: str) -> Path:
    plain = xlsx_file(path.with_suffix(".plain"), {"A1": "项目编号", "B1": "预算金额", "A2": "X1", "B2": 5})
    with plain.open("rb") as source, path.open("wb") as target:
        msoffcrypto.format.ooxml.OOXMLFile(source).encrypt(password, target)
    return path


def test_write_protection_opens_and_a_password_does_not(tmp_path):
    assert only(office_file(tmp_path / "a.xlsx", "VelvetSweatshop")).rows[0].cells == ["X1", 5]
    assert code_of(office_file(tmp_path / "b.xlsx", "secret")) == "encrypted_workbook"
    with zipfile.ZipFile(FILES / "marks.ods") as package:
        manifest = package.read("META-INF/manifest.xml")
    with zipfile.ZipFile(tmp_path / "c.ods", "w") as package:
        package.writestr("META-INF/manifest.xml", manifest.replace(b"</manifest:manifest>", b"<manifest:encryption-data/></manifest:manifest>"))
        package.writestr("content.xml", b"\x93\x01")
    assert code_of(tmp_path / "c.ods") == "encrypted_workbook"


ODS = (
    '<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="台账">{}</table:table>'
    "</office:spreadsheet></office:body></office:document>"
)


def test_a_flat_document_has_repeats_comments_filters_and_uncalculated_formulas(tmp_path):
    rows = (
        '<table:table-row><table:table-cell><text:p>项目<text:s text:c="2"/>编号<office:annotation><text:p>批</text:p></office:annotation></text:p>'
        "<office:annotation><text:p>批注</text:p></office:annotation>"
        '</table:table-cell><table:table-cell office:value-type="string"><text:p>预算</text:p><text:p>金额</text:p></table:table-cell></table:table-row>'
        '<table:table-row table:number-rows-repeated="2" table:visibility="filter"><table:table-cell office:value-type="float" office:value="5"'
        ' table:number-columns-repeated="2"/><table:table-cell table:number-columns-repeated="16382"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        '<table:table-row><table:table-cell/><table:table-cell table:formula="of:=[.A2]*2"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048569"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    sheet = read_grids(written(tmp_path / "a.fods", ODS.format(rows)))[0]
    assert sheet.rows == [["项目  编号", "预算\n金额"], [5, 5], [5, 5], [], [], [], [None, "=[.A2]*2"]]
    assert sheet.hidden_rows == {1, 2}
    repeated = '<table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="float" office:value="5"{}/></table:table-row>'
    path = written(tmp_path / "b.fods", ODS.format(repeated.format(' table:number-columns-repeated="16384"')))
    assert code_of(path) == "sheet_too_large"


PAGE = """<html><head><meta http-equiv="Content-Type" content="text/html; charset={}"><title>导出</title></head><body><h3>项目台账</h3><p>单位：万元</p>
<table><tr><td><table><tr><th rowspan=2>项目编号</th><th colspan="2">资金</th></tr><tr><th>预算<br>金额</th><th>合同
 金额</th></tr>
<tr><td>X&nbsp;1</td><td x:num="1234.567">1,234.57</td><td x:err="#REF!">#REF!</td></tr>
<tr style="display: none"><td>X2</td><td colspan=2 style='mso-ignore:colspan'>7</td></tr></table></td></tr></table>
<table><tr><td>说明</td></tr></table><table><tr><td>项目编号</td><td>支付金额</td></tr><tr><td>X1</td><td>3</td></tr></table></body></html>"""


@pytest.mark.parametrize(
    ("said", "encoding"), [("gb2312", "gb18030"), ("gbk", "gb18030"), ("utf-8", "utf-8"), ("utf-8", "gb18030"), ("gb2312", "utf-8"), ("x", "utf-16")]
)
def test_a_web_page_gives_its_tables_with_the_lines_above_them(tmp_path, said, encoding):
    first, second = read_grids(written(tmp_path / "台账.xls", PAGE.format(said).encode(encoding)))
    assert padded(first, 3) == [
        ["项目台账", None, None], ["单位：万元", None, None], ["项目编号", "资金", None], [None, "预算\n金额", "合同 金额"], ["X 1", 1234.567, "#REF!"],
        ["X2", "7", None],
    ]  # fmt: skip
    assert (sorted(first.merges), first.hidden_rows) == ([(2, 0, 3, 0), (2, 1, 2, 2)], {5})
    assert (first.name, second.name, second.rows) == ("台账 1", "台账 2", [["说明"], ["项目编号", "支付金额"], ["X1", "3"]])


def test_a_page_of_spans_without_end_or_without_a_table_is_refused(tmp_path):
    assert (
        code_of(written(tmp_path / "a.xls", "<html><table><tr><td>a</td><td>b</td><td colspan=999999 rowspan=999999>c</td></tr></table>")) == "sheet_too_large"
    )
    assert code_of(written(tmp_path / "b.xls", "<html><frameset><frame src='b.files/sheet001.htm'></frameset></html>")) == "html_workbook"


def test_a_web_archive_gives_the_sheets_of_its_pages(tmp_path):
    page = "<html><body><table><tr><td>项目编号</td><td>预算金额</td></tr><tr><td>{}</td><td>5</td></tr></table></body></html>"
    frame = "<html><x:ExcelWorksheet><x:Name>台账</x:Name></x:ExcelWorksheet><x:ExcelWorksheet><x:Name>旧账</x:Name></x:ExcelWorksheet></html>"
    parts = [f'--b\nContent-Type: text/html; charset="utf-8"\nContent-Transfer-Encoding: 8bit\n\n{p}\n' for p in (frame, page.format("X1"), page.format("X2"))]
    path = written(tmp_path / "a.xls", 'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="b"\n\n' + "".join(parts) + "--b--\n")
    assert [(g.name, g.rows[1]) for g in read_grids(path)] == [("台账", ["X1", "5"]), ("旧账", ["X2", "5"])]


def test_the_xml_of_excel_2003_is_read(tmp_path):
    ss = "urn:schemas-microsoft-com:office:spreadsheet"
    path = written(
        tmp_path / "a.xls",
        f'<?xml version="1.0"?><Workbook xmlns="{ss}" xmlns:ss="{ss}" xmlns:x="urn:schemas-microsoft-com:office:excel"><Worksheet ss:Name="台账"><Table>'
        '<Row><Cell ss:MergeDown="1"><Data ss:Type="String">项目编号</Data></Cell><Cell ss:MergeAcross="1"><Data ss:Type="String">资金</Data></Cell></Row>'
        '<Row><Cell ss:Index="2"><Data ss:Type="String">预算金额</Data></Cell><Cell><Data ss:Type="String">验收日期</Data></Cell></Row>'
        '<Row ss:Index="4" ss:Hidden="1"><Cell><Data ss:Type="String">X1</Data><Comment><ss:Data>批注</ss:Data></Comment></Cell>'
        '<Cell><Data ss:Type="Number">5.5</Data></Cell><Cell><Data ss:Type="DateTime">2020-03-05T00:00:00.000</Data></Cell></Row>'
        '<Row><Cell ss:Formula="=RC[1]"/><Cell><Data ss:Type="Error">#REF!</Data></Cell><Cell><Data ss:Type="Boolean">1</Data></Cell></Row></Table>'
        "<x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions></Worksheet></Workbook>",
    )
    sheet = read_grids(path)[0]
    assert padded(sheet, 3) == [
        ["项目编号", "资金", None], [None, "预算金额", "验收日期"], [None] * 3, ["X1", 5.5, dt.date(2020, 3, 5)], ["=RC[1]", "#REF!", True],
    ]  # fmt: skip
    assert (sorted(sheet.merges), sheet.hidden_rows, sheet.hidden) == ([(0, 0, 1, 0), (0, 1, 0, 2)], {3}, True)


def test_a_text_of_two_encodings_is_refused_with_the_line(tmp_path):
    lines = ["项目编号,项目名称", "X1,路灯改造工程", "X2,安装健身器材"]
    path = tmp_path / "a.csv"
    with pytest.raises(DataError) as error:
        read_workbook(written(path, "\n".join(lines).encode("gb18030") + "\nX3,修补社区道路\n".encode()))
    assert (error.value.code, error.value.facts["found"], error.value.facts["expected"]) == ("mixed_encoding", 4, "GB18030")
    with pytest.raises(DataError) as error:
        read_workbook(written(path, "\n".join(lines).encode("utf-8-sig") + "\nX3,修补社区道路\n".encode("gb18030")))
    assert (error.value.code, error.value.facts["found"], error.value.facts["expected"]) == ("mixed_encoding", 4, "UTF-8")
    names = ["联通", "之么", "伟位", "医院", "十千万元"]  # some of their bytes are UTF-8 too
    assert len(read_grids(written(path, "\n".join([*lines, *(f"X9,{n}" for n in names)]).encode("gb18030")))[0].rows) == 3 + len(names)


def test_rows_of_a_text_are_numbered_as_a_spreadsheet_numbers_them(tmp_path):
    block = only(written(tmp_path / "a.csv", 'sep=;\r\n项目编号;预算金额\r\n"X1\r\n续";5\r\n\r\nX2;"1,5;0"\r\n;\r\n;\r\n'))
    assert len(read_grids(tmp_path / "a.csv")[0].rows) == 4
    assert [(r.number, r.cells) for r in block.rows] == [(2, ["X1\r\n续", "5"]), (4, ["X2", "1,5;0"])]


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.xlsx", b"%PDF-1.7 ...", "pdf"), ("a.csv", b"\xff\xd8\xff\xe0 JFIF", "jpg"), ("a.xls", "xlsx", None), ("a.xlsx", "xls", None),
        ("a.xlsx", "项目编号,预算金额\nX1,5\n".encode(), None), ("a.et", "xls", None),
    ],
    ids=["pdf", "jpg", "xlsx as xls", "xls as xlsx", "csv as xlsx", "et"],
)  # fmt: skip
def test_what_a_file_is_decides_its_content_and_not_its_name(tmp_path, name, content, found):
    made = {"xlsx": lambda: marks(tmp_path / "m").read_bytes(), "xls": (FILES / "marks.xls").read_bytes}
    path = written(tmp_path / name, made[content]() if content in made else content)
    if found is None:
        assert read_grids(path)
        return
    with pytest.raises(DataError) as error:
        read_grids(path)
    assert (error.value.code, error.value.facts["found"]) == ("not_a_workbook", found)


def test_formatted_rows_cost_little_and_a_far_cell_is_kept(tmp_path):
    blank = b"".join(b'<row r="%d" s="1" customFormat="1" ht="14.25" customHeight="1"><c r="A%d" s="1"/></row>' % (i, i) for i in range(3, 250_001))
    path = xlsx_file(tmp_path / "a.xlsx", {})
    data = f'<row r="1">{TEXTS}</row><row r="2"><c r="A2"><v>1</v></c></row>'
    changed(path, sheet1=lambda xml: xml.replace(b"<sheetData/>", b"<sheetData>%s%s</sheetData>" % (data.encode(), blank)))
    with zipfile.ZipFile(path) as package:
        kept = archive.Archive(path.read_bytes(), "a").sheet("xl/worksheets/sheet1.xml")
        assert len(kept) < 2 * 2**20 < 20 * 2**20 < len(package.read("xl/worksheets/sheet1.xml"))
    assert len(read_grids(path)[0].rows) == 2
    changed(path, sheet1=lambda xml: xml.replace(b'<c r="A240000" s="1"/>', b'<c r="A240000" s="1"><v>7</v></c>'))
    rows = read_grids(path)[0].rows
    assert (len(rows), rows[-1][0], len({id(row) for row in rows})) == (240_000, 7, 4)


def test_a_package_is_unpacked_within_bounds(tmp_path, monkeypatch):
    path = xlsx_file(tmp_path / "a.xlsx", {"A1": "项目编号", "B1": "预算金额"})
    monkeypatch.setattr(archive, "MAX_KEPT", 2**20)
    spaces, noise = b" " * 2**21, os.urandom(2**20).hex().encode()
    assert code_of(changed(path, sharedStrings=lambda xml: xml + spaces)) == "zip_bomb"
    assert code_of(changed(path, sharedStrings=lambda xml: xml.strip() + b"<!--" + noise + b"-->")) == "file_too_large"
    lie = bytearray(changed(path, sharedStrings=lambda xml: xml[:-3000] + spaces).read_bytes())
    struct.pack_into("<I", lie, lie.rindex(b"xl/sharedStrings.xml") - 46 + 24, 1000)  # the size that the directory states
    assert code_of(written(path, bytes(lie))) == "not_a_workbook"


@pytest.mark.parametrize("part", ["workbook.xml", "workbook.xml.rels", "sheet1.xml", "sharedStrings.xml", "styles.xml"])
def test_a_document_type_is_refused_wherever_it_stands(tmp_path, part):
    path = xlsx_file(tmp_path / "a.xlsx", {"A1": "项目编号", "B1": "预算金额"})
    head = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    assert code_of(changed(path, **{f"/{part}": lambda xml: head + xml[xml.index(b"?>") + 2 :]})) == "xml_entities"
    assert code_of(written(tmp_path / "b.fods", head.decode() + ODS.format(""))) == "xml_entities"


def test_parts_that_are_missing_are_named(tmp_path):
    path = xlsx_file(tmp_path / "a.xlsx", {"A1": "项目编号", "B1": "预算金额"})
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist() if "sheet1" not in name}
    with zipfile.ZipFile(path, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    with pytest.raises(DataError) as error:
        read_workbook(path)
    assert (error.value.code, error.value.facts["found"]) == ("not_a_workbook", "xl/worksheets/sheet1.xml")


def test_a_folder_a_pipe_and_a_loop_of_links_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "a.xlsx")
    (tmp_path / "b.xlsx").symlink_to(tmp_path / "c.xlsx")
    (tmp_path / "c.xlsx").symlink_to(tmp_path / "b.xlsx")
    (tmp_path / "d.xlsx").mkdir()
    assert {code_of(tmp_path / f"{name}.xlsx") for name in "abcd"} == {"unreadable_file"}


def test_too_large_a_file_is_not_even_read(tmp_path, monkeypatch):
    path = written(tmp_path / "a.csv", "项目编号,预算金额\nX1,5\n")
    monkeypatch.setattr(textfile, "MAX_BYTES", 8)
    assert code_of(path) == "file_too_large"
    monkeypatch.setattr(workbook, "MAX_FILE", 8)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    assert code_of(path) == "file_too_large"


def test_bytes_in_a_package_are_handed_over_as_they_were_checked():
    with zipfile.ZipFile(io.BytesIO(archive.packed({"xl/workbook.xml": b"<a/>"}, "xl/workbook.xml", {"r0": "worksheets/a.xml"}))) as package:
        assert sorted(package.namelist()) == ["_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/workbook.xml"]
