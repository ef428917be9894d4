import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewsync.geometry.camera import CalibratedCamera
from viewsync.types import InputError
from viewsync.worlds.cameras.lens import PHONE
from viewsync.worlds.order import SPLITS, Order, take_up
from viewsync.worlds.presets.wishes import Wishes

SHARES = st.tuples(*3 * [st.floats(0, 10)]).filter(lambda shares: sum(shares) > 0)


def order(seed=1, scenes=3, wishes=None, truth=("coco",), **rest):
    return Order("pair", seed, scenes, wishes or Wishes(people=2, size=(96, 64)), truth, **rest)


@given(scenes=st.integers(1, 300), shares=SHARES, seed=st.integers(0, 2**40))
def test_splits_have_the_shares_asked_for_to_a_scene(scenes, shares, seed):
    split = order(seed, scenes, shares=shares).splits()
    assert len(split) == scenes
    counts = Counter(split)
    for name, share in zip(SPLITS, shares, strict=True):
        assert abs(counts[name] - scenes * share / sum(shares)) <= 1
    assert split == order(seed, scenes, shares=shares).splits()


def test_splits_are_drawn_at_random():
    assert order(1, 100).splits() != order(2, 100).splits()


def test_no_two_scenes_have_the_same_seed():
    seeds = {order(seed).seed_of(number) for seed in range(20) for number in range(1000)}
    assert len(seeds) == 20_000
    assert max(seeds) < 2**53


def test_an_order_is_taken_up_again(tmp_path):
    for _ in range(2):
        take_up(order(), tmp_path)
        (tmp_path / "pair-0000").mkdir(exist_ok=True)
        (tmp_path / "pair-0000" / "cam1.mp4").touch()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (order(seed=2), "another seed"),
        (order(wishes=Wishes(people=3, size=(96, 64))), "another people"),
        (order(truth=("coco", "mot"), scenes=4), "another scenes, truth"),
    ],
)
def test_another_order_finds_the_folder_taken(tmp_path, other, said):
    take_up(order(), tmp_path)
    (tmp_path / "cam1.mp4").touch()
    with pytest.raises(InputError, match=rf"ordered otherwise \({said}\)"):
        take_up(other, tmp_path)


def test_an_order_of_which_nothing_came_is_replaced(tmp_path):
    """As after `--people 900`, which doesn't fit."""
    take_up(order(), tmp_path)
    (tmp_path / "pair-0000" / "sightings").mkdir(parents=True)
    take_up(order(seed=2), tmp_path)
    assert json.loads((tmp_path / "order.json").read_text())["seed"] == 2


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(InputError, match=r"holds files but no order\.json"):
        take_up(order(), tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "\xff"])
def test_an_order_that_cannot_be_read_is_named(tmp_path, content):
    (tmp_path / "order.json").write_text(content, encoding="latin-1")
    (tmp_path / "cam1.mp4").touch()
    with pytest.raises(InputError, match=r"order\.json can't be read"):
        take_up(order(), tmp_path)


def test_real_cameras_are_told_by_what_they_are():
    def with_camera(x):
        return Wishes(cameras=(CalibratedCamera("a", PHONE, np.eye(3), np.array([x, 0.0, 0.0])),)).as_json()

    assert with_camera(1.0) == with_camera(1.0)
    assert with_camera(1.0) != with_camera(1.0 + 1e-12)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"seed": -1}, "--seed must be 0 or greater, got -1"),
        ({"scenes": 0}, "--scenes must be from 1"),
        ({"shares": (0.0, 0.0, 0.0)}, "--split takes three shares"),
        ({"shares": (float("nan"), 1.0, 1.0)}, "--split takes three shares"),
        ({"shares": (float("inf"), 1.0, 1.0)}, "--split takes three shares"),
        ({"shares": (-1.0, 1.0, 1.0)}, "--split takes three shares"),
        ({"truth": ("cocoa",)}, "no such format: cocoa"),
    ],
)
def test_what_cannot_be_ordered(bad, said):
    with pytest.raises(InputError, match=said):
        order(**bad)
