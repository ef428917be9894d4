"""Calibration of a scene's cameras, in the formats that the field uses."""

from pathlib import Path

from viewsync.calibration.aniposelib import write_aniposelib
from viewsync.calibration.moving import write_moving
from viewsync.calibration.wildtrack import write_wildtrack
from viewsync.worlds.truth.instants import world_seconds
from viewsync.worlds.world import World


def write_calibration(world: World, folder: Path) -> None:
    """`calibration/cameras.json` with every frame's pose, at the middle of its middle row.

    Of cameras that stand still also `Calib.toml` (aniposelib, Pose2Sim) and `intrinsic_zero`, `intrinsic_original` and
    `extrinsic` (WILDTRACK), all in the same folder.
    """
    target = folder / "calibration"
    poses = tuple(camera.through(world_seconds(camera)) for camera in world.cameras)
    write_moving(poses, target / "cameras.json")
    if not any(camera.moves for camera in poses):
        still = [camera.at_frame(0) for camera in poses]
        write_aniposelib(still, target / "Calib.toml")
        write_wildtrack(still, target)
