"""One tenth of a second of many people's walking: nobody bumps into anybody, and nobody moves as no one can.

Everybody walks where they face (as in the headed social force model of Farina et al., 2017): speed and heading change,
within what people do, and nobody slides sideways. And everybody can stop at any time without touching: a step is taken
only if, after it, all could brake at once on the spot and still keep their distance. If a step doesn't allow that, one
of the two people brakes instead; as braking was safe before, it still is.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import cKDTree

from viewsync.worlds.crowds.force import RELAXATION_SECONDS, social_force, wall_force
from viewsync.worlds.crowds.ground import BESIDE_WALLS_METRES, Ground
from viewsync.worlds.crowds.path import shortest_turn

INTERVAL_SECONDS = 0.1
APART_METRES = 0.5
"""Least distance between two people's middles."""

BRAKING = 2.0
"""How hard people can brake, m/s²."""

_ACCELERATION, _SOFT_BRAKING = 1.3, 1.4
_TURNING_SECONDS, _TURNING_ON_THE_SPOT_SECONDS, _TURN_RATE, _TURN_ACCELERATION = 0.4, 0.25, 2.0, 6.0
_LATERAL = 1.3
"""Largest turn rate times speed, m/s²: with hard turning nobody speeds up or slows down hard."""
_TOUCH_METRES, _NEAR_METRES = 0.05, 0.35
"""Room to somebody or something below which nobody wants to go on toward it, and from which on all are free to."""
_RECEDING = 0.2
"""How quickly those who touch draw apart, m/s."""
_OFF_COURSE_RADIANS = 1.9
"""However hard they are pushed, people walk no further off the way that they want to go."""
_SET_OFF, _HALT = 0.35, 0.15
"""Wanted speeds (m/s) above which those who stand start, and below which those who walk stop: nobody creeps."""
_BRAKE_STEPS = 9
_WITHIN_METRES = 2.5
"""Two people further apart can't come too near before they could stop."""


@dataclass(frozen=True)
class Crowd:
    """Where people are, how they go, and where they would go."""

    positions: Float[np.ndarray, "person 2"]
    headings: Float[np.ndarray, " person"]
    speeds: Float[np.ndarray, " person"]
    turn_rates: Float[np.ndarray, " person"]
    wanted: Float[np.ndarray, "person 2"]
    """Velocity that each would have if nobody else were there; zero: stand."""
    facing: Float[np.ndarray, " person"]
    """Where those who stand face (radians)."""
    groups: Int[np.ndarray, " person"]
    """People of one number belong together and don't keep away from each other as strangers do."""
    leaving: Bool[np.ndarray, " person"]
    """May walk over the edge of the ground."""


