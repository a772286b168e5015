"""The Chinese fonts of this machine, cut down to the letters of a page, in a form that a browser embeds whole in a PDF.

Place in the flow: beside ``browser``. Chromium breaks up fonts with PostScript outlines (Noto CJK) into hundreds of nameless ones, a few letters
each; the same letters as TrueType outlines stand in the file under the font's name, at half the size. Where there is nothing to cut (other fonts, no
fontconfig) the page is printed as it is.
"""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
from typing import Any

FAMILIES = ("Noto Sans CJK SC", "Noto Serif CJK SC")
WEIGHTS = {400: "regular", 700: "bold"}
PRECISE = 1.0  # units of 1000: how far a quadratic curve may lie from the cubic one
# tables that nothing on paper needs; those of vertical writing among them
UNUSED = ["BASE", "DSIG", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
NO_COUNTS = ("maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements", "maxSizeOfInstructions",
             "maxComponentElements", "maxPoints", "maxContours", "maxCompositePoints", "maxCompositeContours", "maxComponentDepth")  # fmt: skip


class Faces:
    """The rules that put the fonts in place, kept from page to page: pages of a batch are written in much the same letters."""

    def __init__(self) -> None:
        self._letters: set[str] = set()
        self._rules = ""

    def rules(self, text: str) -> str:
        """``@font-face`` rules with the letters of ``text`` and of the pages before it; blank where there is nothing to put in place."""
        if not set(text) <= self._letters:
            self._letters |= set(text)
            faces = [(family, weight, _cut(family, weight, self._letters)) for family in FAMILIES for weight in WEIGHTS]
            self._rules = "".join(_rule(*face) for face in faces if face[-1])
        return self._rules


def _rule(family: str, weight: int, face: bytes) -> str:
    return f'@font-face{{font-family:"{family}";font-weight:{weight};src:url(data:font/ttf;base64,{base64.b64encode(face).decode()})}}'


def _cut(family: str, weight: int, letters: set[str]) -> bytes:
    """A face of a family with some letters only, as TrueType; nothing where the machine has it not, or it is TrueType already."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    place = _place(family, weight)
    if not place:
        return b""
    font = TTFont(place[0], fontNumber=place[1], lazy=True)
    if "CFF " not in font:
        return b""
    cutter = Subsetter(Options(layout_features=[], hinting=False, notdef_outline=True, drop_tables=UNUSED))
    cutter.populate(text="".join(sorted(letters)))
    cutter.subset(font)
    _to_truetype(font)
    made = io.BytesIO()
    font.save(made)
    return made.getvalue()


def _place(family: str, weight: int) -> tuple[str, int] | None:
    """File, and number in it, of a face that has just this name."""
    if not (command := shutil.which("fc-match")):
        return None
    asked = [command, "-f", "%{family[0]}\n%{file}\n%{index}", f"{family}:style={WEIGHTS[weight].title()}"]
    name, _, rest = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.partition("\n")
    file, _, number = rest.partition("\n")
    return (file, int(number)) if name == family and number.isdigit() else None


def _to_truetype(font: Any) -> None:
    """Quadratic outlines in place of cubic ones; the font is changed."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import newTable

    drawn, outlines = font.getGlyphSet(), newTable("glyf")
    outlines.glyphOrder, outlines.glyphs = font.getGlyphOrder(), {}
    for name in outlines.glyphOrder:
        pen = TTGlyphPen(drawn)
        drawn[name].draw(Cu2QuPen(pen, PRECISE, reverse_direction=True))
        outlines.glyphs[name] = pen.glyph()
    font["glyf"], font["loca"] = outlines, newTable("loca")
    del font["CFF "]
    font["maxp"].tableVersion, font["post"].formatType, font.sfntVersion = 0x00010000, 3.0, "\x00\x01\x00\x00"
    for count in NO_COUNTS:
        setattr(font["maxp"], count, int(count == "maxZones"))
