"""What a whole batch shares, written when its reports are there: indicator table, manifest, index.

Place in the flow: the last step of ``runs``. The manifest says enough of each report to make it again and to see whether it would differ.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import __version__
from ..data.database import is_url, name_of
from .audience import shared_inputs, shared_table
from .export import PLOTLY_JS
from .files import sha256, write_csv, write_whole
from .kernels import HASH_SEED, Result
from .made import versions

if TYPE_CHECKING:
    from ..data.dataset import Dataset


@dataclass(frozen=True)
class About:
    """What is told of a batch as a whole."""

    period: str
    as_of: str
    lang: str
    audience: str
    assumed: bool


def finish(folder: Path, dataset: Dataset, table: pd.DataFrame, runs: pd.DataFrame, results: Mapping[str, Result], about: About) -> None:
    """Write the indicator table, the manifest, and last the index, which links to the rest."""
    from .index import index_html

    earlier = _earlier(folder, runs, about.audience)
    table = shared_table(table, dataset, [*runs.to_dict("records"), *earlier], about.audience)
    write_csv(table, folder / "indicators.csv")
    rows = [_told(folder, run, results[run["name"]]) for run in runs.to_dict("records")]
    manifest: dict[str, Any] = {
        "fundanalytics": __version__,
        "period": about.period,
        "as_of": about.as_of,
        "lang": about.lang,
        "audience": about.audience,
        "origin": dataset.origin,
        "seed": HASH_SEED,
        "python": platform.python_version(),
        "packages": versions(),
        "inputs": shared_inputs(dataset, about.audience),
        "runs": sorted(rows + earlier, key=lambda run: run["name"]),
    }
    index = index_html(dataset, table, manifest["runs"], period=about.period, lang=about.lang, audience=about.audience, assumed=about.assumed)
    write_whole(index, folder / "index.html")
    manifest["files"] = [output_of(folder, name) for name in ("index.html", "indicators.csv", PLOTLY_JS) if (folder / name).exists()]
    write_whole(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", folder / "manifest.json")


def _told(folder: Path, run: Mapping[str, Any], result: Result) -> dict[str, Any]:
    """One run in the manifest."""
    parameters = {k: seen(v) if k in ("data", "rules", "rubric") and v else v for k, v in run["parameters"].items()}
    return {
        "name": run["name"],
        "level": run["level"],
        "area_code": run["area_code"],
        "area_name": run["area_name"],
        "notebook": run["notebook"].name,
        "notebook_sha256": sha256(run["notebook"]),
        "parameters": parameters,
        "status": "made" if result.status == "kept" else result.status,
        "reason": result.reason,
        "seconds": result.seconds,
        "figures": result.figures,
        "warnings": len(result.warnings),
        "outputs": [output_of(folder, name) for name in result.files],
    }


def _earlier(folder: Path, runs: pd.DataFrame, audience: str) -> list[dict[str, Any]]:
    """Runs of earlier batches for the same readers whose reports still lie in the folder unchanged: the index goes on linking to them."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        kept = [run for run in manifest["runs"] if run["name"] not in set(runs["name"]) and manifest["audience"] == audience]
        return [run for run in kept if run["outputs"] and all(sha256(folder / o["file"]) == o["sha256"] for o in run["outputs"])]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def output_of(folder: Path, name: str) -> dict[str, str]:
    """A file of the folder and its checksum."""
    return {"file": name, "sha256": sha256(folder / name)}


def seen(path: str) -> str:
    """A path as a reader may see it: relative, or the name alone; a database without user and password."""
    if is_url(path):
        return name_of(path)
    full = Path(path).expanduser()
    if not full.is_absolute():
        return full.as_posix()
    return full.relative_to(Path.cwd()).as_posix() if full.is_relative_to(Path.cwd()) else full.name
