"""The network, on drawn figures."""

import hashlib
import json

import numpy as np
import pytest
from drawn_people import SEEDS, picture

from viewsync.estimation.movenet import MIN_CONFIDENCE, WEIGHTS, MoveNet, People, _distinct
from viewsync.estimation.thunder import WEIGHTS as THUNDER
from viewsync.estimation.thunder import Thunder
from viewsync.media.keypoints.joints import COCO17
from viewsync.types import InputError

SWAPPED = [
    COCO17.index(name.replace("left", "?").replace("right", "left").replace("?", "right")) for name in COCO17
]  # What is left in a picture is right in its mirror image.


@pytest.fixture(scope="module")
def net():
    return MoveNet(320)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_figure_is_found_where_it_is(net, seed):
    people = net(picture(seed))
    assert len(people) == 1
    joints = dict(zip(COCO17, people.pixels[0], strict=True))
    assert joints["nose"][1] < joints["left_hip"][1] < joints["left_ankle"][1]
    # The figure's nose is about 1.5 m above its ankles, 5.5 m away, seen by a focal length of 615 pixels.
    assert 130 < joints["left_ankle"][1] - joints["nose"][1] < 210


def test_seen_joints_have_confidence_and_a_place(net):
    people = net(picture())
    np.testing.assert_array_equal(np.isnan(people.pixels).any(axis=2), people.confidence == 0)
    assert np.all((people.confidence == 0) | (people.confidence >= MIN_CONFIDENCE))


def test_in_a_picture_twice_as_large_all_is_twice_as_far(net):
    large = net(picture().repeat(2, axis=0).repeat(2, axis=1))
    # Not quite: what the network sees may be rounded otherwise.
    np.testing.assert_allclose(large.pixels, net(picture()).scaled((2, 2)).pixels, atol=1)


@pytest.mark.parametrize("seed", SEEDS)
def test_shifted_by_the_stride_all_is_shifted(net, seed):
    shifted = np.pad(picture(seed)[:, :-64], ((0, 0), (64, 0), (0, 0)), mode="edge")
    error = net(shifted).pixels[0] - net(picture(seed)).pixels[0] - [64, 0]
    assert np.nanmedian(np.abs(error)) < 0.5


def test_a_mirror_swaps_left_and_right(net):
    error, unswapped = [], []
    for seed in SEEDS:
        one, other = net(picture(seed)).pixels[0], net(picture(seed)[:, ::-1].copy()).pixels[0]
        back = [picture().shape[1] - 1, 0] + other * [-1, 1]
        error.append(back[SWAPPED] - one)
        unswapped.append(back - one)
    assert np.nanmedian(np.abs(error)) < 5
    assert np.nanmedian(np.abs(unswapped)) > 8


@pytest.mark.parametrize("size", [(640, 384), (383, 640), (100, 60), (33, 900)])
def test_any_size_will_do_and_noise_shows_nobody(net, size):
    noise = np.random.default_rng(0).integers(0, 40, (*size, 3)).astype(np.uint8)
    assert len(net(noise)) == 0


def test_a_small_picture_is_enlarged_for_the_network(net):
    small = picture()[::4, ::4].copy()
    assert len(net(small)) == 1
    error = net(small).scaled((4, 4)).pixels[0] - net(picture()).pixels[0]
    assert np.nanmedian(np.abs(error)) < 12


def test_who_is_found_twice_counts_once():
    body = np.random.default_rng(0).uniform(0, 300, (17, 2))
    pixels = np.stack([body + 2, body, body + 200, body + 900])
    people = _distinct(pixels, np.full((4, 17), 0.6), np.array([0.5, 0.7, 0.6, 0.1]))
    np.testing.assert_array_equal(people.pixels, pixels[[1, 2]])


@pytest.mark.parametrize("size", [0, 255, 641])
def test_sizes_out_of_range_are_refused(size):
    with pytest.raises(InputError, match=f"--size must be from 256 to 640 pixels, got {size}"):
        MoveNet(size)


@pytest.mark.parametrize("weights", [WEIGHTS, THUNDER])
def test_the_weights_are_those_of_the_card(weights):
    card = json.loads(weights.with_name(weights.name.replace("-fp16.onnx", ".json")).read_text())
    assert card["file"] == weights.name
    assert card["sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()


@pytest.mark.parametrize("seed", SEEDS)
def test_looking_again_finds_about_the_same(net, seed):
    people = net(picture(seed))
    again = Thunder(THUNDER)(picture(seed), people)
    assert 0 < np.nanmedian(np.abs(again.pixels - people.pixels)) < 6
    shifted = Thunder(THUNDER)(picture(seed)[:, 50:].copy(), net(picture(seed)[:, 50:].copy()))
    assert np.nanmedian(np.abs(shifted.pixels - again.pixels + [50, 0])) < 3


@pytest.mark.parametrize("place", [-200, -60, 1000])
def test_nobody_can_be_looked_at_beyond_the_picture(place):
    pixels, confidence = np.full((1, 17, 2), np.nan), np.zeros((1, 17))
    pixels[0, :2], confidence[0, :2] = [[place, place], [place + 5, place + 5]], 0.5
    people = People(pixels, confidence)
    assert Thunder(THUNDER)(np.zeros((200, 300, 3), np.uint8), people).confidence.max() == 0.5


def test_other_files_are_not_thunder(tmp_path):
    with pytest.raises(InputError, match=r"there is no such file\. Name a network"):
        Thunder(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("hello")
    with pytest.raises(InputError, match="can't be read as a network in ONNX format"):
        Thunder(tmp_path / "text.onnx")
    with pytest.raises(InputError, match="isn't MoveNet Thunder"):
        Thunder(WEIGHTS)
