"""What many runs compute alike is computed once: results of pure functions, kept by what they were made of.

Below everything. In ordinary work nothing is kept and ``kept`` costs a comparison. A warm template (``publish.forks``) calls ``keep``; its forks
inherit what it holds, and tell it what was new to them. A result is given out as a copy that shares its memory until it is written to, and
a copy that was written to is known as something else: what is made of it is computed anew. What is kept cannot be written to by any way
around pandas; files are known by their state on the disk; a process in which somebody altered the package tells nothing.
"""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import hashlib
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd

__all__ = ["keep", "keeping", "kept", "learn", "news", "once"]

MOST = 500  # results; more are not kept
SHORT = 2_000  # rows of a frame that is known by its content
PLAIN = (str, int, float, bool, type(None), Path, pd.Timestamp)
CELLS = (*PLAIN, np.generic, dt.date, Decimal, type(pd.NA), type(pd.NaT))  # what nobody can write to in a column of objects
FILES = ("path", "mapping", "rules", "rubric")  # arguments that may name a file or a folder
P = ParamSpec("P")
R = TypeVar("R")

_store: dict[str, Any] | None = None
_new: dict[str, Any] = {}
_given: dict[int, tuple[object, str, object]] = {}  # by id: what was given out, its key, its state then
_package: dict[str, dict[str, Any]] = {}  # what the names of the package's modules stood for when keeping began


class _Other(TypeError):
    """Something of a kind of which a copy and a state are not known."""


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
    _package.update(_standing())


def learn(results: Mapping[str, Any]) -> None:
    """Take in what a fork told."""
    if _store is not None:
        for key, result in results.items():
            if len(_store) < MOST:
                _store.setdefault(key, _sealed(result))


def news() -> dict[str, Any]:
    """What this process kept since it was last asked; nothing where the package is not as it was, for then its results may be others."""
    if not _new:  # to look at all names copies their memory
        return {}
    told = dict(_new) if _same(_package, {name: now for name, now in _standing().items() if name in _package}) else {}
    _new.clear()
    return told


def _standing() -> dict[str, dict[str, Any]]:
    """The names of the package's modules and what they stand for; its tables of constants entry by entry."""
    own, here = __name__.partition(".")[0], {__name__, f"{__package__}.publish.forks"}  # these two change by themselves
    modules = {name: vars(module) for name, module in list(sys.modules.items()) if name.startswith(f"{own}.") and name not in here}
    return {
        name: {key: dict(value) if type(value) is dict else list(value) if type(value) is list else value for key, value in names.items() if key[:2] != "__"}
        for name, names in modules.items()
    }


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
    parts = [(part, _named(value) + (_on_disk(value) if part in FILES else "")) for part, value in made_of.items()]
    key = f"{name}({', '.join(f'{part}={told}' for part, told in parts)})"
    if not all(told for _, told in parts) or (key not in _store and len(_store) >= MOST):
        return make()  # of some part one cannot say that it is the same
    if key not in _store:
        result = make()
        try:
            _store[key] = _new[key] = _sealed(result)
        except _Other:
            return result
    return _give(_store[key], key)


