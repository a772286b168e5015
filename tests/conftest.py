"""What several test files share and what is dear to make."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STREETS = ("999901001", "999901007")


@pytest.fixture(scope="session")
def sample_batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports on the sample: the district and two streets. Tests that use it belong to the group ``batch``, so it is made once."""
    from fundanalytics.publish.runs import run_reports

    out = tmp_path_factory.mktemp("reports") / "2020"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        batch = run_reports("data/sample", period="2020", out=out, only=["district", *STREETS])
    assert batch.failed == 0, batch.runs[["name", "reason"]].to_string()
    return out
