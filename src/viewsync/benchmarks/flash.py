"""Suite `flash`: drawn scenes lit by flashes and lamps, filmed through rolling shutters, written as H.264."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from viewsync.benchmarks.row import Bar, Row, measured
from viewsync.media import frames, probe
from viewsync.signals import flash, motion
from viewsync.store import Store
from viewsync.sync import sync
from viewsync.types import PairOffset
from viewsync.worlds.drawn import Light, Scene, SketchCamera, truth, write_video

SUITE = "flash"
_SECONDS = 12.0
_FLASHES = 12
_WRONG_SECONDS = 0.001
"""Beyond three standard errors."""


@dataclass(frozen=True)
class Shot:
    """Two cameras' files of one scene, and who filmed them."""

    paths: tuple[Path, Path]
    cameras: tuple[SketchCamera, SketchCamera]


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """Tie pairs by their flashes alone; try what can't be tied; time the extractor. Needs no data."""
    with TemporaryDirectory() as folder:
        place, store = Path(folder), Store(Path(folder) / "store")
        flashes = [_shoot(_flashes, [seed, i], place / f"flash{i}") for i in range(3 if quick else 40)]
        rows = _located("flashes", flashes, store, within_ms=1.0)
        few = range(2 if quick else 10)
        steps = [_shoot(_steps, [seed, 1000 + i], place / f"step{i}") for i in few]
        rows += _located("lamps switched", steps, store, within_ms=1.0)
        at_once = [_shoot(_flashes, [seed, 2000 + i], place / f"global{i}", global_shutters=True) for i in few]
        rows += _located("flashes, global shutters", at_once, store)
        for name, make, first in (("no flash", _nothing, 3000), ("one flash", _one, 4000), ("strobe", _strobe, 5000)):
            shots = [_shoot(make, [seed, first + i], place / f"{make.__name__}{i}") for i in list(few)[:5]]
            rows.append(_refused(name, [shot.paths for shot in shots], store))
        turns = [flashes[i:] + flashes[:i] for i in (1, 2)]
        unrelated = [(x.paths[0], y.paths[1]) for turned in turns for x, y in zip(flashes, turned, strict=True)]
        rows.append(_refused("flashes of different scenes", unrelated, store))
        rows.append(_cost(flashes[0].paths[0]))
    return rows


def _located(scene: str, shots: list[Shot], store: Store, within_ms: float | None = None) -> list[Row]:
    found = [(_pair(shot.paths, store), truth(*shot.cameras)[0]) for shot in shots]
    tied = [(pair.offset_seconds, pair.offset_std_seconds, true) for pair, true in found if pair.offset_seconds is not None]
    offsets, stds, trues = np.array(tied, dtype=np.float64).reshape(-1, 3).T
    errors = np.abs(offsets - trues)
    n, wrong = len(tied), int(np.sum(errors > 3 * stds + _WRONG_SECONDS))
    sure = errors[stds < 1e-3]
    bar = None if within_ms is None else Bar(at_most=within_ms)

    def line(metric: str, value: float | None, unit: str, count: int, bar: Bar | None = None) -> Row:
        return measured(SUITE, scene, metric, value, unit, count, bar)

    return [
        line("tied", 100 * n / len(shots), "%", len(shots)),
        line("wrong", wrong, "", n, Bar(at_most=0)),
        line("|error| median", 1e3 * float(np.median(errors)) if n else None, "ms", n, bar),
        line("|error| P95", 1e3 * float(np.quantile(errors, 0.95)) if n else None, "ms", n),
        line("σ below 1 ms", 100 * len(sure) / n if n else None, "%", n),
        line("|error| largest where σ is below 1 ms", 1e3 * sure.max() if len(sure) else None, "ms", len(sure), bar),
        line("95 % intervals that hold", 100 * float(np.mean(errors <= 1.96 * stds)) if n else None, "%", n),
    ]


