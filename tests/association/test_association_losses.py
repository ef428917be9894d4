"""Losses against slow twins that look at people one by one, and their laws."""

import pytest
import torch
from made_session import walkers
from scipy.optimize import linear_sum_assignment

from viewsync.association.losses import (
    contrast_loss,
    edge_distances,
    embedded,
    matches,
    reprojection,
    supervised_loss,
    synchronization_loss,
)
from viewsync.association.sampling import MomentBatch, Moments, TripletBatch, Triplets
from viewsync.networks.self_mva import SelfMVA


@pytest.fixture(scope="module")
def session():
    return walkers(instants=30, people=4, seed=2)


@pytest.fixture(scope="module")
def network(session):
    torch.manual_seed(0)
    return SelfMVA(session.cameras, width=8, cycles=0.3).double()


def precise(views):
    return views._replace(boxes=views.boxes.double(), sizes=views.sizes.double())


@pytest.fixture(scope="module")
def batch(session):
    return TripletBatch(*map(precise, next(iter(Triplets(session, 5, 0)))))


@pytest.fixture(scope="module")
def moments(session):
    views, places, apart = next(iter(Moments(session, 8, 0)))
    return MomentBatch(precise(views), places.double(), apart)


def of_cameras(moments, *cameras):
    """The same instants as those cameras see them."""
    chosen = torch.meshgrid(torch.arange(len(moments.apart)), torch.tensor(cameras), indexing="ij")
    return moments._replace(views=moments.views.at(*chosen), places=moments.places[chosen])


def of_camera(moments, camera):
    rows = torch.arange(len(moments.apart))
    return moments.views.at(rows, torch.full_like(rows, camera))


def people(network, views, row):
    """One view by itself: boxes and features of those who are there."""
    boxes = views.boxes[row][views.present[row]]
    return boxes, network.embed(boxes, views.sizes[row], views.camera[row])


def distances(network, anchor, other, row, self_pairs):
    """Of people, and of what is between them, each by itself."""
    (boxes_a, a), (boxes_b, b) = people(network, anchor, row), people(network, other, row)
    pairs = [*zip(*linear_sum_assignment(torch.cdist(a, b).detach()), strict=True)]
    nodes = torch.stack([(a[i] - b[j]).norm() for i, j in pairs]).mean()
    edges = []
    for first, (i, j) in enumerate(pairs):
        for second, (k, m) in enumerate(pairs):
            if first != second or self_pairs:
                between = []
                for boxes, one, two, views in ((boxes_a, i, k, anchor), (boxes_b, j, m, other)):
                    foot = sum((boxes[p, [0, 3]] + boxes[p, [2, 3]]) / 2 for p in (one, two)) / 2
                    wide, high = sum(boxes[p, 2:] - boxes[p, :2] for p in (one, two)) / 2
                    box = torch.stack([foot[0] - wide / 2, foot[1] - high, foot[0] + wide / 2, foot[1]])
                    between.append(network.embed(box[None], views.sizes[row], views.camera[row])[0])
                edges.append((between[0] - between[1]).norm())
    return nodes, torch.stack(edges).mean()


@pytest.mark.parametrize("self_pairs", [True, False])
def test_synchronization_is_as_a_slow_twin_has_it(network, batch, self_pairs):
    terms = synchronization_loss(network, batch, self_pairs=self_pairs)
    triplets, edges = [], []
    for row in range(5):
        near, far = (distances(network, batch.anchor, other, row, self_pairs) for other in batch[1:])
        triplets.append((near[0] - far[0] + 1).relu())
        edges.append((near[1] - far[1] + 1).relu())
    torch.testing.assert_close(terms["triplet"], torch.stack(triplets).mean())
    torch.testing.assert_close(terms["edges"], torch.stack(edges).mean())


def test_reprojection_is_over_the_own_camera(network, batch):
    missed = []
    for row in range(5):
        boxes, features = people(network, batch.anchor, row)
        decoded = network.decode(features)[:, batch.anchor.camera[row]]
        missed.append((decoded - boxes / batch.anchor.sizes[row].repeat(2)).abs().sum(1).mean())
    found = reprojection(network, embedded(network, batch.anchor), batch.anchor)
    torch.testing.assert_close(found, torch.stack(missed).mean())


def test_nothing_lies_between_one_and_nobody(network, batch):
    alone = batch.anchor._replace(present=torch.arange(batch.anchor.present.shape[1]).expand(5, -1) < 1)
    features = embedded(network, alone)
    pairs = matches(features, features, alone, alone, 0.0)
    zero = torch.zeros(5, dtype=torch.float64)
    assert edge_distances(network, alone, alone, pairs, zero, False).isnan().all()
    assert synchronization_loss(network, TripletBatch(alone, alone, alone))["edges"] == 0


def test_supervised_is_as_a_slow_twin_has_it(network, batch):
    terms = supervised_loss(network, batch)
    triplets, across = [], []
    for row in range(5):
        (_, a), (boxes, b) = people(network, batch.anchor, row), people(network, batch.positive, row)
        ids_a = batch.anchor.identities[row][batch.anchor.present[row]]
        ids_b = batch.positive.identities[row][batch.positive.present[row]]
        for i, who in enumerate(ids_a):
            for j in (ids_b == who).nonzero()[:, 0]:
                triplets += [
                    ((a[i] - b[j]).norm() - (a[i] - b[k]).norm() + 1).relu() for k in (ids_b != who).nonzero()[:, 0]
                ]
                there = network.decode(a[i])[batch.positive.camera[row]]
                across.append((there - boxes[j] / batch.positive.sizes[row].repeat(2)).abs().sum())
    torch.testing.assert_close(terms["triplet"], torch.stack(triplets).mean())
    torch.testing.assert_close(terms["across"], torch.stack(across).mean())


