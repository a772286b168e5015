"""Evaluation of community governance funds: street workbooks in, annual reports out.

The public names, in the order of the flow: files → data → measure → show → publish. Each is imported when first used.
"""

from importlib import import_module

__version__ = "0.1.0"

_PUBLIC = {
    "load": "data.load",
    "load_sample": "data.load",
    "Dataset": "data.dataset",
    "DataError": "errors",
    "INDICATORS": "measure.indicators",
    "indicators": "measure.indicators",
    "usage_rate": "measure.indicators",
    "participation_rate": "measure.indicators",
    "awareness_rate": "measure.indicators",
    "satisfaction_rate": "measure.indicators",
    "satisfaction_score": "measure.indicators",
    "compare_periods": "measure.compare",
    "project_mix": "measure.process",
    "stages": "measure.process",
    "funnel": "measure.outliers",
}

__all__ = list(_PUBLIC)


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"fundanalytics has no {name!r}; see fundanalytics.__all__")
    value = getattr(import_module(f".{_PUBLIC[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
