"""Errors that say what – expected – found – do this, in Chinese or English.

Every part of the package may raise them. The texts stand beside, below everything, because an error must be able to print
itself wherever it is raised; all other words a reader sees live in ``show.wording``.
"""

from __future__ import annotations

import difflib
import locale
import os
from collections.abc import Iterable
from functools import partial
from typing import Any

from .argument_messages import ARGUMENTS
from .file_messages import FILES

LANGS = ("zh", "en")

MESSAGES = ARGUMENTS | FILES


def default_lang() -> str:
    """``zh``, unless the locale names English."""
    name = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return "en" if name.lower().startswith("en") else "zh"


def near_misses(found: object, choices: Iterable[object]) -> list[str]:
    """Up to three choices that look like ``found``."""
    return difflib.get_close_matches(str(found), list(dict.fromkeys(map(str, choices))), n=3, cutoff=0.5)


def hint_for(found: object, choices: Iterable[object]) -> dict[str, str]:
    """Near misses of ``found`` as a ready sentence per language, for the part "do this"."""
    near = near_misses(found, choices)
    if not near:
        return {"zh": "请改为其中之一", "en": "use one of them"}
    return {"zh": f"是否为 {'、'.join(near)}？", "en": f"did you mean {', '.join(near)}?"}


class _Told(Exception):
    """An error known by a code and its facts; ``say`` gives the sentence."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code, self.facts = code, facts
        super().__init__(code, facts)

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), self.code, **self.facts), ()  # it reaches another process whole

    def say(self, lang: str | None = None) -> str:
        lang = lang or default_lang()
        facts = {k: v[lang] if isinstance(v, dict) and set(v) == set(LANGS) else v for k, v in self.facts.items()}
        return MESSAGES[self.code][lang].format(**facts)

    def __str__(self) -> str:
        return self.say()


class DataError(_Told):
    """A file or a data set breaks the contract of ``data.schema``."""


class ArgumentError(_Told, ValueError):
    """An argument of a call is wrong. It is a ``ValueError``."""


def check_option(name: str, value: object, choices: Iterable[object]) -> None:
    """Raise ``ArgumentError`` unless ``value`` is one of ``choices``; near misses are suggested."""
    choices = list(choices)
    if value not in choices:
        raise ArgumentError("unknown_option", name=name, found=value, expected=" | ".join(map(str, choices)), hint=hint_for(value, choices))
