"""`viewsync check`."""

import json
import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from viewsync.commands.terminal import EXIT_OUT_OF_SYNC, EXIT_UNTIED, progress_bars


@dataclass(frozen=True)
class Check:
    """Audit files that should be in sync: residual offset over time, drift, and jumps.

    Exit codes: 0 all in sync; 1 out of sync; 2 bad usage or unreadable input; 3 the footage can't tell.
    """

    files: Positional[tuple[Path, ...]]
    """Two or more recordings of one scene whose time stamps claim one clock."""
    poses: Annotated[tuple[Path, ...], arg(metavar="PATH …", help_behavior_hint="(default: look for people)")] = ()
    """What was seen in the recordings, or instead of them, as for viewsync sync."""
    fps: Annotated[float | None, arg(metavar="RATE", help_behavior_hint="(default: their files tell times)")] = None
    """Frame rate of keypoints that have no video."""
    calibration: Annotated[Path | None, arg(metavar="PATH", help_behavior_hint="(default: none)")] = None
    """The cameras, or at least their lenses, as for viewsync sync."""
    ref: str | None = None
    """Recording (file name without extension) to hold the others against; by default the first."""
    tolerance_ms: float | None = None
    """Largest offset that counts as in sync, in milliseconds; by default a frame interval of the slowest camera."""
    cue: str = "audio,motion,pose"
    """What to go by: audio, motion, pose, or several with commas between."""
    out: Annotated[Path | None, arg(aliases=["-o"])] = None
    """Folder for audit.json; by default nothing is written."""
    cache: bool = True
    """Keep what was read for the next run (in $VIEWSYNC_CACHE, or the user's cache folder)."""
    json: bool = False
    """Print the result as JSON on stdout, and nothing else there."""

    def run(self) -> int:
        """Audit the files and say what was found."""
        from rich.console import Console

        from viewsync.audit.audit_json import to_json
        from viewsync.audit.check import check
        from viewsync.audit.table import summary
        from viewsync.audit.verdict import SyncVerdict
        from viewsync.commands.seen import read_seen
        from viewsync.files import prepare_folder, write_whole
        from viewsync.store import Store, cache_folder
        from viewsync.sync import read_all

        if self.out is not None:
            prepare_folder(self.out)
        store = Store(cache_folder() / "signals" if self.cache else None)
        cues = tuple(part.strip() for part in self.cue.split(","))
        recordings = read_all(self.files, store) if self.poses or self.calibration else []
        seen = read_seen(self.poses, self.fps, self.calibration, cues, recordings)
        with progress_bars() as progress:
            audit = check(
                self.files,
                reference=self.ref,
                cues=cues,
                tolerance_seconds=None if self.tolerance_ms is None else self.tolerance_ms / 1e3,
                store=store,
                progress=progress,
                poses=seen.poses,
                calibration=seen.cameras,
            )
        audit = replace(audit, recordings=tuple(map(seen.placed, audit.recordings)))
        text = json.dumps(to_json(audit, shlex.join(["viewsync", *sys.argv[1:]])), indent=1, allow_nan=False)
        if self.out is not None:
            write_whole(self.out / "audit.json", f"{text}\n".encode())
        if self.json:
            print(text)
        else:
            Console().print(summary(audit))
            if self.out is not None:
                Console().print(f"Wrote {self.out / 'audit.json'}", highlight=False, markup=False, soft_wrap=True)
        codes = {SyncVerdict.IN_SYNC: 0, SyncVerdict.OUT_OF_SYNC: EXIT_OUT_OF_SYNC, SyncVerdict.CANT_TELL: EXIT_UNTIED}
        return codes[audit.verdict]
