import math

import pytest
import torch

from viewsync.stereo.losses import siamese_loss, triplet_loss


def test_siamese_loss_by_hand():
    logits = torch.tensor([0.0, math.log(3), -math.log(3)])
    # Scores of 1/2, 3/4, 1/4; the last one is wrong.
    loss = siamese_loss(logits, torch.tensor([False, True, True]))
    assert float(loss) == pytest.approx((math.log(2) - math.log(3 / 4) - math.log(1 / 4)) / 3, rel=1e-6)


def triplet(anchor, positive, negative):
    return [torch.tensor([vector], dtype=torch.float64) for vector in (anchor, positive, negative)]


@pytest.mark.parametrize("sign", ["right", "printed"])
def test_squared_distances_by_hand(sign):
    # Squared distances of 1 and 1.25: nearer by a quarter.
    near = triplet([0.0, 0.0], [1.0, 0.0], [1.0, 0.5])
    assert float(triplet_loss(*near, distance="squared euclidean", sign=sign)) == pytest.approx(0.25)
    assert float(triplet_loss(*near, distance="squared euclidean", margin=1.0, sign=sign)) == pytest.approx(0.75)
    far = triplet([0.0, 0.0], [1.0, 0.0], [1.0, 1.0])
    assert float(triplet_loss(*far, distance="squared euclidean", sign=sign)) == 0


def test_cosines_by_hand():
    # Cosines of 0.8 and 0.6.
    vectors = triplet([2.0, 0.0], [4.0, 3.0], [3.0, 4.0])
    assert float(triplet_loss(*vectors, distance="cosine")) == pytest.approx(0.3)
    assert float(triplet_loss(*vectors, distance="cosine", sign="printed")) == pytest.approx(0.7)


def test_the_mean_is_over_triplets_and_each_stops_at_zero():
    near, far = triplet([0.0], [1.0], [1.0]), triplet([0.0], [0.0], [9.0])
    both = [torch.cat(pair) for pair in zip(near, far, strict=True)]
    assert float(triplet_loss(*both, distance="squared euclidean")) == pytest.approx(0.25)


def test_as_printed_a_perfect_answer_costs_most_and_a_wrong_one_nothing():
    perfect = triplet([1.0, 0.0], [1.0, 0.0], [0.0, 1.0])
    wrong = triplet([1.0, 0.0], [0.0, 1.0], [1.0, 0.0])
    costs = {
        sign: [float(triplet_loss(*vectors, distance="cosine", sign=sign)) for vectors in (perfect, wrong)]
        for sign in ("right", "printed")
    }
    assert costs == {"right": [0.0, 1.5], "printed": [1.5, 0.0]}


@pytest.mark.parametrize(
    ("distance", "sign", "nearer"),
    [("squared euclidean", "right", True), ("cosine", "right", True), ("cosine", "printed", False)],
)
def test_a_step_down_the_slope_brings_the_positive_nearer_unless_the_sign_is_the_printed_one(distance, sign, nearer):
    vectors = [vector.requires_grad_() for vector in triplet([1.0, 0.2], [0.8, 0.5], [0.9, 0.4])]
    triplet_loss(*vectors, distance=distance, sign=sign).backward()
    assert all(bool(vector.grad.any()) for vector in vectors)
    anchor, positive, negative = (vector.detach() for vector in vectors)
    stepped = positive - 1e-3 * vectors[1].grad
    alike = torch.cosine_similarity if distance == "cosine" else lambda one, other: -(one - other).norm()
    assert (float(alike(anchor, stepped)) > float(alike(anchor, positive))) == nearer
    away = negative - 1e-3 * vectors[2].grad
    assert (float(alike(anchor, away)) < float(alike(anchor, negative))) == nearer
