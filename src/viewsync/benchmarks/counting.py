"""Suite `counting`: the paper's Tables II and III, trained here on rendered worlds by one budget."""

import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from viewsync.benchmarks.row import Row, skipped

SUITE = "counting"
_NEEDED = ("lightning", "anny", "pyvista")


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """Render and train what isn't kept from an earlier run, which takes hours, and measure everything."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        return [skipped(SUITE, "all methods", f"{', '.join(missing)} missing: pip install 'viewsync[train]'")]
    from viewsync.benchmarks.counting_tables import rows

    return rows(seed, quick, tell=partial(print, file=sys.stderr, flush=True))
