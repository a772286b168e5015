"""The gallery: every chart is shown once in the walkthrough, with when to use it and when it misleads, and tells itself in both languages."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import pytest
from test_notebooks import ROOT, cells, run

import fundanalytics as fa
from fundanalytics.errors import LANGS
from fundanalytics.show.gallery import told
from fundanalytics.show.gallery_words import GALLERY

pytestmark = pytest.mark.xdist_group("gallery")
WALKTHROUGH: Path = ROOT / "notebooks" / "walkthrough.ipynb"
PLOTS = [name for name in fa.__all__ if name.startswith("plot_")]


@functools.cache
def figures() -> dict[str, Any]:
    """The charts of the walkthrough on the sample, by their names; made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fa, "load", lambda *_, **__: fa.load_sample())
        shown = run(WALKTHROUGH, audience="internal")
    return {figure.layout.meta["chart"]: figure for figure in shown if type(figure).__name__ == "Figure"}


def test_every_chart_has_its_words_and_its_place_in_the_walkthrough() -> None:
    code = "\n".join(c["source"] for c in cells(WALKTHROUGH) if c["cell_type"] == "code")
    assert [(plot, code.count(f"fa.{plot}(")) for plot in PLOTS if code.count(f"fa.{plot}(") != 1] == []
    for lang in LANGS:
        assert set(GALLERY[lang]) == {plot.removeprefix("plot_") for plot in PLOTS}
        assert set(fa.gallery(lang).cells["chart"]) == set(PLOTS)
    assert "fa.gallery(lang)" in code


@pytest.mark.parametrize("lang", LANGS)
def test_when_to_use_a_chart_and_when_it_misleads_are_said_in_its_language(lang: str) -> None:
    for plot in PLOTS:
        words = told(plot.removeprefix("plot_"), lang)
        assert {"title", "use", "misleads"} <= set(words) and all(words.values())
        assert all(bool(re.search(r"[一-鿿]", text)) == (lang == "zh") for text in words.values()), plot


def test_figures_know_their_chart_and_tell_themselves_in_both_languages() -> None:
    assert set(figures()) == {plot.removeprefix("plot_") for plot in PLOTS}
    for name, figure in figures().items():
        meta = figure.layout.meta
        assert set(meta["alt"]) == set(LANGS), name
        for lang, text in meta["alt"].items():
            assert told(name, lang)["drawn"] in text and len(re.findall(r"\d", text)) > 2, (name, lang)
        assert meta["alt"]["zh"].startswith("虚构示例数据。") and meta["alt"]["en"].startswith("Fictional sample data. "), name
        assert all(meta["titles"][lang] in meta["alt"][lang] for lang in LANGS), name
        assert meta["captions"]["zh"].startswith("虚构示例数据。") and meta["captions"]["en"].startswith("Fictional sample data. "), name