def _refused(scene: str, pairs: list[tuple[Path, Path]], store: Store) -> Row:
    refused = sum(_pair(paths, store).offset_seconds is None for paths in pairs)
    return measured(SUITE, scene, "refused", 100 * refused / len(pairs), "%", len(pairs), Bar(at_least=100))


def _pair(paths: tuple[Path, Path], store: Store) -> PairOffset:
    (pair,) = sync(paths, cues=("flash",), store=store).pairs
    return pair


def _cost(path: Path) -> Row:
    """CPU time of the extractor on decoded frames, relative to that of the motion cue."""
    pictures = list(frames(probe(path)))
    seconds = {}
    for name, extractor in (("flash", flash.Extractor()), ("motion", motion.Extractor())):
        begin = time.thread_time()
        for frame in pictures:
            extractor.push(frame)
        seconds[name] = time.thread_time() - begin
    note = f"{1e6 * seconds['flash'] / len(pictures):.0f} µs per frame"
    share = 100 * seconds["flash"] / seconds["motion"]
    return measured(SUITE, "extractor", "time beside the motion cue's", share, "%", len(pictures), Bar(at_most=20), note)


# ── lights ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _flashes(rng: np.random.Generator) -> Iterator[Light]:
    for seconds in rng.uniform(0, _SECONDS + 1, _FLASHES):
        yield Light(float(seconds), float(rng.uniform(0.3, 1.0)), flash_seconds=float(rng.uniform(0.0003, 0.001)))


def _steps(rng: np.random.Generator) -> Iterator[Light]:
    strength = float(rng.uniform(0.3, 0.8))
    for number, seconds in enumerate(np.sort(rng.uniform(0.5, _SECONDS, 8)).tolist()):
        yield Light(seconds, -strength if number % 2 else strength, "step")


def _nothing(rng: np.random.Generator) -> Iterator[Light]:
    yield from ()


def _one(rng: np.random.Generator) -> Iterator[Light]:
    yield Light(float(rng.uniform(2, _SECONDS - 2)))


def _strobe(rng: np.random.Generator) -> Iterator[Light]:
    period = float(rng.uniform(0.3, 1.0))
    yield from (Light(float(seconds)) for seconds in np.arange(-1, _SECONDS + 3, period))


_Lights = Callable[[np.random.Generator], Iterator[Light]]


def _shoot(make: _Lights, seed: list[int], folder: Path, global_shutters: bool = False) -> Shot:
    rng = np.random.default_rng([*seed, 8])
    folder.mkdir()
    scene = Scene(int(rng.integers(1 << 20)), bodies=int(rng.integers(1, 4)), lights=tuple(make(rng)))
    first, second = _camera(rng), _camera(rng)
    if global_shutters:
        # Open for most of the time, or hardly any flash would be seen by both.
        first, second = (
            replace(camera, readout_seconds=0.0, exposure_seconds=0.8 / float(camera.fps)) for camera in (first, second)
        )
    paths = folder / "a.mp4", folder / "b.mp4"
    for path, camera in zip(paths, (first, second), strict=True):
        write_video(scene, camera, path, crf=int(rng.integers(18, 29)))
    return Shot(paths, (first, second))


def _camera(rng: np.random.Generator) -> SketchCamera:
    fps = float(rng.choice([25, 30, 60]))
    return SketchCamera(
        seed=int(rng.integers(1 << 20)),
        azimuth_degrees=float(rng.uniform(0, 360)),
        distance_metres=float(rng.uniform(3.5, 7)),
        fps=fps,
        duration_seconds=_SECONDS,
        offset_seconds=float(rng.uniform(0, 1.5)),
        # All rows are read before the next frame begins.
        readout_seconds=float(min(rng.uniform(0.010, 0.030), 0.98 / fps)),
        exposure_seconds=float(rng.uniform(0.002, 0.010)),
        shake_degrees=float(rng.choice([0, 0, 0.5])),
        noise=float(rng.uniform(1, 4)),
    )
