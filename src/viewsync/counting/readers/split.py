"""What a file is for, by its name and those of its folders."""

import re
from collections.abc import Sequence

from viewsync.footage.clip import Split

_PETS_TEST = re.compile(r"s1[_/-]?l[12]")
"""Clips of PETS2009 that Zhang and Chan test on; they train on the others."""


def split_of(names: Sequence[str]) -> Split:
    """Training or test, as folders called so tell; of PETS2009, as in the paper; training unless told."""
    low = [name.casefold() for name in names]
    if "train" in low or "test" in low:
        return "test" if "test" in low else "training"
    return "test" if _PETS_TEST.search("/".join(low)) else "training"
