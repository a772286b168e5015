"""A report's own words: ``DATA/texts/<area_code>/<chapter>.md`` → one text per area and chapter.

Place in the flow: ``load`` comes here last, when it knows the areas. The texts are read and never written, and nothing below
``texts`` is ever taken for a table. What a text says is not looked into; ``show.own_words`` makes it harmless.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import DataError, near_misses
from .dataset import TEXTS
from .ledger import Grid, Ledger
from .reader.textfile import decoded

# the chapters of a report that somebody may write; the names are fixed
CHAPTERS = ("background", "organisation", "experience", "causes", "advice", "other")
NOTES = "README.md"  # for those who write; no text of a report

Texts = dict[tuple[str, str], str]


def read_texts(files: list[Path], root: Path, areas: pd.DataFrame, ledger: Ledger) -> tuple[Texts, list[dict[str, Any]]]:
    """Texts by area code and chapter, and a row of ``sources`` per file. A blank text is none.

    UTF-8 or GB18030, as CSV files are; a file of neither, or of both, is refused, one that goes by no area or chapter is left out; both are found.
    """
    texts: Texts = {}
    sources = []
    names = dict(zip(areas["area_code"].astype("str"), areas["area_name"].astype("str"), strict=True))
    for file in files:
        path, content, text = file.relative_to(root), b"", ""
        fault, found, expected = "", str(path.as_posix()), ""
        try:
            content = file.read_bytes()
            text = decoded(content, None, path.as_posix())
            fault, expected = _misplaced(path, names)
        except DataError as error:
            fault, found, expected = error.code, str(error.facts.get("found", "")), str(error.facts.get("expected", ""))
        except OSError as error:
            fault, found = "unreadable_file", error.strerror or type(error).__name__
        status = {"": "used", "misplaced_text": "skipped"}.get(fault, "unread")
        if fault:
            ledger.find(Grid(path.as_posix(), "", "", None, [], [], {}), fault, found=found, expected=expected)
        elif text.strip():
            texts[path.parts[1], file.stem] = text
        sources.append({"file": path.as_posix(), "sha256": sha256(content).hexdigest(), "sheets": 0, "read": 0, "kept": 0, "refused": 0, "status": status,
                        "origin": "computed", "area_code": path.parts[1] if path.parts[1] in names else None, "period": None})  # fmt: skip
    return texts, sources


def _misplaced(path: Path, names: dict[str, str]) -> tuple[str, str]:
    """That a file is no text of a report, and where it should lie, as far as its path tells; blank where it is one."""
    folder, chapter = path.parts[1] if len(path.parts) > 2 else "", path.name.removesuffix(".md")
    if len(path.parts) == 3 and folder in names and chapter in CHAPTERS and path.suffix == ".md":
        return "", ""
    codes = [folder] if folder in names else [code for code, name in names.items() if name == folder] or near_misses(folder, names)
    chapters = near_misses(path.stem.lower(), CHAPTERS)
    return "misplaced_text", f"{TEXTS}/{codes[0] if codes else '<area_code>'}/{chapters[0] if chapters else '|'.join(CHAPTERS)}.md"