def _on_disk(value: Any) -> str:
    """The state of the file or of all files of the folder that an argument names, if it does."""
    if not isinstance(value, str | Path) or not value:
        return ""
    here, wanted = Path.cwd(), Path(value).expanduser()
    found = next((base / wanted for base in (here, *here.parents) if os.path.exists(base / wanted)), None)
    if found is None:
        return ""
    sums = hashlib.sha256(str(found).encode())
    for folder, _, names in os.walk(found) if found.is_dir() else [(str(found.parent), [], [found.name])]:
        for name in sorted(names):
            with suppress(OSError):  # a link that leads nowhere
                now = os.stat(os.path.join(folder, name))
                sums.update(repr((folder, name, now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns)).encode())
    return f"@{sums.hexdigest()[:32]}"


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
    told = [*map(repr, frame.columns), *map(repr, frame.dtypes), repr([*frame.index.names, *frame.columns.names]), repr(frame.index.dtype)]
    for place, dtype in enumerate(frame.dtypes):
        if isinstance(dtype, np.dtype) and dtype.hasobject:  # sums take 1 and "1" for the same
            if not all(isinstance(value, CELLS) for value in frame.iloc[:, place]):
                return ""
            told += map(repr, frame.iloc[:, place])
        elif isinstance(dtype, pd.CategoricalDtype):
            told += map(repr, (dtype.ordered, *dtype.categories))
    sums = pd.util.hash_pandas_object(frame).to_numpy().tobytes() + "\n".join(told).encode()
    return f"frame({hashlib.sha256(sums).hexdigest()}, {about})" if about else ""


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
    return thing.view() if isinstance(thing, np.ndarray | pd.Index) else _with_parts(thing, _copy)


def _sealed(thing: Any) -> Any:
    """A copy with memory of its own, to which nobody can write, not even through the arrays of pandas; ``_Other`` if that cannot be promised."""
    if isinstance(thing, pd.DataFrame | pd.Series):
        made = thing.copy()
        made.attrs = {name: _sealed(value) for name, value in thing.attrs.items()}
        for array in (*(block.values for block in made._mgr.blocks), *(axis.array for axis in made.axes)):
            _seal(array)
        return made
    if isinstance(thing, np.ndarray | pd.Index):
        array = thing.copy()
        _seal(array if isinstance(array, np.ndarray) else array.array)
        return array
    return _with_parts(thing, _sealed)


def _seal(array: Any) -> None:
    """Have an array refuse to be written to."""
    if isinstance(array, np.ndarray):
        if array.dtype == object and not all(isinstance(value, CELLS) for value in array.flat):
            raise _Other
        array.flags.writeable = False
    elif isinstance(array, pd.api.extensions.ExtensionArray):
        array._readonly = True
        for part in ("_ndarray", "_data", "_mask"):
            if isinstance(inner := getattr(array, part, None), np.ndarray):
                _seal(inner)


def _with_parts(thing: Any, change: Callable[[Any], Any]) -> Any:
    """A copy of what is made of other things, each of them changed."""
    if isinstance(thing, CELLS):
        return thing
    if type(thing) in (list, tuple, set, frozenset):
        return type(thing)(map(change, thing))
    if type(thing) is dict:
        return {name: change(value) for name, value in thing.items()}
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type) and hasattr(thing, "__dict__"):
        made = copy.copy(thing)
        made.__dict__.update({name: change(value) for name, value in vars(thing).items()})
        return made
    raise _Other


def _state(thing: Any) -> Any:
    """What changes when somebody writes to a thing: blocks and axes of its frames, its other parts. It holds them: no other thing gets their place."""
    if isinstance(thing, pd.DataFrame | pd.Series):
        inner = thing._mgr  # the only place where pandas shows whether a frame was written to
        return [*(block.values for block in inner.blocks), *inner.axes, *(name for axis in inner.axes for name in axis.names), _state(thing.attrs)]
    if dataclasses.is_dataclass(thing):
        return {field.name: _state(getattr(thing, field.name)) for field in dataclasses.fields(thing)}
    if type(thing) is dict:
        return {name: _state(value) for name, value in thing.items()}
    if type(thing) in (set, frozenset):
        return sorted(map(repr, thing))
    return [*map(_state, thing)] if type(thing) in (list, tuple) else thing


def _same(one: Any, other: Any) -> bool:
    if type(one) is dict and type(other) is dict:
        return one.keys() <= other.keys() and len(one) == len(other) and all(_same(value, other[name]) for name, value in one.items())
    if type(one) is list and type(other) is list:
        return len(one) == len(other) and all(map(_same, one, other))
    return one is other or (isinstance(one, PLAIN) and type(one) is type(other) and (one == other or (one != one and other != other)))
