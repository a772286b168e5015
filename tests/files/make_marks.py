"""Makes marks.xls, marks_1904.xls and marks.ods: one workbook with everything that calamine does not tell, as LibreOffice writes it.

    .venv/bin/python tests/files/make_marks.py

LibreOffice 7.4 made the committed files; the tests run without it.
"""

import datetime as dt
import subprocess
import tempfile
from pathlib import Path

import xlsxwriter

HERE = Path(__file__).parent


def marks(path: Path, *, epoch: int = 1900) -> Path:
    with xlsxwriter.Workbook(path, {"date_1904": epoch == 1904}) as book:
        book.set_properties({"created": dt.datetime(2020, 1, 1)})
        day, clock, hours = (book.add_format({"num_format": f}) for f in ("yyyy-mm-dd", "hh:mm", "[h]:mm"))
        sheet = book.add_worksheet("台账")
        sheet.merge_range("A1:E1", "项目台账")
        sheet.write_row("A2", ["项目编号", "预算金额", "合同金额", "验收日期", "完工"])
        sheet.write_row("A3", ["X1", 100, 90])
        sheet.write_datetime("D3", dt.datetime(2020, 3, 5), day)
        sheet.write_boolean("E3", True)
        sheet.write_row("A4", ["X2"])
        sheet.write_formula("B4", "=1/0", None, "#DIV/0!")
        sheet.write_formula("C4", "=B3*2", None, 200)
        sheet.write_datetime("D4", dt.time(10, 30), clock)
        sheet.write_row("A5", ["X3", 7])
        sheet.write_formula("C5", "=NA()", None, "#N/A")
        sheet.write_datetime("D5", dt.timedelta(hours=30), hours)
        sheet.merge_range("A6:A7", "X4")
        sheet.write_row("B6", [1, 2])
        sheet.write_row("B7", [3, 4])
        sheet.set_row(4, None, None, {"hidden": True})
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=台账!$B$6:$C$7", "categories": "=台账!$A$3:$A$4"})
        sheet.insert_chart("G2", chart)
        old, older = book.add_worksheet("旧账"), book.add_worksheet("更旧")
        for other in (old, older):
            other.write_row("A1", ["项目编号", "预算金额"])
            other.write_row("A2", ["Y1", 5])
        old.hide()
        older.very_hidden()
        line = book.add_chart({"type": "line"})
        line.add_series({"values": "=台账!$B$6:$B$7"})
        book.add_chartsheet("图").set_chart(line)
    return path


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for name, epoch in (("marks", 1900), ("marks_1904", 1904)):
            source = marks(Path(folder) / f"{name}.xlsx", epoch=epoch)
            for kind in ("xls", "ods") if epoch == 1900 else ("xls",):
                subprocess.run(["soffice", "--headless", "--convert-to", kind, "--outdir", str(HERE), str(source)], check=True)
