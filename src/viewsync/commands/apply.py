"""`viewsync apply`."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import Positional, arg

from viewsync.commands.terminal import EXIT_UNTIED, progress_bars

if TYPE_CHECKING:
    from viewsync.apply.plan import Clip, Plan
    from viewsync.progress import Progress

_Made = dict[str, Any]
"""What is said about a file, as in the JSON."""


@dataclass(frozen=True)
class Apply:
    """Make files that line up: trimmed (packets copied) or retimed (one constant rate, drift taken out).

    The recordings stay as they are. Run again, it makes only what isn't finished.

    Exit codes: 0 every camera tied; 2 bad usage or unreadable input; 3 at least one camera isn't tied and was left out.
    """

    timeline: Positional[Path]
    """The timeline.json that `viewsync sync` wrote."""
    trim: bool = False
    """Copy each recording from the common start to the common end."""
    exact: bool = False
    """With --trim: hide no frames before the cut, but encode anew up to the next key frame."""
    retime: bool = False
    """Encode each recording at one constant rate, every frame and sample at its place on the reference clock."""
    fps: str | None = None
    """Frame rate for --retime and --grid, such as 25 or 30000/1001; by default the most common one."""
    grid: bool = False
    """Show all cameras side by side with the reference time, as a proof: grid.mp4."""
    out: Annotated[Path | None, arg(aliases=["-o"])] = None
    """Folder for the files; by default trimmed/ or retimed/ beside the timeline.json."""
    json: bool = False
    """Print what was made as JSON on stdout, and nothing else there."""

    def run(self) -> int:
        """Make the files, and say what was made."""
        from viewsync.apply.plan import common_rate, plan, refuse_sources
        from viewsync.apply.retime import retimed_suffix
        from viewsync.apply.trim import require_copyable, trimmed_suffix
        from viewsync.files import prepare_folder
        from viewsync.outputs import timeline_json

        fps = self._checked_fps()
        out = self.out or self.timeline.parent / ("trimmed" if self.trim else "retimed" if self.retime else "")
        suffix = trimmed_suffix if self.trim else retimed_suffix
        what = plan(timeline_json.read(self.timeline), self.timeline, out, suffix)
        for clip in what.clips if self.trim else ():
            require_copyable(clip.recording, self.exact)
        copies = [clip.out for clip in what.clips] if self.trim or self.retime else []
        grid_path = _grid_path(out, copies)
        refuse_sources(what, [*copies, grid_path] if self.grid else copies)
        prepare_folder(out)
        with progress_bars() as progress:
            made = _in_parallel(self._tasks(what, grid_path, fps or common_rate(what)), progress)
        _publish(what, made, self.json)
        return EXIT_UNTIED if what.left_out else 0

    def _checked_fps(self) -> Fraction | None:
        from viewsync.types import InputError

        if self.trim and self.retime:
            raise InputError("--trim and --retime: choose one of them, and run again with the other for both.")
        if not (self.trim or self.retime or self.grid):
            raise InputError("say what to make: --trim, --retime or --grid.")
        if self.exact and not self.trim:
            raise InputError("--exact goes with --trim: a retimed file starts exactly in any case.")
        if self.fps is None:
            return None
        try:
            fps = Fraction(self.fps)
        except (ValueError, ZeroDivisionError):
            fps = Fraction(0)
        if not 0 < fps <= 1000:
            raise InputError(f"--fps must be a rate above 0 and up to 1000, such as 25 or 30000/1001, got {self.fps!r}.")
        return fps

    def _tasks(self, what: "Plan", grid_path: Path, fps: Fraction) -> list[Callable[["Progress"], _Made]]:
        """One for each file: made when called."""
        tasks: list[Callable[[Progress], _Made]] = []
        if self.trim or self.retime:
            tasks += [partial(self._made, what, clip, fps) for clip in what.clips]
        if self.grid:
            tasks.append(partial(_made_grid, what, grid_path, fps))
        return tasks

    def _made(self, what: "Plan", clip: "Clip", fps: Fraction, progress: "Progress") -> _Made:
        from viewsync.apply.job import once
        from viewsync.apply.retime import retime
        from viewsync.apply.trim import trim

        def make(temporary: Path) -> _Made:
            frames = 0

            def report(done: int, whole: int) -> None:
                nonlocal frames
                frames = whole
                progress(clip.recording.id, done, whole)

            if self.trim:
                return asdict(trim(clip, what, self.exact, temporary, report))
            retime(clip, what, fps, temporary, report)
            return {"frames_copied": 0, "frames_encoded": frames if clip.recording.video is not None else 0, "remark": ""}

        how = {"apply": "trim", "exact": self.exact} if self.trim else {"apply": "retime", "fps": str(fps)}
        facts = once(clip.out, how | _stretch(what) | _source(clip), make)
        return {"id": clip.recording.id, "path": str(clip.out.absolute()), **facts}


def _grid_path(out: Path, copies: Sequence[Path]) -> Path:
    path = out / "grid.mp4"
    while path in copies:  # A camera may be called "grid", too.
        path = path.with_name(f"{path.stem}-all.mp4")
    return path


def _made_grid(what: "Plan", path: Path, fps: Fraction, progress: "Progress") -> _Made:
    from viewsync.apply.grid import grid
    from viewsync.apply.job import once

    def make(temporary: Path) -> _Made:
        grid(what, temporary, fps, lambda done, whole: progress("grid", done, whole))
        return {}

    job = {"apply": "grid", "fps": str(fps), **_stretch(what), "clips": [_source(clip) for clip in what.clips]}
    return {"id": None, "path": str(path.absolute()), **once(path, job, make)}


def _stretch(what: "Plan") -> _Made:
    return {"start_seconds": what.start_seconds, "end_seconds": what.end_seconds}


def _source(clip: "Clip") -> _Made:
    clock = clip.clock
    return {"sha256": clip.recording.sha256, "offset_seconds": clock.offset_seconds, "rate": clock.rate}


class _Stopped(Exception):
    """Ends a task because the command is ending."""


def _in_parallel(tasks: Sequence[Callable[["Progress"], _Made]], progress: "Progress") -> list[_Made]:
    """Do the tasks, several at a time. Ctrl-C stops them all where they next report progress; a failure, only its own."""
    import os
    from concurrent.futures import ThreadPoolExecutor, wait
    from threading import Event

    stop = Event()

    def report(task: str, done: int, whole: int) -> None:
        if stop.is_set():
            raise _Stopped
        progress(task, done, whole)

    with ThreadPoolExecutor(min(len(tasks), os.cpu_count() or 1)) as pool:
        waiting = [pool.submit(task, report) for task in tasks]
        try:
            wait(waiting)
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [task.result() for task in waiting]


def _publish(what: "Plan", made: Sequence[_Made], as_json: bool) -> None:
    from rich.console import Console

    from viewsync.outputs.phrasing import printable

    left_out = [{"id": id, "reasons": reasons} for id, reasons in what.left_out]
    if as_json:
        print(json.dumps({**_stretch(what), "files": made, "left_out": left_out}, indent=1, allow_nan=False))
    else:
        length = what.end_seconds - what.start_seconds
        console = Console()
        console.print(f"From {what.start_seconds:.3f} s of the reference clock, {length:.3f} s:", highlight=False)
        for file in made:
            console.print(f"  {printable(_line(file))}", highlight=False, markup=False, soft_wrap=True)
    errors = Console(stderr=True)
    for id, reasons in what.left_out:
        errors.print(printable(f"{id}: left out. {reasons}"), highlight=False, markup=False, soft_wrap=True)


def _line(file: _Made) -> str:
    """What was made, in a line."""
    counts = {"copied": file.get("frames_copied", 0), "encoded": file.get("frames_encoded", 0)}
    parts = [f"{count} frames {how}" for how, count in counts.items() if count]
    if file.get("first_frame_seconds") is not None:
        parts.append(f"first frame after {file['first_frame_seconds'] * 1000:.1f} ms")
    if file.get("remark"):
        parts.append(file["remark"])
    return f"{file['path']}: {', '.join(parts)}" if parts else str(file["path"])
