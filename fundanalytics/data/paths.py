"""Where a path leads that a person has typed."""

from __future__ import annotations

from pathlib import Path

from ..errors import DataError


def find_path(path: str | Path) -> Path:
    """``path``, tried from the working directory and then its parents, so that notebooks and commands agree."""
    wanted = Path(path).expanduser()
    for base in (Path.cwd(), *Path.cwd().parents):
        if (base / wanted).exists():
            return base / wanted
    raise DataError("no_such_path", found=str(path), where=Path.cwd().name)
