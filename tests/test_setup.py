"""What the project says about itself in more than one place agrees."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SEVEN = ("jupyterlab", "numpy", "pandas", "papermill", "plotly", "scipy", "statsmodels")


def test_the_conda_environment_has_the_bounds_of_the_package():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    listed = [entry for entry in environment["dependencies"] if isinstance(entry, str) and entry != "pip"]
    wanted = [entry for entry in PROJECT["dependencies"] if re.split("[<>=]", entry)[0] in SEVEN]
    assert sorted(listed) == sorted([f"python{PROJECT['requires-python']}", *wanted])
    assert {"pip": ["-e ."]} in environment["dependencies"]


def test_every_dependency_is_pinned_within_its_bounds():
    pins = dict(re.findall(r"^([\w.-]+)==([\d.]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE))
    numbers = lambda text: [int(part) for part in text.split(".")]  # noqa: E731
    for entry in PROJECT["dependencies"]:
        name, bound = entry.split(">=")
        assert numbers(pins[name]) >= numbers(bound), entry


def test_the_package_speaks_its_own_version():
    import fundanalytics

    assert fundanalytics.__version__ == PROJECT["version"]
