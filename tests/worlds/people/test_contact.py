"""Contacts of feet, and cycles of walking."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from walkers import RATE_HZ, STANCE, standing, walking

from viewsync.types import InputError
from viewsync.worlds.motions.skeleton import AVERAGE, Poses
from viewsync.worlds.people.contact import HEEL_OFF, PLANT, TOE_OFF, TOUCH, contacts, feet
from viewsync.worlds.people.cycle import Locomotion, cut_cycle
from viewsync.worlds.people.posing import headings, mirrored, moved, play

FRAMES_OFF = 4 / RATE_HZ
"""A foot that slows down within frames of its touch is taken to stand a little earlier or later."""


def test_contacts_of_a_made_walk():
    left, right = contacts(walking(cycle_seconds=1.2))
    assert len(left) == len(right) == 1
    for found, start in ((left[0], 0.0), (right[0], 0.6)):
        np.testing.assert_allclose((found[PLANT] - start + 0.6) % 1.2 - 0.6, 0, atol=FRAMES_OFF)
        np.testing.assert_allclose(found[TOE_OFF] - found[PLANT], STANCE * 1.2, atol=2 * FRAMES_OFF)
        # The foot is flat, so heel and ball come and go together.
        np.testing.assert_allclose(found[[TOUCH, HEEL_OFF]], found[[PLANT, TOE_OFF]], atol=FRAMES_OFF)


def test_a_long_clip_has_the_contacts_of_the_loop_again_and_again():
    once, often = contacts(walking()), contacts(walking(cycles=4, loops=False))
    for short, long in zip(once, often, strict=True):
        whole = long[(long[:, TOUCH] > 0.1) & (long[:, TOE_OFF] < 3.9)]
        assert len(whole) >= 3
        np.testing.assert_allclose((whole - short[0] + 0.5) % 1 - 0.5, 0, atol=1e-9)


def test_who_stands_is_in_contact_all_the_time():
    clip = standing()
    for found in contacts(clip):
        np.testing.assert_allclose(found, [[0, 0, 4, 4]], atol=FRAMES_OFF)


def test_contacts_do_not_depend_on_where_somebody_goes():
    clip = walking(cycles=3, loops=False)
    poses = moved(Poses(clip.hips_metres, clip.rotations), np.array([1.0]), np.array([[3.0, -2.0]]))
    there = replace(clip, hips_metres=poses.hips_metres, rotations=poses.rotations)
    for here, away in zip(contacts(clip), contacts(there), strict=True):
        np.testing.assert_allclose(here, away)


def test_mirrored_contacts_change_sides():
    clip = walking(cycles=2, loops=False)
    left, right = contacts(mirrored(clip))
    np.testing.assert_allclose(left, contacts(clip)[1])
    np.testing.assert_allclose(right, contacts(clip)[0])
    twice = mirrored(mirrored(clip))
    np.testing.assert_array_equal(twice.rotations, clip.rotations)


def test_soles_of_a_body_at_rest_lie_on_the_ground():
    rest = Poses(AVERAGE.heads_metres[:1], np.tile([0.0, 0.0, 0.0, 1.0], (1, 31, 1)))
    for foot in feet(AVERAGE):
        np.testing.assert_allclose(foot.soles(rest)[..., 2], 0, atol=1e-12)
        np.testing.assert_allclose(foot.joints(rest)[:, 0], rest.joints(AVERAGE)[0][0, [*_leg(foot)]], atol=1e-12)


def _leg(foot):
    return foot.limb.upper, foot.limb.lower, foot.limb.end, foot.toes


def test_a_played_clip_goes_through_its_frames_and_on():
    clip = walking()
    frames = np.arange(len(clip.hips_metres)) / clip.rate_hz
    np.testing.assert_allclose(play(clip, frames).hips_metres, clip.hips_metres, atol=1e-12)
    later = play(clip, frames + 7 * clip.duration_seconds)
    np.testing.assert_allclose(later.hips_metres - clip.hips_metres, np.tile([0, -7 * 0.9, 0], (len(frames), 1)), atol=1e-9)


def test_a_cut_cycle_closes_and_goes_along_minus_y():
    clip = walking(cycles=4, loops=False)
    # Somebody who goes a wide curve.
    turns = Rotation.from_rotvec(np.outer(2 + np.linspace(0, 0.15, len(clip.hips_metres)), [0, 0, 1]))
    rotations = np.stack([(turns * Rotation.from_quat(clip.rotations[:, bone])).as_quat() for bone in range(31)], axis=1)
    steps = turns.apply(np.diff(clip.hips_metres, axis=0, prepend=clip.hips_metres[:1] - [0, 0, clip.hips_metres[0, 2]]))
    cycle = cut_cycle(replace(clip, hips_metres=np.cumsum(steps, axis=0), rotations=rotations))
    assert cycle.loops
    assert cycle.duration_seconds == pytest.approx(1.0, abs=FRAMES_OFF)
    np.testing.assert_allclose(np.abs((cycle.rotations[0] * cycle.rotations[-1]).sum(-1)), 1)
    np.testing.assert_allclose(cycle.hips_metres[-1] - cycle.hips_metres[0], [0, -0.9, 0], atol=0.02)
    np.testing.assert_allclose(headings(Poses(cycle.hips_metres, cycle.rotations)), -np.pi / 2, atol=0.05)


def test_no_cycle_in_a_clip_of_somebody_who_stands():
    with pytest.raises(InputError, match=r"made/stand: no straight stride in its 4.0 s"):
        cut_cycle(standing())


def test_locomotion_needs_cycles():
    with pytest.raises(InputError, match="one looping clip, got none"):
        Locomotion(())
    with pytest.raises(InputError, match="walking is made of clips that loop"):
        Locomotion((walking(loops=False),))
    with pytest.raises(InputError, match="once in a cycle of walking, but the left one does 2 times"):
        Locomotion((walking(cycles=2),))


def test_cycles_are_blended_by_speed_and_strides_grow_with_it():
    slow, fast = walking(0.7, 1.1), walking(1.1, 0.9)
    both = Locomotion((fast, slow))
    np.testing.assert_allclose(both.strides(np.array([0.3, 0.7, 1.1, 2.0])), [0.77, 0.77, 0.99, 0.99], atol=1e-9)
    np.testing.assert_allclose(both.amplitude(np.array([0.175, 0.7, 0.9, 1.1, 4.4])), [0.5, 1, 1, 1, 2])
    # At the left foot's touch at phase 0, half way to the right foot's at 1/2, and back.
    np.testing.assert_allclose(both.passings, [0.3, 0.8], atol=0.02)
