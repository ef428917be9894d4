"""Identities for detections: whose box of the annotations each of them is."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment

from viewsync.association.frames import UNKNOWN, Session, View
from viewsync.types import InputError

LEAST_OVERLAP = 0.5


def assigned(detections: Session, annotations: Session, least_overlap: float = LEAST_OVERLAP) -> Session:
    """The detections, with the identities of annotated people.

    In each view, detections and annotations are matched one to one with the greatest sum of overlaps (intersection over
    union, Hungarian algorithm), and pairs that overlap less than `least_overlap` are dropped. A detection without partner
    stays `UNKNOWN`; an annotated person whom nothing detected isn't asked for. Instants that only one of both tells of are
    left out.

    Args:
        detections: What was found.
        annotations: Who was there, by the same cameras and on the same clock.
        least_overlap: Of a detection and a person, 0 to 1.

    Raises:
        InputError: They are of different cameras, or have no instant in common.
    """
    if detections.cameras != annotations.cameras:
        raise InputError(
            f"{detections.name} is of cameras {', '.join(detections.cameras)}, but {annotations.name} of "
            f"{', '.join(annotations.cameras)}. Give those of the same."
        )
    known = {frame.instant: frame for frame in annotations.frames}
    pairs = [(frame, known[frame.instant]) for frame in detections.frames if frame.instant in known]
    if not pairs:
        raise InputError(f"{detections.name} and {annotations.name} have no instant in common. See whether clocks agree.")
    return detections.with_frames(
        [
            replace(
                found,
                views=tuple(_named(view, true, least_overlap) for view, true in zip(found.views, told.views, strict=True)),
            )
            for found, told in pairs
        ]
    )


def overlaps(a: Float[np.ndarray, "a 4"], b: Float[np.ndarray, "b 4"]) -> Float[np.ndarray, "a b"]:
    """Intersection over union of boxes, 0 to 1."""
    low, high = np.maximum(a[:, None, :2], b[:, :2]), np.minimum(a[:, None, 2:], b[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=-1)
    areas_a, areas_b = ((boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (a, b))
    return np.asarray(shared / (areas_a[:, None] + areas_b - shared))


def _named(found: View, true: View, least_overlap: float) -> View:
    overlap = overlaps(found.boxes, true.boxes)
    detection, person = linear_sum_assignment(overlap, maximize=True)
    enough = overlap[detection, person] >= least_overlap
    identities = np.full(len(found), UNKNOWN, dtype=np.int64)
    identities[detection[enough]] = true.identities[person[enough]]
    return replace(found, identities=identities)
