"""What a user's folder is taken apart into: what to learn from, what to measure on, by whose annotations."""

from dataclasses import dataclass, replace
from pathlib import Path

from viewsync.association.appearance import looked
from viewsync.association.frames import SHARES, Part, Session, leaks, split
from viewsync.association.readers import assigned, has_boxes, read_session
from viewsync.progress import Progress
from viewsync.types import InputError

_ROUNDING = 1e-6
"""Of times, and of shares of instants."""


@dataclass(frozen=True)
class Boxes:
    """People to be told apart, and what somebody wrote of them."""

    session: Session
    """All of them."""
    known: Session
    """The instants that can be measured on: with the identities of the annotations, if there are any."""
    clock: Session
    """By whose instants time is cut: the annotations, or the boxes themselves."""


def read_boxes(folder: Path, *, fps: float | None = None, boxes: Path | None = None) -> Boxes:
    """The boxes of a folder, or others for it.

    Where others are given, and the folder has annotated ones of its own, the others' identities are theirs, by overlap (see
    `readers.assigned`).

    Args:
        folder: See `read_session`.
        fps: Frames per second, where nothing else tells times.
        boxes: In place of the folder's own.

    Raises:
        InputError: Something can't be read, or the given boxes and the folder's own don't fit.
    """
    if boxes is None:
        own = read_session(folder, fps=fps)
        return Boxes(own, own, own)
    given = read_session(folder, fps=fps, boxes=boxes)
    if not has_boxes(folder):
        return Boxes(given, given, given)
    own = read_session(folder, fps=fps)
    return Boxes(given, assigned(given, own) if own.knows_people else given, own)


def looked_at(boxes: Boxes, how: str, progress: Progress = lambda *_: None) -> Boxes:
    """The same, with everybody's appearance.

    Args:
        boxes: Of `read_boxes`.
        how: See `appearance.looked`.
        progress: Told after each picture.

    Raises:
        InputError: Pictures or vectors are missing or can't be read.
    """
    session = looked(boxes.session, how, progress)
    return replace(boxes, session=session, known=_of_looks(boxes.known, session))


def annotated(boxes: Boxes) -> Session:
    """All boxes, with identities as far as they are known."""
    known = {frame.instant: frame for frame in boxes.known.frames}
    return boxes.session.with_frames([known.get(frame.instant, frame) for frame in boxes.session.frames])


def _of_looks(known: Session, session: Session) -> Session:
    """Other identities of the same boxes."""
    seen = {frame.instant: frame for frame in session.frames}
    return known.with_frames(
        [
            replace(
                frame,
                views=tuple(
                    replace(view, embeddings=other.embeddings)
                    for view, other in zip(frame.views, seen[frame.instant].views, strict=True)
                ),
            )
            for frame in known.frames
        ]
    )


def last(boxes: Boxes, share: float) -> Session:
    """What can be measured on of the last instants.

    Args:
        boxes: Of `read_boxes`.
        share: Of the instants by which time is cut; 1 for all.

    Raises:
        InputError: The share isn't one, or holds no instant.
    """
    if not 0 < share <= 1:
        raise InputError(f"the share of instants to measure on must be more than 0 and at most 1, got {share:g}.")
    count = int(len(boxes.clock.frames) * share + _ROUNDING)
    if count == 0:
        raise InputError(
            f"{boxes.clock.name}: {share:g} of its {len(boxes.clock.frames)} instants is none. Measure on more."
        )
    return _from(boxes.known, boxes.clock.frames[-count].seconds)


def parted(
    learned: Boxes,
    tested: Boxes,
    shares: tuple[float, float, float] = SHARES,
    *,
    supervised: bool = False,
    leaky: bool = False,
) -> dict[Part, Session]:
    """Training, validation and test, in this order in time.

    The test is what can be measured on from where the last share of the tested boxes' instants begins. What is learned from
    comes before, and is cut in two by the other shares. Of a single session this gives what `frames.split` does.

    Args:
        learned: Boxes to learn from.
        tested: Boxes to measure on; perhaps the same.
        shares: Of instants for training, validation and test.
        supervised: Whether identities are to be learned from, too.
        leaky: Learn from all instants, also from those of the test and after.

    Raises:
        InputError: Shares don't make sense, a part would be empty, or identities are wanted where nobody is known.
    """
    start = split(tested.clock, shares)["test"].frames[0].seconds
    material = learned.known if supervised else learned.session
    if supervised and not material.knows_people:
        raise InputError(
            f"{material.name}: nobody's identity is told, but supervised learning takes them. Choose another loss."
        )
    test = _from(tested.known, start)
    usable = [frame for frame in material.frames if leaky or frame.seconds < start - _ROUNDING]
    validated = int(len(usable) * shares[1] / (shares[0] + shares[1]) + _ROUNDING)
    if not 0 < validated < len(usable):
        raise InputError(
            f"{material.name}: of its {len(material.frames)} instants {len(usable)} lie before the test, which begins at "
            f"{start:g} s. They are too few to learn from. Give more of them, or other shares."
        )
    cut = len(usable) - validated
    return {
        "training": material.with_frames(usable[:cut]),
        "validation": material.with_frames(usable[cut:]),
        "test": test,
    }


def left_out(learned: Boxes, parts: dict[Part, Session]) -> int:
    """How many instants of the test could have been learned from, but aren't."""
    used = [*parts["training"].frames, *parts["validation"].frames]
    return len(leaks(learned.session, parts["test"])) - len(leaks(learned.session.with_frames(used), parts["test"]))


def _from(session: Session, start_seconds: float) -> Session:
    frames = [frame for frame in session.frames if frame.seconds >= start_seconds - _ROUNDING]
    if not frames:
        raise InputError(f"{session.name}: no instant to measure on is at {start_seconds:g} s or later. Give other shares.")
    return session.with_frames(frames)
