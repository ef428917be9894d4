"""What a camera sees of the people: the raw material of all truth but the clocks'."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int


@dataclass(frozen=True)
class Sightings:
    """One row per frame and person who is there, in or out of the picture, ordered by frame and then by person.

    Everything is told for the instants at which the camera's rows are exposed: a joint has the place that it had when
    the row that shows it was read.
    """

    frames: Int[np.ndarray, " row"]
    """Place of the frame in the camera's file, from 0."""
    people: Int[np.ndarray, " row"]
    """The person's id, from 1."""
    ground_metres: Float[np.ndarray, "row 2"]
    """Where the person stands: below the pelvis."""
    boxes_pixels: Float[np.ndarray, "row 4"]
    """Left, top, right, bottom of the whole body, also of what is hidden or outside of the picture; nan where part of
    the body is behind the camera."""
    visible_shares: Float[np.ndarray, " row"]
    """Share of the body's front that is in the picture and not hidden behind anything, 0 to 1."""
    joints_metres: Float[np.ndarray, "row joint 3"]
    """In the order of `people.joints.JOINTS`."""
    joints_pixels: Float[np.ndarray, "row joint 2"]
    """nan behind the camera."""
    joints_visible: Bool[np.ndarray, "row joint"]
    """In the picture and not hidden behind another person, a thing, or the own body."""

    def __len__(self) -> int:
        return len(self.frames)
