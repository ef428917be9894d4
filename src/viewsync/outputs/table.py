"""The result on the terminal, as something rich can print: plain text where the output isn't a terminal."""

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from viewsync.outputs.phrasing import (
    UNKNOWN,
    cycle_lines,
    decided_by,
    deciding_pair,
    headline,
    next_steps,
    printable,
    rate_ppm,
    with_error,
)
from viewsync.types import CameraClock, Timeline, Verdict

STYLES = {Verdict.TIED: "green", Verdict.AMBIGUOUS: "yellow", Verdict.NO_OVERLAP: "red", Verdict.NO_EVIDENCE: "red"}


def summary(timeline: Timeline) -> RenderableType:
    """The cameras as a table; below it the cycles, the cameras that couldn't be tied, and what to do about them.

    Args:
        timeline: The result.
    """
    return Group(_cameras(timeline), *_remarks(timeline))


def _cameras(timeline: Timeline) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=_text(headline(timeline)), title_justify="left", title_style="bold")
    for header in ("camera", "offset (s)", "rate (ppm)", "verdict", "decided by"):
        table.add_column(header, justify="right" if "(" in header else "left")
    for camera in timeline.cameras:
        table.add_row(*_row(timeline, camera))
    return table


def _row(timeline: Timeline, camera: CameraClock) -> Iterator[Text]:
    yield _text(camera.id)
    if camera.id == timeline.reference:
        yield from (Text("0"), Text("0"), Text("reference", style="bold"), Text(UNKNOWN))
        return
    verdict = Text(camera.verdict.value, style=STYLES[camera.verdict])
    if camera.offset_seconds is None:
        yield from (Text(UNKNOWN), Text(UNKNOWN), verdict, Text(UNKNOWN))
        return
    yield Text(with_error(camera.offset_seconds, camera.offset_std_seconds))
    yield Text(rate_ppm(camera.rate, camera.rate_std, camera.rate_bound))
    yield verdict
    pair = deciding_pair(timeline, camera.id)
    yield _text((decided_by(pair) if pair is not None else None) or UNKNOWN)


def _remarks(timeline: Timeline) -> Iterator[Text]:
    """The lines below the table."""
    for line in cycle_lines(timeline.cycles):
        yield _text(line)
    for camera in timeline.cameras:
        reasons = " ".join((*camera.reasons, *_remarks_on(timeline, camera)))
        if camera.verdict is Verdict.TIED and not reasons:
            continue
        reasons = reasons or camera.verdict.sentence
        yield Text.assemble(_text(camera.id, "bold"), (f" {camera.verdict.value}: ", STYLES[camera.verdict]), _text(reasons))
    untied = [camera for camera in timeline.cameras if camera.verdict is not Verdict.TIED]
    for sentence in next_steps(camera.verdict for camera in untied):
        yield _text(sentence)


def _remarks_on(timeline: Timeline, camera: CameraClock) -> tuple[str, ...]:
    """What is worth knowing of the pair that says where a tied camera stands: a cue overruled, a hint that decided."""
    if camera.verdict is not Verdict.TIED or camera.id == timeline.reference:
        return ()
    pair = deciding_pair(timeline, camera.id)
    return pair.reasons if pair is not None else ()


def _text(text: str, style: str = "") -> Text:
    # A Text, not a str: rich would take brackets in a file's name for markup.
    return Text(printable(text), style=style)
