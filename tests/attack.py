"""What an attacker reads in published files: pages, chart data, CSV, workbooks, Parquet → texts and numbers. Nothing else is known to him."""

from __future__ import annotations

import ast
import base64
import html
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
from nbformat.v4 import new_output

from fundanalytics.publish.export import PLOTLY_MIME, for_reader, to_html

CHARTS = re.compile(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?![\w.])")


@dataclass
class Read:
    """Texts as a reader sees them, and numbers as they lie in the data of charts and tables."""

    texts: list[str] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    def holds(self, value: float) -> bool:
        return bool(np.isclose(np.array(self.numbers, dtype="float64"), value, rtol=0, atol=1e-9).any())

    def add(self, thing: Any) -> None:
        """Anything that JSON holds; plotly writes arrays as base64."""
        if isinstance(thing, dict) and "bdata" in thing:
            self.numbers += np.frombuffer(base64.b64decode(thing["bdata"]), dtype=np.dtype(thing["dtype"])).astype("float64").tolist()
        elif isinstance(thing, dict):
            for value in thing.values():
                self.add(value)
        elif isinstance(thing, list | tuple):
            for value in thing:
                self.add(value)
        elif isinstance(thing, str):
            self.texts.append(thing)
        elif isinstance(thing, int | float) and not isinstance(thing, bool):
            self.numbers.append(float(thing))

    def add_frame(self, frame: pd.DataFrame) -> None:
        for column in frame:
            if pd.api.types.is_numeric_dtype(frame[column]):
                self.numbers += frame[column].dropna().astype("float64").tolist()
            else:
                self.texts += frame[column].dropna().astype("str").tolist()


def read_word(path: Path) -> Read:
    """All that stands in a Word file, also what is not shown."""
    with zipfile.ZipFile(path) as parts:
        return Read([html.unescape(re.sub(r"<[^>]+>", " ", parts.read(name).decode())) for name in parts.namelist() if name.endswith(".xml")])


def read_page(page: str) -> Read:
    """Text without tags (and with what tags hold), and the data of the charts."""
    found = Read()
    for data in CHARTS.findall(page):
        found.add(json.loads(data))
    rest = CHARTS.sub(" ", page)
    found.texts += [html.unescape(re.sub(r"<[^>]+>", " ", rest)), html.unescape(rest)]
    return found


def read_workbook(path: Path) -> Read:
    """Every string and number of the XML of a workbook."""
    found = Read()
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            text = book.read(name).decode("utf-8", "replace")
            found.texts.append(html.unescape(re.sub(r"<[^>]+>", " ", text)))
            found.numbers += [float(value) for value in re.findall(r"<v>(-?[\d.]+(?:[eE]-?\d+)?)</v>", text)]
    return found


def published(path: Path, **parameters: str) -> nbformat.NotebookNode:
    """A notebook as ``report`` runs it for an audience, with its outputs; in this process, which is much faster than a kernel."""
    notebook = for_reader(nbformat.read(path, as_version=4), parameters.get("lang", "zh"), parameters["audience"])
    names: dict[str, Any] = {"Out": {}}
    for cell in (c for c in notebook.cells if c.cell_type == "code"):
        tree = ast.parse(cell.source)
        last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, path.name, "exec"), names)
        names |= parameters if "parameters" in cell.metadata.get("tags", []) else {}
        value = eval(compile(last, path.name, "eval"), names) if last else None
        if value is not None:
            names["Out"][len(names["Out"])] = value
            cell.outputs = [new_output("execute_result", data=dict(_shown(value)), execution_count=1)]
    return notebook


def _shown(value: Any) -> Iterator[tuple[str, Any]]:
    if type(value).__name__ == "Figure":
        yield PLOTLY_MIME, json.loads(value.to_json())
        return
    for mime, method in (("text/html", "_repr_html_"), ("text/markdown", "_repr_markdown_")):
        if hasattr(value, method):
            yield mime, getattr(value, method)()
    yield "text/plain", repr(value)


def page_of(notebook: nbformat.NotebookNode, audience: str = "public", lang: str = "zh") -> str:
    return to_html(notebook, title="报告", lang=lang, origin="synthetic", audience=audience)
