"""From a place to what it looks like."""

from viewsync.worlds.places.furniture import furniture, is_operating_table
from viewsync.worlds.places.indoors import ceiling_metres, room
from viewsync.worlds.places.light import daylight, room_light
from viewsync.worlds.places.noise import source
from viewsync.worlds.places.outdoors import surroundings
from viewsync.worlds.places.piece import surfaces
from viewsync.worlds.places.place import Place
from viewsync.worlds.places.scenery import Scenery


def scenery_of(place: Place) -> Scenery:
    """What a place looks like: the same place, the same scenery, to the bit.

    Under the sky nothing higher than a hedge stands less than 34 m from the walkable ground, save the obstacles; indoors
    everything is between walls `Place.margin_metres` beyond it.
    """
    rng = source(place.seed, "furniture")
    tables = [obstacle for obstacle in place.obstacles if is_operating_table(place.kind, obstacle)]
    table_metres = tables[0].center_metres if tables else None
    if place.indoors:
        light = room_light(place, ceiling_metres(place), table_metres)
        pieces = room(place, light.lamps, table_metres)
    else:
        light = daylight(place.seed)
        pieces = surroundings(place)
    for obstacle in place.obstacles:
        pieces += furniture(place, obstacle, rng)
    return Scenery(surfaces(pieces, place.seed), light.lamps, light.ambient, light.sky)
