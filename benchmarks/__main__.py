"""``make bench [ONLY=reading]``: run benchmarks and write each one's section of README.md.

A benchmark is a module of this folder with ``run() -> str``, the Markdown of its section.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

README = Path(__file__).with_name("README.md")
NAMES = sorted(p.stem for p in README.parent.glob("[a-z]*.py") if not p.stem.startswith("coverage_"))  # those are parts of coverage


def main(names: list[str]) -> None:
    for name in names:
        if name not in NAMES:
            sys.exit(f"no such benchmark – expected {' | '.join(NAMES)} – found {name}")
    for name in names or NAMES:
        section = importlib.import_module(f"benchmarks.{name}").run()
        print(section)
        README.write_text(placed(README.read_text("utf-8"), name, section), "utf-8")


def placed(text: str, name: str, section: str) -> str:
    """``text`` with the section between its two marks replaced, or put at the end."""
    first, last = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    new = f"{first}{section.strip()}\n{last}"
    if first not in text:
        return f"{text.rstrip()}\n\n{new}"
    return text[: text.index(first)] + new + text[text.index(last) + len(last) :]


if __name__ == "__main__":
    main(sys.argv[1:])
