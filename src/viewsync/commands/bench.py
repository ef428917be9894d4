"""`viewsync bench`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg


@dataclass(frozen=True)
class Bench:
    """Run the benchmarks of the README and print them as tables."""

    suites: Positional[tuple[str, ...]] = ()
    """Which suites; by default all but synnet, stereo, counting, pose3d and association, which train networks for hours."""
    seed: int = 0
    """Seed of everything random."""
    quick: bool = False
    """Fewer rounds: a look, not a result."""
    data: Path | None = None
    """Folder with the real recordings (see benchmarks/README.md)."""
    out: Annotated[Path | None, arg(aliases=["-o"])] = None
    """Folder for one JSON file per suite."""

    def run(self) -> int:
        """Run the suites and print their tables."""
        from viewsync.benchmarks import run_suites
        from viewsync.types import InputError

        if self.seed < 0:
            raise InputError(f"--seed must be 0 or greater, got {self.seed}.")
        return run_suites(self.suites, seed=self.seed, quick=self.quick, data=self.data, out=self.out)
