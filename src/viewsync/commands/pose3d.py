"""`viewsync pose3d`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

if TYPE_CHECKING:
    from viewsync.pose3d.lift import Joints3D
    from viewsync.pose3d.shifts import Shift
    from viewsync.pose3d.tracks import View
    from viewsync.timeline.clock import ClockMap

_SUSPECT_SHARE = 0.5
"""Of the distance up to which views agree: a usual error beyond it is worth a warning."""


@dataclass(frozen=True)
class Pose3D:
    """Triangulate a person's joints that calibrated cameras saw, also where the cameras aren't in sync.

    Exit codes: 0 done; 2 bad usage or unreadable input.
    """

    keypoints: Positional[tuple[Path, ...]]
    """What was seen, in any format of docs/keypoints.md, one camera or several per file or folder; two cameras at least."""
    calibration: Annotated[Path | None, arg(metavar="PATH", help_behavior_hint="(required)")] = None
    """The cameras, in any format of docs/calibration.md, in metres, named like the keypoints."""
    timeline: Path | None = None
    """timeline.json of the same cameras (viewsync sync --poses …), where their times aren't the same."""
    fps: Annotated[float | None, arg(metavar="RATE", help_behavior_hint="(default: their files tell times)")] = None
    """Frame rate of the keypoints."""
    ref: Annotated[str | None, arg(help_behavior_hint="(default: the timeline's, or the first)")] = None
    """Camera at whose frames the joints are told."""
    max_shift: float = 0.3
    """Look for what is left of each camera's offset up to so many seconds, by how well joints triangulate. 0: don't."""
    out: Annotated[Path, arg(aliases=["-o"])] = Path("viewsync-pose3d")
    """Folder for joints.trc and joints.csv."""

    def run(self) -> int:
        """Triangulate, write the joints, and say what was found."""
        from rich.console import Console

        from viewsync.files import prepare_folder
        from viewsync.pose3d.files import write_csv, write_trc
        from viewsync.pose3d.lift import lift, shifted
        from viewsync.pose3d.shifts import REFERENCE, residual_shifts
        from viewsync.types import InputError

        views, joints = self._views()
        prepare_folder(self.out)
        if self.max_shift < 0:
            raise InputError(f"--max-shift must be 0 seconds or more, got {self.max_shift:g}.")
        shifts = residual_shifts(views, self.max_shift) if self.max_shift else len(views) * (REFERENCE,)
        found = lift(shifted(views, shifts), joints, views[0].tracks.seconds)
        if len(found.never_seen) == len(joints):
            raise InputError(
                "no joint is seen by two cameras at one time, or they don't agree where it is. Check that the calibration "
                "is of these cameras, and their clocks (--timeline)."
            )
        write_trc(found, self.out / "joints.trc")
        write_csv(found, self.out / "joints.csv")
        for line in [*_clocks_said(views, shifts), *_said(found, views)]:
            Console().print(line, highlight=False, markup=False, soft_wrap=True)
        Console().print(f"Wrote joints.trc and joints.csv to {self.out}", highlight=False, markup=False, soft_wrap=True)
        return 0

    def _views(self) -> "tuple[list[View], tuple[str, ...]]":
        """The cameras, the reference first, with what each saw on the reference's clock; and all joints."""
        from viewsync.calibration.files import fitted
        from viewsync.commands.seen import read_seen
        from viewsync.geometry.camera import CalibratedCamera
        from viewsync.pose3d.tracks import View, tracks_of
        from viewsync.types import InputError

        if not self.keypoints or self.calibration is None:
            raise InputError(
                "name keypoints and a calibration: viewsync pose3d cam1_json cam2_json --calibration calib.toml."
            )
        seen = read_seen(self.keypoints, self.fps, self.calibration, ("pose",), ())
        missing = [id for id in seen.poses if not isinstance(seen.cameras.get(id), CalibratedCamera)]
        if missing:
            raise InputError(
                f"{self.calibration} doesn't say where {', '.join(missing)} stood. Add it, or leave its keypoints out."
            )
        if len(seen.poses) < 2:
            raise InputError(
                f"triangulation needs two cameras or more, got keypoints of {', '.join(seen.poses) or 'none'}. Name all of "
                f"the scene."
            )
        clocks = self._clocks(list(seen.poses))
        joints = tuple(dict.fromkeys(joint for poses in seen.poses.values() for joint in poses.joints))
        views = []
        for id, clock in clocks.items():
            camera, size = seen.cameras[id], seen.poses[id].size
            assert isinstance(camera, CalibratedCamera)
            named = replace(camera if size is None else fitted(camera, *size), name=id)
            views.append(View(named, tracks_of(seen.poses[id], named, clock, joints)))
        return views, joints

    def _clocks(self, ids: Sequence[str]) -> "dict[str, ClockMap]":
        """From each camera's time to the reference's, which comes first."""
        from viewsync.outputs.timeline_json import read
        from viewsync.timeline.clock import ClockMap
        from viewsync.types import InputError

        document = None if self.timeline is None else read(self.timeline)
        first = self.ref or (document["reference"] if document is not None and document["reference"] in ids else ids[0])
        if first not in ids:
            raise InputError(f"--ref {first}: there are no keypoints of that name. It must be one of: {', '.join(ids)}.")
        clocks = {id: ClockMap(0.0) for id in ids}
        if document is not None:
            told = {camera["id"]: camera for camera in document["cameras"]}
            for id in ids:
                offset_seconds = told[id]["offset_seconds"] if id in told else None
                if offset_seconds is None:
                    raise InputError(
                        f"{self.timeline} ties no camera {id} to the others. Leave its keypoints out, or sync it first."
                    )
                clocks[id] = ClockMap(offset_seconds, 1e-6 * (told[id]["rate_ppm"] or 0.0))
        home = clocks[first].inverse()
        return {id: clocks[id].then(home) for id in sorted(ids, key=lambda id: id != first)}


def _clocks_said(views: "Sequence[View]", shifts: "Sequence[Shift | None]") -> list[str]:
    """What was found of each clock."""
    said = []
    for view, shift in list(zip(views, shifts, strict=True))[1:]:
        if shift is None:
            said.append(
                f"{view.camera.name}: its clock couldn't be tested: too little moves, or others see too little of it."
            )
        elif shift.std_seconds:
            said.append(f"{view.camera.name}: put right by {shift.seconds:+.4f} s ± {shift.std_seconds:.4f} s.")
    return said


def _said(found: "Joints3D", views: "Sequence[View]") -> list[str]:
    """What was found of the joints, with reasons to distrust it."""
    import numpy as np

    from viewsync.pose3d.lift import inlier_pixels

    known = np.isfinite(found.points_metres).all(axis=2)
    usual, limit = float(np.nanmedian(found.error_pixels)), inlier_pixels([view.camera for view in views])
    said = [
        f"{100 * known.mean():.1f} % of {len(found.joints)} joints at {len(found.seconds)} instants of "
        f"{views[0].camera.name}, usually {usual:.1f} pixels from where they were seen."
    ]
    if found.never_seen:
        said.append(f"Missing throughout: {', '.join(found.never_seen)}: never seen by two cameras at one time.")
    if usual > _SUSPECT_SHARE * limit:
        said.append(
            "That is much: check that the calibration is of these cameras, that all see the same person, and their clocks."
        )
    return said
