"""Who is who in all views at once: pairwise scores may contradict each other, clusters can't."""

import numpy as np
from jaxtyping import Bool, Float, Int
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
    cluster = _agglomerated(gains, camera)
    while True:
        dealt = [_dealt_anew(gains, cluster, camera == one) for one in np.unique(camera)]
        improved = [_total(gains, other) for other in dealt]
        if not dealt or max(improved) <= _total(gains, cluster) + _LEAST_GAIN:
            return _numbered(cluster)
        cluster = dealt[int(np.argmax(improved))]


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
    gains: Float[np.ndarray, "person person"], cluster: Int[np.ndarray, " person"], dealt: Bool[np.ndarray, " person"]
) -> Int[np.ndarray, " person"]:
    """The clusters, with some camera's boxes where they gain most; alone if no place gains."""
    labels, others = np.unique(cluster[~dealt], return_inverse=True)
    gain = gains[np.ix_(dealt, ~dealt)] @ np.eye(len(labels))[others]
    boxes, places = linear_sum_assignment(np.minimum(-gain, 0.0))
    alone = cluster.max() + 1 + np.arange(len(gain))
    alone[boxes] = np.where(gain[boxes, places] > 0, labels[places], alone[boxes])
    changed = cluster.copy()
    changed[dealt] = alone
    return changed


def _total(gains: Float[np.ndarray, "person person"], cluster: Int[np.ndarray, " person"]) -> float:
    return float((gains * (cluster[:, None] == cluster)).sum())


def _numbered(cluster: Int[np.ndarray, " person"]) -> Int[np.ndarray, " person"]:
    _, first, number = np.unique(cluster, return_index=True, return_inverse=True)
    ranks: Int[np.ndarray, " person"] = first.argsort().argsort()[number]
    return ranks
