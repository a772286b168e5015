"""An executed notebook → a Word file fit for signature, through pandoc and a reference document made by code.

Place in the flow: beside ``export``, after a notebook has run. The cells become plain HTML (``word_body``), pandoc makes Word of it
in the styles of ``reference_doc``, and ``word_layout`` brings tables, captions and the list of contents into their form. Nothing is
fetched: pandoc runs in its sandbox, charts come as pictures. Nothing here computes a number, and the same notebook gives the same bytes.
"""

from __future__ import annotations

import tempfile
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from ..errors import LANGS, ArgumentError, check_option
from ..show.page_words import stamps
from . import export, word_body, word_layout
from .files import whole
from .outputs import numbered
from .reference_doc import reference

EXTRA = 'pip install "fundanalytics[word]"'
FORMAT = "html-tex_math_dollars-tex_math_single_backslash-tex_math_double_backslash-raw_html-raw_tex-smart"
CONTENTS_FROM = 3  # chapters


def check() -> None:
    """Raise ``ArgumentError`` with what to install, unless a Word file can be made here. Call it before a batch starts."""
    _pandoc()
    try:
        import docx  # noqa: F401
        import markdown_it  # noqa: F401
    except ImportError as error:
        raise ArgumentError("word_not_installed", found=error.name or str(error), install=EXTRA) from error


def to_docx(
    notebook: Any,
    out: Path,
    *,
    title: str,
    lang: str = "zh",
    origin: str = "computed",
    audience: str = "public",
    assumed: bool = False,
    pictures: word_body.Pictures = (),
) -> None:
    """Write an executed notebook as a Word file.

    Use it for the paper that is signed and filed. Page, fonts and headings follow GB/T 9704; tables have three lines; the file appears
    whole or not at all.

    Parameters
    ----------
    notebook
        An executed notebook (``nbformat`` version 4). It is not changed.
    out
        The file to write.
    title
        Title in the properties of the file, and on its first page if the notebook has none.
    lang
        ``zh`` or ``en``. Cells tagged with the other language are dropped.
    origin
        ``synthetic`` stamps every page.
    audience
        ``public``, ``street`` or ``internal``: cells for other readers are dropped; ``internal`` stamps every page.
    assumed
        Whether scores in it follow an assumed rubric: stamps every page.
    pictures
        PNG files of the charts, in order, as ``browser.Browser.pictures`` makes them: of each chart its parts. Without any, each
        chart is told in words.

    Raises
    ------
    ArgumentError
        If something must be installed first, or the pictures are not as many as the charts.
    """
    check_option("lang", lang, LANGS)
    check()
    import pypandoc
    from docx import Document

    body = word_body.body_of(numbered(export.for_reader(notebook, lang, audience), lang), lang, pictures)
    with tempfile.TemporaryDirectory() as folder:
        base, made = Path(folder, "reference.docx"), Path(folder, "made.docx")
        base.write_bytes(reference(_pandoc(), lang, stamps(origin, lang, audience=audience, assumed=assumed)))
        pypandoc.convert_text(
            word_body.front(body, title) + body.html, "docx", format=FORMAT, outputfile=str(made), extra_args=["--sandbox", f"--reference-doc={base}"]
        )
        document = Document(str(made))
    chapters = sum(level == 1 for level, _ in body.headings)
    word_layout.lay_out(document, body, lang, contents=chapters >= CONTENTS_FROM)
    _properties(document, title, lang)
    with whole(out) as part:
        part.write_bytes(_packed(document))


def _pandoc() -> str:
    """The path of pandoc, the one of the package before the system's."""
    try:
        import pypandoc

        return str(pypandoc.get_pandoc_path())
    except (ImportError, OSError) as error:
        raise ArgumentError("word_not_installed", found="pandoc", install=EXTRA) from error


def _properties(document: Any, title: str, lang: str) -> None:
    """Title and language; no name, no machine and no time of making."""
    core = document.core_properties
    core.title, core.language = title, export.LANGUAGE_CODES[lang]
    for child in list(core._element):
        if child.tag.split("}")[1] not in ("title", "language"):
            core._element.remove(child)


def _packed(document: Any) -> bytes:
    """The file, with the same bytes whenever it is made."""
    first, packed = BytesIO(), BytesIO()
    document.save(first)
    with zipfile.ZipFile(first) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name)  # of the first day that a zip file knows
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(info, old.read(name))
    return packed.getvalue()
