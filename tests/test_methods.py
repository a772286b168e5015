"""From a number to its ground: every method has a formula, a reference, and a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fundanalytics.measure.methods import METHODS
from fundanalytics.show.labels import LABELS

HERE = Path(__file__).parent


@pytest.mark.parametrize("code", METHODS)
def test_every_method_has_formula_reference_authority_and_a_test_that_exists(code: str) -> None:
    method = METHODS[code]
    assert method.formula and method.references and method.authority and method.tests
    for named in method.tests:
        file, _, function = named.partition("::")
        assert re.search(rf"^def {re.escape(function)}\(", (HERE / file).read_text("utf-8"), re.M), named


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_method_is_named_for_readers(lang: str) -> None:
    assert not set(METHODS) - set(LABELS[lang]["method"])
