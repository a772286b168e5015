"""``fundanalytics check``: read a folder and say what was understood, what was not, and what must be corrected.

Place in the flow: ``load`` reads, ``show.checkup`` finds the words; here they become a page (check.html), a workbook (check.xlsx) and the
marked copies. The page works offline, asks nothing of anybody and runs no script. Page and workbook hold people's data only masked.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import __version__
from ..data.database import is_url
from ..data.files import MARKER, mapping_of
from ..data.load import load
from ..data.paths import find_path
from ..errors import LANGS, ArgumentError, check_option
from ..show import checkup
from ..show.checkup_words import WORDS
from ..show.faults import SEVERITIES, SIGNS
from ..show.formats import is_blank, number
from ..show.labels import label
from .export import LANGUAGE_CODES, TEMPLATES, stamp
from .files import sha256, workbook, write_cell, write_whole
from .workbooks import mark_workbooks

if TYPE_CHECKING:
    from ..data.dataset import Dataset

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
PAGE, BOOK, COPIES = "check.html", "check.xlsx", "marked"
MOST = 200  # faults of one file and section that the page shows
# sections, and the columns of their tables
SECTIONS = {
    "unread": ("file", "label", "expected", "do"),
    "correct": ("severity", "sheet", "cell", "column", "found", "label", "expected", "do"),
    "totals": ("severity", "file", "sheet", "cell", "column", "stated", "computed", "difference", "label"),
    "repeats": ("severity", "file", "sheet", "cell", "found", "label", "expected", "detail", "do"),
    "conflicts": ("file", "sheet", "cell", "column", "found", "label", "expected", "detail"),
    "series": ("file", "sheet", "cell", "column", "found", "label", "expected", "detail"),
    "gaps": ("table", "found", "expected", "detail", "label"),
    "people": ("file", "sheet", "cell", "column", "found", "figure", "detail", "do"),
    "unused": ("severity", "file", "sheet", "cell", "column", "found", "label", "detail"),
    "converted": ("file", "sheet", "cell", "column", "found", "label", "detail"),
}
ALL = ("severity", "file", "sheet", "cell", "table", "column", "found", "label", "expected", "do", "detail", "amount", "code")
HEADS = {"table": "table_head", "rows": "rows_head", "figure": "treated"}
AS_FOUND = {"stated": "found", "computed": "figure", "difference": "detail"}


@dataclass(frozen=True)
class Check:
    """What a check gave: the data as read, the files written, and the counts of its summary."""

    dataset: Dataset
    out: Path
    files: list[Path]
    counts: dict[str, Any]

    @property
    def sound(self) -> bool:
        """Whether everything was read and nothing refused."""
        return self.dataset.refused.empty and not self.counts["unread"]

    def say(self, lang: str = "zh") -> list[str]:
        """The summary in a few lines: what was read, what to do first, where the report is."""
        words, to_do = WORDS[lang], checkup.to_do(self.dataset, lang)
        lines = [*checkup.say_check(self.dataset, lang), checkup.say_result(self.dataset, lang)]
        lines += [f"{place}. {line}" for place, line in enumerate(to_do, 1)]
        copies = len(self.files) - 2
        lines += [words["marked"].format(n=number(copies), folder=self.out / COPIES)] if copies else []
        return [*lines, words["console"].format(path=self.out / PAGE)]


def run_check(data: str | Path, out: str | Path = "check", *, mapping: str | Path | None = None, rules: str | Path | None = None, lang: str = "zh") -> Check:
    """Read ``data`` and write what became of it: a page, a workbook, and each faulty workbook back as a marked copy.

    Use it before anything is computed, on files that were just received. The copies hold what their owner sent; page and workbook do not.

    Parameters
    ----------
    data : folder or file, or the address of a database
    out : folder to write; new, empty, or that of an earlier check. Where it lies inside ``data`` it is not read as data.
    mapping, rules : as for ``load``
    lang : ``zh`` or ``en``

    Returns
    -------
    Check : the data set, the files written (check.html, check.xlsx, marked/…), counts.

    Raises
    ------
    ArgumentError : ``out`` holds other files, or copies of an earlier check that somebody has changed since.
    DataError : what ``load`` raises.
    """
    check_option("lang", lang, LANGS)
    out = Path(out).expanduser()
    _check_folder(out)
    dataset = load(data, mapping=mapping, rules=rules)
    _clear(out)
    copies = _copies(dataset, data, mapping, out / COPIES, lang)
    rows, files = checkup.faults(dataset, lang), checkup.files(dataset, lang)
    _write_book(dataset, rows, files, out / BOOK, lang)
    write_whole(_page(dataset, rows, files, copies, lang), out / PAGE)
    written = [out / PAGE, out / BOOK, *copies]
    write_whole(json.dumps({path.relative_to(out).as_posix(): sha256(path) for path in copies}, ensure_ascii=False, indent=0), out / MARKER)
    return Check(dataset, out, written, checkup.counts(dataset))


def _check_folder(out: Path) -> None:
    """A folder of other files is not written into, nor are copies overwritten that somebody works on."""
    if out.exists() and not out.is_dir():
        raise ArgumentError("out_not_a_folder", found=str(out), reason="exists")
    if not out.is_dir() or not any(out.iterdir()):
        return
    if not (out / MARKER).is_file():
        raise ArgumentError("out_not_empty", found=str(out))
    for name, known in _written_before(out).items():
        if (out / name).is_file() and sha256(out / name) != known:
            raise ArgumentError("copy_changed", found=str(out / name))


def _written_before(out: Path) -> dict[str, str]:
    try:
        told = json.loads((out / MARKER).read_text("utf-8") or "{}")
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in told.items()} if isinstance(told, dict) else {}


def _clear(out: Path) -> None:
    """The copies of an earlier check go: a file that is right now has none."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        if (out / MARKER).is_file():
            for name in _written_before(out):
                (out / name).unlink(missing_ok=True)
            for folder, _, _ in os.walk(out / COPIES, topdown=False):
                if not any(Path(folder).iterdir()):
                    shutil.rmtree(folder)
        (out / MARKER).touch()
    except OSError as error:
        raise ArgumentError("out_not_a_folder", found=str(out), reason=error.strerror or str(error)) from None


