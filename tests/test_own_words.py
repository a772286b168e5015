"""People's own texts: read where they lie, shown at their chapter, harmless whatever they hold, and a gap where there is none."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fundanalytics as fa
from fundanalytics.data.dataset import Dataset
from fundanalytics.data.texts import CHAPTERS
from fundanalytics.show.own_words import clean, harmless

AREAS = "区域代码,区域名称,层级,上级代码\n999,甲区,区,\n999001,甲街道,街道,999\n999001001,一社区,社区,999001\n"
ALLOWED = {"p", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "strong", "em", "a", "br"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "区划.csv").write_text(AREAS, "utf-8-sig")
    return tmp_path


def put(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / "texts" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


class Tags(HTMLParser):
    """Elements and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [str(value) for name, value in attrs if name not in ("id", "class", "start", "type")]

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(text: str) -> Tags:
    """As a page shows it: by the renderer that notebooks are exported with."""
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    return Tags(markdown2html_mistune(harmless(clean(text))))


# --- reading -----------------------------------------------------------------------------------------------------------


def test_a_text_is_read_by_area_and_chapter_and_changes_no_number(folder: Path) -> None:
    before = fa.load(folder)
    file = put(folder, "999001/experience.md", "\ufeff院落里开会。\n")
    ds = fa.load(folder)
    assert ds.texts == {("999001", "experience"): "院落里开会。\n"} and before.texts == {}
    assert ds.sha256 == before.sha256
    told = ds.sources.set_index("file").loc["texts/999001/experience.md"]
    assert told["status"] == "used" and told["area_code"] == "999001" and len(told["sha256"]) == 64  # a batch sees that it changed
    fa.own_words(ds, "999001", "experience")
    assert file.read_text("utf-8-sig") == "院落里开会。\n"


def test_nothing_below_texts_is_taken_for_a_table(folder: Path) -> None:
    put(folder, "999001/人口.csv", "区域代码,年度,口径,人数\n999001001,2020,常住,100\n")
    ds = fa.load(folder)
    assert ds.populations.empty and ds.findings["code"].tolist() == ["misplaced_text"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("999001/experiences.md", "texts/999001/experience.md"),
        ("甲街道/advice.md", "texts/999001/advice.md"),
        ("999009/causes.md", "texts/999001/causes.md"),
        ("999001/advice.docx", "texts/999001/advice.md"),
        ("advice.md", "texts/<area_code>/advice.md"),
        ("999001/旧/advice.md", "texts/999001/advice.md"),
    ],
)
def test_a_text_that_no_report_shows_is_told_with_the_place_where_it_should_lie(folder: Path, name: str, expected: str) -> None:
    put(folder, name, "字")
    ds = fa.load(folder)
    assert ds.texts == {} and ds.findings[["file", "code", "expected"]].values.tolist() == [[f"texts/{name}", "misplaced_text", expected]]
    assert ds.sources.iloc[-1]["status"] == "skipped"


@pytest.mark.parametrize(("content", "code"), [(b"\xff\xff\xff", "bad_encoding"), ("建议\n".encode() + "办法".encode("gb18030"), "mixed_encoding")])
def test_a_text_in_no_encoding_is_refused_with_file_and_reason(folder: Path, content: bytes, code: str) -> None:
    put(folder, "999001/advice.md", content)
    ds = fa.load(folder)
    assert ds.texts == {} and ds.sources.iloc[-1][["file", "status"]].tolist() == ["texts/999001/advice.md", "unread"]
    assert ds.findings[["file", "code"]].values.tolist() == [["texts/999001/advice.md", code]]


def test_a_text_may_be_saved_as_chinese_windows_does(folder: Path) -> None:
    put(folder, "999001/advice.md", "建议".encode("gb18030"))
    assert fa.load(folder).texts == {("999001", "advice"): "建议"}


def test_notes_for_writers_and_lock_files_are_no_texts(folder: Path) -> None:
    put(folder, "README.md", "写法")
    put(folder, "999001/~$advice.md", "x")
    ds = fa.load(folder)
    assert ds.texts == {} and ds.findings.empty


# --- showing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_missing_or_blank_text_leaves_a_gap_that_says_who_writes_and_no_path(folder: Path, lang: str) -> None:
    put(folder, "999001/advice.md", " \n<!-- 待写 -->\n")
    ds = fa.load(folder)
    for chapter in CHAPTERS:
        gap = fa.own_words(ds, "999001", chapter, lang)
        assert gap.missing and "甲街道" in gap and not re.search(r"DATA|texts|\.md|\n", gap) and str(folder) not in gap
        assert gap._repr_markdown_().startswith("> **")


