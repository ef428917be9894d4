"""What is left over when offsets are added up around a triangle of cameras."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from viewsync.timeline.clock import ClockMap
from viewsync.timeline.equations import Measurements
from viewsync.timeline.graph import triangles
from viewsync.types import Cycle


def close_triangles(
    measured: Measurements, names: Sequence[str], edge_variance: Float[np.ndarray, " row"]
) -> tuple[Cycle, ...]:
    """Every triangle of pairs with its residual, wrong pairs included: they are what it is there to show.

    A clock reading of the first camera is sent a → c → b → a; the residual is how much later it comes back. It starts
    in the middle of the three comparisons, where unfitted or poorly known rates matter least.

    Args:
        measured: The pairs.
        names: Ids of the cameras.
        edge_variance: Of every pair's offset, then rate: the noise that isn't its cameras', which cancels.
    """
    rows = {ends: row for row, ends in enumerate(zip(measured.a.tolist(), measured.b.tolist(), strict=True))}
    return tuple(
        _close(measured, three, rows, tuple(names[camera] for camera in three), edge_variance)
        for three in triangles(len(names), measured.a, measured.b)
    )


def _close(
    measured: Measurements,
    three: tuple[int, int, int],
    rows: dict[tuple[int, int], int],
    names: tuple[str, ...],
    edge_variance: Float[np.ndarray, " row"],
) -> Cycle:
    a, b, c = three
    start = float(np.mean([_instant(measured, rows, a, other) for other in (b, c)]))
    seconds, variance = start, 0.0
    for here, there in ((a, c), (c, b), (b, a)):
        row, forward = (rows[there, here], True) if (there, here) in rows else (rows[here, there], False)
        # Relative to the comparison: with pts far from zero, the offset at t = 0 would be a difference of big numbers.
        pair = ClockMap(0.0, float(measured.rate[row]))
        at_here, at_there = (measured.at_b, measured.at_a) if forward else (measured.at_a, measured.at_b)
        lever = seconds - float(at_here[row])
        seconds = float(at_there[row]) + (pair if forward else pair.inverse())(lever)
        variance += float(edge_variance[row] + lever**2 * edge_variance[len(measured) + row])
    return Cycle((names[0], names[1], names[2]), seconds - start, float(np.sqrt(variance)))


def _instant(measured: Measurements, rows: dict[tuple[int, int], int], camera: int, other: int) -> float:
    if (camera, other) in rows:
        return float(measured.at_a[rows[camera, other]])
    return float(measured.at_b[rows[other, camera]])
