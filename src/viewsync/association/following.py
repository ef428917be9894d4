"""Numbers for people that stay the same from one instant to the next, as far as that can be told from where they are."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

from viewsync.association.frames import MultiViewFrame, View

LONGEST_SECONDS = 2.0
"""Between instants; after longer ones everybody is somebody new."""
_REACH_HEIGHTS = 0.5
"""How far somebody may have moved in a picture, in heights of their box."""

Clusters = Sequence[Int[np.ndarray, " _"]]
"""Of each view, who its people are: equal numbers in all views of an instant are one person."""


def followed(frames: Iterable[MultiViewFrame], found: Iterable[Clusters]) -> Iterator[list[Int[np.ndarray, " _"]]]:
    """The same people of each instant, with numbers that go on.

    A person goes on as the one of the instant before whose boxes are nearest to theirs, added up over the views that both
    are in, all people being dealt with at once (Hungarian algorithm). Who isn't near anybody gets a number that nobody had.
    Whoever is missing at an instant is somebody new thereafter.

    Args:
        frames: In the order of time.
        found: Of each instant, as `matching.identities` gives them.
    """
    before: MultiViewFrame | None = None
    numbers: list[Int[np.ndarray, " _"]] = []
    fresh = 1
    for frame, clusters in zip(frames, found, strict=True):
        labels = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *clusters]))
        of_label = np.full(len(labels), 0)
        if before is not None and frame.seconds - before.seconds <= LONGEST_SECONDS:
            former = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *numbers]))
            votes = np.zeros((len(labels), len(former)))
            for now, then, mine, theirs in zip(frame.views, before.views, clusters, numbers, strict=True):
                np.add.at(votes, (np.searchsorted(labels, mine)[:, None], np.searchsorted(former, theirs)), near(now, then))
            one, other = linear_sum_assignment(votes, maximize=True)
            going = votes[one, other] > 0
            of_label[one[going]] = former[other[going]]
        new = of_label == 0
        of_label[new] = fresh + np.arange(new.sum())
        fresh += int(new.sum())
        before, numbers = frame, [of_label[np.searchsorted(labels, mine)] for mine in clusters]
        yield numbers


def near(now: View, then: View) -> Float[np.ndarray, "now then"]:
    """How near people of a camera's two pictures are: 1 in the same place, 0 from half a person's height on."""
    middles, heights = zip(*((_middles(view), view.boxes[:, 3] - view.boxes[:, 1]) for view in (now, then)), strict=True)
    reach = _REACH_HEIGHTS * (heights[0][:, None] + heights[1]) / 2
    distances = np.linalg.norm(middles[0][:, None] - middles[1], axis=-1)
    return np.asarray(np.clip(1 - distances / reach, 0, None))


def _middles(view: View) -> Float[np.ndarray, "person 2"]:
    return np.asarray((view.boxes[:, :2] + view.boxes[:, 2:]) / 2)
