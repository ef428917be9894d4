"""Suite `synnet`: the tables of SynNet's paper, with networks that are trained here, by the same budget each."""

import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from viewsync.benchmarks.row import Row, skipped

SUITE = "synnet"
_NEEDED = ("lightning", "anny", "pyvista")


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """Train what isn't kept from an earlier run, which takes hours, and measure everything."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        return [skipped(SUITE, "all tables", f"{', '.join(missing)} missing: pip install 'viewsync[train]'")]
    from viewsync.benchmarks.synnet_tables import rows

    return rows(seed, quick, data, tell=partial(print, file=sys.stderr, flush=True))
