"""The reference document of a Word file: page, styles, header and footer, after GB/T 9704.

Place in the flow: ``word`` hands it to pandoc. It is made by code from pandoc's own reference document, so that no binary lies in
the repository. Chinese fonts are named, not shipped: 仿宋, 黑体, 楷体 and 宋体 come with every Chinese Windows, 小标宋 with most
offices. It holds no word of a report but the stamps of its header.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

LATIN = "Times New Roman"
TITLE, BODY, HEAD, KAI, PLAIN = "方正小标宋简体", "仿宋", "黑体", "楷体", "宋体"
# by what other names, and then by which substitutes, a machine without the font may find one
OTHER_NAMES = {
    TITLE: "FZXiaoBiaoSong-B05S,小标宋体,宋体,SimSun",
    BODY: "FangSong,仿宋_GB2312,STFangsong",
    HEAD: "SimHei,STHeiti",
    KAI: "KaiTi,楷体_GB2312,STKaiti",
    PLAIN: "SimSun,STSong",
}
# GB/T 9704-2012, 5.2: A4, margin above 37 mm and left 28 mm, the type area 156 by 225 mm
PAGE, MARGINS, AREA = (210, 297), {"top": 37, "left": 28, "right": 26, "bottom": 35}, (156, 225)
# 5.2.5 and 7.5: the foot stands 7 mm below the type area, in size 4
HEADER_AT, FOOTER_AT = 24, 22
LINE = {"zh": 28.0, "en": 18.0}
INK = "000000"


@dataclass(frozen=True)
class Look:
    """How a style looks: its Chinese font, points (zh, en), bold (zh, en), and the paragraph."""

    east: str
    points: tuple[float, float]
    bold: tuple[bool, bool] = (False, False)
    align: str = "both"
    line: float | None = 0  # points; 0: the line of the body; None: as high as what stands in it
    before: float = 0
    after: float = 0
    indent: bool = False  # two characters, the first line
    keep: bool = False  # on the page of what follows
    outline: int | None = None


LOOKS = {
    "Normal": Look(BODY, (16, 12)),
    "Body Text": Look(BODY, (16, 12), indent=True),
    "First Paragraph": Look(BODY, (16, 12), indent=True),
    "Compact": Look(BODY, (16, 12)),
    "Block Text": Look(KAI, (16, 12), indent=True),
    "Title": Look(TITLE, (22, 20), (False, True), align="center", line=34, before=14, after=14, keep=True),
    "Subtitle": Look(KAI, (16, 13), align="center", after=14),
    "Heading 1": Look(HEAD, (16, 15), (False, True), align="left", before=8, indent=True, keep=True, outline=0),
    "Heading 2": Look(KAI, (16, 13), (False, True), align="left", indent=True, keep=True, outline=1),
    "Heading 3": Look(BODY, (16, 12), (True, True), align="left", indent=True, keep=True, outline=2),
    "Heading 4": Look(BODY, (16, 12), align="left", indent=True, keep=True, outline=3),
    "Caption": Look(HEAD, (10.5, 10), (False, True), align="center", line=18, before=6, after=4),
    "Table Caption": Look(HEAD, (10.5, 10), (False, True), align="center", line=18, before=8, after=4, keep=True),
    "Image Caption": Look(HEAD, (10.5, 10), (False, True), align="center", line=18, before=2, after=10),
    "Captioned Figure": Look(BODY, (16, 12), align="center", line=None, before=8, keep=True),
    "Table Head": Look(HEAD, (10.5, 9.5), (False, True), align="center", line=15, before=2, after=2),
    "Table Text": Look(PLAIN, (10.5, 9.5), align="left", line=15, before=1.5, after=1.5),
    "Table Note": Look(PLAIN, (9, 9), align="left", line=14, before=3, after=10),
    "TOC Heading": Look(HEAD, (16, 15), (False, True), align="center", before=8, after=8, keep=True),
    "toc 1": Look(BODY, (14, 12), align="left", line=24),
    "toc 2": Look(BODY, (14, 12), align="left", line=24),
    "Header": Look(HEAD, (10.5, 10), align="center", line=14),
    "Footer": Look(PLAIN, (14, 10.5), align="both", line=16),
}  # fmt: skip
EMPHASIS = "Emphasis"  # Chinese is not slanted: another face
BUILT_IN = {"toc 1", "toc 2", "Header", "Footer"}  # Word's own, which pandoc's document lacks


def reference(pandoc: str, lang: str, stamps: Sequence[str]) -> bytes:
    """The reference document in a language, with the stamps that every page bears."""
    from docx import Document

    base = subprocess.run([pandoc, "--print-default-data-file", "reference.docx"], capture_output=True, check=True).stdout
    document = Document(BytesIO(base))
    _defaults(document, lang)
    for name, look in LOOKS.items():
        _style(document, name, look, lang)
    _emphasis(document, lang)
    _fonts(document)
    _page(document.sections[0], lang, stamps)
    _settings(document.settings, lang)
    made = BytesIO()
    document.save(made)
    return made.getvalue()


def _settings(settings: Any, lang: str) -> None:
    """Feet for odd and even pages; Chinese punctuation closes up; a paper of today, not of Word 2007."""
    from docx.oxml.ns import qn

    settings.odd_and_even_pages_header_footer = True
    spacing = settings.element.find(qn("w:characterSpacingControl"))
    spacing.set(qn("w:val"), "compressPunctuation" if lang == "zh" else "doNotCompress")
    compat = element("w:compat")
    compat.append(element("w:compatSetting", name="compatibilityMode", uri="http://schemas.microsoft.com/office/word", val="15"))
    settings.element.find(qn("w:rsids")).addprevious(compat)


def named_fonts(properties: Any, east: str) -> None:
    """Give run properties a Latin and a Chinese font by name; a theme's fonts would go before them."""
    from docx.oxml.ns import qn

    fonts = properties.get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for slot, font in {"ascii": LATIN, "hAnsi": LATIN, "cs": LATIN, "eastAsia": east}.items():
        fonts.set(qn(f"w:{slot}"), font)


