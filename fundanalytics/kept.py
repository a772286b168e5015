"""What many runs compute alike is computed once: results of pure functions, kept by what they were made of.

Below everything. In ordinary work nothing is kept and ``kept`` costs a comparison. A warm template (``publish.forks``) calls ``keep``; its forks
inherit what it holds, and tell it what was new to them. A result is given out as a copy that shares its memory until it is written to, and
a copy that was written to is known as something else: what is made of it is computed anew. What is kept cannot be written to by any way
the usual ways around pandas; files are known by their state on the disk. A process whose code reaches further than calling this package
(``distrust``) tells nothing, and once it has altered the package it is given nothing either.
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
from operator import is_
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np
import pandas as pd

__all__ = ["distrust", "keep", "keeping", "keeps", "kept", "learn", "news", "once"]

MOST = 500  # results; more are not kept
SHORT = 2_000  # rows of a frame that is known by its content
PLAIN = (str, int, float, bool, type(None), Path, pd.Timestamp)
CELLS = (*PLAIN, np.generic, dt.date, Decimal, type(pd.NA), type(pd.NaT))  # what nobody can write to in a column of objects
FILES = ("path", "mapping", "rules", "rubric", "files")  # arguments that may name a file or a folder, or several
P = ParamSpec("P")
R = TypeVar("R")

_store: dict[str, Any] | None = None
_new: dict[str, Any] = {}
_given: dict[int, tuple[object, str, object]] = {}  # by id: what was given out, its key, its state then
_package: list[_Names] = []
_wary = False


class _Names(NamedTuple):
    """The names of a module or class of the package, or a table of constants, and what stood under them when keeping began."""

    now: Any
    keys: list[Any]
    values: list[Any]
    whole: bool


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


def keeps() -> bool:
    """Whether results are kept in this process."""
    return _store is not None


def keep() -> None:
    """Begin to keep results in this process."""
    global _store
    _store = {} if _store is None else _store
    _package[:] = _standing()


def distrust() -> None:
    """From now on, do not rely on what happens in this process."""
    global _wary
    _wary = True


def learn(results: Mapping[str, Any]) -> None:
    """Take in what a fork told."""
    if _store is not None:
        for key, result in results.items():
            if len(_store) < MOST:
                _store.setdefault(key, _sealed(result))


def news() -> dict[str, Any]:
    """What this process kept since it was last asked, for others; nothing from one that is not trusted."""
    told = {} if _wary else dict(_new)
    _new.clear()
    return told


def _standing() -> list[_Names]:
    own, changing = __name__.partition(".")[0], {__name__, f"{__package__}.publish.forks"}  # these two change by themselves
    found = []
    for module in [vars(module) for name, module in list(sys.modules.items()) if name.startswith(f"{own}.") and name not in changing]:
        names = {name: value for name, value in module.items() if name[:2] != "__"}
        found.append(_Names(module, list(names), list(names.values()), whole=False))  # a name that came is none that code had used
        for value in names.values():
            table = vars(value) if isinstance(value, type) and value.__module__ == module.get("__name__") else value
            if isinstance(value, type) and table is not value:
                keys = [key for key in table if key != "__abstractmethods__" and not key.startswith("_abc")]
                found.append(_Names(table, keys, [table[key] for key in keys], whole=False))
            elif type(table) in (dict, list):
                found.append(_Names(table, list(table) if type(table) is dict else [], list(table.values() if type(table) is dict else table), whole=True))
    return found


def _unaltered() -> bool:
    """Whether the package is as it was."""
    for now, keys, values, whole in _package:
        if whole and type(now) is dict and list(now) != keys:
            return False
        entries = now if type(now) is list else list(map(now.get, keys))
        if len(entries) != len(values) or not (all(map(is_, entries, values)) or _same(entries, values)):
            return False
    return True


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
    if _store is None or (_wary and not _unaltered()):
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
    if isinstance(value, tuple):
        return "".join(map(_on_disk, value))
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
    """An argument in words, blank for one that has none: a plain value by itself, a kept result by its key as long as nobody wrote to it."""
    if type(value) in PLAIN or isinstance(value, Path | np.generic):
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
    if isinstance(frame.index, pd.MultiIndex) or frame.index.dtype == object or np.longdouble in set(frame.dtypes):
        return ""
    about = _named(dict(frame.attrs))
    told = [*map(repr, frame.columns), *map(repr, frame.dtypes), repr([*frame.index.names, *frame.columns.names]), repr(frame.index.dtype)]
    for place, dtype in enumerate(frame.dtypes):
        if isinstance(dtype, np.dtype) and dtype.hasobject:  # sums take 1 and "1" for the same
            if not all(isinstance(value, CELLS) for value in frame.iloc[:, place]):
                return ""
            told += map(repr, frame.iloc[:, place])
        elif dtype == "float64":
            told.append(frame.iloc[:, place].to_numpy().tobytes().hex())  # sums take 0.0 and -0.0 for the same
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
