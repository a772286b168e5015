"""For tests and doctests: the sample district is loaded once in a process, and nobody may change it."""

import functools

from fundanalytics.data import load

load.load_sample = functools.cache(load.load_sample)
