"""What counting networks are shown."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from drawn_scene import GROUND, HEIGHT, WIDTH, drawn_footage

from viewsync.counting.footage import Sample
from viewsync.counting.samples import Batches, batch_of, latency_of
from viewsync.counting.system import Counter, pixels_per_metre, sigma_cells
from viewsync.footage.desynchronizer import Latency, samples
from viewsync.types import InputError

LATE = Latency((0.0, 0.0, 0.0), 1.0)


@pytest.fixture(scope="module")
def footage():
    return drawn_footage(0, people=3, instants=14)[0]


def first(batches):
    return next(iter(batches))


def same(one, other):
    """Whether two batches are equal in all they hold."""
    parts = [(*batch[:2], *batch.geometry, *batch[3:]) for batch in (one, other)]
    return all(torch.equal(a, b) if a is not None else b is None for a, b in zip(*parts, strict=True))


def test_a_batch_shows_each_view_at_its_own_instant_and_the_truth_at_the_references(footage):
    sample = Sample(footage, 5, np.array([5, 9, 2]))
    batch = batch_of([sample], synchronized=True)
    assert batch.pictures.shape == (1, 3, 1, HEIGHT, WIDTH)
    for view, frame in enumerate((5, 9, 2)):
        for shown, at in ((batch.pictures, frame), (batch.synchronized, 5)):
            still = np.median(footage.pictures[view], axis=0)
            expected = (footage.pictures[view][at] - still) / (still.std(ddof=1) / 2)
            np.testing.assert_allclose(shown[0, view, 0], expected, atol=1e-4)
    assert batch.density.sum().item() == pytest.approx(footage.counts[5])
    assert sample.latency_seconds.tolist() == [0.0, pytest.approx(0.8), pytest.approx(-0.6)]
    assert batch_of([Sample(footage, 5, np.array([5, 5, 5]))]).synchronized is None


def test_a_picture_of_nothing_is_no_trouble(footage):
    black = replace(footage, pictures=tuple(np.zeros_like(one) for one in footage.pictures))
    assert batch_of([Sample(black, 0, np.zeros(3, int))]).pictures.abs().max() == 0


def test_people_stand_out_from_what_stands_still(footage):
    (shown,) = batch_of([Sample(footage, 5, np.array([5, 5, 5]))]).pictures[:, 0, 0]
    assert (shown.abs() < 0.1).float().mean() > 0.8
    assert shown.abs().max() > 2


def test_too_few_instants_do_not_tell_what_stands_still():
    short = drawn_footage(0, people=3, instants=4)[0]
    with pytest.raises(InputError, match="4 instants are too few to tell people from what stands still: 5 or more"):
        batch_of([Sample(short, 2, np.array([2, 2, 2]))])


def test_batches_are_the_same_for_the_same_seed_and_can_be_skipped(footage):
    batches = Batches([footage], LATE, 2, seed=1)
    later = iter(batches)
    next(later)
    assert same(first(batches), first(Batches([footage], LATE, 2, seed=1)))
    assert same(next(later), first(Batches([footage], LATE, 2, seed=1, first_batch=1)))
    assert not same(first(batches), first(Batches([footage], LATE, 2, seed=2)))


def test_long_footage_is_drawn_from_more_often():
    some = [drawn_footage(seed, people=1, instants=count)[0] for seed, count in ((1, 16), (2, 60))]
    drawn = [one.footage is some[1] for one in Batches(some, LATE, 400, seed=0).samples(0)]
    # 50 instants against 6.
    assert np.mean(drawn) == pytest.approx(50 / 56, abs=0.05)


def test_latency_is_the_papers():
    assert latency_of("random", 3.0, 3) == Latency((0.0, 0.0, 0.0), 3.0)
    assert latency_of("constant", 5.0, 4) == Latency((0.0, 5.0, -5.0, 5.0), 0.0)
    assert latency_of("none", 5.0, 2) == Latency((0.0, 0.0), 0.0)


def test_footage_that_cant_be_learned_from_together_is_refused(footage):
    with pytest.raises(InputError, match="no footage to learn from"):
        Batches([], LATE, 1, seed=0)
    ground = replace(GROUND, rows=8)
    small = replace(
        footage, name="half of it", densities=footage.densities[:, :8],
        place=replace(footage.place, ground=ground, sampling=footage.place.sampling[:, :8]),
    )  # fmt: skip
    with pytest.raises(
        InputError, match=r"drawn 0 and half of it can't be learned from together: .* 16 × 16 cells, but .* 16 × 8"
    ):
        Batches([footage, small], LATE, 1, seed=0)


def test_sigma_grows_with_latency_and_with_finer_cells(footage):
    metre = pixels_per_metre(footage.place)
    # 80 pixels of focal length, 11 m away.
    assert 5 < metre < 12
    one, two = (sigma_cells(footage.place, Latency((0.0, 6.0, 0.0), random)) for random in (0.0, 6.0))
    assert one[2] == pytest.approx(6 * 1.4 * metre / 4 / 3)
    assert two == pytest.approx([2 * sigma for sigma in one])
    assert one[2] == pytest.approx(4 * one[0])


def test_counting_weights_are_taken_over_and_synchronization_isnt(footage):
    torch.manual_seed(0)
    base, ours = Counter("BaseS", 3, (HEIGHT, WIDTH)), Counter("CLS-cat", 3, (HEIGHT, WIDTH))
    motion = ours.network.sync.motions[0].first.weight.clone()
    ours.begin_from(base)
    assert torch.equal(ours.network.decoder[0].weight, base.network.decoder[0].weight)
    assert torch.equal(ours.network.sync.motions[0].first.weight, motion)
    batch = batch_of(samples([footage], LATE, 0)[:1])
    with torch.inference_mode():  # And no flow is found at first.
        assert torch.allclose(
            ours(batch.pictures, batch.geometry).density, base(batch.pictures, batch.geometry).density, atol=1e-5
        )
    with pytest.raises(RuntimeError, match="size mismatch"):
        Counter("BaseU", 3, (HEIGHT, WIDTH), preset="paper").begin_from(base)
