"""Suite `check`: frames and sound taken out of recordings in sync, to be found; and recordings in sync left as they are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from scipy.io import wavfile

from viewsync.audit.check import check
from viewsync.audit.follow import Jump
from viewsync.audit.verdict import Audit, SyncVerdict
from viewsync.benchmarks.row import Bar, Row, measured, skipped
from viewsync.benchmarks.scenes import RealScene, caliscope_long, caliscope_short, handpose3d, pose2sim
from viewsync.benchmarks.sounds import SoundScene, bbc_audio, nara_wpe
from viewsync.store import Store
from viewsync.types import InputError
from viewsync.worlds.drawn import Scene, SketchCamera, hear, sound_track, write_video

SUITE = "check"
FRAMES = (1, 2, 5)
_NEAR_SECONDS = 1.0
_SCENE_SECONDS = 25.0
_FPS = 30


@dataclass(frozen=True)
class Trial:
    """A pair out of one of whose files something was taken."""

    audit: Audit
    seconds: float
    """Where, on that file's clock."""
    size_seconds: float
    """What that does to the offset."""

    @property
    def jumps(self) -> list[Jump]:
        """All that were reported."""
        return [jump for pair in self.audit.pairs for finding in pair.findings for jump in finding.track.jumps]

    @property
    def found(self) -> Jump | None:
        """The reported jump nearest to the true one, if there is one within a second."""
        near = min(self.jumps, key=lambda jump: abs(jump.seconds - self.seconds), default=None)
        return near if near is not None and abs(near.seconds - self.seconds) <= _NEAR_SECONDS else None


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """Take runs of frames, and stretches of sound, out of one file of a pair; and audit real pairs as they are."""
    rows: list[Row] = []
    with TemporaryDirectory() as folder:
        work = Path(folder)
        store = Store(work / "store")
        try:
            rows += _picture_rows("handpose3d", [handpose3d(data).sources], seed, 2 if quick else 6, work, store)
        except InputError as error:
            rows.append(skipped(SUITE, "handpose3d", str(error)))
        drawn = [_drawn(seed + number, work) for number in range(1 if quick else 4)]
        rows += _picture_rows("drawn scenes, 25 s", drawn, seed, 1 if quick else 2, work, store)
        rows += _sound_rows(seed, 2 if quick else 6, work)
        rows += _untouched_rows(data, work, store)
    return rows


# ── pictures ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _picture_rows(
    scene: str, pairs: Sequence[Sequence[Path]], seed: int, places: int, folder: Path, store: Store
) -> list[Row]:
    rows = []
    for count in FRAMES:
        rng = np.random.default_rng([seed, 7, count])
        trials = [_lost_frames(pair, count, rng, folder, store) for pair in pairs for _ in range(places)]
        # The bar is on two frames of the real hand.
        bar = Bar(at_least=75) if count == 2 and scene == "handpose3d" else None
        rows += _rows(f"{scene}, {count} {'frame' if count == 1 else 'frames'} lost", trials, bar)
    audits = [check(pair, cues=("motion",), store=store) for pair in pairs]
    return [*rows, *_null_rows(f"{scene}, untouched", audits)]


def _drawn(seed: int, folder: Path) -> list[Path]:
    """Two views of a drawn scene, in sync."""
    rng = np.random.default_rng([seed, 8])
    scene = Scene(1000 + seed, ("figures", "tumblers")[seed % 2], bodies=2)
    paths = [folder / f"drawn{seed}-{view}.mp4" for view in (1, 2)]
    for view, path in enumerate(paths):
        camera = SketchCamera(
            2 * seed + view, azimuth_degrees=float(rng.uniform(0, 360)), duration_seconds=_SCENE_SECONDS, fps=_FPS
        )
        write_video(scene, camera, path)
    return paths


def _lost_frames(pair: Sequence[Path], count: int, rng: np.random.Generator, folder: Path, store: Store) -> Trial:
    """A run of frames gone from one of two files, somewhere in its middle 60 %."""
    with av.open(pair[0]) as container:
        whole = container.streams.video[0].frames
    at, which = int(rng.uniform(0.2, 0.8) * whole), int(rng.integers(2))
    shorter = folder / "shorter.mp4"
    drop_frames(pair[which], at, count, _FPS, shorter)
    audit = check([pair[1 - which], shorter], cues=("motion",), store=store)
    return Trial(audit, at / _FPS, count / _FPS)


