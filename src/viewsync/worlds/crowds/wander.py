"""A few people who walk about in a small space, stop here and there, and never leave."""

import numpy as np
from jaxtyping import Float

from viewsync.worlds.crowds.crowd import check_room, random_speed
from viewsync.worlds.crowds.ground import Ground
from viewsync.worlds.crowds.path import Path
from viewsync.worlds.crowds.stride import APART_METRES, INTERVAL_SECONDS
from viewsync.worlds.crowds.walker import MARGIN_SECONDS, Visit, Walker, advance, paths

_FROM_EDGE_METRES = 0.3
_PACE = 0.85
"""Of the speed on a street."""
_STOP_SHARE = 0.6
_STOP_SECONDS = (4.0, 8.0)
_ROUND_SECONDS = 2.0
"""Less than anybody takes from one place to the next."""


def wander(ground: Ground, people: int, duration_seconds: float, *, seed: int) -> tuple[Path, ...]:
    """The ways of people who are there all the time: across the ground to and fro, with stops in between.

    They cross each other's way, but nobody's middle comes nearer than half a metre to another's, into an obstacle or
    over the edge.

    Args:
        ground: Where they are.
        people: How many: as a rule one to eight.
        duration_seconds: How long the world lasts.
        seed: The same seed gives the same ways, to the bit.

    Returns:
        One path for each person.

    Raises:
        InputError: There are more people than can walk there.
    """
    check_room(ground, people)
    rng = np.random.default_rng([seed, 6])
    walkers: list[Walker] = []
    while len(walkers) < people:
        place = ground.draw(rng, _FROM_EDGE_METRES)
        if all(np.linalg.norm(walker.position - place) > APART_METRES for walker in walkers):
            visits = _visits(ground, rng, place, 3 + round((duration_seconds + 2 * MARGIN_SECONDS) / _ROUND_SECONDS))
            heading, speed = float(rng.uniform(-np.pi, np.pi)), _PACE * random_speed(rng)
            walkers.append(Walker(place, heading, speed, visits, group=len(walkers)))
    last = round((duration_seconds + MARGIN_SECONDS) / INTERVAL_SECONDS)
    for step in range(-round(MARGIN_SECONDS / INTERVAL_SECONDS), last + 1):
        advance(walkers, step * INTERVAL_SECONDS, ground)
    return paths(walkers, duration_seconds)


def _visits(ground: Ground, rng: np.random.Generator, place: Float[np.ndarray, " 2"], count: int) -> list[Visit]:
    """Places to go to one after the other, none of them close to the one before."""
    visits = []
    for _ in range(count):
        choices = [ground.draw(rng, _FROM_EDGE_METRES) for _ in range(3)]
        place = max(choices, key=lambda choice: float(np.linalg.norm(choice - place)))
        stays = rng.uniform() < _STOP_SHARE
        visits.append(Visit(place, float(rng.uniform(*_STOP_SECONDS)) if stays else 0.0, float(rng.uniform(-1.5, 1.5))))
    return visits
