"""The text of a rubric → plain values, and the line of each; nothing in it is run. Bytes in, values and faults out.

Place in the flow: below ``rubric_checks``. YAML as version 1.2 reads it, where 01 and yes are words, without its traps: a key that stands
twice, an alias (which can blow a small file up), a tag and a second document are faults, not values.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

LARGEST = 200_000  # bytes; a rubric of a hundred items has 40,000
Steps = tuple[Any, ...]  # the keys and places in lists that lead to a value


class Fault(NamedTuple):
    """What is wrong at one place of a rubric: ``place`` is the keys that lead there."""

    place: str
    line: int | None
    code: str
    found: str
    expected: str


@dataclass
class Sheet:
    """What a file says, where each part of it stands, and what is wrong with it."""

    said: Any = None
    lines: dict[Steps, int] = field(default_factory=dict)
    wrongs: list[tuple[Steps, int | None, str, str, str]] = field(default_factory=list)

    def wrong(self, steps: Steps, code: str, found: object = "", expected: object = "", *, line: int | None = None) -> None:
        """Note a fault; its line is that of the place, or of the nearest key above it."""
        at = next((steps[:n] for n in range(len(steps), 0, -1) if steps[:n] in self.lines), ())
        shown = f"{found:g}" if isinstance(found, float) else str(found)
        self.wrongs.append((steps, line or self.lines.get(at), code, shown[:80], str(expected)))

    def faults(self) -> list[Fault]:
        """All that is wrong, in the order of the lines."""
        found = [Fault(self._place(steps), line, code, said, expected) for steps, line, code, said, expected in self.wrongs]
        return sorted(dict.fromkeys(found), key=lambda fault: fault.line or 0)

    def _place(self, steps: Steps) -> str:
        """The keys; of a list, the code of the item, or its number."""
        names, here = [], self.said
        for step in steps:
            inside = step in here if isinstance(here, dict) else isinstance(here, list)
            here = here[step] if inside else None
            code = here.get("code") if isinstance(here, dict) and isinstance(step, int) else None
            names.append(code if isinstance(code, str) else f"#{step + 1}" if isinstance(step, int) else str(step))
        return " › ".join(names)


class _Loader(yaml.SafeLoader):
    """A safe loader that takes few words for more than text, and no alias."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise _Alias(None, None, self.peek_event().anchor, self.peek_event().start_mark)
        return super().compose_node(parent, index)


class _Alias(yaml.MarkedYAMLError):
    pass


_Loader.yaml_implicit_resolvers = {}
_WORDS = {"bool": ("true|false", "tf"), "int": ("-?(?:0|[1-9][0-9]{0,14})", "-0123456789"), "float": (r"-?[0-9]{1,15}\.[0-9]{1,15}", "-0123456789"),
          "null": ("~|null|", ["~", "n", ""])}  # fmt: skip
for _tag, (_pattern, _first) in _WORDS.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))
_READ: dict[str, Callable[[str], Any]] = {"bool": lambda text: text == "true", "int": int, "float": float, "null": lambda _: None, "str": str}
AS_TEXT = (("version",),)  # 1.10 is not 1.1


def read(content: bytes) -> Sheet:
    """What the file says; with faults and nothing said where it cannot be read."""
    sheet = Sheet()
    if len(content) > LARGEST:
        sheet.wrong((), "rubric_too_large", f"> {LARGEST}", f"≤ {LARGEST}")
        return sheet
    try:
        node = yaml.compose(content.decode("utf-8"), _Loader)
    except UnicodeDecodeError as error:
        sheet.wrong((), "rubric_not_utf8", f"{content[error.start]:#04x}", "UTF-8", line=content[: error.start].count(b"\n") + 1)
        return sheet
    except (yaml.YAMLError, RecursionError) as error:
        _broken(sheet, error)
        return sheet
    if not isinstance(node, yaml.MappingNode):
        sheet.wrong((), "rubric_no_keys", getattr(node, "id", ""), "id: … version: … items: …", line=1)
        return sheet
    sheet.said = _value(node, (), sheet)
    return sheet


def _broken(sheet: Sheet, error: Exception) -> None:
    mark = getattr(error, "problem_mark", None)
    code = "rubric_alias" if isinstance(error, _Alias) else "rubric_not_yaml"
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or "[[[[…"  # nested too deep for any rubric
    sheet.wrong((), code, said, line=mark.line + 1 if mark else None)


def _value(node: yaml.Node, steps: Steps, sheet: Sheet) -> Any:
    sheet.lines.setdefault(steps, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_value(part, (*steps, n), sheet) for n, part in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, steps, sheet)
    if steps in AS_TEXT:
        return node.value
    try:
        return _READ[node.tag.removeprefix("tag:yaml.org,2002:")](node.value)
    except (KeyError, ValueError):  # a tag of its own, or one that does not fit
        sheet.wrong(steps, "rubric_not_yaml", node.tag, line=node.start_mark.line + 1)
        return None


def _mapping(node: yaml.MappingNode, steps: Steps, sheet: Sheet) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = _value(key_node, (), sheet) if isinstance(key_node, yaml.ScalarNode) else str(key_node.tag)
        at = (*steps, key)
        if key in found:
            sheet.wrong(at, "rubric_key_twice", key, line=key_node.start_mark.line + 1)
            continue
        sheet.lines[at] = key_node.start_mark.line + 1
        found[key] = _value(value_node, at, sheet)
    return found
