"""Which figures count people, and what such a figure says of the people of its area.

Place in the flow: beneath ``disclosure``, above ``definitions``. The people of an area fall into classes (what they answered, whether
they came); each figure is a sum over some classes. Figures of one family are about the same people, so each tells something of the
others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .counts import POINTS, SCALE
from .definitions import INDICATORS, SHARE


@dataclass(frozen=True, slots=True)
class Made:
    """A basis as figures of a family: ``above`` counts people within ``below``; blank ``below``: a full count, set against inhabitants."""

    family: str
    above: str
    below: str = ""


ANSWERS, ANSWERS_AWARE, OTHERS, _TOLD = "answers", "answers, aware", "others", "told aware"
_MADE = {
    ("satisfaction_rate", "satisfied"): Made("opinion", "satisfied", ANSWERS),
    ("satisfaction_rate", "basically"): Made("opinion", "basically", ANSWERS),
    ("satisfaction_rate", "satisfied_aware"): Made("opinion", "satisfied, aware", ANSWERS_AWARE),
    ("satisfaction_rate", "basically_aware"): Made("opinion", "basically, aware", ANSWERS_AWARE),
    ("satisfaction_score", "level_x20"): Made("opinion", "points", ANSWERS),
    ("awareness_rate", "aware"): Made("opinion", "aware", _TOLD),
    ("participation_rate", "residents"): Made("events", "residents"),
    ("participation_rate", "households"): Made("events", "households"),
    ("participation_intensity", "person_times/residents"): Made("events", "person-times"),
    ("participation_intensity", "person_times/eligible"): Made("events", "person-times"),
    ("training_attendees", "count"): Made("attendees", "person-times"),
    ("responses", "count"): Made("responses", "person-times"),
} | {("answers", answer): Made("opinion", f"answer {answer}", "all") for answer in ("5", "4", "3", "2", "1", "dont_know")}

# an answer: its level (0: none) and whether the person knows of the fund; who comes as a household is one of the residents who come
_CLASSES = [(level, aware) for level in range(SCALE + 1) for aware in (True, False, None)]
_COUNTED: dict[str, Callable[[int, bool | None], float]] = {
    "all": lambda level, aware: 1,
    ANSWERS: lambda level, aware: level > 0,
    "satisfied": lambda level, aware: level >= 4,
    "basically": lambda level, aware: level >= 3,
    "points": lambda level, aware: POINTS * level,
    ANSWERS_AWARE: lambda level, aware: level > 0 and aware is True,
    "satisfied, aware": lambda level, aware: level >= 4 and aware is True,
    "basically, aware": lambda level, aware: level >= 3 and aware is True,
    _TOLD: lambda level, aware: aware is not None,
    "aware": lambda level, aware: aware is True,
    "answer dont_know": lambda level, aware: level == 0,
}
_OPINION = {name: tuple(float(holds(*c)) for c in _CLASSES) for name, holds in _COUNTED.items()}
_OPINION |= {f"answer {k}": tuple(float(level == k) for level, _ in _CLASSES) for k in range(1, SCALE + 1)}
FAMILIES: dict[str, dict[str, tuple[float, ...]]] = {
    "opinion": _OPINION,
    "events": {"households": (1.0, 0.0, 0.0), "residents": (1.0, 1.0, 0.0), "person-times": (1.0, 1.0, 1.0)},
}
_PLAIN = {"above": (1.0, 0.0), "below": (1.0, 1.0), "person-times": (1.0, 1.0)}

# what two figures of a family give away by their difference
_DIFFERENCES = {
    "opinion": {
        "fair": {"basically": 1, "satisfied": -1},
        "fair, aware": {"basically, aware": 1, "satisfied, aware": -1},
        "satisfied, others": {"satisfied": 1, "satisfied, aware": -1},
        "fair, others": {"basically": 1, "satisfied": -1, "basically, aware": -1, "satisfied, aware": 1},
        "bad, others": {ANSWERS: 1, "basically": -1, ANSWERS_AWARE: -1, "basically, aware": 1},
    }
}


def made_of(indicator: str, basis: str) -> Made | None:
    """The figures behind a basis; none where it counts no people."""
    if (indicator, basis) in _MADE:
        return _MADE[indicator, basis]
    known = INDICATORS.get(indicator)
    if known is None or not known.people:
        return None
    return Made(f"{indicator}, {basis}", "above", "below" if basis in known.surveyed and known.unit == SHARE else "")


def differences(family: str, figures: set[str]) -> dict[str, dict[str, int]]:
    """Counts of people that no row shows, as sums and differences of figures that rows show."""
    return {name: made for name, made in _DIFFERENCES.get(family, {}).items() if made.keys() <= figures}


def relatives(indicator: str) -> list[str]:
    """The indicators about the same people, which must be released together; the indicator itself is one of them."""
    mine = {made.family for basis in INDICATORS[indicator].bases if (made := made_of(indicator, basis))}
    return [name for name, of in INDICATORS.items() if name == indicator or any((m := made_of(name, b)) and m.family in mine for b in of.bases)]


def coefficients(family: str, figures: set[str]) -> dict[str, tuple[float, ...]]:
    """Figure → how often it counts someone of each class; classes that these figures do not tell apart are one."""
    known = FAMILIES.get(family, _PLAIN)
    names = sorted(figures)
    apart = sorted({column for column in zip(*(known[n] for n in names), strict=True) if any(column)}, reverse=True)
    return {name: tuple(column[i] for column in apart) for i, name in enumerate(names)}
