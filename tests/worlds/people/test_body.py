"""Bodies: shapes, levels of detail, skinning and joints."""

import pickle
import sys
from dataclasses import replace

import numpy as np
import pytest
from sampled_bodies import anyhow, at_rest, some_bodies
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from viewsync.types import InputError
from viewsync.worlds.motions.skeleton import AVERAGE, PARENTS, Poses
from viewsync.worlds.people import shapes
from viewsync.worlds.people.body import Body, Detail
from viewsync.worlds.people.joints import COCO17, FEET, JOINTS
from viewsync.worlds.people.shapes import average_body, sample_bodies

pytest.importorskip("anny", reason="bodies come from anny: pip install 'viewsync[worlds]'")

LEVELS = range(3)
LEFT = [place for place, name in enumerate(JOINTS) if name.startswith("left")]
RIGHT = [JOINTS.index(JOINTS[place].replace("left", "right")) for place in LEFT]


@pytest.mark.parametrize("level", LEVELS)
def test_the_rest_pose_gives_the_rest_shape(level):
    body = some_bodies()[0]
    points, normals = body.surface(at_rest(body), level)
    np.testing.assert_allclose(points[0], body.details[level].rest_metres, atol=1e-6)
    np.testing.assert_allclose(normals[0], body.details[level].rest_normals, atol=1e-5)


@pytest.mark.parametrize("level", LEVELS)
def test_turning_and_shifting_the_pose_turns_and_shifts_the_body(level):
    body, poses = some_bodies()[1], anyhow(1)
    turn, shift = Rotation.from_euler("zyx", [1.2, 0.3, -0.4]), np.array([2.0, -1.0, 0.5])
    flat = turn * Rotation.from_quat(poses.rotations.reshape(-1, 4))
    moved = Poses(turn.apply(poses.hips_metres) + shift, flat.as_quat().reshape(poses.rotations.shape))
    (points, normals), (there, there_normals) = body.surface(poses, level), body.surface(moved, level)
    np.testing.assert_allclose(there, points @ turn.as_matrix().T + shift, atol=1e-5)
    np.testing.assert_allclose(there_normals, normals @ turn.as_matrix().T, atol=1e-5)
    np.testing.assert_allclose(body.joints(moved), body.joints(poses) @ turn.as_matrix().T + shift, atol=1e-9)


def test_skinning_agrees_with_one_vertex_and_one_bone_after_the_other():
    body, poses = some_bodies()[2], anyhow(2, count=1)
    detail = body.details[2]
    heads = poses.joints(body.skeleton)[0][0]
    slow = np.zeros_like(detail.rest_metres)
    for vertex, rest in enumerate(detail.rest_metres):
        for bone, turn in enumerate(poses.matrices()[0]):
            slow[vertex] += detail.weights[vertex, bone] * (turn @ (rest - body.skeleton.heads_metres[bone]) + heads[bone])
    np.testing.assert_allclose(body.surface(poses, 2)[0][0], slow, atol=1e-5)


def test_a_pose_gives_the_vertices_and_joints_that_anny_gives():
    import torch
    from anny import KeypointsRegressor

    body, poses, model = average_body(), anyhow(3), shapes._model()
    resting = model(phenotype_kwargs=dict.fromkeys(model.phenotype_labels, 0.5))
    ground = resting["rest_vertices"][0, :, 2].min().numpy()
    posed = torch.zeros(3, len(PARENTS), 4, 4, dtype=model.dtype)
    posed[..., :3, :3] = torch.from_numpy(poses.matrices()) @ resting["rest_bone_poses"][..., :3, :3]
    posed[:, 0, :3, 3] = torch.from_numpy(poses.hips_metres)
    posed[..., 3, 3] = 1
    theirs = model(posed, dict.fromkeys(model.phenotype_labels, 0.5), pose_parameterization="world-orient")

    regressed = KeypointsRegressor.coco(model, labels=[*COCO17, *FEET])(theirs).numpy()
    np.testing.assert_allclose(body.joints(poses)[:, : len(COCO17 + FEET)], regressed, atol=1e-6)
    assert ground == pytest.approx(resting["rest_bone_heads"][0, 0, 2].numpy() - body.skeleton.heads_metres[0, 2])
    rest = resting["rest_vertices"][0].numpy() - [0, 0, ground]
    whole = replace(body, details=(Detail(shapes.shapes().faces, rest, rest, shapes.shapes().weights),))
    np.testing.assert_allclose(whole.surface(poses, 0)[0], theirs["vertices"], atol=1e-5)


def test_the_average_body_has_the_average_skeleton():
    np.testing.assert_allclose(average_body().skeleton.heads_metres, AVERAGE.heads_metres, atol=1e-4)
    np.testing.assert_allclose(average_body().skeleton.tails_metres, AVERAGE.tails_metres, atol=1e-4)


def test_joints_lie_where_they_should_in_the_average_body():
    joints = dict(zip(JOINTS, average_body().joints(at_rest(average_body()))[0], strict=True))
    np.testing.assert_allclose(joints["thorax"], [0.0, -0.0075, 1.3791], atol=1e-4)
    np.testing.assert_allclose(joints["pelvis"], (joints["left_hip"] + joints["right_hip"]) / 2, atol=1e-12)
    np.testing.assert_allclose(joints["neck"], (joints["left_shoulder"] + joints["right_shoulder"]) / 2, atol=1e-12)
    np.testing.assert_allclose(joints["spine"], (joints["pelvis"] + joints["thorax"]) / 2, atol=1e-12)
    assert joints["head_top"][2] == pytest.approx(average_body().height_metres)
    np.testing.assert_allclose(joints["left_elbow"], AVERAGE.heads_metres[11], atol=0.02)
    np.testing.assert_allclose(joints["right_knee"], AVERAGE.heads_metres[28], atol=0.02)
    assert joints["nose"][1] < joints["left_eye"][1] < joints["left_ear"][1]  # At rest one faces -y, …
    assert joints["left_eye"][0] > 0  # … and one's left is +x.


