from __future__ import annotations
from typing import Any, NamedTuple
import yaml
LARGEST = 200_000
VALUES = ("assessments", "panel_scores", "honours", "rectifications", "formula")
class Fault(NamedTuple):
    place: str
    line: int | None
    code: str
    found: str
    expected: str
def faults_of(content: bytes) -> tuple[dict[str, Any], list[Fault]]:
    return yaml.safe_load(content), []
