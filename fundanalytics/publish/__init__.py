"""Notebooks → reports: ``plan`` says what to make, ``runs`` makes it, ``kernels`` runs one notebook, ``export`` and ``index`` lay out the pages."""
