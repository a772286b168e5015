"""What tests and doctests share, and what is dear to make: the sample is loaded once in a process, and nobody may change it."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from fundanalytics.data import load

ROOT = Path(__file__).parent
STREETS = ("999901001", "999901007")
COMMUNITIES = ("999901001010", "999901001011")

load.load_sample = functools.cache(load.load_sample)

# continuous integration tries the same examples each time; everywhere else new ones are searched
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(scope="session", autouse=True)
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The key that hashes people lies in the user's configuration folder: for tests that is one of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(scope="session")
def sample_batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of the sample's district, two streets and two communities; in ``make prove`` all. Tests that use it belong to the group
    ``batch``, so it is made once."""
    from fundanalytics.publish.runs import run_reports

    out = tmp_path_factory.mktemp("reports") / "2020"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        only = [] if os.environ.get("PROVE_CASES") else ["district", *STREETS, *COMMUNITIES]
        batch = run_reports("data/sample", period="2020", out=out, only=only)
    assert batch.failed == 0, batch.runs[["name", "reason"]].to_string()
    return out


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a small ``data`` and a quick notebook, ``tiny.ipynb``."""
    from small_folder import write_data, write_notebook

    write_data(tmp_path / "data")
    write_notebook(tmp_path / "tiny.ipynb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many random cases the proofs tried, whichever process tried them."""
    reports = [r for told in terminalreporter.stats.values() for r in told if getattr(r, "when", "") == "teardown"]
    tried = sum(number for report in reports for name, number in report.user_properties if name == "fuzz")
    if tried:
        terminalreporter.write_line(f"fuzz: {tried} cases")