def stride(crowd: Crowd, ground: Ground) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Take one step.

    Returns:
        Positions, headings, speeds and turn rates after `INTERVAL_SECONDS`.
    """
    change, turn_rates = _intended(crowd, ground)
    brakes = np.stack([change, np.full_like(change, -_SOFT_BRAKING), np.full_like(change, -BRAKING)])
    turns = np.stack([turn_rates, turn_rates, np.zeros_like(turn_rates)])
    level = np.zeros(len(change), dtype=np.int64)
    near = cKDTree(crowd.positions).query_pairs(_WITHIN_METRES, output_type="ndarray")
    near = near[np.lexsort(near.T)]
    everyone = np.arange(len(level))
    while True:
        speeds = np.maximum(crowd.speeds + INTERVAL_SECONDS * brakes[level, everyone], 0.0)
        # Those who stand still can turn whatever happens.
        rates = np.where(speeds == 0, turn_rates, turns[level, everyone])
        headings = crowd.headings + INTERVAL_SECONDS * rates
        positions = _braking(crowd, headings, speeds)
        yields = _yields(crowd, ground, positions, near, level)
        if not yields.any():
            return positions[0], headings, speeds, rates
        level[yields] += 1


def _intended(crowd: Crowd, ground: Ground) -> tuple[Float[np.ndarray, " person"], Float[np.ndarray, " person"]]:
    """Change of speed (m/s²) and turn rate that the social force asks for."""
    velocities = _vectors(crowd.headings) * crowd.speeds[:, None]
    force = social_force(crowd.positions, velocities, crowd.groups[:, None] != crowd.groups[None, :])
    gaps = ground.gaps(crowd.positions)
    force += wall_force(gaps, BESIDE_WALLS_METRES)
    preferred = np.linalg.norm(crowd.wanted, axis=-1)
    course = np.arctan2(crowd.wanted[:, 1], crowd.wanted[:, 0])
    pushed = _past_all(crowd, ground, gaps, crowd.wanted + RELAXATION_SECONDS * force)
    off = np.clip(shortest_turn(np.arctan2(pushed[:, 1], pushed[:, 0]) - course), -_OFF_COURSE_RADIANS, _OFF_COURSE_RADIANS)
    walks = preferred > np.where(crowd.speeds > 0, 0.0, _SET_OFF)
    stays = np.where(crowd.speeds == 0, crowd.facing, crowd.headings)
    error = shortest_turn(np.where(walks, course + off, stays) - crowd.headings)

    along = (pushed * _vectors(course + off)).sum(axis=-1)
    wanted_speeds = np.clip(along, 0, 1.3 * preferred) * np.clip(np.cos(error), 0, 1)
    wanted_speeds = np.where(walks & (wanted_speeds > _HALT), wanted_speeds, 0.0)
    change = np.clip((wanted_speeds - crowd.speeds) / RELAXATION_SECONDS, -_SOFT_BRAKING, _ACCELERATION)
    change = np.where(wanted_speeds == 0, -_SOFT_BRAKING, change)

    reaction = np.where(crowd.speeds == 0, _TURNING_ON_THE_SPOT_SECONDS, _TURNING_SECONDS)
    rate = np.clip(error / reaction, -_TURN_RATE, _TURN_RATE)
    step = _TURN_ACCELERATION * INTERVAL_SECONDS
    rate = np.clip(rate, crowd.turn_rates - step, crowd.turn_rates + step)
    largest = np.minimum(_TURN_RATE, _LATERAL / np.maximum(crowd.speeds, 1e-6))
    return change, np.clip(rate, -largest, largest)


def _past_all(
    crowd: Crowd, ground: Ground, gaps: Float[np.ndarray, "person obstacle 2"], velocities: Float[np.ndarray, "person 2"]
) -> Float[np.ndarray, "person 2"]:
    """Velocities without what would lead into people, walls and over the edge: one slides along rather than stop there."""
    everyone = np.arange(len(velocities))
    apart = np.concatenate([crowd.positions[None] - crowd.positions[:, None], -gaps], axis=1)
    distance = np.maximum(np.linalg.norm(apart, axis=-1), 1e-6)
    least = np.where(np.arange(apart.shape[1]) < len(everyone), APART_METRES, BESIDE_WALLS_METRES)
    depths, inwards = ground.edges(crowd.positions)
    toward = np.concatenate([apart / distance[..., None], -inwards], axis=1)
    room = np.concatenate([distance - least, np.where(crowd.leaving[:, None], np.inf, depths)], axis=1)
    share = np.clip((_NEAR_METRES - room) / (_NEAR_METRES - _TOUCH_METRES), 0, 1)
    share[everyone, everyone] = 0
    for _ in range(3):
        approach = share * np.maximum((toward * velocities[:, None]).sum(axis=-1) + _RECEDING, 0)
        worst = approach.argmax(axis=1)
        velocities = velocities - approach[everyone, worst, None] * toward[everyone, worst]
    return np.asarray(velocities)


def _braking(
    crowd: Crowd, headings: Float[np.ndarray, " person"], speeds: Float[np.ndarray, " person"]
) -> Float[np.ndarray, "instant person 2"]:
    """Positions after the step, and from then on if everybody brakes at once."""
    before, after = (_vectors(h) * s[:, None] for h, s in ((crowd.headings, crowd.speeds), (headings, speeds)))
    first = crowd.positions + INTERVAL_SECONDS * (before + after) / 2
    slower = np.maximum(speeds - BRAKING * INTERVAL_SECONDS * np.arange(_BRAKE_STEPS + 1)[:, None], 0.0)
    way = np.cumsum(INTERVAL_SECONDS * (slower[1:] + slower[:-1]) / 2, axis=0)
    return np.concatenate([first[None], first + way[..., None] * _vectors(headings)])


def _yields(
    crowd: Crowd,
    ground: Ground,
    positions: Float[np.ndarray, "instant person 2"],
    near: Int[np.ndarray, "pair 2"],
    level: Int[np.ndarray, " person"],
) -> Bool[np.ndarray, " person"]:
    """Who has to brake (more) so that all keep their distance."""
    blocked = ~ground.free(positions, -np.inf) | ((ground.depths(positions) < 0) & ~crowd.leaving)
    yields = blocked.any(axis=0) & (level < 2)
    one, other = near.T
    apart = np.linalg.norm(positions[:, one] - positions[:, other], axis=-1)
    close = (apart < APART_METRES).any(axis=0)
    # Who came later gives way first.
    late, early = np.maximum(one, other)[close], np.minimum(one, other)[close]
    gives = np.where(level[late] < 2, late, early)
    yields[gives[level[gives] < 2]] = True
    return np.asarray(yields)


def _vectors(headings: Float[np.ndarray, " person"]) -> Float[np.ndarray, "person 2"]:
    return np.stack([np.cos(headings), np.sin(headings)], axis=-1)
