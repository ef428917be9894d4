"""From pairs to a timeline: the script of this stage.

Pairs are written down as linear equations (`equations`), those that contradict the rest are set aside (`consensus`),
the others are solved with an error model in which a camera's noise is common to all its pairs (`noise`).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Int

from viewsync.offsets.calibrate import SHARED_FRACTION
from viewsync.timeline import noise
from viewsync.timeline.consensus import find_consensus
from viewsync.timeline.cycles import close_triangles
from viewsync.timeline.equations import Measurements, measure, state
from viewsync.timeline.graph import components, distances
from viewsync.timeline.verdicts import disputes_about, untied, with_reasons
from viewsync.types import CameraClock, InputError, PairOffset, Recording, Timeline, Verdict

_NORMAL_95 = 1.96


def solve_timeline(
    recordings: Sequence[Recording],
    pairs: Sequence[PairOffset],
    reference: str | None = None,
    shared_fraction: float = SHARED_FRACTION,
) -> Timeline:
    """Find the clock of every recording that the pairs place.

    A camera has a rate if pairs with a fitted rate lead from it to the reference; its offset then is t_ref at
    t_cam = 0. Else its rate is None and its offset is t_ref − t_cam in the middle of its comparisons, where a rate that
    wasn't fitted does no harm; `rate_bound` says what drift remains possible from there.

    Args:
        recordings: With distinct ids.
        pairs: Measured at most once for each two recordings, in either direction.
        reference: Id of the recording whose clock is used; by default the first of the largest group.
        shared_fraction: Share of a pair's error variance that belongs to its two cameras, at least 0 and below 1. A
            starting value: cycles that close better than it says raise it.

    Raises:
        InputError: no recording has the reference's id.
        ValueError: there is no recording, a pair names an unknown one or occurs twice, or the share is out of range.
    """
    names = [recording.id for recording in recordings]
    _check(names, pairs, reference, shared_fraction)
    tied = [pair for pair in pairs if pair.verdict is Verdict.TIED]
    measured = measure(tied, {name: number for number, name in enumerate(names)})
    consensus = find_consensus(measured, len(names))
    groups = components(len(names), measured.a[consensus.trusted], measured.b[consensus.trusted])
    origin = groups[0][0] if reference is None else names.index(reference)
    groups.sort(key=lambda group: origin not in group)
    clocks, covariance = _place(recordings, groups[0], origin, tied, measured, consensus.trusted, shared_fraction)
    placed = [names[camera] for camera in groups[0]]
    for group in groups[1:]:
        disputes = disputes_about(group, consensus, measured, names)
        company = [names[camera] for camera in group]
        for camera in group:
            clocks[camera] = untied(recordings[camera], company, placed, names[origin], pairs, disputes)
    return Timeline(
        reference=names[origin],
        cameras=tuple(clocks[camera] for camera in range(len(names))),
        pairs=with_reasons(pairs, tied, consensus, names),
        cycles=close_triangles(measured, names, noise.stated(measured, len(names), shared_fraction).edge),
        components=tuple(tuple(names[camera] for camera in group) for group in groups),
        offset_covariance=covariance,
    )


def _check(names: Sequence[str], pairs: Sequence[PairOffset], reference: str | None, shared_fraction: float) -> None:
    if not names:
        raise ValueError("solve_timeline needs at least one recording, got none")
    if not 0 <= shared_fraction < 1:
        raise ValueError(f"shared_fraction must be at least 0 and below 1, got {shared_fraction}")
    seen = set()
    for pair in pairs:
        if pair.a not in names or pair.b not in names or pair.a == pair.b:
            raise ValueError(f"pair {pair.a}–{pair.b} must name two of the recordings {', '.join(names)}")
        if frozenset((pair.a, pair.b)) in seen:
            raise ValueError(f"pair {pair.a}–{pair.b} is given twice")
        seen.add(frozenset((pair.a, pair.b)))
    if reference is not None and reference not in names:
        raise InputError(f"--ref {reference}: no such recording. It must be one of: {', '.join(names)}.")


def _place(
    recordings: Sequence[Recording],
    group: Sequence[int],
    origin: int,
    tied: Sequence[PairOffset],
    measured: Measurements,
    trusted: Int[np.ndarray, " row"],
    shared_fraction: float,
) -> tuple[dict[int, CameraClock], Float[np.ndarray, "camera camera"]]:
    """Clocks of the reference's group by camera number, and the covariance of their offsets in the group's order."""
    rows = trusted[np.isin(measured.a[trusted], group)]
    here, reference, count = measured.within(group, rows), group.index(origin), len(group)
    estimate, covariance = np.zeros(2 * count), np.zeros((2 * count, 2 * count))
    rated = _connected_by(here, here.rate_fitted, count, reference)
    if count > 1:
        estimate, covariance = _solve(here, rated, reference, shared_fraction)
    stds = np.sqrt(np.diag(covariance))
    bounds = _rate_bounds([tied[row] for row in rows], here, count, reference)
    clocks = {}
    for place, camera in enumerate(group):
        clock = CameraClock(
            recordings[camera], Verdict.TIED, (), float(estimate[place]), float(stds[place]), rate_bound=bounds[place]
        )
        if rated[place]:
            rate, rate_std = float(estimate[count + place]), float(stds[count + place])
            clock = replace(
                clock,
                rate=rate,
                rate_std=rate_std,
                offset_rate_covariance=float(covariance[place, count + place]),
                rate_bound=abs(rate) + _NORMAL_95 * rate_std,
            )
        clocks[camera] = clock
    return clocks, covariance[:count, :count]


def _solve(
    measured: Measurements, rated: Bool[np.ndarray, " camera"], reference: int, shared_fraction: float
) -> tuple[Float[np.ndarray, " unknown"], Float[np.ndarray, "unknown unknown"]]:
    """Offsets, then rates, as they are reported, and their covariance."""
    count = len(rated)
    equations = state(measured, count)
    fit, split = noise.fit_with_cycles(equations, measured, reference, shared_fraction)
    # From the instant of the comparisons to t_cam = 0, for cameras whose rate is known.
    reported = np.eye(2 * count)
    reported[np.arange(count), count + np.arange(count)] = -np.where(rated, equations.centres, 0.0)
    return reported @ fit.estimate, reported @ noise.covariance(equations, fit, split) @ reported.T


def _connected_by(
    measured: Measurements, chosen: Bool[np.ndarray, " pair"], count: int, reference: int
) -> Bool[np.ndarray, " camera"]:
    """Which cameras the chosen pairs connect to the reference."""
    group = next(g for g in components(count, measured.a[chosen], measured.b[chosen]) if reference in g)
    return np.isin(np.arange(count), group)


def _rate_bounds(pairs: Sequence[PairOffset], measured: Measurements, count: int, reference: int) -> list[float | None]:
    """Largest |rate| against the reference that can't be excluded, per camera: the least sum of bounds along a way.

    Bounds of several ways aren't averaged: a drift too small to be fitted biases all of them alike.
    """
    known = np.array([pair.rate_bound is not None for pair in pairs], dtype=bool)
    # A bound of zero would be no edge at all in a sparse graph.
    lengths = np.array([max(pair.rate_bound, 1e-12) for pair in pairs if pair.rate_bound is not None])
    bounds = distances(count, measured.a[known], measured.b[known], lengths, reference)
    return [float(bound) if np.isfinite(bound) else None for bound in bounds]
