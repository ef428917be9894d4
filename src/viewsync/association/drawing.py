"""Pictures of who is who: all views of an instant side by side, the same colour and number for the same person."""

import math
from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from viewsync.association.following import Clusters
from viewsync.association.frames import UNKNOWN, MultiViewFrame, Session
from viewsync.association.pixels import Pixels

COLOURS = 25
"""Which can be told apart; the next person has the first one's again."""
TILE_PIXELS = 640
"""Long side of a view."""
WRONG = (255, 40, 40)
"""Colour of what is wrong, which nobody else has."""
_Colour = tuple[int, int, int]
_HEADER_PIXELS = 34
_DARK, _CANVAS, _INK, _FAINT = (24, 27, 33), (43, 48, 57), (235, 238, 242), (150, 156, 165)
_DIMMED = 0.72
"""How bright pictures are left, that lines may be seen."""
_LINE_SHARE = 0.65
"""Of a line's colour in what is seen where it goes."""
_CROSS_PIXELS = 12
"""Half a side."""
_FONT, _TEXT = cv2.FONT_HERSHEY_SIMPLEX, 0.6


def drawn(
    session: Session,
    frame: MultiViewFrame,
    numbers: Clusters,
    pixels: Sequence[Pixels | None],
    *,
    note: str = "",
    tile_pixels: int = TILE_PIXELS,
) -> UInt8[np.ndarray, "height width 3"]:
    """All views of an instant in a grid, as RGB.

    Somebody who is seen by several cameras has a thick box in their colour, with their number, and a line from view to view;
    whoever is seen by one only has a thin gray box. Boxes that are wrong (see `wrong`) have a red cross, as far as
    identities are known.

    Args:
        session: The cameras.
        frame: The instant.
        numbers: Who the people of each view are.
        pixels: Each view's picture, of any size; None for a dark canvas.
        note: Beside the time, above the views.
        tile_pixels: Long side of a view.
    """
    tiles = _Tiles(session.sizes, tile_pixels)
    sheet = np.full((tiles.height, tiles.width, 3), _DARK, np.uint8)
    for camera, rgb in enumerate(pixels):
        _paste(sheet, rgb, tiles.place(camera))
    boxes = [tiles.boxes(camera, view.boxes) for camera, view in enumerate(frame.views)]
    together = shared(numbers)
    mistaken = wrong(frame, numbers)
    _draw_lines(sheet, boxes, numbers)
    for of_view in zip(boxes, numbers, together, mistaken, strict=True):
        for box, number, several, odd in zip(*of_view, strict=True):
            _draw_box(sheet, box, int(number), bool(several), bool(odd))
    for camera, name in enumerate(session.cameras):
        left, top, *_ = tiles.place(camera)
        _write(sheet, name, (left + 8, top + 22), _INK, _TEXT)
    time = f"{frame.seconds:.2f} s"
    _write(sheet, time, (8, 23), _INK, _TEXT)
    _write(sheet, note, (32 + cv2.getTextSize(time, _FONT, _TEXT, 1)[0][0], 23), _FAINT, _TEXT)
    return sheet


def shared(numbers: Clusters) -> list[Bool[np.ndarray, " _"]]:
    """Of each view, which people another one shows, too."""
    labels, counts = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *numbers]), return_counts=True)
    return [np.isin(of_view, labels[counts > 1]) for of_view in numbers]


def wrong(frame: MultiViewFrame, numbers: Clusters) -> list[Bool[np.ndarray, " _"]]:
    """Of each view, who isn't whom they are taken for: at least as many boxes there are of another known person."""
    identities = np.concatenate([view.identities for view in frame.views])
    together = np.concatenate([*numbers])
    known = identities != UNKNOWN
    odd = np.zeros(len(identities), dtype=bool)
    for label in np.unique(together[known]):
        of_label = np.flatnonzero(known & (together == label))
        people, person, counts = np.unique(identities[of_label], return_inverse=True, return_counts=True)
        most_of_others = [max((int(n) for j, n in enumerate(counts) if j != i), default=0) for i in range(len(people))]
        odd[of_label] = counts[person] <= np.array(most_of_others)[person]
    return np.split(odd, np.cumsum([len(view) for view in frame.views])[:-1])


@cache
def palette(count: int = COLOURS) -> tuple[_Colour, ...]:
    """So many bright colours, each as unlike all before it as can be (by distance in CIE L*a*b*), and none like `WRONG`."""
    side = np.linspace(0, 1, 16, dtype=np.float32)
    rgb = np.stack(np.meshgrid(side, side, side, indexing="ij"), axis=-1).reshape(1, -1, 3)
    lab = cv2.cvtColor(np.concatenate([rgb, np.array([[WRONG]], np.float32) / 255], axis=1), cv2.COLOR_RGB2LAB)[0]
    odd, lab = lab[-1], lab[:-1]
    bright = (lab[:, 0] > 45) & (lab[:, 0] < 92) & (np.hypot(lab[:, 1], lab[:, 2]) > 30)
    rgb, lab = rgb[0][bright], lab[bright]
    # Yellow is what is seen best.
    chosen = [int(np.linalg.norm(rgb - np.array([1, 0.85, 0.1]), axis=1).argmin())]
    gaps = np.linalg.norm(lab - odd, axis=1)
    while len(chosen) < count:
        gaps = np.minimum(gaps, np.linalg.norm(lab - lab[chosen[-1]], axis=1))
        chosen.append(int(gaps.argmax()))
    return tuple((int(r), int(g), int(b)) for r, g, b in (255 * rgb[chosen]).round())


