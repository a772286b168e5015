"""The package about itself: what it costs to import, what it names, what the README promises."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import fundanalytics as fa

ROOT = Path(__file__).parents[1]


HEAVY = ("pandas", "numpy", "plotly", "papermill", "scipy", "statsmodels")
MODELS = ("scipy.stats", "statsmodels", "papermill", "plotly")


@pytest.mark.parametrize(("use", "never"), [("fundanalytics", HEAVY), ("fundanalytics.load, fundanalytics.indicators, fundanalytics.compare_periods", MODELS)])
def test_nothing_heavy_is_imported_before_it_is_needed(use, never):
    code = f"import sys, fundanalytics; {use}; print([m for m in {never} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize("name", fa.__all__)
def test_every_public_name_exists_and_is_documented(name):
    assert (getattr(fa, name).__doc__ or "").strip() or not callable(getattr(fa, name))


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_what_the_readme_names_exists(readme):
    text = (ROOT / readme).read_text("utf-8")
    missing = [link for link in re.findall(r"\]\(([^)#:]+)\)", text) if not (ROOT / link).exists()]
    assert not missing
    assert set(re.findall(r"\bfa\.(\w+)", text)) <= set(fa.__all__)
