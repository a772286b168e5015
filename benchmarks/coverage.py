"""How often a 95 % interval holds the truth: the package's intervals beside what is often done instead.

Every ``coverage_*`` module simulates one subject: ``simulate(rounds, seed)`` gives rows of ``case``, ``method``, ``naive``, ``coverage``,
``rounds``. ``make prove`` asks the same of all of them.
"""

from __future__ import annotations

import importlib
import os

ROUNDS, SEED = 2_000, 20
SUBJECTS = {"ratios": "Ratios of totals", "survey": "Surveys", "pilots": "Pilots", "smallarea": "Small areas", "ranks": "Sets of ranks"}


def simulated(subject: str, rounds: int) -> list[dict]:
    return importlib.import_module(f"benchmarks.coverage_{subject}").simulate(rounds, SEED)


def run() -> str:
    rounds = int(os.environ.get("ROUNDS") or ROUNDS)
    parts = [f"## Coverage\n\nShare of simulated samples whose 95 % interval holds the true value (for tests: 1 less the share of false alarms); seed {SEED}. "
             "93–97 % is sound; *often done* stands for what is done without the design."]  # fmt: skip
    for subject, title in SUBJECTS.items():
        rows = simulated(subject, rounds)
        lines = [f"| {r['case']} | {r['method']}{' (*often done*)' if r['naive'] else ''} | {100 * r['coverage']:.1f} % | {r['rounds']:,} |" for r in rows]
        parts.append("\n".join([f"{title}:\n", "| case | interval | coverage | samples |", "|---|---|---:|---:|", *lines]))
    return "\n\n".join(parts)
