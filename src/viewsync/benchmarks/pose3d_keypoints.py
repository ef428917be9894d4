"""Suite `pose3d-keypoints`: joints in space from the keypoints of cameras that aren't in sync, real and made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from viewsync.benchmarks.keypoint_takes import pose2sim
from viewsync.benchmarks.row import Bar, Row, measured, skipped
from viewsync.benchmarks.takes import data_folder, existing
from viewsync.calibration import cameras_for, read_cameras
from viewsync.geometry.camera import CalibratedCamera
from viewsync.pose3d.files import read_trc
from viewsync.pose3d.lift import lift, shifted
from viewsync.pose3d.metrics import Mpjpe, mpjpe
from viewsync.pose3d.shifts import residual_shifts
from viewsync.pose3d.tracks import View, tracks_of
from viewsync.sync import sync
from viewsync.timeline.clock import ClockMap
from viewsync.types import InputError, Poses

SUITE = "pose3d-keypoints"
MAX_SHIFT_SECONDS = 0.3
_SHIFTS, _QUICK_SHIFTS = (-15, -6, 6, 15), (-15,)
"""In frames at 60 Hz: up to 0.25 s."""
_RECOVERED = Bar(at_least=0.5)
_LATENCIES_SECONDS = (8 / 50, 32 / 50, 64 / 50)
_WORLDS, _QUICK_WORLDS, _FIRST_SEED = 4, 1, 3_000_000
_SECONDS, _NOISE_PIXELS = 12.0, 4.0
_HZ = 50
WAYS = ("in sync", "as if in sync", "viewsync sync", "joint shifts")


Points = Float[np.ndarray, "frame joint 3"]


@dataclass(frozen=True)
class Errors:
    """Of one way to place joints."""

    mpjpe: Mpjpe
    missing_share: float
    """Of the true joints: what this way didn't find."""


@dataclass(frozen=True)
class Scene:
    """What several cameras saw of a person, and where the joints truly were."""

    cameras: Mapping[str, CalibratedCamera]
    """The reference first."""
    poses: Mapping[str, Poses]
    """By camera; times are those of the common clock."""
    joints: tuple[str, ...]
    truth_metres: Points
    """At the instants of the source's frames, which all cameras share."""

    def cut(self, starts: Mapping[str, int], length: int) -> dict[str, Poses]:
        """Equally long clips, each on a clock that begins with it."""
        return {name: _cut(self.poses[name], start, length) for name, start in starts.items()}


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """All rows of the suite."""
    try:
        rows = _real(pose2sim_scene(data), quick)
    except InputError as error:
        rows = [skipped(SUITE, "pose2sim keypoints, cameras 1, 2, 4", str(error))]
    try:
        return [*rows, *_made(seed, quick)]
    except ImportError as error:
        return [*rows, skipped(SUITE, "world lab", f"needs the extra worlds ({error})")]


# ── a real person ─────────────────────────────────────────────────────────────────────────────────────────────────


def pose2sim_scene(data: Path | None) -> Scene:
    """The balancing trial, cameras 1, 2 and 4, and where Pose2Sim put the joints, from all four cameras.

    Raises:
        InputError: The data set isn't there.
    """
    folder = data_folder(data) / "pose2sim_openpose"
    poses = pose2sim(data).cameras
    cameras = cameras_for(read_cameras(existing(folder / "Calib.toml")), list(poses))
    # Its frame 1, at 1/60 s, is the cameras' frame 0.
    joints, _, points = read_trc(existing(folder / "S00_P00_T01_BalancingTrial_0-100.trc"))
    return Scene({id: replace(camera, name=id) for id, camera in cameras.items()}, poses, joints, points)


