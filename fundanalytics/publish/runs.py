"""A table of runs → a folder of reports.

Place in the flow: the last step. The data are loaded once and everything that can be wrong with the call is said before
anything runs. Each run has a process and a scratch folder of its own; a run that fails keeps its notebook and its reason,
and the others go on. Files appear in the output folder whole or not at all, and nothing is written anywhere else.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.database import is_url, name_of
from ..data.load import load
from ..data.paths import find_path
from ..errors import LANGS, ArgumentError, DataError, check_option
from .audience import shared_inputs, shared_table
from .documents import Documents, stale
from .export import PLOTLY_JS, plotly_js, version
from .files import sha256, whole, write_csv, write_whole
from .kernels import HASH_SEED, Job, Result, end_with_kernels, make, pool
from .plan import plan

if TYPE_CHECKING:
    from ..data.dataset import Dataset

# beyond four, kernels that start at the same time wait for the disk and for memory
MAX_WORKERS = 4
LEVELS = ("district", "street", "community")
# what can change a number in a report
PACKAGES = ("fundanalytics", "numpy", "pandas", "scipy", "statsmodels", "narwhals", "plotly", "papermill", "nbclient", "nbconvert", "ipykernel")

Progress = Callable[[int, int, Result], None]


@dataclass(frozen=True)
class Batch:
    """What a batch left behind. ``runs``: one row per run with ``status`` made or failed, ``reason``, ``seconds``, ``output``; ``unmade``: formats that
    could not be made on this machine, and why."""

    out: Path
    runs: pd.DataFrame
    dataset: Dataset
    unmade: list[ArgumentError] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return int((self.runs["status"] == "failed").sum())


def run_reports(
    data: str | Path,
    *,
    period: str,
    out: str | Path,
    only: Iterable[str] = (),
    as_of: str | None = None,
    lang: str = "zh",
    audience: str = "public",
    rules: str | Path | None = None,
    rubric: str | Path | None = None,
    notebook: str | Path | None = None,
    parameters: Mapping[str, Any] | None = None,
    formats: Iterable[str] = ("html",),
    single_file: bool = False,
    workers: int | None = None,
    engine: str | None = None,
    progress: Progress | None = None,
) -> Batch:
    """Make the reports of a period: one HTML page per run, the index, the indicator table and the manifest.

    Parameters
    ----------
    data
        Folder or file that ``load`` reads.
    period
        ``2020`` or ``2018-2020``.
    out
        Folder for the reports; made if missing. Reports in it that are not made again stay.
    only
        ``district``, ``streets``, ``communities``, codes or names of areas; none for all of them.
    as_of
        Cut-off date, as 2020-12-31; by default that of the rule book.
    lang
        ``zh`` or ``en``.
    audience
        ``public``, ``street`` or ``internal``: who may read it (see ``release``).
    rules
        A rule book (YAML) whose entries replace the package's own.
    rubric
        What communities are scored by: the name of a rubric that comes with the package, or a file; by default the notebooks' own.
    notebook, parameters
        Another notebook, by name or path, and what to pass to it.
    formats
        ``html`` (always made), ``docx``, ``pdf``, ``charts`` (a folder of pictures and their data for each report).
    single_file
        Every page holds plotly.js itself.
    workers
        Reports made at the same time; by default the number of processors, at most four.
    engine
        Name of a papermill engine; by default a kernel per run.
    progress
        Called after each run with the number done, the number of all, and the ``Result``.

    Returns
    -------
    Batch
        One row per run in ``runs``. Nothing raises because a notebook failed, or because a format cannot be made here.

    Raises
    ------
    DataError
        The data cannot be read, or the rubric not used.
    ArgumentError
        The call is wrong: area, period, parameter, notebook, date, language, output folder.
    """
    from ..measure.disclosure import AUDIENCES
    from ..measure.rubric import load_rubric

    check_option("lang", lang, LANGS)
    check_option("audience", audience, AUDIENCES)
    cutoff = _date(as_of)
    if rubric:
        load_rubric(rubric)
    dataset = load(data, rules=rules)
    standard = {"data": str(data), "lang": lang, "as_of": cutoff, "rules": str(rules or ""), "audience": audience}
    standard |= {"rubric": str(rubric)} if rubric else {}
    runs = plan(dataset, period=period, only=only, notebook=notebook, parameters=parameters, standard=standard)
    folder = _ready(Path(out))
    with tempfile.TemporaryDirectory(prefix="fund-", ignore_cleanup_errors=True) as scratch:
        documents = Documents(formats, Path(scratch), lang)
        if not single_file:
            write_whole(plotly_js(), folder / PLOTLY_JS)
        told = {"lang": lang, "audience": audience, "origin": dataset.origin, "engine": engine, "single_file": single_file}
        assumed = {name: _is_assumed(name) for name in runs["rubric"].unique()}
        jobs = {run["name"]: _job(run, Path(scratch), told | {"assumed": assumed[run["rubric"]]}) for run in runs.to_dict("records")}
        results = {}
        with documents:
            for done, result in enumerate(_execute(list(jobs.values()), workers or _processors(), Path(scratch)), 1):
                _keep(result, folder)
                results[result.name] = documents.add(jobs[result.name], result, folder / f"{result.name}.html")
                _keep(results[result.name], folder)
                if progress:
                    progress(done, len(jobs), results[result.name])
    runs = _with_results(runs, results)
    _finish(folder, dataset, runs, results, period=period, as_of=cutoff, lang=lang, audience=audience)
    return Batch(folder, runs, dataset, documents.unmade)


def _execute(jobs: list[Job], workers: int, scratch: Path) -> Iterator[Result]:
    """Results as they come. When the batch is interrupted its workers end, and their kernels with them."""
    before = set(multiprocessing.active_children())
    executor = pool(min(workers, len(jobs)), scratch)
    try:
        waiting = {executor.submit(make, job): job for job in jobs}
        for future in as_completed(waiting):
            error = future.exception()
            # a worker that was killed takes the pool with it: what was not finished has failed, and says so
            yield Result(waiting[future].name, "failed", 0.0, f"{type(error).__name__}: {error}") if error else future.result()
    except BaseException:
        end_with_kernels(set(multiprocessing.active_children()) - before)
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _is_assumed(rubric: str) -> bool:
    """Whether nobody decreed a rubric. One that cannot be used is told by the notebook that names it."""
    from ..measure.rubric import load_rubric

    try:
        return bool(rubric) and load_rubric(rubric).status == "assumed"
    except DataError:
        return False


def _job(run: Mapping[str, Any], scratch: Path, told: Mapping[str, Any]) -> Job:
    """A run as a worker needs it: with full paths, since each kernel works in a folder of its own."""
    from ..measure.rubric import RUBRICS

    parameters, shown = dict(run["parameters"]), {}
    for name in ("data", "rules", "rubric"):
        if parameters.get(name) and parameters[name] not in RUBRICS:
            full = parameters[name] if is_url(parameters[name]) else str(find_path(parameters[name]).resolve())
            shown[full] = _seen(parameters[name])
            parameters[name] = full
    here, home = Path.cwd(), Path.home()
    shown |= {f"{path}{os.sep}": instead for path, instead in ((here, ""), (home, "~/"), (scratch, "")) if path != Path(path.anchor)}
    title = " ".join(filter(None, (run["area_name"], run["name"].rsplit("_", 1)[-1])))
    return Job(run["name"], str(run["notebook"].resolve()), parameters, title, scratch=str(scratch), shown=shown, **told)


def _seen(path: str) -> str:
    """A path as a reader may see it: relative, or the name alone; a database without user and password."""
    if is_url(path):
        return name_of(path)
    full = Path(path).expanduser()
    if not full.is_absolute():
        return full.as_posix()
    return full.relative_to(Path.cwd()).as_posix() if full.is_relative_to(Path.cwd()) else full.name


def _keep(result: Result, folder: Path) -> None:
    """Move a result into the folder, and away what an earlier batch left under the same name."""
    _clear(folder, stale(result.name), keep={folder / name for name in result.files})
    for name, source in result.files.items():
        with whole(folder / name) as part:  # the scratch folder may lie on another disk
            shutil.copyfile(source, part)


def _clear(folder: Path, names: Iterable[str], keep: set[Path]) -> None:
    """Remove files, and folders of files, but for those to keep; and folders that nothing is left in."""
    for path in (folder / name for name in names):
        for old in set(path.iterdir() if path.is_dir() else [path]) - keep:
            old.unlink(missing_ok=True)
        for empty in (path, path.parent):
            if empty != folder and empty.is_dir() and not any(empty.iterdir()):
                empty.rmdir()


def _finish(folder: Path, dataset: Dataset, runs: pd.DataFrame, results: dict[str, Result], *, period: str, as_of: str, lang: str, audience: str) -> None:
    """What the whole batch shares: the indicator table, the manifest, and last the index, which links to the rest."""
    from ..measure.disclosure import release
    from ..measure.indicators import indicators
    from .index import index_html

    table = release(indicators(dataset, period=period, by=LEVELS, as_of=as_of or None), audience)
    earlier = _earlier(folder, runs, audience)
    assumed = any(map(_is_assumed, runs["rubric"].unique()))
    table = shared_table(table, dataset, [*runs.to_dict("records"), *earlier], audience)
    write_csv(table, folder / "indicators.csv")
    manifest = _manifest(folder, dataset, runs, results, earlier, period=period, as_of=as_of, lang=lang, audience=audience)
    write_whole(index_html(dataset, table, manifest["runs"], period=period, lang=lang, audience=audience, assumed=assumed), folder / "index.html")
    manifest["files"] = [_output(folder, name) for name in ("index.html", "indicators.csv", PLOTLY_JS) if (folder / name).exists()]
    write_whole(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", folder / "manifest.json")


def _manifest(
    folder: Path,
    dataset: Dataset,
    runs: pd.DataFrame,
    results: dict[str, Result],
    earlier: list[dict[str, Any]],
    *,
    period: str,
    as_of: str,
    lang: str,
    audience: str,
) -> dict[str, Any]:
    rows = [_told(folder, run, results[run["name"]]) for run in runs.to_dict("records")]
    return {
        "fundanalytics": version(),
        "period": period,
        "as_of": as_of,
        "lang": lang,
        "audience": audience,
        "origin": dataset.origin,
        "seed": HASH_SEED,
        "python": platform.python_version(),
        "packages": _versions(),
        "inputs": shared_inputs(dataset, audience),
        "runs": sorted(rows + earlier, key=lambda run: run["name"]),
    }


def _told(folder: Path, run: Mapping[str, Any], result: Result) -> dict[str, Any]:
    """One run in the manifest: enough to make it again and to see whether it would differ."""
    parameters = {k: _seen(v) if k in ("data", "rules", "rubric") and v else v for k, v in run["parameters"].items()}
    told = asdict(result)
    return {
        "name": run["name"],
        "level": run["level"],
        "area_code": run["area_code"],
        "area_name": run["area_name"],
        "notebook": run["notebook"].name,
        "notebook_sha256": sha256(run["notebook"]),
        "parameters": parameters,
        "status": told["status"],
        "reason": told["reason"],
        "seconds": told["seconds"],
        "figures": told["figures"],
        "warnings": len(told["warnings"]),
        "outputs": [_output(folder, name) for name in result.files],
    }


def _earlier(folder: Path, runs: pd.DataFrame, audience: str) -> list[dict[str, Any]]:
    """Runs of earlier batches for the same readers whose reports still lie in the folder unchanged: the index goes on linking to them."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        kept = [run for run in manifest["runs"] if run["name"] not in set(runs["name"]) and manifest["audience"] == audience]
        return [run for run in kept if run["outputs"] and all(sha256(folder / o["file"]) == o["sha256"] for o in run["outputs"])]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _with_results(runs: pd.DataFrame, results: dict[str, Result]) -> pd.DataFrame:
    told = [results[name] for name in runs["name"]]
    return runs.assign(
        status=[r.status for r in told],
        reason=[r.reason for r in told],
        seconds=[r.seconds for r in told],
        output=[next(iter(r.files), "") for r in told],
    )


def _versions() -> dict[str, str]:
    from importlib import metadata

    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _date(as_of: str | None) -> str:
    if not as_of:
        return ""
    try:
        return pd.Timestamp(as_of).date().isoformat()
    except ValueError:
        raise ArgumentError("bad_date", name="as_of", found=as_of) from None


def _ready(folder: Path) -> Path:
    """The output folder, made and known to be writable before anything runs."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise ArgumentError("out_not_a_folder", found=str(folder), reason=error.strerror) from None


def _processors() -> int:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(count, MAX_WORKERS)


def _output(folder: Path, name: str) -> dict[str, str]:
    return {"file": name, "sha256": sha256(folder / name)}
