"""All suites by name, and the run of them that `viewsync bench` is."""

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from viewsync.benchmarks import (
    apply,
    association,
    audio,
    check,
    counting,
    coverage,
    drift,
    flash,
    peers,
    pose,
    pose3d,
    pose3d_keypoints,
    refusal,
    roundtrip,
    speed,
    stereo,
    synnet,
    video,
    view_matching,
    worlds,
)
from viewsync.benchmarks.row import Results, all_passed, write_results
from viewsync.benchmarks.table import table
from viewsync.machine import this_machine
from viewsync.types import InputError

_MODULES = (
    video,
    audio,
    drift,
    flash,
    refusal,
    coverage,
    speed,
    apply,
    check,
    roundtrip,
    peers,
    worlds,
    pose,
    pose3d,
    pose3d_keypoints,
    synnet,
    stereo,
    view_matching,
    counting,
    association,
)
SUITES = {module.SUITE: module.run for module in _MODULES}
ONLY_BY_NAME = (synnet.SUITE, stereo.SUITE, counting.SUITE, pose3d.SUITE, association.SUITE)
"""Suites that train networks, which takes an hour or more."""
EXIT_MISSED = 1


def run_suites(names: Sequence[str], *, seed: int, quick: bool, data: Path | None, out: Path | None) -> int:
    """Run suites one after the other and print each one's table as soon as it is done.

    Args:
        names: Which suites; if empty, all but those in `ONLY_BY_NAME`.
        seed: Seed of everything random.
        quick: Fewer rounds: a look, not a result.
        data: Folder with the real recordings; by default $VIEWSYNC_DATA, or ../shared/data beside the repository.
        out: Folder for one JSON file per suite; none are written by default.

    Returns:
        Exit code: 0, or 1 where a bar was missed.

    Raises:
        InputError: There is no such suite.
    """
    unknown = [name for name in names if name not in SUITES]
    if unknown:
        raise InputError(f"no such suite: {', '.join(unknown)}. Choose from {', '.join(SUITES)}.")
    console, rows = Console(), []
    for name in names or [name for name in SUITES if name not in ONLY_BY_NAME]:
        start = time.perf_counter()
        with Console(stderr=True).status(f"{name} …"):
            measured = SUITES[name](seed, quick, data)
        seconds = time.perf_counter() - start
        console.print(table(measured, title=f"{name} ({seconds:.0f} s)"))
        if out is not None:
            write_results(Results(name, seed, quick, seconds, this_machine(), tuple(measured)), out)
        rows += measured
    return 0 if all_passed(rows) else EXIT_MISSED
