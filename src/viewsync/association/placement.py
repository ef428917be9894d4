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
    alone = {
        number: camera
        for number, size in enumerate(session.sizes)
        if (camera := upright(_boxes(session, number), size)) is not None
    }
    joined = _joined(alone, registrations(alone, frames, progress))
    found = fitted(joined, frames) if joined else {}
    return tuple(found.get(number) for number in range(len(session.cameras)))


def _boxes(session: Session, number: int) -> Float[np.ndarray, "box 4"]:
    return np.concatenate([np.zeros((0, 4)), *(frame.views[number].boxes for frame in session.frames)])


def _joined(alone: Mapping[int, Upright], found: Mapping[tuple[int, int], Registration]) -> dict[int, Placed]:
    """Cameras joined to one of the best registration, by the best one of each: a tree."""
    best = sorted(
        (pair for pair, one in found.items() if one.over_chance >= SURE), key=lambda pair: -found[pair].over_chance
    )
    joined = {pair[0]: Placed(alone[pair[0]]) for pair in best[:1]}
    while True:
        pair = next((pair for pair in best if (pair[0] in joined) != (pair[1] in joined)), None)
        if pair is None:
            return joined
        old, new = pair if pair[0] in joined else pair[::-1]
        turn, shift = found[pair].turn_radians, np.array(found[pair].shift_metres)
        if new < old:
            turn, shift = -turn, -Placed(alone[new], -turn).moved(shift)
        x, y = joined[old].moved(shift).tolist()
        joined[new] = Placed(alone[new], joined[old].turn_radians + turn, (x, y))