def test_the_average_body_is_symmetric():
    joints = average_body().joints(at_rest(average_body()))[0]
    np.testing.assert_allclose(joints[LEFT] * [-1, 1, 1], joints[RIGHT], atol=1e-6)
    for detail in average_body().details:
        distance, twin = cKDTree(detail.rest_metres).query(detail.rest_metres * [-1, 1, 1])
        assert distance.max() < 1e-5
        np.testing.assert_allclose(detail.rest_normals[twin] * [-1, 1, 1], detail.rest_normals, atol=1e-3)


@pytest.mark.parametrize("person", range(6))
def test_levels_of_detail_are_the_same_body(person):
    body = some_bodies()[person]
    counts = [len(detail.rest_metres) for detail in body.details]
    assert counts[0] > 5000 > 2500 > counts[1] > 1000 > 700 > counts[2]
    fine = body.details[0].rest_metres
    for detail in body.details:
        np.testing.assert_allclose(detail.weights.sum(1), 1, atol=1e-5)
        assert detail.weights.min() >= 0
        np.testing.assert_allclose(detail.rest_metres.min(0), fine.min(0), atol=0.02)
        np.testing.assert_allclose(detail.rest_metres.max(0), fine.max(0), atol=0.02)
        assert np.abs(detail.rest_metres[:, 2].min()) < 0.01
        np.testing.assert_allclose(np.linalg.norm(detail.rest_normals, axis=1), 1, atol=1e-5)
        a, b, c = np.moveaxis(detail.rest_metres[detail.faces], 1, 0)
        outward = np.cross(b - a, c - a)
        volume = (a * outward).sum() / 6
        assert volume == pytest.approx(_volume(body), rel=0.08)
    assert fine[:, 2].min() == pytest.approx(0, abs=0.002)
    assert body.height_metres == pytest.approx(fine[:, 2].max(), abs=0.002)


def _volume(body: Body) -> float:
    a, b, c = np.moveaxis(body.details[0].rest_metres[body.details[0].faces], 1, 0)
    return float((a * np.cross(b - a, c - a)).sum() / 6)


@pytest.mark.parametrize("level", LEVELS)
def test_joints_lie_within_the_body(level):
    from pyvista import PolyData

    body = some_bodies()[0]
    inner = [name for name in JOINTS if not any(part in name for part in ("nose", "eye", "ear", "toe", "heel", "top"))]
    points = body.joints(at_rest(body))[0][[JOINTS.index(name) for name in inner]]
    skin = PolyData.from_regular_faces(body.details[level].rest_metres, body.details[level].faces)
    distance = PolyData(points).compute_implicit_distance(skin)["implicit_distance"]
    assert distance.max() < 0.005, dict(zip(inner, distance, strict=True))


def test_people_vary_as_people_do():
    bodies = some_bodies()
    adults = [body.height_metres for body in bodies if body.age_years > 20]
    children = [body.height_metres for body in bodies if body.age_years < 10]
    assert 1.4 < min(adults) < 1.65 < 1.75 < max(adults) < 2.1
    assert children
    assert max(children) < 1.45
    assert {body.gender > 0.5 for body in bodies} == {True, False}
    assert np.std([_volume(body) / body.height_metres**3 for body in bodies]) > 0.001


def test_the_same_seed_gives_the_same_people_and_another_one_others():
    first, again, other = (sample_bodies(2, np.random.default_rng(seed), adults_only=True) for seed in (5, 5, 6))
    for one, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one.details[0].rest_metres, same.details[0].rest_metres)
        np.testing.assert_array_equal(one.anchors, same.anchors)
        assert one.height_metres != different.height_metres
        assert min(one.age_years, different.age_years) >= 20


def test_sampling_leaves_torch_alone():
    import torch

    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    sample_bodies(1, np.random.default_rng(0))
    assert torch.rand(1) == expected


def test_a_crowd_travels_light():
    crowd = some_bodies()[:10]
    assert len(pickle.dumps(crowd)) / len(crowd) < 500_000
    copy = pickle.loads(pickle.dumps(crowd[0]))
    np.testing.assert_array_equal(copy.surface(anyhow(1), 2)[0], crowd[0].surface(anyhow(1), 2)[0])


def test_what_was_kept_is_what_was_made(tmp_path, monkeypatch):
    made = shapes.shapes()
    monkeypatch.setenv("VIEWSYNC_CACHE", str(tmp_path))
    monkeypatch.setattr(shapes, "_make", lambda: made)
    shapes.shapes.__wrapped__()
    monkeypatch.setattr(shapes, "_make", lambda: pytest.fail("made again"))
    kept = shapes._arrays(shapes.shapes.__wrapped__())
    for name, array in shapes._arrays(made).items():
        np.testing.assert_array_equal(kept[name], array)

    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:1000])
    monkeypatch.setattr(shapes, "_make", lambda: made)
    assert shapes.shapes.__wrapped__() is made


def test_missing_packages_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "anny", None)
    with pytest.raises(InputError, match=r"need the extra: pip install 'viewsync\[worlds\]'"):
        shapes._model.__wrapped__()
