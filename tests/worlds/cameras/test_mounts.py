"""Mounts: where they are, that they move smoothly, and that the same world is filmed the same way."""

import pickle
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.cameras.hand import Following, HandHeld
from viewsync.worlds.cameras.lens import PHONE
from viewsync.worlds.cameras.mount import Attached, Static, facing, stereo
from viewsync.worlds.cameras.trolley import Pushed
from viewsync.worlds.cameras.worn import Worn
from viewsync.worlds.clock import CameraClock
from viewsync.worlds.motions.skeleton import AVERAGE, JOINTS, Poses

FLOOR = (-4.0, 2.0, 1.0, 6.0)


@dataclass(frozen=True)
class Walker:
    """Goes round in a circle of 3 m, a bit up and down, facing ahead."""

    def present(self, seconds):
        return np.ones(len(seconds), bool)

    def poses(self, seconds):
        angle = 0.4 * seconds
        hips = np.column_stack([3 * np.cos(angle), 3 * np.sin(angle), 0.9 + 0.02 * np.cos(12 * seconds)])
        # At rest a body faces -y, and its way begins towards +y.
        turns = Rotation.from_rotvec(np.column_stack([0 * angle, 0 * angle, angle + np.pi])).as_quat()
        return Poses(hips, np.repeat(turns[:, None], len(JOINTS), axis=1))

    def noises(self, start_seconds, end_seconds):
        return []

    def actions(self, seconds):
        return ["walk"] * len(seconds)


STATIC = Static.looking_at(np.array([1.0, -5.0, 2.0]), np.array([0.0, 0.0, 1.0]))
TROLLEY = Pushed(3, FLOOR, 30.0)
MOUNTS = {
    "static": STATIC,
    "pushed": TROLLEY,
    "hand": HandHeld(STATIC, 1),
    "following": Following(Walker(), (0.0, -6.0, 1.6), 2, along=0.5),
    "worn": Worn(Walker(), AVERAGE),
    "head": Worn.on_head(Walker(), AVERAGE),
    "stereo": stereo(HandHeld(TROLLEY, 5), 0.12)[1],
}
each = pytest.mark.parametrize("mount", MOUNTS.values(), ids=MOUNTS.keys())


# ── what holds for all ────────────────────────────────────────────────────────────────────────────────────────────


@each
def test_rotations_are_rotations(mount):
    rotations, positions = mount.view(np.linspace(0, 30, 200))
    assert rotations @ rotations.transpose(0, 2, 1) == pytest.approx(np.broadcast_to(np.eye(3), (200, 3, 3)), abs=1e-9)
    assert np.all(np.linalg.det(rotations) > 0)
    assert np.isfinite(positions).all()


@each
def test_any_instant_can_be_asked_for_in_any_order(mount):
    seconds = np.random.default_rng(0).uniform(0, 30, 50)
    rotations, positions = mount.view(seconds)
    for order in (np.argsort(seconds), [7]):
        again_rotations, again_positions = pickle.loads(pickle.dumps(mount)).view(seconds[order])
        assert again_rotations == pytest.approx(rotations[order], abs=1e-12)
        assert again_positions == pytest.approx(positions[order], abs=1e-12)


@each
def test_motion_is_smooth_from_one_millisecond_to_the_next(mount):
    rotations, positions = mount.view(np.arange(0, 20, 1e-3))
    speed = np.diff(positions, axis=0) * 1e3
    turning = Rotation.from_matrix(rotations[1:] @ rotations[:-1].transpose(0, 2, 1)).as_rotvec() * 1e3
    assert np.linalg.norm(speed, axis=1).max() < 2.5
    assert np.linalg.norm(turning, axis=1).max() < np.radians(120)
    # Velocity is continuous: no more than so many g, and so many turns per second squared.
    assert np.abs(np.diff(speed, axis=0)).max() < 0.02
    assert np.abs(np.diff(turning, axis=0)).max() < np.radians(5)


# ── tripods ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("target", [(0.0, 0.0, 1.0), (1.0, -5.0, 9.0), (1.0, -5.0, -9.0), (30.0, 1.0, 2.0)])
def test_the_target_is_in_the_middle(target):
    mount = Static.looking_at(np.array([1.0, -5.0, 2.0]), np.array(target), roll_radians=0.3)
    camera = Camera("cam1", PHONE, mount, CameraClock(1)).at(12.0)
    assert camera.project(np.array(target)) == pytest.approx(PHONE.center_pixels)


