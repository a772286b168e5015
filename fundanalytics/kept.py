"""What many runs compute alike is computed once: results of pure functions, kept by what they were made of.

Below everything. In ordinary work nothing is kept and ``kept`` costs a comparison. A warm template (``publish.forks``) calls ``keep``; its forks
inherit what it holds, and tell it what was new to them. A result is given out as a copy that shares its memory until it is written to, and
a copy that was written to is known as something else: what is made of it is computed anew.
"""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pandas as pd

__all__ = ["keep", "keeping", "kept", "learn", "news", "once"]

MOST = 500  # results; more are not kept
SHORT = 2_000  # rows of a frame that is known by its content
PLAIN = (str, int, float, bool, type(None), Path, pd.Timestamp)
P = ParamSpec("P")
R = TypeVar("R")

_store: dict[str, Any] | None = None
_new: dict[str, Any] = {}
_given: dict[int, tuple[object, str, object]] = {}  # by id: what was given out, its key, its state then


@contextmanager
def keeping() -> Iterator[dict[str, Any]]:
    """Keep results for a while, in a process that goes on to other things: what was kept, by key."""
    global _store
    before, _store = _store, {}
    try:
        yield _store
    finally:
        _store = before
        _new.clear()
        _given.clear()


def keep() -> None:
    """Begin to keep results in this process."""
    global _store
    _store = {} if _store is None else _store


def learn(results: Mapping[str, Any]) -> None:
    """Take in what a fork told."""
    if _store is not None:
        for key, result in results.items():
            if len(_store) < MOST:
                _store.setdefault(key, result)


def news() -> dict[str, Any]:
    """What this process kept since it was last asked."""
    told = dict(_new)
    _new.clear()
    return told


def kept(function: Callable[P, R]) -> Callable[P, R]:
    """A function whose result hangs on its arguments alone, kept where results are kept."""
    signature = inspect.signature(function)

    @wraps(function)
    def result(*args: P.args, **options: P.kwargs) -> R:
        if _store is None:
            return function(*args, **options)
        bound = signature.bind(*args, **options)
        bound.apply_defaults()
        return once(f"{function.__module__}.{function.__qualname__}", bound.arguments, lambda: function(*args, **options))

    return result


def once(name: str, made_of: Mapping[str, Any], make: Callable[[], R]) -> R:
    """What ``make`` gives, which must hang on ``made_of`` alone; kept under ``name`` where results are kept."""
    if _store is None:
        return make()
    parts = [(part, _named(value)) for part, value in made_of.items()]
    key = f"{name}({', '.join(f'{part}={told}' for part, told in parts)})"
    if not all(told for _, told in parts) or (key not in _store and len(_store) >= MOST):
        return make()  # of some part one cannot say that it is the same
    if key not in _store:
        _store[key] = _new[key] = make()
    return _give(_store[key], key)


def _named(value: Any) -> str:
    """An argument in words: a plain value by itself, a kept result by its key as long as nobody wrote to it."""
    if isinstance(value, PLAIN):
        return repr(value)
    if isinstance(value, list | tuple | set | frozenset | dict):
        inside = value.items() if isinstance(value, dict) else sorted(value, key=repr) if isinstance(value, set | frozenset) else value
        parts = [_named(one) for one in inside]
        return f"{type(value).__name__}({', '.join(parts)})" if all(parts) else ""
    thing, key, state = _given.get(id(value), (None, "", None))
    if thing is value and _same(_state(value), state):
        return key
    return _content(value) if type(value) is pd.DataFrame and len(value) <= SHORT else ""


def _content(frame: pd.DataFrame) -> str:
    """A short frame by all that stands in it."""
    about = _named({str(name): value for name, value in frame.attrs.items()})
    if not about:
        return ""
    sums = pd.util.hash_pandas_object(frame).to_numpy().tobytes() + repr([*frame.columns, *frame.dtypes, frame.index.names]).encode()
    return f"frame({hashlib.sha256(sums).hexdigest()}, {about})"


def _give(result: Any, key: str) -> Any:
    """A copy of a kept result, known by its key; of several results each by its place."""
    if type(result) is tuple:
        return tuple(_give(one, f"{key}[{i}]") for i, one in enumerate(result))
    given = _copy(result)
    if not isinstance(given, PLAIN):
        _given[id(given)] = (given, key, _state(given))
    return given


def _copy(thing: Any) -> Any:
    """A copy that shares the memory of frames; they are copied when they are written to."""
    if isinstance(thing, pd.DataFrame | pd.Series):
        made = thing.copy(deep=False)
        made.attrs = {name: _copy(value) for name, value in thing.attrs.items()}
        return made
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        made = copy.copy(thing)
        made.__dict__.update({name: _copy(value) for name, value in vars(thing).items()})
        return made
    if type(thing) is dict:
        return {name: _copy(value) for name, value in thing.items()}
    return list(thing) if type(thing) is list else thing


def _state(thing: Any) -> Any:
    """What changes when somebody writes to a thing: blocks and axes of its frames, its other parts. It holds them: no other thing gets their place."""
    if isinstance(thing, pd.DataFrame | pd.Series):
        inner = thing._mgr  # the only place where pandas shows whether a frame was written to
        return [*(block.values for block in inner.blocks), *inner.axes, _state(thing.attrs)]
    if dataclasses.is_dataclass(thing):
        return {field.name: _state(getattr(thing, field.name)) for field in dataclasses.fields(thing)}
    if type(thing) is dict:
        return {name: _state(value) for name, value in thing.items()}
    return [*map(_state, thing)] if type(thing) in (list, tuple) else thing


def _same(one: Any, other: Any) -> bool:
    if type(one) is dict and type(other) is dict:
        return one.keys() == other.keys() and all(_same(value, other[name]) for name, value in one.items())
    if type(one) is list and type(other) is list:
        return len(one) == len(other) and all(map(_same, one, other))
    return one is other or (isinstance(one, PLAIN) and type(one) is type(other) and (one == other or (one != one and other != other)))
