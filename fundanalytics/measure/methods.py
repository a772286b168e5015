"""Which formula a method code stands for, who published it, and which test compares it with someone else's software.

Place in the flow: the last step of the way from a number to its ground. A row carries its ``method``; here stands the formula,
the reference and the test. Nothing is computed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Method:
    """How a number or its limits are made.

    ``formula`` in plain signs; ``references``: author, year, where; ``authority``: whose figures the tests compare with;
    ``tests``: ``file::function`` in ``tests/``.
    """

    formula: str
    references: tuple[str, ...]
    authority: str
    tests: tuple[str, ...]


METHODS: dict[str, Method] = {}
