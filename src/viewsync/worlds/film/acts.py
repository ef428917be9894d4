"""What people do while a stretch of film is exposed."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from viewsync.worlds.motions.skeleton import Poses
from viewsync.worlds.people.person import Person


class Acts:
    """Postures of all people at all instants of a few frames, worked out together because that is quicker."""

    def __init__(self, people: Sequence[Person], seconds: Float[np.ndarray, "frame sample end"]) -> None:
        """Ask everybody.

        Args:
            people: Of the world.
            seconds: World times (see `rolling.instants`).
        """
        self._places = np.arange(seconds.size).reshape(seconds.shape)
        middle = seconds.shape[1] // 2
        self._present = {person.id: person.performance.present(seconds[:, middle].mean(1)) for person in people}
        self._poses, self._joints = {}, {}
        for person in sorted(people, key=lambda person: person.id):
            if self._present[person.id].any():
                poses = person.performance.poses(seconds.ravel())
                joints = person.body.joints(_part(poses, self._places[:, middle].ravel()))
                self._poses[person.id], self._joints[person.id] = poses, joints.reshape(len(seconds), -1, *joints.shape[1:])

    def poses(self, frame: int, sample: int) -> dict[int, Poses]:
        """Of those who are there, by their ids in order, at the ends of a picture."""
        places = self._places[frame, sample]
        return {id: _part(poses, places) for id, poses in self._poses.items() if self._present[id][frame]}

    def joints(self, frame: int) -> list[Float[np.ndarray, "end joint 3"]]:
        """Those of `poses` in the middle of the exposure, in the same order."""
        return [joints[frame] for id, joints in self._joints.items() if self._present[id][frame]]


def _part(poses: Poses, places: Int[np.ndarray, " chosen"]) -> Poses:
    return Poses(poses.hips_metres[places], poses.rotations[places])
