"""Where cameras stand to one another, by where people stand at the same time: no calibration, nobody known.

Each camera tells by its people's heights where they are on the ground before it (`upright`). Two such maps are laid on one
another (`registration`), then all cameras together are fitted to one another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial.distance import cdist

from viewsync.association.frames import MultiViewFrame, Session
from viewsync.association.placed import Placed, fitted
from viewsync.association.registration import Registration, registrations
from viewsync.association.upright import Upright, upright
from viewsync.footage.parts import spread
from viewsync.progress import Progress

SURE = 1.5
"""How much better than by chance two cameras' maps must fit to be believed."""
HALFWAY_METRES = 1.5
"""Distance of two boxes on the ground that are as likely of one person as of two."""
_INSTANTS = 80
"""That are looked at, spread over the session."""


@dataclass(frozen=True)
class PlacedCost:
    """How far apart on the common ground people stand: a `PairCost`; 1 where a camera couldn't be placed."""

    cameras: Sequence[Placed | None]

    def __call__(self, frame: MultiViewFrame, a: int, b: int) -> Float[np.ndarray, "a b"]:
        """A distance d costs d / (d + `HALFWAY_METRES`)."""
        one, other = self.cameras[a], self.cameras[b]
        if one is None or other is None:
            return np.ones((len(frame.views[a]), len(frame.views[b])))
        distances = cdist(one.places(frame.views[a].boxes), other.places(frame.views[b].boxes))
        return np.asarray(distances / (distances + HALFWAY_METRES))


def placed(session: Session, progress: Progress = lambda *_: None) -> tuple[Placed | None, ...]:
    """All cameras that can be placed; None for one of which too few people are seen, or that fits to no other one.

    Args:
        session: Of cameras that stand still, on level ground. Identities don't count.
        progress: Told how far it is.
    """
    frames = spread(session.frames, min(_INSTANTS, len(session.frames)))
    boxes = [
        np.concatenate([frame.views[camera].boxes for frame in session.frames]) for camera in range(len(session.cameras))
    ]
    alone = [upright(some, size) for some, size in zip(boxes, session.sizes, strict=True)]
    joined = _joined(alone, registrations(alone, frames, progress))
    numbers = [number for number, camera in enumerate(joined) if camera is not None]
    if numbers:
        for number, camera in zip(numbers, fitted([*filter(None, joined)], numbers, frames), strict=True):
            joined[number] = camera
    return tuple(joined)


def _joined(alone: Sequence[Upright | None], found: Mapping[tuple[int, int], Registration]) -> list[Placed | None]:
    """Cameras joined to that of the best registration, by the best one of each: a tree."""
    best = sorted(((one.over_chance, pair) for pair, one in found.items() if one.over_chance >= SURE), reverse=True)
    joined: list[Placed | None] = [None] * len(alone)
    if best:
        first = best[0][1][0]
        joined[first] = Placed(_of(alone, first))
    while True:
        there = [number is not None for number in joined]
        pair = next((pair for _, pair in best if there[pair[0]] != there[pair[1]]), None)
        if pair is None:
            return joined
        old, new = pair if there[pair[0]] else pair[::-1]
        turn, shift = found[pair].turn_radians, np.array(found[pair].shift_metres)
        if new < old:
            back = Placed(_of(alone, new), -turn)
            turn, shift = -turn, -back.moved(shift)
        camera = joined[old]
        assert camera is not None
        x, y = camera.moved(shift).tolist()
        joined[new] = Placed(_of(alone, new), camera.turn_radians + turn, (x, y))


def _of(alone: Sequence[Upright | None], number: int) -> Upright:
    camera = alone[number]
    assert camera is not None
    return camera