def _real(scene: Scene, quick: bool) -> list[Row]:
    rows: list[Row] = []
    left: dict[str, list[float]] = {way: [] for way in WAYS}
    shares: dict[str, list[float]] = {way: [] for way in WAYS}
    for moved in scene.cameras:
        for frames in _QUICK_SHIFTS if quick else _SHIFTS:
            errors = _errors(scene, moved, frames)
            excess = {way: errors[way].mpjpe.absolute_mm - errors["in sync"].mpjpe.absolute_mm for way in WAYS}
            for way in WAYS:
                left[way].append(excess[way])
                shares[way].append(1 - excess[way] / excess["as if in sync"])
            rows += [_row(f"pose2sim, {moved} {1000 * frames / 60:+.0f} ms", way, errors[way]) for way in WAYS]
    for way in ("viewsync sync", "joint shifts"):
        share = 1 - sum(left[way]) / sum(left["as if in sync"])
        note = f"least {min(shares[way]):.2f}; most that is left {max(left[way]):.1f} mm"
        bar = _RECOVERED if way == "joint shifts" else None
        metric = f"{way}: share of the excess error recovered"
        rows.append(measured(SUITE, "pose2sim, all shifts", metric, share, "", len(left[way]), bar, note))
    return rows


def _errors(scene: Scene, moved: str, frames: int) -> dict[str, Errors]:
    """Of one camera whose clip was begun by some frames later than it says; lengths are equal."""
    margin = max(_SHIFTS)
    length = len(scene.truth_metres) - 2 * margin
    starts = {name: margin + frames * (name == moved) for name in scene.cameras}
    reference = next(iter(starts))
    aligned, apart = scene.cut(dict.fromkeys(starts, starts[reference]), length), scene.cut(starts, length)
    truth = scene.truth_metres[starts[reference] : starts[reference] + length]
    same = views_of(scene, apart)
    ways = {
        "in sync": views_of(scene, aligned),
        "as if in sync": same,
        "viewsync sync": views_of(scene, apart, _synced(scene, apart)),
        "joint shifts": shifted(same, residual_shifts(same, MAX_SHIFT_SECONDS)),
    }
    return errors_of({way: _found(scene, views) for way, views in ways.items()}, truth, scene.joints)


def errors_of(found: Mapping[str, Points], truth: Points, joints: Sequence[str]) -> dict[str, Errors]:
    """Of each way, on those joints that all of them find."""
    missing = np.any([np.isnan(points).any(axis=2) for points in found.values()], axis=0)
    common = np.where(missing[..., None], np.nan, truth)
    there = np.isfinite(truth).all(axis=2)
    return {
        way: Errors(
            mpjpe(points, common, joints), float(np.isnan(points[there]).any(axis=1).mean())
        )
        for way, points in found.items()
    }  # fmt: skip


def views_of(scene: Scene, clips: Mapping[str, Poses], clocks: Mapping[str, ClockMap] | None = None) -> list[View]:
    """Cameras with their clips, whose clocks lead to the reference's; without one, as if in sync."""
    known = clocks or {}
    return [
        View(camera, tracks_of(clips[id], camera, known.get(id, ClockMap(0.0)), scene.joints))
        for id, camera in scene.cameras.items()
    ]  # fmt: skip


def _synced(scene: Scene, clips: Mapping[str, Poses]) -> dict[str, ClockMap]:
    """Clocks by `viewsync sync`; cameras that it doesn't tie are left out, and so taken as if in sync."""
    timeline = sync(cues=("pose",), poses=clips, calibration=scene.cameras, reference=next(iter(scene.cameras)))
    return {
        camera.id: ClockMap(camera.offset_seconds, camera.rate or 0.0)
        for camera in timeline.cameras
        if camera.offset_seconds is not None
    }


def _found(scene: Scene, views: Sequence[View], late_seconds: float | None = None) -> Points:
    return lift(views, scene.joints, views[0].tracks.seconds, late_seconds=late_seconds).points_metres


def _row(scene: str, way: str, errors: Errors, bar: Bar | None = None) -> Row:
    one = errors.mpjpe
    note = f"relative {one.relative_mm:.1f} mm; {100 * errors.missing_share:.1f} % of the joints missing"
    return measured(SUITE, scene, f"{way}: absolute MPJPE", one.absolute_mm, "mm", one.frames, bar, note)


def _cut(poses: Poses, start: int, length: int) -> Poses:
    rows = (poses.frames >= start) & (poses.frames < start + length)
    seconds = poses.pts_seconds[start : start + length]
    return replace(
        poses, pts_seconds=seconds - seconds[0], frames=poses.frames[rows] - start, tracks=poses.tracks[rows],
        pixels=poses.pixels[rows], confidence=poses.confidence[rows],
    )  # fmt: skip