def colour_of(number: int) -> _Colour:
    """The colour of a person's number, from 1."""
    return palette()[(number - 1) % COLOURS]


class _Tiles:
    """Where each camera's view is on the sheet: cells of one size in rows, views as large as can be in their middle."""

    def __init__(self, sizes: Sequence[tuple[int, int]], tile_pixels: int) -> None:
        width, height = sizes[0]
        scale = tile_pixels / max(width, height)
        # Video wants even sides.
        self.cell = 2 * max(1, round(width * scale / 2)), 2 * max(1, round(height * scale / 2))
        self.columns = _columns(len(sizes), self.cell)
        self.sizes = sizes
        self.width = self.columns * self.cell[0]
        self.height = _HEADER_PIXELS + math.ceil(len(sizes) / self.columns) * self.cell[1]

    def place(self, camera: int) -> tuple[int, int, int, int]:
        """Left, top, width and height of a camera's view."""
        row, column = divmod(camera, self.columns)
        (width, height), (across, down) = self.sizes[camera], self.cell
        scale = min(across / width, down / height)
        inside = max(1, round(width * scale)), max(1, round(height * scale))
        left = column * across + (across - inside[0]) // 2
        return left, _HEADER_PIXELS + row * down + (down - inside[1]) // 2, *inside

    def boxes(self, camera: int, boxes: Float[np.ndarray, "person 4"]) -> Int[np.ndarray, "person 4"]:
        """On the sheet, cut at the view's edges."""
        left, top, width, height = self.place(camera)
        scale = np.array([width, height] * 2) / np.array([*self.sizes[camera]] * 2)
        corner = np.array([left, top] * 2)
        # As wide as they are drawn.
        inside = np.clip((boxes * scale).round().astype(np.int64), 1, np.array([width - 2, height - 2] * 2))
        return np.asarray(inside + corner)


def _columns(count: int, cell: tuple[int, int]) -> int:
    """That show all views largest on a wide screen; of several, with the fewest cells, then the widest."""

    def loss(columns: int) -> tuple[float, int, int]:
        rows = math.ceil(count / columns)
        return max(columns * cell[0] / 16, rows * cell[1] / 9), rows * columns, -columns

    return min(range(1, count + 1), key=loss)


def _paste(sheet: Pixels, rgb: Pixels | None, place: tuple[int, int, int, int]) -> None:
    left, top, width, height = place
    inside = sheet[top + 1 : top + height - 1, left + 1 : left + width - 1]
    if rgb is None:
        inside[:] = _CANVAS
    else:
        resized = cv2.resize(rgb, inside.shape[1::-1], interpolation=cv2.INTER_AREA)
        inside[:] = (_DIMMED * resized).astype(np.uint8)


def _draw_lines(sheet: Pixels, boxes: Sequence[Int[np.ndarray, "_ 4"]], numbers: Clusters) -> None:
    """From each view that somebody is in to the next one."""
    lines = sheet.copy()
    everybody = np.concatenate([np.zeros((0, 4), dtype=np.int64), *boxes])
    together = np.concatenate([np.zeros(0, dtype=np.int64), *numbers])
    for number in np.unique(together):
        middles = (everybody[together == number].reshape(-1, 2, 2).sum(axis=1) // 2).astype(np.int32)
        cv2.polylines(lines, [middles], isClosed=False, color=colour_of(int(number)), thickness=1, lineType=cv2.LINE_AA)
    cv2.addWeighted(lines, _LINE_SHARE, sheet, 1 - _LINE_SHARE, 0, dst=sheet)


def _draw_box(sheet: Pixels, box: Int[np.ndarray, " 4"], number: int, several: bool, odd: bool) -> None:
    left, top, right, bottom = box.tolist()
    if not several:
        cv2.rectangle(sheet, (left, top), (right, bottom), _FAINT, 1)
        return
    colour = colour_of(number)
    cv2.rectangle(sheet, (left, top), (right, bottom), colour, 2)
    if odd:
        x, y = (left + right) // 2, (top + bottom) // 2
        for side in (-_CROSS_PIXELS, _CROSS_PIXELS):
            cv2.line(sheet, (x - side, y - _CROSS_PIXELS), (x + side, y + _CROSS_PIXELS), WRONG, 3, cv2.LINE_AA)
    (width, height), _ = cv2.getTextSize(str(number), _FONT, 0.5, 1)
    cv2.rectangle(sheet, (left, top), (left + width + 6, top + height + 6), colour, cv2.FILLED)
    bright = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] > 120
    _write(sheet, str(number), (left + 3, top + height + 3), _DARK if bright else _INK, 0.5)


def _write(sheet: Pixels, text: str, place: tuple[int, int], colour: _Colour, scale: float) -> None:
    cv2.putText(sheet, text, place, _FONT, scale, colour, 1, cv2.LINE_AA)
