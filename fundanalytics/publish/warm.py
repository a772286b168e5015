"""What papermill knows the warm engine by. It imports ``engine`` when a notebook is run, for papermill loads its engines while it is itself imported."""

from __future__ import annotations

import pkgutil
from contextlib import suppress
from importlib import import_module
from typing import Any

WARM = "fundanalytics-warm"


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
    from papermill.engines import papermill_engines

    papermill_engines.register(WARM, WarmEngine)


def warm_up() -> None:
    """Import what notebooks import, and draw a first figure."""
    import nbconvert  # noqa: F401
    import numpy  # noqa: F401
    import pandas  # noqa: F401
    import papermill  # noqa: F401
    import plotly.graph_objects as go

    import fundanalytics

    from . import engine  # noqa: F401

    for module in pkgutil.walk_packages(fundanalytics.__path__, "fundanalytics."):
        with suppress(ImportError):  # of what was not installed
            import_module(module.name)
    go.Figure(go.Bar(x=[1], y=[1])).to_json()
