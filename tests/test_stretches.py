"""Which stretches are looked at: laws that hold for any cameras, and what isn't worth it."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from viewsync.stretches import placed, worth_a_look
from viewsync.timeline.clock import ClockMap
from viewsync.types import (
    MotionSignal,
    OffsetBelief,
    PairOffset,
    PoseSignal,
    Recording,
    SoundTrack,
    Verdict,
    VideoTrack,
)

TICKS = 90_000
FRAME = 0.05
"""Spans begin and end at frames."""


def camera(id, offset=0.0, rate=0.0, seconds=60.0, fps=30):
    """A recording from `offset` on the world's clock, and the clock itself."""
    ticks = np.round(np.arange(int(seconds * fps)) / fps * TICKS).astype(int)
    video = VideoTrack(0, 1920, 1080, 0, Fraction(1, TICKS), ticks)
    return Recording(id, Path(f"{id}.mp4"), id, video, None), ClockMap(offset, rate)


def moving(made, bursts, level=1.0):
    """Its motion: a little always, much around the bursts, which are instants on the world's clock."""
    recording, clock = made
    times = np.arange(0, recording.last_pts_seconds, 1 / 30)
    activity = level * (0.1 + sum((np.exp(-((clock(times) - at) ** 2)) for at in bursts), np.zeros(len(times))))
    return {"motion": MotionSignal("motion", np.zeros((len(times), 1)), np.ones(len(times), bool), 30.0, 0.0, activity)}


def pair(one, other, std=0.02, verdict=Verdict.TIED):
    (a, clock_a), (b, clock_b) = one, other
    between = clock_b.then(clock_a.inverse())
    if verdict is Verdict.TIED:
        numbers = {"offset_seconds": between.offset_seconds, "offset_std_seconds": std, "rate": between.rate}
        return PairOffset(a.id, b.id, verdict, (), 10.0, (), 0.99, **numbers)
    offsets = np.arange(-60, 60, 0.1)
    nats = np.exp(-(((offsets - between.offset_seconds) / 0.3) ** 2))
    belief = OffsetBelief("motion", offsets, nats, np.full(len(offsets), 10.0))
    return PairOffset(a.id, b.id, verdict, (), 0.0, (), 0.4, beliefs=(belief,))


def looked(made, bursts, pairs):
    return worth_a_look([one for one, _ in made], pairs, {one.id: moving((one, clock), bursts) for one, clock in made})


def on_world(made, spans):
    return {one.id: [(clock(start), clock(stop)) for start, stop in spans[one.id]] for one, clock in made}


def total(spans):
    return sum(stop - start for start, stop in spans)


RIG = [camera("a"), camera("b", 7.3, 40e-6), camera("c", -11.1, 0.001, seconds=45), camera("d", 3.0, fps=25)]
PAIRS = [pair(RIG[0], other) for other in RIG[1:]]


@pytest.mark.parametrize("seed", range(5))
def test_spans_lie_within_recordings_and_keep_the_budget(seed):
    rng = np.random.default_rng(seed)
    made = [camera(f"c{i}", rng.uniform(-9, 9), rng.normal(0, 1e-4), float(rng.choice([20, 60, 400]))) for i in range(4)]
    pairs = [pair(made[0], other, verdict=Verdict(rng.choice([Verdict.TIED, Verdict.AMBIGUOUS]))) for other in made[1:]]
    spans = looked(made, rng.uniform(-5, 60, 6), pairs)
    for one, _ in made:
        seconds = one.last_pts_seconds
        ends = np.array(sorted(spans[one.id])).ravel()
        assert len(ends)
        assert np.all(np.diff(ends) > 0)
        assert 0 <= ends[0] < ends[-1] <= one.video.pts_seconds[-1]
        assert total(spans[one.id]) <= min(max(0.1 * seconds, 6.0), 20.5)


def test_a_minute_is_looked_at_for_a_tenth_of_its_frames():
    spans = looked(RIG, (10, 30), PAIRS)
    for one, _ in RIG:
        seconds = one.video.pts_seconds
        frames = sum(np.sum((seconds >= start) & (seconds <= stop)) for start, stop in spans[one.id])
        assert frames > 0.05 * len(seconds)
        if one.last_pts_seconds >= 60:
            assert frames <= 0.1 * len(seconds)


def test_all_tied_cameras_are_looked_at_at_the_same_time_when_much_moves():
    found = on_world(RIG, looked(RIG, (10.0, 30.0), PAIRS))
    for name in "bcd":
        np.testing.assert_allclose(sorted(found[name]), sorted(found["a"]), atol=FRAME)
    middles = sorted((start + stop) / 2 for start, stop in found["a"])
    np.testing.assert_allclose(middles, [10, 30], atol=0.3)


def test_a_moving_crowd_before_one_camera_does_not_outvote_the_others():
    signals = {one.id: moving((one, clock), (30,)) for one, clock in RIG}
    signals["a"] = moving(RIG[0], (50,), level=100.0)
    found = on_world(RIG, worth_a_look([one for one, _ in RIG], PAIRS, signals))
    first = found["b"][0]
    assert first[0] < 30 < first[1]


