"""Suite `pose3d`: Tables IV to VIII of Zhang and Chan, trained here on world `lab` by one budget."""

import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from viewsync.benchmarks.row import Row, skipped

SUITE = "pose3d"
_NEEDED = ("lightning", "anny", "pyvista")


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """Render and train what isn't kept from an earlier run, which takes over an hour, and measure everything."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        return [skipped(SUITE, "all methods", f"{', '.join(missing)} missing: pip install 'viewsync[train]'")]
    from viewsync.benchmarks.pose3d_tables import rows

    return rows(seed, quick, data, tell=partial(print, file=sys.stderr, flush=True))
