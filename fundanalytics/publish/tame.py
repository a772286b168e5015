"""Whether what a notebook computes can be trusted by other runs: nothing in its cells reaches beyond them.

Place in the flow: ``kernels`` asks, before a run may tell others what it computed (``kept``). It reads code and runs none; what it does not
know, it does not trust.
"""

from __future__ import annotations

import ast
from typing import Any

OWN = "fundanalytics"
# what can change things by their names, or run text as code
REACHING = {"setattr", "delattr", "exec", "eval", "compile", "globals", "locals", "vars", "getattr", "open", "input", "breakpoint", "get_ipython", "type"}
UNTAMED = (ast.Global, ast.Nonlocal, ast.ClassDef, ast.AsyncFunctionDef, ast.Await)


def is_tame(notebook: Any) -> bool:
    """Whether its code imports this package alone and calls its public functions, and binds, changes and deletes nothing but names of its own."""
    try:
        return _is_tame(ast.parse("\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code")))
    except SyntaxError:  # a magic
        return False


def _is_tame(code: ast.AST) -> bool:
    nodes = list(ast.walk(code))
    names = {one.asname or one.name for node in nodes if isinstance(node, ast.Import) for one in node.names}
    called = [node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names]
    met = sum(isinstance(node, ast.Name) and node.id in names for node in nodes)
    return met == len(called) and all(map(_is_public, called)) and all(map(_is_harmless, nodes))


def _is_public(name: str) -> bool:
    import fundanalytics

    return name in fundanalytics.__all__ and callable(getattr(fundanalytics, name))


def _is_harmless(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            return all(name.name == OWN for name in names)
        case ast.ImportFrom(module=module, level=level, names=names):
            return module == OWN and not level and all(_is_public(name.name) for name in names)
        case ast.Attribute(attr=name, ctx=context):
            return isinstance(context, ast.Load) and not name.startswith("_")
        case ast.Subscript(ctx=context):
            return isinstance(context, ast.Load)
        case ast.Name(id=name):
            return name not in REACHING and not name.startswith("__")
    return not isinstance(node, UNTAMED)
