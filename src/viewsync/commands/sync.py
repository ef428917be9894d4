"""`viewsync sync`."""

import json
import math
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from viewsync.commands.terminal import EXIT_UNTIED, progress_bars

if TYPE_CHECKING:
    from viewsync.types import Timeline


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