def _copies(dataset: Dataset, data: str | Path, mapping: str | Path | None, out: Path, lang: str) -> list[Path]:
    if is_url(data):
        return []
    root = find_path(data)
    said = mapping_of(root, mapping)
    encodings = {name: e.encoding for name in dataset.sources["file"] for e in said.entries if e.encoding and e.file and fnmatch(name, e.file)}
    return mark_workbooks(dataset, root, out, lang=lang, encodings=encodings)


def _page(dataset: Dataset, rows: pd.DataFrame, files: list[dict[str, Any]], copies: list[Path], lang: str) -> str:
    from jinja2 import Environment, FileSystemLoader

    say, shown = WORDS[lang], checkup.condensed(rows)
    lines = [*checkup.say_check(dataset, lang), checkup.say_result(dataset, lang)]
    lines += [say["marked"].format(n=number(len(copies)), folder=COPIES)] if copies else []
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    return environment.get_template("check.html.j2").render(
        language=LANGUAGE_CODES[lang], policy=POLICY, stamp=stamp(dataset.origin, lang), say=say, title=say["title"].format(name=dataset.name), lines=lines,
        made=say["made"].format(version=__version__), to_do=checkup.to_do(dataset, lang), sums=_sums(dataset, lang), files=files,
        sections=[_section(group, part, lang) for group, part in checkup.by_group(shown).items() if group in SECTIONS],
    )  # fmt: skip


def _sums(dataset: Dataset, lang: str) -> list[dict[str, str]]:
    each = checkup.sums(dataset).to_dict("records")
    figures = [{name: f"{s[name]:,.2f}" for name in ("read", "kept", "refused")} for s in each]
    names = [{"table": label(s["table"], lang, "table"), "column": checkup.column_label(s["table"], s["column"], lang)} for s in each]
    return [name | figure for name, figure in zip(names, figures, strict=True)]


def _section(group: str, rows: pd.DataFrame, lang: str) -> dict[str, Any]:
    """A section of the page: one table, or one for each file where cells are to be corrected."""
    say, columns = WORDS[lang], SECTIONS[group]
    grid = checkup.gaps(rows) if group == "gaps" else pd.DataFrame()
    if len(grid):
        heads = [{"found": say["area"], "table": say["table_head"]}.get(c, c) for c in grid]
        cells = [[{"text": text, "kind": ""} for text in row] for row in grid.to_numpy().tolist()]
        parts = [{"name": "", "count": "", "heads": heads, "rows": cells, "more": ""}]
        parts += [_part(rest, columns, lang, "") for rest in (rows[rows["code"] == "table_incomplete"],) if len(rest)]
    elif group == "correct":
        parts = [_part(part, columns, lang, str(name)) for name, part in rows.groupby("file", sort=False)]
    else:
        parts = [_part(rows, columns, lang, "")] if len(rows) else []
    return {"group": group, "title": say[f"{group}_title"], "count": int(rows["count"].sum()), "parts": parts}


def _part(rows: pd.DataFrame, columns: tuple[str, ...], lang: str, name: str) -> dict[str, Any]:
    say = WORDS[lang]
    used = [c for c in columns if c in ("severity", "label") or rows[AS_FOUND.get(c, c)].map(lambda v: v not in ("", None)).any()]
    cells = [[_cell(row, column, lang) for column in used] for row in rows.head(MOST).to_dict("records")]
    count, rest = number(int(rows["count"].sum())), number(int(rows["count"].iloc[MOST:].sum()))
    more = say["more"].format(n=rest) if len(rows) > MOST else ""
    return {"name": name, "count": say["times"].format(n=count), "heads": [_head(c, lang) for c in used], "rows": cells, "more": more}


def _head(column: str, lang: str) -> str:
    return WORDS[lang][HEADS.get(column, column)]


