"""What a folder of reports was made of: which runs need not be made again, and why others must.

Place in the flow: beside ``runs``. Each run that ends well is noted at once, with sums of all that its report hangs on and of the files that it
left; so whatever ends a batch, the next one goes on from there. A run is skipped only when all of that is as it was. One batch at a time has
the folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.dataset import TEXTS
from ..data.mapping_file import files_beside
from ..errors import ArgumentError
from ..measure.disclosure import AUDIENCES
from ..show.naming import codes_under
from .files import sha256, write_whole
from .kernels import Result

if TYPE_CHECKING:
    import pandas as pd

    from ..data.dataset import Dataset
    from .common import Shared
    from .kernels import Job

NOTES, LOCK = ".made.jsonl", ".lock"
# what can change a number in a report, or how it looks
PACKAGES = ("fundanalytics", "numpy", "pandas", "scipy", "statsmodels", "narwhals", "plotly", "papermill", "nbclient", "nbconvert", "ipykernel")
CODE = (".py", ".yaml", ".j2", ".css", ".js", ".json")
NEW, LOST, FORMS = "new", "files", "formats"
BATCH = ""  # the name of the note on a whole batch
NOTES_OF = ({"name", "audience", "made_of", "outputs", "seconds", "figures"}, {"name", "asked", "outputs", "read", "rows", "refused"})  # on a run, on a batch


@dataclass
class Made:
    """The notes of a folder: run → ``made_of`` (part → sum), ``outputs`` and what else was told of it."""

    folder: Path
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Made:
        """The notes, the last one of each run; lines that were not written to their end are passed over."""
        found: dict[str, dict[str, Any]] = {}
        lines = (folder / NOTES).read_bytes().split(b"\n") if (folder / NOTES).exists() else []
        for line in lines:
            with suppress(ValueError, KeyError, TypeError, AttributeError):
                note = json.loads(line)
                if note.keys() == NOTES_OF[note["name"] == BATCH]:
                    found[note["name"]] = note
        return cls(folder, found)

    def why(self, name: str, made_of: Mapping[str, str]) -> list[str]:
        """Why a run must be made: the parts that changed, ``new``, or ``files`` that are gone or were altered; empty if it need not."""
        note = self.runs.get(name)
        if note is None:
            return [NEW]
        before = note["made_of"]
        changed = [part for part in made_of if part != FORMS and made_of[part] != before.get(part)]
        if not set(made_of[FORMS].split()) <= set(before.get(FORMS, "").split()):  # fewer are no reason
            changed.append(FORMS)
        return changed or ([] if all(self._is_there(output) for output in note["outputs"]) else [LOST])

    def _is_there(self, output: Mapping[str, str]) -> bool:
        try:
            return sha256(self.folder / output["file"]) == output["sha256"]
        except OSError:
            return False

    @property
    def refused(self) -> int:
        """How many cells or rows of the data the last whole batch refused."""
        return int(self.runs[BATCH]["refused"])

    def result(self, name: str) -> Result:
        """A run that need not be made, as if it had been."""
        note = self.runs[name]
        return Result(name, "kept", note["seconds"], figures=note["figures"], files={output["file"]: "" for output in note["outputs"]})

    def wider(self, audience: str, names: Collection[str]) -> list[str]:
        """Runs besides these whose files are there and are for readers who may see more."""
        beyond = AUDIENCES[AUDIENCES.index(audience) + 1 :]
        others = [note for name, note in self.runs.items() if name not in {BATCH, *names} and note["audience"] in beyond]
        return [note["name"] for note in others if any((self.folder / output["file"]).exists() for output in note["outputs"])]

    def note(self, result: Result, audience: str, parts: Mapping[str, str]) -> None:
        """Note a run that ended well."""
        outputs = [{"file": name, "sha256": sha256(self.folder / name)} for name in result.files]
        note = {"name": result.name, "audience": audience, "made_of": dict(parts), "outputs": outputs, "seconds": result.seconds, "figures": result.figures}
        self._add(note)

    def note_all(self, asked: str, runs: pd.DataFrame, outputs: list[dict[str, str]], rubrics: Iterable[Path], refused: int) -> None:
        """Note a whole batch: asked again for the same, nothing needs to be read. ``rubrics``: those that its notebooks name."""
        rows = runs[["name", "level", "area_code", "area_name", "output"]].to_dict("records")
        read = {str(path): sha256(path) for path in rubrics if path.is_file()}
        self._add({"name": BATCH, "asked": asked, "outputs": outputs, "read": read, "rows": rows, "refused": refused})

    def unchanged(self, asked: str) -> list[dict[str, Any]] | None:
        """The rows of the last batch, if it was asked for the same, of the same files, and all that it left is there."""
        last = self.runs.get(BATCH)
        if last is None or last["asked"] != asked or any(not Path(path).is_file() or sha256(Path(path)) != told for path, told in last["read"].items()):
            return None
        rows: list[dict[str, Any]] = last["rows"]
        notes = [self.runs.get(row["name"]) for row in rows]
        whole = all(note is not None and all(map(self._is_there, note["outputs"])) for note in [last, *notes])
        return rows if whole else None

    def forget(self, names: Iterable[str]) -> None:
        """Runs that are made again are not made until they are; no more is the batch."""
        kept = {name: note for name, note in self.runs.items() if name not in {BATCH, *names}}
        self.runs = kept
        write_whole("".join(json.dumps(note, ensure_ascii=False) + "\n" for note in kept.values()), self.folder / NOTES)

    def _add(self, note: dict[str, Any]) -> None:
        """One line, on the disk when this returns."""
        self.runs[note["name"]] = note
        with (self.folder / NOTES).open("a", encoding="utf-8") as file:
            file.write(json.dumps(note, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())


def asked_sum(shared: Shared, wanted: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """One sum over what a batch is asked for, the files that it reads, and the package; never the same for a database."""
    from ..data.database import is_url
    from .plan import notebooks

    if is_url(shared.data):
        return uuid.uuid4().hex
    given = [Path(path) for path in (shared.rules, shared.rubric) if Path(path).is_file()]
    root = Path(shared.data)
    files = [*(sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else [root]), *files_beside(root), *given, *notebooks().values()]
    named = [wanted.get("notebook"), *(wanted["table"]["notebook"] if "table" in wanted else [])]
    files += [Path(name) for name in dict.fromkeys(named) if name and Path(name).is_file()]
    plain = {name: value.to_dict("records") if name == "table" else value for name, value in wanted.items()}
    return _sum([plain, told, str(Path.cwd()), [(str(path), sha256(path)) for path in files], code_sum(), versions()])


def made_of(job: Job, area: str, rubric: str, dataset: Dataset, alike: Mapping[str, str]) -> dict[str, str]:
    """Sums of all that a report hangs on, part by part. ``rubric``: a file or name; ``alike``: of ``made_of_all``."""
    plain = {name: value for name, value in job.parameters.items() if name not in ("data", "rules", "rubric")}
    told = codes_under(dataset, area) if area else {code for code, _ in dataset.texts}  # an area's list of files has those below it
    texts = {f"{code}/{chapter}": text for (code, chapter), text in dataset.texts.items() if code in told}
    return {
        "notebook": sha256(Path(job.notebook)),
        "parameters": _sum(plain),
        "options": _sum([job.title, job.lang, job.origin, job.audience, job.single_file, sorted(job.shown.values())]),
        FORMS: " ".join(sorted(job.formats)),
        "rubric": sha256(Path(rubric)) if rubric and Path(rubric).is_file() else rubric,
        "texts": _sum(texts),
        **alike,
    }


def made_of_all(dataset: Dataset) -> dict[str, str]:
    """Sums of what all reports of a batch hang on. ``data`` is one over all rows: ranks, intervals and comparisons rest on the whole district."""
    return {"data": read_sum(dataset), "rules": _sum(dataset.rules), "package": code_sum(), "libraries": _sum(versions())}


def read_sum(dataset: Dataset) -> str:
    """One sum over all that was read and how: a mapping changes the rows of the same files."""
    import pandas as pd

    sources = dataset.sources[~dataset.sources["file"].astype("str").str.startswith(f"{TEXTS}/")]  # texts count for the areas that show them
    frames = {**dataset.tables, "refused": dataset.refused, "findings": dataset.findings, "sources": sources, "sums": dataset.sums}
    rows = {name: pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes().hex() for name, frame in frames.items() if len(frame)}
    return _sum([dataset.sha256, dataset.origin, {name: [list(frames[name].columns), told] for name, told in rows.items()}])


def _sum(thing: Any) -> str:
    return hashlib.sha256(json.dumps(thing, sort_keys=True, default=str).encode()).hexdigest()


def code_sum() -> str:
    """One sum over the package's own files, as they are now: a warm process that is started reads them."""
    root = Path(__file__).parents[1]
    states = [(path, path.stat()) for path in sorted(root.rglob("*")) if path.suffix in CODE]
    return _code_sum(tuple((path, state.st_size, state.st_mtime_ns, state.st_ino) for path, state in states))


@lru_cache(maxsize=1)
def _code_sum(states: tuple[tuple[Path, int, int, int], ...]) -> str:
    root = Path(__file__).parents[1]
    return _sum([(path.relative_to(root).as_posix(), sha256(path)) for path, *_ in states])


def versions() -> dict[str, str]:
    """The libraries that can change a report, as far as they are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder for one batch; ``ArgumentError`` while another has it. The system lets go of it when a process ends, however it ends."""
    try:
        import fcntl
    except ImportError:  # Windows has no such locks
        yield
        return
    with (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ArgumentError("out_in_use", found=str(folder)) from None
        yield
