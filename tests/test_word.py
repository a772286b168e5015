"""The Word file: styles of an official paper, three-line tables, pictures that are told, and no text that is anything but text."""

import hashlib
import re
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import nbformat
import pandas as pd
import plotly.graph_objects as go
import pytest
from docx import Document
from docx.enum.text import WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import fundanalytics as fa
from fundanalytics.errors import ArgumentError
from fundanalytics.publish import word
from fundanalytics.show.formats import Sentence

ODD = [
    "<script>alert(1)</script>",
    "*星*",
    "[甲](http://x.invalid)",
    "$x^2$",
    "=cmd()|'/c calc'!A1",
    "\\newpage",
    "![图](/etc/passwd)",
    "{{< include x >}}",
    "<!-- 注 -->",
]
CHART = "application/vnd.plotly.v1+json"


def png(across: int, down: int) -> bytes:
    """A grey picture."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", across, down, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(b"".join(b"\0" + b"\x99" * across for _ in range(down))))]
    chunks = [struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in [*parts, (b"IEND", b"")]]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def shown(value) -> dict:
    """An output as Jupyter keeps it."""
    kinds = {"text/markdown": "_repr_markdown_", "text/html": "_repr_html_"}
    return new_output("execute_result", {kind: getattr(value, way)() for kind, way in kinds.items() if hasattr(value, way)} | {"text/plain": repr(value)})


def a_chart(title: str) -> dict:
    figure = go.Figure(go.Bar(x=[1], y=[2]), layout={"meta": {"title": title, "description": f"{title}：乙街道最高", "caption": "来源：甲"}})
    return new_output("display_data", {CHART: figure.to_plotly_json() | {"data": [{"type": "bar", "x": [1], "y": [2]}]}})


def a_table(rows: int = 3, columns: tuple[str, ...] = ("area_name", "n")):
    frame = pd.DataFrame({c: [1234 + i if c == "n" else ODD[i % len(ODD)] for i in range(rows)] for c in columns})
    return fa.table(frame, lang="zh", caption="各社区的份数", origin="synthetic")


@pytest.fixture(scope="module")
def notebook():
    chapters = [
        f"## {n}、{name}\n\n这一章说明情况，\n一行接一行。“引号”——破折号。" for n, name in zip("一二三", ("基本情况", "评价结论", "有关建议"), strict=True)
    ]
    return new_notebook(
        cells=[
            new_markdown_cell("# 街道年度报告"),
            new_code_cell("fa.say_title(...)", outputs=[shown(Sentence("甲街道2020年绩效评价报告", prefix="## "))]),
            new_markdown_cell(chapters[0] + "\n\n### （一）背景\n\n- 第一点\n- 第二点\n\n#### 1. 细目"),
            new_code_cell("fa.table(...)", outputs=[shown(a_table(len(ODD)))]),
            new_markdown_cell(chapters[1]),
            new_markdown_cell("## In English only", metadata={"tags": ["en"]}),
            new_markdown_cell("只供内部的核对清单。", metadata={"tags": ["internal"]}),
            new_code_cell("fa.plot(...)", outputs=[a_chart("使用率相差多少？"), a_chart("两页长的图")]),
            new_code_cell("names", outputs=[shown(Sentence(name, prefix="- ")) for name in ODD]),
            new_code_cell("own", outputs=[new_output("display_data", {"text/markdown": "\n\n".join(ODD) + "\n\n**甲**的*做法*"})]),
            new_markdown_cell(chapters[2]),
            new_code_cell("fa.table(...)", outputs=[shown(a_table(90))]),
        ]
    )


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for name, size in {"1": (1180, 600), "2a": (1180, 1500), "2b": (1180, 900)}.items():
        (folder / f"{name}.png").write_bytes(png(*size))
    return [[folder / "1.png"], [folder / "2a.png", folder / "2b.png"]]


@pytest.fixture(scope="module")
def made(notebook, pictures, tmp_path_factory):
    out = tmp_path_factory.mktemp("word") / "street_999901001_2020.docx"
    word.to_docx(notebook, out, title="甲街道年度报告", origin="synthetic", assumed=True, pictures=pictures)
    return out


@pytest.fixture(scope="module")
def document(made):
    return Document(str(made))


def pages_of(made: Path, folder: Path) -> list[str]:
    """The text of each page as LibreOffice sets it; its PDF stays in the folder."""
    assert shutil.which("soffice"), "install libreoffice-writer to run this test"
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    subprocess.run(["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(made)], check=True, capture_output=True, timeout=100)
    text = subprocess.run(["pdftotext", "-layout", str(folder / f"{made.stem}.pdf"), "-"], check=True, capture_output=True, text=True).stdout
    return text.split("\f")[:-1]


@pytest.fixture(scope="module")
def long_pages(tmp_path_factory):
    """The lines, without blanks, of the pages of a paper of 40 chapters: some text, a line that announces a table, the table of 5 to 8 rows."""
    folder, cells = tmp_path_factory.mktemp("long"), []
    for n in range(40):
        frame = pd.DataFrame({"area_name": [*(f"甲{i}" for i in range(4 + n % 4)), "末行"], "n": range(5 + n % 4)})
        cells.append(new_markdown_cell("\n\n".join([f"## 第{n}章", *["这一章说明情况。"] * (n % 9 + 1), "列表如下："])))
        cells.append(new_code_cell("fa.table(...)", outputs=[shown(fa.table(frame, lang="zh", caption="各社区的份数"))]))
    word.to_docx(new_notebook(cells=cells), folder / "long.docx", title="甲", origin="synthetic")
    return [[re.sub(r"\s", "", line) for line in page.splitlines() if line.strip()] for page in pages_of(folder / "long.docx", folder)]


def texts(document, style: str) -> list[str]:
    return [p.text for p in document.paragraphs if p.style.name == style]


def test_page_and_fonts_are_those_of_an_official_paper(document):
    section = document.sections[0]
    area = (section.page_width - section.left_margin - section.right_margin, section.page_height - section.top_margin - section.bottom_margin)
    assert [round(length.mm) for length in (section.page_width, section.page_height, section.top_margin, section.left_margin)] == [210, 297, 37, 28]
    assert [round(length / Mm(1)) for length in area] == [156, 225]
    for name, font, size in (
        ("Title", "方正小标宋简体", 22),
        ("Body Text", "仿宋", 16),
        ("Heading 1", "黑体", 16),
        ("Heading 2", "楷体", 16),
        ("Heading 3", "仿宋", 16),
        ("Table Text", "宋体", 10.5),
    ):
        style = document.styles[name]
        assert dict(style.element.rPr.rFonts.attrib) == {qn(f"w:{slot}"): "Times New Roman" for slot in ("ascii", "hAnsi", "cs")} | {qn("w:eastAsia"): font}, (
            name
        )
        assert style.font.size == Pt(size), name
    body = document.styles["Body Text"]
    assert (body.paragraph_format.line_spacing, body.element.pPr.find(qn("w:ind")).get(qn("w:firstLineChars"))) == (Pt(28), "200")
    assert document.styles["Captioned Figure"].paragraph_format.line_spacing == 1  # a fixed line would cut the picture


def test_headings_move_up_and_the_computed_title_is_the_title(document):
    assert texts(document, "Title") == ["甲街道2020年绩效评价报告"]
    assert texts(document, "Subtitle") == ["街道年度报告"]
    assert texts(document, "Heading 1") == ["一、基本情况", "二、评价结论", "三、有关建议"]
    assert texts(document, "Heading 2") == ["（一）背景"]


def test_contents_are_filled_and_lead_to_the_headings(document):
    entries = [p for p in document.paragraphs if p.style.name.startswith("toc ")]
    marks = {mark.get(qn("w:name")) for mark in document.element.body.iter(qn("w:bookmarkStart"))}
    links = [link.get(qn("w:anchor")) for p in entries for link in p._p.iter(qn("w:hyperlink"))]
    fields = [code.text.split()[:2] for p in entries for code in p._p.iter(qn("w:instrText"))]
    said = ["".join(t.text for t in p._p.iter(qn("w:t"))) for p in entries]
    assert said == ["一、基本情况", "（一）背景", "二、评价结论", "三、有关建议"]  # and no number of another layout
    assert len(set(links)) == 4 and set(links) <= marks and fields == [["PAGEREF", name] for name in links]
    for name in ("toc 1", "toc 2"):
        [stop] = document.styles[name].paragraph_format.tab_stops
        assert (round(stop.position.mm), stop.alignment, stop.leader) == (156, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    assert document.settings.element.find(qn("w:updateFields")) is not None  # Word asks once, and counts


def test_libreoffice_shows_in_the_contents_the_page_on_which_each_heading_stands(long_pages):
    entries = [found.groups() for page in long_pages[:2] for line in page if (found := re.fullmatch(r"(第\d+章)\.{9,}(\d+)", line))]
    assert [name for name, _ in entries] == [f"第{n}章" for n in range(40)] and len({number for _, number in entries}) > 9
    assert all({name, f"—{number}—"} <= set(long_pages[int(number) - 1]) for name, number in entries)


def test_captions_and_the_lines_before_them_stay_with_their_tables_and_no_row_stands_alone(long_pages):
    ends = {page[-2][:2] for page in long_pages[2:]}  # above the number of the page; below the stamp and a repeated head
    starts = {page[2][:2] for page in long_pages[2:] if page[1].startswith("区域")}
    assert not ends & {"列表", *(f"表{n}" for n in range(10)), "区域", "甲0"}, ends
    assert starts and not starts & {"甲0", "甲1", "末行"}, starts


def test_every_page_bears_the_stamps_and_its_number(document):
    for section in document.sections:
        for header in (section.header, section.even_page_header):
            assert "虚构示例数据" in header.paragraphs[0].text and "依据假定标准试算" in header.paragraphs[0].text
        for footer in (section.footer, section.even_page_footer):
            assert footer.paragraphs[0].text == "— 1 —" and " PAGE " in footer._element.xml


def test_cells_for_others_are_left_out_and_internal_papers_say_so(made, notebook, tmp_path):
    assert "核对清单" not in zipfile.ZipFile(made).read("word/document.xml").decode()
    word.to_docx(notebook, tmp_path / "internal.docx", title="甲", audience="internal")
    internal = Document(str(tmp_path / "internal.docx"))
    assert "只供内部的核对清单。" in texts(internal, "First Paragraph") + texts(internal, "Body Text")
    assert "In English only" not in texts(internal, "Heading 1")
    assert internal.sections[0].header.paragraphs[0].text == "内部资料"


def test_tables_have_three_lines_and_a_head_on_each_page(document):
    for table in document.tables:
        borders = {b.tag.split("}")[1]: (b.get(qn("w:val")), b.get(qn("w:sz"))) for b in table._tbl.tblPr.find(qn("w:tblBorders"))}
        assert borders == {"top": ("single", "12"), "bottom": ("single", "12")} | dict.fromkeys(("left", "right", "insideH", "insideV"), ("nil", None))
        head, first = table.rows[0]._tr, table.rows[1]._tr
        assert [b.get(qn("w:sz")) for b in head.iter(qn("w:bottom"))] == ["6", "6"] and not list(first.iter(qn("w:bottom")))
        assert head.trPr.find(qn("w:tblHeader")) is not None and first.trPr.find(qn("w:tblHeader")) is None
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
        assert [p.alignment for cell in table.rows[1].cells for p in cell.paragraphs] == [0, 2]  # names left, figures right
        assert sum(int(c.get(qn("w:w"))) for c in table._tbl.tblGrid) <= 8845  # 156 mm


def test_captions_are_counted_by_word_and_stay_with_what_they_name(document):
    assert texts(document, "Table Caption") == ["表1　各社区的份数", "表2　各社区的份数"]
    assert texts(document, "Image Caption") == ["图1　使用率相差多少？", "图2　两页长的图"]
    assert document.element.body.xml.count(" SEQ Table ") == 2
    assert document.styles["Table Caption"].base_style.name == "Caption"
    assert document.styles["Table Caption"].paragraph_format.keep_with_next and document.styles["Captioned Figure"].paragraph_format.keep_with_next


def test_pictures_are_told_and_fit_the_page(document):
    told = [place.get("descr") for place in document.element.body.iter(qn("wp:docPr"))]
    assert told == ["使用率相差多少？：乙街道最高", *["两页长的图：乙街道最高"] * 2]
    sizes = [(round(shape.width.mm), round(shape.height.mm)) for shape in document.inline_shapes]
    assert sizes[0] == (156, 79) and all(width <= 156 and height <= 195 for width, height in sizes)


def test_odd_names_stay_text(document, made):
    listed = [p.text.replace("\u200b", "") for p in document.paragraphs if p.style.name == "Compact"]  # sentences break up addresses
    assert [cell.text for cell in document.tables[0].columns[0].cells][1:] == ODD
    assert [text for text in listed if text in ODD] == ODD
    parts = zipfile.ZipFile(made)
    assert not [rel.target_ref for rel in document.part.rels.values() if rel.is_external and "x.invalid" not in rel.target_ref]
    assert b"oMath" not in parts.read("word/document.xml") and b'w:type="page"' not in parts.read("word/document.xml")


def test_own_words_are_read_as_markdown_without_elements_formulas_or_files(document):
    words = texts(document, "Body Text") + texts(document, "First Paragraph")
    assert {"<script>alert(1)</script>", "星", "甲", "$x^2$", "\\newpage", "图", "<!-- 注 -->", "甲的做法"} <= set(words)
    [words] = [p for p in document.paragraphs if p.text == "甲的做法"]
    assert [(run.text, bool(run.bold), bool(run.italic), run.style.name) for run in words.runs][::2] == [
        ("甲", True, False, "Default Paragraph Font"),
        ("做法", False, False, "Emphasis"),
    ]


def test_a_line_broken_between_chinese_characters_is_joined_and_quotes_are_chinese(document):
    [paragraph] = [p for p in document.paragraphs if p.text.startswith("这一章")][:1]
    assert paragraph.text == "这一章说明情况，一行接一行。“引号”——破折号。"
    assert all(run._r.rPr.rFonts.get(qn("w:hint")) == "eastAsia" for run in paragraph.runs)


def test_a_table_too_wide_for_the_page_is_laid_across(tmp_path):
    wide = pd.DataFrame([["1234567890"] * 14], columns=[f"column_of_{i}" for i in range(14)])
    word.to_docx(
        new_notebook(cells=[new_code_cell("t", outputs=[shown(fa.table(wide, lang="zh", caption="宽表"))]), new_markdown_cell("后文")]),
        tmp_path / "w.docx",
        title="甲",
        origin="synthetic",
    )
    document = Document(str(tmp_path / "w.docx"))
    assert [section.page_width > section.page_height for section in document.sections] == [False, True, False]
    assert document.settings.element.find(qn("w:updateFields")) is None  # without contents Word has nothing to ask
    assert all("虚构示例数据" in section.header.paragraphs[0].text for section in document.sections)


def test_columns_share_the_width_so_that_the_rows_take_the_fewest_lines(tmp_path):
    texts = pd.DataFrame({"always": ["文" * 60] * 9, "once": ["文" * 180] + ["短"] * 8})
    word.to_docx(new_notebook(cells=[new_code_cell("t", outputs=[shown(fa.table(texts, lang="zh", caption="表"))])]), tmp_path / "t.docx", title="甲")
    [always, once] = [int(column.get(qn("w:w"))) for column in Document(str(tmp_path / "t.docx")).tables[0]._tbl.tblGrid]
    assert always > once


def test_the_same_notebook_gives_the_same_bytes_and_no_trace_of_the_machine(made, notebook, pictures, tmp_path):
    word.to_docx(notebook, tmp_path / "again.docx", title="甲街道年度报告", origin="synthetic", assumed=True, pictures=pictures)
    assert hashlib.sha256(made.read_bytes()).digest() == hashlib.sha256((tmp_path / "again.docx").read_bytes()).digest()
    assert not re.search(b"created|modified|20[0-9]{2}-", zipfile.ZipFile(made).read("docProps/core.xml"))
    core = Document(str(made)).core_properties
    assert (core.title, core.language, core.author, core.last_modified_by) == ("甲街道年度报告", "zh-CN", "", "")
    assert {info.date_time for info in zipfile.ZipFile(made).infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert [path.name for path in tmp_path.iterdir()] == ["again.docx"]


def test_charts_without_pictures_are_told_in_words_and_too_few_are_refused(notebook, pictures, tmp_path):
    word.to_docx(notebook, tmp_path / "told.docx", title="甲")
    assert "（此处为图：使用率相差多少？：乙街道最高）" in texts(Document(str(tmp_path / "told.docx")), "Body Text")
    with pytest.raises(ArgumentError) as told:
        word.to_docx(notebook, tmp_path / "few.docx", title="甲", pictures=pictures[:1])
    assert told.value.code == "pictures_differ" and not (tmp_path / "few.docx").exists()


@pytest.mark.parametrize("missing", ["pypandoc", "docx", "markdown_it"])
def test_without_the_extra_it_is_told_what_to_install(missing, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ArgumentError) as told:
        word.check()
    assert all('pip install "fundanalytics[word]"' in told.value.say(lang) for lang in ("zh", "en"))


def test_libreoffice_shows_it_on_a4_in_order_with_its_pictures(made, tmp_path):
    pages, pdf = pages_of(made, tmp_path), tmp_path / f"{made.stem}.pdf"
    run = lambda *command: subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: E731
    text = re.sub(r"\s", "", run("pdftotext", "-raw", str(pdf), "-"))
    wanted = [
        "甲街道2020年绩效评价报告",
        "目录",
        "三、有关建议",
        "一、基本情况",
        "这一章说明情况，一行接一行",
        "表1各社区的份数",
        "图1使用率相差多少？",
        "三、有关建议",
        "表2各社区的份数",
    ]
    places = [0]
    for words in wanted:
        places.append(text.find(words, places[-1] + 1))
    assert -1 not in places, dict(zip(wanted, places[1:], strict=True))
    assert all(name in text for name in ODD if " " not in name)
    info = run("pdfinfo", str(pdf))
    assert re.search(r"Page size: +595\.\d+ x 841\.\d+ pts \(A4\)", info)
    assert sum(" image " in line for line in run("pdfimages", "-list", str(pdf)).splitlines()) == 3
    assert all(re.search(rf"— ?{number} ?—", page) for number, page in enumerate(pages, 1))
    assert all("虚构示例数据" in page for page in pages)
    assert sum(page.count("区域") for page in pages) > 2  # the head of the long table stands on each of its pages


def test_a_report_of_the_sample_becomes_a_paper(tmp_path):
    import papermill

    executed, folder = tmp_path / "executed.ipynb", Path(__file__).parents[1]
    papermill.execute_notebook(folder / "notebooks" / "community_sheet.ipynb", executed, cwd=folder, progress_bar=False, kernel_name="python3")
    word.to_docx(nbformat.read(executed, as_version=4), tmp_path / "sheet.docx", title="甲", origin="synthetic")
    document = Document(str(tmp_path / "sheet.docx"))
    assert "2020年" in texts(document, "Title")[0] and document.tables
    assert all(re.match(r"表\d+", caption) for caption in texts(document, "Table Caption"))


def test_an_english_paper_has_english_fonts_captions_and_contents(notebook, tmp_path):
    word.to_docx(notebook, tmp_path / "en.docx", title="Report", lang="en", origin="synthetic")
    document = Document(str(tmp_path / "en.docx"))
    assert texts(document, "TOC Heading") == ["Contents"] and "In English only" in texts(document, "Heading 1")
    assert texts(document, "Table Caption")[0] == "Table 1. 各社区的份数" and texts(document, "Image Caption")[0].startswith("Figure 1. ")
    assert document.styles["Body Text"].font.size == Pt(12) and document.core_properties.language == "en"
