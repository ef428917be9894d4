"""`viewsync detect`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from viewsync.commands.terminal import progress_bars

if TYPE_CHECKING:
    from viewsync.association.readers.rows import Stage
    from viewsync.timeline.clock import ClockMap
    from viewsync.types import Recording


@dataclass(frozen=True)
class Detect:
    """Find people in pictures of several cameras, as boxes: what association is trained on and works on.

    Exit codes: 0 done, also where nobody was found; 2 bad usage or unreadable input.
    """

    inputs: Positional[tuple[Path, ...]]
    """Videos that were lined up, one per camera, or one folder of pictures called frame_camera.jpg."""
    out: Annotated[Path, arg(aliases=["-o"])] = Path("viewsync-boxes")
    """Folder for detections.json (Self-MVA's), mot/ (a text file per camera), and views.json of videos."""
    timeline: Path | None = None
    """timeline.json of the videos, where their times aren't the same."""
    every: int = 1
    """Look at every n-th frame of the first video, and at what the others show then."""
    size: int = 512
    """Long side in pixels of what the network sees, 256 to 640: larger for people who are small in the picture."""
    parts: int = 1
    """Look also at so many x so many parts of each picture: for more than six people, or small ones. 1 to 4."""

    def run(self) -> int:
        """Find people, write their boxes, and say how many there are."""
        from rich.console import Console

        from viewsync.association.detection import detect, write_detections
        from viewsync.files import prepare_folder

        stage = self._stage()
        prepare_folder(self.out)
        with progress_bars() as progress:
            rows = detect(stage, size=self.size, parts=self.parts, progress=progress)
        written = write_detections(rows, stage, self.out)
        for view, camera in enumerate(stage.cameras):
            frames = sum(cell[1] == view for cell in stage.pictures)
            found = f"{camera}: {int((rows.views == view).sum())} boxes of people in {frames} pictures."
            Console().print(found, highlight=False, markup=False, soft_wrap=True)
        Console().print(f"Wrote {', '.join(map(str, written))}", highlight=False, markup=False, soft_wrap=True)
        return 0

    def _stage(self) -> "Stage":
        from viewsync.association.detection import stage_of_videos
        from viewsync.association.readers.detections import stage_of_pictures
        from viewsync.media.probe import probe_all
        from viewsync.types import InputError

        if not self.inputs:
            raise InputError("name a video per camera, or a folder of pictures: viewsync detect cam1.mp4 cam2.mp4.")
        if len(self.inputs) == 1 and self.inputs[0].is_dir():
            if self.timeline is not None or self.every != 1:
                raise InputError(
                    "--timeline and --every are for videos, but a folder of pictures was named. Leave them out."
                )
            return stage_of_pictures(self.inputs[0], None)
        recordings = probe_all(self.inputs)
        return stage_of_videos(recordings, self._clocks(recordings), self.every)

    def _clocks(self, recordings: "list[Recording]") -> "dict[str, ClockMap]":
        """From each recording's time to the reference's, as the timeline tells."""
        from viewsync.outputs.timeline_json import read
        from viewsync.timeline.clock import ClockMap
        from viewsync.types import InputError

        if self.timeline is None:
            return {}
        told = {camera["id"]: camera for camera in read(self.timeline)["cameras"]}
        clocks = {}
        for recording in recordings:
            offset_seconds = told[recording.id]["offset_seconds"] if recording.id in told else None
            if offset_seconds is None:
                raise InputError(
                    f"{self.timeline} ties no camera {recording.id} to the others. Leave it out, or sync it first."
                )
            clocks[recording.id] = ClockMap(offset_seconds, 1e-6 * (told[recording.id]["rate_ppm"] or 0.0))
        return clocks
