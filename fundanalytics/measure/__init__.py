"""Dataset → the indicator table: sums, estimates, comparisons. Codes only, no words for readers.

``tally`` and ``boundaries`` add up; ``ledger`` counts, ``opinions`` asks ``survey`` (with ``design`` and ``intervals``) how sure
it is; ``indicators`` defines, ``compare`` sets periods side by side, ``outliers`` and ``process`` look closer.
"""
