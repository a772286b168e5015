"""The package about itself: what it costs to import, what it names, what the README promises."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import fundanalytics as fa

ROOT = Path(__file__).parents[1]


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, fundanalytics; print([m for m in ('pandas', 'numpy', 'plotly', 'papermill', 'scipy', 'statsmodels') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_loading_and_measuring_does_not_import_what_only_models_need():
    code = "import sys, fundanalytics as fa; fa.load, fa.indicators, fa.compare_periods; print([m for m in ('scipy.stats', 'statsmodels', 'papermill', 'plotly') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize("name", fa.__all__)
def test_every_public_name_exists_and_is_documented(name):
    assert (getattr(fa, name).__doc__ or "").strip() or not callable(getattr(fa, name))


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_what_the_readme_names_exists(readme):
    text = (ROOT / readme).read_text("utf-8")
    missing = [link for link in re.findall(r"\]\(([^)#:]+)\)", text) if not (ROOT / link).exists()]
    assert not missing
    assert {name for name in re.findall(r"\bfa\.(\w+)", text)} <= set(fa.__all__)