def _cell(row: dict[str, Any], column: str, lang: str) -> dict[str, str]:
    """The text of a cell, and its class."""
    if column == "severity":
        return {"text": f"{SIGNS[row['severity']]} {SEVERITIES[row['severity']][lang == 'en']}", "kind": f"sev {row['severity']}"}
    text = "" if row[AS_FOUND.get(column, column)] is None else str(row[AS_FOUND.get(column, column)])
    if column == "cell" and row["count"] > 1:
        text = f"{text} · {WORDS[lang]['times'].format(n=number(row['count']))}"
    kind = {"found": "raw", "cell": "at", "file": "path", "stated": "num", "computed": "num", "difference": "num"}.get(column, "")
    return {"text": text, "kind": kind}


def _write_book(dataset: Dataset, rows: pd.DataFrame, files: list[dict[str, Any]], target: Path, lang: str) -> None:
    """The same tables, all rows, a sheet each."""
    say = WORDS[lang]
    tables: dict[str, pd.DataFrame] = {
        say["sums_title"].partition("：")[0].partition(":")[0]: pd.DataFrame(_sums_numbers(dataset, lang)),
        say["files_title"]: _files(files, lang),
        say["sheets_title"]: _sheets(files, lang),
    }
    for group, part in checkup.by_group(rows).items():
        frame = part[list(ALL)].assign(severity=part["severity"].map(lambda s: SEVERITIES[s][lang == "en"]))
        frame = frame[[c for c in ALL if part.empty or part[c].map(lambda v: not is_blank(v)).any()]]
        tables[say[f"{group}_title"].partition("（")[0].partition(" (")[0]] = frame.rename(columns={c: _head(c, lang) for c in frame})
    with workbook(target) as (book, styles):
        styles |= {"wrap": book.add_format({"text_wrap": True, "valign": "top"}), "yuan": book.add_format({"num_format": "#,##0.00", "valign": "top"})}
        first = book.add_worksheet(say["intro"])
        first.set_column(0, 0, 120)
        first.set_landscape()
        first.fit_to_pages(1, 0)
        lines = [stamp(dataset.origin, lang), say["title"].format(name=dataset.name), *checkup.say_check(dataset, lang), checkup.say_result(dataset, lang)]
        lines += ["", say["to_do_title"], *checkup.to_do(dataset, lang)]
        for place, line in enumerate([line for i, line in enumerate(lines) if line or i > 1]):
            first.write_string(place, 0, line, styles["wrap"])
        for name, table in tables.items():
            _write_table(book.add_worksheet(name[:31]), table, styles, say["none"])


def _write_table(page: Any, table: pd.DataFrame, styles: dict[str, Any], none: str) -> None:
    page.freeze_panes(1, 0)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    for column, name in enumerate(table.columns):
        page.write_string(0, column, str(name), styles["head"])
        told = [str(v) for v in table[name].head(200) if v is not None and v == v]
        widest = max([sum(2 if c > "\u2e7f" else 1 for c in text[:80]) for text in [str(name), *told]])
        yuan = any(isinstance(v, float) and v == v for v in table[name].head(200))
        page.set_column(column, column, min(max(widest + 2, 16 if yuan else 8), 42), styles["yuan" if yuan else "wrap"])
        for row, value in enumerate(table[name].tolist()[:1_048_574], 1):
            write_cell(page, row, column, value, styles)
    if len(table):
        page.autofilter(0, 0, len(table), len(table.columns) - 1)
    else:
        page.write_string(1, 0, none)


def _sums_numbers(dataset: Dataset, lang: str) -> list[dict[str, Any]]:
    say, told = WORDS[lang], zip(_sums(dataset, lang), checkup.sums(dataset).to_dict("records"), strict=True)
    return [
        {say["table_head"]: words["table"], say["column"]: words["column"]} | {say[name]: row[name] for name in ("read", "kept", "refused")}
        for words, row in told
    ]


def _files(files: list[dict[str, Any]], lang: str) -> pd.DataFrame:
    say = WORDS[lang]
    return pd.DataFrame([
        {say["file"]: file["name"], say["status"]: file["status"]} | {say[name]: file["source"][name] for name in ("read", "kept", "refused")}
        | {say["n_correct"].format(n="").strip(): file["correct"], say["n_look"].format(n="").strip(): file["look"]}
        | {label("sha256", lang, "column"): file["source"]["sha256"][:16]}
        for file in files
    ])  # fmt: skip


def _sheets(files: list[dict[str, Any]], lang: str) -> pd.DataFrame:
    say = WORDS[lang]
    heads = {"sheet": "sheet", "table": "taken_for", "at": "at", "rows": "rows_head", "totals": "totals_head", "unit": "unit", "title": "title_head",
             "columns": "columns", "unused": "unused", "hidden": "hidden"}  # fmt: skip
    return pd.DataFrame([{say["file"]: file["name"]} | {say[head]: block[name] for name, head in heads.items()} for file in files for block in file["blocks"]])
