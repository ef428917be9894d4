"""Suite `worlds`: how fast rendering is, whether its memory grows, and whether its truth is true."""

from pathlib import Path

from viewsync.benchmarks.row import Row

SUITE = "worlds"


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """All rows of the suite; no data is needed."""
    # Needs the extra `worlds`, which the other suites do without.
    from viewsync.benchmarks.rendered import rows

    return rows(seed, quick)
