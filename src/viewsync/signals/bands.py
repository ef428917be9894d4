"""From the brightness of a few frames' rows to the edges of the band that a flash leaves in them, or a lamp's edge.

A row that a rolling shutter exposed while it flashed is brighter by the same factor in every column. That tells a
flash from anything that moves: most columns have to agree, and the brighter rows have to be one run in the order in
which they were read, from the bottom of one frame on to the top of the next.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import uniform_filter1d

from viewsync.types import Edges

Levels = Float[np.ndarray, "row column"]
"""Log-brightness of a frame: rows in the order of read-out, a few wide columns."""


class Edge(NamedTuple):
    """One entry of `viewsync.types.Edges`, but for the event."""

    kind: int
    pts_seconds: float
    row: float
    exposures: float
    std_row: float
    std_exposures: float = 0.0
    std_seconds: float = 0.0


def joined(events: Sequence[Sequence[Edge]]) -> Edges:
    """The edges of all events as arrays."""
    rows = [(number, *edge) for number, event in enumerate(events) for edge in event]
    event, kind, *numbers = np.array(rows, dtype=np.float64).reshape(len(rows), 1 + len(Edge._fields)).T
    return Edges(event.astype(np.int64), kind.astype(np.int64), *numbers)


_AGREEING = 0.75
"""Share of all patches of the picture (row by column) that have to do what their row says."""
_ROW_ERROR = 0.15
"""Of an edge, in rows: what compression and shrinking add to the noise."""
_CUT_SHORT, _CUT_ERROR = 0.11, 0.02
"""Of the height: a band that the border cuts so short may not show how bright it would get, nor then its half."""
_UNIFORM_STD = 12**-0.5
_TONE_ERROR = 0.12
"""Of the share of an exposure in the middle of a ramp, per unit of log-brightness: tone curves bend ramps."""


def edges_of_event(
    before: Levels, during: Sequence[Levels], after: Levels, pts_seconds: Sequence[float], least: float
) -> list[Edge]:
    """Edges of the flash or step in a few frames; none where they show something else.

    Args:
        before: The last quiet frame before it.
        during: The frames that differ from those before them, one after the other.
        after: The next quiet frame.
        pts_seconds: Presentation times: of the frame before, of those during.
        least: Smallest change of log-brightness that counts.
    """
    lasting = after - before
    step = float(np.median(lasting))
    shown = np.stack(during)
    if abs(step) >= least:
        return _step_edges(shown - before, lasting, pts_seconds)
    return _flash_edges(shown - 0.5 * (before + after), pts_seconds[1:], least)


def _flash_edges(change: Float[np.ndarray, "frame row column"], pts_seconds: Sequence[float], least: float) -> list[Edge]:
    rows = np.median(change, axis=2)
    smooth = uniform_filter1d(rows, 3, axis=1)
    top = float(smooth.flat[np.argmax(np.abs(smooth))])
    if abs(top) < least:
        return []
    height = float(np.median(rows[smooth / top > 0.5]))
    share = np.expm1(rows) / np.expm1(height)
    lit = uniform_filter1d(share, 3, axis=1) > 0.5
    agreeing = ((change / height > 0.35) == lit[:, :, None]).mean(axis=2)
    one_run = np.count_nonzero(np.diff(np.pad(lit.ravel(), 1))) == 2
    if not one_run or min(agreeing.mean(), agreeing[lit].mean()) < _AGREEING:
        return []
    kind = 1 if height > 0 else -1
    noise = float(np.median(np.abs(np.diff(share[~lit])))) if (~lit).sum() > 8 else 0.1
    edges = []
    for frame, frame_share, frame_lit in zip(pts_seconds, share, lit, strict=True):
        cut = _CUT_ERROR if (frame_lit[0] or frame_lit[-1]) and frame_lit.mean() < _CUT_SHORT else 0.0
        for down in (True, False):
            found = _crossing(frame_share if down else frame_share[::-1], frame_lit if down else frame_lit[::-1], noise)
            if found is not None:
                # A band begins with the rows that closed just after the flash; its end are those that opened just before.
                row, std = found
                edges.append(Edge(kind, frame, row if down else 1 - row, 1.0 if down else 0.0, std + cut))
    if not edges:
        # Every row of a frame saw it: at any time of its exposure.
        frame = pts_seconds[int(np.argmax(lit.any(axis=1)))]
        return [Edge(kind, frame, 0.5, 0.5, 0.0, std_exposures=_UNIFORM_STD)]
    return edges


def _crossing(
    share: Float[np.ndarray, " row"], lit: Bool[np.ndarray, " row"], noise: float, level: float = 0.5
) -> tuple[float, float] | None:
    """Where a band begins, counted from the first row in shares of the height, and its error; None at the border."""
    first = int(np.argmax(lit))
    if not lit.any() or lit[0]:
        return None
    # Smoothing may have moved the change by a row.
    near = np.arange(max(first - 2, 0), min(first + 2, len(share) - 1))
    rising = [row for row in near if share[row] <= level < share[row + 1]]
    if not rising:
        return (first / len(share), 1.0 / len(share))
    row = rising[-1]
    slope = share[row + 1] - share[row]
    place = row + (level - share[row]) / slope + 0.5
    return place / len(share), float(np.hypot(_ROW_ERROR, noise / slope)) / len(share)


def _step_edges(change: Float[np.ndarray, "frame row column"], lasting: Levels, pts_seconds: Sequence[float]) -> list[Edge]:
    height = np.median(lasting)
    kind = 2 if height > 0 else -2
    if np.mean(lasting / height > 0.35) < _AGREEING:
        return []
    heights = np.median(lasting, axis=1)
    heights = np.where(heights / height > 0.35, heights, height)
    share = np.expm1(np.median(change, axis=2)) / np.expm1(heights)
    smooth = uniform_filter1d(share, 3, axis=1)
    lit = smooth > 0.5
    if np.count_nonzero(np.diff(np.pad(lit.ravel(), 1, constant_values=(False, True)))) != 1:
        return []
    bend = _TONE_ERROR * abs(float(height))
    return list(_ramp_edges(kind, share, smooth, pts_seconds, bend))


def _ramp_edges(
    kind: int,
    share: Float[np.ndarray, "frame row"],
    smooth: Float[np.ndarray, "frame row"],
    pts_seconds: Sequence[float],
    bend: float,
) -> Iterator[Edge]:
    found = False
    for frame, frame_share, frame_smooth in zip(pts_seconds[1:], share, smooth, strict=True):
        for level in (0.25, 0.75):
            crossing = _crossing(frame_share, frame_smooth > level, 0.05, level)
            if crossing is not None:
                found = True
                yield Edge(kind, frame, crossing[0], 1 - level, crossing[1], std_exposures=bend)
    if found:
        return
    # No row of a frame differs from the others: all caught a share of the light, or it came between two frames.
    shares = np.median(share, axis=1)
    frame = int(np.argmax(shares > 0.1))
    if shares[frame] < 0.9:
        yield Edge(kind, pts_seconds[1 + frame], 0.5, 1 - float(shares[frame]), 0.0, std_exposures=0.03 + bend)
    else:
        earlier, later = pts_seconds[frame : frame + 2]
        yield Edge(kind, 0.5 * (earlier + later), 0.5, 0.5, 0.0, std_seconds=(later - earlier) * _UNIFORM_STD)
