"""`viewsync sync`."""

import json
import math
import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, UseAppendAction, arg

from viewsync.commands.terminal import EXIT_UNTIED, progress_bars

if TYPE_CHECKING:
    from viewsync.types import Timeline


@dataclass(frozen=True)
class Sync:
    """Find every camera's offset and drift; write timeline.json, frames.csv and report.html.

    Exit codes: 0 every camera tied; 2 bad usage or unreadable input; 3 at least one camera could not be tied.
    """

    files: Positional[tuple[Path, ...]]
    """Two or more recordings of one scene: files with video or sound, or folders of chapters or pictures."""
    poses: Annotated[tuple[Path, ...], arg(metavar="PATH …", help_behavior_hint="(default: look for people)")] = ()
    """What was seen in the recordings, or instead of them: keypoints in any format of docs/keypoints.md, one camera or
    several per file or folder. Those called like a video (cam1 and cam1.mp4) are that video's."""
    fps: Annotated[float | None, arg(metavar="RATE", help_behavior_hint="(default: their files tell times)")] = None
    """Frame rate of keypoints that have no video."""
    calibration: Annotated[Path | None, arg(metavar="PATH", help_behavior_hint="(default: none)")] = None
    """The cameras, or at least their lenses, in any format of docs/calibration.md, named like the recordings."""
    identities: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="(default: found out)")] = None
    """Who is who across cameras: JSON, {"cam1": {"0": "anna"}, "cam2": {"3": "anna"}}, by the tracks of --poses."""
    out: Annotated[Path, arg(aliases=["-o"])] = Path("viewsync-out")
    """Folder for the results."""
    ref: str | None = None
    """Camera (file name without extension) whose clock is the reference; by default the one tied to most others."""
    max_offset: float = math.inf
    """Largest offset considered, in seconds."""
    min_overlap: float = 0.5
    """Least common time for an offset to be considered, in seconds."""
    cue: str = "audio,motion,flash,pose"
    """What to go by: audio, motion, stereo, flash, pose, synnet, or several with commas between."""
    anchor: Annotated[tuple[str, ...], UseAppendAction] = ()
    """A camera's offset on the clock of --ref as you noted it, with its standard error, like cam2=12.3±0.1 (or
    12.3+-0.1), in seconds. It helps to choose between offsets that the footage supports. Can be given several times."""
    clock_std: float | None = None
    """Trust the files' own time codes and creation times to this standard error, in seconds; by default not at all."""
    cache: bool = True
    """Keep what was read and measured for the next run (in $VIEWSYNC_CACHE, or the user's cache folder)."""
    json: bool = False
    """Print the result as JSON on stdout, and nothing else there."""

    def run(self) -> int:
        """Synchronize the files, write the results and say what was found."""
        from viewsync.commands.seen import read_seen
        from viewsync.files import prepare_folder
        from viewsync.match.hints import Anchor
        from viewsync.media.keypoints.identities import read_identities
        from viewsync.store import Store, cache_folder
        from viewsync.sync import read_all, sync
        from viewsync.types import Search

        search = Search(self.max_offset, self.min_overlap)
        anchors = [Anchor.parse(text) for text in self.anchor]
        identities = None if self.identities is None else read_identities(self.identities)
        prepare_folder(self.out)
        store = Store(cache_folder() / "signals" if self.cache else None)
        cues = tuple(part.strip() for part in self.cue.split(","))
        recordings = read_all(self.files, store) if self.poses or self.calibration else []
        seen = read_seen(self.poses, self.fps, self.calibration, cues, recordings)
        with progress_bars() as progress:
            timeline = sync(
                self.files,
                reference=self.ref,
                cues=cues,
                search=search,
                store=store,
                progress=progress,
                hints=anchors,
                clock_std_seconds=self.clock_std,
                poses=seen.poses,
                calibration=seen.cameras,
                identities=identities,
            )
        cameras = tuple(replace(camera, recording=seen.placed(camera.recording)) for camera in timeline.cameras)
        return publish(replace(timeline, cameras=cameras), self.out, self.json)


def publish(timeline: "Timeline", out: Path, as_json: bool) -> int:
    """Write the results, say what was found, and return the exit code."""
    from rich.console import Console

    from viewsync.media import still
    from viewsync.media.pictures import excerpt
    from viewsync.outputs import timeline_json
    from viewsync.outputs.frame_map import frame_map, write_frame_map
    from viewsync.outputs.phrasing import printable
    from viewsync.outputs.report import write_report
    from viewsync.outputs.table import summary

    command = shlex.join(["viewsync", *sys.argv[1:]])
    timeline_json.write(timeline, out / "timeline.json", command)
    write_frame_map(frame_map(timeline), out / "frames.csv")
    with progress_bars() as progress:
        write_report(timeline, out / "report.html", still, excerpt, progress)
    if as_json:
        print(json.dumps(timeline_json.to_json(timeline, command), indent=1, allow_nan=False))
    else:
        Console().print(summary(timeline))
        print(printable(f"Wrote timeline.json, frames.csv and report.html to {out}"))
    for camera in timeline.cameras:
        if camera.offset_seconds is None:
            print(printable(f"{camera.id}: {camera.verdict}. {' '.join(camera.reasons)}"), file=sys.stderr)
    return 0 if timeline.all_tied else EXIT_UNTIED