# ── made people ───────────────────────────────────────────────────────────────────────────────────────────────────


def lab_scene(seed: int) -> Scene:
    """World `lab`: four cameras about a person at 50 Hz, exact keypoints and a detector's noise.

    Raises:
        ImportError: The extra `worlds` isn't installed.
    """
    from viewsync.worlds.keypoints import seen_poses
    from viewsync.worlds.people.joints import JOINTS
    from viewsync.worlds.presets import preset_named
    from viewsync.worlds.presets.wishes import Wishes
    from viewsync.worlds.truth.human36m import HUMAN36M_17

    wishes = Wishes(seconds=_SECONDS, size=(1000, 1000), max_offset_seconds=0, max_rate_ppm=0)
    world = preset_named("lab").build("lab", seed, wishes)
    poses = {
        camera.name: seen_poses(world, camera, noise_pixels=_NOISE_PIXELS, seed=seed, joints=HUMAN36M_17)
        for camera in world.cameras
    }
    (person,), first = world.people, world.cameras[0]
    bodies = person.body.joints(person.performance.poses(first.clock.world_seconds(poses[first.name].pts_seconds)))
    truth = bodies[:, [JOINTS.index(name) for name in HUMAN36M_17]]
    return Scene({camera.name: camera.at(0.0) for camera in world.cameras}, poses, HUMAN36M_17, truth)


def _made(seed: int, quick: bool) -> list[Row]:
    scenes = [lab_scene(_FIRST_SEED + seed * _WORLDS + number) for number in range(_QUICK_WORLDS if quick else _WORLDS)]
    rows = []
    for latency in _LATENCIES_SECONDS:
        apart, late = [], []
        for number, scene in enumerate(scenes):
            apart.append(_apart(scene, latency, np.random.default_rng([seed, number])))
            late.append(_late(scene, latency))
        for name, errors in ((f"lab, clocks up to {latency:g} s apart", apart), (f"lab, frames {latency:g} s late", late)):
            rows += [_row(name, way, _mean([one[way] for one in errors])) for way in errors[0]]
    return rows


def _apart(scene: Scene, latency_seconds: float, rng: np.random.Generator) -> dict[str, Errors]:
    """Every camera but the reference has a clock that is off by a constant, even over ± the latency."""
    reach = round(latency_seconds * _HZ)
    length = len(scene.truth_metres) - 2 * reach
    starts = {name: reach + int(rng.integers(-reach, reach + 1)) for name in scene.cameras}
    starts[next(iter(starts))] = reach
    same = views_of(scene, scene.cut(starts, length))
    ways = {
        "in sync": views_of(scene, scene.cut(dict.fromkeys(starts, reach), length)),
        "as if in sync": same,
        "joint shifts": shifted(same, residual_shifts(same, latency_seconds + 0.1)),
    }
    found = {way: _found(scene, views) for way, views in ways.items()}
    return errors_of(found, scene.truth_metres[reach : reach + length], scene.joints)


def _late(scene: Scene, latency_seconds: float) -> dict[str, Errors]:
    """Clocks are known, but frames of all cameras but the reference are there only so much later."""
    first, *others = views_of(scene, scene.poses)
    held = [first, *(replace(view, tracks=view.tracks.moved(latency_seconds)) for view in others)]
    found = {
        "in time": _found(scene, [first, *others]),
        "last frames, as if in time": _found(scene, held),
        "predicted": _found(scene, [first, *others], latency_seconds),
    }
    return errors_of(found, scene.truth_metres, scene.joints)


def _mean(errors: Sequence[Errors]) -> Errors:
    """Over scenes."""
    relative, absolute, missing = (
        float(np.mean(values))
        for values in zip(
            *((one.mpjpe.relative_mm, one.mpjpe.absolute_mm, one.missing_share) for one in errors), strict=True
        )
    )
    frames = sum(one.mpjpe.frames for one in errors)
    return Errors(Mpjpe(relative, absolute, frames, float(np.mean([one.mpjpe.missing_share for one in errors]))), missing)
