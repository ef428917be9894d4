"""The cameras as a ring of dots and the pairs as lines between them, laid out for an SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from viewsync.outputs import phrasing
from viewsync.outputs.stills import clock
from viewsync.types import PairOffset, Timeline, Verdict

MOST_LABELLED_CAMERAS = 12
"""With more cameras only the lines that disagree most are labelled."""
FEW_LABELS = 12
_LONGEST_NAME = 14
_LABEL_WIDTH, _LABEL_HEIGHT = 104.0, 20.0
_LETTER_WIDTH = 8.0
_DOT = 9.0
# Where along a line its label may stand, best first.
_PLACES = tuple(0.5 + side * step / 40 for step in range(15) for side in (1, -1))


@dataclass(frozen=True)
class Residual:
    """How far a measured pair lies off the solved timeline, in the middle of what the two have in common."""

    seconds: float
    """Measured minus solved."""
    std_seconds: float
    """Of the measured offset."""

    @property
    def sigmas(self) -> float:
        """In standard errors; 0 for a pair without any."""
        return abs(self.seconds) / self.std_seconds if self.std_seconds > 0 else 0.0


@dataclass(frozen=True)
class Node:
    """A camera."""

    id: str
    name: str
    """The id, shortened if it is long."""
    kind: str
    """"reference", "tied" or "untied"."""
    x: float
    y: float
    name_x: float
    name_y: float
    anchor: str
    """SVG's text-anchor."""


@dataclass(frozen=True)
class Edge:
    """A pair."""

    ends: tuple[Node, Node]
    kind: str
    """"fits" or "off" (tied, and near the timeline or not), "ambiguous" or "untied"."""
    sentence: str
    label: str | None = None
    label_x: float = 0.0
    label_y: float = 0.0


@dataclass(frozen=True)
class Graph:
    """What to draw, in units of its own: about pixels."""

    left: float
    top: float
    width: float
    height: float
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def residual(timeline: Timeline, pair: PairOffset) -> Residual | None:
    """Measured minus solved offset of a pair; None where one of the two is missing."""
    a, b = (timeline.by_id[name] for name in (pair.a, pair.b))
    if pair.offset_std_seconds is None or None in (a.offset_seconds, b.offset_seconds):
        return None
    solved = clock(b).then(clock(a).inverse())
    middle, rate = pair.middle_seconds, pair.rate or 0.0
    seconds = (pair.offset_seconds or 0.0) - solved.offset_seconds + (rate - solved.rate) * middle
    variance = pair.offset_std_seconds**2
    if pair.rate is not None:
        covariance = pair.offset_rate_covariance or 0.0
        variance += 2 * middle * covariance + (middle * (pair.rate_std or 0.0)) ** 2
    return Residual(seconds, math.sqrt(max(variance, 0.0)))


def draw(timeline: Timeline) -> Graph:
    """Lay out the cameras on a circle, and as many labels as find room, the worst residuals first."""
    count = len(timeline.cameras)
    nodes = {node.id: node for node in _ring(timeline, radius=min(max(125.0, 29.0 * count), 340.0))}
    residuals = {(pair.a, pair.b): residual(timeline, pair) for pair in timeline.pairs}
    worst_first = sorted(timeline.pairs, key=lambda pair: -_sigmas(residuals[pair.a, pair.b]))
    labelled = len(worst_first) if count <= MOST_LABELLED_CAMERAS else FEW_LABELS
    taken = [(node.x, node.y, 2 * _DOT, 2 * _DOT) for node in nodes.values()]
    edges = []
    for place, pair in enumerate(worst_first):
        ends, off = (nodes[pair.a], nodes[pair.b]), residuals[pair.a, pair.b]
        edge = Edge(ends, _kind(pair, off), _sentence(pair, off))
        if off is not None and place < labelled:
            edge = _labelled(edge, phrasing.pair_residual(off.seconds, off.std_seconds), taken)
        edges.append(edge)
    # Those that say most are drawn last, on top of the others.
    return Graph(*_frame(tuple(nodes.values())), tuple(nodes.values()), tuple(reversed(edges)))


def _frame(nodes: Sequence[Node]) -> tuple[float, float, float, float]:
    """Left, top, width and height of all that is drawn."""
    # A label may stand on an upright line at the very side.
    aside = max(_LABEL_WIDTH / 2, *(30 + _LETTER_WIDTH * len(node.name) for node in nodes))
    left, right = (extreme(node.x for node in nodes) for extreme in (min, max))
    top, bottom = (extreme(y for node in nodes for y in (node.y, node.name_y)) for extreme in (min, max))
    return left - aside, top - 20, right - left + 2 * aside, bottom - top + 40


def _ring(timeline: Timeline, radius: float) -> list[Node]:
    count = len(timeline.cameras)
    # Four stand as a square on its side, two beside one another; any other number begins at the top.
    first = {2: -math.pi, 4: -0.75 * math.pi}.get(count, -math.pi / 2)
    nodes = []
    for place, camera in enumerate(timeline.cameras):
        angle = first + 2 * math.pi * place / count
        x, y = radius * math.cos(angle), radius * math.sin(angle)
        side = 0 if abs(math.cos(angle)) < 0.2 else math.copysign(1, math.cos(angle))
        name_y = y + 5 if side else y + (30 if math.sin(angle) > 0 else -18)
        name = camera.id if len(camera.id) <= _LONGEST_NAME else f"{camera.id[: _LONGEST_NAME - 1]}…"
        kind = "untied" if camera.offset_seconds is None else "tied"
        kind = "reference" if camera.id == timeline.reference else kind
        anchor = {0: "middle", 1: "start", -1: "end"}[int(side)]
        nodes.append(
            Node(camera.id, name, kind, round(x, 1), round(y, 1), round(x + 16 * side, 1), round(name_y, 1), anchor)
        )
    return nodes


def _labelled(edge: Edge, label: str, taken: list[tuple[float, float, float, float]]) -> Edge:
    """The edge with its label at the first place that is free, if there is one; then the place is taken."""
    one, other = edge.ends
    for along in _PLACES:
        x, y = one.x + along * (other.x - one.x), one.y + along * (other.y - one.y)
        if all(
            abs(x - at_x) > (_LABEL_WIDTH + width) / 2 or abs(y - at_y) > (_LABEL_HEIGHT + height) / 2
            for at_x, at_y, width, height in taken
        ):
            taken.append((x, y, _LABEL_WIDTH, _LABEL_HEIGHT))
            return Edge(edge.ends, edge.kind, edge.sentence, label, round(x, 1), round(y, 1))
    return edge


def _kind(pair: PairOffset, off: Residual | None) -> str:
    if pair.verdict is Verdict.TIED:
        return "off" if off is not None and off.sigmas > phrasing.CLOSING_SIGMAS else "fits"
    return "ambiguous" if pair.verdict is Verdict.AMBIGUOUS else "untied"


def _sigmas(off: Residual | None) -> float:
    return -1.0 if off is None else off.sigmas


def _sentence(pair: PairOffset, off: Residual | None) -> str:
    said = pair.verdict.value if off is None else f"{phrasing.pair_residual(off.seconds, off.std_seconds)} off the timeline"
    return f"{pair.a} – {pair.b}: {said}"
