"""What somebody says of the clocks without the footage: a note by the user, or the cameras' own calendars. Never a truth.

A hint helps to choose among offsets that the footage supports. It is no measurement: it neither moves an offset nor
narrows an error bar, and what it says against an offset is bounded, because notes and calendars are wrong at times.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from jaxtyping import Float

from viewsync.match.fuse import OUTLIER_FLOOR, SPEAKS, Pair, Posterior, normalised
from viewsync.types import InputError, Recording

_DAY_SECONDS = 86_400.0
_FORM = "Write it like --anchor cam2=12.3±0.1 (or 12.3+-0.1): seconds on the reference's clock, and their standard error."


@dataclass(frozen=True)
class Anchor:
    """A camera's offset on the reference clock, as somebody noted it down."""

    camera: str
    """Id of the recording."""
    offset_seconds: float
    std_seconds: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.offset_seconds):
            raise InputError(f"--anchor {self.camera}: the offset must be a number of seconds. {_FORM}")
        if not 0 < self.std_seconds < math.inf:
            raise InputError(f"--anchor {self.camera}: the standard error must be above 0 seconds. {_FORM}")

    @classmethod
    def parse(cls, text: str) -> "Anchor":
        """Read `camera=offset±std`.

        Raises:
            InputError: it isn't of this form.
        """
        camera, _, claim = text.rpartition("=")
        offset, sign, std = claim.replace("+/-", "±").replace("+-", "±").partition("±")
        if not sign:
            raise InputError(f"--anchor {text} doesn't say how sure it is. {_FORM}")
        try:
            return cls(camera.strip(), float(offset), float(std))
        except ValueError:
            raise InputError(f"--anchor {text} can't be read. {_FORM}") from None


@dataclass(frozen=True)
class Hint:
    """What is said of a pair's offset_ab."""

    offset_seconds: float
    std_seconds: float
    source: str
    """"anchor", "time code" or "creation time"."""

    def swapped(self) -> "Hint":
        """The same seen from the other recording."""
        return replace(self, offset_seconds=-self.offset_seconds)

    def moved(self, seconds: float) -> "Hint":
        """The same about clocks that are this much farther apart."""
        return replace(self, offset_seconds=self.offset_seconds + seconds)

    def weight(self, offsets_seconds: Float[np.ndarray, " lag"], resolution_seconds: float) -> Float[np.ndarray, " lag"]:
        """How probable offsets are, relative to the one named: a Gaussian on the floor that every outlier has.

        Args:
            offsets_seconds: Candidates.
            resolution_seconds: What the candidates themselves are known to.
        """
        distance = (offsets_seconds - self.offset_seconds) / math.hypot(self.std_seconds, resolution_seconds)
        floor = math.exp(OUTLIER_FLOOR)
        return np.asarray(floor + (1 - floor) * np.exp(-0.5 * distance**2))


def hinted(posterior: Posterior, hint: Hint | None) -> Posterior:
    """The posterior with the hint as its prior, unless its best offset then had nothing but the hint for it.

    The prior is one over the same candidates, so that it only shifts probability between them: a vague hint says
    little, and a sharp one that is wrong leaves the others nearly as they were.
    """
    if hint is None or not len(posterior.probability):
        return posterior
    weight = hint.weight(posterior.offsets_seconds, posterior.resolution_seconds)
    ratio = posterior.log_likelihood_ratio
    found = normalised(
        posterior.step_seconds, posterior.first_step, ratio, posterior.resolution_seconds, np.log(weight / weight.mean())
    )
    return found if ratio[found.best_step - found.first_step] >= SPEAKS else posterior


def pair_hints(
    recordings: Sequence[Recording],
    reference: str | None = None,
    anchors: Sequence[Anchor] = (),
    clock_std_seconds: float | None = None,
) -> dict[Pair, Hint]:
    """What anchors and the files' own clocks say of each pair; anchors come first, then time codes.

    Args:
        recordings: In the order of the pairs.
        reference: Id of the recording that the anchors refer to.
        anchors: At most one per camera.
        clock_std_seconds: Standard error of each camera's calendar clock; None leaves them alone.

    Raises:
        InputError: an anchor has no reference, names an unknown camera, the reference or a camera twice, or the
            standard error of the clocks isn't positive.
    """
    if clock_std_seconds is not None and not 0 < clock_std_seconds < math.inf:
        raise InputError(f"--clock-std must be a positive number of seconds, got {clock_std_seconds}")
    noted = _by_camera(anchors, reference, [recording.id for recording in recordings])
    found = {}
    for a, b in combinations(recordings, 2):
        hint = _noted_hint(a.id, b.id, noted) if noted else None
        if hint is None and clock_std_seconds is not None:
            hint = _clock_hint(a, b, clock_std_seconds)
        if hint is not None:
            found[a.id, b.id] = hint
    return found


def _by_camera(anchors: Sequence[Anchor], reference: str | None, ids: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Offset and variance of every anchored camera, and of the reference."""
    if not anchors:
        return {}
    if reference is None:
        raise InputError(f"--anchor {anchors[0].camera} is on the reference's clock: say with --ref which that is.")
    noted = {reference: (0.0, 0.0)}
    for anchor in anchors:
        if anchor.camera not in ids:
            raise InputError(f"--anchor {anchor.camera}: no such recording. It must be one of: {', '.join(ids)}.")
        if anchor.camera == reference:
            raise InputError(f"--anchor {anchor.camera}: this is the reference, whose offset is 0. Anchor the others.")
        if anchor.camera in noted:
            raise InputError(f"--anchor {anchor.camera} is given twice. Give the one you trust more.")
        noted[anchor.camera] = (anchor.offset_seconds, anchor.std_seconds**2)
    return noted


def _noted_hint(a: str, b: str, noted: Mapping[str, tuple[float, float]]) -> Hint | None:
    if a not in noted or b not in noted:
        return None
    (offset_a, variance_a), (offset_b, variance_b) = noted[a], noted[b]
    # t_ref = t_a + offset_a = t_b + offset_b.
    return Hint(offset_b - offset_a, math.sqrt(variance_a + variance_b), "anchor")


def _clock_hint(a: Recording, b: Recording, std_seconds: float) -> Hint | None:
    clocks_a, clocks_b = ({clock.source: clock.seconds for clock in one.wall_clocks} for one in (a, b))
    for source in ("time code", "creation time"):
        if source in clocks_a and source in clocks_b:
            apart = clocks_b[source] - clocks_a[source]
            if source == "time code":  # It starts anew at midnight.
                apart = (apart + _DAY_SECONDS / 2) % _DAY_SECONDS - _DAY_SECONDS / 2
            return Hint(apart, math.sqrt(2) * std_seconds, source)
    return None
