"""What `viewsync.networks.self_mva` is trained by: that views of one instant belong together, and views of others don't."""

import math
from itertools import combinations
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn import functional

from viewsync.association.costs import ALPHA, matched, mixed_cost
from viewsync.association.frames import UNKNOWN
from viewsync.association.sampling import MomentBatch, TripletBatch, Views
from viewsync.networks.self_mva import SelfMVA

MARGIN = 1.0
"""By how much views of other instants are to be farther off, as published."""
TEMPERATURE = 0.5
"""Of the softmax over squared distances, in square roots of how many numbers a feature has."""
SEEN = 0.8
"""How likely somebody whom a camera sees is seen by another one, before anything is known."""
NEAR_METRES = 2.0
"""Standard deviation of where people seem to stand, in the beginning."""
_SMALLEST = 1e-6


class Matches(NamedTuple):
    """Who is taken for whom in two rows of views."""

    row: Int64[Tensor, " match"]
    a: Int64[Tensor, " match"]
    b: Int64[Tensor, " match"]


def embedded(network: SelfMVA, views: Views) -> Float[Tensor, "*batch person feature"]:
    """The network's vectors of boxes."""
    return network.embed(views.boxes, views.sizes, views.camera)


def matches(
    features_a: Float[Tensor, "row a feature"], features_b: Float[Tensor, "row b feature"], a: Views, b: Views, alpha: float
) -> Matches:
    """The least costly matches of each row's two views; all are kept."""
    present = a.present[..., :, None] & b.present[..., None, :]
    with torch.no_grad():
        cost = mixed_cost(features_a, features_b, a.appearance, b.appearance, alpha, present=present).cpu().double().numpy()
    counts = torch.stack([a.present.sum(-1), b.present.sum(-1)], dim=-1).tolist()
    pairs = [matched(cost[row, :people_a, :people_b]) for row, (people_a, people_b) in enumerate(counts)]
    rows = np.repeat(np.arange(len(pairs)), [len(pair) for pair in pairs])
    stacked = np.concatenate([rows[:, None], np.concatenate(pairs)], axis=1)
    return Matches(*torch.from_numpy(stacked).to(features_a.device).unbind(1))


def synchronization_loss(
    network: SelfMVA, batch: TripletBatch, *, alpha: float = ALPHA, edges: bool = True, self_pairs: bool = False
) -> dict[str, Float[Tensor, ""]]:
    """The terms of Self-MVA's loss, to be added up: triplets of views, of their edges, and re-projection.

    Args:
        network: To be trained.
        batch: Views without identities.
        alpha: Share of appearance in what is matched.
        edges: Whether to compare what lies between people, too.
        self_pairs: Whether what lies between people and themselves counts as well, as in the released code.
    """
    anchor, positive, negative = (embedded(network, views) for views in batch)
    nodes, between = [], []
    for features, views in ((positive, batch.positive), (negative, batch.negative)):
        pairs = matches(anchor, features, batch.anchor, views, alpha)
        distances = (anchor[pairs.row, pairs.a] - features[pairs.row, pairs.b]).norm(dim=-1)
        nodes.append(_mean_by_row(distances, pairs.row, len(anchor)))
        if edges:
            between.append(edge_distances(network, batch.anchor, views, pairs, distances, self_pairs))
    terms = {
        "triplet": (nodes[0] - nodes[1] + MARGIN).relu().mean(),
        "reprojection": reprojection(network, anchor, batch.anchor) + reprojection(network, positive, batch.positive),
    }
    if edges:
        hinges = (between[0] - between[1] + MARGIN).relu()
        terms["edges"] = torch.where(hinges.isnan(), 0.0, hinges).mean()
    return terms