def test_an_untied_camera_is_looked_at_where_it_fits_best():
    pairs = [pair(RIG[0], RIG[1], verdict=Verdict.AMBIGUOUS)]
    found = on_world(RIG[:2], looked(RIG[:2], (20, 40), pairs))
    np.testing.assert_allclose(found["a"], found["b"], atol=FRAME + 0.1)


def test_the_same_cameras_give_the_same_spans():
    assert looked(RIG, (5, 25), PAIRS) == looked(RIG, (5, 25), PAIRS)


def test_everybody_has_a_turn_where_cameras_relieve_one_another():
    """b sees the end of what a sees, c the end of what b sees; most happens between a and b."""
    made = [camera("a"), camera("b", 40.0), camera("c", 80.0)]
    found = on_world(made, looked(made, (43, 47, 51, 55, 90), [pair(made[0], made[1]), pair(made[1], made[2])]))
    shared = [
        sum(max(0.0, min(x[1], y[1]) - max(x[0], y[0])) for x in found[one] for y in found[other])
        for one, other in ("ab", "bc")
    ]
    assert min(shared) > 2.5


def test_a_long_recording_is_looked_at_where_a_short_one_saw_something():
    made = [camera("long", seconds=300), camera("short", 200.0, seconds=4)]
    spans = looked(made, (50, 100, 202), [pair(*made)])
    assert spans["short"] == [(0.0, made[1][0].video.pts_seconds[-1])]
    assert all(198 < (start + stop) / 2 < 206 for start, stop in spans["long"])
    assert total(spans["long"]) > 2.5


def test_cameras_whose_poses_are_given_count_but_are_not_looked_at():
    given = RIG[1][0]
    signals = {one.id: moving((one, clock), (30,)) for one, clock in RIG[:2]}
    pose = PoseSignal("pose", np.ones((5, 1)), np.ones(5, bool), 30.0, 0.0, ("nose",), ())
    signals["b"]["pose"] = pose
    spans = worth_a_look([RIG[0][0], given], [pair(*RIG[:2])], signals)
    assert list(spans) == ["a"]
    assert any(start < 30 < stop for start, stop in spans["a"])


def test_without_the_cue_motion_everything_is_looked_at():
    spans = worth_a_look([one for one, _ in RIG], PAIRS, {one.id: {} for one, _ in RIG})
    assert spans == {one.id: [(0.0, one.video.pts_seconds[-1])] for one, _ in RIG}


def test_it_is_not_worth_it_where_nothing_moves():
    signals = {one.id: moving((one, clock), (), level=0.01) for one, clock in RIG}
    assert not any(worth_a_look([one for one, _ in RIG], [], signals).values())


def test_it_is_not_worth_it_where_others_tie_all_to_milliseconds():
    exact = [pair(RIG[0], other, std=0.002) for other in RIG[1:]]
    assert not any(looked(RIG, (10, 30), exact).values())
    assert all(looked(RIG, (10, 30), [*exact[:2], PAIRS[2]]).values())


def test_it_is_not_worth_it_where_no_offset_leaves_enough_in_common():
    never = OffsetBelief("motion", np.zeros(0), np.zeros(0), np.zeros(0))
    hopeless = [
        PairOffset("a", other, Verdict.NO_OVERLAP, ("Too short.",), 0.0, (), 0.0, beliefs=(never,)) for other in "bc"
    ]
    spans = looked(RIG[:3], (10, 30), [*hopeless, pair(*RIG[1:3])])
    assert [bool(spans[name]) for name in "abc"] == [False, True, True]


def test_a_sound_recorder_links_two_videos():
    recorder = replace(RIG[0][0], id="mic", video=None, sound=SoundTrack(0, 16_000, 1, 0.0, 60.0))
    made = [*RIG[:2], (recorder, ClockMap(1.0))]
    signals = {one.id: moving((one, clock), (30,)) for one, clock in made}
    links = [pair(made[0], made[2], std=0.02), pair(made[2], made[1], std=0.02)]
    spans = worth_a_look([one for one, _ in made], links, signals)
    assert sorted(spans) == ["a", "b"]
    np.testing.assert_allclose(*on_world(RIG[:2], spans).values(), atol=FRAME)


def test_a_stretch_without_a_frame_is_left_out():
    one, clock = camera("gap")
    ticks = one.video.pts[np.abs(one.video.pts_seconds - 30) > 4]
    made = [(replace(one, video=replace(one.video, pts=ticks)), clock), RIG[0]]
    spans = looked(made, (30,), [pair(*made)])
    seconds = made[0][0].video.pts_seconds
    assert all(np.any((seconds >= start) & (seconds <= stop)) for start, stop in spans["gap"])


def test_one_video_alone_is_not_looked_at():
    assert looked(RIG[:1], (10,), []) == {"a": []}


def test_clocks_are_chained_by_the_surest_pairs():
    wrong = replace(pair(RIG[1], RIG[2]), offset_seconds=5.0, probability=0.96)
    (group,) = placed(["a", "b", "c"], [wrong, *PAIRS[:2]])
    across = group["c"].then(group["a"].inverse())
    assert across.offset_seconds == pytest.approx(-11.1)
    assert across.rate == pytest.approx(0.001)
