"""Latencies: what is drawn, what can't be, and that it is the same again."""

import json

import numpy as np
import pytest
from test_counting_footage import PLACE

from viewsync.counting.footage import Footage
from viewsync.footage.desynchronizer import (
    Latency,
    drawn,
    drawn_sample,
    instants,
    samples,
    write_samples,
)
from viewsync.types import InputError

BOTH = Latency((0.0, -1.0), 0.5)


def footage(count=50, fps=4.0, name="clip"):
    pictures = tuple(np.zeros((count, PLACE.height, PLACE.width), np.uint8) for _ in PLACE.views)
    return Footage(name, "test", PLACE, fps, pictures, np.zeros((count, 14, 16), np.float32))


def test_a_constant_latency_by_hand():
    late = Latency((0.0, 2.5), 0.0)
    # Ten frames of four per second: the last ten instants have none.
    assert instants(late, footage()) == range(0, 40)
    found = samples([footage()], late, seed=1)
    assert [sample.instant for sample in found] == list(range(40))
    assert all(sample.frames.tolist() == [sample.instant, sample.instant + 10] for sample in found)
    assert found[0].latency_seconds.tolist() == [0.0, 2.5]


def test_the_nearest_frame_is_shown():
    assert drawn(Latency((0.0, 0.3), 0.0), footage(), 7, np.random.default_rng(0)).tolist() == [7, 8]
    assert drawn(Latency((0.0, -0.4), 0.0), footage(), 7, np.random.default_rng(0)).tolist() == [7, 5]


def test_random_latencies_are_uniform_and_never_lead_out():
    kept = instants(BOTH, footage())
    # From 1.5 s before to half a second before.
    assert kept == range(6, 50)
    rng = np.random.default_rng(0)
    steps = np.array([drawn(BOTH, footage(), 6, rng) - 6 for _ in range(1000)])
    assert (steps[:, 0] == 0).all()
    frames, counts = np.unique(steps[:, 1], return_counts=True)
    # U(−6, −2) in frames, rounded: the outermost frames get half as much as those between.
    assert frames.tolist() == [-6, -5, -4, -3, -2]
    assert counts / 1000 == pytest.approx([0.125, 0.25, 0.25, 0.25, 0.125], abs=0.05)


def test_every_drawn_frame_exists():
    for sample in samples([footage(20)], Latency((0.0, 0.3), 1.1), seed=3):
        assert (sample.frames >= 0).all()
        assert (sample.frames < 20).all()


def test_samples_are_the_same_for_a_seed_whatever_follows():
    alone = samples([footage()], BOTH, seed=5)
    together = samples([footage(), footage(name="other")], BOTH, seed=5)
    assert [sample.frames.tolist() for sample in alone] == [sample.frames.tolist() for sample in together[: len(alone)]]
    another = samples([footage()], BOTH, seed=6)
    assert [sample.frames.tolist() for sample in alone] != [sample.frames.tolist() for sample in another]


def test_samples_for_training_are_of_any_instant_alike():
    some, rng = [footage(20), footage(50, name="other")], np.random.default_rng(0)
    among = [[10, 12], [12, 13, 14, 15, 16, 17]]
    found = [drawn_sample(some, among, BOTH, rng) for _ in range(800)]
    told = [(one.footage.name, one.instant) for one in found]
    counts = [told.count((clip.name, at)) / 800 for clip, instants in zip(some, among, strict=True) for at in instants]
    assert counts == pytest.approx([1 / 8] * 8, abs=0.04)
    assert all(one.frames[0] == one.instant for one in found)
    assert {int(one.frames[1]) - one.instant for one in found} == {-6, -5, -4, -3, -2}


def test_random_latency_is_the_same_for_all_views():
    assert Latency.at_random(4, 0.64) == Latency((0.0,) * 4, 0.64)


def test_no_latency():
    assert all((sample.frames == sample.instant).all() for sample in samples([footage()], Latency.none(2), seed=0))


def test_what_was_drawn_is_written(tmp_path):
    found = samples([footage()], BOTH, seed=5)
    write_samples(found, BOTH, 5, tmp_path / "latency.json")
    told = json.loads((tmp_path / "latency.json").read_text())
    assert (told["constant_seconds"], told["random_seconds"], told["seed"]) == ([0.0, -1.0], 0.5, 5)
    assert len(told["samples"]) == len(found)
    first, sample = told["samples"][0], found[0]
    assert (first["footage"], first["instant"], first["frames"]) == ("clip", sample.instant, sample.frames.tolist())
    assert first["latency_seconds"] == ((sample.frames - sample.instant) / 4).tolist()


def test_wrong_latencies_say_so():
    for constant, random, words in [
        ((1.0, 0.0), 0.0, "first view is the reference"),
        ((), 0.0, "first view is the reference"),
        ((0.0, float("nan")), 0.0, "numbers of seconds"),
        ((0.0, 1.0), -1.0, "0 or more"),
    ]:
        with pytest.raises(InputError, match=words):
            Latency(constant, random)
    with pytest.raises(InputError, match="2 views, but latencies are given for 3"):
        instants(Latency((0.0, 5.0, -5.0), 0.0), footage())
    with pytest.raises(InputError, match="too short for latencies from -20 to 20 s"):
        samples([footage()], Latency((0.0, 0.0), 20.0), seed=0)
    with pytest.raises(ValueError, match="lead out"):
        drawn(BOTH, footage(), 0, np.random.default_rng(0))
