"""Who is who at an instant: for each two cameras, and in all views at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from viewsync.association.baselines import PairCost
from viewsync.association.clusters import clustered
from viewsync.association.costs import ALPHA, matched, mixed_cost
from viewsync.association.frames import MultiViewFrame, Session
from viewsync.association.losses import SEEN, embedded
from viewsync.association.metrics import PairOutcome
from viewsync.association.sampling import padded
from viewsync.networks.self_mva import SelfMVA
from viewsync.types import InputError

PairScores = Mapping[tuple[int, int], Float[np.ndarray, "a b"]]
"""1 − cost of people of two views, by both cameras' indices, the lower one first."""
LIKELY = 0.5
"""Score of two boxes that are as likely one person as two, after `calibrate`."""


class NetworkCost:
    """How unlike a trained network finds people of two views: a `PairCost`.

    The vectors of the last instant asked for are kept, as the next pair of cameras needs them again.

    Args:
        network: Trained for the session's cameras.
        session: The cameras and sizes of the instants that will be asked for. Where these sizes are guessed, those that the
            network learned from go before them.
        alpha: Share of appearance, where both views have it.
        relative: Divide distances by the largest one of the two views, as published, instead of weighing them by the
            network's halfway distance.

    Raises:
        InputError: The session's cameras aren't those that the network was trained for.
    """

    def __init__(self, network: SelfMVA, session: Session, *, alpha: float = ALPHA, relative: bool = False) -> None:
        if session.cameras != network.cameras:
            raise InputError(
                f"{session.name}: its cameras are {', '.join(session.cameras)}, but the network was trained for "
                f"{', '.join(network.cameras)}. Train one for these cameras."
            )
        if session.sizes_guessed and network.sizes is not None:
            session = replace(session, sizes=network.sizes)
        self.network, self.session, self.alpha = network, session, alpha
        self.halfway = None if relative else float(network.halfway)
        self._frame: MultiViewFrame | None = None
        self._vectors: list[tuple[Tensor, Tensor | None]] = []

    def __call__(self, frame: MultiViewFrame, a: int, b: int) -> Float[np.ndarray, "a b"]:
        """Costs from 0 to 1 of cameras a and b, by their indices."""
        vectors = self.vectors(frame)
        (features_a, look_a), (features_b, look_b) = vectors[a], vectors[b]
        with torch.inference_mode():
            cost = mixed_cost(features_a, features_b, look_a, look_b, self.alpha, halfway=self.halfway)
        return np.asarray(cost.double().cpu().numpy())

    def vectors(self, frame: MultiViewFrame) -> list[tuple[Tensor, Tensor | None]]:
        """Each view's features and appearance."""
        if frame is self._frame:
            return self._vectors
        views = padded(self.session.with_frames([frame]))
        with torch.inference_mode():
            features = embedded(self.network, views)[0]
        looks: list[Tensor | None] = [None] * len(features) if views.appearance is None else [*views.appearance[0]]
        counts = [len(view) for view in frame.views]
        self._frame = frame
        self._vectors = [
            (feature[:count], None if look is None else look[:count])
            for feature, look, count in zip(features, looks, counts, strict=True)
        ]
        return self._vectors


def pair_scores(cost: PairCost, frame: MultiViewFrame) -> PairScores:
    """Scores of all pairs of cameras at an instant."""
    return {(a, b): 1 - cost(frame, a, b) for a, b in combinations(range(len(frame.views)), 2)}


def pairwise_outcomes(
    cost: PairCost, frames: Sequence[MultiViewFrame], threshold: float = LIKELY, *, keep_one: bool = False
) -> Iterator[PairOutcome]:
    """Each two cameras matched by themselves (Hungarian algorithm).

    Args:
        cost: Of any kind.
        frames: With or without identities.
        threshold: Matches of a lower score are dropped.
        keep_one: Keep the best match of two views even so, as published.
    """
    for frame in frames:
        for (a, b), scores in pair_scores(cost, frame).items():
            sides = frame.views[a].identities, frame.views[b].identities
            yield PairOutcome(*sides, scores, matched(1 - scores, threshold, keep_one))


def joint_outcomes(cost: PairCost, frames: Sequence[MultiViewFrame], threshold: float = LIKELY) -> Iterator[PairOutcome]:
    """Each two cameras as `identities` has them: no match contradicts another one.

    Args:
        cost: Of any kind, whose scores can be compared between pairs of views.
        frames: With or without identities.
        threshold: Score of two boxes that may as well be two people.
    """
    for frame in frames:
        scores = pair_scores(cost, frame)
        found = identities(scores, [len(view) for view in frame.views], threshold)
        for (a, b), of_pair in scores.items():
            sides = frame.views[a].identities, frame.views[b].identities
            yield PairOutcome(*sides, of_pair, np.argwhere(found[a][:, None] == found[b]))


def identities(scores: PairScores, counts: Sequence[int], threshold: float = LIKELY) -> list[Int[np.ndarray, " person"]]:
    """Who is who in all views of an instant: the same number for the same person (see `clusters.clustered`).

    Args:
        scores: Of all pairs of cameras.
        counts: Of people in each view.
        threshold: Score of two boxes that may as well be two people.
    """
    ends = np.cumsum(counts)
    together = np.zeros((ends[-1], ends[-1]))
    parts = [slice(end - count, end) for end, count in zip(ends, counts, strict=True)]
    for (a, b), of_pair in scores.items():
        together[parts[a], parts[b]], together[parts[b], parts[a]] = of_pair, of_pair.T
    found = clustered(together, np.repeat(np.arange(len(counts)), counts), threshold)
    return [found[part] for part in parts]


def calibrate(network: SelfMVA, session: Session) -> None:
    """Set the network's halfway distance, from boxes alone.

    Each two views of an instant are matched. Then whoever was matched is matched anew, to the nearest other one: so are
    people whom the other camera doesn't see. Halfway is up to where the first of the two distances is more likely than the
    second one, if a share of `losses.SEEN` is seen.

    Args:
        network: Trained; its `halfway` is changed.
        session: That it was trained on, or another one of the same cameras.

    Raises:
        InputError: No two cameras ever see anybody at one instant.
    """
    cost = NetworkCost(network, session, alpha=0.0)
    right, wrong = [np.zeros(0)], [np.zeros(0)]
    for frame in session.frames:
        for (a, _), (b, _) in combinations(cost.vectors(frame), 2):
            distances = torch.cdist(a, b).double().numpy()
            rows, columns = matched(distances, -np.inf).T
            right.append(distances[rows, columns])
            distances[rows, columns] = np.inf
            wrong.append(distances.min(axis=1, initial=np.inf)[rows])
    near, far = np.sort(np.concatenate(right)), np.sort(np.concatenate(wrong))
    if not len(near):
        raise InputError(f"{session.name}: no two cameras see anybody at one instant. Give a longer session.")
    right_share = np.arange(1, len(near) + 1) / len(near)
    wrong_share = np.searchsorted(far, near, side="right") / len(far)
    network.halfway.fill_(float(near[(SEEN * right_share - (1 - SEEN) * wrong_share).argmax()]))