def _defaults(document: Any, lang: str) -> None:
    from docx.oxml.ns import qn

    run = document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    named_fonts(run, BODY)
    # also in a Chinese paper Latin words are English: otherwise they are broken anywhere
    run.find(qn("w:lang")).set(qn("w:val"), "en-US" if lang == "zh" else "en-GB")
    spacing = document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:pPrDefault')}/{qn('w:pPr')}/{qn('w:spacing')}")
    spacing.set(qn("w:after"), "0")
    for style in document.styles.element.style_lst:
        if style.name_val == "Caption":  # Word's own is written small
            style.name_val = "caption"


def _style(document: Any, name: str, look: Look, lang: str) -> None:
    """Make a style look as it should, whatever it looked like."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt, RGBColor

    known = [style for style in document.styles if style.name == name]
    style = known[0] if known else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=name in BUILT_IN)
    for part in (style.element.rPr, style.element.pPr):
        if part is not None:
            style.element.remove(part)
    place = 0 if lang == "zh" else 1
    style.font.size, style.font.bold, style.font.italic = Pt(look.points[place]), look.bold[place], False
    style.font.color.rgb = RGBColor.from_string(INK)
    named_fonts(style.element.get_or_add_rPr(), look.east)
    if name != "Normal":
        style.base_style = document.styles["Caption" if name.endswith(" Caption") else "Normal"]
    style.quick_style, style.hidden = True, False
    _paragraph(style, look, lang, look.points[place])


def _paragraph(style: Any, look: Look, lang: str, points: float) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
    from docx.oxml.ns import qn
    from docx.shared import Pt

    form = style.paragraph_format
    form.alignment = WD_ALIGN_PARAGRAPH.from_xml(look.align)
    form.space_before, form.space_after, form.keep_with_next = Pt(look.before), Pt(look.after), look.keep
    form.widow_control = True
    if look.line is None:
        form.line_spacing_rule = WD_LINE_SPACING.SINGLE
    else:
        form.line_spacing = Pt(look.line or LINE[lang])
    heading = look.outline is not None
    form.first_line_indent = Pt(2 * points) if look.indent and not (heading and lang == "en") else Pt(0)
    # in characters too: Word keeps the two characters when somebody changes the size
    chars = 200 if form.first_line_indent else 0
    style.element.pPr.find(qn("w:ind")).set(qn("w:firstLineChars"), str(chars))
    if style.name.startswith("toc "):
        form.left_indent = Pt(2 * points) if style.name == "toc 2" else Pt(0)
        _dotted_tab(form)
    if look.outline is not None:
        style.element.pPr.append(element("w:outlineLvl", val=str(look.outline)))


def _emphasis(document: Any, lang: str) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml.ns import qn

    style = document.styles.add_style(EMPHASIS, WD_STYLE_TYPE.CHARACTER, builtin=True)
    style.font.italic = lang == "en"
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), KAI)


def _dotted_tab(form: Any) -> None:
    from docx.enum.text import WD_TAB_ALIGNMENT, WD_TAB_LEADER
    from docx.shared import Mm

    form.tab_stops.add_tab_stop(Mm(AREA[0]), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)


def _fonts(document: Any) -> None:
    """Tell Word by which other names it may find a font."""
    from docx.opc.constants import RELATIONSHIP_TYPE as KIND
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls
    from lxml import etree

    part = document.part.part_related_by(KIND.FONT_TABLE)
    fonts = "".join(f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/></w:font>' for name, others in OTHER_NAMES.items())
    latin = f'<w:font w:name="{LATIN}"><w:charset w:val="00"/><w:family w:val="roman"/></w:font>'
    part._blob = etree.tostring(parse_xml(f"<w:fonts {nsdecls('w')}>{fonts}{latin}</w:fonts>"), xml_declaration=True, encoding="UTF-8", standalone=True)


def _page(section: Any, lang: str, stamps: Sequence[str]) -> None:
    """Paper and margins; the stamps above and the number of the page below, on odd and even pages."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    section.page_width, section.page_height = Mm(PAGE[0]), Mm(PAGE[1])
    for side, size in MARGINS.items():
        setattr(section, f"{side}_margin", Mm(size))
    section.header_distance, section.footer_distance, section.gutter = Mm(HEADER_AT), Mm(FOOTER_AT), Mm(0)
    for header in (section.header, section.even_page_header):
        _only_paragraph(header, "Header").add_run("　".join(stamps) if lang == "zh" else " · ".join(stamps))
    # 7.5: on odd pages at the right, on even pages at the left, one character in
    for footer, at in ((section.footer, WD_ALIGN_PARAGRAPH.RIGHT), (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT)):
        foot = _only_paragraph(footer, "Footer")
        foot.alignment = at
        foot.paragraph_format.left_indent = foot.paragraph_format.right_indent = Mm(5)
        add_field(foot, "PAGE", "1", before="— ", after=" —")


def _only_paragraph(place: Any, style: str) -> Any:
    place.is_linked_to_previous = False
    paragraph = place.paragraphs[0]
    paragraph.style = style
    return paragraph


def add_field(paragraph: Any, code: str, shown: str, *, before: str = "", after: str = "") -> None:
    """A field of Word with the result that it shows until somebody updates it."""
    if before:
        paragraph.add_run(before)
    for run in (mark("begin"), instruction(code), mark("separate")):
        paragraph._p.append(run)
    paragraph.add_run(shown)
    paragraph._p.append(mark("end"))
    if after:
        paragraph.add_run(after)


def mark(kind: str) -> Any:
    """A run that begins, separates or ends a field."""
    run = element("w:r")
    run.append(element("w:fldChar", fldCharType=kind))
    return run


def instruction(code: str) -> Any:
    """A run with the code of a field."""
    run, text = element("w:r"), element("w:instrText")
    text.text = f" {code} "
    text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    run.append(text)
    return run


def element(tag: str, **attributes: str) -> Any:
    """An element of Word's own language."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    return made
