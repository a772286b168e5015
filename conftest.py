"""For tests and doctests: the sample district is loaded once in a process, and nobody may change it."""

import functools
import os

from hypothesis import settings

from fundanalytics.data import load

load.load_sample = functools.cache(load.load_sample)

# continuous integration tries the same examples each time; everywhere else new ones are searched
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
