"""What the package writes for people to open: whole, and without a text that a spreadsheet would execute."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import load_workbook

from fundanalytics.data.guard import SIGNS, is_formula, unguarded
from fundanalytics.data.load import load
from fundanalytics.publish.files import csv_text, safe_text, whole, write_csv, write_xlsx

# the attacks that OWASP lists for "CSV injection" (leading = + - @ tab, carriage return, and the full-width signs), as a workbook may hold them
ATTACKS = ["=1+1", "+1", "-1+2", "@SUM(1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://a.b")', "＝1+1", "\t=1+1", " =1+1", "\u200b=1+1", "-", "'=1+1", "+86 28"]
PLAIN = ["甲街道", "'twas", "1-2", "a=b", "约3万", "—"]
OFFICE = shutil.which("soffice")
# of LibreOffice's filter for text: comma, quote, UTF-8, from row 1, … and at the end: evaluate formulas, as Excel does
AS_EXCEL_OPENS = "CSV:44,34,76,1,,0,false,true,false,false,false,-1,true"


def projects(names: list[str]) -> pd.DataFrame:
    n = len(names)
    columns = {"项目编号": [f"P{i}" for i in range(n)], "区划代码": ["D101"] * n, "年度": [2020] * n, "资金类别": ["保障"] * n, "项目名称": names}
    return pd.DataFrame(columns | {"项目类别": ["其他"] * n, "预算金额": [-2.5] * n})


@given(st.text() | st.tuples(st.text("' \t\r\n\u200b", max_size=3), st.sampled_from(SIGNS), st.text(max_size=3)).map("".join))
def test_a_guard_can_be_taken_off_again_and_leaves_no_formula(text):
    assert unguarded(safe_text(text)) == text
    assert not is_formula(safe_text(text))
    assert safe_text(text) in (text, f"'{text}")


def test_only_text_that_begins_as_a_formula_does_is_guarded():
    assert [safe_text(text) for text in ATTACKS] == [f"'{text}" for text in ATTACKS]
    assert [safe_text(value) for value in (*PLAIN, -5, 2.5, None, True)] == [*PLAIN, -5, 2.5, None, True]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_written_safely_is_read_back_as_it_was(tmp_path, form):
    names = [text for text in ATTACKS if text != "-"] + PLAIN[:-1]  # a dash alone says that nothing is there
    frame = projects(names)
    write_csv(frame, tmp_path / "项目.csv") if form == "csv" else write_xlsx({"项目": frame}, tmp_path / "项目.xlsx")
    dataset = load(tmp_path)
    came = dict(zip(dataset.projects["source_row"], dataset.projects["name"], strict=True))
    refused = dataset.refused[dataset.refused["rule"] == "formula_without_value"]  # what looks like one is shown as it was written, and not taken
    assert len(refused) == len(dataset.refused) and all("=" in found or "＝" in found for found in refused["found"])
    came |= dict(zip(refused["row"], refused["found"], strict=True))
    assert [came[row + 2].strip(" \t\u200b") for row in range(len(names))] == [name.strip(" \t\u200b") for name in names]
    assert dataset.projects["budget"].eq(-2.5).all()


def test_numbers_dates_and_blanks_stay_what_they_are_and_a_machine_reads_the_table_unchanged():
    frame = pd.DataFrame({"code": ["01", None], "value": [-0.5, np.nan], "n": pd.array([-3, None], "Int64"), "on": pd.to_datetime(["2020-01-02", None])})
    frame["yes"] = pd.array([True, None], "boolean")
    frame["mixed"] = pd.Series([-7, "=A1"], dtype="object")
    assert csv_text(frame) == "code,value,n,on,yes,mixed\r\n01,-0.5,-3,2020-01-02,True,-7\r\n,,,,,'=A1\r\n"
    assert frame["mixed"].tolist() == [-7, "=A1"]
    plain = frame.drop(columns="mixed")
    assert csv_text(plain, end="\n") == plain.to_csv(index=False, lineterminator="\n")
    assert csv_text(frame.rename(columns={"n": "=n"})).startswith("code,value,'=n,")


def test_a_workbook_holds_values_of_their_kind_and_no_formula(tmp_path):
    frame = pd.DataFrame({"=head": ATTACKS, "value": -1.5, "on": pd.Timestamp(2020, 1, 2), "long": "长" * 40_000, "control": "a\x07b", "big": 10**17})
    write_xlsx({"甲/乙" * 20: frame, "空": frame.head(0)}, tmp_path / "a.xlsx")
    book = load_workbook(tmp_path / "a.xlsx")
    rows = book.get_sheet_by_index(0).to_python()
    assert book.sheet_names == [("甲 乙" * 20)[:31], "空"] and book.get_sheet_by_index(1).to_python() == [list(frame.columns)]
    assert [row[0] for row in rows[1:]] == ATTACKS and rows[1][1] == -1.5 and str(rows[1][2])[:10] == "2020-01-02"
    assert len(rows[1][3]) == 32_767 and rows[1][3].endswith("…") and rows[1][4:] == ["ab", str(10**17)]
    with zipfile.ZipFile(tmp_path / "a.xlsx") as package:
        sheet, styles = (package.read(f"xl/{name}").decode() for name in ("worksheets/sheet1.xml", "styles.xml"))
    assert "<f>" not in sheet and "<hyperlink" not in sheet
    quoted = [i for i, style in enumerate(re.findall(r"<xf .*?>", styles.split("<cellXfs")[1])) if "quotePrefix" in style]
    assert re.search(rf'<c r="A2" s="{quoted[0]}" t="s">', sheet)  # text even after somebody has edited the cell


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_a_spreadsheet_shows_the_text_and_computes_nothing(tmp_path):
    frame = pd.DataFrame({"text": ATTACKS[:6], "number": [-1.5, 2, 3, 4, 5, 6]})
    write_csv(frame, tmp_path / "made.csv")
    write_xlsx({"made": frame}, tmp_path / "made2.xlsx")
    frame.to_csv(tmp_path / "naive.csv", index=False)
    call = [OFFICE, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76"]
    subprocess.run([*call, f"--infilter={AS_EXCEL_OPENS}", "--outdir", tmp_path / "out", *tmp_path.glob("*.csv")], check=True, capture_output=True, timeout=120)
    subprocess.run([*call, "--outdir", tmp_path / "out", tmp_path / "made2.xlsx"], check=True, capture_output=True, timeout=120)

    def shown(name: str) -> list[list[str]]:
        return list(csv.reader(io.StringIO((tmp_path / "out" / name).read_text("utf-8-sig"))))[1:]

    assert shown("naive.csv")[0][0] == "2"  # so it would have computed
    assert [row[0] for row in shown("made.csv")] == [f"'{text}" for text in ATTACKS[:6]]
    assert [row[0] for row in shown("made2.csv")] == ATTACKS[:6]
    assert [row[1] for row in shown("made.csv")] == [row[1] for row in shown("made2.csv")] == ["-1.5", "2", "3", "4", "5", "6"]


def test_a_file_that_fails_half_way_leaves_the_old_one_and_no_scraps(tmp_path: Path):
    target = tmp_path / "a.csv"
    write_csv(pd.DataFrame({"a": [1]}), target)
    with pytest.raises(ZeroDivisionError), whole(target) as part:
        part.write_text("half")
        1 / 0  # noqa: B018
    assert target.read_bytes() == b"\xef\xbb\xbfa\r\n1\r\n" and list(tmp_path.iterdir()) == [target]