def edge_distances(
    network: SelfMVA, a: Views, b: Views, pairs: Matches, distances: Float[Tensor, " match"], self_pairs: bool
) -> Float[Tensor, " row"]:
    """Mean distances of what lies between any two matched people, in two views; nan where fewer than two are matched.

    Between two people is a box whose foot is midway between their feet, and whose sides are the means of theirs. Who comes
    first doesn't matter, so each two are looked at once. Between people and themselves are they.

    Args:
        network: That makes vectors of boxes.
        a: Views.
        b: Other views.
        pairs: Matches in them.
        distances: Of the matched people.
        self_pairs: Whether the mean is over those, too.
    """
    rows = len(a.boxes)
    same = pairs.row[:, None] == pairs.row
    one, two = same.triu(1).nonzero().unbind(1)
    row = pairs.row[one]
    features = [
        embedded(network, _between(views, row, people[one], people[two]))[:, 0]
        for views, people in ((a, pairs.a), (b, pairs.b))
    ]
    edges = (features[0] - features[1]).norm(dim=-1)
    mean = _mean_by_row(edges, row, rows)
    if not self_pairs:
        return mean
    count = torch.bincount(pairs.row, minlength=rows)
    return ((count - 1) * mean + _mean_by_row(distances, pairs.row, rows)) / count


def _between(views: Views, row: Int64[Tensor, " edge"], one: Int64[Tensor, " edge"], two: Int64[Tensor, " edge"]) -> Views:
    # The mean of two boxes has the mean foot, width and height.
    boxes = (views.boxes[row, one] + views.boxes[row, two]) / 2
    return views.at(row)._replace(boxes=boxes[:, None])


def reprojection(network: SelfMVA, features: Float[Tensor, "row person feature"], views: Views) -> Float[Tensor, ""]:
    """L1 distance of boxes, in shares of the picture's sides, and of what the decoder finds for their own camera."""
    decoded = network.decode(features)
    own = decoded[torch.arange(len(decoded)), :, views.camera]
    missed = (own - shares(network, views)).abs().sum(-1)
    return ((missed * views.present).sum(-1) / views.present.sum(-1).clamp_min(1)).mean()


def shares(network: SelfMVA, views: Views) -> Float[Tensor, "row person number"]:
    """What the decoder should find: boxes or their middles, in shares of the picture's sides."""
    boxes = views.boxes / views.sizes.repeat(1, 2)[:, None]
    return boxes if network.mode == "box" else (boxes[..., :2] + boxes[..., 2:]) / 2


def _mean_by_row(values: Float[Tensor, " value"], row: Int64[Tensor, " value"], rows: int) -> Float[Tensor, " row"]:
    total = values.new_zeros(rows).index_add(0, row, values)
    return total / torch.bincount(row, minlength=rows)


def supervised_loss(network: SelfMVA, batch: TripletBatch) -> dict[str, Float[Tensor, ""]]:
    """The fully supervised variant: each person against everybody else of the other view, and boxes of both views.

    Args:
        network: To be trained.
        batch: Anchors and positives with identities; negatives don't matter.
    """
    a, b = batch.anchor, batch.positive
    anchor, positive = embedded(network, a), embedded(network, b)
    known = (a.present & (a.identities != UNKNOWN))[:, :, None] & b.present[:, None]
    same = known & (a.identities[:, :, None] == b.identities[:, None])
    distances = torch.cdist(anchor, positive)
    # Of person × who it is × who it isn't.
    gaps = distances[..., :, None] - distances[..., None, :] + MARGIN
    triplets = same[..., :, None] & (known & ~same)[..., None, :]
    row, one, two = same.nonzero().unbind(1)
    crossed = network.decode(anchor[row, one])[torch.arange(len(row)), b.camera[row]]
    missed = (crossed - shares(network, b)[row, two]).abs().sum(-1)
    return {
        "triplet": (gaps.relu() * triplets).sum() / triplets.sum().clamp_min(1),
        "reprojection": reprojection(network, anchor, a) + reprojection(network, positive, b),
        "across": missed.sum() / max(len(missed), 1),
    }