def drop_frames(source: Path, at: int, count: int, fps: int, target: Path) -> None:
    """Re-encode a video near-losslessly without frames [at, at + count), its frames numbered through from zero."""
    with av.open(source) as reader, av.open(target, "w") as writer:
        pictures = reader.streams.video[0]
        stream = writer.add_stream("libx264", rate=fps, options={"crf": "12", "preset": "superfast"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = pictures.width, pictures.height, "yuv420p"
        kept = (frame for number, frame in enumerate(reader.decode(pictures)) if not at <= number < at + count)
        for number, frame in enumerate(kept):
            frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, fps), 0
            writer.mux(stream.encode(frame))
        writer.mux(stream.encode())


# ── sound ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _sound_rows(seed: int, places: int, folder: Path) -> list[Row]:
    rows, audits = [], []
    for lost_seconds in (0.03, 0.1):
        rng = np.random.default_rng([seed, 9, round(1000 * lost_seconds)])
        trials = []
        for number in range(places):
            track = sound_track(seed + number, _SCENE_SECONDS)
            heard = [hear(track, SketchCamera(view, duration_seconds=_SCENE_SECONDS), 0.003 * view) for view in (0, 1)]
            paths = [folder / f"heard{view}.wav" for view in (0, 1)]
            at = float(rng.uniform(0.2, 0.8)) * _SCENE_SECONDS
            first, stop = round(at * track.rate_hz), round((at + lost_seconds) * track.rate_hz)
            wavfile.write(paths[0], track.rate_hz, heard[0].samples)
            wavfile.write(paths[1], track.rate_hz, heard[1].samples)
            audits.append(check(paths))
            wavfile.write(paths[1], track.rate_hz, np.delete(heard[1].samples, np.s_[first:stop]))
            trials.append(Trial(check(paths), at, lost_seconds))
        rows += _rows(f"sound, {1000 * lost_seconds:g} ms lost", trials, Bar(at_least=75))
    return [*rows, *_null_rows("sound, untouched", audits)]


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _rows(scene: str, trials: Sequence[Trial], found_bar: Bar | None) -> list[Row]:
    n = len(trials)
    hits = [(trial, trial.found) for trial in trials]
    places = [abs(jump.seconds - trial.seconds) for trial, jump in hits if jump is not None]
    sizes = [1e3 * abs(jump.size_seconds - trial.size_seconds) for trial, jump in hits if jump is not None]
    false = sum(len(trial.jumps) - (jump is not None) for trial, jump in hits)
    passed = sum(trial.audit.verdict is SyncVerdict.IN_SYNC for trial in trials)
    return [
        measured(SUITE, scene, "found within 1 s", 100 * len(places) / n, "%", n, found_bar),
        measured(SUITE, scene, "|place error| median", _median(places), "s", len(places)),
        measured(SUITE, scene, "|size error| median", _median(sizes), "ms", len(sizes)),
        measured(SUITE, scene, "jumps reported elsewhere", false, "", n),
        measured(SUITE, scene, "called in sync", passed, "", n),
    ]


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None


def _null_rows(scene: str, audits: Sequence[Audit]) -> list[Row]:
    findings = [finding for audit in audits for pair in audit.pairs for finding in pair.findings]
    pairs = [pair for audit in audits for pair in audit.pairs]
    jumps = sum(len(finding.track.jumps) for finding in findings)
    wrong = sum(pair.verdict is SyncVerdict.OUT_OF_SYNC for pair in pairs)
    passed = sum(pair.verdict is SyncVerdict.IN_SYNC for pair in pairs)
    return [
        measured(SUITE, scene, "jumps reported", jumps, "", len(pairs), Bar(at_most=0)),
        measured(SUITE, scene, "called out of sync", wrong, "", len(pairs), Bar(at_most=0)),
        measured(SUITE, scene, "called in sync", passed, "", len(pairs)),
    ]


def _untouched_rows(data: Path | None, folder: Path, store: Store) -> Iterator[Row]:
    """Real recordings that are in sync, as they are."""
    for load_scene in (caliscope_short, caliscope_long, pose2sim):
        yield from _untouched(load_scene.__name__, partial(_files, load_scene, data), store)
    for load_sound in (nara_wpe, bbc_audio):
        yield from _untouched(load_sound.__name__, partial(_whole_tracks, load_sound, data, folder), store)


def _untouched(name: str, files: Callable[[], Sequence[Path]], store: Store) -> list[Row]:
    try:
        return _null_rows(f"{name}, untouched", [check(files(), store=store)])
    except InputError as error:
        return [skipped(SUITE, name, str(error))]


def _files(load: Callable[[Path | None], RealScene], data: Path | None) -> Sequence[Path]:
    return load(data).sources


def _whole_tracks(load: Callable[[Path | None], SoundScene], data: Path | None, folder: Path) -> Sequence[Path]:
    scene = load(data)
    return [scene.clip(track, 0, scene.tracks.shape[1], folder).path for track in range(min(4, len(scene.tracks)))]
