"""The people of a preset: who they are and what they can do."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viewsync.types import InputError
from viewsync.worlds.crowds.path import Path
from viewsync.worlds.motions.clip import MotionClip
from viewsync.worlds.motions.library import MotionLibrary
from viewsync.worlds.motions.own import own_motions
from viewsync.worlds.people.body import Body
from viewsync.worlds.people.clothes import Clothes
from viewsync.worlds.people.cycle import Locomotion, cut_cycle
from viewsync.worlds.people.outfits import Uniform
from viewsync.worlds.people.person import Performance, Person
from viewsync.worlds.people.shapes import sample_bodies
from viewsync.worlds.people.take import Take
from viewsync.worlds.people.walk import Walk
from viewsync.worlds.people.wardrobe import dress, uniform
from viewsync.worlds.places.place import Place
from viewsync.worlds.presets.usual import Usual

_NEEDS_MORE_THAN_GROUND = ("climb", "terrain")
_ON_THE_WAY = ("walk", "jog", "run", "walking", "walking_dog", "walking_together")
_MANNERS = 6
"""Ways of walking among the people of a scene."""


@dataclass(frozen=True)
class Repertoire:
    """What the people of a scene can do."""

    manners: tuple[Locomotion, ...]
    """Ways of walking."""
    stands: tuple[MotionClip, ...]
    acts: tuple[MotionClip, ...]
    """All that is done on the spot, but for standing, or on a short way."""


def repertoire(motions: MotionLibrary | None, seed: int, actions: Sequence[str] | None = None) -> Repertoire:
    """What can be done with somebody's motions; what is missing among them is the package's own.

    Args:
        motions: As read from the user's folder; None: only the package's own.
        seed: Of the package's own motions.
        actions: What is acted of the package's own motions; None: everything.
    """
    own = own_motions(seed)
    given = motions or own
    manners = _cut(given) if motions else ()
    if not manners:
        rng = np.random.default_rng([seed, 12])
        manners = tuple(_manner(own, rng) for _ in range(_MANNERS))
    acts = tuple(clip for clip in given.clips if clip.action not in (*_ON_THE_WAY, *_NEEDS_MORE_THAN_GROUND, "stand"))
    if motions is None and actions is not None:
        acts = own.of(*actions)
    return Repertoire(manners, given.of("stand") or own.of("stand"), acts or own.clips)


def _manner(own: MotionLibrary, rng: np.random.Generator) -> Locomotion:
    """One slow, one usual and one brisk walk of the package's own, and a jog, together."""
    by_pace = np.array_split(np.arange(len(own.of("walk"))), 3)
    walks = [own.of("walk")[rng.choice(places)] for places in by_pace]
    return Locomotion((*walks, own.of("jog")[rng.integers(len(own.of("jog")))]))


def _cut(motions: MotionLibrary) -> tuple[Locomotion, ...]:
    """A way of walking for each clip of walking out of which a stride can be cut."""
    manners = []
    for clip in motions.of("walk"):
        try:
            manners.append(Locomotion((clip if clip.loops else cut_cycle(clip),)))
        except InputError:
            continue  # Somebody who turns, or stumbles: there are others.
    return tuple(manners)


def clothed(
    count: int, usual: Usual, place: Place, rng: np.random.Generator, *, adults_only: bool = False
) -> list[tuple[Body, Clothes]]:
    """Bodies in clothes of chance; or all alike: in scrubs in an operating theatre, elsewhere as a platoon."""
    bodies = sample_bodies(count, rng, adults_only or usual.same_clothes) if count else ()
    kind: Uniform = "scrubs" if place.kind == "theatre" else "platoon"
    return [uniform(body, rng, kind) if usual.same_clothes else dress(body, rng) for body in bodies]


def walkers(
    paths: Sequence[Path],
    dressed: Sequence[tuple[Body, Clothes]],
    can: Repertoire,
    rng: np.random.Generator,
    first_id: int = 1,
) -> tuple[Person, ...]:
    """Somebody on every path."""
    people = []
    for number, (path, (body, clothes)) in enumerate(zip(paths, dressed, strict=True)):
        manner, stand = can.manners[rng.integers(len(can.manners))], can.stands[rng.integers(len(can.stands))]
        performance: Performance = Walk(path, body.skeleton, manner, stand, int(rng.integers(2**31)))
        people.append(Person(first_id + number, body, clothes, performance))
    return tuple(people)


def performer(
    id: int,
    dressed: tuple[Body, Clothes],
    can: Repertoire,
    rng: np.random.Generator,
    *,
    place_metres: tuple[float, float],
    radius_metres: float,
    end_seconds: float,
) -> Person:
    """Somebody who does one thing after another about a place, from before the world begins."""
    body, clothes = dressed
    performance = Take(
        body.skeleton,
        can.acts,
        np.array(place_metres),
        float(rng.uniform(-np.pi, np.pi)),
        -1.0,
        end_seconds + 1.0,
        int(rng.integers(2**31)),
        radius_metres=radius_metres,
        locomotion=can.manners[rng.integers(len(can.manners))],
        stand=can.stands[rng.integers(len(can.stands))],
    )
    return Person(id, body, clothes, performance)