def contrast_loss(network: SelfMVA, batch: MomentBatch, *, certainty: float = 1.0) -> dict[str, Float[Tensor, ""]]:
    """Ours: people are told apart from all of another view's people, of all instants that are apart and of their own.

    Of exp(−distance² / `TEMPERATURE`), what is more than usual between instants that are apart tells who in the other view
    of the same instant somebody may be, or that they aren't seen. Both must choose each other. That then is what a softmax
    over all people is to find; so the same instant's others become negatives as soon as it is known who is who. The mean
    over all two cameras.

    Whoever is chosen by a network that knows nothing stays chosen, and of several people mostly the wrong one is. So in the
    beginning those are to be found who stand near by; or where that isn't known, everybody of the same instant alike: then
    only what is right adds up over instants.

    Args:
        network: To be trained.
        batch: Views without identities.
        certainty: From 0 to 1, how much those count who were chosen; the rest is shared as in the beginning.
    """
    views, cameras = batch.views.in_a_row(), batch.views.camera.shape[1]
    features = embedded(network, views)
    scale = TEMPERATURE * math.sqrt(features.shape[-1])
    seen = [batch.views.present[:, camera] for camera in range(cameras)]
    people = [features[camera::cameras][present] for camera, present in enumerate(seen)]
    places = [batch.places[:, camera][present] for camera, present in enumerate(seen)]
    moments = [present.nonzero()[:, 0] for present in seen]
    losses = []
    for a, b in combinations(range(cameras), 2):
        same, apart = moments[a][:, None] == moments[b], batch.apart[moments[a]][:, moments[b]]
        if same.any():
            logits = -torch.cdist(people[a], people[b]).square() / scale
            begin = _nearby(places[a], places[b], same).to(logits)
            losses.append(_contrast(logits, begin, same, apart, certainty))
    return {
        "contrast": torch.stack(losses).mean() if losses else features.sum() * 0,
        "reprojection": reprojection(network, features, views),
    }


def _contrast(
    logits: Float[Tensor, "one other"],
    begin: Float[Tensor, "one other"],
    same: Bool[Tensor, "one other"],
    apart: Bool[Tensor, "one other"],
    certainty: float,
) -> Float[Tensor, ""]:
    """Of two cameras."""
    with torch.no_grad():
        chosen = _posterior(logits, same, apart) * _posterior(logits.T, same.T, apart.T).T
    counted = logits.masked_fill(~(same | apart), -torch.inf)
    found = [functional.log_softmax(counted, dim=dim).masked_fill(~same, 0.0) for dim in (0, 1)]
    now, first = (weights / weights.sum().clamp_min(_SMALLEST) for weights in (chosen, begin))
    return -((certainty * now + (1 - certainty) * first) * (found[0] + found[1])).sum()


def _nearby(
    places: Float[Tensor, "one 2"], others: Float[Tensor, "other 2"], same: Bool[Tensor, "one other"]
) -> Float[Tensor, "one other"]:
    """Of the same instant's others, how likely each one is whom, by where they stand; all alike where nobody knows."""
    if places.isnan().any() or others.isnan().any():
        return same.to(places)
    near = torch.exp(torch.cdist(places, others).square() / (-2 * NEAR_METRES**2)) * same
    return near.square() / (near.sum(1, keepdim=True) + 1 - SEEN) / (near.sum(0, keepdim=True) + 1 - SEEN)


def _posterior(
    logits: Float[Tensor, "one other"], same: Bool[Tensor, "one other"], apart: Bool[Tensor, "one other"]
) -> Float[Tensor, "one other"]:
    """Which of the same instant's others each one is; what is missing to 1 is that they aren't there."""
    usual = logits.masked_fill(~apart, -torch.inf).logsumexp(1, keepdim=True) - apart.sum(1, keepdim=True).log()
    ratios = (logits - usual).masked_fill(~same, -torch.inf)
    absent = (same.sum(1, keepdim=True) * (1 - SEEN) / SEEN).log()
    # Whoever has nobody to be, or nobody to be compared with, gives nan: nothing is known of them.
    return (ratios - torch.logaddexp(ratios.logsumexp(1, keepdim=True), absent)).exp().nan_to_num(0.0)