def test_upright_is_upright_and_roll_turns_the_camera_clockwise():
    (upright,) = facing(np.array([[0.0, 1.0, 0.0]]))
    assert upright == pytest.approx(np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]))
    (rolled,) = facing(np.array([[0.0, 1.0, 0.0]]), np.pi / 2)
    # What was the camera's right side now points down.
    assert rolled[0] == pytest.approx([0, 0, -1])


def test_a_real_camera_can_be_put_on_a_tripod():
    camera = Camera("cam1", PHONE, STATIC, CameraClock(1))
    again = Camera("cam1", PHONE, Static.of(camera.at(0.0)), CameraClock(1))
    assert again.at(5.0).rotation == pytest.approx(camera.at(0.0).rotation)
    assert again.at(5.0).translation_metres == pytest.approx(camera.at(0.0).translation_metres)


def test_cameras_know_whether_they_move():
    seconds = np.linspace(0, 10, 20)
    moves = {name: Camera(name, PHONE, mount, CameraClock(1)).through(seconds).moves for name, mount in MOUNTS.items()}
    assert moves == {name: name != "static" for name in MOUNTS}


# ── stereo ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_eyes_keep_their_distance_and_look_the_same_way():
    seconds = np.linspace(0, 20, 50)
    left, right = (eye.view(seconds) for eye in stereo(HandHeld(TROLLEY, 5), 0.075))
    assert np.linalg.norm(right[1] - left[1], axis=1) == pytest.approx(0.075)
    assert left[0] == pytest.approx(right[0])
    # The right eye is at the left one's right: along its x axis.
    assert np.einsum("tij,tj->ti", left[0], right[1] - left[1]) == pytest.approx(np.tile([0.075, 0, 0], (50, 1)))


def test_disparity_is_baseline_times_focal_length_by_depth():
    left, right = (Camera("eye", PHONE.scaled(640, 360), eye, CameraClock(1)).at(0.0) for eye in stereo(STATIC, 0.12))
    straight = np.array([0.0, 0.0, 1.0])
    depth = np.linalg.norm(straight - STATIC.position_metres)
    disparity = left.project(straight) - right.project(straight)
    assert disparity == pytest.approx([0.12 * left.lens.focal_pixels[0] / depth, 0], abs=0.01)


def test_a_camera_before_another_is_nearer_to_what_both_look_at():
    ahead = Attached(STATIC, (0.0, 0.0, 1.0)).view(np.zeros(1))[1][0]
    target = np.array([0.0, 0.0, 1.0])
    assert np.linalg.norm(target - ahead) == pytest.approx(np.linalg.norm(target - STATIC.position_metres) - 1)


# ── trolleys ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(12))
def test_a_trolley_keeps_to_its_floor_at_walking_speed(seed):
    seconds = np.arange(0, 120, 0.05)
    _, positions = Pushed(seed, FLOOR, 120.0).view(seconds)
    assert np.all(positions[:, :2] >= (FLOOR[0], FLOOR[2]))
    assert np.all(positions[:, :2] <= (FLOOR[1], FLOOR[3]))
    speeds = np.linalg.norm(np.diff(positions[:, :2], axis=0), axis=1) / 0.05
    assert speeds.max() <= 0.8 + 1e-9
    assert 0.3 < np.median(speeds[speeds > 0.05]) < 0.8
    assert 0.4 < np.mean(speeds > 0.05) < 0.98


def test_a_trolley_goes_ahead_where_it_looks():
    seconds = np.arange(0, 120, 0.05)
    rotations, positions = Pushed(4, FLOOR, 120.0).view(seconds)
    velocity = np.diff(positions[:, :2], axis=0) / 0.05
    speed = np.linalg.norm(velocity, axis=1)
    ahead = np.einsum("ti,ti->t", velocity, rotations[:-1, 2, :2])
    assert np.mean(ahead[speed > 0.2] > 0.95 * speed[speed > 0.2]) > 0.9


def test_a_trolley_starts_and_ends_at_rest_and_rattles_only_while_it_rolls():
    rotations, positions = TROLLEY.view(np.array([-5.0, 0.0, 30.0, 31.0, 90.0]))
    assert np.ptp(positions[:2], axis=0) == pytest.approx(np.zeros(3))
    assert np.ptp(positions[2:], axis=0) == pytest.approx(np.zeros(3))
    assert positions[:, 2] == pytest.approx(np.full(5, 0.9))
    assert rotations[:, 2, 2] == pytest.approx(np.zeros(5))
    rolling = TROLLEY.view(np.arange(5, 25, 0.01))[1][:, 2]
    assert 1e-4 < rolling.std() < 2e-3


