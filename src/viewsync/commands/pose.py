"""`viewsync pose`."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional, arg

from viewsync.commands.terminal import progress_bars

if TYPE_CHECKING:
    from viewsync.types import Poses, Recording

Format = Literal["openpose", "coco", "tracks", "deeplabcut", "caliscope"]


@dataclass(frozen=True)
class Pose:
    """Find people's joints in videos, and follow them: 17 joints (COCO's) of up to six people per picture.

    Exit codes: 0 done, also where nobody was found; 2 bad usage or unreadable input.
    """

    files: Positional[tuple[Path, ...]]
    """Recordings with video."""
    out: Annotated[Path, arg(aliases=["-o"])] = Path("viewsync-poses")
    """Folder for the poses: per recording a file, or a folder for OpenPose; for Caliscope one xy.csv."""
    format: Format = "openpose"
    """Of the poses. tracks (a csv) tells everything, others leave out times, tracks, or joints (docs/pose.md)."""
    size: int = 384
    """Long side in pixels of what the network sees, 256 to 640: larger for people who are small in the picture."""
    refine: bool = False
    """Look at each person again with a second network: more exact, and slower (docs/pose.md)."""
    every: int = 1
    """Look at every n-th frame."""
    from_: Annotated[float | None, arg(name="from", metavar="SECONDS", help_behavior_hint="(default: its first frame)")] = (
        None
    )
    """Begin at this time of each recording (pts)."""
    to: Annotated[float | None, arg(metavar="SECONDS", help_behavior_hint="(default: its last frame)")] = None
    """End at this time of each recording (pts)."""
    draw: bool = False
    """Also write a picture per recording with skeletons drawn into a few frames."""

    def run(self) -> int:
        """Estimate poses, write them, and say what was found."""
        import math

        from rich.console import Console

        from viewsync.estimation.thunder import WEIGHTS
        from viewsync.estimation.videos import estimate_all
        from viewsync.files import prepare_folder
        from viewsync.media.pictures import video_of
        from viewsync.media.probe import probe_all
        from viewsync.types import InputError

        if not self.files:
            raise InputError("name at least one recording: viewsync pose cam1.mp4.")
        prepare_folder(self.out)
        recordings = probe_all(self.files)
        for recording in recordings:
            video_of(recording)
            self._check_free(recording)
        whole = self.from_ is None and self.to is None
        span = (-math.inf if self.from_ is None else self.from_, math.inf if self.to is None else self.to)
        with progress_bars() as progress:
            found = estimate_all(
                recordings,
                spans=None if whole else {recording.id: [span] for recording in recordings},
                every=self.every,
                size=self.size,
                refine=WEIGHTS if self.refine else None,
                progress=progress,
            )
        written = self._write(recordings, found)
        for recording in recordings:
            Console().print(_sentence(recording, found[recording.id]), highlight=False, markup=False, soft_wrap=True)
        Console().print(f"Wrote {', '.join(map(str, written))}", highlight=False, markup=False, soft_wrap=True)
        return 0

    def _check_free(self, recording: "Recording") -> None:
        """Refuse, before the work, to write OpenPose's files among others."""
        from viewsync.media.keypoints.openpose import frame_path
        from viewsync.media.pictures import video_of
        from viewsync.types import InputError

        folder = self.out / f"{recording.id}_json"
        if self.format != "openpose" or not folder.exists():
            return
        ours = {frame_path(self.out, recording.id, number) for number in range(len(video_of(recording).pts))}
        others = sorted(set(folder.iterdir()) - ours) if folder.is_dir() else [folder]
        if others:
            raise InputError(f"{others[0]} is there already and isn't of these poses. Remove it, or choose another --out.")

    def _write(self, recordings: "Sequence[Recording]", found: "Mapping[str, Poses]") -> list[Path]:
        """Every file, whole; their names."""
        from viewsync.media.keypoints import write_caliscope, write_coco, write_deeplabcut, write_tracks

        numbered = {recording.id: _numbered(recording, found[recording.id]) for recording in recordings}
        if self.format == "caliscope":
            written = [self.out / "xy.csv"]
            write_caliscope(numbered, written[0])
        else:
            written = []
            for id, poses in numbered.items():
                path = self.out / f"{id}.csv"
                if self.format == "openpose":
                    path = self._write_folder(id, poses)
                elif self.format == "coco":
                    write_coco(poses, path := self.out / f"{id}.json")
                elif self.format == "deeplabcut":
                    write_deeplabcut(poses, path)
                else:
                    write_tracks(poses, path)
                written.append(path)
        return written + ([self._draw(recording, found[recording.id]) for recording in recordings] if self.draw else [])

    def _write_folder(self, id: str, poses: "Poses") -> Path:
        """OpenPose's files, all in one step."""
        from viewsync.media.keypoints import write_openpose

        folder = self.out / f"{id}_json"
        with tempfile.TemporaryDirectory(prefix=".viewsync-", dir=self.out) as hidden:
            write_openpose(poses, Path(hidden), id)
            if folder.exists():
                os.rename(folder, Path(hidden) / "former")
            os.rename(Path(hidden) / folder.name, folder)
        return folder

    def _draw(self, recording: "Recording", poses: "Poses") -> Path:
        import cv2

        from viewsync.estimation.drawing import contact_sheet
        from viewsync.files import write_whole

        path = self.out / f"{recording.id}.png"
        _, png = cv2.imencode(".png", contact_sheet(recording, poses)[..., ::-1])
        write_whole(path, png.tobytes())
        return path


def _numbered(recording: "Recording", poses: "Poses") -> "Poses":
    """With all frames of the video: formats number the frames from 0, and readers take the numbers for the video's."""
    import numpy as np

    from viewsync.media.pictures import video_of

    seconds = video_of(recording).pts_seconds
    return replace(poses, pts_seconds=seconds, frames=np.searchsorted(seconds, poses.pts_seconds)[poses.frames])


def _sentence(recording: "Recording", poses: "Poses") -> str:
    """What was found in a recording."""
    import numpy as np

    frames = len(poses.pts_seconds)
    if not len(poses):
        return f"{recording.id}: nobody was found in {frames} frames."
    with_people, tracks = len(np.unique(poses.frames)), len(np.unique(poses.tracks))
    return f"{recording.id}: {tracks} track{'s' * (tracks != 1)} of people, in {with_people} of {frames} frames."
