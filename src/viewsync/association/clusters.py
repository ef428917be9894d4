"""Who is who in all views at once: pairwise scores may contradict each other, clusters can't."""

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
    out anew, as well as can be given all others', always of the camera for which that gains most, until nothing gains.

    Args:
        scores: How likely two boxes are one person, symmetric; within a camera they don't count.
        camera: That each box is of.
        threshold: Score of two boxes that may as well be two people.

    Returns:
        The cluster of each box, numbered from 0 in the order of their first boxes.
    """
    gains = np.where(camera[:, None] == camera, 0.0, scores - threshold)
    cluster, boxes = _agglomerated(gains, camera), [np.flatnonzero(camera == one) for one in np.unique(camera)]
    most = max(map(len, boxes), default=0)
    while boxes:
        cluster = _numbered(cluster)
        # The last columns are places of one's own.
        offers = gains @ np.eye(cluster.max() + 1 + most)[cluster]
        dealt = [_dealt_anew(offers[of_camera], cluster[of_camera]) for of_camera in boxes]
        best = int(np.argmax([gain for gain, _ in dealt]))
        gain, places = dealt[best]
        if gain <= _LEAST_GAIN:
            break
        cluster[boxes[best]] = places
    return _numbered(cluster)


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
    offers: Float[np.ndarray, "box cluster"], cluster: Int[np.ndarray, " box"]
) -> tuple[float, Int[np.ndarray, " box"]]:
    """What is gained by dealing out one camera's boxes as well as can be, and their clusters then; alone if none gains.

    Args:
        offers: Gain of each box in each cluster, as many of them empty as there are boxes.
        cluster: Where they are now.
    """
    number, places = linear_sum_assignment(offers, maximize=True)
    gains = offers[number, places]
    before = offers[np.arange(len(cluster)), cluster].sum()
    alone = offers.shape[1] + number
    return float(gains.sum() - before), np.where(gains > 0, places, alone)


def _numbered(cluster: Int[np.ndarray, " person"]) -> Int[np.ndarray, " person"]:
    _, first, number = np.unique(cluster, return_index=True, return_inverse=True)
    ranks: Int[np.ndarray, " person"] = first.argsort().argsort()[number]
    return ranks
