"""An audit on the terminal: a table, a curve of text per pair and cue, and sentences."""

from collections.abc import Iterator

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from viewsync.audit.follow import Track
from viewsync.audit.verdict import Audit, PairAudit, SyncVerdict
from viewsync.outputs.phrasing import duration, printable, with_error

STYLES = {SyncVerdict.IN_SYNC: "green", SyncVerdict.OUT_OF_SYNC: "red", SyncVerdict.CANT_TELL: "yellow"}
_COLUMNS = 60
_ROWS = 5
_MARK, _UNSUPPORTED, _ZERO = "●", "·", "─"


def summary(audit: Audit) -> RenderableType:
    """Everything worth reading of an audit.

    Args:
        audit: The result.
    """
    parts: list[RenderableType] = [_table(audit)]
    for pair in audit.pairs:
        for finding in pair.findings:
            parts.append(_text(f"{pair.b} against {pair.a}, by {finding.track.cue}"))
            parts += [Text(line) for line in curve(finding.track, audit.tolerance_seconds)]
        parts += [_said(pair), Text()]
    parts += [_text(f"Container: {fact}") for fact in audit.facts]
    parts.append(Text.assemble((audit.verdict.value, f"bold {STYLES[audit.verdict]}"), f": {audit.verdict.sentence}"))
    return Group(*parts)


def _table(audit: Audit) -> Table:
    title = f"Against {audit.reference}, within ± {audit.tolerance_seconds * 1e3:.1f} ms"
    table = Table(box=box.SIMPLE_HEAD, title=_text(title), title_justify="left", title_style="bold")
    for header in ("camera", "cue", "offset (ms)", "drift (ppm)", "jumps", "verdict"):
        table.add_column(header, justify="right" if "(" in header else "left", no_wrap="(" in header)
    for pair in audit.pairs:
        # Where the reference says nothing of a camera, others do.
        camera = pair.b if pair.a == audit.reference else f"{pair.b} (against {pair.a})"
        for row in _rows(pair):
            table.add_row(_text(camera), *row)
    return table


def _rows(pair: PairAudit) -> Iterator[tuple[Text, ...]]:
    """One per cue, without the camera's name."""
    if not pair.findings:
        yield (*(Text("–"),) * 4, _verdict(pair.verdict))
    for finding in pair.findings:
        first, *later = finding.track.stretches
        bias = finding.track.bias_std_seconds
        offset = with_error(first.offset_seconds * 1e3, 1e3 * float(np.hypot(first.std_seconds, bias)))
        drift = "–" if first.rate is None else with_error(first.rate * 1e6, first.rate_std * 1e6)
        jumps = [f"{jump.size_seconds * 1e3:+.1f} ms at {duration(jump.seconds)}" for jump in finding.track.jumps]
        cells = (Text(finding.track.cue), Text(offset + (" …" if later else "")), Text(drift), Text("\n".join(jumps) or "–"))
        yield (*cells, _verdict(finding.verdict))


def curve(track: Track, tolerance_seconds: float) -> list[str]:
    """The offset over time as lines of text: a mark per column, fainter where the footage doesn't show it."""
    columns = np.array_split(np.arange(len(track.seconds)), min(_COLUMNS, len(track.seconds)))
    values = np.array([np.median(track.offset_seconds[column]) for column in columns])
    supported = [bool(track.supported[column].mean() >= 0.5) for column in columns]
    top = 1.2 * max(float(np.abs(values).max()), tolerance_seconds, 0.001)
    levels = np.round((1 - values / top) / 2 * (_ROWS - 1)).astype(int)
    lines = []
    for row in range(_ROWS):
        empty = _ZERO if row == _ROWS // 2 else " "
        marks = "".join(
            (_MARK if seen else _UNSUPPORTED) if level == row else empty
            for level, seen in zip(levels, supported, strict=True)
        )
        label = f"{top * (1 - 2 * row / (_ROWS - 1)) * 1e3:+.0f} ms" if row % 2 == 0 else ""
        lines.append(f"{label:>10} │{marks}")
    ends = f"{duration(float(track.seconds[0]))} … {duration(float(track.seconds[-1]))}"
    return [*lines, f"{'':>10}  {ends}"]


def _said(pair: PairAudit) -> Text:
    return Text.assemble(_text(pair.b, "bold"), _text(f": {' '.join(pair.sentences)}"))


def _verdict(verdict: SyncVerdict) -> Text:
    return Text(verdict.value, style=STYLES[verdict])


def _text(text: str, style: str = "") -> Text:
    # A Text, not a str: rich would take brackets in a file's name for markup.
    return Text(printable(text), style=style)
