"""Who is who in all views at once: pairwise scores may contradict each other, clusters can't."""

from itertools import cycle

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

_LEAST_GAIN = 1e-9
"""What is less may be rounding, and could go on for ever."""


def clustered(
    scores: Float[np.ndarray, "person person"], camera: Int[np.ndarray, " person"], threshold: float = 0.5
) -> Int[np.ndarray, " person"]:
    """Clusters of boxes of one instant, with at most one box of each camera in a cluster.

    What is sought is the largest sum, over all pairs within clusters, of score − threshold. The two clusters that are most
    alike (by their mean pairwise score) are joined until none are alike enough. Then one camera's boxes at a time are dealt
    out anew, as well as can be given all others': cameras take turns, first the one for which that gains most, until
    nothing gains for any.

    Args:
        scores: How likely two boxes are one person, symmetric; within a camera they don't count.
        camera: That each box is of.
        threshold: Score of two boxes that may as well be two people.

    Returns:
        The cluster of each box, numbered from 0 in the order of their first boxes.
    """
    gains = np.where(camera[:, None] == camera, 0.0, scores - threshold)
    cluster, boxes = _agglomerated(gains, camera), [np.flatnonzero(camera == one) for one in np.unique(camera)]
    cluster, still = _numbered(cluster), 0
    turns = cycle(sorted(boxes, key=lambda of_camera: -_dealt_anew(gains, cluster, of_camera)[0]))
    while still < len(boxes):
        of_camera = next(turns)
        gain, places = _dealt_anew(gains, cluster, of_camera)
        if gain > _LEAST_GAIN:
            cluster[of_camera] = places
            cluster, still = _numbered(cluster), 0
        still += 1
    return cluster


def _agglomerated(
    gains: Float[np.ndarray, "person person"], camera: Int[np.ndarray, " person"]
) -> Int[np.ndarray, " person"]:
    """Greedy joining of what is most alike on the mean; a cluster goes by the number of its first box."""
    count = len(camera)
    cluster, members, total = np.arange(count), np.ones(count), gains.copy()
    has = camera[:, None] == np.unique(camera)
    mean = np.where(camera[:, None] == camera, -np.inf, gains)
    while count:
        kept, joined = sorted(divmod(int(mean.argmax()), count))
        if not mean[kept, joined] > 0:
            break
        cluster[cluster == joined] = kept
        total[kept] += total[joined]
        total[:, kept] = total[kept]
        members[kept], members[joined] = members[kept] + members[joined], np.inf
        has[kept] |= has[joined]
        mean[joined] = mean[:, joined] = -np.inf
        clash = (has & has[kept]).any(axis=1) | np.isinf(members)
        mean[kept] = mean[:, kept] = np.where(clash, -np.inf, total[kept] / (members[kept] * members))
    return cluster


def _dealt_anew(
    gains: Float[np.ndarray, "person person"], cluster: Int[np.ndarray, " person"], of_camera: Int[np.ndarray, " box"]
) -> tuple[float, Int[np.ndarray, " box"]]:
    """What is gained by dealing out one camera's boxes as well as can be, and their clusters then; alone if none gains."""
    count = cluster.max() + 1
    # The last columns are places of one's own.
    offers = gains[of_camera] @ np.eye(count + len(of_camera))[cluster]
    number, places = linear_sum_assignment(offers, maximize=True)
    dealt = offers[number, places]
    before = offers[number, cluster[of_camera]].sum()
    return float(dealt.sum() - before), np.where(dealt > 0, places, count + number)


def _numbered(cluster: Int[np.ndarray, " person"]) -> Int[np.ndarray, " person"]:
    _, first, number = np.unique(cluster, return_index=True, return_inverse=True)
    ranks: Int[np.ndarray, " person"] = first.argsort().argsort()[number]
    return ranks
