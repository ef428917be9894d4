"""The constants of the SynNet cue, on the worlds that the pose cue's are fitted to, which no benchmark judges.

python -m viewsync.benchmarks.synnet_calibration --motions DIR --seed 7101
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import tyro
from rich.console import Console
from rich.progress import track

from viewsync.benchmarks.cue_calibration import Case, report
from viewsync.benchmarks.pose_scenes import PoseTake, pair_takes
from viewsync.benchmarks.takes import true_offset
from viewsync.pose_embedding.performances import recorded
from viewsync.signals import synnet
from viewsync.worlds.motions.library import MotionLibrary

_NEAR_SECONDS = 0.15
"""About one frame of a clip: what the network tells apart."""


def cases_of(takes: Sequence[PoseTake]) -> Iterator[Case]:
    """The two cameras of each take, and cameras of successive ones."""
    before = None
    for taken in track(takes, "recordings", console=Console(stderr=True)):
        (name_a, a), (name_b, b) = ((name, synnet.signal(poses)) for name, poses in taken.poses.items())
        truth = true_offset(taken.take.clip(name_a), taken.take.clip(name_b))
        if truth is not None and (case := Case.of(synnet.NAME, a, b, truth.offset_seconds, _NEAR_SECONDS)):
            yield case
        if before is not None and (case := Case.of(synnet.NAME, before, b, None, _NEAR_SECONDS)):
            yield case
        before = a


def main(motions: Path, seed: int = 7101, pairs: int = 30) -> None:
    """Say which constants fit, and how good the cue is with them.

    Args:
        motions: Folder of recorded motions; those that the benchmark uses aren't touched.
        seed: Of the scenes; the benchmark's is another.
        pairs: How many scenes of world `pair` of each kind of motion.
    """
    library = MotionLibrary(recorded((motions,)).training)
    cases = [*cases_of([*pair_takes(seed, pairs), *pair_takes(seed, pairs, library)])]
    report(synnet.NAME, cases, "TIMES_ASKED", synnet.TIMES_ASKED, Console())


if __name__ == "__main__":
    tyro.cli(main)
