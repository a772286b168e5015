"""A table of runs → a folder of reports.

Place in the flow: the last step. The data are loaded once and everything that can be wrong with the call is said before
anything runs. Each run has a process and a scratch folder of its own; a run that fails keeps its notebook and its reason,
and the others go on. Files appear in the output folder whole or not at all, and nothing is written anywhere else. What is
unchanged is not made again.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.database import is_url
from ..data.paths import find_path
from ..errors import LANGS, ArgumentError, DataError, check_option
from .common import Common, Shared
from .documents import FORMATS, Documents, stale
from .export import PLOTLY_JS, plotly_js
from .files import whole, write_whole
from .kernels import Job, Result
from .made import LOCK, Made, alone, asked_sum, made_of, made_of_all
from .manifest import About, finish, output_of, seen
from .plan import plan
from .run_table import planned, read_runs
from .team import results, team

if TYPE_CHECKING:
    from ..data.dataset import Dataset

LIMIT = 1800.0  # seconds for a run
RUBRIC = "governance_fund"
ALONE = {"only": "--only", "notebook": "--notebook", "parameters": "-p"}  # what does not go with a table of runs
NO_PLACE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO)  # what the system says of a disk that takes nothing
WHOLE = ("index.html", "indicators.csv", "manifest.json")

Progress = Callable[[int, int, Result], None]


@dataclass(frozen=True)
class Batch:
    """What a batch left behind.

    ``runs``: one row per run with ``status`` (made, kept, failed, not_begun; of a dry run due or kept), ``reason``, ``seconds``, ``output``.
    ``unmade``: formats that could not be made on this machine, and why. ``dataset``: none where nothing had changed and nothing was read;
    ``refused`` is how many cells or rows of the data were. ``stopped``: whether it was interrupted.
    """

    out: Path
    runs: pd.DataFrame
    dataset: Dataset | None
    refused: int
    unmade: list[ArgumentError] = field(default_factory=list)
    stopped: bool = False

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
    runs: str | Path | pd.DataFrame | None = None,
    formats: Iterable[str] = ("html",),
    single_file: bool = False,
    workers: int | None = None,
    engine: str | Executor = "warm",
    scheduler: str | None = None,
    limit: float | None = LIMIT,
    force: bool = False,
    dry_run: bool = False,
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
    runs
        A table of runs, or its CSV file, in place of the reports of a period (see ``read_runs``).
    formats
        ``html`` (always made), ``docx``, ``pdf``, ``charts`` (a folder of pictures and their data for each report).
    single_file
        Every page holds plotly.js itself.
    workers
        Reports made at the same time; by default the number of processors, at most four.
    engine
        ``warm``: runs are forks of one process that has read the data, where that is safe; ``plain``: a kernel for each run; the name of
        an engine of papermill; or an executor of ``concurrent.futures``.
    scheduler
        Address of a Dask scheduler, whose workers make the reports.
    limit
        Seconds that a cell, and a whole run, may take; none for no limit.
    force
        Make everything, also what is unchanged.
    dry_run
        Make nothing; say what would be made, and why.
    progress
        Called after each run with the number done, the number of all, and the ``Result``.

    Returns
    -------
    Batch
        One row per run in ``runs``. Nothing raises because a notebook failed, or because a format cannot be made here. A run is kept, and not
        made, when all that its report hangs on is as it was (``made_of``) and its files are there. An interrupt ends the batch; what was
        made stays, and the next call goes on from there.

    Raises
    ------
    DataError
        The data cannot be read, or the rubric not used.
    ArgumentError
        The call is wrong: area, period, parameter, notebook, date, language, output folder; another batch has the folder, or it holds
        reports for readers who may see more, which would stay; no scheduler
        answers, or its workers are not what this machine is.
    """
    from ..measure.disclosure import AUDIENCES
    from ..measure.rubric import load_rubric

    check_option("lang", lang, LANGS)
    check_option("audience", audience, AUDIENCES)
    cutoff = _date(as_of)
    if rubric:
        load_rubric(rubric)
    formats = tuple(dict.fromkeys(formats))
    for form in formats:
        check_option("formats", form, FORMATS)
    standard = {"data": str(data), "lang": lang, "as_of": cutoff, "rules": str(rules or ""), "audience": audience}
    standard |= {"rubric": str(rubric)} if rubric else {}
    wanted: dict[str, Any] = {"only": list(only), "notebook": notebook, "parameters": parameters}
    if runs is not None:
        if beside := [ALONE[name] for name, value in wanted.items() if value]:
            raise ArgumentError("runs_alone", found=", ".join(beside))
        wanted = {"table": read_runs(runs)}
        planning: Callable[..., pd.DataFrame] = planned
    else:
        planning = plan
    wanted |= {"period": period, "standard": standard}
    shared = Shared(_full(data), _full(rules or ""), period, cutoff, audience, _full(rubric or RUBRIC))
    common = Common(shared, partial(planning, **wanted))
    told = {"lang": lang, "audience": audience, "single_file": single_file, "limit": limit, "formats": formats}
    with _ready(Path(out)) as folder, alone(folder), tempfile.TemporaryDirectory(prefix="fund-", ignore_cleanup_errors=True) as scratch:
        made, batch = Made.read(folder), partial(Batch, folder)
        asked = asked_sum(shared, wanted, told)
        if not force and (rows := made.unchanged(asked)) is not None:
            return batch(pd.DataFrame(rows).assign(status="kept", reason="", seconds=0.0), None, made.refused)
        if dry_run:
            due = _due(common, made, Path(scratch), told, force)
            status, reason = ["due" if one.why else "kept" for one in due.values()], [", ".join(one.why) for one in due.values()]
            return batch(common.runs.assign(status=status, reason=reason), common.dataset, len(common.dataset.refused))
        documents = Documents(lang)
        with team(engine, workers, Path(scratch), common, limit, scheduler) as (by, used):
            due = _due(common, made, Path(scratch), told | {"engine": used}, force)
            found = {name: made.result(name) for name, one in due.items() if not one.why}
            made.forget(name for name, one in due.items() if one.why)
            if not single_file:
                write_whole(plotly_js(), folder / PLOTLY_JS)
            jobs = {name: one.job for name, one in due.items() if one.why}
            with documents.opened(Path(scratch), jobs.values()), suppress(KeyboardInterrupt):
                common.look_ahead(by, jobs.values())
                for result in results(by, jobs.values()):
                    landed = found[result.name] = _land(folder, jobs[result.name], result, documents)
                    if landed.status == "made" and not documents.unmade:
                        made.note(landed, audience, due[landed.name].parts)
                    if progress:
                        progress(len(found), len(due), landed)
            table, dataset = _with_results(common.runs, found), common.dataset
            if len(found) < len(due):
                return batch(table, dataset, len(dataset.refused), documents.unmade, stopped=True)
            finish(folder, dataset, common.table, table, found, About(period, cutoff, lang, audience, any(one.job.assumed for one in due.values())))
            if not documents.unmade and not dataset.sources["status"].eq("unread").any():
                outputs = [output_of(folder, name) for name in (*WHOLE, *([] if single_file else [PLOTLY_JS]))]
                made.note_all(asked, table, outputs, [Path(_full(name)) for name in table["rubric"].unique()], len(dataset.refused))
            shutil.rmtree(scratch, ignore_errors=True)  # while somebody is there to do it should this process be killed now
    return batch(table, dataset, len(dataset.refused), documents.unmade)


