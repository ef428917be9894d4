"""Why a clock runs as it does: frame rates that were written down wrongly, said in words.

A file filmed at 30000/1001 frames a second but tagged 30 counts 1000 s while 1001 pass, so that its rate is +1000 ppm:
1 + rate = tagged / recorded.
"""

from dataclasses import replace
from fractions import Fraction

from viewsync.offsets.drift import LARGEST_CLOCK_RATE
from viewsync.types import CameraClock, Recording, Timeline

_WHOLE = (24, 25, 30, 48, 50, 60, 90, 96, 100, 120, 200, 240)
_STANDARD_HZ = sorted([*map(Fraction, _WHOLE), *(Fraction(1000 * whole, 1001) for whole in _WHOLE if whole % 25)])
_SAME = 100e-6
"""Frame intervals that agree to this are of one frame rate: the ticks of some containers are coarse."""
_CRYSTAL = 30e-6
"""What two cameras' clocks differ by anyway."""


def with_frame_rates(timeline: Timeline) -> Timeline:
    """The timeline with a reason at each camera whose clock runs at a rate that no clock has by itself."""
    reference = timeline.by_id[timeline.reference]
    odd = [camera for camera in timeline.cameras if camera.rate is not None and abs(camera.rate) > LARGEST_CLOCK_RATE]
    placed = [camera for camera in timeline.cameras if camera.offset_seconds is not None and camera is not reference]
    told: dict[str, str] = {}
    # If all others are off alike, it is the reference that is.
    rates = [camera.rate or 0.0 for camera in odd]
    if len(placed) > 1 and len(odd) == len(placed) and max(rates) - min(rates) < _SAME:
        surest = min(odd, key=lambda camera: camera.rate_std or 0.0)
        told[reference.id] = _reason(reference.recording, _backwards(surest))
    else:
        for camera in odd:
            told[camera.id] = _either(camera, reference)
    cameras = tuple(
        replace(camera, reasons=(*camera.reasons, told[camera.id])) if camera.id in told else camera
        for camera in timeline.cameras
    )
    return replace(timeline, cameras=cameras)


def _backwards(camera: CameraClock) -> CameraClock:
    assert camera.rate is not None
    return replace(camera, rate=-camera.rate / (1 + camera.rate))


def _either(camera: CameraClock, reference: CameraClock) -> str:
    """The camera's clock explained by its own frame rate or, if only that would do, by the reference's."""
    own = _recorded(camera.recording, camera)
    other = _recorded(reference.recording, _backwards(camera))
    if other is None:
        return _reason(camera.recording, camera)
    if own is None:
        return f"{_runs(camera)}: {reference.id} was {other}."
    return f"{_runs(camera)}: {own}; or {reference.id} was {other}."


def _reason(recording: Recording, clock: CameraClock) -> str:
    """A clock's rate and, of pictures, the frame rate at which it would be right; of sound, what may have changed it."""
    runs, recorded = _runs(clock), _recorded(recording, clock)
    if recorded is not None:
        return f"{runs}: {recorded}."
    assert clock.rate is not None
    if recording.interval_seconds:
        tagged = 1 / recording.interval_seconds
        return f"{runs}: as if recorded at {tagged / (1 + clock.rate):.4g} fps, tagged {tagged:.4g}."
    pulls = (("up from 29.97 to 30", 1 / 1000), ("down from 30 to 29.97", -1 / 1001))
    pulled = next((way for way, rate in pulls if _near(clock, rate)), None)
    return f"{runs}." if pulled is None else f"{runs}, like sound pulled {pulled} fps."


def _recorded(recording: Recording, clock: CameraClock) -> str | None:
    """The standard frame rate that explains the rate, if the file is tagged with another."""
    if not recording.interval_seconds:
        return None
    tagged = _standard(1 / recording.interval_seconds)
    if tagged is None:
        return None
    recorded = next((hz for hz in _STANDARD_HZ if hz != tagged and _near(clock, float(tagged / hz) - 1)), None)
    return None if recorded is None else f"recorded at {_name(recorded)} fps, tagged {_name(tagged)}"


def _standard(rate_hz: float) -> Fraction | None:
    return next((hz for hz in _STANDARD_HZ if abs(rate_hz / float(hz) - 1) < _SAME), None)


def _near(clock: CameraClock, rate: float) -> bool:
    assert clock.rate is not None
    assert clock.rate_std is not None
    return abs(clock.rate - rate) <= 3 * clock.rate_std + _CRYSTAL


def _runs(clock: CameraClock) -> str:
    assert clock.rate is not None
    return f"Its clock runs {clock.rate * 1e6:+.0f} ppm"


def _name(rate_hz: Fraction) -> str:
    """As it is written on cameras: 30, 29.97, 23.976."""
    return f"{float(rate_hz):.5g}" if rate_hz < 24 and rate_hz.denominator > 1 else f"{float(rate_hz):.4g}"
