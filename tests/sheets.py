"""Files with one sheet, as the tests of the reader write them."""

import datetime as dt
from pathlib import Path

import xlsxwriter

from fundanalytics.data import schema
from fundanalytics.data.workbook import read_workbook


def extended(*headings: str) -> frozenset[str]:
    return schema.known_headings() | {schema.heading_key(h) for h in headings}


def csv_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "台账.csv"
    path.write_bytes(text.encode(encoding))
    return path


def xlsx_file(path: Path, cells: dict[str, object], merges: dict[str, object] | None = None) -> Path:
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": dt.datetime(2020, 1, 1)})  # the same bytes each time
        sheet = book.add_worksheet("台账")
        for at, value in cells.items():
            sheet.write(at, value)
        for area, value in (merges or {}).items():
            sheet.merge_range(area, value)
    return path


def only(path: Path, **options):
    (block,) = read_workbook(path, **options)
    return block
