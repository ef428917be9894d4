"""Boxes and identities: MOT text, Self-MVA's detections, and WILDTRACK's annotations."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from viewsync.files import whole_file, write_whole
from viewsync.worlds.scene_folder import sightings_path
from viewsync.worlds.sightings import Sightings
from viewsync.worlds.sightings_file import read_sightings
from viewsync.worlds.truth.instants import in_frames, matching_frames
from viewsync.worlds.truth.long_json import write_lists
from viewsync.worlds.truth.observations import Observations, observations, side_by_side
from viewsync.worlds.world import GroundMap, World

_WILDTRACK_CELL_METRES = 0.025
_WILDTRACK_PER_SECOND = 2.0


def write_mot(world: World, folder: Path, *, as_detected: bool = False) -> None:
    """`mot/cam1.txt`: frame (from 1), id, left, top, width, height, confidence, class 1, visibility (MOT16's columns).

    Of a detector the id is -1, and the confidence its own.
    """
    for camera in world.cameras:
        path = folder / ("mot-detected" if as_detected else "mot") / f"{camera.name}.txt"
        with whole_file(path) as temporary, temporary.open("w", encoding="ascii") as file:
            for _, people in observations(camera, folder, as_detected=as_detected):
                file.writelines(_mot_lines(people, as_detected))


def _mot_lines(people: Observations, as_detected: bool) -> Iterator[str]:
    for id, (left, top, width, height), score in _told(people):
        confidence, visibility = (score, -1) if as_detected else (1, score)
        box = f"{left:.2f},{top:.2f},{width:.2f},{height:.2f}"
        yield f"{people.frame + 1},{id},{box},{confidence:.3g},1,{visibility:.3g}\n"


def _told(people: Observations) -> Iterator[tuple[int, list[float], float]]:
    """Who, where (left, top, width, height), and a score; not those of whom rounding leaves no width or height."""
    corners, sizes = people.boxes[:, :2], people.boxes[:, 2:] - people.boxes[:, :2]
    boxes = np.concatenate([corners, sizes], axis=1).round(2).tolist()
    for id, box, score in zip(people.ids.tolist(), boxes, people.scores.tolist(), strict=True):
        if min(box[2:]) > 0:
            yield id, box, score


def write_self_mva(world: World, folder: Path, *, as_detected: bool = False) -> None:
    """`self-mva/detections.json`: {frame: [[x, y, w, h, track_id, cam], …]} at the first camera's frames; cam from 0.

    track_id is the person's, or -1 of a detector.
    """
    views = side_by_side(world.cameras, folder, matching_frames(world.cameras), as_detected=as_detected)
    lists = (
        (str(instant), (row for view, people in enumerate(seen) for row in _rows(people, view)))
        for instant, seen in enumerate(views)
    )
    write_lists(folder / ("self-mva-detected" if as_detected else "self-mva") / "detections.json", lists)


def _rows(people: Observations | None, view: int) -> list[list[float]]:
    return [] if people is None else [[*box, id, view] for id, box, _ in _told(people)]


def write_wildtrack(world: World, folder: Path) -> None:
    """`wildtrack/annotations_positions/00000000.json`: places on a grid of 2.5 cm, and boxes in all views, twice a second.

    personID is the person's id less 1, as WILDTRACK counts from 0; -1 in all four corners says that a view doesn't show
    the person. positionID = column + columns · row of the grid, which `wildtrack/grid.json` tells.
    """
    target, grid = folder / "wildtrack", _grid(world)
    step = max(1, round(float(world.cameras[0].clock.fps) / _WILDTRACK_PER_SECOND))
    frames = matching_frames(world.cameras)[::step]
    everybody = in_frames(frames[:, 0], read_sightings(sightings_path(world.cameras[0], folder)))
    views = side_by_side(world.cameras, folder, frames)
    for instant, (sightings, seen) in enumerate(zip(everybody, views, strict=True)):
        people = [] if sightings is None else _annotations(sightings, seen, grid)
        text = json.dumps(people, indent=4)
        write_whole(target / "annotations_positions" / f"{instant * step:08d}.json", text.encode())
    write_whole(target / "grid.json", json.dumps(vars(grid)).encode())


def _annotations(sightings: Sightings, seen: Sequence[Observations | None], grid: GroundMap) -> list[dict[str, Any]]:
    """Everybody on the grid at an instant, as every view shows them."""
    boxes = [{} if view is None else dict(zip(view.ids.tolist(), view.boxes, strict=True)) for view in seen]
    cells = np.round(grid.cells(sightings.ground_metres)).astype(int)
    return [
        {
            "personID": id - 1,
            "positionID": column + grid.columns * row,
            "views": [_view(number, known.get(id)) for number, known in enumerate(boxes)],
        }
        for id, (column, row) in zip(sightings.people.tolist(), cells.tolist(), strict=True)
        if 0 <= column < grid.columns and 0 <= row < grid.rows
    ]


def _grid(world: World) -> GroundMap:
    left, right, low, high = world.place.walkable_metres
    columns, rows = (round((b - a) / _WILDTRACK_CELL_METRES) for a, b in ((left, right), (low, high)))
    return GroundMap(left, low, _WILDTRACK_CELL_METRES, columns, rows)


def _view(number: int, box: np.ndarray | None) -> dict[str, Any]:
    left, top, right, bottom = (-1, -1, -1, -1) if box is None else np.round(box).astype(int).tolist()
    return {"viewNum": number, "xmax": right, "xmin": left, "ymax": bottom, "ymin": top}
