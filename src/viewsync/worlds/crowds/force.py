"""What people do to each other's way: the social force model of pedestrians (Helbing & Molnár, 1995).

In the form, and with the numbers, that were measured in experiments with pairs of people who pass each other or
somebody who stands (Moussaïd et al., Proc. R. Soc. B 276, 2009).
"""

import numpy as np
from jaxtyping import Bool, Float

RELAXATION_SECONDS = 0.54
"""How quickly people take up the velocity they want."""

_STRENGTH, _WEIGHT_OF_VELOCITY, _RANGE_SECONDS = 4.5, 2.0, 0.35
_SLOWING, _TURNING = 3.0, 2.0
"""n' and n: how quickly slowing down and stepping aside fade with the angle at which the other comes."""
_TO_THE_RIGHT = 0.005
"""Whom people meet head on they pass on the right."""
_WALL_STRENGTH, _WALL_RANGE_METRES = 3.0, 0.1


def social_force(
    positions: Float[np.ndarray, "person 2"],
    velocities: Float[np.ndarray, "person 2"],
    strangers: Bool[np.ndarray, "person person"],
) -> Float[np.ndarray, "person 2"]:
    """Acceleration (m/s²) of each person by all others.

    Args:
        positions: Metres.
        velocities: Metres per second.
        strangers: Whom each person keeps away from; false for itself.
    """
    apart = positions[None, :] - positions[:, None]
    distance = np.linalg.norm(apart, axis=-1) + np.eye(len(positions))
    toward = apart / distance[..., None]
    course = _WEIGHT_OF_VELOCITY * (velocities[:, None] - velocities[None, :]) + toward
    length = np.maximum(np.linalg.norm(course, axis=-1), 1e-6)
    ahead = course / length[..., None]
    aside = np.stack([-ahead[..., 1], ahead[..., 0]], axis=-1)
    reach = _RANGE_SECONDS * length
    angle = np.arctan2((aside * toward).sum(axis=-1), (ahead * toward).sum(axis=-1)) + _TO_THE_RIGHT * reach
    strength = np.where(strangers, _STRENGTH * np.exp(-distance / reach), 0.0)
    slowing = strength * np.exp(-((_SLOWING * reach * angle) ** 2))
    turning = strength * np.exp(-((_TURNING * reach * angle) ** 2)) * np.sign(angle)
    return np.asarray(-(slowing[..., None] * ahead + turning[..., None] * aside).sum(axis=1))


def wall_force(gaps: Float[np.ndarray, "person obstacle 2"], body_metres: float) -> Float[np.ndarray, "person 2"]:
    """Acceleration (m/s²) away from obstacles, given the vectors from their nearest places."""
    distance = np.maximum(np.linalg.norm(gaps, axis=-1, keepdims=True), 1e-6)
    push = _WALL_STRENGTH * np.exp(-(distance - body_metres) / _WALL_RANGE_METRES)
    return np.asarray((push * gaps / distance).sum(axis=1))