def test_a_text_is_shown_as_it_was_written_and_says_whose_it_is(folder: Path) -> None:
    put(folder, "999001/experience.md", "# 做法\n\n先议\n后做。\n\n- 甲\n- 乙\n")
    shown = fa.own_words(fa.load(folder), "999001", "experience")
    assert not shown.missing and shown == "# 做法\n\n先议\n后做。\n\n- 甲\n- 乙"
    first, rest = shown._repr_markdown_().split("\n\n", 1)
    assert "由甲街道撰写" in first and rest == "#### 做法\n\n先议后做。\n\n- 甲\n- 乙"


def test_an_unknown_chapter_is_an_error() -> None:
    with pytest.raises(fa.ArgumentError, match="experience"):
        fa.own_words(Dataset({}), "999", "experiences")


def test_headings_stay_below_those_of_the_report() -> None:
    assert re.findall("^#+", harmless("# 一\n\n## 二\n\n### 三\n\n#### 四\n"), re.M) == ["####", "#####", "######", "######"]
    assert re.findall("^#+", harmless("标题\n===\n\n次级\n---\n"), re.M) == ["####", "#####"]


def test_emphasis_ends_where_it_should_before_chinese_words() -> None:
    assert harmless("**重点：**后面，前**“引”**后，2*3*4") == "**重点**：后面，前“**引**”后，2&#42;3&#42;4"


def test_links_and_pictures_are_told_in_words() -> None:
    assert harmless("见[网](https://a.cn/x)和![图](p.png)") == "见网（https:&#8203;//a.cn/x）和（图片未收入：图）"


def test_comments_of_the_writer_stay_with_the_writer() -> None:
    assert "私下" not in harmless(clean("公开 <!-- 私下 --> 公开 <!-- 私下"))


TYPED = r"""
<script>alert(1)</script> @ <img src=x onerror=alert(1)> @ [点](javascript:alert(1)) @ ![图](https://evil.cn/x.png) @ <https://evil.cn>
[r]: javascript:alert(1)|[r] @ https://evil.cn/x @ <!-- --><b onclick=x>b</b> @ &lt;script&gt; @ ```|<script>|``` @     <script>
$\href{javascript:x}{y}$ @ | <i>cell</i> | @ - - - <iframe> @ > <svg onload=x> @ [x](data:text/html;base64,AA) @ # <script>|===| @ {{7*7}} @ \<b\> @ *<u>*
**[a](vbscript:x)** @ &#60;script&#62; @ : <script> @ [^1]: <b> @ 1. ![](x)|2、<b> @ <a href='//evil.cn'> @ `=cmd()`{=html} @ ::: {onclick=x}
"""
ATTACKS = [part.replace("|", "\n") if "cell" not in part else part for line in TYPED.strip().split("\n") for part in line.split(" @ ")]


@settings(deadline=None, max_examples=60)  # the first call imports the renderer
@given(st.lists(st.one_of(st.sampled_from(ATTACKS), st.text(alphabet="甲a1 #*_`[]()<>!&|\\>-=\n:/$~\"'", max_size=30)), max_size=6))
def test_no_text_becomes_more_than_headings_paragraphs_lists_quotations_and_emphasis(parts: list[str]) -> None:
    page = rendered("\n".join(parts))
    assert page.tags <= ALLOWED
    assert all(link.startswith("#") for link in page.links)  # a heading's own anchor


def test_the_word_file_is_given_no_more_either() -> None:
    import pypandoc

    page = Tags(pypandoc.convert_text(harmless(clean("\n\n".join(ATTACKS))), "html", format="markdown"))
    assert page.tags <= ALLOWED and page.links == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_let_through_by_no_rule_shows_as_it_was_typed(attack: str) -> None:
    letters = set(re.findall(r"[a-z]{4,}", re.sub(r"<!--.*?-->|!\[[^\]]*\]\([^)]*\)", "", attack, flags=re.S)))
    assert letters <= set(re.findall(r"[a-z]{4,}", rendered(attack).text))


def test_the_sample_has_texts_that_say_they_are_fictional_and_gaps() -> None:
    ds = fa.load_sample()
    assert len(ds.texts) >= 3 and all("虚构" in text for text in ds.texts.values())
    assert fa.own_words(ds, "999901001", "advice").missing


def test_making_the_sample_again_overwrites_nobodys_words(tmp_path: Path) -> None:
    from fundanalytics.data.sample_texts import write_texts

    written = write_texts(tmp_path)
    written[0].write_text("我写的", "utf-8")
    shutil.rmtree(written[-1].parent)
    write_texts(tmp_path)
    assert written[0].read_text("utf-8") == "我写的" and written[-1].exists()