def test_other_seeds_go_other_ways():
    ends = {tuple(Pushed(seed, FLOOR, 30.0).view(np.array([15.0]))[1][0].round(3)) for seed in range(10)}
    assert len(ends) == 10


def test_a_trolley_needs_room():
    with pytest.raises(ValueError, match="two metres"):
        Pushed(1, (0.0, 1.0, 0.0, 5.0), 10.0)


# ── hands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hand_sways_by_centimetres_and_a_degree_and_trembles():
    seconds = np.arange(0, 120, 0.01)
    rotations, positions = HandHeld(STATIC, 1).view(seconds)
    assert 0.003 < (positions - STATIC.position_metres).std(axis=0).mean() < 0.03
    turns = Rotation.from_matrix(rotations @ STATIC.rotation.T).as_rotvec(degrees=True)
    assert 0.2 < turns.std(axis=0).mean() < 1.5
    power = (np.abs(np.fft.rfft(turns * np.hanning(len(turns))[:, None], axis=0)) ** 2).sum(axis=1)
    hertz = np.fft.rfftfreq(len(turns), 0.01)
    slow, arm, tremor, beyond = (
        power[(hertz > low) & (hertz < high)].mean() for low, high in ((0.05, 0.5), (1, 3), (6, 10), (25, 50))
    )
    assert slow > 10 * arm > 100 * tremor > 1e5 * beyond


def test_a_careful_hand_shakes_less():
    seconds = np.arange(0, 60, 0.1)
    ordinary, careful = (HandHeld(STATIC, 1, shake).view(seconds)[1] - STATIC.position_metres for shake in (1.0, 0.3))
    assert careful == pytest.approx(0.3 * ordinary)
    assert HandHeld(STATIC, 1, 0.0).view(seconds)[0] == pytest.approx(STATIC.view(seconds)[0])


def test_who_is_followed_stays_in_the_picture():
    seconds = np.arange(0, 60, 0.2)
    target = Walker().poses(seconds).hips_metres
    for along in (0.0, 1.0):
        camera = Camera("cam1", PHONE, HandHeld(Following(Walker(), (0.0, -7.0, 1.6), 2, along=along), 3), CameraClock(1))
        tracked = camera.through(seconds)
        pixels = np.array([tracked.at_frame(i).project(target[i]) for i in range(len(seconds))])
        assert all(tracked.at_frame(i).sees(target[i]) for i in range(len(seconds)))
        assert np.abs(pixels[:, 0] - 960).max() < 480


def test_who_goes_along_keeps_the_distance():
    seconds = np.arange(0, 16, 0.2)
    target = Walker().poses(seconds).hips_metres
    spread = [
        np.ptp(np.linalg.norm(Following(Walker(), (0.0, -7.0, 1.6), 2, along=along).view(seconds)[1] - target, axis=1))
        for along in (0.0, 1.0)
    ]
    assert spread[1] < 0.5 * spread[0]


# ── worn ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_worn_camera_goes_with_its_bone():
    seconds = np.linspace(0, 20, 100)
    rotations, positions = Worn(Walker(), AVERAGE).view(seconds)
    heads, _ = Walker().poses(seconds).joints(AVERAGE)
    chest = heads[:, JOINTS.index("Spine1")]
    assert np.linalg.norm(positions - chest, axis=1) == pytest.approx(np.hypot(0.2, 0.05))
    # It looks where the wearer goes.
    velocity = np.column_stack([-np.sin(0.4 * seconds), np.cos(0.4 * seconds), 0 * seconds])
    assert rotations[:, 2] == pytest.approx(velocity, abs=1e-9)
    assert rotations[:, 1] == pytest.approx(np.tile([0, 0, -1.0], (100, 1)), abs=1e-9)


def test_at_rest_a_camera_on_the_head_looks_past_the_nose():
    class Standing(Walker):
        def poses(self, seconds):
            at_rest = np.zeros((len(seconds), len(JOINTS), 4))
            at_rest[..., 3] = 1
            return Poses(np.tile(AVERAGE.heads_metres[0], (len(seconds), 1)), at_rest)

    rotations, positions = Worn.on_head(Standing(), AVERAGE).view(np.zeros(1))
    assert rotations[0, 2] == pytest.approx([0, -np.cos(np.radians(10)), -np.sin(np.radians(10))])
    assert 1.5 < positions[0, 2] < 1.65


def test_unknown_bones_are_refused():
    with pytest.raises(ValueError, match="'Elbow'"):
        Worn(Walker(), AVERAGE, "Elbow")