def test_who_is_unknown_supervises_nothing(network, batch):
    unknown = TripletBatch(*(views._replace(identities=torch.full_like(views.identities, -1)) for views in batch))
    terms = supervised_loss(network, unknown)
    assert terms["triplet"] == terms["across"] == 0


def test_contrast_is_the_same_from_both_sides_and_in_any_order(network, moments):
    loss, (views, places, apart) = contrast_loss(network, moments)["contrast"], moments
    torch.testing.assert_close(contrast_loss(network, of_cameras(moments, 2, 0, 1))["contrast"], loss)
    order = torch.randperm(len(apart), generator=torch.Generator().manual_seed(0))
    shuffled = MomentBatch(views.at(order), places[order], apart[order][:, order])
    torch.testing.assert_close(contrast_loss(network, shuffled)["contrast"], loss)


def test_contrast_is_the_mean_over_all_two_cameras(network, moments):
    pairs = [of_cameras(moments, *pair) for pair in ((0, 1), (0, 2), (1, 2))]
    apart = torch.stack([contrast_loss(network, pair, certainty=0.5)["contrast"] for pair in pairs])
    torch.testing.assert_close(contrast_loss(network, moments, certainty=0.5)["contrast"], apart.mean())


def costs(network, moments):
    """Of two cameras: for each instant, what it costs that somebody is somebody."""
    a, b, apart = of_camera(moments, 0), of_camera(moments, 1), moments.apart
    logits = {}
    (_, first), (_, second) = (
        zip(*(people(network, views, row) for row in range(len(apart))), strict=True) for views in (a, b)
    )
    for one, mine in enumerate(first):
        for other, theirs in enumerate(second):
            if one == other or apart[one, other]:
                logits[one, other] = -2 * torch.cdist(mine, theirs).square() / mine.shape[-1] ** 0.5
    for row in range(len(apart)):
        mine = torch.cat([logit for (one, _), logit in logits.items() if one == row], dim=1).logsumexp(1)
        theirs = torch.cat([logit for (_, other), logit in logits.items() if other == row], dim=0).logsumexp(0)
        yield mine[:, None] + theirs - 2 * logits[row, row]


def test_who_is_unsure_looks_for_everybody_of_the_instant_alike(network, moments):
    moments = of_cameras(moments, 0, 1)
    unsure, half, sure = (contrast_loss(network, moments, certainty=share)["contrast"] for share in (0.0, 0.5, 1.0))
    torch.testing.assert_close(unsure, torch.cat([cost.flatten() for cost in costs(network, moments)]).mean())
    torch.testing.assert_close(half, (unsure + sure) / 2)


def test_in_the_beginning_those_who_stand_near_are_looked_for(network, moments):
    moments = of_cameras(moments, 0, 1)
    views = moments.views
    # A hundred metres between any two people, but none between anybody and himself.
    places = torch.stack([100.0 * views.identities, torch.zeros(views.identities.shape)], dim=-1).double()
    said = contrast_loss(network, moments._replace(places=places), certainty=0.0)["contrast"]
    right = []
    for row, cost in enumerate(costs(network, moments)):
        first, second = (views.identities[row, camera][views.present[row, camera]] for camera in (0, 1))
        right.append(cost[first[:, None] == second])
    torch.testing.assert_close(said, torch.cat(right).mean())


def test_what_is_not_apart_is_no_negative(network, moments):
    views, places, apart = of_cameras(moments, 0, 1)
    near, present, boxes = apart.clone(), views.present.clone(), views.boxes.clone()
    near[0, 1] = near[1, 0] = False
    present[1, 1] = False
    boxes[1, 1] += 40
    hidden = views._replace(present=present)
    both = hidden, hidden._replace(boxes=boxes)
    one, other = (contrast_loss(network, MomentBatch(some, places, near))["contrast"] for some in both)
    assert one == other
    assert one.isfinite()


def test_every_loss_reaches_every_weight(network, batch, moments):
    losses = (synchronization_loss(network, batch), supervised_loss(network, batch), contrast_loss(network, moments))
    for terms in losses:
        network.zero_grad()
        sum(terms.values()).backward()
        for name, weights in network.named_parameters():
            assert weights.grad.isfinite().all(), name
            assert weights.grad.abs().sum() > 0, name


def test_appearance_decides_whom_the_network_cannot_tell_apart(network, batch):
    views = batch.anchor
    one = views.boxes[:, :1].expand_as(views.boxes)
    looks = torch.eye(views.boxes.shape[1]).expand(5, -1, -1)
    a, b = (views._replace(boxes=one, appearance=look) for look in (looks, looks.flip(1)))
    full = [side._replace(present=torch.ones_like(side.present)) for side in (a, b)]
    pairs = matches(embedded(network, a), embedded(network, b), *full, 0.1)
    assert torch.equal(pairs.a, looks.shape[1] - 1 - pairs.b)