@dataclass(frozen=True)
class _Due:
    """A run, what it is made of, and why it must be made; no reason where it need not."""

    job: Job
    parts: dict[str, str]
    why: list[str]


def _due(common: Common, made: Made, scratch: Path, told: Mapping[str, Any], force: bool) -> dict[str, _Due]:
    jobs = _jobs(common.runs, scratch, {**told, "origin": common.dataset.origin})
    if wider := made.wider(told["audience"], list(jobs)):
        raise ArgumentError("other_audience", found=", ".join(wider[:3]), count=len(wider))
    alike = made_of_all(common.dataset)
    of = zip(jobs.items(), common.runs[["area_code", "rubric"]].itertuples(index=False), strict=True)
    parts = {name: made_of(job, run.area_code, _full(run.rubric), common.dataset, alike) for (name, job), run in of}
    return {name: _Due(job, parts[name], ["force"] if force else made.why(name, parts[name])) for name, job in jobs.items()}


def _full(path: str | Path) -> str:
    """A path as a process in another folder needs it; an address, a blank and the name of a rubric as they are."""
    from ..measure.rubric import RUBRICS

    return str(path) if not path or is_url(path) or str(path) in RUBRICS else str(find_path(path).resolve())


def _is_assumed(rubric: str) -> bool:
    """Whether nobody decreed a rubric. One that cannot be used is told by the notebook that names it."""
    from ..measure.rubric import load_rubric

    try:
        return bool(rubric) and load_rubric(rubric).status == "assumed"
    except DataError:
        return False


