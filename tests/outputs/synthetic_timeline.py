"""A result made by hand: four cameras, of which one can't be tied, and the beliefs behind it.

cam1 is the reference. cam2 started 1.2334 s later, cam3 2.1 s earlier (its pts begin at 0.4 s) with a rate of 12 ppm;
cam4 saw nothing that moved.
"""

from fractions import Fraction
from pathlib import Path

import numpy as np

from viewsync.types import (
    CameraClock,
    CueOffset,
    Cycle,
    OffsetBelief,
    PairOffset,
    Recording,
    Timeline,
    Verdict,
    VideoTrack,
)

CAM1, CAM2, CAM3, CAM4 = "cam1", "cam2", "cam3", "cam4"


def recording(name: str, seconds: float = 12.0, first_pts_seconds: float = 0.0, folder: Path = Path("/films")) -> Recording:
    """A 25 Hz video that exists in name only."""
    pts = np.arange(round(25 * seconds)) + round(25 * first_pts_seconds)
    video = VideoTrack(stream_index=0, width=640, height=480, rotation_degrees=0, time_base=Fraction(1, 25), pts=pts)
    return Recording(id=name, path=folder / f"{name}.mp4", sha256="0" * 64, video=video, sound=None)


def tied_pair(a: str, b: str, offset_seconds: float, std_seconds: float, **more) -> PairOffset:
    """A pair that motion (mostly) and audio agree on."""
    cues = (
        CueOffset("motion", 0.7, offset_seconds, std_seconds, 41.0),
        CueOffset("audio", 0.3, offset_seconds + 0.001, 2 * std_seconds, 12.5),
    )
    values = {"reasons": (), "overlap_seconds": 8.0, "cues": cues, "probability": 0.9995}
    return PairOffset(
        a=a, b=b, verdict=Verdict.TIED, offset_seconds=offset_seconds, offset_std_seconds=std_seconds, **(values | more)
    )


def untied_pair(a: str, b: str) -> PairOffset:
    """A pair with nothing to go by."""
    silent = CueOffset("motion", 0.0, None, None, 0.0)
    reasons = (f"Nothing moves in {b}.",)
    return PairOffset(a, b, Verdict.NO_EVIDENCE, reasons, overlap_seconds=0.0, cues=(silent,), probability=0.0)


def four_cameras(names: tuple[str, str, str, str] = (CAM1, CAM2, CAM3, CAM4), folder: Path = Path("/films")) -> Timeline:
    """The result described above."""
    one, two, three, four = names
    drift = {"rate": 12e-6, "rate_std": 4e-6, "offset_rate_covariance": -3e-9, "rate_bound": 2e-5}
    cameras = (
        CameraClock(recording(one, 12, folder=folder), Verdict.TIED, (), 0.0, 0.0, 0.0, 0.0, 0.0),
        CameraClock(recording(two, 10, folder=folder), Verdict.TIED, (), 1.2334, 0.0021, rate_bound=5e-5),
        CameraClock(recording(three, 13, 0.4, folder), Verdict.TIED, ("Fitted drift.",), -2.5, 0.013, **drift),
        CameraClock(recording(four, 6, folder=folder), Verdict.NO_EVIDENCE, (f"Nothing moves in {four}.",)),
    )
    pairs = (
        tied_pair(one, two, 1.2334, 0.0021, rate_bound=5e-5, middle_seconds=5.0),
        tied_pair(one, three, -2.5, 0.013, middle_seconds=6.0, **drift),
        tied_pair(two, three, -3.735, 0.014),
        *(untied_pair(other, four) for other in (one, two, three)),
    )
    cycles = (Cycle((one, two, three), -0.0016, 0.0120),)
    covariance = np.diag([0.0, 0.0021**2, 0.013**2])
    return Timeline(one, cameras, pairs, cycles, ((one, two, three), (four,)), covariance)


def belief(cue: str, peak_seconds: float, height: float, width_seconds: float, seed: int) -> OffsetBelief:
    """A peak over noise, on 100 000 offsets."""
    offsets = np.linspace(-10, 10, 100_001)
    noise = np.random.default_rng(seed).normal(size=2001).cumsum()
    floor = np.interp(np.linspace(0, 1, offsets.size), np.linspace(0, 1, noise.size), noise - noise.mean()) / 3 - 8
    ratio = np.logaddexp(floor, height - 0.5 * ((offsets - peak_seconds) / width_seconds) ** 2)
    return OffsetBelief(cue, offsets, ratio, np.full(offsets.size, 8.0))


def beliefs_of(timeline: Timeline) -> dict[tuple[str, str], list[OffsetBelief]]:
    """Beliefs that fit the pairs: a peak per cue where tied, flat noise elsewhere."""
    found = {}
    for seed, pair in enumerate(timeline.pairs):
        peak = pair.offset_seconds
        tied = peak is not None
        found[pair.a, pair.b] = [
            belief(cue.name, peak if tied else 0.0, cue.log_likelihood_ratio if tied else -4.0, 0.05, 10 * seed + index)
            for index, cue in enumerate(pair.cues)
        ]
    return found
