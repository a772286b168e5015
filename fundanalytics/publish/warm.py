"""What papermill knows the warm engine by. It imports ``engine`` when a notebook is run, for papermill loads its engines while it is itself imported."""

from __future__ import annotations

import pkgutil
import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

WARM = "fundanalytics-warm"
KERNEL_COLUMNS = 20  # pandas' own default where a kernel imports it
# what kernels and libraries import when they are first used
LATE = (
    "IPython.core.application", "IPython.core.completerlib", "IPython.core.oinspect", "ipykernel.debugger", "narwhals.group_by", "nbconvert",
    "pandas.core.methods.to_dict", "pandas.core.reshape.reshape", "psutil", "pyarrow.pandas_compat", "scipy.optimize", "scipy.special",
    "sqlite3", "tornado.platform.asyncio", "xmlrpc.server",
)  # fmt: skip


class WarmEngine:
    """``papermill --engine fundanalytics-warm``; see ``engine``."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **options: Any) -> Any:
        from .engine import ForkEngine

        return ForkEngine.execute_notebook(nb, kernel_name, **options)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> Any:
        from .engine import ForkEngine

        return ForkEngine.nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> Any:
        from .engine import ForkEngine

        return ForkEngine.nb_language(nb, language)


def register() -> None:
    """Make the engine known to papermill in this process, also where the package was not installed."""
    _put_off("rfc3987_syntax", "is_valid_syntax", "jsonschema")
    from papermill.engines import papermill_engines

    papermill_engines.register(WARM, WarmEngine)


def warm_up() -> None:
    """Import what notebooks and their kernel import, and show a first table and figure: whatever is left, every fork would do again."""
    import fundanalytics

    register()
    own = [module.name for module in pkgutil.walk_packages(fundanalytics.__path__, "fundanalytics.")]
    for name in (*LATE, *own):
        with suppress(ImportError):  # of what was not installed
            import_module(name)
    _show()


def _put_off(name: str, function: str, by: str) -> None:
    """Import ``by`` without a module that takes long to import, of which it uses one function: the module is imported when that is first called.

    jsonschema's checks of addresses compile a grammar for most of a second, which no notebook asks for.
    """
    if {name, by} & sys.modules.keys() or find_spec(name) is None:
        return
    later: Any = ModuleType(name)
    setattr(later, function, lambda *args, **options: getattr(import_module(name), function)(*args, **options))
    sys.modules[name] = later
    try:
        import_module(by)
    finally:
        del sys.modules[name]


def _show() -> None:
    import pandas as pd
    import plotly.graph_objects as go

    pd.set_option("display.max_columns", KERNEL_COLUMNS)  # pandas took this process for a terminal
    table = pd.DataFrame({"a": ["x"], "b": [1.0]})
    repr(table)
    text = {"text": "a", "font": {"size": 9}}
    line = {"color": "red"}
    marks = [go.Bar(x=[1], y=[1], marker=line), go.Scatter(x=table["a"], y=table["b"], line=line, marker={"line": line}, error_x={"array": [1]})]
    axis = {"title": text, "tickfont": {"size": 9}}
    figure = go.Figure(marks)
    title = text | {"subtitle": text, "pad": {"l": 1}}
    figure.update_layout(title=title, legend={"font": {"size": 9}}, xaxis=axis, yaxis=axis, hoverlabel={"font": {"size": 9}},
                         font={"size": 9}, margin={"l": 1}, modebar={"orientation": "v"})  # fmt: skip
    figure.add_annotation(**text, x=0, y=0)
    figure.add_shape(x0=0, x1=1, y0=0, y1=0, line=line)
    figure._repr_mimebundle_()