def _jobs(runs: pd.DataFrame, scratch: Path, told: Mapping[str, Any]) -> dict[str, Job]:
    assumed = {name: _is_assumed(name) for name in runs["rubric"].unique()}
    return {run["name"]: _job(run, scratch, {**told, "assumed": assumed[run["rubric"]]}) for run in runs.to_dict("records")}


def _job(run: Mapping[str, Any], scratch: Path, told: Mapping[str, Any]) -> Job:
    """A run as a worker needs it: with full paths, since each kernel works in a folder of its own."""
    parameters, shown = dict(run["parameters"]), {}
    for name in ("data", "rules", "rubric"):
        given = str(parameters.get(name) or "")
        if (full := _full(given)) != given or Path(given).is_absolute():
            shown[full] = seen(given)
            parameters[name] = full
    here, home = Path.cwd(), Path.home()
    shown |= {f"{path}{os.sep}": instead for path, instead in ((here, ""), (home, "~/"), (scratch, "")) if path != Path(path.anchor)}
    title = " ".join(filter(None, (run["area_name"], run["name"].rsplit("_", 1)[-1])))
    told = {**told, "formats": run.get("formats") or told["formats"]}
    return Job(run["name"], str(run["notebook"].resolve()), parameters, title, scratch=str(scratch), shown=shown, **told)


def _land(folder: Path, job: Job, result: Result, documents: Documents) -> Result:
    """A run's files in the folder, in all its forms; a run whose files cannot be written has failed."""
    try:
        _keep(result, folder)
        result = documents.add(job, result, folder / f"{result.name}.html")
        _keep(result, folder)
    except OSError as error:
        return replace(result, status="failed", reason=f"{error.strerror or error}: {folder}", files={})
    return result


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


def _with_results(runs: pd.DataFrame, found: dict[str, Result]) -> pd.DataFrame:
    told = [found.get(name) or Result(name, "not_begun", 0.0) for name in runs["name"]]
    return runs.assign(
        status=[r.status for r in told],
        reason=[r.reason for r in told],
        seconds=[r.seconds for r in told],
        output=[next(iter(r.files), "") for r in told],
    )


def _date(as_of: str | None) -> str:
    if not as_of:
        return ""
    try:
        return pd.Timestamp(as_of).date().isoformat()
    except ValueError:
        raise ArgumentError("bad_date", name="as_of", found=as_of) from None


@contextmanager
def _ready(folder: Path) -> Iterator[Path]:
    """The output folder, made and known to be writable before anything runs; gone again if nothing came into it."""
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ArgumentError("out_not_a_folder", found=str(folder), reason=error.strerror) from None
    try:
        yield folder
    except OSError as error:
        if error.errno not in NO_PLACE:
            raise
        raise ArgumentError("out_not_a_folder", found=str(folder), reason=error.strerror) from None
    finally:
        if new and {path.name for path in folder.iterdir()} <= {LOCK}:
            (folder / LOCK).unlink(missing_ok=True)
            with suppress(OSError):  # another batch has put something there
                for path in new:
                    path.rmdir()
