"""The other forms of a report: Word, PDF and chart packs, made from its executed notebook and its page while other notebooks run.

Place in the flow: ``runs`` hands each finished report here. One browser is kept for all of them. Without a browser or pandoc the
pages are made all the same, and what is missing is told once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError, DataError

if TYPE_CHECKING:
    from .browser import Browser
    from .kernels import Job, Result

FORMATS = ("html", "docx", "pdf", "charts")  # the first is always made


def stale(name: str) -> list[str]:
    """What an earlier batch may have left under a report's name, as paths in the folder; of chart packs the folder."""
    return [f"{name}.html", f"{name}.docx", f"{name}.pdf", f"charts/{name}", f"failed/{name}.ipynb"]


class Documents:
    """Makes the forms that each job asks for; ``unmade`` says which of them cannot be made here, and why."""

    _browser: Browser
    _scratch: Path

    def __init__(self, lang: str) -> None:
        self.unmade: list[ArgumentError] = []
        self._lang = lang
        self._refused: set[str] = set()

    @contextmanager
    def opened(self, scratch: Path, jobs: Iterable[Job]) -> Iterator[None]:
        """Start what the forms of some jobs need; those that cannot be made are told and left out."""
        from . import word
        from .browser import Browser, check_fonts

        self._scratch = scratch
        wanted = {form for job in jobs for form in job.formats} - {"html"}
        with ExitStack() as opened:
            if "docx" in wanted:
                self._try(word.check, {"docx"})
            if wanted - self._refused:
                self._try(lambda: check_fonts(self._lang), wanted)
            if wanted - self._refused:
                self._try(lambda: setattr(self, "_browser", opened.enter_context(Browser(scratch))), wanted)
            yield

    def _try(self, start: Callable[[], object], forms: set[str]) -> None:
        try:
            start()
        except ArgumentError as error:
            self.unmade += [error]
            self._refused |= forms

    def add(self, job: Job, result: Result, page: Path) -> Result:
        """The result with its other forms; ``page`` lies in the output folder, beside its assets. What fails makes the report a failed one."""
        if result.status != "made":
            return result
        folder, files = Path(tempfile.mkdtemp(dir=self._scratch)), dict(result.files)
        for form in (form for form in job.formats if form not in self._refused):
            try:
                files |= self._made(form, job, result, page, folder)
            except Exception as error:  # whatever a browser or pandoc met: this report fails, the others go on
                told = error.say(job.lang) if isinstance(error, ArgumentError | DataError) else f"{type(error).__name__}: {error}"
                return replace(result, status="failed", reason=f"{form}: {told}", files=files)
        return replace(result, files=files)

    def _made(self, form: str, job: Job, result: Result, page: Path, folder: Path) -> dict[str, str]:
        if form == "pdf":
            self._browser.pdf(page, folder / "report.pdf")
            return {f"{job.name}.pdf": str(folder / "report.pdf")}
        if form == "docx":
            return {f"{job.name}.docx": str(self._word(job, result, page, folder))}
        if form == "charts":
            from .packs import write_pack

            write_pack(_notebook(result), folder / "charts", self._browser, lang=job.lang, audience=job.audience, origin=job.origin)
            return {f"charts/{job.name}/{path.name}": str(path) for path in sorted((folder / "charts").iterdir())}
        return {}

    def _word(self, job: Job, result: Result, page: Path, folder: Path) -> Path:
        from .word import to_docx

        pictures = self._browser.pictures(page, folder) if result.figures else []
        to_docx(_notebook(result), folder / "report.docx", title=job.title, lang=job.lang, origin=job.origin, audience=job.audience,
                assumed=job.assumed, pictures=pictures)  # fmt: skip
        return folder / "report.docx"


def _notebook(result: Result) -> Any:
    import nbformat

    return nbformat.read(result.executed, as_version=4)
