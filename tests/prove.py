"""How many cases a proof tries: a sample of them in ``make test``, all in ``make prove`` (``PROVE_CASES``)."""

import os


def cases(ordinary: int, share: float = 1.0) -> int:
    """``ordinary`` cases; where ``PROVE_CASES`` is set, this ``share`` of so many, never fewer."""
    return max(ordinary, round(int(os.environ.get("PROVE_CASES") or 0) * share))
