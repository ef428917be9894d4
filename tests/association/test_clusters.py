"""Clusters of boxes: laws first, then cases worked by hand."""

from itertools import pairwise

import numpy as np
import pytest

from viewsync.association.clusters import clustered


def scene(seed, cameras=4, people=6, seen=0.8):
    """Who stands before which camera, in any order: camera and identity of each box."""
    rng = np.random.default_rng(seed)
    camera, identity = np.nonzero(rng.random((cameras, people)) < seen)
    order = rng.permutation(len(camera))
    return camera[order], identity[order]


def noisy(camera, identity, noise, seed):
    rng = np.random.default_rng(seed)
    scores = (identity[:, None] == identity) * 0.8 + 0.1 + noise * rng.standard_normal((len(camera), len(camera)))
    return (scores + scores.T) / 2


def same(labels):
    return labels[:, None] == labels


def objective(scores, camera, labels, threshold=0.5):
    together = same(labels) & ~same(camera)
    return ((scores - threshold) * together).sum() / 2


@pytest.mark.parametrize("seed", range(10))
def test_without_noise_clusters_are_the_people(seed):
    camera, identity = scene(seed, cameras=2 + seed % 5)
    found = clustered((identity[:, None] == identity).astype(float), camera)
    np.testing.assert_array_equal(same(found), same(identity))


@pytest.mark.parametrize("seed", range(10))
def test_never_two_boxes_of_one_camera(seed):
    camera, _ = scene(seed)
    scores = np.random.default_rng(seed).uniform(0.4, 1, (len(camera),) * 2)
    found = clustered(scores + scores.T, camera, threshold=0.1)
    assert not (same(found) & same(camera) & ~np.eye(len(camera), dtype=bool)).any()


@pytest.mark.parametrize("seed", range(10))
def test_the_order_of_cameras_and_of_boxes_changes_nothing(seed):
    camera, identity = scene(seed)
    scores = noisy(camera, identity, 0.5, seed)
    found = clustered(scores, camera)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(camera))
    renamed = rng.permutation(camera.max() + 1)[camera]
    again = clustered(scores[np.ix_(order, order)], renamed[order])
    np.testing.assert_array_equal(same(again), same(found[order]))


@pytest.mark.parametrize("seed", range(10))
def test_no_better_place_is_left_for_any_box(seed):
    camera, identity = scene(seed)
    scores = noisy(camera, identity, 0.6, seed)
    found = clustered(scores, camera)
    best = objective(scores, camera, found)
    for box in range(len(camera)):
        for place in range(len(camera)):
            moved = found.copy()
            moved[box] = place
            if not (same(moved) & same(camera) & ~np.eye(len(camera), dtype=bool)).any():
                assert objective(scores, camera, moved) <= best + 1e-9


def partitions(count):
    if not count:
        yield []
        return
    for rest in partitions(count - 1):
        for label in range(max(rest, default=-1) + 2):
            yield [*rest, label]


@pytest.mark.parametrize("seed", range(6))
def test_it_is_nearly_as_good_as_trying_everything(seed):
    camera = np.array([0, 0, 1, 1, 2, 2, 2])
    scores = noisy(camera, np.array([0, 1, 0, 1, 0, 1, 2]), 0.5, seed)
    one_each = [
        labels for labels in map(np.array, partitions(7)) if not (same(labels) & same(camera) & ~np.eye(7, dtype=bool)).any()
    ]
    best = max(objective(scores, camera, labels) for labels in one_each)
    assert objective(scores, camera, clustered(scores, camera)) >= 0.95 * best


def test_labels_are_numbered_by_their_first_boxes():
    camera, identity = scene(3)
    found = clustered((identity[:, None] == identity).astype(float), camera)
    firsts = [int(np.flatnonzero(found == label)[0]) for label in range(found.max() + 1)]
    assert all(earlier < later for earlier, later in pairwise(firsts))


def test_a_chain_does_not_join_what_contradicts_it():
    # 0 and 1 belong together, 1 and 2 do a little less, and 0 and 2 certainly don't: three cameras, one chain.
    scores = np.array([[0, 0.9, 0.0], [0.9, 0, 0.8], [0.0, 0.8, 0]])
    np.testing.assert_array_equal(clustered(scores, np.arange(3)), [0, 0, 1])
    # The contradiction is weaker than both links.
    scores[0, 2] = scores[2, 0] = 0.45
    np.testing.assert_array_equal(clustered(scores, np.arange(3)), [0, 0, 0])


def test_an_early_mistake_is_mended():
    # The best single link (a0, b1) is wrong: with the third camera's boxes the other way is worth more.
    camera = np.array([0, 0, 1, 1, 2, 2])
    scores = np.full((6, 6), 0.1)
    for one, other, score in [(0, 3, 0.95), (0, 2, 0.8), (1, 3, 0.8), (0, 4, 0.55), (2, 4, 0.9), (1, 5, 0.9), (3, 5, 0.9)]:
        scores[one, other] = scores[other, one] = score
    np.testing.assert_array_equal(clustered(scores, camera), [0, 1, 0, 1, 0, 1])


def test_nobody_is_nobody():
    assert clustered(np.zeros((0, 0)), np.zeros(0, dtype=int)).shape == (0,)
    np.testing.assert_array_equal(clustered(np.ones((3, 3)), np.zeros(3, dtype=int)), [0, 1, 2])
