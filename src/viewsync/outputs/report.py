"""`report.html`: one page to see the result and whether to believe it. Nothing is fetched, and one script runs."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from viewsync.files import write_whole
from viewsync.outputs import drift, graph, phrasing, player, plot, stills
from viewsync.progress import Progress
from viewsync.types import CameraClock, PairOffset, Timeline

ZOOM_SECONDS = 1.0
"""Half the width of the close view of a belief."""


@dataclass(frozen=True)
class Bar:
    """A recording as a bar on the reference clock; of an untied one only the length means something."""

    camera: CameraClock
    left_percent: float
    width_percent: float
    label: str
    length: str


@dataclass(frozen=True)
class Span:
    """The reference clock from the first start to the last end, with what lies on it, in percent."""

    bars: tuple[Bar, ...]
    apart: tuple[Bar, ...]
    ticks: tuple[plot.Tick, ...]
    common: tuple[float, float] | None
    """Left end and width of the stretch that most cameras share."""
    instants: tuple[float, ...]
    """Where the pictures below are from."""


@dataclass(frozen=True)
class PairView:
    """One pair with its beliefs drawn."""

    pair: PairOffset
    wide: plot.Plot | None
    close: plot.Plot | None
    drift: drift.DriftPlot | None
    residual: graph.Residual | None


def write_report(
    timeline: Timeline,
    path: Path,
    still: stills.Still,
    excerpt: player.Decode | None = None,
    progress: Progress | None = None,
) -> None:
    """Write the report, whole or not at all.

    Args:
        timeline: The result. A pair that no longer carries its beliefs or stretches is listed undrawn.
        path: The HTML file to write.
        still: Decodes one picture, as `viewsync.media.pictures.still` does.
        excerpt: Decodes a few seconds, as `viewsync.media.pictures.excerpt` does; without it nothing can be played.
        progress: Told how far the decoding is.

    Raises:
        InputError: When the file can't be written.
    """
    # The reference first: the pictures "before" are matched to the first camera's file time.
    ordered = sorted(timeline.cameras, key=lambda camera: camera.id != timeline.reference)
    stretch = stills.common_stretch([camera for camera in ordered if camera.offset_seconds is not None])
    played = player.record(timeline, excerpt, progress or (lambda task, done, whole: None)) if excerpt is not None else None
    telling = () if played is None else tuple(played.seconds[moment] for moment in played.telling)
    instants = stills.instants(stretch, still, telling) if stretch is not None else ()
    page = _render(
        timeline=timeline,
        span=_span(timeline, stretch, [instant.seconds for instant in instants]),
        stretch=stretch,
        instants=instants,
        player=None if played is None else asdict(played),
        pairs=[_view(timeline, pair) for pair in timeline.pairs],
        graph=graph.draw(timeline),
        cues=list(dict.fromkeys(cue.name for pair in timeline.pairs for cue in pair.cues)),
    )
    # A file's name can hold bytes that are no text in any encoding; they show as a replacement sign.
    write_whole(path, page.encode("utf-8", "xmlcharrefreplace"))


def _render(**values: Any) -> str:
    environment = Environment(
        loader=PackageLoader("viewsync", "outputs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    folder = files("viewsync.outputs")
    style, script = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    # The page's own rules let only this very script run, whatever else may have got into the page.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    values |= {"style": Markup(style), "script": Markup(script), "script_hash": digest, "version": version("viewsync")}
    return environment.get_template("report.html.j2").render(values, phrasing=phrasing)


def _span(timeline: Timeline, stretch: stills.Stretch | None, instants: Sequence[float]) -> Span:
    recordings = [camera.recording for camera in timeline.cameras]
    lengths = [recording.last_pts_seconds - recording.first_pts_seconds for recording in recordings]
    starts = [
        None if camera.offset_seconds is None else stills.clock(camera)(camera.recording.first_pts_seconds)
        for camera in timeline.cameras
    ]
    low = min((start for start in starts if start is not None), default=0.0)
    high = max((low if start is None else start) + length for start, length in zip(starts, lengths, strict=True))
    axis = plot.Axis(low, high)
    bars: list[Bar] = []
    apart: list[Bar] = []
    for camera, start, length in zip(timeline.cameras, starts, lengths, strict=True):
        row = apart if start is None else bars
        left = 0.0 if start is None else axis.percent(start)
        row.append(Bar(camera, left, axis.percent(low + length), _place(timeline, camera), phrasing.duration(length)))
    common = None
    if stretch is not None:
        common = (axis.percent(stretch.start_seconds), axis.percent(low + stretch.end_seconds - stretch.start_seconds))
    return Span(tuple(bars), tuple(apart), axis.ticks(8), common, tuple(axis.percent(moment) for moment in instants))


def _place(timeline: Timeline, camera: CameraClock) -> str:
    if camera.id == timeline.reference:
        return "reference"
    if camera.offset_seconds is None:
        return camera.verdict.value
    return f"{phrasing.with_error(camera.offset_seconds, camera.offset_std_seconds)} s"


def _view(timeline: Timeline, pair: PairOffset) -> PairView:
    line, off = drift.draw(pair), graph.residual(timeline, pair)
    offsets = plot.extent(pair.beliefs)
    if offsets is None:
        return PairView(pair, None, None, line, off)
    chosen = None
    if pair.offset_seconds is not None:
        # A belief knows no rate: where the clocks drift, its peak is the offset in the middle of the overlap.
        chosen = pair.offset_seconds + (pair.rate or 0.0) * pair.middle_seconds
    centre = plot.summit(pair.beliefs) if chosen is None else chosen
    close = plot.Axis(centre - ZOOM_SECONDS, centre + ZOOM_SECONDS)
    wide, near = (plot.draw(pair.beliefs, axis, chosen, pair.offset_std_seconds) for axis in (offsets, close))
    return PairView(pair, wide, near, line, off)
